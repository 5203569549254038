//! The ways into leaks, and what all of them reached.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use super::{
    bound::Bound,
    calibrate::calibrate,
    link::{self, Guess},
    score::{self, Judge, Total, TotalBaseline},
};
use crate::audit::{
    attack::{self, Family},
    case::Case,
    report::{self, ReversedColumn},
};

/// How many of the exposed people are named by their rows.
const EXPOSED: usize = 20;

/// One way in, told apart from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) family: Family,
    /// Ascending positions of leaks.
    pub(crate) leaks: Vec<usize>,
    /// The leak whose rows are read.
    pub(crate) leak: usize,
    pub(crate) how: String,
}

/// All ways in over all draws.
pub(crate) struct Totals {
    pub(crate) ways: BTreeMap<Key, Total>,
    pub(crate) baseline: TotalBaseline,
}

/// What the attacks on a case came to.
pub(crate) struct Attacked {
    /// All that is claimed by each way in.
    pub(crate) guessed: Vec<(Key, Vec<Guess>)>,
    pub(crate) notes: Vec<String>,
    pub(crate) reversed: Vec<ReversedColumn>,
}

pub(crate) fn attack(case: &Case, enumeration: Option<Duration>) -> Attacked {
    let found = attack::all_ways(case, enumeration);
    let mut guessed: Vec<(Key, Vec<Guess>)> = Vec::new();
    for (family, way) in &found.ways {
        let mut readings: Vec<_> = found.clear[way.leak].iter().collect();
        readings.extend(&way.readings);
        let key = key(*family, way.leak, &way.with, &way.how);
        // Of two columns of one name the first counts: else one person would count twice.
        if guessed.iter().any(|(known, _)| *known == key) {
            continue;
        }
        let guesses = link::guesses(case, way.leak, &readings);
        // What claims the same as another way is no way of its own: the surest family is the first.
        if guesses.is_empty() || guessed.iter().all(|(_, known)| *known != guesses) {
            guessed.push((key, guesses));
        }
    }
    Attacked {
        guessed,
        notes: found.notes,
        reversed: found.reversed,
    }
}

fn key(family: Family, leak: usize, with: &[usize], how: &str) -> Key {
    let mut leaks: Vec<usize> = with.iter().copied().chain([leak]).collect();
    leaks.sort_unstable();
    leaks.dedup();
    Key {
        family,
        leaks,
        leak,
        how: how.to_owned(),
    }
}

impl Totals {
    pub(crate) fn new() -> Self {
        Self {
            ways: BTreeMap::new(),
            baseline: TotalBaseline::default(),
        }
    }

    pub(crate) fn add(
        &mut self,
        draw: usize,
        judge: &Judge<'_>,
        guessed: Vec<(Key, Vec<Guess>)>,
        permutations: u32,
    ) {
        let (keys, guesses): (Vec<Key>, Vec<Vec<Guess>>) = guessed.into_iter().unzip();
        for (key, score) in keys.into_iter().zip(judge.scores(&guesses, permutations)) {
            self.ways
                .entry(key)
                .or_insert_with(|| Total::new(permutations))
                .add(draw, &score);
        }
        self.baseline.add(&judge.baseline());
    }
}

pub(crate) fn attacks(
    totals: &Totals,
    chances: &[(f64, f64)],
    names: &[String],
) -> Vec<report::Attack> {
    let mut attacks: Vec<report::Attack> = totals
        .ways
        .iter()
        .zip(chances)
        .map(|((key, total), (gained, outed))| {
            let claims: Vec<score::Claim> = total.claimed.iter().map(|(_, claim)| *claim).collect();
            let calibrated = calibrate(&claims);
            let right = totals.baseline.right as f64 + f64::from(total.gained[0]);
            report::Attack {
                family: key.family.name().to_owned(),
                how: key.how.clone(),
                leaks: key.leaks.iter().map(|&leak| names[leak].clone()).collect(),
                needs: attack::needs(key.family).to_owned(),
                claims: total.claims,
                accuracy: right / totals.baseline.people.max(1) as f64,
                gain: totals.baseline.gain(total.gained[0]),
                p: gained.min(*outed),
                bound: Bound::of(&[total], &totals.baseline).map(|bound| bound.most),
                outed: total.outed[0].into(),
                outed_by_chance: score::by_chance(&total.outed),
                exposure: calibrated.bits.iter().copied().fold(0.0, f64::max),
                log_score: calibrated.log_score,
            }
        })
        .collect();
    attacks.sort_by(|a, b| a.p.total_cmp(&b.p).then(b.gain.total_cmp(&a.gain)));
    attacks
}

/// People of whom something is claimed rightly, each by the row that exposes them most. What is wrong exposes nobody.
pub(crate) fn exposed(totals: &Totals, names: &[String]) -> Vec<report::Exposed> {
    let mut worst: BTreeMap<(usize, u32), report::Exposed> = BTreeMap::new();
    for (key, total) in &totals.ways {
        let claims: Vec<score::Claim> = total.claimed.iter().map(|(_, claim)| *claim).collect();
        let calibrated = calibrate(&claims);
        for ((draw, claim), bits) in total.claimed.iter().zip(calibrated.bits) {
            let place = worst.get(&(*draw, claim.person));
            if claim.right && bits > 0.0 && place.is_none_or(|known| known.bits < bits) {
                let exposed = report::Exposed {
                    leak: names[key.leak].clone(),
                    draw: draw + 1,
                    row: u64::from(claim.row) + 1,
                    family: key.family.name().to_owned(),
                    bits,
                };
                worst.insert((*draw, claim.person), exposed);
            }
        }
    }
    let mut exposed: Vec<report::Exposed> = worst.into_values().collect();
    exposed.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    // Where one row exposes several people, one line is enough to find it.
    let mut rows = HashSet::new();
    exposed.retain(|one| rows.insert((one.draw, one.leak.clone(), one.row)));
    exposed.truncate(EXPOSED);
    exposed
}
