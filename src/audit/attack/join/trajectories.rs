//! What stand-ins look like that have nothing in common: the dates of their rows, and how many they are.

use std::collections::HashMap;

use super::{Kind, Matching, quasi::overlaps};
use crate::audit::{
    attack::groups::{Days, dates, days, stand_ins},
    case::{Case, LeakView},
    draw::table::NONE,
    reading::Reading,
};

/// What more stand-ins of one leak than this have in common tells nobody.
const ALIKE: usize = 8;

/// The stand-ins of one leak, and when its rows were.
pub(super) struct Persons<'r> {
    /// Each column's name, with its leak's, and the stand-in of each row.
    columns: Vec<(String, &'r [u32])>,
    /// By field.
    dates: Vec<(usize, &'r str, &'r Reading)>,
    days: Vec<(&'r str, Days)>,
}

pub(super) fn persons<'r>(case: &'r Case, view: &'r LeakView, known: &'r [Reading]) -> Persons<'r> {
    let columns = stand_ins(case, view).into_iter();
    let columns = columns.map(|column| {
        (
            format!("{} of {}", view.cells(column).name(), view.leak.name),
            &column.codes.of[..],
        )
    });
    let fields = case.knows.schema.fields();
    let dates = dates(case, known)
        .into_iter()
        .map(|(field, reading)| (field, fields[field].name(), reading));
    Persons {
        columns: columns.collect(),
        dates: dates.collect(),
        days: days(case, view, known)
            .into_iter()
            .map(|days| (fields[days.field].name(), days))
            .collect(),
    }
}

/// Stand-ins of two leaks whose rows have the same dates, as far as both tell them, or are as many.
pub(super) fn matchings(a: &Persons<'_>, b: &Persons<'_>) -> Vec<Matching> {
    let mut found = Vec::new();
    let both_tell = a
        .dates
        .iter()
        .flat_map(|of_a| b.dates.iter().map(move |of_b| (of_a, of_b)));
    let tokens: Vec<(&str, [Vec<u32>; 2])> = both_tell
        .filter(|(of_a, of_b)| of_a.0 == of_b.0)
        .filter_map(|(of_a, of_b)| Some((of_a.1, refined(of_a.2, of_b.2)?)))
        .collect();
    for (name_a, stand_ins_a) in &a.columns {
        for (name_b, stand_ins_b) in &b.columns {
            let of = format!("{name_a}, {name_b}");
            for (date, [tokens_a, tokens_b]) in &tokens {
                let keys = keys([(stand_ins_a, tokens_a), (stand_ins_b, tokens_b)]);
                let how = format!("trajectories by {date}: {of}");
                found.extend(keys.map(|keys| Matching {
                    how,
                    kind: Kind::Trajectories,
                    keys,
                }));
            }
            for (date, days_a, days_b) in moved(a, b) {
                let relative = [relative(stand_ins_a, days_a), relative(stand_ins_b, days_b)];
                let keys = keys([(stand_ins_a, &relative[0]), (stand_ins_b, &relative[1])]);
                let how = format!("trajectories by distances of {date}: {of}");
                found.extend(keys.map(|keys| Matching {
                    how,
                    kind: Kind::Trajectories,
                    keys,
                }));
            }
            let [ones_a, ones_b] =
                [stand_ins_a, stand_ins_b].map(|stand_ins| vec![0; stand_ins.len()]);
            let keys = keys([(stand_ins_a, &ones_a), (stand_ins_b, &ones_b)]);
            let how = format!("group sizes: {of}");
            found.extend(keys.map(|keys| Matching {
                how,
                kind: Kind::Weak,
                keys,
            }));
        }
    }
    found
}

/// Days of the same field, those of one leak or both moved by whole weeks of each person's own.
fn moved<'p>(
    a: &'p Persons<'_>,
    b: &'p Persons<'_>,
) -> impl Iterator<Item = (&'p str, &'p Days, &'p Days)> {
    let pairs = a
        .days
        .iter()
        .flat_map(|of_a| b.days.iter().map(move |of_b| (of_a, of_b)));
    pairs
        .filter(|((_, a), (_, b))| a.field == b.field && (a.shifted || b.shifted))
        .map(|((name, a), (_, b))| (*name, a, b))
}

/// What of each row's day stays where a person's days are moved by whole weeks: how long after their first one it is, and
/// on which day of the week that is.
fn relative(stand_ins: &[u32], days: &Days) -> Vec<u32> {
    let mut first: HashMap<u32, i64> = HashMap::new();
    let rows = || {
        stand_ins
            .iter()
            .zip(&days.of)
            .map(|(&stand_in, &day)| (stand_in, day))
    };
    for (stand_in, day) in rows() {
        if let Some(day) = day {
            let first = first.entry(stand_in).or_insert(day);
            *first = day.min(*first);
        }
    }
    let token = |(stand_in, day): (u32, Option<i64>)| {
        let first = first.get(&stand_in)?;
        u32::try_from((day? - first) * 7 + first.rem_euclid(7)).ok()
    };
    rows().map(|row| token(row).unwrap_or(NONE)).collect()
}

/// The rows' dates, as coarse as both readings need it to be comparable; nothing where all are the same.
pub(super) fn refined(a: &Reading, b: &Reading) -> Option<[Vec<u32>; 2]> {
    let of_a = a.candidates.len() as u32;
    // What can be the same date is the same: the least common coarsening.
    let mut parents: Vec<u32> = (0..of_a + b.candidates.len() as u32).collect();
    for (code_a, others) in (0..).zip(overlaps(a, b)?) {
        for (code_b, _) in others {
            let (one, other) = (
                root(&mut parents, code_a),
                root(&mut parents, of_a + code_b),
            );
            parents[one.max(other) as usize] = one.min(other);
        }
    }
    let mut tokens = |codes: &[u32], from: u32| -> Vec<u32> {
        codes
            .iter()
            .map(|&code| {
                if code == NONE {
                    NONE
                } else {
                    root(&mut parents, from + code)
                }
            })
            .collect()
    };
    let tokens = [tokens(&a.codes, 0), tokens(&b.codes, of_a)];
    let told = |tokens: &[u32]| {
        let first = tokens.iter().find(|&&token| token != NONE);
        tokens
            .iter()
            .any(|token| *token != NONE && Some(token) != first)
    };
    tokens.iter().all(|tokens| told(tokens)).then_some(tokens)
}

fn root(parents: &mut [u32], mut at: u32) -> u32 {
    while parents[at as usize] != at {
        // Halves the way for those who come after.
        let above = parents[parents[at as usize] as usize];
        parents[at as usize] = above;
        at = above;
    }
    at
}

/// The same key for the rows of one date of stand-ins that have the same dates, where such are few in both leaks.
fn keys(sides: [(&[u32], &[u32]); 2]) -> Option<[Vec<u32>; 2]> {
    let rows = sides.map(|(stand_ins, tokens)| {
        let mut rows: Vec<(u32, u32)> = stand_ins
            .iter()
            .copied()
            .zip(tokens.iter().copied())
            .collect();
        rows.retain(|(stand_in, token)| *stand_in != NONE && *token != NONE);
        rows.sort_unstable();
        rows
    });
    let mut alike: HashMap<Vec<u32>, [Vec<u32>; 2]> = HashMap::new();
    for (side, rows) in rows.iter().enumerate() {
        for of_one in rows.chunk_by(|x, y| x.0 == y.0) {
            let trajectory = of_one.iter().map(|row| row.1).collect();
            alike.entry(trajectory).or_default()[side].push(of_one[0].0);
        }
    }
    // Sorted below, so that keys are the same in every run.
    let mut few: Vec<(Vec<u32>, [Vec<u32>; 2])> = alike
        .into_iter()
        .filter(|(_, [a, b])| (1..=ALIKE).contains(&a.len()) && (1..=ALIKE).contains(&b.len()))
        .collect();
    if few.is_empty() {
        return None;
    }
    few.sort_unstable();
    let mut next = 0;
    let mut key_of: [HashMap<(u32, u32), u32>; 2] = Default::default();
    for (mut trajectory, stand_ins) in few {
        trajectory.dedup();
        for token in trajectory {
            for (keys, stand_ins) in key_of.iter_mut().zip(&stand_ins) {
                keys.extend(stand_ins.iter().map(|&stand_in| ((stand_in, token), next)));
            }
            next += 1;
        }
    }
    let side = |side: usize| -> Vec<u32> {
        let (stand_ins, tokens) = sides[side];
        let rows = stand_ins.iter().zip(tokens);
        rows.map(|(&stand_in, &token)| {
            key_of[side]
                .get(&(stand_in, token))
                .copied()
                .unwrap_or(NONE)
        })
        .collect()
    };
    Some([side(0), side(1)])
}
