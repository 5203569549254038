//! A keyring cut down to what one domain may open.

use std::{collections::BTreeMap, fmt};

use crate::{
    id::{Digest, Domain, Epoch, Scope},
    secret::Secret,
};

/// The keys of one domain's open scopes, for each epoch, and nothing from which another could be derived.
///
/// Made by [`Keyring::grant`](crate::Keyring::grant) for one policy; a [`Revealer`](crate::Revealer) refuses it
/// under another one.
///
/// # Security
///
/// A grant opens its scopes in every row of its domain: hand it to that connector only. It is wiped on
/// drop, and neither printed, cloned nor serialised.
pub struct Grant {
    pub(crate) domain: Domain,
    pub(crate) schema: Digest,
    pub(crate) policy: Digest,
    pub(crate) keys: BTreeMap<(Epoch, Scope), Secret<32>>,
}

impl Grant {
    /// The domain whose rows it opens.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The digest of the policy it was made for.
    pub fn policy_digest(&self) -> Digest {
        self.policy
    }

    /// The scopes it opens, ascending.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = self.keys.keys().map(|&(_, scope)| scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// The epochs it opens, ascending.
    pub fn epochs(&self) -> Vec<Epoch> {
        let mut epochs: Vec<Epoch> = self.keys.keys().map(|&(epoch, _)| epoch).collect();
        epochs.dedup();
        epochs
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("domain", &self.domain)
            .field("scopes", &self.scopes())
            .field("epochs", &self.epochs())
            .finish_non_exhaustive()
    }
}
