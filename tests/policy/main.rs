//! What a policy file may say, what a grant made from it opens, and which people its pseudonyms tell apart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use paravent::{
    Binding, CheckedPolicy, Class, Epoch, Error, Grant, Keyring, Policy, Protected, Protector,
    Pseudonym, Revealer, Schema, Scope, SubjectKey,
};
use serde_json::{Value, json};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod broker;
mod canary;
mod digest;
mod grant;
mod pseudonym;
mod refused;
mod refused_shows;
mod said;
mod source;

/// A policy with every key that the first release knew. The cases below change one of its lines.
const GOOD: &str = r#"domain = "sms-reminders"
schema = "appointment"
record_id = "unbound"
subject_key = "bound"

[open.contact]
reason = "the gateway sends to the phone"

[show.start]
as = "keep"
reason = "reminders go out the day before"

[show.age]
as = "redact"

[pseudonym.patient]
of = ["last_name", "first_name"]
reason = "one reminder a person and day"
null = "null"
erasable = true
"#;

fn load(toml: &str) -> Result<Policy, Error> {
    Policy::from_toml(toml, &Schema::appointment())
}

fn with(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    GOOD.replace(from, to)
}

/// A policy of `domain` on appointments, bound to nothing.
fn policy(domain: &str, rest: &str) -> CheckedPolicy {
    let head = format!("domain = \"{domain}\"\nschema = \"appointment\"\n");
    let binds = if rest.contains("record_id") {
        ""
    } else {
        "record_id = \"unbound\"\n"
    };
    accepted(&format!("{head}{binds}{rest}"), &Schema::appointment()).unwrap()
}

fn person(last_name: &str, first_name: &str, phone: &str) -> Value {
    json!({
        "last_name": last_name, "first_name": first_name, "age": 34, "phone": phone,
        "email": "zoe@example.org", "start": "2020-07-21T09:30:00+02:00",
        "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
    })
}

fn zoe() -> Value {
    person("Lefèvre", "Zoé", "06 39 98 12 34")
}

#[test]
fn a_good_policy_says_what_it_was_given() {
    let policy = load(GOOD).unwrap();
    assert_eq!(policy.domain().as_str(), "sms-reminders");
    assert_eq!(policy.schema(), &Schema::appointment());
    assert_eq!(policy.opens(), [Scope::CONTACT]);
    assert!(policy.shows().map(|(field, _)| field.name()).eq(["start"]));
    assert!(policy.pseudonyms().eq(["patient"]));
    assert!(!policy.binds_record_id() && policy.binds_subject_key());

    let least = "domain = \"d\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n";
    let policy = load(least).unwrap();
    assert!(policy.binds_record_id() && !policy.binds_subject_key());
    assert!(policy.opens().is_empty());
    assert_eq!(policy.shows().count() + policy.pseudonyms().count(), 0);

    // In ascending number, whatever their order in the file.
    let many = least.to_owned()
        + "[open.care]\nreason = \"x\"\n[open.identity]\nreason = \"x\"\n[show.specialty]\nas = \"keep\"\n\
           reason = \"x\"\n[show.age]\nas = \"keep\"\nreason = \"x\"\n[pseudonym.b]\nof = [\"age\"]\nreason = \"x\"\n\
           [pseudonym.a]\nof = [\"age\"]\nreason = \"x\"\n";
    let policy = load(&many).unwrap();
    assert_eq!(policy.opens(), [Scope::IDENTITY, Scope::CARE]);
    assert!(
        policy
            .shows()
            .map(|(field, _)| field.name())
            .eq(["age", "specialty"])
    );
    assert!(policy.pseudonyms().eq(["a", "b"]));
}

/// A line of [`GOOD`], what stands there instead, the line of the error, a part of its message.
#[rustfmt::skip]
const CASES: &[(&str, &str, usize, &str)] = &[
    (r#"domain = "sms-reminders""#, r#"domain = """#, 1, "the domain is empty"),
    (r#"domain = "sms-reminders""#, r#"domain = "SMS""#, 1, "the domain has a character that names cannot have"),
    (r#"domain = "sms-reminders""#, r#"domain = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#, 1, "the domain is longer than 64 bytes"),
    (r#"domain = "sms-reminders""#, "", 1, "missing key `domain`"),
    (r#"schema = "appointment""#, r#"schema = "visit""#, 2, r#"the policy is for schema "visit", not for "appointment""#),
    (r#"schema = "appointment""#, "", 1, "missing key `schema`"),
    (r#"record_id = "unbound""#, "record_id = true", 3, "string"),
    (r#"record_id = "unbound""#, r#"record_id = "none""#, 3, r#"`record_id` is neither "bound" nor "unbound""#),
    (r#"record_id = "unbound""#, "", 1, "missing key `record_id`"),
    (r#"subject_key = "bound""#, r#"subject_key = "Bound""#, 4, r#"`subject_key` is neither "bound" nor "unbound""#),
    // Scopes it opens.
    ("[open.contact]", "[open.money]", 6, r#"the policy opens "money", and no field of the schema has that scope"#),
    ("[open.contact]", "[open.phone]", 6, r#"the policy opens "phone", which is a field of scope "contact""#),
    ("[open.contact]", "[opens.contact]", 6, "unknown key `opens`"),
    (r#"reason = "the gateway sends to the phone""#, r#"reason = " ""#, 7, "a reason is empty"),
    (r#"reason = "the gateway sends to the phone""#, "", 6, "missing key `reason`"),
    (r#"reason = "the gateway sends to the phone""#, r#"because = "it sends""#, 7, "unknown key `because`"),
    // Fields it shows.
    ("[show.start]", "[show.end]", 9, r#"the policy names the field "end", which the schema does not list"#),
    ("[show.age]", "[show.contact]", 13, r#"the policy names the field "contact", which the schema does not list"#),
    (r#"as = "keep""#, r#"as = "clear""#, 10, r#"field "start" is shown in an unknown way"#),
    (r#"as = "redact""#, r#"as = "keep""#, 13, r#"field "age" is kept in clear without a reason"#),
    (r#"reason = "reminders go out the day before""#, "", 9, r#"field "start" is kept in clear without a reason"#),
    (r#"reason = "reminders go out the day before""#, r#"reason = """#, 11, "a reason is empty"),
    (r#"as = "keep""#, "", 9, "missing key `as`"),
    (r#"as = "redact""#, "as = \"redact\"\nto = 3", 15, "transform \"redact\" of field \"age\" takes no `to`"),
    ("[show.age]", "[show.start]", 13, "duplicate key"),
    // Pseudonyms.
    ("[pseudonym.patient]", "[pseudonym.Patient]", 16, "a pseudonym's name has a character that names cannot have"),
    ("[pseudonym.patient]", "[pseudonym.\"\"]", 16, "a pseudonym's name is empty"),
    ("[pseudonym.patient]", "[pseudonym.sealed]", 16, r#"pseudonym "sealed" has a name that the protected record uses already"#),
    ("[pseudonym.patient]", "[pseudonym.cells]", 16, r#"pseudonym "cells" has a name that the protected record uses already"#),
    ("[pseudonym.patient]", "[pseudonym.phone]", 16, r#"pseudonym "phone" has a name that the protected record uses already"#),
    (r#"of = ["last_name", "first_name"]"#, "of = []", 17, r#"pseudonym "patient" has no fields"#),
    (r#"of = ["last_name", "first_name"]"#, r#"of = ["name"]"#, 17, r#"the policy names the field "name", which the schema does not list"#),
    (r#"of = ["last_name", "first_name"]"#, r#"of = "last_name""#, 17, "expected a list"),
    (r#"of = ["last_name", "first_name"]"#, "", 16, "missing key `of`"),
    (r#"reason = "one reminder a person and day""#, "reason = \"\\t\"", 18, "a reason is empty"),
    (r#"reason = "one reminder a person and day""#, "", 16, "missing key `reason`"),
    (r#"null = "null""#, r#"null = "empty""#, 19, r#"pseudonym "patient" has an unknown `null`"#),
    ("erasable = true", "erasable = \"yes\"", 20, "boolean"),
    (r#"subject_key = "bound""#, r#"subject_key = "unbound""#, 16, r#"pseudonym "patient" is erasable, and the policy binds to no subject key"#),
    ("erasable = true", "erasable = true\nbits = 16", 21, "unknown key `bits`"),
    // What is not TOML, or not in the table.
    ("[open.contact]", "[open.contact", 6, ""),
    ("erasable = true", "erasable = true\n[indices.phone]\nbits = 16", 21, "unknown key `indices`"),
    (r#"record_id = "unbound""#, "record_id = \"unbound\"\nversion = 1", 4, "unknown key `version`"),
];

#[test]
fn every_rule_has_its_error_and_its_line() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|&(from, to, line, message)| {
            let error = match load(&with(&format!("{from}\n"), &format!("{to}\n"))) {
                Ok(_) => return Some(format!("{from} -> {to}: loads")),
                Err(error) => error,
            };
            let right = error.is_definition()
                && error.line() == Some(line)
                && error.to_string().contains(message);
            (!right).then(|| {
                format!(
                    "{from} -> {to}: line {:?}, not {line}: {error}",
                    error.line()
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_empty_file_or_another_schema_is_refused() {
    assert_eq!(load("").unwrap_err().line(), Some(1));
    let visit = "name = \"visit\"\n[[field]]\nname = \"day\"\nnumber = 1\nscope = \"care\"\nwidth = 10\ntype = \"date\"\n";
    let visit = Schema::from_toml(visit).unwrap();
    assert_eq!(Policy::from_toml(GOOD, &visit).unwrap_err().line(), Some(2));
    // A scope that the schema knows, and of which it has no field.
    let opens = "domain = \"d\"\nschema = \"visit\"\nrecord_id = \"unbound\"\n[open.contact]\nreason = \"x\"\n";
    let error = Policy::from_toml(opens, &visit).unwrap_err();
    assert_eq!(error.line(), Some(4), "{error}");
}
