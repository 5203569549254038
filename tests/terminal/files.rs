//! Files as they come.

use std::{fs, io::Write, process::Command};

use super::{CLINIC, binary, clinic, errors, names, protect, rows, set_mode};

/// Protects a file with these bytes; the exit code, what it said, and how many lines came out.
fn protecting(bytes: &[u8], arguments: &[&str]) -> (Option<i32>, String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("rows.csv");
    fs::write(&input, bytes).unwrap();
    let output = folder.path().join("out.csv");
    let done = protect(&input)
        .args(arguments)
        .arg("-o")
        .arg(&output)
        .output()
        .unwrap();
    let lines = fs::read_to_string(&output).map_or(0, |text| text.lines().count());
    let left = names(folder.path()).len();
    assert_eq!(
        left,
        if done.status.success() { 2 } else { 1 },
        "{}",
        errors(&done)
    );
    (done.status.code(), errors(&done), lines)
}

#[test]
fn an_empty_file_has_no_header() {
    let (code, said, _) = protecting(b"", &[]);
    assert_eq!(code, Some(3));
    assert!(said.contains("header") || said.contains("empty"), "{said}");
}

#[test]
fn a_header_alone_is_a_file_of_no_rows() {
    let (code, said, lines) = protecting(rows::HEADER.as_bytes(), &[]);
    assert_eq!((code, lines), (Some(0), 1), "{said}");
}

#[test]
fn line_ends_of_windows_are_taken() {
    let (code, said, lines) = protecting(rows::table(50).replace('\n', "\r\n").as_bytes(), &[]);
    assert_eq!((code, lines), (Some(0), 51), "{said}");
}

#[test]
fn encodings_are_found_or_said() {
    let table = rows::table(50);
    let windows: Vec<u8> = table
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(table.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let marked = [b"\xef\xbb\xbf", table.as_bytes()].concat();
    for (bytes, arguments, code) in [
        (&windows, &[][..], 0),
        (&windows, &["--encoding", "windows-1252"], 0),
        (&windows, &["--encoding", "utf-8"], 3),
        (&marked, &[], 0),
        (&utf16, &[], 3),
    ] {
        let (found, said, lines) = protecting(bytes, arguments);
        assert_eq!(found, Some(code), "{said}");
        assert_eq!(lines, if code == 0 { 51 } else { 0 });
    }
}

#[test]
fn a_letter_of_another_encoding_far_down_names_its_line() {
    let mut bytes = rows::table(1_000).replace(['é', 'è'], "e").into_bytes();
    bytes.extend_from_slice(
        b"Lef\xe8vre,Zo\xe9,34,female,,,2020-07-21T09:30:00+02:00,Dr Roux,Dermatologie\n",
    );
    let (code, said, _) = protecting(&bytes, &[]);
    assert_eq!(code, Some(3));
    assert!(said.contains("line 1002"), "{said}");
    assert!(
        said.contains("encoding") || said.contains("UTF-8"),
        "{said}"
    );
}

#[test]
fn a_ragged_row_names_its_line() {
    for row in ["Martin,Zoé\n", "a,b,c,d,e,f,g,h,i,j,k\n"] {
        let (code, said, _) = protecting((rows::table(20) + row).as_bytes(), &[]);
        assert_eq!(code, Some(3));
        assert!(said.contains("line 22"), "{said}");
        assert!(!said.contains("Martin"), "{said}");
    }
}

#[test]
fn a_field_of_ten_mebibytes_names_its_line_and_field() {
    let huge = "x".repeat(10 << 20);
    let row = format!("{huge},Zoé,34,female,,,2020-07-21T09:30:00+02:00,Dr Roux,Dermatologie\n");
    let (code, said, _) = protecting((rows::table(5) + &row).as_bytes(), &[]);
    assert_eq!(code, Some(3));
    assert!(
        said.contains("line 7") && said.contains("last_name"),
        "{said}"
    );
    assert!(said.len() < 1_000);
}

#[test]
fn a_quote_left_open_does_not_swallow_the_memory() {
    let mut table = rows::table(5);
    table.push('"');
    for number in 0..200_000 {
        rows::push(&mut table, number);
    }
    let table = table
        .replace("\"Dr ", "Dr ")
        .replace("cabinet ", "")
        .replace("\",", ",");
    let (code, said, _) = protecting(table.as_bytes(), &["--delimiter", ","]);
    assert_eq!(code, Some(3));
    assert!(said.contains("line"), "{said}");
}

#[test]
fn what_cannot_be_read_is_said_with_its_name() {
    let missing = protect(&clinic().join("nothing.csv")).output().unwrap();
    assert!(
        errors(&missing).contains("nothing.csv"),
        "{}",
        errors(&missing)
    );
    let folder = tempfile::tempdir().unwrap();
    let output = protect(folder.path())
        .args(["--format", "csv"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
}

/// As somebody who may not read a file: root may read all, so that this is not done as root.
#[test]
fn a_file_without_permission_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let program = folder.path().join("paravent");
    fs::copy(binary(), &program).unwrap();
    set_mode(&program, 0o755);
    let input = folder.path().join("rows.csv");
    fs::File::create(&input)
        .unwrap()
        .write_all(rows::table(3).as_bytes())
        .unwrap();
    set_mode(&input, 0o000);
    // A user namespace without a map: nobody, with no rights over anything outside.
    let output = Command::new("unshare")
        .args(["--user"])
        .arg(&program)
        .args(["inspect", "--file"])
        .arg(&input)
        .current_dir(folder.path())
        .env_remove("PARAVENT_CORPUS")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(
        errors(&output).contains("ermission denied"),
        "{}",
        errors(&output)
    );
    assert!(CLINIC.path().exists());
}
