//! Saving and loading.

use tempfile::TempDir;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Writes a file that its owner alone reads.
fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    set_mode(path, 0o600);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn save(path: &Path) -> Result<(), Error> {
    KEYRING.0.save(path, &passphrase())
}

fn load(path: &Path) -> Result<Keyring, Error> {
    Keyring::load(path, &passphrase())
}

#[test]
fn a_saved_file_loads_has_mode_0600_and_is_never_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    save(&path).unwrap();
    assert_eq!(names(folder.path()), ["keyring"]);
    let text = fs::read_to_string(&path).unwrap();
    assert!(load(&path).unwrap().epochs().eq(KEYRING.0.epochs()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
    }

    let grant = KEYRING.0.grant(&policy()).unwrap();
    let error = grant.save(&path, &passphrase()).unwrap_err();
    assert!(
        error.is_io() && error.to_string().contains("there is a file already"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(names(folder.path()), ["keyring"]);
}

#[test]
fn of_two_writers_one_wins() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    let results: Vec<Result<(), Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| save(&path))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(names(folder.path()), ["keyring"]);
    load(&path).unwrap();
}

#[test]
fn nothing_is_left_where_saving_fails() {
    let folder = TempDir::new().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    fs::write(in_folder("file"), "a file").unwrap();
    fs::create_dir(in_folder("folder")).unwrap();
    for path in [
        in_folder("missing/keyring"),
        in_folder("file/keyring"),
        in_folder("folder"),
        in_folder(&"a".repeat(300)),
    ] {
        let error = save(&path).unwrap_err();
        assert!(error.is_io(), "{error}");
        assert_eq!(names(folder.path()), ["file", "folder"]);
        assert_eq!(names(&in_folder("folder")), [""; 0]);
    }
    assert_eq!(fs::read_to_string(in_folder("file")).unwrap(), "a file");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to() {
    let folder = TempDir::new().unwrap();
    let mode = |mode| set_mode(folder.path(), mode);
    mode(0o500);
    let probe = fs::write(folder.path().join("probe"), "");
    if probe.is_err() {
        let error = save(&folder.path().join("keyring")).unwrap_err();
        assert!(
            error.is_io() && error.to_string().contains("permission denied"),
            "{error}"
        );
        assert_eq!(names(folder.path()), [""; 0]);
    } else {
        println!("skipped: this user writes to folders whatever their mode says");
    }
    mode(0o700);
}

#[cfg(unix)]
#[test]
fn through_a_symlink_it_reads_and_does_not_write() {
    use std::os::unix::fs::symlink;

    let folder = TempDir::new().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    write(&in_folder("target"), cheap_keyring());
    symlink("target", in_folder("link")).unwrap();
    symlink("nowhere", in_folder("dangling")).unwrap();
    load(&in_folder("link")).unwrap();
    assert!(load(&in_folder("dangling")).unwrap_err().is_io());
    for link in ["link", "dangling"] {
        let error = save(&in_folder(link)).unwrap_err();
        assert!(
            error.is_io() && error.to_string().contains("there is a file already"),
            "{error}"
        );
    }
    assert_eq!(names(folder.path()), ["dangling", "link", "target"]);
    assert_eq!(
        fs::read_to_string(in_folder("target")).unwrap(),
        cheap_keyring()
    );
    assert!(
        fs::symlink_metadata(in_folder("link"))
            .unwrap()
            .is_symlink()
    );

    // A folder behind a link is a folder.
    fs::create_dir(in_folder("folder")).unwrap();
    symlink("folder", in_folder("way")).unwrap();
    save(&in_folder("way").join("keyring")).unwrap();
    assert_eq!(names(&in_folder("folder")), ["keyring"]);
}

#[test]
fn what_loads_and_what_does_not() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    let text = cheap_keyring();
    let line = text.trim_end();
    for same in [text.clone(), line.to_owned(), format!("{line}\r\n")] {
        write(&path, same);
        assert_eq!(load(&path).unwrap().epochs().count(), 2);
    }
    for (other, message) in [
        (b"".to_vec(), "this is not a key file"),
        (b"paravent-\xFF".to_vec(), "it is not text"),
        (b"\x1f\x8b\x08".to_vec(), "it is not text"),
        ([text.as_bytes(), &[0xC3]].concat(), "it is not text"),
        (text.replace("-1.", "-3.").into_bytes(), "newer version"),
    ] {
        write(&path, other);
        let error = load(&path).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.is_damaged(), message != "newer version");
    }
    for missing in [folder.path().join("missing"), folder.path().to_owned()] {
        let error = load(&missing).unwrap_err();
        assert!(error.is_io() && !error.is_damaged(), "{error}");
    }
}

#[test]
fn a_huge_file_is_not_read_whole() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("huge");
    write(&path, "");
    let file = fs::File::options().write(true).open(&path).unwrap();
    for size in [16 * 1024 * 1024 + 1, 1 << 40] {
        // Sparse: it takes no room on disk.
        if file.set_len(size).is_err() {
            println!("skipped: this file system has no files of {size} bytes");
            continue;
        }
        let start = Instant::now();
        let error = load(&path).unwrap_err();
        damaged(&error, "larger than any");
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_or_change_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    write(&path, cheap_keyring());
    for mode in [0o600, 0o400, 0o700] {
        set_mode(&path, mode);
        load(&path).unwrap();
    }
    let one_bit = (0..6).map(|bit| 0o600 | 1 << bit);
    for mode in one_bit.chain([0o644, 0o640, 0o660, 0o666, 0o777]) {
        set_mode(&path, mode);
        let error = load(&path).unwrap_err();
        assert_eq!(error.code(), "key-file-exposed", "{mode:o}: {error}");
        assert!(error.is_io() && !error.is_damaged(), "{mode:o}: {error}");
        assert!(error.advice().contains("0600"), "{mode:o}: {error}");
    }
    // What it holds is not looked at, and a grant's is no other.
    fs::write(&path, "no key file").unwrap();
    let error = Grant::load(&path, &passphrase()).unwrap_err();
    assert_eq!(error.code(), "key-file-exposed", "{error}");
}

#[cfg(unix)]
#[test]
fn what_counts_is_the_file_and_not_the_link_to_it() {
    let folder = TempDir::new().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    write(&in_folder("target"), cheap_keyring());
    std::os::unix::fs::symlink("target", in_folder("link")).unwrap();
    load(&in_folder("link")).unwrap();
    set_mode(&in_folder("target"), 0o604);
    let error = load(&in_folder("link")).unwrap_err();
    assert_eq!(error.code(), "key-file-exposed", "{error}");
}

/// As in a mounted secret, whose files belong to root and a group of the service.
#[cfg(unix)]
#[test]
fn a_file_of_another_user_may_be_read_by_its_group() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    write(&path, cheap_keyring());
    if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
        println!("skipped: this user gives no file to another one");
        return;
    }
    for mode in [0o640, 0o440] {
        set_mode(&path, mode);
        load(&path).unwrap();
    }
    for mode in [0o660, 0o620, 0o650, 0o644, 0o441, 0o602] {
        set_mode(&path, mode);
        let error = load(&path).unwrap_err();
        assert_eq!(error.code(), "key-file-exposed", "{mode:o}: {error}");
    }
}
