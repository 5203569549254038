//! What was changed, cut, joined, moved or sealed elsewhere is refused with its error, reveals nothing and leaves the
//! caller's buffer as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/appointments.rs"]
mod appointments;

use std::{cell::Cell, collections::BTreeMap, fmt::Display, str::FromStr};

use paravent::{
    Appointment, Binding, CheckedPolicy, Date, Error, Field, JsonRecord, Keyring, Policy,
    Protected, ProtectedRow, Protector, RecordId, Result, Revealer, Schema, Scope, SealedCell,
    SealedRecord, SealedRow, SubjectKey, ValueType,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    ser::{Error as _, SerializeStruct},
};
use serde_json::{Value, json};

use appointments::{BOUND, SHOWING, UNBOUND, appointment, kind, policy};

const SCOPES: [Scope; 4] = [
    Scope::IDENTITY,
    Scope::CONTACT,
    Scope::SCHEDULE,
    Scope::CARE,
];

const HEADER: usize = 32;
const GROUP_HEAD: usize = 19;
const ENTRY: usize = 17;
const TAG: usize = 16;

/// Stands where fields would go, and notes whether any were about to be handed over.
struct Spy;

thread_local! {
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

impl<'de> Deserialize<'de> for Spy {
    fn deserialize<D: Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        SEEN.set(true);
        Ok(Self)
    }
}

/// Checks that a call was refused with an error of this kind, which says no value, and that nothing was handed over.
fn refused(result: Result<Spy>, expected: &str, what: impl Display) -> Error {
    let error = match result {
        Ok(_) => panic!("{what}: not refused"),
        Err(error) => error,
    };
    assert_eq!(kind(&error), expected, "{what}: {error}");
    assert!(!SEEN.get(), "{what}: revealed before it was refused");
    silent(&error, &json!(appointment(7)));
    error
}

/// Checks that nothing that an error says holds a value of the record; short ones are in any text.
fn silent(error: &Error, record: &Value) {
    let said = format!("{error} {error:?} {error:#?} {}", error.advice());
    for (field, value) in record.as_object().unwrap() {
        if let Some(text) = value.as_str().filter(|text| text.len() > 6) {
            assert!(!said.contains(text), "{field}: {said}");
        }
    }
    assert!(std::error::Error::source(error).is_none());
}

/// One clinic's keys for one domain, and what it seals and opens with them, bound to what its policy says.
struct Clinic {
    keyring: Keyring,
    policy: CheckedPolicy,
    protector: Protector,
    backend: Revealer,
    binding: Binding<'static>,
}

impl Clinic {
    fn new(rest: &str) -> Self {
        let (keyring, policy) = (Keyring::generate().unwrap(), policy("archive", rest));
        Self {
            protector: Protector::new(&keyring, &policy).unwrap(),
            backend: Revealer::backend(&keyring, policy.policy()).unwrap(),
            binding: if policy.policy().binds_record_id() {
                id("rdv-7")
            } else {
                Binding::NONE
            },
            keyring,
            policy,
        }
    }

    fn record(&self) -> Vec<u8> {
        let row = self.protector.bind(self.binding).protect(&appointment(7));
        row.unwrap().sealed().as_bytes().to_vec()
    }

    fn row(&self) -> ProtectedRow {
        let row = self.protector.bind(self.binding);
        row.protect_row(&appointment(7)).unwrap()
    }

    fn open(&self, record: &[u8]) -> Result<Spy> {
        let record = SealedRecord::from_bytes(record)?;
        self.backend.bind(self.binding).reveal(&record)
    }

    fn open_row(&self, column: &[u8], row: &ProtectedRow) -> Result<Spy> {
        let column = SealedRow::from_bytes(column)?;
        self.backend
            .bind(self.binding)
            .reveal_row(&column, row.cells())
    }

    fn open_cell(&self, column: &[u8], field: &str, cell: &[u8]) -> Result<Spy> {
        let (column, cell) = (
            SealedRow::from_bytes(column)?,
            SealedCell::from_bytes(cell)?,
        );
        self.backend
            .bind(self.binding)
            .reveal_cell(&column, field, &cell)
    }

    fn only(&self, scopes: &[Scope]) -> Revealer {
        let backend = Revealer::backend(&self.keyring, self.policy.policy());
        backend.unwrap().only(scopes).unwrap()
    }

    fn scope_of(&self, field: &str) -> Scope {
        self.policy.policy().schema().field(field).unwrap().scope()
    }
}

fn id(id: &str) -> Binding<'_> {
    Binding::record(RecordId::new(id).unwrap())
}

/// Where the groups of a record begin; the last entry is its end.
fn groups(record: &[u8]) -> Vec<usize> {
    let mut starts = vec![HEADER];
    while let Some(&start) = starts.last().filter(|&&start| start < record.len()) {
        let length = u16::from_be_bytes([record[start + 1], record[start + 2]]);
        starts.push(start + GROUP_HEAD + usize::from(length) + TAG);
    }
    assert_eq!((starts.len(), starts.last()), (5, Some(&record.len())));
    starts
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

/// The kind of error that a changed header gives, for a row of epoch 1.
fn header_kind(flipped: &[u8], bit: usize) -> &'static str {
    match bit / 8 {
        3 if bit % 8 < 2 => "other policy",
        0..=3 => "unsupported",
        4..=7 if flipped[4..8] == [0; 4] => "malformed",
        4..=7 => "unknown epoch",
        8..HEADER => "wrong key",
        _ => panic!("bit {bit} is not in the header"),
    }
}

/// A flipped scope is out of order or does not exist; as the last one it may be a scope of another schema.
fn scope_kind(flipped: u8, last: bool) -> &'static str {
    if last && (16..=63).contains(&flipped) {
        "other schema"
    } else {
        "malformed"
    }
}

#[test]
fn the_untouched_opens() {
    for rest in [UNBOUND, BOUND] {
        let clinic = Clinic::new(rest);
        clinic.open(&clinic.record()).unwrap();
        assert!(SEEN.take(), "the spy sees what is handed over");

        let row = clinic.row();
        let backend = clinic.backend.bind(clinic.binding);
        let revealed: Appointment = backend.reveal_row(row.sealed(), row.cells()).unwrap();
        assert_eq!(revealed, appointment(7));
        for (field, cell) in row.cells() {
            clinic
                .open_cell(row.sealed().as_bytes(), field, cell.as_bytes())
                .unwrap();
            assert!(SEEN.take(), "{field}");
        }
    }
}

#[test]
fn every_flipped_bit_of_a_record_is_refused() {
    for rest in [UNBOUND, BOUND] {
        let clinic = Clinic::new(rest);
        let record = clinic.record();
        let starts = groups(&record);
        for bit in 0..record.len() * 8 {
            let (flipped, byte) = (flip(&record, bit), bit / 8);
            let expected = match starts.iter().rposition(|&start| start <= byte) {
                None => header_kind(&flipped, bit),
                Some(group) => match byte - starts[group] {
                    0 => scope_kind(flipped[byte], group == 3),
                    1..3 => "malformed",
                    3..GROUP_HEAD => "wrong key",
                    _ => "tampered",
                },
            };
            refused(clinic.open(&flipped), expected, format_args!("bit {bit}"));
        }
    }
}

#[test]
fn every_flipped_bit_of_a_row_column_is_refused() {
    for rest in [UNBOUND, BOUND] {
        let clinic = Clinic::new(rest);
        let row = clinic.row();
        let column = row.sealed().as_bytes();
        for bit in 0..column.len() * 8 {
            let (flipped, byte) = (flip(column, bit), bit / 8);
            let expected = match byte.checked_sub(HEADER).map(|at| at % ENTRY) {
                None => header_kind(&flipped, bit),
                Some(0) => scope_kind(flipped[byte], byte + ENTRY == column.len()),
                Some(_) => "wrong key",
            };
            refused(
                clinic.open_row(&flipped, &row),
                expected,
                format_args!("bit {bit}"),
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_a_cell_is_refused() {
    for rest in [UNBOUND, BOUND] {
        let clinic = Clinic::new(rest);
        let row = clinic.row();
        for (field, cell) in row.cells() {
            for bit in 0..cell.as_bytes().len() * 8 {
                let flipped = flip(cell.as_bytes(), bit);
                let result = clinic.open_cell(row.sealed().as_bytes(), field, &flipped);
                let error = refused(result, "tampered", format_args!("{field}, bit {bit}"));
                assert_eq!(error.field(), Some(field));
            }
        }
    }
}

/// Checks that none of `texts` parses to bytes that open.
fn none_opens<T: FromStr<Err = Error>>(
    texts: impl Iterator<Item = String>,
    as_bytes: impl Fn(&T) -> &[u8],
    open: impl Fn(&[u8]) -> Result<Spy>,
) -> usize {
    let refused = texts.map(|text| {
        let result = text.parse().and_then(|parsed| open(as_bytes(&parsed)));
        assert!(result.is_err() && !SEEN.get(), "{text}");
    });
    refused.count()
}

#[test]
fn every_flipped_bit_truncation_and_extension_of_a_text_is_refused() {
    let clinic = Clinic::new(UNBOUND);
    let (record, row) = (
        SealedRecord::from_bytes(clinic.record()).unwrap(),
        clinic.row(),
    );
    let (column, cell) = (row.sealed(), row.cell("first_name").unwrap());
    let spoilt = |text: &str| {
        let (flipped, cut, longer) = (text.to_owned(), text.to_owned(), text.to_owned());
        // Bit 7 alone makes no UTF-8, so no caller can pass it.
        let flipped = (0..text.len() * 8)
            .filter_map(move |bit| String::from_utf8(flip(flipped.as_bytes(), bit)).ok());
        let cut = (0..text.len()).map(move |length| cut[..length].to_owned());
        let tails = ["A", "AA", "AAA", "AAAA", "=", " ", "\n", "."];
        let longer = tails
            .into_iter()
            .flat_map(move |tail| [longer.clone() + tail, tail.to_owned() + &longer]);
        flipped.chain(cut).chain(longer)
    };
    for (length, refused) in [
        (
            record.to_string().len(),
            none_opens(
                spoilt(&record.to_string()),
                SealedRecord::as_bytes,
                |bytes| clinic.open(bytes),
            ),
        ),
        (
            column.to_string().len(),
            none_opens(spoilt(&column.to_string()), SealedRow::as_bytes, |bytes| {
                clinic.open_row(bytes, &row)
            }),
        ),
        (
            cell.to_string().len(),
            none_opens(spoilt(&cell.to_string()), SealedCell::as_bytes, |bytes| {
                clinic.open_cell(column.as_bytes(), "first_name", bytes)
            }),
        ),
    ] {
        assert_eq!(refused, length * 7 + length + 16);
    }
}

#[test]
fn every_truncation_is_refused() {
    let clinic = Clinic::new(UNBOUND);
    let (record, row) = (clinic.record(), clinic.row());
    let (starts, column) = (groups(&record), row.sealed().as_bytes());
    for length in 0..record.len() {
        // Between two groups it is a cut, which lacks a scope.
        let cut = length > HEADER && starts.contains(&length);
        let expected = if cut { "missing scope" } else { "malformed" };
        refused(
            clinic.open(&record[..length]),
            expected,
            format_args!("record, {length} bytes"),
        );
    }
    for length in 0..column.len() {
        let cut = length > HEADER && (length - HEADER).is_multiple_of(ENTRY);
        let expected = if cut { "missing scope" } else { "malformed" };
        // A row column is never cut: every cell needs all of it.
        for (field, cell) in row.cells() {
            let result = clinic.open_cell(&column[..length], field, cell.as_bytes());
            refused(
                result,
                expected,
                format_args!("row column, {length} bytes, {field}"),
            );
        }
    }
    for (field, cell) in row.cells() {
        for length in 0..cell.as_bytes().len() {
            let expected = if length < 2 + TAG {
                "malformed"
            } else {
                "tampered"
            };
            let result = clinic.open_cell(column, field, &cell.as_bytes()[..length]);
            refused(result, expected, format_args!("{field}, {length} bytes"));
        }
    }
}

#[test]
fn every_extension_is_refused() {
    let clinic = Clinic::new(UNBOUND);
    let (record, row) = (clinic.record(), clinic.row());
    let (column, cell) = (
        row.sealed().as_bytes(),
        row.cell("specialty").unwrap().as_bytes(),
    );
    let tails = (1..=80).flat_map(|length| [vec![0; length], vec![0xFF; length], vec![4; length]]);
    for tail in tails.chain([record[HEADER..].to_vec(), column[HEADER..].to_vec()]) {
        let what = format!("{} bytes of {}", tail.len(), tail[0]);
        let longer = |bytes: &[u8]| [bytes, &tail].concat();
        refused(clinic.open(&longer(&record)), "malformed", &what);
        refused(clinic.open_row(&longer(column), &row), "malformed", &what);
        refused(
            clinic.open_cell(column, "specialty", &longer(cell)),
            "tampered",
            &what,
        );
    }
}

/// A record that was extended by a well-formed group.
#[test]
fn a_scope_that_the_schema_lacks_is_refused() {
    let clinic = Clinic::new(UNBOUND);
    let record = clinic.record();
    let mut more = [&record[..], &record[groups(&record)[3]..]].concat();
    more[record.len()] = 16;
    let more = SealedRecord::from_bytes(more).unwrap();
    assert_eq!(more.scopes().count(), 5);
    let error = clinic.backend.reveal::<Value>(&more).unwrap_err();
    assert!(error.is_other_schema(), "{error}");
    assert_eq!(error.scope().map(|scope| scope.number()), Some(16));
}

#[test]
fn groups_moved_repeated_or_renamed_are_refused() {
    let clinic = Clinic::new(UNBOUND);
    let (a, b) = (clinic.record(), clinic.record());
    let starts = groups(&a);
    let parts = |record: &[u8]| -> Vec<Vec<u8>> {
        starts
            .windows(2)
            .map(|ends| record[ends[0]..ends[1]].to_vec())
            .collect()
    };
    let (own, others) = (parts(&a), parts(&b));
    let joined = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut parts = own.clone();
        change(&mut parts);
        [&a[..HEADER], &parts.concat()].concat()
    };
    assert_eq!(joined(&|_| ()), a, "the parts are those of the record");
    for (i, scope) in SCOPES.into_iter().enumerate() {
        // Out of another record of the same domain, with the same keys.
        let moved = joined(&|parts| parts[i].clone_from(&others[i]));
        assert_eq!(
            refused(clinic.open(&moved), "wrong key", "moved").scope(),
            Some(scope)
        );
        let repeated = joined(&|parts| parts.insert(i, own[i].clone()));
        refused(clinic.open(&repeated), "malformed", "repeated");
        for j in (0..4).filter(|&j| j != i) {
            let swapped = joined(&|parts| parts.swap(i, j));
            refused(clinic.open(&swapped), "malformed", "re-ordered");
            let renamed = joined(&|parts| {
                parts[i].clone_from(&own[j]);
                parts[i][0] = scope.number();
            });
            assert_eq!(
                refused(clinic.open(&renamed), "wrong key", "renamed").scope(),
                Some(scope)
            );
        }
    }
}

#[test]
fn claimed_lengths_beyond_the_record_are_refused() {
    let clinic = Clinic::new(UNBOUND);
    let record = clinic.record();
    for claimed in [65_535_u16, 65_520, 0] {
        for &start in &groups(&record)[..4] {
            let mut bytes = record.clone();
            bytes[start + 1..start + 3].copy_from_slice(&claimed.to_be_bytes());
            // The whole, and no more than the group that claims it.
            for length in [
                record.len(),
                start + 3,
                start + GROUP_HEAD,
                start + GROUP_HEAD + TAG,
            ] {
                refused(
                    clinic.open(&bytes[..length]),
                    "malformed",
                    format_args!("{claimed} in {length} bytes"),
                );
            }
        }
    }
}

#[test]
fn lengths_that_no_writer_gives_are_refused() {
    let clinic = Clinic::new(UNBOUND);
    let record = clinic.record();
    let starts = groups(&record);
    for (&start, &end) in starts.iter().zip(&starts[1..]) {
        // True of the bytes that are there, and yet not a whole number of blocks, or none at all.
        for length in [0, 1, 15, 17, end - TAG - start - GROUP_HEAD - 1] {
            let mut head = record[..start + GROUP_HEAD + length].to_vec();
            head[start + 1..start + 3].copy_from_slice(&(length as u16).to_be_bytes());
            let bytes = [&head, &record[end - TAG..]].concat();
            refused(
                clinic.open(&bytes),
                "malformed",
                format_args!("{length} bytes at {start}"),
            );
        }
    }
}

#[test]
fn cells_of_another_row_column_or_domain_are_refused() {
    let clinic = Clinic::new(UNBOUND);
    let (a, b) = (clinic.row(), clinic.row());
    // Another domain of the same clinic, under the same keyring.
    let elsewhere = Protector::new(&clinic.keyring, &policy("reminders", UNBOUND)).unwrap();
    let elsewhere = elsewhere.protect_row(&appointment(7)).unwrap();
    let fields: Vec<&str> = a.cells().map(|(field, _)| field).collect();
    let open = |row: &ProtectedRow, field: &str, cell: &SealedCell| {
        clinic.open_cell(row.sealed().as_bytes(), field, cell.as_bytes())
    };
    for &field in &fields {
        refused(
            open(&a, field, b.cell(field).unwrap()),
            "tampered",
            "another row",
        );
        refused(
            open(&a, field, elsewhere.cell(field).unwrap()),
            "tampered",
            "another domain",
        );
        refused(
            open(&elsewhere, field, elsewhere.cell(field).unwrap()),
            "wrong key",
            "and its row",
        );

        // Of the same scope and of others, of the same width and of others.
        for &other in fields.iter().filter(|&&other| other != field) {
            let error = refused(open(&a, field, a.cell(other).unwrap()), "tampered", other);
            assert_eq!(
                (error.field(), error.scope()),
                (Some(field), Some(clinic.scope_of(field)))
            );
            let swapped = a.cells().map(|(name, cell)| match name {
                name if name == field => (name, a.cell(other).unwrap()),
                name if name == other => (name, a.cell(field).unwrap()),
                name => (name, cell),
            });
            refused(
                clinic.backend.reveal_row(a.sealed(), swapped),
                "tampered",
                other,
            );
        }

        let others = a.cells().filter(|&(name, _)| name != field);
        let error = refused(
            clinic.backend.reveal_row(a.sealed(), others),
            "missing scope",
            field,
        );
        assert_eq!(error.field(), Some(field));
    }
    let age = a.cell("age").unwrap();
    refused(open(&a, "weight", age), "misuse", "no such field");
    let twice = a.cells().chain([("age", age)]);
    let error = refused(
        clinic.backend.reveal_row(a.sealed(), twice),
        "record",
        "twice",
    );
    assert!(error.is_duplicate_field() && error.field() == Some("age"));
}

const OPENING: &str = "record_id = \"unbound\"\n[open.contact]\nreason = \"sends to the phone\"\n";
const BOTH: &str = "record_id = \"bound\"\nsubject_key = \"bound\"\n";

#[test]
fn other_grants_are_refused() {
    let clinic = Clinic::new(OPENING);
    let record = clinic.protector.protect(&appointment(7)).unwrap();
    let grant = clinic.keyring.grant(&clinic.policy).unwrap();
    let own = Revealer::new(&grant, clinic.policy.policy()).unwrap();
    assert_eq!(own.scopes(), [Scope::CONTACT]);
    let contact: BTreeMap<String, String> = own.reveal(&record).unwrap();
    assert!(contact.keys().eq(["email", "phone"]));

    // The same policy for another domain: its grant is not taken for this one, and opens nothing here.
    let reminders = policy("reminders", OPENING);
    let other = clinic.keyring.grant(&reminders).unwrap();
    assert!(
        Revealer::new(&other, clinic.policy.policy())
            .unwrap_err()
            .is_other_policy()
    );
    let other = Revealer::new(&other, reminders.policy()).unwrap();
    let error = refused(other.reveal(&record), "wrong key", "another domain");
    assert_eq!(error.scope(), Some(Scope::CONTACT));

    // Another clinic's keys, under the same names and numbers.
    let stranger = Keyring::generate().unwrap().grant(&clinic.policy).unwrap();
    let stranger = Revealer::new(&stranger, clinic.policy.policy()).unwrap();
    refused(stranger.reveal(&record), "wrong key", "another keyring");

    // Another policy for the same domain, and one on another schema.
    let wider = OPENING.to_owned() + "[open.care]\nreason = \"more\"\n";
    let error = Revealer::new(&grant, policy("archive", &wider).policy()).unwrap_err();
    assert!(error.is_other_policy());
    let schema = "name = \"appointment\"\n[[field]]\nname = \"phone\"\nnumber = 5\nscope = \"contact\"\nwidth = 24\n\
                  type = \"text\"\nclass = \"exact\"\n";
    let text = format!("domain = \"archive\"\nschema = \"appointment\"\n{OPENING}");
    let narrow = Policy::from_toml(&text, &Schema::from_toml(schema).unwrap()).unwrap();
    assert!(
        Revealer::new(&grant, &narrow)
            .unwrap_err()
            .is_other_schema()
    );
}

#[test]
fn other_epochs_are_refused() {
    let mut clinic = Clinic::new(UNBOUND);
    let old = SealedRecord::from_bytes(clinic.record()).unwrap();
    let second = clinic
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let protector = Protector::new(&clinic.keyring, &clinic.policy).unwrap();
    let both = Revealer::backend(&clinic.keyring, clinic.policy.policy()).unwrap();
    let record = protector.protect(&appointment(7)).unwrap();
    assert_eq!(record.sealed().epoch(), second);
    for record in [&old, record.sealed()] {
        assert_eq!(both.reveal::<Appointment>(record).unwrap(), appointment(7));
    }

    // What was made before the second epoch has no key of it.
    refused(
        clinic.backend.reveal(&record),
        "unknown epoch",
        "a record of a later epoch",
    );
    let row = protector.protect_row(&appointment(7)).unwrap();
    for (field, cell) in row.cells() {
        refused(
            clinic.backend.reveal_cell(row.sealed(), field, cell),
            "unknown epoch",
            field,
        );
    }
    // A header that names another epoch, whose keys are there.
    for (record, epoch) in [(&old, 2), (record.sealed(), 1)] {
        let mut bytes = record.as_bytes().to_vec();
        bytes[7] = epoch;
        let renamed = SealedRecord::from_bytes(bytes).unwrap();
        refused(both.reveal(&renamed), "wrong key", "another epoch's number");
    }
}

#[test]
fn other_record_ids_are_refused() {
    let (bound, unbound) = (Clinic::new(BOUND), Clinic::new(UNBOUND));
    let (record, row) = (
        SealedRecord::from_bytes(bound.record()).unwrap(),
        bound.row(),
    );
    let longest = "x".repeat(1024);
    for other in ["rdv-8", "rdv-70", "rdv-", "RDV-7", "\0", &longest] {
        let backend = bound.backend.bind(id(other));
        refused(backend.reveal(&record), "tampered", other);
        for scope in SCOPES {
            let one = bound.only(&[scope]);
            refused(one.bind(id(other)).reveal(&record), "tampered", other);
        }
        for (field, cell) in row.cells() {
            refused(
                backend.reveal_cell(row.sealed(), field, cell),
                "tampered",
                other,
            );
        }
    }

    // An id that is not stated, or stated where there is none; and rows of a policy that differs in it.
    let bare = unbound.protector.protect(&appointment(7)).unwrap();
    refused(bound.backend.reveal(&record), "misuse", "no id");
    refused(
        unbound.backend.bind(id("rdv-7")).reveal(&bare),
        "misuse",
        "an id too many",
    );
    refused(
        unbound.backend.reveal(&record),
        "other policy",
        "a bound row",
    );
    refused(
        bound.backend.bind(id("rdv-7")).reveal(&bare),
        "other policy",
        "an unbound row",
    );
}

#[test]
fn other_subject_keys_are_refused() {
    let [zoe, other] = [(); 2].map(|()| SubjectKey::generate().unwrap());
    let clinic = Clinic::new(BOTH);
    let own = id("rdv-7").with_subject(&zoe);
    let record = clinic.protector.bind(own).protect(&appointment(7)).unwrap();
    let row = clinic
        .protector
        .bind(own)
        .protect_row(&appointment(7))
        .unwrap();
    assert_eq!(
        clinic
            .backend
            .bind(own)
            .reveal::<Appointment>(&record)
            .unwrap(),
        appointment(7)
    );
    for (binding, expected) in [
        (id("rdv-7").with_subject(&other), "wrong key"),
        (id("rdv-8").with_subject(&zoe), "tampered"),
        (id("rdv-7"), "misuse"),
        (Binding::subject(&zoe), "misuse"),
        (Binding::NONE, "misuse"),
    ] {
        let backend = clinic.backend.bind(binding);
        refused(backend.reveal(&record), expected, "a record");
        refused(
            backend.reveal_row(row.sealed(), row.cells()),
            expected,
            "a row",
        );
        for (field, cell) in row.cells() {
            refused(
                backend.reveal_cell(row.sealed(), field, cell),
                expected,
                field,
            );
        }
    }
}

/// The flags stand in clear: who changes them to what another policy of the domain expects still opens nothing.
#[test]
fn flags_changed_to_suit_the_reader_are_refused() {
    let (keyring, subject) = (
        Keyring::generate().unwrap(),
        SubjectKey::generate().unwrap(),
    );
    let to_subject = "record_id = \"unbound\"\nsubject_key = \"bound\"\n";
    let readers = [
        (UNBOUND, Binding::NONE),
        (BOUND, id("rdv-7")),
        (to_subject, Binding::subject(&subject)),
        (BOTH, id("rdv-7").with_subject(&subject)),
    ]
    .map(|(rest, binding)| (policy("archive", rest), binding));
    for (writer, (written, binding)) in readers.iter().enumerate() {
        let protector = Protector::new(&keyring, written).unwrap();
        let record = protector.bind(*binding).protect(&appointment(7)).unwrap();
        for (reader, (read, binding)) in readers.iter().enumerate() {
            let mut bytes = record.sealed().as_bytes().to_vec();
            assert_eq!(usize::from(bytes[3]), writer);
            bytes[3] = reader as u8;
            let changed = SealedRecord::from_bytes(bytes).unwrap();
            let backend = Revealer::backend(&keyring, read.policy()).unwrap();
            let result = backend.bind(*binding).reveal(&changed);
            if reader == writer {
                assert!(result.is_ok() && SEEN.take());
            } else {
                // The subject key is part of the key, the record id of what the tag covers.
                let expected = if (reader ^ writer) & 2 == 0 {
                    "tampered"
                } else {
                    "wrong key"
                };
                refused(result, expected, format_args!("{writer} read as {reader}"));
            }
        }
    }
}

#[test]
fn withheld_scopes_are_gone_and_the_others_open() {
    let clinic = Clinic::new(SHOWING);
    let row = clinic.protector.protect(&appointment(7)).unwrap();
    let all = json!(appointment(7));
    for subset in 1..15 {
        let (gone, left): (Vec<Scope>, Vec<Scope>) = SCOPES
            .iter()
            .partition(|scope| subset >> (scope.number() - 1) & 1 == 1);
        let cut = row.sealed().withhold(&gone).unwrap();
        assert!(cut.scopes().eq(left.iter().copied()));
        assert_eq!(cut.to_string().parse::<SealedRecord>().unwrap(), cut);

        let revealed: BTreeMap<&str, Value> = all
            .as_object()
            .unwrap()
            .iter()
            .filter(|(field, _)| left.contains(&clinic.scope_of(field)))
            .map(|(field, value)| (field.as_str(), value.clone()))
            .collect();
        let only = clinic.only(&left);
        assert_eq!(only.reveal::<Value>(&cut).unwrap(), json!(revealed));

        // Also where all that is gone is optional: an error, never a null.
        let error = refused(
            clinic.backend.reveal(&cut),
            "missing scope",
            "the whole of a cut",
        );
        assert_eq!(error.scope(), Some(gone[0]));
        for &scope in &gone {
            let error = refused(clinic.only(&[scope]).reveal(&cut), "missing scope", "gone");
            assert_eq!(error.scope(), Some(scope));
            let error = cut.withhold(&[scope]).unwrap_err();
            assert!(error.is_missing_scope() && error.scope() == Some(scope));
        }
    }
    assert!(row.sealed().withhold(&SCOPES).unwrap_err().is_misuse());

    let cut = row.withhold(&[Scope::IDENTITY]).unwrap();
    assert_eq!(cut.pseudonym("patient"), row.pseudonym("patient"));
    assert_eq!(
        *cut.sealed(),
        row.sealed().withhold(&[Scope::IDENTITY]).unwrap()
    );
    refused(
        clinic.backend.reveal(&cut),
        "missing scope",
        "a cut with its shown fields",
    );
}

#[test]
fn scopes_that_a_grant_lacks_are_errors() {
    let clinic = Clinic::new(OPENING);
    let grant = clinic.keyring.grant(&clinic.policy).unwrap();
    let revealer = || Revealer::new(&grant, clinic.policy.policy()).unwrap();
    for scope in SCOPES.into_iter().filter(|&scope| scope != Scope::CONTACT) {
        for asked in [vec![scope], vec![Scope::CONTACT, scope]] {
            let error = revealer().only(&asked).unwrap_err();
            assert!(
                error.is_not_opened() && error.scope() == Some(scope),
                "{error}"
            );
        }
    }
    assert!(revealer().only(&[]).unwrap_err().is_definition());
    assert_eq!(
        revealer().only(&[Scope::CONTACT]).unwrap().scopes(),
        [Scope::CONTACT]
    );

    let row = clinic.row();
    for (field, cell) in row.cells() {
        let (scope, result) = (
            clinic.scope_of(field),
            revealer().reveal_cell(row.sealed(), field, cell),
        );
        if scope == Scope::CONTACT {
            assert!(result.is_ok() && SEEN.take());
        } else {
            let error = refused(result, "misuse", field);
            assert!(
                error.is_not_opened() && error.scope() == Some(scope),
                "{error}"
            );
        }
    }
    // A type that wants a field of another scope gets an error, not a default.
    let record = clinic.protector.protect(&appointment(7)).unwrap();
    assert!(
        revealer()
            .reveal::<Appointment>(&record)
            .unwrap_err()
            .is_target()
    );
}

/// Gives some fields, then fails with a message that holds a value.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Failing", 2)?;
        fields.serialize_field("last_name", "Lefèvre-7")?;
        fields.serialize_field("age", &99)?;
        Err(S::Error::custom("zoe.7@example.org is not an address"))
    }
}

/// Appointment 7 with another value in one field; null leaves it out.
fn with(field: &str, value: &Value) -> Value {
    let mut record = json!(appointment(7));
    if value.is_null() {
        record.as_object_mut().unwrap().remove(field).unwrap();
    } else {
        record[field] = value.clone();
    }
    record
}

#[test]
fn a_failed_protect_leaves_the_buffer_as_it_was() {
    type Is = fn(&Error) -> bool;
    let cases: [(Is, Value); 7] = [
        (Error::is_unknown_field, json!({"weight": "Lefèvre-7"})),
        (
            Error::is_too_wide,
            json!({"last_name": "x".repeat(49), "age": 123_456_789, "sex": "lefevre-7"}),
        ),
        (
            Error::is_missing_field,
            json!({"last_name": null, "start": null, "specialty": null}),
        ),
        // Of another type or shape than the field's.
        (
            Error::is_record,
            json!({"age": "34", "sex": true, "start": "21 July 2020", "email": ["zoe.7@example.org"]}),
        ),
        (
            Error::is_record,
            json!({"age": 34.5, "practitioner": {"name": "Dr Ÿvonne"}, "specialty": 9}),
        ),
        // Without a normal form, or with an empty one, in a pseudonym.
        (
            Error::is_record,
            json!({"last_name": "Lefèvre\u{7}", "first_name": "Zoé\u{378}", "phone": "on request"}),
        ),
        (
            Error::is_record,
            json!({"last_name": "", "first_name": " - ", "phone": null}),
        ),
    ];
    let clinic = Clinic::new(SHOWING);
    let mut row = clinic.protector.protect(&appointment(8)).unwrap();
    let unchanged = Unchanged::new(&row);
    for (is, fields) in cases {
        for (field, value) in fields.as_object().unwrap() {
            let record = with(field, value);
            let result = clinic.protector.protect_into(&record, &mut row);
            let error = result.unwrap_err();
            assert!(error.is_record() && is(&error), "{record}: {error}");
            assert_eq!(error.field(), Some(field.as_str()), "{error}");
            silent(&error, &record);
            unchanged.check(&row, &error);
        }
    }

    // A null that the schema does not allow is as good as nothing.
    let mut record = json!(appointment(7));
    record["specialty"] = Value::Null;
    let error = clinic
        .protector
        .protect_into(&record, &mut row)
        .unwrap_err();
    assert!(error.is_missing_field() && error.field() == Some("specialty"));
    unchanged.check(&row, &error);

    let twice = JsonRecord::parse(r#"{"last_name": "Lefèvre-7", "age": 3, "last_name": null}"#);
    let error = clinic
        .protector
        .protect_into(&twice.unwrap(), &mut row)
        .unwrap_err();
    assert!(error.is_duplicate_field() && error.field() == Some("last_name"));
    unchanged.check(&row, &error);

    let error = clinic
        .protector
        .protect_into(&Failing, &mut row)
        .unwrap_err();
    assert!(error.is_record() && error.field().is_none());
    silent(&error, &json!(appointment(7)));
    unchanged.check(&row, &error);

    for shape in [
        json!(null),
        json!("Lefèvre-7"),
        json!(7),
        json!([appointment(7)]),
    ] {
        let error = clinic.protector.protect_into(&shape, &mut row).unwrap_err();
        assert!(error.is_record());
        unchanged.check(&row, &error);
    }

    let bound = clinic.protector.bind(id("rdv-7"));
    let error = bound.protect_into(&appointment(7), &mut row).unwrap_err();
    assert!(error.is_misuse());
    unchanged.check(&row, &error);

    clinic
        .protector
        .protect_into(&appointment(7), &mut row)
        .unwrap();
    assert_ne!(row, unchanged.row, "a good record changes it");
}

#[test]
fn a_protect_without_its_binding_leaves_the_buffer_as_it_was() {
    let clinic = Clinic::new(BOTH);
    let key = SubjectKey::generate().unwrap();
    let whole = id("rdv-7").with_subject(&key);
    let mut row = clinic
        .protector
        .bind(whole)
        .protect(&appointment(8))
        .unwrap();
    let unchanged = Unchanged::new(&row);
    for binding in [Binding::NONE, id("rdv-7"), Binding::subject(&key)] {
        let bound = clinic.protector.bind(binding);
        let error = bound.protect_into(&appointment(7), &mut row).unwrap_err();
        assert!(error.is_misuse(), "{error}");
        unchanged.check(&row, &error);
        assert!(bound.protect_row(&appointment(7)).unwrap_err().is_misuse());
    }
    clinic
        .protector
        .bind(whole)
        .protect_into(&appointment(7), &mut row)
        .unwrap();
    assert_ne!(row, unchanged.row);
}

#[cfg(feature = "test-kit")]
#[test]
fn a_protect_without_a_nonce_leaves_the_buffer_as_it_was() {
    let nonces = paravent::test_kit::fixed_nonces(vec![[1; 24]]);
    let clinic = Clinic::new(SHOWING);
    let protector = clinic.protector.with_nonces(nonces);
    let mut row = protector.protect(&appointment(8)).unwrap();
    let unchanged = Unchanged::new(&row);
    let error = protector
        .protect_into(&appointment(7), &mut row)
        .unwrap_err();
    assert!(error.is_io());
    unchanged.check(&row, &error);
}

/// A row as it was, by value and as its text.
struct Unchanged {
    row: Protected,
    json: String,
}

impl Unchanged {
    fn new(row: &Protected) -> Self {
        Self {
            row: row.clone(),
            json: serde_json::to_string(row).unwrap(),
        }
    }

    fn check(&self, row: &Protected, error: &Error) {
        assert!(*row == self.row, "{error}");
        assert_eq!(serde_json::to_string(row).unwrap(), self.json, "{error}");
    }
}

#[test]
fn too_wide_names_field_and_width_and_nothing_of_the_value() {
    let check = |error: &Error, field: &Field, value: &str| {
        assert!(error.is_too_wide() && error.field() == Some(field.name()));
        let said = format!("{error} {error:?}");
        assert!(said.contains(&format!("{:?}", field.name())), "{said}");
        assert!(said.contains(&format!("{} bytes", field.width())), "{said}");
        assert!(!said.contains("yy") && !said.contains('é'), "{said}");
        assert!(!said.contains(&value.len().to_string()), "{said}");
    };
    let clinic = Clinic::new(UNBOUND);
    let is_text = |field: &&Field| field.value_type() == ValueType::Text;
    for field in clinic
        .policy
        .policy()
        .schema()
        .fields()
        .iter()
        .filter(is_text)
    {
        let protect = |value: &str| clinic.protector.protect(&with(field.name(), &json!(value)));
        protect(&"y".repeat(field.width())).unwrap();
        // One byte more, many more, and more in bytes though not in characters.
        let (one, half) = (field.width() + 1, field.width() / 2 + 1);
        for value in ["y".repeat(one), "y".repeat(one + 7000), "é".repeat(half)] {
            check(&protect(&value).unwrap_err(), field, &value);
        }
    }

    let schema = "name = \"notes\"\n[[field]]\nname = \"note\"\nnumber = 1\nscope = \"care\"\nwidth = 12\n\
                  type = \"json\"\n";
    let text = "domain = \"archive\"\nschema = \"notes\"\nrecord_id = \"unbound\"\n";
    let policy = Policy::from_toml(text, &Schema::from_toml(schema).unwrap()).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protector = Protector::new(&clinic.keyring, &checked).unwrap();
    let protect = |value: &str| protector.protect(&json!({"note": [value]}));
    protect("yyyyyyyy").unwrap();
    let field = &policy.schema().fields()[0];
    check(
        &protect("yyyyyyyyy").unwrap_err(),
        field,
        &json!(["yyyyyyyyy"]).to_string(),
    );
}
