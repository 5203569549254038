//! Coarser forms of values, found by looking: bands, rounded numbers, parts of dates, first letters.

use std::collections::HashMap;

use crate::{
    audit::{
        case::{NULL, Vocabulary},
        reading::Candidates,
    },
    policy::{Period, Transform},
    schema::{Field, ValueType},
};

/// The values of a vocabulary with their numbers, without null.
pub(super) fn numbered(vocabulary: &Vocabulary) -> impl Iterator<Item = (u32, &str)> {
    (0_u32..)
        .zip(vocabulary.values.iter().map(String::as_str))
        .skip(NULL as usize + 1)
}

/// These values, as likely as they are frequent.
pub(super) fn weighted(weights: &[f32], numbers: impl Iterator<Item = u32>) -> Candidates {
    Candidates::new(
        numbers
            .map(|number| (number, weights[number as usize]))
            .collect(),
    )
}

/// Integers that are all multiples of a step, where the field's values are not: rounded to the nearest, or down.
pub(super) fn rounded(
    field: &Field,
    vocabulary: &Vocabulary,
    weights: &[f32],
    texts: &[&str],
) -> Option<Vec<Candidates>> {
    if field.value_type() != ValueType::Integer {
        return None;
    }
    let shown: Vec<i64> = texts
        .iter()
        .map(|text| text.trim().parse().ok())
        .collect::<Option<_>>()?;
    let step = shown.iter().fold(0_u64, |step, value| {
        greatest_divisor(step, value.unsigned_abs())
    });
    let different = if step >= 5 { 3 } else { 8 };
    let values: Vec<(u32, i64)> = integers(vocabulary).collect();
    let finer = values
        .iter()
        .any(|(_, value)| value.unsigned_abs() % step.max(1) != 0);
    if step < 2 || shown.len() < different || !finer {
        return None;
    }
    let step = i128::from(step);
    let candidates: Vec<Candidates> = shown
        .iter()
        .map(|&shown| {
            let shown = i128::from(shown);
            let near = |value: i64| {
                let value = i128::from(value);
                2 * value >= 2 * shown - step && value < shown + step
            };
            let numbers = values.iter().filter(|(_, value)| near(*value));
            weighted(weights, numbers.map(|(number, _)| *number))
        })
        .collect();
    mostly(candidates)
}

/// The other forms; the first one that nearly all texts have.
pub(super) fn by_form(
    field: &Field,
    vocabulary: &Vocabulary,
    weights: &[f32],
    texts: &[&str],
) -> Option<Vec<Candidates>> {
    match field.value_type() {
        ValueType::Integer => bands(vocabulary, weights, texts),
        ValueType::Date | ValueType::DateTime => {
            periods(vocabulary, weights, texts).or_else(|| starts(vocabulary, weights, texts))
        }
        ValueType::Text => letters(vocabulary, weights, texts),
        _ => None,
    }
}

/// `18-39`, `65+`, `<18`.
fn bands(vocabulary: &Vocabulary, weights: &[f32], texts: &[&str]) -> Option<Vec<Candidates>> {
    let values: Vec<(u32, i64)> = integers(vocabulary).collect();
    let candidates = texts.iter().map(|text| match band(text) {
        Some((first, last)) => {
            let within = values
                .iter()
                .filter(|(_, value)| (first..=last).contains(value));
            weighted(weights, within.map(|(number, _)| *number))
        }
        None => Candidates::default(),
    });
    mostly(candidates.collect())
}

/// The first and last integer of a band.
fn band(text: &str) -> Option<(i64, i64)> {
    let text = text.trim().replace(['–', '—'], "-").replace(" to ", "-");
    let number = |part: &str| part.trim().parse::<i64>().ok();
    if let Some(first) = text.strip_suffix('+') {
        return Some((number(first)?, i64::MAX));
    }
    for (sign, least) in [(">=", 0), ("≥", 0), (">", 1)] {
        if let Some(first) = text.strip_prefix(sign) {
            return Some((number(first)?.checked_add(least)?, i64::MAX));
        }
    }
    for (sign, less) in [("<=", 0), ("≤", 0), ("<", 1)] {
        if let Some(last) = text.strip_prefix(sign) {
            return Some((i64::MIN, number(last)?.checked_sub(less)?));
        }
    }
    if let Some(open) = text.strip_prefix(['[', '(']) {
        let (first, last) = open.split_once([',', ';', '-'])?;
        let inclusive = last.ends_with(']');
        let last = number(last.trim_end_matches([']', ')', '[']))?;
        let last = if inclusive {
            last
        } else {
            last.checked_sub(1)?
        };
        return Some((number(first)?, last));
    }
    // A dash that is not the sign of the first number.
    let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
    Some((number(&text[..dash])?, number(&text[dash + 1..])?))
}

/// `2020-07-21`, `2020-W30`, `2020-07`, `2020-Q3`, `2020`.
fn periods(vocabulary: &Vocabulary, weights: &[f32], texts: &[&str]) -> Option<Vec<Candidates>> {
    Period::ALL.into_iter().find_map(|period| {
        by_text(vocabulary, weights, texts, |value| {
            let mut text = String::new();
            let shown = Transform::Truncate(period).show(value, &mut text);
            shown.is_ok().then_some(text)
        })
    })
}

/// Date-times without their last parts, or with a space for the `T`.
fn starts(vocabulary: &Vocabulary, weights: &[f32], texts: &[&str]) -> Option<Vec<Candidates>> {
    let texts: Vec<String> = texts
        .iter()
        .map(|text| text.replacen(' ', "T", 1))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    // To the second, the minute, the hour.
    [19, 16, 13].into_iter().find_map(|length| {
        by_text(vocabulary, weights, &texts, |value| {
            value.get(..length).map(str::to_owned)
        })
    })
}

/// `D`, `D***`, `d.`, `06***12`: first and last characters.
fn letters(vocabulary: &Vocabulary, weights: &[f32], texts: &[&str]) -> Option<Vec<Candidates>> {
    let parts: Vec<(String, String)> = texts
        .iter()
        .map(|text| {
            let text = text.trim().to_lowercase();
            let hidden = |c: char| matches!(c, '*' | '•' | '…');
            match (text.find(hidden), text.rfind(hidden)) {
                (Some(first), Some(last)) => {
                    let last = last + text[last..].chars().next().map_or(0, char::len_utf8);
                    Some((text[..first].to_owned(), text[last..].to_owned()))
                }
                _ => {
                    let start = text.trim_end_matches('.');
                    (1..=3)
                        .contains(&start.chars().count())
                        .then(|| (start.to_owned(), String::new()))
                }
            }
        })
        .map(Option::unwrap_or_default)
        .collect();
    let counted = |(first, last): &(String, String)| (first.chars().count(), last.chars().count());
    let mut forms: Vec<(usize, usize)> = parts.iter().map(counted).collect();
    forms.sort_unstable();
    forms.dedup();
    forms.retain(|&form| form != (0, 0));
    // Masks are of a few forms; where there are many, nothing is masked.
    if forms.is_empty() || forms.len() > 4 {
        return None;
    }
    let values: Vec<(u32, String)> = numbered(vocabulary)
        .map(|(number, value)| (number, value.to_lowercase()))
        .collect();
    let mut groups: HashMap<(&str, &str), Vec<u32>> = HashMap::new();
    for &(first, last) in &forms {
        for (number, value) in &values {
            if let Some(ends) = ends(value, first, last) {
                groups.entry(ends).or_default().push(*number);
            }
        }
    }
    let candidates =
        parts.iter().map(
            |(first, last)| match groups.get(&(first.as_str(), last.as_str())) {
                Some(numbers) => weighted(weights, numbers.iter().copied()),
                None => Candidates::default(),
            },
        );
    mostly(candidates.collect())
}

/// The first and last characters of a value that has as many.
fn ends(value: &str, first: usize, last: usize) -> Option<(&str, &str)> {
    let mut rest = value.chars();
    (0..first).try_for_each(|_| rest.next().map(drop))?;
    let start = value.len() - rest.as_str().len();
    (0..last).try_for_each(|_| rest.next_back().map(drop))?;
    Some((&value[..start], &value[start + rest.as_str().len()..]))
}

/// For each text the values that `show` makes it of, where nearly all texts have some.
fn by_text(
    vocabulary: &Vocabulary,
    weights: &[f32],
    texts: &[&str],
    show: impl FnMut(&str) -> Option<String>,
) -> Option<Vec<Candidates>> {
    mostly(grouped(vocabulary, weights, texts, show))
}

/// For each text the values that `show` makes it of.
pub(super) fn grouped(
    vocabulary: &Vocabulary,
    weights: &[f32],
    texts: &[&str],
    mut show: impl FnMut(&str) -> Option<String>,
) -> Vec<Candidates> {
    let mut groups: HashMap<String, Vec<u32>> = HashMap::new();
    for (number, value) in numbered(vocabulary) {
        if let Some(shown) = show(value) {
            groups.entry(shown).or_default().push(number);
        }
    }
    let candidates = texts.iter().map(|text| match groups.get(*text) {
        Some(numbers) => weighted(weights, numbers.iter().copied()),
        None => Candidates::default(),
    });
    candidates.collect()
}

/// The candidates, where nearly all have some.
fn mostly(candidates: Vec<Candidates>) -> Option<Vec<Candidates>> {
    let found = candidates.iter().filter(|found| !found.is_empty()).count();
    (found > 0 && found * 10 >= candidates.len() * 9).then_some(candidates)
}

fn integers(vocabulary: &Vocabulary) -> impl Iterator<Item = (u32, i64)> {
    numbered(vocabulary).filter_map(|(number, value)| Some((number, value.parse().ok()?)))
}

fn greatest_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_at_the_ends_of_what_is_counted() {
        assert_eq!(band("[20,40)"), Some((20, 39)));
        assert_eq!(band("[20,40]"), Some((20, 40)));
        for text in [
            "[0,-9223372036854775808)",
            "<-9223372036854775808",
            ">9223372036854775807",
        ] {
            assert_eq!(band(text), None, "{text}");
        }
    }
}
