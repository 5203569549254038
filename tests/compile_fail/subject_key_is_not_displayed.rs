//! A subject key is not displayed.

use paravent::SubjectKey;

fn text(secret: &SubjectKey) -> String {
    secret.to_string()
}

fn main() {}
