//! Resealings that are killed at random moments, and go on.

use paravent::{Epoch, Passphrase, Protector, Resealing};

use super::*;

/// The key file of the process that is killed: its epochs are random.
const KEYS: &str = "PARAVENT_TEST_KEYS";

/// How often the resealing is killed; `PARAVENT_TEST_KILLS` says another number.
const KILLS: usize = 100;

const ROWS: usize = 300;

/// What the process that is killed does.
pub(super) fn work(file: &Path) -> paravent::Result<()> {
    let keys = env::var_os(KEYS).unwrap();
    let mut store = Store::of(file.to_owned());
    store.keyring = Keyring::load(keys, &passphrase())?;
    // Whoever waits for this kills from now on.
    println!("ready");
    resealing(&store).run().map(|_| ())
}

pub(super) fn a_killed_resealing_goes_on() {
    let keys = Keys::new();
    let (before, took) = (keys.rows(ROWS), keys.undisturbed(ROWS));
    let kills_wanted = env::var("PARAVENT_TEST_KILLS")
        .map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut found = Vec::new();
    while found.len() < kills_wanted {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        // Up to four kills one after the other: by the time that has passed, or by what has been written.
        for _ in 0..random.random_range(1..=4) {
            let written = keys.written(&store);
            let past = match random.random_bool(0.5) {
                true => 0,
                false => random.random_range(written..(before.len() as u64).max(written + 1)),
            };
            let most = if past == 0 { took } else { took / 25 };
            let while_ = most.mul_f64(random.random_range(0.0..1.0));
            if !keys.kill_past(&store, past, while_) {
                break;
            }
            found.push(keys.state(&store, &before));
        }
        keys.finish(&store);
        keys.is_done(&store, ROWS);
    }
    let count = |state| found.iter().filter(|found| **found == state).count();
    println!(
        "{} kills: {} before, {} in the middle of writing, {} after the switch",
        found.len(),
        count(State::Before),
        count(State::Writing),
        count(State::After)
    );
    assert!(count(State::Writing) >= found.len() / 2);
}

/// What comes after the rows are written takes most of the time where there are three.
pub(super) fn a_short_resealing_is_killed() {
    let keys = Keys::new();
    let (before, took) = (keys.rows(3), keys.undisturbed(3));
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let mut found = Vec::new();
    for _ in 0..2 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before);
        if keys.kill_past(&store, 0, took.mul_f64(random.random_range(0.0..1.0))) {
            found.push(keys.state(&store, &before));
        }
        keys.finish(&store);
        keys.is_done(&store, 3);
        if found.len() == KILLS / 2 {
            break;
        }
    }
    let count = |state| found.iter().filter(|found| **found == state).count();
    println!(
        "{} kills: {} before, {} while writing, {} after the switch",
        found.len(),
        count(State::Before),
        count(State::Writing),
        count(State::After)
    );
    assert!(found.len() >= KILLS / 4, "{}", found.len());
    assert!(count(State::Before) < found.len(), "some came later");
}

fn passphrase() -> Passphrase {
    Passphrase::new("a passphrase of tests").unwrap()
}

fn resealing(store: &Store) -> Resealing<'_> {
    let new = Resealing::new(&store.file, Store::format(), &store.keyring, &store.policy);
    new.unwrap().batch(NonZeroUsize::new(20).unwrap())
}

/// A keyring of two epochs, also in a file, and the protector of the first one.
struct Keys {
    folder: tempfile::TempDir,
    keyring: Keyring,
    protector: Protector,
    second: Epoch,
}

impl Keys {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut keyring = test_kit::keyring();
        let protector = Protector::new(&keyring, &policy()).unwrap();
        let second = keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        keyring
            .save(folder.path().join("keys"), &passphrase())
            .unwrap();
        Self {
            folder,
            keyring,
            protector,
            second,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// Protected rows under the first epoch.
    fn rows(&self, count: usize) -> String {
        let mut out = Vec::new();
        let transfer = Transfer::protect(&self.protector)
            .window(NonZeroUsize::MIN)
            .from(Store::format());
        transfer
            .run(super::rows(count).as_bytes(), &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    /// How long it takes where nothing disturbs it.
    fn undisturbed(&self, count: usize) -> Duration {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &self.rows(count));
        let took = self.finish(&store);
        self.is_done(&store, count);
        took
    }

    fn start(&self, store: &Store) -> Child {
        started(
            Command::new(env::current_exe().unwrap())
                .env(KEYS, self.file())
                .env(TASK, "reseal")
                .env(FILE, &store.file),
        )
    }

    fn finish(&self, store: &Store) -> Duration {
        let mut child = self.start(store);
        let start = Instant::now();
        assert!(child.wait().unwrap().success());
        start.elapsed()
    }

    fn kill_past(&self, store: &Store, written: u64, while_: Duration) -> bool {
        kill_past(self.start(store), || self.written(store) >= written, while_)
    }

    fn written(&self, store: &Store) -> u64 {
        fs::metadata(store.beside(".resealing")).map_or(0, |found| found.len())
    }

    /// That the file is whole, as it was or as it will be.
    fn state(&self, store: &Store, before: &str) -> State {
        if fs::read_to_string(&store.file).unwrap() != before {
            self.holds(store, before.matches("rdv-").count());
            if let Ok(old) = fs::read_to_string(store.beside(".stale")) {
                assert_eq!(old, before);
            }
            return State::After;
        }
        match self.written(store) {
            0 => State::Before,
            _ => State::Writing,
        }
    }

    /// That each row is there once, in its order, and opens under the second epoch and no other.
    fn holds(&self, store: &Store, count: usize) {
        let now = fs::read_to_string(&store.file).unwrap();
        let policy = store.policy.policy();
        let epochs = Resealing::stale(now.as_bytes(), &Store::format(), policy, self.second);
        let epochs = epochs.unwrap().epochs.into_iter();
        assert_eq!(
            epochs.collect::<Vec<_>>(),
            [(self.second.number(), count as u64)]
        );
        for (i, line) in now.lines().skip(1).enumerate() {
            assert!(line.starts_with(&format!("rdv-{i},")), "row {i}");
        }
        let verification = Verification::no_plain(&self.keyring, &store.policy).unwrap();
        let verified = verification.from(Store::format()).run(now.as_bytes());
        assert_eq!(verified.unwrap().sealed as usize, count);
    }

    fn is_done(&self, store: &Store, count: usize) {
        self.holds(store, count);
        let revealed = store.revealed_by(&self.keyring);
        for i in 0..count {
            assert!(revealed.contains(&format!(",Lefèvre {i},")), "row {i}");
        }
        assert_eq!(store.ends(), [""], "nothing else is left");
    }
}
