//! Which passphrases open a file.

use super::*;

#[test]
fn that_are_wrong_are_told_from_damage() {
    let text = cheap_keyring();
    for wrong in [
        "Correct horse battery staple",
        "correct horse battery staple\n",
        " correct horse battery staple",
        "correct horse battery stapl",
        "\0",
    ] {
        let wrong = Passphrase::new(wrong).unwrap();
        let error = Keyring::from_key_file(&text, &wrong).unwrap_err();
        assert!(
            error.is_wrong_passphrase() && !error.is_damaged(),
            "{error}"
        );
    }
    let real = Passphrase::new("wrong").unwrap();
    let error = Keyring::from_key_file(&KEYRING.1, &real).unwrap_err();
    assert!(error.is_wrong_passphrase(), "{error}");
}

#[test]
fn that_are_empty_are_refused() {
    let error = Passphrase::new("").unwrap_err();
    assert!(
        !error.is_wrong_passphrase() && !error.is_damaged(),
        "{error}"
    );
    assert!(error.to_string().contains("empty"));
}
