//! A grant is not handed on for another policy.

use paravent::{CheckedPolicy, Grant};

fn widened(grant: &Grant, policy: &CheckedPolicy) {
    let _ = grant.grant(policy);
}

fn main() {}
