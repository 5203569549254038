//! Format v1, suite 1, as bytes and as text: parse and print, no keys.

pub(crate) mod envelope;
mod pseudonym;
pub(crate) mod text;

pub use envelope::{SealedCell, SealedRecord, SealedRow};
pub use pseudonym::Pseudonym;
