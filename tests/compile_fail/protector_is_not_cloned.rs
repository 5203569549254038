//! A protector is not cloned.

use paravent::Protector;

fn second(first: &Protector) -> Protector {
    first.clone()
}

fn main() {}
