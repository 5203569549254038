//! What rows of a policy file show, from record to connector and back to the backend.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../common/accepted.rs"]
mod accepted;

use accepted::accepted;
use paravent::{
    Appointment, Binding, CheckedPolicy, Generation, IndexPlan, Protected, Protector, Query,
    Revealer, Schema, Shown, SubjectKey, test_kit,
};
use serde_json::{Value, json};

const POLICY: &str = r#"
    domain = "billing"
    schema = "appointment"
    record_id = "unbound"
    subject_key = "bound"

    [holds]
    rows = 500_000
    subjects = 120_000

    [show.last_name]
    as = "mask"
    first = 1
    reason = "to tell rows apart on a screen"

    [show.first_name]
    as = "redact"

    [show.age]
    as = "bands"
    edges = [0, 18, 40, 65]
    reason = "rates by age"

    [show.phone]
    as = "phone"
    erasable = true
    reason = "the form checks the shape"

    [show.start]
    as = "shift"
    weeks = 26
    subject = ["last_name", "first_name", "phone"]
    reason = "intervals between visits"

    [show.practitioner]
    as = "reversible"
    reason = "invoices come back with it"

    [show.specialty]
    as = "bucket"
    lists = { surgery = ["Chirurgie"], medicine = ["Dermatologie"] }
    other = "rest"
    reason = "rates by ward"

    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "one invoice a person"

    [index.by_phone]
    of = ["phone"]
    bits = 9
    distinct = 110_000
    reason = "the backend finds a caller's invoices"
"#;

fn policy() -> CheckedPolicy {
    accepted(POLICY, &Schema::appointment()).unwrap()
}

fn appointment() -> Appointment {
    Appointment {
        last_name: "Martin".into(),
        first_name: "Zoé".into(),
        age: Some(34),
        phone: Some("06 39 98 12 34".into()),
        start: "2020-07-21T09:30:00+02:00".into(),
        practitioner: "Dr Lefèvre".into(),
        specialty: "DERMATOLOGIE".into(),
        ..Appointment::default()
    }
}

fn subject(byte: u8) -> SubjectKey {
    SubjectKey::from_bytes(&mut [byte; 32])
}

fn protected(subject: &SubjectKey) -> Protected {
    let protector = Protector::new(&test_kit::keyring_of_two_generations(), &policy()).unwrap();
    protector
        .bind(Binding::subject(subject))
        .protect(&appointment())
        .unwrap()
}

#[test]
fn a_row_shows_what_its_policy_says_and_no_more() {
    let row = protected(&subject(1));
    let json = serde_json::to_string(&row).unwrap();
    let flat: Value = serde_json::from_str(&json).unwrap();
    let keys: Vec<&String> = flat.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "age",
            "by_phone",
            "last_name",
            "patient",
            "phone",
            "practitioner",
            "sealed",
            "specialty",
            "start"
        ]
    );
    assert_eq!(flat["last_name"], "M***");
    assert_eq!(flat["age"], "18-39");
    assert_eq!(flat["specialty"], "medicine");
    assert_eq!(flat["start"].as_str().unwrap().len(), 10);
    assert!(flat["practitioner"].as_str().unwrap().starts_with("s1."));
    assert!(flat["by_phone"].as_str().unwrap().starts_with("i1."));
    assert!(flat["phone"].as_str().unwrap().starts_with("+336"));
    for value in [
        "artin", "Zoé", "98123", "09:30", "Lefèvre", "ermato", "DERMATO",
    ] {
        assert!(!json.contains(value), "{value}");
    }

    // Parsed, shown and serialised alike.
    let parsed: Protected = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&parsed).unwrap(), json);
    assert_eq!(parsed.index("by_phone"), row.index("by_phone"));
    assert!(matches!(
        parsed.shown("practitioner"),
        Some(Shown::Reversible(_))
    ));
}

#[test]
fn what_is_shown_does_not_change_what_is_sealed() {
    let subject = subject(1);
    let keyring = test_kit::keyring_of_two_generations();
    let revealer = Revealer::backend(&keyring, policy().policy()).unwrap();
    let revealed: Appointment = revealer
        .bind(Binding::subject(&subject))
        .reveal(&protected(&subject))
        .unwrap();
    assert_eq!(revealed, appointment());
}

#[test]
fn the_backend_finds_rows_of_each_generation_and_reads_stand_ins() {
    let row = protected(&subject(1));
    let query = Query::new(&test_kit::keyring_of_two_generations(), policy().policy()).unwrap();
    let live = test_kit::keyring_of_two_generations().generation();

    let found = query
        .index("by_phone", &json!({ "phone": "+33 6 39 98 12 34" }))
        .unwrap();
    let generations: Vec<Generation> = found.iter().map(|&(generation, _)| generation).collect();
    assert_eq!(generations, [Generation::FIRST, live]);
    assert_eq!(Some(found[1].1), row.index("by_phone"));
    assert_ne!(Some(found[0].1), row.index("by_phone"));

    let person = json!({ "last_name": "MARTIN", "first_name": "Zoe", "phone": "0639981234" });
    let found = query.pseudonym("patient", &person).unwrap();
    assert_eq!(Some(found[1].1), row.pseudonym("patient"));

    let Some(Shown::Reversible(stand_in)) = row.shown("practitioner") else {
        panic!("no stand-in")
    };
    let clear = query.reverse("practitioner", stand_in).unwrap();
    assert_eq!(clear, [(live, "Dr Lefèvre".to_owned())]);
}

#[test]
fn what_is_erasable_changes_with_its_subject_key() {
    let [one, other] = [1, 2].map(|byte| protected(&subject(byte)));
    assert_ne!(one.shown("phone"), other.shown("phone"));
    for name in ["start", "practitioner", "by_phone", "patient"] {
        assert_eq!(one.shown(name), other.shown(name), "{name}");
    }
}

#[test]
fn intervals_of_a_person_stay_and_their_dates_move() {
    let protector = Protector::new(&test_kit::keyring(), &policy()).unwrap();
    let subject = subject(1);
    let start_of = |start: &str, last_name: &str| {
        let record = Appointment {
            start: start.into(),
            last_name: last_name.into(),
            ..appointment()
        };
        let row = protector.bind(Binding::subject(&subject)).protect(&record);
        match row.unwrap().shown("start") {
            Some(Shown::Text(date)) => date.parse::<jiff::civil::Date>().unwrap(),
            _ => panic!("no date"),
        }
    };
    let first = start_of("2020-07-21T09:30:00+02:00", "Martin");
    let second = start_of("2020-08-21T23:59:00-11:00", "MARTIN");
    assert_eq!((second - first).get_days(), 31);
    assert_eq!(first.weekday(), jiff::civil::Weekday::Tuesday);
    let others = (b'a'..=b'z').map(|letter| {
        let name = char::from(letter).to_string();
        start_of("2020-07-21T09:30:00+02:00", &name)
    });
    let different: std::collections::BTreeSet<_> = others.collect();
    assert!(different.len() > 10, "{} of 26", different.len());
}

#[test]
fn the_policy_has_as_many_bits_as_its_plan_allows() {
    let plan = IndexPlan::new(120_000, 110_000).unwrap();
    assert!(plan.check(9).is_ok());
    assert_eq!(plan.people(9), 235);
}

#[test]
fn a_record_that_cannot_be_shown_changes_nothing() {
    let protector = Protector::new(&test_kit::keyring(), &policy()).unwrap();
    let subject = subject(1);
    let bound = protector.bind(Binding::subject(&subject));
    let mut row = bound.protect(&appointment()).unwrap();
    let before = row.clone();
    let refused = [
        (
            "age",
            json!({ "age": -1, "phone": "0639981234", "last_name": "M", "first_name": "Z" }),
        ),
        (
            "phone",
            json!({ "age": 1, "phone": "12", "last_name": "M", "first_name": "Z" }),
        ),
        (
            "phone",
            json!({ "age": 1, "last_name": "M", "first_name": "Z" }),
        ),
    ];
    for (field, mut record) in refused {
        record["start"] = json!("2020-07-21T09:30:00+02:00");
        record["practitioner"] = json!("Dr Lefèvre");
        record["specialty"] = json!("Dermatologie");
        let error = bound.protect_into(&record, &mut row).unwrap_err();
        assert!(error.is_record(), "{error}");
        assert_eq!(error.field(), Some(field), "{error}");
        assert_eq!(row, before);
    }
}
