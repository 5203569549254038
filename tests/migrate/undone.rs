//! Undone until it is sealed off.

use std::io::Write as _;

use super::*;

#[test]
fn where_nothing_began_there_is_nothing_to_undo() {
    let store = Store::csv(csv_text(5));
    assert!(store.undo().unwrap_err().is_migration());
    assert!(store.migration().seal_off().unwrap_err().is_migration());
    assert_eq!(store.ends(), [""]);
}

#[test]
fn what_stopped_is_undone() {
    let store = Store::csv(csv_text(50));
    store.run_to(14);
    store.undo().unwrap();
    assert_eq!(store.ends(), [""]);
    assert_eq!(store.text(), csv_text(50));
    assert!(store.undo().unwrap_err().is_migration());
    store.run().unwrap();
    store.holds(50);
}

#[test]
fn what_is_done_is_undone_with_its_mode() {
    let store = Store::csv(csv_text(50));
    for mode in [0o644, 0o600, 0o660] {
        fs::set_permissions(&store.file, fs::Permissions::from_mode(mode)).unwrap();
        store.run().unwrap();
        assert_eq!((store.mode(""), store.mode(".plain")), (mode, 0o600));
        store.undo().unwrap();
        assert_eq!(store.mode(""), mode);
        assert_eq!(store.ends(), [""]);
        assert_eq!(store.text(), csv_text(50));
    }
}

#[test]
fn rows_that_came_since_are_not_lost_by_chance() {
    let store = Store::csv(csv_text(20));
    store.run().unwrap();
    let later = store.protected(&csv_text(21));
    let grown = store.text() + later.lines().last().unwrap() + "\n";
    fs::write(&store.file, &grown).unwrap();
    assert!(store.undo().unwrap_err().is_migration());
    assert_eq!(store.text(), grown);
    assert!(store.beside(".plain").exists());
    // Nor is it migrated as if it had not been.
    assert!(store.refused().is_migration());

    Migration::undo_losing_changes(&store.file).unwrap();
    assert_eq!(store.text(), csv_text(20));
    assert_eq!(store.ends(), [""]);
}

#[test]
fn what_is_sealed_off_is_not_undone() {
    let store = Store::csv(csv_text(20));
    store.run_to(7);
    assert!(store.migration().seal_off().unwrap_err().is_migration());
    let migrated = store.run().unwrap();
    assert_eq!(store.migration().seal_off().unwrap(), migrated);
    for error in [
        store.undo().unwrap_err(),
        Migration::undo_losing_changes(&store.file).unwrap_err(),
        store.migration().seal_off().unwrap_err(),
    ] {
        assert!(error.is_migration());
        assert!(error.to_string().contains("sealed off"), "{error}");
    }
    store.holds(20);
}

#[test]
fn no_digest_of_the_rows_in_clear_is_left_once_it_is_sealed_off() {
    let store = Store::csv(csv_text(20));
    store.run().unwrap();
    // As a process that is killed after it removed the rows in clear.
    fs::remove_file(store.beside(".plain")).unwrap();
    assert!(store.undo().unwrap_err().to_string().contains("sealed off"));
    store.migration().seal_off().unwrap();
    assert_eq!(store.ends(), [""]);
    store.holds(20);
}

#[test]
fn it_is_not_sealed_off_while_a_row_does_not_open_or_is_missing() {
    let store = Store::csv(csv_text(20));
    store.run().unwrap();
    let text = store.text();
    let seal_off = |rows: &str| {
        fs::write(&store.file, rows).unwrap();
        let error = store.migration().seal_off().unwrap_err();
        is_silent(&error);
        assert!(store.beside(".plain").exists());
        error
    };
    let without_last = text.trim_end().rsplit_once('\n').unwrap().0;
    assert!(seal_off(without_last).is_migration());
    assert!(seal_off("").is_input());
    let moved = text.replacen("rdv-3,", "rdv-30,", 1);
    let error = seal_off(&moved);
    assert!(error.is_tampered(), "{error}");
    assert_eq!(error.line(), Some(5));
    let in_clear = text.clone() + "2020-07,rdv-20,20,,,\n";
    let error = seal_off(&in_clear);
    assert!(error.is_plain_row(), "{error}");
    assert_eq!(error.line(), Some(22));

    // Rows that came since are no reason.
    let later = store.protected(&csv_text(21));
    fs::write(&store.file, text + later.lines().last().unwrap()).unwrap();
    store.migration().seal_off().unwrap();
    store.holds(21);
    assert!(!store.beside(".plain").exists());
}

#[test]
fn an_export_in_the_files_first_encoding_is_sealed_off_too() {
    let format = Format::Csv(
        CsvFormat::default()
            .delimiter(b';')
            .encoding(paravent::Encoding::Windows1252),
    );
    let lines = (0..9).map(|i| csv_line(&object(i), ";", "\n"));
    let text = HEADER.join(";") + "\n" + &lines.collect::<String>();
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(0x8C))
        .collect();
    let store = Store::new("rows.csv", format, bytes);
    store.run().unwrap();
    store.migration().seal_off().unwrap();
    store.holds(9);
}

#[test]
fn an_exchanged_plain_file_does_not_come_back() {
    let store = Store::csv(csv_text(20));
    store.run().unwrap();
    let text = store.text();
    fs::write(store.beside(".plain"), csv_text(19)).unwrap();
    assert!(store.undo().unwrap_err().is_migration());
    assert_eq!(store.text(), text);
    fs::write(store.beside(".plain"), csv_text(20)).unwrap();
    store.undo().unwrap();
    assert_eq!(store.text(), csv_text(20));
}

#[test]
fn a_row_that_was_written_to_the_file_after_the_switch_is_not_sealed_off() {
    let store = Store::csv(csv_text(20));
    let mut writer = fs::OpenOptions::new()
        .append(true)
        .open(&store.file)
        .unwrap();
    store.run().unwrap();
    writer
        .write_all(csv_line(&object(20), ",", "\n").as_bytes())
        .unwrap();
    let error = store.migration().seal_off().unwrap_err();
    assert!(error.is_migration(), "{error}");
    is_silent(&error);
    let plain = fs::read_to_string(store.beside(".plain")).unwrap();
    assert_eq!(plain, csv_text(21));

    // Once that row is elsewhere.
    fs::write(store.beside(".plain"), csv_text(20)).unwrap();
    store.migration().seal_off().unwrap();
    store.holds(20);
}

#[test]
fn a_file_that_is_written_to_while_it_is_sealed_off_stays() {
    let store = Store::csv(csv_text(1100));
    store.run().unwrap();
    let text = store.text();
    let observer = |_: &paravent::Progress| {
        fs::write(&store.file, text.clone() + "\n").unwrap();
        ControlFlow::Continue(())
    };
    let error = store.migration().observe(&observer).seal_off().unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert!(store.beside(".plain").exists());
}
