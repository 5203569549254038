//! The command as it is used: at a terminal, in pipes, on full disks, and ended in the middle.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod disk;
mod files;
mod memory;
mod pipes;
mod prompts;
#[path = "../common/pty.rs"]
#[allow(dead_code)]
mod pty;
#[path = "../common/rows.rs"]
mod rows;
mod signals;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use tempfile::TempDir;

const PASSPHRASE: &str = "correct horse battery staple";

/// What `paravent init` makes, with the keyring's passphrase in a folder of credentials.
static CLINIC: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let passphrase = credentials.join("backend.keyring");
    fs::write(&passphrase, PASSPHRASE).unwrap();
    set_mode(&passphrase, 0o600);
    let made = Command::new(binary())
        .args(["init", "clinic", "--passphrase-file"])
        .arg(&passphrase)
        .env_remove("PARAVENT_CORPUS")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", errors(&made));
    folder
});

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_paravent"))
}

fn clinic() -> PathBuf {
    CLINIC.path().join("clinic")
}

/// The command, in a clinic whose passphrase is at hand.
fn paravent() -> Command {
    let mut command = asking();
    command.env("PARAVENT_CREDENTIALS", CLINIC.path().join("credentials"));
    command
}

/// The same, asking for the passphrase.
fn asking() -> Command {
    let mut command = Command::new(binary());
    // It refuses variables that look like its own and are not.
    command.current_dir(clinic()).env_remove("PARAVENT_CORPUS");
    command
}

fn protect(input: &Path) -> Command {
    let mut command = paravent();
    command
        .arg("protect")
        .arg(input)
        .args(["--policy", "policies/statistics.toml"]);
    command
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
