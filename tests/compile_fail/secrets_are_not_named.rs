//! The type that holds key bytes has no name outside the crate.

use paravent::secret::Secret;

fn bytes(secret: &Secret<32>) -> &[u8; 32] {
    secret.expose()
}

fn main() {}
