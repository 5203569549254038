//! What stands beside the seal.

use super::*;

const SHOWING: &str = r#"
    [show.age]
    as = "keep"
    reason = "a test"
    [pseudonym.patient]
    of = ["name"]
    reason = "a test"
    [index.by_name]
    of = ["name"]
    bits = 4
    distinct = 200
    reason = "a test"
    [holds]
    rows = 9_000
    subjects = 9_000
"#;

#[test]
fn what_is_shown_is_made_anew_under_the_live_generation() {
    // Equal roots, so that rows of one open with the other; the second has a newer generation live.
    let (first, second) = (test_kit::keyring(), test_kit::keyring_of_two_generations());
    let policy = policy_of(FIELDS, SHOWING);
    let row = protected(&first, &policy, &record());
    let fresh = protected(&second, &policy, &record());
    assert_ne!(row.pseudonym("patient"), fresh.pseudonym("patient"));
    let resealed = resealer(&second, &policy).reseal(&row).unwrap();
    assert_eq!(resealed.shown("age"), fresh.shown("age"));
    assert_eq!(resealed.pseudonym("patient"), fresh.pseudonym("patient"));
    assert_eq!(resealed.index("by_name"), fresh.index("by_name"));

    // What stood beside the seal is not looked at, and does not stay.
    let mut text = serde_json::to_value(&row).unwrap();
    text["age"] = 99.into();
    text["patient"] = "t1.aaaaaaaaaaaaaaaaaaaaaaaaaa".into();
    let parsed: Protected = serde_json::from_value(text).unwrap();
    let resealed = resealer(&second, &policy).reseal(&parsed).unwrap();
    assert_eq!(resealed.shown("age"), fresh.shown("age"));
    assert_eq!(resealed.pseudonym("patient"), fresh.pseudonym("patient"));
}

#[test]
fn a_row_is_shown_as_the_policy_says_now() {
    let mut keyring = Keyring::generate().unwrap();
    let (before, after) = (policy(), policy_of(FIELDS, SHOWING));
    let row = protected(&keyring, &before, &record());
    assert_eq!(row.shown("age"), None);
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealed = resealer(&keyring, &after).reseal(&row).unwrap();
    let fresh = protected(&keyring, &after, &record());
    assert_eq!(resealed.shown("age"), fresh.shown("age"));
    assert_eq!(resealed.pseudonym("patient"), fresh.pseudonym("patient"));
}
