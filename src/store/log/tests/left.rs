//! What crashes leave, and places that cannot be had.

use super::*;

#[test]
fn a_line_that_a_crash_has_cut_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    log.append(release(1, 1), None).unwrap();
    let whole = fs::read_to_string(&place.path).unwrap();
    let heads = fs::read_to_string(&place.heads).unwrap();
    let last = whole.lines().last().unwrap();
    for cut in [1, 30, last.len()] {
        place.add_text(&last[..cut]);
        fs::write(&place.heads, format!("{heads}{{\"log\":")).unwrap();
        let verified = place.verify().unwrap();
        assert!(verified.cut_line && verified.cut_head && verified.entries == 2);
        assert_eq!(place.entries().len(), 2);
        place.open();
        assert_eq!(fs::read_to_string(&place.path).unwrap(), whole);
        assert_eq!(fs::read_to_string(&place.heads).unwrap(), heads);
    }
    // A log that is open finds it, too.
    place.add_text("{\"n\":3");
    assert_eq!(log.append(release(2, 1), None).unwrap(), 3);
    assert_eq!(place.verify().unwrap().entries, 3);
}

#[test]
fn entries_that_have_no_head_yet_are_fine() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    log.append(release(1, 1), None).unwrap();
    let heads = fs::read_to_string(&place.heads).unwrap();
    log.append(release(2, 1), None).unwrap();
    log.append(release(3, 1), None).unwrap();
    drop(log);
    fs::write(&place.heads, &heads).unwrap();
    assert_eq!(place.verify().unwrap().beyond_heads, 2);
    let log = place.open();
    assert_eq!(place.verify().unwrap().beyond_heads, 0);
    assert_eq!(log.append(release(4, 1), None).unwrap(), 5);
}

#[test]
fn a_first_entry_without_a_head_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    place.open();
    let begun = fs::read_to_string(&place.path).unwrap();
    for left in ["", &begun[..20], &begun] {
        fs::write(&place.path, left).unwrap();
        fs::write(&place.heads, "").unwrap();
        place.open().append(release(1, 1), None).unwrap();
        assert_eq!(place.verify().unwrap().entries, 2);
    }
}

/// What a process leaves that is stopped in a rotation, by how far it came.
const STOPPED: [&str; 5] = ["ended", "renamed", "made", "half begun", "begun"];

/// A log that was left so, after a release, and another process's log that knows nothing of the rotation.
fn stopped(folder: &Path, stopped: &str) -> (Place, Log) {
    let place = Place::of(folder);
    place.open().append(release(1, 1), None).unwrap();
    let other = place.open();
    let finished = place.open().rotate(at(2)).unwrap();
    let begun = fs::read(&place.path).unwrap();
    fs::remove_file(&place.path).unwrap();
    match stopped {
        "ended" => fs::rename(finished, &place.path).unwrap(),
        "renamed" => {}
        "made" => fs::write(&place.path, "").unwrap(),
        "half begun" => fs::write(&place.path, &begun[..40]).unwrap(),
        _ => fs::write(&place.path, &begun).unwrap(),
    }
    let heads = fs::read_to_string(&place.heads).unwrap();
    let of_end = heads.lines().take(3).map(|line| format!("{line}\n"));
    fs::write(&place.heads, of_end.collect::<String>()).unwrap();
    (place, other)
}

#[test]
fn a_rotation_that_stopped_goes_on() {
    for how in STOPPED {
        let folder = tempfile::tempdir().unwrap();
        let (place, _) = stopped(folder.path(), how);
        place.verify().unwrap();
        let log = place.open_at(3).unwrap();
        let verified = place.verify().unwrap();
        assert_eq!((verified.entries, verified.files), (4, 2), "{how}");
        assert_eq!(log.append(release(4, 1), None).unwrap(), 5, "{how}");

        let folder = tempfile::tempdir().unwrap();
        let (place, other) = stopped(folder.path(), how);
        assert_eq!(other.append(release(4, 1), None).unwrap(), 5, "{how}");
        let verified = place.verify().unwrap();
        assert_eq!((verified.entries, verified.files), (5, 2), "{how}");
    }
}

#[test]
fn finished_files_are_numbered_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    for other in ["1", "0000009", "000001.gz", "000abc", "+00001"] {
        fs::write(folder.path().join(format!("release.log.{other}")), "x").unwrap();
    }
    assert!(log.rotate(at(1)).unwrap().ends_with("release.log.000001"));
    assert!(log.rotate(at(1)).unwrap().ends_with("release.log.000002"));
    assert_eq!(place.verify().unwrap().files, 3);
}

#[test]
fn a_log_cannot_be_its_own_second_place() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let open = Log::open(&place.path, &place.path, &place.keyring, at(0));
    assert!(open.unwrap_err().is_definition());
    assert!(!place.path.exists());
}

#[test]
fn a_second_place_that_is_gone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    log.append(release(1, 1), None).unwrap();
    fs::remove_file(&place.heads).unwrap();
    let error = log.append(release(2, 1), None).unwrap_err();
    assert_eq!(error.code(), "log-heads-gone");
    assert_eq!(place.verify().unwrap_err().code(), "log-heads-gone");
    assert_eq!(place.open_at(2).unwrap_err().code(), "log-heads-gone");
}

#[test]
fn a_log_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    for error in [
        place.verify().unwrap_err(),
        Log::read(&place.path, &place.keyring).unwrap_err(),
    ] {
        assert!(error.is_io() && error.code() == "log-io", "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    // Not even the superuser makes a file there.
    let forbidden = Path::new("/sys/release.log");
    for (path, heads, code) in [
        (forbidden, &*place.heads, "log-forbidden"),
        (&*place.path, forbidden, "log-heads-forbidden"),
    ] {
        let error = Log::open(path, heads, &place.keyring, at(0)).unwrap_err();
        assert!(error.is_io() && error.code() == code, "{error}");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(error.file(), Some(forbidden));
    }
    // Neither stands in the way once both can be had.
    place.open();
}
