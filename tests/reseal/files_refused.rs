//! What stops the resealing of a file, and leaves it as it was.

use std::fs;

use paravent::{Format, Migration, Resealing};

use super::{
    files::{STORE, Store, csv},
    *,
};

/// Runs it; the file must be as it was.
fn refused(store: &Store) -> Error {
    let before = fs::read(&store.file).unwrap();
    let error = store.run().map(|_| ()).unwrap_err();
    assert_eq!(fs::read(&store.file).unwrap(), before);
    let told = format!("{error} {error:?}");
    for value in ["Lefèvre", "Suivi", "rdv-"] {
        assert!(!told.contains(value), "{told}");
    }
    error
}

fn abandon(store: &Store) {
    for end in [".resealing.state", ".resealing"] {
        fs::remove_file(store.beside(end)).unwrap();
    }
}

#[test]
fn a_bad_row_is_told_by_its_line() {
    let store = Store::of(csv(), 20);
    let text = store.text();
    let lines: Vec<&str> = text.lines().collect();
    let with = |number: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(lines[number].contains(from), "{}", lines[number]);
        lines[number] = lines[number].replacen(from, to, 1);
        store.write(&(lines.join("\n") + "\n"));
        let error = refused(&store);
        assert_eq!(error.line(), Some(number + 1), "{error}");
        abandon(&store);
        error
    };
    // The seal of another row, whose id it is bound to.
    assert!(with(9, "rdv-8", "rdv-9").is_tampered());
    // In stale rows and in current ones.
    for number in [2, 19] {
        let age = format!(",{},", number - 1);
        assert!(with(number, &age, ",99,").is_unaccounted());
        assert!(with(number, &age, ",,").is_unaccounted());
        assert!(with(number, "p1.", "p1.A").code() != "resealing");
        let row = lines[number];
        let start = row.find("p1.").unwrap();
        let flipped = match &row[start + 90..start + 91] {
            "A" => "B",
            _ => "A",
        };
        let (from, to) = (
            &row[start + 80..start + 91],
            row[start + 80..start + 90].to_owned() + flipped,
        );
        let error = with(number, from, &to);
        assert!(error.is_wrong_key() || error.is_tampered(), "{error}");
        let sealed = &row[start..];
        assert!(with(number, sealed, "").is_unaccounted());
    }
}

#[test]
fn a_row_in_clear_is_to_be_protected_first() {
    let store = Store::of(Format::Ndjson, 8);
    let text = store.text() + "{\"id\":\"rdv-8\",\"name\":\"Lefèvre\"}\n";
    store.write(&text);
    let error = refused(&store);
    assert!(error.is_plain_row());
    assert_eq!((error.line(), error.code()), (Some(9), "unsealed-row"));
    assert!(error.advice().contains("paravent migrate"));
    let count = || {
        let file = fs::File::open(&store.file).unwrap();
        Resealing::count(
            file,
            &store.format,
            store.policy.policy(),
            store.keyring.active_epoch(),
        )
    };
    assert_eq!(count().unwrap_err().line(), Some(9));

    abandon(&store);
    let migration = || {
        let new = Migration::new(&store.file, Format::Ndjson, &store.keyring, &store.policy);
        new.unwrap()
    };
    migration().run().unwrap();
    // Its old rows would be lost to an undo.
    let error = refused(&store);
    assert!(error.is_resealing(), "{error}");
    assert!(error.to_string().contains("sealed off"), "{error}");
    migration().seal_off().unwrap();
    assert_eq!(store.run().unwrap().kept, 5);
}

#[test]
fn a_value_in_clear_beside_a_seal_is_refused() {
    let store = Store::of(Format::Ndjson, 2);
    let text = store.text();
    store.write(&text.replacen('{', "{\"reason\":\"Suivi\",", 1));
    let error = refused(&store);
    assert!(error.is_half_protected());
    assert_eq!((error.line(), error.field()), (Some(1), Some("reason")));
}

#[test]
fn one_task_does_not_take_up_the_other() {
    let store = Store::of(csv(), 20);
    let migration = || {
        let new = Migration::new(&store.file, csv(), &store.keyring, &store.policy);
        new.unwrap()
    };
    store.run_to(7);
    let error = migration().run().unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert!(error.to_string().contains("resealed"), "{error}");
    assert!(Migration::undo(&store.file).unwrap_err().is_migration());
    // Nor where it has the other's name.
    let (own, other) = (
        store.beside(".resealing.state"),
        store.beside(".migrating.state"),
    );
    fs::rename(&own, &other).unwrap();
    let error = migration().run().unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert!(error.to_string().contains("not the state"), "{error}");
    assert!(refused(&store).is_resealing());
    fs::rename(&other, &own).unwrap();
    let text = fs::read_to_string(&own).unwrap();
    fs::write(&own, text.replace("\"resealing\"", "\"migration\"")).unwrap();
    let error = refused(&store);
    assert!(error.to_string().contains("not the state"), "{error}");
    fs::write(&own, text).unwrap();
    store.run().unwrap();
    store.holds(20);
}

#[test]
fn what_changed_since_it_stopped_is_refused() {
    let store = Store::of(csv(), 20);
    let text = store.text();
    store.run_to(7);
    let mut store = store;

    // Another policy.
    let another = STORE.replacen("bits = 4", "bits = 3", 1);
    let policy = std::mem::replace(&mut store.policy, policy_of(FIELDS, &another));
    let error = refused(&store);
    assert!(error.is_resealing() && error.to_string().contains("policy"));
    store.policy = policy;

    // The file, and then what was written.
    store.write(&(text.clone() + text.lines().last().unwrap() + "\n"));
    assert!(refused(&store).to_string().contains("changed"));
    store.write(&text);
    let written = fs::read_to_string(store.beside(".resealing")).unwrap();
    fs::write(
        store.beside(".resealing"),
        written.replacen("p1.", "p2.", 1),
    )
    .unwrap();
    assert!(refused(&store).to_string().contains("as it was left"));
    fs::write(store.beside(".resealing"), &written).unwrap();

    // Another delimiter said.
    store.format = Format::Csv(paravent::CsvFormat::default().delimiter(b';'));
    assert!(store.run().is_err());
    store.format = csv();

    // Another epoch, under which the rest would be sealed.
    store
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let error = refused(&store);
    assert!(error.to_string().contains("epoch"), "{error}");
    abandon(&store);
    assert_eq!(store.run().unwrap().resealed, 20);
    store.holds(20);
}

#[test]
fn what_is_in_the_way_is_refused() {
    let store = Store::of(csv(), 4);
    for end in [".resealing", ".stale"] {
        fs::write(store.beside(end), "another's").unwrap();
        let error = refused(&store);
        assert!(error.is_resealing(), "{error}");
        assert!(error.to_string().contains(end), "{error}");
        assert_eq!(fs::read_to_string(store.beside(end)).unwrap(), "another's");
        fs::remove_file(store.beside(end)).unwrap();
    }
    let link = store.beside(".link");
    fs::hard_link(&store.file, &link).unwrap();
    assert!(refused(&store).to_string().contains("second name"));
    fs::remove_file(link).unwrap();
    let locked = fs::File::open(&store.file).unwrap();
    locked.lock().unwrap();
    assert!(refused(&store).to_string().contains("another process"));
    drop(locked);
    store.run().unwrap();
    store.holds(4);
}

#[test]
fn keys_that_do_not_open_its_rows_leave_it() {
    let mut store = Store::of(csv(), 4);
    store.keyring = Keyring::generate().unwrap();
    let error = refused(&store);
    assert!(error.is_wrong_key(), "{error}");
    assert_eq!(error.line(), Some(2));
    abandon(&store);

    let second = store.text().lines().last().unwrap().to_owned();
    let header = store.text().lines().next().unwrap().to_owned();
    store.write(&format!("{header}\n{second}\n"));
    assert!(refused(&store).is_unknown_epoch());
    abandon(&store);

    store.policy = policy_of(FIELDS, "record_id = \"unbound\"\nsubject_key = \"bound\"\n");
    assert!(store.run().unwrap_err().is_definition());
}
