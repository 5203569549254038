//! The primitives, thin over their crates. Nothing here is public, and nothing here knows a label.

pub(crate) mod aead;
pub(crate) mod entropy;
mod fork;
mod gcm;
pub(crate) mod kdf;
pub(crate) mod mac;

#[cfg(test)]
mod oracle;
