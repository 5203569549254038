//! Telephone numbers (ITU-T E.164).

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{Work, checked};
use crate::schema::PhoneRegion;

/// Appends the number as E.164 has it, or says why it is none.
pub(super) fn append(
    value: &[u8],
    region: Option<&PhoneRegion>,
    work: &mut Work,
    out: &mut Vec<u8>,
) -> std::result::Result<(), &'static str> {
    if let Some(region) = region
        && append_plain_number(value, region, out)
    {
        return Ok(());
    }
    let value = checked(value)?;
    let region = region.ok_or("the schema states no phone region")?;
    work.reserve(value);
    work.folded.extend(value.nfkc());
    let result = append_number(&work.folded, region, out);
    work.wipe();
    result
}

/// The quick path, for digits with spaces, dots and hyphens between them: `false` where nothing was appended, since
/// `value` is something else or no number.
fn append_plain_number(value: &[u8], region: &PhoneRegion, out: &mut Vec<u8>) -> bool {
    let mut dialled = Zeroizing::new([0; 24]);
    let mut length = 0;
    for &byte in value {
        match byte {
            b'0'..=b'9' if length < dialled.len() => {
                dialled[length] = byte;
                length += 1;
            }
            b' ' | b'.' | b'-' => {}
            _ => return false,
        }
    }
    let dialled = &dialled[..length];
    let (country_code, digits) = match without_prefix(dialled, region.international_prefix()) {
        Some(international) => ("", international),
        None => {
            let national = without_prefix(dialled, region.trunk_prefix());
            (region.country_code(), national.unwrap_or(dialled))
        }
    };
    let first = country_code.as_bytes().iter().chain(digits).next();
    if first == Some(&b'0') || !(7..=15).contains(&(country_code.len() + digits.len())) {
        return false;
    }
    out.push(b'+');
    out.extend_from_slice(country_code.as_bytes());
    out.extend_from_slice(digits);
    true
}

/// Byte by byte, since prefixes are shorter than a comparison by the C library takes.
fn without_prefix<'d>(dialled: &'d [u8], prefix: &str) -> Option<&'d [u8]> {
    let (start, rest) = dialled.split_at_checked(prefix.len())?;
    start
        .iter()
        .zip(prefix.bytes())
        .all(|(&byte, prefix)| byte == prefix)
        .then_some(rest)
}

/// E.164 of `number` as it is written in `region`.
fn append_number(
    number: &str,
    region: &PhoneRegion,
    out: &mut Vec<u8>,
) -> std::result::Result<(), &'static str> {
    const TRUNK: &str = "(0)";
    // By bytes, since a searcher for text costs more to set up than the rest of this function.
    let trunk = number
        .as_bytes()
        .windows(TRUNK.len())
        .position(|window| window == TRUNK.as_bytes());
    let (before, after) = match trunk {
        Some(at) => (&number[..at], &number[at + TRUNK.len()..]),
        None => (number, ""),
    };
    let filler = |c: &char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '-' | '.' | '/' | '\u{2010}'..='\u{2015}')
    };
    let dialled = before.chars().chain(after.chars()).filter(|c| !filler(c));

    out.push(b'+');
    let start = out.len();
    let digits = match after_prefix(dialled.clone(), "+")
        .or_else(|| after_prefix(dialled.clone(), region.international_prefix()))
    {
        Some(international) => international,
        None => {
            out.extend_from_slice(region.country_code().as_bytes());
            after_prefix(dialled.clone(), region.trunk_prefix()).unwrap_or(dialled)
        }
    };
    for digit in digits {
        if !digit.is_ascii_digit() || out.len() - start == 15 {
            return Err(NO_NUMBER);
        }
        out.push(digit as u8);
    }
    if out.len() - start < 7 || out[start] == b'0' {
        return Err(NO_NUMBER);
    }
    Ok(())
}

const NO_NUMBER: &str = "it is not a telephone number of 7 to 15 digits";

fn after_prefix<I: Iterator<Item = char>>(mut text: I, prefix: &str) -> Option<I> {
    prefix
        .chars()
        .all(|c| text.next() == Some(c))
        .then_some(text)
}
