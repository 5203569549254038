//! FHIR R4 resources: one JSON document, or one a line.

use paravent::{
    CheckedPolicy, Keyring, Revealer, Schema,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
};

use super::{Direction, Task, Turn};
use crate::failure::Failure;

/// The profile in a text, or the bundled one.
pub(super) fn profile(text: Option<&str>, schema: &Schema) -> paravent::Result<Profile> {
    Profile::from_toml(text.unwrap_or(Profile::r4_text()), schema)
}

pub(super) fn protector(
    keyring: &Keyring,
    policy: &CheckedPolicy,
    profile: Profile,
) -> Result<Task, Failure> {
    let protector = ResourceProtector::new(keyring, policy, profile)?;
    let not_shown = protector.not_shown().into_iter().map(str::to_owned);
    Ok(Task {
        not_shown: not_shown.collect(),
        direction: Direction::Protect,
        turn: Box::new(move |from, to, refused| protector.protect_file(from, to, refused)),
    })
}

pub(super) fn revealer(revealer: Revealer) -> Result<Turn, Failure> {
    let revealer = ResourceRevealer::new(revealer)?;
    Ok(Box::new(move |from, to, refused| {
        revealer.reveal_file(from, to, refused)
    }))
}
