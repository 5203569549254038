//! What a subject key holds is not reached.

use paravent::SubjectKey;

fn inside(secret: &SubjectKey) {
    let _ = &secret.0;
}

fn main() {}
