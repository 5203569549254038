//! Between the bytes of a message and text: character sets, escape sequences, times.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use zeroize::Zeroizing;

use super::scan::Delimiters;
use crate::{
    adapter::message::Decoded,
    error::{Error, Result},
    schema::{ValueType, calendar},
};

/// What the bytes of a message are text in.
#[derive(Clone, Copy)]
pub(super) enum CharacterSet {
    /// MSH-18 says nothing: UTF-8 where it is, else Windows-1252.
    Unsaid,
    Ascii,
    Other(&'static Encoding),
}

impl CharacterSet {
    /// The values of MSH-18 (HL7 table 0211) that are read: in these no byte inside of a character can be taken for a delimiter.
    pub(super) const NAMES: [&str; 19] = [
        "ASCII",
        "ISO IR6",
        "UNICODE UTF-8",
        "UTF-8",
        "8859/1",
        "8859/2",
        "8859/3",
        "8859/4",
        "8859/5",
        "8859/6",
        "8859/7",
        "8859/8",
        "8859/9",
        "8859/10",
        "8859/11",
        "8859/13",
        "8859/14",
        "8859/15",
        "8859/16",
    ];

    /// That of a value of MSH-18.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        if name.is_empty() {
            return Some(Self::Unsaid);
        }
        let name = Self::NAMES
            .into_iter()
            .find(|known| known.as_bytes() == name)?;
        Some(match name.strip_prefix("8859/") {
            Some(part) => Self::Other(Encoding::for_label(format!("iso-8859-{part}").as_bytes())?),
            None if name.ends_with("UTF-8") => Self::Other(UTF_8),
            None => Self::Ascii,
        })
    }

    fn decode<'a>(self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        if bytes.is_ascii() {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        match self {
            Self::Other(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes)
            }
            Self::Unsaid | Self::Ascii => std::str::from_utf8(bytes)
                .ok()
                .map(Cow::Borrowed)
                .or_else(|| {
                    WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes)
                }),
        }
    }

    /// The bytes of `text`; `None` where the set has not all of its characters.
    fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        let encoding = match self {
            Self::Ascii => return text.is_ascii().then_some(Cow::Borrowed(text.as_bytes())),
            Self::Other(encoding) => encoding,
            Self::Unsaid => UTF_8,
        };
        let (bytes, _, lossy) = encoding.encode(text);
        (!lossy).then_some(bytes)
    }
}

/// The text of a part, without its escape sequences; `None` where it is none in this character set.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    delimiters: Delimiters,
    set: CharacterSet,
) -> Option<Decoded<'a>> {
    if !bytes.contains(&delimiters.escape) {
        return set.decode(bytes).map(Decoded::from);
    }
    // It only shrinks, so that no copy is left behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut pieces = bytes.split(|&byte| byte == delimiters.escape);
    plain.extend_from_slice(pieces.next()?);
    // Sequences and text take turns; an escape character without its end is text.
    while let Some(sequence) = pieces.next() {
        match pieces.next() {
            Some(text) => {
                unescape(sequence, delimiters, &mut plain);
                plain.extend_from_slice(text);
            }
            None => plain.extend_from_slice(sequence),
        }
    }
    let text = set.decode(&plain)?;
    Some(Cow::<str>::Owned(text.into_owned()).into())
}

/// HL7 v2.8.2 chapter 2.7: what stands for delimiters, and hexadecimal data; formatting is dropped.
fn unescape(sequence: &[u8], delimiters: Delimiters, plain: &mut Vec<u8>) {
    match sequence {
        b"F" => plain.push(delimiters.field),
        b"S" => plain.push(delimiters.component),
        b"T" => plain.push(delimiters.subcomponent),
        b"R" => plain.push(delimiters.repetition),
        b"E" => plain.push(delimiters.escape),
        b"P" => plain.extend(delimiters.truncation),
        b".br" => plain.push(b' '),
        [b'X', hex @ ..] if hex.len() % 2 == 0 => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let pairs = hex
                .chunks_exact(2)
                .map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8));
            plain.extend(pairs.map_while(|byte| byte));
        }
        _ => {}
    }
}

/// Writes what is shown of `field` into a message.
///
/// # Errors
///
/// [`Error::is_message`] where the message's character set has not all of its characters.
pub(super) fn write(
    text: &str,
    field: &str,
    delimiters: Delimiters,
    set: CharacterSet,
    to: &mut Vec<u8>,
) -> Result<()> {
    let bytes = set.encode(text).ok_or_else(|| {
        Error::message(
            format!(
                "what is shown of {field:?} has characters that the message's character set lacks"
            ),
            "let the sender write UTF-8 and say so in MSH-18, or show it otherwise",
        )
    })?;
    for &byte in &*bytes {
        let name = match byte {
            _ if byte == delimiters.field => b'F',
            _ if byte == delimiters.component => b'S',
            _ if byte == delimiters.subcomponent => b'T',
            _ if byte == delimiters.repetition => b'R',
            _ if byte == delimiters.escape => b'E',
            _ if Some(byte) == delimiters.truncation => b'P',
            // It would end the segment.
            b'\r' | b'\n' | 0x0B | 0x1C => {
                to.push(b' ');
                continue;
            }
            _ => {
                to.push(byte);
                continue;
            }
        };
        to.extend([delimiters.escape, name, delimiters.escape]);
    }
    Ok(())
}

/// The value of a field of this type that a part's text is; `None` where it is none.
///
/// A time `YYYYMMDDHHMM[SS[.S…]][+ZZZZ]` (chapter 2A.3, DTM) becomes an RFC 3339 date-time, where it or `offset` says its offset from UTC;
/// a date is as the first eight digits say.
pub(super) fn value<'a>(
    text: Decoded<'a>,
    value_type: ValueType,
    offset: Option<&str>,
) -> Option<Decoded<'a>> {
    match value_type {
        ValueType::Text => Some(text).filter(|text| !text.is_empty()),
        ValueType::Date => {
            let day = Decoded::from(Cow::Owned(date(digits(&text, 8)?)));
            calendar::is_date(day.as_bytes()).then_some(day)
        }
        ValueType::DateTime => {
            let time = digits(&text, 12)?;
            let (local, own) = match text.find(['+', '-']) {
                Some(at) => (&text[..at], Some(&text[at..])),
                None => (&*text, None),
            };
            let offset = own.or(offset)?;
            digits(offset.get(1..)?, 4)?;
            let seconds = local
                .get(12..14)
                .filter(|seconds| digits(seconds, 2).is_some());
            let (hours, minutes) = offset.split_at_checked(3)?;
            let mut value = date(time);
            let seconds = seconds.unwrap_or("00");
            for piece in [
                "T",
                &time[8..10],
                ":",
                &time[10..12],
                ":",
                seconds,
                hours,
                ":",
                minutes,
            ] {
                value.push_str(piece);
            }
            let value = Decoded::from(Cow::Owned(value));
            calendar::is_date_time(value.as_bytes()).then_some(value)
        }
        _ => None,
    }
}

/// The offset at the end of a time, `+0215`.
pub(super) fn offset(time: &str) -> Option<&str> {
    let offset = &time[time.find(['+', '-'])?..];
    let is_offset = offset.len() == 5 && digits(&offset[1..], 4).is_some();
    is_offset.then_some(offset)
}

fn date(digits: &str) -> String {
    let mut date = String::with_capacity(25);
    for piece in [&digits[..4], "-", &digits[4..6], "-", &digits[6..8]] {
        date.push_str(piece);
    }
    date
}

/// The first `number` characters, where all of them are digits.
fn digits(text: &str, number: usize) -> Option<&str> {
    let digits = text.get(..number)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(digits)
}

/// What is shown of a date or a date-time as a time of HL7: `2026-11-29` is `20261129`.
pub(super) fn time(shown: &str) -> String {
    let (date, rest) = shown.split_once('T').unwrap_or((shown, ""));
    let (clock, offset) = match rest.find(['+', '-', 'Z']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let seconds = clock.split('.').next().unwrap_or_default();
    let offset = if offset == "Z" { "+0000" } else { offset };
    let mut time: String = date
        .chars()
        .chain(seconds.chars())
        .filter(char::is_ascii_digit)
        .collect();
    time.extend(offset.chars().filter(|&character| character != ':'));
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_time_is_one_of_hl7() {
        for (shown, written) in [
            ("2026", "2026"),
            ("2026-11", "202611"),
            ("2026-11-28", "20261128"),
            ("2026-11-28T09:30:00+01:00", "20261128093000+0100"),
            ("2026-11-28T09:30:00.25-03:30", "20261128093000-0330"),
            ("2026-11-28T09:30:00Z", "20261128093000+0000"),
        ] {
            assert_eq!(time(shown), written);
        }
    }

    #[test]
    fn an_offset_is_the_end_of_a_time() {
        assert_eq!(offset("202611281130+0215"), Some("+0215"));
        assert_eq!(offset("202611281130-0330"), Some("-0330"));
        for none in [
            "",
            "202611281130",
            "202611281130+02",
            "202611281130+02:15",
            "202611281130+noon",
            "+\u{e9}\u{e9}",
        ] {
            assert_eq!(offset(none), None);
        }
    }
}
