//! `paravent inspect`: what texts, key files and protected messages are, without any key.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use paravent::Inspected;
use serde_json::json;

use crate::{
    failure::{Exit, Failure, Outcome},
    messages::{self, Kind},
    output, pipe, rows,
    settings::Settings,
};

/// No key file is larger.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What is looked at to know what a file is.
const BEGINNING: u64 = 64 * 1024;

const AFTER: &str = "\
It tells what a text says of itself: format, suite, epoch, scopes and their
sizes, which are the widths of fields and not the lengths of values. Nothing
is decrypted, and no key is asked for. Of a text that was changed it tells
what it pretends to be.

  p1.…  a sealed record, or the column of a row whose fields are sealed cells
  c1.…  a sealed cell
  t1.…  a pseudonym
  i1.…  an index
  s1.…  a reversible stand-in

Of a file of HL7 v2 messages or FHIR resources it tells how many are protected,
and what their seals are: those that are alike together.

EXAMPLES
    paravent inspect t1.aebagbafaydqqcikbmga2dqpca
    cut -d, -f5 statistics.csv | tail -n +2 | paravent inspect -
    paravent inspect --file backend.keyring
    paravent inspect --file screened.hl7
";

/// Tell what a sealed text, a stand-in, a key file or a file of messages is, without keys
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct InspectArguments {
    /// The texts; - for those of the standard input, one a line, as without any
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
    /// Tell what this file is, a key file or protected messages; it may stand several times
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &InspectArguments, settings: &Settings) -> Outcome {
    for path in &arguments.file {
        let (beginning, file) = open(path)?;
        let mut whole = beginning.as_slice().chain(file);
        if let Some(kind) = Kind::of(&beginning) {
            messages::inspected::run(path, kind, &mut whole, settings)?;
            continue;
        }
        let text = read(path, whole)?;
        if text.trim().is_empty() {
            let failure = Failure::new(
                Exit::Input,
                "text-form",
                "there is nothing in it",
                "see whether it is the file that was meant",
            );
            return Err(failure.at(path.display()));
        }
        let inspected =
            inspect(&text).map_err(|failure| failure.at(path.display()).exits(Exit::Input))?;
        tell(&inspected, settings)?;
    }
    let stream = match &*arguments.values {
        [] => arguments.file.is_empty(),
        [one] => one == "-",
        _ => false,
    };
    if stream {
        rows::lines(|number, line| {
            let inspected = inspect(line).map_err(|failure| failure.at_line(number))?;
            tell(&inspected, settings)
        })?;
        return Ok(Exit::Done);
    }
    for (number, text) in arguments.values.iter().enumerate() {
        let inspected = inspect(text).map_err(|failure| {
            let failure = match Path::new(text).is_file() {
                true => Failure::usage("it is a file", "give files by --file"),
                false => failure,
            };
            failure.at(format!("value {}", number + 1))
        })?;
        tell(&inspected, settings)?;
    }
    Ok(Exit::Done)
}

fn inspect(text: &str) -> Result<Inspected, Failure> {
    text.parse()
        .map_err(|error: paravent::Error| Failure::from(error).exits(Exit::Input))
}

fn tell(inspected: &Inspected, settings: &Settings) -> Result<(), Failure> {
    if settings.json {
        output::print_json(&json!(inspected))
    } else {
        output::print(&format!("{inspected}\n"))
    }
}

/// The beginning of a file, which says what it is, and the rest. A pipe may give it byte by byte.
fn open(path: &Path) -> Result<(Vec<u8>, File), Failure> {
    let mut file = pipe::open(path).map_err(failed(path))?;
    let mut beginning = Vec::new();
    let read = file.by_ref().take(BEGINNING).read_to_end(&mut beginning);
    read.map_err(failed(path))?;
    Ok((beginning, file))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::file("reading", path, &error).exits(Exit::Input)
}

fn read(path: &Path, file: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(failed(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
