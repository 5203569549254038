//! What a grant holds is not reached.

use paravent::Grant;

fn inside(secret: &Grant) {
    let _ = &secret.keys;
}

fn main() {}
