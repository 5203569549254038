//! One opaque error. It names fields, scopes, epochs, widths and lines, never a value.

mod code;
mod groups;
mod kind;
#[cfg_attr(not(feature = "broker"), allow(dead_code))]
mod log;
mod message;

use std::{
    error, fmt,
    path::{Path, PathBuf},
};

use zeroize::zeroize_stack;

pub(crate) use self::{
    kind::{Kind, PartUser},
    log::{LogFault, LogPlace},
};
use crate::{id::Scope, secret::KEY_STACK};

/// What the crate's fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// What was wrong, where, and what to do about it.
///
/// `Display` prints the first two and [`advice`](Error::advice) the third, joined by a semicolon. Neither
/// ever holds a value of a record, a key or a passphrase; the key of a map counts as a name, not as a value. The `is_…` predicates sort errors into the
/// groups a caller acts on; [`field`](Error::field), [`scope`](Error::scope), [`row`](Error::row),
/// [`line`](Error::line) and [`file`](Error::file) say where.
///
/// # Examples
///
/// ```
/// use paravent::Domain;
///
/// let error = Domain::new("SMS reminders").unwrap_err();
/// assert!(error.is_definition());
/// assert!(error.advice().contains("a-z"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    row: Option<usize>,
    /// The line of a file of rows, from 1.
    line: Option<usize>,
    /// The number of a message in its file, from 1.
    message: Option<usize>,
    file: Option<PathBuf>,
    /// Whether it is about the seals of a message: a message has no rows and columns.
    is_of_message: bool,
    /// How the schema calls the scope, where somebody said it.
    scope_name: Option<String>,
}

impl Error {
    /// An enum is moved into its box whole, with the bytes that its variant leaves unused: they are what stood on the
    /// stack before, such as round keys. So it is built on a stack that was wiped.
    #[cold]
    pub(crate) fn new(kind: impl FnOnce() -> Kind) -> Self {
        #[inline(never)]
        fn below(kind: impl FnOnce() -> Kind) -> Error {
            Error(Box::new(Inner {
                kind: kind(),
                row: None,
                line: None,
                message: None,
                file: None,
                is_of_message: false,
                scope_name: None,
            }))
        }

        zeroize_stack::<KEY_STACK>();
        below(kind)
    }

    /// A rule of a schema, a policy or a name that was broken.
    pub(crate) fn definition(what: impl Into<String>, advice: &'static str) -> Self {
        Self::new(|| Kind::Definition {
            what: what.into(),
            line: None,
            advice,
        })
    }

    #[cfg(any(feature = "audit", feature = "rayon"))]
    #[must_use]
    pub(crate) fn at_row(mut self, row: usize) -> Self {
        self.0.row = Some(row);
        self
    }

    /// What the system's error was about, for `map_err`.
    #[cfg(any(
        feature = "csv",
        feature = "fhir",
        feature = "hl7v2",
        feature = "key-file",
        feature = "ndjson"
    ))]
    pub(crate) fn io(doing: &'static str) -> impl Fn(std::io::Error) -> Self + Copy {
        move |source| Self::new(|| Kind::Io { doing, source })
    }

    /// What is wrong with the broker's log, and with which of its entries.
    #[cfg(feature = "broker")]
    pub(crate) fn log(fault: LogFault, n: impl Into<Option<u64>>) -> Self {
        let n = n.into();
        Self::new(|| Kind::Log { fault, n })
    }

    /// What the system said of a place of the broker's log, for `map_err`.
    #[cfg(feature = "broker")]
    pub(crate) fn log_disk(place: LogPlace) -> impl Fn(std::io::Error) -> Self + Copy {
        move |source| Self::new(|| Kind::LogDisk { place, source })
    }

    /// A file of rows that is not of its form.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn input(what: impl Into<String>, advice: &'static str) -> Self {
        Self::new(|| Kind::Input {
            what: what.into(),
            advice,
        })
    }

    /// A message that is not of its form, not taken, or not as it was protected.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    pub(crate) fn message(what: impl Into<String>, advice: &'static str) -> Self {
        Self::new(|| Kind::Message {
            what: what.into(),
            advice,
        })
    }

    /// What an audit was given does not do.
    #[cfg(feature = "audit")]
    pub(crate) fn audit(what: impl Into<String>, advice: &'static str) -> Self {
        Self::new(|| Kind::Audit {
            of: None,
            what: what.into(),
            advice,
        })
    }

    /// Says which table an audit refused, where that is not said yet.
    #[cfg(feature = "audit")]
    #[must_use]
    pub(crate) fn of(mut self, table: Audited) -> Self {
        if let Kind::Audit { of, .. } = &mut self.0.kind {
            of.get_or_insert(table);
        }
        self
    }

    /// Says at which line of a file of rows the failing row begins, from 1; or of a log.
    #[cfg(any(
        feature = "broker",
        feature = "csv",
        feature = "fhir",
        feature = "hl7v2",
        feature = "ndjson"
    ))]
    #[must_use]
    pub(crate) fn at_file_line(mut self, line: usize) -> Self {
        self.0.line = Some(line);
        self
    }

    /// Says which message of a file it is about, from 1.
    #[cfg(feature = "hl7v2")]
    #[must_use]
    pub(crate) fn at_message(mut self, number: usize) -> Self {
        self.0.message = Some(number);
        self
    }

    /// Says that it is about the seals of a message.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    #[must_use]
    pub(crate) fn of_message(mut self) -> Self {
        self.0.is_of_message = true;
        self
    }

    /// Says how its scope is called, which a schema knows.
    #[must_use]
    pub(crate) fn with_scope_name<'a>(
        mut self,
        name: impl FnOnce(Scope) -> Option<&'a str>,
    ) -> Self {
        if let Some(scope) = self.scope() {
            self.0.scope_name = name(scope).map(str::to_owned);
        }
        self
    }

    /// Says in which file it is, where that is not said yet.
    #[cfg(feature = "key-file")]
    #[must_use]
    pub(crate) fn in_file(mut self, path: &Path) -> Self {
        self.0.file.get_or_insert_with(|| path.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn at_line(mut self, at: usize) -> Self {
        if let Kind::Definition { line, .. } = &mut self.0.kind {
            *line = line.or(Some(at));
        }
        self
    }

    #[must_use]
    pub(crate) fn with_advice(mut self, better: &'static str) -> Self {
        if let Kind::Definition { advice, .. } = &mut self.0.kind {
            *advice = better;
        }
        self
    }

    /// Names the field, where the error arose below the place that knows it.
    #[must_use]
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        match &mut self.0.kind {
            Kind::Shape { field, .. } => {
                field.get_or_insert_with(|| name.to_owned());
            }
            // What is named so far is a key inside the value, and may itself be a value.
            Kind::Target { field, .. } => *field = Some(name.to_owned()),
            _ => {}
        }
        self
    }

    /// Drops a name that `known` does not know: it may be a value.
    #[must_use]
    pub(crate) fn keep_field(mut self, known: impl FnOnce(&str) -> bool) -> Self {
        if let Kind::Target { field, .. } = &mut self.0.kind
            && field.as_deref().is_some_and(|name| !known(name))
        {
            *field = None;
        }
        self
    }

    /// The field the error is about, where it is about one.
    pub fn field(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::UnknownField { field }
            | Kind::MissingField { field }
            | Kind::DuplicateField { field }
            | Kind::TooWide { field, .. }
            | Kind::WrongType { field, .. }
            | Kind::EmptyPart { field, .. }
            | Kind::NotShown { field, .. }
            | Kind::NotTurnedBack { field }
            | Kind::NoSuchField { field }
            | Kind::MissingCell { field }
            | Kind::HalfProtected { field } => Some(field),
            Kind::Shape { field, .. }
            | Kind::NotNormalizable { field, .. }
            | Kind::Tampered { field, .. }
            | Kind::Plaintext { field, .. }
            | Kind::Target { field, .. } => field.as_deref(),
            _ => None,
        }
    }

    /// The scope the error is about, where it is about one.
    pub fn scope(&self) -> Option<Scope> {
        match self.0.kind {
            Kind::NotOpened { scope }
            | Kind::MissingScope { scope }
            | Kind::ForeignScope { scope }
            | Kind::WrongKey { scope }
            | Kind::Tampered { scope, .. }
            | Kind::Plaintext { scope, .. } => Some(scope),
            _ => None,
        }
    }

    /// The position of the failing record in a batch, from 0.
    pub fn row(&self) -> Option<usize> {
        self.0.row
    }

    /// The line of a schema, a policy or a JSON text where the error is, that of a file of rows where the failing row
    /// begins, or that of a file of the broker's log, from 1.
    pub fn line(&self) -> Option<usize> {
        if self.0.line.is_some() {
            return self.0.line;
        }
        match self.0.kind {
            Kind::Definition { line, .. } => line,
            Kind::Json { line, .. } => Some(line),
            _ => None,
        }
    }

    /// The number of the failing message in a file of HL7 v2 messages, from 1.
    pub fn message_number(&self) -> Option<usize> {
        self.0.message
    }

    /// Which table an audit refused, where it is about one.
    #[cfg(feature = "audit")]
    pub fn audited(&self) -> Option<&Audited> {
        match &self.0.kind {
            Kind::Audit { of, .. } => of.as_ref(),
            _ => None,
        }
    }

    /// The file or folder that the error is about: of a configuration, a passphrase, the register of grants or the
    /// broker's log.
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }
}

/// A table that an audit was given.
#[cfg_attr(not(feature = "audit"), allow(unreachable_pub, dead_code))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audited {
    /// The true rows.
    Truth,
    /// The true rows of other people.
    Reference,
    /// A leak, by its name.
    Leak(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.0.file {
            write!(f, "{}: ", file.display())?;
        }
        if let Some(row) = self.0.row {
            write!(f, "row {row}, counted from 0: ")?;
        }
        match (self.0.message, self.0.line) {
            (Some(message), Some(line)) => write!(f, "message {message}, line {line}: ")?,
            (Some(message), None) => write!(f, "message {message}: ")?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        self.describe(f)?;
        write!(f, "; {}", self.advice())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0.kind {
            Kind::Io { source, .. } | Kind::LogDisk { source, .. } => Some(source),
            _ => None,
        }
    }
}
