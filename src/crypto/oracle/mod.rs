//! The primitives against published vectors, other implementations, and their own promises.
//!
//! A test that walks over a set of vectors asserts how many it met, so none passes by running nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aead;
mod commitment;
mod kdf;
mod mac;

use data_encoding::HEXLOWER;
use shake::{ExtendableOutput, Shake128, Shake128Reader, Update, XofReader};

use super::aead::{Nonce, NonceKey, SealingKey};
use crate::secret::Secret;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// Up to 32 bytes, then zeros.
fn secret(bytes: &[u8]) -> Secret<32> {
    Secret::fill(|key| key[..bytes.len()].copy_from_slice(bytes))
}

/// What SHAKE-128 makes of a seed: random bytes that are the same in every run.
struct Stream(Shake128Reader);

impl Stream {
    fn new(seed: &str) -> Self {
        let mut shake = Shake128::default();
        shake.update(seed.as_bytes());
        Self(shake.finalize_xof())
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read(&mut bytes);
        bytes
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read(&mut bytes);
        bytes
    }

    /// One byte of length, then as many bytes.
    fn short(&mut self) -> Vec<u8> {
        let [length] = self.array();
        self.bytes(length.into())
    }
}

fn nonce_key(key: &[u8], nonce: &Nonce) -> NonceKey {
    SealingKey::new(&secret(key)).derive(nonce)
}
