//! Format v1, suite 1, as bytes and as text: parse and print, no keys.

pub(crate) mod envelope;
mod index;
mod phone;
mod pseudonym;
mod reversible;
pub(crate) mod text;

pub use envelope::{SealedCell, SealedRecord, SealedRow};
pub use index::Index;
pub use phone::PhoneStandIn;
pub use pseudonym::Pseudonym;
pub use reversible::Reversible;
