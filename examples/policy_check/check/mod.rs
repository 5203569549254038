//! The command, apart from the process that it runs in.

mod arguments;
// The command's own, so that both print the same.
#[path = "../../../src/bin/paravent/policy/pages/mod.rs"]
mod pages;

use std::{ffi::OsString, fmt::Display, fs, path::Path};

use paravent::{Date, Schema};
use serde::Serialize;

use arguments::{Arguments, Format};
use pages::files;

const CLEAN: u8 = 0;
const REFUSED: u8 = 1;
const NOT_LOADED: u8 = 2;

/// What the command prints, and its exit code.
pub(crate) struct Outcome {
    pub(crate) text: String,
    /// For the standard error.
    pub(crate) complaints: String,
    pub(crate) code: u8,
}

impl Outcome {
    fn failed(errors: impl IntoIterator<Item = String>) -> Self {
        Self {
            text: String::new(),
            complaints: complaints(errors),
            code: NOT_LOADED,
        }
    }
}

/// Checks what the arguments say, as of `today` unless they give another day.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>, today: Date, colour: bool) -> Outcome {
    let arguments = match Arguments::parse(arguments) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            return Outcome {
                text: arguments::HELP.to_owned(),
                complaints: String::new(),
                code: CLEAN,
            };
        }
        Err(error) => return Outcome::failed([error]),
    };
    check(&arguments, arguments.today.unwrap_or(today), colour).unwrap_or_else(Outcome::failed)
}

fn check(arguments: &Arguments, today: Date, colour: bool) -> Result<Outcome, Vec<String>> {
    let schema = schema(arguments.schema.as_deref()).map_err(|error| vec![error])?;
    let before = match &arguments.before {
        Some(folder) => Some(files::folder(folder, &schema)?.set()),
        None => None,
    };
    let loaded = files::load(&arguments.policies, &schema)?;
    let set = loaded.set();
    let report = set.report(today);
    let problems = pages::problems(&report, &loaded);
    let diff = before.map(|before| before.diff(&set, today));
    let (text, complaints) = match (arguments.format, &diff) {
        (Format::Json, None) => (json(&report)?, complaints(problems)),
        (Format::Json, Some(diff)) => (json(diff)?, complaints(problems)),
        (Format::Text, None) => (
            pages::check(&set, &report, &problems, today, colour),
            String::new(),
        ),
        (Format::Text, Some(diff)) => (pages::change(diff, colour), complaints(problems)),
    };
    Ok(Outcome {
        text,
        complaints,
        code: if report.is_clean() { CLEAN } else { REFUSED },
    })
}

/// The schema in a file, or the bundled one.
fn schema(path: Option<&Path>) -> Result<Schema, String> {
    let Some(path) = path else {
        return Ok(Schema::appointment());
    };
    let at = |error: &dyn Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| at(&error))?;
    Schema::from_toml(&text).map_err(|error| at(&error))
}

fn json(value: &impl Serialize) -> Result<String, Vec<String>> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(vec![error.to_string()]),
    }
}

fn complaints(errors: impl IntoIterator<Item = String>) -> String {
    errors
        .into_iter()
        .map(|error| format!("policy_check: {error}\n"))
        .collect()
}
