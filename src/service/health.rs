//! What a service tells of its state.

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    id::{Digest, Domain, Epoch, Generation},
    protect::KeyUse,
    store::{Due, Issued},
};

/// What a [`Service`](crate::Service) has loaded, and which grants are due: for a health check, an operator, a dashboard.
///
/// It names domains, files, digests and dates, and holds no key and no value.
///
/// # Examples
///
/// ```
/// use paravent::{Due, Health};
///
/// /// Whether somebody has to be woken.
/// fn is_urgent(health: &Health) -> bool {
///     let grants = health.domains.iter().flat_map(|domain| &domain.grants);
///     health.reload_failure.is_some() || grants.into_iter().any(|grant| grant.due == Some(Due::Ended))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The day on which it was loaded.
    pub loaded: Date,
    /// The last reload, where it failed: what was loaded before goes on.
    pub reload_failure: Option<ReloadFailure>,
    /// The digest of the schema.
    pub schema: Digest,
    /// The epochs that the keyring opens, ascending.
    pub epochs: Vec<Epoch>,
    /// The epoch under which rows are sealed.
    pub active_epoch: Epoch,
    /// The last day on which it seals, where one was set: start a new epoch before.
    pub active_until: Option<Date>,
    /// The generation under which pseudonyms are made.
    pub generation: Generation,
    /// Every domain that it protects for, by name.
    pub domains: Vec<DomainHealth>,
    /// Grants in the register whose domain has no policy here.
    pub other_grants: Vec<GrantHealth>,
    /// The lines of the register that hold no grant, from 1.
    pub broken_lines: Vec<usize>,
    /// Why the register could not be read, where one is said and it could not.
    pub register_failure: Option<String>,
}

/// What a service has loaded for one domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DomainHealth {
    /// The domain.
    pub domain: Domain,
    /// The digest of its policy.
    pub policy: Digest,
    /// How much its keys have sealed in the active epoch, in this process.
    pub key_use: KeyUse,
    /// Its grants in the register, by file.
    pub grants: Vec<GrantHealth>,
}

/// A grant of the register, and why it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantHealth {
    /// The grant.
    #[serde(flatten)]
    pub issued: Issued,
    /// Why it is to be issued anew, where it is: 30 days ahead.
    pub due: Option<Due>,
}

/// A reload that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReloadFailure {
    /// The day on which it was tried.
    pub on: Date,
    /// The error's [code](crate::Error::code).
    pub error: &'static str,
    /// What the error says, with file and line.
    pub message: String,
}
