//! What an attack reads off the rows of a leak.

use std::cmp::Ordering;

use super::draw::table::NONE;

/// For each row, what one thing can be. Rows with the same code share their candidates.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) of: What,
    /// For each row of the leak the position of its candidates; [`NONE`] where nothing is read.
    pub(crate) codes: Vec<u32>,
    pub(crate) candidates: Vec<Candidates>,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// The value of a field, by its position in the schema; candidates are numbers of its [`Vocabulary`](super::case::Vocabulary).
    Field(usize),
    /// Whose row it is; candidates are positions in [`Knowledge::people`](super::case::Knowledge).
    Person,
}

/// What it can be, each with its weight; weights sum to 1. Sorted by number. Empty says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Candidates(Vec<(u32, f32)>);

impl Candidates {
    /// Normalises the weights, which are not negative, and sorts. Equal numbers are added up.
    pub(crate) fn new(mut weighted: Vec<(u32, f32)>) -> Self {
        weighted.retain(|(_, weight)| *weight > 0.0);
        weighted.sort_unstable_by_key(|(number, _)| *number);
        weighted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        let sum: f32 = weighted.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut weighted {
            *weight /= sum;
        }
        Self(weighted)
    }

    /// Each as likely as the other.
    pub(crate) fn even(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self::new(numbers.into_iter().map(|number| (number, 1.0)).collect())
    }

    pub(crate) fn one(number: u32) -> Self {
        Self(vec![(number, 1.0)])
    }

    pub(crate) fn as_slice(&self) -> &[(u32, f32)] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The weight of a number, 0 where it is none of them.
    pub(crate) fn weight(&self, number: u32) -> f32 {
        self.0
            .binary_search_by_key(&number, |(number, _)| *number)
            .map_or(0.0, |at| self.0[at].1)
    }

    /// The number with the greatest weight.
    pub(crate) fn best(&self) -> Option<(u32, f32)> {
        self.0
            .iter()
            .copied()
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }
}

impl Reading {
    /// What is read in a row, where something is.
    pub(crate) fn at(&self, row: usize) -> Option<&Candidates> {
        match self.codes[row] {
            NONE => None,
            code => {
                Some(&self.candidates[code as usize]).filter(|candidates| !candidates.is_empty())
            }
        }
    }

    /// How likely its best candidate is in a row, in the mean over all rows.
    pub(crate) fn certainty(&self) -> f32 {
        let best: Vec<f32> = self
            .candidates
            .iter()
            .map(|read| read.best().map_or(0.0, |(_, weight)| weight))
            .collect();
        let rows = self.codes.iter().filter(|&&code| code != NONE);
        let sum: f64 = rows.map(|&code| f64::from(best[code as usize])).sum();
        (sum / self.codes.len().max(1) as f64) as f32
    }
}

/// The reading of this that is surest; the first of equals.
pub(crate) fn surest(known: &[Reading], of: What) -> Option<&Reading> {
    let readings = known.iter().filter(|reading| reading.of == of);
    let surest = readings.map(|reading| (reading, reading.certainty()));
    let surest = surest.reduce(|best, next| {
        if next.1.total_cmp(&best.1) == Ordering::Greater {
            next
        } else {
            best
        }
    });
    surest.map(|(reading, _)| reading)
}
