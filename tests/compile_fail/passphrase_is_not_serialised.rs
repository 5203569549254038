//! A passphrase is not serialised.

use paravent::Passphrase;
use serde::Serialize;

fn text(secret: &Passphrase) {
    let _ = secret.serialize(serde_json::value::Serializer);
}

fn main() {}
