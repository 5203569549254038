//! A policy that was not checked protects nothing.

use paravent::{Keyring, Policy, Protector};

fn protector(keyring: &Keyring, policy: &Policy) {
    let _ = Protector::new(keyring, policy);
}

fn main() {}
