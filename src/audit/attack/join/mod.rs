//! Joins: what rows that belong together say of each other, within a leak and across leaks.

mod align;
mod forms;
mod order;
mod quasi;
mod trajectories;
mod values;

use std::collections::HashMap;

use rayon::prelude::*;

use super::{Attack, Family, Way, groups::stand_ins};
use crate::audit::{
    case::Case,
    draw::table::NONE,
    judge::link::{self, Rows},
    reading::{Candidates, Reading, What, surest},
};

/// More joins than this of two leaks are not tried; the first are those by values.
const JOINS: usize = 24;

/// More chains than this for two leaks are not tried.
const CHAINS: usize = 4;

/// So many candidates a reading may have over all its codes; what comes after says nothing.
const CANDIDATES: usize = 2_000_000;

/// Joins rows of leaks that say who with rows of leaks that say what.
pub(crate) struct Join;

impl Attack for Join {
    fn family(&self) -> Family {
        Family::Join
    }

    fn needs(&self) -> &'static str {
        "rows that have something in common"
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        let count = case.leaks.len();
        let sides: Vec<Side> = (0..count)
            .into_par_iter()
            .map(|leak| Side::new(case, leak, &known[leak]))
            .collect();
        let shared = Shared::new(case, known);
        let pairs: Vec<(usize, usize)> = (0..count)
            .flat_map(|leak| (0..count).map(move |other| (leak, other)))
            .collect();
        let of_pair = |&(leak, other): &(usize, usize)| {
            let (Some(who), Some(what)) = (&sides[leak].who, &sides[other].what) else {
                return Vec::new();
            };
            if leak == other {
                return within(case, leak, who, what);
            }
            let mut ways = across(case, &shared, leak, (other, &sides[other]));
            let classes = quasi::spread(case, (&known[leak], who), (&known[other], what));
            ways.extend(classes.map(|reading| Way {
                how: "quasi-identifiers".into(),
                leak,
                with: vec![other],
                readings: vec![reading],
            }));
            ways.extend(chains(case, &shared, leak, other, what));
            ways
        };
        let ways: Vec<Vec<Way>> = pairs.par_iter().map(of_pair).collect();
        ways.into_iter().flatten().collect()
    }
}

/// What one leak's rows say by themselves.
struct Side {
    who: Option<Rows>,
    what: Option<Rows>,
}

impl Side {
    fn new(case: &Case, leak: usize, known: &[Reading]) -> Self {
        // Of several readings of one thing the surest: guesses that contradict each other would leave nobody.
        let mut things: Vec<What> = known.iter().map(|reading| reading.of).collect();
        things.sort_unstable();
        things.dedup();
        let readings: Vec<&Reading> = things
            .into_iter()
            .filter_map(|of| surest(known, of))
            .collect();
        let says = |rows: Rows| rows.codes.iter().any(|&code| code != NONE).then_some(rows);
        Self {
            who: says(link::people(case, leak, &readings)),
            what: says(link::targets(case, leak, &readings)),
        }
    }
}

/// Which rows of two leaks belong together: those with the same key.
struct Matching {
    how: String,
    kind: Kind,
    /// For each row of the first leak, then of the second; [`NONE`] where it has none.
    keys: [Vec<u32>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// By values that both have.
    Values,
    Trajectories,
    Order,
    /// What fits rows of many people.
    Weak,
}

/// For each two leaks the ways in which rows belong together, the lower leak first.
struct Shared(HashMap<(usize, usize), Vec<Matching>>);

impl Shared {
    fn new(case: &Case, known: &[Vec<Reading>]) -> Self {
        let cells: Vec<Vec<values::Cells<'_>>> =
            case.leaks.iter().map(|view| values::cells(view)).collect();
        let persons: Vec<_> = case
            .leaks
            .iter()
            .zip(known)
            .map(|(view, known)| trajectories::persons(case, view, known))
            .collect();
        let pairs: Vec<(usize, usize)> = (0..case.leaks.len())
            .flat_map(|b| (0..b).map(move |a| (a, b)))
            .collect();
        let ordered = |leak: usize| order::Ordered {
            rows: case.leaks[leak].rows,
            cells: &cells[leak],
            known: &known[leak],
        };
        let of_pair = |&(a, b): &(usize, usize)| {
            let mut of_pair = values::matchings(&cells[a], &cells[b], JOINS);
            of_pair.extend(trajectories::matchings(&persons[a], &persons[b]));
            of_pair.extend(order::matchings(&ordered(a), &ordered(b), case.seed));
            of_pair.truncate(JOINS);
            ((a, b), of_pair)
        };
        Self(pairs.par_iter().map(of_pair).collect())
    }

    /// Each way in which rows of two leaks belong together, with the keys of the first and of the second.
    fn between(
        &self,
        here: usize,
        there: usize,
    ) -> impl Iterator<Item = (&Matching, &[u32], &[u32])> {
        let swapped = here > there;
        self.0[&(here.min(there), here.max(there))]
            .iter()
            .map(move |matching| {
                let [a, b] = &matching.keys;
                if swapped {
                    (matching, &b[..], &a[..])
                } else {
                    (matching, &a[..], &b[..])
                }
            })
    }

    fn strongest(&self, here: usize, there: usize) -> Option<(&Matching, &[u32], &[u32])> {
        self.between(here, there)
            .filter(|(matching, ..)| matching.kind < Kind::Weak)
            .min_by_key(|(matching, ..)| matching.kind)
    }
}

/// Rows that share a stand-in exchange what is read of them.
fn within(case: &Case, leak: usize, who: &Rows, what: &Rows) -> Vec<Way> {
    let view = &case.leaks[leak];
    let ways = stand_ins(case, view).into_iter().filter_map(|column| {
        let keys = &column.codes.of;
        let mut readings: Vec<Reading> = mixed(keys, keys, what, What::Field(case.knows.target))
            .into_iter()
            .collect();
        readings.extend(mixed(keys, keys, who, What::Person));
        let how = format!("rows with the same {}", view.cells(column).name());
        (!readings.is_empty()).then(|| Way::new(leak, how, readings))
    });
    ways.collect()
}

/// What the rows of one leak are told by the rows of another that belong to them.
fn across(case: &Case, shared: &Shared, leak: usize, (other, of): (usize, &Side)) -> Vec<Way> {
    let told = |(matching, here, there): (&Matching, &[u32], &[u32])| {
        let mut readings = Vec::new();
        if let Some(what) = &of.what {
            readings.extend(mixed(here, there, what, What::Field(case.knows.target)));
        }
        if readings.is_empty() {
            return None;
        }
        if let Some(who) = &of.who {
            readings.extend(mixed(here, there, who, What::Person));
        }
        Some(Way {
            how: matching.how.clone(),
            leak,
            with: vec![other],
            readings,
        })
    };
    shared.between(leak, other).filter_map(told).collect()
}

/// What rows are told over a third leak, where nothing but their order joins the two.
fn chains(case: &Case, shared: &Shared, leak: usize, other: usize, what: &Rows) -> Vec<Way> {
    if shared
        .strongest(leak, other)
        .is_some_and(|(matching, ..)| matching.kind < Kind::Order)
    {
        return Vec::new();
    }
    let target = What::Field(case.knows.target);
    let over = |third: usize| {
        let (near, here, of_third) = shared.strongest(leak, third)?;
        let (far, third_there, there) = shared.strongest(third, other)?;
        if near.kind == Kind::Order && far.kind == Kind::Order {
            return None;
        }
        let of_rows = mixed(third_there, there, what, target)?;
        let of_rows = Rows {
            codes: of_rows.codes,
            candidates: of_rows.candidates,
        };
        let reading = mixed(here, of_third, &of_rows, target)?;
        let mut with = vec![other, third];
        with.sort_unstable();
        let how = format!(
            "over {}: {}, {}",
            case.leaks[third].leak.name, near.how, far.how
        );
        Some(Way {
            how,
            leak,
            with,
            readings: vec![reading],
        })
    };
    let thirds = (0..case.leaks.len()).filter(|&third| third != leak && third != other);
    thirds.filter_map(over).take(CHAINS).collect()
}

/// For each row here what the rows there with the same key say, all of them alike.
fn mixed(here: &[u32], there: &[u32], says: &Rows, of: What) -> Option<Reading> {
    let highest = here.iter().chain(there).filter(|&&key| key != NONE).max()?;
    let mut is_here = vec![false; *highest as usize + 1];
    for &key in here.iter().filter(|&&key| key != NONE) {
        is_here[key as usize] = true;
    }
    let keyed = there.iter().copied().zip(says.codes.iter().copied());
    let mut keyed: Vec<(u32, u32)> = keyed
        .filter(|&(key, code)| key != NONE && code != NONE && is_here[key as usize])
        .collect();
    keyed.sort_unstable();

    let mut code_of = vec![NONE; is_here.len()];
    let mut candidates: Vec<Candidates> = Vec::new();
    let mut left = CANDIDATES;
    let mut seen: HashMap<Vec<(u32, u32)>, u32> = HashMap::new();
    for of_key in keyed.chunk_by(|a, b| a.0 == b.0) {
        let counts: Vec<(u32, u32)> = of_key
            .chunk_by(|a, b| a.1 == b.1)
            .map(|same| (same[0].1, same.len() as u32))
            .collect();
        code_of[of_key[0].0 as usize] = *seen.entry(counts).or_insert_with_key(|counts| {
            let mix = match counts[..] {
                [(code, _)] => says.candidates[code as usize].clone(),
                _ => mix(
                    counts
                        .iter()
                        .map(|&(code, count)| (&says.candidates[code as usize], count as f32)),
                    left,
                ),
            };
            if mix.is_empty() || mix.as_slice().len() > left {
                return NONE;
            }
            left -= mix.as_slice().len();
            candidates.push(mix);
            candidates.len() as u32 - 1
        });
    }
    if candidates.is_empty() {
        return None;
    }
    Some(Reading {
        of,
        codes: through(here, &code_of),
        candidates,
    })
}

/// For each row what its code stands for; [`NONE`] stays.
fn through(codes: &[u32], stands_for: &[u32]) -> Vec<u32> {
    let of = |&code: &u32| match code {
        NONE => NONE,
        code => stands_for[code as usize],
    };
    codes.iter().map(of).collect()
}

/// What several say, each with its weight; nothing where that is more than `most`.
fn mix<'c>(parts: impl Iterator<Item = (&'c Candidates, f32)> + Clone, most: usize) -> Candidates {
    if parts
        .clone()
        .map(|(part, _)| part.as_slice().len())
        .sum::<usize>()
        > most
    {
        return Candidates::default();
    }
    let weighted = parts.flat_map(|(part, weight)| {
        part.as_slice()
            .iter()
            .map(move |&(number, w)| (number, w * weight))
    });
    Candidates::new(weighted.collect())
}

#[cfg(test)]
mod tests;
