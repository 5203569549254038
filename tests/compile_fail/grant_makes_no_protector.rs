//! A grant seals nothing: a connector writes no rows.

use paravent::{Grant, Policy, Protector};

fn protector(grant: &Grant, policy: &Policy) {
    let _ = Protector::new(grant, policy);
}

fn main() {}
