//! Files of resources: one JSON document, or NDJSON, one document a line.

use std::{
    io::{BufRead, ErrorKind, Read, Write},
    ops::Range,
};

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{
    protect::{PROTECTED, ResourceProtector},
    reveal::ResourceRevealer,
};
use crate::{
    adapter::message::{FileSummary, MOST_BYTES, Refused, reserve},
    error::{Error, Result},
};

impl ResourceProtector {
    /// Protects a file: one resource or Bundle, on however many lines, or NDJSON with one on each. Line ends and empty lines stay as they
    /// are. Every line is a document of its own: ids get new values in each, unless a pseudonym stands for them.
    ///
    /// `refused` gets each document that cannot be protected, a line without its end. Where it returns the error, that ends the call; else
    /// the document is left out, with its line end.
    ///
    /// # Errors
    ///
    /// What `refused` returns; [`Error::is_message`] for a line of more than 4 MiB (4,194,304 bytes); [`Error::is_io`].
    pub fn protect_file(
        &self,
        from: impl Read,
        to: impl Write,
        refused: impl FnMut(Refused<'_>) -> Result<()>,
    ) -> Result<FileSummary> {
        transfer(from, to, MOST_BYTES, refused, |document, _| {
            self.protect(document).map(Zeroizing::new)
        })
    }
}

impl ResourceRevealer {
    /// Reveals a file that [`protect_file`](ResourceProtector::protect_file) wrote; `refused` as there.
    ///
    /// # Errors
    ///
    /// As for [`protect_file`](ResourceProtector::protect_file), but that a line may have 128 MiB (134,217,728 bytes).
    pub fn reveal_file(
        &self,
        from: impl Read,
        to: impl Write,
        refused: impl FnMut(Refused<'_>) -> Result<()>,
    ) -> Result<FileSummary> {
        transfer(from, to, PROTECTED.bytes, refused, |document, summary| {
            let restored = self.reveal(document)?;
            summary.changed += u64::from(restored.is_original == Some(false));
            Ok(restored.bytes)
        })
    }
}

/// Takes all of a file through; `refused` as for protecting one.
pub(super) fn transfer(
    from: impl Read,
    mut to: impl Write,
    most: usize,
    mut refused: impl FnMut(Refused<'_>) -> Result<()>,
    mut turn: impl FnMut(&[u8], &mut FileSummary) -> Result<Zeroizing<Vec<u8>>>,
) -> Result<FileSummary> {
    let mut lines = Lines {
        reader: from,
        chunk: Zeroizing::new(vec![0; 64 << 10]),
        rest: 0..0,
        most,
        number: 0,
        is_first: true,
        line: Zeroizing::default(),
    };
    let mut summary = FileSummary::default();
    let mut write = |bytes: &[u8]| {
        to.write_all(bytes)
            .map_err(Error::io("write the resources"))
    };
    while lines.read()? {
        let line: &[u8] = &lines.line;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.trim_ascii().is_empty() {
            write(line)?;
            continue;
        }
        match turn(text, &mut summary) {
            Ok(turned) => {
                write(&turned)?;
                write(&line[text.len()..])?;
                summary.messages += 1;
            }
            Err(error) => {
                refused(Refused {
                    message: text,
                    error: error.at_file_line(lines.number),
                })?;
                summary.refused += 1;
            }
        }
    }
    to.flush().map_err(Error::io("write the resources"))?;
    Ok(summary)
}

/// Reads one line after the other, or all of a document that goes over several.
struct Lines<R> {
    reader: R,
    /// What the reader gave last, and how much of it is in no line yet.
    chunk: Zeroizing<Vec<u8>>,
    rest: Range<usize>,
    most: usize,
    /// That of the line, from 1.
    number: usize,
    is_first: bool,
    line: Zeroizing<Vec<u8>>,
}

impl<R: Read> Lines<R> {
    /// Whether there was one.
    fn read(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        self.read_to(Until::Line)?;
        if self.is_first && !self.line.trim_ascii().is_empty() {
            self.is_first = false;
            let text = self
                .line
                .strip_prefix(b"\xEF\xBB\xBF")
                .unwrap_or(&self.line);
            // It goes on where the line ends inside of it. What is no JSON is refused as one line, and takes no others with it.
            let parsed = serde_json::from_slice::<IgnoredAny>(text);
            if parsed.is_err_and(|error| error.is_eof()) {
                self.read_to(Until::End)?;
            }
        }
        Ok(!self.line.is_empty())
    }

    /// Adds to the line what stands up to a line end, with it, or all that stands.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where the line is too long.
    fn read_to(&mut self, end: Until) -> Result<()> {
        let failed = Error::io("read the resources");
        loop {
            if self.rest.is_empty() {
                self.rest = match self.reader.read(&mut self.chunk) {
                    Ok(0) => return Ok(()),
                    Ok(length) => 0..length,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => return Err(failed(error)),
                };
            }
            let mut bytes = &self.chunk[self.rest.clone()];
            reserve(&mut self.line, bytes.len());
            let taken = match end {
                Until::Line => bytes.read_until(b'\n', &mut self.line),
                Until::End => bytes.read_to_end(&mut self.line),
            };
            self.rest.start += taken.map_err(failed)?;
            // With two bytes for its end.
            if self.line.len() > self.most + 2 {
                return Err(too_large(self.most).at_file_line(self.number));
            }
            if end == Until::Line && self.line.ends_with(b"\n") {
                return Ok(());
            }
        }
    }
}

/// How far a line goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Line,
    End,
}

fn too_large(most: usize) -> Error {
    Error::message(
        format!("a document has more than {most} bytes"),
        "send large documents in several, or attachments by reference",
    )
}
