//! The register of grants: what it lists, what is due, and what crashes and many writers leave of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use jiff::civil::date;
use paravent::{
    CheckedPolicy, Date, Digest, Due, Epoch, Grant, GrantRegister, Issued, Keyring, Schema,
};
use tempfile::TempDir;

use accepted::{TODAY, accepted};

#[path = "../common/accepted.rs"]
mod accepted;

const OWNER: &str = "statistics office, Zoé";

/// Where a child process of [`eight_processes_lose_no_line`] records, and the number that it has.
const CHILD: [&str; 2] = ["PARAVENT_TEST_REGISTER", "PARAVENT_TEST_CHILD"];

const WRITERS: usize = 8;
const EACH: usize = 25;

fn policy(domain: &str) -> CheckedPolicy {
    let toml = format!(
        "domain = \"{domain}\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n[open.care]\nreason = \"x\"\n"
    );
    accepted(&toml, &Schema::appointment()).unwrap()
}

fn until() -> Date {
    date(2027, 6, 30)
}

fn grant(keyring: &Keyring, domain: &str) -> Grant {
    keyring
        .grant(&policy(domain))
        .unwrap()
        .with_term(OWNER, until())
        .unwrap()
}

struct Place {
    folder: TempDir,
    keyring: Keyring,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            keyring: Keyring::generate().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("grants.ndjson")
    }

    fn register(&self) -> GrantRegister {
        GrantRegister::open(self.path())
    }

    fn record(&self, domain: &str, file: &str) {
        let grant = grant(&self.keyring, domain);
        let active = self.keyring.active_epoch();
        self.register().record(&grant, file, TODAY, active).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.path()).unwrap()).into_owned()
    }

    fn add(&self, bytes: &[u8]) {
        let mut file = fs::File::options().append(true).open(self.path()).unwrap();
        file.write_all(bytes).unwrap();
    }
}

fn files(register: &GrantRegister) -> Vec<String> {
    let list = register.list().unwrap();
    list.into_iter().map(|issued| issued.file).collect()
}

#[test]
fn what_was_recorded_is_listed() {
    let mut place = Place::new();
    assert_eq!(place.register().list().unwrap(), []);
    place
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    place.record("statistics", "keys/statistics.grant");
    let plain = place.keyring.grant(&policy("archive")).unwrap();
    let epoch = place.keyring.active_epoch();
    place
        .register()
        .record(&plain, "a\n\"b", TODAY, epoch)
        .unwrap();

    let list = place.register().list().unwrap();
    let [archive, statistics] = &list[..] else {
        panic!("{list:?}");
    };
    assert_eq!(archive.domain.as_str(), "archive");
    assert_eq!((&archive.owner, archive.until), (&None, None));
    assert_eq!(archive.file, "a\n\"b");
    assert_eq!(statistics.domain.as_str(), "statistics");
    assert_eq!(statistics.owner.as_deref(), Some(OWNER));
    assert_eq!(statistics.until, Some(until()));
    assert_eq!(statistics.epoch.number(), 2);
    assert_eq!(statistics.policy, policy("statistics").policy().digest());
    assert_eq!(statistics.issued, TODAY);
    assert_eq!(statistics.file, "keys/statistics.grant");
    assert_eq!(place.register().broken_lines().unwrap(), [0; 0]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = fs::metadata(place.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}

#[test]
fn a_line_is_an_object_without_a_key() {
    let place = Place::new();
    place.record("statistics", "statistics.grant");
    let digest = policy("statistics").policy().digest();
    assert_eq!(
        place.text(),
        format!(
            "{{\"domain\":\"statistics\",\"owner\":\"{OWNER}\",\"until\":\"2027-06-30\",\"epoch\":1,\"policy\":\"{digest}\",\
             \"issued\":\"2026-11-24\",\"file\":\"statistics.grant\"}}\n"
        )
    );
}

#[test]
fn the_last_entry_of_a_domain_and_file_counts() {
    let mut place = Place::new();
    place.record("statistics", "a");
    place.record("statistics", "b");
    place.record("archive", "a");
    place
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    place.record("statistics", "a");
    let list = place.register().list().unwrap();
    let told: Vec<(&str, &str, u32)> = list
        .iter()
        .map(|one| (one.domain.as_str(), &*one.file, one.epoch.number()))
        .collect();
    assert_eq!(
        told,
        [
            ("archive", "a", 1),
            ("statistics", "a", 2),
            ("statistics", "b", 1)
        ]
    );
    // Nothing that was written is taken away.
    assert_eq!(place.text().lines().count(), 4);
}

#[test]
fn what_is_not_recorded() {
    let place = Place::new();
    let grant = grant(&place.keyring, "statistics");
    let register = place.register();
    let second = Epoch::new(2).unwrap();
    for (file, epoch) in [("", Epoch::FIRST), ("a", second)] {
        let error = register.record(&grant, file, TODAY, epoch).unwrap_err();
        assert!(error.is_definition(), "{error}");
    }
    assert!(!place.path().exists());
    for path in ["missing/grants.ndjson", "."] {
        let path = place.folder.path().join(path);
        let register = GrantRegister::open(&path);
        let error = register.record(&grant, "a", TODAY, Epoch::FIRST);
        let error = error.unwrap_err();
        assert!(error.is_io(), "{error}");
        assert_eq!(error.file(), Some(path.as_path()));
    }
    let error = GrantRegister::open(place.folder.path()).list().unwrap_err();
    assert!(error.is_io(), "{error}");
}

/// At each byte of the last line, and recording goes on.
#[test]
fn a_cut_last_line_is_told_and_the_next_one_is_whole() {
    let place = Place::new();
    place.record("statistics", "a");
    let first = place.text().len();
    place.record("statistics", "b");
    let whole = place.text();
    for cut in first + 1..whole.len() - 1 {
        fs::write(place.path(), &whole.as_bytes()[..cut]).unwrap();
        let register = place.register();
        assert_eq!(files(&register), ["a"], "{cut}");
        assert_eq!(register.broken_lines().unwrap(), [2], "{cut}");
        place.record("statistics", "c");
        assert_eq!(files(&register), ["a", "c"], "{cut}");
        assert_eq!(register.broken_lines().unwrap(), [2], "{cut}");
        assert!(place.text().ends_with("}\n"));
        assert_eq!(place.text().lines().count(), 3);
    }
    // Only the line break was cut: the line counts, and the next is one of its own.
    fs::write(place.path(), &whole[..whole.len() - 1]).unwrap();
    assert_eq!(files(&place.register()), ["a", "b"]);
    place.record("statistics", "c");
    assert_eq!(files(&place.register()), ["a", "b", "c"]);
    assert_eq!(place.register().broken_lines().unwrap(), [0; 0]);
}

#[test]
fn broken_lines_are_told_wherever_they_are() {
    let place = Place::new();
    place.record("statistics", "a");
    let good = place.text();
    let without = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replace(from, to)
    };
    let digest = policy("statistics").policy().digest().to_string();
    let bad = [
        "no json\n".to_owned(),
        "[]\n".to_owned(),
        "{}\n".to_owned(),
        without("\"statistics\"", "\"Statistics\""),
        without("\"epoch\":1", "\"epoch\":0"),
        without("2026-11-24", "2026-11-31"),
        without(&digest, &digest[1..]),
        without("\"file\"", "\"fiel\""),
    ];
    place.add(b"\xFF\xFE\n\n  \r\n");
    place.add(bad.concat().as_bytes());
    place.record("statistics", "b");
    let register = place.register();
    let expected: Vec<usize> = std::iter::once(2).chain(5..5 + bad.len()).collect();
    assert_eq!(register.broken_lines().unwrap(), expected);
    assert_eq!(files(&register), ["a", "b"]);
    // What a later release may add is no fault.
    place.add(without("\"file\":\"a\"", "\"file\":\"d\",\"to\":{}").as_bytes());
    assert_eq!(files(&register), ["a", "b", "d"]);
}

#[test]
fn eight_threads_lose_no_line() {
    let place = Place::new();
    let grant = grant(&place.keyring, "statistics");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (path, grant) = (place.path(), &grant);
            scope.spawn(move || record_many(&path, grant, writer));
        }
    });
    check_many(&place);
}

#[test]
fn eight_processes_lose_no_line() {
    if let [Some(path), Some(writer)] = CHILD.map(env::var_os) {
        let keyring = Keyring::generate().unwrap();
        let writer = writer.to_str().unwrap().parse().unwrap();
        record_many(Path::new(&path), &grant(&keyring, "statistics"), writer);
        return;
    }
    let place = Place::new();
    let children: Vec<_> = (0..WRITERS)
        .map(|writer| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", "eight_processes_lose_no_line"])
                .envs([
                    (CHILD[0], place.path().into_os_string()),
                    (CHILD[1], writer.to_string().into()),
                ])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    check_many(&place);
}

/// Whoever holds the file's lock is waited for: its line is not cut in two by another.
#[test]
fn a_line_waits_for_the_lock() {
    let place = Place::new();
    place.record("statistics", "a");
    let line = place.text().replace("\"a\"", "\"b\"");
    let mut file = fs::File::options().append(true).open(place.path()).unwrap();
    file.lock().unwrap();
    let (first, second) = line.split_at(20);
    file.write_all(first.as_bytes()).unwrap();
    thread::scope(|scope| {
        let recorder = scope.spawn(|| place.record("statistics", "c"));
        // Time enough to write, were it not for the lock.
        thread::sleep(Duration::from_millis(100));
        assert!(!recorder.is_finished());
        file.write_all(second.as_bytes()).unwrap();
        file.unlock().unwrap();
    });
    assert_eq!(place.register().broken_lines().unwrap(), [0; 0]);
    assert_eq!(files(&place.register()), ["a", "b", "c"]);
}

/// As on a full disk: the file may grow no further, so that a write fails in the middle of a line.
#[cfg(unix)]
#[test]
fn a_line_that_does_not_fit_leaves_nothing_behind() {
    let long = "x".repeat(9_000);
    if let Some(path) = env::var_os(CHILD[0]) {
        let keyring = Keyring::generate().unwrap();
        let grant = grant(&keyring, "statistics");
        let register = GrantRegister::open(path);
        let error = register.record(&grant, &long, TODAY, Epoch::FIRST);
        assert!(error.unwrap_err().is_io());
        return;
    }
    let place = Place::new();
    place.record("statistics", "a");
    let before = place.text();
    // Blocks of 512 bytes or 1 KiB; without the signal, the call fails.
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2; exec \"$0\" --exact \"$1\"",
        ])
        .arg(env::current_exe().unwrap())
        .arg("a_line_that_does_not_fit_leaves_nothing_behind")
        .env(CHILD[0], place.path())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("1 passed"), "{report}");
    assert_eq!(place.text(), before);
    place.record("statistics", "b");
    assert_eq!(place.register().broken_lines().unwrap(), [0; 0]);
    assert_eq!(files(&place.register()), ["a", "b"]);
}

fn record_many(path: &Path, grant: &Grant, writer: usize) {
    for number in 0..EACH {
        // Long, so that a line written in pieces would show.
        let file = format!("{writer}/{number}/{}", "x".repeat(9_000));
        let register = GrantRegister::open(path);
        register.record(grant, &file, TODAY, Epoch::FIRST).unwrap();
    }
}

fn check_many(place: &Place) {
    let register = place.register();
    assert_eq!(register.broken_lines().unwrap(), [0; 0]);
    let found: BTreeSet<String> = files(&register).into_iter().collect();
    assert_eq!(found.len(), WRITERS * EACH);
    assert_eq!(place.text().lines().count(), WRITERS * EACH);
}

fn issued() -> Issued {
    let place = Place::new();
    place.record("statistics", "a");
    place.register().list().unwrap().remove(0)
}

#[test]
fn what_is_due_and_why() {
    let issued = issued();
    let own = Some(issued.policy);
    let other = Some(policy("other").policy().digest());
    let [first, second] = [1, 2].map(Epoch::new);
    let last = until();
    type Case = (Date, u32, Option<Epoch>, Option<Digest>, Option<Due>);
    let cases: [Case; 14] = [
        (TODAY, 30, None, None, None),
        (TODAY, 30, first, own, None),
        (TODAY, 30, second, own, Some(Due::OldEpoch)),
        (TODAY, 30, first, other, Some(Due::OtherPolicy)),
        (TODAY, 30, second, other, Some(Due::OtherPolicy)),
        (TODAY, 217, first, own, None),
        (TODAY, 218, first, own, Some(Due::EndsSoon)),
        (TODAY, 218, second, own, Some(Due::OldEpoch)),
        (TODAY, u32::MAX, first, own, Some(Due::EndsSoon)),
        (last, 0, first, own, Some(Due::EndsSoon)),
        (date(2027, 6, 29), 0, first, own, None),
        (date(2027, 7, 1), 0, first, own, Some(Due::Ended)),
        (date(2027, 7, 1), 30, second, other, Some(Due::Ended)),
        (Date::MAX, u32::MAX, None, None, Some(Due::Ended)),
    ];
    for (today, days, active, policy, due) in cases {
        assert_eq!(
            issued.due(today, days, active, policy),
            due,
            "{today}, {days}, {active:?}, {policy:?}"
        );
    }
    let mut endless = issued;
    endless.until = None;
    assert_eq!(endless.due(Date::MAX, u32::MAX, first, own), None);
    // A keyring that is older than the grant.
    endless.epoch = Epoch::new(3).unwrap();
    assert_eq!(endless.due(TODAY, 0, second, own), None);
}

#[test]
fn reasons_have_words_of_their_own() {
    let all = [Due::Ended, Due::EndsSoon, Due::OldEpoch, Due::OtherPolicy];
    let words = all.map(|due| serde_json::to_string(&due).unwrap());
    assert_eq!(
        words,
        [
            "\"ended\"",
            "\"ends-soon\"",
            "\"old-epoch\"",
            "\"other-policy\""
        ]
    );
    let told: BTreeSet<String> = all.iter().map(Due::to_string).collect();
    assert_eq!(told.len(), all.len());
}
