//! The backend's keys: the roots of every epoch and generation.

use std::{collections::BTreeMap, fmt};

use super::tree;
use crate::{
    crypto::entropy,
    error::{Error, Kind, Result},
    id::{Domain, Epoch, Generation, Scope},
    secret::{KEY_STACK, Secret, wiping_stack},
};

/// The roots from which every key is derived: one an epoch for sealing, one a generation for pseudonyms.
///
/// Exactly one epoch is active: [`Protector`](crate::Protector)s seal under it. The others open what they
/// sealed. Linkage roots are independent, so that a new epoch leaves pseudonyms as they are.
///
/// # A new epoch
///
/// After [`start_epoch`](Keyring::start_epoch), save the keyring under a new path and then put it in the place of the old
/// one: a key file is never overwritten, since a keyring that is lost is data that is lost. Make each
/// [`Protector`](crate::Protector) and [`Revealer`](crate::Revealer) anew, and issue each connector a new grant: its old
/// one does not open the new epoch. Retiring epochs, resealing and new generations are not part of this release.
///
/// # Security
///
/// A keyring opens everything: keep it in the backend and give connectors [`Grant`](crate::Grant)s. It is wiped on
/// drop, and neither printed, cloned nor serialised.
///
/// # Examples
///
/// ```
/// use paravent::{Epoch, Keyring};
///
/// let mut keyring = Keyring::generate()?;
/// assert_eq!(keyring.active_epoch(), Epoch::FIRST);
/// let second = keyring.start_epoch()?;
/// assert_eq!(keyring.active_epoch(), second);
/// assert_eq!(keyring.epochs().count(), 2);
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Keyring {
    pub(crate) sealing: BTreeMap<Epoch, Secret<32>>,
    pub(crate) active: Epoch,
    pub(crate) linkage: BTreeMap<Generation, Secret<32>>,
    pub(crate) generation: Generation,
    /// The root of the broker's log.
    #[cfg_attr(not(feature = "broker"), allow(dead_code))]
    pub(crate) log: Secret<32>,
}

/// A hundred years of months; a grant of all 52 scopes for each still counts its keys in 16 bits.
pub(crate) const MAX_EPOCHS: usize = 1_200;

impl Keyring {
    /// A new keyring with one epoch and one generation, from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        Ok(Self {
            sealing: BTreeMap::from([(Epoch::FIRST, random_root()?)]),
            active: Epoch::FIRST,
            linkage: BTreeMap::from([(Generation::FIRST, random_root()?)]),
            generation: Generation::FIRST,
            log: random_root()?,
        })
    }

    /// Adds an epoch and makes it the active one; returns it.
    ///
    /// Protectors made before go on sealing under the epoch that was active then.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the system gives no random bytes; [`Error::is_misuse`] where the keyring holds 1,200 epochs,
    /// a hundred years of months.
    pub fn start_epoch(&mut self) -> Result<Epoch> {
        if self.sealing.len() >= MAX_EPOCHS {
            return Err(Error::new(|| Kind::EpochsExhausted));
        }
        let last = self
            .sealing
            .last_key_value()
            .map_or(self.active, |(epoch, _)| *epoch);
        let epoch = last.next()?;
        self.sealing.insert(epoch, random_root()?);
        self.active = epoch;
        Ok(epoch)
    }

    /// The epoch that new rows are sealed under.
    pub fn active_epoch(&self) -> Epoch {
        self.active
    }

    /// Every epoch that the keyring opens, ascending.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> {
        self.sealing.keys().copied()
    }

    /// The generation that pseudonyms are made under: keep it beside their column.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Kdomain of these scopes in every epoch.
    pub(crate) fn domain_keys(
        &self,
        scopes: &[Scope],
        domain: &Domain,
    ) -> BTreeMap<(Epoch, Scope), Secret<32>> {
        let derive = |(&epoch, root): (&Epoch, &Secret<32>), scope| {
            (
                (epoch, scope),
                tree::domain_key(&tree::scope_key(root, scope), domain),
            )
        };
        let of_epoch = |root| scopes.iter().map(move |&scope| derive(root, scope));
        wiping_stack::<KEY_STACK, _>(|| self.sealing.iter().flat_map(of_epoch).collect())
    }

    /// Kdomain of the active epoch.
    pub(crate) fn domain_key(&self, scope: Scope, domain: &Domain) -> Secret<32> {
        match self.sealing.get(&self.active) {
            Some(root) => wiping_stack::<KEY_STACK, _>(|| {
                tree::domain_key(&tree::scope_key(root, scope), domain)
            }),
            None => unreachable!("the active epoch has a root"),
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

    /// Ldomain of the live generation.
    pub(crate) fn linkage_key(&self, domain: &Domain) -> Secret<32> {
        match self.linkage.get(&self.generation) {
            Some(root) => wiping_stack::<KEY_STACK, _>(|| tree::linkage_key(root, domain)),
            None => unreachable!("the live generation has a root"),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("epochs", &self.sealing.keys())
            .field("active", &self.active)
            .field("generations", &self.linkage.keys())
            .finish_non_exhaustive()
    }
}

fn random_root() -> Result<Secret<32>> {
    Secret::try_fill(|bytes| entropy::fill(bytes))
}
