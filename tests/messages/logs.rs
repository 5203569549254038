//! Errors of a broker's log.

use paravent::Timestamp;

use super::*;

/// A log and its second place, of a finished file and another one: entries 1 to 3.
struct Place {
    folder: tempfile::TempDir,
    keyring: Keyring,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keyring = test_kit::keyring();
        let place = Self { folder, keyring };
        place.open(&place.keyring).unwrap().rotate(now()).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, keyring: &Keyring) -> Result<Log, Error> {
        Log::open(self.path("release.log"), self.path("heads"), keyring, now())
    }

    fn verify(&self) -> Error {
        let (path, heads) = (self.path("release.log"), self.path("heads"));
        let observer = |_| ControlFlow::Continue(());
        Log::verify(path, heads, &self.keyring, &observer).unwrap_err()
    }

    /// What is found where a file is changed, which is as it was afterwards.
    fn changed(&self, name: &str, change: impl Fn(&str) -> String) -> Error {
        let text = fs::read_to_string(self.path(name)).unwrap();
        fs::write(self.path(name), change(&text)).unwrap();
        let error = self.verify();
        fs::write(self.path(name), text).unwrap();
        error
    }
}

pub(super) fn now() -> Timestamp {
    "2026-11-29T06:40:12Z".parse().unwrap()
}

fn lines(text: &str, chosen: &[usize]) -> String {
    let all: Vec<&str> = text.lines().collect();
    chosen
        .iter()
        .map(|line| format!("{}\n", all[*line]))
        .collect()
}

pub(super) fn errors_of_logs() -> Vec<(&'static str, Error)> {
    let place = Place::new();
    let other = test_kit::keyring_from(Epoch::FIRST, &[1; 32], Generation::FIRST, &[1; 32]);
    let finished = "release.log.000001";
    // Another history with the same second line number, and another second place.
    let another = Place::new();
    let of_another = |name: &str| fs::read_to_string(another.path(name)).unwrap();
    let refused = |path: &str, heads: &str| {
        let in_folder = |name: &str| place.folder.path().join(name);
        let open = Log::open(in_folder(path), in_folder(heads), &place.keyring, now());
        open.unwrap_err()
    };
    vec![
        (
            "Log/altered",
            place.changed(finished, |text| text.replacen(":12.000Z", ":13.000Z", 1)),
        ),
        (
            "Log/removed",
            place.changed(finished, |text| lines(text, &[0])),
        ),
        (
            "Log/reordered",
            place.changed(finished, |text| lines(text, &[0, 0, 1])),
        ),
        (
            "Log/replaced",
            place.changed(finished, |text| {
                lines(text, &[0]) + &lines(&of_another(finished), &[1])
            }),
        ),
        (
            "Log/cut off",
            place.changed("release.log", |_| String::new()),
        ),
        (
            "Log/too long",
            place.changed("release.log", |text| text.to_owned() + &MARK.repeat(4_000)),
        ),
        (
            "Log/heads",
            place.changed("heads", |text| text.to_owned() + MARK + "\n"),
        ),
        ("Log/no heads", place.changed("heads", |_| String::new())),
        (
            "Log/other heads",
            place.changed("heads", |_| of_another("heads")),
        ),
        ("Log/keyring", place.open(&other).unwrap_err()),
        (
            "Log/version",
            place.changed(finished, |text| {
                text.replacen("\"version\":1", "\"version\":2", 1)
            }),
        ),
        ("LogDisk/full", refused("/dev/full", "other heads")),
        ("LogDisk/full heads", refused("other.log", "/dev/full")),
        (
            "LogDisk/forbidden",
            refused("/sys/release.log", "other heads"),
        ),
        (
            "LogDisk/missing",
            refused("missing/release.log", "other heads"),
        ),
        (
            "LogDisk/missing heads",
            refused("other.log", "missing/heads"),
        ),
        ("Definition/one file", refused("other.log", "other.log")),
    ]
}
