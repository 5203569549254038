//! Logs that are not as they were written.

use proptest::prelude::*;

use super::*;

/// A log of 20 entries in three files: the first entries of the files are 1, 8 and 15.
fn written(folder: &Path, to: u8) -> Place {
    let place = Place::of(folder);
    let log = place.open();
    for file in 0..3 {
        for second in 1..=5 {
            log.append(release(file * 10 + second, to), None).unwrap();
        }
        if file < 2 {
            log.rotate(at(file * 10 + 6)).unwrap();
        }
    }
    place
}

/// The lines of the three files.
type Lines = Vec<Vec<String>>;

fn paths(place: &Place) -> [PathBuf; 3] {
    [place.finished(1), place.finished(2), place.path.clone()]
}

fn lines(place: &Place) -> Lines {
    let read = |path| fs::read_to_string(path).unwrap();
    let split = |text: String| text.lines().map(str::to_owned).collect();
    paths(place).into_iter().map(read).map(split).collect()
}

fn write(place: &Place, lines: &Lines) {
    for (path, lines) in paths(place).iter().zip(lines) {
        fs::write(
            path,
            lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
        )
        .unwrap();
    }
}

/// In which file and line of it entry `n` stands.
fn place_of(n: usize) -> (usize, usize) {
    match n {
        1..8 => (0, n - 1),
        8..15 => (1, n - 8),
        _ => (2, n - 15),
    }
}

/// Whether it is about this entry.
fn names(error: &Error, n: usize) -> bool {
    let message = error.to_string();
    [" ", ";"]
        .iter()
        .any(|end| message.contains(&format!("entry {n}{end}")))
}

/// Changes each line in turn: the fault that is found, the entry it names, and the entry at whose place it is found.
fn each_line(
    change: impl Fn(&mut Lines, usize),
    expected: impl Fn(usize) -> (&'static str, usize, usize),
) {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    assert_eq!(place.verify().unwrap().entries, 20);
    let whole = lines(&place);
    for n in 1..=20 {
        let mut changed = whole.clone();
        change(&mut changed, n);
        write(&place, &changed);
        let error = place.verify().unwrap_err();
        let (code, named, found) = expected(n);
        assert_eq!(error.code(), code, "{n}: {error}");
        assert!(names(&error, named), "{n}: {error}");
        if found <= 20 {
            let (file, line) = place_of(found);
            let is_at = (error.file().unwrap(), error.line().unwrap());
            assert_eq!(
                is_at,
                (&*paths(&place)[file].canonicalize().unwrap(), line + 1),
                "{n}"
            );
        }
        assert!(error.is_log());
        let last = Log::read(&place.path, &place.keyring).unwrap().last();
        let is_told = last.is_some_and(|last| last.is_err());
        assert!(is_told || code == "log-cut-off", "{n}");

        // Nothing is released on top of it, and nothing is mended.
        assert!(place.open_at(30).unwrap_err().is_log(), "{n}");
        assert_eq!(lines(&place), changed, "{n}");
    }
    write(&place, &whole);
    assert_eq!(place.verify().unwrap().entries, 20);
    place.open_at(30).unwrap();
}

#[test]
fn an_altered_line_is_named() {
    each_line(
        |lines, n| {
            let (file, line) = place_of(n);
            lines[file][line] = lines[file][line].replacen(":\"2026", ":\"2027", 1);
        },
        |n| ("log-altered", n, n),
    );
}

#[test]
fn an_altered_mac_is_named() {
    each_line(
        |lines, n| {
            let (file, line) = place_of(n);
            let upper = lines[file][line].len() - 66;
            let mac = lines[file][line][upper..].to_uppercase();
            lines[file][line].replace_range(upper.., &mac);
        },
        |n| ("log-altered", n, n),
    );
}

#[test]
fn a_removed_line_is_named() {
    each_line(
        |lines, n| {
            let (file, line) = place_of(n);
            lines[file].remove(line);
        },
        |n| match n {
            20 => ("log-cut-off", 20, 21),
            // The next line moves up to its place, but for the last line of a file.
            7 | 14 => ("log-removed", n, n + 1),
            _ => ("log-removed", n, n),
        },
    );
}

#[test]
fn a_line_that_is_not_in_its_place_is_named() {
    each_line(
        |lines, n| {
            let ((file, line), (to_file, to_line)) = (place_of(n), place_of(n % 20 + 1));
            let moved = std::mem::take(&mut lines[file][line]);
            lines[file][line] = std::mem::replace(&mut lines[to_file][to_line], moved);
        },
        // The last one changes places with the first.
        |n| ("log-reordered", n % 20 + n / 20, n % 20 + n / 20),
    );
}

#[test]
fn a_line_that_stands_twice_is_named() {
    each_line(
        |lines, n| {
            let (file, line) = place_of(n);
            let again = lines[file][line].clone();
            lines[file].insert(line + 1, again);
        },
        |n| {
            (
                "log-reordered",
                n,
                if matches!(n, 7 | 14 | 20) { 21 } else { n + 1 },
            )
        },
    );
}

#[test]
fn a_line_of_another_history_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let other = lines(&written(folder.path(), 2));
    each_line(
        |lines, n| {
            // The very first line says which log it is.
            let (file, line) = place_of(n.max(2));
            lines[file][line].clone_from(&other[file][line]);
        },
        |n| ("log-replaced", n.max(2), n.max(2)),
    );
}

#[test]
fn a_log_that_is_cut_off_is_told() {
    each_line(
        |lines, n| {
            let (file, line) = place_of(n);
            lines[file].truncate(line);
            lines[file + 1..].iter_mut().for_each(Vec::clear);
        },
        |_| ("log-cut-off", 20, 21),
    );
}

#[test]
fn a_cut_line_of_which_somebody_was_told_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    let whole = fs::read(&place.path).unwrap();
    for cut in 1..whole.len() {
        fs::write(&place.path, &whole[..cut]).unwrap();
        assert_eq!(place.verify().unwrap_err().code(), "log-cut-off", "{cut}");
        if cut % 97 == 0 {
            assert_eq!(place.open_at(30).unwrap_err().code(), "log-cut-off");
            assert_eq!(fs::read(&place.path).unwrap(), whole[..cut]);
        }
    }
}

#[test]
fn a_missing_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    let kept = fs::read(place.finished(1)).unwrap();
    fs::remove_file(place.finished(1)).unwrap();
    let error = place.verify().unwrap_err();
    assert!(
        error.to_string().contains("entry 1 of the log was removed"),
        "{error}"
    );
    // What it released counts, so nothing is released until it is back, or no longer counts.
    assert_eq!(place.open_at(30).unwrap_err().code(), "log-removed");
    place.open_at(4_000).unwrap();
    fs::write(place.finished(1), kept).unwrap();

    fs::remove_file(place.finished(2)).unwrap();
    let error = place.verify().unwrap_err();
    assert!(
        error.to_string().contains("entry 8 of the log was removed"),
        "{error}"
    );
    assert_eq!(place.open_at(4_000).unwrap_err().code(), "log-removed");
}

#[test]
fn a_log_that_was_removed_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    place.open().append(release(1, 1), None).unwrap();
    for empty in [true, false] {
        match empty {
            true => fs::write(&place.path, "").unwrap(),
            false => fs::remove_file(&place.path).unwrap(),
        }
        let error = place.open_at(2).unwrap_err();
        assert_eq!(error.code(), "log-cut-off", "{error}");
        assert_eq!(fs::metadata(&place.path).unwrap().len(), 0);
    }
}

#[test]
fn heads_that_were_altered_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    let whole = fs::read_to_string(&place.heads).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let last = lines.len() - 1;
    let spelled = |text: &str| text.replace("\"n\":", "\"n\": ");
    for (changed, code) in [
        (
            whole.replacen("\"n\":20,", "\"n\":19,", 1),
            "log-heads-altered",
        ),
        (spelled(&whole), "log-heads-altered"),
        (format!("{whole}{}\n", lines[0]), "log-heads-altered"),
        (format!("{whole}nothing\n"), "log-heads-altered"),
        (
            format!("{whole}{}\n", "x".repeat(70_000)),
            "log-heads-altered",
        ),
        (String::new(), "log-heads-gone"),
    ] {
        fs::write(&place.heads, &changed).unwrap();
        assert_eq!(place.verify().unwrap_err().code(), code, "{changed}");
        let open = place.open_at(30).map(drop);
        // A head that stands twice is another end of the log, and yet an older one.
        if changed.ends_with(&format!("{}\n", lines[0])) {
            open.unwrap();
        } else {
            assert_eq!(open.unwrap_err().code(), code, "{changed}");
        }
    }
    // What came last is not known any more, which is no fault: a crash leaves as much.
    fs::write(&place.heads, lines[..last].join("\n") + "\n").unwrap();
    assert_eq!(place.verify().unwrap().beyond_heads, 1);
}

#[test]
fn heads_of_another_log_are_told() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = written(folder.path(), 1);
    for keyring in [keyring(7), keyring(8)] {
        let other = other
            .path()
            .join(format!("{}", fs::read_dir(&other).unwrap().count()));
        fs::create_dir(&other).unwrap();
        let other = Place {
            keyring,
            ..Place::of(&other)
        };
        other.open();
        let place = Place {
            heads: other.heads,
            ..Place::of(folder.path())
        };
        assert_eq!(place.verify().unwrap_err().code(), "log-heads-of-another");
        assert_eq!(
            place.open_at(30).unwrap_err().code(),
            "log-heads-of-another"
        );
    }
    assert!(place.verify().is_ok());

    // So is it where the first line says that the log is another one.
    let (other, mut changed) = (lines(&written(other.path(), 1)), lines(&place));
    changed[0][0].clone_from(&other[0][0]);
    write(&place, &changed);
    assert_eq!(place.verify().unwrap_err().code(), "log-heads-of-another");
}

#[test]
fn a_log_of_another_keyring_or_version_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    let other = Place {
        keyring: keyring(8),
        ..Place::of(folder.path())
    };
    for error in [
        other.verify().unwrap_err(),
        other.open_at(30).unwrap_err(),
        other.open_at(9_000).unwrap_err(),
    ] {
        assert!(
            error.is_wrong_key() && error.code() == "log-other-keyring",
            "{error}"
        );
    }
    let first = fs::read_to_string(place.finished(1)).unwrap();
    fs::write(
        place.finished(1),
        first.replacen("\"version\":1", "\"version\":2", 1),
    )
    .unwrap();
    for error in [place.verify().unwrap_err(), place.open_at(30).unwrap_err()] {
        assert!(error.is_newer_version(), "{error}");
    }
}

#[test]
fn a_line_that_never_ends_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), 1);
    place.add_text(&"x".repeat(line::MAX_LINE));
    let error = place.verify().unwrap_err();
    assert_eq!((error.code(), error.line()), ("log-too-long", Some(7)));
    assert_eq!(place.open_at(30).unwrap_err().code(), "log-too-long");
}

#[test]
fn an_observer_is_told_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    place.open();
    let keys = line::Keys::new(&place.keyring);
    let mut last = place.verify().map(|_| position(&place)).unwrap();
    let mut text = Vec::new();
    for _ in 0..2_500 {
        let mac = keys.print(&release(1, 1), None, &last, &mut text).unwrap();
        last = line::Position { n: last.n + 1, mac };
    }
    place.add_text(&String::from_utf8(text).unwrap());
    let told = std::sync::Mutex::new(Vec::new());
    let stop = |n| {
        told.lock().unwrap().push(n);
        match n {
            2_000 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let stopped = Log::verify(&place.path, &place.heads, &place.keyring, &stop);
    assert!(stopped.unwrap_err().is_stopped());
    assert_eq!(*told.lock().unwrap(), [1_000, 2_000]);
    assert_eq!(place.verify().unwrap().beyond_heads, 2_500);
}

/// The end of a log.
fn position(place: &Place) -> line::Position {
    let text = fs::read_to_string(&place.path).unwrap();
    let last = text.lines().last().unwrap();
    let keys = line::Keys::new(&place.keyring);
    keys.parse(last.as_bytes()).unwrap().position()
}

/// One byte that is not as it was.
#[derive(Clone, Debug)]
enum Damage {
    Other(u8),
    Removed,
    Added(u8),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_damaged_byte_passes(
        file in 0..4_usize,
        place_of in any::<prop::sample::Index>(),
        damage in prop_oneof![
            (1..=255_u8).prop_map(Damage::Other),
            Just(Damage::Removed),
            any::<u8>().prop_map(Damage::Added),
            Just(Damage::Added(b'\n')),
        ],
    ) {
        use std::sync::LazyLock;

        /// Its files, and what is in them.
        static WRITTEN: LazyLock<(tempfile::TempDir, Vec<Vec<u8>>)> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let place = written(folder.path(), 1);
            let paths = paths(&place).into_iter().chain([place.heads.clone()]);
            let bytes = paths.map(|path| fs::read(path).unwrap()).collect();
            (folder, bytes)
        });

        let place = Place::of(WRITTEN.0.path());
        let path = &[&paths(&place)[..], std::slice::from_ref(&place.heads)].concat()[file];
        let whole = &WRITTEN.1[file];
        let mut bytes = whole.clone();
        let offset = place_of.index(bytes.len());
        match damage {
            Damage::Other(by) => bytes[offset] ^= by,
            Damage::Removed => drop(bytes.remove(offset)),
            Damage::Added(byte) => bytes.insert(offset, byte),
        }
        prop_assume!(bytes != *whole);
        fs::write(path, &bytes).unwrap();
        let verified = place.verify();
        fs::write(path, whole).unwrap();
        // Only a head that has lost its end is no fault, since a crash leaves such; it is told.
        if let Ok(verified) = verified {
            prop_assert!(file == 3 && offset + 1 == whole.len(), "{file} {offset}");
            prop_assert!(verified.cut_head && verified.beyond_heads > 0);
        }
    }
}
