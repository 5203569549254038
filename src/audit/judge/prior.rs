//! The best guess from elsewhere: P(target | quasi-identifiers, tenant) of people who are not in the leak.

mod strata;

use std::collections::BTreeMap;

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use self::strata::Strata;
use crate::audit::{
    case::NULL,
    draw::{numbering::Numbering, truth::Truth},
};

/// In how many parts people are split where nothing is known from elsewhere: each part is guessed from the others.
///
/// Two, since only people of one part exchange what they came for: more would leave few to exchange with.
const PARTS: u32 = 2;

/// What is guessed of each person before any row is looked at: P(target | quasi-identifiers, tenant), one entry a value of the target's
/// vocabulary. People of one stratum share it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Priors {
    /// For each person the position of their guess.
    of: Vec<u32>,
    guesses: Vec<Vec<f32>>,
    /// For each guess the value that it gives most to.
    best: Vec<u32>,
}

impl Priors {
    /// Adds a guess, and gives its position.
    fn add(&mut self, guess: Vec<f32>) -> u32 {
        let best = guess
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        self.best.push(best.map_or(NULL, |(value, _)| value as u32));
        self.guesses.push(guess);
        self.guesses.len() as u32 - 1
    }

    /// The same guess of so many people.
    #[cfg(test)]
    pub(crate) fn alike(people: usize, guess: Vec<f32>) -> Self {
        let mut priors = Self::default();
        let at = priors.add(guess);
        priors.of = vec![at; people];
        priors
    }

    pub(crate) fn of(&self, person: u32) -> &[f32] {
        &self.guesses[self.of[person as usize] as usize]
    }

    /// The likeliest value; the first of equals.
    pub(crate) fn best(&self, person: u32) -> u32 {
        self.best[self.of[person as usize] as usize]
    }

    /// The mean over all people, of so many values.
    pub(crate) fn mean(&self, values: usize) -> Vec<f32> {
        let mut people = vec![0_u32; self.guesses.len()];
        for &of in &self.of {
            people[of as usize] += 1;
        }
        let mut mean = vec![0.0; values];
        for (guess, people) in self.guesses.iter().zip(people) {
            let share = people as f32 / self.of.len() as f32;
            for (sum, prior) in mean.iter_mut().zip(guess) {
                *sum += share * prior;
            }
        }
        mean
    }
}

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

    /// Adds the guesses for those people of a truth whose position `is_in`.
    fn guess(
        &self,
        numbering: &Numbering<'_>,
        truth: &Truth,
        is_in: impl Fn(usize) -> bool,
        priors: &mut Priors,
    ) {
        let mut made: BTreeMap<&Vec<u32>, u32> = BTreeMap::new();
        let strata = Strata::new(self, numbering, truth);
        priors.of.resize(truth.people.len(), 0);
        for (person, stratum) in truth.strata.iter().enumerate() {
            if is_in(person) {
                priors.of[person] = *made
                    .entry(stratum)
                    .or_insert_with(|| priors.add(strata.prior(stratum)));
            }
        }
    }

    /// The guess for each person of a truth.
    pub(crate) fn priors(&self, numbering: &Numbering<'_>, truth: &Truth) -> Priors {
        let mut priors = Priors::default();
        self.guess(numbering, truth, |_| true, &mut priors);
        priors
    }
}

/// A part for each of so many people.
pub(crate) fn parts(people: usize, seed: u64) -> Vec<u32> {
    let mut parts: Vec<u32> = (0..PARTS).cycle().take(people).collect();
    parts.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    parts
}

/// The guesses for people of a truth of whom nothing is known from elsewhere: each from the others.
pub(crate) fn cross_fitted(numbering: &Numbering<'_>, truth: &Truth) -> Priors {
    let values = numbering.vocabularies[numbering.target].values.len();
    let mut priors = Priors::default();
    for part in 0..PARTS {
        let mut counts = Counts::default();
        counts.add(truth, values, |person| truth.parts[person] != part);
        let is_in = |person: usize| truth.parts[person] == part;
        counts.guess(numbering, truth, is_in, &mut priors);
    }
    priors
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::{
        Schema,
        audit::{
            control::made_up,
            draw::table::{Column, Table},
            judge::score::Judge,
        },
    };

    /// Ages of 30 years each, so that everybody has somebody to exchange with.
    fn in_few_strata(town: &Table) -> Table {
        let mut table = Table::new(town.columns().iter().map(Column::name)).unwrap();
        for row in 0..town.rows() {
            let cells = town.columns().iter().map(|column| {
                let cell = column.get(row).map(str::to_owned);
                match column.name() {
                    "age" => cell.map(|age| (age.parse::<u32>().unwrap() / 30).min(2).to_string()),
                    _ => cell,
                }
            });
            let cells: Vec<Option<String>> = cells.collect();
            table.push(cells.iter().map(Option::as_deref)).unwrap();
        }
        table
    }

    /// Else the guess of a person, made of all others, tells what they came for, and permutations do not know.
    #[test]
    fn who_exchanges_changes_nothing_that_is_known_of_them() {
        let schema = Schema::appointment();
        let table = in_few_strata(&made_up::town(1_500, 3).unwrap());
        let numbering = Numbering::of_visits(&schema, &table);
        let mut truth = numbering.truth(table).unwrap();
        truth.parts = parts(truth.people.len(), 1);
        let known = cross_fitted(&numbering, &truth);
        let whose = Judge::new(&truth, &known, 0, 1, 1).whose(1);
        assert!(
            whose
                .iter()
                .enumerate()
                .all(|(person, &of)| truth.strata[person] == truth.strata[of as usize])
        );
        let exchanged: Vec<Vec<u32>> = whose
            .iter()
            .map(|&person| truth.came_for[person as usize].clone())
            .collect();
        assert_ne!(exchanged, truth.came_for);
        truth.came_for = exchanged;
        assert_eq!(cross_fitted(&numbering, &truth), known);
    }
}
