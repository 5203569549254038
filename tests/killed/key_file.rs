//! Key files that change where they are.

use paravent::Passphrase;

use super::*;

pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "a_killed_change_leaves_a_whole_key_file",
        a_killed_change_leaves_a_whole_key_file,
    )]
}

/// The process that is killed.
pub(super) fn work(path: &Path) -> Result<(), Error> {
    Keyring::update(path, &passphrase(), |keyring| {
        keyring.start_epoch(accepted::TODAY).map(|_| ())
    })
}

/// How often it is to be hit while it writes.
const HITS: usize = 40;

fn passphrase() -> Passphrase {
    Passphrase::new("four words").unwrap()
}

/// What stands beside the key file: what is being written.
fn beside(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|found| found != path).collect()
}

fn a_killed_change_leaves_a_whole_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backend.keyring");
    test_kit::keyring().save(&path, &passphrase()).unwrap();
    let start = Instant::now();
    assert!(child("change", &path).wait().unwrap().success());
    let took = start.elapsed();
    let epochs = |path: &Path| {
        let keyring = Keyring::load(path, &passphrase()).unwrap();
        keyring.active_epoch().number()
    };
    let mut active = epochs(&path);
    assert_eq!(active, 2);
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (mut kills, mut hits, mut switched) = (0, 0, 0);
    while hits < HITS {
        assert!(kills < 4 * HITS, "{hits} of {kills}");
        let before = fs::read(&path).unwrap();
        for left in beside(&path) {
            fs::remove_file(left).unwrap();
        }
        let mut child = child("change", &path);
        let while_ = match random.random_bool(0.1) {
            true => took.mul_f64(random.random_range(0.0..1.1)),
            // Writing is short beside Argon2: from when it begins.
            false => {
                while beside(&path).is_empty() && child.try_wait().unwrap().is_none() {
                    thread::yield_now();
                }
                Duration::from_micros(random.random_range(0..1_000))
            }
        };
        thread::sleep(while_);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(is_killed(status) || status.success(), "{status}");
        let changed = fs::read(&path).unwrap() != before;
        if changed {
            active += 1;
            assert_eq!(epochs(&path), active);
        }
        if is_killed(status) {
            kills += 1;
            hits += usize::from(!changed && !beside(&path).is_empty());
            switched += usize::from(changed);
        }
    }
    println!("{kills} kills, {hits} of them in the middle of writing, {switched} after the switch");
    // What was left is not in the way, and goes.
    assert_eq!(
        beside(&path),
        [folder.path().join("backend.keyring.changing")]
    );
    assert!(child("change", &path).wait().unwrap().success());
    assert_eq!(epochs(&path), active + 1);
    assert!(beside(&path).is_empty());
}
