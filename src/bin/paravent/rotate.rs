//! `paravent rotate`: a new epoch, or a new linkage generation.

use std::path::PathBuf;

use clap::Args;
use paravent::{Date, Keyring};
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys, output,
    settings::Settings,
};

const AFTER: &str = "\
The keyring changes where it is: its file holds the keys as they were or as
they are after, at every moment. New rows are sealed under the new epoch; the
old one goes on opening its rows. After that: let services load the keyring
anew, issue each connector a new grant, and move old rows by `paravent
reseal`. Rows show their epoch, and so about when they were written: let one
last at least 30 days, but after an incident.

With --linkage, new pseudonyms, indexes and stand-ins are of a new generation;
until all rows are resealed, what is looked for has one of each.

EXAMPLES
  A new epoch, which is to be followed by another within a year:

    paravent rotate --not-after 2027-11-30

  New pseudonyms, after a connector's old ones have leaked:

    paravent rotate --linkage
";

/// The days that an epoch lasts at least.
const SHORTEST: i32 = 30;

/// Start a new epoch, under which new rows are sealed, or a new linkage generation
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct RotateArguments {
    /// Start a new linkage generation, not a new epoch
    #[arg(long)]
    linkage: bool,
    /// The last day on which the new epoch seals, such as 2027-11-30, in UTC
    #[arg(long, value_name = "DATE", conflicts_with = "linkage")]
    not_after: Option<Date>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &RotateArguments, settings: &Settings) -> Outcome {
    let today = settings.today;
    if let Some(end) = arguments.not_after.filter(|&end| end < today) {
        return Err(Failure::usage(
            format!("the new epoch would have ended on {end}"),
            "give a last day that is to come",
        ));
    }
    if arguments.linkage {
        return rotate_linkage(arguments, settings);
    }
    let change = |keyring: &mut Keyring| {
        let before = keyring.epoch(keyring.active_epoch());
        let epoch = keyring.start_epoch(today)?;
        if let Some(end) = arguments.not_after {
            keyring.end_active_epoch(end)?;
        }
        Ok((epoch, before))
    };
    let (path, (epoch, before)) = keys::update(
        arguments.keyring.as_deref(),
        &arguments.passphrase.source(),
        &settings.config()?,
        change,
    )?;
    if settings.json {
        output::print_json(&json!({
            "file": path.display().to_string(),
            "active_epoch": epoch.number(),
            "not_after": arguments.not_after,
        }))?;
    } else {
        output::print(&format!(
            "{}: its active epoch is {epoch}; issue every grant anew, and reseal old rows\n",
            path.display()
        ))?;
    }
    let lasted = before
        .and_then(|before| before.since)
        .map(|since| (today - since).get_days());
    if let Some(days) = lasted.filter(|&days| days < SHORTEST) {
        settings.note(&format!(
            "the epoch before lasted {days} days: the epoch of a row tells that closely when it was written"
        ));
    }
    Ok(Exit::Done)
}

fn rotate_linkage(arguments: &RotateArguments, settings: &Settings) -> Outcome {
    let (path, generation) = keys::update(
        arguments.keyring.as_deref(),
        &arguments.passphrase.source(),
        &settings.config()?,
        Keyring::start_generation,
    )?;
    if settings.json {
        output::print_json(&json!({
            "file": path.display().to_string(),
            "generation": generation.number(),
        }))?;
    } else {
        output::print(&format!(
            "{}: new pseudonyms are of generation {generation}; reseal old rows\n",
            path.display()
        ))?;
    }
    Ok(Exit::Done)
}
