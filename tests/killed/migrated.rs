//! Migrations, and their way back.

use super::{store::*, *};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("a_killed_migration_goes_on", a_killed_migration_goes_on),
        trial("a_short_migration_is_killed", a_short_migration_is_killed),
        trial("a_killed_undo_goes_on", a_killed_undo_goes_on),
        trial("a_killed_seal_off_goes_on", a_killed_seal_off_goes_on),
        trial("a_full_disk_leaves_the_file", a_full_disk_leaves_the_file),
    ]
}

/// The process that is killed.
pub(super) fn work(task: &str, file: &Path) -> Result<(), Error> {
    let store = Store::of(file.to_owned(), OUTPUT);
    match task {
        "run" => store.migration().run().map(|_| ()),
        "undo" => Migration::undo(file),
        _ => store.migration().seal_off().map(|_| ()),
    }
}

/// How often each task is killed.
const KILLS: usize = 60;

const OUTPUT: &str = ".migrating";

fn new_store(folder: &Path, rows: &str) -> Store {
    Store::new(folder, rows, OUTPUT)
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

impl Store {
    fn migration(&self) -> Migration<'_> {
        let new = Migration::new(&self.file, Self::format(), &self.keyring, &self.policy);
        new.unwrap().batch(NonZeroUsize::new(20).unwrap())
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
}

/// What an undisturbed migration of these rows reveals, and how long it takes.
fn undisturbed(before: &str) -> (String, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path(), before);
    let took = store.finish("run");
    (store.revealed(), took)
}

/// How long the file is when it is done.
fn after_size(before: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path(), before);
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
        let store = new_store(folder.path(), &before);
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
        let store = new_store(folder.path(), &before);
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
    let store = new_store(folder.path(), &before);
    store.migration().run().unwrap();
    let took = store.finish("undo");
    store.is_undone(&before);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut kills = 0;
    for _ in 0..4 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = new_store(folder.path(), &before);
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
    let store = new_store(folder.path(), &before);
    store.migration().run().unwrap();
    let took = store.finish("seal-off");
    let mut kills = 0;
    for _ in 0..4 * KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = new_store(folder.path(), &before);
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
    let store = new_store(folder.path(), &before);
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
