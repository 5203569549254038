//! Columns of two leaks that have values in common: pseudonyms, record ids, exact starts, digests, nonces.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{Kind, Matching, through};
use crate::{
    audit::{
        attack::nonce::nonce_of,
        case::{ColumnView, LeakView, Meaning},
        table::NONE,
    },
    crypto::aead::NONCE,
};

/// Fewer values than this in common are chance.
const COMMON: usize = 4;

/// A row has at most so many rows in the other leak with its value, in the mean, or that part of them.
const CROWD: usize = 16;
const CROWD_PART: usize = 200;

/// The cells of one column, brought to what is compared.
pub(super) struct Cells<'v> {
    /// "record_id of billing".
    name: String,
    codes: Cow<'v, [u32]>,
    /// A short digest of each different value, with its code; ascending. Two that are equal by chance harm little.
    digests: Vec<(u64, u32)>,
}

/// All columns of a leak, and the nonces of those that are sealed.
pub(super) fn cells(view: &LeakView) -> Vec<Cells<'_>> {
    let mut all = Vec::new();
    for column in &view.columns {
        let of = format!("{} of {}", view.cells(column).name(), view.leak.name);
        if column.meaning == Meaning::Sealed {
            all.extend(nonces(view, column, &of));
        }
        let digests = view.values(column).map(digest).zip(0..);
        all.push(Cells::new(
            of,
            Cow::Borrowed(&column.codes.of),
            digests.collect(),
        ));
    }
    all
}

/// Pairs of columns with values in common that tell rows apart.
pub(super) fn matchings(here: &[Cells<'_>], there: &[Cells<'_>]) -> Vec<Matching> {
    let pairs = here.iter().flat_map(|a| there.iter().map(move |b| (a, b)));
    pairs.filter_map(|(a, b)| matching(a, b)).collect()
}

impl<'v> Cells<'v> {
    fn new(name: String, codes: Cow<'v, [u32]>, mut digests: Vec<(u64, u32)>) -> Self {
        digests.sort_unstable();
        Self {
            name,
            codes,
            digests,
        }
    }

    /// Each row's key, where its code has one.
    fn keys(&self, of_code: &[u32]) -> Vec<u32> {
        through(&self.codes, of_code)
    }
}

fn matching(a: &Cells<'_>, b: &Cells<'_>) -> Option<Matching> {
    if a.digests.len().min(b.digests.len()) < COMMON {
        return None;
    }
    let common = common(&a.digests, &b.digests);
    if common.len() < COMMON {
        return None;
    }
    let mut keys_a = vec![NONE; a.digests.len()];
    let mut keys_b = vec![NONE; b.digests.len()];
    for (&(code_a, code_b), key) in common.iter().zip(0..) {
        keys_a[code_a as usize] = key;
        keys_b[code_b as usize] = key;
    }
    let keys = [a.keys(&keys_a), b.keys(&keys_b)];
    let [rows_a, rows_b] = [0, 1].map(|side: usize| counts(&keys[side], common.len()));
    let pairs: usize = rows_a.iter().zip(&rows_b).map(|(a, b)| a * b).sum();
    let (sum_a, sum_b) = (rows_a.iter().sum::<usize>(), rows_b.iter().sum::<usize>());
    let crowd = |rows: usize| CROWD.max(rows / CROWD_PART);
    if pairs > sum_a * crowd(b.codes.len()) || pairs > sum_b * crowd(a.codes.len()) {
        return None;
    }
    let how = format!("equal values: {}, {}", a.name, b.name);
    Some(Matching {
        how,
        kind: Kind::Values,
        keys,
    })
}

/// The codes of equal digests.
fn common(a: &[(u64, u32)], b: &[(u64, u32)]) -> Vec<(u32, u32)> {
    let mut common = Vec::new();
    let mut b = b.iter().peekable();
    for &(digest, code) in a {
        while b.next_if(|other| other.0 < digest).is_some() {}
        if let Some(other) = b.next_if(|other| other.0 == digest) {
            common.push((code, other.1));
        }
    }
    common
}

fn counts(keys: &[u32], count: usize) -> Vec<usize> {
    let mut counts = vec![0; count];
    for &key in keys.iter().filter(|&&key| key != NONE) {
        counts[key as usize] += 1;
    }
    counts
}

/// What two cuts of one sealing share.
fn nonces<'v>(view: &'v LeakView, column: &ColumnView, of: &str) -> Option<Cells<'v>> {
    let mut numbers: HashMap<[u8; NONCE], u32> = HashMap::new();
    let mut digests = Vec::new();
    let of_value: Vec<u32> = view
        .values(column)
        .map(|text| {
            let Some(nonce) = nonce_of(text) else {
                return NONE;
            };
            let next = numbers.len() as u32;
            *numbers.entry(nonce).or_insert_with_key(|nonce| {
                digests.push((digest(nonce), next));
                next
            })
        })
        .collect();
    if digests.is_empty() {
        return None;
    }
    Some(Cells::new(
        format!("nonce in {of}"),
        Cow::Owned(through(&column.codes.of, &of_value)),
        digests,
    ))
}

/// The same in every run: no seed is drawn.
fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
