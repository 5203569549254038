//! Memory does not grow with the file.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::Stdio,
    thread,
};

use super::{protect, rows};

/// The most memory in KiB that the process held while rows went through: what the passphrase took before does not count.
fn peak_while_rows_go_through(count: usize) -> usize {
    let mut child = protect(Path::new("-"))
        .args(["--format", "csv", "--jobs", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        input.write_all(rows::HEADER.as_bytes()).unwrap();
        let mut text = String::new();
        for number in 0..count {
            rows::push(&mut text, number);
            if text.len() > 1 << 16 || number + 1 == count {
                input.write_all(text.as_bytes()).unwrap();
                text.clear();
            }
        }
    });
    let status = format!("/proc/{}/status", child.id());
    let mut output = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let first = output.read(&mut buffer).unwrap();
    assert!(first > 0);
    // "5" sets the peak to what is held now: the key file is open, and its memory given back.
    fs::write(format!("/proc/{}/clear_refs", child.id()), "5").unwrap();
    let (mut peak, mut read) = (0, 0);
    loop {
        // Not after the last read: then the process may be gone.
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
        {
            let digits = line.split_whitespace().nth(1).unwrap();
            peak = digits.parse().unwrap();
        }
        match output.read(&mut buffer).unwrap() {
            0 => break,
            bytes => read += bytes,
        }
    }
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(read > count * 500);
    assert!(peak > 0);
    peak
}

#[test]
fn it_is_the_same_for_ten_times_as_many_rows() {
    let (few, many) = (
        peak_while_rows_go_through(25_000),
        peak_while_rows_go_through(250_000),
    );
    assert!(many <= 64 * 1024, "{many} KiB");
    assert!(
        many <= few + 8 * 1024,
        "{few} KiB for 25,000 rows, {many} for 250,000"
    );
}
