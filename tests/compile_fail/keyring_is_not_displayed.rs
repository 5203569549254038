//! A keyring is not displayed.

use paravent::Keyring;

fn text(secret: &Keyring) -> String {
    secret.to_string()
}

fn main() {}
