//! Lengths of what is sealed, and which cells are null.

use std::collections::BTreeMap;

use super::{
    Attack, Family, Way,
    clear::is_clear,
    column::{bytes, counts, field_of, frequencies, is_registered},
};
use crate::audit::{
    case::{Case, ColumnView, Knowledge, LeakView, Meaning, NULL},
    reading::{Candidates, Reading, What},
    table::NONE,
};

pub(crate) struct Shape;

impl Attack for Shape {
    fn family(&self) -> Family {
        Family::Shape
    }

    fn needs(&self) -> &'static str {
        "how long and how frequent values are"
    }

    fn ways(&self, case: &Case, _known: &[Vec<Reading>]) -> Vec<Way> {
        let knows = &case.knows;
        let mut ways = Vec::new();
        for (leak, view) in case.leaks.iter().enumerate() {
            let columns = || view.columns.iter();
            let of_columns = |sum: Option<&Sum>| -> Vec<Reading> {
                let sealed = columns().filter(|column| column.meaning == Meaning::Sealed);
                let sealed = sealed.flat_map(|column| {
                    sum.map_or_else(Vec::new, |sum| of_sealed(knows, view, column, sum))
                });
                let fields = columns().filter_map(|column| of_field(knows, view, column));
                fields.chain(sealed).collect()
            };
            let mut way = |how: String, readings: Vec<Reading>| {
                if !readings.is_empty() {
                    ways.push(Way::new(leak, how, readings));
                }
            };
            way("all columns".to_owned(), of_columns(None));
            if columns().any(|column| column.meaning == Meaning::Sealed) {
                for sum in sums(knows) {
                    let how = format!("sealed length is that of {}", sum.name);
                    way(how, of_columns(Some(&sum)));
                }
            }
        }
        ways
    }
}

/// What the length of a sealed column may vary with.
struct Sum {
    name: String,
    fields: Vec<usize>,
}

/// The target, what a directory leads from to it, both, all of its scope, and all fields.
fn sums(knows: &Knowledge) -> Vec<Sum> {
    let fields = knows.schema.fields();
    let target = knows.target;
    let mut sets = vec![vec![target]];
    let leading = knows.directories.iter().filter(|directory| {
        directory.gives == target && !directory.calendar && directory.of != target
    });
    for directory in leading {
        sets.push(vec![directory.of]);
        sets.push(vec![directory.of, target]);
    }
    let scope = fields[target].scope();
    sets.push(
        (0..fields.len())
            .filter(|&field| fields[field].scope() == scope)
            .collect(),
    );
    sets.push((0..fields.len()).collect());
    let mut seen: Vec<Vec<usize>> = Vec::new();
    for mut set in sets {
        set.sort_unstable();
        if !seen.contains(&set) {
            seen.push(set);
        }
    }
    seen.into_iter()
        .map(|set| Sum {
            name: set
                .iter()
                .map(|&field| fields[field].name())
                .collect::<Vec<_>>()
                .join(" and "),
            fields: set,
        })
        .collect()
}

/// What the lengths and nulls of a column of one field tell.
fn of_field(knows: &Knowledge, view: &LeakView, column: &ColumnView) -> Option<Reading> {
    let field = field_of(column)?;
    if is_clear(knows, view, column) {
        return None;
    }
    let lengths = lengths(view, column);
    let vocabulary = &knows.vocabularies[field];
    let known: Vec<(usize, u32, f32)> = (0_u32..)
        .zip(&vocabulary.values)
        .zip(frequencies(knows, field))
        .skip(NULL as usize + 1)
        .map(|((number, value), weight)| (value.len(), number, weight))
        .collect();
    let nulls = column.codes.of.contains(&NONE) && knows.schema.fields()[field].is_optional();
    let mut groups = by_length(&observed(column, &lengths), &known).unwrap_or_default();
    if groups.is_empty() && !nulls {
        return None;
    }
    if nulls {
        groups.insert(usize::MAX, Candidates::one(NULL));
    }
    Some(reading(What::Field(field), column, &lengths, &groups))
}

/// What the lengths of a sealed column tell of the target and of what leads to it, where they are that of `sum`.
fn of_sealed(knows: &Knowledge, view: &LeakView, column: &ColumnView, sum: &Sum) -> Vec<Reading> {
    let lengths = lengths(view, column);
    let observed = observed(column, &lengths);
    let read = sum.fields.iter().filter_map(|&field| {
        if field != knows.target && is_registered(knows, field) {
            return None;
        }
        let length = |row: &Vec<u32>| -> usize {
            sum.fields
                .iter()
                .map(|&field| knows.vocabularies[field].values[row[field] as usize].len())
                .sum()
        };
        let rows = knows.reference.iter();
        let known: Vec<(usize, u32, f32)> = rows
            .map(|row| (length(row), row[field], 1.0))
            .filter(|&(_, number, _)| number != NULL)
            .collect();
        let groups = by_length(&observed, &known)?;
        Some(reading(What::Field(field), column, &lengths, &groups))
    });
    read.collect()
}

/// The length in bytes of each different value of a column.
fn lengths(view: &LeakView, column: &ColumnView) -> Vec<usize> {
    bytes(view, column).iter().map(Vec::len).collect()
}

/// How many rows have each length.
fn observed(column: &ColumnView, lengths: &[usize]) -> BTreeMap<usize, f64> {
    let mut observed = BTreeMap::new();
    for (&length, count) in lengths.iter().zip(counts(column)) {
        *observed.entry(length).or_insert(0.0) += f64::from(count);
    }
    observed
}

/// For each length of cells what the value can be, given how long values are and how frequent; `None` where lengths do not vary.
fn by_length(
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

/// How the length of a cell grows with that of its value.
#[derive(Clone, Copy)]
struct Growth {
    /// Bytes of which there is always a multiple.
    block: usize,
    /// Bytes that are padded with the value.
    padded: usize,
    /// Bytes beside it; negative where the value is shorter than it is known.
    overhead: i64,
}

impl Growth {
    fn cell(self, length: usize) -> Option<usize> {
        let blocks = (length + self.padded).div_ceil(self.block) * self.block;
        usize::try_from(i64::try_from(blocks).ok()? + self.overhead).ok()
    }

    /// The one under which the lengths of the cells are likeliest.
    fn fitting(observed: &BTreeMap<usize, f64>, known: &[(usize, u32, f32)]) -> Option<Self> {
        let mut by_length: BTreeMap<usize, f64> = BTreeMap::new();
        for &(length, _, weight) in known {
            *by_length.entry(length).or_insert(0.0) += f64::from(weight);
        }
        let sum: f64 = by_length.values().sum();
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

/// A reading that has candidates by length; those of null are at `usize::MAX`.
fn reading(
    of: What,
    column: &ColumnView,
    lengths: &[usize],
    groups: &BTreeMap<usize, Candidates>,
) -> Reading {
    let places: BTreeMap<usize, u32> = groups.keys().copied().zip(0..).collect();
    let code = |length: usize| places.get(&length).copied().unwrap_or(NONE);
    let codes = column.codes.of.iter().map(|&at| match at {
        NONE => code(usize::MAX),
        at => code(lengths[at as usize]),
    });
    Reading {
        of,
        codes: codes.collect(),
        candidates: groups.values().cloned().collect(),
    }
}
