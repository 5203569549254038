//! What is sealed in a file of messages, without keys.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::{file::transfer, sealed};
use crate::{
    adapter::message::{FileSummary, InspectedMessage},
    error::Result,
    inspect::Inspected,
};

/// Tells what is sealed in each message of a file, without any key; the `ZPV` segments of a message are taken together.
///
/// # Errors
///
/// [`Error::is_message`](crate::Error::is_message) for the first message that is malformed or whose `ZPV` segments are not all there, in their
/// order; those of parsing a seal; [`Error::is_io`](crate::Error::is_io).
///
/// # Examples
///
/// ```
/// use paravent::{Date, Inspected, Keyring, Policy, Schema, hl7v2::{self, MessageProtector, Profile}};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "scheduling"
///     record_id = "bound"
/// "#, &Schema::scheduling())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let protector = MessageProtector::new(&Keyring::generate()?, &checked, Profile::siu())?;
/// let protected = protector.protect(b"MSH|^~\\&|||||||SIU^S12|1|P|2.5\rPID|1||4711\r")?;
///
/// let mut seals = Vec::new();
/// let summary = hl7v2::inspect_file(&protected[..], |message| seals.extend(message.seals))?;
/// assert_eq!(summary.messages, 1);
/// assert!(matches!(&seals[..], [Inspected::Record { seal, scopes, .. }] if seal.record_id && scopes.len() == 5));
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn inspect_file(
    from: impl Read,
    mut tell: impl FnMut(InspectedMessage),
) -> Result<FileSummary> {
    let refused = |refused: super::Refused<'_>| Err(refused.error);
    transfer(from, io::sink(), refused, |message, _| {
        let is_envelope = message.kind() != b"MSH";
        let seals: Vec<Inspected> = match sealed::is_in(message) {
            true => {
                let found = sealed::find(message)?;
                found.records.iter().map(Inspected::from).collect()
            }
            false => Vec::new(),
        };
        if !is_envelope || !seals.is_empty() {
            tell(InspectedMessage::new(is_envelope, seals));
        }
        Ok(Zeroizing::default())
    })
}
