//! Keyed pseudonyms and field-level encryption for appointment records, so that **rows leaked from a connector do
//! not put an identity next to a specialty**: a policy that would let them is refused.
//!
//! A booking platform hands its appointments to software of others: reminders, statistics, practice systems. Each row
//! tells who sees which kind of doctor, even where no medical file is near. With this crate the backend hands over rows
//! in which every field is sealed under a key of its scope, and each connector holds a grant that opens the scopes of
//! its job and no other. Who steals the rows of a connector, with all that it
//! holds, learns its side and no other.
//!
//! ```
//! use paravent::{Appointment, Date, Keyring, Policy, Protector, Revealer, Schema};
//! use serde::Deserialize;
//!
//! // What one connector gets, in a file that a data-protection officer signs.
//! let policy = Policy::from_toml(r#"
//!     domain = "sms-reminders"
//!     schema = "appointment"
//!     record_id = "unbound"
//!
//!     [open.contact]
//!     reason = "the gateway sends to the phone"
//!
//!     [tenancy] # what stands behind the domain: a name from a clinic of one specialty tells it
//!     specialties = 12
//! "#, &Schema::appointment())?;
//!
//! // Refused, with the way that a thief would take, where a leak of the domain would link.
//! let checked = policy.check(Date::constant(2026, 11, 24))?;
//!
//! // In the backend: a protector for the connector's rows, and a grant for the connector.
//! let keyring = Keyring::generate()?;
//! let protector = Protector::new(&keyring, &checked)?;
//! let grant = keyring.grant(&checked)?;
//!
//! let appointment = Appointment {
//!     last_name: "Martin".into(),
//!     first_name: "Zoé".into(),
//!     phone: Some("06 39 98 12 34".into()),
//!     start: "2020-07-21T09:30:00+02:00".into(),
//!     practitioner: "Dr Lefèvre".into(),
//!     specialty: "Dermatologie".into(),
//!     ..Appointment::default()
//! };
//! let row = protector.protect(&appointment)?;
//!
//! // In the connector: the fields of its scope, and no others.
//! #[derive(Deserialize)]
//! struct Contact {
//!     phone: Option<String>,
//! }
//! let contact: Contact = Revealer::new(&grant, &policy)?.reveal(&row)?;
//! assert_eq!(contact.phone.as_deref(), Some("06 39 98 12 34"));
//! # Ok::<(), paravent::Error>(())
//! ```
//!
//! # The nouns
//!
//! | noun | what it is |
//! |---|---|
//! | record | one appointment in clear: [`Appointment`], any `Serialize` struct or map, a [`JsonRecord`] |
//! | [`Schema`] | the truth about a kind of record: each [`Field`]'s number, [`Scope`], [`Role`], width, type and [`Class`] |
//! | [`Policy`] | what one [`Domain`], a connector for one purpose, gets of a schema |
//! | [`CheckedPolicy`] | one whose leak [was found](Policy::check) to link nothing, but for what somebody accepted by name; several that leak together are a [`PolicySet`] |
//! | [`Keyring`] | the backend's keys, by [`Epoch`] for sealing and by [`Generation`] for pseudonyms and indexes |
//! | [`Grant`] | a keyring cut down to what one domain may open |
//! | `Broker` | releases fields of one record a call, or sends a message of them: with purpose, quota and `Log` |
//! | `Share` | one holder's part of what opens a grant that takes two people |
//! | [`Protector`] | turns a record into a [`Protected`] record, or a [`ProtectedRow`] with one cell a field |
//! | [`Revealer`] | turns it back, as far as its keys go |
//! | [`Resealer`] | seals it anew under the active epoch, with what it shows made anew |
//! | `Migration` | protects the rows of a CSV or NDJSON file where they are; `Verification` proves that none is left in clear |
//! | `Resealing` | seals the rows of such a file anew where they are, under the active epoch |
//! | `hl7v2::MessageProtector`, `fhir::ResourceProtector` | turn a message into a protected message, by what a `Profile` says of it; a `MessageRevealer` and a `ResourceRevealer` turn it back |
//! | [`Reader`] | a revealer that, until a date, also takes rows that are still in clear |
//! | [`Pseudonym`] | a keyed one-way stand-in: equal for equal inputs inside a domain, unlinkable across domains |
//! | [`Index`] | a short keyed value for look-ups, with collisions; [`IndexPlan`] tells how short |
//! | [`Transform`] | how a field is shown otherwise than it is, such as in bands |
//! | `Transfer` | takes files of rows, CSV and NDJSON, through a protector or a revealer in constant memory |
//! | [`Query`] | what the backend looks for in a domain's rows, and the way back from [`Reversible`] stand-ins |
//! | [`Inspected`] | what a text is, as far as it tells without keys |
//! | [`Attribution`] | the domain and epoch that a leaked row is of, by its commitment and without opening it |
//! | [`Binding`] | what a seal is bound to: the id of its row ([`RecordId`]), the key of its person ([`SubjectKey`]) |
//! | `Config` | where a deployment keeps its schema, policies, keyring, register of grants and passphrases |
//! | `GrantRegister` | which grants were issued, to whom and until when, and which are due |
//! | `audit::Audit` | attacks leaked rows as a thief would, with their truth at hand only to score; several leaks together |
//! | `audit::Report` | what came out: a verdict, how much the rows link at most, and which attacks reach how far; as text, JSON and a page |
//! | `Log` | what a broker reveals with a reason, on disk before it is revealed: a chain of entries, and a second place that knows how far it goes |
//! | `Service` | the backend's side of a whole folder of policies, loaded anew while it runs, with `Counters` and `Health` |
//!
//! # What it does
//!
//! - Seals each scope of a record under a key of epoch, scope and domain: XAES-256-GCM with random nonces and a key
//!   commitment. Every sealed record of a schema has the same length, whatever its values and nulls; those of messages are padded to
//!   powers of two.
//! - Refuses what was changed, moved, truncated or sealed under another key, before any value leaves; each reason is told
//!   apart by an [`Error`] that never holds a value.
//! - Makes pseudonyms and indexes of one or several fields, by HMAC-SHA-256 over normalised values.
//! - Shows fields coarser than they are, or by stand-ins: bands, periods, masks, buckets, shifted dates.
//! - Refuses by default: a field that is not in the schema, a record that misses one, a policy that weakens without a
//!   reason.
//! - Refuses a policy, [alone](Policy::check) or [beside others](PolicySet::check), where what a leak shows, opens and
//!   lets follow puts an identity next to a sensitive field. Each [`Finding`] has the [chain](Chain) that a thief would
//!   follow; an acceptance in the policy names it, with a reason, an owner and an end date.
//! - Keeps keys through their life: epochs that end, are disabled and destroyed, rows that are sealed anew, pseudonyms of a new
//!   generation. Destroying an epoch erases its rows.
//! - Reveals one record a call, with a purpose and a reason, within a quota, and in a log before the value is out (feature
//!   `broker`); what takes two people, with a share of each.
//! - Measures what rows really tell, by attacking them (feature `audit`): whether anything links, how much at most, and whether the
//!   attacks would have found it.
//!
//! # What it does not
//!
//! - Pseudonymized data stays personal data.
//! - The check believes what schema and policies state: roles and facts, how many people and specialties stand behind a
//!   domain. What they do not state it takes at its worst; whether they are right it does not know, as it looks at no row.
//!   Domains that were not checked together may join. What somebody accepted, a leak gives.
//! - An audit bounds the attacks that it knows, on the rows that it is given; a run whose controls fail, or with too few rows, says so.
//! - The order of rows, and an id that two connectors share, join what they hold: shuffle exports, and make ids random
//!   for each domain.
//! - Who holds the keyring, or the grants of both sides with the rows of one domain, reads them. A pseudonym shows which
//!   rows are of one person. A row can be replaced by an older row with the same record id.
//! - It stores nothing but key files, a register of grants, the log of a broker and the files of rows that it migrates or
//!   reseals, keeps no time, logs nothing else but the events of feature `tracing`, and opens no connection.
//!
//! # From async code
//!
//! Everything is `Send + Sync`, and nothing waits: protecting and revealing take microseconds, so call them where you
//! are. Key files take a few tenths of a second of work on purpose: load them at the start, or in
//! `spawn_blocking`.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `key-file` (default) | [`Keyring`]s and [`Grant`]s in files sealed under a `Passphrase`; `Config`, `Service` and `GrantRegister` |
//! | `audit` | leaked rows are attacked; `audit::assert_unlinkable` for your tests |
//! | `broker` | one record a call, with a reason: `Broker`, its `Log`, `Keyring::split_release` for what takes two people |
//! | `fhir` | FHIR R4 resources around an appointment to protected ones, and back: module `fhir` |
//! | `csv`, `ndjson` | files of rows in these formats: `Transfer`, `Migration`, `Resealing`, `Verification` |
//! | `hl7v2` | HL7 v2 scheduling messages to protected ones, and back byte for byte: module `hl7v2` |
//! | `rayon` | `Protector::protect_batch` on all cores |
//! | `phone` | stand-ins in the shape of a telephone number, by FF1: `as = "phone"` |
//! | `reversible` | stand-ins that the keyring turns back, by AES-SIV: `as = "reversible"` |
//! | `tracing` | what a `Service` does, as events with the target `paravent` |
//! | `cli` | the command `paravent`: `cargo install --path . --features cli`, and then `paravent --help` |
//! | `full` | all of the above but `cli` |
//! | `test-kit` | a fixed keyring and seeded nonces for your tests; does not compile in release builds |

#[cfg(any(
    feature = "csv",
    feature = "fhir",
    feature = "hl7v2",
    feature = "ndjson"
))]
mod adapter;
mod appointment;
#[cfg(feature = "audit")]
pub mod audit;
#[cfg(feature = "broker")]
mod broker;
mod crypto;
mod digest;
mod error;
mod id;
mod inspect;
mod key;
mod normal;
mod policy;
mod protect;
mod schema;
mod secret;
#[cfg(feature = "key-file")]
mod service;
#[cfg(feature = "key-file")]
mod store;
#[cfg(feature = "test-kit")]
pub mod test_kit;
mod toml_file;
mod wire;

#[cfg(feature = "csv")]
pub use crate::adapter::CsvFormat;
#[cfg(feature = "fhir")]
pub use crate::adapter::fhir;
#[cfg(feature = "hl7v2")]
pub use crate::adapter::hl7v2;
#[cfg(any(feature = "csv", feature = "ndjson"))]
pub use crate::adapter::{
    Encoding, Format, Migrated, Migration, Progress, Resealed, Resealing, RowsByEpoch, Summary,
    Transfer, Verification, Verified,
};
pub use crate::{
    appointment::{Appointment, Sex},
    crypto::entropy::Nonces,
    error::{Error, Result},
    id::{Digest, Domain, Epoch, FieldId, Generation, RecordId, Scope},
    inspect::{Inspected, Seal, SealedScope},
    key::{EpochInfo, EpochState, Grant, Keyring, Remains, SubjectKey},
    policy::{
        Accepted, Chain, CheckedPolicy, Diff, FieldReport, FieldStep, Finding, FindingKind, Gain,
        IndexPlan, Period, Policy, PolicySet, Report, Step, Transform,
    },
    protect::{
        Attribution, Binding, BoundProtector, BoundQuery, BoundResealer, BoundRevealer, Canary,
        JsonRecord, KeyUse, Protected, ProtectedRow, Protector, Query, Reader, ReaderCounts,
        Resealer, Revealer, Shown,
    },
    schema::{Class, Determines, Field, PhoneRegion, Role, Schema, ValueType},
    wire::{Index, PhoneStandIn, Pseudonym, Reversible, SealedCell, SealedRecord, SealedRow},
};
#[cfg(feature = "broker")]
pub use crate::{
    broker::{Alarm, Broker, Details, LogRevealer, Message, Request},
    key::{Share, SplitGrant},
    store::{Entries, Entry, Event, Log, VerifiedLog},
};
#[cfg(feature = "key-file")]
pub use crate::{
    service::{Config, Counters, DomainHealth, GrantHealth, Health, ReloadFailure, Service},
    store::{Due, GrantRegister, Issued, Passphrase},
};

#[cfg(feature = "broker")]
pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// Compiles the README's code.
#[cfg(all(doctest, feature = "audit"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the code of the way to production.
#[cfg(all(doctest, feature = "key-file"))]
#[doc = include_str!("../docs/production.md")]
struct Production;
