//! Every message of the crate and every `Debug` of what holds secrets, as a snapshot in `tests/data/messages.txt`: to read
//! them as a user does, and to notice a change. A line is a kind of error, or a type, and what it prints.
//!
//! `PARAVENT_ACCEPT_MESSAGES=1` writes the file anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error as _,
    fmt::{self, Debug, Write as _},
    fs,
    ops::ControlFlow,
    path::Path,
    sync::LazyLock,
};

use aes::Aes256;
use cmac::{Cmac, Mac};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use paravent::{
    Appointment, Binding, CheckedPolicy, Class, Config, CsvFormat, Date, Domain, Epoch, Error,
    FieldId, Format, Generation, Grant, GrantRegister, Index, IndexPlan, JsonRecord, Keyring, Log,
    Migration, Nonces, Passphrase, PhoneRegion, Policy, Protector, Pseudonym, Query, Reader,
    RecordId, Resealing, Revealer, Reversible, Schema, Scope, SealedCell, SealedRecord, SealedRow,
    Service, Share, Shown, SplitGrant, SubjectKey, Verification, test_kit,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{Value, json, value::RawValue};
use sha2::{Digest, Sha256};
use xaes_256_gcm::{
    Xaes256Gcm,
    aead::{Aead, KeyInit, Payload},
};

#[path = "../common/accepted.rs"]
mod accepted;
mod audits;
mod brokers;
mod by_hand;
mod errors;
mod hl7v2;
mod inputs;
mod logs;
mod secrets;
mod silence;

use accepted::{TODAY, accepted};
use errors::ERRORS;
use secrets::debugs;

/// Stands in every value, key and passphrase, and so in no message.
const MARK: &str = "MARKEDVALUEmarkedvalue";

/// The same as a number.
const MARKED_NUMBER: i64 = 77_712_777;

const FIELDS: &str = r#"
    [[field]]
    name = "text"
    number = 1
    scope = "identity"
    width = 40
    type = "text"
    class = "name"
    optional = true

    [[field]]
    name = "integer"
    number = 2
    scope = "identity"
    width = 20
    type = "integer"
    optional = true

    [[field]]
    name = "boolean"
    number = 3
    scope = "care"
    width = 5
    type = "boolean"
    optional = true

    [[field]]
    name = "date"
    number = 4
    scope = "care"
    width = 10
    type = "date"
    optional = true

    [[field]]
    name = "moment"
    number = 5
    scope = "care"
    width = 30
    type = "date-time"
    optional = true

    [[field]]
    name = "json"
    number = 6
    scope = "care"
    width = 100
    type = "json"
    optional = true

    [[field]]
    name = "at.text"
    number = 7
    scope = "care"
    width = 65000
    type = "text"
    class = "text"
    optional = true

    [[field]]
    name = "phone"
    number = 8
    scope = "contact"
    width = 40
    type = "text"
    class = "phone"
    optional = true
"#;

fn schema() -> Schema {
    schema_of(FIELDS)
}

fn schema_of(fields: &str) -> Schema {
    let region = "country_code = \"33\"\ninternational_prefix = \"00\"\ntrunk_prefix = \"0\"\n";
    Schema::from_toml(&format!(
        "name = \"messages\"\n[phone_region]\n{region}{fields}"
    ))
    .unwrap()
}

/// A policy with these lines behind its head.
fn policy(rest: &str) -> CheckedPolicy {
    policy_of(&schema(), rest)
}

fn policy_of(schema: &Schema, rest: &str) -> CheckedPolicy {
    let unless = |key: &str, line| if rest.contains(key) { "" } else { line };
    let domain = unless("domain", "domain = \"messages\"\n");
    let binds = unless("record_id", "record_id = \"unbound\"\n");
    let toml = format!("schema = \"messages\"\n{domain}{binds}{rest}");
    accepted(&toml, schema).unwrap()
}

fn protector(rest: &str) -> Protector {
    Protector::new(&test_kit::keyring(), &policy(rest)).unwrap()
}

fn revealer(rest: &str) -> Revealer {
    Revealer::backend(&test_kit::keyring(), policy(rest).policy()).unwrap()
}

/// Protects a record that is not to be protected.
fn refused(record: &(impl Serialize + ?Sized)) -> Error {
    protector("").protect(record).unwrap_err()
}

/// Reveals a record into a type that does not fit it.
fn unfit<T: DeserializeOwned>(record: &Value) -> Error {
    let row = protector("").protect(record).unwrap();
    revealer("").reveal::<T>(&row).map(drop).unwrap_err()
}

fn pseudonym_of(field: &str) -> String {
    format!("[pseudonym.person]\nof = [\"{field}\"]\nreason = \"x\"\n")
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct One<T> {
    text: T,
}

/// Serialises as bytes.
struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(MARK.as_bytes())
    }
}

/// Fails with a message that holds a value.
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(MARK))
    }
}

impl<'de> Deserialize<'de> for Fails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Err(serde::de::Error::custom(value))
    }
}

/// Asks for values before their keys.
struct Hasty;

impl<'de> Deserialize<'de> for Hasty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Take;

        impl<'de> Visitor<'de> for Take {
            type Value = Hasty;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hasty, A::Error> {
                map.next_value::<String>().map(|_| Hasty)
            }
        }

        deserializer.deserialize_map(Take)
    }
}

/// A message in which a folder of a test's own has always the same name.
fn printed(error: &Error) -> String {
    let message = error.to_string();
    match error.file().and_then(Path::parent) {
        Some(folder) if folder.starts_with(env::temp_dir()) => {
            message.replace(folder.to_str().unwrap(), "FOLDER")
        }
        _ => message,
    }
}

fn snapshot() -> String {
    let errors = ERRORS.iter().map(|(name, error)| (*name, printed(error)));
    let debugs = debugs();
    let mut text = String::new();
    for (name, message) in errors.chain(debugs) {
        assert!(!message.contains('\n'), "{name}: {message}");
        writeln!(text, "{name}: {message}").unwrap();
    }
    text
}

#[test]
fn messages_are_as_they_were() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/messages.txt");
    let found = snapshot();
    if env::var_os("PARAVENT_ACCEPT_MESSAGES").is_some() {
        fs::write(path, &found).unwrap();
        return;
    }
    let accepted = fs::read_to_string(path).unwrap_or_default();
    if found == accepted {
        return;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (found, accepted) = (lines(&found), lines(&accepted));
    for line in accepted.iter().filter(|line| !found.contains(line)) {
        println!("- {line}");
    }
    for line in found.iter().filter(|line| !accepted.contains(line)) {
        println!("+ {line}");
    }
    panic!("messages changed, or their order: PARAVENT_ACCEPT_MESSAGES=1 accepts them");
}

#[test]
fn every_kind_of_error_is_among_them() {
    let source =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/error/kind.rs")).unwrap();
    let kinds = source
        .split_once("enum Kind {\n")
        .unwrap()
        .1
        .split_once("\n}")
        .unwrap()
        .0;
    let kinds: BTreeSet<&str> = kinds
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.trim_end_matches([',', '{', ' ']))
        .collect();
    let mut found: BTreeSet<&str> = ERRORS
        .iter()
        .map(|(name, _)| name.split('/').next().unwrap())
        .collect();
    // The tests do not use up the machine's memory, and no thread panics while it writes.
    for kind in ["Memory", "LogUnknown"] {
        assert!(found.insert(kind));
    }
    assert_eq!(found, kinds);
}

#[test]
fn each_error_says_what_is_wrong_and_what_to_do() {
    let mut messages = BTreeMap::new();
    for (name, error) in ERRORS.iter() {
        let message = error.to_string();
        let what = message
            .strip_suffix(error.advice())
            .and_then(|what| what.strip_suffix("; "));
        let what = what.unwrap_or_else(|| panic!("{name}: no advice: {message}"));
        assert!(
            !what.is_empty() && !error.advice().is_empty(),
            "{name}: {message}"
        );
        assert!(!what.starts_with(char::is_uppercase), "{name}: {message}");
        for part in [what, error.advice()] {
            assert!(!part.ends_with(['.', ' ', ':', ';']), "{name}: {message}");
        }
        let kind = name.split('/').next().unwrap();
        if let Some(other) = messages.insert(message.clone(), kind) {
            panic!("{kind} and {other} share a message: {message}");
        }
        assert_eq!(format!("{error:?}"), format!("Error({message})"));
    }
}

#[test]
fn each_error_belongs_to_a_group() {
    let without: Vec<&str> = ERRORS
        .iter()
        .filter(|(_, error)| {
            let groups = [
                error.is_record(),
                error.is_misuse(),
                error.is_malformed(),
                error.is_unsupported(),
                error.is_other_policy(),
                error.is_other_schema(),
                error.is_unknown_epoch(),
                error.is_missing_scope(),
                error.is_wrong_key(),
                error.is_tampered(),
                error.is_plaintext(),
                error.is_target(),
                error.is_input(),
                error.is_message(),
                error.is_audit(),
                error.is_stopped(),
                error.is_plain_row(),
                error.is_half_protected(),
                error.is_unaccounted(),
                error.is_migration(),
                error.is_resealing(),
                error.is_log(),
                error.is_request(),
                error.is_not_sent(),
                error.is_quota(),
                error.is_ended(),
                error.is_definition(),
                error.is_refused(),
                error.is_share(),
                error.is_wrong_passphrase(),
                error.is_damaged(),
                error.is_newer_version(),
                error.is_io(),
                error.is_clock(),
                error.is_used_up(),
            ];
            let count = groups.into_iter().filter(|is| *is).count();
            assert!(count < 2, "{error} is of {count} groups");
            count == 0
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(without.is_empty(), "no predicate tells {without:?}");
}
