//! Rows through `protect` and `reveal`, and those of other commands from the standard input: their files, their formats, and what is told of them.

use std::{
    fs,
    io::{self, BufRead, IsTerminal, Read},
    num::NonZeroUsize,
    ops::ControlFlow,
    path::Path,
    time::Duration,
};

use paravent::{CsvFormat, Encoding, Format, Progress, Protector, Revealer, Summary, Transfer};

use crate::{
    arguments::{Content, Encoded, OnError, ReadArguments, RowArguments, Rows},
    failure::{Exit, Failure, Outcome},
    output::{self, Output, Readers},
    passphrase::Source,
    pipe,
    policy::pages::page::grouped,
    progress::Way,
    settings::Settings,
};

/// What happens to the rows.
pub(crate) enum Task<'a> {
    /// They are protected, within windows of so many.
    Protect(&'a Protector, NonZeroUsize),
    Reveal(&'a Revealer),
}

impl<'a> Task<'a> {
    fn done(&self) -> &'static str {
        match self {
            Self::Protect(..) => "protected",
            Self::Reveal(_) => "revealed",
        }
    }

    /// Who may read what is written.
    fn readers(&self) -> Readers {
        match self {
            Self::Protect(..) => Readers::Umask,
            Self::Reveal(_) => Readers::Owner,
        }
    }

    fn transfer(&self) -> Transfer<'a> {
        match *self {
            Self::Protect(protector, window) => Transfer::protect(protector).window(window),
            Self::Reveal(revealer) => Transfer::reveal(revealer),
        }
    }
}

/// The formats that rows are read from and written to, as far as arguments and names say them.
pub(crate) struct Formats {
    from: Format,
    to: Format,
}

impl Formats {
    /// Before anybody types a passphrase.
    pub(crate) fn of(arguments: &RowArguments) -> Result<Self, Failure> {
        let RowArguments {
            input,
            format,
            delimiter,
            encoding,
            ..
        } = arguments;
        let format = format.map(|format| match format {
            Content::Csv => Rows::Csv,
            Content::Ndjson => Rows::Ndjson,
            Content::Fhir => Rows::Fhir,
            Content::Hl7v2 => Rows::Hl7v2,
        });
        let from = read_as(input, format, *delimiter, *encoding)?;
        let to = arguments
            .output_format
            .or_else(|| by_name(&arguments.output));
        let to = match (to, &from) {
            (Some(Rows::Fhir), _) => return Err(no_rows("FHIR resources")),
            (Some(Rows::Hl7v2), _) => return Err(no_rows("HL7 v2 messages")),
            (Some(Rows::Csv), _) | (None, Format::Csv(_)) => {
                let csv = CsvFormat::default();
                let in_tabs = extension(&arguments.output).as_deref() == Some("tsv");
                Format::Csv(if in_tabs { csv.delimiter(b'\t') } else { csv })
            }
            _ => Format::Ndjson,
        };
        Ok(Self { from, to })
    }
}

/// The format of rows that are read only, as far as arguments and the file's name say it.
pub(crate) fn format(input: &Path, arguments: &ReadArguments) -> Result<Format, Failure> {
    read_as(
        input,
        arguments.format,
        arguments.delimiter,
        arguments.encoding,
    )
}

pub(crate) fn read_as(
    input: &Path,
    format: Option<Rows>,
    delimiter: Option<u8>,
    encoding: Option<Encoded>,
) -> Result<Format, Failure> {
    let rows = format.or_else(|| by_name(input)).ok_or_else(|| {
        Failure::usage(
            "the input's name does not say what is in it",
            "say it by --format csv, ndjson, hl7v2 or fhir",
        )
    })?;
    match rows {
        Rows::Fhir => return Err(no_rows("FHIR resources")),
        Rows::Hl7v2 => return Err(no_rows("HL7 v2 messages")),
        Rows::Csv | Rows::Ndjson => {}
    }
    if rows == Rows::Ndjson {
        return match (delimiter, encoding) {
            (None, None) => Ok(Format::Ndjson),
            _ => Err(Failure::usage(
                "--delimiter and --encoding are for CSV that is read",
                "leave them out: NDJSON is UTF-8 and has no delimiter",
            )),
        };
    }
    let mut csv = CsvFormat::default();
    if let Some(delimiter) = delimiter {
        csv = csv.delimiter(delimiter);
    }
    if let Some(encoding) = encoding {
        csv = csv.encoding(match encoding {
            Encoded::Utf8 => Encoding::Utf8,
            Encoded::Windows1252 => Encoding::Windows1252,
        });
    }
    Ok(Format::Csv(csv))
}

/// What commands for rows say of messages.
fn no_rows(messages: &str) -> Failure {
    Failure::usage(
        format!("{messages} are no rows"),
        "`paravent protect` and `paravent reveal` take them; to protect anew what is sealed, reveal and protect it",
    )
}

/// Refuses files that cannot be written, before anybody types a passphrase.
pub(crate) fn check_files(arguments: &RowArguments) -> Result<(), Failure> {
    let files = [Some(&*arguments.output), quarantine(arguments)];
    for path in files.into_iter().flatten() {
        // What is no file is written to, and not replaced.
        let replaced = path
            .metadata()
            .map_or(true, |found| found.is_file() || found.is_dir());
        if !output::is_stream(path) && replaced {
            output::check_free(path, arguments.force)?;
        }
    }
    if quarantine(arguments).is_some_and(output::is_stream) {
        return Err(Failure::usage(
            "the quarantine is a file, not a standard stream",
            "name a file behind --on-error quarantine",
        ));
    }
    if quarantine(arguments).is_some_and(|path| output::is_same(path, &arguments.output)) {
        return Err(Failure::usage(
            "output and quarantine are the same file",
            "name two",
        ));
    }
    Ok(())
}

/// Refuses rows that cannot be read, and one stream for two things, before anybody types a passphrase.
pub(crate) fn check_input(input: &Path, passphrase: &Source) -> Result<(), Failure> {
    if output::is_stream(input) {
        return match passphrase.fd {
            Some(0) => Err(Failure::usage(
                "the standard input cannot give both the rows and the passphrase",
                "give the passphrase by another file descriptor",
            )),
            _ => Ok(()),
        };
    }
    match input.metadata() {
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(input, &error)),
    }
}

/// The files of a run, open.
pub(crate) struct Files {
    pub(crate) input: Input,
    pub(crate) output: Output,
    /// The quarantine.
    pub(crate) bad: Option<Output>,
}

impl Files {
    pub(crate) fn open(arguments: &RowArguments, readers: Readers) -> Result<Self, Failure> {
        let input = Input::open(&arguments.input)?;
        let is_input = |found: io::Result<fs::Metadata>| {
            input.identity.is_some() && output::identity(found) == input.identity
        };
        let output_found = match output::is_stream(&arguments.output) {
            true => output::stdout_metadata(),
            false => arguments.output.metadata(),
        };
        if is_input(output_found)
            || quarantine(arguments).is_some_and(|path| is_input(path.metadata()))
        {
            return Err(Failure::usage(
                "input and output are the same file",
                "write to another one, and then put it in its place",
            ));
        }
        let output = Output::open(&arguments.output, readers, arguments.force)?;
        let bad = match quarantine(arguments) {
            Some(path) => Some(Output::open(path, Readers::Owner, arguments.force)?),
            None => None,
        };
        Ok(Self { input, output, bad })
    }
}

/// Whether what is written is read on a terminal, where a bar would be in its way.
pub(crate) fn is_shown(arguments: &RowArguments) -> bool {
    output::is_stream(&arguments.output) && io::stdout().is_terminal()
}

/// Takes the rows through.
pub(crate) fn run(
    arguments: &RowArguments,
    formats: Formats,
    task: &Task<'_>,
    settings: &Settings,
) -> Outcome {
    let Files {
        input,
        mut output,
        mut bad,
    } = Files::open(arguments, task.readers())?;

    // Rows on a terminal and a bar would write over each other.
    let way = Way::begin(input.size, settings.quiet || is_shown(arguments));
    let observe = |progress: &Progress| {
        way.tell(progress.rows, progress.bytes);
        ControlFlow::Continue(())
    };
    let mut transfer = task
        .transfer()
        .from(formats.from)
        .to(formats.to)
        .jobs(arguments.jobs)
        .observe(&observe);
    if let Some(bad) = &mut bad {
        transfer = transfer.quarantine(bad);
    }
    let done = transfer.run(input.reader, &mut output);
    let took = way.elapsed();
    drop(way);
    let summary = done.map_err(|error| {
        let failure = Failure::from(&error);
        match failure.exit() {
            // It is about the rows, and a line is one of them.
            Exit::Input | Exit::Keys => failure.at(name(&arguments.input)),
            _ => failure,
        }
    })?;
    // Whoever finds the output finds what is missing in it.
    if let Some(bad) = bad {
        bad.finish()?;
    }
    output.finish()?;
    tell(task.done(), &summary, took, arguments, settings)?;
    Ok(match summary.quarantined() {
        0 => Exit::Done,
        _ => Exit::Partial,
    })
}

fn tell(
    done: &str,
    summary: &Summary,
    took: Duration,
    arguments: &RowArguments,
    settings: &Settings,
) -> Result<(), Failure> {
    let seconds = took.as_secs_f64();
    if settings.json {
        let mut object = serde_json::json!(summary);
        object["seconds"] = seconds.into();
        let text = output::json(&object)?;
        // The standard output may have the rows.
        return if output::is_stream(&arguments.output) {
            output::complain(&text);
            Ok(())
        } else {
            output::print(&text)
        };
    }
    let rows = counted(summary.rows());
    let mut line = format!("{done} {rows} in {seconds:.1} s");
    if let Some(window @ 2..) = summary.window() {
        line.push_str(&format!(
            ", rows shuffled within windows of {}",
            grouped(window as u64)
        ));
    }
    if summary.quarantined() > 0 {
        let rows = counted(summary.quarantined());
        line.push_str(&format!("; {rows} in quarantine"));
    }
    settings.note(&line);
    Ok(())
}

/// "1 row", "12,000 rows".
pub(crate) fn counted(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        rows => format!("{} rows", grouped(rows)),
    }
}

fn quarantine(arguments: &RowArguments) -> Option<&Path> {
    match &arguments.on_error {
        OnError::Stop => None,
        OnError::Quarantine(path) => Some(path),
    }
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

pub(crate) fn by_name(path: &Path) -> Option<Rows> {
    match &*extension(path)? {
        "csv" | "tsv" => Some(Rows::Csv),
        "ndjson" | "jsonl" => Some(Rows::Ndjson),
        "hl7" => Some(Rows::Hl7v2),
        _ => None,
    }
}

pub(crate) fn name(input: &Path) -> String {
    match output::is_stream(input) {
        true => "the standard input".to_owned(),
        false => input.display().to_string(),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::file("reading", path, error).exits(Exit::Input)
}

/// Where rows come from.
pub(crate) struct Input {
    pub(crate) reader: Box<dyn Read + Send>,
    /// Of a file.
    pub(crate) size: Option<u64>,
    /// Of a file.
    pub(crate) identity: Option<(u64, u64)>,
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if output::is_stream(path) {
            return Ok(Self {
                // Without the buffer that the standard input has.
                reader: Box::new(output::stdin()?),
                size: output::stdin_metadata()
                    .ok()
                    .filter(fs::Metadata::is_file)
                    .map(|found| found.len()),
                identity: output::identity(output::stdin_metadata()),
            });
        }
        let failed = |error: io::Error| unreadable(path, &error);
        let file = pipe::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if found.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self {
            reader: Box::new(file),
            size: Some(found.len()).filter(|_| found.is_file()),
            identity: output::identity(Ok(found)),
        })
    }
}

/// No line of the standard input is longer.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// Gives each line of the standard input, with its number from 1 and without its end.
pub(crate) fn lines(
    mut take: impl FnMut(usize, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    for number in 1.. {
        let mut line = Vec::new();
        (&mut input).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(&line);
        take(number, line.trim_end_matches(['\r', '\n']))?;
    }
    Ok(())
}
