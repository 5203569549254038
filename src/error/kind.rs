//! What can be wrong, and what each error says of it.

use std::io;

use jiff::civil::Date;

use super::{Audited, LogFault, LogPlace};
use crate::id::{Digest, Domain, Epoch, Generation, Scope};

/// The private kinds. Their groups are the public predicates.
#[derive(Debug)]
#[cfg_attr(
    not(all(feature = "broker", feature = "csv", feature = "ndjson")),
    allow(dead_code)
)]
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
    #[cfg_attr(not(feature = "key-file"), allow(dead_code))]
    NoSuchDomain {
        domain: Domain,
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
    SubjectKeyNeeded,
    UnknownEpoch {
        epoch: Epoch,
    },
    EpochDisabled {
        epoch: Epoch,
    },
    EpochDestroyed {
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

    // Files of rows.
    /// What an audit was given does not do.
    Audit {
        of: Option<Audited>,
        what: String,
        advice: &'static str,
    },
    Input {
        what: String,
        advice: &'static str,
    },
    /// A message of HL7 v2 or FHIR.
    #[cfg_attr(not(any(feature = "fhir", feature = "hl7v2")), allow(dead_code))]
    Message {
        what: String,
        advice: &'static str,
    },
    Stopped,
    PlainRow {
        /// The last day on which rows in clear were taken, where there was one.
        until: Option<Date>,
    },

    HalfProtected {
        field: String,
    },
    Unaccounted {
        column: String,
        what: &'static str,
    },
    Migration {
        what: &'static str,
        advice: &'static str,
    },
    Resealing {
        what: &'static str,
        advice: &'static str,
    },
    /// A row in clear where rows are resealed.
    UnsealedRow,

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

    // The broker's log.
    Log {
        fault: LogFault,
        /// The entry that it is about, where it is about one.
        n: Option<u64>,
    },
    LogDisk {
        place: LogPlace,
        source: io::Error,
    },
    ClockBack {
        seconds: i64,
    },
    Quota {
        domain: String,
        name: String,
        per_hour: u64,
        /// Whether it is that of one requester.
        of_requester: bool,
    },

    // What a broker is asked.
    Request {
        what: &'static str,
        advice: &'static str,
    },
    UnknownPurpose {
        name: String,
        listed: String,
    },
    TwoPersons {
        name: String,
    },
    NotHolder,
    NotSent,

    // Keys and the machine.
    GrantEnded {
        until: Date,
    },
    KeyFileExposed,
    PassphraseExposed,
    #[cfg_attr(not(feature = "key-file"), allow(dead_code))]
    NoPassphrase,
    EpochsExhausted,
    GenerationsExhausted,
    EpochActive {
        epoch: Epoch,
    },
    EpochEnded {
        epoch: Epoch,
        not_after: Date,
    },
    ClockBeforeEpoch {
        since: Date,
    },
    KeyUsedUp {
        epoch: Epoch,
    },
    GenerationLive {
        generation: Generation,
    },
    UnknownGeneration {
        generation: Generation,
    },
    KeyringEpochs {
        what: &'static str,
    },
    KeyringOlder,
    LogUnknown,
    KeyFileForm {
        what: &'static str,
    },
    KeyFileVersion,
    KeyFileHolds {
        expected: &'static str,
    },
    OtherSplit,
    SameShare,
    SharesOfOther,
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
