//! What a keyring holds is not reached.

use paravent::Keyring;

fn inside(secret: &Keyring) {
    let _ = &secret.sealing;
}

fn main() {}
