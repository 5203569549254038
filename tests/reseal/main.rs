//! Rows are sealed anew under the active epoch: one by one, and those of a file in its place.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use paravent::{
    Binding, CheckedPolicy, Error, Keyring, Protected, Protector, RecordId, Resealer, Revealer,
    Schema, Scope, SealedRecord, SubjectKey, test_kit,
};
use serde_json::{Value, json};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod cells;
mod files;
mod files_refused;
mod generations;
mod kept;
mod records;
mod refused;
mod shown;

/// Two scopes; a version has its widths, and fields beside these.
const FIELDS: &str = r#"
    [[field]]
    name = "name"
    number = 1
    scope = "identity"
    width = 20
    type = "text"
    class = "name"
    [[field]]
    name = "age"
    number = 3
    scope = "identity"
    width = 3
    type = "integer"
    optional = true
    [[field]]
    name = "reason"
    number = 4
    scope = "care"
    width = 40
    type = "text"
    class = "text"
    optional = true
    [[field]]
    name = "notes"
    number = 6
    scope = "care"
    width = 60
    type = "json"
    optional = true
"#;

/// A field of a later version, before, between or behind the others by its number.
fn one_more(number: u8, scope: &str) -> String {
    format!(
        "[[field]]\nname = \"more.{number}\"\nnumber = {number}\nscope = \"{scope}\"\nwidth = 30\n\
         type = \"text\"\nclass = \"text\"\noptional = true\n"
    )
}

fn schema_of(fields: &str) -> Schema {
    Schema::from_toml(&format!("name = \"visits\"\n{fields}")).unwrap()
}

fn policy_of(fields: &str, rest: &str) -> CheckedPolicy {
    let bound = match rest.contains("record_id") {
        true => "",
        false => "record_id = \"unbound\"\n",
    };
    let text = format!("domain = \"store\"\nschema = \"visits\"\n{bound}{rest}");
    accepted(&text, &schema_of(fields)).unwrap()
}

fn policy() -> CheckedPolicy {
    policy_of(FIELDS, "")
}

fn record() -> Value {
    json!({ "name": "Lefèvre", "age": 34, "reason": "", "notes": { "since": [2019, null] } })
}

fn protected(keyring: &Keyring, policy: &CheckedPolicy, record: &Value) -> Protected {
    Protector::new(keyring, policy)
        .unwrap()
        .protect(record)
        .unwrap()
}

fn revealed(keyring: &Keyring, policy: &CheckedPolicy, row: &impl AsRef<SealedRecord>) -> Value {
    let revealer = Revealer::backend(keyring, policy.policy()).unwrap();
    revealer.reveal(row).unwrap()
}

fn resealer(keyring: &Keyring, policy: &CheckedPolicy) -> Resealer {
    Resealer::new(keyring, policy).unwrap()
}

/// The bytes of each group's plaintext.
fn widths(row: &SealedRecord) -> Vec<usize> {
    let mut bytes = &row.as_bytes()[32..];
    let mut widths = Vec::new();
    while let [_, high, low, ..] = *bytes {
        let width = usize::from(u16::from_be_bytes([high, low]));
        widths.push(width);
        bytes = &bytes[3 + 16 + width + 16..];
    }
    widths
}
