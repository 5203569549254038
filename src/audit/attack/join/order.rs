//! Rows that lie in the same order, also where one leak lacks some of the other's.

use std::collections::HashMap;

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{
    Kind, Matching,
    align::{aligned, widest},
    trajectories::refined,
    values::Cells,
};
use crate::audit::{
    draw::table::NONE,
    reading::{Reading, What, surest},
};

/// That part of the shorter leak's rows may have no partner, and no more rows than that.
const LEFT_OUT_PART: usize = 16;
const LEFT_OUT: usize = 1_000;

/// Of fewer rows an order is chance.
const ROWS: usize = 32;

/// One leak, as far as its order can be compared.
pub(super) struct Ordered<'v> {
    pub(super) rows: usize,
    pub(super) cells: &'v [Cells<'v>],
    pub(super) known: &'v [Reading],
}

/// The first with the first and so on, and with the last and so on: by their numbers where both leaks have as many rows, and by
/// what both show where one lacks some.
pub(super) fn matchings(a: &Ordered<'_>, b: &Ordered<'_>, seed: u64) -> Vec<Matching> {
    let mut found = Vec::new();
    if a.rows == b.rows {
        let rows = a.rows as u32;
        let forward: Vec<u32> = (0..rows).collect();
        let keys = [forward.clone(), forward.clone()];
        found.push(matching("row order", Kind::Order, keys));
        let keys = [forward, (0..rows).rev().collect()];
        found.push(matching("row order, reversed", Kind::Weak, keys));
    }
    if a.rows.min(b.rows) < ROWS {
        return found;
    }
    // What is read may be read wrongly: what is equal as it stands is tried for itself.
    let columns = columns(a, b);
    let fields = fields(a, b);
    if columns.is_empty() && fields.is_empty() {
        return found;
    }
    let all = columns.iter().chain(&fields);
    let by_all = joined(a, b, all);
    let by_columns = (!columns.is_empty()).then(|| joined(a, b, columns.iter()));
    for (how, kind, reversed) in [
        ("row order, rows left out", Kind::Order, false),
        ("row order, reversed, rows left out", Kind::Weak, true),
    ] {
        let keys = [Some(&by_all), by_columns.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|sides| keys(sides, reversed, seed));
        found.extend(keys.map(|keys| matching(how, kind, keys)));
    }
    found
}

fn matching(how: &str, kind: Kind, keys: [Vec<u32>; 2]) -> Matching {
    Matching {
        how: how.to_owned(),
        kind,
        keys,
    }
}

/// What each row of two leaks shows that both show.
type Sides = [Vec<u32>; 2];

/// Columns with the same values.
fn columns(a: &Ordered<'_>, b: &Ordered<'_>) -> Vec<Sides> {
    let same = |of_a: &Cells<'_>| {
        let mut sides = b.cells.iter().filter_map(|of_b| of_a.equal(of_b));
        sides.find(are_alike)
    };
    a.cells.iter().filter_map(same).collect()
}

/// Fields that are read in both.
fn fields(a: &Ordered<'_>, b: &Ordered<'_>) -> Vec<Sides> {
    let mut fields: Vec<What> = a.known.iter().map(|reading| reading.of).collect();
    fields.sort_unstable();
    fields.dedup();
    let sides = fields.into_iter().filter_map(|of| {
        let (of_a, of_b) = (surest(a.known, of)?, surest(b.known, of)?);
        refined(of_a, of_b)
    });
    sides.filter(are_alike).collect()
}

/// Whether nearly all rows of the shorter leak can have a partner, and not all the same one.
fn are_alike(sides: &Sides) -> bool {
    let mut counts: HashMap<u32, [usize; 2]> = HashMap::new();
    for (side, tokens) in sides.iter().enumerate() {
        for &token in tokens.iter().filter(|&&token| token != NONE) {
            counts.entry(token).or_default()[side] += 1;
        }
    }
    let shared = counts.values().filter(|[a, b]| *a > 0 && *b > 0).count();
    let partners: usize = counts.values().map(|[a, b]| *a.min(b)).sum();
    let rows = sides[0].len().min(sides[1].len());
    shared > 1 && partners * 10 >= rows * 9
}

/// All of these together.
fn joined<'s>(a: &Ordered<'_>, b: &Ordered<'_>, all: impl Iterator<Item = &'s Sides>) -> Sides {
    let mut joined = [vec![0; a.rows], vec![0; b.rows]];
    for sides in all {
        let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
        for (joined, tokens) in joined.iter_mut().zip(sides) {
            for (joined, &token) in joined.iter_mut().zip(tokens) {
                let next = numbers.len() as u32;
                *joined = *numbers.entry((*joined, token)).or_insert(next);
            }
        }
    }
    joined
}

/// The same key for rows that are aligned, where rows in another order could not be as well.
fn keys(sides: &Sides, reversed: bool, seed: u64) -> Option<[Vec<u32>; 2]> {
    let [a, b] = sides;
    let mut b = b.clone();
    if reversed {
        b.reverse();
    }
    let rows = a.len().min(b.len());
    let widest = widest(a.len().abs_diff(b.len()))?;
    let most = (rows / LEFT_OUT_PART).min(LEFT_OUT).min(widest);
    let pairs = aligned(a, &b, most)?;
    // All rows in their places are told by their numbers.
    if pairs.len() == a.len() && pairs.len() == b.len() {
        return None;
    }
    let mut shuffled = b.clone();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let by_chance = 2 * (rows - pairs.len()) + most / 2;
    if by_chance > widest || aligned(a, &shuffled, by_chance).is_some() {
        return None;
    }
    let mut keys = [vec![NONE; a.len()], vec![NONE; b.len()]];
    for ((of_a, of_b), key) in pairs.into_iter().zip(0..) {
        let of_b = if reversed { b.len() - 1 - of_b } else { of_b };
        keys[0][of_a] = key;
        keys[1][of_b] = key;
    }
    Some(keys)
}
