//! A passphrase is not displayed.

use paravent::Passphrase;

fn text(secret: &Passphrase) -> String {
    secret.to_string()
}

fn main() {}
