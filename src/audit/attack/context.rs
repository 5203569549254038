//! What is already known of rows, coarse enough to count by.

use crate::{
    audit::{
        case::{Case, NULL},
        draw::table::NONE,
        reading::{Reading, What},
    },
    schema::ValueType,
};

/// Into how many bands an integer is cut.
const BANDS: f32 = 8.0;
/// The most classes of one field, and of several together.
const MOST_OF_ONE: usize = 64;
const MOST: usize = 128;

/// Classes of the values of one field, and the class of each row; [`NONE`] where it is not known.
pub(super) struct Context {
    pub(super) field: usize,
    pub(super) classes: usize,
    pub(super) of_value: Vec<u32>,
    pub(super) of_row: Vec<u32>,
}

impl Context {
    /// One class for each list of candidates.
    pub(super) fn fine(case: &Case, reading: &Reading) -> Option<Self> {
        let What::Field(field) = reading.of else {
            return None;
        };
        let values = case.knows.vocabularies[field].values.len();
        let mut of_value = vec![(NONE, 0.0); values];
        for (class, candidates) in (0..).zip(&reading.candidates) {
            for &(number, weight) in candidates.as_slice() {
                let best = &mut of_value[number as usize];
                if weight > best.1 {
                    *best = (class, weight);
                }
            }
        }
        let codes = reading.codes.iter().map(|&code| {
            let says = reading.candidates.get(code as usize);
            if says.is_some_and(|candidates| !candidates.is_empty()) {
                code
            } else {
                NONE
            }
        });
        Some(Self {
            field,
            classes: reading.candidates.len(),
            of_value: of_value.into_iter().map(|(class, _)| class).collect(),
            of_row: codes.collect(),
        })
    }

    /// Few classes: integers in bands, each about as frequent; `None` where there are too many, or where little is known.
    pub(super) fn coarse(case: &Case, reading: &Reading) -> Option<Self> {
        let mut context = Self::fine(case, reading)?;
        let known = context
            .of_row
            .iter()
            .filter(|&&class| class != NONE)
            .count();
        if known * 5 < context.of_row.len() * 4 {
            return None;
        }
        let integer = case.knows.schema.fields()[context.field].value_type() == ValueType::Integer;
        if integer && context.classes > BANDS as usize + 2 {
            context.merge(case, reading);
        }
        (2..=MOST_OF_ONE)
            .contains(&context.classes)
            .then_some(context)
    }

    fn merge(&mut self, case: &Case, reading: &Reading) {
        let values = &case.knows.vocabularies[self.field].values;
        let frequencies = super::column::frequencies(&case.knows, self.field);
        let mut sorted: Vec<(i64, usize)> = values
            .iter()
            .enumerate()
            .skip(NULL as usize + 1)
            .filter_map(|(number, value)| Some((value.parse().ok()?, number)))
            .collect();
        sorted.sort_unstable();
        let sum: f32 = sorted.iter().map(|&(_, number)| frequencies[number]).sum();
        let mut bands = vec![BANDS as u32; values.len()];
        let mut before = 0.0;
        for (_, number) in sorted {
            bands[number] = (before / sum * BANDS).min(BANDS - 1.0) as u32;
            before += frequencies[number];
        }
        // A list of candidates is where its best value is.
        let bands_of: Vec<u32> = reading
            .candidates
            .iter()
            .map(|candidates| {
                candidates
                    .best()
                    .map_or(NONE, |(number, _)| bands[number as usize])
            })
            .collect();
        for class in self.of_value.iter_mut().chain(&mut self.of_row) {
            if let Some(&band) = bands_of.get(*class as usize) {
                *class = band;
            }
        }
        self.classes = BANDS as usize + 1;
    }
}

/// Several contexts at once.
pub(super) struct Contexts<'c> {
    pub(super) parts: Vec<&'c Context>,
    pub(super) classes: usize,
}

impl<'c> Contexts<'c> {
    /// As many as together have few classes, those with the fewest first.
    pub(super) fn of(contexts: impl Iterator<Item = &'c Context>) -> Self {
        let mut all: Vec<&Context> = contexts.collect();
        all.sort_by_key(|context| context.classes);
        let mut kept = Self {
            parts: Vec::new(),
            classes: 1,
        };
        for context in all {
            let again = kept.parts.iter().any(|part| part.field == context.field);
            if !again && kept.classes * context.classes <= MOST {
                kept.classes *= context.classes;
                kept.parts.push(context);
            }
        }
        kept
    }

    pub(super) fn of_row(&self, row: usize) -> Option<usize> {
        self.joined(|context| context.of_row[row])
    }

    /// Of a row of which the values are known.
    pub(super) fn of_values(&self, values: &[u32]) -> Option<usize> {
        self.joined(|context| context.of_value[values[context.field] as usize])
    }

    fn joined(&self, class: impl Fn(&Context) -> u32) -> Option<usize> {
        self.parts.iter().try_fold(0, |joined, context| {
            let class = class(context) as usize;
            (class < context.classes).then_some(joined * context.classes + class)
        })
    }
}
