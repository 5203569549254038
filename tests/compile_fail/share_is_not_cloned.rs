//! A share is not cloned.

use paravent::Share;

fn second(first: &Share) -> Share {
    first.clone()
}

fn main() {}
