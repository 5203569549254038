//! Standard streams.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::Stdio,
    thread,
};

use super::{errors, paravent, protect, rows};

#[test]
fn rows_go_through_pipes() {
    let mut child = protect(Path::new("-"))
        .args(["--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(rows::table(500).as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 501);

    let mut child = paravent()
        .args([
            "reveal",
            "-",
            "--format",
            "csv",
            "--policy",
            "policies/statistics.toml",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let mut back: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let table = rows::table(500);
    let mut before: Vec<&str> = table.lines().collect();
    let header = back.remove(0);
    assert_eq!(header.split(',').count(), 9, "{header}");
    before.remove(0);
    back.sort();
    before.sort_unstable();
    // The columns stand as the schema has them, which is how the table has them.
    assert_eq!(back, before);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("rows.csv");
    std::fs::write(&input, rows::table(60_000)).unwrap();
    let mut child = protect(&input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("sealed"), "{first}");
    assert!(!output.status.success());
    assert_eq!(errors(&output), "");
}

#[test]
fn a_stream_that_takes_no_more_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = protect(Path::new("appointments.csv"))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("No space left"),
        "{}",
        errors(&output)
    );
}

#[test]
fn an_input_that_breaks_off_is_no_whole_row() {
    let table = rows::table(3);
    let cut = &table[..table.len() - 20];
    let mut child = protect(Path::new("-"))
        .args(["--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let cut = &cut[..cut.rfind(',').unwrap()];
    child
        .stdin
        .take()
        .unwrap()
        .write_all(cut.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(errors(&output).contains("line 4"), "{}", errors(&output));
}
