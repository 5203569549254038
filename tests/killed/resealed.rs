//! Files that are resealed where they are.

use paravent::Resealing;

use super::{store::*, *};

pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "a_killed_resealing_goes_on",
        a_killed_resealing_goes_on,
    )]
}

/// The process that is killed: to the second generation, which changes every row.
pub(super) fn work(file: &Path) -> Result<(), Error> {
    let store = Store::of(file.to_owned(), OUTPUT);
    let keyring = test_kit::keyring_of_two_generations();
    let new = Resealing::new(&store.file, Store::format(), &keyring, &store.policy)?;
    new.batch(NonZeroUsize::new(10).unwrap()).run().map(|_| ())
}

/// How often it is to be hit while it writes.
const HITS: usize = 60;

const OUTPUT: &str = ".resealing";

/// The rows in clear, without their pseudonym.
fn in_clear(store: &Store) -> Vec<Vec<String>> {
    let revealed = store.revealed();
    let mut rows = csv::ReaderBuilder::new();
    let mut rows = rows.has_headers(false).from_reader(revealed.as_bytes());
    let values = |row: csv::Result<csv::StringRecord>| {
        let row = row.unwrap();
        let values = row.iter().enumerate().filter(|(column, _)| *column != 1);
        values.map(|(_, value)| value.to_owned()).collect()
    };
    rows.records().map(values).collect()
}

/// The rows as they were protected, and a file of them.
struct Sealed {
    text: String,
    clear: Vec<Vec<String>>,
}

impl Sealed {
    fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &rows(count), ".migrating");
        Migration::new(&store.file, Store::format(), &store.keyring, &store.policy)
            .unwrap()
            .run()
            .unwrap();
        Self {
            text: fs::read_to_string(&store.file).unwrap(),
            clear: in_clear(&store),
        }
    }

    /// Whether the file is the new one; it is whole in either case, and no row is lost.
    fn is_switched(&self, store: &Store) -> bool {
        if fs::read_to_string(&store.file).unwrap() == self.text {
            return false;
        }
        assert!(in_clear(store) == self.clear, "a row is another one");
        true
    }

    fn is_done(&self, store: &Store) {
        assert!(self.is_switched(store));
        assert_eq!(store.ends(), [""], "nothing else is left");
        // No row of it has the cells of before, its pseudonym among them.
        let now = fs::read_to_string(&store.file).unwrap();
        let kept = now.lines().skip(1).filter(|line| self.text.contains(*line));
        assert_eq!(kept.count(), 0);
    }
}

fn a_killed_resealing_goes_on() {
    let before = Sealed::new(120);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), &before.text, OUTPUT);
    let took = store.finish("reseal");
    before.is_done(&store);
    let size = fs::metadata(&store.file).unwrap().len();

    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut kills, mut hits, mut switched) = (0, 0, 0);
    while hits < HITS {
        assert!(kills < 4 * HITS, "{hits} of {kills}");
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), &before.text, OUTPUT);
        for _ in 0..random.random_range(1..=4) {
            let written = store.written();
            let (past, most) = match random.random_bool(0.3) {
                true => (0, took),
                false => (
                    random.random_range(written..size.max(written + 1)),
                    took / 25,
                ),
            };
            if !store.kill_past("reseal", past, most.mul_f64(random.random_range(0.0..1.0))) {
                break;
            }
            kills += 1;
            if before.is_switched(&store) {
                switched += 1;
            } else if store.written() > 0 {
                hits += 1;
            }
        }
        store.finish("reseal");
        before.is_done(&store);
    }
    println!("{kills} kills, {hits} of them in the middle of writing, {switched} after the switch");
}
