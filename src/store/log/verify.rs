//! Whether a log is as it was written.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    entry::Event,
    heads::AllHeads,
    line::{Keys, LogId, Position},
    read,
    walk::Walk,
};
use crate::error::{Error, Kind, LogFault, Result};

/// How many entries there are between two calls of an observer.
const STEP: u64 = 1_000;

/// What is in a log that is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedLog {
    /// The entries, those that begin and end files among them.
    pub entries: u64,
    /// The files.
    pub files: u64,
    /// The time of the first entry, where there is one.
    pub first: Option<Timestamp>,
    /// The time of the last entry, where there is one.
    pub last: Option<Timestamp>,
    /// The values that were released.
    pub releases: u64,
    /// The messages that were rendered.
    pub renders: u64,
    /// The requests that were refused.
    pub refusals: u64,
    /// The alarms.
    pub alarms: u64,
    /// The entries behind the last that the second place knows: a crash left them, or the second place was cut.
    pub beyond_heads: u64,
    /// Whether behind the last entry there is a line that was not written whole.
    pub cut_line: bool,
    /// Whether this is so in the second place.
    pub cut_head: bool,
}

pub(super) fn verify(
    path: &Path,
    heads: &Path,
    keys: &Arc<Keys>,
    observer: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<VerifiedLog> {
    let early = AllHeads::open(heads)?;
    let (parts, held) = read::parts(path)?;
    let mut heads = match &held {
        Some(_) => AllHeads::open(heads)?,
        // Between two files nobody is kept waiting: later ones may know of entries that were not there.
        None => early,
    };
    drop(held);
    let mut found = VerifiedLog {
        entries: 0,
        files: parts.len() as u64,
        first: None,
        last: None,
        releases: 0,
        renders: 0,
        refusals: 0,
        alarms: 0,
        beyond_heads: 0,
        cut_line: false,
        cut_head: false,
    };
    let mut walk = Walk::new(keys, parts, Some(Position::START));
    let mut log: Option<LogId> = None;
    let mut head = None;
    while let Some(line) = walk.next()? {
        let n = line.entry.n;
        if log.is_none() {
            log = line.log;
            head = heads.next(keys, log.as_ref())?;
        }
        if let Some(at) = head.filter(|head: &Position| head.n == n) {
            if at.mac != line.mac {
                return Err(walk.fault(LogFault::Replaced, Some(n)));
            }
            head = heads.next(keys, log.as_ref())?;
        }
        found.count(line.entry.event, line.entry.at);
        if n % STEP == 0 && observer(n).is_break() {
            return Err(Error::new(|| Kind::Stopped));
        }
    }
    if log.is_none() {
        head = heads.next(keys, None)?;
    }
    // All of them, for the last one.
    let missing = head.map(|head| head.n);
    while head.is_some() {
        head = heads.next(keys, log.as_ref())?;
    }
    if let Some(n) = missing {
        return Err(walk.fault(LogFault::CutOff, Some(heads.last().max(n))));
    }
    if heads.last() == 0 && found.entries > 1 {
        return Err(heads.fault(LogFault::HeadsGone));
    }
    found.beyond_heads = found.entries - heads.last();
    found.cut_line = walk.is_cut();
    found.cut_head = heads.is_cut();
    Ok(found)
}

impl VerifiedLog {
    fn count(&mut self, event: Event, at: Timestamp) {
        self.entries += 1;
        self.first.get_or_insert(at);
        self.last = Some(at);
        match event {
            Event::Release => self.releases += 1,
            Event::Render => self.renders += 1,
            Event::Refused => self.refusals += 1,
            Event::Alarm => self.alarms += 1,
            Event::Begin | Event::NotSent | Event::End => {}
        }
    }
}
