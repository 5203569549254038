//! In which forms two cells are the same: as they stand, but for how they are written, as bytes, and but for a constant.

use std::collections::HashMap;

use data_encoding::{
    BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE,
};
use sha2::{Digest, Sha256};

use crate::audit::draw::table::NONE;

/// What is done to a column's values before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Equal,
    /// Letters and digits only, in lower case, without leading zeros and without what all values of the column begin or end with.
    Written,
    /// The bytes that are written in hexadecimal, base64 or base32.
    Bytes,
}

impl Likeness {
    /// The strictest first.
    pub(super) const ALL: [Self; 3] = [Self::Equal, Self::Written, Self::Bytes];

    /// As reports name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal values",
            Self::Written => "values equal but for case, signs and zeros",
            Self::Bytes => "equal bytes",
        }
    }
}

/// The values of one column in one form.
pub(super) struct Form {
    /// The number of each value's form; values of the same form share it. [`NONE`] where it has none.
    pub(super) of_value: Vec<u32>,
    /// A short digest of each different form, with its number; ascending. Two that are equal by chance harm little.
    pub(super) digests: Vec<(u64, u32)>,
}

impl Form {
    /// `None` where values have no such form.
    pub(super) fn of(texts: &[&str], likeness: Likeness) -> Option<Self> {
        Some(match likeness {
            Likeness::Equal => Self::new(texts.iter().map(|text| Some(text.as_bytes()))),
            Likeness::Written => {
                let own = without_affixes(texts);
                let written: Vec<String> = own.iter().map(|text| written(text)).collect();
                let bytes = written.iter().map(|text| text.as_bytes());
                Self::new(bytes.map(|bytes| (!bytes.is_empty()).then_some(bytes)))
            }
            Likeness::Bytes => {
                let bytes = bytes(&without_affixes(texts))?;
                Self::new(bytes.iter().map(|bytes| Some(&bytes[..])))
            }
        })
    }

    pub(super) fn new<'b>(values: impl Iterator<Item = Option<&'b [u8]>>) -> Self {
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let number = |value: Option<&[u8]>| {
            let next = numbers.len() as u32;
            value.map_or(NONE, |value| *numbers.entry(digest(value)).or_insert(next))
        };
        let of_value = values.map(number).collect();
        let mut digests: Vec<(u64, u32)> = numbers.into_iter().collect();
        digests.sort_unstable();
        Self { of_value, digests }
    }

    /// The numbers of what both have.
    pub(super) fn common(&self, other: &Self) -> Vec<(u32, u32)> {
        let mut common = Vec::new();
        let mut others = other.digests.iter().peekable();
        for &(digest, number) in &self.digests {
            while others.next_if(|other| other.0 < digest).is_some() {}
            if let Some(other) = others.next_if(|other| other.0 == digest) {
                common.push((number, other.1));
            }
        }
        common
    }
}

/// Of SHA-256, since a report is the same again with the same seed: the standard library's hasher may change with its version.
fn digest(value: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(value));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Texts without the words that all of them begin and end with, as `PAT-` or `urn:uuid:`, each up to a sign.
fn without_affixes<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let [first, others @ ..] = texts else {
        return Vec::new();
    };
    let is_sign = |letter: char| !letter.is_alphanumeric();
    let same = |a: &str, b: &str, reversed: bool| -> usize {
        let count = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
            a.zip(b)
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a.len_utf8())
                .sum()
        };
        match reversed {
            false => count(&mut a.chars(), &mut b.chars()),
            true => count(&mut a.chars().rev(), &mut b.chars().rev()),
        }
    };
    let shared = |reversed| {
        others
            .iter()
            .map(|other| same(first, other, reversed))
            .min()
    };
    let before = first[..shared(false).unwrap_or(0)].rfind(is_sign);
    let before = before.map_or(0, |at| {
        at + first[at..].chars().next().map_or(0, char::len_utf8)
    });
    let after = &first[first.len() - shared(true).unwrap_or(0)..];
    let after = after.find(is_sign).map_or(0, |at| after.len() - at);
    // A text may be nothing else.
    let own = |text: &&'t str| {
        text.get(before..text.len().saturating_sub(after))
            .unwrap_or(text)
    };
    texts.iter().map(own).collect()
}

fn written(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    let lower: String = letters.flat_map(char::to_lowercase).collect();
    match lower.trim_start_matches('0') {
        "" if !lower.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    }
}

/// Short words are hexadecimal or base64 by accident.
const SHORT: usize = 8;

/// The bytes of each value, where all are written alike.
fn bytes(texts: &[&str]) -> Option<Vec<Vec<u8>>> {
    if texts.iter().any(|text| text.len() < SHORT) {
        return None;
    }
    // Hyphens of a UUID are signs of base64url, too.
    let hexadecimal = texts.iter().map(|text| {
        let text = text.trim();
        let text = text.strip_prefix("0x").unwrap_or(text);
        let digits: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | ':' | ' ' | '{' | '}'))
            .collect();
        HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
    });
    if let Some(all) = hexadecimal.collect() {
        return Some(all);
    }
    let encodings = [
        BASE32_NOPAD,
        BASE64,
        BASE64URL,
        BASE64_NOPAD,
        BASE64URL_NOPAD,
    ];
    encodings.iter().find_map(|encoding| {
        texts
            .iter()
            .map(|text| encoding.decode(text.trim().as_bytes()).ok())
            .collect()
    })
}

/// A column of whole numbers, perhaps each behind the same letters.
pub(super) struct Numbers {
    /// The different numbers, ascending.
    sorted: Vec<i64>,
    /// For each value the position of its number.
    pub(super) of_value: Vec<u32>,
}

/// More digits than this are no counted id, and could not be subtracted.
const DIGITS: usize = 18;
/// Fewer numbers than this in common are chance.
const COMMON: usize = 32;
/// So many numbers are subtracted from all others.
const SAMPLES: usize = 16;
/// So many of the most frequent differences are tried.
const TRIED: usize = 8;

impl Numbers {
    pub(super) fn of(texts: &[&str]) -> Option<Self> {
        if texts.len() < COMMON {
            return None;
        }
        let letters = texts
            .first()?
            .trim_end_matches(|letter: char| letter.is_ascii_digit());
        let numbers: Vec<i64> = texts
            .iter()
            .map(|text| {
                let digits = text.strip_prefix(letters)?;
                (digits.len() <= DIGITS).then(|| digits.parse().ok())?
            })
            .collect::<Option<_>>()?;
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let place = |number| sorted.partition_point(|&other| other < number) as u32;
        let of_value = numbers.into_iter().map(place).collect();
        Some(Self { sorted, of_value })
    }

    /// The positions of numbers that differ by one constant, where these are half of the shorter column or more: by the constant
    /// for which they are most.
    pub(super) fn common(&self, other: &Self) -> Vec<(u32, u32)> {
        let (Some(ends), Some(others)) = (self.ends(), other.ends()) else {
            return Vec::new();
        };
        let mut constants = vec![others.0 - ends.0, others.1 - ends.1];
        let every = (self.sorted.len() / SAMPLES).max(1);
        let samples = self.sorted.iter().step_by(every);
        let mut differences: Vec<i64> = samples
            .flat_map(|one| other.sorted.iter().map(move |number| number - one))
            .collect();
        differences.sort_unstable();
        let mut often: Vec<(usize, i64)> = differences
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len(), same[0]))
            .collect();
        often.sort_by_key(|&(count, difference)| (std::cmp::Reverse(count), difference));
        constants.extend(often.iter().take(TRIED).map(|(_, difference)| difference));
        let pairs = constants
            .iter()
            .map(|&constant| self.moved(other, constant));
        let best = pairs.reduce(|best, next| if next.len() > best.len() { next } else { best });
        let half = self.sorted.len().min(other.sorted.len()) / 2;
        best.filter(|pairs| pairs.len() >= half.max(COMMON))
            .unwrap_or_default()
    }

    fn ends(&self) -> Option<(i64, i64)> {
        Some((*self.sorted.first()?, *self.sorted.last()?))
    }

    /// The positions of numbers of which the other is greater by this constant.
    fn moved(&self, other: &Self, constant: i64) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        let mut others = (0..).zip(&other.sorted).peekable();
        for (place, number) in (0..).zip(&self.sorted) {
            let moved = number + constant;
            while others.next_if(|(_, other)| **other < moved).is_some() {}
            if let Some((of_other, _)) = others.next_if(|(_, other)| **other == moved) {
                pairs.push((place, of_other));
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_values_are_those_of_sha_256_in_every_build() {
        let form = Form::of(&["", "abc"], Likeness::Equal).unwrap();
        // FIPS 180-2 has that of "abc".
        let expected = [(0xba78_16bf_8f01_cfea, 1), (0xe3b0_c442_98fc_1c14, 0)];
        assert_eq!(form.digests, expected);
    }

    #[test]
    fn an_identifier_is_the_same_however_it_is_written() {
        let equal = |likeness, a: &str, b: &str| {
            let forms = [a, b].map(|text| Form::of(&[text], likeness));
            matches!(forms, [Some(a), Some(b)] if a.common(&b).len() == 1)
        };
        let uuid = "00112233-4455-6677-8899-aabbccddeeff";
        for (likeness, a, b, same) in [
            (Likeness::Equal, uuid, uuid, true),
            (Likeness::Equal, uuid, &uuid.to_uppercase(), false),
            (
                Likeness::Written,
                uuid,
                &format!(" {{{}}} ", uuid.to_uppercase()),
                true,
            ),
            (Likeness::Written, "42", "00042", true),
            (Likeness::Written, "0", "000", true),
            (Likeness::Written, "42", "43", false),
            (Likeness::Written, "--", "..", false),
            (Likeness::Bytes, uuid, "ABEiM0RVZneImaq7zN3u/w==", true),
            (Likeness::Bytes, uuid, "ABEiM0RVZneImaq7zN3u_w", true),
            (Likeness::Bytes, uuid, "AAISEM2EKVTHPCEZVK54ZXPO74", true),
            (
                Likeness::Bytes,
                uuid,
                "0x00112233445566778899aabbccddeeff",
                true,
            ),
            (Likeness::Bytes, uuid, "ABEiM0RVZneImaq7zN3u_A", false),
            (Likeness::Bytes, "abcd", "q80=", false),
        ] {
            assert_eq!(equal(likeness, a, b), same, "{likeness:?}: {a} and {b}");
        }
    }

    #[test]
    fn what_all_values_begin_or_end_with_is_no_part_of_an_id() {
        for (texts, own) in [
            (&["PAT-17", "PAT-18"][..], &["17", "18"][..]),
            (&["urn:uuid:a1", "urn:uuid:a2"], &["a1", "a2"]),
            (&["a1@host.fr", "a2@host.fr"], &["a1", "a2"]),
            (&["«é-1»", "«é-2»"], &["1", "2"]),
            (&["2001", "2002"], &["2001", "2002"]),
            (&["a-b"], &["a-b"]),
            (&["x-", "x-"], &["x-", "x-"]),
            (&["-", "--"], &["-", ""]),
            (&[], &[]),
        ] {
            assert_eq!(without_affixes(texts), own, "{texts:?}");
        }
        let forms = [
            &["PAT-17", "PAT-18", "PAT-19"],
            &["00018:a", "00019:a", "00020:a"],
        ]
        .map(|texts| Form::of(texts, Likeness::Written).unwrap());
        assert_eq!(forms[0].common(&forms[1]).len(), 2);
    }

    #[test]
    fn the_constant_is_that_for_which_most_numbers_are_equal() {
        let texts = |numbers: &[i64], letters: &str| -> Vec<String> {
            numbers
                .iter()
                .map(|number| format!("{letters}{number}"))
                .collect()
        };
        let numbers = |texts: &[String]| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            Numbers::of(&texts).unwrap()
        };
        let squares: Vec<i64> = (1..200).map(|n| n * n).collect();
        let moved: Vec<i64> = squares
            .iter()
            .filter(|n| *n % 7 != 1)
            .map(|n| n + 1_000_000)
            .collect();
        let unlike: Vec<i64> = (1..200).map(|n| n * n * n).collect();
        let all = numbers(&texts(&squares, "r"));
        let common = all.common(&numbers(&texts(&moved, "visit-")));
        assert_eq!(common.len(), moved.len());
        let right = |&(a, b): &(u32, u32)| squares[a as usize] + 1_000_000 == moved[b as usize];
        assert!(common.iter().all(right));
        assert!(all.common(&numbers(&texts(&unlike, ""))).is_empty());
    }
}
