//! How the lengths of cells grow with those of values.

use std::collections::BTreeMap;

use crate::audit::reading::Candidates;

/// For each length of cells what the value can be, given how long values are and how frequent; `None` where lengths do not vary.
pub(super) fn by_length(
    observed: &BTreeMap<usize, f64>,
    known: &[(usize, u32, f32)],
) -> Option<BTreeMap<usize, Candidates>> {
    if observed.len() < 2 {
        return None;
    }
    let growth = Growth::fitting(observed, known)?;
    let mut groups: BTreeMap<usize, Vec<(u32, f32)>> = BTreeMap::new();
    for &(length, number, weight) in known {
        if let Some(cell) = growth.cell(length) {
            groups.entry(cell).or_default().push((number, weight));
        }
    }
    groups.retain(|length, _| observed.contains_key(length));
    let groups: BTreeMap<usize, Candidates> = groups
        .into_iter()
        .map(|(length, weighted)| (length, Candidates::new(weighted)))
        .collect();
    (!groups.is_empty()).then_some(groups)
}

/// What has more different lengths than this, or is longer than values by so many different numbers of bytes, is text, and not encrypted values.
const MOST_LENGTHS: usize = 512;
const MOST_OVERHEADS: i64 = 4_096;

/// How the length of a cell grows with that of its value.
#[derive(Clone, Copy)]
pub(super) struct Growth {
    /// Bytes of which there is always a multiple.
    block: usize,
    /// Bytes that are padded with the value.
    padded: usize,
    /// Bytes beside it; negative where the value is shorter than it is known.
    overhead: i64,
}

impl Growth {
    pub(super) fn cell(self, length: usize) -> Option<usize> {
        let blocks = (length + self.padded).div_ceil(self.block) * self.block;
        usize::try_from(i64::try_from(blocks).ok()? + self.overhead).ok()
    }

    /// The one under which the lengths of the cells are likeliest.
    pub(super) fn fitting(
        observed: &BTreeMap<usize, f64>,
        known: &[(usize, u32, f32)],
    ) -> Option<Self> {
        let mut by_length: BTreeMap<usize, f64> = BTreeMap::new();
        for &(length, _, weight) in known {
            *by_length.entry(length).or_insert(0.0) += f64::from(weight);
        }
        let sum: f64 = by_length.values().sum();
        if observed.len() > MOST_LENGTHS {
            return None;
        }
        let mut best: Option<(f64, Self)> = None;
        for (block, padded) in [
            (1, 0),
            (3, 0),
            (4, 0),
            (8, 0),
            (8, 1),
            (16, 0),
            (16, 1),
            (32, 0),
        ] {
            let growth = Self {
                block,
                padded,
                overhead: 0,
            };
            let mut grown: BTreeMap<i64, f64> = BTreeMap::new();
            for (&length, weight) in &by_length {
                let cell = growth
                    .cell(length)
                    .and_then(|cell| i64::try_from(cell).ok());
                *grown.entry(cell?).or_insert(0.0) += weight / sum;
            }
            let (Some(least), Some(most)) = (grown.keys().next(), grown.keys().last()) else {
                return None;
            };
            let shortest = i64::try_from(*observed.keys().next()?).ok()?;
            let longest = i64::try_from(*observed.keys().last()?).ok()?;
            if (longest - least) - (shortest - most) > MOST_OVERHEADS {
                return None;
            }
            for overhead in shortest - most..=longest - least {
                let mut likelihood = 0.0;
                for (&length, count) in observed {
                    let at = i64::try_from(length).ok()? - overhead;
                    let share = grown.get(&at).copied().unwrap_or(0.0);
                    likelihood += count * (share * 0.999 + 1e-5).ln();
                }
                if best.is_none_or(|(most, _)| likelihood > most + 1e-6) {
                    best = Some((likelihood, Self { overhead, ..growth }));
                }
            }
        }
        best.map(|(_, growth)| growth)
    }
}

/// How far the lengths of cells are from those that values should have, 0 to 1: the total variation under the likeliest growth.
pub(super) fn misfit(observed: &BTreeMap<usize, f64>, known: &[(usize, u32, f32)]) -> Option<f64> {
    let growth = Growth::fitting(observed, known)?;
    let mut difference: BTreeMap<Option<usize>, f64> = BTreeMap::new();
    let all: f64 = observed.values().sum();
    for (&length, count) in observed {
        *difference.entry(Some(length)).or_insert(0.0) += count / all;
    }
    let all: f64 = known.iter().map(|(_, _, weight)| f64::from(*weight)).sum();
    for &(length, _, weight) in known {
        *difference.entry(growth.cell(length)).or_insert(0.0) -= f64::from(weight) / all;
    }
    Some(difference.values().map(|share| share.abs()).sum::<f64>() / 2.0)
}
