//! What the header of a message says of the rest: type, version, character set, offset from UTC.

use super::{
    profile::Profile,
    scan::Message,
    text::{self, CharacterSet},
};
use crate::error::{Error, Result};

/// The header of one message.
pub(super) struct Header {
    pub(super) set: CharacterSet,
    /// The offset of MSH-7, `+0100`, which holds for all times without one of their own.
    pub(super) offset: Option<String>,
}

impl Header {
    /// Reads the MSH segment of a message that `profile` has to take.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] for what is none, and for another type, version or character set.
    pub(super) fn read(message: &Message<'_>, profile: &Profile) -> Result<Self> {
        if message.kind() != b"MSH" {
            return Err(Error::message(
                "the message does not begin with an MSH segment",
                "protect the header of a batch or a file with the file that it is in",
            ));
        }
        let segment = &message.segments[0];
        let field = |number| message.field(segment, number).unwrap_or(0..0);
        let components = |number| {
            let first = message
                .split(field(number), message.delimiters.repetition)
                .next();
            let components = message.split(first.unwrap_or(0..0), message.delimiters.component);
            components.map(|component| &message.bytes[component])
        };
        let kind: Vec<&[u8]> = components(9).take(2).collect();
        if !profile.takes_message(&kind.join(&b'^')) {
            return Err(Error::message(
                "the type in MSH-9 is none that the profile takes",
                "route it elsewhere, or list its type in a profile that says what of it may pass",
            ));
        }
        if !components(12)
            .next()
            .is_some_and(|version| profile.takes_version(version))
        {
            return Err(Error::message(
                "the version in MSH-12 is none that the profile takes",
                "list the version in the profile where its messages are of the same form",
            ));
        }
        let sets = message.split(field(18), message.delimiters.repetition);
        let sets: Option<Vec<CharacterSet>> = sets
            .map(|set| CharacterSet::named(&message.bytes[set]))
            .collect();
        let set = sets.and_then(|sets| sets.first().copied()).ok_or_else(|| {
            Error::message(
                "the character set in MSH-18 is none that is read",
                "let the sender write UTF-8 or a part of ISO 8859: in others a byte inside of a character may look like a delimiter",
            )
        })?;
        let sent = components(7)
            .next()
            .and_then(|sent| std::str::from_utf8(sent).ok());
        Ok(Self {
            set,
            offset: sent
                .and_then(text::offset)
                .or(profile.offset())
                .map(str::to_owned),
        })
    }
}
