//! The best guess from elsewhere: P(target | quasi-identifiers, tenant) of people who are not in the leak.

use std::collections::BTreeMap;

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{
    case::NULL,
    truth::{Numbering, Truth},
};
use crate::schema::ValueType;

/// In how many parts people are split where nothing is known from elsewhere: each part is guessed from the others.
///
/// Two, since only people of one part exchange what they came for: more would leave few to exchange with.
const PARTS: u32 = 2;

/// So many people more who came for what people of the same text-like quasi-identifiers came for.
const BACKOFF: f32 = 4.0;

/// And so many who came for what everybody came for.
const FLOOR: f32 = 0.5;

/// What people came for, counted by their stratum.
#[derive(Default)]
pub(crate) struct Counts {
    strata: BTreeMap<Vec<u32>, Vec<f32>>,
    people: usize,
}

impl Counts {
    /// Counts the people of a truth whose position `is_in`.
    pub(crate) fn add(&mut self, truth: &Truth, values: usize, is_in: impl Fn(usize) -> bool) {
        for (person, (stratum, came_for)) in truth.strata.iter().zip(&truth.came_for).enumerate() {
            if !is_in(person) {
                continue;
            }
            let counts = self
                .strata
                .entry(stratum.clone())
                .or_insert_with(|| vec![0.0; values]);
            for &value in came_for {
                counts[value as usize] += 1.0;
            }
            self.people += 1;
        }
    }

    /// The guess for each person of a truth.
    pub(crate) fn priors(&self, numbering: &Numbering<'_>, truth: &Truth) -> Vec<Vec<f32>> {
        let mut made: BTreeMap<&Vec<u32>, Vec<f32>> = BTreeMap::new();
        let strata = Strata::new(self, numbering, truth);
        truth
            .strata
            .iter()
            .map(|stratum| {
                made.entry(stratum)
                    .or_insert_with(|| strata.prior(stratum))
                    .clone()
            })
            .collect()
    }
}

/// A part for each of so many people.
pub(crate) fn parts(people: usize, seed: u64) -> Vec<u32> {
    let mut parts: Vec<u32> = (0..PARTS).cycle().take(people).collect();
    parts.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    parts
}

/// The guesses for people of a truth of whom nothing is known from elsewhere: each from the others.
pub(crate) fn cross_fitted(numbering: &Numbering<'_>, truth: &Truth) -> Vec<Vec<f32>> {
    let values = numbering.vocabularies[numbering.target].values.len();
    let mut priors = vec![Vec::new(); truth.people.len()];
    for part in 0..PARTS {
        let mut counts = Counts::default();
        counts.add(truth, values, |person| truth.parts[person] != part);
        for (person, prior) in counts.priors(numbering, truth).into_iter().enumerate() {
            if truth.parts[person] == part {
                priors[person] = prior;
            }
        }
    }
    priors
}

/// Counts, and how near two strata are.
struct Strata<'c> {
    counts: &'c Counts,
    all: Vec<f32>,
    /// Of each quasi-identifier: its values as integers, where it is one.
    integers: Vec<Option<Vec<Option<i64>>>>,
    width: f32,
}

impl<'c> Strata<'c> {
    fn new(counts: &'c Counts, numbering: &Numbering<'_>, truth: &Truth) -> Self {
        let values = numbering.vocabularies[numbering.target].values.len();
        let mut all = vec![0.0; values];
        for counts in counts.strata.values() {
            for (sum, count) in all.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let quasi = numbering.quasi_identifiers(truth);
        let integers = quasi.into_iter().map(|field| {
            let is_integer = numbering.schema.fields()[field].value_type() == ValueType::Integer;
            is_integer.then(|| {
                numbering.vocabularies[field]
                    .values
                    .iter()
                    .map(|text| text.parse().ok())
                    .collect()
            })
        });
        Self {
            counts,
            all,
            integers: integers.collect(),
            // With many people each age speaks for itself; with few, those around it do, too.
            width: (40_000.0 / (counts.people as f32 + 1.0))
                .cbrt()
                .clamp(0.2, 4.0),
        }
    }

    fn prior(&self, of: &[u32]) -> Vec<f32> {
        let (mut near, mut alike) = (vec![0.0_f32; self.all.len()], vec![0.0_f32; self.all.len()]);
        for (stratum, counts) in &self.counts.strata {
            let Some(weight) = self.nearness(of, stratum) else {
                continue;
            };
            for ((near, alike), count) in near.iter_mut().zip(&mut alike).zip(counts) {
                *near += weight * count;
                *alike += count;
            }
        }
        let share =
            |counts: &[f32], value: usize| counts[value] / counts.iter().sum::<f32>().max(1.0);
        let mut prior: Vec<f32> = (0..self.all.len())
            .map(|value| {
                near[value] + BACKOFF * share(&alike, value) + FLOOR * share(&self.all, value)
            })
            .collect();
        prior[NULL as usize] = 0.0;
        let sum: f32 = prior.iter().sum();
        if sum > 0.0 {
            prior.iter_mut().for_each(|prior| *prior /= sum);
        }
        prior
    }

    /// 1 for the same, less the farther integers are apart; `None` where anything else differs.
    fn nearness(&self, a: &[u32], b: &[u32]) -> Option<f32> {
        if a[0] != b[0] {
            return None;
        }
        let mut weight = 1.0;
        for ((a, b), integers) in a[1..].iter().zip(&b[1..]).zip(&self.integers) {
            let apart = integers
                .as_ref()
                .and_then(|of| Some(of[*a as usize]?.abs_diff(of[*b as usize]?)));
            match apart {
                Some(apart) => weight *= (-(apart as f32) / self.width).exp(),
                None if a == b => {}
                None => return None,
            }
        }
        Some(weight)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Schema,
        audit::{made_up, score::Judge},
    };

    /// Else the guess of a person, made of all others, tells what they came for, and permutations do not know.
    #[test]
    fn who_exchanges_changes_nothing_that_is_known_of_them() {
        let schema = Schema::appointment();
        let table = made_up::town(1_500, 3).unwrap();
        let numbering = Numbering {
            schema: &schema,
            target: schema.position("specialty").unwrap(),
            vocabularies: Arc::new(Numbering::vocabularies(&schema, [&table].into_iter())),
            person: None,
            tenant: None,
        };
        let mut truth = numbering.truth(table).unwrap();
        truth.parts = parts(truth.people.len(), 1);
        let known = cross_fitted(&numbering, &truth);
        let whose = Judge::new(&truth, &known, 0, 1, 1).permuted(1);
        let exchanged: Vec<Vec<u32>> = whose
            .iter()
            .map(|&person| truth.came_for[person as usize].clone())
            .collect();
        assert_ne!(exchanged, truth.came_for);
        truth.came_for = exchanged;
        assert_eq!(cross_fitted(&numbering, &truth), known);
    }
}
