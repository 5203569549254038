//! A subject key is not cloned.

use paravent::SubjectKey;

fn second(first: &SubjectKey) -> SubjectKey {
    first.clone()
}

fn main() {}
