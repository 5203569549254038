//! Values of a field in few cells of a column that is otherwise something else.

use super::{clear::Shown, column::frequencies};
use crate::{
    audit::{
        case::Knowledge,
        reading::{Candidates, What},
    },
    schema::ValueType,
};

/// So many different values are found, and so many times as many as chance would give.
const LEAST: usize = 3;
const TIMES: f64 = 100.0;

/// Shorter values than this, in bits, are met by chance: 8 digits, or 7 letters.
const SHORTEST: f64 = 26.0;

/// How many texts are looked at before all are.
const SAMPLE: usize = 8192;

/// The field of which some texts are long values, and what each of them can be.
///
/// Any text could be a value by chance. Of D different texts and V values as many as D · V / 2^b are equal, where all characters of
/// the shortest that is found, of b bits, are random; the texts that are found have to be a hundred times as many. Dates and numbers
/// are in other columns for other reasons.
pub(super) fn read(knows: &Knowledge, texts: &[&str]) -> Option<(What, Vec<Candidates>)> {
    let step = texts.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&str> = texts.iter().copied().step_by(step).collect();
    let others = sample.iter().filter(|text| is_words(text)).count();
    // Names of people are names of places and practitioners, too; of random texts they are not.
    let is_text = others * 10 > sample.len();
    let fields = knows.schema.fields().iter().enumerate();
    let found = fields.filter_map(|(at, field)| {
        let values = knows.vocabularies[at].values.len().saturating_sub(1);
        let of_many = knows.people_with[at].len() * 2 < knows.people.len();
        let is_shared = field.is_of_person() && of_many;
        if field.value_type() != ValueType::Text || values == 0 || (is_text && is_shared) {
            return None;
        }
        few(knows, at, &sample, values)?;
        let (count, candidates) = few(knows, at, texts, values)?;
        Some((count, at, candidates))
    });
    let (_, field, candidates) =
        found.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    Some((What::Field(field), candidates))
}

/// The texts that are values, and how many they are, where they are not there by chance.
fn few(
    knows: &Knowledge,
    field: usize,
    texts: &[&str],
    values: usize,
) -> Option<(usize, Vec<Candidates>)> {
    let shown = Shown { knows, field };
    let mut candidates = shown.exact(texts, &frequencies(knows, field));
    let (mut count, mut shortest) = (0, f64::INFINITY);
    for (text, candidates) in texts.iter().zip(&mut candidates) {
        if !is_long(text) {
            *candidates = Candidates::default();
        }
        if !candidates.is_empty() {
            count += 1;
            shortest = shortest.min(bits(text));
        }
    }
    let by_chance = texts.len() as f64 * values as f64 / shortest.exp2();
    (count >= LEAST && count as f64 >= TIMES * by_chance).then_some((count, candidates))
}

/// Whether a text that is a value is so for a reason.
pub(super) fn is_long(text: &str) -> bool {
    bits(text) >= SHORTEST
}

/// How many bits a random text has of which so many characters are digits and letters, of the fewest letters that texts are made of:
/// hexadecimal ones.
fn bits(text: &str) -> f64 {
    let bits = text.chars().map(|c| match c {
        '0'..='9' => 10_f64.log2(),
        c if c.is_alphabetic() => 4.0,
        _ => 0.0,
    });
    bits.sum()
}

/// Whether a text is words and nothing else.
fn is_words(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_numeric() || c == '_')
}
