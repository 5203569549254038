//! A grant is not serialised.

use paravent::Grant;
use serde::Serialize;

fn text(secret: &Grant) {
    let _ = secret.serialize(serde_json::value::Serializer);
}

fn main() {}
