//! `paravent epoch`: what the epochs of a keyring do, and the end of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use paravent::{Epoch, EpochInfo, Generation, Keyring, Remains};
use serde::Serialize;
use serde_json::json;

use crate::{
    arguments::{PassphraseArguments, epoch},
    failure::{Exit, Failure, Outcome},
    keys, output,
    settings::Settings,
};

const AFTER: &str = "\
An epoch is active, decrypt-only, disabled or destroyed. One that is disabled
opens nothing until it is enabled again. One that is destroyed is gone, and
with it every row that was sealed under it: the way to erase rows by a
retention window, once no copy of the old keyring is left.

EXAMPLES
  Which epochs there are, and which are older than two years:

    paravent epoch list --retention 730

  Erase what was sealed until two years ago:

    paravent epoch destroy --retention 730 --yes
";

const AFTER_LIST: &str = "\
EXAMPLES
    paravent epoch list
    paravent epoch list --retention 730 --json
";

const AFTER_DISABLE: &str = "\
What was sealed under it opens again once it is enabled. Grants that were
issued before go on opening it.

EXAMPLES
    paravent epoch disable 1
";

const AFTER_ENABLE: &str = "\
EXAMPLES
    paravent epoch enable 1
";

const AFTER_DESTROY: &str = "\
Its rows do not open again, and nobody can undo that. What remains is told:
copies of the old keyring, grants, and what rows show beside their seals.

EXAMPLES
  One epoch:

    paravent epoch destroy 1 --yes

  Every epoch that has sealed nothing for two years:

    paravent epoch destroy --retention 730 --yes

  A linkage generation, once all rows are resealed:

    paravent epoch destroy --linkage 1 --yes
";

/// List the keyring's epochs, disable them, or destroy them and so erase their rows
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct EpochArguments {
    #[command(subcommand)]
    command: EpochCommand,
}

#[derive(Debug, Subcommand)]
enum EpochCommand {
    List(ListArguments),
    /// Keep an epoch from opening its rows, until it is enabled again
    #[command(after_long_help = AFTER_DISABLE)]
    Disable(ChangeArguments),
    /// Let an epoch that was disabled open its rows again
    #[command(after_long_help = AFTER_ENABLE)]
    Enable(ChangeArguments),
    Destroy(DestroyArguments),
}

/// List the keyring's epochs: their states, and which are due to be destroyed
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_LIST)]
struct ListArguments {
    /// Tell which epochs have sealed nothing for more than so many days
    #[arg(long, value_name = "DAYS")]
    retention: Option<u32>,
    #[command(flatten)]
    of: KeyringArguments,
}

#[derive(Debug, Args)]
struct ChangeArguments {
    /// The epoch's number
    #[arg(value_name = "EPOCH", value_parser = epoch)]
    epoch: Epoch,
    #[command(flatten)]
    of: KeyringArguments,
}

/// Destroy epochs, which erases the rows that were sealed under them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_DESTROY)]
struct DestroyArguments {
    /// The epochs' numbers
    #[arg(value_name = "EPOCH", value_parser = epoch)]
    epochs: Vec<Epoch>,
    /// Destroy those that have sealed nothing for more than so many days
    #[arg(long, value_name = "DAYS", conflicts_with = "epochs")]
    retention: Option<u32>,
    /// Destroy this linkage generation: what it made is looked for no more
    #[arg(long, value_name = "GENERATION", value_parser = generation, conflicts_with_all = ["epochs", "retention"])]
    linkage: Option<Generation>,
    /// Do it: it cannot be undone
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    of: KeyringArguments,
}

#[derive(Debug, Args)]
struct KeyringArguments {
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &EpochArguments, settings: &Settings) -> Outcome {
    match &arguments.command {
        EpochCommand::List(arguments) => list(arguments, settings),
        EpochCommand::Disable(arguments) => change(arguments, Keyring::disable_epoch, settings),
        EpochCommand::Enable(arguments) => change(arguments, Keyring::enable_epoch, settings),
        EpochCommand::Destroy(arguments) => destroy(arguments, settings),
    }
}

/// One line of the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    info: EpochInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<bool>,
}

fn list(arguments: &ListArguments, settings: &Settings) -> Outcome {
    let keyring = keys::keyring(
        arguments.of.keyring.as_deref(),
        &arguments.of.passphrase.source(),
        &settings.config()?,
    )?;
    let due = arguments
        .retention
        .map(|days| keyring.due_for_erasure(settings.today, days));
    let listed: Vec<Listed> = keyring
        .epoch_infos()
        .map(|info| Listed {
            info,
            due: due.as_ref().map(|due| due.contains(&info.epoch)),
        })
        .collect();
    let generations: Vec<u32> = keyring.generations().map(Generation::number).collect();
    if settings.json {
        output::print_json(&json!({ "epochs": listed, "generations": generations }))?;
        return Ok(Exit::Done);
    }
    let day = |day: Option<paravent::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let header = ["epoch", "state", "since", "not after", "due"].map(str::to_owned);
    let rows = listed.iter().map(|Listed { info, due }| {
        [
            info.epoch.to_string(),
            info.state.to_string(),
            day(info.since),
            day(info.not_after),
            due.filter(|&due| due)
                .map(|_| "to be destroyed".to_owned())
                .unwrap_or_default(),
        ]
    });
    let mut text = output::table(&[header].into_iter().chain(rows).collect::<Vec<_>>());
    let generations: Vec<String> = generations.iter().map(u32::to_string).collect();
    text.push_str(&format!(
        "\ngenerations: {}, and new pseudonyms are of the last\n",
        generations.join(", ")
    ));
    output::print(&text)?;
    Ok(Exit::Done)
}

fn change(
    arguments: &ChangeArguments,
    change: fn(&mut Keyring, Epoch) -> paravent::Result<()>,
    settings: &Settings,
) -> Outcome {
    let epoch = arguments.epoch;
    let (path, info) = update(&arguments.of, settings, |keyring| {
        change(keyring, epoch)?;
        Ok(keyring.epoch(epoch))
    })?;
    let Some(info) = info else {
        return Ok(Exit::Done);
    };
    if settings.json {
        output::print_json(&info)?;
    } else {
        output::print(&format!(
            "{}: epoch {epoch} is {}\n",
            path.display(),
            info.state
        ))?;
    }
    Ok(Exit::Done)
}

fn destroy(arguments: &DestroyArguments, settings: &Settings) -> Outcome {
    if arguments.epochs.is_empty() && arguments.retention.is_none() && arguments.linkage.is_none() {
        return Err(Failure::usage(
            "nothing is named that is to be destroyed",
            "name epochs by their numbers, or give --retention or --linkage",
        ));
    }
    if !arguments.yes {
        return Err(Failure::usage(
            "what is destroyed is gone for good, and its rows with it",
            "say --yes where that is meant; `paravent epoch list` tells what there is",
        ));
    }
    if let Some(generation) = arguments.linkage {
        let (path, ()) = update(&arguments.of, settings, |keyring| {
            keyring.destroy_generation(generation)
        })?;
        if settings.json {
            output::print_json(&json!({ "destroyed_generation": generation.number() }))?;
        } else {
            output::print(&format!(
                "{}: generation {generation} is destroyed\n",
                path.display()
            ))?;
        }
        return Ok(Exit::Done);
    }
    let (_, remains) = update(&arguments.of, settings, |keyring| {
        let epochs = match arguments.retention {
            Some(days) => keyring.due_for_erasure(settings.today, days),
            None => arguments.epochs.clone(),
        };
        let destroy = |&epoch: &Epoch| keyring.destroy_epoch(epoch);
        epochs
            .iter()
            .map(destroy)
            .collect::<paravent::Result<Vec<Remains>>>()
    })?;
    if settings.json {
        let epochs: Vec<u32> = remains.iter().map(|one| one.epoch().number()).collect();
        output::print_json(&json!({ "destroyed": epochs }))?;
    } else if remains.is_empty() {
        output::print("no epoch is due\n")?;
    } else {
        for one in remains {
            output::print(&format!("{one}\n"))?;
        }
    }
    Ok(Exit::Done)
}

fn update<R>(
    of: &KeyringArguments,
    settings: &Settings,
    change: impl FnOnce(&mut Keyring) -> paravent::Result<R>,
) -> Result<(PathBuf, R), Failure> {
    keys::update(
        of.keyring.as_deref(),
        &of.passphrase.source(),
        &settings.config()?,
        change,
    )
}

fn generation(word: &str) -> Result<Generation, String> {
    let number = word.parse().ok().and_then(Generation::new);
    number.ok_or_else(|| "it is a number from 1".to_owned())
}
