//! Rows that agree in all that both leaks tell, exactly or more coarsely.

use std::collections::HashMap;

use crate::audit::{
    case::Case,
    draw::table::NONE,
    judge::link::Rows,
    reading::{Candidates, Reading, What, surest},
};

/// More pairs of classes than this are not compared.
const PAIRS: usize = 2_000_000;

/// More candidates than this are not compared.
const OVERLAPS: usize = 1_000_000;

/// Fewer classes than this tell nothing.
const CLASSES: usize = 3;

/// What the rows of `there` that agree with a row of `here` say of the target, for each row that says of whom it may be.
pub(super) fn spread(
    case: &Case,
    (known, who): (&[Reading], &Rows),
    (of_others, what): (&[Reading], &Rows),
) -> Option<Reading> {
    let knows = &case.knows;
    let fields = (0..knows.schema.fields().len()).filter(|&field| field != knows.target);
    let common: Vec<Common<'_>> = fields
        .filter_map(|field| {
            let (here, there) = (
                surest(known, What::Field(field))?,
                surest(of_others, What::Field(field))?,
            );
            let overlaps = overlaps(here, there)?;
            Some(Common {
                here,
                there,
                overlaps,
                values: knows.vocabularies[field].values.len() as f32,
            })
        })
        .collect();
    let of_person = who.codes.iter().map(|&code| code != NONE);
    let here = Classes::new(common.iter().map(|field| &field.here.codes[..]), of_person);
    let says = what.codes.iter().map(|&code| code != NONE);
    let there = Classes::new(common.iter().map(|field| &field.there.codes[..]), says);
    if here.keys.len() < CLASSES || there.keys.len() < CLASSES {
        return None;
    }
    let pivot = pivot(&common, &here, &there)?;
    let said = there.say(what);

    let mut candidates = Vec::with_capacity(here.keys.len());
    let mut sums = vec![0.0_f32; knows.vocabularies[knows.target].values.len()];
    let mut factors: Vec<Vec<f32>> = common
        .iter()
        .map(|field| vec![0.0; field.there.candidates.len()])
        .collect();
    for key in &here.keys {
        for ((factors, field), &code) in factors.iter_mut().zip(&common).zip(key) {
            for &(other, overlap) in field.of(code) {
                factors[other as usize] = overlap * field.values;
            }
        }
        for &(other, _) in common[pivot.field].of(key[pivot.field]) {
            for &class in &pivot.classes[other as usize] {
                let codes = key.iter().zip(&there.keys[class as usize]);
                let agree = factors
                    .iter()
                    .zip(codes)
                    .map(|(factors, codes)| match codes {
                        (&NONE, _) | (_, &NONE) => 1.0,
                        (_, &code) => factors[code as usize],
                    });
                let agrees: f32 = agree.product();
                if agrees > 0.0 {
                    for &(value, weight) in &said[class as usize] {
                        sums[value as usize] += agrees * weight;
                    }
                }
            }
        }
        for ((factors, field), &code) in factors.iter_mut().zip(&common).zip(key) {
            field
                .of(code)
                .iter()
                .for_each(|&(other, _)| factors[other as usize] = 0.0);
        }
        let weighted = sums
            .iter_mut()
            .zip(0..)
            .map(|(sum, value)| (value, std::mem::take(sum)));
        candidates.push(Candidates::new(weighted.collect()));
    }
    let told = candidates.iter().any(|candidates| !candidates.is_empty());
    told.then_some(Reading {
        of: What::Field(knows.target),
        codes: here.of,
        candidates,
    })
}

/// For each code of the one reading, which codes of the other can be the same value, and how likely they are: the sum of the
/// products of their weights. Nothing where these are too many to compare.
pub(super) fn overlaps(a: &Reading, b: &Reading) -> Option<Vec<Vec<(u32, f32)>>> {
    let mut with: HashMap<u32, Vec<(u32, f32)>> = HashMap::new();
    for (code, read) in (0..).zip(&b.candidates) {
        for &(number, weight) in read.as_slice() {
            with.entry(number).or_default().push((code, weight));
        }
    }
    let mut left = OVERLAPS;
    let mut sums = vec![0.0_f32; b.candidates.len()];
    let mut touched: Vec<u32> = Vec::new();
    let mut all = Vec::with_capacity(a.candidates.len());
    for read in &a.candidates {
        for &(number, weight) in read.as_slice() {
            let others = with.get(&number).map_or(&[][..], Vec::as_slice);
            left = left.checked_sub(others.len() + 1)?;
            for &(code, of_other) in others {
                if sums[code as usize] == 0.0 {
                    touched.push(code);
                }
                sums[code as usize] += weight * of_other;
            }
        }
        touched.sort_unstable();
        touched.dedup();
        all.push(
            touched
                .drain(..)
                .map(|code| (code, std::mem::take(&mut sums[code as usize])))
                .collect(),
        );
    }
    Some(all)
}

/// One field that is read on both sides.
struct Common<'r> {
    here: &'r Reading,
    there: &'r Reading,
    overlaps: Vec<Vec<(u32, f32)>>,
    values: f32,
}

impl Common<'_> {
    fn of(&self, code: u32) -> &[(u32, f32)] {
        if code == NONE {
            &[]
        } else {
            &self.overlaps[code as usize]
        }
    }
}

/// Rows of the same codes in all fields.
struct Classes {
    /// Each row's class; [`NONE`] where it has none.
    of: Vec<u32>,
    keys: Vec<Vec<u32>>,
}

impl Classes {
    fn new<'r>(codes: impl Iterator<Item = &'r [u32]>, counts: impl Iterator<Item = bool>) -> Self {
        let codes: Vec<&[u32]> = codes.collect();
        let mut classes = Self {
            of: Vec::new(),
            keys: Vec::new(),
        };
        let mut seen: HashMap<Vec<u32>, u32> = HashMap::new();
        for (row, counts) in counts.enumerate() {
            let key: Vec<u32> = codes.iter().map(|codes| codes[row]).collect();
            if !counts || key.iter().all(|&code| code == NONE) {
                classes.of.push(NONE);
                continue;
            }
            let keys = &mut classes.keys;
            classes.of.push(*seen.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone());
                keys.len() as u32 - 1
            }));
        }
        classes
    }

    /// What the rows of each class say together.
    fn say(&self, what: &Rows) -> Vec<Vec<(u32, f32)>> {
        let mut rows: Vec<(u32, u32)> = self
            .of
            .iter()
            .copied()
            .zip(what.codes.iter().copied())
            .collect();
        rows.retain(|(class, code)| *class != NONE && *code != NONE);
        rows.sort_unstable();
        let mut says: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.keys.len()];
        for same in rows.chunk_by(|a, b| a == b) {
            let (class, code) = same[0];
            let candidates = what.candidates[code as usize].as_slice().iter();
            says[class as usize]
                .extend(candidates.map(|&(value, weight)| (value, weight * same.len() as f32)));
        }
        says
    }
}

/// The field by which the fewest classes have to be compared.
struct Pivot {
    field: usize,
    /// The classes of the other side, by their code in this field.
    classes: Vec<Vec<u32>>,
}

fn pivot(common: &[Common<'_>], here: &Classes, there: &Classes) -> Option<Pivot> {
    let by_code = |at: usize| {
        let mut classes = vec![Vec::new(); common[at].there.candidates.len()];
        for (key, class) in there.keys.iter().zip(0_u32..) {
            if key[at] != NONE {
                classes[key[at] as usize].push(class);
            }
        }
        classes
    };
    let pivots = (0..common.len()).map(|field| {
        let classes = by_code(field);
        let of_class = |key: &Vec<u32>| {
            let codes = common[field].of(key[field]).iter();
            codes
                .map(|&(code, _)| classes[code as usize].len())
                .sum::<usize>()
        };
        let pairs: usize = here.keys.iter().map(of_class).sum();
        (pairs, Pivot { field, classes })
    });
    let (pairs, pivot) = pivots.min_by_key(|(pairs, pivot)| (*pairs, pivot.field))?;
    (pairs <= PAIRS).then_some(pivot)
}
