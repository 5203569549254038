//! A grant is not displayed.

use paravent::Grant;

fn text(secret: &Grant) -> String {
    secret.to_string()
}

fn main() {}
