//! A checked policy does not come out of whatever a program parses: its text is loaded, and checked again.

use paravent::CheckedPolicy;
use serde::Deserialize;

fn parsed(value: serde_json::Value) {
    let _ = CheckedPolicy::deserialize(value);
}

fn main() {}
