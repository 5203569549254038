//! What key files tell without their passphrase.

use std::fs;

use paravent::{Inspected, Keyring, Passphrase, Result};

fn inspect(text: &str) -> Result<Inspected> {
    text.parse()
}

#[test]
fn a_key_file_is_told_by_its_text_alone() {
    let keyring = fs::read_to_string("tests/data/compat/v1/keyring.key").unwrap();
    assert_eq!(
        inspect(&keyring).unwrap().to_string(),
        "a key file: a keyring, version 1, its passphrase stretched by Argon2id in 64 MiB, 3 passes, 4 lanes"
    );
    let grant = fs::read_to_string("tests/data/compat/v1-term/grant.key").unwrap();
    assert_eq!(
        inspect(&grant).unwrap().to_string(),
        "a key file: a grant, version 2, its passphrase stretched by Argon2id in 64 MiB, 3 passes, 4 lanes"
    );

    let passphrase = Passphrase::new("correct horse battery staple").unwrap();
    let now = Keyring::generate().unwrap().to_key_file(&passphrase);
    assert_eq!(
        inspect(&now.unwrap()).unwrap().to_string(),
        "a key file: a keyring, version 2, its passphrase stretched by Argon2id in 48 MiB, 6 passes, 4 lanes"
    );

    let cut = &grant.trim_end()[..grant.len() - 4];
    assert!(inspect(cut).is_err_and(|error| error.is_damaged()));
    assert!(inspect(&grant.replacen("-2.", "-9.", 1)).is_err_and(|error| error.is_newer_version()));
    for text in [
        "paravent-",
        "paravent-ring-1.AAAA",
        "paravent-grant-01.AAAA",
    ] {
        assert!(
            inspect(text).is_err_and(|error| error.is_damaged()),
            "{text:?}"
        );
    }
}
