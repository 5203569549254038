//! Several values in one cell, one behind the other: `Martin;Léa;34;F`.

use std::collections::BTreeMap;

use super::{Named, Part, pairs::unquoted};

/// Values with a separator between them, as many in most cells.
pub(super) struct Separated {
    separator: char,
    count: usize,
    /// Whether all cells of the sample have as many.
    pub(super) is_whole: bool,
}

/// These separate; the later ones are also in dates, numbers, names and ids.
const SEPARATORS: [char; 10] = ['|', ';', '\t', '\n', '^', '~', ',', '/', ':', '_'];
const SURE: usize = 6;

impl Separated {
    /// As four of five cells are; `None` where they are not.
    pub(super) fn of(sample: &[&str], named: Named) -> Option<Self> {
        let sure = match named {
            Named::Field => &SEPARATORS[..SURE],
            Named::Otherwise => &SEPARATORS[..],
        };
        sure.iter().enumerate().find_map(|(at, &separator)| {
            let split = sample.iter().filter_map(|cell| {
                let parts = cell.split(separator);
                (at < SURE || !is_time(cell) && parts.clone().any(is_telling))
                    .then(|| parts.count())
            });
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            split.for_each(|count| *counts.entry(count).or_default() += 1);
            let (count, often) = counts.into_iter().max_by_key(|(_, often)| *often)?;
            let fits = (2..=super::MOST).contains(&count) && often * 5 >= sample.len() * 4;
            fits.then_some(Self {
                separator,
                count,
                is_whole: often == sample.len(),
            })
        })
    }

    /// The parts of each cell that has as many as most.
    pub(super) fn parts(&self, values: &[Option<&str>]) -> Vec<Part> {
        let mut parts: Vec<Part> = (1..=self.count)
            .map(|place| Part {
                name: place.to_string(),
                values: vec![None; values.len()],
            })
            .collect();
        for (at, cell) in values.iter().enumerate() {
            let Some(cell) = cell else { continue };
            if cell.split(self.separator).count() != self.count {
                continue;
            }
            for (part, text) in parts.iter_mut().zip(cell.split(self.separator)) {
                let text = unquoted(text);
                part.values[at] = (!text.is_empty()).then(|| text.to_owned());
            }
        }
        parts
    }
}

/// Whether a part is more than a piece of a number, a date or an id: a word, or many digits.
fn is_telling(part: &str) -> bool {
    let is_word = part
        .chars()
        .any(|c| c.is_alphabetic() && !c.is_ascii_hexdigit());
    let digits = part.chars().filter(char::is_ascii_digit).count();
    is_word || (digits >= 9 && digits == part.chars().filter(|c| c.is_alphanumeric()).count())
}

/// Whether a text begins with a day.
fn is_time(text: &str) -> bool {
    text.get(..10)
        .is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
}
