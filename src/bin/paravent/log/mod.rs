//! `paravent log`: what a broker has noted, and whether it is as it was written.

mod show;

use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use paravent::{Config, Log, VerifiedLog};
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys, output,
    policy::pages::page::grouped,
    progress::Way,
    settings::Settings,
};

const AFTER: &str = "\
A broker notes each release in a log before it hands anything out. Each entry
has a code over itself and the one before, under a key of the keyring; the
second place, `heads`, knows where the log ended. Put it on another disk,
where somebody else answers for it: who can write to both can cut off the end.

EXAMPLES
    paravent log verify
    paravent log show --requester a.martin --since 2026-11-01
    paravent log rotate
";

const AFTER_VERIFY: &str = "\
Entries that were altered, removed, moved or replaced, a log that was cut off
and a second place that was altered are told apart, each with file and line;
the exit code is 3. A last line that a crash left half written is told, and is
none of these.

EXAMPLES
  The log of the configuration:

    paravent log verify

  A copy of both places:

    paravent log verify copy/release.log --heads copy/release.heads
";

const AFTER_ROTATE: &str = "\
The finished file gets a number behind its name and stays part of the log:
verify and show read all files that lie side by side. Where a wrong time came
into the log, entries go on from now.

EXAMPLES
    paravent log rotate
";

/// Verify a broker's log, show who was released what and why, or begin another file
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct LogArguments {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    Verify(VerifyArguments),
    Show(show::ShowArguments),
    Rotate(RotateArguments),
}

/// Verify that each entry is as it was written and in its place, and that none is missing
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_VERIFY)]
struct VerifyArguments {
    #[command(flatten)]
    of: PlaceArguments,
}

/// Finish the log's file and begin another one
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_ROTATE)]
struct RotateArguments {
    #[command(flatten)]
    of: PlaceArguments,
}

/// Where a log is, and the keyring that it was begun with.
#[derive(Debug, Args)]
struct PlaceArguments {
    /// The log, if not that of the configuration
    #[arg(value_name = "LOG")]
    log: Option<PathBuf>,
    /// The log's second place, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &LogArguments, settings: &Settings) -> Outcome {
    match &arguments.command {
        LogCommand::Verify(arguments) => verify(&arguments.of, settings),
        LogCommand::Show(arguments) => show::run(arguments, settings),
        LogCommand::Rotate(arguments) => rotate(&arguments.of, settings),
    }
}

/// Where the log is.
pub(crate) fn path(given: Option<&Path>, config: &Config) -> Result<PathBuf, Failure> {
    let path = given.or(config.log_path()).ok_or_else(|| {
        Failure::usage(
            "no log is said",
            "name it, by `log` in paravent.toml or by PARAVENT_LOG",
        )
    })?;
    Ok(path.to_owned())
}

/// Where the log's second place is.
pub(crate) fn heads(given: Option<&Path>, config: &Config) -> Result<PathBuf, Failure> {
    let path = given.or(config.heads_path()).ok_or_else(|| {
        Failure::usage(
            "no second place of the log is said",
            "name it by --heads, by `heads` in paravent.toml or by PARAVENT_HEADS, best on another disk",
        )
    })?;
    Ok(path.to_owned())
}

fn verify(arguments: &PlaceArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let path = path(arguments.log.as_deref(), &config)?;
    let heads = heads(arguments.heads.as_deref(), &config)?;
    let source = arguments.passphrase.source();
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let way = Way::entries(settings.quiet);
    let observe = |entries| {
        way.tell(entries, 0);
        ControlFlow::Continue(())
    };
    let done = Log::verify(&path, &heads, &keyring, &observe);
    let seconds = way.elapsed().as_secs_f64();
    drop(way);
    let verified = done.map_err(|error| unread(&error))?;
    if settings.json {
        let mut object = json!(verified);
        object["seconds"] = seconds.into();
        output::print_json(&object)?;
    } else {
        output::print(&told(&path, &verified))?;
    }
    Ok(Exit::Done)
}

fn told(path: &Path, verified: &VerifiedLog) -> String {
    let counts = [
        (verified.releases, "release", "releases"),
        (verified.renders, "render", "renders"),
        (verified.refusals, "refusal", "refusals"),
        (verified.alarms, "alarm", "alarms"),
    ];
    let counts = counts.map(|(number, one, more)| counted(number, one, more));
    let mut text = format!(
        "{}: {} in {}, each as it was written; {}\n",
        path.display(),
        counted(verified.entries, "entry", "entries"),
        counted(verified.files, "file", "files"),
        counts.join(", ")
    );
    if let (Some(first), Some(last)) = (verified.first, verified.last) {
        text.push_str(&format!("from {first} to {last}\n"));
    }
    if verified.beyond_heads > 0 {
        text.push_str(&format!(
            "the second place does not know of the last {}: a crash left that, or the second place was cut\n",
            counted(verified.beyond_heads, "entry", "entries")
        ));
    }
    for (is_cut, whose) in [
        (verified.cut_line, "the log"),
        (verified.cut_head, "the second place"),
    ] {
        if is_cut {
            text.push_str(&format!(
                "the last line of {whose} was not written whole, and nothing was released for it\n"
            ));
        }
    }
    text
}

fn rotate(arguments: &PlaceArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let path = path(arguments.log.as_deref(), &config)?;
    let heads = heads(arguments.heads.as_deref(), &config)?;
    // One that is not there would be begun.
    path.metadata()
        .map_err(|error| Failure::file("opening the log", &path, &error).exits(Exit::Input))?;
    let source = arguments.passphrase.source();
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let now = Timestamp::now();
    let finished = Log::open(&path, &heads, &keyring, now)?.rotate(now)?;
    let (path, finished) = (path.display(), finished.display());
    if settings.json {
        output::print_json(&json!({
            "log": path.to_string(),
            "finished": finished.to_string(),
        }))?;
    } else {
        output::print(&format!(
            "{path}: begun anew; what was in it is {finished}, which stays part of the log\n"
        ))?;
    }
    Ok(Exit::Done)
}

fn counted(number: u64, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{} {more}", grouped(number)),
    }
}

/// What is wrong with a log that is read only: one that is not there is no log.
fn unread(error: &paravent::Error) -> Failure {
    let missing = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() == io::ErrorKind::NotFound);
    match missing {
        true => Failure::from(error).exits(Exit::Input),
        false => Failure::from(error),
    }
}
