//! Files of rows, protected and revealed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../common/appointments.rs"]
mod appointments;

mod broken;
mod csv;
mod delimiters;
mod encodings;
mod ndjson;
mod properties;
mod quarantine;
mod record_ids;
mod refused;
mod window;

use std::num::NonZeroUsize;

use appointments::{SHOWING, UNBOUND, accepted::accepted, policy};
use paravent::{
    CheckedPolicy, CsvFormat, Error, Format, Keyring, Protector, Revealer, Schema, Summary,
    Transfer,
};

pub(crate) const HEADER: &str =
    "last_name,first_name,age,sex,phone,email,start,practitioner,specialty\n";

pub(crate) const ZOE: &str =
    "Lefèvre,Zoé,34,,06 39 98 12 34,,2020-07-21T09:30:00+02:00,\"Dr Martin, Paul\",Dermatologie\n";

/// A keyring, and who works with it for one policy.
struct Domain {
    keyring: Keyring,
    policy: CheckedPolicy,
    protector: Protector,
    revealer: Revealer,
}

impl Domain {
    fn new(rest: &str) -> Self {
        Self::of(policy("archive", rest))
    }

    fn of(policy: CheckedPolicy) -> Self {
        let keyring = Keyring::generate().unwrap();
        Self {
            protector: Protector::new(&keyring, &policy).unwrap(),
            revealer: Revealer::backend(&keyring, policy.policy()).unwrap(),
            keyring,
            policy,
        }
    }

    /// A revealer of what the domain's grant opens.
    fn connector(&self) -> Revealer {
        let grant = self.keyring.grant(&self.policy).unwrap();
        Revealer::new(&grant, self.policy.policy()).unwrap()
    }

    fn protecting(&self) -> Transfer<'_> {
        Transfer::protect(&self.protector).from(csv())
    }

    fn revealing(&self) -> Transfer<'_> {
        Transfer::reveal(&self.revealer).from(csv())
    }
}

/// Domains on a schema with a field of each type.
const TYPES: &str = r#"
    name = "visit"
    [[field]]
    name = "text"
    number = 1
    scope = "identity"
    role = "neutral"
    width = 40
    type = "text"
    class = "text"
    optional = true
    [[field]]
    name = "count"
    number = 2
    scope = "identity"
    role = "neutral"
    width = 20
    type = "integer"
    optional = true
    [[field]]
    name = "paid"
    number = 3
    scope = "care"
    role = "neutral"
    width = 5
    type = "boolean"
    optional = true
    [[field]]
    name = "day"
    number = 4
    scope = "care"
    role = "neutral"
    width = 10
    type = "date"
    optional = true
    [[field]]
    name = "extra"
    number = 5
    scope = "schedule"
    role = "neutral"
    width = 64
    type = "json"
    optional = true
    [[field]]
    name = "at.place"
    number = 6
    scope = "schedule"
    role = "neutral"
    width = 24
    type = "text"
    class = "text"
    optional = true
"#;

fn visits(rest: &str) -> Domain {
    let schema = Schema::from_toml(TYPES).unwrap();
    let head = "domain = \"archive\"\nschema = \"visit\"\nrecord_id = \"unbound\"\n";
    Domain::of(accepted(&(head.to_owned() + rest), &schema).unwrap())
}

fn csv() -> Format {
    Format::Csv(CsvFormat::default())
}

fn rows(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

fn run(transfer: Transfer<'_>, input: impl AsRef<[u8]>) -> Result<(String, Summary), Error> {
    let mut output = Vec::new();
    let summary = transfer.run(input.as_ref(), &mut output)?;
    Ok((String::from_utf8(output).unwrap(), summary))
}

/// What is written.
fn text(transfer: Transfer<'_>, input: impl AsRef<[u8]>) -> String {
    run(transfer, input).unwrap().0
}

/// The cells of a CSV text, read by another reader.
fn cells(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter as u8)
        .from_reader(text.as_bytes());
    let row = |row: Result<::csv::StringRecord, ::csv::Error>| {
        row.unwrap().iter().map(str::to_owned).collect()
    };
    reader.records().map(row).collect()
}

fn refused(transfer: Transfer<'_>, input: impl AsRef<[u8]>) -> Error {
    run(transfer, input).map(|_| ()).unwrap_err()
}
