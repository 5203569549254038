//! A keyring is not serialised.

use paravent::Keyring;
use serde::Serialize;

fn text(secret: &Keyring) {
    let _ = secret.serialize(serde_json::value::Serializer);
}

fn main() {}
