//! Sealed or in clear, the same comes back.

use super::*;

#[test]
fn code_sees_the_same_before_and_after_a_row_is_sealed() {
    let kit = Kit::new(MIXED);
    for reader in [kit.reader(), kit.backend()] {
        let reader = reader.accept_plain(UNTIL);
        for number in 0..40 {
            let mut record = appointment(number);
            if number % 3 == 0 {
                record.email = None;
            }
            if number % 4 == 0 {
                record.phone = None;
            }
            let in_clear: Value = read(&reader, &text(&record)).unwrap();
            let sealed: Value = read(&reader, &kit.sealed(&record)).unwrap();
            assert_eq!(in_clear, sealed);
        }
        let counts = reader.counts();
        assert_eq!((counts.sealed, counts.plain), (40, 40));
    }
}

#[test]
fn a_row_in_clear_gives_the_fields_of_the_opened_scopes_only() {
    let kit = Kit::new(MIXED);
    let row = text(&appointment(1));
    let seen: Map<String, Value> = read(&kit.reader().accept_plain(UNTIL), &row).unwrap();
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["email", "phone"]);

    // A type that wants more fails on the row in clear as it will on the sealed one.
    #[derive(Debug, Deserialize)]
    struct Both {
        #[serde(rename = "phone")]
        _phone: String,
        #[serde(rename = "last_name")]
        _last_name: String,
    }
    let reader = kit.reader().accept_plain(UNTIL);
    for row in [row, kit.sealed(&appointment(1))] {
        let error = read::<Both>(&reader, &row).unwrap_err();
        assert!(error.is_target(), "{error}");
    }
    assert_eq!(reader.counts(), kit.reader().counts());
}

#[test]
fn every_type_and_nested_fields_come_back_as_from_the_seal() {
    let schema = Schema::from_toml(
        r#"
        name = "records"
        [[field]]
        name = "count"
        number = 1
        scope = "care"
        type = "integer"
        width = 20
        class = "exact"
        optional = true
        [[field]]
        name = "at.home"
        number = 2
        scope = "care"
        type = "boolean"
        width = 5
        class = "exact"
        optional = true
        [[field]]
        name = "at.note"
        number = 3
        scope = "contact"
        type = "json"
        width = 99
        class = "exact"
        optional = true
        "#,
    )
    .unwrap();
    let head = "domain = \"reader\"\nschema = \"records\"\nrecord_id = \"unbound\"\n";
    let kit = Kit::of(accepted(head, &schema).unwrap());
    let reader = kit.backend().accept_plain(UNTIL);
    for record in [
        json!({ "count": -7, "at": { "home": true, "note": { "a": [1.5, "é"], "b": null } } }),
        json!({ "at": { "note": [] } }),
        json!({ "count": i64::MIN }),
        json!({}),
    ] {
        assert_eq!(read::<Value>(&reader, &text(&record)).unwrap(), record);
        let sealed: Value = read(&reader, &kit.sealed(&record)).unwrap();
        assert_eq!(sealed, record);
    }
}

#[test]
fn columns_added_for_the_sealed_form_may_be_null() {
    let kit = Kit::new(MIXED);
    let row = changed(&text(&appointment(5)), |row| {
        row.insert("sealed".into(), Value::Null);
        row.insert("patient".into(), Value::Null);
        row.insert("by_name".into(), Value::Null);
    });
    let reader = kit.backend().accept_plain(UNTIL);
    assert_eq!(read::<Appointment>(&reader, &row).unwrap(), appointment(5));
    assert_eq!((reader.counts().sealed, reader.counts().plain), (0, 1));
}

#[test]
fn columns_of_cleared_fields_may_stay_as_null() {
    let kit = Kit::new(MIXED);
    let row = changed(&kit.sealed(&appointment(5)), |row| {
        row.insert("last_name".into(), Value::Null);
        row.insert("inserted_at".into(), json!("2026-11-24"));
    });
    let reader = kit.backend();
    assert_eq!(read::<Appointment>(&reader, &row).unwrap(), appointment(5));
}

#[test]
fn bound_rows_are_read_under_their_id() {
    let kit = Kit::new(BOUND);
    let reader = kit.backend().accept_plain(UNTIL);
    let mine = Binding::record(RecordId::new("rdv-1").unwrap());
    let other = Binding::record(RecordId::new("rdv-2").unwrap());
    let record = appointment(1);
    let sealed = text(&kit.protector.bind(mine).protect(&record).unwrap());
    for row in [&sealed, &text(&record)] {
        let read: Appointment = reader.read(mine, row, TODAY).unwrap();
        assert_eq!(read, record);
        let unbound = reader.read::<Value>(Binding::NONE, row, TODAY);
        assert!(unbound.unwrap_err().is_misuse());
    }
    let moved = reader.read::<Value>(other, &sealed, TODAY);
    assert!(moved.unwrap_err().is_tampered());
}

#[test]
fn the_last_day_is_one_of_them() {
    let kit = Kit::new(MIXED);
    let reader = kit.reader().accept_plain(UNTIL);
    assert_eq!(reader.plain_until(), Some(UNTIL));
    let row = text(&appointment(1));
    let on = |day| reader.read::<Value>(Binding::NONE, &row, day);
    assert!(on(UNTIL).is_ok());
    let error = on(UNTIL.tomorrow().unwrap()).unwrap_err();
    assert!(error.is_plain_row());
    assert!(error.to_string().contains("2026-12-31"), "{error}");
    // Sealed rows know no end.
    let sealed = kit.sealed(&appointment(1));
    let later = Date::constant(2036, 1, 1);
    assert!(reader.read::<Value>(Binding::NONE, &sealed, later).is_ok());
}

#[test]
fn threads_count_together() {
    fn shared<T: Send + Sync>(_: &T) {}
    let kit = Kit::new(MIXED);
    let reader = Arc::new(kit.reader().accept_plain(UNTIL));
    shared(&reader);
    let rows = [text(&appointment(1)), kit.sealed(&appointment(1))];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for row in rows.iter().cycle().take(100) {
                    read::<Value>(&reader, row).unwrap();
                }
            });
        }
    });
    assert_eq!((reader.counts().sealed, reader.counts().plain), (200, 200));
}

#[test]
fn rows_have_the_names_of_a_policys_files_too() {
    let policy = format!(
        "{BOUND}[source]\nrecord_id = \"rdv\"\ndrop = [\"notes\"]\n[source.columns]\nlast_name = \"Nom\"\n"
    );
    let kit = Kit::new(&policy);
    let reader = kit.backend().accept_plain(UNTIL);
    let binding = Binding::record(RecordId::new("rdv-1").unwrap());
    let row = changed(&text(&appointment(1)), |row| {
        let name = row.remove("last_name").unwrap();
        row.insert("Nom".into(), name);
        row.insert("rdv".into(), "rdv-1".into());
        row.insert("notes".into(), "none".into());
    });
    let read: Appointment = reader.read(binding, &row, TODAY).unwrap();
    assert_eq!(read, appointment(1));

    let both = changed(&row, |row| {
        row.insert("last_name".into(), "x".into());
    });
    let error = reader.read::<Value>(binding, &both, TODAY).unwrap_err();
    assert!(error.is_duplicate_field(), "{error}");

    let sealed = kit
        .protector
        .bind(binding)
        .protect(&appointment(1))
        .unwrap();
    let half = changed(&text(&sealed), |row| {
        row.insert("Nom".into(), "Lefèvre-1".into());
    });
    let error = reader.read::<Value>(binding, &half, TODAY).unwrap_err();
    assert!(error.is_half_protected(), "{error}");
    assert_eq!(error.field(), Some("last_name"));
}
