//! `paravent migrate`: the rows of a file are protected where they are.

use std::{ops::ControlFlow, path::PathBuf};

use clap::Args;
use paravent::{Migrated, Migration, Progress};
use serde_json::json;

use crate::{
    arguments::{PassphraseArguments, ReadArguments},
    failure::{Exit, Failure, Outcome},
    keys, output,
    policy::pages::page::grouped,
    progress::Way,
    rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
For a file of the backend's own that code reads where it is, such as a store
during a roll-out. Rows in clear are protected; rows that are protected are
kept, once they open. Each row is revealed from what was written before it
counts. The new file is UTF-8. The order of rows stays: hand such a file to
nobody, and export rows by `paravent protect`.

Stop what writes to the file. Ended by a signal, a crash or a power loss, the
command leaves the file whole, as it was or as it will be; run again, it goes
on. A bad row stops it with its line, and the file is as it was: undo, mend
the file, run it anew.

FILES
  FILE.migrating        what has been written, until it is FILE
  FILE.migrating.state  how far it is
  FILE.plain            then, the file as it was, mode 0600: values in clear

--undo lets FILE be as it was before; it needs no key. --seal-off verifies
that every row of FILE opens and that none is missing, and removes FILE.plain;
after that nothing can be undone, and none of these files is left. Removing a
file erases nothing on solid-state disks, in journals, snapshots and backups.

EXAMPLES
  All of it, and what it left in clear, which should be nothing:

    paravent migrate rows.csv --policy policies/store.toml
    paravent verify --no-plain rows.csv --policy policies/store.toml
    paravent migrate --seal-off rows.csv --policy policies/store.toml

  As it was before:

    paravent migrate --undo rows.csv
";

/// Protect the rows of a file where they are; undo that, or seal it off
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct MigrateArguments {
    /// The file of rows, in clear or partly so
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy that the rows are protected under
    #[arg(long, value_name = "FILE", required_unless_present = "undo")]
    policy: Option<PathBuf>,
    /// Let the file be as it was before
    #[arg(long, conflicts_with = "seal_off")]
    undo: bool,
    /// Remove the file as it was before, once every row of the new one opens
    #[arg(long)]
    seal_off: bool,
    /// Undo also where rows were written to the file since, and lose them
    #[arg(long, requires = "undo")]
    force: bool,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &MigrateArguments, settings: &Settings) -> Outcome {
    let file = &arguments.file;
    let failed = |error: paravent::Error| Failure::from(&error).at(file.display());
    let Some(policy) = arguments.policy.as_ref().filter(|_| !arguments.undo) else {
        match arguments.force {
            true => Migration::undo_losing_changes(file),
            false => Migration::undo(file),
        }
        .map_err(failed)?;
        if settings.json {
            output::print_json(&json!({ "undone": true }))?;
        }
        settings.note(&format!("{} is as it was", file.display()));
        return Ok(Exit::Done);
    };
    let format = rows::format(file, &arguments.read)?;
    let size = match file.metadata() {
        Ok(found) => found.len(),
        Err(error) => return Err(Failure::file("reading", file, &error).exits(Exit::Input)),
    };
    let config = settings.config()?;
    let schema = settings::schema(&config, arguments.read.schema.as_deref())?;
    let policy = settings::checked_policy(policy, &config, &schema, settings.today)?;
    let source = arguments.passphrase.source();
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
    let migration = Migration::new(file, format, &keyring, &policy)?.observe(&observe);
    let done = match arguments.seal_off {
        true => migration.seal_off(),
        false => migration.run(),
    };
    let seconds = way.elapsed().as_secs_f64();
    drop(way);
    let migrated = done.map_err(failed)?;
    if settings.json {
        let mut object = json!(migrated);
        object["sealed_off"] = arguments.seal_off.into();
        object["seconds"] = seconds.into();
        output::print_json(&object)?;
    }
    settings.note(&match arguments.seal_off {
        true => format!(
            "{} is sealed off: every row opens, and the file as it was is removed",
            file.display()
        ),
        false => told(&migrated, arguments, seconds),
    });
    Ok(Exit::Done)
}

fn told(migrated: &Migrated, arguments: &MigrateArguments, seconds: f64) -> String {
    let kept = match migrated.kept {
        0 => String::new(),
        kept => format!(", and {} kept that were", grouped(kept)),
    };
    let rows = rows::counted(migrated.protected);
    format!(
        "protected {rows}{kept}, in {seconds:.1} s; {}.plain holds them in clear until --seal-off",
        arguments.file.display()
    )
}
