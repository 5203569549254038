//! Grants that no person opens alone: any two shares open one, and all else is refused by an error of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, sync::LazyLock};

use accepted::accepted;
use paravent::{
    Appointment, Binding, CheckedPolicy, Epoch, Error, Grant, Keyring, Passphrase, Protector,
    RecordId, Revealer, Schema, Scope, Share, SplitGrant,
};
use proptest::prelude::*;

#[path = "../common/accepted.rs"]
mod accepted;

const HOLDERS: [&str; 5] = ["Zoé", "first desk", "second desk", "night desk", "officer"];

/// Two keyrings are alike in their policy.
struct Desk {
    keyring: Keyring,
    policy: CheckedPolicy,
    split: SplitGrant,
}

static DESK: LazyLock<Desk> = LazyLock::new(|| {
    let mut keyring = Keyring::generate().unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let policy = policy("support-desk");
    let split = keyring.split_release(&policy, "contact", &HOLDERS).unwrap();
    Desk {
        keyring,
        policy,
        split,
    }
});

/// Of one scope and of one field by two persons, and of one scope by one.
fn policy(domain: &str) -> CheckedPolicy {
    let release = |name: &str, two: &str| {
        format!(
            "[release.{name}]\nreason = \"x\"\npurposes = [\"call back\"]\nper_hour = 1\ndetect_hours = 1\n{two}\n"
        )
    };
    let text = format!(
        "domain = \"{domain}\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n{}{}{}",
        release("contact", "two_persons = true"),
        release("last_name", "two_persons = true"),
        release("schedule", ""),
    );
    accepted(&text, &Schema::appointment()).unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple").unwrap()
}

fn open(file: &str, first: &Share, second: &Share) -> Result<Grant, Error> {
    Grant::from_shares(file, first, second)
}

/// A share as another process has it.
fn copy(share: &Share) -> Share {
    Share::from_key_file(&share.to_key_file(&passphrase()).unwrap(), &passphrase()).unwrap()
}

#[test]
fn any_two_of_five_open_it() {
    let (file, shares) = (DESK.split.key_file(), DESK.split.shares());
    assert!(shares.iter().map(Share::holder).eq(HOLDERS));
    for (number, first) in shares.iter().enumerate() {
        for second in &shares[number + 1..] {
            let grant = open(file, first, second).unwrap();
            assert_eq!(grant.scopes(), [Scope::CONTACT]);
            assert_eq!(grant.domain(), DESK.policy.policy().domain());
            assert_eq!(grant.policy_digest(), DESK.policy.policy().digest());
            assert_eq!(grant.epochs(), [Epoch::FIRST, Epoch::new(2).unwrap()]);
        }
    }
    // In any order.
    open(file, &shares[4], &shares[0]).unwrap();
}

#[test]
fn it_reveals_its_scope_and_no_other() {
    let appointment = Appointment {
        last_name: "Lefèvre".into(),
        phone: Some("06 39 98 12 34".into()),
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Appointment::default()
    };
    let binding = Binding::record(RecordId::new("rdv-1").unwrap());
    let protector = Protector::new(&DESK.keyring, &DESK.policy).unwrap();
    let row = protector.bind(binding).protect(&appointment).unwrap();
    let revealed = |grant: &Grant| -> serde_json::Value {
        let revealer = Revealer::new(grant, DESK.policy.policy()).unwrap();
        revealer.bind(binding).reveal(&row).unwrap()
    };
    let [first, second, ..] = DESK.split.shares() else {
        panic!("there are five");
    };
    let contact = revealed(&open(DESK.split.key_file(), first, second).unwrap());
    assert_eq!(contact["phone"], "06 39 98 12 34");
    assert_eq!(contact.get("last_name"), None);

    // Of a field: its scope.
    let holders = ["first desk", "second desk"];
    let split = DESK
        .keyring
        .split_release(&DESK.policy, "last_name", &holders)
        .unwrap();
    let [first, second] = split.shares() else {
        panic!("there are two");
    };
    assert_eq!(first.release(), "last_name");
    let identity = revealed(&open(split.key_file(), first, second).unwrap());
    assert_eq!(identity["last_name"], "Lefèvre");
    assert_eq!(identity.get("phone"), None);
}

#[test]
fn the_file_is_an_ordinary_one_whose_passphrase_nobody_has() {
    let file = DESK.split.key_file();
    assert!(file.starts_with("paravent-grant-1.") && file.ends_with('\n'));
    let error = Grant::from_key_file(file, &passphrase()).unwrap_err();
    assert!(error.is_wrong_passphrase());
}

#[test]
fn a_share_comes_back_from_its_file() {
    let share = &DESK.split.shares()[0];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zoe.share");
    share.save(&path, &passphrase()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("paravent-share-1.") && text.ends_with('\n'));
    let loaded = Share::load(&path, &passphrase()).unwrap();
    assert_eq!(loaded.holder(), "Zoé");
    assert_eq!(loaded.domain().as_str(), "support-desk");
    assert_eq!(loaded.release(), "contact");
    assert_eq!(loaded.split_id(), share.split_id());
    open(DESK.split.key_file(), &loaded, &DESK.split.shares()[3]).unwrap();

    let wrong = Passphrase::new("another one").unwrap();
    let error = Share::from_key_file(&text, &wrong).unwrap_err();
    assert!(error.is_wrong_passphrase());
    // Never over another file.
    let error = share.save(&path, &passphrase()).unwrap_err();
    assert_eq!(error.code(), "file-exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // A share is no grant, and a grant no share.
    let error = Grant::from_key_file(&text, &passphrase()).unwrap_err();
    assert_eq!((error.code(), error.is_misuse()), ("key-file-holds", true));
    let error = Share::from_key_file(DESK.split.key_file(), &passphrase()).unwrap_err();
    assert_eq!(error.code(), "key-file-holds");
    let newer = text.replace("paravent-share-1.", "paravent-share-2.");
    let error = Share::from_key_file(&newer, &passphrase()).unwrap_err();
    assert!(error.is_newer_version());
}

#[test]
fn what_does_not_go_together_is_told_apart() {
    let Desk {
        keyring,
        policy,
        split,
    } = &*DESK;
    let other = keyring.split_release(policy, "contact", &HOLDERS).unwrap();
    let ([ours, also_ours, ..], [theirs, also_theirs, ..]) = (split.shares(), other.shares())
    else {
        panic!("there are five");
    };
    assert_ne!(ours.split_id(), theirs.split_id());
    let refused = |file: &str, first: &Share, second: &Share| {
        let error = open(file, first, second).unwrap_err();
        assert!(error.is_share(), "{error}");
        error.code()
    };
    let (file, other_file) = (split.key_file(), other.key_file());
    assert_eq!(refused(file, ours, theirs), "other-split");
    assert_eq!(refused(file, ours, also_theirs), "other-split");
    assert_eq!(refused(file, ours, ours), "same-share");
    assert_eq!(refused(file, ours, &copy(ours)), "same-share");
    assert_eq!(refused(other_file, ours, also_ours), "shares-of-other");
    assert_eq!(refused(file, theirs, also_theirs), "shares-of-other");
    let grant = keyring
        .split_release(policy, "last_name", &HOLDERS)
        .unwrap();
    assert_eq!(
        refused(grant.key_file(), ours, also_ours),
        "shares-of-other"
    );
    // Before the file is looked at, and then what it is.
    assert_eq!(refused("", ours, ours), "same-share");
    let error = open("", ours, also_ours).unwrap_err();
    assert!(error.is_damaged() && !error.is_share());
    let keyring = keyring.to_key_file(&passphrase()).unwrap();
    assert_eq!(
        open(&keyring, ours, also_ours).unwrap_err().code(),
        "key-file-holds"
    );
}

#[test]
fn what_cannot_be_split_is_refused() {
    let split = |name: &str, holders: &[&str]| {
        let error = DESK.keyring.split_release(&DESK.policy, name, holders);
        error.err().map_or(String::new(), |error| error.to_string())
    };
    let two = ["a", "b"];
    assert_eq!(split("contact", &two), "");
    assert_eq!(
        split("care", &two),
        "the policy has no release \"care\"; use a name of the policy"
    );
    assert_eq!(
        split("schedule", &two),
        "release \"schedule\" takes one person, so there is nothing to share; set `two_persons = true` for it in the policy"
    );
    let advice =
        "give 2 to 16 people or offices, each by a name of its own: one line of 1 to 200 bytes";
    let names: Vec<String> = (0..17).map(|number| format!("h{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for count in [0, 1, 17] {
        assert_eq!(
            split("contact", &names[..count]),
            format!("the number of holders is {count}, not 2 to 16; {advice}")
        );
    }
    assert_eq!(split("contact", &names[..16]), "");
    for twice in [
        ["a", "b", "a"],
        ["A. Martin", "b", "a.  martin "],
        ["Zoé", "b", "ZOÉ"],
    ] {
        assert_eq!(
            split("contact", &twice),
            format!("one holder is there twice; {advice}")
        );
    }
    let long = "x".repeat(201);
    for bad in ["", " ", "a\nb", "a\u{2028}b", "a\u{378}", &long] {
        assert_eq!(
            split("contact", &["a", bad]),
            format!("a holder's name is not a name; {advice}")
        );
    }
    assert_eq!(split("contact", &["a", &long[1..]]), "");
}

#[test]
fn nothing_of_a_share_is_printed() {
    assert_eq!(
        format!("{:?}", DESK.split.shares()[1]),
        "Share { domain: Domain(\"support-desk\"), release: \"contact\", holder: \"first desk\", .. }"
    );
    let split = format!("{:?}", DESK.split);
    assert!(
        split.starts_with("SplitGrant { shares: [Share {"),
        "{split}"
    );
    assert!(!split.contains("paravent-grant"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A checksum stands before the passphrase is stretched, so that this costs nothing.
    #[test]
    fn a_damaged_file_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        static FILE: LazyLock<String> =
            LazyLock::new(|| DESK.split.shares()[0].to_key_file(&passphrase()).unwrap());
        let mut bytes = FILE.as_bytes().to_vec();
        let at = at.index(bytes.len() - 1);
        if cut {
            bytes.truncate(at);
        } else {
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(());
        };
        let error = Share::from_key_file(&text, &passphrase()).unwrap_err();
        prop_assert!(
            error.is_damaged() || error.is_newer_version() || error.is_misuse(),
            "{error}"
        );
    }

    #[test]
    fn random_text_is_refused(text in "(paravent-(share|grant)-[0-9]\\.)?[A-Za-z0-9_-]{0,200}\n?") {
        prop_assert!(Share::from_key_file(&text, &passphrase()).is_err());
        let [first, second, ..] = DESK.split.shares() else {
            panic!("there are five");
        };
        prop_assert!(open(&text, first, second).is_err());
    }
}
