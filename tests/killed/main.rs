//! Migrations and resealings that are killed at random moments, by a signal that no process can catch, and go on or back.
//!
//! The process that is killed is this program again, told by its environment what to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};
use paravent::{
    CheckedPolicy, CsvFormat, Format, Keyring, Migration, Revealer, Schema, Transfer, Verification,
    test_kit,
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod resealed;

/// What the process that is killed does: `run`, `undo`, `seal-off` or `reseal`.
const TASK: &str = "PARAVENT_TEST_TASK";

/// The file that it works on.
const FILE: &str = "PARAVENT_TEST_FILE";

/// How often each task is killed.
const KILLS: usize = 60;

fn main() -> ExitCode {
    if let (Ok(task), Some(file)) = (env::var(TASK), env::var_os(FILE)) {
        return work(&task, Path::new(&file));
    }
    let trials = vec![
        Trial::test("a_killed_migration_goes_on", || {
            a_killed_migration_goes_on();
            Ok(())
        }),
        Trial::test("a_short_migration_is_killed", || {
            a_short_migration_is_killed();
            Ok(())
        }),
        Trial::test("a_killed_undo_goes_on", || {
            a_killed_undo_goes_on();
            Ok(())
        }),
        Trial::test("a_killed_seal_off_goes_on", || {
            a_killed_seal_off_goes_on();
            Ok(())
        }),
        Trial::test("a_killed_resealing_goes_on", || {
            resealed::a_killed_resealing_goes_on();
            Ok(())
        }),
        Trial::test("a_short_resealing_is_killed", || {
            resealed::a_short_resealing_is_killed();
            Ok(())
        }),
        Trial::test("a_full_disk_leaves_the_file", || {
            a_full_disk_leaves_the_file();
            Ok::<(), Failed>(())
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The process that is killed.
fn work(task: &str, file: &Path) -> ExitCode {
    let store = Store::of(file.to_owned());
    // Whoever waits for this kills from now on.
    let ready = || println!("ready");
    let done = match task {
        "reseal" => resealed::work(file),
        "run" => {
            ready();
            store.migration().run().map(|_| ())
        }
        "undo" => {
            ready();
            Migration::undo(file)
        }
        "seal-off" => {
            ready();
            store.migration().seal_off().map(|_| ())
        }
        _ => panic!("an unknown task"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn policy() -> CheckedPolicy {
    let text = r#"
        domain = "store"
        schema = "appointment"
        record_id = "bound"
        [source]
        record_id = "id"
        [show.age]
        as = "keep"
        reason = "report by age"
        [pseudonym.patient]
        of = ["last_name"]
        reason = "counts people"
    "#;
    accepted(text, &Schema::appointment()).unwrap()
}

fn rows(count: usize) -> String {
    let row = |i: usize| {
        format!(
            "rdv-{i},Lefèvre {i},Zoé,{},2020-07-21T09:30:00+02:00,Dr Œuvrard,\"Derma\n{i}\"\n",
            i % 120
        )
    };
    "id,last_name,first_name,age,start,practitioner,specialty\n".to_owned()
        + &(0..count).map(row).collect::<String>()
}

/// How a file was found after a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// As it was, and nothing written yet.
    Before,
    /// As it was, and part of the new one written.
    Writing,
    /// As it will be.
    After,
}

struct Store {
    file: PathBuf,
    keyring: Keyring,
    policy: CheckedPolicy,
}

impl Store {
    fn of(file: PathBuf) -> Self {
        Self {
            file,
            keyring: test_kit::keyring(),
            policy: policy(),
        }
    }

    fn new(folder: &Path, rows: &str) -> Self {
        let file = folder.join("rows.csv");
        fs::write(&file, rows).unwrap();
        Self::of(file)
    }

    fn format() -> Format {
        Format::Csv(CsvFormat::default())
    }

    fn migration(&self) -> Migration<'_> {
        let new = Migration::new(&self.file, Self::format(), &self.keyring, &self.policy);
        new.unwrap().batch(NonZeroUsize::new(20).unwrap())
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(end);
        name.into()
    }

    fn start(&self, task: &str) -> Child {
        started(
            Command::new(env::current_exe().unwrap())
                .env(TASK, task)
                .env(FILE, &self.file),
        )
    }

    /// Lets a process do all of it; tells how long it took.
    fn finish(&self, task: &str) -> Duration {
        let mut child = self.start(task);
        let start = Instant::now();
        assert!(child.wait().unwrap().success(), "{task}");
        start.elapsed()
    }

    /// Kills a process after this while; `true` where it was not done by then.
    fn kill_after(&self, task: &str, while_: Duration) -> bool {
        self.kill_past(task, 0, while_)
    }

    /// The same, once so many bytes have been written.
    fn kill_past(&self, task: &str, written: u64, while_: Duration) -> bool {
        kill_past(self.start(task), || self.written() >= written, while_)
    }

    fn written(&self) -> u64 {
        fs::metadata(self.beside(".migrating")).map_or(0, |found| found.len())
    }

    /// The rows in clear, by revealing them.
    fn revealed(&self) -> String {
        self.revealed_by(&self.keyring)
    }

    fn revealed_by(&self, keyring: &Keyring) -> String {
        let revealer = Revealer::backend(keyring, self.policy.policy()).unwrap();
        let mut out = Vec::new();
        let transfer = Transfer::reveal(&revealer).from(Self::format());
        transfer
            .run(fs::read(&self.file).unwrap().as_slice(), &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    /// That the file is whole, as it was or as it will be.
    fn state(&self, before: &str, after: &str) -> State {
        let now = fs::read_to_string(&self.file).unwrap();
        if now == before {
            return if self.written() > 0 {
                State::Writing
            } else {
                State::Before
            };
        }
        assert_eq!(self.revealed(), after);
        assert_eq!(
            fs::read_to_string(self.beside(".plain")).ok().as_deref(),
            Some(before)
        );
        State::After
    }

    /// That the migration is done, as one that nothing disturbed.
    fn is_done(&self, before: &str, after: &str) {
        assert_eq!(self.state(before, after), State::After);
        let verification = Verification::no_plain(&self.keyring, &self.policy).unwrap();
        let rows = fs::read(&self.file).unwrap();
        let verified = verification.from(Self::format()).run(rows.as_slice());
        assert_eq!(
            verified.unwrap().sealed as usize,
            before.matches("rdv-").count()
        );
        assert_eq!(
            self.ends(),
            ["", ".migrating.state", ".plain"],
            "nothing else is left"
        );
    }

    fn is_undone(&self, before: &str) {
        assert_eq!(fs::read_to_string(&self.file).unwrap(), before);
        assert_eq!(self.ends(), [""], "nothing else is left");
    }

    fn ends(&self) -> Vec<String> {
        let own = self.file.file_name().unwrap().to_str().unwrap();
        let mut ends: Vec<String> = fs::read_dir(self.file.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.strip_prefix(own).unwrap().to_owned())
            .collect();
        ends.sort();
        ends
    }
}

/// A process that is ready to be killed.
fn started(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

/// Kills a process this while after it has `written` enough; `true` where it was not done by then.
fn kill_past(mut child: Child, written: impl Fn() -> bool, while_: Duration) -> bool {
    while !written() && child.try_wait().unwrap().is_none() {
        thread::yield_now();
    }
    thread::sleep(while_);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let killed = is_killed(status);
    assert!(killed || status.success(), "{status}");
    killed
}

#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;

    status.signal() == Some(9)
}

/// What an undisturbed migration of these rows reveals, and how long it takes.
fn undisturbed(before: &str) -> (String, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), before);
    let took = store.finish("run");
    (store.revealed(), took)
}

/// How long the file is when it is done.
fn after_size(before: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), before);
    store.migration().run().unwrap();
    fs::metadata(&store.file).unwrap().len()
}

fn a_killed_migration_goes_on() {
    let before = rows(500);
    let (after, took) = undisturbed(&before);
    let size = after_size(&before);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let (mut kills, mut mid_write, mut went_on) = (0, 0, 0);
    while kills < KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        // Up to four kills one after the other: by the time that has passed, or by what has been written.
        for _ in 0..random.random_range(1..=4) {
            let written = store.written();
            let (past, most) = match random.random_bool(0.5) {
                true => (0, took.mul_f64(0.7)),
                false => (
                    random.random_range(written..size.max(written + 1)),
                    took / 25,
                ),
            };
            if !store.kill_past("run", past, most.mul_f64(random.random_range(0.0..1.0))) {
                break;
            }
            kills += 1;
            if store.state(&before, &after) == State::Writing {
                mid_write += 1;
                went_on += usize::from(store.written() > written && written > 0);
            }
        }
        if random.random_range(0..4) == 0 && !store.ends().iter().all(String::is_empty) {
            store.finish("undo");
            store.is_undone(&before);
        }
        store.finish("run");
        store.is_done(&before, &after);
    }
    println!("{kills} kills, {mid_write} of them in the middle of writing, {went_on} after others");
    assert!(mid_write >= KILLS / 2, "{mid_write} of {kills}");
    assert!(went_on >= KILLS / 12, "{went_on} of {kills}");
}

fn a_short_migration_is_killed() {
    let before = rows(3);
    let (after, took) = undisturbed(&before);
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut kills = 0;
    let mut found = Vec::new();
    for _ in 0..4 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        if store.kill_after("run", took.mul_f64(random.random_range(0.0..1.0))) {
            kills += 1;
            found.push(store.state(&before, &after));
        }
        if random.random_bool(0.5) && store.ends().len() > 1 {
            store.finish("undo");
            store.is_undone(&before);
        } else {
            store.finish("run");
            store.is_done(&before, &after);
        }
        if kills == KILLS {
            break;
        }
    }
    let count = |state| found.iter().filter(|found| **found == state).count();
    println!(
        "{kills} kills: {} before, {} while writing, {} after the switch",
        count(State::Before),
        count(State::Writing),
        count(State::After)
    );
    assert!(kills >= KILLS / 2, "{kills}");
    assert!(count(State::Before) < kills, "some came later");
}

fn a_killed_undo_goes_on() {
    let before = rows(40);
    let (after, _) = undisturbed(&before);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), &before);
    store.migration().run().unwrap();
    let took = store.finish("undo");
    store.is_undone(&before);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut kills = 0;
    for _ in 0..4 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        store.migration().run().unwrap();
        if store.kill_after("undo", took.mul_f64(random.random_range(0.0..1.0))) {
            kills += 1;
            store.state(&before, &after);
        }
        if store.ends().len() > 1 {
            store.finish("undo");
        }
        store.is_undone(&before);
        if kills == KILLS / 2 {
            break;
        }
    }
    println!("{kills} kills");
    assert!(kills >= KILLS / 4, "{kills}");
}

fn a_killed_seal_off_goes_on() {
    let before = rows(40);
    let (after, _) = undisturbed(&before);
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), &before);
    store.migration().run().unwrap();
    let took = store.finish("seal-off");
    let mut kills = 0;
    for _ in 0..4 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        store.migration().run().unwrap();
        if store.kill_after("seal-off", took.mul_f64(random.random_range(0.0..1.1))) {
            kills += 1;
            assert_eq!(store.revealed(), after);
        }
        if store.beside(".migrating.state").exists() {
            store.finish("seal-off");
        }
        assert_eq!(store.revealed(), after);
        assert_eq!(store.ends(), [""]);
        assert!(Migration::undo(&store.file).unwrap_err().is_migration());
        if kills == KILLS / 2 {
            break;
        }
    }
    println!("{kills} kills");
    assert!(kills >= KILLS / 4, "{kills}");
}

/// A limit on the size of files fails as a full disk does: in the middle of a write.
fn a_full_disk_leaves_the_file() {
    let before = rows(300);
    let (after, _) = undisturbed(&before);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), &before);
    for blocks in [1, 40, 120] {
        let full = Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\""))
            .arg(env::current_exe().unwrap())
            .env(TASK, "run")
            .env(FILE, &store.file)
            .output()
            .unwrap();
        let told = String::from_utf8(full.stderr).unwrap();
        assert_eq!(full.status.code(), Some(1), "{told}");
        assert!(
            told.contains("writing the file `.migrating` failed"),
            "{told}"
        );
        assert_ne!(store.state(&before, &after), State::After);
    }
    assert_eq!(store.state(&before, &after), State::Writing);
    store.finish("run");
    store.is_done(&before, &after);
}
