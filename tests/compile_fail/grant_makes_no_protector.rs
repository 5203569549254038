//! A grant seals nothing: a connector writes no rows.

use paravent::{CheckedPolicy, Grant, Protector};

fn protector(grant: &Grant, policy: &CheckedPolicy) {
    let _ = Protector::new(grant, policy);
}

fn main() {}
