//! The backend's keys: the roots of every epoch and generation, and how they come and go.

use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, civil::Date};
use serde::Serialize;

use super::tree;
use crate::{
    crypto::entropy,
    error::{Error, Kind, Result},
    id::{Domain, Epoch, Generation, Scope},
    secret::{KEY_STACK, Secret, wiping_stack},
};

/// The roots from which every key is derived: one an epoch for sealing, one a generation for pseudonyms, and one for the
/// log of a broker.
///
/// The newest epoch is active: [`Protector`](crate::Protector)s seal under it. Linkage roots are independent, so that a new
/// epoch leaves pseudonyms as they are.
///
/// # The life of an epoch
///
/// | state | seals | opens | becomes |
/// |---|---|---|---|
/// | active, one | yes | yes | decrypt-only, by [`start_epoch`](Keyring::start_epoch) |
/// | decrypt-only | no | yes | disabled, by [`disable_epoch`](Keyring::disable_epoch); destroyed |
/// | disabled | no | no | decrypt-only, by [`enable_epoch`](Keyring::enable_epoch); destroyed |
/// | destroyed | no | no | nothing: its root is gone, and its number is not given again |
///
/// After each change save the keyring, by `Keyring::update` in the place of the old one; make each
/// [`Protector`](crate::Protector) and [`Revealer`](crate::Revealer) anew; and issue each connector a new grant: its old one
/// does not open a new epoch, and goes on opening one that was disabled or destroyed. Rows move to the active epoch by a
/// [`Resealer`](crate::Resealer).
///
/// # Security
///
/// A keyring opens everything: keep it in the backend and give connectors [`Grant`](crate::Grant)s. It is wiped on
/// drop, and neither printed, cloned nor serialised.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Epoch, EpochState, Keyring};
///
/// let today = Date::constant(2026, 11, 24);
/// let mut keyring = Keyring::generate()?;
/// assert_eq!(keyring.active_epoch(), Epoch::FIRST);
///
/// let second = keyring.start_epoch(today)?;
/// assert_eq!(keyring.active_epoch(), second);
/// assert_eq!(keyring.epoch(Epoch::FIRST).map(|first| first.state), Some(EpochState::DecryptOnly));
///
/// // Two years after the last row was sealed under it, all of its rows are to be erased.
/// assert_eq!(keyring.due_for_erasure(Date::constant(2028, 11, 25), 730), [Epoch::FIRST]);
/// keyring.destroy_epoch(Epoch::FIRST)?;
/// assert!(keyring.destroy_epoch(second).unwrap_err().is_misuse());
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Keyring {
    /// Not empty; the last one is active.
    pub(crate) sealing: BTreeMap<Epoch, SealingEpoch>,
    /// Not empty; new pseudonyms are of the last one.
    pub(crate) linkage: BTreeMap<Generation, Secret<32>>,
    /// For the log of a broker.
    #[cfg_attr(not(feature = "key-file"), allow(dead_code))]
    pub(crate) log: Secret<32>,
}

/// A hundred years of months; a grant of all 52 scopes for each still counts its keys in 16 bits.
pub(crate) const MAX_EPOCHS: usize = 1_200;

/// One epoch's root, and when it seals.
pub(crate) struct SealingEpoch {
    pub(crate) root: Root,
    pub(crate) since: Option<Date>,
    pub(crate) not_after: Option<Date>,
}

/// What is left of an epoch's root.
pub(crate) enum Root {
    Enabled(Secret<32>),
    Disabled(Secret<32>),
    Destroyed,
}

/// What an epoch's key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpochState {
    /// Seals new rows, and opens them. One epoch is.
    Active,
    /// Opens the rows that it sealed.
    DecryptOnly,
    /// Opens nothing until it is enabled again.
    Disabled,
    /// Is gone: what was sealed under it does not open again.
    Destroyed,
}

impl fmt::Display for EpochState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt-only",
            Self::Disabled => "disabled",
            Self::Destroyed => "destroyed",
        })
    }
}

/// One epoch of a keyring, without its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EpochInfo {
    /// Its number.
    pub epoch: Epoch,
    /// What its key does.
    pub state: EpochState,
    /// The day it became active, where that is known.
    pub since: Option<Date>,
    /// The last day on which it seals, or sealed; `None` where no end was set.
    pub not_after: Option<Date>,
}

impl Keyring {
    /// A new keyring with one epoch and one generation, from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        Ok(Self {
            sealing: BTreeMap::from([(Epoch::FIRST, SealingEpoch::new(random_root()?))]),
            linkage: BTreeMap::from([(Generation::FIRST, random_root()?)]),
            log: random_root()?,
        })
    }

    /// Adds an epoch and makes it the active one; returns it. The one before goes on opening, and `today` is its last day.
    ///
    /// Protectors made before go on sealing under the epoch that was active then: make them anew on this day, since
    /// [`due_for_erasure`](Keyring::due_for_erasure) counts from it.
    ///
    /// # Errors
    ///
    /// [`Error::is_clock`] where `today` is before the day on which the active epoch began; [`Error::is_io`] where the system
    /// gives no random bytes; [`Error::is_misuse`] where the keyring has had 1,200 epochs, a hundred years of months.
    ///
    /// # Security
    ///
    /// Each row shows its epoch, and so about when it was written: let one last at least 30 days, but after an incident.
    pub fn start_epoch(&mut self, today: Date) -> Result<Epoch> {
        if self.sealing.len() >= MAX_EPOCHS {
            return Err(Error::new(|| Kind::EpochsExhausted));
        }
        let epoch = self.active_epoch().next()?;
        let mut started = SealingEpoch::new(random_root()?);
        started.since = Some(today);
        let before = self.newest_mut();
        if let Some(since) = before.since.filter(|&since| today < since) {
            return Err(Error::new(|| Kind::ClockBeforeEpoch { since }));
        }
        // It may have sealed until now, whatever day was set: what is erased by retention must not be younger.
        before.not_after = Some(today);
        self.sealing.insert(epoch, started);
        Ok(epoch)
    }

    /// Sets the last day on which the active epoch seals, which [`check_active`](Keyring::check_active) goes by.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where that is before the day on which it began.
    pub fn end_active_epoch(&mut self, not_after: Date) -> Result<()> {
        let active = self.newest_mut();
        if active.since.is_some_and(|since| not_after < since) {
            return Err(Error::definition(
                "the epoch's last day is before its first",
                "give a day on or after the one on which it became active",
            ));
        }
        active.not_after = Some(not_after);
        Ok(())
    }

    /// Refuses to seal after the active epoch's last day: call it where protectors are made. An epoch without one does not end.
    ///
    /// # Errors
    ///
    /// [`Error::is_ended`] where `today` is after that day; [`Error::is_clock`] where it is before the day on which the epoch
    /// began.
    pub fn check_active(&self, today: Date) -> Result<()> {
        let active = self.active();
        if let Some(since) = active.since.filter(|&since| today < since) {
            return Err(Error::new(|| Kind::ClockBeforeEpoch { since }));
        }
        match active.not_after {
            Some(not_after) if not_after < today => Err(Error::new(|| Kind::EpochEnded {
                epoch: active.epoch,
                not_after,
            })),
            _ => Ok(()),
        }
    }

    /// Keeps an epoch from opening anything until it is [enabled](Keyring::enable_epoch) again.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] for the active epoch; [`Error::is_unknown_epoch`] for one that the keyring does not have, or that
    /// was destroyed.
    pub fn disable_epoch(&mut self, epoch: Epoch) -> Result<()> {
        self.retired_root(epoch)?.change(Root::Disabled);
        Ok(())
    }

    /// Lets an epoch open again what it sealed, after it was [disabled](Keyring::disable_epoch).
    ///
    /// # Errors
    ///
    /// As [`disable_epoch`](Keyring::disable_epoch).
    pub fn enable_epoch(&mut self, epoch: Epoch) -> Result<()> {
        self.retired_root(epoch)?.change(Root::Enabled);
        Ok(())
    }

    /// Wipes the root of an epoch, which erases what was sealed under it: the way to erase rows by a retention window, in
    /// backups of them too. So are requesters and reasons in a broker's log of that time. Returns what it does not erase.
    ///
    /// # Errors
    ///
    /// As [`disable_epoch`](Keyring::disable_epoch).
    ///
    /// # Security
    ///
    /// The rows are erased once no copy of the root is left: save the keyring in the place of the old one, and destroy
    /// the [copies](Remains) of it.
    pub fn destroy_epoch(&mut self, epoch: Epoch) -> Result<Remains> {
        *self.retired_root(epoch)? = Root::Destroyed;
        Ok(Remains { epoch })
    }

    /// The epochs that have sealed nothing for more than `retention` days on `today`, and are not destroyed: with them goes
    /// what is older than that. Ascending. An epoch without a last day is not among them.
    pub fn due_for_erasure(&self, today: Date, retention: u32) -> Vec<Epoch> {
        let retention = SignedDuration::from_hours(24 * i64::from(retention));
        let is_due = |info: &EpochInfo| {
            let kept_until = info.not_after.map(|end| end.saturating_add(retention));
            let is_kept = matches!(info.state, EpochState::DecryptOnly | EpochState::Disabled);
            is_kept && kept_until.is_some_and(|day| day < today)
        };
        self.epoch_infos()
            .filter(is_due)
            .map(|info| info.epoch)
            .collect()
    }

    /// The epoch that new rows are sealed under.
    pub fn active_epoch(&self) -> Epoch {
        match self.sealing.last_key_value() {
            Some((&epoch, _)) => epoch,
            None => unreachable!("a keyring has an epoch"),
        }
    }

    /// All that is known of the active epoch.
    pub(crate) fn active(&self) -> EpochInfo {
        self.info(self.active_epoch(), self.newest())
    }

    /// Every epoch that the keyring opens, ascending.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> {
        self.enabled().map(|(epoch, _)| epoch)
    }

    /// All that is known of an epoch; `None` where the keyring has not had it.
    pub fn epoch(&self, epoch: Epoch) -> Option<EpochInfo> {
        self.sealing.get(&epoch).map(|one| self.info(epoch, one))
    }

    /// The same of every epoch that the keyring has had, ascending.
    pub fn epoch_infos(&self) -> impl Iterator<Item = EpochInfo> {
        self.sealing
            .iter()
            .map(|(&epoch, one)| self.info(epoch, one))
    }

    /// Adds a linkage generation; returns it. New pseudonyms, indexes and stand-ins are of it.
    ///
    /// Meanwhile rows of both are there: [`Query`](crate::Query) gives what to look for under each, and a
    /// [`Resealer`](crate::Resealer) moves rows to the new one.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the system gives no random bytes; [`Error::is_misuse`] where the keyring holds 1,200.
    pub fn start_generation(&mut self) -> Result<Generation> {
        if self.linkage.len() >= MAX_EPOCHS {
            return Err(Error::new(|| Kind::GenerationsExhausted));
        }
        let generation = self.generation().next()?;
        self.linkage.insert(generation, random_root()?);
        Ok(generation)
    }

    /// Wipes the root of a linkage generation: what it made can be neither looked for nor turned back any more.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] for the one that new pseudonyms are of, and for one that the keyring does not hold.
    pub fn destroy_generation(&mut self, generation: Generation) -> Result<()> {
        if generation == self.generation() {
            return Err(Error::new(|| Kind::GenerationLive { generation }));
        }
        match self.linkage.remove(&generation) {
            Some(_) => Ok(()),
            None => Err(Error::new(|| Kind::UnknownGeneration { generation })),
        }
    }

    /// The generation that new pseudonyms are made under: keep it beside their column.
    pub fn generation(&self) -> Generation {
        match self.linkage.last_key_value() {
            Some((&generation, _)) => generation,
            None => unreachable!("a keyring has a generation"),
        }
    }

    /// Every generation whose pseudonyms can be looked for, ascending.
    pub fn generations(&self) -> impl Iterator<Item = Generation> {
        self.linkage.keys().copied()
    }

    /// The root of an epoch that opens.
    ///
    /// # Errors
    ///
    /// [`Error::is_unknown_epoch`], told apart by its [code](Error::code): not there, disabled, destroyed.
    pub(crate) fn root(&self, epoch: Epoch) -> Result<&Secret<32>> {
        match self.sealing.get(&epoch).map(|one| &one.root) {
            Some(Root::Enabled(key)) => Ok(key),
            Some(Root::Disabled(_)) => Err(Error::new(|| Kind::EpochDisabled { epoch })),
            Some(Root::Destroyed) => Err(Error::new(|| Kind::EpochDestroyed { epoch })),
            None => Err(Error::new(|| Kind::UnknownEpoch { epoch })),
        }
    }

    /// The root of an epoch that was not destroyed.
    pub(crate) fn kept_root(&self, epoch: Epoch) -> Result<&Secret<32>> {
        match self.sealing.get(&epoch).map(|one| &one.root) {
            Some(Root::Disabled(key)) => Ok(key),
            _ => self.root(epoch),
        }
    }

    /// The epochs that open nothing, and why.
    pub(crate) fn closed_epochs(&self) -> BTreeMap<Epoch, EpochState> {
        self.epoch_infos()
            .filter(|info| matches!(info.state, EpochState::Disabled | EpochState::Destroyed))
            .map(|info| (info.epoch, info.state))
            .collect()
    }

    /// Kdomain of these scopes in every epoch that opens.
    pub(crate) fn domain_keys(
        &self,
        scopes: &[Scope],
        domain: &Domain,
    ) -> BTreeMap<(Epoch, Scope), Secret<32>> {
        let derive = |(epoch, root): (Epoch, &Secret<32>), scope| {
            (
                (epoch, scope),
                tree::domain_key(&tree::scope_key(root, scope), domain),
            )
        };
        let of_epoch = |root| scopes.iter().map(move |&scope| derive(root, scope));
        wiping_stack::<KEY_STACK, _>(|| self.enabled().flat_map(of_epoch).collect())
    }

    /// Kdomain of the active epoch.
    pub(crate) fn domain_key(&self, scope: Scope, domain: &Domain) -> Secret<32> {
        match &self.newest().root {
            Root::Enabled(root) => wiping_stack::<KEY_STACK, _>(|| {
                tree::domain_key(&tree::scope_key(root, scope), domain)
            }),
            Root::Disabled(_) | Root::Destroyed => unreachable!("the active epoch has a root"),
        }
    }

    /// Ldomain of every generation, ascending.
    pub(crate) fn linkage_keys(
        &self,
        domain: &Domain,
    ) -> impl Iterator<Item = (Generation, Secret<32>)> {
        self.linkage.iter().map(|(&generation, root)| {
            let key = wiping_stack::<KEY_STACK, _>(|| tree::linkage_key(root, domain));
            (generation, key)
        })
    }

    /// Ldomain of the generation that new pseudonyms are of.
    pub(crate) fn linkage_key(&self, domain: &Domain) -> Secret<32> {
        match self.linkage.last_key_value() {
            Some((_, root)) => wiping_stack::<KEY_STACK, _>(|| tree::linkage_key(root, domain)),
            None => unreachable!("a keyring has a generation"),
        }
    }

    fn enabled(&self) -> impl Iterator<Item = (Epoch, &Secret<32>)> {
        self.sealing
            .iter()
            .filter_map(|(&epoch, one)| match &one.root {
                Root::Enabled(key) => Some((epoch, key)),
                Root::Disabled(_) | Root::Destroyed => None,
            })
    }

    fn info(&self, epoch: Epoch, one: &SealingEpoch) -> EpochInfo {
        EpochInfo {
            epoch,
            state: match one.root {
                Root::Enabled(_) if epoch == self.active_epoch() => EpochState::Active,
                Root::Enabled(_) => EpochState::DecryptOnly,
                Root::Disabled(_) => EpochState::Disabled,
                Root::Destroyed => EpochState::Destroyed,
            },
            since: one.since,
            not_after: one.not_after,
        }
    }

    fn newest(&self) -> &SealingEpoch {
        match self.sealing.last_key_value() {
            Some((_, newest)) => newest,
            None => unreachable!("a keyring has an epoch"),
        }
    }

    fn newest_mut(&mut self) -> &mut SealingEpoch {
        match self.sealing.last_entry() {
            Some(newest) => newest.into_mut(),
            None => unreachable!("a keyring has an epoch"),
        }
    }

    /// The root of an epoch that is neither active nor destroyed.
    fn retired_root(&mut self, epoch: Epoch) -> Result<&mut Root> {
        if epoch == self.active_epoch() {
            return Err(Error::new(|| Kind::EpochActive { epoch }));
        }
        match self.sealing.get_mut(&epoch).map(|one| &mut one.root) {
            Some(Root::Destroyed) => Err(Error::new(|| Kind::EpochDestroyed { epoch })),
            Some(root) => Ok(root),
            None => Err(Error::new(|| Kind::UnknownEpoch { epoch })),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("epochs", &self.sealing.keys())
            .field("active", &self.active_epoch())
            .field("generations", &self.linkage.keys())
            .finish_non_exhaustive()
    }
}

impl Root {
    /// Makes `to` of the key, where there is one.
    fn change(&mut self, to: impl FnOnce(Secret<32>) -> Self) {
        *self = match std::mem::replace(self, Self::Destroyed) {
            Self::Enabled(key) | Self::Disabled(key) => to(key),
            Self::Destroyed => Self::Destroyed,
        };
    }
}

impl SealingEpoch {
    /// One that opens, of which no day is known.
    pub(crate) fn new(root: Secret<32>) -> Self {
        Self {
            root: Root::Enabled(root),
            since: None,
            not_after: None,
        }
    }
}

/// What destroying an epoch does not erase; its text says so to whoever answers for the erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains {
    epoch: Epoch,
}

impl Remains {
    /// The epoch that was destroyed.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = self.epoch;
        write!(
            f,
            "what was sealed under epoch {epoch} opens no more by this keyring: rows, and in a broker's log who asked and why.\n\
             What remains, until it is destroyed too:\n\
             - copies of the keyring from before, in backups and on other machines\n\
             - grants that were issued while it opened, and shares of them\n\
             - what rows show beside their seals: shown fields, pseudonyms and indexes, which no epoch bears on\n\
             - rows that were resealed to another epoch, and what was revealed of them before"
        )
    }
}

fn random_root() -> Result<Secret<32>> {
    Secret::try_fill(|bytes| entropy::fill(bytes))
}
