//! What the adapters of messages share: parts that are taken out of a message, sealed by their scope, and put back.
//!
//! `parts` collects them and writes them as text, `seal` makes records of that text and of the fields that the message holds,
//! `open` gets the parts back. Where a part was, and what stands there now, is the format's own matter.

mod clear;
mod facts;
mod file;
mod inspected;
mod open;
mod parts;
mod restored;
mod seal;
mod shown;

#[cfg(feature = "fhir")]
pub(crate) use self::{clear::reserve, open::Originals};
pub(crate) use self::{
    clear::{Decoded, append},
    facts::{check_field, check_unlisted},
    open::Opener,
    parts::{Parts, push_number},
    seal::{Fields, Sealed, Sealer},
    shown::shown,
};
pub use self::{
    file::{FileSummary, Refused},
    inspected::InspectedMessage,
    restored::Restored,
};
#[cfg(feature = "hl7v2")]
pub(crate) use self::{parts::Entry, restored::digest};

use crate::{
    crypto::{aead::Nonce, entropy::Nonces},
    error::Result,
    wire::text::base32,
};

/// The most bytes of one message.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// The characters of an [`id`].
const ID_LENGTH: usize = 20;

/// An id for one protected message: 20 characters of lower-case base32, 96 random bits. It is no pseudonym.
pub(crate) fn id() -> Result<String> {
    static RANDOM: Nonces = Nonces::pooled();
    let mut random = Nonce::default();
    RANDOM.draw(&mut random)?;
    Ok(base32().encode(&random[..12]))
}
