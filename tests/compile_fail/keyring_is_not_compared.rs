//! A keyring is not compared, in whatever time.

use paravent::Keyring;

fn same(one: &Keyring, other: &Keyring) -> bool {
    one == other
}

fn main() {}
