//! What a policy takes out of a keyring.

use super::{CheckedPolicy, Policy};
use crate::{
    error::{Error, Result},
    id::Scope,
    key::{Grant, Keyring},
};

impl Keyring {
    /// The grant of a policy: for every epoch, the keys of the scopes that the policy opens to its domain.
    ///
    /// A grant derives no other scope's, domain's or epoch's key, and no linkage key: it makes no pseudonyms.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy opens no scope.
    pub fn grant(&self, policy: &CheckedPolicy) -> Result<Grant> {
        let policy = policy.policy();
        if policy.opens().is_empty() {
            return Err(Error::definition(
                "the policy opens no scope, so there is nothing to grant",
                "open a scope by [open.SCOPE] with its reason, or issue no grant",
            ));
        }
        Ok(self.grant_scopes(policy, policy.opens()))
    }

    /// A grant of the given scopes, whatever the policy opens: for the backend's own revealers.
    pub(crate) fn grant_scopes(&self, policy: &Policy, scopes: &[Scope]) -> Grant {
        Grant {
            domain: policy.domain().clone(),
            schema: policy.schema().digest(),
            policy: policy.digest(),
            keys: self.domain_keys(scopes, policy.domain()),
            term: None,
        }
    }
}
