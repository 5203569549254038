//! Records of nobody: whoever asks for one is not at work.

use jiff::Timestamp;

use super::{Broker, Desk, book::Book};
use crate::{
    error::Result,
    id::Domain,
    policy::Policy,
    protect,
    store::{Entry, Event},
    wire::Pseudonym,
};

/// Somebody asked for a record that belongs to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The number of the entry in the log.
    pub entry: u64,
}

/// A canary as it is known again.
pub(super) struct Planted {
    name: String,
    subject: Option<Pseudonym>,
    row: Option<Pseudonym>,
}

/// The canaries of a policy.
pub(super) fn planted(policy: &Policy, book: &Book) -> Result<Vec<Planted>> {
    let schema = policy.schema();
    let planted = policy.canary_rules().iter().map(|rule| {
        let id = rule.record_id.as_deref();
        Ok(Planted {
            name: rule.name.clone(),
            subject: protect::read_record(&rule.record, schema, |draft| {
                book.subject(schema, |position| draft.text(position))
            })?,
            row: id.map(|id| book.row(policy.domain(), id.as_bytes())),
        })
    });
    planted.collect()
}

impl Desk {
    /// The canary that an entry is about, by its person or its row.
    fn canary(&self, entry: &Entry) -> Option<&str> {
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
    /// Raises an alarm where an entry, which is in the log under this number, is about a canary.
    pub(super) fn watch(&self, desk: &Desk, entry: &Entry, number: u64, requester: &str) {
        let Some(canary) = desk.canary(entry) else {
            return;
        };
        let mut raised = Entry::new(Event::Alarm, entry.at);
        raised.domain = entry.domain.clone();
        raised.name = entry.name.clone();
        raised.requester = entry.requester;
        raised.canary = Some(canary.to_owned());
        // What is asked for stands in the log already; the alarm goes on where this fails.
        let _ = self.log.append(raised, None);
        if let Some(alarm) = &self.alarm {
            alarm(&Alarm {
                domain: desk.policy.domain(),
                canary,
                requester,
                at: entry.at,
                entry: number,
            });
        }
    }
}
