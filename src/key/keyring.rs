//! The backend's keys: the roots of every epoch and generation.

use std::{collections::BTreeMap, fmt};

use super::{Grant, tree};
use crate::{
    crypto::entropy,
    error::{Error, Kind, Result},
    id::{Domain, Epoch, Generation, Scope},
    policy::Policy,
    secret::Secret,
};

/// The roots from which every key is derived: one an epoch for sealing, one a generation for pseudonyms.
///
/// Exactly one epoch is active: [`Protector`](crate::Protector)s seal under it. The others open what they
/// sealed. Linkage roots are independent, so that a new epoch leaves pseudonyms as they are.
///
/// # Security
///
/// A keyring opens everything: keep it in the backend and give connectors [`Grant`]s. It is wiped on
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
}

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
        })
    }

    /// Adds an epoch and makes it the active one; returns it.
    ///
    /// Protectors made before go on sealing under the epoch that was active then.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the system gives no random bytes.
    pub fn start_epoch(&mut self) -> Result<Epoch> {
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

    /// The grant of a policy: for every epoch, the keys of the scopes that the policy opens to its domain.
    ///
    /// A grant derives no other scope's, domain's or epoch's key, and no linkage key: it makes no pseudonyms.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy opens no scope.
    pub fn grant(&self, policy: &Policy) -> Result<Grant> {
        if policy.opens().is_empty() {
            return Err(Error::definition(
                "the policy opens no scope, so there is nothing to grant",
                "list the scopes under `opens`, or issue no grant",
            ));
        }
        Ok(self.grant_scopes(policy, policy.opens()))
    }

    /// A grant to the given scopes, whatever the policy opens: for the backend's own revealers.
    pub(crate) fn grant_scopes(&self, policy: &Policy, scopes: &[Scope]) -> Grant {
        let keys = self.sealing.iter().flat_map(|(&epoch, root)| {
            scopes.iter().map(move |&scope| {
                let key = tree::domain_key(&tree::scope_key(root, scope), policy.domain());
                ((epoch, scope), key)
            })
        });
        Grant::new(policy, keys.collect())
    }

    /// Kdomain of the active epoch.
    pub(crate) fn domain_key(&self, scope: Scope, domain: &Domain) -> Result<Secret<32>> {
        let root = self
            .sealing
            .get(&self.active)
            .ok_or_else(|| Error::new(Kind::UnknownEpoch { epoch: self.active }))?;
        Ok(tree::domain_key(&tree::scope_key(root, scope), domain))
    }

    /// Ldomain of the live generation.
    pub(crate) fn linkage_key(&self, domain: &Domain) -> Result<Secret<32>> {
        let root = self
            .linkage
            .get(&self.generation)
            .ok_or_else(|| Error::new(Kind::NoLinkageKey))?;
        Ok(tree::linkage_key(root, domain))
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
