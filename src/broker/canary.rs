//! Records of nobody: whoever asks for one is not at work.

use std::fmt;

use jiff::Timestamp;

use super::{Broker, Desk, Request, sealer::EntrySealer};
use crate::{
    error::{Error, Result},
    id::Domain,
    policy::Policy,
    protect,
    store::{Entry, Event},
    wire::Pseudonym,
};

/// Somebody asked for a record that belongs to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alarm<'a> {
    /// The domain that asked.
    pub domain: &'a Domain,
    /// The canary's name in its policy.
    pub canary: &'a str,
    /// Who asked, as the request had it.
    pub requester: &'a str,
    /// When.
    pub at: Timestamp,
    /// The number of the entry in the log, where it could be written.
    pub entry: Option<u64>,
}

impl fmt::Debug for Alarm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm")
            .field("domain", &self.domain)
            .field("at", &self.at)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// A canary as it is known again.
pub(super) struct Planted {
    name: String,
    subject: Option<Pseudonym>,
    row: Option<Pseudonym>,
}

/// The canaries of a policy; `is_looked_up` says whether the broker knows the persons of its rows.
pub(super) fn planted(
    policy: &Policy,
    sealer: &EntrySealer,
    is_looked_up: bool,
) -> Result<Vec<Planted>> {
    let schema = policy.schema();
    let planted = policy.canary_rules().iter().map(|rule| {
        let id = rule.record_id.as_deref();
        let subject = protect::read_record(&rule.record, schema, |draft| {
            sealer.subject(schema, |position| draft.text(position))
        })?;
        let planted = Planted {
            name: rule.name.clone(),
            subject,
            row: id.map(|id| sealer.row(policy.domain(), id.as_bytes())),
        };
        let is_known = planted.row.is_some() || is_looked_up && planted.subject.is_some();
        if !is_known {
            return Err(Error::definition(
                format!("canary {:?} would not be known again", rule.name),
                "bind the policy's rows to record ids, or give it a name where that scope does not take two people",
            ));
        }
        Ok(planted)
    });
    planted.collect()
}

/// What the log says of an alarm, right behind the entry that raised it.
pub(super) fn alarm_entry(raised_by: &Entry, canary: &str) -> Entry {
    Entry {
        event: Event::Alarm,
        canary: Some(canary.to_owned()),
        sealed: None,
        ..raised_by.clone()
    }
}

impl Desk {
    /// Whether some canary is known by its person alone.
    pub(super) fn knows_by_person(&self) -> bool {
        self.canaries.iter().any(|known| known.row.is_none())
    }

    /// The canary that an entry is about, by its person or its row.
    pub(super) fn canary(&self, entry: &Entry) -> Option<&str> {
        let same = |known: &Option<Pseudonym>, found: &Option<Pseudonym>| {
            known.is_some() && known == found
        };
        let mut canaries = self.canaries.iter();
        canaries
            .find(|known| same(&known.subject, &entry.subject) || same(&known.row, &entry.row))
            .map(|known| &*known.name)
    }
}

impl Broker {
    /// Calls for help, where a canary was asked for.
    pub(super) fn raise(
        &self,
        desk: &Desk,
        canary: Option<&str>,
        request: &Request<'_>,
        entry: Option<u64>,
    ) {
        if let Some((canary, alarm)) = canary.zip(self.alarm.as_ref()) {
            alarm(&Alarm {
                domain: desk.policy.domain(),
                canary,
                requester: request.requester,
                at: request.at,
                entry,
            });
        }
    }
}
