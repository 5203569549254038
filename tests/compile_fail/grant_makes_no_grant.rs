//! A grant is not handed on for another policy.

use paravent::{Grant, Policy};

fn widened(grant: &Grant, policy: &Policy) {
    let _ = grant.grant(policy);
}

fn main() {}
