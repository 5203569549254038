//! The `ZPV` segments, in which a protected message has what was taken out of it.
//!
//! ```text
//! ZPV | set id | record | text
//! ```
//!
//! They are the last segments of a message, numbered from 1. `record` is the number of a sealed record, from 1; `text` its text form `p1.…`, or
//! a piece of it, which the next segment of the same record continues.

use std::ops::Range;

use super::scan::{Message, Segment};
use crate::{
    adapter::message::{Sealed, digest},
    error::{Error, Result},
    wire::SealedRecord,
};

pub(super) const NAME: &[u8] = b"ZPV";

/// The most characters of a record's text in one segment: engines have limits of their own.
const MOST_TEXT: usize = 30_000;

/// Whether a message has such a segment. Some senders have segments of this name of their own, which hold other text.
pub(super) fn is_in(message: &Message<'_>) -> bool {
    let mut segments = message.segments.iter();
    segments.any(|segment| begins_record(message, segment))
}

fn begins_record(message: &Message<'_>, segment: &Segment) -> bool {
    let begins = |span: Range<usize>| message.bytes[span].starts_with(b"p1.");
    message.name(segment) == NAME && message.field(segment, 3).is_some_and(begins)
}

/// Refuses a message that has been protected before.
pub(super) fn check_absent(message: &Message<'_>) -> Result<()> {
    match is_in(message) {
        false => Ok(()),
        true => Err(Error::message(
            "the message has a ZPV segment: it is protected already",
            "protect what the sender sends, once",
        )),
    }
}

/// Puts the records behind the last segment of a message that was written to `to`, which ends as the message does.
pub(super) fn insert(message: &Message<'_>, sealed: &Sealed, to: &mut Vec<u8>) {
    let Some(last) = message.segments.last() else {
        return;
    };
    // Blank lines at the end stay there.
    let after = to.len() - (message.bytes.len() - last.end);
    let blank = to.split_off(after);
    let ended = last.end > last.span.end;
    let line_end = line_end(message, last);
    let field = char::from(message.delimiters.field);
    if !ended {
        to.extend_from_slice(line_end);
    }
    let mut set_id = 0;
    for (record, sealed) in (1..).zip(sealed.records()) {
        let text = sealed.to_string();
        for piece in text.as_bytes().chunks(MOST_TEXT) {
            if set_id > 0 {
                to.extend_from_slice(line_end);
            }
            set_id += 1;
            to.extend_from_slice(NAME);
            to.extend_from_slice(format!("{field}{set_id}{field}{record}{field}").as_bytes());
            to.extend_from_slice(piece);
        }
    }
    if ended {
        to.extend_from_slice(line_end);
    }
    to.extend_from_slice(&blank);
}

/// How the last segment of a message ends, so that a blank line behind it is none of a `ZPV` segment's end; where it does not, how
/// the first one does.
fn line_end<'a>(message: &Message<'a>, last: &Segment) -> &'a [u8] {
    let end = |segment: &Segment| &message.bytes[segment.span.end..segment.end];
    match (end(last), end(&message.segments[0])) {
        (b"", b"") => b"\r",
        (b"", first) => first,
        (last, _) => last,
    }
}

/// What tells whether the segments of a message are those that it had, in their order: 64 bits of the digest of their names. It is only
/// kept sealed, in each scope, so that who opens one scope never puts a part into another segment.
pub(super) fn names<'a>(names: impl Iterator<Item = &'a [u8]>) -> String {
    let mut digest = digest(&names.collect::<Vec<_>>().concat());
    digest.truncate(16);
    digest
}

/// What a protected message holds.
pub(super) struct Found {
    /// The records, in their order.
    pub(super) records: Vec<SealedRecord>,
    /// The segments of the message without those of the records.
    pub(super) segments: Vec<Segment>,
    /// Where those are, with what ends them; without what ended the segment before, where the message did not end with it.
    pub(super) span: Range<usize>,
}

/// Finds the records of a protected message.
///
/// # Errors
///
/// [`Error::is_message`] where there are none, or not all of them in their order at the end; those of parsing them.
pub(super) fn find(message: &Message<'_>) -> Result<Found> {
    let is_sealed = |segment: &Segment| message.name(segment) == NAME;
    // Where some scopes were opened before, a segment of the sender's own may have this name again.
    let mut segments = message.segments.iter();
    let first = segments.position(|segment| begins_record(message, segment));
    let first = first.or_else(|| message.segments.iter().position(is_sealed));
    let first = first.ok_or_else(|| {
        Error::message(
            "the message has no ZPV segment",
            "reveal messages that were protected",
        )
    })?;
    let (segments, sealed) = message.segments.split_at(first);
    let (Some(before), Some(last)) = (segments.last(), sealed.last()) else {
        return Err(misplaced());
    };
    let mut texts: Vec<String> = Vec::new();
    for (set_id, segment) in (1_usize..).zip(sealed) {
        let mut fields = message.fields(segment).map(|span| &message.bytes[span]);
        let mut next = || {
            fields
                .next()
                .and_then(|field| std::str::from_utf8(field).ok())
        };
        let (Some(id), Some(record), Some(text)) = (next(), next(), next()) else {
            return Err(misplaced());
        };
        let record: usize = record.parse().map_err(|_| misplaced())?;
        let in_order = record == texts.len() || record == texts.len() + 1;
        if !is_sealed(segment) || id != set_id.to_string() || !in_order || record == 0 {
            return Err(misplaced());
        }
        match record > texts.len() {
            true => texts.push(text.to_owned()),
            false => texts[record - 1].push_str(text),
        }
    }
    let ended = last.end > last.span.end;
    let start = if ended { before.end } else { before.span.end };
    Ok(Found {
        records: texts
            .iter()
            .map(|text| text.parse().map_err(Error::of_message))
            .collect::<Result<_>>()?,
        segments: segments.to_vec(),
        span: start..last.end,
    })
}

fn misplaced() -> Error {
    Error::message(
        "the ZPV segments of the message are not all there, in their order, at its end",
        "reveal the message as it was protected",
    )
}
