//! The row profile.

use super::*;

#[test]
fn a_row_of_cells_is_sealed_anew() {
    let mut keyring = Keyring::generate().unwrap();
    let shown = "[show.age]\nas = \"keep\"\nreason = \"a test\"\n";
    let policy = policy_of(FIELDS, shown);
    let row = Protector::new(&keyring, &policy)
        .unwrap()
        .protect_row(&record())
        .unwrap();
    let second = keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    assert!(row.sealed().stale(second));
    let resealer = resealer(&keyring, &policy);
    let resealed = resealer.reseal_row(row.sealed(), row.cells()).unwrap();
    assert!(!resealed.sealed().stale(second));
    assert_ne!(
        row.sealed().as_bytes()[8..32],
        resealed.sealed().as_bytes()[8..32]
    );
    assert_eq!(resealed.shown("age"), row.shown("age"));
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let reveal = |row: &paravent::ProtectedRow| -> Value {
        revealer.reveal_row(row.sealed(), row.cells()).unwrap()
    };
    assert_eq!(reveal(&resealed), record());
    assert_eq!(reveal(&row), record());
    for ((_, before), (_, after)) in row.cells().zip(resealed.cells()) {
        assert_eq!(before.as_bytes().len(), after.as_bytes().len());
        assert_ne!(before, after);
    }
    // Cells of one sealing are of its row alone.
    let error = revealer
        .reveal_cell::<Value>(resealed.sealed(), "name", row.cell("name").unwrap())
        .unwrap_err();
    assert!(error.is_tampered());
}

#[test]
fn cells_get_the_widths_of_the_schema() {
    let mut keyring = Keyring::generate().unwrap();
    let wide = policy_of(&FIELDS.replacen("width = 20", "width = 200", 1), "");
    for (before, after) in [(policy(), wide.clone()), (wide, policy())] {
        let protector = Protector::new(&keyring, &before).unwrap();
        let row = protector.protect_row(&record()).unwrap();
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        let resealer = resealer(&keyring, &after);
        let resealed = resealer.reseal_row(row.sealed(), row.cells()).unwrap();
        let fresh = Protector::new(&keyring, &after).unwrap();
        let fresh = fresh.protect_row(&record()).unwrap();
        for ((_, fresh), (_, after)) in fresh.cells().zip(resealed.cells()) {
            assert_eq!(fresh.as_bytes().len(), after.as_bytes().len());
        }
    }
}

#[test]
fn cells_that_are_missing_twice_foreign_or_changed_are_refused() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let protector = Protector::new(&keyring, &policy).unwrap();
    let row = protector.protect_row(&record()).unwrap();
    let other = protector.protect_row(&record()).unwrap();
    let name = row.cell("name").unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    let reseal = |cells: Vec<(&str, &paravent::SealedCell)>| {
        resealer.reseal_row(row.sealed(), cells).unwrap_err()
    };
    let missing = reseal(row.cells().skip(1).collect());
    assert!(missing.is_missing_scope());
    assert_eq!(missing.field(), Some("name"));
    let twice = reseal(row.cells().chain([("name", name)]).collect());
    assert!(twice.is_duplicate_field());
    let unknown = reseal(row.cells().chain([("nobody", name)]).collect());
    assert!(unknown.is_misuse());
    let swapped = row
        .cells()
        .map(|(field, cell)| match field {
            "name" => (field, other.cell("name").unwrap()),
            _ => (field, cell),
        })
        .collect();
    let swapped = reseal(swapped);
    assert!(swapped.is_tampered());
    assert_eq!(swapped.field(), Some("name"));
}
