//! A classifier trained on rows of other people, of other draws or of the other half of a single one: whatever in the bytes of a leak is not random and goes
//! with the target, or that its rows are there at all.

mod features;
mod selected;

use std::collections::HashMap;

use self::features::Feature;
use super::{Attack, Family, Way};
use crate::audit::{
    case::{Case, LeakView, Lesson},
    reading::{Candidates, Reading, What},
};

/// So many rows teach as much as more would.
const ROWS: usize = 24_000;

/// Fewer rows teach nothing.
const FEWEST: usize = 100;

/// More features than these, the strongest, add nothing.
const FEATURES: usize = 64;

/// How much of what features say is believed, where they say the same thing several times.
const BELIEFS: [f64; 7] = [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625];

/// What must be gained on rows that were held out, in standard errors.
const SURE: f64 = 4.0;

/// A row of a lesson: which lesson, and where.
type At = (usize, usize);

/// Learns from rows of other people, and reads the target.
pub(crate) struct Classifier;

impl Attack for Classifier {
    fn family(&self) -> Family {
        Family::Classifier
    }

    fn needs(&self) -> &'static str {
        "rows of the same kind that are known"
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        let leaks = case.leaks.iter().zip(known).enumerate();
        let ways = leaks.filter_map(|(leak, (view, known))| {
            let lessons: Vec<&Lesson> = case
                .lessons
                .iter()
                .map(|lesson| &**lesson)
                .filter(|lesson| lesson.view.leak.name == view.leak.name)
                .collect();
            let read = classify(case, view, known, &lessons)?;
            Some(Way::new(leak, "", vec![read]))
        });
        ways.collect()
    }
}

fn classify(
    case: &Case,
    view: &LeakView,
    known: &[Reading],
    lessons: &[&Lesson],
) -> Option<Reading> {
    let sources = features::sources(view, known, lessons);
    let rows = taught(lessons);
    let target = |(lesson, row): At| lessons[lesson].rows[row][case.knows.target];
    let values = case.knows.vocabularies[case.knows.target].values.len();
    let targets: Vec<u32> = rows.iter().map(|&at| target(at)).collect();
    let mut found = match rows.len() {
        FEWEST.. => features::find(&sources, &rows, &targets, values),
        _ => Vec::new(),
    };
    found.truncate(FEATURES);
    if found.is_empty() {
        return selected::read(case, view, &rows, &targets);
    }
    let told: Vec<Vec<u16>> = found
        .iter()
        .map(|feature| feature.of_lessons(&sources, &rows))
        .collect();

    // The last lesson tells how far to believe the others: its people are other people.
    let is_held = |row: usize| match lessons.len() {
        1 => 2 * row >= rows.len(),
        several => rows[row].0 == several - 1,
    };
    let (held, learn): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|&row| is_held(row));
    let belief = Model::learn(&told, &targets, values, &learn).belief(&told, &targets, &held)?;
    let all: Vec<usize> = (0..rows.len()).collect();
    let model = Model::learn(&told, &targets, values, &all);

    let of_leak: Vec<Vec<u16>> = found
        .iter()
        .map(|feature: &Feature| feature.of_leak(&sources, view.rows))
        .collect();
    let mut seen: HashMap<Vec<u16>, u32> = HashMap::new();
    let mut reading = Reading {
        of: What::Field(case.knows.target),
        codes: Vec::new(),
        candidates: Vec::new(),
    };
    for row in 0..view.rows {
        let tuple: Vec<u16> = of_leak.iter().map(|told| told[row]).collect();
        reading
            .codes
            .push(*seen.entry(tuple).or_insert_with_key(|tuple| {
                let posterior = model.posterior(tuple.iter().copied(), belief);
                let weighted = (0..)
                    .zip(posterior)
                    .filter(|(_, p)| *p > 1e-4)
                    .map(|(value, p)| (value, p as f32));
                reading.candidates.push(Candidates::new(weighted.collect()));
                reading.candidates.len() as u32 - 1
            }));
    }
    Some(reading)
}

/// The rows that teach: evenly from all lessons.
fn taught(lessons: &[&Lesson]) -> Vec<At> {
    let all: usize = lessons.iter().map(|lesson| lesson.rows.len()).sum();
    let step = all.div_ceil(ROWS).max(1);
    let rows = lessons
        .iter()
        .enumerate()
        .flat_map(|(at, lesson)| (0..lesson.rows.len()).map(move |row| (at, row)));
    rows.step_by(step).collect()
}

/// Naive Bayes: how often each value of the target goes with each value of each feature.
struct Model {
    /// How often each value of the target occurs, and its share.
    counts: Vec<f64>,
    prior: Vec<f64>,
    /// For each feature and value of it, how often with each value of the target.
    with: Vec<HashMap<u16, Vec<f64>>>,
}

impl Model {
    fn learn(told: &[Vec<u16>], targets: &[u32], values: usize, rows: &[usize]) -> Self {
        let mut counts = vec![0.0; values];
        for &row in rows {
            counts[targets[row] as usize] += 1.0;
        }
        let with = told.iter().map(|told| {
            let mut with: HashMap<u16, Vec<f64>> = HashMap::new();
            for &row in rows {
                with.entry(told[row]).or_insert_with(|| vec![0.0; values])
                    [targets[row] as usize] += 1.0;
            }
            with
        });
        let with = with.collect();
        let all: f64 = counts.iter().sum();
        let prior = counts.iter().map(|count| count / all.max(1.0)).collect();
        Self {
            counts,
            prior,
            with,
        }
    }

    /// The target's distribution where the features are these.
    fn posterior(&self, told: impl Iterator<Item = u16>, belief: f64) -> Vec<f64> {
        let mut logs: Vec<f64> = self.prior.iter().map(|prior| prior.ln()).collect();
        for (told, with) in told.zip(&self.with) {
            // What was never seen says nothing.
            let Some(seen) = with.get(&told) else {
                continue;
            };
            let all: f64 = seen.iter().sum();
            let rows: f64 = self.counts.iter().sum();
            for ((log, seen), count) in logs.iter_mut().zip(seen).zip(&self.counts) {
                // Laplace, towards how often the feature has this value at all.
                *log += belief * ((seen + all / rows) / (count + 1.0) / (all / rows)).ln();
            }
        }
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    }

    /// How far to believe it: what gains most on rows that it was not taught, where that is a gain for certain.
    fn belief(&self, told: &[Vec<u16>], targets: &[u32], held: &[usize]) -> Option<f64> {
        // Few rows settle it.
        let held: Vec<usize> = held
            .iter()
            .copied()
            .step_by(held.len().div_ceil(1500).max(1))
            .collect();
        let gains = |belief: f64| -> Vec<f64> {
            let gain = |row: usize| {
                let target = targets[row] as usize;
                let prior = self.prior[target];
                let posterior = self.posterior(told.iter().map(|told| told[row]), belief)[target];
                // What was never taught is no gain and no loss.
                if prior > 0.0 {
                    (posterior / prior).max(1e-6).ln()
                } else {
                    0.0
                }
            };
            held.iter().map(|&row| gain(row)).collect()
        };
        let mean = |gains: &[f64]| gains.iter().sum::<f64>() / gains.len().max(1) as f64;
        let all = BELIEFS.map(|belief| (belief, gains(belief)));
        let (belief, gains) = all
            .into_iter()
            .max_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)))?;
        let mean = mean(&gains);
        let variance =
            gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / gains.len().max(1) as f64;
        let error = (variance / gains.len().max(1) as f64).sqrt();
        (mean > 0.0 && mean > SURE * error).then_some(belief)
    }
}

#[cfg(test)]
mod tests;
