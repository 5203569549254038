//! A subject key is not compared, in whatever time.

use paravent::SubjectKey;

fn same(one: &SubjectKey, other: &SubjectKey) -> bool {
    one == other
}

fn main() {}
