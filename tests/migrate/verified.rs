//! What verifying a file finds: each planted thing, with its line and column and never a value.

use paravent::{Domain, Generation, Scope, test_kit};

use super::*;

/// A protected file with one thing changed.
fn planted(
    store: &Store,
    count: usize,
    change: impl FnOnce(&mut Vec<Map<String, Value>>),
) -> String {
    let protected = store.protected(&ndjson_text(count));
    let mut rows: Vec<Map<String, Value>> = protected
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    change(&mut rows);
    rows.iter()
        .map(|row| serde_json::to_string(row).unwrap() + "\n")
        .collect()
}

fn found(store: &Store, line: usize, rows: &str) -> Error {
    let error = store.no_plain_of(rows).unwrap_err();
    is_silent(&error);
    assert_eq!(error.line(), Some(line), "{error}");
    error
}

fn store() -> Store {
    Store::ndjson("")
}

#[test]
fn a_protected_file_has_nothing_in_clear() {
    let store = store();
    let rows = planted(&store, 20, |_| ());
    assert_eq!(store.no_plain_of(&rows).unwrap().sealed, 20);
    let verified = store.opens(&rows).unwrap();
    assert_eq!((verified.sealed, verified.plain), (20, 0));
    // The order of keys is the writer's.
    let csv = Store::csv("");
    let rows = csv.protected(&csv_text(20));
    assert_eq!(csv.no_plain_of(&rows).unwrap().sealed, 20);
}

#[test]
fn mixed_rows_are_counted_and_left() {
    let store = store();
    let rows = planted(&store, 20, |_| ()) + &ndjson_text(3);
    let verified = store.opens(&rows).unwrap();
    assert_eq!((verified.sealed, verified.plain), (20, 3));
    assert!(found(&store, 21, &rows).is_unaccounted());
    // Nothing but shown fields, and yet in clear.
    let bare = planted(&store, 20, |rows| {
        rows[7].remove("sealed");
        rows[7].remove("patient");
        rows[7].remove("by_name");
    });
    assert!(found(&store, 8, &bare).is_plain_row());
    // One in clear that does not fit.
    let unfit = planted(&store, 2, |_| ()) + "{\"id\":\"rdv-1\",\"age\":7}\n";
    let error = store.opens(&unfit).unwrap_err();
    assert!(error.is_missing_field(), "{error}");
    assert_eq!(error.line(), Some(3));
}

#[test]
fn a_clear_value_in_a_shown_column() {
    let store = store();
    for (name, value) in [
        ("start", "2020-07-04T03:30:00+02:00".into()),
        ("age", "Lefèvre 3".into()),
        ("age", 4.into()),
        ("age", "3".into()),
        ("age", Value::Null),
        ("patient", "Lefèvre 3".into()),
        ("by_name", "Dermatologie".into()),
    ] {
        let rows = planted(&store, 9, |rows| {
            rows[3].insert(name.to_owned(), value);
        });
        let error = found(&store, 4, &rows);
        assert!(error.is_unaccounted(), "{name}: {error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
}

#[test]
fn a_shown_column_that_is_missing() {
    let store = store();
    let rows = planted(&store, 9, |rows| {
        rows[3].remove("patient");
    });
    assert!(found(&store, 4, &rows).is_unaccounted());
}

#[test]
fn an_extra_column() {
    let store = store();
    for (name, told) in [
        ("specialty", "\"specialty\""),
        ("Nom", "\"Nom\""),
        ("remarks", "\"remarks\""),
        ("notes", "\"notes\""),
        ("Dermatologie à Paris", "\"…\""),
    ] {
        for value in [Value::Null, "Dermatologie".into()] {
            let rows = planted(&store, 9, |rows| {
                rows[3].insert(name.to_owned(), value);
            });
            let error = found(&store, 4, &rows);
            assert!(error.is_unaccounted(), "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }
    let store = Store::csv("");
    let protected = store.protected(&csv_text(9));
    for (name, told) in [("Nom", "\"Nom\""), ("Dermatologie", "column 7 ")] {
        let rows: String = protected
            .lines()
            .enumerate()
            .map(|(i, line)| format!("{line},{}\n", if i == 0 { name } else { "" }))
            .collect();
        let error = found(&store, 1, &rows);
        assert!(error.is_unaccounted(), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_key_that_is_there_twice() {
    let store = store();
    let rows = planted(&store, 2, |_| ());
    let twice = rows.replacen("{\"age\":0", "{\"age\":\"Lefèvre\",\"age\":0", 1);
    assert_ne!(twice, rows);
    assert!(found(&store, 1, &twice).is_duplicate_field());
}

#[test]
fn a_clear_value_in_the_record_id() {
    let store = store();
    for (number, id) in [
        "lefevre-3",
        "x_ZOE.DERMATOLOGIE",
        "rdv-0639980003",
        "rdv/2020-07-04/1",
        "20200704-17",
        "04/07/2020-17",
        "dr œuvrard",
    ]
    .iter()
    .enumerate()
    {
        let mut row = object(3);
        row.insert("id".to_owned(), (*id).into());
        let mut in_clear = ndjson_text(3);
        in_clear += &(serde_json::to_string(&row).unwrap() + "\n");
        let rows = store.protected(&in_clear);
        let error = store.no_plain_of(&rows).unwrap_err();
        assert!(error.is_unaccounted(), "{number}: {error}");
        assert_eq!(error.line(), Some(4));
        assert!(error.to_string().contains("column \"id\""), "{error}");
        assert!(!error.to_string().contains(id), "{error}");
        // It opens all the same.
        assert_eq!(store.opens(&rows).unwrap().sealed, 4);
    }
}

#[test]
fn an_id_may_hold_what_is_shown_in_clear() {
    let mut store = store();
    let more = "[show.specialty]\nas = \"keep\"\nreason = \"a test\"\n";
    let mut row = object(3);
    row.insert("id".to_owned(), "dermatologie-3".into());
    let in_clear = serde_json::to_string(&row).unwrap();
    let rows = store.protected(&in_clear);
    assert!(found(&store, 1, &rows).is_unaccounted());
    store.policy = accepted(&(POLICY.to_owned() + more), &Schema::appointment()).unwrap();
    let rows = store.protected(&in_clear);
    assert_eq!(store.no_plain_of(&rows).unwrap().sealed, 1);
}

#[test]
fn a_swapped_seal() {
    let store = store();
    let swap = |rows: &mut Vec<Map<String, Value>>| {
        let seals = [rows[3]["sealed"].clone(), rows[5]["sealed"].clone()];
        rows[5].insert("sealed".to_owned(), seals[0].clone());
        rows[3].insert("sealed".to_owned(), seals[1].clone());
    };
    assert!(found(&store, 4, &planted(&store, 9, swap)).is_tampered());

    // Where rows are bound to no id, what they show tells.
    let mut store = Store::ndjson("");
    let unbound = POLICY
        .replace("\"bound\"", "\"unbound\"")
        .replace("record_id = \"id\"", "")
        .replace("[\"remarks\"]", "[\"remarks\", \"id\"]");
    store.policy = accepted(&unbound, &Schema::appointment()).unwrap();
    let rows = planted(&store, 9, swap);
    assert!(found(&store, 4, &rows).is_unaccounted());
    assert_eq!(store.opens(&rows).unwrap().sealed, 9);
}

#[test]
fn a_seal_that_was_changed_or_cut() {
    let store = store();
    let seal = |change: fn(String) -> String| {
        planted(&store, 9, |rows| {
            let text = rows[3]["sealed"].as_str().unwrap().to_owned();
            rows[3].insert("sealed".to_owned(), change(text).into());
        })
    };
    let changed = seal(|text| {
        let last = if text.ends_with('A') { 'Q' } else { 'A' };
        text[..text.len() - 1].to_owned() + &last.to_string()
    });
    let error = store.no_plain_of(&changed).unwrap_err();
    assert!(error.is_tampered() || error.is_malformed(), "{error}");
    let error = found(&store, 4, &seal(|text| text + " "));
    assert!(error.is_malformed(), "{error}");
    let cut = planted(&store, 9, |rows| {
        let sealed: paravent::SealedRecord = rows[3]["sealed"].as_str().unwrap().parse().unwrap();
        let cut = sealed.withhold(&[Scope::CARE]).unwrap();
        rows[3].insert("sealed".to_owned(), cut.to_string().into());
    });
    assert!(found(&store, 4, &cut).is_missing_scope());
}

#[test]
fn a_stale_pseudonym() {
    let store = store();
    // That of the person before a name was corrected, or another's.
    let rows = planted(&store, 9, |rows| {
        let other = rows[4]["patient"].clone();
        rows[3].insert("patient".to_owned(), other);
    });
    let error = found(&store, 4, &rows);
    assert!(error.is_unaccounted());
    assert!(error.to_string().contains("\"patient\""), "{error}");

    // One of the generation before.
    let mut store = Store::ndjson("");
    store.keyring = test_kit::keyring();
    let before = store.protected(&ndjson_text(9));
    store.keyring = test_kit::keyring_of_two_generations();
    assert!(store.keyring.generation() > Generation::FIRST);
    let error = found(&store, 1, &before);
    assert!(error.is_unaccounted(), "{error}");
    assert!(error.to_string().contains("\"patient\""), "{error}");
    assert_eq!(store.opens(&before).unwrap().sealed, 9);
}

#[test]
fn a_clear_value_beside_the_seal() {
    let store = store();
    let rows = planted(&store, 9, |rows| {
        rows[3].insert("Nom".to_owned(), "Lefèvre 3".into());
    });
    let error = store.opens(&rows).unwrap_err();
    is_silent(&error);
    assert!(error.is_half_protected(), "{error}");
    assert_eq!((error.field(), error.line()), (Some("last_name"), Some(4)));
}

#[test]
fn rows_of_other_keys_and_of_another_domain() {
    let mut store = store();
    let rows = planted(&store, 2, |_| ());
    let other = POLICY.replace("\"store\"", "\"elsewhere\"");
    assert!(Domain::new("elsewhere").is_ok());
    store.policy = accepted(&other, &Schema::appointment()).unwrap();
    assert!(found(&store, 1, &rows).is_wrong_key());
    store.policy = store_policy();
    store.keyring = Keyring::generate().unwrap();
    assert!(found(&store, 1, &rows).is_wrong_key());
    assert!(store.opens(&rows).unwrap_err().is_wrong_key());
}

#[test]
fn a_connector_verifies_the_scopes_of_its_grant() {
    let store = store();
    let rows = planted(&store, 2, |_| ());
    let revealer = Revealer::backend(&store.keyring, store.policy.policy()).unwrap();
    let care = revealer.only(&[Scope::CARE]).unwrap();
    let verified = Verification::of(&care)
        .from(Format::Ndjson)
        .run(rows.as_bytes());
    assert_eq!(verified.unwrap().sealed, 2);
    let only = Verification::of(&care).only_sealed().from(Format::Ndjson);
    let error = only.run(ndjson_text(1).as_bytes()).unwrap_err();
    assert!(error.is_plain_row(), "{error}");
}

#[test]
fn it_stops_where_the_observer_says_so_and_wants_a_format() {
    let store = store();
    let rows = planted(&store, 1100, |_| ());
    let observer = |progress: &paravent::Progress| {
        assert_eq!(progress.rows, 1024);
        assert!(progress.bytes > 0);
        ControlFlow::Break(())
    };
    let verification = || Verification::no_plain(&store.keyring, &store.policy).unwrap();
    let stopped = verification()
        .from(Format::Ndjson)
        .observe(&observer)
        .run(rows.as_bytes());
    assert!(stopped.unwrap_err().is_stopped());
    assert!(
        verification()
            .run(rows.as_bytes())
            .unwrap_err()
            .is_definition()
    );
}
