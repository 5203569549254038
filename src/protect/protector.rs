//! From a record to a protected record.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde::Serialize;

use super::{
    binding::Binding,
    draft::Draft,
    maker::Maker,
    protected::{Face, Protected, ProtectedRow},
    record::{self, Reading},
    workspace::Workspace,
};
use crate::{
    crypto::{aead::Nonce, entropy::Nonces},
    error::{Error, Kind, Result},
    id::{Epoch, Scope},
    key::{Keyring, derived::ScopeKey},
    policy::{CheckedPolicy, Policy},
    schema::Schema,
    wire::{
        SealedCell, SealedRecord, SealedRow,
        envelope::{self, Aad, CELL_HEAD, HEADER, Header, NULL_LENGTH, Profile},
    },
};

/// Protects records for one domain, under the epoch that was active when it was made.
///
/// `Send` and `Sync`: make one a policy, share it in an [`Arc`], and make it anew after
/// [`Keyring::start_epoch`]. A call takes a few microseconds and never blocks, but for a read of the system's random
/// source every few dozen records: call it from async code as it is.
///
/// A **record** is any `Serialize` struct or map with text keys:
///
/// | in the record | becomes |
/// |---|---|
/// | text, `char`, unit enum variant | a field of type text, date or date-time |
/// | integer that fits an `i64` | a field of type integer |
/// | `bool` | a field of type boolean |
/// | `None`, unit | null; a field that is left out is null too |
/// | any value | a field of type json, as its compact JSON text; a `RawValue` verbatim |
/// | keys in camel case | an error: rename them, `#[serde(rename = "last_name")]` |
/// | newtype struct | what it wraps |
/// | struct or map inside | fields whose names begin with its name and a dot; where all of them are null it is revealed as missing, so make it optional |
/// | flattened struct | its fields |
/// | float, bytes, sequence, tuple, unit struct, enum variant with data, map with other keys than text | an error, but for fields of type json |
/// | a field twice, a field that the schema does not list | an error |
///
/// # Security
///
/// A record is sealed whole and anew at each call, under a nonce that no caller chooses.
pub struct Protector {
    policy: Policy,
    epoch: Epoch,
    /// One a group of the schema.
    scope_keys: Vec<ScopeKey>,
    maker: Maker,
    names: Arc<[Arc<str>]>,
    nonces: Nonces,
    /// How many rows its keys have sealed.
    seals: Arc<AtomicU64>,
}

/// The most rows that are sealed under one key: up to here every collision stays under 2^-32.
const MOST_SEALS: u64 = 1 << 47;

/// How much of what it may seal a key has sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyUse {
    /// Less than half.
    Fine,
    /// Half or more: start a new epoch.
    Worn,
    /// All, 2^47 rows: nothing more is sealed under it.
    UsedUp,
}

impl Protector {
    /// A protector for the policy's domain, under the keyring's active epoch and its generation.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) where the policy shows a field by a transform whose feature the crate was built without.
    pub fn new(keyring: &Keyring, policy: &CheckedPolicy) -> Result<Self> {
        let policy = policy.policy();
        let of_subject = policy.binds_subject_key();
        let scope_keys = policy
            .schema()
            .scopes()
            .map(|scope| ScopeKey::new(&keyring.domain_key(scope, policy.domain()), of_subject));
        Ok(Self {
            epoch: keyring.active_epoch(),
            scope_keys: scope_keys.collect(),
            maker: Maker::new(policy, &keyring.linkage_key(policy.domain()))?,
            names: Face::names(policy),
            nonces: Nonces::pooled(),
            seals: Arc::default(),
            policy: policy.clone(),
        })
    }

    /// The same where its keys have sealed so many rows before: in other processes, or before a restart.
    ///
    /// Every scope of a row is sealed under a key of its own, each once a row, so that rows are counted.
    #[must_use]
    pub fn after_seals(self, rows: u64) -> Self {
        self.counting_in(Arc::new(AtomicU64::new(rows.min(MOST_SEALS))))
    }

    /// The same, counting on in `seals`.
    #[must_use]
    pub(crate) fn counting_in(self, seals: Arc<AtomicU64>) -> Self {
        Self { seals, ..self }
    }

    /// The same with nonces from elsewhere than the pool of each thread.
    #[must_use]
    pub fn with_nonces(self, nonces: Nonces) -> Self {
        Self { nonces, ..self }
    }

    /// The policy it protects by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The epoch it seals under.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How many rows its keys have sealed: by this protector, and [before](Protector::after_seals).
    pub fn seals(&self) -> u64 {
        self.seals.load(Ordering::Relaxed)
    }

    /// Whether its keys have sealed half of what they may, 2^46 rows, or all.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Appointment, Date, KeyUse, Keyring, Policy, Protector, Schema};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "archive"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let keyring = Keyring::generate()?;
    /// let start = "2020-07-21T09:30:00+02:00".to_owned();
    /// let appointment = Appointment { start, ..Appointment::default() };
    ///
    /// let protector = Protector::new(&keyring, &checked)?.after_seals((1 << 47) - 1);
    /// assert_eq!(protector.key_use(), KeyUse::Worn);
    /// protector.protect(&appointment)?;
    /// assert_eq!(protector.key_use(), KeyUse::UsedUp);
    /// assert!(protector.protect(&appointment).unwrap_err().is_used_up());
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn key_use(&self) -> KeyUse {
        match self.seals() {
            MOST_SEALS.. => KeyUse::UsedUp,
            seals if seals >= MOST_SEALS / 2 => KeyUse::Worn,
            _ => KeyUse::Fine,
        }
    }

    /// The same calls bound to a record id, a subject key or both, as the policy asks.
    pub fn bind<'a>(&'a self, binding: Binding<'a>) -> BoundProtector<'a> {
        BoundProtector {
            protector: self,
            binding,
        }
    }

    /// The protected form of `record`: one flat object with everything sealed in one value.
    ///
    /// # Errors
    ///
    /// [`Error::is_record`](crate::Error::is_record) where the record does not fit schema and policy, with its [field](crate::Error::field);
    /// [`Error::is_misuse`](crate::Error::is_misuse) where the policy binds seals to something; [`Error::is_used_up`](crate::Error::is_used_up)
    /// where the epoch's keys have sealed 2^47 rows; [`Error::is_io`](crate::Error::is_io) where the system gives no random bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Keyring, Policy, Protector, Schema};
    /// use serde_json::json;
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "statistics"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    ///     [show.age]
    ///     as = "keep"
    ///     reason = "yearly report by age"
    ///     [holds]
    ///     subjects = 20_000
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let protector = Protector::new(&Keyring::generate()?, &checked)?;
    /// let row = protector.protect(&json!({
    ///     "last_name": "Martin", "first_name": "Zoé", "age": 34,
    ///     "start": "2020-07-21T09:30:00+02:00", "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
    /// }))?;
    /// let row = serde_json::to_value(&row)?;
    /// assert_eq!(row["age"], 34);
    /// assert!(row.get("last_name").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn protect<T: Serialize + ?Sized>(&self, record: &T) -> Result<Protected> {
        self.bind(Binding::NONE).protect(record)
    }

    /// As [`protect`](Protector::protect), into a protected record that is there already. Once its buffers have grown,
    /// nothing is allocated, but for keys that are derived for a subject, JSON escapes, and capital sigmas and long
    /// runs of accents in what is normalised. After an error `protected` is unchanged.
    ///
    /// # Errors
    ///
    /// As [`protect`](Protector::protect).
    pub fn protect_into<T: Serialize + ?Sized>(
        &self,
        record: &T,
        protected: &mut Protected,
    ) -> Result<()> {
        self.bind(Binding::NONE).protect_into(record, protected)
    }

    /// The protected form of `record` in the row profile: one sealed cell a field, for tables with a column each.
    ///
    /// # Errors
    ///
    /// As [`protect`](Protector::protect).
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Appointment, Date, Keyring, Policy, Protector, Revealer, Schema, SealedCell, SealedRow};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "archive"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let keyring = Keyring::generate()?;
    /// let start = "2020-07-21T09:30:00+02:00".to_owned();
    /// let appointment = Appointment { age: Some(34), start, ..Appointment::default() };
    /// let row = Protector::new(&keyring, &checked)?.protect_row(&appointment)?;
    ///
    /// // Two columns of a table: the row's own, and that of the age.
    /// let (sealed, age) = (row.sealed().to_string(), row.cell("age").map(SealedCell::to_string).unwrap_or_default());
    ///
    /// let (sealed, age): (SealedRow, SealedCell) = (sealed.parse()?, age.parse()?);
    /// let age: Option<u8> = Revealer::backend(&keyring, &policy)?.reveal_cell(&sealed, "age", &age)?;
    /// assert_eq!(age, Some(34));
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn protect_row<T: Serialize + ?Sized>(&self, record: &T) -> Result<ProtectedRow> {
        self.bind(Binding::NONE).protect_row(record)
    }

    /// All that can fail, in its order: the record, what is derived of it and shown, the nonce.
    fn prepare(
        &self,
        schema: &Schema,
        fill: impl FnOnce(&Schema, &mut Draft, &mut Reading) -> Result<()>,
        binding: &Binding<'_>,
        work: &mut Workspace,
        nonce: &mut Nonce,
    ) -> Result<()> {
        binding.check(self.policy.binds())?;
        fill(schema, &mut work.draft, &mut work.reading)?;
        work.draft.check_required(schema)?;
        self.make(binding, work, nonce)
    }

    /// The rest of it, for a record that is in `work`.
    pub(super) fn make(
        &self,
        binding: &Binding<'_>,
        work: &mut Workspace,
        nonce: &mut Nonce,
    ) -> Result<()> {
        self.maker.make(&self.policy, binding, work)?;
        self.draw(nonce)
    }

    /// A nonce for a row, where its keys may seal one more.
    pub(super) fn draw(&self, nonce: &mut Nonce) -> Result<()> {
        if self.seals.fetch_add(1, Ordering::Relaxed) >= MOST_SEALS {
            self.seals.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(|| Kind::KeyUsedUp { epoch: self.epoch }));
        }
        self.nonces.draw(nonce)
    }

    /// Lets `face` show what was made of the record in `work`.
    pub(super) fn fill(&self, face: &mut Face, work: &Workspace) {
        face.fill(&self.names, &self.policy, &work.draft, &work.made);
    }

    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(super) fn maker(&self) -> &Maker {
        &self.maker
    }

    fn header(&self, nonce: &Nonce) -> Header {
        Header {
            flags: self.policy.binds(),
            epoch: self.epoch,
            nonce: *nonce,
        }
    }

    /// `schema` is the policy's, or that one narrowed.
    fn seal_record(
        &self,
        schema: &Schema,
        nonce: &Nonce,
        binding: &Binding<'_>,
        work: &mut Workspace,
        sealed: &mut SealedRecord,
    ) {
        let groups = schema.groups().iter();
        let groups = groups.map(|group| (group.scope, group.plaintext.len()));
        let plaintexts = work.draft.plaintexts(schema);
        self.seal_groups(nonce, binding, groups, plaintexts, &mut work.aad);
        work.draft.exchange(sealed, schema);
    }

    /// Seals what is laid out in `work`.
    pub(super) fn seal_layout(
        &self,
        nonce: &Nonce,
        binding: &Binding<'_>,
        work: &mut Workspace,
        sealed: &mut SealedRecord,
    ) {
        let (groups, plaintexts) = work.layout.plaintexts();
        self.seal_groups(nonce, binding, groups, plaintexts, &mut work.aad);
        work.layout.exchange(sealed);
    }

    /// Seals the plaintexts of these groups, scopes of the schema and their widths, in the places that they have in a record.
    fn seal_groups(
        &self,
        nonce: &Nonce,
        binding: &Binding<'_>,
        groups: impl Iterator<Item = (Scope, usize)>,
        record: &mut [u8],
        aad: &mut Aad,
    ) {
        let header = self.header(nonce).print(Profile::Record);
        aad.begin(&header, binding.record_id());
        let (head, mut rest) = record.split_at_mut(HEADER);
        head.copy_from_slice(&header);
        let mut keys = self.policy.schema().scopes().zip(&self.scope_keys);
        for (scope, width) in groups {
            let Some((_, key)) = keys.find(|(of, _)| *of == scope) else {
                unreachable!("groups ascend, and are of scopes of the schema")
            };
            let key = key.derive(nonce, binding.subject_key());
            let (plaintext, tag, after) =
                envelope::begin_group(rest, scope, width, key.commitment());
            *tag = key.seal(aad.of(scope, 0), plaintext);
            rest = after;
        }
    }

    /// The row of the record in `work`.
    pub(super) fn finish_row(
        &self,
        nonce: &Nonce,
        binding: &Binding<'_>,
        work: &mut Workspace,
    ) -> ProtectedRow {
        let mut face = Face::default();
        self.fill(&mut face, work);
        let (sealed, cells) = self.seal_row(nonce, binding, work);
        ProtectedRow {
            face,
            schema: self.policy.schema().clone(),
            sealed,
            cells,
        }
    }

    fn seal_row(
        &self,
        nonce: &Nonce,
        binding: &Binding<'_>,
        work: &mut Workspace,
    ) -> (SealedRow, Vec<SealedCell>) {
        let header = self.header(nonce).print(Profile::Row);
        let fields = self.policy.schema().fields();
        let mut row = SealedRow::begin(&header);
        let mut cells: Vec<SealedCell> = fields
            .iter()
            .map(|field| SealedCell::zeroed(CELL_HEAD + field.width()))
            .collect();
        work.aad.begin(&header, binding.record_id());
        for (group, key) in self.policy.schema().groups().iter().zip(&self.scope_keys) {
            let key = key.derive(nonce, binding.subject_key());
            row.push(group.scope, key.commitment());
            for &position in &group.fields {
                let number = fields[position].id().number();
                let (plaintext, tag) = cells[position].parts_mut();
                write_cell(plaintext, work.draft.get(position));
                *tag = key.seal_cell(number, work.aad.of(group.scope, number), plaintext);
            }
        }
        (row, cells)
    }
}

impl std::fmt::Debug for Protector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protector")
            .field("policy", &self.policy)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// A [`Protector`] whose calls are bound to a record id, a subject key or both.
#[derive(Clone, Copy, Debug)]
pub struct BoundProtector<'a> {
    protector: &'a Protector,
    binding: Binding<'a>,
}

impl BoundProtector<'_> {
    /// As [`Protector::protect`].
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`].
    pub fn protect<T: Serialize + ?Sized>(&self, record: &T) -> Result<Protected> {
        let mut row = Protected::empty();
        self.protect_into(record, &mut row)?;
        Ok(row)
    }

    /// As [`Protector::protect_into`].
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`].
    pub fn protect_into<T: Serialize + ?Sized>(
        &self,
        record: &T,
        protected: &mut Protected,
    ) -> Result<()> {
        let fill = |schema: &Schema, draft: &mut Draft, reading: &mut Reading| {
            record::collect(record, schema, draft, reading)
        };
        self.protect_filled(fill, protected)
    }

    /// As [`Protector::protect_into`], of a record that `fill` sets field by field.
    pub(crate) fn protect_filled(
        &self,
        fill: impl FnOnce(&Schema, &mut Draft, &mut Reading) -> Result<()>,
        protected: &mut Protected,
    ) -> Result<()> {
        self.protect_laid_out(self.protector.policy.schema(), fill, protected)
    }

    /// The same in the layout of `schema`: the policy's, or that one [narrowed](Schema::narrowed).
    pub(crate) fn protect_laid_out(
        &self,
        schema: &Schema,
        fill: impl FnOnce(&Schema, &mut Draft, &mut Reading) -> Result<()>,
        protected: &mut Protected,
    ) -> Result<()> {
        let Self { protector, binding } = self;
        Workspace::lend(|work| {
            let mut nonce = Nonce::default();
            protector.prepare(schema, fill, binding, work, &mut nonce)?;
            protector.fill(&mut protected.face, work);
            protector.seal_record(schema, &nonce, binding, work, &mut protected.sealed);
            Ok(())
        })
    }

    /// Seals a record that continues another one: it shows nothing, and may lack any field.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    pub(crate) fn seal_laid_out(
        &self,
        schema: &Schema,
        fill: impl FnOnce(&Schema, &mut Draft) -> Result<()>,
    ) -> Result<SealedRecord> {
        let Self { protector, binding } = self;
        binding.check(protector.policy.binds())?;
        Workspace::lend(|work| {
            fill(schema, &mut work.draft)?;
            let mut nonce = Nonce::default();
            protector.draw(&mut nonce)?;
            let mut protected = Protected::empty();
            protector.seal_record(schema, &nonce, binding, work, &mut protected.sealed);
            Ok(protected.sealed)
        })
    }

    /// As [`Protector::protect_row`].
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`].
    pub fn protect_row<T: Serialize + ?Sized>(&self, record: &T) -> Result<ProtectedRow> {
        let Self { protector, binding } = self;
        Workspace::lend(|work| {
            let mut nonce = Nonce::default();
            let fill = |schema: &Schema, draft: &mut Draft, reading: &mut Reading| {
                record::collect(record, schema, draft, reading)
            };
            protector.prepare(protector.policy.schema(), fill, binding, work, &mut nonce)?;
            Ok(protector.finish_row(&nonce, binding, work))
        })
    }
}

/// Writes len ‖ value over zeros.
fn write_cell(plaintext: &mut [u8], value: Option<&[u8]>) {
    let length = value.map_or(NULL_LENGTH, |value| value.len() as u16);
    let (head, room) = plaintext.split_at_mut(CELL_HEAD);
    head.copy_from_slice(&length.to_be_bytes());
    if let Some(value) = value {
        room[..value.len()].copy_from_slice(value);
    }
}
