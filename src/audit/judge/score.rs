//! Whether claims of people are better than chance, and how much better.
//!
//! Attacks claim before the truth is looked at. Under permutation, people of the same quasi-identifiers and tenant exchange what they came for,
//! whole, and the same claims are scored again: where the leak links nothing, the truth is one of these. Who is alone with theirs has
//! nobody to exchange with, and is outed there as often as what is guessed of them comes true of people like them.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use rayon::prelude::*;

use super::{link::Guess, prior::Priors};
use crate::audit::{draw::truth::Truth, seeds};

/// A claim is certain from here on.
pub(crate) const CERTAIN: f32 = 0.9;

/// Who is outed was guessed with less than this before.
pub(crate) const GUESSED: f32 = 0.5;

/// Into so many parts the people or draws are cut: half of them choose the attack, the others bound it.
pub(super) const UNITS: usize = 20;

/// The people of one draw, and what is guessed of them from elsewhere.
pub(crate) struct Judge<'t> {
    truth: &'t Truth,
    prior: &'t Priors,
    /// The people who exchange among each other, two or more.
    strata: Vec<Vec<u32>>,
    /// Of each person whether there is nobody to exchange with.
    is_alone: Vec<bool>,
    /// How many things people came for, in the mean.
    things: f32,
    /// The unit that each person belongs to.
    units: Vec<usize>,
    seed: u64,
}

/// The score of one way in on one draw, under the truth first and then under each permutation.
pub(crate) struct Score {
    /// By how many people more it is right than the best guess from elsewhere.
    pub(crate) gained: Vec<i32>,
    /// How many people it outs.
    pub(crate) outed: Vec<u32>,
    /// Of how many people it claims something else than the best guess.
    pub(crate) claims: u64,
    /// By unit, the people gained under the truth.
    units: [i32; UNITS],
    /// Each claim, for calibration: its posterior, what was guessed before of the same value, whether it is right.
    pub(crate) claimed: Vec<Claim>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) person: u32,
    pub(crate) row: u32,
    pub(crate) posterior: f32,
    pub(crate) prior: f32,
    pub(crate) right: bool,
}

/// How often the best guess from elsewhere is right on one draw.
pub(crate) struct Baseline {
    pub(crate) right: u64,
    pub(crate) people: u64,
    /// By unit, people and those guessed right.
    units: [(u32, u32); UNITS],
}

impl<'t> Judge<'t> {
    /// Of the draw at `position` of `draws`.
    pub(crate) fn new(
        truth: &'t Truth,
        prior: &'t Priors,
        position: usize,
        draws: usize,
        seed: u64,
    ) -> Self {
        let people = truth.people.len();
        let mut strata: BTreeMap<(&[u32], u32), Vec<u32>> = BTreeMap::new();
        for (person, (stratum, &part)) in (0..).zip(truth.strata.iter().zip(&truth.parts)) {
            strata.entry((stratum, part)).or_default().push(person);
        }
        let (strata, alone): (Vec<_>, Vec<_>) =
            strata.into_values().partition(|people| people.len() > 1);
        let mut is_alone = vec![false; people];
        for person in alone.into_iter().flatten() {
            is_alone[person as usize] = true;
        }
        let things: usize = truth.came_for.iter().map(Vec::len).sum();
        let mut units: Vec<usize> = match draws {
            UNITS.. => vec![position % UNITS; people],
            _ => (0..people)
                .map(|person| (person + position) % UNITS)
                .collect(),
        };
        units.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ seeds::UNITS));
        Self {
            truth,
            prior,
            strata,
            is_alone,
            things: things as f32 / people.max(1) as f32,
            units,
            seed,
        }
    }

    pub(crate) fn baseline(&self) -> Baseline {
        let mut baseline = Baseline {
            right: 0,
            people: self.people() as u64,
            units: [(0, 0); UNITS],
        };
        for person in 0..self.people() {
            let best = self.prior.best(person as u32);
            let right = self.came_for(person as u32, best);
            let unit = &mut baseline.units[self.units[person]];
            unit.0 += 1;
            unit.1 += u32::from(right);
            baseline.right += u64::from(right);
        }
        baseline
    }

    /// Scores the claims of several ways in.
    pub(crate) fn scores(&self, ways: &[Vec<Guess>], permutations: u32) -> Vec<Score> {
        let claims: Vec<Claims> = ways
            .iter()
            .map(|guesses| Claims::new(self, guesses))
            .collect();
        let under = |permutation: u32| {
            let world = match permutation {
                0 => World::True,
                _ => World::Permuted(self.permuted(u64::from(permutation))),
            };
            claims
                .iter()
                .map(|claims| claims.count(self, &world))
                .collect::<Vec<_>>()
        };
        let counted: Vec<Vec<(i32, u32)>> = (0..=permutations).into_par_iter().map(under).collect();
        let score = |(way, claims): (usize, Claims)| {
            let mut units = [0; UNITS];
            for &(person, value) in &claims.other {
                let (new, old) = (
                    self.came_for(person, value),
                    self.came_for(person, self.prior.best(person)),
                );
                units[self.units[person as usize]] += i32::from(new) - i32::from(old);
            }
            let claimed = ways[way].iter().map(|guess| Claim {
                person: guess.person,
                row: guess.row,
                posterior: guess.posterior,
                prior: self.prior.of(guess.person)[guess.value as usize],
                right: self.came_for(guess.person, guess.value),
            });
            Score {
                gained: counted.iter().map(|ways| ways[way].0).collect(),
                outed: counted.iter().map(|ways| ways[way].1).collect(),
                claims: claims.other.len() as u64,
                units,
                claimed: claimed.collect(),
            }
        };
        claims.into_iter().enumerate().map(score).collect()
    }

    fn permuted(&self, permutation: u64) -> Permuted {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ seeds::ALONE);
        rng.set_stream(permutation);
        let luck = self.is_alone.iter().map(|alone| match alone {
            true => rng.random(),
            false => 0.0,
        });
        Permuted {
            whose: self.whose(permutation),
            luck: luck.collect(),
        }
    }

    /// For each person whose history they have under a permutation; who is alone has their own.
    pub(crate) fn whose(&self, permutation: u64) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(permutation);
        let mut whose: Vec<u32> = (0..self.people() as u32).collect();
        for people in &self.strata {
            let mut shuffled = people.clone();
            shuffled.shuffle(&mut rng);
            for (person, of) in people.iter().zip(shuffled) {
                whose[*person as usize] = of;
            }
        }
        whose
    }

    /// For each true row another one, whose visit it is after people exchanged theirs, and those who are alone with theirs among
    /// each other; the `permutation` is one that no score uses.
    pub(crate) fn exchanged(&self, permutation: u64) -> Vec<usize> {
        let mut whose = self.whose(permutation << 32);
        let is_alone = |person: &u32| self.is_alone[*person as usize];
        let alone: Vec<u32> = (0..self.people() as u32).filter(is_alone).collect();
        let mut shuffled = alone.clone();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed ^ seeds::ALONE));
        for (person, of) in alone.into_iter().zip(shuffled) {
            whose[person as usize] = of;
        }
        let mut visits: Vec<Vec<usize>> = vec![Vec::new(); self.people()];
        for (row, &person) in self.truth.person_of.iter().enumerate() {
            visits[person as usize].push(row);
        }
        let mut next = vec![0; self.people()];
        let visit = |&person: &u32| {
            let (of, next) = (
                &visits[whose[person as usize] as usize],
                &mut next[person as usize],
            );
            let row = of[*next % of.len()];
            *next += 1;
            row
        };
        self.truth.person_of.iter().map(visit).collect()
    }

    /// How often what somebody may have come for comes true where nothing links: as often as is guessed of people of their tenant, or as
    /// it does among those nearest to them, who are few enough to be like them. They are among those: it errs towards chance.
    fn chance(&self, person: u32, value: u32) -> f32 {
        let near = self.truth.neighbours.of(person);
        let came = near.iter().filter(|near| self.came_for(**near, value));
        let guessed = self.prior.of(person)[value as usize] * self.things;
        guessed.max(came.count() as f32 / near.len() as f32)
    }

    fn people(&self) -> usize {
        self.truth.people.len()
    }

    fn came_for(&self, person: u32, value: u32) -> bool {
        self.truth.came_for[person as usize].contains(&value)
    }
}

/// What people came for: what they did, or what they might have where nothing links.
enum World {
    True,
    Permuted(Permuted),
}

struct Permuted {
    whose: Vec<u32>,
    /// Of who is alone, from 0 to 1: what is guessed of them with a greater chance comes true.
    luck: Vec<f32>,
}

/// What of the guesses counts.
struct Claims {
    /// Person and value, where it is not the best guess from elsewhere and its posterior is better.
    other: Vec<(u32, u32)>,
    /// Person and value, where it is certain and was not before, and how often that comes true by chance, of who is alone.
    certain: Vec<(u32, u32, f32)>,
}

impl Claims {
    fn new(judge: &Judge<'_>, guesses: &[Guess]) -> Self {
        let prior = |guess: &Guess, value: u32| judge.prior.of(guess.person)[value as usize];
        let pair = |guess: &Guess| (guess.person, guess.value);
        let other = |guess: &&Guess| {
            let best = judge.prior.best(guess.person);
            guess.value != best && guess.posterior > prior(guess, best)
        };
        let certain =
            |guess: &&Guess| guess.posterior >= CERTAIN && prior(guess, guess.value) < GUESSED;
        Self {
            other: guesses.iter().filter(other).map(pair).collect(),
            certain: guesses
                .iter()
                .filter(certain)
                .map(|guess| {
                    let (person, value) = pair(guess);
                    let chance = match judge.is_alone[person as usize] {
                        true => judge.chance(person, value),
                        false => 0.0,
                    };
                    (person, value, chance)
                })
                .collect(),
        }
    }

    /// How many people are gained in a world, and how many outed.
    fn count(&self, judge: &Judge<'_>, world: &World) -> (i32, u32) {
        let whose = |person: u32| match world {
            World::True => person,
            World::Permuted(permuted) => permuted.whose[person as usize],
        };
        let gained = |&(person, value): &(u32, u32)| {
            let of = whose(person);
            i32::from(judge.came_for(of, value))
                - i32::from(judge.came_for(of, judge.prior.best(person)))
        };
        let is_outed = |&&(person, value, chance): &&(u32, u32, f32)| match world {
            World::Permuted(permuted) if judge.is_alone[person as usize] => {
                permuted.luck[person as usize] < chance
            }
            _ => judge.came_for(whose(person), value),
        };
        let outed = self.certain.iter().filter(is_outed);
        (self.other.iter().map(gained).sum(), outed.count() as u32)
    }
}

/// One way in over all draws.
pub(crate) struct Total {
    pub(crate) gained: Vec<i32>,
    pub(crate) outed: Vec<u32>,
    pub(crate) claims: u64,
    pub(super) units: [i32; UNITS],
    /// By draw.
    pub(crate) claimed: Vec<(usize, Claim)>,
}

impl Total {
    pub(crate) fn new(permutations: u32) -> Self {
        let length = permutations as usize + 1;
        Self {
            gained: vec![0; length],
            outed: vec![0; length],
            claims: 0,
            units: [0; UNITS],
            claimed: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, draw: usize, score: &Score) {
        let sum = |(total, part): (&mut i32, &i32)| *total += part;
        self.gained.iter_mut().zip(&score.gained).for_each(sum);
        self.units.iter_mut().zip(&score.units).for_each(sum);
        self.outed
            .iter_mut()
            .zip(&score.outed)
            .for_each(|(total, part)| *total += part);
        self.claims += score.claims;
        self.claimed
            .extend(score.claimed.iter().map(|&claim| (draw, claim)));
    }
}

/// The best guess from elsewhere over all draws.
#[derive(Default)]
pub(crate) struct TotalBaseline {
    pub(crate) right: u64,
    pub(crate) people: u64,
    pub(super) units: [(u32, u32); UNITS],
}

impl TotalBaseline {
    pub(crate) fn add(&mut self, baseline: &Baseline) {
        self.right += baseline.right;
        self.people += baseline.people;
        for (total, unit) in self.units.iter_mut().zip(&baseline.units) {
            total.0 += unit.0;
            total.1 += unit.1;
        }
    }

    /// How often it is right.
    pub(crate) fn accuracy(&self) -> f64 {
        self.right as f64 / self.people.max(1) as f64
    }

    /// R of so many people gained.
    pub(crate) fn gain(&self, gained: i32) -> f64 {
        f64::from(gained) / (self.people.saturating_sub(self.right)).max(1) as f64
    }

    pub(super) fn unit_gains(&self, total: &Total) -> [f64; UNITS] {
        let mut gains = [0.0; UNITS];
        for ((gain, gained), (people, right)) in gains.iter_mut().zip(&total.units).zip(&self.units)
        {
            *gain = f64::from(*gained) / f64::from((people - right).max(1));
        }
        gains
    }
}

/// For each way in the chance of such a gain, and that of so many people outed, where nothing links: over all ways in of the run
/// and both counts (Westfall and Young 1993, single step, on counts over their standard deviation under permutation).
pub(crate) fn adjusted(totals: &[&Total]) -> Vec<(f64, f64)> {
    let permutations = totals.first().map_or(0, |total| total.gained.len());
    let statistics: Vec<(Vec<f32>, Vec<f32>)> = totals
        .par_iter()
        .map(|total| {
            let outed: Vec<f32> = total.outed.iter().map(|&count| count as f32).collect();
            let gained: Vec<f32> = total.gained.iter().map(|&count| count as f32).collect();
            (studentized(gained), studentized(outed))
        })
        .collect();
    let greatest = |permutation: usize| {
        let both = statistics
            .iter()
            .flat_map(|(gained, outed)| [gained[permutation], outed[permutation]]);
        both.fold(0.0, f32::max)
    };
    let mut null: Vec<f32> = (1..permutations).map(greatest).collect();
    null.sort_unstable_by(f32::total_cmp);
    let chance = |statistic: f32| {
        if statistic <= 0.0 {
            return 1.0;
        }
        let reached = null.len() - null.partition_point(|&other| other < statistic);
        (reached + 1) as f64 / (null.len() + 1) as f64
    };
    statistics
        .iter()
        .map(|(gained, outed)| (chance(gained[0]), chance(outed[0])))
        .collect()
}

/// Counts less their mean, over their standard deviation; all of them, the true one first. Half a person more or less is no news
/// where nothing ever varies, hence what is added to the variance: else a single lucky claim in one permutation of a hundred
/// would hide what is certain.
fn studentized(mut counts: Vec<f32>) -> Vec<f32> {
    let n = counts.len().max(1) as f32;
    let mean = counts.iter().sum::<f32>() / n;
    let variance = counts
        .iter()
        .map(|count| (count - mean).powi(2))
        .sum::<f32>()
        / n;
    let scale = (variance + 0.25).sqrt();
    counts
        .iter_mut()
        .for_each(|count| *count = (*count - mean) / scale);
    counts
}

/// What 95 of 100 permutations do not exceed.
pub(crate) fn by_chance(outed: &[u32]) -> u64 {
    let mut permuted = outed.get(1..).unwrap_or_default().to_vec();
    permuted.sort_unstable();
    let at = (permuted.len() * 95).div_ceil(100).saturating_sub(1);
    permuted.get(at).copied().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::{
        Schema,
        audit::draw::{numbering::Numbering, table::Table},
    };

    const SPECIALTIES: [&str; 4] = ["Urologie", "Neurologie", "Cardiologie", "Dermatologie"];

    /// 300 people of three ages, and 40 who are alone with theirs.
    fn town() -> (Truth, Priors) {
        let schema = Schema::appointment();
        let mut table = Table::new(["last_name", "age", "sex", "specialty"]).unwrap();
        for at in 0..340_usize {
            let age = if at < 300 { 30 + at % 3 } else { at - 240 };
            let cells = [&*format!("Martin-{at}"), &*age.to_string(), "F"];
            // Neither goes with the other.
            let specialty = SPECIALTIES[at * 7 % 11 % 4];
            let cells = cells.into_iter().chain([specialty]).map(Some);
            table.push(cells.collect::<Vec<_>>()).unwrap();
        }
        let numbering = Numbering::of_visits(&schema, &table);
        let priors = Priors::alike(340, vec![0.0, 0.25, 0.25, 0.25, 0.25]);
        (numbering.truth(table).unwrap(), priors)
    }

    fn claim(person: u32, value: u32) -> Guess {
        Guess {
            person,
            value,
            posterior: 1.0,
            row: person,
        }
    }

    /// The chance of what is claimed, and how many are outed, in truth and by chance.
    fn judged(claims: Vec<Guess>) -> (f64, u32, u64) {
        let (truth, priors) = town();
        let judge = Judge::new(&truth, &priors, 0, 1, 1);
        let mut total = Total::new(199);
        total.add(0, &judge.scores(&[claims], 199)[0]);
        let (gained, outed) = adjusted(&[&total])[0];
        (gained.min(outed), total.outed[0], by_chance(&total.outed))
    }

    /// They exchange with nobody: with their own history they would be outed under every permutation as under the truth, and so by chance.
    #[test]
    fn who_is_alone_with_their_age_and_outed_is_no_chance() {
        let (truth, _) = town();
        let claims = (300..340).map(|person| claim(person, truth.came_for[person as usize][0]));
        let (p, outed, by_chance) = judged(claims.collect());
        assert_eq!(outed, 40);
        assert!(p <= 0.01 && by_chance <= 25, "p {p}, {by_chance} by chance");
    }

    /// What a stranger came for outs as many in truth as by chance.
    #[test]
    fn wrong_claims_of_who_is_alone_with_their_age_are_chance() {
        let (truth, _) = town();
        let other = |person: u32| truth.came_for[(person as usize * 13 + 5) % 300][0];
        let (p, outed, by_chance) = judged(
            (300..340)
                .map(|person| claim(person, other(person)))
                .collect(),
        );
        assert!(p > 0.05, "p {p}, {outed} outed, {by_chance} by chance");
    }
}
