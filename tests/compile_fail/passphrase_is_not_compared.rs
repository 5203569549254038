//! A passphrase is not compared, in whatever time.

use paravent::Passphrase;

fn same(one: &Passphrase, other: &Passphrase) -> bool {
    one == other
}

fn main() {}
