//! Sealing under a nonce and a key is not reached.

use paravent::crypto::aead::SealingKey;

fn derive(key: &SealingKey) {
    let _ = key.derive(&[7; 24]);
}

fn main() {}
