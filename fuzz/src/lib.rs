//! What each fuzz target runs, as plain functions, so that `tests/fuzz_corpus.rs` replays the committed seeds too.
//!
//! A target takes any bytes. It panics where the library breaks a promise, and where the library panics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../tests/common/accepted.rs"]
mod accepted;
mod book;
mod check;
mod fhir;
mod hl7v2;
mod kit;
mod leaks;
mod parts;

use std::{num::NonZeroUsize, str::from_utf8, sync::LazyLock};

use paravent::{
    Appointment, Binding, Class, CsvFormat, Encoding, EpochState, Error, Format, Grant, Inspected,
    JsonRecord, Keyring, Passphrase, PhoneRegion, Policy, Protected, Protector, Pseudonym,
    RecordId, Revealer, Schema, SealedCell, SealedRecord, SealedRow, Share, SubjectKey, Transfer,
    ValueType, test_kit,
};
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use self::{
    accepted::{TODAY, accepted},
    check::{
        assert_definition_error, assert_record_error, assert_sealed, check_record, check_row,
        check_text, is_key_file_error, is_refusal, json, parse,
    },
    kit::{Contact, Visit},
};
pub use self::{
    fhir::{fhir, fhir_profile, fhir_reveal},
    hl7v2::{hl7v2, hl7v2_profile, hl7v2_reveal},
    kit::KIT,
    leaks::audit,
};

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 21] = [
    ("audit", audit),
    ("cell", cell),
    ("fhir", fhir),
    ("fhir_profile", fhir_profile),
    ("fhir_reveal", fhir_reveal),
    ("file", file),
    ("hl7v2", hl7v2),
    ("hl7v2_profile", hl7v2_profile),
    ("hl7v2_reveal", hl7v2_reveal),
    ("inspected", inspected),
    ("json_record", json_record),
    ("key_file", key_file),
    ("normal", normal),
    ("plaintext", plaintext),
    ("policy", policy),
    ("record", record),
    ("roundtrip", roundtrip),
    ("row", row),
    ("schema", schema),
    ("tampered", tampered),
    ("text", text),
];

/// A byte that says how, and bytes that may be a file of rows, in clear or protected.
pub fn file(data: &[u8]) {
    struct Rows {
        protector: Protector,
        revealer: Revealer,
    }
    static ROWS: LazyLock<Rows> = LazyLock::new(|| {
        let policy = r#"
            domain = "files"
            schema = "appointment"
            record_id = "bound"
            [source]
            record_id = "id"
            drop = ["note"]
            [source.columns]
            last_name = "Nom"
            [show.age]
            as = "keep"
            reason = "a test"
            [show.specialty]
            as = "keep"
            reason = "a test"
            [pseudonym.patient]
            of = ["last_name", "first_name"]
            reason = "a test"
        "#;
        let checked = accepted(policy, &Schema::appointment()).unwrap();
        Rows {
            protector: Protector::new(&test_kit::keyring(), &checked).unwrap(),
            revealer: Revealer::backend(&test_kit::keyring(), checked.policy()).unwrap(),
        }
    });
    let Some((how, bytes)) = data.split_first() else {
        return;
    };
    let csv = match how >> 2 & 3 {
        0 => CsvFormat::default(),
        1 => CsvFormat::default().encoding(Encoding::Windows1252),
        2 => CsvFormat::default()
            .delimiter(b';')
            .encoding(Encoding::Utf8),
        _ => CsvFormat::default().delimiter(b'|'),
    };
    let format = |bit: u8| match how >> bit & 1 {
        0 => Format::Csv(csv.clone()),
        _ => Format::Ndjson,
    };
    let transfer = match how >> 1 & 1 {
        0 => Transfer::protect(&ROWS.protector),
        _ => Transfer::reveal(&ROWS.revealer),
    };
    let to = match how >> 4 & 1 {
        0 => Format::Csv(CsvFormat::default()),
        _ => Format::Ndjson,
    };
    let (mut quarantine, mut output) = (Vec::new(), Vec::new());
    let done = transfer
        .from(format(0))
        .to(to.clone())
        .window(NonZeroUsize::MIN)
        .quarantine(&mut quarantine)
        .run(bytes, &mut output);
    let summary = match done {
        Ok(summary) => summary,
        Err(error) => return assert!(error.is_input() || error.is_record(), "{error}"),
    };
    let bad = quarantine.iter().filter(|&&byte| byte == b'\n').count() as u64;
    assert_eq!(bad, summary.quarantined());
    assert_eq!(bad, summary.failures().values().sum::<u64>());
    if how >> 1 & 1 == 0 {
        let mut back = Vec::new();
        let revealed = Transfer::reveal(&ROWS.revealer)
            .from(to)
            .run(&output[..], &mut back);
        assert_eq!(revealed.unwrap().rows(), summary.rows());
    }
}

/// Bytes that may be any text of the crate.
pub fn inspected(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match text.parse::<Inspected>() {
        Ok(inspected) => {
            assert!(!inspected.to_string().is_empty());
            assert!(json(&inspected).starts_with('{'));
        }
        Err(error) => assert!(!error.is_io() && !error.is_record(), "{error}"),
    }
}

/// Bytes that may be a cell of the kit's first row.
pub fn cell(data: &[u8]) {
    let cell = match SealedCell::from_bytes(data) {
        Ok(cell) => cell,
        Err(error) => return assert!(error.is_malformed(), "{error}"),
    };
    assert_eq!(cell.as_bytes(), data);
    assert_sealed(&cell, data, SealedCell::append_text);
    let row = &KIT.rows[0];
    let backend = KIT.backend().bind(KIT.binding());
    for (field, genuine) in row.cells() {
        match backend.reveal_cell::<IgnoredAny>(row.sealed(), field, &cell) {
            Ok(_) => assert_eq!(&cell, genuine),
            Err(error) => assert!(error.is_tampered(), "{error}"),
        }
    }
}

/// Text that may be a visit, or a protected one.
pub fn json_record(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let Ok(protected) = serde_json::from_str::<Protected>(text) {
        let printed = json(&protected);
        let again: Protected = parse(&printed);
        assert_eq!(again, protected);
        assert_eq!(json(&again), printed);
    }
    let record = match JsonRecord::parse(text) {
        Ok(record) => record,
        Err(error) => return assert_record_error(&error),
    };
    let protector = KIT.protector();
    let bound = protector.bind(KIT.binding());
    let protected = match bound.protect(&record) {
        Ok(protected) => protected,
        Err(error) => return assert_record_error(&error),
    };
    let revealed: Visit = KIT
        .backend()
        .bind(KIT.binding())
        .reveal(&protected)
        .unwrap();
    // Again, over a record that was used before.
    let mut used = bound.protect(&Visit::sample()).unwrap();
    bound.protect_into(&revealed, &mut used).unwrap();
    assert_eq!(used, protected);
}

/// Text that begins as a key file does, or a byte and the payload of one: `g` and what stands behind a grant's
/// digests, `t` and the same of one with a term, `s` a share's, `k` a keyring's of version 2, else one's of version 1.
pub fn key_file(data: &[u8]) {
    let passphrase = Passphrase::new(book::PASSPHRASE).unwrap();
    if data.starts_with(b"paravent-") {
        let Ok(text) = from_utf8(data) else { return };
        for error in [
            Keyring::from_key_file(text, &passphrase).err(),
            Grant::from_key_file(text, &passphrase).err(),
            Share::from_key_file(text, &passphrase).err(),
        ]
        .into_iter()
        .flatten()
        {
            assert!(is_key_file_error(&error), "{error}");
        }
        return;
    }
    let Some((&kind, rest)) = data.split_first() else {
        return;
    };
    if kind == b's' {
        match Share::from_key_file(&book::key_file("share-1", rest), &passphrase) {
            Ok(share) => {
                assert!(!share.holder().trim().is_empty() && share.holder().lines().count() == 1);
                assert_eq!(share.split_id()[..], rest[..16]);
                assert!(!format!("{share:?}").contains("value"));
            }
            Err(error) => assert!(is_key_file_error(&error), "{error}"),
        }
        return;
    }
    let loaded = if kind == b'g' || kind == b't' {
        let policy = KIT.policy.policy();
        let domain = policy.domain().as_str();
        let mut payload = vec![domain.len() as u8];
        payload.extend_from_slice(domain.as_bytes());
        payload.extend_from_slice(policy.schema().digest().as_bytes());
        payload.extend_from_slice(policy.digest().as_bytes());
        payload.extend_from_slice(rest);
        let word = if kind == b'g' { "grant-1" } else { "grant-2" };
        Grant::from_key_file(&book::key_file(word, &payload), &passphrase).map(|grant| {
            let owner = grant.owner().unwrap_or_default();
            assert_eq!(grant.until().is_some(), kind == b't');
            assert!(owner.is_empty() == (kind == b'g') && owner.lines().count() < 2);
            assert!(grant.scopes().is_sorted_by(|a, b| a < b));
            assert!(grant.epochs().is_sorted_by(|a, b| a < b));
            assert_eq!(grant.domain(), policy.domain());
            assert_eq!(grant.policy_digest(), policy.digest());
            assert!(format!("{grant:?}").ends_with(", .. }"));
            Revealer::new(&grant, policy).unwrap()
        })
    } else {
        let word = match kind {
            b'k' => "keyring-2",
            _ => "keyring-1",
        };
        Keyring::from_key_file(&book::key_file(word, rest), &passphrase).map(|mut keyring| {
            let active = keyring.active_epoch();
            let infos: Vec<_> = keyring.epoch_infos().collect();
            assert!(
                infos
                    .iter()
                    .all(|info| (info.state == EpochState::Active) == (info.epoch == active))
            );
            assert_eq!(infos.last().map(|info| info.epoch), Some(active));
            assert!(keyring.epochs().any(|epoch| epoch == active));
            let generation = keyring.generation().number().to_be_bytes();
            assert!(rest.windows(4).any(|word| word == generation));
            assert!(format!("{keyring:?}").ends_with(", .. }"));
            Protector::new(&keyring, &KIT.policy).unwrap();
            let revealer = Revealer::backend(&keyring, KIT.policy.policy()).unwrap();
            let last = keyring.epochs().last().unwrap();
            match keyring.start_epoch(paravent::Date::constant(2026, 11, 24)) {
                Err(error) if error.is_clock() => {
                    assert!(infos.last().is_some_and(|info| info.since.is_some()));
                }
                Ok(epoch) => {
                    assert!(epoch > last);
                    assert_eq!(keyring.active_epoch(), epoch);
                }
                Err(error) => {
                    assert!(error.is_misuse(), "{error}");
                    assert!(last.number() == u32::MAX || infos.len() >= 1_200);
                    assert_eq!(keyring.active_epoch(), active);
                }
            }
            revealer
        })
    };
    match loaded {
        Ok(revealer) => {
            let revealer = revealer.bind(KIT.binding());
            let refusal = revealer.reveal::<IgnoredAny>(&KIT.records[0]).err();
            let row = &KIT.rows[0];
            let refusals = row.cells().filter_map(|(field, cell)| {
                let value = revealer.reveal_cell::<IgnoredAny>(row.sealed(), field, cell);
                value.err().filter(|error| !error.is_not_opened())
            });
            for error in refusal.into_iter().chain(refusals) {
                assert!(is_refusal(&error), "{error}");
            }
        }
        Err(error) => assert!(error.is_damaged(), "{error}"),
    }
}

/// Text that is normalised, in every class.
pub fn normal(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let france = PhoneRegion::france();
    for class in [
        Class::Text,
        Class::Name,
        Class::Email,
        Class::Phone,
        Class::Exact,
    ] {
        let once = match class.normalize(text, Some(&france)) {
            Ok(once) => once,
            Err(error) => {
                assert_record_error(&error);
                continue;
            }
        };
        match class {
            Class::Exact => assert_eq!(once, text),
            Class::Phone => {
                let digits = once.strip_prefix('+').unwrap();
                assert!((7..=15).contains(&digits.len()), "{once:?}");
                assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{once:?}");
            }
            _ => {
                let words: Vec<&str> = once.split_whitespace().collect();
                assert_eq!(once, words.join(" "));
            }
        }
        let twice = class.normalize(&once, Some(&france)).unwrap();
        assert_eq!(twice, once, "{} of {text:?}", class.name());
    }
}

/// A plaintext sealed as the format says, whatever is in it: a byte for the group, or 128 more for the field, then
/// the plaintext.
pub fn plaintext(data: &[u8]) {
    let Some((&place, plaintext)) = data.split_first() else {
        return;
    };
    let place = usize::from(place);
    if place < 128 {
        group_plaintext(place, plaintext);
    } else {
        cell_plaintext(place - 128, plaintext);
    }
}

fn group_plaintext(place: usize, plaintext: &[u8]) {
    let scopes: Vec<_> = KIT.schema().scopes().collect();
    let scope = scopes[place % scopes.len()];
    let mut plaintext = plaintext[..plaintext.len().min(65_520)].to_vec();
    plaintext.resize(plaintext.len().next_multiple_of(16).max(16), 0);
    let record = SealedRecord::from_bytes(book::record_with(scope, &plaintext)).unwrap();
    let by_the_book = book::fields_in(&plaintext);
    let single = KIT
        .revealers
        .iter()
        .find(|revealer| revealer.scopes() == [scope]);
    let value: Value = match single.unwrap().bind(KIT.binding()).reveal(&record) {
        Ok(value) => value,
        // Text that is JSON, and which `Value` cannot hold: a number beyond a float, half a surrogate pair.
        Err(error) if error.is_target() => return assert!(by_the_book.is_some(), "{error}"),
        Err(error) => {
            assert!(error.is_plaintext(), "{error}");
            let is_text = |(number, value): &(u8, &[u8])| {
                let mut fields = KIT.schema().fields().iter();
                let field = fields.find(|field| field.id().number() == *number);
                field.is_none_or(|field| {
                    field.scope() == scope
                        && field.value_type() == ValueType::Text
                        && from_utf8(value).is_ok()
                })
            };
            let fine = by_the_book.is_some_and(|fields| fields.iter().all(is_text));
            return assert!(!fine, "refused: {error}");
        }
    };
    let by_the_book = by_the_book.expect("the book refuses it");
    // A field of another scope, which the holder of this one's key may not write, is not there.
    for field in KIT.schema().fields() {
        let text = by_the_book
            .iter()
            .find(|(number, _)| *number == field.id().number())
            .filter(|_| field.scope() == scope)
            .map(|(_, value)| from_utf8(value).unwrap());
        let revealed = value.pointer(&format!("/{}", field.name().replace('.', "/")));
        assert_same_value(field.value_type(), revealed, text);
    }
}

fn cell_plaintext(place: usize, plaintext: &[u8]) {
    let fields = KIT.schema().fields();
    let field = &fields[place % fields.len()];
    let Ok(cell) = SealedCell::from_bytes(book::cell_with(field, plaintext)) else {
        return assert!(plaintext.len() < 2);
    };
    let by_the_book = book::value_in(plaintext);
    let revealed: Result<Option<Value>, Error> =
        KIT.backend()
            .bind(KIT.binding())
            .reveal_cell(KIT.rows[0].sealed(), field.name(), &cell);
    match revealed {
        Ok(value) => {
            let text = by_the_book.expect("the book refuses it");
            let text = text.map(|value| from_utf8(value).unwrap());
            assert_same_value(field.value_type(), value.as_ref(), text);
        }
        Err(error) if error.is_misuse() => assert!(by_the_book.is_some(), "{error}"),
        Err(error) => {
            assert!(error.is_plaintext(), "{error}");
            let fine = by_the_book.is_some_and(|value| {
                value.is_none_or(|value| {
                    field.value_type() == ValueType::Text && from_utf8(value).is_ok()
                })
            });
            assert!(!fine, "refused: {error}");
        }
    }
}

fn assert_same_value(value_type: ValueType, revealed: Option<&Value>, text: Option<&str>) {
    let Some(text) = text else {
        return assert_eq!(revealed, None);
    };
    match value_type {
        ValueType::Integer | ValueType::Boolean => assert_eq!(revealed.unwrap().to_string(), text),
        ValueType::Json => {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(revealed.unwrap_or(&Value::Null), &expected);
        }
        _ => assert_eq!(revealed.unwrap(), text),
    }
}

/// Text that may be a policy for the appointment.
pub fn policy(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    static APPOINTMENT: LazyLock<Schema> = LazyLock::new(Schema::appointment);
    let schema = &APPOINTMENT;
    let policy = match Policy::from_toml(text, schema) {
        Ok(policy) => policy,
        Err(error) => return assert_definition_error(&error, text),
    };
    let commented = Policy::from_toml(&format!("# comment\n{text}\n# comment"), schema).unwrap();
    assert_eq!(commented.digest(), policy.digest());
    assert!(policy.opens().is_sorted_by(|a, b| a < b));
    assert!(
        policy
            .shows()
            .is_sorted_by(|(a, _), (b, _)| a.id() < b.id())
    );
    assert!(policy.indexes().is_sorted_by(|a, b| a < b));
    assert!(policy.pseudonyms().is_sorted_by(|a, b| a < b));

    let appointment = Appointment {
        last_name: "Martin".to_owned(),
        first_name: "Zoé".to_owned(),
        age: Some(34),
        sex: Some(paravent::Sex::Female),
        phone: Some("06 39 98 12 34".to_owned()),
        email: Some("zoe@example.org".to_owned()),
        start: "2020-07-21T09:30:00+02:00".to_owned(),
        practitioner: "Dr Lefèvre".to_owned(),
        specialty: "Dermatologie".to_owned(),
    };
    // Acceptances of its own match nothing.
    let checked = match accepted(text, schema) {
        Ok(checked) => checked,
        Err(error) => return assert!(error.is_definition(), "{error}"),
    };
    let keyring = test_kit::keyring();
    let subject = SubjectKey::from_bytes(&mut [7; 32]);
    let mut binding = Binding::NONE;
    if policy.binds_record_id() {
        binding = Binding::record(RecordId::new("rdv-1").unwrap());
    }
    if policy.binds_subject_key() {
        binding = binding.with_subject(&subject);
    }
    let protector = Protector::new(&keyring, &checked).unwrap();
    // What a transform cannot show, as an age below its first band, is an error of the record.
    let protected = match protector.bind(binding).protect(&appointment) {
        Ok(protected) => protected,
        Err(error) => return assert!(error.is_record(), "{error}"),
    };
    let backend = Revealer::backend(&keyring, &policy).unwrap();
    let revealed: Appointment = backend.bind(binding).reveal(&protected).unwrap();
    assert_eq!(revealed, appointment);
    assert_eq!(keyring.grant(&checked).is_ok(), !policy.opens().is_empty());
    if let Ok(grant) = keyring.grant(&checked) {
        let revealer = Revealer::new(&grant, &policy).unwrap();
        assert_eq!(revealer.scopes(), policy.opens());
        let _: IgnoredAny = revealer.bind(binding).reveal(&protected).unwrap();
    }
}

/// Bytes that may be the kit's first record.
pub fn record(data: &[u8]) {
    let Ok(record) = SealedRecord::from_bytes(data) else {
        return check_record(data);
    };
    assert_eq!(record.as_bytes(), data);
    assert_sealed(&record, data, SealedRecord::append_text);
    let scopes: Vec<_> = record.scopes().collect();
    assert!(scopes.is_sorted_by(|a, b| a < b));
    for &scope in &scopes {
        match record.withhold(&[scope]) {
            Ok(cut) => {
                assert_eq!(
                    SealedRecord::from_bytes(cut.as_bytes()).as_ref().unwrap(),
                    &cut
                );
                assert!(cut.scopes().all(|left| left != scope));
                assert_eq!(cut.scopes().count(), scopes.len() - 1);
            }
            Err(error) => {
                assert!(error.is_misuse(), "{error}");
                assert_eq!(scopes.len(), 1);
            }
        }
    }
    for scope in KIT.schema().scopes() {
        if !scopes.contains(&scope) {
            assert!(
                record
                    .withhold(&[scope])
                    .is_err_and(|error| error.is_missing_scope())
            );
        }
    }
    check_record(data);
}

/// A visit whose values come one after another, each behind 0xFF; a value that is 0xFE is null.
pub fn roundtrip(data: &[u8]) {
    let mut values = data
        .split(|&byte| byte == 0xFF)
        .map(|value| (value != [0xFE]).then(|| String::from_utf8_lossy(value).into_owned()));
    let mut next = || values.next().flatten();
    let visit = Visit {
        last_name: next().unwrap_or_default(),
        first_name: next(),
        age: next().and_then(|age| age.parse().ok()),
        insured: next().and_then(|insured| insured.parse().ok()),
        phone: next(),
        contact: Contact {
            email: next(),
            street: next(),
        },
        start: next().unwrap_or_default(),
        born: next(),
        specialty: next().unwrap_or_default(),
        notes: next()
            .and_then(|notes| RawValue::from_string(notes).ok())
            .filter(|notes| notes.get() != "null"),
        code: next(),
    };
    let text = json(&visit);
    let record = JsonRecord::parse(&text).unwrap();
    let protector = KIT.protector();
    let bound = protector.bind(KIT.binding());
    let protected = match (bound.protect(&visit), bound.protect(&record)) {
        (Ok(protected), Ok(from_json)) => {
            assert_eq!(from_json, protected);
            protected
        }
        (Err(error), Err(from_json)) => {
            assert_record_error(&error);
            return assert_eq!(from_json.to_string(), error.to_string());
        }
        (typed, from_json) => panic!("typed {typed:?}, as JSON {from_json:?}"),
    };

    let printed = json(&protected);
    let parsed: Protected = parse(&printed);
    // JSON that is a string is parsed as text, and so printed without needless escapes.
    if !visit
        .notes
        .as_ref()
        .is_some_and(|notes| notes.get().starts_with('"'))
    {
        assert_eq!(json(&parsed), printed);
    }
    assert_eq!(parsed.sealed(), protected.sealed());
    let backend = KIT.backend().bind(KIT.binding());
    let revealed: Visit = backend.reveal(&parsed).unwrap();
    assert_eq!(json(&revealed), text);

    let row = bound.protect_row(&visit).unwrap();
    let revealed: Visit = backend.reveal_row(row.sealed(), row.cells()).unwrap();
    assert_eq!(json(&revealed), text);
}

/// Bytes that may be the row column of the kit's first row.
pub fn row(data: &[u8]) {
    if let Ok(row) = SealedRow::from_bytes(data) {
        assert_eq!(row.as_bytes(), data);
        assert_sealed(&row, data, SealedRow::append_text);
        assert!(row.scopes().is_sorted_by(|a, b| a < b));
    }
    let mut columns = KIT.columns(0);
    columns[0] = data.to_vec();
    check_row(&columns);
}

/// Text that may be a schema.
pub fn schema(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let schema = match Schema::from_toml(text) {
        Ok(schema) => schema,
        Err(error) => return assert_definition_error(&error, text),
    };
    let commented = Schema::from_toml(&format!("# comment\n{text}\n# comment")).unwrap();
    assert_eq!(commented, schema);
    assert!(!schema.fields().is_empty());
    assert!(schema.fields().is_sorted_by(|a, b| a.id() < b.id()));
    assert!(schema.scopes().is_sorted_by(|a, b| a < b));
    let mut sizes = 32;
    for scope in schema.scopes() {
        let own = schema
            .fields()
            .iter()
            .filter(|field| field.scope() == scope);
        let width: usize = own.map(|field| 3 + field.width()).sum();
        let width = width.next_multiple_of(16);
        assert!((16..=65_520).contains(&width));
        sizes += 3 + 16 + width + 16;
    }
    for field in schema.fields() {
        assert!((1..=65_000).contains(&field.width()));
        assert!(
            schema
                .field(field.name())
                .is_some_and(|own| own.id() == field.id())
        );
        assert!(field.class() != Class::Phone || schema.phone_region().is_some());
        assert!(field.class() == Class::Exact || field.value_type() == ValueType::Text);
    }

    let policy = format!(
        "domain = \"fuzz\"\nschema = \"{}\"\nrecord_id = \"unbound\"",
        schema.name()
    );
    let policy = Policy::from_toml(&policy, &schema).unwrap();
    let keyring = test_kit::keyring();
    let protector = Protector::new(&keyring, &policy.check(TODAY).unwrap()).unwrap();
    let empty = Value::Object(serde_json::Map::new());
    match protector.protect(&empty) {
        Ok(protected) => {
            assert!(schema.fields().iter().all(|field| field.is_optional()));
            assert_eq!(protected.sealed().as_bytes().len(), sizes);
            let backend = Revealer::backend(&keyring, &policy).unwrap();
            assert_eq!(backend.reveal::<Value>(&protected).unwrap(), empty);
        }
        Err(error) => {
            assert!(error.is_missing_field(), "{error}");
            let field = schema.field(error.field().unwrap()).unwrap();
            assert!(!field.is_optional());
        }
    }
}

/// A plan of changes to what the kit has sealed: a byte for the profile, then five bytes a step: what to do, in which
/// column, at which place (u16), with which value.
pub fn tampered(data: &[u8]) {
    let Some((&profile, plan)) = data.split_first() else {
        return;
    };
    let is_record = profile % 2 == 0;
    let columns = |i: usize| {
        if is_record {
            vec![KIT.records[i].as_bytes().to_vec()]
        } else {
            KIT.columns(i)
        }
    };
    let (mut columns, other) = (columns(0), columns(1));
    for step in plan.chunks_exact(5).take(32) {
        change(&mut columns, &other, step);
    }
    if is_record {
        check_record(&columns[0]);
    } else {
        check_row(&columns);
    }
}

fn change(columns: &mut [Vec<u8>], other: &[Vec<u8>], step: &[u8]) {
    let &[action, column, high, low, value] = step else {
        return;
    };
    let column = usize::from(column) % columns.len();
    let other_column = usize::from(value) % columns.len();
    let bytes = &mut columns[column];
    if bytes.is_empty() {
        return;
    }
    let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
    match action % 8 {
        0 => bytes[at] ^= value,
        1 => bytes.insert(at, value),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        // A part of another sealing of the same visit.
        4 => {
            let end = bytes
                .len()
                .min(other[column].len())
                .min(at + usize::from(value));
            if at < end {
                bytes[at..end].copy_from_slice(&other[column][at..end]);
            }
        }
        5 => columns[column] = other[column].clone(),
        6 => columns.swap(column, other_column),
        // What stands behind the header in another order.
        _ => {
            if let Some(behind) = bytes.get_mut(32..)
                && !behind.is_empty()
            {
                let at = at % behind.len();
                behind.rotate_left(at);
            }
        }
    }
}

/// Text that may be of any text form.
pub fn text(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    check_text::<SealedRecord>(text);
    check_text::<SealedRow>(text);
    check_text::<SealedCell>(text);
    check_text::<Pseudonym>(text);
    if let Ok(pseudonym) = text.parse::<Pseudonym>() {
        assert_eq!(Pseudonym::from_bytes(*pseudonym.as_bytes()), pseudonym);
    }
}
