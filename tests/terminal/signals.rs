//! Signals at random moments.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rustix::process::{Pid, Signal, kill_process};

use super::{names, protect, rows};

const ROWS: usize = 30_000;

/// How many bytes the process has written to a file that has no name yet.
fn unnamed_bytes(child: &Child) -> u64 {
    let Ok(files) = fs::read_dir(format!("/proc/{}/fd", child.id())) else {
        return 0;
    };
    let unnamed = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.ok()?.path();
        let target = fs::read_link(&path).ok()?;
        let name = target.to_string_lossy().into_owned();
        (name.contains("(deleted)") || name.contains("/.")).then(|| fs::metadata(&path).ok())?
    };
    files
        .filter_map(unnamed)
        .map(|file| file.len())
        .max()
        .unwrap_or(0)
}

fn is_whole(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    text.ends_with('\n') && text.lines().count() == ROWS + 1
}

#[test]
fn a_signal_at_any_moment_leaves_all_or_nothing() {
    let inputs = tempfile::tempdir().unwrap();
    let input = inputs.path().join("rows.csv");
    fs::write(&input, rows::table(ROWS)).unwrap();
    let mut random = StdRng::seed_from_u64(23_072_020);
    let mut hit = BTreeMap::new();
    for round in 0..48 {
        let signal = [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL][round % 4];
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("protected.csv");
        let mut child = protect(&input)
            .arg("--output")
            .arg(&output)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Most are to hit while rows are written: this many bytes of about 27 million.
        let bytes = random.random_range(1..26_000_000);
        let mut written = 0;
        while written < bytes && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
            written = unnamed_bytes(&child);
        }
        let pid = Pid::from_child(&child);
        let ended = child.try_wait().unwrap().is_some();
        if !ended {
            kill_process(pid, signal).unwrap();
        }
        let status = child.wait().unwrap();
        let left = names(folder.path());
        if status.success() {
            assert_eq!(left, ["protected.csv"]);
            assert!(is_whole(&output));
        } else {
            let number = signal.as_raw();
            assert!(
                status.code() == Some(128 + number) || status.signal() == Some(number),
                "{signal:?}: {status:?}"
            );
            assert!(left.is_empty(), "{signal:?} left {left:?}");
            if written > 0 {
                *hit.entry(number).or_insert(0) += 1;
            }
        }
    }
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL] {
        let hits = hit.get(&signal.as_raw()).copied().unwrap_or(0);
        assert!(
            hits >= 5,
            "{signal:?} hit {hits} times in the middle of writing"
        );
    }
}

#[test]
fn what_was_there_stays_where_a_forced_run_is_killed() {
    let inputs = tempfile::tempdir().unwrap();
    let input = inputs.path().join("rows.csv");
    fs::write(&input, rows::table(ROWS)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("protected.csv");
    fs::write(&output, "what was there").unwrap();
    for signal in [Signal::TERM, Signal::KILL] {
        let mut child = protect(&input)
            .args(["--force", "--output"])
            .arg(&output)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while unnamed_bytes(&child) == 0 {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended before it wrote"
            );
            thread::sleep(Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        assert_eq!(fs::read_to_string(&output).unwrap(), "what was there");
        assert_eq!(names(folder.path()), ["protected.csv"]);
    }
}

#[test]
fn an_audit_that_is_interrupted_leaves_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("rows.csv");
    fs::write(&input, rows::table(3_000)).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = super::paravent()
            .arg("audit")
            .arg(&input)
            .arg("--truth")
            .arg(&input)
            .arg("--html")
            .arg(folder.path().join("report.html"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It takes many times as long.
        thread::sleep(Duration::from_millis(400));
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(128 + signal.as_raw()));
        assert_eq!(names(folder.path()), ["rows.csv"]);
    }
}
