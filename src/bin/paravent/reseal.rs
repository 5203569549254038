//! `paravent reseal`: the rows of a file are sealed anew where they are.

use std::{fs::File, ops::ControlFlow, path::PathBuf};

use clap::Args;
use paravent::{Epoch, Progress, Resealed, Resealing, RowsByEpoch};
use serde_json::json;

use crate::{
    arguments::{PassphraseArguments, ReadArguments, epoch},
    failure::{Exit, Failure, Outcome},
    keys, output,
    policy::pages::page::grouped,
    progress::Way,
    rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
For a file of the backend's own, after `paravent rotate`.
Rows under an older epoch are sealed anew under the active one, and what they
show is made anew under the live generation; the others are kept. Each row is
opened from what was written and compared before it counts. A row in clear is
refused: protect it with `paravent migrate` first. The new file is UTF-8. The
order of rows stays: hand such a file to nobody, and export rows by
`paravent protect`.

Stop what writes to the file. Ended by a signal, a crash or a power loss, the
command leaves the file whole, as it was or as it will be; run again, it goes
on. A bad row stops it with its line, and the file is as it was: remove the
files beside it, mend it, run it anew.

FILES
  FILE.resealing        what has been written, until it is FILE
  FILE.resealing.state  how far it is
  FILE.stale            then, the file as it was, mode 0600, until every row
                        of the new one was verified

None of them is left at the end. Removing a file erases nothing on
solid-state disks, in journals, snapshots and backups: the old epoch's keys
open what is left there.

EXAMPLES
  How many rows are under an older epoch, without a key:

    paravent reseal --count --epoch 2 rows.csv --policy policies/store.toml

  All of them under the active one, and again, which keeps them all:

    paravent reseal rows.csv --policy policies/store.toml
    paravent reseal rows.csv --policy policies/store.toml
";

/// Seal the rows of a file anew where they are, under the active epoch
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ResealArguments {
    /// The file of protected rows
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy that the rows are protected under
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Only count rows by epoch, and write nothing
    #[arg(long, visible_alias = "dry-run")]
    count: bool,
    /// The active epoch, in place of the keyring's: counting then needs no key
    #[arg(long, value_name = "N", requires = "count", value_parser = epoch)]
    epoch: Option<Epoch>,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &ResealArguments, settings: &Settings) -> Outcome {
    let file = &arguments.file;
    let failed = |error: paravent::Error| Failure::from(&error).at(file.display());
    let format = rows::format(file, &arguments.read)?;
    let size = match file.metadata() {
        Ok(found) => found.len(),
        Err(error) => return Err(Failure::file("reading", file, &error).exits(Exit::Input)),
    };
    let config = settings.config()?;
    let schema = settings::schema(&config, arguments.read.schema.as_deref())?;
    let source = arguments.passphrase.source();
    let keyring = || keys::keyring(arguments.read.keyring.as_deref(), &source, &config);
    if arguments.count {
        let policy = settings::policy(&arguments.policy, &schema)?;
        let active = match arguments.epoch {
            Some(epoch) => epoch,
            None => keyring()?.active_epoch(),
        };
        let input = File::open(file)
            .map_err(|error| Failure::file("reading", file, &error).exits(Exit::Input))?;
        let counted = Resealing::count(input, &format, &policy, active).map_err(failed)?;
        if settings.json {
            let mut object = json!(counted);
            object["active"] = active.number().into();
            output::print_json(&object)?;
        } else {
            output::print(&told_of(&counted, active))?;
        }
        return Ok(Exit::Done);
    }

    let policy = settings::checked_policy(&arguments.policy, &config, &schema, settings.today)?;
    let keyring = keys::sealing_keyring(
        arguments.read.keyring.as_deref(),
        &source,
        &config,
        settings.today,
    )?;
    let way = Way::begin(Some(size), settings.quiet);
    let observe = |progress: &Progress| {
        way.tell(progress.rows, progress.bytes);
        ControlFlow::Continue(())
    };
    let resealing = Resealing::new(file, format, &keyring, &policy)?.observe(&observe);
    let done = resealing.run();
    let seconds = way.elapsed().as_secs_f64();
    drop(way);
    let resealed = done.map_err(failed)?;
    let epoch = keyring.active_epoch();
    if settings.json {
        let mut object = json!(resealed);
        object["epoch"] = epoch.number().into();
        object["seconds"] = seconds.into();
        output::print_json(&object)?;
    }
    settings.note(&told(&resealed, epoch, seconds));
    Ok(Exit::Done)
}

fn told(resealed: &Resealed, epoch: Epoch, seconds: f64) -> String {
    let kept = match resealed.kept {
        0 => String::new(),
        kept => format!(", and {} kept that were", grouped(kept)),
    };
    let rows = rows::counted(resealed.resealed);
    format!("sealed {rows} anew under epoch {epoch}{kept}, in {seconds:.1} s")
}

fn told_of(counted: &RowsByEpoch, active: Epoch) -> String {
    let mut told = match counted.stale {
        0 => format!("no row is under an older epoch than {active}\n"),
        1 => format!("1 row is under an older epoch than {active}\n"),
        stale => format!(
            "{} rows are under an older epoch than {active}\n",
            grouped(stale)
        ),
    };
    for (epoch, count) in &counted.epochs {
        told += &format!("  epoch {epoch}: {}\n", rows::counted(*count));
    }
    told
}
