//! What the command is told.

use std::{ffi::OsString, path::PathBuf};

use paravent::Date;

pub(super) const HELP: &str = "\
usage: policy_check [OPTION…] POLICY.toml…

Prints what each policy gives of each field and what the check finds, all policies taken as one set.

  --schema FILE        the schema that the policies are for; without it the bundled one of appointments
  --format text|json   a page to read, the default, or the report for machines
  --today YYYY-MM-DD   the day of the check, since acceptances end; without it today's date in UTC
  --diff FOLDER        instead: what these policies give that those in FOLDER do not
  --help               this page

exit code: 0 clean; 1 a finding that nobody accepted, or an acceptance that is wrong; 2 a file that
does not load, or bad arguments
";

const SEE_HELP: &str = "--help lists the options";

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) schema: Option<PathBuf>,
    pub(super) format: Format,
    pub(super) today: Option<Date>,
    /// The folder of the policies before a change.
    pub(super) before: Option<PathBuf>,
    pub(super) policies: Vec<PathBuf>,
}

impl Arguments {
    /// `None` where help was asked for.
    pub(super) fn parse(mut given: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut arguments = Self::default();
        let mut only_files = false;
        while let Some(argument) = given.next() {
            let option = argument.to_string_lossy();
            if only_files || !option.starts_with('-') {
                arguments.policies.push(argument.into());
                continue;
            }
            let (option, mut value) = match option.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned().into())),
                None => (option.into_owned(), None),
            };
            let mut value = || {
                let value: Option<OsString> = value.take().or_else(|| given.next());
                value.ok_or_else(|| format!("{option} has no value; {SEE_HELP}"))
            };
            match &*option {
                "--" => only_files = true,
                "--help" | "-h" => return Ok(None),
                "--schema" => arguments.schema = Some(value()?.into()),
                "--diff" => arguments.before = Some(value()?.into()),
                "--format" => arguments.format = format(&value()?.to_string_lossy())?,
                "--today" => arguments.today = Some(day(&value()?.to_string_lossy())?),
                _ => return Err(format!("there is no option {option}; {SEE_HELP}")),
            }
        }
        if arguments.policies.is_empty() {
            return Err(format!("there is no policy to check; {SEE_HELP}"));
        }
        Ok(Some(arguments))
    }
}

fn format(word: &str) -> Result<Format, String> {
    match word {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(format!(
            "--format is text or json, not {word:?}; {SEE_HELP}"
        )),
    }
}

fn day(text: &str) -> Result<Date, String> {
    let day = text
        .parse()
        .ok()
        .filter(|_| text.len() == "YYYY-MM-DD".len());
    day.ok_or_else(|| format!("--today is a date like 2026-11-24, not {text:?}; {SEE_HELP}"))
}
