//! Rows of writers with another version of the schema: fields that it does not know, and other widths.

use paravent::JsonRecord;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::*;

/// Rows of a version with fields more, resealed under one without, and revealed under the one with.
fn resealed_between(numbers: &[(u8, &str)], record: &Value) -> (Protected, Protected, Value) {
    let mut keyring = Keyring::generate().unwrap();
    let more: String = numbers
        .iter()
        .map(|(number, scope)| one_more(*number, scope))
        .collect();
    let newer = policy_of(&(FIELDS.to_owned() + &more), "");
    let row = protected(&keyring, &newer, record);
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealed = resealer(&keyring, &policy()).reseal(&row).unwrap();
    let after = revealed(&keyring, &newer, &resealed);
    (row, resealed, after)
}

#[test]
fn a_field_that_the_schema_does_not_know_is_kept() {
    for number in [2, 5, 255] {
        let mut record = record();
        record["more"] = json!({ number.to_string(): "kept as it is" });
        let (row, resealed, after) = resealed_between(&[(number, "identity")], &record);
        assert_eq!(after, record, "field {number}");
        // Its group has the width of its writer's schema, the other one that of this schema.
        assert_eq!(widths(resealed.sealed()), widths(row.sealed()));
    }
}

#[test]
fn fields_of_two_groups_are_kept() {
    let mut record = record();
    record["more"] = json!({ "2": "one", "7": "", "200": "three" });
    let numbers = [(2, "identity"), (7, "care"), (200, "care")];
    let (_, _, after) = resealed_between(&numbers, &record);
    assert_eq!(after, record);
}

#[test]
fn a_group_without_such_a_field_gets_the_width_of_the_schema() {
    let (row, resealed, after) = resealed_between(&[(2, "identity")], &record());
    assert_eq!(after, record());
    assert!(widths(resealed.sealed())[0] < widths(row.sealed())[0]);
    assert_eq!(widths(resealed.sealed())[1], widths(row.sealed())[1]);
}

#[test]
fn cut_rows_keep_them_too() {
    let mut keyring = Keyring::generate().unwrap();
    let newer = policy_of(&(FIELDS.to_owned() + &one_more(5, "care")), "");
    let mut record = record();
    record["more"] = json!({ "5": "kept" });
    let row = protected(&keyring, &newer, &record);
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let cut = row.sealed().withhold(&[Scope::IDENTITY]).unwrap();
    let resealed = resealer(&keyring, &policy()).reseal_sealed(&cut).unwrap();
    let revealer = Revealer::backend(&keyring, newer.policy()).unwrap();
    let after: Value = revealer
        .only(&[Scope::CARE])
        .unwrap()
        .reveal(&resealed)
        .unwrap();
    assert_eq!(after["more"]["5"], "kept");
    assert_eq!(widths(&resealed), widths(&cut));
}

#[test]
fn a_group_gets_the_width_of_the_schema_wider_or_narrower() {
    let wide = FIELDS.replacen("width = 20", "width = 200", 1);
    let narrow = FIELDS.replacen("width = 60", "width = 28", 1);
    for (before, after) in [
        (FIELDS, wide.as_str()),
        (wide.as_str(), FIELDS),
        (FIELDS, narrow.as_str()),
        (narrow.as_str(), wide.as_str()),
    ] {
        let mut keyring = Keyring::generate().unwrap();
        let (before, after) = (policy_of(before, ""), policy_of(after, ""));
        let row = protected(&keyring, &before, &record());
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        let resealer = resealer(&keyring, &after);
        let resealed = resealer.reseal(&row).unwrap();
        let fresh = protected(&keyring, &after, &record());
        assert_eq!(widths(resealed.sealed()), widths(fresh.sealed()));
        assert_ne!(widths(resealed.sealed()), widths(row.sealed()));
        assert_eq!(revealed(&keyring, &after, &resealed), record());
        let sealed = resealer.reseal_sealed(row.sealed()).unwrap();
        assert_eq!(widths(&sealed), widths(fresh.sealed()));
        assert_eq!(revealed(&keyring, &after, &sealed), record());
    }
}

#[test]
fn a_value_that_is_wider_than_its_field_is_refused_by_its_name() {
    let narrow = FIELDS.replacen("width = 20", "width = 7", 1);
    let more = one_more(2, "identity");
    for (before, after) in [
        (FIELDS.to_owned(), narrow.clone()),
        // Also where the group keeps its length.
        (FIELDS.to_owned() + &more, narrow),
    ] {
        let mut keyring = Keyring::generate().unwrap();
        let (before, after) = (policy_of(&before, ""), policy_of(&after, ""));
        let mut record = record();
        if before.policy().schema().field("more.2").is_some() {
            record["more"] = json!({ "2": "kept" });
        }
        let protector = Protector::new(&keyring, &before).unwrap();
        let row = protector.protect(&record).unwrap();
        let cells = protector.protect_row(&record).unwrap();
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        let resealer = resealer(&keyring, &after);
        let known = |field: &&str| after.policy().schema().field(field).is_some();
        let of_cells = cells.cells().filter(|(field, _)| known(field));
        for error in [
            resealer.reseal(&row).unwrap_err(),
            resealer.reseal_sealed(row.sealed()).unwrap_err(),
            resealer.reseal_row(cells.sealed(), of_cells).unwrap_err(),
        ] {
            assert!(error.is_too_wide(), "{error}");
            assert_eq!(error.field(), Some("name"));
            assert!(!format!("{error} {error:?}").contains("Lef"));
        }
    }
}

#[test]
fn json_keeps_its_text() {
    #[derive(Deserialize)]
    struct Notes {
        notes: Box<RawValue>,
    }

    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy());
    let text = "{ \"b\":1.50,\t\"a\" : [ ] }";
    let whole = format!("{{\"name\": \"Lefèvre\", \"notes\": {text}}}");
    let record = JsonRecord::parse(&whole).unwrap();
    let protector = Protector::new(&keyring, &policy).unwrap();
    let row = protector.protect(&record).unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealed = resealer(&keyring, &policy).reseal(&row).unwrap();
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let after: Notes = revealer.reveal(&resealed).unwrap();
    assert_eq!(after.notes.get(), text);
}
