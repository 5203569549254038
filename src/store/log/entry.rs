//! What stands in a log: one entry for each time that a value was asked for.

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use crate::{
    id::Domain,
    wire::{Pseudonym, SealedRecord},
};

/// One entry of a broker's log, as [`Log::read`](super::Log::read) gives it.
///
/// No person stands in it in clear: who asked, for whom and of which row are [`Pseudonym`]s, and the texts that were
/// given are sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(crate) n: u64,
    pub(crate) at: Timestamp,
    pub(crate) event: Event,
    pub(crate) domain: Option<Domain>,
    pub(crate) name: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) requester: Option<Pseudonym>,
    pub(crate) approver: Option<Pseudonym>,
    pub(crate) subject: Option<Pseudonym>,
    pub(crate) row: Option<Pseudonym>,
    pub(crate) error: Option<String>,
    pub(crate) canary: Option<String>,
    pub(crate) sealed: Option<SealedRecord>,
}

/// What an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A file of the log begins.
    Begin,
    /// A value was released.
    Release,
    /// A message was rendered.
    Render,
    /// A value was asked for and refused.
    Refused,
    /// A message that was rendered was not sent.
    NotSent,
    /// Something that somebody should look at.
    Alarm,
    /// A file of the log ends, and another one begins.
    End,
}

impl Entry {
    /// An entry that has nothing but its event and its time, which counts in milliseconds.
    pub(crate) fn new(event: Event, at: Timestamp) -> Self {
        Self {
            n: 0,
            at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
            event,
            domain: None,
            name: None,
            purpose: None,
            requester: None,
            approver: None,
            subject: None,
            row: None,
            error: None,
            canary: None,
            sealed: None,
        }
    }

    /// Its number, from 1 over all files of the log.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Its time, in milliseconds.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What it tells of.
    pub fn event(&self) -> Event {
        self.event
    }

    /// The domain whose policy allowed or refused it.
    pub fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref()
    }

    /// The name in that policy of what was asked for.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The purpose that was stated.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// Who asked.
    pub fn requester(&self) -> Option<&Pseudonym> {
        self.requester.as_ref()
    }

    /// The second person who agreed.
    pub fn approver(&self) -> Option<&Pseudonym> {
        self.approver.as_ref()
    }

    /// The person whose record it is.
    pub fn subject(&self) -> Option<&Pseudonym> {
        self.subject.as_ref()
    }

    /// The row that was asked for.
    pub fn row(&self) -> Option<&Pseudonym> {
        self.row.as_ref()
    }

    /// The [code](crate::Error::code) of the error by which it was refused.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The canary that was touched.
    pub fn canary(&self) -> Option<&str> {
        self.canary.as_deref()
    }

    /// The texts of the requester and of the reason, sealed.
    pub fn sealed(&self) -> Option<&SealedRecord> {
        self.sealed.as_ref()
    }
}
