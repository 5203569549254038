//! That rows are in a leak at all: an export of one department says what all in it came for, though no cell does.

use super::{At, SURE};
use crate::audit::{
    case::{Case, LeakView, NULL},
    reading::{Candidates, Reading, What},
};

/// So many rows more, of all that people come for.
const FLOOR: f64 = 4.0;

/// Less than this, in nats a row, is no choice of rows.
const LEAST: f64 = 0.1;

/// What all rows of a leak are of, where those that teach are of other things than people come for.
pub(super) fn read(case: &Case, view: &LeakView, rows: &[At], targets: &[u32]) -> Option<Reading> {
    let values = case.knows.vocabularies[case.knows.target].values.len();
    let expected = case.knows.prior.mean(values);
    // What the last lesson has must hold of the others: its people are other people.
    let last = rows.last()?.0;
    let of = |is_last: bool| {
        rows.iter()
            .zip(targets)
            .filter(move |((lesson, _), target)| (*lesson == last) == is_last && **target != NULL)
            .map(|(_, target)| *target as usize)
    };
    let learned = shares(&expected, of(false));
    let gains: Vec<f64> = of(true)
        .map(|target| (learned[target] / f64::from(expected[target]).max(1e-6)).ln())
        .collect();
    let many = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / many;
    let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / many;
    if gains.len() < 10 || mean < LEAST || mean < SURE * (variance / many).sqrt() {
        return None;
    }
    let all = shares(&expected, of(false).chain(of(true)));
    let weighted = (0..).zip(all.iter().map(|&share| share as f32));
    Some(Reading {
        of: What::Field(case.knows.target),
        codes: vec![0; view.rows],
        candidates: vec![Candidates::new(
            weighted.filter(|(_, p)| *p > 0.0).collect(),
        )],
    })
}

fn shares(expected: &[f32], targets: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut counts: Vec<f64> = expected
        .iter()
        .map(|&share| FLOOR * f64::from(share))
        .collect();
    targets.for_each(|target| counts[target] += 1.0);
    let sum: f64 = counts.iter().sum();
    counts.iter_mut().for_each(|count| *count /= sum);
    counts
}
