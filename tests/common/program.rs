//! The program of the example `feed`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::SystemTime,
};

/// Where it is. `cargo test` builds it beside the tests; `cargo test --test feed` does not.
pub(crate) fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let this = env::current_exe().unwrap();
        let folder = this.ancestors().nth(2).unwrap();
        let program = folder.join("examples/feed");
        let changed = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
        let newest = ["examples/feed", "src"].map(|folder| newest(Path::new(folder)));
        let is_there = changed(&program).is_some_and(|built| newest.iter().all(|new| *new < built));
        if !is_there {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--example", "feed", "--features", "hl7v2,key-file"]);
            if folder.ends_with("release") {
                build.arg("--release");
            }
            assert!(build.status().unwrap().success());
        }
        program
    })
}

/// When something in a folder was last changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let times = entries.map(|entry| match entry.file_type().unwrap().is_dir() {
        // The command is no part of it.
        true if entry.path() == Path::new("src/bin") => SystemTime::UNIX_EPOCH,
        true => newest(&entry.path()),
        false => entry.metadata().unwrap().modified().unwrap(),
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
