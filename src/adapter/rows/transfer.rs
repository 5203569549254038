//! Rows from a reader to a writer.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    num::NonZeroUsize,
    ops::ControlFlow,
};

use serde::Serialize;

#[cfg(feature = "ndjson")]
use super::ndjson::Lines;
use super::{
    bytes::Bytes,
    columns::{check_policy, protected_parts},
    format::{Encoding, Format},
    mixed::Observer,
    pipeline::{self, Output, Work},
    print::{Form, Printer},
    protect::{Protecting, Reading},
    quarantine::Quarantine,
    read::Rows,
    reveal::Revealing,
};
#[cfg(feature = "csv")]
use super::{
    columns::{Meaning, meaning, meanings},
    csv::CsvRows,
    protect::CsvColumns,
};
#[cfg(feature = "csv")]
use crate::protect::SEALED;
use crate::{
    error::{Error, Kind, Result},
    protect::{Protector, Revealer},
};

/// The rows within which order is lost where nothing else is said.
const WINDOW: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Rows from a reader to a writer, in memory that does not grow with their number: some 20 MiB with one or two jobs, and
/// more only for rows that are themselves long.
///
/// | read | written |
/// |---|---|
/// | rows in clear | the record id, where the policy binds to one, and what is shown of fields, in the order of the columns they come from; pseudonyms and indexes; `sealed` |
/// | protected rows | what was read, without what was shown of fields that are revealed; in the place of `sealed` those fields, under their columns' names |
///
/// Which column is which field, and which are left out, is in the policy under `[source]`; in NDJSON they are keys of each
/// row's object, and fields whose names have dots are in objects. In CSV an empty cell is null, and a field of type integer, boolean or json has its JSON text. What a holder of
/// protected rows added beside them is kept.
///
/// A row ends where a line ends outside of quotes; a line ends in a line feed, a carriage return or both, and blank lines are
/// passed over. A byte-order mark of UTF-8 is taken away.
///
/// # Security
///
/// Rows that are protected are shuffled, each within its window, since their order joins what two domains hold. Whoever
/// sees where windows begin still knows within how many rows of the input a row was: give a window that is as large as a file
/// that matters, or protect such files whole in an order of their own. The [summary](Summary::window) tells the window.
///
/// Buffers with clear values are wiped when the run ends, and what they leave behind when they grow. Not wiped: what JSON
/// escapes become on their way, the stack, and what reader and writer hold themselves.
///
/// Cells are written as they are. A spreadsheet takes one that begins with `=` for a formula: what a policy shows as text
/// may be one.
///
/// # Examples
///
/// ```
/// use paravent::{CsvFormat, Date, Format, Keyring, Policy, Protector, Revealer, Schema, Transfer};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
///     [source]
///     drop = ["Remarques"]
///     [source.columns]
///     last_name = "Nom"
///     first_name = "Prénom"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let protector = Protector::new(&keyring, &checked)?;
///
/// let clear = "Nom;Prénom;Remarques;start;practitioner;specialty\n\
///     Martin;Zoé;\"late; twice\";2020-07-21T09:30:00+02:00;Dr Lefèvre;Dermatologie\n";
/// let csv = || Format::Csv(CsvFormat::default());
/// let mut protected = Vec::new();
/// let summary = Transfer::protect(&protector).from(csv()).run(clear.as_bytes(), &mut protected)?;
/// assert_eq!((summary.rows(), summary.delimiter()), (1, Some(';')));
/// assert!(protected.starts_with(b"sealed\np1."));
///
/// let revealer = Revealer::backend(&keyring, &policy)?;
/// let mut revealed = Vec::new();
/// Transfer::reveal(&revealer).from(csv()).to(Format::Ndjson).run(&*protected, &mut revealed)?;
/// assert!(revealed.starts_with("{\"Nom\":\"Martin\",\"Prénom\":\"Zoé\",".as_bytes()));
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Transfer<'a> {
    task: Task<'a>,
    from: Option<Format>,
    to: Option<Format>,
    jobs: NonZeroUsize,
    window: NonZeroUsize,
    quarantine: Option<&'a mut (dyn Write + Send)>,
    observer: Option<Observer<'a>>,
}

enum Task<'a> {
    Protect(&'a Protector),
    Reveal(&'a Revealer),
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The rows that are through, those in quarantine among them.
    pub rows: u64,
    /// How many bytes of the input they took, about.
    pub bytes: u64,
}

/// What a transfer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    rows: u64,
    quarantined: u64,
    failures: BTreeMap<&'static str, u64>,
    window: Option<usize>,
    delimiter: Option<char>,
    encoding: Option<Encoding>,
}

impl<'a> Transfer<'a> {
    /// A transfer that protects rows in clear, shuffled within windows of 10,000.
    pub fn protect(protector: &'a Protector) -> Self {
        Self::new(Task::Protect(protector), WINDOW)
    }

    /// A transfer that reveals protected rows, in their order.
    pub fn reveal(revealer: &'a Revealer) -> Self {
        Self::new(Task::Reveal(revealer), NonZeroUsize::MIN)
    }

    fn new(task: Task<'a>, window: NonZeroUsize) -> Self {
        Self {
            task,
            from: None,
            to: None,
            jobs: NonZeroUsize::MIN,
            window,
            quarantine: None,
            observer: None,
        }
    }

    /// The same for rows in this format, which has to be said.
    #[must_use]
    pub fn from(self, format: Format) -> Self {
        Self {
            from: Some(format),
            ..self
        }
    }

    /// The same to this format; the one that is read where it is not said.
    #[must_use]
    pub fn to(self, format: Format) -> Self {
        Self {
            to: Some(format),
            ..self
        }
    }

    /// The same on so many threads, 256 at most, beside one that reads and the caller's, which writes; one where it is not
    /// said. Where the system has fewer, those do all of it.
    #[must_use]
    pub fn jobs(self, jobs: NonZeroUsize) -> Self {
        Self { jobs, ..self }
    }

    /// The same with rows shuffled within windows of so many; one row keeps the order.
    ///
    /// A window has 50,000 rows at most, and no more than some 4 MiB of the input; the [summary](Summary::window) tells how
    /// many there were.
    #[must_use]
    pub fn window(self, rows: NonZeroUsize) -> Self {
        Self {
            window: rows,
            ..self
        }
    }

    /// The same, going on after bad rows, where the first one ends the run otherwise.
    ///
    /// Each becomes a line of JSON in `to`, `{"line":17,"error":"too-wide","field":"last_name"}`: the line where it begins,
    /// the [code](Error::code) of its error, and the field, if it is one of the schema. No value is there. Rows after which
    /// nobody knows where the next one begins end the run nevertheless, as errors of the machine do.
    #[must_use]
    pub fn quarantine(self, to: &'a mut (dyn Write + Send)) -> Self {
        Self {
            quarantine: Some(to),
            ..self
        }
    }

    /// The same, telling `observer` every few hundred rows how far it is, and stopping where that says so.
    #[must_use]
    pub fn observe(self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// What was done, once all rows of `input` were read, and what becomes of them was written to `output`.
    ///
    /// The caller's thread writes; another one reads. After an error part of the rows is written.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy binds seals to subject keys, or to a record id whose column it does not
    /// name, where no format was said to read, and where rows are to be written otherwise than in UTF-8;
    /// [`Error::is_input`] where the file is not of its form; those of [`Protector::protect`] and [`Revealer::reveal`];
    /// [`Error::is_stopped`]; [`Error::is_io`] where `input` or `output` fails, with its error as the source. Those of a row
    /// know its [line](Error::line). Of several bad rows the first is told.
    ///
    /// # Panics
    ///
    /// Where `input`, `output` or the observer does, when all threads have ended.
    pub fn run(self, input: impl Read + Send, output: impl Write + Send) -> Result<Summary> {
        let policy = match &self.task {
            Task::Protect(protector) => protector.policy(),
            Task::Reveal(revealer) => revealer.policy(),
        };
        check_policy(policy)?;
        let from = self.from.as_ref().ok_or_else(|| {
            Error::definition("no format was said for the rows", "say it with `from`")
        })?;
        // What is found of the rows that are read is not said of those that are written.
        let like = match from {
            #[cfg(feature = "csv")]
            Format::Csv(_) => Format::Csv(super::CsvFormat::default()),
            #[cfg(feature = "ndjson")]
            Format::Ndjson => Format::Ndjson,
        };
        let to = self.to.as_ref().unwrap_or(&like);
        match from {
            #[cfg(feature = "csv")]
            Format::Csv(csv) => {
                let said = csv.said_delimiter()?;
                let (bytes, encoding) = Bytes::open_encoded(input, csv.said_encoding())?;
                let is_known = |name: &str| match self.task {
                    Task::Protect(_) => meaning(policy, name).is_some(),
                    Task::Reveal(_) => is_protected(policy, name),
                };
                let (mut rows, delimiter) = CsvRows::open(bytes, said, is_known)?;
                let (header, line) = rows.header()?;
                let in_header = |error: Error| error.at_file_line(line);
                let form = Form::new(to, Some(delimiter))?;
                let mut summary = Summary::new();
                summary.delimiter = Some(char::from(delimiter));
                summary.encoding = Some(encoding);
                match &self.task {
                    Task::Protect(protector) => {
                        let meanings = meanings(policy, &header).map_err(in_header)?;
                        let reading = Reading::Csv(CsvColumns::new(&meanings));
                        let (work, head) = protecting(protector, reading, &meanings, form);
                        self.transfer(Rows::Csv(rows), &work, &head, output, summary)
                    }
                    Task::Reveal(revealer) => {
                        let (work, head) =
                            Revealing::columns(revealer, &header, form).map_err(in_header)?;
                        self.transfer(Rows::Csv(rows), &work, &head, output, summary)
                    }
                }
            }
            #[cfg(feature = "ndjson")]
            Format::Ndjson => {
                let lines = Rows::Ndjson(Lines::open(Bytes::open(input)?));
                let form = Form::new(to, None)?;
                let summary = Summary::new();
                match &self.task {
                    Task::Protect(protector) => {
                        let (work, head) = protecting(protector, Reading::Ndjson, &[], form);
                        self.transfer(lines, &work, &head, output, summary)
                    }
                    Task::Reveal(revealer) => {
                        let (work, head) = Revealing::objects(revealer, form)?;
                        self.transfer(lines, &work, &head, output, summary)
                    }
                }
            }
        }
    }

    fn transfer<R: Read + Send, W: Work>(
        self,
        rows: Rows<R>,
        work: &W,
        head: &str,
        mut output: impl Write,
        mut summary: Summary,
    ) -> Result<Summary> {
        let schema = match &self.task {
            Task::Protect(protector) => protector.policy().schema(),
            Task::Reveal(revealer) => revealer.policy().schema(),
        };
        let not_written = Error::io("writing the rows");
        let mut quarantine = Quarantine::new(self.quarantine);
        output.write_all(head.as_bytes()).map_err(not_written)?;
        let window = Some(self.window.get()).filter(|&rows| rows > 1);
        let take = |part: &mut Output| {
            quarantine.add(&mut part.failures);
            if !quarantine.ends_run() {
                output
                    .write_all(part.text.as_bytes())
                    .map_err(not_written)?;
                summary.rows += part.rows;
            }
            if part.is_last {
                quarantine.end_block(schema)?;
            }
            let progress = Progress {
                rows: summary.rows + quarantine.count,
                bytes: part.read,
            };
            match self.observer.map(|observer| observer(&progress)) {
                Some(ControlFlow::Break(())) => Err(Error::new(|| Kind::Stopped)),
                _ => Ok(()),
            }
        };
        summary.window = pipeline::run(rows, work, self.jobs.get(), window, take)?;
        output.flush().map_err(not_written)?;
        quarantine.flush()?;
        summary.quarantined = quarantine.count;
        summary.failures = quarantine.failures;
        Ok(summary)
    }
}

fn protecting<'p>(
    protector: &'p Protector,
    reading: Reading,
    columns: &[super::columns::Meaning],
    form: Form,
) -> (Protecting<'p>, String) {
    let parts = protected_parts(protector.policy(), columns);
    let names = || parts.iter().map(|(_, name)| name.as_str());
    let printer = Printer::new(form, names());
    let head = printer.header(names());
    let parts = parts.iter().map(|(part, _)| *part).collect();
    (Protecting::new(protector, reading, parts, printer), head)
}

/// Whether protected rows have a column of this name.
#[cfg(feature = "csv")]
fn is_protected(policy: &crate::Policy, name: &str) -> bool {
    let is_shown = |(field, _): (&crate::Field, _)| field.name() == name;
    name == SEALED
        || meaning(policy, name) == Some(Meaning::RecordId)
        || policy.shows().any(is_shown)
        || policy
            .pseudonyms()
            .chain(policy.indexes())
            .any(|known| known == name)
}

impl Summary {
    fn new() -> Self {
        Self {
            rows: 0,
            quarantined: 0,
            failures: BTreeMap::new(),
            window: None,
            delimiter: None,
            encoding: None,
        }
    }

    /// How many rows were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows were bad.
    pub fn quarantined(&self) -> u64 {
        self.quarantined
    }

    /// How many rows were bad, by [kind](Error::code).
    pub fn failures(&self) -> &BTreeMap<&'static str, u64> {
        &self.failures
    }

    /// Within how many rows each was shuffled, at least; `None` where the order was kept.
    pub fn window(&self) -> Option<usize> {
        self.window
    }

    /// The delimiter of the rows that were read, where they were CSV.
    pub fn delimiter(&self) -> Option<char> {
        self.delimiter
    }

    /// The encoding of the rows that were read, where they were CSV.
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }
}
