//! Disks that are full.

use super::*;

#[cfg(target_os = "linux")]
#[test]
fn a_log_is_not_begun_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let full = Path::new("/dev/full");
    let error = Log::open(&place.path, full, &place.keyring, at(0)).unwrap_err();
    assert!(error.is_io() && error.code() == "log-heads-full", "{error}");
    assert_eq!(fs::metadata(&place.path).unwrap().len(), 0);
    let error = Log::open(full, &place.heads, &place.keyring, at(0)).unwrap_err();
    assert!(error.is_io() && error.code() == "log-full", "{error}");
    assert_eq!(fs::metadata(&place.heads).unwrap().len(), 0);
    place.open();
}

/// Appends until that fails, twice; how many it took, and the error.
fn append_until_full(place: &Place) -> (u64, Error) {
    let log = place.open();
    let mut last = 1;
    let first = loop {
        match log.append(release(1, 1), None) {
            Ok(n) => last = n,
            Err(error) => break error,
        }
    };
    let lengths = || [&place.path, &place.heads].map(|path| fs::metadata(path).unwrap().len());
    let before = lengths();
    let error = log.append(release(1, 1), None).unwrap_err();
    assert_eq!(error.code(), first.code());
    assert_eq!(lengths(), before, "nothing of it stays");
    let verified = place.verify().unwrap();
    assert_eq!((verified.entries, verified.beyond_heads), (last, 0));
    assert!(!verified.cut_line && !verified.cut_head);
    (last, error)
}

/// Goes on where a process stopped whose disk was full.
fn goes_on(place: &Place) {
    let before = place.verify().unwrap().entries;
    assert!(before > 3);
    assert_eq!(
        place.open().append(release(1, 1), None).unwrap(),
        before + 1
    );
}

/// A limit on the size of files fails as a full disk does: in the middle of a line.
#[cfg(unix)]
#[test]
fn a_log_on_a_full_disk_stays_whole() {
    if let Some(place) = own_place() {
        let (_, error) = append_until_full(&place);
        assert!(error.is_io() && error.code() == "log-full", "{error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let limited = |mut test: Command| {
        let program = test.get_program().to_owned();
        let arguments: Vec<_> = test.get_args().map(ToOwned::to_owned).collect();
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
        test = Command::new("sh");
        test.args(["-c", script]).arg(program).args(arguments);
        test.env(FOLDER, folder.path());
        test.output().unwrap()
    };
    let output = limited(child(
        "full::a_log_on_a_full_disk_stays_whole",
        folder.path(),
    ));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
    goes_on(&Place::of(folder.path()));
}

/// A small file system of its own, for the second place only; then a larger one.
#[cfg(target_os = "linux")]
#[test]
fn a_second_place_on_a_full_disk_stays_whole() {
    if let Some(place) = own_place() {
        let disk = place.path.parent().unwrap().join("disk");
        let place = Place {
            heads: disk.join("heads"),
            ..place
        };
        let (_, error) = append_until_full(&place);
        assert!(error.is_io() && error.code() == "log-heads-full", "{error}");
        let larger = Command::new("mount")
            .args(["-o", "remount,size=1m"])
            .arg(disk)
            .status();
        assert!(larger.unwrap().success());
        return goes_on(&place);
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let test = child(
        "full::a_second_place_on_a_full_disk_stays_whole",
        folder.path(),
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=4k none \"$DISK\" && exec \"$0\" \"$@\"")
        .arg(test.get_program())
        .args(test.get_args())
        .env("DISK", &disk)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
}
