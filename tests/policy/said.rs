//! What a policy that loads says, section by section, and that all of it but words enters its digest.

use paravent::{Period, Transform};
use proptest::prelude::*;

use super::{
    refused::{HEAD, visit},
    *,
};

/// Keys above the tables, then tables: one of every section, and one of every transform that needs no feature.
const TOP: &str = "goes_to = \"an SMS gateway\"\nknows = [\"start\", \"age\"]\nshares = [\"order\", \"record-id\"]\n";

const TABLES: [&str; 15] = [
    "[holds]\nrows = 500_000\nsubjects = 120_000\nvisits = 6\nk = 30\n",
    "[tenancy]\nspecialties = 12\npractices = 40\n",
    "[open.contact]\nreason = \"x\"\n",
    "[show.age]\nas = \"bands\"\nedges = [-1, 0, 18, 40, 65]\nreason = \"x\"\n",
    "[show.day]\nas = \"truncate\"\nto = \"quarter\"\nreason = \"x\"\n",
    "[show.code]\nas = \"truncate\"\nto = 2\nreason = \"x\"\n",
    "[show.start]\nas = \"shift\"\nweeks = 26\nsubject = [\"name\", \"phone\"]\nerasable = true\nreason = \"x\"\n",
    "[show.phone]\nas = \"mask\"\nfirst = 1\nlast = 2\nreason = \"x\"\n",
    "[show.reason]\nas = \"bucket\"\nlists = { surgery = [\"Chirurgie\"], medicine = [\"Gériatrie\", \"Allergologie\"] }\nother = \"rest\"\nreason = \"x\"\n",
    "[pseudonym.patient]\nof = [\"name\", \"phone\"]\nnull = \"null\"\nreason = \"x\"\n",
    "[index.phone-index]\nof = [\"phone\"]\nbits = 9\ndistinct = 110_000\nqueried = true\nerasable = true\nreason = \"x\"\n",
    "[release.care]\nreason = \"x\"\npurposes = [\"call back\", \"video\"]\ntwo_persons = true\nper_hour = 30\nper_requester = 10\ndetect_hours = 24\n",
    "[release.name]\nreason = \"x\"\npurposes = [\"call back\"]\nper_hour = 40\ndetect_hours = 24\n",
    "[render.reminder]\nto = \"phone\"\ntemplate = \"{{Rendez-vous}} le {start}\"\ngateway = \"sms-gateway\"\nreason = \"x\"\nper_hour = 500\nper_requester = 20\ndetect_hours = 24\n",
    "[[accept]]\nfinding = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\nwith = [\"billing\"]\nreason = \"x\"\nowner = \"dpo\"\nuntil = \"2027-06-30\"\n",
];

pub(super) fn all() -> String {
    HEAD.to_owned() + TOP + &TABLES.concat()
}

fn load(rest: &str) -> Policy {
    Policy::from_toml(&format!("{HEAD}{rest}"), &visit()).unwrap()
}

fn digest(toml: &str) -> String {
    let policy =
        Policy::from_toml(toml, &visit()).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    policy.digest().to_string()
}

/// The transform of the one field that is shown.
fn transform(rest: &str) -> Transform {
    let policy = load(rest);
    let mut shows = policy.shows();
    let (_, transform) = shows.next().unwrap();
    assert!(shows.next().is_none());
    transform.clone()
}

#[test]
fn each_section_loads_alone_and_with_the_others() {
    for table in TABLES {
        let holds = if table.starts_with("[index") {
            TABLES[0]
        } else {
            ""
        };
        load(&format!("{holds}{table}"));
    }
    for line in TOP.lines() {
        load(line);
    }
    load("[holds]\n[tenancy]\n");
    let policy = Policy::from_toml(&all(), &visit()).unwrap();
    assert_eq!(policy.goes_to(), Some("an SMS gateway"));
    assert!(policy.indexes().eq(["phone-index"]));
    assert!(policy.pseudonyms().eq(["patient"]));
    let shown: Vec<&str> = policy.shows().map(|(field, _)| field.name()).collect();
    assert_eq!(shown, ["phone", "code", "reason", "age", "day", "start"]);
    assert_eq!(load("").goes_to(), None);
    assert_eq!(load("").indexes().count(), 0);
}

#[test]
fn each_transform_is_what_was_written() {
    let reason = "reason = \"x\"\n";
    let with = |field: &str, rest: &str| transform(&format!("[show.{field}]\n{rest}\n{reason}"));
    assert_eq!(with("notes", "as = \"keep\""), Transform::Keep);
    assert_eq!(
        with("age", "as = \"bands\"\nedges = [-5, 0, 18]"),
        Transform::Bands {
            edges: vec![-5, 0, 18]
        }
    );
    assert_eq!(
        with(
            "age",
            "as = \"bands\"\nedges = [-9223372036854775808, 9223372036854775807]"
        ),
        Transform::Bands {
            edges: vec![i64::MIN, i64::MAX]
        }
    );
    for (word, period) in [
        ("day", Period::Day),
        ("week", Period::Week),
        ("month", Period::Month),
        ("quarter", Period::Quarter),
        ("year", Period::Year),
    ] {
        assert_eq!(period.name(), word);
        for field in ["day", "start"] {
            let rest = format!("as = \"truncate\"\nto = \"{word}\"");
            assert_eq!(with(field, &rest), Transform::Truncate(period));
        }
    }
    for (field, length) in [("code", 1), ("reason", 64)] {
        let rest = format!("as = \"truncate\"\nto = {length}");
        assert_eq!(with(field, &rest), Transform::Prefix(length));
    }
    for to in [2, 1_000_000_000] {
        assert_eq!(
            with("age", &format!("as = \"round\"\nto = {to}")),
            Transform::Round(to)
        );
    }
    // Positions are by number; the order is the file's.
    for weeks in [1, 520] {
        assert_eq!(
            with(
                "day",
                &format!("as = \"shift\"\nweeks = {weeks}\nsubject = [\"phone\", \"name\"]")
            ),
            Transform::Shift {
                weeks,
                subject: vec![1, 0]
            }
        );
    }
    for (rest, first, last) in [
        ("first = 1", 1, 0),
        ("last = 64", 0, 64),
        ("first = 64\nlast = 0", 64, 0),
    ] {
        for field in ["name", "phone", "email", "code", "reason"] {
            let rest = format!("as = \"mask\"\n{rest}");
            assert_eq!(with(field, &rest), Transform::Mask { first, last });
        }
    }
    let lists = |lists: &[(&str, &[&str])]| {
        lists
            .iter()
            .map(|(list, values)| {
                (
                    (*list).to_owned(),
                    values.iter().map(|&value| value.to_owned()).collect(),
                )
            })
            .collect::<Vec<(String, Vec<String>)>>()
    };
    assert_eq!(
        with(
            "reason",
            "as = \"bucket\"\nlists = { b = [\"Z\", \"y\"], a = [\"x\"] }"
        ),
        Transform::Bucket {
            lists: lists(&[("a", &["x"]), ("b", &["Z", "y"])]),
            other: None
        }
    );
    // Of class exact, so that case tells two values apart.
    assert_eq!(
        with(
            "code",
            "as = \"bucket\"\nlists = { a = [\"x\"], b = [\"X\"] }\nother = \"c\""
        ),
        Transform::Bucket {
            lists: lists(&[("a", &["x"]), ("b", &["X"])]),
            other: Some("c".to_owned())
        }
    );
    for field in ["name", "age", "first", "day", "start"] {
        assert_eq!(
            with(field, "as = \"reversible\"\nerasable = true"),
            Transform::Reversible
        );
    }
    assert_eq!(
        with("phone", "as = \"phone\"\nerasable = false"),
        Transform::Phone
    );
    // Redacted with and without a reason: as if it were not listed.
    for rest in ["", reason] {
        assert_eq!(
            load(&format!("[show.age]\nas = \"redact\"\n{rest}"))
                .shows()
                .count(),
            0
        );
    }
}

#[test]
fn words_and_what_is_said_by_default_do_not_enter_the_digest() {
    let all = all();
    for (from, to) in [
        ("goes_to = \"an SMS gateway\"\n", ""),
        (TABLES[14], ""),
        ("owner = \"dpo\"", "owner = \"nobody\""),
        ("reason = \"x\"", "reason = \"y\""),
        ("[\"start\", \"age\"]", "[\"age\", \"start\"]"),
        ("[\"order\", \"record-id\"]", "[\"record-id\", \"order\"]"),
        ("[\"call back\", \"video\"]", "[\"video\", \"call back\"]"),
        (
            "[\"Gériatrie\", \"Allergologie\"]",
            "[\"Allergologie\", \"Gériatrie\"]",
        ),
        ("null = \"null\"", "null = \"null\"\nerasable = false"),
        ("per_hour = 40", "per_hour = 40\nper_requester = 40"),
        ("[release.name]\n", "[release.name]\ntwo_persons = false\n"),
    ] {
        assert!(all.contains(from), "{from}");
        assert_eq!(digest(&all.replace(from, to)), digest(&all), "{from}");
    }
    let least = digest(HEAD);
    for nothing in [
        "[holds]\n",
        "[holds]\nk = 20\n",
        "[tenancy]\n",
        "knows = []\n",
        "shares = []\n",
        "accept = []\n",
        "canary = []\n",
        "[index]\n[release]\n[render]\n",
    ] {
        assert_eq!(digest(&format!("{HEAD}{nothing}")), least, "{nothing}");
    }
}

#[test]
fn whatever_the_crate_acts_on_enters_the_digest() {
    let all = all();
    let changes = [
        ("knows = [\"start\", \"age\"]", "knows = [\"start\"]"),
        ("knows = [\"start\", \"age\"]", ""),
        (
            "shares = [\"order\", \"record-id\"]",
            "shares = [\"order\"]",
        ),
        ("shares = [\"order\", \"record-id\"]", ""),
        ("rows = 500_000", "rows = 500_001"),
        ("rows = 500_000", ""),
        ("subjects = 120_000", "subjects = 120_001"),
        ("visits = 6", "visits = 7"),
        ("visits = 6", ""),
        ("k = 30", "k = 31"),
        ("k = 30", ""),
        ("specialties = 12", "specialties = 40"),
        ("specialties = 12", ""),
        ("practices = 40", "practices = 41"),
        (TABLES[1], ""),
        ("[-1, 0, 18, 40, 65]", "[0, 18, 40, 65]"),
        ("[-1, 0, 18, 40, 65]", "[-1, 0, 18, 40, 66]"),
        (
            "as = \"bands\"\nedges = [-1, 0, 18, 40, 65]",
            "as = \"round\"\nto = 5",
        ),
        (
            "as = \"bands\"\nedges = [-1, 0, 18, 40, 65]",
            "as = \"round\"\nto = 6",
        ),
        (
            "as = \"bands\"\nedges = [-1, 0, 18, 40, 65]",
            "as = \"keep\"",
        ),
        (TABLES[3], ""),
        ("\"quarter\"", "\"year\""),
        ("to = 2", "to = 3"),
        ("weeks = 26", "weeks = 27"),
        (
            "subject = [\"name\", \"phone\"]",
            "subject = [\"phone\", \"name\"]",
        ),
        ("subject = [\"name\", \"phone\"]", "subject = [\"name\"]"),
        (
            "erasable = true\nreason = \"x\"\n[show.phone]",
            "reason = \"x\"\n[show.phone]",
        ),
        ("first = 1", "first = 2"),
        ("last = 2", "last = 1"),
        ("last = 2\n", ""),
        ("surgery =", "knife ="),
        ("\"Chirurgie\"", "\"Chirurgie\", \"Urologie\""),
        ("[\"Gériatrie\", \"Allergologie\"]", "[\"Gériatrie\"]"),
        ("other = \"rest\"", "other = \"all else\""),
        ("other = \"rest\"\n", ""),
        ("[index.phone-index]", "[index.tel]"),
        ("of = [\"phone\"]", "of = [\"email\"]"),
        ("bits = 9", "bits = 10"),
        ("distinct = 110_000", "distinct = 110_001"),
        ("queried = true\n", ""),
        ("queried = true\nerasable = true", "queried = true"),
        ("queried = true", "queried = true\nnull = \"null\""),
        (TABLES[10], ""),
        ("[release.care]", "[release.code]"),
        ("[release.name]", "[release.phone]"),
        ("\"call back\", \"video\"", "\"video\""),
        (TABLES[12], ""),
        ("[render.reminder]", "[render.message]"),
        ("to = \"phone\"", "to = \"email\""),
        ("le {start}", "au {start}"),
        ("le {start}", "le {start:40}"),
        ("le {start}", "le {start:39}"),
        ("two_persons = true\n", ""),
        ("[release.name]\n", "[release.name]\ntwo_persons = true\n"),
        ("per_requester = 10", "per_requester = 11"),
        ("per_requester = 10\n", ""),
        ("per_hour = 40", "per_hour = 40\nper_requester = 10"),
        ("per_requester = 20", "per_requester = 21"),
        ("per_requester = 20\n", ""),
        ("\"sms-gateway\"", "\"sms\""),
        ("per_hour = 500", "per_hour = 501"),
        (
            "per_requester = 20\ndetect_hours = 24",
            "per_requester = 20\ndetect_hours = 25",
        ),
        (TABLES[13], ""),
    ];
    let mut digests: BTreeSet<String> = changes
        .iter()
        .map(|(from, to)| {
            assert_eq!(all.matches(from).count(), 1, "{from}");
            digest(&all.replace(from, to))
        })
        .collect();
    digests.insert(digest(&all));
    assert_eq!(digests.len(), changes.len() + 1);
}

#[test]
fn reversible_and_phone_enter_the_digest_with_what_they_bind() {
    let mut digests = BTreeSet::from([digest(HEAD)]);
    let mut count = 1;
    for transform in ["keep", "reversible", "phone"] {
        let show = format!("{HEAD}[show.phone]\nas = \"{transform}\"\nreason = \"x\"\n");
        digests.insert(digest(&show));
        count += 1;
        if transform != "keep" {
            digests.insert(digest(&format!("{show}erasable = true\n")));
            count += 1;
        }
    }
    assert_eq!(digests.len(), count);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_tables_and_keys_means_nothing(
        tables in Just(TABLES.to_vec()).prop_shuffle(),
        top in Just(HEAD.lines().chain(TOP.lines()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let shuffled = top.join("\n") + "\n" + &tables.concat();
        prop_assert_eq!(digest(&shuffled), digest(&all()));
    }
}
