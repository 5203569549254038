//! What is sealed in the place of a message's parts, by whoever has the keys.

use paravent::{Binding, Protected, Protector, RecordId};
use serde::Serialize;

#[derive(Serialize)]
struct Parts<'a> {
    identity_parts: &'a str,
    contact_parts: &'a str,
    schedule_parts: &'a str,
    care_parts: &'a str,
    rest_parts: &'a str,
}

/// A record of these parts: what is before the first NUL is of one scope, and so on. `None` where they are none.
pub fn sealed(protector: &Protector, id: RecordId<'_>, bytes: &[u8]) -> Option<Protected> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut texts = text.split('\0').chain(std::iter::repeat("u0/1 x "));
    let mut next = || texts.next().unwrap_or_default();
    let parts = Parts {
        rest_parts: next(),
        identity_parts: next(),
        contact_parts: next(),
        schedule_parts: next(),
        care_parts: next(),
    };
    protector.bind(Binding::record(id)).protect(&parts).ok()
}
