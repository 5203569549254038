//! The command as its users run it: what needs no terminal, no signal and no full disk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod attribute;
mod audit;
mod brokers;
mod epochs;
mod grants;
mod help;
mod logs;
mod messages;
mod migrations;
mod output;
mod passphrases;
mod refused;
mod resealings;
#[path = "../common/rows.rs"]
mod rows;
mod start;
mod told;
mod transfers;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use tempfile::TempDir;

const PASSPHRASE: &str = "correct horse battery staple";

/// What `paravent init` makes, made once: stretching a passphrase takes its time.
static INITIAL: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    write_secret(&folder.path().join("passphrase"), PASSPHRASE);
    let init = ["init", "clinic", "--passphrase-file", "passphrase"];
    paravent(folder.path()).args(init).assert().code(0);
    folder
});

/// A deployment of its own, with `passphrase` beside the files that `paravent init` makes.
struct Clinic(TempDir);

impl Clinic {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clinic = Self(folder);
        copy(&INITIAL.path().join("clinic"), clinic.path());
        write_secret(&clinic.at("passphrase"), PASSPHRASE);
        clinic
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.at(name), text).unwrap();
    }

    /// The names in the folder, sorted.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    fn mode(&self, name: &str) -> u32 {
        self.at(name).metadata().unwrap().mode() & 0o7777
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs the command in the folder with these arguments, which are separated by spaces.
    fn run(&self, arguments: &str) -> Assert {
        self.command(arguments).assert()
    }

    /// The same with the passphrase of the keyring.
    fn run_open(&self, arguments: &str) -> Assert {
        self.run(&format!("{arguments} --passphrase-file passphrase"))
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = paravent(self.path());
        command.args(arguments.split(' '));
        command
    }

    /// The same in a shell, for what an argument list cannot say; `$PARAVENT` is the command.
    fn shell(&self, script: &str) -> Assert {
        let mut command = Command::new("sh");
        clean(&mut command, self.path());
        // It is no variable of the command's environment: those of this prefix are refused.
        let script = script.replace("$PARAVENT", env!("CARGO_BIN_EXE_paravent"));
        command.args(["-c", &script]).assert()
    }
}

fn paravent(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paravent"));
    clean(&mut command, folder);
    command
}

fn clean(command: &mut Command, folder: &Path) {
    let path = std::env::var_os("PATH").unwrap();
    command.current_dir(folder).env_clear().env("PATH", path);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// The one JSON object in a text.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Ends a command by a signal once it has written to `output`; `false` where it was through before that was seen.
fn interrupt(child: &mut std::process::Child, output: &Path) -> bool {
    while fs::metadata(output).map_or(0, |found| found.len()) == 0 {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let kill = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    child.wait().unwrap().code() == Some(143)
}

/// The lines below the header, in an order of their own.
fn sorted_rows(csv: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = csv.lines().skip(1).collect();
    rows.sort_unstable();
    rows
}
