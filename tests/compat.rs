//! Rows, cells and key files of every format that was ever written: they open for ever.
//!
//! Each folder of `tests/data/compat` was written once, by the release whose format it is, and is never written again. A
//! new one comes from `PARAVENT_WRITE_COMPAT=FOLDER cargo test --test compat`. Its people are made up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use paravent::{
    Binding, CheckedPolicy, Date, Grant, Keyring, Passphrase, Policy, Protected, Protector,
    RecordId, Revealer, Schema, Scope, SealedCell, SealedRow, SubjectKey,
};
use serde::{Deserialize, Serialize};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use accepted::accepted;

#[path = "common/accepted.rs"]
mod accepted;

/// Of every keyring and grant in the folders.
const PASSPHRASE: &str = "paravent compatibility: nobody's secret";

/// Of every grant in the folders whose key file is of version 2.
const TERM: (&str, Date) = (
    "Zoé of the compatibility office",
    Date::constant(2027, 6, 30),
);

/// Name, and the schema it is for.
const POLICIES: [(&str, &str); 2] = [("archive", "appointment"), ("bound", "visit")];

/// What `rows.json` and `cells.json` list.
#[derive(Serialize, Deserialize)]
struct Written {
    policy: String,
    epoch: u32,
    record_id: Option<String>,
    /// In hexadecimal.
    subject_key: Option<String>,
    /// Scopes that were cut out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
    /// What was protected, without nulls.
    holds: Value,
    /// The text of the field `extra`, of type json.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra: Option<Box<RawValue>>,
    /// The protected record or row.
    row: Box<RawValue>,
}

impl Written {
    fn new(policy: &Policy, epoch: u32, holds: &Value, row: &impl Serialize) -> Self {
        let (name, _) = POLICIES
            .into_iter()
            .find(|(_, schema)| *schema == policy.schema().name())
            .unwrap();
        Self {
            policy: name.to_owned(),
            epoch,
            record_id: None,
            subject_key: None,
            withheld: Vec::new(),
            holds: holds.clone(),
            extra: None,
            row: to_raw_value(row).unwrap(),
        }
    }

    fn subject(&self) -> Option<SubjectKey> {
        let hex = self.subject_key.as_ref()?;
        let mut bytes: [u8; 32] = HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap();
        Some(SubjectKey::from_bytes(&mut bytes))
    }

    fn binding<'a>(&'a self, subject: &'a Option<SubjectKey>) -> Binding<'a> {
        let binding = match &self.record_id {
            Some(id) => Binding::record(RecordId::new(id).unwrap()),
            None => Binding::NONE,
        };
        match subject {
            Some(subject) => binding.with_subject(subject),
            None => binding,
        }
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE).unwrap()
}

/// Whatever mode it was checked out with.
fn key_file(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A folder, read.
struct Folder {
    path: PathBuf,
    keyring: Keyring,
    /// With acceptances that the files do not have.
    policies: BTreeMap<String, CheckedPolicy>,
}

impl Folder {
    fn read(path: PathBuf) -> Self {
        let policies = POLICIES.map(|(name, schema)| {
            let text = |name: &str| fs::read_to_string(path.join(format!("{name}.toml"))).unwrap();
            let schema = Schema::from_toml(&text(schema)).unwrap();
            (name.to_owned(), accepted(&text(name), &schema).unwrap())
        });
        Self {
            keyring: Keyring::from_key_file(&key_file(&path, "keyring.key"), &passphrase())
                .unwrap(),
            policies: policies.into(),
            path,
        }
    }

    fn list(&self, name: &str) -> Vec<Written> {
        let text = fs::read_to_string(self.path.join(name)).unwrap();
        let list: Vec<Written> = serde_json::from_str(&text).unwrap();
        assert!(!list.is_empty());
        list
    }

    fn revealer(&self, written: &Written) -> Revealer {
        let policy = self.policies[&written.policy].policy();
        let scopes: Vec<_> = policy
            .schema()
            .scopes()
            .filter(|&scope| {
                let withheld = |name: &String| policy.schema().scope(name) == Some(scope);
                !written.withheld.iter().any(withheld)
            })
            .collect();
        Revealer::backend(&self.keyring, policy)
            .unwrap()
            .only(&scopes)
            .unwrap()
    }

    /// Pseudonyms that are made today are those that were made then.
    fn check_pseudonyms(&self, written: &Written, shown: &Value) {
        let checked = &self.policies[&written.policy];
        let policy = checked.policy();
        let subject = written.subject();
        let protector = Protector::new(&self.keyring, checked).unwrap();
        // What was withheld is not among what the row holds.
        if written.withheld.is_empty() {
            let today = protector
                .bind(written.binding(&subject))
                .protect(&written.holds)
                .unwrap();
            let today = serde_json::to_value(&today).unwrap();
            assert!(policy.pseudonyms().count() > 0);
            for name in policy.pseudonyms() {
                assert_eq!(today[name], shown[name], "{name}");
            }
        }
    }
}

/// Every folder of `tests/data/compat`.
fn folders() -> Vec<Folder> {
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/compat");
    let folders: Vec<Folder> = fs::read_dir(compat)
        .unwrap()
        .map(|entry| Folder::read(entry.unwrap().path()))
        .collect();
    assert!(folders.iter().any(|folder| folder.path.ends_with("v1")));
    folders
}

#[test]
fn every_row_cell_and_key_file_opens() {
    for folder in folders() {
        for written in folder.list("rows.json") {
            let row: Protected = serde_json::from_str(written.row.get()).unwrap();
            assert_eq!(row.sealed().epoch().number(), written.epoch);
            let subject = written.subject();
            let revealer = folder.revealer(&written);
            let revealer = revealer.bind(written.binding(&subject));
            assert_eq!(revealer.reveal::<Value>(&row).unwrap(), written.holds);
            check_extra(&written, || revealer.reveal(&row).unwrap());
            folder.check_pseudonyms(&written, &serde_json::from_str(written.row.get()).unwrap());
        }
        for written in folder.list("cells.json") {
            let row: Value = serde_json::from_str(written.row.get()).unwrap();
            let sealed: SealedRow = row["sealed"].as_str().unwrap().parse().unwrap();
            assert_eq!(sealed.epoch().number(), written.epoch);
            let cells: BTreeMap<String, SealedCell> =
                serde_json::from_value(row["cells"].clone()).unwrap();
            let cells = || cells.iter().map(|(name, cell)| (&**name, cell));
            let subject = written.subject();
            let revealer = folder.revealer(&written);
            let revealer = revealer.bind(written.binding(&subject));
            assert_eq!(
                revealer.reveal_row::<Value>(&sealed, cells()).unwrap(),
                written.holds
            );
            check_extra(&written, || revealer.reveal_row(&sealed, cells()).unwrap());
            folder.check_pseudonyms(&written, &row);
        }
        check_grant(&folder);
    }
}

#[derive(Deserialize)]
struct Extra {
    extra: Box<RawValue>,
}

fn check_extra(written: &Written, reveal: impl FnOnce() -> Extra) {
    if let Some(extra) = &written.extra {
        assert_eq!(reveal().extra.get(), extra.get());
    }
}

/// The grant of the policy `archive`: told by the digests of policy and schema, and opening what that opens.
fn check_grant(folder: &Folder) {
    let policy = folder.policies["archive"].policy();
    let text = key_file(&folder.path, "grant.key");
    let grant = Grant::from_key_file(&text, &passphrase()).unwrap();
    let term = text.starts_with("paravent-grant-2.").then_some(TERM);
    assert_eq!(grant.owner().zip(grant.until()), term);
    assert_eq!(grant.scopes(), policy.opens());
    assert_eq!(grant.epochs(), folder.keyring.epochs().collect::<Vec<_>>());
    let revealer = Revealer::new(&grant, policy).unwrap();
    let rows = folder
        .list("rows.json")
        .into_iter()
        .filter(|written| written.policy == "archive");
    for written in rows {
        let row: Protected = serde_json::from_str(written.row.get()).unwrap();
        let mut expected = written.holds.clone();
        expected.as_object_mut().unwrap().retain(|name, _| {
            let scope = policy.schema().field(name).unwrap().scope();
            policy.opens().contains(&scope)
        });
        assert_eq!(revealer.reveal::<Value>(&row).unwrap(), expected);
    }
}

#[test]
fn a_new_folder_is_written_where_one_is_asked_for() {
    let Some(folder) = env::var_os("PARAVENT_WRITE_COMPAT") else {
        println!("PARAVENT_WRITE_COMPAT is not set: nothing is written");
        return;
    };
    let folder = PathBuf::from(folder);
    fs::create_dir(&folder).expect("the folder is not there yet");
    write(&folder);
    Folder::read(folder);
}

const ARCHIVE: &str = r#"domain = "archive"
schema = "appointment"
record_id = "unbound"

[open.contact]
reason = "compatibility"

[open.care]
reason = "compatibility"

[show.age]
as = "keep"
reason = "compatibility"

[show.specialty]
as = "keep"
reason = "compatibility"

[pseudonym.patient]
of = ["last_name", "first_name", "phone"]
reason = "compatibility"
null = "null"

[pseudonym.household]
of = ["last_name"]
reason = "compatibility"
"#;

const BOUND: &str = r#"domain = "clinic.bound_1-a"
schema = "visit"
record_id = "bound"
subject_key = "bound"

[show.urgent]
as = "keep"
reason = "compatibility"

[pseudonym.person]
of = ["person.name", "born"]
reason = "compatibility"
erasable = true

[pseudonym.lasting]
of = ["number"]
reason = "compatibility"
"#;

const VISIT: &str = r#"name = "visit"

[scopes]
billing = 16

[[field]]
name = "number"
number = 255
scope = "billing"
role = "neutral"
width = 20
type = "integer"

[[field]]
name = "person.name"
number = 1
scope = "identity"
role = "identifier"
width = 40
type = "text"
class = "name"

[[field]]
name = "born"
number = 2
scope = "identity"
role = "quasi-identifier"
width = 10
type = "date"

[[field]]
name = "at"
number = 3
scope = "schedule"
width = 40
type = "date-time"
optional = true

[[field]]
name = "urgent"
number = 4
scope = "care"
width = 5
type = "boolean"
optional = true

[[field]]
name = "extra"
number = 5
scope = "care"
width = 1000
type = "json"
optional = true
"#;

fn write(folder: &Path) {
    let create = |name: &str, text: &str| {
        let mut file = fs::File::create_new(folder.join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    create(
        "appointment.toml",
        include_str!("../src/schema/appointment.toml"),
    );
    create("visit.toml", VISIT);
    create("archive.toml", ARCHIVE);
    create("bound.toml", BOUND);
    let policy =
        |policy: &str, schema: &str| accepted(policy, &Schema::from_toml(schema).unwrap()).unwrap();
    let archive = policy(ARCHIVE, include_str!("../src/schema/appointment.toml"));
    let bound = policy(BOUND, VISIT);

    let whole = json!({
        "last_name": "d’Épinay-Lefèvre", "first_name": "Zoé", "age": 34, "sex": "female", "phone": "06 39 98 12 34",
        "email": "zoe@example.org", "start": "2020-07-21T09:30:00+02:00", "practitioner": "Dr Ÿvette Œuvrard",
        "specialty": "Dermatologie et vénéréologie",
    });
    let least = json!({
        "last_name": "李", "first_name": "", "start": "2016-12-31T23:59:60Z", "practitioner": "", "specialty": "",
    });
    let widest = json!({
        "last_name": "é".repeat(24), "first_name": "\u{1F600}".repeat(12), "age": 0, "sex": "x".repeat(8),
        "phone": "+33 (0)1.99.00.12.34    ", "email": format!("{}@example.org", "e".repeat(60)),
        "start": "2020-07-21t09:30:00.000000-00:00",
        "practitioner": "€".repeat(21), "specialty": "s".repeat(64),
    });
    let visit = json!({
        "number": i64::MIN, "person": { "name": "Noël O'Brien" }, "born": "2000-02-29", "at": "2020-07-21T09:30:00.5-03:30",
        "urgent": true, "extra": { "a": [1.0, 1e5, null], "b": "é" },
    });
    let extra = "{ \"b\":\"\\u00e9\",\t\"a\" : [1.0,1e5, null] }";
    let small = json!({ "number": 0, "person": { "name": "Noël O'Brien" }, "born": "2000-02-29" });

    let mut keyring = Keyring::generate().unwrap();
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    for epoch in 1..=2 {
        if epoch == 2 {
            keyring
                .start_epoch(paravent::Date::constant(2026, 11, 24))
                .unwrap();
        }
        let protector = Protector::new(&keyring, &archive).unwrap();
        for holds in [&whole, &least, &widest] {
            rows.push(Written::new(
                archive.policy(),
                epoch,
                holds,
                &protector.protect(holds).unwrap(),
            ));
            cells.push(Written::new(
                archive.policy(),
                epoch,
                holds,
                &protector.protect_row(holds).unwrap(),
            ));
        }
        let cut = protector
            .protect(&whole)
            .unwrap()
            .withhold(&[Scope::IDENTITY])
            .unwrap();
        let mut holds = whole.clone();
        holds.as_object_mut().unwrap().retain(|name, _| {
            archive.policy().schema().field(name).unwrap().scope() != Scope::IDENTITY
        });
        rows.push(Written {
            withheld: vec!["identity".into()],
            ..Written::new(archive.policy(), epoch, &holds, &cut)
        });

        let protector = Protector::new(&keyring, &bound).unwrap();
        for (holds, id, extra) in [(&visit, "visits/1", Some(extra)), (&small, "\u{e9}", None)] {
            let extra = extra.map(|text| RawValue::from_string(text.to_owned()).unwrap());
            let mut record: BTreeMap<String, Box<RawValue>> =
                serde_json::from_value(holds.clone()).unwrap();
            record.extend(extra.clone().map(|extra| ("extra".to_owned(), extra)));
            let subject = SubjectKey::generate().unwrap();
            let binding = Binding::record(RecordId::new(id).unwrap()).with_subject(&subject);
            let protector = protector.bind(binding);
            let written = |row: Box<RawValue>| Written {
                record_id: Some(id.to_owned()),
                subject_key: Some(HEXLOWER.encode(subject.expose())),
                extra: extra.clone(),
                ..Written::new(bound.policy(), epoch, holds, &row)
            };
            rows.push(written(
                to_raw_value(&protector.protect(&record).unwrap()).unwrap(),
            ));
            cells.push(written(
                to_raw_value(&protector.protect_row(&record).unwrap()).unwrap(),
            ));
        }
    }
    create(
        "rows.json",
        &(serde_json::to_string_pretty(&rows).unwrap() + "\n"),
    );
    create(
        "cells.json",
        &(serde_json::to_string_pretty(&cells).unwrap() + "\n"),
    );
    keyring
        .save(folder.join("keyring.key"), &passphrase())
        .unwrap();
    let (owner, until) = TERM;
    keyring
        .grant(&archive)
        .unwrap()
        .with_term(owner, until)
        .unwrap()
        .save(folder.join("grant.key"), &passphrase())
        .unwrap();
}
