//! Files of a forger, who knows the form and how to make a checksum; at worst also the passphrase.

use super::*;

#[test]
fn heads_and_seals() {
    let cheap = cheap_keyring();
    let (prefix, body) = split(&cheap);
    for at in 12..body.len() {
        let mut changed = body.clone();
        changed[at] ^= 1;
        let error = refused(&text(prefix, &changed));
        // The salt and the commitment; then the nonce, the ciphertext and its tag.
        if at < 60 {
            assert!(error.is_wrong_passphrase(), "{at}: {error}");
        } else {
            damaged(&error, "its tag does not hold");
        }
    }
    for cost in [(9, 1, 1), (8, 2, 1), (16, 1, 2)] {
        let error = refused(&text(
            prefix,
            &[print_cost(cost), body[12..].to_vec()].concat(),
        ));
        assert!(error.is_wrong_passphrase(), "{cost:?}: {error}");
    }
    // What was sealed as a grant is no keyring under another first word.
    let grant = forge("grant", CHEAP, &roots(1, &[1], 1, &[1]));
    let (_, grant) = split(&grant);
    let error = refused(&text("paravent-keyring-1.", &grant));
    damaged(&error, "its tag does not hold");
}

#[test]
fn keyrings_that_are_not_of_the_form() {
    let good = roots(2, &[1, 2], 3, &[3]);
    keyring(&forge("keyring", CHEAP, &good)).unwrap();
    let cut = (0..good.len()).map(|length| good[..length].to_vec());
    let up_to = |last: u32| (1..=last).collect::<Vec<_>>();
    let most = roots(1_200, &up_to(1_200), 1_200, &up_to(1_200));
    keyring(&forge("keyring", CHEAP, &most)).unwrap();
    let others = [
        roots(1_201, &up_to(1_201), 1, &[1]),
        roots(1, &[1], 1_201, &up_to(1_201)),
        [&good[..], &[0]].concat(),
        roots(1, &[0, 1], 1, &[1]),
        roots(0, &[1], 1, &[1]),
        roots(1, &[1, 0], 1, &[1]),
        roots(1, &[1, 1], 1, &[1]),
        roots(1, &[1], 0, &[0]),
        roots(1, &[1], 2, &[1]),
        roots(1, &[1], 1, &[]),
    ];
    for payload in cut.chain(others) {
        let error = refused(&forge("keyring", CHEAP, &payload));
        damaged(&error, "its contents are not of the form");
    }
}

#[test]
fn keyrings_of_version_2_that_are_not_of_the_form() {
    let forge = |payload: &[u8]| forge_version("keyring", 2, CHEAP, payload);
    let good = states(&[(1, 4), (2, 3), (5, 2), (6, 1)], &[2, 3]);
    let loaded = keyring(&forge(&good)).unwrap();
    let found: Vec<_> = loaded.epoch_infos().map(|info| info.state).collect();
    use paravent::EpochState::*;
    assert_eq!(found, [Destroyed, Disabled, DecryptOnly, Active]);
    assert_eq!(
        loaded.epochs().map(Epoch::number).collect::<Vec<_>>(),
        [5, 6]
    );
    assert_eq!(loaded.generation().number(), 3);

    let cut = (0..good.len()).map(|length| good[..length].to_vec());
    let changed = |at: usize, to: u8| {
        let mut changed = good.clone();
        changed[at] = to;
        changed
    };
    let others = [
        [&good[..], &[0]].concat(),
        states(&[(0, 2), (1, 1)], &[1]),
        states(&[(1, 2), (1, 1)], &[1]),
        states(&[(1, 0), (2, 1)], &[1]),
        states(&[(1, 5), (2, 1)], &[1]),
        states(&[(1, 1)], &[]),
        states(&[(1, 1)], &[0]),
        states(&[(1, 1)], &[1, 1]),
        // A root of an epoch that was destroyed; a day that there is not.
        changed(2 + 13, 7),
        changed(2 + 5, 1),
        changed(2 + 7, 13),
    ];
    for payload in cut.chain(others) {
        damaged(
            &refused(&forge(&payload)),
            "its contents are not of the form",
        );
    }
}

#[test]
fn keyrings_whose_active_epoch_is_none_two_or_an_older_one() {
    let version_2 = |payload: Vec<u8>| forge_version("keyring", 2, CHEAP, &payload);
    for (file, message) in [
        (version_2(states(&[], &[1])), "has no active epoch"),
        (
            version_2(states(&[(1, 2), (2, 3)], &[1])),
            "has no active epoch",
        ),
        (
            version_2(states(&[(1, 1), (2, 1)], &[1])),
            "has more than one active epoch",
        ),
        (version_2(states(&[(1, 1), (2, 2)], &[1])), "goes back"),
        (version_2(states(&[(1, 1), (2, 4)], &[1])), "goes back"),
        (
            forge("keyring", CHEAP, &roots(3, &[1, 2], 1, &[1])),
            "has no active epoch",
        ),
        (
            forge("keyring", CHEAP, &roots(1, &[], 1, &[1])),
            "has no active epoch",
        ),
        (
            forge("keyring", CHEAP, &roots(1, &[1, 2], 1, &[1])),
            "goes back",
        ),
        (
            forge("keyring", CHEAP, &roots(1, &[1], 1, &[1, 2])),
            "goes back",
        ),
    ] {
        damaged(&refused(&file), message);
    }
}

#[test]
fn grants_that_are_not_of_the_form() {
    let grant = |domain: &str, keys: &[(u32, u8)], claimed: u16| {
        let payload = grant_payload(domain, keys, claimed);
        Grant::from_key_file(&forge("grant", CHEAP, &payload), &passphrase())
    };
    let good = grant("sms", &[(1, 16), (1, 63), (2, 16), (2, 63)], 4).unwrap();
    assert_eq!(good.domain().as_str(), "sms");
    assert_eq!((good.epochs().len(), good.scopes().len()), (2, 2));
    for (domain, keys, claimed) in [
        ("", &[(1, 2)][..], 1),
        ("SMS", &[(1, 2)], 1),
        ("é", &[(1, 2)], 1),
        (&"a".repeat(65), &[(1, 2)], 1),
        ("sms", &[(0, 2)], 1),
        ("sms", &[(1, 0)], 1),
        ("sms", &[(1, 5)], 1),
        ("sms", &[(1, 64)], 1),
        ("sms", &[], 0),
        ("sms", &[(1, 2), (1, 3), (2, 2)], 3),
        ("sms", &[(1, 2)], 0),
        ("sms", &[(1, 2)], 2),
        ("sms", &[(1, 2)], u16::MAX),
    ] {
        let error = grant(domain, keys, claimed).unwrap_err();
        assert!(error.is_damaged(), "{domain}, {keys:?}, {claimed}: {error}");
    }
}

#[cfg(feature = "broker")]
#[test]
fn shares_that_are_not_of_the_form() {
    use paravent::Share;

    let payload = |domain: &str, release: &str, holder: &str, place: u8| {
        let texts =
            [domain, release, holder].map(|text| [&[text.len() as u8], text.as_bytes()].concat());
        [&[7; 16][..], &texts.concat(), &[place], &[9; 32]].concat()
    };
    let share =
        |payload: &[u8]| Share::from_key_file(&forge("share", CHEAP, payload), &passphrase());
    let long = "é".repeat(100);
    let good = payload("sms", "contact", &long, 16);
    let loaded = share(&good).unwrap();
    assert_eq!((loaded.release(), loaded.holder()), ("contact", &*long));
    assert_eq!(loaded.split_id(), &[7; 16]);
    share(&payload("sms", "contact", "Zoé", 1)).unwrap();

    let cut = (0..good.len()).map(|length| good[..length].to_vec());
    let others = [
        [&good[..], &[0]].concat(),
        payload("", "contact", "Zoé", 1),
        payload("SMS", "contact", "Zoé", 1),
        payload("sms", "", "Zoé", 1),
        payload("sms", "Contact", "Zoé", 1),
        payload("sms", &"a".repeat(65), "Zoé", 1),
        payload("sms", "contact", "", 1),
        payload("sms", "contact", " ", 1),
        payload("sms", "contact", "a\nb", 1),
        payload("sms", "contact", &"a".repeat(201), 1),
        // At 0 the share would be the key itself.
        payload("sms", "contact", "Zoé", 0),
        payload("sms", "contact", "Zoé", 17),
        payload("sms", "contact", "Zoé", 255),
    ];
    for payload in cut.chain(others) {
        damaged(
            &share(&payload).unwrap_err(),
            "its contents are not of the form",
        );
    }
}
