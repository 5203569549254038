//! `paravent log show`: who was released what, and why.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use paravent::{Config, Date, Details, Entry, Event, JsonRecord, Log, LogRevealer, Pseudonym};
use serde::Serialize;

use super::unread;
use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys,
    output::{self, Output, Readers},
    rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
Names of requesters and reasons are revealed by the keyring; where their epoch
was destroyed, they are gone, and the entry stays. Other people stand in the
log by pseudonyms, and --person tells which of them somebody is, by the same
fields as the log has: the identifiers of one scope, such as last and first
name. The second place is not looked at: `paravent log verify` tells whether
the log was cut off.

EXAMPLES
  What one account asked for, since a day or a time, in UTC:

    paravent log show --requester a.martin --since 2026-11-01
    paravent log show --since 2026-11-29T06:00:00Z --json

  Who has looked at a person's record, for a person who asks:

    paravent log show --person - < person.json
";

/// Show the entries of a log, all or those of a requester, of a person, since a time
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(super) struct ShowArguments {
    /// The log, if not that of the configuration
    #[arg(value_name = "LOG")]
    log: Option<PathBuf>,
    /// Only what this requester asked for or agreed to
    #[arg(long, value_name = "NAME")]
    requester: Option<String>,
    /// Only what was released of this person: a JSON object with the fields that tell who it is; - reads it from the
    /// standard input, where no list of processes shows it
    #[arg(long, value_name = "JSON")]
    person: Option<String>,
    /// Only from this time on, such as 2026-11-29T06:00:00Z, or this day in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

/// The most bytes of a person.
const MAX_PERSON: u64 = 1024 * 1024;

pub(super) fn run(arguments: &ShowArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let path = super::path(arguments.log.as_deref(), &config)?;
    let source = arguments.passphrase.source();
    let person = match arguments.person.as_deref() {
        Some("-") => {
            rows::check_input("-".as_ref(), &source)?;
            let mut text = String::new();
            output::stdin()?
                .take(MAX_PERSON)
                .read_to_string(&mut text)?;
            Some(text)
        }
        person => person.map(str::to_owned),
    };
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let revealer = LogRevealer::new(&keyring)?;
    let filter = Filter {
        requester: match &arguments.requester {
            Some(name) => Some(revealer.requester(name)?),
            None => None,
        },
        person: match person {
            Some(text) => Some(subject(&text, arguments, &config, &revealer)?),
            None => None,
        },
        since: arguments.since,
    };

    let entries = Log::read(&path, &keyring).map_err(|error| unread(&error))?;
    // What it holds is in the revealer, as far as it is needed.
    drop(keyring);
    let mut page = Page::new(settings)?;
    let read = entries
        .filter(|entry| entry.as_ref().map_or(true, |entry| filter.takes(entry)))
        .try_for_each(|entry| {
            let entry = entry.map_err(|error| unread(&error))?;
            page.add(&Shown::new(&entry, &revealer)?)
        });
    // What stands before an entry that is wrong was written as it is.
    page.finish(read.is_ok())?;
    read?;
    Ok(Exit::Done)
}

/// Which entries are shown.
struct Filter {
    requester: Option<Pseudonym>,
    person: Option<Pseudonym>,
    since: Option<Timestamp>,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<Pseudonym>, found: &[Option<&Pseudonym>]| {
            wanted.as_ref().is_none_or(|one| found.contains(&Some(one)))
        };
        is(&self.requester, &[entry.requester(), entry.approver()])
            && is(&self.person, &[entry.subject()])
            && self.since.is_none_or(|since| entry.at() >= since)
    }
}

/// By which pseudonym a person stands in the log.
fn subject(
    text: &str,
    arguments: &ShowArguments,
    config: &Config,
    revealer: &LogRevealer,
) -> Result<Pseudonym, Failure> {
    let schema = settings::schema(config, arguments.schema.as_deref())?;
    let wrong = |failure: Failure| failure.at("--person").exits(Exit::Usage);
    JsonRecord::parse(text)
        .and_then(|record| revealer.subject(&schema, &record))
        .map_err(|error| wrong(Failure::from(&error)))?
        .ok_or_else(|| {
            wrong(Failure::usage(
                "there is nothing that tells who it is",
                "give the fields that do, such as {\"last_name\": \"…\", \"first_name\": \"…\"}",
            ))
        })
}

/// An entry with what it has sealed.
#[derive(Serialize)]
struct Shown<'e> {
    n: u64,
    at: Timestamp,
    event: Event,
    domain: Option<&'e str>,
    name: Option<&'e str>,
    purpose: Option<&'e str>,
    requester: Option<&'e Pseudonym>,
    approver: Option<&'e Pseudonym>,
    subject: Option<&'e Pseudonym>,
    row: Option<&'e Pseudonym>,
    error: Option<&'e str>,
    canary: Option<&'e str>,
    details: Option<Details>,
    /// Why what is sealed is not revealed.
    unrevealed: Option<&'static str>,
}

impl<'e> Shown<'e> {
    fn new(entry: &'e Entry, revealer: &LogRevealer) -> Result<Self, Failure> {
        let (details, unrevealed) = match revealer.reveal(entry) {
            Ok(details) => (details, None),
            Err(error) if error.is_unknown_epoch() => (None, Some(error.code())),
            Err(error) => return Err(Failure::from(error).at(format!("entry {}", entry.n()))),
        };
        Ok(Self {
            n: entry.n(),
            at: entry.at(),
            event: entry.event(),
            domain: entry.domain().map(|domain| domain.as_str()),
            name: entry.name(),
            purpose: entry.purpose(),
            requester: entry.requester(),
            approver: entry.approver(),
            subject: entry.subject(),
            row: entry.row(),
            error: entry.error(),
            canary: entry.canary(),
            details,
            unrevealed,
        })
    }

    fn cells(&self) -> [String; 10] {
        // Names and reasons are what somebody typed, and pseudonyms stand for those that are gone.
        let name = |text: Option<&str>, pseudonym: Option<&Pseudonym>| {
            text.map(output::one_line)
                .or_else(|| pseudonym.map(Pseudonym::to_string))
                .unwrap_or_default()
        };
        let text = |text: Option<&str>| text.map(output::one_line).unwrap_or_default();
        let details = self.details.as_ref();
        let reason = match self.unrevealed {
            Some("epoch-destroyed") => "(gone)".to_owned(),
            Some(_) => "(not opened)".to_owned(),
            None => text(details.and_then(|details| details.reason.as_deref())),
        };
        [
            self.n.to_string(),
            in_columns(self.at),
            event(self.event).to_owned(),
            text(self.domain),
            text(self.name),
            text(self.purpose),
            name(details.map(|details| &*details.requester), self.requester),
            name(
                details.and_then(|details| details.approver.as_deref()),
                self.approver,
            ),
            reason,
            text(self.error.or(self.canary)),
        ]
    }
}

/// With all three decimals, so that one time is as wide as another.
fn in_columns(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn event(event: Event) -> &'static str {
    match event {
        Event::Begin => "begin",
        Event::Release => "release",
        Event::Render => "render",
        Event::Refused => "refused",
        Event::NotSent => "not sent",
        Event::Alarm => "alarm",
        Event::End => "end",
        _ => "",
    }
}

/// Where entries go: each as it comes in JSON, or all in one table.
enum Page {
    Lines(Output),
    Table {
        rows: Vec<[String; 10]>,
        gone: usize,
    },
}

impl Page {
    fn new(settings: &Settings) -> Result<Self, Failure> {
        if settings.json {
            let output = Output::open("-".as_ref(), Readers::Owner, false)?;
            return Ok(Self::Lines(output));
        }
        let header = [
            "entry",
            "time",
            "event",
            "domain",
            "name",
            "purpose",
            "requester",
            "approver",
            "reason",
            "about",
        ];
        Ok(Self::Table {
            rows: vec![header.map(str::to_owned)],
            gone: 0,
        })
    }

    fn add(&mut self, entry: &Shown<'_>) -> Result<(), Failure> {
        match self {
            Self::Lines(output) => output.write_all(output::json(entry)?.as_bytes())?,
            Self::Table { rows, gone } => {
                rows.push(entry.cells());
                *gone += usize::from(entry.unrevealed == Some("epoch-destroyed"));
            }
        }
        Ok(())
    }

    /// Ends it, after all entries or before one that is wrong.
    fn finish(self, is_all: bool) -> Result<(), Failure> {
        match self {
            Self::Lines(output) => output.finish(),
            Self::Table { rows, .. } if rows.len() == 1 => match is_all {
                true => output::print("no such entry\n"),
                false => Ok(()),
            },
            Self::Table { rows, gone } => {
                let mut text = output::table(&rows);
                if gone > 0 {
                    text.push_str(&format!(
                        "\nnames and reasons of {} are gone: their epoch was destroyed\n",
                        super::counted(gone as u64, "entry", "entries")
                    ));
                }
                output::print(&text)
            }
        }
    }
}

fn time(word: &str) -> Result<Timestamp, String> {
    let day = |day: Date| TimeZone::UTC.to_timestamp(day.into());
    word.parse()
        .or_else(|_| word.parse().and_then(day))
        .map_err(|_| "it is a time such as 2026-11-29T06:00:00Z, or a day".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_time_has_three_decimals_also_where_the_last_are_zero() {
        for (at, shown) in [
            ("2026-11-29T06:00:59.541Z", "2026-11-29T06:00:59.541Z"),
            ("2026-11-29T06:00:59.54Z", "2026-11-29T06:00:59.540Z"),
            ("2026-11-29T06:00:59.5Z", "2026-11-29T06:00:59.500Z"),
            ("2026-11-29T06:00:59Z", "2026-11-29T06:00:59.000Z"),
        ] {
            assert_eq!(in_columns(at.parse().unwrap()), shown);
        }
    }
}
