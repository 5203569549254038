//! A grant opens its own scopes, never the backend's.

use paravent::{Grant, Policy, Revealer};

fn everything(grant: &Grant, policy: &Policy) {
    let _ = Revealer::backend(grant, policy);
}

fn main() {}
