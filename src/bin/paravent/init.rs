//! `paravent init`: a folder to start from.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use paravent::{Keyring, Schema};
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Outcome},
    folder::{self, NewFolder},
    output, passphrase,
    settings::Settings,
};

const KEYRING: &str = "backend.keyring";

type Files = &'static [(&'static str, &'static str)];

const CONFIG: (&str, &str) = ("paravent.toml", include_str!("init/paravent.toml"));

const OF_ROWS: Files = &[
    CONFIG,
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

/// But for the schema, which is the bundled one.
const OF_MESSAGES: Files = &[
    CONFIG,
    (
        "policies/practice-feed.toml",
        include_str!("init/practice-feed.toml"),
    ),
    ("appointments.hl7", include_str!("init/appointments.hl7")),
    ("appointments.json", include_str!("init/appointments.json")),
];

const AFTER: &str = "\
The folder is made whole or not at all, and only its owner can enter it:

  paravent.toml                where things are
  schema.toml                  the fields of an appointment, with comments
  policies/statistics.toml     a policy that shows fields coarsely
  policies/sms-reminders.toml  a policy that opens one scope by a grant
  backend.keyring              new keys, under a new passphrase
  appointments.csv             rows that are made up, to try with

With --schema scheduling it is for messages, and has in the place of the
policies and rows:

  schema.toml                  the fields of HL7 v2 messages and FHIR resources
  policies/practice-feed.toml  a policy for an interface engine
  appointments.hl7             HL7 v2 messages that are made up
  appointments.json            a FHIR Bundle that is made up

EXAMPLES
    paravent init clinic
    paravent init clinic --schema scheduling
    paravent init clinic --passphrase-file passphrase.txt
";

/// Make a folder to start from: configuration, schema, policies, keys and rows to try
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct InitArguments {
    /// The folder to make; one that is there stays as it is
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// What policies and examples in it are for
    #[arg(long, value_enum, default_value = "appointment")]
    schema: Bundled,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bundled {
    /// Rows of appointments
    Appointment,
    /// HL7 v2 messages and FHIR resources around appointments
    Scheduling,
}

impl Bundled {
    /// What is in a folder for it beside the keyring.
    fn files(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Appointment => OF_ROWS.to_vec(),
            Self::Scheduling => {
                let schema = Schema::bundled_text("scheduling").unwrap_or_default();
                let mut files = OF_MESSAGES.to_vec();
                files.push(("schema.toml", schema));
                files
            }
        }
    }
}

pub(crate) fn run(arguments: &InitArguments, settings: &Settings) -> Outcome {
    let folder = &arguments.folder;
    let config = settings.config()?;
    // Before anybody types a passphrase; the end looks again.
    folder::check_free(folder)?;
    let source = arguments.passphrase.source();
    let passphrase = passphrase::new(&source, &config, &folder.join(KEYRING))?;
    let keyring = Keyring::generate()?.to_key_file(&passphrase)?;

    let files = arguments.schema.files();
    let made = NewFolder::create(folder)?;
    made.folder("policies")?;
    for (name, text) in &files {
        made.write(name, text, 0o666)?;
    }
    made.write(KEYRING, &keyring, 0o600)?;
    made.finish(&["policies"])?;

    if settings.json {
        let files = files.iter().map(|(name, _)| *name).chain([KEYRING]);
        output::print_json(&json!({
            "folder": folder.display().to_string(),
            "files": files.collect::<Vec<_>>(),
        }))?;
    } else {
        output::print(&next(folder, arguments.schema))?;
    }
    Ok(Exit::Done)
}

fn next(folder: &Path, schema: Bundled) -> String {
    let folder = folder.display();
    let commands = match schema {
        Bundled::Appointment => {
            "  paravent protect appointments.csv --policy policies/statistics.toml -o statistics.csv
  paravent reveal statistics.csv --policy policies/statistics.toml
"
        }
        Bundled::Scheduling => {
            "  paravent protect appointments.hl7 --policy policies/practice-feed.toml -o screened.hl7
  paravent reveal screened.hl7 --policy policies/practice-feed.toml
  paravent protect appointments.json --format fhir --policy policies/practice-feed.toml -o screened.json
  paravent reveal screened.json --format fhir --policy policies/practice-feed.toml
"
        }
    };
    format!(
        "{folder}: made, with new keys in {KEYRING}. Keep a copy of the keyring and its passphrase elsewhere: without them
what is sealed is lost.

Next:

  cd {folder}
  paravent policy check
{commands}"
    )
}
