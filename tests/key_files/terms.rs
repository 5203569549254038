//! Grants with an owner and a last day.

use jiff::civil::date;

use super::*;

const OWNER: &str = "statistics office, Zoé";

fn until() -> Date {
    date(2027, 6, 30)
}

fn grant() -> Grant {
    KEYRING.0.grant(&policy()).unwrap()
}

/// The payload behind a term's grant.
fn term(date: (i16, u8, u8), owner: &[u8]) -> Vec<u8> {
    let mut term = date.0.to_be_bytes().to_vec();
    term.extend([date.1, date.2, owner.len() as u8]);
    term.extend(owner);
    term
}

fn open_version(version: u32, rest: &[u8]) -> Result<Grant, Error> {
    let payload = [grant_payload("sms", &[(1, 2)], 1), rest.to_vec()].concat();
    let text = forge_version("grant", version, CHEAP, &payload);
    Grant::from_key_file(&text, &passphrase())
}

#[test]
fn a_term_is_kept_in_version_2_of_the_key_file() {
    let grant = grant().with_term(OWNER, until()).unwrap();
    let text = grant.to_key_file(&passphrase()).unwrap();
    assert!(text.starts_with("paravent-grant-2."), "{text:.20}");
    let loaded = Grant::from_key_file(&text, &passphrase()).unwrap();
    assert_eq!(loaded.owner(), Some(OWNER));
    assert_eq!(loaded.until(), Some(until()));
    let revealer = Revealer::new(&loaded, policy().policy()).unwrap();
    let revealed: serde_json::Value = revealer.reveal(&protect(&KEYRING.0)).unwrap();
    assert_eq!(revealed["specialty"], "Dermatologie");
    // Neither stands in clear.
    let (_, body) = split(&text);
    let holds = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(OWNER.as_bytes()) && !holds(b"office"));
    assert!(open(&text).ends_with(&term((2027, 6, 30), OWNER.as_bytes())));
}

#[test]
fn a_grant_without_a_term_is_of_version_1_and_does_not_end() {
    let text = grant().to_key_file(&passphrase()).unwrap();
    assert!(text.starts_with("paravent-grant-1."), "{text:.20}");
    let loaded = Grant::from_key_file(&text, &passphrase()).unwrap();
    assert_eq!((loaded.owner(), loaded.until()), (None, None));
    loaded.check_term(Date::MAX).unwrap();
}

#[test]
fn the_last_day_is_the_last_that_passes() {
    let grant = grant().with_term(OWNER, until()).unwrap();
    for day in [Date::MIN, date(2027, 6, 29), until()] {
        grant.check_term(day).unwrap();
    }
    for day in [date(2027, 7, 1), Date::MAX] {
        let error = grant.check_term(day).unwrap_err();
        assert!(error.is_ended(), "{error}");
        assert_eq!(error.code(), "grant-ended");
        let message = error.to_string();
        assert!(message.contains("2027-06-30"), "{message}");
        assert!(!message.contains("office"), "{message}");
    }
    // A later term takes the place of the first.
    let grant = grant.with_term("another", date(2028, 1, 1)).unwrap();
    assert_eq!(grant.owner(), Some("another"));
    grant.check_term(date(2027, 7, 1)).unwrap();
}

#[test]
fn an_owner_is_one_line_of_1_to_200_bytes() {
    let longest = "é".repeat(100);
    for owner in ["a", " a ", &longest, "Service d\u{2019}études"] {
        let grant = grant().with_term(owner, until()).unwrap();
        assert_eq!(grant.owner(), Some(owner));
    }
    let longer = longest.clone() + "a";
    for owner in [
        "",
        " ",
        "\u{a0}",
        "a\nb",
        "a\n",
        "\ra",
        "a\tb",
        "a\0",
        "a\u{85}b",
        "a\u{2028}b",
        &longer,
    ] {
        let error = grant().with_term(owner, until()).unwrap_err();
        assert!(error.is_definition(), "{owner:?}: {error}");
    }
}

#[test]
fn every_date_that_there_is_comes_back() {
    for day in [Date::MIN, Date::MAX, date(0, 1, 1), date(2028, 2, 29)] {
        let rest = term((day.year(), day.month() as u8, day.day() as u8), b"x");
        assert_eq!(open_version(2, &rest).unwrap().until(), Some(day));
    }
}

#[test]
fn terms_that_are_not_of_the_form() {
    let good = term((2027, 6, 30), b"office");
    assert_eq!(open_version(2, &good).unwrap().owner(), Some("office"));
    let cut = (0..good.len()).map(|length| good[..length].to_vec());
    let others = [
        [&good[..], &[0]].concat(),
        term((2027, 6, 31), b"office"),
        term((2027, 2, 29), b"office"),
        term((2027, 0, 1), b"office"),
        term((2027, 13, 1), b"office"),
        term((2027, 1, 0), b"office"),
        term((2027, 255, 1), b"office"),
        term((10_000, 1, 1), b"office"),
        term((2027, 6, 30), b""),
        term((2027, 6, 30), b" "),
        term((2027, 6, 30), b"a\nb"),
        term((2027, 6, 30), b"\xFF"),
        term((2027, 6, 30), &[b'a'; 201]),
    ];
    for rest in cut.chain(others) {
        let error = open_version(2, &rest).unwrap_err();
        damaged(&error, "its contents are not of the form");
    }
    // A version holds what is of that version.
    let error = open_version(1, &good).unwrap_err();
    damaged(&error, "its contents are not of the form");
    open_version(1, &[]).unwrap();
    assert!(open_version(3, &good).unwrap_err().is_newer_version());
}

#[test]
fn a_version_cannot_be_changed_in_the_first_word() {
    let ended = grant().with_term(OWNER, date(2020, 1, 1)).unwrap();
    let text = ended.to_key_file(&passphrase()).unwrap();
    let (_, body) = split(&text);
    let error = Grant::from_key_file(&self::text("paravent-grant-1.", &body), &passphrase());
    damaged(&error.unwrap_err(), "its tag does not hold");
}
