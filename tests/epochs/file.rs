//! A keyring's file that changes.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::LazyLock,
    thread,
};

use paravent::{Passphrase, test_kit};
use tempfile::TempDir;

use super::*;

static PASSPHRASE: LazyLock<Passphrase> = LazyLock::new(|| Passphrase::new("four words").unwrap());

fn saved() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backend.keyring");
    test_kit::keyring().save(&path, &PASSPHRASE).unwrap();
    (folder, path)
}

fn start(path: &Path) -> paravent::Result<Epoch> {
    Keyring::update(path, &PASSPHRASE, |keyring| keyring.start_epoch(TODAY))
}

fn names(folder: &TempDir) -> Vec<String> {
    let names = fs::read_dir(folder.path()).unwrap();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn all_of_a_keyring_comes_back() {
    let (_folder, path) = saved();
    let row = protect(&test_kit::keyring());
    Keyring::update(&path, &PASSPHRASE, |keyring| {
        keyring.end_active_epoch(Date::constant(2026, 11, 1))?;
        for _ in 0..3 {
            keyring.start_epoch(TODAY)?;
        }
        keyring.end_active_epoch(Date::constant(2027, 11, 1))?;
        keyring.disable_epoch(epoch(2))?;
        keyring.destroy_epoch(epoch(3))?;
        keyring.start_generation()
    })
    .unwrap();
    let loaded = Keyring::load(&path, &PASSPHRASE).unwrap();
    let told: Vec<String> = loaded
        .epoch_infos()
        .map(|info| format!("{info:?}"))
        .collect();
    use EpochState::{Active, DecryptOnly, Destroyed, Disabled};
    assert_eq!(
        states(&loaded),
        [DecryptOnly, Disabled, Destroyed, Active],
        "{told:#?}"
    );
    let info = loaded.epoch(epoch(1)).unwrap();
    assert_eq!((info.since, info.not_after), (None, Some(TODAY)));
    let info = loaded.epoch(epoch(4)).unwrap();
    assert_eq!(
        (info.since, info.not_after),
        (Some(TODAY), Some(Date::constant(2027, 11, 1)))
    );
    assert_eq!(loaded.generation().number(), 2);
    assert_eq!(reveal(&loaded, &row).unwrap(), appointment());

    // What was disabled is kept, and what was destroyed is not.
    let second = Keyring::update(&path, &PASSPHRASE, |keyring| {
        keyring.enable_epoch(epoch(2))?;
        keyring.enable_epoch(epoch(3))
    });
    assert_eq!(second.unwrap_err().code(), "epoch-destroyed");
    let loaded = Keyring::load(&path, &PASSPHRASE).unwrap();
    assert_eq!(states(&loaded)[1], Disabled);
}

#[test]
fn a_change_that_fails_leaves_the_file_as_it_was() {
    let (folder, path) = saved();
    let before = fs::read(&path).unwrap();
    let error = Keyring::update(&path, &PASSPHRASE, |keyring| {
        keyring.start_epoch(TODAY)?;
        keyring.destroy_epoch(epoch(2))
    });
    assert_eq!(error.unwrap_err().code(), "epoch-active");
    let wrong = Passphrase::new("other words").unwrap();
    let error = Keyring::update(&path, &wrong, |_| Ok(())).unwrap_err();
    assert!(error.is_wrong_passphrase(), "{error}");
    let missing = Keyring::update(folder.path().join("missing"), &PASSPHRASE, |_| Ok(()));
    assert!(missing.unwrap_err().is_io());
    assert!(
        Keyring::update(folder.path(), &PASSPHRASE, |_| Ok(()))
            .unwrap_err()
            .is_io()
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(&folder), ["backend.keyring"]);
}

#[test]
fn the_file_keeps_its_mode_and_links_to_it() {
    let (folder, path) = saved();
    let link = folder.path().join("current");
    symlink("backend.keyring", &link).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert_eq!(start(&link).unwrap(), epoch(2));
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o400);
    assert_eq!(
        Keyring::load(&path, &PASSPHRASE).unwrap().active_epoch(),
        epoch(2)
    );
}

#[test]
fn changes_at_once_wait_for_each_other() {
    let (folder, path) = saved();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| start(&path).unwrap());
        }
    });
    let loaded = Keyring::load(&path, &PASSPHRASE).unwrap();
    assert_eq!(loaded.active_epoch(), epoch(7));
    assert_eq!(names(&folder), ["backend.keyring"]);
}

#[test]
fn what_a_killed_change_left_goes_with_the_next_one() {
    let (folder, path) = saved();
    let left = folder.path().join("backend.keyring.changing");
    fs::write(&left, "half of a keyring").unwrap();
    assert_eq!(start(&path).unwrap(), epoch(2));
    assert_eq!(names(&folder), ["backend.keyring"]);

    // Nothing is written through a link that stands there.
    let other = folder.path().join("other");
    fs::write(&other, "kept").unwrap();
    symlink(&other, &left).unwrap();
    assert_eq!(start(&path).unwrap(), epoch(3));
    assert_eq!(fs::read_to_string(&other).unwrap(), "kept");
    assert!(!path.symlink_metadata().unwrap().is_symlink());

    fs::create_dir(&left).unwrap();
    assert!(start(&path).unwrap_err().is_io());
    let loaded = Keyring::load(&path, &PASSPHRASE).unwrap();
    assert_eq!(loaded.active_epoch(), epoch(3));
}

#[test]
fn a_folder_that_takes_no_file_changes_nothing() {
    let (folder, path) = saved();
    let before = fs::read(&path).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
    let is_root = fs::write(folder.path().join("probe"), "").is_ok();
    if !is_root {
        assert!(start(&path).unwrap_err().is_io());
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(start(&path).unwrap(), epoch(2));
}
