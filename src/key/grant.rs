//! A keyring cut down to what one domain may open.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;

use crate::{
    error::{Error, Kind, Result},
    id::{Digest, Domain, Epoch, Scope, is_line},
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
    pub(crate) term: Option<Term>,
}

/// Who answers for a grant, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) owner: String,
    pub(crate) until: Date,
}

impl Term {
    /// The term, where the owner is one line of 1 to 200 bytes that is not blank.
    pub(crate) fn new(owner: &str, until: Date) -> Option<Self> {
        is_line(owner).then(|| Self {
            owner: owner.to_owned(),
            until,
        })
    }
}

impl Grant {
    /// The same with an owner, who answers for it, and its last day; both stand in its key file.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the owner is blank, longer than 200 bytes or not one line.
    ///
    /// # Security
    ///
    /// The end is what its holder checks by [`check_term`](Grant::check_term): the keys go on opening the rows of their
    /// epochs. To end what a connector can do, start a new epoch and issue it no grant.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Keyring, Policy, Schema};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "statistics"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    ///     [open.care]
    ///     reason = "visits by specialty"
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let until = Date::constant(2027, 6, 30);
    /// let grant = Keyring::generate()?.grant(&checked)?.with_term("statistics office", until)?;
    ///
    /// assert_eq!(grant.owner(), Some("statistics office"));
    /// assert!(grant.check_term(until).is_ok());
    /// assert!(grant.check_term(Date::constant(2027, 7, 1)).unwrap_err().is_ended());
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn with_term(mut self, owner: &str, until: Date) -> Result<Self> {
        let term = Term::new(owner, until).ok_or_else(|| {
            Error::definition(
                "the grant's owner is not a name",
                "give one line of 1 to 200 bytes: a person or an office",
            )
        })?;
        self.term = Some(term);
        Ok(self)
    }

    /// Who answers for it, where it has a term.
    pub fn owner(&self) -> Option<&str> {
        self.term.as_ref().map(|term| &*term.owner)
    }

    /// Its last day, where it has a term.
    pub fn until(&self) -> Option<Date> {
        self.term.as_ref().map(|term| term.until)
    }

    /// Refuses a grant that has ended: call it where one is loaded. A grant without a term does not end.
    ///
    /// # Errors
    ///
    /// [`Error::is_ended`] where `today` is after its last day.
    pub fn check_term(&self, today: Date) -> Result<()> {
        match self.until() {
            Some(until) if until < today => Err(Error::new(|| Kind::GrantEnded { until })),
            _ => Ok(()),
        }
    }

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
