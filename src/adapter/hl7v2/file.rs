//! Files of messages: one behind the other, in batches (FHS, BHS, BTS, FTS), in MLLP frames.

use std::io::{ErrorKind, Read, Write};

use zeroize::Zeroizing;

use super::{
    frames::{BEGIN, END},
    protect::MessageProtector,
    reveal::MessageRevealer,
    scan::{Delimiters, HEADERS, Message, too_large},
    sealed,
};
use crate::{
    adapter::message::{FileSummary, MOST_BYTES, Refused},
    error::{Error, Result},
};

impl MessageProtector {
    /// Protects a file: messages one behind the other, in batches or not, in MLLP frames or not. What stands between messages stays; so
    /// do the segments that begin and end batches and files, protected as the profile says.
    ///
    /// `refused` gets each message that cannot be protected. Where it returns the error, that ends the call; else the
    /// message is left out. It is to be kept: counts of a batch then are no longer right.
    ///
    /// # Errors
    ///
    /// What `refused` returns; [`Error::is_message`] for a message of more than 4 MiB (4,194,304 bytes); [`Error::is_io`].
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Keyring, Policy, Schema, hl7v2::{MessageProtector, Profile}};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "archive"
    ///     schema = "scheduling"
    ///     record_id = "bound"
    /// "#, &Schema::scheduling())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let protector = MessageProtector::new(&Keyring::generate()?, &checked, Profile::siu())?;
    ///
    /// let file = b"MSH|^~\\&|||||||SIU^S12|1|P|2.5\rPID|1||4711\rMSH|^~\\&|||||||ADT^A01|2|P|2.5\r";
    /// let (mut protected, mut left) = (Vec::new(), Vec::new());
    /// let summary = protector.protect_file(&file[..], &mut protected, |refused| {
    ///     assert_eq!(refused.error.line(), Some(3));
    ///     left.extend_from_slice(refused.message);
    ///     Ok(())
    /// })?;
    /// assert_eq!((summary.messages, summary.refused), (1, 1));
    /// assert!(left.ends_with(b"ADT^A01|2|P|2.5\r"));
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn protect_file(
        &self,
        from: impl Read,
        to: impl Write,
        refused: impl FnMut(Refused<'_>) -> Result<()>,
    ) -> Result<FileSummary> {
        transfer(from, to, refused, |message, _| {
            match message.name(&message.segments[0]) {
                b"MSH" => self.protect_scanned(message),
                b"FHS" | b"BHS" | b"BTS" | b"FTS" => self.protect_envelope(message),
                _ => Err(Error::message(
                    "there is a segment outside of messages",
                    "let each message begin with its MSH segment",
                )),
            }
            .map(Zeroizing::new)
        })
    }
}

impl MessageRevealer {
    /// Reveals a file that [`protect_file`](MessageProtector::protect_file) wrote; `refused` as there.
    ///
    /// # Errors
    ///
    /// As for [`protect_file`](MessageProtector::protect_file).
    pub fn reveal_file(
        &self,
        from: impl Read,
        to: impl Write,
        refused: impl FnMut(Refused<'_>) -> Result<()>,
    ) -> Result<FileSummary> {
        transfer(from, to, refused, |message, summary| {
            let is_message = message.name(&message.segments[0]) == b"MSH";
            if !is_message && !sealed::is_in(message) {
                return Ok(Zeroizing::new(message.bytes.to_vec()));
            }
            let restored = self.reveal_scanned(message)?;
            summary.changed += u64::from(restored.is_original == Some(false));
            Ok(restored.bytes)
        })
    }
}

/// Takes all of a file through; `refused` as for protecting one.
pub(super) fn transfer(
    from: impl Read,
    mut to: impl Write,
    mut refused: impl FnMut(Refused<'_>) -> Result<()>,
    mut turn: impl FnMut(&Message<'_>, &mut FileSummary) -> Result<Zeroizing<Vec<u8>>>,
) -> Result<FileSummary> {
    let mut pieces = Pieces::new(from);
    let mut summary = FileSummary::default();
    let mut before = Before::default();
    let mut frame = Frame::default();
    let mut number = 0;
    let mut write = |bytes: &[u8]| to.write_all(bytes).map_err(Error::io("write the messages"));
    while let Some(Piece {
        bytes,
        line,
        is_unit,
        next,
    }) = pieces.next()?
    {
        if !is_unit {
            write(&frame.pass(&bytes))?;
            continue;
        }
        let is_message = is_message(&bytes);
        number += usize::from(is_message);
        let turned = frame.check(next).and_then(|()| {
            let message = Message::scan(&bytes, before.of(&bytes))?;
            before.note(&message);
            turn(&message, &mut summary)
        });
        match turned {
            Ok(turned) => {
                write(&frame.held)?;
                frame.held.clear();
                write(&turned)?;
                summary.messages += u64::from(is_message);
            }
            Err(error) => {
                let error = match is_message {
                    true => error.at_message(number),
                    false => error,
                };
                refused(Refused {
                    message: &bytes,
                    error: error.at_file_line(line),
                })?;
                frame.lacks = true;
                summary.refused += 1;
            }
        }
    }
    if !frame.lacks {
        write(&frame.held)?;
    }
    to.flush().map_err(Error::io("write the messages"))?;
    Ok(summary)
}

/// The frame that is being read.
#[derive(Default)]
struct Frame {
    /// Whether one has begun.
    begun: bool,
    /// Its beginning, until something of it is written.
    held: Vec<u8>,
    /// Whether a message of it was refused.
    lacks: bool,
}

impl Frame {
    /// What is to be written of bytes between messages: no frame around nothing.
    fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        match bytes {
            [BEGIN, ..] => {
                self.begun = true;
                let before = std::mem::replace(&mut self.held, bytes.to_vec());
                match std::mem::take(&mut self.lacks) {
                    true => Vec::new(),
                    false => before,
                }
            }
            [END, ..] => {
                self.begun = false;
                let held = std::mem::take(&mut self.held);
                match self.lacks && !held.is_empty() {
                    true => Vec::new(),
                    false => [&held, bytes].concat(),
                }
            }
            _ if self.held.is_empty() => bytes.to_vec(),
            _ => {
                self.held.extend_from_slice(bytes);
                Vec::new()
            }
        }
    }

    /// Refuses a message whose frame is not whole: a part of it may be missing.
    fn check(&self, next: Option<u8>) -> Result<()> {
        let cut = match next {
            Some(END) => !self.begun,
            Some(BEGIN) | None => self.begun,
            _ => false,
        };
        match cut {
            false => Ok(()),
            true => Err(Error::message(
                "the frame of the message is cut",
                "fetch the message again: begin it with 0x0B and end it with 0x1C 0x0D, or frame none of the file",
            )),
        }
    }
}

/// The delimiters of what was read before, for what ends it and says none.
#[derive(Default)]
struct Before {
    file: Option<Delimiters>,
    batch: Option<Delimiters>,
    last: Option<Delimiters>,
}

impl Before {
    fn of(&self, unit: &[u8]) -> Option<Delimiters> {
        let own = match unit.trim_ascii_start().first_chunk() {
            Some(b"FTS") => self.file,
            Some(b"BTS") => self.batch,
            _ => None,
        };
        own.or(self.last)
    }

    fn note(&mut self, message: &Message<'_>) {
        let delimiters = Some(message.delimiters);
        match message.name(&message.segments[0]) {
            b"FHS" => self.file = delimiters,
            b"BHS" => self.batch = delimiters,
            _ => {}
        }
        self.last = delimiters;
    }
}

fn is_message(unit: &[u8]) -> bool {
    let unit = unit.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(unit);
    unit.trim_ascii_start().starts_with(b"MSH")
}

/// A message, or a segment that begins or ends a batch or a file; or bytes between them.
struct Piece {
    bytes: Zeroizing<Vec<u8>>,
    /// Where it begins, from 1.
    line: usize,
    is_unit: bool,
    /// The byte behind it.
    next: Option<u8>,
}

/// Parts a file.
struct Pieces<R> {
    reader: R,
    /// What the reader gave last.
    chunk: Zeroizing<Vec<u8>>,
    /// What was read: up to `given` it is in pieces.
    buffer: Zeroizing<Vec<u8>>,
    given: usize,
    line: usize,
    ended: bool,
}

impl<R: Read> Pieces<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            chunk: Zeroizing::new(vec![0; 64 << 10]),
            buffer: Zeroizing::default(),
            given: 0,
            line: 1,
            ended: false,
        }
    }

    fn next(&mut self) -> Result<Option<Piece>> {
        let mut looked = 0;
        loop {
            let left = &self.buffer[self.given..];
            if let Some(length) = end_of_piece(left, looked, self.ended) {
                let bytes = Zeroizing::new(left[..length].to_vec());
                self.given += length;
                let line = self.line;
                self.line += lines(&bytes);
                let is_unit = !bytes
                    .iter()
                    .all(|byte| matches!(byte, b'\r' | b'\n' | &BEGIN | &END));
                return Ok(Some(Piece {
                    bytes,
                    line,
                    is_unit,
                    next: self.buffer.get(self.given).copied(),
                }));
            }
            if self.ended {
                return Ok(None);
            }
            // What is left moves to the front once a read, and not once a piece: pieces may be of one byte.
            self.buffer.drain(..std::mem::take(&mut self.given));
            // What may be the beginning of a header or of a line end is looked at again.
            looked = self.buffer.len().saturating_sub(LOOK_AHEAD);
            if self.buffer.len() > MOST_BYTES {
                return Err(too_large().at_file_line(self.line));
            }
            let read = loop {
                match self.reader.read(&mut self.chunk) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => break read.map_err(Error::io("read the messages"))?,
                }
            };
            self.buffer.extend_from_slice(&self.chunk[..read]);
            self.ended = read == 0;
        }
    }
}

/// A line end, and a name with the delimiter behind it.
const LOOK_AHEAD: usize = 8;

/// How long the first piece of `buffer` is; `None` where that cannot be told yet. No piece ends in the first `looked` bytes.
fn end_of_piece(buffer: &[u8], looked: usize, ended: bool) -> Option<usize> {
    // Frames, and the line end behind one.
    let between = |byte: &u8| matches!(*byte, BEGIN | END);
    if buffer.first().is_some_and(between) {
        return match buffer {
            [END, b'\r', ..] => Some(2),
            [END] if !ended => None,
            _ => Some(1),
        };
    }
    for (at, byte) in buffer.iter().enumerate().skip(looked.max(1)) {
        if between(byte) {
            return Some(at);
        }
        if !matches!(buffer[at - 1], b'\r' | b'\n') {
            continue;
        }
        match buffer.get(at..at + 4) {
            Some(head) if begins_unit(head) && !buffer[..at].trim_ascii().is_empty() => {
                return Some(at);
            }
            Some(_) => {}
            None if ended && begins_unit(&buffer[at..]) => return Some(at),
            None if ended => {}
            None => return None,
        }
    }
    (ended && !buffer.is_empty()).then_some(buffer.len())
}

/// Whether a line with this head is the first of a piece.
fn begins_unit(head: &[u8]) -> bool {
    let (name, rest) = head.split_at(head.len().min(3));
    let known = HEADERS.contains(&name) || matches!(name, b"BTS" | b"FTS");
    known
        && rest
            .first()
            .is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

fn lines(bytes: &[u8]) -> usize {
    let ends = bytes
        .iter()
        .filter(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    ends - pairs
}
