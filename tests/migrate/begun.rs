//! From beginning to end, at once or in pieces.

use super::*;

#[test]
fn a_file_of_rows_in_clear_becomes_one_of_protected_rows() {
    for store in [Store::csv(csv_text(50)), Store::ndjson(ndjson_text(50))] {
        let before = store.bytes();
        let migrated = store.run().unwrap();
        assert_eq!((migrated.protected, migrated.kept), (50, 0));
        store.holds(50);
        assert_eq!(store.ends(), ["", ".migrating.state", ".plain"]);
        assert_eq!(fs::read(store.beside(".plain")).unwrap(), before);
        assert_eq!((store.mode(""), store.mode(".plain")), (0o644, 0o600));
        assert_eq!(store.mode(".migrating.state"), 0o600);
    }
}

#[test]
fn it_writes_what_protecting_the_file_writes() {
    let store = Store::csv(csv_text(3));
    store.run().unwrap();
    let text = store.text();
    let protected = store.protected(&csv_text(3));
    assert_eq!(text.lines().next(), protected.lines().next());
    assert_eq!(
        text.lines().next(),
        Some("start,id,age,patient,by_name,sealed")
    );
    // All but the seals is the same.
    let rest = |text: &str| -> Vec<String> {
        let cut = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
        text.lines().map(cut).collect()
    };
    assert_eq!(rest(&text), rest(&protected));
}

#[test]
fn what_is_done_is_not_done_again() {
    let store = Store::csv(csv_text(20));
    let first = store.run().unwrap();
    let text = store.text();
    assert_eq!(store.run().unwrap(), first);
    assert_eq!(store.text(), text);
}

#[test]
fn it_stops_and_goes_on() {
    for store in [Store::csv(csv_text(50)), Store::ndjson(ndjson_text(50))] {
        let before = store.bytes();
        for count in (7..50).step_by(7) {
            store.run_to(count);
            assert_eq!(store.bytes(), before);
            assert_eq!(store.ends(), ["", ".migrating", ".migrating.state"]);
            let written = fs::read_to_string(store.beside(".migrating")).unwrap();
            let header = usize::from(store.file.ends_with("rows.csv"));
            assert_eq!(written.lines().count(), count as usize + header);
        }
        let migrated = store.run().unwrap();
        assert_eq!((migrated.protected, migrated.kept), (50, 0));
        store.holds(50);
    }
}

#[test]
fn what_was_written_before_it_stopped_stays() {
    let store = Store::csv(csv_text(30));
    store.run_to(14);
    let written = fs::read_to_string(store.beside(".migrating")).unwrap();
    store.run().unwrap();
    assert!(store.text().starts_with(&written));
}

#[test]
fn half_a_row_behind_the_last_state_is_cut_off() {
    let store = Store::csv(csv_text(30));
    store.run_to(14);
    let mut written = fs::read(store.beside(".migrating")).unwrap();
    written.extend_from_slice(b"2020-07,rdv-14,14,t1.half a r");
    fs::write(store.beside(".migrating"), written).unwrap();
    store.run().unwrap();
    store.holds(30);
}

#[test]
fn the_observer_hears_of_every_batch() {
    let store = Store::csv(csv_text(50));
    let calls = AtomicU64::new(0);
    let observer = |progress: &paravent::Progress| {
        let call = calls.fetch_add(1, Ordering::Relaxed) + 1;
        assert_eq!(progress.rows, (7 * call).min(50));
        assert!(progress.bytes > 0 && progress.bytes <= csv_text(50).len() as u64);
        ControlFlow::Continue(())
    };
    store.migration().observe(&observer).run().unwrap();
    assert_eq!(calls.into_inner(), 8);
}

#[test]
fn files_without_rows_are_migrated_too() {
    let store = Store::ndjson("");
    assert_eq!(store.run().unwrap().protected, 0);
    assert_eq!(store.text(), "");
    let store = Store::csv(csv_text(0));
    assert_eq!(store.run().unwrap().protected, 0);
    store.holds(0);
}

#[test]
fn the_next_migration_takes_what_came_since() {
    let store = Store::ndjson(ndjson_text(10));
    store.run().unwrap();
    store.migration().seal_off().unwrap();
    let late = serde_json::to_string(&object(10)).unwrap();
    fs::write(&store.file, store.text() + &late + "\n").unwrap();
    let migrated = store.run().unwrap();
    assert_eq!((migrated.protected, migrated.kept), (1, 10));
    store.holds(11);
}

#[test]
fn a_symbolic_link_leads_to_the_file() {
    let store = Store::csv(csv_text(10));
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.csv");
    std::os::unix::fs::symlink(&store.file, &link).unwrap();
    let migration = Migration::new(&link, csv(), &store.keyring, &store.policy);
    migration.unwrap().run().unwrap();
    store.holds(10);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    Migration::undo(&link).unwrap();
    assert_eq!(store.text(), csv_text(10));
}
