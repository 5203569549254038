//! What is neither a sealed row nor one that fits in clear.

use super::*;

#[test]
fn rows_in_clear_are_refused_unless_they_are_accepted() {
    let kit = Kit::new(MIXED);
    let reader = kit.backend();
    for row in [
        text(&appointment(1)),
        changed(&text(&appointment(1)), |row| {
            row.insert("sealed".into(), Value::Null);
        }),
        "{}".to_owned(),
    ] {
        assert!(refused(&reader, &row).is_plain_row(), "{row}");
    }
}

#[test]
fn a_row_in_clear_must_fit_the_schema() {
    let kit = Kit::new(MIXED);
    let reader = kit.backend().accept_plain(UNTIL);
    let row = |name: &str, value: Value| {
        changed(&text(&appointment(1)), |row| {
            row.insert(name.to_owned(), value);
        })
    };
    let unknown = refused(&reader, &row("age_in_years", json!(7)));
    assert!(unknown.is_unknown_field());
    assert_eq!(unknown.field(), Some("age_in_years"));
    assert!(refused(&reader, &row("age", json!("seven"))).is_record());
    assert!(refused(&reader, &row("last_name", json!("x".repeat(500)))).is_too_wide());
    let missing = changed(&text(&appointment(1)), |row| {
        row.remove("start");
    });
    assert!(refused(&reader, &missing).is_missing_field());
    let twice = text(&appointment(1)).replacen('{', "{\"start\":\"2020-07-21T09:30:00+02:00\",", 1);
    assert!(refused(&reader, &twice).is_duplicate_field());
    // Also where the connector opens none of the fields that are wrong.
    let reader = kit.reader().accept_plain(UNTIL);
    assert!(refused(&reader, &row("last_name", json!(7))).is_record());
}

#[test]
fn a_pseudonym_without_a_seal_is_no_record() {
    let kit = Kit::new(MIXED);
    let reader = kit.backend().accept_plain(UNTIL);
    let sealed: Map<String, Value> = serde_json::from_str(&kit.sealed(&appointment(1))).unwrap();
    let row = changed(&text(&appointment(1)), |row| {
        row.insert("patient".into(), sealed["patient"].clone());
    });
    let error = refused(&reader, &row);
    assert_eq!(error.field(), Some("patient"));
    assert!(error.is_unknown_field());
}

#[test]
fn a_clear_value_beside_the_seal_is_an_error_of_its_own() {
    let kit = Kit::new(MIXED);
    let sealed = kit.sealed(&appointment(1));
    for reader in [
        kit.backend(),
        kit.backend().accept_plain(UNTIL),
        kit.reader(),
    ] {
        for (field, value) in [
            ("last_name", json!("Lefèvre-1")),
            ("specialty", json!("")),
            ("sex", json!(false)),
        ] {
            let row = changed(&sealed, |row| {
                row.insert(field.to_owned(), value);
            });
            let error = refused(&reader, &row);
            assert!(error.is_half_protected());
            assert_eq!(error.field(), Some(field));
            assert_eq!(error.code(), "half-protected");
        }
    }
    // A key is what it means, however it is written.
    let escaped = sealed.replacen('{', "{\"\\u006cast_name\":\"x\",", 1);
    assert!(refused(&kit.reader(), &escaped).is_half_protected());
    // What the policy shows is there in clear.
    assert!(serde_json::from_str::<Value>(&sealed).unwrap()["age"].is_number());
    assert!(read::<Value>(&kit.reader(), &sealed).is_ok());
}

#[test]
fn a_clear_struct_beside_the_seal_is_one_too() {
    let schema = Schema::from_toml(
        "name = \"records\"\n[[field]]\nname = \"at.home\"\nnumber = 1\nscope = \"care\"\nwidth = 9\ntype = \"text\"\n\
         class = \"exact\"\noptional = true\n",
    )
    .unwrap();
    let head = "domain = \"reader\"\nschema = \"records\"\nrecord_id = \"unbound\"\n\
                [show.\"at.home\"]\nas = \"keep\"\nreason = \"x\"\n";
    let kit = Kit::of(accepted(head, &schema).unwrap());
    let sealed = kit.sealed(&json!({ "at": { "home": "x" } }));
    assert!(read::<Value>(&kit.backend(), &sealed).is_ok());
    let row = changed(&sealed, |row| {
        row.insert("at".into(), json!({ "home": "x" }));
    });
    let error = refused(&kit.backend(), &row);
    assert!(error.is_half_protected());
    assert_eq!(error.field(), Some("at"));
}

#[test]
fn what_stands_under_sealed_must_be_one_sealed_record() {
    let kit = Kit::new(MIXED);
    let reader = kit.backend().accept_plain(UNTIL);
    let sealed = kit.sealed(&appointment(1));
    let with = |value: Value| {
        changed(&sealed, |row| {
            row.insert("sealed".into(), value);
        })
    };
    for value in [
        json!(""),
        json!("p1."),
        json!(7),
        json!(false),
        json!({}),
        json!("null"),
    ] {
        let error = refused(&reader, &with(value.clone()));
        assert!(error.is_malformed(), "{value}: {error}");
    }
    // Two of them: the first wins here and the last there, so none does.
    let twice = sealed.replacen('{', "{\"sealed\":null,", 1);
    assert!(refused(&reader, &twice).is_duplicate_field());
    let cut = sealed.replacen("\"p1.", "\"p1.AA", 1);
    assert!(!refused(&reader, &cut).is_plain_row());
    let other = Kit::new(MIXED).sealed(&appointment(1));
    assert!(refused(&reader, &other).is_wrong_key());
}

#[test]
fn a_row_is_one_json_object() {
    let reader = Kit::new(MIXED).backend().accept_plain(UNTIL);
    for row in ["", "[]", "null", "{", "{}{}", "{\"age\":}", "\u{feff}{}"] {
        assert!(refused(&reader, row).is_record(), "{row:?}");
    }
}

#[test]
fn debug_shows_no_key() {
    let reader = Kit::new(MIXED).reader().accept_plain(UNTIL);
    let shown = format!("{reader:?}");
    assert!(
        shown.contains("2026-12-31") && !shown.contains("key"),
        "{shown}"
    );
}
