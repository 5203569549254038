//! A subject key does not come out of whatever a program parses.

use paravent::SubjectKey;
use serde::Deserialize;

fn parsed(value: serde_json::Value) {
    let _ = SubjectKey::deserialize(value);
}

fn main() {}
