//! Policies that are checked together.

use jiff::civil::Date;

use super::{CheckedPolicy, Diff, Report, accept, leaks::Leaks};
use crate::{error::Result, policy::Policy};

/// The policies of all domains that could leak together.
///
/// # Examples
///
/// ```
/// use paravent::{Date, FindingKind, Policy, PolicySet, Schema};
///
/// let policy = |text| Policy::from_toml(text, &Schema::appointment());
/// let contacts = policy(r#"
///     domain = "contacts"
///     schema = "appointment"
///     record_id = "unbound"
///     shares = ["record-id"]
///     [tenancy]
///     specialties = 12
///     [open.contact]
///     reason = "the gateway sends to the phone"
/// "#)?;
/// let statistics = policy(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "unbound"
///     shares = ["record-id"]
///     [open.care]
///     reason = "visits by specialty"
/// "#)?;
///
/// // Each alone is fine; the appointment's id, which both have, joins them.
/// let today = Date::constant(2026, 11, 24);
/// assert!(contacts.check(today).is_ok() && statistics.check(today).is_ok());
/// let set = PolicySet::new([contacts, statistics]);
/// assert!(set.check(today).is_err_and(|error| error.is_refused()));
/// assert_eq!(set.report(today).findings()[0].kind(), FindingKind::Colluding);
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    policies: Vec<Policy>,
}

impl Policy {
    /// The policy, checked for what a leak of its domain alone would link.
    ///
    /// `today` is the day of the check: acceptances end. Check policies that stand beside one another by
    /// [`PolicySet::check`].
    ///
    /// # Errors
    ///
    /// [`Error::is_refused`](crate::Error::is_refused) with the first finding that nobody has accepted; [`Error::is_definition`](crate::Error::is_definition) with the
    /// [line](crate::Error::line) of an acceptance that is past its date, matches nothing, or would cover a longer chain.
    pub fn check(&self, today: Date) -> Result<CheckedPolicy> {
        let set = PolicySet::new([self.clone()]);
        set.report(today).into_result()?;
        Ok(CheckedPolicy::new(self.clone()))
    }

    /// All that the check finds, accepted or not.
    pub fn report(&self, today: Date) -> Report {
        PolicySet::new([self.clone()]).report(today)
    }
}

impl PolicySet {
    /// The set of these policies. Several of one domain are one view.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Self {
        Self {
            policies: policies.into_iter().collect(),
        }
    }

    /// Its policies.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policies in their order, checked for what leaks of their domains would link, alone and together.
    ///
    /// # Errors
    ///
    /// As [`Policy::check`], over the whole set.
    pub fn check(&self, today: Date) -> Result<Vec<CheckedPolicy>> {
        self.report(today).into_result()?;
        Ok(self
            .policies
            .iter()
            .cloned()
            .map(CheckedPolicy::new)
            .collect())
    }

    /// All that the check finds, accepted or not.
    pub fn report(&self, today: Date) -> Report {
        let leaks = Leaks::new(&self.policies);
        let mut found = leaks.findings();
        let problems = accept::accept(&self.policies, &leaks, &mut found, today);
        Report::new(&self.policies, &leaks, found, problems)
    }

    /// What each domain gets in `other` that it does not get in this set.
    pub fn diff(&self, other: &Self, today: Date) -> Diff {
        Diff::new(self, other, today)
    }
}
