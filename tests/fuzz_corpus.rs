//! The committed seeds of every fuzz target, replayed: `fuzz/corpus/TARGET`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use self::harness::{KIT, TARGETS};

#[allow(unreachable_pub)]
#[path = "../fuzz/src/lib.rs"]
mod harness;

fn fuzz(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(path)
}

/// The names in a folder, without extension, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn every_seed_passes() {
    for (target, run) in TARGETS {
        let folder = fuzz("corpus").join(target);
        let seeds = fs::read_dir(&folder).unwrap();
        let mut count = 0;
        for seed in seeds {
            let path = seed.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let passed = catch_unwind(AssertUnwindSafe(|| run(&bytes)));
            assert!(passed.is_ok(), "{}", path.display());
            count += 1;
        }
        assert!(count >= 3, "{} has {count} seeds", folder.display());
    }
}

#[test]
fn every_target_is_replayed() {
    let targets = TARGETS.map(|(target, _)| target.to_owned());
    assert_eq!(names(&fuzz("fuzz_targets")), targets);
    assert_eq!(names(&fuzz("corpus")), targets);
}

/// The seeds from which the fuzzer starts are what the kit seals today, not what it once sealed.
#[test]
fn whole_seeds_are_whole() {
    let row = &KIT.rows[0];
    for (seed, genuine) in [
        ("record/whole", KIT.records[0].as_bytes()),
        ("row/whole", row.sealed().as_bytes()),
        ("cell/last_name", row.cell("last_name").unwrap().as_bytes()),
    ] {
        let path = fuzz("corpus").join(seed);
        assert!(
            fs::read(&path).unwrap() == genuine,
            "{} is stale",
            path.display()
        );
    }
}
