//! A broker as those see it who ask it: what it gives, what it refuses, and what its log has of both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod canary;
mod clear;
mod disks;
mod first;
mod given;
mod quota;
mod refused;
mod render;
mod revealer;
mod threads;
mod two;

use std::{
    cell::{Cell, RefCell},
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use accepted::accepted;
use paravent::{
    Appointment, Binding, Broker, CheckedPolicy, Entry, Error, Event, Keyring, Log, Protected,
    Protector, RecordId, Request, Schema, Timestamp, VerifiedLog, test_kit,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;

#[path = "../common/accepted.rs"]
mod accepted;

const HEAD: &str = "domain = \"support-desk\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n";

/// A scope, a field, and a message.
const RULES: &str = r#"
    [release.contact]
    reason = "the desk calls back"
    purposes = ["call back", "complaint"]
    per_hour = 1_000
    detect_hours = 24
    [release.last_name]
    reason = "the desk greets"
    purposes = ["call back"]
    per_hour = 1_000
    detect_hours = 24
    [render.reminder]
    to = "phone"
    template = "Bonjour {first_name:20}, rendez-vous le {start}"
    gateway = "sms-gateway"
    reason = "a reminder the day before"
    per_hour = 1_000
    detect_hours = 24
"#;

/// Where a process of its own works.
const FOLDER: &str = "PARAVENT_TEST_BROKER";

/// A policy, its rows and its log.
struct Desk {
    /// Removed with the desk, where it is its own.
    _folder: Option<tempfile::TempDir>,
    path: PathBuf,
    heads: PathBuf,
    keyring: Keyring,
    policy: CheckedPolicy,
}

impl Desk {
    fn new(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self::of(folder.path(), rules);
        Self {
            _folder: Some(folder),
            ..desk
        }
    }

    fn of(folder: &Path, rules: &str) -> Self {
        Self {
            _folder: None,
            path: folder.join("release.log"),
            heads: folder.join("heads"),
            keyring: test_kit::keyring(),
            policy: accepted(&format!("{HEAD}{rules}"), &Schema::appointment()).unwrap(),
        }
    }

    fn open(&self) -> Result<Log, Error> {
        Log::open(&self.path, &self.heads, &self.keyring, at(0))
    }

    fn broker(&self) -> Broker {
        let log = Arc::new(self.open().unwrap());
        Broker::new(&self.keyring, [&self.policy], log).unwrap()
    }

    /// The row that is stored under `rdv-1`.
    fn row(&self, record: &impl Serialize) -> Protected {
        self.row_of("rdv-1", record)
    }

    fn row_of(&self, id: &str, record: &impl Serialize) -> Protected {
        let protector = Protector::new(&self.keyring, &self.policy).unwrap();
        protector.bind(bound(id)).protect(record).unwrap()
    }

    /// What is released of the row `rdv-1`.
    fn ask<T: DeserializeOwned>(
        &self,
        broker: &Broker,
        row: &Protected,
        name: &str,
        request: &Request<'_>,
    ) -> Result<T, Error> {
        let domain = self.policy.policy().domain();
        broker.release(domain, bound("rdv-1"), row, name, request)
    }

    /// The message of the row `rdv-1`: its address and text, where it is sent.
    fn send(
        &self,
        broker: &Broker,
        row: &Protected,
        request: &Request<'_>,
    ) -> Result<(String, String), Error> {
        let domain = self.policy.policy().domain();
        let mut sent = None;
        broker.render(
            domain,
            bound("rdv-1"),
            row,
            "reminder",
            request,
            |message| {
                sent = Some((message.to().to_owned(), message.text().to_owned()));
                Ok::<(), Error>(())
            },
        )?;
        Ok(sent.unwrap())
    }

    fn entries(&self) -> Vec<Entry> {
        let entries = Log::read(&self.path, &self.keyring).unwrap();
        entries.collect::<Result<_, _>>().unwrap()
    }

    fn last(&self) -> Entry {
        self.entries().pop().unwrap()
    }

    fn count(&self, event: Event) -> usize {
        let entries = self.entries();
        entries
            .iter()
            .filter(|entry| entry.event() == event)
            .count()
    }

    fn verify(&self) -> VerifiedLog {
        let observer = |_| ControlFlow::Continue(());
        Log::verify(&self.path, &self.heads, &self.keyring, &observer).unwrap()
    }
}

fn bound(id: &str) -> Binding<'_> {
    Binding::record(RecordId::new(id).unwrap())
}

/// So many seconds after eight o'clock.
fn at(seconds: i64) -> Timestamp {
    let eight: Timestamp = "2026-11-29T08:00:00Z".parse().unwrap();
    Timestamp::from_second(eight.as_second() + seconds).unwrap()
}

/// A request that every release of `RULES` takes.
fn asks(requester: &str, seconds: i64) -> Request<'_> {
    Request::new(requester, at(seconds))
        .purpose("call back")
        .reason("ticket 4711")
}

fn zoe() -> Appointment {
    Appointment {
        last_name: "Lefèvre".into(),
        first_name: "Zoé".into(),
        age: Some(34),
        phone: Some("06 39 98 12 34".into()),
        email: Some("zoe.lefevre@example.org".into()),
        start: "2020-07-21T09:30:00+02:00".into(),
        practitioner: "Dr Œuvrard".into(),
        specialty: "Dermatologie".into(),
        ..Appointment::default()
    }
}

thread_local! {
    /// How often a [`Witness`] was made in this thread.
    static MADE: Cell<usize> = const { Cell::new(0) };
    /// What it looks at.
    static SEES: RefCell<PathBuf> = RefCell::default();
}

/// Tells that a value came out, and what stood in the log then.
#[derive(Debug)]
struct Witness {
    log: String,
}

impl<'de> Deserialize<'de> for Witness {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let log = SEES.with_borrow(|path| fs::read_to_string(path).unwrap_or_default());
        MADE.set(MADE.get() + 1);
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self { log })
    }
}

/// What a call that is to give nothing is refused with.
fn refused(call: impl FnOnce() -> Result<Witness, Error>) -> Error {
    let before = MADE.get();
    let error = call().unwrap_err();
    assert_eq!(MADE.get(), before, "a value came out: {error}");
    error
}
