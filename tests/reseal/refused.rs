//! Rows that do not open, and what is then as it was.

use super::*;

/// What becomes of a row in each way that there is; it must be one kind of error.
fn refused(resealer: &Resealer, row: &SealedRecord) -> Error {
    let whole = resealer.reseal(row).unwrap_err();
    let sealed = resealer.reseal_sealed(row).unwrap_err();
    assert_eq!(whole.code(), sealed.code());
    for error in [&whole, &sealed] {
        let told = format!("{error} {error:?}");
        assert!(!told.contains("Lef") && !told.contains("34"), "{told}");
    }
    whole
}

fn changed(row: &SealedRecord, change: impl FnOnce(&mut Vec<u8>)) -> SealedRecord {
    let mut bytes = row.as_bytes().to_vec();
    change(&mut bytes);
    SealedRecord::from_bytes(bytes).unwrap()
}

#[test]
fn what_does_not_open_is_not_resealed() {
    let (mut keyring, policy) = (test_kit::keyring(), policy());
    let row = protected(&keyring, &policy, &record());
    let row = row.sealed();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let of = |keyring: &Keyring| resealer(keyring, &policy);
    let resealer = of(&keyring);

    let other = Keyring::generate().unwrap();
    assert!(refused(&of(&other), row).is_wrong_key());
    // The epoch that the row was sealed under is another one's.
    assert!(refused(&resealer, &changed(row, |bytes| bytes[7] = 2)).is_wrong_key());
    assert!(refused(&resealer, &changed(row, |bytes| bytes[7] = 9)).is_unknown_epoch());
    let last = row.as_bytes().len() - 1;
    assert!(refused(&resealer, &changed(row, |bytes| bytes[last] ^= 1)).is_tampered());
    assert!(refused(&resealer, &changed(row, |bytes| bytes[60] ^= 1)).is_tampered());
    assert!(refused(&resealer, &changed(row, |bytes| bytes[3] = 1)).is_other_policy());
    assert!(refused(&resealer, &changed(row, |bytes| bytes[32] = 2)).code() != "io");

    // A scope that the schema lacks.
    let more = policy_of(&(FIELDS.to_owned() + &one_more(9, "contact")), "");
    let wider = protected(&keyring, &more, &record());
    assert!(refused(&resealer, wider.sealed()).is_other_schema());
    // A field of the other scope, by the same number.
    let moved = FIELDS.replacen("number = 3", "number = 5", 1) + &one_more(3, "care");
    let moved = policy_of(&moved, "");
    let mut record = record();
    record["more"] = json!({ "3": "x" });
    let moved = protected(&keyring, &moved, &record);
    assert!(refused(&resealer, moved.sealed()).is_plaintext());
}

#[test]
fn after_an_error_what_was_there_is_as_it_was() {
    let mut keyring = Keyring::generate().unwrap();
    let pseudonym = "[pseudonym.patient]\nof = [\"name\", \"reason\"]\nreason = \"a test\"\n";
    let (plain, policy) = (policy(), policy_of(FIELDS, pseudonym));
    let mut record = record();
    // No pseudonym is made of an empty value.
    let row = protected(&keyring, &plain, &record);
    record["reason"] = "x".into();
    let mut into = protected(&keyring, &policy, &record);
    let was = into.clone();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = resealer(&keyring, &policy);
    let error = resealer.reseal_into(&row, &mut into).unwrap_err();
    assert!(error.is_record(), "{error}");
    assert_eq!(error.field(), Some("reason"));
    let bad = changed(row.sealed(), |bytes| bytes[60] ^= 1);
    assert!(resealer.reseal_into(&bad, &mut into).is_err());
    assert_eq!(into, was);
    // It needs nothing that is shown.
    assert!(resealer.reseal_sealed(row.sealed()).is_ok());
}

#[test]
fn a_field_that_became_required_does_not_keep_rows_from_being_resealed() {
    let mut keyring = Keyring::generate().unwrap();
    let row = protected(&keyring, &policy(), &json!({ "name": "Lefèvre" }));
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let strict = policy_of(&FIELDS.replace("optional = true", "optional = false"), "");
    let resealed = resealer(&keyring, &strict).reseal(&row).unwrap();
    assert_eq!(
        revealed(&keyring, &policy(), &resealed),
        json!({ "name": "Lefèvre" })
    );
}
