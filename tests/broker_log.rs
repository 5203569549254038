//! A broker's log as those see it who open, rotate, verify and read it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, ops::ControlFlow, path::PathBuf, sync::Arc, thread};

use paravent::{Error, Event, Keyring, Log, Timestamp, VerifiedLog};

struct Place {
    folder: tempfile::TempDir,
    keyring: Keyring,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keyring: Keyring::generate().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, now: &str) -> Result<Log, Error> {
        let (path, heads) = (self.path("release.log"), self.path("heads"));
        Log::open(path, heads, &self.keyring, time(now))
    }

    fn verify(&self) -> Result<VerifiedLog, Error> {
        let (path, heads) = (self.path("release.log"), self.path("heads"));
        Log::verify(path, heads, &self.keyring, &|_| ControlFlow::Continue(()))
    }
}

fn time(of_day: &str) -> Timestamp {
    format!("2026-11-29T{of_day}Z").parse().unwrap()
}

#[test]
fn a_log_is_opened_rotated_verified_and_read() {
    let place = Place::new();
    let log = place.open("08:00:00").unwrap();
    // It takes an earlier time, too.
    log.rotate(time("07:00:00.1239")).unwrap();
    drop(log);
    place.open("09:00:00").unwrap();

    let verified = place.verify().unwrap();
    assert_eq!((verified.entries, verified.files), (3, 2));
    assert_eq!((verified.releases, verified.beyond_heads), (0, 0));
    assert_eq!(verified.first, Some(time("08:00:00")));
    assert_eq!(verified.last, Some(time("07:00:00.123")));
    let entries = Log::read(place.path("release.log"), &place.keyring).unwrap();
    let entries: Vec<_> = entries.map(|entry| entry.unwrap()).collect();
    let told = |n: usize| (entries[n].n(), entries[n].event(), entries[n].at());
    assert_eq!(told(0), (1, Event::Begin, time("08:00:00")));
    assert_eq!(told(1), (2, Event::End, time("08:00:00")));
    assert_eq!(told(2), (3, Event::Begin, time("07:00:00.123")));
    assert_eq!((entries[0].domain(), entries[0].requester()), (None, None));
}

#[test]
fn threads_share_a_log() {
    let place = Place::new();
    let log = Arc::new(place.open("08:00:00").unwrap());
    let rotate = |log: Arc<Log>| move || log.rotate(time("08:00:01")).unwrap();
    let threads: Vec<_> = (0..6)
        .map(|_| thread::spawn(rotate(Arc::clone(&log))))
        .collect();
    let mut finished: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    finished.sort();
    finished.dedup();
    assert_eq!(finished.len(), 6);
    assert_eq!(place.verify().unwrap().files, 7);
}

#[test]
fn what_was_done_to_a_log_is_told() {
    let place = Place::new();
    place
        .open("08:00:00")
        .unwrap()
        .rotate(time("08:00:01"))
        .unwrap();
    let finished = place.path("release.log.000001");
    let whole = fs::read_to_string(&finished).unwrap();

    fs::write(&finished, whole.replace("08:00:00", "08:00:01")).unwrap();
    let error = place.verify().unwrap_err();
    assert!(error.is_log(), "{error}");
    assert_eq!((error.code(), error.line()), ("log-altered", Some(1)));
    assert_eq!(error.file().unwrap().file_name(), finished.file_name());
    assert!(place.open("08:00:02").unwrap_err().is_log());
    let read = Log::read(place.path("release.log"), &place.keyring).unwrap();
    let read: Vec<_> = read.collect();
    assert!(matches!(&read[..], [Err(error)] if error.code() == "log-altered"));

    fs::write(&finished, &whole).unwrap();
    fs::remove_file(place.path("release.log")).unwrap();
    assert_eq!(place.verify().unwrap_err().code(), "log-cut-off");
    let other = Place {
        keyring: Keyring::generate().unwrap(),
        ..place
    };
    assert!(other.verify().unwrap_err().is_wrong_key());
}

#[test]
fn an_observer_is_not_told_of_short_logs_and_half_a_line_is_no_fault() {
    let place = Place::new();
    place.open("08:00:00").unwrap();
    let text = fs::read_to_string(place.path("release.log")).unwrap();
    fs::write(place.path("release.log"), format!("{text}{{\"n\":2")).unwrap();
    let stop = |_| ControlFlow::Break(());
    let (path, heads) = (place.path("release.log"), place.path("heads"));
    let verified = Log::verify(path, heads, &place.keyring, &stop).unwrap();
    assert!(verified.cut_line);
    place.open("08:00:01").unwrap();
    assert!(!place.verify().unwrap().cut_line);
    assert_eq!(fs::read_to_string(place.path("release.log")).unwrap(), text);
}

/// Everybody who wrote waited for it.
#[cfg(unix)]
#[test]
fn a_pipe_among_the_finished_files_is_refused_and_not_waited_for() {
    let place = Place::new();
    place.open("08:00:00").unwrap();
    let pipe = place.path("release.log.000001");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    assert!(place.open("08:00:01").unwrap_err().is_io());
    assert!(place.verify().unwrap_err().is_io());
}
