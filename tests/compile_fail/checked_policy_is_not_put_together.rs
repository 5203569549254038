//! Only the check makes a checked policy.

use paravent::{CheckedPolicy, Policy};

fn checked(policy: Policy) -> CheckedPolicy {
    CheckedPolicy { 0: policy }
}

fn main() {}
