//! How schemas and policies are digested.

use sha2::{Digest as _, Sha256};

use crate::id::Digest;

/// Feeds lengths and texts to SHA-256 so that no two meanings encode alike.
pub(crate) struct Digester(Sha256);

impl Digester {
    pub(crate) fn new(label: &str) -> Self {
        let mut digester = Self(Sha256::new());
        digester.text(label);
        digester
    }

    pub(crate) fn number(&mut self, number: usize) {
        self.count(number as u64);
    }

    pub(crate) fn count(&mut self, count: u64) {
        self.0.update(count.to_be_bytes());
    }

    pub(crate) fn stated(&mut self, count: Option<u64>) {
        self.number(usize::from(count.is_some()));
        if let Some(count) = count {
            self.count(count);
        }
    }

    pub(crate) fn integer(&mut self, integer: i64) {
        self.0.update(integer.to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}
