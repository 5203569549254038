//! A grant is not cloned.

use paravent::Grant;

fn second(first: &Grant) -> Grant {
    first.clone()
}

fn main() {}
