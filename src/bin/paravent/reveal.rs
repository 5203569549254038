//! `paravent reveal`: protected rows or messages become those in clear, as far as keys go.

use std::path::PathBuf;

use clap::Args;
use paravent::{Revealer, Schema, Scope};

use crate::{
    arguments::RowArguments,
    failure::{Failure, Outcome},
    keys,
    messages::{self, Content},
    passphrase::Source,
    rows::{self, Task},
    settings::{self, Settings},
};

const AFTER: &str = "\
With --grant it reveals what the grant opens, as a connector does; a grant
that has ended is refused. Without it the keyring reveals every scope. What is
written holds values in clear: a file has mode 0600.

Of HL7 v2 messages and FHIR resources, what is opened is put back where it
stood. Where that is all, each is byte for byte what was protected, and those
that are not, since something on the way changed them, are counted, with exit
code 6. Where a grant or --only opens a part, the rest stays as the receiver
had it: HL7 v2 messages with their ZPV segments, resources without their seals.
No profile is needed.

EXAMPLES
  What a connector gets:

    paravent reveal rows.csv --policy sms-reminders.toml \\
      --grant sms-reminders.grant -o contacts.csv

  The backend, all of it and one scope of it:

    paravent reveal statistics.csv --policy policies/statistics.toml
    paravent reveal statistics.csv --policy policies/statistics.toml \\
      --only care

  Messages as they were:

    paravent reveal screened.hl7 --policy policies/practice-feed.toml \\
      -o feed.hl7
";

/// Reveal protected rows or messages, as far as a grant or the keyring opens them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct RevealArguments {
    #[command(flatten)]
    rows: RowArguments,
    /// Open rows by this grant, not by the keyring
    #[arg(long, value_name = "FILE", conflicts_with = "keyring")]
    grant: Option<PathBuf>,
    /// Reveal these scopes only, such as identity,contact
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    only: Vec<String>,
    /// Read the passphrase of the keyring or the grant from this file descriptor
    #[arg(
        long,
        value_name = "N",
        visible_alias = "grant-passphrase-fd",
        conflicts_with = "passphrase_file"
    )]
    passphrase_fd: Option<u32>,
    /// Read the passphrase of the keyring or the grant from this file, which nobody else may be able to read
    #[arg(long, value_name = "FILE", visible_alias = "grant-passphrase-file")]
    passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(arguments: &RevealArguments, settings: &Settings) -> Outcome {
    let rows = &arguments.rows;
    let content = Content::of(rows, false)?;
    rows::check_files(rows)?;
    let config = settings.config()?;
    let schema = settings::schema(&config, rows.schema.as_deref())?;
    let policy = settings::policy(&rows.policy, &schema)?;
    content.check_policy(rows, &policy)?;
    let only = scopes(&arguments.only, policy.schema())?;
    let source = Source {
        fd: arguments.passphrase_fd,
        file: arguments.passphrase_file.clone(),
    };
    rows::check_input(&rows.input, &source)?;
    let mut revealer = match &arguments.grant {
        Some(path) => keys::revealer(path, &source, &config, &policy, settings.today)?,
        None => {
            let keyring = keys::keyring(rows.keyring.as_deref(), &source, &config)?;
            Revealer::backend(&keyring, &policy)?
        }
    };
    if !only.is_empty() {
        revealer = revealer.only(&only)?;
    }
    match content {
        Content::Rows(formats) => rows::run(rows, formats, &Task::Reveal(&revealer), settings),
        Content::Messages(kind) => {
            let task = kind.revealer(revealer);
            let task = task.map_err(|failure| failure.at(rows.policy.display()))?;
            messages::run(rows, kind, &task, settings)
        }
    }
}

fn scopes(names: &[String], schema: &Schema) -> Result<Vec<Scope>, Failure> {
    let scope = |name: &String| {
        schema.scope(name).ok_or_else(|| {
            let known: Vec<&str> = schema
                .scopes()
                .filter_map(|scope| schema.name_of(scope))
                .collect();
            Failure::usage(
                format!("the schema has no scope {name:?}"),
                format!("its scopes are {}", known.join(", ")),
            )
        })
    };
    names.iter().map(scope).collect()
}
