//! One opaque error. It names fields, scopes, epochs, widths and lines, never a value.

mod message;

use std::{error, fmt, io};

use zeroize::zeroize_stack;

use crate::{
    id::{Digest, Epoch, Scope},
    secret::KEY_STACK,
};

/// What the crate's fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// What was wrong, where, and what to do about it.
///
/// `Display` prints the first two and [`advice`](Error::advice) the third, joined by a semicolon. Neither
/// ever holds a value of a record, a key or a passphrase; the key of a map counts as a name, not as a value. The `is_…` predicates sort errors into the
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
        field: Option<String>,
        class: &'static str,
        why: &'static str,
    },
    EmptyPart {
        field: String,
        user: PartUser,
        name: String,
    },
    NotShown {
        field: String,
        transform: &'static str,
        why: &'static str,
    },
    Json {
        line: usize,
        column: usize,
        broken: bool,
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
    NothingLeft,
    NoSuchField {
        field: String,
    },
    NoSuchRule {
        what: &'static str,
        name: String,
    },

    // The sealed bytes.
    Text {
        form: &'static str,
    },
    Unsupported {
        what: &'static str,
        found: u8,
    },
    Profile {
        found: &'static str,
        expected: &'static str,
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
    ForeignScope {
        scope: Scope,
    },
    MissingCell {
        field: String,
    },
    WrongKey {
        scope: Scope,
    },
    #[cfg_attr(not(feature = "reversible"), allow(dead_code))]
    NotTurnedBack {
        field: String,
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
    Refused {
        finding: String,
        digest: Digest,
        others: usize,
    },
    OtherSchema,
    OtherPolicy,

    // Keys and the machine.
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
    Memory,
    Io {
        doing: &'static str,
        source: io::Error,
    },
    Entropy,
}

/// What is made of a part that is null or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartUser {
    Pseudonym,
    Index,
    /// The shift of a field.
    Shift,
    /// What a query looks for, by pseudonym or index.
    Query,
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
            | Kind::MissingCell { field } => Some(field),
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

    /// The line of a schema, a policy or a JSON text where the error is, from 1.
    pub fn line(&self) -> Option<usize> {
        match self.0.kind {
            Kind::Definition { line, .. } => line,
            Kind::Json { line, .. } => Some(line),
            _ => None,
        }
    }

    /// Whether the record does not fit the schema or the policy: an unknown, missing or duplicate field,
    /// a value over its width or of another type, a part of a pseudonym that is missing, a value that cannot be shown as
    /// the policy says.
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
                | Kind::NotShown { .. }
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
    /// that it misses, a scope that the grant does not open, a field that the schema does not have, a pseudonym or index
    /// that the policy does not have, a key file of another kind, an empty passphrase, an epoch beyond the last.
    pub fn is_misuse(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Binding { .. }
                | Kind::NotOpened { .. }
                | Kind::NothingLeft
                | Kind::NoSuchField { .. }
                | Kind::NoSuchRule { .. }
                | Kind::KeyFileHolds { .. }
                | Kind::EmptyPassphrase
                | Kind::EpochsExhausted
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

    /// Whether the sealed bytes name a version, suite, profile or flag that is not read here: by this release, or by the
    /// type they were parsed as.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.0.kind, Kind::Unsupported { .. } | Kind::Profile { .. })
    }

    /// Whether the row or the grant was made under another policy than the one given.
    pub fn is_other_policy(&self) -> bool {
        matches!(self.0.kind, Kind::OtherPolicy | Kind::Mismatch { .. })
    }

    /// Whether the row or the grant was made under another schema than the one given.
    pub fn is_other_schema(&self) -> bool {
        matches!(self.0.kind, Kind::OtherSchema | Kind::ForeignScope { .. })
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

    /// Whether the commitment does not match: another key, domain or subject key sealed this. Also whether no key turns
    /// a reversible stand-in back, which tells no wrong key from a changed text.
    pub fn is_wrong_key(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::WrongKey { .. } | Kind::NotTurnedBack { .. }
        )
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

    /// Whether the check of policies found something that nobody has accepted.
    pub fn is_refused(&self) -> bool {
        matches!(self.0.kind, Kind::Refused { .. })
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

    /// Whether a file could not be read or written, or the system gave no random bytes or no memory.
    pub fn is_io(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Io { .. } | Kind::Entropy | Kind::FileExists | Kind::Memory
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.0.row {
            write!(f, "row {row}, counted from 0: ")?;
        }
        write!(f, "{}; {}", self.0.kind, self.advice())
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
