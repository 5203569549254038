//! Which people pseudonyms tell apart.

use super::*;

const PATIENT: &str =
    "[pseudonym.patient]\nof = [\"last_name\", \"first_name\", \"phone\"]\nreason = \"x\"\n";

fn of(keyring: &Keyring, policy: &CheckedPolicy, name: &str, record: &Value) -> Pseudonym {
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
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
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
        let policy = accepted(&policy, &schema).unwrap();
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
