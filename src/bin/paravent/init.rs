//! `paravent init`: a folder to start from.

use std::path::{Path, PathBuf};

use clap::Args;
use paravent::Keyring;
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Outcome},
    folder::{self, NewFolder},
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
    folder::check_free(folder)?;
    let source = arguments.passphrase.source();
    let passphrase = passphrase::new(&source, &config, &folder.join(KEYRING))?;
    let keyring = Keyring::generate()?.to_key_file(&passphrase)?;

    let made = NewFolder::create(folder)?;
    made.folder("policies")?;
    for (name, text) in FILES {
        made.write(name, text, 0o666)?;
    }
    made.write(KEYRING, &keyring, 0o600)?;
    made.finish(&["policies"])?;

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
