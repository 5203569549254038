//! A subject key is not serialised.

use paravent::SubjectKey;
use serde::Serialize;

fn text(secret: &SubjectKey) {
    let _ = secret.serialize(serde_json::value::Serializer);
}

fn main() {}
