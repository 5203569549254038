//! Whole records and cut ones.

use std::{collections::BTreeSet, sync::Arc, thread};

use proptest::prelude::*;

use super::*;

#[test]
fn a_record_is_sealed_anew_under_the_active_epoch() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let first = protected(&keyring, &policy, &record());
    let second = keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    assert_eq!(resealer.epoch(), second);
    assert_eq!(resealer.policy().digest(), policy.policy().digest());
    assert!(first.sealed().stale(second));

    let resealed = resealer.reseal(&first).unwrap();
    assert_eq!(resealed.sealed().epoch(), second);
    assert!(!resealed.sealed().stale(second));
    assert_eq!(widths(resealed.sealed()), widths(first.sealed()));
    assert_eq!(revealed(&keyring, &policy, &resealed), record());
    // The row that it was made of is as it was.
    assert_eq!(revealed(&keyring, &policy, &first), record());

    // One that the old epoch's keys do not open.
    let old = Keyring::generate().unwrap();
    let revealer = Revealer::backend(&old, policy.policy()).unwrap();
    let error = revealer.reveal::<Value>(&resealed).unwrap_err();
    assert!(error.is_unknown_epoch());
}

#[test]
fn a_newer_row_is_not_stale() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let first = keyring.active_epoch();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let row = protected(&keyring, &policy, &record());
    assert!(!row.sealed().stale(first));
}

#[test]
fn each_resealing_has_a_nonce_of_its_own() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let row = protected(&keyring, &policy, &record());
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    let nonce = |row: &SealedRecord| row.as_bytes()[8..32].to_vec();
    let mut nonces = BTreeSet::from([nonce(row.sealed())]);
    let mut into = row.clone();
    for _ in 0..50 {
        nonces.insert(nonce(resealer.reseal(&row).unwrap().sealed()));
        nonces.insert(nonce(&resealer.reseal_sealed(row.sealed()).unwrap()));
        resealer.reseal_into(&row, &mut into).unwrap();
        nonces.insert(nonce(into.sealed()));
    }
    assert_eq!(nonces.len(), 151);
}

#[test]
fn a_cut_row_stays_cut() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let row = protected(&keyring, &policy, &record());
    let second = keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    for (withheld, left) in [
        (Scope::IDENTITY, Scope::CARE),
        (Scope::CARE, Scope::IDENTITY),
    ] {
        let cut = row.sealed().withhold(&[withheld]).unwrap();
        let resealed = resealer.reseal_sealed(&cut).unwrap();
        assert_eq!(resealed.epoch(), second);
        assert_eq!(resealed.scopes().collect::<Vec<_>>(), [left]);
        assert_eq!(widths(&resealed), widths(&cut));
        let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
        let revealer = revealer.only(&[left]).unwrap();
        let after: Value = revealer.reveal(&resealed).unwrap();
        assert_eq!(after, revealer.reveal::<Value>(&cut).unwrap());

        // What it shows is made of the whole record.
        let error = resealer.reseal(&cut).unwrap_err();
        assert!(error.is_missing_scope());
        assert_eq!(error.scope(), Some(withheld));
    }
    let whole = resealer.reseal_sealed(row.sealed()).unwrap();
    assert_eq!(revealed(&keyring, &policy, &whole), record());
}

#[test]
fn what_a_row_is_bound_to_stays() {
    let mut keyring = Keyring::generate().unwrap();
    let policy = policy_of(FIELDS, "record_id = \"bound\"\nsubject_key = \"bound\"\n");
    let (person, another) = (
        SubjectKey::generate().unwrap(),
        SubjectKey::generate().unwrap(),
    );
    let of = |id, key| Binding::record(RecordId::new(id).unwrap()).with_subject(key);
    let binding = of("rdv-1", &person);
    let protector = Protector::new(&keyring, &policy).unwrap();
    let row = protector.bind(binding).protect(&record()).unwrap();
    let cells = protector.bind(binding).protect_row(&record()).unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let bound = resealer.bind(binding);
    let cut = row.sealed().withhold(&[Scope::CARE]).unwrap();

    let resealed = bound.reseal(&row).unwrap();
    let open = |binding, row: &Protected| revealer.bind(binding).reveal::<Value>(row);
    assert_eq!(open(binding, &resealed).unwrap(), record());
    let moved = open(of("rdv-2", &person), &resealed).unwrap_err();
    assert!(moved.is_tampered());
    let other = open(of("rdv-1", &another), &resealed).unwrap_err();
    assert!(other.is_wrong_key());
    assert!(open(Binding::NONE, &resealed).unwrap_err().is_misuse());
    let after = bound.reseal_row(cells.sealed(), cells.cells()).unwrap();
    let back = revealer
        .bind(binding)
        .reveal_row::<Value>(after.sealed(), after.cells());
    assert_eq!(back.unwrap(), record());
    assert!(bound.reseal_sealed(&cut).is_ok());

    for (binding, is) in [
        (Binding::NONE, Error::is_misuse as fn(&Error) -> bool),
        (Binding::subject(&person), Error::is_misuse),
        (of("rdv-2", &person), Error::is_tampered),
        (of("rdv-1", &another), Error::is_wrong_key),
    ] {
        let bound = resealer.bind(binding);
        assert!(is(&bound.reseal(&row).unwrap_err()));
        assert!(is(&bound.reseal_sealed(&cut).unwrap_err()));
        let cells = bound.reseal_row(cells.sealed(), cells.cells());
        assert!(is(&cells.unwrap_err()));
    }
}

#[test]
fn eight_threads_share_one_resealer() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let protector = Protector::new(&keyring, &policy).unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = Arc::new(resealer(&keyring, &policy));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let resealer = resealer.clone();
            let record = |i| json!({ "name": format!("Lefèvre {thread}"), "age": i });
            let rows: Vec<(Value, Protected)> = (0..100)
                .map(|i| (record(i), protector.protect(&record(i)).unwrap()))
                .collect();
            thread::spawn(move || {
                let mut into = rows[0].1.clone();
                let mut reseal = |(record, row): (Value, Protected)| {
                    resealer.reseal_into(&row, &mut into).unwrap();
                    (record, into.clone())
                };
                rows.into_iter().map(&mut reseal).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut nonces = BTreeSet::new();
    for thread in threads {
        for (record, row) in thread.join().unwrap() {
            assert_eq!(revealed(&keyring, &policy, &row), record);
            nonces.insert(row.sealed().as_bytes()[8..32].to_vec());
        }
    }
    assert_eq!(nonces.len(), 800);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_resealed_record_reveals_what_it_was(
        name in "\\PC{1,5}",
        age in proptest::option::of(-99..999_i64),
        reason in proptest::option::of("\\PC{0,10}"),
        notes in proptest::option::of(proptest::collection::vec("[a-z\"\\\\é]{0,4}", 0..4)),
        epochs in 0..3,
    ) {
        let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
        let mut record = serde_json::Map::new();
        record.insert("name".to_owned(), name.into());
        record.extend(age.map(|age| ("age".to_owned(), age.into())));
        record.extend(reason.map(|reason| ("reason".to_owned(), reason.into())));
        record.extend(notes.map(|notes| ("notes".to_owned(), notes.into())));
        let record = Value::Object(record);
        let row = protected(&keyring, &policy, &record);
        for _ in 0..epochs {
            keyring.start_epoch(paravent::Date::constant(2026, 11, 24)).unwrap();
        }
        let resealer = resealer(&keyring, &policy);
        let before = revealed(&keyring, &policy, &row);
        let whole = resealer.reseal(&row).unwrap();
        prop_assert_eq!(revealed(&keyring, &policy, &whole), before.clone());
        let sealed = resealer.reseal_sealed(row.sealed()).unwrap();
        prop_assert_eq!(revealed(&keyring, &policy, &sealed), before);
        prop_assert_eq!(widths(&sealed), widths(row.sealed()));
    }
}
