//! What a policy file may say, what a grant made from it opens, and which people its pseudonyms tell apart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use paravent::{
    Binding, Class, Epoch, Error, Grant, Keyring, Policy, Protected, Protector, Pseudonym,
    Revealer, Schema, Scope, SubjectKey,
};
use serde_json::{Value, json};

/// A policy with every key there is. The cases below change one of its lines.
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
fn policy(domain: &str, rest: &str) -> Policy {
    let head = format!("domain = \"{domain}\"\nschema = \"appointment\"\n");
    let binds = if rest.contains("record_id") {
        ""
    } else {
        "record_id = \"unbound\"\n"
    };
    load(&format!("{head}{binds}{rest}")).unwrap()
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
    assert!(policy.shows().map(|field| field.name()).eq(["start"]));
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
            .map(|field| field.name())
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
    ("[open.contact]", "[open.phone]", 6, r#"the policy opens "phone", and no field of the schema has that scope"#),
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
    (r#"as = "redact""#, "as = \"redact\"\nto = 3", 15, "unknown key `to`"),
    ("[show.age]", "[show.start]", 13, "duplicate key"),
    // Pseudonyms.
    ("[pseudonym.patient]", "[pseudonym.Patient]", 16, "a pseudonym's name has a character that names cannot have"),
    ("[pseudonym.patient]", "[pseudonym.\"\"]", 16, "a pseudonym's name is empty"),
    ("[pseudonym.patient]", "[pseudonym.sealed]", 16, r#"pseudonym "sealed" has a name that the protected record uses already"#),
    ("[pseudonym.patient]", "[pseudonym.cells]", 16, r#"pseudonym "cells" has a name that the protected record uses already"#),
    ("[pseudonym.patient]", "[pseudonym.phone]", 16, r#"pseudonym "phone" has a name that the protected record uses already"#),
    (r#"of = ["last_name", "first_name"]"#, "of = []", 17, r#"pseudonym "patient" has no fields"#),
    (r#"of = ["last_name", "first_name"]"#, r#"of = ["name"]"#, 17, r#"the policy names the field "name", which the schema does not list"#),
    (r#"of = ["last_name", "first_name"]"#, r#"of = "last_name""#, 17, "sequence"),
    (r#"of = ["last_name", "first_name"]"#, "", 16, "missing key `of`"),
    (r#"reason = "one reminder a person and day""#, "reason = \"\\t\"", 18, "a reason is empty"),
    (r#"reason = "one reminder a person and day""#, "", 16, "missing key `reason`"),
    (r#"null = "null""#, r#"null = "empty""#, 19, r#"pseudonym "patient" has an unknown `null`"#),
    ("erasable = true", "erasable = \"yes\"", 20, "boolean"),
    (r#"subject_key = "bound""#, r#"subject_key = "unbound""#, 16, r#"pseudonym "patient" is erasable, and the policy binds to no subject key"#),
    ("erasable = true", "erasable = true\nbits = 16", 21, "unknown key `bits`"),
    // What is not TOML, or not in the table.
    ("[open.contact]", "[open.contact", 6, ""),
    ("erasable = true", "erasable = true\n[index.phone]\nbits = 16", 21, "unknown key `index`"),
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

mod digest {
    use super::*;

    fn digest(toml: &str) -> String {
        load(toml).unwrap().digest().to_string()
    }

    #[test]
    fn comments_order_layout_reasons_and_defaults_do_not_change_it() {
        let (head, rest) = GOOD.split_once("[open.contact]").unwrap();
        let (open, rest) = rest.split_once("[show.start]").unwrap();
        let (show, pseudonym) = rest.split_once("[pseudonym.patient]").unwrap();
        for (what, same) in [
            (
                "a comment",
                with("[open.contact]", "# scopes\n[open.contact] # here"),
            ),
            ("white space", GOOD.replace(" = ", "=\t")),
            ("line ends", GOOD.replace('\n', "\r\n")),
            (
                "the order of tables",
                format!(
                    "{head}[pseudonym.patient]{pseudonym}[show.start]{show}[open.contact]{open}"
                ),
            ),
            (
                "a reason to open",
                with("the gateway sends to the phone", "as agreed"),
            ),
            (
                "a reason to show",
                with("reminders go out the day before", "as agreed"),
            ),
            (
                "a reason to link",
                with("one reminder a person and day", "as agreed"),
            ),
            (
                "inline",
                with(
                    "[open.contact]\nreason = \"the gateway sends to the phone\"",
                    "[open]\ncontact = { reason = 'x' }",
                ),
            ),
            (
                "redact by default",
                with("[show.age]\nas = \"redact\"\n", ""),
            ),
        ] {
            assert_eq!(digest(&same), digest(GOOD), "{what}");
        }
        assert_eq!(
            digest(&with("null = \"null\"\n", "")),
            digest(&with("null = \"null\"\n", "null = \"refuse\"\n"))
        );
        let unbound = with("erasable = true", "").replace("subject_key = \"bound\"\n", "");
        assert_eq!(
            digest(&unbound),
            digest(
                &with("erasable = true", "erasable = false")
                    .replace("subject_key = \"bound\"", "subject_key = \"unbound\"")
            )
        );
    }

    #[test]
    fn whatever_the_crate_acts_on_changes_it() {
        let changes = [
            ("sms-reminders", "sms"),
            (r#"record_id = "unbound""#, r#"record_id = "bound""#),
            ("[open.contact]", "[open.care]"),
            (
                "[open.contact]",
                "[open.care]\nreason = \"x\"\n[open.contact]",
            ),
            (
                "[open.contact]\nreason = \"the gateway sends to the phone\"\n",
                "",
            ),
            ("[show.start]", "[show.sex]"),
            (r#"as = "keep""#, r#"as = "redact""#),
            (r#"as = "redact""#, "as = \"keep\"\nreason = \"x\""),
            ("[pseudonym.patient]", "[pseudonym.person]"),
            (
                r#"of = ["last_name", "first_name"]"#,
                r#"of = ["first_name", "last_name"]"#,
            ),
            (
                r#"of = ["last_name", "first_name"]"#,
                r#"of = ["last_name"]"#,
            ),
            (r#"null = "null""#, r#"null = "refuse""#),
            ("erasable = true", "erasable = false"),
            ("subject_key = \"bound\"\n", ""),
        ];
        let mut digests: BTreeSet<String> = changes
            .iter()
            .map(|(from, to)| {
                let mut toml = with(from, to);
                if !toml.contains("subject_key") {
                    toml = toml.replace("erasable = true", "");
                }
                digest(&toml)
            })
            .collect();
        digests.insert(digest(GOOD));
        assert_eq!(digests.len(), changes.len() + 1);

        // Its schema too, under one name.
        let wider =
            include_str!("../src/schema/appointment.toml").replace("width = 24", "width = 25");
        let wider = Schema::from_toml(&wider).unwrap();
        let wider = Policy::from_toml(GOOD, &wider).unwrap();
        assert_ne!(wider.digest().to_string(), digest(GOOD));
    }

    /// Grants outlive releases, and this is what tells their policy.
    #[test]
    fn of_the_good_policy_is_known() {
        assert_eq!(
            digest(GOOD),
            "837f951a9202e1566303b63a4c8ff404046543a36c4ffddfcd46bf82f5a4b48e"
        );
    }
}

mod grant {
    use super::*;

    const OPENS: &str = "[open.contact]\nreason = \"x\"\n[open.care]\nreason = \"x\"\n";

    fn protect(keyring: &Keyring, policy: &Policy) -> Protected {
        Protector::new(keyring, policy)
            .unwrap()
            .protect(&zoe())
            .unwrap()
    }

    fn reveal(grant: &Grant, policy: &Policy, row: &Protected) -> Result<Value, Error> {
        Revealer::new(grant, policy)?.reveal(row)
    }

    #[test]
    fn opens_exactly_the_scopes_of_its_policy_in_every_epoch() {
        let policy = policy("sms", OPENS);
        let mut keyring = Keyring::generate().unwrap();
        let mut rows = vec![protect(&keyring, &policy)];
        for _ in 0..2 {
            keyring.start_epoch().unwrap();
            rows.push(protect(&keyring, &policy));
        }
        let grant = keyring.grant(&policy).unwrap();
        assert_eq!(grant.scopes(), policy.opens());
        assert_eq!(grant.epochs(), keyring.epochs().collect::<Vec<_>>());
        assert_eq!(grant.domain(), policy.domain());
        assert_eq!(grant.policy_digest(), policy.digest());
        let revealer = Revealer::new(&grant, &policy).unwrap();
        assert_eq!(revealer.scopes(), policy.opens());
        for (row, epoch) in rows.iter().zip(1..) {
            assert_eq!(row.sealed().epoch().number(), epoch);
            let revealed: Value = revealer.reveal(row).unwrap();
            assert_eq!(
                revealed,
                json!({
                    "phone": "06 39 98 12 34", "email": "zoe@example.org",
                    "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
                })
            );
        }
        for scope in [Scope::IDENTITY, Scope::SCHEDULE, Scope::new(16).unwrap()] {
            let revealer = Revealer::new(&grant, &policy).unwrap();
            let error = revealer.only(&[Scope::CARE, scope]).unwrap_err();
            assert!(error.is_not_opened() && error.is_misuse(), "{error}");
            assert_eq!(error.scope(), Some(scope));
        }
        let care = Revealer::new(&grant, &policy)
            .unwrap()
            .only(&[Scope::CARE])
            .unwrap();
        assert_eq!(
            care.reveal::<Value>(&rows[0])
                .unwrap()
                .as_object()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn opens_no_epoch_that_came_after_it() {
        let policy = policy("sms", OPENS);
        let mut keyring = Keyring::generate().unwrap();
        let grant = keyring.grant(&policy).unwrap();
        let before = protect(&keyring, &policy);
        keyring.start_epoch().unwrap();
        reveal(&grant, &policy, &before).unwrap();
        let error = reveal(&grant, &policy, &protect(&keyring, &policy)).unwrap_err();
        assert!(error.is_unknown_epoch(), "{error}");
        assert_eq!(grant.epochs(), [Epoch::FIRST]);
    }

    #[test]
    fn under_another_policy_or_schema_is_told() {
        let keyring = Keyring::generate().unwrap();
        let own = policy("sms", OPENS);
        let grant = keyring.grant(&own).unwrap();
        let row = protect(&keyring, &own);
        let show = "[show.age]\nas = \"keep\"\nreason = \"x\"\n";
        let pseudonym = "[pseudonym.patient]\nof = [\"phone\"]\nreason = \"x\"\n";
        for (what, other) in [
            ("the domain", policy("mail", OPENS)),
            (
                "what it opens",
                policy("sms", "[open.contact]\nreason = \"x\"\n"),
            ),
            ("what it shows", policy("sms", &format!("{OPENS}{show}"))),
            ("a pseudonym", policy("sms", &format!("{OPENS}{pseudonym}"))),
            (
                "what it binds",
                policy("sms", &format!("record_id = \"bound\"\n{OPENS}")),
            ),
        ] {
            let error = Revealer::new(&grant, &other).unwrap_err();
            assert!(
                error.is_other_policy() && !error.is_other_schema(),
                "{what}: {error}"
            );
        }
        let wider =
            include_str!("../src/schema/appointment.toml").replace("width = 24", "width = 25");
        let head = "domain = \"sms\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
        let wider = Policy::from_toml(
            &(head.to_owned() + OPENS),
            &Schema::from_toml(&wider).unwrap(),
        )
        .unwrap();
        let error = Revealer::new(&grant, &wider).unwrap_err();
        assert!(
            error.is_other_schema() && !error.is_other_policy(),
            "{error}"
        );

        let reworded = policy("sms", &OPENS.replace("\"x\"", "\"as agreed in 2021\""));
        assert_eq!(
            reveal(&grant, &reworded, &row).unwrap(),
            reveal(&grant, &own, &row).unwrap()
        );
    }

    #[test]
    fn of_one_domain_opens_no_row_of_another() {
        let keyring = Keyring::generate().unwrap();
        let [sms, mail] = ["sms", "mail"].map(|domain| policy(domain, OPENS));
        let error = reveal(
            &keyring.grant(&mail).unwrap(),
            &mail,
            &protect(&keyring, &sms),
        )
        .unwrap_err();
        assert!(error.is_wrong_key(), "{error}");
        assert_eq!(error.scope(), Some(Scope::CONTACT));
        // Nor one of another keyring's.
        let other = Keyring::generate().unwrap();
        let error =
            reveal(&other.grant(&sms).unwrap(), &sms, &protect(&keyring, &sms)).unwrap_err();
        assert!(error.is_wrong_key(), "{error}");
    }

    #[test]
    fn of_a_policy_that_opens_nothing_is_refused() {
        let nothing = policy("archive", "");
        let error = Keyring::generate().unwrap().grant(&nothing).unwrap_err();
        assert!(error.is_definition(), "{error}");
        // The words of the file.
        assert!(error.advice().contains("[open."), "{error}");
    }
}

mod pseudonym {
    use super::*;

    const PATIENT: &str =
        "[pseudonym.patient]\nof = [\"last_name\", \"first_name\", \"phone\"]\nreason = \"x\"\n";

    fn of(keyring: &Keyring, policy: &Policy, name: &str, record: &Value) -> Pseudonym {
        let row = Protector::new(keyring, policy)
            .unwrap()
            .protect(record)
            .unwrap();
        row.pseudonym(name).unwrap()
    }

    #[test]
    fn is_equal_for_equal_people_and_only_for_them() {
        let keyring = Keyring::generate().unwrap();
        let policy = policy("sms", PATIENT);
        let pseudonym = |last: &str, first: &str, phone: &str| {
            of(&keyring, &policy, "patient", &person(last, first, phone))
        };
        let own = pseudonym("Lefèvre d’Épinay", "Zoé", "06 39 98 12 34");
        for (last, first, phone) in [
            ("Lefèvre d’Épinay", "Zoé", "06 39 98 12 34"),
            ("LEFEVRE D'EPINAY", "ZOE", "+33639981234"),
            (
                "lefe\u{300}vre-d.e\u{301}pinay",
                "zoe\u{301}",
                "0033639981234",
            ),
            (" Lefevre   d-Epinay ", "\u{a0}Zoé", "06.39.98.12.34"),
            ("Ｌｅｆｅｖｒｅ d'Epinay", "Zoe", "+33 (0)6 39 98 12 34"),
            ("Lefèvre d\u{2bc}Épinay", "ZOÉ", "06-39-98-12-34"),
        ] {
            assert_eq!(
                pseudonym(last, first, phone),
                own,
                "{last}, {first}, {phone}"
            );
        }
        let mut others = BTreeSet::from([own]);
        let people = [
            ("Lefèvre Épinay", "Zoé", "06 39 98 12 34"),
            ("Lefevredepinay", "Zoé", "06 39 98 12 34"),
            ("Lefèvre d’Épinay", "Zoë B", "06 39 98 12 34"),
            ("Zoé", "Lefèvre d’Épinay", "06 39 98 12 34"),
            ("Lefèvre", "d’Épinay Zoé", "06 39 98 12 34"),
            ("Lefèvre d’Épinay", "Zoé", "06 39 98 12 35"),
            ("Lefèvre d’Épinay", "Zoé", "+32 639981234"),
        ];
        others.extend(people.map(|(last, first, phone)| pseudonym(last, first, phone)));
        assert_eq!(others.len(), people.len() + 1);
    }

    #[test]
    fn has_the_form_and_the_value_that_its_text_says() {
        let keyring = Keyring::generate().unwrap();
        let own = of(&keyring, &policy("sms", PATIENT), "patient", &zoe());
        let text = own.to_string();
        assert_eq!(text.len(), 29);
        assert_eq!(text.parse::<Pseudonym>().unwrap(), own);
        assert_eq!(Pseudonym::from_bytes(*own.as_bytes()), own);
        for bad in [
            "",
            "t1.",
            &text.to_uppercase(),
            &text[..28],
            &format!("{text}a"),
            &format!(" {text}"),
        ] {
            assert!(
                bad.parse::<Pseudonym>()
                    .is_err_and(|error| error.is_malformed()),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn differs_by_domain_name_parts_and_keyring_and_not_by_epoch_or_row() {
        let mut keyring = Keyring::generate().unwrap();
        let own = of(&keyring, &policy("sms", PATIENT), "patient", &zoe());
        let other = Keyring::generate().unwrap();
        let person = PATIENT.replace("patient", "person");
        let two = PATIENT.replace(", \"phone\"", "");
        let turned = PATIENT.replace(
            "\"last_name\", \"first_name\"",
            "\"first_name\", \"last_name\"",
        );
        let all = BTreeSet::from([
            own,
            of(&keyring, &policy("mail", PATIENT), "patient", &zoe()),
            of(&keyring, &policy("sms", &person), "person", &zoe()),
            of(&keyring, &policy("sms", &two), "patient", &zoe()),
            of(&keyring, &policy("sms", &turned), "patient", &zoe()),
            of(&other, &policy("sms", PATIENT), "patient", &zoe()),
        ]);
        assert_eq!(all.len(), 6);

        let showing = format!("[show.age]\nas = \"keep\"\nreason = \"x\"\n{PATIENT}{person}");
        assert_eq!(
            of(&keyring, &policy("sms", &showing), "patient", &zoe()),
            own
        );
        keyring.start_epoch().unwrap();
        assert_eq!(
            of(&keyring, &policy("sms", PATIENT), "patient", &zoe()),
            own
        );
        let rows = Protector::new(&keyring, &policy("sms", PATIENT)).unwrap();
        let row = rows.protect_row(&zoe()).unwrap();
        assert_eq!(row.pseudonym("patient"), Some(own));
    }

    #[test]
    fn of_a_part_that_is_null_or_empty_is_refused_or_null() {
        let keyring = Keyring::generate().unwrap();
        let refuse = Protector::new(&keyring, &policy("sms", PATIENT)).unwrap();
        let null = Protector::new(
            &keyring,
            &policy("sms", &format!("{PATIENT}null = \"null\"\n")),
        )
        .unwrap();
        for (field, value) in [
            ("phone", Value::Null),
            ("last_name", json!("")),
            ("last_name", json!(" \u{a0}\t")),
            ("first_name", json!("-")),
            ("first_name", json!("\u{301}")),
        ] {
            let mut record = zoe();
            record[field] = value;
            let error = refuse.protect(&record).unwrap_err();
            assert!(error.is_record(), "{error}");
            assert_eq!(error.field(), Some(field));
            assert!(
                error.to_string().contains("pseudonym \"patient\" needs it"),
                "{error}"
            );

            let row = null.protect(&record).unwrap();
            assert_eq!(row.pseudonym("patient"), None);
            assert_eq!(row.shown("patient"), Some(paravent::Shown::Null));
            let row = serde_json::to_value(&row).unwrap();
            assert_eq!(row.get("patient"), Some(&Value::Null));
        }
        // Both rules give equal people equal pseudonyms.
        assert_eq!(
            null.protect(&zoe()).unwrap().pseudonym("patient"),
            refuse.protect(&zoe()).unwrap().pseudonym("patient")
        );
    }

    #[test]
    fn of_a_value_without_a_normal_form_is_refused_in_every_rule() {
        let keyring = Keyring::generate().unwrap();
        for rule in ["", "null = \"null\"\n"] {
            let protector =
                Protector::new(&keyring, &policy("sms", &format!("{PATIENT}{rule}"))).unwrap();
            for (field, value, why) in [
                ("phone", "06 39", "telephone number"),
                ("phone", "", "telephone number"),
                ("phone", "MARKEDVALUE", "telephone number"),
                ("last_name", "MARKEDVALUE\0", "control character"),
                ("first_name", "MARKEDVALUE\u{378}", "does not assign"),
            ] {
                let mut record = zoe();
                record[field] = value.into();
                let error = protector.protect(&record).unwrap_err();
                assert!(error.is_record(), "{error}");
                assert_eq!(error.field(), Some(field), "{error}");
                assert!(error.to_string().contains(why), "{error}");
                assert!(!error.to_string().contains("MARKEDVALUE"), "{error}");
            }
        }
    }

    #[test]
    fn of_integers_and_dates_is_of_their_text() {
        let schema = Schema::from_toml(
            "name = \"typed\"\n[[field]]\nname = \"number\"\nnumber = 1\nscope = \"care\"\nwidth = 20\ntype = \"integer\"\noptional = true\n\
             [[field]]\nname = \"text\"\nnumber = 2\nscope = \"care\"\nwidth = 20\ntype = \"text\"\nclass = \"exact\"\noptional = true\n",
        )
        .unwrap();
        let keyring = Keyring::generate().unwrap();
        let of = |field: &str, record: Value| {
            let policy = format!(
                "domain = \"d\"\nschema = \"typed\"\nrecord_id = \"unbound\"\n[pseudonym.p]\nof = [\"{field}\"]\nreason = \"x\"\n"
            );
            let policy = Policy::from_toml(&policy, &schema).unwrap();
            let protector = Protector::new(&keyring, &policy).unwrap();
            protector.protect(&record).unwrap().pseudonym("p").unwrap()
        };
        let own = of("number", json!({ "number": -7 }));
        assert_eq!(of("text", json!({ "text": "-7" })), own);
        assert_ne!(of("text", json!({ "text": "-7 " })), own);
        assert_ne!(of("number", json!({ "number": 7 })), own);
        assert_eq!(Class::Exact.normalize("-7", None).unwrap(), "-7");
    }

    #[test]
    fn that_is_erasable_needs_the_subject_key_and_goes_with_it() {
        let keyring = Keyring::generate().unwrap();
        let erasable = policy(
            "sms",
            &format!(
                "record_id = \"unbound\"\nsubject_key = \"bound\"\n{PATIENT}erasable = true\n{}",
                PATIENT.replace("patient", "lasting")
            ),
        );
        let protector = Protector::new(&keyring, &erasable).unwrap();
        let error = protector.protect(&zoe()).unwrap_err();
        assert!(error.is_misuse(), "{error}");

        let [first, second] = [1, 2].map(|byte| SubjectKey::from_bytes(&mut [byte; 32]));
        let of = |subject: &SubjectKey| {
            let row = protector
                .bind(Binding::subject(subject))
                .protect(&zoe())
                .unwrap();
            ["patient", "lasting"].map(|name| row.pseudonym(name).unwrap())
        };
        let (own, other) = (of(&first), of(&second));
        assert_eq!(of(&SubjectKey::from_bytes(&mut [1; 32])), own);
        assert_ne!(own[0], other[0]);
        assert_ne!(own[0], own[1]);
        // What is not erasable does not depend on the subject key, nor on the policy's binding.
        assert_eq!(own[1], other[1]);
        let lasting = policy("sms", &PATIENT.replace("patient", "lasting"));
        assert_eq!(
            super::pseudonym::of(&keyring, &lasting, "lasting", &zoe()),
            own[1]
        );
    }
}
