//! Files as they come.

use super::*;

fn migrated(format: Format, rows: impl AsRef<[u8]>) {
    let rows = rows.as_ref();
    let store = Store::new("rows", format, rows);
    store.run_to(7);
    let migrated = store.run().unwrap();
    assert_eq!(migrated.protected, 10);
    store.holds(10);
    store.undo().unwrap();
    assert_eq!(store.bytes(), rows);
}

fn text_of(delimiter: &str, end: &str) -> String {
    let lines = (0..10).map(|i| csv_line(&object(i), delimiter, end));
    HEADER.join(delimiter) + end + &lines.collect::<String>()
}

#[test]
fn carriage_returns() {
    migrated(csv(), text_of(",", "\r\n"));
    migrated(csv(), text_of(",", "\r"));
    migrated(Format::Ndjson, ndjson_text(10).replace('\n', "\r\n"));
}

#[test]
fn a_byte_order_mark() {
    migrated(csv(), format!("\u{feff}{}", csv_text(10)));
    migrated(Format::Ndjson, format!("\u{feff}{}", ndjson_text(10)));
}

#[test]
fn windows_1252() {
    let text = text_of(";", "\r\n");
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'Œ' => 0x8C,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    migrated(csv(), &bytes);
    migrated(csv_of(b';'), &bytes);
}

#[test]
fn other_delimiters() {
    for delimiter in [";", "\t", "|"] {
        migrated(csv(), text_of(delimiter, "\n"));
    }
    migrated(csv_of(b'~'), text_of("~", "\n"));
}

#[test]
fn no_line_break_at_the_end_and_blank_lines() {
    migrated(csv(), csv_text(10).trim_end());
    migrated(csv(), csv_text(10).replace('\n', "\n\n"));
    migrated(Format::Ndjson, ndjson_text(10).trim_end());
    migrated(Format::Ndjson, ndjson_text(10).replace('\n', "\n \n"));
}

#[test]
fn quoted_line_breaks() {
    let quoted = |i: usize| format!("\"Œuvrard\n{i};,\"\"x\"\"\r\n\"");
    let lines =
        (0..10).map(|i| csv_line(&object(i), ",", "\n").replacen("Dr Œuvrard", &quoted(i), 1));
    let text = HEADER.join(",") + "\n" + &lines.collect::<String>();
    let store = Store::csv(&text);
    store.run_to(7);
    assert_eq!(store.run().unwrap().protected, 10);
    for (i, row) in store.revealed().iter().enumerate() {
        assert_eq!(row["practitioner"], format!("Œuvrard\n{i};,\"x\"\r\n"));
    }
    assert!(store.no_plain().is_ok());
    // The line of a row that is bad is where it begins in the file.
    let bad = text.replacen("rdv-3,", ",", 1);
    let store = Store::csv(&bad);
    assert_eq!(store.refused().line(), Some(2 + 3 * 3));
}

#[test]
fn a_row_larger_than_a_batch_is_to_be() {
    let text = csv_text(10).replace("none", &"x".repeat(2 << 20));
    migrated(csv(), text);
}
