//! A policy that was checked.

use std::fmt;

use crate::policy::Policy;

/// A [`Policy`] that was checked: the only thing that a [`Protector`](crate::Protector) protects by and a
/// [`Grant`](crate::Grant) is made for. Cheap to clone.
///
/// [`Policy::check`] and [`PolicySet::check`](crate::PolicySet::check) give it.
#[derive(Clone)]
pub struct CheckedPolicy(Policy);

impl CheckedPolicy {
    pub(super) fn new(policy: Policy) -> Self {
        Self(policy)
    }

    /// Whatever the check would say, for tests of what policies do.
    #[cfg(test)]
    pub(crate) fn unchecked(policy: Policy) -> Self {
        Self(policy)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.0
    }
}

impl AsRef<Policy> for CheckedPolicy {
    fn as_ref(&self) -> &Policy {
        &self.0
    }
}

impl fmt::Debug for CheckedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CheckedPolicy").field(&self.0).finish()
    }
}
