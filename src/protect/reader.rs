//! Rows in clear beside sealed ones, while they are being sealed.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    binding::Binding,
    protected::SEALED,
    record::{self, JsonRecord},
    revealer::Revealer,
    workspace::Workspace,
};
use crate::{
    error::{Error, Kind, Result},
    policy::Policy,
    schema::Field,
    wire::{SealedRecord, text},
};

/// Reads rows during a roll-out, when some are still in clear: code that reads through it does not change when the last
/// one is sealed.
///
/// A row is the text of one JSON object. With a `sealed` that is not null it is a protected record, and revealed as
/// [`Revealer::reveal`] does. Without one it is a record in clear, taken only until the day that
/// [`accept_plain`](Reader::accept_plain) states: it has to fit the schema as one that is to be protected, and what comes
/// back are the fields of the revealer's scopes and no others, as it will be once the row is sealed.
///
/// In a row in clear a field is under its own name, or under that of its column in the policy's `[source]`; the column of
/// the record id and those that are dropped are passed over. A column that was added for the seal, a pseudonym or an index
/// may be there while it is null.
///
/// `Send` and `Sync`; share it in an [`Arc`](std::sync::Arc).
///
/// # Security
///
/// A sealed row cannot be made without a key, and a row in clear by anybody who writes to the store: while such rows are
/// taken, whoever writes there puts in what the code then believes, also in place of a row that was sealed. So they are
/// taken only where the code says so, [counted](Reader::counts), and until a day that it says; take the call away when
/// the count stays at zero. Whether what a sealed row shows is its record's it does not look at, as no reader does.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Binding, Date, Keyring, Policy, Protector, Reader, Revealer, Schema};
/// use serde::Deserialize;
///
/// let policy = Policy::from_toml(r#"
///     domain = "sms-reminders"
///     schema = "appointment"
///     record_id = "unbound"
///     [open.contact]
///     reason = "the gateway sends to the phone"
///     [tenancy]
///     specialties = 12
/// "#, &Schema::appointment())?;
/// let today = Date::constant(2026, 11, 24);
/// let checked = policy.check(today)?;
/// let keyring = Keyring::generate()?;
///
/// let in_clear = serde_json::to_string(&Appointment {
///     phone: Some("06 39 98 12 34".to_owned()),
///     start: "2020-07-21T09:30:00+02:00".to_owned(),
///     ..Appointment::default()
/// })?;
/// let record = paravent::JsonRecord::parse(&in_clear)?;
/// let sealed = serde_json::to_string(&Protector::new(&keyring, &checked)?.protect(&record)?)?;
///
/// #[derive(Deserialize)]
/// struct Contact {
///     phone: Option<String>,
/// }
/// let revealer = Revealer::new(&keyring.grant(&checked)?, &policy)?;
/// let reader = Reader::new(revealer).accept_plain(Date::constant(2027, 1, 31));
/// for row in [&in_clear, &sealed] {
///     let contact: Contact = reader.read(Binding::NONE, row, today)?;
///     assert_eq!(contact.phone.as_deref(), Some("06 39 98 12 34"));
/// }
/// assert_eq!((reader.counts().sealed, reader.counts().plain), (1, 1));
///
/// let too_late = reader.read::<Contact>(Binding::NONE, &in_clear, Date::constant(2027, 2, 1));
/// assert!(too_late.is_err_and(|error| error.is_plain_row()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    revealer: Revealer,
    plain_until: Option<Date>,
    sealed: AtomicU64,
    plain: AtomicU64,
}

/// How many rows a [`Reader`] has read since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReaderCounts {
    /// Sealed rows that were revealed.
    pub sealed: u64,
    /// Rows in clear that were taken.
    pub plain: u64,
}

impl Reader {
    /// A reader of sealed rows only.
    pub fn new(revealer: Revealer) -> Self {
        Self {
            revealer,
            plain_until: None,
            sealed: AtomicU64::new(0),
            plain: AtomicU64::new(0),
        }
    }

    /// The same for rows in clear too, up to and including the day `until`.
    ///
    /// # Security
    ///
    /// See [`Reader`]: it takes rows that anybody may have written.
    #[must_use]
    pub fn accept_plain(self, until: Date) -> Self {
        Self {
            plain_until: Some(until),
            ..self
        }
    }

    /// The fields of the revealer's scopes in one row, the text of a JSON object; `today` says whether rows in clear are
    /// still taken.
    ///
    /// # Errors
    ///
    /// [`Error::is_record`] where the text is not a JSON object. For a sealed row [`Error::is_half_protected`] with the
    /// [field](Error::field) where a field that the policy does not show stands beside the seal in clear, and the errors
    /// of [`Revealer::reveal`] and of parsing a [`SealedRecord`]. For a row in clear [`Error::is_plain_row`] where it is
    /// not taken, or no longer; [`Error::is_misuse`] where the policy binds rows to something that the call does
    /// not state; [`Error::is_record`] where it does not fit the schema; [`Error::is_target`] where `T` does not fit the
    /// fields.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe, as `row` is.
    pub fn read<T: DeserializeOwned>(
        &self,
        binding: Binding<'_>,
        row: &str,
        today: Date,
    ) -> Result<T> {
        let row = JsonRecord::parse(row)?;
        match sealed_of(&row)? {
            Some(sealed) => {
                check_face(&row, self.revealer.policy())?;
                let read = self.revealer.bind(binding).reveal(&parse_sealed(sealed)?)?;
                self.sealed.fetch_add(1, Ordering::Relaxed);
                Ok(read)
            }
            None => {
                if self.plain_until.is_none_or(|until| today > until) {
                    return Err(Error::new(|| Kind::PlainRow {
                        until: self.plain_until,
                    }));
                }
                let read = self.read_plain(&row, &binding)?;
                self.plain.fetch_add(1, Ordering::Relaxed);
                Ok(read)
            }
        }
    }

    /// How many rows of each kind were read.
    pub fn counts(&self) -> ReaderCounts {
        ReaderCounts {
            sealed: self.sealed.load(Ordering::Relaxed),
            plain: self.plain.load(Ordering::Relaxed),
        }
    }

    /// The last day on which rows in clear are taken, where they are.
    pub fn plain_until(&self) -> Option<Date> {
        self.plain_until
    }

    fn read_plain<T: DeserializeOwned>(
        &self,
        row: &JsonRecord<'_>,
        binding: &Binding<'_>,
    ) -> Result<T> {
        let policy = self.revealer.policy();
        binding.check(policy.binds())?;
        let schema = policy.schema();
        Workspace::lend(|work| {
            let plain = Plain { row, policy };
            record::collect(&plain, schema, &mut work.draft, &mut work.reading)?;
            work.draft.check_required(schema)?;
            work.values
                .take_draft(schema, &work.draft, self.revealer.scope_set());
            record::deliver(schema, &work.values)
        })
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("revealer", &self.revealer)
            .field("plain_until", &self.plain_until)
            .field("counts", &self.counts())
            .finish()
    }
}

/// What stands under `sealed`; `None` where nothing or null does.
fn sealed_of<'a>(row: &JsonRecord<'a>) -> Result<Option<&'a RawValue>> {
    let mut found = row.members().iter().filter(|(key, _)| key == SEALED);
    let sealed = found.next().map(|(_, value)| *value);
    if found.next().is_some() {
        return Err(Error::new(|| Kind::DuplicateField {
            field: SEALED.to_owned(),
        }));
    }
    Ok(sealed.filter(|value| !is_null(value)))
}

/// Refuses a sealed row with a value in clear beside the seal that the policy does not show.
fn check_face(row: &JsonRecord<'_>, policy: &Policy) -> Result<()> {
    let fields = policy.schema().fields();
    for (key, value) in row.members() {
        let is_shown = || policy.shows().any(|(field, _)| field.name() == key);
        if is_null(value) || is_shown() {
            continue;
        }
        let field = match field_of(key, policy) {
            Some(field) => field.name(),
            None if fields
                .iter()
                .any(|field| record::is_inside(field.name(), key)) =>
            {
                &**key
            }
            None => continue,
        };
        return Err(Error::new(|| Kind::HalfProtected {
            field: field.to_owned(),
        }));
    }
    Ok(())
}

/// The field whose name this is, or whose column.
fn field_of<'p>(key: &str, policy: &'p Policy) -> Option<&'p Field> {
    let schema = policy.schema();
    let position = schema
        .position(key)
        .or_else(|| policy.source().field(schema, key))?;
    Some(&schema.fields()[position])
}

fn parse_sealed(value: &RawValue) -> Result<SealedRecord> {
    let sealed: Zeroizing<String> =
        Zeroizing::new(serde_json::from_str(value.get()).map_err(|_| text::SEALED.refused())?);
    sealed.parse()
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// A row in clear, its fields under their own names, without the columns that are not of the record.
struct Plain<'a> {
    row: &'a JsonRecord<'a>,
    policy: &'a Policy,
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { row, policy } = self;
        let source = policy.source();
        let is_passed_over = |key: &str, value: &RawValue| {
            let is_made = || {
                key == SEALED
                    || policy
                        .pseudonyms()
                        .chain(policy.indexes())
                        .any(|name| name == key)
            };
            source.record_id.as_deref() == Some(key)
                || source.drop.iter().any(|dropped| dropped == key)
                || (is_null(value) && is_made())
        };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in row.members() {
            match field_of(key, policy) {
                Some(field) => map.serialize_entry(field.name(), value)?,
                None if is_passed_over(key, value) => {}
                None => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}
