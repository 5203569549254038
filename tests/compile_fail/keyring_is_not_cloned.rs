//! A keyring is not cloned.

use paravent::Keyring;

fn second(first: &Keyring) -> Keyring {
    first.clone()
}

fn main() {}
