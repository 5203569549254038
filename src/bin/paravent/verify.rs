//! `paravent verify`: whether the rows of a file open, and whether anything is left in clear.

use std::{ops::ControlFlow, path::PathBuf};

use clap::Args;
use paravent::{Progress, Revealer, Verification, Verified};
use serde_json::json;

use crate::{
    arguments::{PassphraseArguments, ReadArguments},
    failure::{Exit, Failure, Outcome},
    keys, output,
    policy::pages::page::grouped,
    progress::Way,
    rows::{self, Input},
    settings::{self, Settings},
};

const AFTER: &str = "\
Without --no-plain: every protected row opens, beside no seal stands a field
in clear that the policy does not show, and rows in clear fit the schema.
Both kinds are counted.

With --no-plain, which needs the keyring, nothing is in clear but what the
policy shows: every row is sealed and opens; every column is the record id, a
shown field, a pseudonym, an index or the seal; what a row shows, its
pseudonyms and indexes are what protecting its record anew gives; and the
record id holds no value of a sealed field. Of values, words of 6 letters
are found anywhere in the id, of 4 between other characters, and 8 digits of
a date, year, day or month first, or of a number; what is shorter ids have by
chance.

The first row that fails ends it, with its line and column and no value; the
exit code is 3, or 5 where the row is of other keys.

EXAMPLES
    paravent verify rows.csv --policy policies/store.toml
    paravent verify --no-plain rows.csv --policy policies/store.toml
    paravent verify rows.csv --policy sms-reminders.toml \\
      --grant sms-reminders.grant
";

/// Verify that the rows of a file open, or that nothing is left in clear
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct VerifyArguments {
    /// The rows: a file, or - for the standard input
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// The policy that the rows are protected under
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Verify that no clear value of a sealed field is left
    #[arg(long)]
    no_plain: bool,
    /// Open rows by this grant, not by the keyring
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keyring", "no_plain"])]
    grant: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &VerifyArguments, settings: &Settings) -> Outcome {
    let format = rows::format(&arguments.input, &arguments.read)?;
    let config = settings.config()?;
    let schema = settings::schema(&config, arguments.read.schema.as_deref())?;
    let source = arguments.passphrase.source();
    rows::check_input(&arguments.input, &source)?;
    let keyring = || keys::keyring(arguments.read.keyring.as_deref(), &source, &config);
    let revealer;
    let verification = if arguments.no_plain {
        let policy = settings::checked_policy(&arguments.policy, &config, &schema, settings.today)?;
        Verification::no_plain(&keyring()?, &policy)?
    } else {
        let policy = settings::policy(&arguments.policy, &schema)?;
        revealer = match &arguments.grant {
            Some(path) => keys::revealer(path, &source, &config, &policy, settings.today)?,
            None => Revealer::backend(&keyring()?, &policy)?,
        };
        Verification::of(&revealer)
    };

    let input = Input::open(&arguments.input)?;
    let way = Way::begin(input.size, settings.quiet);
    let observe = |progress: &Progress| {
        way.tell(progress.rows, progress.bytes);
        ControlFlow::Continue(())
    };
    let done = verification
        .from(format)
        .observe(&observe)
        .run(input.reader);
    let seconds = way.elapsed().as_secs_f64();
    drop(way);
    let verified = done.map_err(|error| match error.line() {
        Some(_) => Failure::from(&error).at(arguments.input.display()),
        None => Failure::from(&error),
    })?;
    if settings.json {
        let mut object = json!(verified);
        object["no_plain"] = arguments.no_plain.into();
        object["seconds"] = seconds.into();
        output::print_json(&object)?;
    } else {
        output::print(&told(&verified, arguments.no_plain))?;
    }
    Ok(Exit::Done)
}

fn told(verified: &Verified, no_plain: bool) -> String {
    let sealed = match verified.sealed {
        1 => "1 row is sealed, and opens".to_owned(),
        rows => format!("{} rows are sealed, and open", grouped(rows)),
    };
    let plain = match verified.plain {
        0 if no_plain => "nothing is in clear but what the policy shows".to_owned(),
        0 => "none is in clear".to_owned(),
        1 => "1 is in clear".to_owned(),
        rows => format!("{} are in clear", grouped(rows)),
    };
    format!("{sealed}; {plain}\n")
}
