mod altered;

mod full;
mod killed;
mod left;
mod quotas;
mod writers;

use std::{
    env, fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};

use super::*;
use crate::{id::Domain, secret::Secret, wire::Pseudonym};

/// Where the log lies that a process of its own works on.
const FOLDER: &str = "PARAVENT_TEST_LOG";

/// A log's two places and its keyring.
struct Place {
    path: PathBuf,
    heads: PathBuf,
    keyring: Keyring,
}

impl Place {
    fn of(folder: &Path) -> Self {
        Self {
            path: folder.join("release.log"),
            heads: folder.join("heads"),
            keyring: keyring(7),
        }
    }

    fn open_at(&self, seconds: i64) -> Result<Log> {
        Log::open(&self.path, &self.heads, &self.keyring, at(seconds))
    }

    fn open(&self) -> Log {
        self.open_at(0).unwrap()
    }

    fn verify(&self) -> Result<VerifiedLog> {
        let observer = |_| ControlFlow::Continue(());
        Log::verify(&self.path, &self.heads, &self.keyring, &observer)
    }

    fn entries(&self) -> Vec<Entry> {
        let entries = Log::read(&self.path, &self.keyring).unwrap();
        entries.collect::<Result<_>>().unwrap()
    }

    /// The path of a finished file.
    fn finished(&self, number: u64) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number:06}"));
        name.into()
    }

    fn add_text(&self, text: &str) {
        let found = fs::read_to_string(&self.path).unwrap();
        fs::write(&self.path, found + text).unwrap();
    }
}

/// A keyring whose logs are always the same ones.
fn keyring(log: u8) -> Keyring {
    Keyring {
        log: Secret::fill(|bytes| bytes.fill(log)),
        ..Keyring::generate().unwrap()
    }
}

/// So many seconds after the day's beginning.
fn at(seconds: i64) -> Timestamp {
    let day: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
    day + SignedDuration::from_secs(seconds)
}

fn requester(byte: u8) -> Pseudonym {
    Pseudonym::from_bytes([byte; 16])
}

/// A release to somebody.
fn release(seconds: i64, to: u8) -> Entry {
    Entry {
        domain: Some(Domain::new("support").unwrap()),
        name: Some("contact".into()),
        purpose: Some("call \"back\"\n".into()),
        requester: Some(requester(to)),
        ..Entry::new(Event::Release, at(seconds))
    }
}

/// This program again, for one test, in which `FOLDER` says where it works.
fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("store::log::tests::{test}"))
        .env(FOLDER, folder);
    command
}

/// The place of a process that was started by `child`.
fn own_place() -> Option<Place> {
    env::var_os(FOLDER).map(|folder| Place::of(Path::new(&folder)))
}

#[test]
fn a_line_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    let sealed = "p1.AQEBAAAAAAEHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcBABAHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let entry = Entry {
        sealed: Some(sealed.parse().unwrap()),
        subject: Some(requester(2)),
        ..release(24_012, 1)
    };
    assert_eq!(log.append(entry.clone(), None).unwrap(), 2);

    let text = fs::read_to_string(&place.path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let begin = r#"{"n":1,"at":"2026-11-29T00:00:00.000Z","event":"begin","version":1,"log":""#;
    assert!(lines[0].starts_with(begin), "{}", lines[0]);
    let zeros = "0".repeat(64);
    assert!(lines[0].contains(&format!(r#","prev":"{zeros}","mac":""#)));
    let expected = format!(
        r#"{{"n":2,"at":"2026-11-29T06:40:12.000Z","event":"release","domain":"support","name":"contact","purpose":"call \"back\"\n","requester":"{}","subject":"{}","sealed":"{sealed}","prev":"{}","mac":""#,
        requester(1),
        requester(2),
        &lines[0][lines[0].len() - 66..lines[0].len() - 2],
    );
    assert!(lines[1].starts_with(&expected), "{}", lines[1]);

    let entries = place.entries();
    assert_eq!(entries[1], Entry { n: 2, ..entry });
    assert_eq!(entries[1].domain().unwrap().as_str(), "support");
    let verified = place.verify().unwrap();
    assert_eq!((verified.entries, verified.releases), (2, 1));
    assert_eq!((verified.beyond_heads, verified.cut_line), (0, false));
    assert_eq!(
        (verified.first, verified.last),
        (Some(at(0)), Some(at(24_012)))
    );
}

#[cfg(unix)]
#[test]
fn both_places_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let finished = place.open().rotate(at(0)).unwrap();
    for path in [&place.path, &place.heads, &finished] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
