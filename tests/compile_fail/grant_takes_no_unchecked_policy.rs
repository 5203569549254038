//! No grant, which opens in bulk, is made for a policy that was not checked.

use paravent::{Keyring, Policy};

fn grant(keyring: &Keyring, policy: &Policy) {
    let _ = keyring.grant(policy);
}

fn main() {}
