//! What is sealed in a file of resources, without keys.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::{
    file::transfer,
    json::{self, Kind, Value},
    protect::PROTECTED,
    reveal::records,
};
use crate::{
    adapter::message::{FileSummary, InspectedMessage},
    error::{Error, Result},
    inspect::Inspected,
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
        let document = json::parse(text, &PROTECTED, &|_| false)?;
        if document.root.resource_type().is_none() {
            return Err(Error::message(
                "the document is no FHIR resource",
                "give a resource or Bundle, or one a line",
            ));
        }
        let mut seals = Vec::new();
        collect(&document.root, &mut seals)?;
        tell(InspectedMessage::new(false, seals));
        Ok(Zeroizing::default())
    })
}

/// Takes the seals of a resource and of those inside.
fn collect(value: &Value<'_>, seals: &mut Vec<Inspected>) -> Result<()> {
    match &value.kind {
        Kind::Array(items) => items
            .iter()
            .try_for_each(|item| collect(&item.value, seals)),
        Kind::Object(members) => {
            if value.resource_type().is_some() {
                seals.extend(records(value)?.iter().map(Inspected::from));
            }
            let mut members = members.iter();
            members.try_for_each(|member| collect(&member.value, seals))
        }
        _ => Ok(()),
    }
}
