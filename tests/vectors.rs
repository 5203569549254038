//! Known answers of a second implementation: `tests/data/v1.json`, and every JSON file of its form in the folder
//! `PARAVENT_VECTORS`, where that is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use data_encoding::HEXLOWER;
use paravent::{
    Binding, CheckedPolicy, Class, Date, Domain, Epoch, Error, Generation, Index, Keyring,
    PhoneRegion, Policy, Protected, Protector, RecordId, Revealer, Schema, Scope, SealedCell,
    SealedRecord, SealedRow, Shown, SubjectKey, test_kit,
};
use serde::Deserialize;
use serde_json::Value;

use accepted::accepted;

#[path = "common/accepted.rs"]
mod accepted;

/// A field's value by its number or name; null is `None`.
type Values = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
struct Vectors {
    format: String,
    schema: BTreeMap<u8, Vec<(u8, usize)>>,
    roots: Roots,
    tree: Vec<Tree>,
    records: Vec<Record>,
    rows: Vec<Row>,
    refused: Vec<Sealed>,
    newer_schema: Sealed,
    cut: Sealed,
    refused_text: Vec<String>,
    derived: Vec<Derived>,
    #[cfg_attr(not(feature = "reversible"), allow(dead_code))]
    reversible: Vec<Reversed>,
    #[cfg_attr(not(feature = "phone"), allow(dead_code))]
    phone_ff1: Vec<Phone>,
    shifted: Vec<Shifted>,
    normalized: Vec<Normal>,
    not_normalizable: Vec<Normal>,
}

#[derive(Deserialize)]
struct Roots {
    epoch: u32,
    sealing: String,
    generation: u32,
    linkage: String,
}

#[derive(Deserialize)]
struct Tree {
    domain: String,
    scope: u8,
    k_scope: String,
    k_domain: String,
    k_seal: String,
}

#[derive(Deserialize)]
struct Record {
    suite: u8,
    domain: String,
    epoch: u32,
    record_id: String,
    subject_key: Option<String>,
    values: Values,
    nonce: String,
    sealed: String,
    text: String,
}

#[derive(Deserialize)]
struct Row {
    domain: String,
    epoch: u32,
    record_id: String,
    subject_key: Option<String>,
    values: Values,
    nonce: String,
    row: String,
    cells: BTreeMap<u8, String>,
}

#[derive(Clone, Deserialize)]
struct Sealed {
    #[serde(default)]
    why: String,
    suite: u8,
    domain: String,
    epoch: u32,
    record_id: String,
    sealed: String,
    #[serde(default)]
    values: Values,
    #[serde(default)]
    scopes: Vec<u8>,
}

#[derive(Deserialize)]
struct Derived {
    domain: String,
    name: String,
    parts: Vec<(String, String)>,
    pseudonym: String,
    pseudonym_erasable: String,
    index_9: String,
    index_32: String,
    date_shift_26_weeks: i64,
}

#[derive(Deserialize)]
#[cfg_attr(not(feature = "reversible"), allow(dead_code))]
struct Reversed {
    domain: String,
    name: String,
    width: usize,
    value: String,
    text: String,
}

#[derive(Deserialize)]
#[cfg_attr(not(feature = "phone"), allow(dead_code))]
struct Phone {
    domain: String,
    name: String,
    phone: String,
    out: String,
}

#[derive(Deserialize)]
struct Shifted {
    domain: String,
    name: String,
    weeks: u16,
    subject: Vec<(String, String)>,
    date: String,
    out: String,
}

#[derive(Deserialize)]
struct Normal {
    class: String,
    #[serde(rename = "in")]
    input: String,
    out: Option<String>,
}

/// `tests/data/v1.json` and what `PARAVENT_VECTORS` adds.
fn files() -> Vec<(PathBuf, Vectors)> {
    let mut paths = vec![PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/v1.json"
    ))];
    match env::var_os("PARAVENT_VECTORS") {
        Some(folder) => {
            let entries = fs::read_dir(&folder).expect("PARAVENT_VECTORS is a folder");
            let found = entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == "json"));
            let before = paths.len();
            paths.extend(found);
            assert!(paths.len() > before, "PARAVENT_VECTORS holds no JSON file");
        }
        None => println!("PARAVENT_VECTORS is not set: only the vectors of the project are run"),
    }
    let load = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let vectors: Vectors = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(vectors.format, "paravent v1", "{}", path.display());
        (path, vectors)
    };
    paths.into_iter().map(load).collect()
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

fn keyring(vectors: &Vectors, epoch: u32) -> Keyring {
    let roots = &vectors.roots;
    let generation = Generation::new(roots.generation).unwrap();
    test_kit::keyring_from(
        Epoch::new(epoch).unwrap(),
        &bytes(&roots.sealing),
        generation,
        &bytes(&roots.linkage),
    )
}

/// A schema with the file's numbers, scopes and widths; every field is optional text named `f` and its number.
fn schema(vectors: &Vectors) -> Schema {
    let mut text = String::from("name = \"vectors\"\n");
    let own: Vec<u8> = vectors
        .schema
        .keys()
        .copied()
        .filter(|&scope| scope > 4)
        .collect();
    if !own.is_empty() {
        text += "[scopes]\n";
        own.iter()
            .for_each(|scope| text += &format!("s{scope} = {scope}\n"));
    }
    for (scope, fields) in &vectors.schema {
        let scope = match scope {
            1 => "identity".to_owned(),
            2 => "contact".to_owned(),
            3 => "schedule".to_owned(),
            4 => "care".to_owned(),
            own => format!("s{own}"),
        };
        for (number, width) in fields {
            text += &format!(
                "[[field]]\nname = \"f{number}\"\nnumber = {number}\nscope = \"{scope}\"\nwidth = {width}\n\
                 type = \"text\"\nclass = \"exact\"\noptional = true\n"
            );
        }
    }
    Schema::from_toml(&text).unwrap()
}

fn policy(schema: &Schema, domain: &str, record_id: &str, subject_key: bool) -> CheckedPolicy {
    let bound = |bound: bool| if bound { "bound" } else { "unbound" };
    let text = format!(
        "domain = \"{domain}\"\nschema = \"vectors\"\nrecord_id = \"{}\"\nsubject_key = \"{}\"\n",
        bound(!record_id.is_empty()),
        bound(subject_key)
    );
    let policy = Policy::from_toml(&text, schema).unwrap();
    policy.check(Date::constant(2026, 11, 24)).unwrap()
}

fn subject(hex: &Option<String>) -> Option<SubjectKey> {
    hex.as_ref()
        .map(|hex| SubjectKey::from_bytes(&mut bytes(hex)))
}

fn binding<'a>(record_id: &'a str, subject: Option<&'a SubjectKey>) -> Binding<'a> {
    let binding = if record_id.is_empty() {
        Binding::NONE
    } else {
        Binding::record(RecordId::new(record_id).unwrap())
    };
    match subject {
        Some(subject) => binding.with_subject(subject),
        None => binding,
    }
}

fn named(values: &Values) -> Values {
    values
        .iter()
        .map(|(number, value)| (format!("f{number}"), value.clone()))
        .collect()
}

/// What revealing gives: nulls are left out.
fn revealed(values: &Values) -> Values {
    named(values)
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .collect()
}

#[test]
fn tree() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        for case in &vectors.tree {
            let (scope, domain) = (
                Scope::new(case.scope).unwrap(),
                Domain::new(&case.domain).unwrap(),
            );
            let keys = test_kit::tree(&keyring, keyring.active_epoch(), scope, &domain).unwrap();
            let expected = [&case.k_scope, &case.k_domain, &case.k_seal].map(|hex| bytes(hex));
            assert_eq!(keys, expected, "{}: {scope}, {domain}", path.display());
        }
    }
}

#[test]
fn records() {
    for (path, vectors) in files() {
        let schema = schema(&vectors);
        let cases: Vec<&Record> = vectors
            .records
            .iter()
            .filter(|case| case.suite == 1)
            .collect();
        assert!(!cases.is_empty());
        for case in cases {
            let keyring = keyring(&vectors, case.epoch);
            let policy = policy(
                &schema,
                &case.domain,
                &case.record_id,
                case.subject_key.is_some(),
            );
            let subject = subject(&case.subject_key);
            let binding = binding(&case.record_id, subject.as_ref());

            let nonces = test_kit::fixed_nonces(vec![bytes(&case.nonce)]);
            let protector = Protector::new(&keyring, &policy)
                .unwrap()
                .with_nonces(nonces);
            let protected = protector
                .bind(binding)
                .protect(&named(&case.values))
                .unwrap();
            assert_eq!(
                HEXLOWER.encode(protected.sealed().as_bytes()),
                case.sealed,
                "{}",
                path.display()
            );
            assert_eq!(protected.sealed().to_string(), case.text);

            let sealed: SealedRecord = case.text.parse().unwrap();
            let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
            assert_eq!(
                revealer.bind(binding).reveal::<Values>(&sealed).unwrap(),
                revealed(&case.values)
            );
        }
    }
}

#[test]
fn rows() {
    for (path, vectors) in files() {
        let schema = schema(&vectors);
        for case in &vectors.rows {
            let keyring = keyring(&vectors, case.epoch);
            let policy = policy(
                &schema,
                &case.domain,
                &case.record_id,
                case.subject_key.is_some(),
            );
            let subject = subject(&case.subject_key);
            let binding = binding(&case.record_id, subject.as_ref());

            let nonces = test_kit::fixed_nonces(vec![bytes(&case.nonce)]);
            let protector = Protector::new(&keyring, &policy)
                .unwrap()
                .with_nonces(nonces);
            let row = protector
                .bind(binding)
                .protect_row(&named(&case.values))
                .unwrap();
            assert_eq!(row.sealed().to_string(), case.row, "{}", path.display());
            for (number, cell) in &case.cells {
                assert_eq!(
                    &row.cell(&format!("f{number}")).unwrap().to_string(),
                    cell,
                    "{}",
                    path.display()
                );
            }

            let sealed: SealedRow = case.row.parse().unwrap();
            let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
            let revealer = revealer.bind(binding);
            for (number, cell) in &case.cells {
                let cell: SealedCell = cell.parse().unwrap();
                let value: Option<String> = revealer
                    .reveal_cell(&sealed, &format!("f{number}"), &cell)
                    .unwrap();
                assert_eq!(value, case.values[&number.to_string()]);
            }
            assert_eq!(
                revealer.reveal_row::<Values>(&sealed, row.cells()).unwrap(),
                revealed(&case.values)
            );
        }
    }
}

fn open(vectors: &Vectors, case: &Sealed) -> Result<Values, Error> {
    assert_eq!(case.suite, 1);
    let schema = schema(vectors);
    let policy = policy(&schema, &case.domain, &case.record_id, false);
    let keyring = keyring(vectors, case.epoch);
    let scopes: Vec<Scope> = case
        .scopes
        .iter()
        .map(|&scope| Scope::new(scope).unwrap())
        .collect();
    let revealer = Revealer::backend(&keyring, policy.policy())?;
    let revealer = if scopes.is_empty() {
        revealer
    } else {
        revealer.only(&scopes)?
    };
    let sealed = SealedRecord::from_bytes(HEXLOWER.decode(case.sealed.as_bytes()).unwrap())?;
    revealer
        .bind(binding(&case.record_id, None))
        .reveal(&sealed)
}

/// The group of errors that each refusal belongs to.
fn kind(error: &Error) -> &'static str {
    let kinds = [
        ("unsupported", error.is_unsupported()),
        ("malformed", error.is_malformed()),
        ("other policy", error.is_other_policy()),
        ("unknown epoch", error.is_unknown_epoch()),
        ("missing scope", error.is_missing_scope()),
        ("wrong key", error.is_wrong_key()),
        ("tampered", error.is_tampered()),
        ("plaintext", error.is_plaintext()),
    ];
    let mut kinds = kinds.iter().filter(|(_, is)| *is).map(|(kind, _)| *kind);
    let kind = kinds
        .next()
        .unwrap_or_else(|| panic!("an error of no kind: {error}"));
    assert_eq!(kinds.next(), None, "an error of two kinds: {error}");
    kind
}

#[test]
fn refused() {
    for (path, vectors) in files() {
        assert!(!vectors.refused.is_empty());
        for case in &vectors.refused {
            let error = open(&vectors, case).map(drop).expect_err(&case.why);
            let expected = match case.why.as_str() {
                "version 2" | "suite 3" | "profile 2" | "unknown flag" => "unsupported",
                "not bound though an id is given" => "other policy",
                "another epoch" => "unknown epoch",
                "a scope missing from a whole record" => "missing scope",
                "epoch 0"
                | "header only"
                | "short header"
                | "trailing byte"
                | "cut in a tag"
                | "groups out of order"
                | "a group twice"
                | "scope 5"
                | "length not a multiple of 16"
                | "an empty group" => "malformed",
                "padding not zero"
                | "field not ascending"
                | "field twice"
                | "length overruns"
                | "invalid UTF-8" => "plaintext",
                "commitment of another key, tag of this one"
                | "sealed for another domain"
                | "sealed under a subject key, flag clear"
                | "a group of another record"
                | "one bit of a nonce" => "wrong key",
                "bound to another record id" | "one bit of a tag" => "tampered",
                // A file of PARAVENT_VECTORS may have more: refused is all that is known of them.
                _ => kind(&error),
            };
            assert_eq!(
                kind(&error),
                expected,
                "{}: {}: {error}",
                path.display(),
                case.why
            );
        }
    }
}

#[test]
fn newer_schema() {
    for (path, vectors) in files() {
        let case = &vectors.newer_schema;
        assert_eq!(
            open(&vectors, case).unwrap(),
            named(&case.values),
            "{}",
            path.display()
        );
    }
}

#[test]
fn cut() {
    for (path, vectors) in files() {
        let case = &vectors.cut;
        assert!(!case.scopes.is_empty());
        assert_eq!(
            open(&vectors, case).unwrap(),
            named(&case.values),
            "{}",
            path.display()
        );
        let whole = Sealed {
            scopes: Vec::new(),
            ..case.clone()
        };
        assert!(open(&vectors, &whole).unwrap_err().is_missing_scope());
    }
}

#[test]
fn refused_text() {
    for (path, vectors) in files() {
        for text in &vectors.refused_text {
            let error = text.parse::<SealedRecord>().map(drop).expect_err(text);
            assert!(
                error.is_malformed(),
                "{}: {text:.20}: {error}",
                path.display()
            );
        }
    }
}

type Part = (String, String);

/// A field for each part, named `f0` and so on, and further fields.
fn parts_schema(parts: &[Part], rest: &str) -> Schema {
    let mut schema = String::from(
        "name = \"vectors\"\n[phone_region]\ncountry_code = \"33\"\ninternational_prefix = \"00\"\n\
         trunk_prefix = \"0\"\n",
    );
    for (i, (class, _)) in parts.iter().enumerate() {
        schema += &format!(
            "[[field]]\nname = \"f{i}\"\nnumber = {}\nscope = \"identity\"\nwidth = 1000\ntype = \"text\"\n\
             class = \"{class}\"\n",
            i + 1
        );
    }
    Schema::from_toml(&(schema + rest)).unwrap()
}

/// One more field, the last.
fn field(name: &str, width: usize, kind: &str) -> String {
    format!(
        "[[field]]\nname = \"{name}\"\nnumber = 255\nscope = \"care\"\nwidth = {width}\noptional = true\n{kind}\n"
    )
}

/// The names of the parts' fields, as TOML lists them.
fn names(parts: &[Part]) -> String {
    let names: Vec<String> = (0..parts.len()).map(|i| format!("\"f{i}\"")).collect();
    names.join(", ")
}

fn record(parts: &[Part]) -> BTreeMap<String, String> {
    let parts = parts.iter().enumerate();
    parts
        .map(|(i, (_, value))| (format!("f{i}"), value.clone()))
        .collect()
}

/// What a record is protected to under a policy with these rules.
fn protect(
    keyring: &Keyring,
    schema: &Schema,
    domain: &str,
    rules: &str,
    record: &BTreeMap<String, String>,
) -> Protected {
    let head = format!("domain = \"{domain}\"\nschema = \"vectors\"\nrecord_id = \"unbound\"\n");
    let policy = accepted(&(head + rules), schema).unwrap();
    Protector::new(keyring, &policy)
        .unwrap()
        .protect(record)
        .unwrap()
}

#[test]
fn indexes() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        for case in &vectors.derived {
            let schema = parts_schema(&case.parts, "");
            for (bits, expected) in [(9, &case.index_9), (32, &case.index_32)] {
                let rules = format!(
                    "[holds]\nrows = 1_000_000_000_000\nsubjects = 1_000_000_000_000\n[index.\"{}\"]\nof = [{}]\n\
                     bits = {bits}\ndistinct = 1_000_000_000_000\nreason = \"known answers\"\n",
                    case.name,
                    names(&case.parts)
                );
                let row = protect(
                    &keyring,
                    &schema,
                    &case.domain,
                    &rules,
                    &record(&case.parts),
                );
                let found = row.index(&case.name).unwrap();
                assert_eq!(&found.to_string(), expected, "{}", path.display());
                assert_eq!(&expected.parse::<Index>().unwrap(), &found);
                let json = serde_json::to_value(&row).unwrap();
                assert_eq!(json[&case.name], Value::from(expected.as_str()));
            }
        }
    }
}

fn shift(name: &str, weeks: u16, parts: &[Part]) -> String {
    format!(
        "[show.\"{name}\"]\nas = \"shift\"\nweeks = {weeks}\nsubject = [{}]\nreason = \"known answers\"\n",
        names(parts)
    )
}

/// The shift is that of a field `start`, whatever the name.
#[test]
fn weeks_of_a_person() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        for case in &vectors.derived {
            let schema = parts_schema(&case.parts, &field("start", 10, "type = \"date\""));
            let mut record = record(&case.parts);
            record.insert("start".to_owned(), "2020-07-21".to_owned());
            let rules = shift("start", 26, &case.parts);
            let row = protect(&keyring, &schema, &case.domain, &rules, &record);
            let Some(Shown::Text(date)) = row.shown("start") else {
                panic!("no date is shown")
            };
            let moved: jiff::civil::Date = date.parse().unwrap();
            let days = (moved - jiff::civil::date(2020, 7, 21)).get_days();
            assert_eq!(
                i64::from(days),
                case.date_shift_26_weeks,
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn shifted() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        assert!(!vectors.shifted.is_empty());
        for case in &vectors.shifted {
            let schema = parts_schema(
                &case.subject,
                &field(&case.name, 40, "type = \"date-time\""),
            );
            let mut record = record(&case.subject);
            record.insert(case.name.clone(), format!("{}T00:00:00+14:00", case.date));
            let rules = shift(&case.name, case.weeks, &case.subject);
            let row = protect(&keyring, &schema, &case.domain, &rules, &record);
            let expected = Some(Shown::Text(&case.out));
            assert_eq!(row.shown(&case.name), expected, "{}", path.display());
        }
    }
}

#[cfg(feature = "reversible")]
#[test]
fn reversible() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        assert!(!vectors.reversible.is_empty());
        for case in &vectors.reversible {
            let kind = "type = \"text\"\nclass = \"exact\"";
            let schema = parts_schema(&[], &field(&case.name, case.width, kind));
            let rules = format!(
                "[show.\"{}\"]\nas = \"reversible\"\nreason = \"known answers\"\n",
                case.name
            );
            let record = BTreeMap::from([(case.name.clone(), case.value.clone())]);
            let row = protect(&keyring, &schema, &case.domain, &rules, &record);
            let Some(Shown::Reversible(stand_in)) = row.shown(&case.name) else {
                panic!("no stand-in is shown")
            };
            assert_eq!(stand_in.to_string(), case.text, "{}", path.display());

            let head = format!(
                "domain = \"{}\"\nschema = \"vectors\"\nrecord_id = \"unbound\"\n",
                case.domain
            );
            let policy = Policy::from_toml(&(head + &rules), &schema).unwrap();
            let query = paravent::Query::new(&keyring, &policy).unwrap();
            let parsed = case.text.parse().unwrap();
            assert_eq!(
                query.reverse(&case.name, &parsed).unwrap(),
                [(keyring.generation(), case.value.clone())]
            );
        }
    }
}

#[cfg(feature = "phone")]
#[test]
fn phone_ff1() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        assert!(!vectors.phone_ff1.is_empty());
        for case in &vectors.phone_ff1 {
            let kind = "type = \"text\"\nclass = \"phone\"";
            let schema = parts_schema(&[], &field(&case.name, 24, kind));
            let rules = format!(
                "[show.\"{}\"]\nas = \"phone\"\nreason = \"known answers\"\n",
                case.name
            );
            let record = BTreeMap::from([(case.name.clone(), case.phone.clone())]);
            let row = protect(&keyring, &schema, &case.domain, &rules, &record);
            let Some(Shown::Phone(stand_in)) = row.shown(&case.name) else {
                panic!("no stand-in is shown")
            };
            assert_eq!(
                stand_in.not_a_number_to_dial(),
                case.out,
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn pseudonyms() {
    for (path, vectors) in files() {
        let keyring = keyring(&vectors, vectors.roots.epoch);
        for case in &vectors.derived {
            let schema = parts_schema(&case.parts, "");
            let of = names(&case.parts);
            let record = record(&case.parts);
            // The subject key of the erasable ones is not in the file: it is 32 bytes of 0x05.
            let subject = SubjectKey::from_bytes(&mut [5; 32]);
            for (erasable, expected) in [(false, &case.pseudonym), (true, &case.pseudonym_erasable)]
            {
                let policy = format!(
                    "domain = \"{}\"\nschema = \"vectors\"\nrecord_id = \"unbound\"\nsubject_key = \"{}\"\n\
                     [pseudonym.\"{}\"]\nof = [{}]\nreason = \"known answers\"\nerasable = {erasable}\n",
                    case.domain,
                    if erasable { "bound" } else { "unbound" },
                    case.name,
                    of
                );
                let policy = accepted(&policy, &schema).unwrap();
                let protector = Protector::new(&keyring, &policy).unwrap();
                let binding = if erasable {
                    Binding::subject(&subject)
                } else {
                    Binding::NONE
                };
                let row: Protected = protector.bind(binding).protect(&record).unwrap();
                let found = row.pseudonym(&case.name).unwrap().to_string();
                assert_eq!(&found, expected, "{}: {:?}", path.display(), case.parts);
                let json = serde_json::to_value(&row).unwrap();
                assert_eq!(json[&case.name], Value::from(expected.as_str()));
            }
        }
    }
}

fn normalize(case: &Normal) -> Result<String, Error> {
    let class = match case.class.as_str() {
        "text" => Class::Text,
        "name" => Class::Name,
        "email" => Class::Email,
        "phone" => Class::Phone,
        "exact" => Class::Exact,
        other => panic!("class {other}"),
    };
    class.normalize(&case.input, Some(&PhoneRegion::france()))
}

#[test]
fn normalised() {
    for (path, vectors) in files() {
        assert!(!vectors.normalized.is_empty());
        for case in &vectors.normalized {
            assert_eq!(
                normalize(case).ok(),
                case.out,
                "{}: {:?}",
                path.display(),
                case.input
            );
        }
    }
}

#[test]
fn not_normalisable() {
    for (path, vectors) in files() {
        assert!(!vectors.not_normalizable.is_empty());
        for case in &vectors.not_normalizable {
            assert!(
                normalize(case).is_err(),
                "{}: {:?}",
                path.display(),
                case.input
            );
        }
    }
}
