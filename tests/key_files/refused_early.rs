//! What is refused before it may cost what opening a file costs.

use super::*;

/// Runs `checks`, of which each would take a tenth of a second and more if it stretched the passphrase.
fn quickly(checks: impl FnOnce() -> usize) {
    LazyLock::force(&KEYRING);
    let start = Instant::now();
    let count = checks();
    let elapsed = start.elapsed();
    assert!(
        count > 0 && elapsed < Duration::from_millis(20) * count as u32 + Duration::from_secs(1),
        "{count}: {elapsed:?}"
    );
}

#[test]
fn every_bit_that_is_flipped() {
    let (_, text) = &*KEYRING;
    quickly(|| {
        let mut count = 0;
        for (at, bit) in (0..text.len()).flat_map(|at| (0..7).map(move |bit| (at, bit))) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            let Err(error) = keyring(&flipped).map(drop) else {
                panic!("byte {at}, bit {bit}: opens");
            };
            assert!(
                !error.is_wrong_passphrase(),
                "byte {at}, bit {bit}: {error}"
            );
            if at > "paravent-keyring-1".len() {
                assert!(error.is_damaged(), "byte {at}, bit {bit}: {error}");
            }
            count += 1;
        }
        count
    });
}

#[test]
fn every_cut_and_extension() {
    let (_, text) = &*KEYRING;
    let text = text.trim_end();
    quickly(|| {
        for length in 0..text.len() {
            let error = refused(&text[..length]);
            assert!(error.is_damaged(), "{length}: {error}");
        }
        let more = ["A", "=", " ", "\n\n", "AAAA", "\r", "\n ", "\0"];
        for more in more {
            let ends = if more == "\r" {
                format!("{text}\r\r\n")
            } else {
                format!("{text}{more}")
            };
            let error = refused(&ends);
            assert!(error.is_damaged(), "{more:?}: {error}");
            let error = refused(&format!("{more}{text}"));
            assert!(error.is_damaged(), "{more:?}: {error}");
        }
        let error = refused(&format!("{text}\n{text}\n"));
        assert!(error.is_damaged(), "{error}");
        text.len() + 2 * more.len() + 1
    });
}

#[test]
fn what_is_cut_though_its_checksum_holds() {
    let (prefix, body) = split(&KEYRING.1);
    quickly(|| {
        for length in 0..HEAD + 16 {
            let error = refused(&text(prefix, &body[..length]));
            damaged(&error, "it is cut");
        }
        HEAD + 16
    });
}

#[test]
fn hostile_costs() {
    let (prefix, body) = split(&KEYRING.1);
    let max = u32::MAX;
    let costs = [
        (max, 3, 4),
        (1024 * 1024 + 1, 3, 4),
        (64 * 1024, max, 4),
        (64 * 1024, 17, 4),
        (64 * 1024, 0, 4),
        (64 * 1024, 3, max),
        (64 * 1024, 3, 17),
        (64 * 1024, 3, 0),
        (0, 3, 4),
        (31, 3, 4),
        (max, max, max),
        (1 << 31, 1, 1 << 29),
    ];
    quickly(|| {
        for cost in costs {
            let error = refused(&text(
                prefix,
                &[print_cost(cost), body[12..].to_vec()].concat(),
            ));
            assert!(error.is_damaged(), "{cost:?}: {error}");
            assert!(
                error.advice().contains("never writes such parameters"),
                "{cost:?}: {error}"
            );
        }
        costs.len()
    });
}

#[test]
fn what_is_not_a_key_file() {
    let (_, text) = &*KEYRING;
    let encoded = text.split_once('.').unwrap().1;
    for (other, damaged, message) in [
        ("", true, "this is not a key file"),
        ("\n", true, "this is not a key file"),
        ("paravent", true, "this is not a key file"),
        ("paravent-", true, "this is not a key file"),
        ("paravent-keyring-1", true, "this is not a key file"),
        ("paravent-keyring.AAAA", true, "this is not a key file"),
        ("paravent-keyring-one.AAAA", true, "this is not a key file"),
        ("paravent-keyring-0.AAAA", true, "this is not a key file"),
        ("paravent-keyring-.AAAA", true, "this is not a key file"),
        (
            "-----BEGIN PRIVATE KEY-----",
            true,
            "this is not a key file",
        ),
        ("age-encryption.org/v1", true, "this is not a key file"),
        (&format!("\u{feff}{text}"), true, "this is not a key file"),
        (&format!(" {text}"), true, "this is not a key file"),
        (&text.to_uppercase(), true, "this is not a key file"),
        (
            &format!(
                "paravent-keyring-1.{}",
                encoded.replacen(|c: char| c.is_ascii_digit(), " ", 1)
            ),
            true,
            "not base64url",
        ),
        (
            &format!("paravent-keyring-1.{}==", encoded.trim_end()),
            true,
            "not base64url",
        ),
        ("paravent-keyring-1.", true, "it is cut"),
        ("paravent-keyring-1.AAAA", true, "it is cut"),
        (
            &format!("paravent-grant-1.{encoded}"),
            false,
            "does not hold a keyring",
        ),
        (
            &format!("paravent-grant-2.{encoded}"),
            false,
            "does not hold a keyring",
        ),
        (
            &format!("paravent-broker-1.{encoded}"),
            false,
            "does not hold a keyring",
        ),
        (
            &format!("paravent--1.{encoded}"),
            false,
            "does not hold a keyring",
        ),
    ] {
        let error = refused(other);
        assert_eq!(error.is_damaged(), damaged, "{other:.30}: {error}");
        assert!(error.to_string().contains(message), "{other:.30}: {error}");
        assert!(
            !error.is_newer_version() && !error.is_wrong_passphrase(),
            "{error}"
        );
    }
    let error = Grant::from_key_file(text, &passphrase()).unwrap_err();
    assert!(
        error.to_string().contains("does not hold a grant"),
        "{error}"
    );
}

#[test]
fn newer_versions() {
    let encoded = KEYRING.1.split_once('.').unwrap().1;
    for newer in [
        "keyring-3",
        "keyring-10",
        "keyring-4294967295",
        "grant-3",
        "k-y-ring-2",
    ] {
        for body in [encoded, "", "whatever the next version is"] {
            let error = refused(&format!("paravent-{newer}.{body}"));
            assert!(
                error.is_newer_version() && !error.is_damaged(),
                "{newer}: {error}"
            );
        }
    }
}

#[test]
fn a_version_that_is_not_written_as_this_crate_writes_it() {
    let text = cheap_keyring();
    for version in ["01", "+1", "0000000001"] {
        let other = text.replace("-1.", &format!("-{version}."));
        let Err(error) = keyring(&other).map(drop) else {
            panic!("version {version} opens");
        };
        assert!(error.is_damaged(), "{version}: {error}");
    }
}

#[test]
fn another_base64_of_the_same_bytes() {
    let text = forge("grant", CHEAP, &grant_payload("sms", &[(1, 2)], 1));
    let open = |text: &str| Grant::from_key_file(text, &passphrase()).map(drop);
    open(&text).unwrap();
    // With the checksum's 8 bytes, the last character holds 2 bits that are no data.
    assert_eq!((split(&text).1.len() + 8) % 3, 2);
    let (body, last) = text.trim_end().split_at(text.len() - 2);
    let symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = symbols.find(last).unwrap();
    for other in at + 1..at + 4 {
        let error = open(&format!("{body}{}", &symbols[other..=other])).unwrap_err();
        damaged(&error, "not base64url");
    }
}
