//! Who asks a broker for what, and why.

use std::fmt;

use jiff::Timestamp;

use crate::{
    error::{Error, Kind, Result},
    id::{breaks_line, is_line, is_visible},
    key::{Grant, Share},
    policy::Release,
};

/// The most bytes of a reason.
const MAX_REASON: usize = 500;

/// One call to a broker: who asks, when, for which purpose and why.
///
/// Requester and reason stand in the log sealed, and the requester besides as a pseudonym of the log's own.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(super) requester: &'a str,
    pub(super) at: Timestamp,
    pub(super) purpose: &'a str,
    pub(super) reason: &'a str,
    pub(super) shares: Option<Shares<'a>>,
}

/// What two people bring.
#[derive(Clone, Copy)]
pub(super) struct Shares<'a> {
    key_file: &'a str,
    first: &'a Share,
    second: &'a Share,
}

impl<'a> Request<'a> {
    /// A request of somebody whom the caller has authenticated, at this time. A requester is one line of 1 to 200 bytes; names
    /// that differ in case or white space are one.
    pub fn new(requester: &'a str, at: Timestamp) -> Self {
        Self {
            requester,
            at,
            purpose: "",
            reason: "",
            shares: None,
        }
    }

    /// The same for this purpose, one of those that the policy lists, letter by letter.
    #[must_use]
    pub fn purpose(self, purpose: &'a str) -> Self {
        Self { purpose, ..self }
    }

    /// The same for this reason: one line of 1 to 500 bytes, such as the number of a ticket.
    #[must_use]
    pub fn reason(self, reason: &'a str) -> Self {
        Self { reason, ..self }
    }

    /// The same with the grant that [`Keyring::split_release`](crate::Keyring::split_release) made, in the text of its key
    /// file, and the shares of two of its holders. The requester is one of them, by the name that is in the share.
    ///
    /// Opening it takes what a key file takes, a few tenths of a second at each call.
    #[must_use]
    pub fn shares(self, key_file: &'a str, first: &'a Share, second: &'a Share) -> Self {
        Self {
            shares: Some(Shares {
                key_file,
                first,
                second,
            }),
            ..self
        }
    }

    /// Refuses a requester that is no name.
    pub(super) fn check_requester(&self) -> Result<()> {
        if self.requester.trim().is_empty() {
            return Err(request(
                "the request names no requester",
                "name who asks: the account that was authenticated",
            ));
        }
        if !is_line(self.requester) || !is_visible(self.requester) {
            return Err(request(
                "the requester's name is not one line of 1 to 200 bytes that can be seen",
                "name who asks: the account that was authenticated",
            ));
        }
        Ok(())
    }

    /// Refuses a reason that is not one line of at most 500 bytes.
    pub(super) fn check_reason(&self) -> Result<()> {
        let is_blank = !self.reason.is_empty() && !is_visible(self.reason);
        if self.reason.len() > MAX_REASON || self.reason.contains(breaks_line) || is_blank {
            return Err(request(
                "the reason is not one line of 1 to 500 bytes that can be seen",
                "say why in a line, such as by the number of a ticket",
            ));
        }
        Ok(())
    }

    /// Refuses a purpose that the release does not list.
    pub(super) fn check_purpose(&self, rule: &Release) -> Result<()> {
        if rule.purposes.iter().any(|known| known == self.purpose) {
            return Ok(());
        }
        let listed: Vec<String> = rule
            .purposes
            .iter()
            .map(|known| format!("{known:?}"))
            .collect();
        Err(Error::new(|| Kind::UnknownPurpose {
            name: rule.name.clone(),
            listed: listed.join(", "),
        }))
    }

    /// Refuses what has no reason, and shares that are too many or too few.
    pub(super) fn check(&self, rule: &Release) -> Result<()> {
        if self.reason.trim().is_empty() {
            return Err(request(
                "the request gives no reason",
                "say why in a line, such as by the number of a ticket",
            ));
        }
        self.check_reason()?;
        match (rule.two_persons, &self.shares) {
            (true, None) => Err(Error::new(|| Kind::TwoPersons {
                name: rule.name.clone(),
            })),
            (false, Some(_)) => Err(request(
                "the request has shares, and the release takes one person",
                "leave them out",
            )),
            _ => Ok(()),
        }
    }
}

impl<'a> Shares<'a> {
    /// Who agreed beside the requester.
    pub(super) fn approver(&self, requester: &str) -> Result<&'a str> {
        let holders = [self.first.holder(), self.second.holder()];
        match holders {
            [first, second] if first == requester => Ok(second),
            [first, second] if second == requester => Ok(first),
            _ => Err(Error::new(|| Kind::NotHolder)),
        }
    }

    /// The grant that both open.
    pub(super) fn grant(&self) -> Result<Grant> {
        Grant::from_shares(self.key_file, self.first, self.second)
    }

    /// Refuses shares of another release.
    pub(super) fn check(&self, rule: &Release) -> Result<()> {
        match self.first.release() == rule.name && self.second.release() == rule.name {
            true => Ok(()),
            false => Err(Error::new(|| Kind::SharesOfOther)),
        }
    }
}

fn request(what: &'static str, advice: &'static str) -> Error {
    Error::new(|| Kind::Request { what, advice })
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
