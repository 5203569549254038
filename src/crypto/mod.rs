//! The primitives, thin over their crates. Nothing here is public, and nothing here knows a label.

pub(crate) mod aead;
pub(crate) mod entropy;
mod fork;
#[cfg(feature = "phone")]
pub(crate) mod fpe;
mod gcm;
pub(crate) mod kdf;
pub(crate) mod mac;
#[cfg(feature = "broker")]
pub(crate) mod shamir;
#[cfg(feature = "reversible")]
pub(crate) mod siv;

#[cfg(test)]
mod oracle;
