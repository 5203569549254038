//! `paravent init`: a folder to start from.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use clap::Args;
use paravent::Keyring;
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    leftovers::Leftover,
    output, passphrase,
    settings::Settings,
};

const KEYRING: &str = "backend.keyring";

/// What is in the folder beside the keyring.
const FILES: [(&str, &str); 5] = [
    ("paravent.toml", include_str!("init/paravent.toml")),
    ("schema.toml", include_str!("init/schema.toml")),
    (
        "policies/statistics.toml",
        include_str!("init/statistics.toml"),
    ),
    (
        "policies/sms-reminders.toml",
        include_str!("init/sms-reminders.toml"),
    ),
    ("appointments.csv", include_str!("init/appointments.csv")),
];

const AFTER: &str = "\
The folder is made whole or not at all, and only its owner can enter it:

  paravent.toml                where things are
  schema.toml                  the fields of an appointment, with comments
  policies/statistics.toml     a policy that shows fields coarsely
  policies/sms-reminders.toml  a policy that opens one scope by a grant
  backend.keyring              new keys, under a new passphrase
  appointments.csv             rows that are made up, to try with

EXAMPLES
    paravent init clinic
    paravent init clinic --passphrase-file passphrase.txt
";

/// Make a folder to start from: configuration, schema, policies, keys and rows to try
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct InitArguments {
    /// The folder to make; one that is there stays as it is
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &InitArguments, settings: &Settings) -> Outcome {
    let folder = &arguments.folder;
    let config = settings.config()?;
    // Before anybody types a passphrase; the end looks again.
    if folder.symlink_metadata().is_ok() {
        return Err(taken(folder));
    }
    let source = arguments.passphrase.source();
    let passphrase = passphrase::new(&source, &config, &folder.join(KEYRING))?;
    let keyring = Keyring::generate()?.to_key_file(&passphrase)?;

    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(folder),
        _ => Failure::file("making", folder, &error),
    };
    let make = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path);
    let ((), made) = Leftover::create(|| output::beside(folder, make)).map_err(failed)?;
    fill(made.path(), &keyring).map_err(failed)?;
    made.keep(|from| rename_new(from, folder)).map_err(failed)?;
    output::sync_folder(folder)?;

    if settings.json {
        let files = FILES.iter().map(|(name, _)| *name).chain([KEYRING]);
        output::print_json(&json!({
            "folder": folder.display().to_string(),
            "files": files.collect::<Vec<_>>(),
        }))?;
    } else {
        output::print(&next(folder))?;
    }
    Ok(Exit::Done)
}

fn fill(folder: &Path, keyring: &str) -> io::Result<()> {
    let write = |name: &str, text: &str, mode: u32| {
        let mut options = File::options();
        options.write(true).create_new(true).mode(mode);
        let mut file = options.open(folder.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    let policies = folder.join("policies");
    fs::create_dir(&policies)?;
    for (name, text) in FILES {
        write(name, text, 0o666)?;
    }
    write(KEYRING, keyring, 0o600)?;
    for folder in [&*policies, folder] {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Renames over nothing.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

fn taken(folder: &Path) -> Failure {
    Failure::new(
        Exit::Usage,
        "file-exists",
        format!("{}: it is there already", folder.display()),
        "name a folder that is not there yet",
    )
}

fn next(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "{folder}: made, with new keys in {KEYRING}. Keep a copy of the keyring and its passphrase elsewhere: without them
what is sealed is lost.

Next:

  cd {folder}
  paravent policy check
  paravent protect appointments.csv --policy policies/statistics.toml -o statistics.csv
  paravent reveal statistics.csv --policy policies/statistics.toml
"
    )
}
