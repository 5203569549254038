//! From a protected record back to its fields.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

#[cfg(any(
    feature = "broker",
    feature = "csv",
    feature = "fhir",
    feature = "hl7v2",
    feature = "ndjson"
))]
use super::values::Values;
use super::{
    binding::{Binding, check_flags},
    layout::Entries,
    record,
    values::Opened,
    workspace::Workspace,
};
use crate::{
    crypto::aead::{COMMITMENT, NonceKey},
    error::{Error, Kind, Result},
    id::{Epoch, Scope, ScopeSet},
    key::{EpochState, Grant, Keyring, derived::ScopeKey},
    policy::Policy,
    schema::{Field, Schema},
    wire::{
        SealedCell, SealedRecord, SealedRow,
        envelope::{CELL_HEAD, Group, Header, NULL_LENGTH, VALUE_HEAD},
    },
};

/// Reveals the fields of the scopes that its holder has keys for.
///
/// `Send` and `Sync`; share it in an [`Arc`](std::sync::Arc).
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Date, Keyring, Policy, Protector, Revealer, Schema};
/// use serde::Deserialize;
///
/// let policy = Policy::from_toml(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "unbound"
///     [open.care]
///     reason = "visits by specialty"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let appointment = Appointment {
///     start: "2020-07-21T09:30:00+02:00".to_owned(),
///     specialty: "Dermatologie".to_owned(),
///     ..Appointment::default()
/// };
/// let row = Protector::new(&keyring, &checked)?.protect(&appointment)?;
///
/// // The connector holds a grant, and gets what it opens.
/// #[derive(Deserialize)]
/// struct Care {
///     specialty: String,
/// }
/// let revealer = Revealer::new(&keyring.grant(&checked)?, &policy)?;
/// let care: Care = revealer.reveal(&row)?;
/// assert_eq!(care.specialty, "Dermatologie");
///
/// // The backend holds the keyring, and gets everything back.
/// let backend = Revealer::backend(&keyring, &policy)?;
/// assert_eq!(backend.reveal::<Appointment>(&row)?, appointment);
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Revealer {
    policy: Policy,
    /// Ascending, as the keys of each epoch are.
    scopes: Vec<Scope>,
    scope_set: ScopeSet,
    epochs: BTreeMap<Epoch, Vec<(Scope, ScopeKey)>>,
    /// Epochs of the keyring that open nothing.
    closed: BTreeMap<Epoch, EpochState>,
}

impl Revealer {
    /// A revealer of all the scopes of a grant.
    ///
    /// # Errors
    ///
    /// [`Error::is_other_schema`] or [`Error::is_other_policy`] where the grant was made for another one.
    pub fn new(grant: &Grant, policy: &Policy) -> Result<Self> {
        if grant.schema != policy.schema().digest() {
            return Err(Error::new(|| Kind::OtherSchema));
        }
        if grant.policy != policy.digest() || &grant.domain != policy.domain() {
            return Err(Error::new(|| Kind::OtherPolicy));
        }
        let mut epochs: BTreeMap<Epoch, Vec<(Scope, ScopeKey)>> = BTreeMap::new();
        for (&(epoch, scope), key) in &grant.keys {
            let key = ScopeKey::new(key, policy.binds_subject_key());
            epochs.entry(epoch).or_default().push((scope, key));
        }
        let scopes = grant.scopes();
        Ok(Self {
            policy: policy.clone(),
            scope_set: scopes.iter().copied().collect(),
            scopes,
            epochs,
            closed: BTreeMap::new(),
        })
    }

    /// The backend's own: a revealer of every scope of the schema, whatever the policy opens.
    ///
    /// # Errors
    ///
    /// None with a keyring that was generated or loaded whole.
    pub fn backend(keyring: &Keyring, policy: &Policy) -> Result<Self> {
        let scopes: Vec<Scope> = policy.schema().scopes().collect();
        Self::of_scopes(keyring, policy, &scopes)
    }

    /// The backend's own for some of the scopes, which tells why an epoch of the keyring opens nothing.
    pub(crate) fn of_scopes(keyring: &Keyring, policy: &Policy, scopes: &[Scope]) -> Result<Self> {
        let revealer = Self::new(&keyring.grant_scopes(policy, scopes), policy)?;
        Ok(Self {
            closed: keyring.closed_epochs(),
            ..revealer
        })
    }

    /// The same without these epochs, which open nothing any more.
    #[cfg(feature = "broker")]
    pub(crate) fn closing(mut self, closed: &BTreeMap<Epoch, EpochState>) -> Self {
        self.epochs.retain(|epoch, _| !closed.contains_key(epoch));
        self.closed.clone_from(closed);
        self
    }

    /// The same for some of its scopes: rows then need no others, and no others are opened.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_opened`] with the [scope](Error::scope) that the grant does not open;
    /// [`Error::is_definition`] where `scopes` is empty.
    pub fn only(mut self, scopes: &[Scope]) -> Result<Self> {
        if scopes.is_empty() {
            return Err(Error::definition(
                "no scope was asked for",
                "name at least one scope",
            ));
        }
        if let Some(&scope) = scopes.iter().find(|scope| !self.scopes.contains(scope)) {
            let error = Error::new(|| Kind::NotOpened { scope });
            let schema = self.policy.schema();
            return Err(error.with_scope_name(|scope| schema.name_of(scope)));
        }
        for keys in self.epochs.values_mut() {
            keys.retain(|(scope, _)| scopes.contains(scope));
        }
        self.scopes.retain(|scope| scopes.contains(scope));
        self.scope_set = self.scopes.iter().copied().collect();
        Ok(self)
    }

    /// The policy of the rows that it reveals.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The scopes that it reveals, ascending.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The same calls for rows that are bound to a record id, a subject key or both.
    pub fn bind<'a>(&'a self, binding: Binding<'a>) -> BoundRevealer<'a> {
        BoundRevealer {
            revealer: self,
            binding,
        }
    }

    /// The fields of its scopes, in a struct or map: text, integers, booleans and JSON as the schema types them. A field
    /// that is null is left out; a field whose name has dots is inside a struct or map for each step.
    ///
    /// # Errors
    ///
    /// Told apart in this order: [`Error::is_misuse`] where the policy binds rows to something that the call does not
    /// state; [`Error::is_other_policy`] where the row is not bound as the policy says; [`Error::is_unknown_epoch`];
    /// [`Error::is_other_schema`] where it holds a scope that the schema lacks;
    /// [`Error::is_missing_scope`]; [`Error::is_wrong_key`]; [`Error::is_tampered`]; [`Error::is_plaintext`];
    /// [`Error::is_target`] where `T` does not fit the fields.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe. The header names no schema or policy: a row that another
    /// policy of the same domain sealed opens, as long as scopes and bindings agree, and a schema that gave a field's
    /// number to another field would name its value wrongly. So numbers are never used again.
    pub fn reveal<T: DeserializeOwned>(&self, protected: &impl AsRef<SealedRecord>) -> Result<T> {
        self.bind(Binding::NONE).reveal(protected)
    }

    /// The value of one cell, which belongs to `row` and `field`; null is an `Option`'s `None`.
    ///
    /// # Errors
    ///
    /// As [`reveal`](Revealer::reveal); also [`Error::is_not_opened`] where the field's scope is not one of its own,
    /// and [`Error::is_misuse`] where the schema does not list the field.
    pub fn reveal_cell<T: DeserializeOwned>(
        &self,
        row: &SealedRow,
        field: &str,
        cell: &SealedCell,
    ) -> Result<T> {
        self.bind(Binding::NONE).reveal_cell(row, field, cell)
    }

    /// The fields of its scopes from the cells of one row, which must all be there.
    ///
    /// # Errors
    ///
    /// As [`reveal`](Revealer::reveal); [`Error::is_missing_scope`] with the [field](Error::field) where a cell of its
    /// scopes is not given; [`Error::is_duplicate_field`] where one is given twice; [`Error::is_misuse`] where the schema
    /// does not list one.
    pub fn reveal_row<'c, T: DeserializeOwned>(
        &self,
        row: &SealedRow,
        cells: impl IntoIterator<Item = (&'c str, &'c SealedCell)>,
    ) -> Result<T> {
        self.bind(Binding::NONE).reveal_row(row, cells)
    }

    pub(super) fn scope_set(&self) -> ScopeSet {
        self.scope_set
    }

    /// What can be refused before any key is derived.
    fn keys(&self, header: &Header, binding: &Binding<'_>) -> Result<&[(Scope, ScopeKey)]> {
        binding.check(self.policy.binds())?;
        check_flags(header.flags, self.policy.binds())?;
        let epoch = header.epoch;
        let unknown = || match self.closed.get(&epoch) {
            Some(EpochState::Disabled) => Kind::EpochDisabled { epoch },
            Some(EpochState::Destroyed) => Kind::EpochDestroyed { epoch },
            _ => Kind::UnknownEpoch { epoch },
        };
        let keys = self.epochs.get(&epoch);
        keys.map(Vec::as_slice).ok_or_else(|| Error::new(unknown))
    }

    pub(super) fn open_record(
        &self,
        row: &SealedRecord,
        binding: &Binding<'_>,
        work: &mut Workspace,
    ) -> Result<()> {
        self.open_groups(row, binding, self.scope_set, work, |_, _, _| Ok(()))
    }

    /// As [`open_record`](Revealer::open_record), asking for `wanted`, some of its scopes; tells `each` of every group that
    /// it opened, in ascending scope, while that is in `work.opened`.
    pub(super) fn open_groups(
        &self,
        row: &SealedRecord,
        binding: &Binding<'_>,
        wanted: ScopeSet,
        work: &mut Workspace,
        mut each: impl FnMut(Scope, Entries, &mut Workspace) -> Result<()>,
    ) -> Result<()> {
        let header = row.header();
        let keys = self.keys(&header, binding)?;
        let schema = self.policy.schema();
        check_scopes(row.scope_set(), schema, wanted)?;
        work.values.begin(schema, row.as_bytes().len());
        work.aad.begin(row.header_bytes(), binding.record_id());
        let mut keys = keys.iter().peekable();
        for group in row.groups() {
            while keys.next_if(|(scope, _)| *scope < group.scope).is_some() {}
            // Each epoch has keys of the same scopes, so that what is skipped was not asked for.
            let Some((scope, key)) = keys.next_if(|(scope, _)| *scope == group.scope) else {
                continue;
            };
            let key = key.derive(&header.nonce, binding.subject_key());
            check_commitment(&key, *scope, group.commitment)?;
            let entries = open_group(&group, &key, schema, work)?;
            each(*scope, entries, work)?;
        }
        Ok(())
    }

    fn row_key(&self, row: &SealedRow, scope: Scope, binding: &Binding<'_>) -> Result<NonceKey> {
        if !self.scope_set.contains(scope) {
            return Err(Error::new(|| Kind::NotOpened { scope }));
        }
        let header = row.header();
        let keys = self.keys(&header, binding)?;
        let schema = self.policy.schema();
        check_scopes(row.scopes().collect(), schema, schema.scope_set())?;
        let Some(commitment) = row.commitment(scope) else {
            unreachable!("the scopes were checked")
        };
        let Some((_, key)) = keys.iter().find(|(key, _)| *key == scope) else {
            unreachable!("every epoch of a grant opens every scope")
        };
        let key = key.derive(&header.nonce, binding.subject_key());
        check_commitment(&key, scope, commitment)?;
        Ok(key)
    }
}

impl std::fmt::Debug for Revealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revealer")
            .field("policy", &self.policy)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A [`Revealer`] for rows that are bound to a record id, a subject key or both.
#[derive(Clone, Copy, Debug)]
pub struct BoundRevealer<'a> {
    revealer: &'a Revealer,
    binding: Binding<'a>,
}

impl BoundRevealer<'_> {
    /// As [`Revealer::reveal`].
    ///
    /// # Errors
    ///
    /// As [`Revealer::reveal`].
    pub fn reveal<T: DeserializeOwned>(&self, protected: &impl AsRef<SealedRecord>) -> Result<T> {
        Workspace::lend(|work| {
            self.revealer
                .open_record(protected.as_ref(), &self.binding, work)?;
            record::deliver(self.revealer.policy.schema(), &work.values)
        })
    }

    /// What `take` makes of the values, each as its text, which are wiped after.
    #[cfg(any(
        feature = "broker",
        feature = "csv",
        feature = "fhir",
        feature = "hl7v2",
        feature = "ndjson"
    ))]
    pub(crate) fn open<R>(
        &self,
        protected: &SealedRecord,
        take: impl FnOnce(&Values) -> R,
    ) -> Result<R> {
        Workspace::lend(|work| {
            self.revealer.open_record(protected, &self.binding, work)?;
            Ok(take(&work.values))
        })
    }

    /// Of the fields of a row those at `fields`, once `note` has let them out, who sees all of its scopes.
    #[cfg(feature = "broker")]
    pub(crate) fn release<T: DeserializeOwned>(
        &self,
        row: &SealedRecord,
        fields: &[usize],
        note: impl FnOnce(&Values) -> Result<()>,
    ) -> Result<T> {
        Workspace::lend(|work| {
            self.revealer.open_record(row, &self.binding, work)?;
            note(&work.values)?;
            work.values.keep(fields);
            record::deliver(self.revealer.policy.schema(), &work.values)
        })
    }

    /// As [`Revealer::reveal_cell`].
    ///
    /// # Errors
    ///
    /// As [`Revealer::reveal_cell`].
    pub fn reveal_cell<T: DeserializeOwned>(
        &self,
        row: &SealedRow,
        field: &str,
        cell: &SealedCell,
    ) -> Result<T> {
        let schema = self.revealer.policy.schema();
        let position = schema.expect_position(field)?;
        let field = &schema.fields()[position];
        let key = self.revealer.row_key(row, field.scope(), &self.binding)?;
        Workspace::lend(|work| {
            work.values.begin(schema, cell.as_bytes().len());
            self.open_cell(row, &key, position, cell, work)?;
            record::deliver_value(field, work.values.get(position))
        })
    }

    /// As [`Revealer::reveal_row`].
    ///
    /// # Errors
    ///
    /// As [`Revealer::reveal_row`].
    pub fn reveal_row<'c, T: DeserializeOwned>(
        &self,
        row: &SealedRow,
        cells: impl IntoIterator<Item = (&'c str, &'c SealedCell)>,
    ) -> Result<T> {
        Workspace::lend(|work| {
            self.open_row(row, cells, work)?;
            record::deliver(self.revealer.policy.schema(), &work.values)
        })
    }

    pub(super) fn open_row<'c>(
        &self,
        row: &SealedRow,
        cells: impl IntoIterator<Item = (&'c str, &'c SealedCell)>,
        work: &mut Workspace,
    ) -> Result<()> {
        let schema = self.revealer.policy.schema();
        let mut given: Vec<Option<&SealedCell>> = vec![None; schema.fields().len()];
        for (field, cell) in cells {
            let position = schema.expect_position(field)?;
            if given[position].replace(cell).is_some() {
                return Err(Error::new(|| Kind::DuplicateField {
                    field: field.to_owned(),
                }));
            }
        }
        let given_bytes = given.iter().flatten().map(|cell| cell.as_bytes().len());
        work.values.begin(schema, given_bytes.sum());
        for group in schema
            .groups()
            .iter()
            .filter(|group| self.revealer.scope_set.contains(group.scope))
        {
            let key = self.revealer.row_key(row, group.scope, &self.binding)?;
            for &position in &group.fields {
                let missing = || Kind::MissingCell {
                    field: schema.fields()[position].name().to_owned(),
                };
                let cell = given[position].ok_or_else(|| Error::new(missing))?;
                self.open_cell(row, &key, position, cell, work)?;
            }
        }
        Ok(())
    }

    fn open_cell(
        &self,
        row: &SealedRow,
        key: &NonceKey,
        position: usize,
        cell: &SealedCell,
        work: &mut Workspace,
    ) -> Result<()> {
        let field = &self.revealer.policy.schema().fields()[position];
        let (scope, number) = (field.scope(), field.id().number());
        work.aad.begin(row.header_bytes(), self.binding.record_id());
        let (ciphertext, tag) = cell.parts();
        let opened = work.opened.begin(ciphertext.len());
        opened.extend_from_slice(ciphertext);
        key.open_cell(number, work.aad.of(scope, number), opened, tag)
            .map_err(|_| {
                Error::new(|| Kind::Tampered {
                    scope,
                    field: Some(field.name().to_owned()),
                })
            })?;
        read_cell(position, field, work.values.take_opened(opened)).map_err(|what| {
            Error::new(|| Kind::Plaintext {
                scope,
                field: Some(field.name().to_owned()),
                what,
            })
        })
    }
}

/// Refuses a row with a scope that the schema lacks, since it was sealed under another schema, or extended; and one that
/// lacks a scope that is wanted.
fn check_scopes(row: ScopeSet, schema: &Schema, wanted: ScopeSet) -> Result<()> {
    if let Some(scope) = row.first_beyond(schema.scope_set()) {
        return Err(Error::new(|| Kind::ForeignScope { scope }));
    }
    match wanted.first_beyond(row) {
        Some(scope) => Err(Error::new(|| Kind::MissingScope { scope })),
        None => Ok(()),
    }
}

fn check_commitment(key: &NonceKey, scope: Scope, commitment: &[u8; COMMITMENT]) -> Result<()> {
    if key.commits_to(commitment) {
        Ok(())
    } else {
        Err(Error::new(|| Kind::WrongKey { scope }))
    }
}

fn open_group(
    group: &Group<'_>,
    key: &NonceKey,
    schema: &Schema,
    work: &mut Workspace,
) -> Result<Entries> {
    let scope = group.scope;
    let opened = work.opened.begin(group.ciphertext.len());
    opened.extend_from_slice(group.ciphertext);
    key.open(work.aad.of(scope, 0), opened, group.tag)
        .map_err(|_| Error::new(|| Kind::Tampered { scope, field: None }))?;
    read_group(scope, schema, work.values.take_opened(opened)).map_err(|what| {
        Error::new(|| Kind::Plaintext {
            scope,
            field: None,
            what,
        })
    })
}

/// Reads (field ‖ len ‖ value)* and the zeros behind them.
fn read_group(
    scope: Scope,
    schema: &Schema,
    mut opened: Opened<'_, '_>,
) -> std::result::Result<Entries, &'static str> {
    let bytes = opened.bytes();
    let mut at = 0;
    let mut last = 0;
    let mut unknown = false;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0] == 0 {
            if is_zero(rest) {
                break;
            }
            return Err("its padding is not zero");
        }
        let &[number, high, low, ..] = rest else {
            return Err("an entry overruns it");
        };
        if number <= last {
            return Err("its fields are not ascending");
        }
        last = number;
        let value = at + VALUE_HEAD;
        let next = value + usize::from(u16::from_be_bytes([high, low]));
        if next > bytes.len() {
            return Err("an entry overruns it");
        }
        // Writers may be a version ahead: a field that the schema does not know is skipped. One of another scope is
        // refused: whoever has this scope's key must not write that one.
        if let Some(position) = schema.position_of_id(number) {
            let field = &schema.fields()[position];
            if field.scope() != scope {
                return Err("it holds a field of another scope");
            }
            opened.set(position, field, value..next)?;
        } else {
            unknown = true;
        }
        at = next;
    }
    Ok(Entries { used: at, unknown })
}

/// Looks at all of it, which is quicker than to stop early.
fn is_zero(padding: &[u8]) -> bool {
    padding.iter().fold(0, |any, byte| any | byte) == 0
}

/// Reads len ‖ value and the zeros behind them.
fn read_cell(
    position: usize,
    field: &Field,
    mut opened: Opened<'_, '_>,
) -> std::result::Result<(), &'static str> {
    let &[high, low, ref rest @ ..] = opened.bytes() else {
        return Err("it is cut");
    };
    let length = u16::from_be_bytes([high, low]);
    let used = if length == NULL_LENGTH {
        0
    } else {
        usize::from(length)
    };
    let Some((_, padding)) = rest.split_at_checked(used) else {
        return Err("its value overruns it");
    };
    if !is_zero(padding) {
        return Err("its padding is not zero");
    }
    if length == NULL_LENGTH {
        return Ok(());
    }
    opened.set(position, field, CELL_HEAD..CELL_HEAD + used)
}
