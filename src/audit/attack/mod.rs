//! The ways into leaked rows, one a module.

mod calendar;
mod classifier;
mod clear;
mod coarse;
mod column;
mod context;
mod dates;
mod digest;
#[cfg(test)]
mod fixture;
mod frequency;
mod groups;
mod join;
mod likely;
mod nonce;
mod order;
mod person;
mod shape;
mod sparse;
mod structure;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use digest::{PhoneDigests, invert_phone_digests};
pub(crate) use person::Names;
use rayon::prelude::*;

use super::{
    case::{Case, Knowledge},
    reading::{Reading, What},
    report::ReversedColumn,
};
use crate::schema::Role;

/// One family of attacks.
pub(crate) trait Attack: Sync {
    fn family(&self) -> Family;

    /// What it needs beside the rows, in a few words for the report.
    fn needs(&self) -> &'static str;

    /// Each way that it has into the leaks of a case, whose readings so far are `known`, one list a leak.
    ///
    /// Attacks on single leaks are given what is read in clear; joins what all attacks on single leaks read.
    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way>;

    /// Whether its ways are guesses of which at most one is right, each tried for itself: they are put together only with what says
    /// nothing of the same side.
    fn guesses(&self) -> bool {
        false
    }

    /// What it found or gave up that is no reading, as sentences for the report.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Digests that were turned back without anything known.
    fn reversed(&self) -> Vec<ReversedColumn> {
        Vec::new()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    Clear,
    Digest,
    Nonce,
    Shape,
    Frequency,
    Order,
    Calendar,
    Classifier,
    Dates,
    Join,
    /// All of them at once.
    Everything,
}

impl Family {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear values",
            Self::Digest => "unkeyed digests",
            Self::Nonce => "repeated nonces",
            Self::Shape => "shape",
            Self::Frequency => "frequency",
            Self::Order => "order",
            Self::Calendar => "public calendars",
            Self::Classifier => "trained classifier",
            Self::Dates => "known dates",
            Self::Join => "joins",
            Self::Everything => "everything at once",
        }
    }
}

/// One way into the rows of one leak, perhaps by those of others.
pub(crate) struct Way {
    /// What tells it from the other ways of its family into the same leaks, the same text in every case; may be empty.
    pub(crate) how: String,
    /// The leak whose rows are read.
    pub(crate) leak: usize,
    /// The leaks that helped, ascending, without `leak`.
    pub(crate) with: Vec<usize>,
    /// What it reads there, beside what is read in clear.
    pub(crate) readings: Vec<Reading>,
}

impl Way {
    /// A way by the rows of the leak alone.
    fn new(leak: usize, how: impl Into<String>, readings: Vec<Reading>) -> Self {
        Self {
            how: how.into(),
            leak,
            with: Vec::new(),
            readings,
        }
    }
}

/// What a reading is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Person,
    Target,
    Neither,
}

impl Side {
    fn of(knows: &Knowledge, what: What) -> Self {
        let leads = |field: usize| {
            let mut directories = knows.directories.iter();
            directories.any(|one| one.of == field && one.gives == knows.target && !one.calendar)
        };
        // Age and sex are many people's, and go with any guess.
        let identifies = |field: usize| {
            let is_identifier = knows.schema.fields()[field].role() == Role::Identifier;
            is_identifier && column::is_registered(knows, field)
        };
        match what {
            What::Person => Self::Person,
            What::Field(field) if identifies(field) => Self::Person,
            What::Field(field) if field == knows.target || leads(field) => Self::Target,
            What::Field(_) => Self::Neither,
        }
    }
}

/// What all attacks found in a case.
pub(crate) struct Found {
    /// What is read in clear, for each leak.
    pub(crate) clear: Vec<Vec<Reading>>,
    /// Every way in. What it reads stands beside what is read in clear.
    pub(crate) ways: Vec<(Family, Way)>,
    /// What the attacks say beside it, as sentences for the report.
    pub(crate) notes: Vec<String>,
    /// Digests that were turned back without anything known.
    pub(crate) reversed: Vec<ReversedColumn>,
}

/// The attacks on single leaks, the surest first: where several read one field, the first one counts when all are put together.
fn single(enumeration: Option<Duration>) -> Vec<Box<dyn Attack>> {
    vec![
        Box::new(digest::Digest::new(enumeration)),
        Box::new(nonce::Nonce),
        Box::new(dates::Dates),
        Box::new(order::Order),
        Box::new(frequency::Frequency),
        Box::new(shape::Shape),
        Box::new(calendar::Calendar),
        Box::new(classifier::Classifier),
        Box::new(shape::Unnamed),
    ]
}

/// The attacks that combine what those on single leaks read.
fn joint() -> Vec<Box<dyn Attack>> {
    vec![Box::new(join::Join)]
}

/// What a family needs beside the rows.
pub(crate) fn needs(family: Family) -> &'static str {
    let clear: Box<dyn Attack> = Box::new(clear::Clear);
    std::iter::once(clear)
        .chain(single(None))
        .chain(joint())
        .find(|attack| attack.family() == family)
        .map_or("all that the others need", |attack| attack.needs())
}

/// Runs every attack on a case.
pub(crate) fn all_ways(case: &Case, enumeration: Option<Duration>) -> Found {
    let nothing: Vec<Vec<Reading>> = case.leaks.iter().map(|_| Vec::new()).collect();
    let mut clear: Vec<Vec<Reading>> = case.leaks.iter().map(|_| Vec::new()).collect();
    let mut ways = Vec::new();
    for way in clear::Clear.ways(case, &nothing) {
        clear[way.leak].extend(way.readings);
        ways.push((Family::Clear, Way::new(way.leak, way.how, Vec::new())));
    }
    let singles = single(enumeration);
    let found: Vec<Vec<Way>> = singles
        .par_iter()
        .map(|attack| attack.ways(case, &clear))
        .collect();
    let mut known = clear.clone();
    for (attack, found) in singles.iter().zip(found) {
        for way in &found {
            let told: Vec<Side> = known[way.leak]
                .iter()
                .map(|known| Side::of(&case.knows, known.of))
                .collect();
            for reading in &way.readings {
                let is_told = told.contains(&Side::of(&case.knows, reading.of));
                if attack.guesses() && is_told {
                    continue;
                }
                if known[way.leak].iter().all(|known| known.of != reading.of) {
                    known[way.leak].push(reading.clone());
                }
            }
        }
        ways.extend(found.into_iter().map(|way| (attack.family(), way)));
    }
    // What is not read in clear, put together.
    for (leak, known) in known.iter().enumerate() {
        let readings: Vec<Reading> = known[clear[leak].len()..].to_vec();
        if readings.len() > 1 {
            ways.push((Family::Everything, Way::new(leak, "", readings)));
        }
    }
    let joints = joint();
    let found: Vec<Vec<Way>> = joints
        .par_iter()
        .map(|attack| attack.ways(case, &known))
        .collect();
    for (attack, found) in joints.iter().zip(found) {
        for way in found {
            // With all else that is read of the leak, too: it may help, and it may be wrong.
            let more = known[way.leak][clear[way.leak].len()..].iter();
            let more: Vec<Reading> = more
                .filter(|reading| !way.readings.iter().any(|own| own.of == reading.of))
                .cloned()
                .collect();
            if !more.is_empty() {
                let readings = way.readings.iter().cloned().chain(more).collect();
                let all = Way {
                    with: way.with.clone(),
                    ..Way::new(way.leak, &*way.how, readings)
                };
                ways.push((Family::Everything, all));
            }
            ways.push((attack.family(), way));
        }
    }
    let notes = singles.iter().flat_map(|attack| attack.notes());
    let reversed = singles.iter().flat_map(|attack| attack.reversed());
    Found {
        clear,
        ways,
        notes: notes.collect(),
        reversed: reversed.collect(),
    }
}
