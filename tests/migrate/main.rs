//! A file of rows in clear becomes one of protected rows in its place: stopped and gone on with, undone, sealed off; and
//! what verifying a file finds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    fs,
    num::NonZeroUsize,
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use paravent::{
    CheckedPolicy, CsvFormat, Error, Format, Keyring, Migrated, Migration, Protector, Revealer,
    Schema, Transfer, Verification, Verified,
};
use serde_json::{Map, Value};
use tempfile::TempDir;

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod begun;
mod forms;
mod mixed;
mod refused;
mod undone;
mod verified;

/// Shows two fields, one of them by its month, makes a pseudonym and an index; a field has another name in files.
const POLICY: &str = r#"
    domain = "store"
    schema = "appointment"
    record_id = "bound"
    [source]
    record_id = "id"
    drop = ["remarks"]
    [source.columns]
    last_name = "Nom"
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

fn store_policy() -> CheckedPolicy {
    accepted(POLICY, &Schema::appointment()).unwrap()
}

fn csv() -> Format {
    Format::Csv(CsvFormat::default())
}

fn csv_of(delimiter: u8) -> Format {
    Format::Csv(CsvFormat::default().delimiter(delimiter))
}

fn rows(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// A row in clear; no two are alike.
fn object(number: usize) -> Map<String, Value> {
    let row = serde_json::json!({
        "id": format!("rdv-{number}"),
        "Nom": format!("Lefèvre {number}"),
        "first_name": "Zoé",
        "age": number % 120,
        "phone": format!("06 39 98 {:02} {:02}", number / 100 % 100, number % 100),
        "start": format!("2020-07-{:02}T{:02}:30:00+02:00", number % 28 + 1, number % 24),
        "practitioner": "Dr Œuvrard",
        "specialty": "Dermatologie",
        "remarks": "none",
    });
    match row {
        Value::Object(row) => row,
        _ => unreachable!(),
    }
}

const HEADER: [&str; 9] = [
    "start",
    "id",
    "Nom",
    "first_name",
    "age",
    "phone",
    "practitioner",
    "specialty",
    "remarks",
];

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn csv_line(row: &Map<String, Value>, delimiter: &str, end: &str) -> String {
    let cells: Vec<String> = HEADER.iter().map(|name| cell(&row[*name])).collect();
    cells.join(delimiter) + end
}

fn csv_text(count: usize) -> String {
    let lines = (0..count).map(|i| csv_line(&object(i), ",", "\n"));
    HEADER.join(",") + "\n" + &lines.collect::<String>()
}

fn ndjson_text(count: usize) -> String {
    let lines = (0..count).map(|i| serde_json::to_string(&object(i)).unwrap() + "\n");
    lines.collect()
}

/// A folder with one file, and the keys.
struct Store {
    folder: TempDir,
    file: PathBuf,
    format: Format,
    keyring: Keyring,
    policy: CheckedPolicy,
}

impl Store {
    fn new(name: &str, format: Format, rows: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, rows).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        Self {
            folder,
            file,
            format,
            keyring: Keyring::generate().unwrap(),
            policy: store_policy(),
        }
    }

    fn csv(rows: impl AsRef<[u8]>) -> Self {
        Self::new("rows.csv", csv(), rows)
    }

    fn ndjson(rows: impl AsRef<[u8]>) -> Self {
        Self::new("rows.ndjson", Format::Ndjson, rows)
    }

    fn migration(&self) -> Migration<'_> {
        let new = Migration::new(&self.file, self.format.clone(), &self.keyring, &self.policy);
        new.unwrap().batch(rows(7))
    }

    fn run(&self) -> Result<Migrated, Error> {
        self.migration().run()
    }

    fn refused(&self) -> Error {
        self.run().map(|_| ()).unwrap_err()
    }

    /// Runs until so many rows are written.
    fn run_to(&self, count: u64) {
        let observer = |progress: &paravent::Progress| match progress.rows >= count {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let error = self.migration().observe(&observer).run().unwrap_err();
        assert!(error.is_stopped(), "{error}");
    }

    fn undo(&self) -> Result<(), Error> {
        Migration::undo(&self.file)
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(end);
        name.into()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.file).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// The ends of the names in the folder.
    fn ends(&self) -> Vec<String> {
        let own = self.file.file_name().unwrap().to_str().unwrap();
        let mut ends: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.strip_prefix(own).unwrap().to_owned())
            .collect();
        ends.sort();
        ends
    }

    fn mode(&self, end: &str) -> u32 {
        let found = fs::metadata(self.beside(end)).unwrap();
        found.permissions().mode() & 0o7777
    }

    fn protector(&self) -> Protector {
        Protector::new(&self.keyring, &self.policy).unwrap()
    }

    /// Rows in clear, protected as by an export that keeps their order.
    fn protected(&self, rows_in_clear: &str) -> String {
        let mut out = Vec::new();
        let protector = self.protector();
        let transfer = Transfer::protect(&protector).window(rows(1));
        let transfer = transfer.from(self.format.clone());
        transfer.run(rows_in_clear.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The file's rows, all of them sealed, each revealed and as its id has it.
    fn revealed(&self) -> Vec<Map<String, Value>> {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        let format = match &self.format {
            Format::Csv(csv) => Format::Csv(csv.clone().encoding(paravent::Encoding::Utf8)),
            format => format.clone(),
        };
        let mut out = Vec::new();
        let transfer = Transfer::reveal(&revealer).from(format).to(Format::Ndjson);
        transfer.run(self.bytes().as_slice(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    }

    /// That the file holds the first `count` rows of [`object`], protected, and nothing else.
    fn holds(&self, count: usize) {
        let revealed = self.revealed();
        assert_eq!(revealed.len(), count);
        for (number, found) in revealed.iter().enumerate() {
            holds_row(found, number);
        }
        let verified = self.no_plain().unwrap();
        assert_eq!((verified.sealed, verified.plain), (count as u64, 0));
    }

    fn no_plain(&self) -> Result<Verified, Error> {
        self.no_plain_of(&self.text())
    }

    fn no_plain_of(&self, rows: &str) -> Result<Verified, Error> {
        let verification = Verification::no_plain(&self.keyring, &self.policy).unwrap();
        verification.from(self.format.clone()).run(rows.as_bytes())
    }

    fn opens(&self, rows: &str) -> Result<Verified, Error> {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        let verification = Verification::of(&revealer).from(self.format.clone());
        verification.run(rows.as_bytes())
    }
}

/// That a revealed row is the one of this number.
fn holds_row(found: &Map<String, Value>, number: usize) {
    let mut wanted = object(number);
    wanted.remove("remarks");
    for (name, value) in &wanted {
        assert_eq!(found.get(name), Some(value), "{name} of row {number}");
    }
}

/// That an error tells nothing of the rows.
fn is_silent(error: &Error) {
    let told = format!("{error} {error:?}");
    for value in ["Lefèvre", "Zoé", "39 98", "2020-07", "Œuvrard", "Dermato"] {
        assert!(!told.contains(value), "{told}");
    }
}
