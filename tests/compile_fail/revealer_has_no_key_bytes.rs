//! What a revealer holds is not reached.

use paravent::Revealer;

fn inside(secret: &Revealer) {
    let _ = &secret.epochs;
}

fn main() {}
