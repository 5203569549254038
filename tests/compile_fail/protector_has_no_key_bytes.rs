//! What a protector holds is not reached.

use paravent::Protector;

fn inside(secret: &Protector) {
    let _ = &secret.scope_keys;
}

fn main() {}
