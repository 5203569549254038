//! What is sealed in a file of resources, without keys.

use std::io::{self, Read};

use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    file::transfer,
    protect::{PROTECTED, RECORD, SEALED},
};
use crate::{
    adapter::message::{FileSummary, InspectedMessage},
    error::{Error, Result},
    inspect::Inspected,
    wire::SealedRecord,
};

/// Tells what is sealed in each document of a file, one resource or Bundle or one a line, without any key.
///
/// # Errors
///
/// [`Error::is_message`] for the first document that is no resource in JSON; those of parsing a seal; [`Error::is_io`].
///
/// # Examples
///
/// ```
/// use paravent::{Date, Inspected, Keyring, Policy, Schema, fhir::{self, Profile, ResourceProtector}};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "scheduling"
///     record_id = "bound"
/// "#, &Schema::scheduling())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let protector = ResourceProtector::new(&Keyring::generate()?, &checked, Profile::r4())?;
/// let protected = protector.protect(br#"{"resourceType":"Slot","id":"1","status":"free"}"#)?;
///
/// let mut seals = Vec::new();
/// let summary = fhir::inspect_file(&protected[..], |document| seals.extend(document.seals))?;
/// assert_eq!(summary.messages, 1);
/// assert!(matches!(&seals[..], [Inspected::Record { seal, scopes, .. }] if seal.record_id && scopes.len() == 5));
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn inspect_file(
    from: impl Read,
    mut tell: impl FnMut(InspectedMessage),
) -> Result<FileSummary> {
    let refused = |refused: super::Refused<'_>| Err(refused.error);
    transfer(from, io::sink(), PROTECTED.bytes, refused, |text, _| {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let document: Value = serde_json::from_slice(text).map_err(|_| no_resource())?;
        if !is_resource(&document) {
            return Err(no_resource());
        }
        let mut seals = Vec::new();
        collect(&document, &mut seals)?;
        tell(InspectedMessage::new(false, seals));
        Ok(Zeroizing::default())
    })
}

fn is_resource(value: &Value) -> bool {
    value.get("resourceType").is_some_and(Value::is_string)
}

/// Takes the seals of a resource and of those inside.
fn collect(value: &Value, seals: &mut Vec<Inspected>) -> Result<()> {
    let inside: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => return Ok(()),
    };
    if is_resource(value) {
        let meta = &value["meta"];
        for record in with_url(meta, SEALED).flat_map(|sealed| with_url(sealed, RECORD)) {
            let text = record["valueString"].as_str().unwrap_or_default();
            let record: SealedRecord = text.parse().map_err(Error::of_message)?;
            seals.push(Inspected::from(&record));
        }
    }
    inside
        .into_iter()
        .try_for_each(|value| collect(value, seals))
}

/// The extensions of an element under this address.
fn with_url<'a>(element: &'a Value, url: &'static str) -> impl Iterator<Item = &'a Value> {
    let extensions = element["extension"].as_array().into_iter().flatten();
    extensions.filter(move |extension| extension["url"] == url)
}

fn no_resource() -> Error {
    Error::message(
        "the document is no FHIR resource in JSON",
        "give a resource or Bundle, or one a line",
    )
}
