//! Lengths of what is sealed, and which cells are null.

mod growth;
mod nulls;
mod unnamed;

use std::collections::BTreeMap;

pub(super) use unnamed::Unnamed;

use self::growth::by_length;
use super::{
    Attack, Family, Way,
    clear::is_clear,
    column::{bytes, counts, field_of, frequencies, is_registered},
};
use crate::audit::{
    case::{Case, ColumnView, Knowledge, LeakView, Meaning, NULL},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
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
                    sum.map_or_else(Vec::new, |sum| by_sum(knows, view, column, sum))
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

/// What the length of a column may vary with.
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
    seen.into_iter().map(|set| Sum::new(knows, set)).collect()
}

impl Sum {
    fn new(knows: &Knowledge, fields: Vec<usize>) -> Self {
        let names = fields
            .iter()
            .map(|&field| knows.schema.fields()[field].name());
        Self {
            name: names.collect::<Vec<_>>().join(" and "),
            fields,
        }
    }

    /// How long the values of a row are together.
    fn length(&self, knows: &Knowledge, row: &[u32]) -> usize {
        let values = self
            .fields
            .iter()
            .map(|&field| &knows.vocabularies[field].values[row[field] as usize]);
        values.map(String::len).sum()
    }
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

/// What the lengths of a column tell of the target and of what leads to it, where they are that of `sum`.
fn by_sum(knows: &Knowledge, view: &LeakView, column: &ColumnView, sum: &Sum) -> Vec<Reading> {
    let lengths = lengths(view, column);
    let observed = observed(column, &lengths);
    let read = sum.fields.iter().filter_map(|&field| {
        if field != knows.target && is_registered(knows, field) {
            return None;
        }
        let rows = knows.reference.iter();
        let known: Vec<(usize, u32, f32)> = rows
            .map(|row| (sum.length(knows, row), row[field], 1.0))
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
