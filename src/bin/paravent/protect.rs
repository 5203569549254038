//! `paravent protect`: rows or messages in clear become protected ones.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;
use paravent::Protector;

use crate::{
    arguments::{PassphraseArguments, RowArguments},
    failure::{Failure, Outcome},
    keys,
    messages::{self, Content, Kind, Profile},
    rows::{self, Formats, Task},
    settings::{self, Settings},
};

const AFTER: &str = "\
The policy is checked first: beside all of the configuration's policies where
its domain is among them, else alone; all of them have to load either way. A
policy that the check refuses protects nothing.

Dates and date-times have to be of RFC 3339, such as 2026-11-30 and
2026-11-30T09:30:00+01:00; others are refused, and none is converted. The
policy's `[source]` says which column is which field, and which are left out.

HL7 v2 messages and FHIR resources stay in their order, with batches, MLLP
frames and line ends as they are. A profile says what of them passes and where
fields are read and shown; without --profile it is the bundled one, which
`paravent profile show` prints. What is taken out is sealed inside: in ZPV
segments at the end of an HL7 v2 message, in an extension of each FHIR resource.

Rows are shuffled within a window, since the order of rows joins what two
connectors hold; --window 1 keeps the order. A bad row or message stops the
command with its line, and no file is written; with a quarantine the others go
on, and the exit code is 6. An interrupted command leaves no file: run it again.
What went to the standard output before is there: mind the exit code.

EXAMPLES
  To a file, in two threads:

    paravent protect appointments.csv --policy policies/statistics.toml \\
      -o statistics.csv --jobs 2

  In a pipe, from NDJSON to CSV, the passphrase from a file descriptor:

    zcat rows.ndjson.gz | paravent protect - --format ndjson \\
      --output-format csv --policy policies/statistics.toml \\
      --passphrase-fd 3 3< passphrase.txt > statistics.csv

  HL7 v2 messages, those that are refused put aside:

    paravent protect feed.hl7 --policy policies/practice-feed.toml \\
      -o screened.hl7 --on-error quarantine refused.hl7

  FHIR resources, by a profile of one's own:

    paravent protect bundle.json --format fhir --profile own.toml \\
      --policy policies/practice-feed.toml -o screened.json

  A spreadsheet's export, bad rows put aside:

    paravent protect export.csv --policy policies/statistics.toml \\
      --delimiter ';' --encoding windows-1252 -o statistics.csv \\
      --on-error quarantine bad.ndjson
";

/// Protect rows or messages: seal each field, and show what the policy shows
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ProtectArguments {
    #[command(flatten)]
    rows: RowArguments,
    /// Shuffle rows within windows of so many, 10,000 without it; 1 keeps their order
    #[arg(long, value_name = "ROWS")]
    window: Option<NonZeroUsize>,
    /// What of messages passes, and where fields are read; without it, the bundled profile
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &ProtectArguments, settings: &Settings) -> Outcome {
    let rows = &arguments.rows;
    let content = Content::of(rows, arguments.window.is_some())?;
    if matches!(content, Content::Rows(_)) && arguments.profile.is_some() {
        return Err(Failure::usage(
            "--profile is for messages",
            "leave it out: which column of rows is which field stands in the policy's [source]",
        ));
    }
    rows::check_files(rows)?;
    let config = settings.config()?;
    let schema = settings::schema(&config, rows.schema.as_deref())?;
    let policy = settings::checked_policy(&rows.policy, &config, &schema, settings.today)?;
    content.check_policy(rows, policy.policy())?;
    // Before anybody types a passphrase.
    let work = match content {
        Content::Rows(formats) => Work::Rows(formats),
        Content::Messages(kind) => {
            let profile = arguments.profile.as_deref();
            let profile = kind.profile(profile, policy.policy(), &rows.policy)?;
            Work::Messages(kind, profile)
        }
    };
    let source = arguments.passphrase.source();
    rows::check_input(&rows.input, &source)?;
    let keyring = keys::sealing_keyring(rows.keyring.as_deref(), &source, &config, settings.today)?;
    match work {
        Work::Rows(formats) => {
            let protector = Protector::new(&keyring, &policy)?;
            // What it holds is in the protector, as far as it is needed.
            drop(keyring);
            let window = arguments.window.unwrap_or(WINDOW);
            rows::run(rows, formats, &Task::Protect(&protector, window), settings)
        }
        Work::Messages(kind, profile) => {
            let task = profile.protector(&keyring, &policy)?;
            drop(keyring);
            messages::run(rows, kind, &task, settings)
        }
    }
}

/// What is protected, and by what.
enum Work {
    Rows(Formats),
    Messages(Kind, Profile),
}

/// Rows are shuffled within so many.
const WINDOW: NonZeroUsize = match NonZeroUsize::new(10_000) {
    Some(window) => window,
    None => NonZeroUsize::MIN,
};
