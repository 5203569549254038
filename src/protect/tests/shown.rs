//! What rows show.

use super::*;
use crate::wire::Index;

#[test]
fn a_row_shows_what_its_policy_says() {
    let row = protector(every_transform(), vec![index("by_phone", &["phone"], 9)])
        .protect(&martin())
        .unwrap();
    assert_eq!(row.shown("name"), Some(Shown::Text("M***in")));
    assert_eq!(row.shown("age"), Some(Shown::Text("18-39")));
    assert_eq!(row.shown("start"), Some(Shown::Text("2020-W30")));
    assert_eq!(row.shown("postcode"), Some(Shown::Text("75")));
    assert_eq!(row.shown("specialty"), Some(Shown::Text("medicine")));
    let Some(Shown::Text(day)) = row.shown("day") else {
        panic!("a date")
    };
    assert_ne!(day, "2020-07-21");
    #[cfg(feature = "phone")]
    {
        let Some(Shown::Phone(phone)) = row.shown("phone") else {
            panic!("a phone stand-in")
        };
        assert!(phone.not_a_number_to_dial().starts_with("+336"));
        assert_ne!(phone.not_a_number_to_dial(), "+33639981234");
    }
    let index: Index = row.index("by_phone").unwrap();
    assert!(index.value() < 512 && index.digits() == 3);
    assert_eq!(row.index("name"), None);
    assert_eq!(row.pseudonym("by_phone"), None);

    // The same where the row has a cell a field.
    let columns = protector(
        every_transform(),
        vec![super::index("by_phone", &["phone"], 9)],
    )
    .protect_row(&martin())
    .unwrap();
    for name in ["name", "age", "day", "start", "visit", "phone", "by_phone"] {
        assert_eq!(columns.shown(name), row.shown(name));
    }
    assert_eq!(columns.index("by_phone"), Some(index));

    // And what is sealed is the record.
    let revealer = Revealer::backend(&keyring(1), &policy("", Vec::new(), Vec::new())).unwrap();
    assert_eq!(revealer.reveal::<Value>(&row).unwrap(), martin());
}

#[test]
fn a_parsed_row_knows_indexes_and_stand_ins_by_their_text() {
    let row = protector(every_transform(), vec![index("by_phone", &["phone"], 9)])
        .protect(&martin())
        .unwrap();
    let json = serde_json::to_string(&row).unwrap();
    let parsed: Protected = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&parsed).unwrap(), json);
    for name in ["name", "age", "day", "start", "visit", "by_phone"] {
        assert_eq!(parsed.shown(name), row.shown(name), "{name}");
    }
    #[cfg(feature = "phone")]
    {
        let Some(Shown::Phone(phone)) = row.shown("phone") else {
            panic!("a phone stand-in")
        };
        let text = phone.not_a_number_to_dial();
        assert_eq!(parsed.shown("phone"), Some(Shown::Text(text)));
    }
    for text in ["i1.", "i1.XYZ", "s1.AAAA", "t1.x", "i1", "é1."] {
        let json = format!(r#"{{"x":"{text}","sealed":"{}"}}"#, row.sealed());
        let parsed: Protected = serde_json::from_str(&json).unwrap();
        assert_eq!(parsed.shown("x"), Some(Shown::Text(text)));
    }
}

#[test]
fn null_stays_null() {
    let row = protector(every_transform(), Vec::new())
        .protect(&json!({}))
        .unwrap();
    for rule in every_transform() {
        let name = schema().fields()[rule.position].name().to_owned();
        assert_eq!(row.shown(&name), Some(Shown::Null), "{name}");
    }
}

#[test]
fn indexes_of_null() {
    let mut rule = index("by_phone", &["phone"], 9);
    let record = json!({ "name": "Martin" });
    let error = protector(Vec::new(), vec![index("by_phone", &["phone"], 9)])
        .protect(&record)
        .unwrap_err();
    assert!(
        error.is_record() && error.field() == Some("phone"),
        "{error}"
    );
    rule.null_gives_null = true;
    let row = protector(Vec::new(), vec![rule]).protect(&record).unwrap();
    assert_eq!(row.shown("by_phone"), Some(Shown::Null));
    assert_eq!(row.index("by_phone"), None);
}

/// What each transform refuses; the error names the field and holds no value.
fn refused() -> Vec<(&'static str, Transform, Value)> {
    vec![
        (
            "age",
            Transform::Bands { edges: vec![0, 18] },
            json!({ "age": -77 }),
        ),
        ("age", Transform::Round(10), json!({ "age": i64::MAX })),
        ("postcode", Transform::Prefix(2), json!({ "postcode": "7" })),
        (
            "day",
            Transform::Truncate(Period::Week),
            json!({ "day": "0000-01-01" }),
        ),
        (
            "day",
            shift(520),
            json!({ "name": "M", "phone": "0639981234", "day": "0000-01-01" }),
        ),
        (
            "day",
            shift(520),
            json!({ "name": "M", "phone": "0639981234", "day": "9999-12-31" }),
        ),
        (
            "specialty",
            bucket(None),
            json!({ "specialty": "Podologie" }),
        ),
        (
            "specialty",
            bucket(Some("rest")),
            json!({ "specialty": "Podo\u{1}logie" }),
        ),
        #[cfg(feature = "phone")]
        ("phone", Transform::Phone, json!({ "phone": "no number" })),
        #[cfg(feature = "phone")]
        ("phone", Transform::Phone, json!({ "phone": "+352123456" })),
    ]
}

#[test]
fn what_is_outside_a_transform_is_an_error_without_its_value() {
    let mut shifts = 0;
    for (field, transform, record) in refused() {
        let is_shift = matches!(transform, Transform::Shift { .. });
        let error = match shown(&record, field, transform) {
            // A person is moved one way: of the two ends of time, one is beyond.
            Ok(_) if is_shift => continue,
            Ok(shown) => panic!("{field} of {record} is shown as {shown}"),
            Err(error) => error,
        };
        shifts += usize::from(is_shift);
        assert!(error.is_record(), "{error}");
        assert_eq!(error.field(), Some(field));
        for value in [
            "-77",
            "9223",
            "Podo",
            "no number",
            "123456",
            "-01-01",
            "-12-31",
        ] {
            assert!(!error.to_string().contains(value), "{error}");
        }
    }
    assert_eq!(shifts, 1);
}

#[test]
fn a_shift_needs_its_person() {
    for record in [
        json!({ "day": "2020-07-21" }),
        json!({ "day": "2020-07-21", "name": "-", "phone": "0639981234" }),
    ] {
        let error = shown(&record, "day", shift(26)).unwrap_err();
        assert!(
            error.is_record() && error.field() == Some("name"),
            "{error}"
        );
        assert!(error.to_string().contains("the shift of field \"day\""));
    }
}

#[test]
fn after_an_error_nothing_changed_and_no_nonce_was_drawn() {
    for (field, transform, record) in refused() {
        let protector = protector(
            vec![
                show(field, transform),
                show("visit", Transform::Mask { first: 1, last: 0 }),
            ],
            Vec::new(),
        );
        let good = json!({ "visit": "before" });
        let mut row = protector.protect(&good).unwrap();
        let before = row.clone();
        if protector.protect_into(&record, &mut row).is_err() {
            assert_eq!(row, before);
            assert_eq!(row.shown("visit"), Some(Shown::Text("b***")));
        }
    }
}

/// One that had more or longer values before shows none of them.
#[test]
fn a_row_that_is_used_again_shows_only_its_own() {
    let protector = protector(every_transform(), vec![index("by_age", &["age"], 4)]);
    let mut row = protector.protect(&martin()).unwrap();
    for record in [
        json!({ "age": 70 }),
        martin(),
        json!({ "age": 5, "visit": "x" }),
    ] {
        protector.protect_into(&record, &mut row).unwrap();
        let fresh = protector.protect(&record).unwrap();
        for rule in every_transform() {
            let name = schema().fields()[rule.position].name().to_owned();
            assert_eq!(row.shown(&name), fresh.shown(&name));
        }
        assert_eq!(row.index("by_age"), fresh.index("by_age"));
    }
}

#[test]
fn what_is_erasable_needs_its_subject_key() {
    let bound = "subject_key = \"bound\"\n";
    let mut shows = every_transform();
    shows.iter_mut().for_each(|rule| {
        rule.erasable = matches!(
            rule.transform,
            Transform::Shift { .. } | Transform::Reversible | Transform::Phone
        );
    });
    let mut by_phone = index("by_phone", &["phone"], 32);
    by_phone.erasable = true;
    let policy = policy(bound, shows, vec![by_phone]);
    let protector = protector_of(&keyring(1), policy.clone());
    let [first, second] = [1, 2].map(|byte| SubjectKey::from_bytes(&mut [byte; 32]));
    let of = |key| {
        let row = protector.bind(Binding::subject(key)).protect(&martin());
        serde_json::to_value(row.unwrap()).unwrap()
    };
    let (one, again, other) = (of(&first), of(&first), of(&second));
    for name in ["day", "phone", "visit", "by_phone"] {
        assert_eq!(one[name], again[name], "{name}");
        if !one[name].is_null() {
            assert_ne!(one[name], other[name], "{name}");
        }
    }
    for name in ["name", "age", "start", "specialty"] {
        assert_eq!(one[name], other[name], "{name}");
    }

    let query = Query::new(&keyring(1), &policy).unwrap();
    let part = json!({ "phone": "+33639981234" });
    let error = query.index("by_phone", &part).unwrap_err();
    assert!(error.is_misuse(), "{error}");
    let found = query
        .bind(Binding::subject(&first))
        .index("by_phone", &part)
        .unwrap();
    assert_eq!(Value::from(found[0].1.to_string()), one["by_phone"]);
    #[cfg(feature = "reversible")]
    {
        let stand_in = one["visit"].as_str().unwrap().parse().unwrap();
        assert!(query.reverse("visit", &stand_in).unwrap_err().is_misuse());
        let clear = query
            .bind(Binding::subject(&first))
            .reverse("visit", &stand_in)
            .unwrap();
        assert_eq!(clear, [(Generation::FIRST, "rdv-1".to_owned())]);
        let error = query
            .bind(Binding::subject(&second))
            .reverse("visit", &stand_in)
            .unwrap_err();
        assert!(error.is_wrong_key(), "{error}");
    }
}

#[test]
fn queries_give_what_rows_of_each_generation_have() {
    let rest = "[pseudonym.patient]\nof = [\"name\", \"phone\"]\nreason = \"x\"\n";
    let rules = || {
        policy(
            rest,
            every_transform(),
            vec![index("by_phone", &["phone"], 12)],
        )
    };
    let row = |generations| {
        let protector = protector_of(&keyring(generations), rules());
        protector.protect(&martin()).unwrap()
    };
    let (first, second) = (row(1), row(2));
    let query = Query::new(&keyring(2), &rules()).unwrap();
    let number = |number| Generation::new(number).unwrap();

    let found = query
        .index("by_phone", &json!({ "phone": "0033 639981234" }))
        .unwrap();
    let expected = [&first, &second].map(|row| row.index("by_phone").unwrap());
    assert_ne!(expected[0], expected[1]);
    assert_eq!(found, [(number(1), expected[0]), (number(2), expected[1])]);

    let part = json!({ "name": "MARTIN", "phone": "+33639981234", "age": 1 });
    let found: Vec<(Generation, Pseudonym)> = query.pseudonym("patient", &part).unwrap();
    let expected = [&first, &second].map(|row| row.pseudonym("patient").unwrap());
    assert_eq!(found, [(number(1), expected[0]), (number(2), expected[1])]);

    #[cfg(feature = "reversible")]
    for (row, generation) in [(&first, 1), (&second, 2)] {
        let Some(Shown::Reversible(stand_in)) = row.shown("visit") else {
            panic!("a stand-in")
        };
        let clear = query.reverse("visit", stand_in).unwrap();
        assert_eq!(clear, [(number(generation), "rdv-1".to_owned())]);
        let mut bytes = stand_in.as_bytes().to_vec();
        bytes[20] ^= 1;
        let changed = crate::Reversible::from_bytes(bytes).unwrap();
        let error = query.reverse("visit", &changed).unwrap_err();
        assert!(
            error.is_wrong_key() && error.field() == Some("visit"),
            "{error}"
        );
        assert!(query.reverse("name", stand_in).unwrap_err().is_misuse());
    }
}

#[test]
fn queries_refuse_what_they_cannot_ask() {
    let mut rule = index("by_phone", &["phone"], 12);
    rule.null_gives_null = true;
    let query = Query::new(&keyring(1), &policy("", Vec::new(), vec![rule])).unwrap();
    let phone = json!({ "phone": "0639981234" });
    for name in ["by_name", "phone", ""] {
        assert!(query.index(name, &phone).unwrap_err().is_misuse());
    }
    assert!(query.pseudonym("by_phone", &phone).unwrap_err().is_misuse());
    for part in [
        json!({}),
        json!({ "phone": null }),
        json!({ "name": "Martin" }),
    ] {
        let error = query.index("by_phone", &part).unwrap_err();
        assert!(
            error.is_record() && error.field() == Some("phone"),
            "{error}"
        );
    }
    let error = query
        .index("by_phone", &json!({ "phone": "x" }))
        .unwrap_err();
    assert!(error.is_record(), "{error}");
    let error = query
        .index("by_phone", &json!({ "telephone": "x" }))
        .unwrap_err();
    assert!(error.is_unknown_field(), "{error}");
}

#[cfg(not(all(feature = "phone", feature = "reversible")))]
#[test]
fn a_transform_that_was_not_compiled_in_protects_nothing() {
    let error = |field, transform| {
        let policy = policy("", vec![show(field, transform)], Vec::new());
        let checked = CheckedPolicy::unchecked(policy);
        Protector::new(&keyring(1), &checked).unwrap_err()
    };
    for (field, transform, is_missing) in [
        ("phone", Transform::Phone, !cfg!(feature = "phone")),
        ("name", Transform::Reversible, !cfg!(feature = "reversible")),
    ] {
        if is_missing {
            let word = transform.name();
            let error = error(field, transform);
            assert!(error.is_definition());
            assert_eq!(
                error.to_string(),
                format!(
                    "field \"{field}\" is shown by `{word}`, which this build of the crate does not have; compile the crate with the feature of that name"
                )
            );
        }
    }
}
