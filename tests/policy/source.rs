//! `[source]`: how files of rows are read.

use super::*;

const SOURCE: &str = r#"
[source]
record_id = "rdv"
drop = ["Commentaire", "Remarques"]
[source.columns]
last_name = "Nom"
first_name = "Prénom"
"#;

fn bound() -> String {
    with("record_id = \"unbound\"", "record_id = \"bound\"") + SOURCE
}

#[test]
fn it_loads_and_enters_the_digest() {
    let digest = |toml: &str| load(toml).unwrap().digest();
    let least = with("record_id = \"unbound\"", "record_id = \"bound\"");
    let mut digests = BTreeSet::from([digest(&least).to_string(), digest(&bound()).to_string()]);
    for (from, to) in [
        ("record_id = \"rdv\"\n", ""),
        ("\"rdv\"", "\"id\""),
        ("\"Remarques\"", "\"Notes\""),
        (", \"Remarques\"", ""),
        ("\"Nom\"", "\"Nom de famille\""),
        ("first_name = \"Prénom\"\n", ""),
        ("first_name = \"Prénom\"", "practitioner = \"Prénom\""),
    ] {
        assert_eq!(bound().matches(from).count(), 1, "{from}");
        let changed = digest(&bound().replace(from, to)).to_string();
        assert!(digests.insert(changed), "{from} -> {to}");
    }
    // The order of what is left out, and of columns, means nothing.
    let same = bound()
        .replace(
            "[\"Commentaire\", \"Remarques\"]",
            "[\"Remarques\", \"Commentaire\"]",
        )
        .replace(
            "last_name = \"Nom\"\nfirst_name = \"Prénom\"",
            "first_name = \"Prénom\"\nlast_name = \"Nom\"",
        );
    assert_eq!(digest(&same), digest(&bound()));
    // A table that says nothing is none.
    assert_eq!(digest(&(least.clone() + "[source]\n")), digest(&least));
}

/// A part of [`SOURCE`], what stands there instead, the line of it in [`SOURCE`], a part of the message.
#[rustfmt::skip]
const CASES: &[(&str, &str, usize, &str)] = &[
    (r#"record_id = "rdv""#, r#"record_id = """#, 3, "`record_id` is empty"),
    (r#"record_id = "rdv""#, r#"record_id = "Nom""#, 3, "the record id is the column of a field"),
    (r#"record_id = "rdv""#, r#"record_id = "age""#, 3, "the record id is the column of a field"),
    (r#"record_id = "rdv""#, r#"record_id = "last_name""#, 3, "the record id is the column of a field"),
    (r#"record_id = "rdv""#, r#"record_id = "patient""#, 3, "the record id has the name of something that protected rows have"),
    (r#"record_id = "rdv""#, r#"record_id = "sealed""#, 3, "the record id has the name of something that protected rows have"),
    (r#"record_id = "rdv""#, "ids = 1", 3, "unknown key `ids`"),
    (r#""Remarques""#, r#""Commentaire""#, 4, "`drop` has a column twice"),
    (r#""Remarques""#, r#""Nom""#, 4, "`drop` has the column of a field"),
    (r#""Remarques""#, r#""email""#, 4, "`drop` has the column of a field"),
    (r#""Remarques""#, r#""rdv""#, 4, "`drop` has the column of the record id"),
    (r#"last_name = "Nom""#, r#"nom = "Nom""#, 6, r#"the policy names the field "nom", which the schema does not list"#),
    (r#"last_name = "Nom""#, r#"last_name = " ""#, 6, "a column is empty"),
    (r#"last_name = "Nom""#, r#"last_name = "first_name""#, 6, r#"the column of field "last_name" has the name of another field"#),
    (r#"last_name = "Nom""#, r#"last_name = "patient""#, 6, "a column has the name of something that protected rows have"),
    (r#"last_name = "Nom""#, r#"last_name = "cells""#, 6, "a column has the name of something that protected rows have"),
    (r#"last_name = "Nom""#, r#"last_name = "Prénom""#, 6, "is that of another field too"),
];

#[test]
fn every_rule_has_its_error_and_its_line() {
    let head = with("record_id = \"unbound\"", "record_id = \"bound\"");
    let first = head.lines().count();
    for &(from, to, line, message) in CASES {
        assert_eq!(SOURCE.matches(from).count(), 1, "{from}");
        let error = match load(&(head.clone() + &SOURCE.replace(from, to))) {
            Ok(_) => panic!("{from} -> {to} loads"),
            Err(error) => error,
        };
        assert!(
            error.is_definition() && error.to_string().contains(message),
            "{from} -> {to}: {error}"
        );
        assert_eq!(error.line(), Some(first + line), "{from} -> {to}: {error}");
    }
    // Only where seals are bound to it.
    let error = load(&(GOOD.to_owned() + SOURCE)).unwrap_err();
    assert_eq!(error.line(), Some(GOOD.lines().count() + 3));
    assert!(
        error
            .to_string()
            .contains("and the policy binds to no record id"),
        "{error}"
    );
}

/// It says how a file is read, not what a domain gets.
#[test]
fn it_gives_nobody_anything() {
    let check = |toml: &str| {
        policy(
            "d",
            &toml.replace("domain = \"sms-reminders\"\nschema = \"appointment\"\n", ""),
        )
    };
    let least = with("record_id = \"unbound\"", "record_id = \"bound\"");
    let today = crate::accepted::TODAY;
    let [before, after] = [&least, &bound()].map(|toml| check(toml));
    let report = |checked: &CheckedPolicy| {
        let report = checked.policy().report(today);
        report
            .findings()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(report(&before), report(&after));
}
