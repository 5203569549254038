//! Rows in clear beside sealed ones: what is taken until when, what comes back, what is refused, what is counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;

use paravent::{
    Appointment, Binding, CheckedPolicy, Date, Error, Keyring, Protector, Reader, RecordId,
    Revealer, Schema,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use accepted::{TODAY, accepted};
use common::{BOUND, appointment, policy};

#[path = "../common/appointments.rs"]
mod common;
use common::accepted;

mod refused;
mod taken;

const UNTIL: Date = Date::constant(2026, 12, 31);

/// Shows two fields, makes a pseudonym and an index, opens one scope.
const MIXED: &str = r#"
    record_id = "unbound"
    [open.contact]
    reason = "the gateway sends to the phone"
    [show.age]
    as = "keep"
    reason = "report by age"
    [show.start]
    as = "truncate"
    to = "month"
    reason = "report by month"
    [pseudonym.patient]
    of = ["last_name", "first_name"]
    reason = "counts people"
    [index.by_name]
    of = ["last_name"]
    bits = 4
    distinct = 200
    reason = "finds people"
    [holds]
    rows = 9_000
    subjects = 9_000
"#;

/// A keyring, a protector and readers for one policy.
struct Kit {
    keyring: Keyring,
    policy: CheckedPolicy,
    protector: Protector,
}

impl Kit {
    fn new(rest: &str) -> Self {
        Self::of(policy("reader", rest))
    }

    fn of(policy: CheckedPolicy) -> Self {
        let keyring = Keyring::generate().unwrap();
        Self {
            protector: Protector::new(&keyring, &policy).unwrap(),
            keyring,
            policy,
        }
    }

    /// A reader for the connector: of the scopes that the policy opens.
    fn reader(&self) -> Reader {
        let grant = self.keyring.grant(&self.policy).unwrap();
        Reader::new(Revealer::new(&grant, self.policy.policy()).unwrap())
    }

    /// A reader for the backend: of all scopes.
    fn backend(&self) -> Reader {
        Reader::new(Revealer::backend(&self.keyring, self.policy.policy()).unwrap())
    }

    fn sealed(&self, record: &impl Serialize) -> String {
        serde_json::to_string(&self.protector.protect(record).unwrap()).unwrap()
    }
}

fn text(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap()
}

/// The row's object, changed.
fn changed(row: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut row: Map<String, Value> = serde_json::from_str(row).unwrap();
    change(&mut row);
    text(&row)
}

fn read<T: DeserializeOwned>(reader: &Reader, row: &str) -> Result<T, Error> {
    reader.read(Binding::NONE, row, TODAY)
}

fn refused(reader: &Reader, row: &str) -> Error {
    let before = reader.counts();
    let error = read::<Value>(reader, row).unwrap_err();
    assert_eq!(reader.counts(), before, "a refused row is not counted");
    error
}
