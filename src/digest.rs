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
        self.0.update((number as u64).to_be_bytes());
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
