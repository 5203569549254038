//! NDJSON: one JSON object a line.

use std::{borrow::Cow, collections::HashSet, io::Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    block::{Block, LONGEST_ROW},
    bytes::Bytes,
};
use crate::error::{Error, Kind, Result};

/// The lines of an NDJSON file that are not blank.
pub(super) struct Lines<R> {
    bytes: Bytes<R>,
    /// The line that begins with the next byte, from 1.
    line: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn open(bytes: Bytes<R>) -> Self {
        Self { bytes, line: 1 }
    }

    /// Adds the next line that is not blank, if there is one.
    pub(super) fn read(&mut self, block: &mut Block) -> Result<bool> {
        loop {
            let mut drawn = block.draw(self.line);
            let mut ended = false;
            while !ended {
                let chunk = self.bytes.fill()?;
                if chunk.is_empty() {
                    break;
                }
                let feed = chunk.iter().position(|&byte| byte == b'\n');
                let piece = &chunk[..feed.unwrap_or(chunk.len())];
                block.push(&mut drawn, piece);
                let passed = piece.len() + usize::from(feed.is_some());
                self.bytes.consume(passed);
                ended = feed.is_some();
                if block.drawn(&drawn).len() > LONGEST_ROW {
                    return Err(Error::input(
                        "the line is longer than 16 MiB",
                        "give one JSON object a line",
                    )
                    .at_file_line(drawn.line));
                }
            }
            self.line += usize::from(ended);
            if !block.drawn(&drawn).trim_ascii().is_empty() {
                block.add(drawn);
                return Ok(true);
            }
            if !ended {
                return Ok(false);
            }
        }
    }

    pub(super) fn bytes(&self) -> &Bytes<R> {
        &self.bytes
    }
}

/// Refuses an object with a key twice.
pub(super) fn check_keys(members: &[(Cow<'_, str>, &RawValue)]) -> Result<()> {
    let mut keys = HashSet::new();
    match members.iter().find(|(key, _)| !keys.insert(&**key)) {
        Some((key, _)) => Err(Error::new(|| Kind::DuplicateField {
            field: crate::protect::printable(key),
        })),
        None => Ok(()),
    }
}

/// The text in a JSON string; `None` for other values, and for text that is not Unicode.
pub(super) fn string(json: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    serde_json::from_str(json.get()).ok().map(|Text(text)| text)
}

/// Appends a JSON string.
pub(super) fn put_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                out.push_str("\\u00");
                let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
                out.push(digit(control >> 4));
                out.push(digit(control & 15));
            }
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

/// Appends JSON on one line. Strings hold no line break as such, so only white space changes.
pub(super) fn put_json(json: &str, out: &mut String) {
    if json.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        out.extend(
            json.chars()
                .map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }),
        );
    } else {
        out.push_str(json);
    }
}
