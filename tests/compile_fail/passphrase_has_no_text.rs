//! What a passphrase holds is not reached.

use paravent::Passphrase;

fn inside(secret: &Passphrase) {
    let _ = &secret.0;
}

fn main() {}
