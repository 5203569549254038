//! What comes back.

use super::*;

#[test]
fn of_a_keyring_keeps_every_epoch_and_pseudonym() {
    let (keyring, text) = &*KEYRING;
    let loaded = super::keyring(text).unwrap();
    assert!(loaded.epochs().eq(keyring.epochs()));
    assert_eq!(loaded.active_epoch(), Epoch::new(3).unwrap());
    assert_eq!(loaded.generation(), keyring.generation());
    let (row, again) = (protect(keyring), protect(&loaded));
    assert_eq!(row.pseudonym("patient"), again.pseudonym("patient"));
    for (keyring, row) in [(keyring, &again), (&loaded, &row)] {
        let revealer = Revealer::backend(keyring, policy().policy()).unwrap();
        assert_eq!(revealer.reveal::<Appointment>(row).unwrap(), appointment());
    }
}

#[test]
fn of_a_grant_keeps_its_scopes_in_every_epoch() {
    let (keyring, _) = &*KEYRING;
    let grant = keyring.grant(&policy()).unwrap();
    let text = grant.to_key_file(&passphrase()).unwrap();
    let loaded = Grant::from_key_file(&text, &passphrase()).unwrap();
    assert_eq!(loaded.domain(), grant.domain());
    assert_eq!(loaded.policy_digest(), grant.policy_digest());
    assert_eq!(loaded.scopes(), [Scope::CONTACT, Scope::CARE]);
    assert_eq!(loaded.epochs(), grant.epochs());
    let revealer = Revealer::new(&loaded, policy().policy()).unwrap();
    let revealed: serde_json::Value = revealer.reveal(&protect(keyring)).unwrap();
    assert_eq!(revealed["specialty"], "Dermatologie");
    assert_eq!(revealed.get("last_name"), None);

    // 3 epochs, 2 scopes; the domain and two digests; and no room for another key.
    assert_eq!(
        split(&text).1.len(),
        HEAD + (1 + 10 + 32 + 32 + 2 + 6 * 37) + 16
    );
    assert!(
        refused(&text)
            .to_string()
            .contains("does not hold a keyring")
    );
}

#[test]
fn is_one_line_that_never_comes_twice() {
    let (keyring, text) = &*KEYRING;
    let again = keyring.to_key_file(&passphrase()).unwrap();
    for text in [text, &again] {
        assert!(text.starts_with("paravent-keyring-2.") && text.ends_with('\n'));
        assert_eq!(text.lines().count(), 1);
        assert!(text.is_ascii());
    }
    let ([first, second], parts) = (
        [text, &again].map(|text| split(text).1),
        [12..28, 28..60, 60..84, 84..200],
    );
    for part in parts {
        assert_ne!(first[part.clone()], second[part.clone()], "{part:?}");
    }
}

#[test]
fn is_of_the_form_that_the_documentation_draws() {
    let (_, text) = &*KEYRING;
    let payload = open(text);
    assert_eq!(payload.len(), 2 + 3 * 45 + 2 + 36 + 32);
    // Three epochs; the first opens, began on no day that is known, and ended on 2026-11-24.
    assert_eq!(
        payload[..15],
        [0, 3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x07, 0xEA, 11, 24]
    );
    let loaded = keyring(&forge_version("keyring", 2, CHEAP, &payload)).unwrap();
    assert_eq!(
        protect(&loaded).pseudonym("patient"),
        protect(&KEYRING.0).pseudonym("patient")
    );
    assert_eq!(keyring(&cheap_keyring()).unwrap().epochs().count(), 2);
}
