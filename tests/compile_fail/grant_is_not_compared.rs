//! A grant is not compared, in whatever time.

use paravent::Grant;

fn same(one: &Grant, other: &Grant) -> bool {
    one == other
}

fn main() {}
