//! A revealer is not cloned.

use paravent::Revealer;

fn second(first: &Revealer) -> Revealer {
    first.clone()
}

fn main() {}
