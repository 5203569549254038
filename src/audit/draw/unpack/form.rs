//! How cells are composed, by a sample of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{
    Named, Part,
    encoded::Encoded,
    pairs::{self, Pairs},
    parts::Separated,
};

/// How the cells of a column are composed.
pub(super) enum Form {
    Json {
        /// Those that are in many cells.
        paths: Vec<String>,
        /// Whether all cells of the sample are of this form.
        is_whole: bool,
    },
    Pairs(Pairs),
    Separated(Separated),
    Encoded(Encoded),
}

/// What is between the keys of a path.
const WITHIN: &str = super::WITHIN;
/// How deep a value is looked into, and how many elements of a list are told apart.
const DEEPEST: usize = 6;
const ELEMENTS: usize = 8;

impl Form {
    /// The form that these cells have; `None` where most are plain.
    pub(super) fn of(sample: &[&str], named: Named) -> Option<Self> {
        json(sample)
            .or_else(|| Encoded::of(sample).map(Self::Encoded))
            .or_else(|| Pairs::of(sample).map(Self::Pairs))
            .or_else(|| Separated::of(sample, named).map(Self::Separated))
    }

    /// Whether every cell has its parts, so that one that is null is so in truth.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Json { is_whole, .. } => *is_whole,
            Self::Pairs(pairs) => pairs.is_whole,
            Self::Separated(separated) => separated.is_whole,
            Self::Encoded(encoded) => encoded.is_whole,
        }
    }

    /// The parts of each cell.
    pub(super) fn parts(&self, values: &[Option<&str>]) -> Vec<Part> {
        match self {
            Self::Json { paths, .. } => keyed(paths, values, |cell, put| {
                flatten(cell, |path, text| put(path, text));
            }),
            Self::Pairs(pairs) => keyed(&pairs.keys, values, |cell, put| {
                for (key, value) in pairs.split(cell) {
                    put(&key, value);
                }
            }),
            Self::Separated(separated) => separated.parts(values),
            Self::Encoded(encoded) => vec![encoded.part(values)],
        }
    }
}

fn json(sample: &[&str]) -> Option<Form> {
    let mut composed = 0;
    let mut seen = Vec::new();
    for cell in sample {
        let mut of_cell = BTreeSet::new();
        composed += usize::from(flatten(cell, |path, _| {
            of_cell.insert(path.to_owned());
        }));
        seen.extend(of_cell);
    }
    let paths = common(&seen, composed);
    (composed * 20 >= sample.len().max(1) && !paths.is_empty()).then_some(Form::Json {
        paths,
        is_whole: composed == sample.len(),
    })
}

/// The keys that are in one of twenty cells or more, of each cell once.
///
/// What is rarer is mostly a value.
pub(super) fn common(keys: &[String], cells: usize) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    let least = cells.div_ceil(20).max(2);
    let common = counts.into_iter().filter(|(_, count)| *count >= least);
    common
        .map(|(key, _)| key.to_owned())
        .take(super::MOST)
        .collect()
}

/// Gives each value in a cell of JSON with the keys that lead to it; whether it is an object or a list.
fn flatten(cell: &str, mut give: impl FnMut(&str, String)) -> bool {
    let start = cell.trim_start();
    if !start.starts_with(['{', '[', '"']) {
        return false;
    }
    let Ok(value) = serde_json::from_str::<Value>(cell) else {
        return false;
    };
    if let Value::String(inner) = &value {
        // Of text in quotes it is only the quotes.
        return !inner.trim_start().starts_with('"') && flatten(inner, give);
    }
    walk(&value, &mut String::new(), 0, &mut give);
    true
}

fn walk(value: &Value, path: &mut String, depth: usize, give: &mut impl FnMut(&str, String)) {
    let mut inner = |key: &str, value: &Value| {
        let length = path.len();
        if !path.is_empty() {
            path.push_str(WITHIN);
        }
        path.push_str(key);
        walk(value, path, depth + 1, give);
        path.truncate(length);
    };
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => give(path, value.to_string()),
        Value::String(text) => give(path, text.clone()),
        _ if depth == DEEPEST => {}
        Value::Array(elements) => {
            for (at, element) in elements.iter().take(ELEMENTS).enumerate() {
                inner(&(at + 1).to_string(), element);
            }
        }
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| pairs::is_key(key)) {
                inner(key, member);
            }
        }
    }
}

/// The values of each key in each cell.
fn keyed(
    keys: &[String],
    values: &[Option<&str>],
    mut split: impl FnMut(&str, &mut dyn FnMut(&str, String)),
) -> Vec<Part> {
    let places: HashMap<&str, usize> = keys.iter().map(String::as_str).zip(0..).collect();
    let mut parts: Vec<Part> = keys
        .iter()
        .map(|key| Part {
            name: key.clone(),
            values: vec![None; values.len()],
        })
        .collect();
    for (at, cell) in values.iter().enumerate() {
        let Some(cell) = cell else { continue };
        split(cell, &mut |key, value| {
            if let Some(&place) = places.get(key) {
                parts[place].values[at] = Some(value);
            }
        });
    }
    parts
}
