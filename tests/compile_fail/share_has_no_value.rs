//! A share does not give what it holds.

use paravent::Share;

fn value(share: &Share) {
    let _ = share.value;
}

fn main() {}
