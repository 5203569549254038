//! One opaque error. It names fields, scopes, epochs, widths and lines, never a value.

use std::{error, fmt, io};

use crate::id::{Epoch, Scope};

/// What the crate's fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// What was wrong, where, and what to do about it.
///
/// `Display` prints the first two and [`advice`](Error::advice) the third, joined by a semicolon. Neither
/// ever holds a value of a record, a key or a passphrase. The `is_…` predicates sort errors into the
/// groups a caller acts on; [`field`](Error::field), [`scope`](Error::scope), [`row`](Error::row) and
/// [`line`](Error::line) say where.
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
}

/// The private kinds. Their groups are the public predicates.
#[derive(Debug)]
#[cfg_attr(not(feature = "key-file"), allow(dead_code))]
pub(crate) enum Kind {
    // The record that was to be protected.
    UnknownField {
        field: String,
    },
    MissingField {
        field: String,
    },
    DuplicateField {
        field: String,
    },
    TooWide {
        field: String,
        width: usize,
    },
    WrongType {
        field: String,
        expected: &'static str,
    },
    Shape {
        field: Option<String>,
        found: &'static str,
    },
    NotNormalizable {
        field: String,
        why: &'static str,
    },
    EmptyPart {
        field: String,
        pseudonym: String,
    },
    Json {
        line: usize,
        column: usize,
    },
    Serialize,

    // What the caller said of it.
    Binding {
        what: &'static str,
        wanted: bool,
    },
    NotOpened {
        scope: Scope,
    },
    NoSuchField {
        field: String,
    },
    NotACell {
        field: String,
    },

    // The sealed bytes.
    Text {
        form: &'static str,
    },
    Unsupported {
        what: &'static str,
        found: u8,
    },
    Mismatch {
        what: &'static str,
    },
    Structure {
        what: &'static str,
    },
    UnknownEpoch {
        epoch: Epoch,
    },
    MissingScope {
        scope: Scope,
    },
    MissingCell {
        field: String,
    },
    WrongKey {
        scope: Scope,
    },
    Tampered {
        scope: Scope,
        field: Option<String>,
    },
    Plaintext {
        scope: Scope,
        field: Option<String>,
        what: &'static str,
    },
    Target {
        field: Option<String>,
        what: String,
    },

    // Schemas, policies, names.
    Definition {
        what: String,
        line: Option<usize>,
        advice: &'static str,
    },
    OtherSchema,
    OtherPolicy,

    // Keys and the machine.
    NoLinkageKey,
    EpochsExhausted,
    KeyFileForm {
        what: &'static str,
    },
    KeyFileVersion,
    KeyFileHolds {
        expected: &'static str,
    },
    Passphrase,
    EmptyPassphrase,
    KeyFileDamaged {
        what: &'static str,
    },
    KeyFileCost,
    FileExists,
    Io {
        doing: &'static str,
        source: io::Error,
    },
    Entropy,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner { kind, row: None }))
    }

    /// A rule of a schema, a policy or a name that was broken.
    pub(crate) fn definition(what: impl Into<String>, advice: &'static str) -> Self {
        Self::new(Kind::Definition {
            what: what.into(),
            line: None,
            advice,
        })
    }

    #[cfg(feature = "rayon")]
    #[must_use]
    pub(crate) fn at_row(mut self, row: usize) -> Self {
        self.0.row = Some(row);
        self
    }

    #[must_use]
    pub(crate) fn at_line(mut self, at: usize) -> Self {
        if let Kind::Definition { line, .. } = &mut self.0.kind {
            *line = line.or(Some(at));
        }
        self
    }

    /// Names the field, where the error arose below the place that knows it.
    #[must_use]
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        match &mut self.0.kind {
            Kind::Shape { field, .. } | Kind::Target { field, .. } => {
                field.get_or_insert_with(|| name.to_owned());
            }
            _ => {}
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
            | Kind::NotNormalizable { field, .. }
            | Kind::EmptyPart { field, .. }
            | Kind::NoSuchField { field }
            | Kind::NotACell { field }
            | Kind::MissingCell { field } => Some(field),
            Kind::Shape { field, .. }
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

    /// The line of a schema, a policy or a JSON text where the error is, from 1.
    pub fn line(&self) -> Option<usize> {
        match self.0.kind {
            Kind::Definition { line, .. } => line,
            Kind::Json { line, .. } => Some(line),
            _ => None,
        }
    }

    /// Whether the record does not fit the schema or the policy: an unknown, missing or duplicate field,
    /// a value over its width or of another type, a part of a pseudonym that is missing.
    pub fn is_record(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::UnknownField { .. }
                | Kind::MissingField { .. }
                | Kind::DuplicateField { .. }
                | Kind::TooWide { .. }
                | Kind::WrongType { .. }
                | Kind::Shape { .. }
                | Kind::NotNormalizable { .. }
                | Kind::EmptyPart { .. }
                | Kind::Json { .. }
                | Kind::Serialize
        )
    }

    /// Whether the record has a field that the schema does not list.
    pub fn is_unknown_field(&self) -> bool {
        matches!(self.0.kind, Kind::UnknownField { .. })
    }

    /// Whether the record lacks a field that is not optional.
    pub fn is_missing_field(&self) -> bool {
        matches!(self.0.kind, Kind::MissingField { .. })
    }

    /// Whether the record has a field twice.
    pub fn is_duplicate_field(&self) -> bool {
        matches!(self.0.kind, Kind::DuplicateField { .. })
    }

    /// Whether a value is longer than its field's width.
    pub fn is_too_wide(&self) -> bool {
        matches!(self.0.kind, Kind::TooWide { .. })
    }

    /// Whether the call itself was wrong: a record id or subject key that the policy does not expect or
    /// that it misses, a scope that the grant does not open, a field that the schema does not have.
    pub fn is_misuse(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Binding { .. }
                | Kind::NotOpened { .. }
                | Kind::NoSuchField { .. }
                | Kind::NotACell { .. }
        )
    }

    /// Whether a scope was asked for that the holder has no key for.
    pub fn is_not_opened(&self) -> bool {
        matches!(self.0.kind, Kind::NotOpened { .. })
    }

    /// Whether the sealed bytes or text are not of the format: cut, extended, re-ordered, not canonical.
    pub fn is_malformed(&self) -> bool {
        matches!(self.0.kind, Kind::Text { .. } | Kind::Structure { .. })
    }

    /// Whether the sealed bytes name a version, suite, profile or flag that this release does not read.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.0.kind, Kind::Unsupported { .. })
    }

    /// Whether the row or the grant was made under another policy than the one given.
    pub fn is_other_policy(&self) -> bool {
        matches!(self.0.kind, Kind::OtherPolicy | Kind::Mismatch { .. })
    }

    /// Whether the row or the grant was made under another schema than the one given.
    pub fn is_other_schema(&self) -> bool {
        matches!(self.0.kind, Kind::OtherSchema)
    }

    /// Whether the row's epoch is not in the keyring or grant.
    pub fn is_unknown_epoch(&self) -> bool {
        matches!(self.0.kind, Kind::UnknownEpoch { .. })
    }

    /// Whether the row or the table lacks a scope or a cell that was asked for.
    pub fn is_missing_scope(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::MissingScope { .. } | Kind::MissingCell { .. }
        )
    }

    /// Whether the commitment does not match: another key, domain or subject key sealed this.
    pub fn is_wrong_key(&self) -> bool {
        matches!(self.0.kind, Kind::WrongKey { .. })
    }

    /// Whether the tag does not match: changed, moved to another row, column or record id, or cut.
    pub fn is_tampered(&self) -> bool {
        matches!(self.0.kind, Kind::Tampered { .. })
    }

    /// Whether what was sealed is authentic and yet not of the format or of the schema's types.
    pub fn is_plaintext(&self) -> bool {
        matches!(self.0.kind, Kind::Plaintext { .. })
    }

    /// Whether the type that was to receive the fields does not fit them.
    pub fn is_target(&self) -> bool {
        matches!(self.0.kind, Kind::Target { .. })
    }

    /// Whether a schema, a policy, a domain, a record id or another name breaks a rule.
    pub fn is_definition(&self) -> bool {
        matches!(self.0.kind, Kind::Definition { .. })
    }

    /// Whether a key file did not open under this passphrase.
    pub fn is_wrong_passphrase(&self) -> bool {
        matches!(self.0.kind, Kind::Passphrase)
    }

    /// Whether a key file is damaged or is not one.
    pub fn is_damaged(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::KeyFileDamaged { .. } | Kind::KeyFileForm { .. } | Kind::KeyFileCost
        )
    }

    /// Whether a key file was written by a newer release.
    pub fn is_newer_version(&self) -> bool {
        matches!(self.0.kind, Kind::KeyFileVersion)
    }

    /// Whether a file could not be read or written, or the system gave no random bytes.
    pub fn is_io(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Io { .. } | Kind::Entropy | Kind::FileExists
        )
    }

    /// One sentence on what to do.
    pub fn advice(&self) -> &'static str {
        match &self.0.kind {
            Kind::UnknownField { .. } => "add it to the schema or leave it out of the record",
            Kind::MissingField { .. } => "give a value or make the field optional in the schema",
            Kind::DuplicateField { .. } => "give each field once",
            Kind::TooWide { .. } => {
                "shorten the value, or widen the field in the schema and seal its rows anew"
            }
            Kind::WrongType { .. } => {
                "give a value of the field's type or change the type in the schema"
            }
            Kind::Shape { .. } => {
                "give text, an integer, a boolean, a unit enum variant or null, or type the field as json"
            }
            Kind::NotNormalizable { .. } => {
                "mend the value, or leave the field out of the pseudonym"
            }
            Kind::EmptyPart { .. } => "give the value, or let the policy say that null gives null",
            Kind::Json { .. } => "give one JSON object a record",
            Kind::Serialize => "mend the record type's Serialize implementation",
            Kind::Binding { wanted: true, .. } => "bind the call as the policy says",
            Kind::Binding { wanted: false, .. } => "leave the binding out or change the policy",
            Kind::NotOpened { .. } => "ask only for the scopes that the policy opens",
            Kind::NoSuchField { .. } => "use a field name of the schema",
            Kind::NotACell { .. } => {
                "receive the cell in an Option, or in a type that takes the field's type"
            }
            Kind::Text { .. } => "pass the text as it was written, without white space or padding",
            Kind::Unsupported { .. } => "read it with the release that wrote it or a newer one",
            Kind::Mismatch { .. } => "open it with the policy under which it was sealed",
            Kind::Structure { .. } => {
                "fetch the row again from where it is kept: it was cut, joined or damaged"
            }
            Kind::UnknownEpoch { .. } => "use a keyring or grant that holds this epoch",
            Kind::MissingScope { .. } => "ask for a row from which this scope was not withheld",
            Kind::MissingCell { .. } => "give the cell of every column, also of null values",
            Kind::WrongKey { .. } => {
                "use the keyring, domain and subject key under which it was sealed"
            }
            Kind::Tampered { .. } => {
                "check the record id, row and column it is read from; if they are right, it was changed"
            }
            Kind::Plaintext { .. } => "open it with the schema under which it was sealed",
            Kind::Target { .. } => "receive the fields in a type that fits the schema",
            Kind::Definition { advice, .. } => advice,
            Kind::OtherSchema => "load the schema under which it was made, or issue the grant anew",
            Kind::OtherPolicy => "load the policy under which it was made, or issue the grant anew",
            Kind::NoLinkageKey => "protect with the keyring, not with a part of it",
            Kind::EpochsExhausted => "start a new keyring",
            Kind::KeyFileForm { .. } => "give a file that this crate wrote",
            Kind::KeyFileVersion => "read it with a newer release",
            Kind::KeyFileHolds { .. } => "load it as what it is",
            Kind::Passphrase => "try the right passphrase",
            Kind::EmptyPassphrase => "give a passphrase of at least one character",
            Kind::KeyFileDamaged { .. } => "restore it from a backup",
            Kind::KeyFileCost => "do not trust this file: this crate never writes such parameters",
            Kind::FileExists => "choose another path: key files are never overwritten",
            Kind::Io { .. } => "check the path, its permissions and the space left",
            Kind::Entropy => "check that the system's random source works",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.0.row {
            write!(f, "row {row}: ")?;
        }
        write!(f, "{}; {}", What(&self.0.kind), self.advice())
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
            Kind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The first half of the message.
struct What<'a>(&'a Kind);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::UnknownField { field } => write!(f, "field {field:?} is not in the schema"),
            Kind::MissingField { field } => {
                write!(f, "field {field:?} is missing and not optional")
            }
            Kind::DuplicateField { field } => write!(f, "field {field:?} is there twice"),
            Kind::TooWide { field, width } => {
                write!(
                    f,
                    "the value of field {field:?} is longer than its width of {width} bytes"
                )
            }
            Kind::WrongType { field, expected } => {
                write!(f, "the value of field {field:?} is not {expected}")
            }
            Kind::Shape {
                field: Some(field),
                found,
            } => {
                write!(f, "field {field:?} holds {found}, which no field can hold")
            }
            Kind::Shape { field: None, found } => write!(
                f,
                "the record is {found}, not a struct or map with text keys"
            ),
            Kind::NotNormalizable { field, why } => write!(
                f,
                "the value of field {field:?} cannot be normalised: {why}"
            ),
            Kind::EmptyPart { field, pseudonym } => {
                write!(
                    f,
                    "field {field:?} is null or empty, and pseudonym {pseudonym:?} needs it"
                )
            }
            Kind::Json { line, column } => write!(
                f,
                "the JSON text is not an object, at line {line}, column {column}"
            ),
            Kind::Serialize => {
                f.write_str("the record could not be serialised, for a reason its type knows")
            }
            Kind::Binding { what, wanted: true } => {
                write!(f, "the policy binds seals to {what}, and none was given")
            }
            Kind::Binding {
                what,
                wanted: false,
            } => {
                write!(
                    f,
                    "{what} was given, and the policy does not bind seals to one"
                )
            }
            Kind::NotOpened { scope } => write!(f, "there is no key for {scope}"),
            Kind::NoSuchField { field } => write!(f, "field {field:?} is not in the schema"),
            Kind::NotACell { field } => write!(
                f,
                "the cell of field {field:?} does not fit the type asked for"
            ),
            Kind::Text { form } => write!(f, "the text is not a canonical {form}"),
            Kind::Unsupported { what, found } => {
                write!(f, "{what} {found} is not one this release reads")
            }
            Kind::Mismatch { what } => write!(f, "the row {what}, against its policy"),
            Kind::Structure { what } => write!(f, "the sealed bytes are malformed: {what}"),
            Kind::UnknownEpoch { epoch } => write!(f, "there is no key for epoch {epoch}"),
            Kind::MissingScope { scope } => write!(f, "the row does not hold {scope}"),
            Kind::MissingCell { field } => {
                write!(f, "the row does not hold the cell of field {field:?}")
            }
            Kind::WrongKey { scope } => write!(f, "{scope} was sealed under another key"),
            Kind::Tampered {
                scope,
                field: Some(field),
            } => {
                write!(
                    f,
                    "the cell of field {field:?} in {scope} is not what was sealed here"
                )
            }
            Kind::Tampered { scope, field: None } => {
                write!(f, "{scope} is not what was sealed here")
            }
            Kind::Plaintext {
                scope,
                field: Some(field),
                what,
            } => {
                write!(f, "field {field:?} in {scope} was sealed wrongly: {what}")
            }
            Kind::Plaintext {
                scope,
                field: None,
                what,
            } => write!(f, "{scope} was sealed wrongly: {what}"),
            Kind::Target {
                field: Some(field),
                what,
            } => write!(f, "field {field:?} does not fit the type asked for: {what}"),
            Kind::Target { field: None, what } => {
                write!(f, "the fields do not fit the type asked for: {what}")
            }
            Kind::Definition {
                what,
                line: Some(line),
                ..
            } => write!(f, "line {line}: {what}"),
            Kind::Definition {
                what, line: None, ..
            } => f.write_str(what),
            Kind::OtherSchema => f.write_str("it was made under another schema"),
            Kind::OtherPolicy => f.write_str("it was made under another policy"),
            Kind::NoLinkageKey => f.write_str("there is no linkage key"),
            Kind::EpochsExhausted => f.write_str("the last possible epoch is in use"),
            Kind::KeyFileForm { what } => write!(f, "this is not a key file: {what}"),
            Kind::KeyFileVersion => f.write_str("the key file has a newer version"),
            Kind::KeyFileHolds { expected } => write!(f, "the key file does not hold a {expected}"),
            Kind::Passphrase => f.write_str("the passphrase does not open this key file"),
            Kind::EmptyPassphrase => f.write_str("the passphrase is empty"),
            Kind::KeyFileDamaged { what } => write!(f, "the key file is damaged: {what}"),
            Kind::KeyFileCost => f.write_str(
                "the key file asks for more memory or time than any written by this crate",
            ),
            Kind::FileExists => f.write_str("there is a file already"),
            Kind::Io { doing, source } => write!(f, "{doing} failed: {}", source.kind()),
            Kind::Entropy => f.write_str("the system gave no random bytes"),
        }
    }
}
