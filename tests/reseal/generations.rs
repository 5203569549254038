//! Files with rows that show what an earlier generation gives.

use std::fs;

use paravent::Format;

use super::{
    files::{Store, csv},
    *,
};

#[test]
fn rows_of_an_earlier_generation_show_what_the_live_one_gives() {
    for format in [csv(), Format::Ndjson] {
        let mut store = Store::of(format, 6);
        store.keyring = test_kit::keyring();
        let first = store.protected(0..6);
        store.write(&first);
        store.keyring = test_kit::keyring_of_two_generations();
        let live = store.protected(0..6);
        // They are under the active epoch, and not as protecting them gives.
        let resealed = store.run().unwrap();
        assert_eq!((resealed.resealed, resealed.kept), (6, 0));
        store.holds(6);
        let shown = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.split("p1.").next());
            lines.map(|shown| shown.unwrap().to_owned()).collect()
        };
        assert_eq!(shown(&store.text()), shown(&live));
        assert_ne!(shown(&store.text()), shown(&first));

        // Both at once.
        store.write(&first);
        store
            .keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        assert_eq!(store.run().unwrap().resealed, 6);
        store.holds(6);
    }
}

#[test]
fn what_no_generation_gives_is_refused() {
    let mut store = Store::of(csv(), 6);
    store.keyring = test_kit::keyring();
    let text = store.protected(0..6);
    let lines: Vec<&str> = text.lines().collect();
    // The pseudonym of another row.
    let of = |line: &str| line.split(',').nth(2).unwrap().to_owned();
    let text = text.replacen(&of(lines[2]), &of(lines[3]), 1);
    store.write(&text);
    store.keyring = test_kit::keyring_of_two_generations();
    let error = store.run().unwrap_err();
    assert!(error.is_unaccounted(), "{error}");
    assert_eq!(error.line(), Some(3));
    assert_eq!(fs::read_to_string(&store.file).unwrap(), text);
}
