//! Where the parts of a message are: spans of its bytes, since its character set may be any.
//!
//! HL7 v2.8.2 chapter 2.5: a message is segments that end in CR (here also LF or CR LF), a segment is fields, a field
//! repetitions, a repetition components, a component sub-components. The delimiters are in MSH-1 and MSH-2.

use std::ops::Range;

use crate::{
    adapter::message::MOST_BYTES,
    error::{Error, Result},
};

/// Header segments: they begin a message, a batch or a file, and say its delimiters.
pub(super) const HEADERS: [&[u8]; 3] = [b"MSH", b"BHS", b"FHS"];

/// The characters that part a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiters {
    pub(super) field: u8,
    pub(super) component: u8,
    pub(super) repetition: u8,
    pub(super) escape: u8,
    pub(super) subcomponent: u8,
    /// What marks truncated text, since v2.7.
    pub(super) truncation: Option<u8>,
}

impl Delimiters {
    /// Those of a header segment: `MSH|^~\&`, and a fifth one, for truncation, since v2.7.
    fn of(header: &[u8], number: usize) -> Result<Self> {
        let malformed = || {
            Error::message(
                format!("segment {number} is a header without usable delimiters"),
                "begin it as in `MSH|^~\\&|`, with five different characters that are neither letters, digits nor any of `-_.:+`, or with six",
            )
        };
        let &[_, _, _, field, ref rest @ ..] = header else {
            return Err(malformed());
        };
        let encoding = rest.split(|&byte| byte == field).next().unwrap_or_default();
        let &[
            component,
            repetition,
            escape,
            subcomponent,
            ref truncation @ ..,
        ] = encoding
        else {
            return Err(malformed());
        };
        if truncation.len() > 1 {
            return Err(malformed());
        }
        let mut all = vec![field, component, repetition, escape, subcomponent];
        all.extend(truncation);
        // What is written into a message is made of the others.
        let usable = |byte: &u8| byte.is_ascii_punctuation() && !b"-_.:+".contains(byte);
        let differ = (1..all.len()).all(|i| !all[..i].contains(&all[i]));
        if !differ || !all.iter().all(usable) {
            return Err(malformed());
        }
        Ok(Self {
            field,
            component,
            repetition,
            escape,
            subcomponent,
            truncation: truncation.first().copied(),
        })
    }
}

/// One segment: its name, its fields, what ends it.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Without what ends it.
    pub(super) span: Range<usize>,
    /// Behind CR, LF, CR LF, or at the end of the message.
    pub(super) end: usize,
    /// Which of the message's field delimiters are in it.
    bars: Range<usize>,
}

/// A message that was parted.
pub(super) struct Message<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) delimiters: Delimiters,
    pub(super) segments: Vec<Segment>,
    /// Where its field delimiters are: found once, since fields are asked for many times.
    bars: Vec<u32>,
}

/// The byte-order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Message<'a> {
    /// Parts a message, the header of a batch or a file; or what ends one, `BTS` or `FTS`, whose delimiters are those of the header
    /// before it.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] with the number of the segment, from 1.
    pub(super) fn scan(bytes: &'a [u8], before: Option<Delimiters>) -> Result<Self> {
        if bytes.len() > MOST_BYTES {
            return Err(too_large());
        }
        let start = if bytes.starts_with(MARK) {
            MARK.len()
        } else {
            0
        };
        let delimiters = match lines(bytes, start).next() {
            None => {
                return Err(Error::message(
                    "the message is empty",
                    "give a message that begins with its MSH segment",
                ));
            }
            Some((first, _)) => match before {
                _ if HEADERS
                    .iter()
                    .any(|name| bytes[first.clone()].starts_with(name)) =>
                {
                    Delimiters::of(&bytes[first], 1)?
                }
                Some(before) => before,
                None => {
                    return Err(Error::message(
                        "the message does not begin with a header segment",
                        "give a message that begins with its MSH segment, without what frames it",
                    ));
                }
            },
        };
        let mut segments = Vec::with_capacity(32);
        let mut bars = Vec::with_capacity(256);
        for (at, (span, end)) in lines(bytes, start).enumerate() {
            let segment = &bytes[span.clone()];
            check_segment(segment, at, delimiters)?;
            let first = bars.len();
            let is_bar = |&(_, byte): &(u32, &u8)| *byte == delimiters.field;
            let bars_in = (span.start as u32..).zip(segment).filter(is_bar);
            bars.extend(bars_in.map(|(at, _)| at));
            segments.push(Segment {
                span,
                end,
                bars: first..bars.len(),
            });
        }
        Ok(Self {
            bytes,
            delimiters,
            segments,
            bars,
        })
    }

    /// The name of the first segment: `MSH`, or that of what begins or ends a batch or a file.
    pub(super) fn kind(&self) -> &'a [u8] {
        self.name(&self.segments[0])
    }

    /// The name of a segment, three characters.
    pub(super) fn name(&self, segment: &Segment) -> &'a [u8] {
        &self.bytes[segment.span.start..][..3]
    }

    /// The spans of a segment's fields, from [`first_field`](Self::first_field) on.
    pub(super) fn fields(&self, segment: &Segment) -> impl Iterator<Item = Range<usize>> {
        let bars = &self.bars[segment.bars.clone()];
        let ends = bars.iter().skip(1).map(|&bar| bar as usize);
        let starts = bars.iter().map(|&bar| bar as usize + 1);
        starts
            .zip(ends.chain([segment.span.end]))
            .map(|(start, end)| start..end)
    }

    /// The number of the first field: a header's first one is the delimiter itself.
    pub(super) fn first_field(&self, segment: &Segment) -> usize {
        if HEADERS.contains(&self.name(segment)) {
            2
        } else {
            1
        }
    }

    /// The number of the last field.
    pub(super) fn last_field(&self, segment: &Segment) -> usize {
        self.first_field(segment) - 1 + segment.bars.len()
    }

    /// The span of a field, which may be beyond the last.
    pub(super) fn field(&self, segment: &Segment, number: usize) -> Option<Range<usize>> {
        let bars = &self.bars[segment.bars.clone()];
        let before = number.checked_sub(self.first_field(segment))?;
        let start = *bars.get(before)? as usize + 1;
        let end = bars.get(before + 1).map(|&bar| bar as usize);
        Some(start..end.unwrap_or(segment.span.end))
    }

    /// The parts of `span` between two of `delimiter`.
    pub(super) fn split(&self, span: Range<usize>, delimiter: u8) -> Spans<'a> {
        Spans {
            bytes: self.bytes,
            rest: Some(span),
            delimiter,
        }
    }
}

/// Spans between delimiters: one more than there are delimiters.
pub(super) struct Spans<'a> {
    bytes: &'a [u8],
    rest: Option<Range<usize>>,
    delimiter: u8,
}

impl Iterator for Spans<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.rest.take()?;
        let bytes = &self.bytes[rest.clone()];
        match bytes.iter().position(|&byte| byte == self.delimiter) {
            Some(length) => {
                let stop = rest.start + length;
                self.rest = Some(stop + 1..rest.end);
                Some(rest.start..stop)
            }
            None => Some(rest),
        }
    }
}

/// The lines from `start` on that are not blank: their spans, and where their ends end.
fn lines(bytes: &[u8], mut start: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    std::iter::from_fn(move || {
        while start < bytes.len() {
            let length = bytes[start..]
                .iter()
                .position(|byte| matches!(byte, b'\r' | b'\n'));
            let stop = length.map_or(bytes.len(), |length| start + length);
            let end = match &bytes[stop..] {
                [b'\r', b'\n', ..] => stop + 2,
                [] => stop,
                _ => stop + 1,
            };
            let span = std::mem::replace(&mut start, end)..stop;
            if !span.is_empty() {
                return Some((span, end));
            }
        }
        None
    })
}

fn check_segment(segment: &[u8], at: usize, delimiters: Delimiters) -> Result<()> {
    let number = at + 1;
    let malformed =
        |what: &str, advice| Err(Error::message(format!("segment {number} {what}"), advice));
    let &[first, second, third, ref rest @ ..] = segment else {
        return malformed("is shorter than a name", NAMED);
    };
    let is_name = first.is_ascii_uppercase()
        && [second, third]
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_name || rest.first().is_some_and(|&byte| byte != delimiters.field) {
        return malformed(
            "does not begin with a name of three letters and digits",
            NAMED,
        );
    }
    if at > 0 && HEADERS.contains(&&segment[..3]) {
        return malformed("is a header inside of a message", "give one message a call");
    }
    if segment.iter().any(|byte| matches!(byte, 0x0B | 0x1C)) {
        return malformed(
            "holds a character that frames messages",
            "give the message without what frames it",
        );
    }
    Ok(())
}

const NAMED: &str =
    "end each segment with a carriage return, and escape line ends inside of fields";

pub(super) fn too_large() -> Error {
    Error::message(
        format!("the message has more than {MOST_BYTES} bytes"),
        "send large documents by reference, outside of scheduling messages",
    )
}
