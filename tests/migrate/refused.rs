//! What does not fit, and what is not as it was when the migration stopped.

use super::*;

/// That the file is as it was, and all beside it goes away.
fn untouched(store: &Store, before: &[u8]) {
    assert_eq!(store.bytes(), before);
    if store.ends().len() > 1 {
        store.undo().unwrap();
    }
    assert_eq!(store.ends(), [""]);
    assert_eq!(store.bytes(), before);
    assert_eq!(store.mode(""), 0o644);
}

#[test]
fn a_bad_row_stops_it_with_its_line() {
    let bad = |line: usize, from: &str, to: &str| {
        let text = csv_text(50);
        assert!(text.contains(from));
        let store = Store::csv(text.replacen(from, to, 1));
        let before = store.bytes();
        let error = store.refused();
        is_silent(&error);
        assert_eq!(error.line(), Some(line), "{error}");
        assert!(!store.beside(".plain").exists());
        // Again, and from where it stopped.
        assert_eq!(store.refused().to_string(), error.to_string());
        untouched(&store, &before);
        error
    };
    assert!(bad(32, "Lefèvre 30", &"x".repeat(500)).is_too_wide());
    assert!(bad(32, ",30,06", ",thirty,06").is_record());
    assert!(bad(32, "Lefèvre 30,Zoé", "Lefèvre 30,").is_missing_field());
    assert!(bad(32, "rdv-30,", ",").is_input());
    assert!(bad(32, "rdv-30,", "rdv-30,,").is_input());
    assert!(bad(32, "rdv-30,", "\"rdv-30,").is_input());
    let error = bad(2, "Lefèvre 0", "\u{378}");
    assert_eq!(error.code(), "not-normalizable");
    // A pseudonym needs it.
    assert_eq!(bad(5, "Lefèvre 3,", "-,").code(), "empty-part");

    let text = ndjson_text(20);
    for (from, to, code) in [
        ("\"rdv-9\"", "{}", "input"),
        (
            "{\"Nom\":\"Lefèvre 9\"",
            "{\"Nom\":\"x\",\"Nom\":\"Lefèvre 9\"",
            "duplicate-field",
        ),
        (
            "\"Nom\":\"Lefèvre 9\"",
            "\"last_name\":\"x\"",
            "unknown-field",
        ),
        ("\"Lefèvre 9\"", "\"Lefèvre 9", "json"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let store = Store::ndjson(text.replacen(from, to, 1));
        let before = store.bytes();
        let error = store.refused();
        assert_eq!((error.code(), error.line()), (code, Some(10)), "{error}");
        untouched(&store, &before);
    }
}

#[test]
fn a_header_that_does_not_fit_leaves_nothing_behind() {
    for text in [
        String::new(),
        csv_text(3).replacen("remarks", "notes", 1),
        csv_text(3).replacen("phone", "Nom", 1),
        csv_text(3).replacen("id,", "email,", 1),
        csv_text(3).split_once('\n').unwrap().1.to_owned(),
        format!("\u{feff}{}", "\0a\0b"),
    ] {
        let store = Store::csv(&text);
        let error = store.refused();
        is_silent(&error);
        assert!(error.is_input(), "{error}");
        assert_eq!(store.ends(), [""]);
        assert_eq!(store.text(), text);
    }
}

#[test]
fn a_policy_that_files_cannot_serve_is_refused() {
    let head = "domain = \"store\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n";
    for policy in [
        head.to_owned(),
        head.replace("bound", "unbound") + "subject_key = \"bound\"\n",
    ] {
        let mut store = Store::csv(csv_text(3));
        store.policy = accepted(&policy, &Schema::appointment()).unwrap();
        assert!(store.refused().is_definition());
        assert_eq!(store.ends(), [""]);
    }
}

#[test]
fn a_file_that_changed_meanwhile_is_refused() {
    let changes: [fn(String) -> String; 5] = [
        |text| text + &csv_line(&object(50), ",", "\n"),
        |text| text.replacen("Lefèvre 1", "Lefèvre 2", 1),
        |text| text.replacen("Lefèvre 49", "Lefèvre 48", 1),
        |text| text.trim_end().to_owned(),
        |_| String::new(),
    ];
    for change in changes {
        let store = Store::csv(csv_text(50));
        store.run_to(14);
        let changed = change(store.text());
        fs::write(&store.file, &changed).unwrap();
        let error = store.refused();
        assert!(error.is_migration(), "{error}");
        untouched(&store, changed.as_bytes());
    }
}

#[test]
fn a_file_that_is_written_to_while_it_runs_is_refused() {
    let store = Store::csv(csv_text(50));
    let calls = AtomicU64::new(0);
    let observer = |_: &paravent::Progress| {
        if calls.fetch_add(1, Ordering::Relaxed) == 3 {
            fs::write(&store.file, csv_text(49)).unwrap();
        }
        ControlFlow::Continue(())
    };
    let error = store.migration().observe(&observer).run().unwrap_err();
    assert!(error.is_migration() || error.is_input(), "{error}");
    untouched(&store, csv_text(49).as_bytes());
}

#[test]
fn a_file_that_is_replaced_while_it_runs_is_refused() {
    let store = Store::csv(csv_text(50));
    let other = store.folder.path().join("other");
    fs::write(&other, csv_text(50)).unwrap();
    let observer = |_: &paravent::Progress| {
        let _ = fs::rename(&other, &store.file);
        ControlFlow::Continue(())
    };
    let error = store.migration().observe(&observer).run().unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert_eq!(store.text(), csv_text(50));
    assert!(!store.beside(".plain").exists());
}

#[test]
fn another_policy_or_form_does_not_go_on() {
    let mut store = Store::csv(csv_text(50));
    let before = store.bytes();
    store.run_to(14);
    let other = POLICY.replace("[show.age]", "[show.sex]");
    let policy = std::mem::replace(
        &mut store.policy,
        accepted(&other, &Schema::appointment()).unwrap(),
    );
    let error = store.refused();
    assert!(error.is_migration(), "{error}");
    store.policy = policy;
    store.format = Format::Csv(CsvFormat::default().encoding(paravent::Encoding::Windows1252));
    assert!(store.refused().is_migration());
    assert_eq!(store.bytes(), before);
    store.format = csv();
    store.run().unwrap();
    store.holds(50);

    // Nor does it seal off.
    store.policy = accepted(&other, &Schema::appointment()).unwrap();
    assert!(store.migration().seal_off().unwrap_err().is_migration());
    assert!(store.beside(".plain").exists());
}

#[test]
fn an_output_that_changed_is_refused() {
    for change in ["cut", "changed", "gone"] {
        let store = Store::csv(csv_text(50));
        let before = store.bytes();
        store.run_to(14);
        let output = store.beside(".migrating");
        let written = fs::read_to_string(&output).unwrap();
        match change {
            "cut" => fs::write(&output, &written[..written.len() - 1]).unwrap(),
            "changed" => fs::write(&output, written.replacen("p1.", "p2.", 1)).unwrap(),
            _ => fs::remove_file(&output).unwrap(),
        }
        let error = store.refused();
        assert!(error.is_migration(), "{change}: {error}");
        untouched(&store, &before);
    }
}

#[test]
fn a_state_that_is_none_is_refused() {
    let store = Store::csv(csv_text(50));
    store.run_to(14);
    for text in ["", "{}", "\u{0}", "[]"] {
        fs::write(store.beside(".migrating.state"), text).unwrap();
        assert!(store.refused().is_migration());
        assert!(store.undo().unwrap_err().is_migration());
        assert!(store.migration().seal_off().unwrap_err().is_migration());
    }
    assert_eq!(store.text(), csv_text(50));
}

#[test]
fn what_is_in_the_way_stays() {
    for end in [".plain", ".migrating"] {
        let store = Store::csv(csv_text(5));
        fs::write(store.beside(end), "another's").unwrap();
        assert!(store.refused().is_migration());
        assert!(store.undo().unwrap_err().is_migration());
        assert_eq!(fs::read_to_string(store.beside(end)).unwrap(), "another's");
        assert_eq!(store.text(), csv_text(5));
        assert_eq!(store.ends(), ["", end]);
    }
    // One that comes while it runs.
    let store = Store::csv(csv_text(50));
    store.run_to(14);
    fs::write(store.beside(".plain"), "another's").unwrap();
    assert!(store.refused().is_migration());
    assert_eq!(store.text(), csv_text(50));
    store.undo().unwrap();
    assert_eq!(
        fs::read_to_string(store.beside(".plain")).unwrap(),
        "another's"
    );
    fs::remove_file(store.beside(".plain")).unwrap();
    store.run().unwrap();
    store.holds(50);
}

#[test]
fn one_process_works_on_a_file_at_a_time() {
    let store = Store::csv(csv_text(50));
    let observer = |_: &paravent::Progress| {
        for error in [
            store.refused(),
            store.undo().unwrap_err(),
            store.migration().seal_off().map(|_| ()).unwrap_err(),
        ] {
            assert!(error.is_migration(), "{error}");
            assert!(error.to_string().contains("another process"), "{error}");
        }
        ControlFlow::Continue(())
    };
    store.migration().observe(&observer).run().unwrap();
    store.holds(50);
}

#[test]
fn other_keys_do_not_keep_protected_rows() {
    let mut store = Store::ndjson("");
    let protected = store.protected(&ndjson_text(10));
    fs::write(&store.file, &protected).unwrap();
    store.keyring = Keyring::generate().unwrap();
    let error = store.refused();
    assert!(error.is_wrong_key(), "{error}");
    assert_eq!(error.line(), Some(1));
    untouched(&store, protected.as_bytes());
}

#[test]
fn what_is_no_file_is_refused() {
    let store = Store::csv(csv_text(5));
    let of = |path: PathBuf| {
        let migration = Migration::new(path, csv(), &store.keyring, &store.policy);
        migration.unwrap().run().unwrap_err()
    };
    assert!(of(store.folder.path().join("none")).is_io());
    assert!(of(store.folder.path().to_owned()).is_migration());
}

#[test]
fn an_output_that_changed_before_the_switch_is_refused() {
    let store = Store::csv(csv_text(20));
    store.run().unwrap();
    // As a process that was killed just before the names changed leaves it.
    let written = store.text();
    let state = fs::read_to_string(store.beside(".migrating.state")).unwrap();
    store.undo().unwrap();
    let state = state.replace("\"switched\"", "\"switching\"");
    for changed in [true, false] {
        let text = match changed {
            true => written.replacen("p1.", "p2.", 1),
            false => written.clone(),
        };
        fs::write(store.beside(".migrating"), text).unwrap();
        fs::write(store.beside(".migrating.state"), &state).unwrap();
        if changed {
            assert!(store.refused().is_migration());
            assert_eq!(store.text(), csv_text(20));
        } else {
            store.run().unwrap();
            store.holds(20);
        }
    }
}
