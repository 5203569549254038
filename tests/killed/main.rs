//! Migrations, resealings, changes of key files and releases that are killed at random moments, by a signal that no process
//! can catch, and go on or back.
//!
//! The process that is killed is this program again, told by its environment what to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod key_file;
mod migrated;
mod releases;
mod resealed;
mod store;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Trial};
use paravent::{
    CheckedPolicy, CsvFormat, Error, Format, Keyring, Migration, Revealer, Schema, Transfer,
    Verification, test_kit,
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;

/// What the process that is killed does.
const TASK: &str = "PARAVENT_TEST_TASK";

/// The file or folder that it works on.
const FILE: &str = "PARAVENT_TEST_FILE";

fn main() -> ExitCode {
    if let (Ok(task), Some(file)) = (env::var(TASK), env::var_os(FILE)) {
        return work(&task, Path::new(&file));
    }
    let trials = [
        migrated::trials(),
        resealed::trials(),
        key_file::trials(),
        releases::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// The process that is killed.
fn work(task: &str, file: &Path) -> ExitCode {
    // Whoever waits for this kills from now on.
    println!("ready");
    let done = match task {
        "run" | "undo" | "seal-off" => migrated::work(task, file),
        "reseal" => resealed::work(file),
        "change" => key_file::work(file),
        "release" => releases::work(file),
        _ => panic!("an unknown task"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// This program again, for one task.
fn child(task: &str, file: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .env(TASK, task)
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;

    status.signal() == Some(9)
}
