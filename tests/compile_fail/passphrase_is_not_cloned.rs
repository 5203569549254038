//! A passphrase is not cloned.

use paravent::Passphrase;

fn second(first: &Passphrase) -> Passphrase {
    first.clone()
}

fn main() {}
