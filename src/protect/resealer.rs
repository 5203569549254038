//! From a protected record to the same one under the active epoch.

use super::{
    binding::Binding,
    draft::too_wide,
    protected::{Protected, ProtectedRow},
    protector::{KeyUse, Protector},
    revealer::Revealer,
    workspace::Workspace,
};
use crate::{
    crypto::aead::Nonce,
    error::Result,
    id::{Epoch, ScopeSet},
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    wire::{SealedCell, SealedRecord, SealedRow},
};

/// Seals the rows of one domain anew, under the epoch that was active when it was made, so that an older one is no longer
/// needed for them. What they show is made anew under the generation that was live then.
///
/// For the backend, which has the keyring. `Send` and `Sync`: make one a policy, share it in an
/// [`Arc`](std::sync::Arc), and make it anew after [`Keyring::start_epoch`]. [`SealedRecord::stale`] tells without keys
/// which rows want it. What a row is bound to stays: state it by [`bind`](Resealer::bind).
///
/// Each value keeps its bytes. A field that the schema does not know is kept too, so that writers may be a version ahead.
/// A group of the record gets the width that the schema gives it, or, where it holds such a field, keeps its own length,
/// which is that of its writer's schema.
///
/// # Security
///
/// Values never leave it, and what it opens is wiped. Each call draws a new nonce, and never takes one from a row.
///
/// Under an older schema than the writer's, the length of a row tells whether a field that this schema does not know is
/// there or null: reseal under the newest schema where rows lie with others.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Date, Keyring, Policy, Protector, Resealer, Revealer, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let mut keyring = Keyring::generate()?;
/// let appointment = Appointment { start: "2020-07-21T09:30:00+02:00".to_owned(), ..Appointment::default() };
/// let row = Protector::new(&keyring, &checked)?.protect(&appointment)?;
///
/// let second = keyring.start_epoch(paravent::Date::constant(2026, 11, 24))?;
/// assert!(row.sealed().stale(second));
///
/// let resealed = Resealer::new(&keyring, &checked)?.reseal(&row)?;
/// assert_eq!(resealed.sealed().epoch(), second);
/// assert_eq!(Revealer::backend(&keyring, &policy)?.reveal::<Appointment>(&resealed)?, appointment);
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Debug)]
pub struct Resealer {
    pub(super) protector: Protector,
    pub(super) revealer: Revealer,
}

impl Resealer {
    /// A resealer for the policy's domain, from every epoch of the keyring to the active one and its live generation.
    ///
    /// # Errors
    ///
    /// As [`Protector::new`].
    pub fn new(keyring: &Keyring, policy: &CheckedPolicy) -> Result<Self> {
        Ok(Self {
            protector: Protector::new(keyring, policy)?,
            revealer: Revealer::backend(keyring, policy.policy())?,
        })
    }

    /// The policy it reseals by.
    pub fn policy(&self) -> &Policy {
        self.protector.policy()
    }

    /// The epoch it seals under.
    pub fn epoch(&self) -> Epoch {
        self.protector.epoch()
    }

    /// The same where the keys of the active epoch have sealed so many rows before, as [`Protector::after_seals`].
    #[must_use]
    pub fn after_seals(self, rows: u64) -> Self {
        Self {
            protector: self.protector.after_seals(rows),
            ..self
        }
    }

    /// How much the keys of the active epoch have sealed, as [`Protector::key_use`].
    pub fn key_use(&self) -> KeyUse {
        self.protector.key_use()
    }

    /// The same calls for rows that are bound to a record id, a subject key or both, and stay so.
    pub fn bind<'a>(&'a self, binding: Binding<'a>) -> BoundResealer<'a> {
        BoundResealer {
            resealer: self,
            binding,
        }
    }

    /// The record sealed anew, whatever its epoch, and beside it all that the policy shows, made anew. What was shown
    /// beside it before is not looked at.
    ///
    /// # Errors
    ///
    /// The row needs every scope of the schema, and the errors of [`Revealer::reveal`] tell what is wrong with it; then
    /// [`Error::is_too_wide`](crate::Error::is_too_wide) with the [field](crate::Error::field) that a schema with wider
    /// fields took; [`Error::is_record`](crate::Error::is_record) where what is shown cannot be made of the record;
    /// [`Error::is_io`](crate::Error::is_io) where the system gives no random bytes.
    pub fn reseal(&self, row: &impl AsRef<SealedRecord>) -> Result<Protected> {
        self.bind(Binding::NONE).reseal(row)
    }

    /// As [`reseal`](Resealer::reseal), into a protected record that is there already, as
    /// [`Protector::protect_into`] does. After an error `protected` is unchanged.
    ///
    /// # Errors
    ///
    /// As [`reseal`](Resealer::reseal).
    pub fn reseal_into(
        &self,
        row: &impl AsRef<SealedRecord>,
        protected: &mut Protected,
    ) -> Result<()> {
        self.bind(Binding::NONE).reseal_into(row, protected)
    }

    /// The sealed part alone, sealed anew, with the groups that are there: a record from which scopes are withheld stays
    /// so. What is shown beside it is not touched, and stays that of its generation.
    ///
    /// # Errors
    ///
    /// As [`reseal`](Resealer::reseal), but for scopes that are not there and for what is shown.
    ///
    /// # Security
    ///
    /// Give it to the one recipient that has the cut: see [`SealedRecord::withhold`].
    pub fn reseal_sealed(&self, row: &SealedRecord) -> Result<SealedRecord> {
        self.bind(Binding::NONE).reseal_sealed(row)
    }

    /// The row sealed anew from all its cells, in the row profile, and beside it all that the policy shows, made anew.
    ///
    /// A cell stands in a column that only its schema names, so that none is kept whose field this schema does not list:
    /// reseal such rows under the newest schema.
    ///
    /// # Errors
    ///
    /// As [`reseal`](Resealer::reseal), with those of [`Revealer::reveal_row`].
    pub fn reseal_row<'c>(
        &self,
        row: &SealedRow,
        cells: impl IntoIterator<Item = (&'c str, &'c SealedCell)>,
    ) -> Result<ProtectedRow> {
        self.bind(Binding::NONE).reseal_row(row, cells)
    }

    /// Opens a record of the scopes `wanted`, and lays out what its groups held for being sealed.
    pub(super) fn lay_out(
        &self,
        row: &SealedRecord,
        binding: &Binding<'_>,
        wanted: ScopeSet,
        work: &mut Workspace,
    ) -> Result<()> {
        let schema = self.policy().schema();
        work.layout.begin(row, schema);
        self.revealer
            .open_groups(row, binding, wanted, work, |scope, entries, work| {
                let mut fields = schema.fields().iter().enumerate();
                let is_wider = |position, width| {
                    let value = work.values.get(position);
                    value.is_some_and(|value| value.len() > width)
                };
                if let Some((_, field)) = fields.find(|(position, field)| {
                    field.scope() == scope && is_wider(*position, field.width())
                }) {
                    return Err(too_wide(field));
                }
                work.layout
                    .push(scope, entries, work.opened.bytes(), schema);
                Ok(())
            })
    }
}

/// A [`Resealer`] for rows that are bound to a record id, a subject key or both.
#[derive(Clone, Copy, Debug)]
pub struct BoundResealer<'a> {
    resealer: &'a Resealer,
    binding: Binding<'a>,
}

impl BoundResealer<'_> {
    /// As [`Resealer::reseal`].
    ///
    /// # Errors
    ///
    /// As [`Resealer::reseal`].
    pub fn reseal(&self, row: &impl AsRef<SealedRecord>) -> Result<Protected> {
        let mut protected = Protected::empty();
        self.reseal_into(row, &mut protected)?;
        Ok(protected)
    }

    /// As [`Resealer::reseal_into`].
    ///
    /// # Errors
    ///
    /// As [`Resealer::reseal`].
    pub fn reseal_into(
        &self,
        row: &impl AsRef<SealedRecord>,
        protected: &mut Protected,
    ) -> Result<()> {
        let Self { resealer, binding } = self;
        let schema = resealer.policy().schema();
        let protector = &resealer.protector;
        Workspace::lend(|work| {
            resealer.lay_out(row.as_ref(), binding, schema.scope_set(), work)?;
            work.draft.keep_values(schema, &work.values)?;
            let mut nonce = Nonce::default();
            protector.make(binding, work, &mut nonce)?;
            protector.fill(&mut protected.face, work);
            protector.seal_layout(&nonce, binding, work, &mut protected.sealed);
            Ok(())
        })
    }

    /// As [`Resealer::reseal_sealed`].
    ///
    /// # Errors
    ///
    /// As [`Resealer::reseal_sealed`].
    pub fn reseal_sealed(&self, row: &SealedRecord) -> Result<SealedRecord> {
        let Self { resealer, binding } = self;
        Workspace::lend(|work| {
            resealer.lay_out(row, binding, row.scope_set(), work)?;
            let mut nonce = Nonce::default();
            resealer.protector.draw(&mut nonce)?;
            let mut sealed = SealedRecord::empty();
            resealer
                .protector
                .seal_layout(&nonce, binding, work, &mut sealed);
            Ok(sealed)
        })
    }

    /// As [`Resealer::reseal_row`].
    ///
    /// # Errors
    ///
    /// As [`Resealer::reseal_row`].
    pub fn reseal_row<'c>(
        &self,
        row: &SealedRow,
        cells: impl IntoIterator<Item = (&'c str, &'c SealedCell)>,
    ) -> Result<ProtectedRow> {
        let Self { resealer, binding } = self;
        let protector = &resealer.protector;
        Workspace::lend(|work| {
            resealer
                .revealer
                .bind(*binding)
                .open_row(row, cells, work)?;
            work.draft
                .keep_values(resealer.policy().schema(), &work.values)?;
            let mut nonce = Nonce::default();
            protector.make(binding, work, &mut nonce)?;
            Ok(protector.finish_row(&nonce, binding, work))
        })
    }
}
