//! A keyring does not come out of whatever a program parses.

use paravent::Keyring;
use serde::Deserialize;

fn parsed(value: serde_json::Value) {
    let _ = Keyring::deserialize(value);
}

fn main() {}
