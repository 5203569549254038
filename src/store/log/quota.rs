//! How many records an hour may give, counted from what the log has.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::entry::{Entry, Event};
use crate::{
    error::{Error, Kind, Result},
    id::Domain,
    policy::Quota,
    wire::Pseudonym,
};

/// What was released and rendered since some time, by the entries of the log.
pub(super) struct Recent {
    /// Entries up to this time may be missing.
    since: Timestamp,
    names: HashMap<Counted, Counts>,
}

/// What has a quota of its own: a release or a message of a domain, by its name.
type Counted = (Event, Option<Domain>, Option<String>);

#[derive(Default)]
struct Counts {
    all: Times,
    requesters: HashMap<Pseudonym, Times>,
}

/// Times, ascending; also such as came in another order.
#[derive(Default)]
struct Times(VecDeque<Timestamp>);

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How much less is forgotten than could be: a clock may go back so far without an entry being refused.
const SLACK: SignedDuration = super::CLOCK_SLACK;

impl Recent {
    /// Nothing yet; what counts at `now` is to be added.
    pub(super) fn at(now: Timestamp) -> Self {
        Self {
            since: since(now),
            names: HashMap::new(),
        }
    }

    /// Entries up to this time need not be added.
    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    /// Whether nothing is missing for an entry at this time.
    pub(super) fn reaches(&self, at: Timestamp) -> bool {
        at.saturating_sub(HOUR).is_ok_and(|from| from >= self.since)
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        if !counts(entry) || entry.at <= self.since {
            return;
        }
        let of = counted(entry);
        let counts = self.names.entry(of).or_default();
        counts.all.add(entry.at);
        if let Some(requester) = entry.requester {
            counts
                .requesters
                .entry(requester)
                .or_default()
                .add(entry.at);
        }
    }

    /// Takes an entry back that was not written after all.
    pub(super) fn remove(&mut self, entry: &Entry) {
        if !counts(entry) {
            return;
        }
        let of = counted(entry);
        let Some(counts) = self.names.get_mut(&of) else {
            return;
        };
        counts.all.remove(entry.at);
        if let Some(times) = entry
            .requester
            .and_then(|one| counts.requesters.get_mut(&one))
        {
            times.remove(entry.at);
        }
    }

    /// Refuses an entry beyond its quota.
    pub(super) fn check(&self, entry: &Entry, quota: Quota) -> Result<()> {
        let of = counted(entry);
        let from = entry.at.saturating_sub(HOUR).unwrap_or(entry.at);
        let counts = self.names.get(&of);
        let all = counts.map_or(0, |counts| counts.all.after(from));
        let own = counts
            .zip(entry.requester.as_ref())
            .and_then(|(counts, requester)| counts.requesters.get(requester))
            .map_or(0, |times| times.after(from));
        let refused = |per_hour, of_requester| {
            Err(Error::new(|| Kind::Quota {
                domain: entry.domain.as_ref().map_or("", Domain::as_str).to_owned(),
                name: entry.name.clone().unwrap_or_default(),
                per_hour,
                of_requester,
            }))
        };
        if all >= quota.per_hour {
            refused(quota.per_hour, false)
        } else if own >= quota.per_requester {
            refused(quota.per_requester, true)
        } else {
            Ok(())
        }
    }

    /// Forgets what counts no more at `latest`; now and then, since it goes through all of it.
    pub(super) fn forget(&mut self, latest: Timestamp) {
        let since = since(latest);
        if since.duration_since(self.since) < SLACK {
            return;
        }
        self.since = since;
        self.names.retain(|_, counts| {
            counts.all.forget(since);
            counts.requesters.retain(|_, times| {
                times.forget(since);
                !times.0.is_empty()
            });
            !counts.all.0.is_empty()
        });
    }
}

impl Times {
    fn add(&mut self, at: Timestamp) {
        self.0
            .insert(self.0.partition_point(|time| *time <= at), at);
    }

    fn remove(&mut self, at: Timestamp) {
        let place = self.0.partition_point(|time| *time < at);
        if self.0.get(place) == Some(&at) {
            self.0.remove(place);
        }
    }

    /// How many are later than this.
    fn after(&self, from: Timestamp) -> u64 {
        (self.0.len() - self.0.partition_point(|time| *time <= from)) as u64
    }

    fn forget(&mut self, since: Timestamp) {
        self.0
            .drain(..self.0.partition_point(|time| *time <= since));
    }
}

fn counted(entry: &Entry) -> Counted {
    (entry.event, entry.domain.clone(), entry.name.clone())
}

fn counts(entry: &Entry) -> bool {
    matches!(entry.event, Event::Release | Event::Render)
}

fn since(now: Timestamp) -> Timestamp {
    now.saturating_sub(HOUR + SLACK).unwrap_or(now)
}
