//! CSV (RFC 4180): where rows and cells end, and how cells are printed.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{
    block::{Block, LONGEST_ROW},
    bytes::Bytes,
    format::CsvFormat,
};
use crate::error::{Error, Result};

/// The rows of a CSV file behind its header.
pub(super) struct CsvRows<R> {
    bytes: Bytes<R>,
    /// Its tables are larger than all else.
    reader: Box<Reader>,
    /// The line that begins with the next byte, from 1.
    line: usize,
    /// Whether the last byte was a carriage return, which a line feed may follow.
    returned: bool,
}

impl<R: Read> CsvRows<R> {
    /// The rows of a file, and the delimiter: where none is said, the one with which the first line has the most names that
    /// `is_known` knows.
    pub(super) fn open(
        mut bytes: Bytes<R>,
        said: Option<u8>,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<(Self, u8)> {
        let delimiter = match said {
            Some(delimiter) => delimiter,
            None => find_delimiter(bytes.fill()?, is_known),
        };
        let rows = Self {
            bytes,
            reader: Box::new(reader(delimiter)),
            line: 1,
            returned: false,
        };
        Ok((rows, delimiter))
    }

    /// The header, which is the first row, and its line.
    pub(super) fn header(&mut self) -> Result<(Vec<String>, usize)> {
        let mut block = Block::default();
        if !self.read(&mut block)? {
            return Err(Error::input(
                "the file is empty",
                "give a file whose first line is a header",
            ));
        }
        let row = block.row(block.rows()[0]);
        let unreadable = |what| {
            let advice = "save the file as UTF-8, or say its encoding";
            Error::input(what, advice).at_file_line(row.line)
        };
        let count = row.count();
        let Ok(cells) = row.cells(count) else {
            return Err(unreadable("the header is not UTF-8"));
        };
        let header: Vec<String> = (0..count).map(|i| cells.get(i).to_owned()).collect();
        if header.iter().any(|name| name.contains('\0')) {
            return Err(unreadable(
                "the header has a NUL, as UTF-16 without a byte-order mark has",
            ));
        }
        Ok((header, row.line))
    }

    /// Adds the next row, if there is one.
    pub(super) fn read(&mut self, block: &mut Block) -> Result<bool> {
        loop {
            let chunk = self.bytes.fill()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let breaks = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let blank = chunk.iter().take_while(breaks).count();
            let more = blank < chunk.len();
            self.consume(blank);
            if more {
                break;
            }
        }
        let mut drawn = block.draw(self.line);
        let line = drawn.line;
        let first = drawn.text;
        let mut raw = 0;
        loop {
            let chunk = self.bytes.fill()?;
            let at_end = chunk.is_empty();
            // At the end a line break shows whether a quote is open: inside of quotes it ends nothing.
            let input = if at_end { b"\n" } else { chunk };
            let (text, ends) = block.room(&drawn);
            let (result, read, written, ended) = self.reader.read_record(input, text, ends);
            drawn.text += written;
            drawn.ends += ended;
            if !at_end {
                raw += read;
                self.consume(read);
            }
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputFull => block.grow_text(),
                ReadRecordResult::OutputEndsFull => block.grow_ends(),
                ReadRecordResult::InputEmpty | ReadRecordResult::End if at_end => {
                    return Err(Error::input(
                        "a quote is left open until the end of the file",
                        "close the quote, or double it where it is meant as such",
                    )
                    .at_file_line(line));
                }
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            }
            if raw > LONGEST_ROW || drawn.text - first > LONGEST_ROW {
                return Err(Error::input(
                    "the row is longer than 16 MiB",
                    "look for a quote that is left open",
                )
                .at_file_line(line));
            }
        }
        block.add(drawn);
        Ok(true)
    }

    pub(super) fn bytes(&self) -> &Bytes<R> {
        &self.bytes
    }

    /// Passes over bytes, and counts their lines: a line ends in a line feed, a carriage return or both.
    fn consume(&mut self, bytes: usize) {
        let passed = &self.bytes.ready()[..bytes];
        let count = |wanted: u8| passed.iter().filter(|&&byte| byte == wanted).count();
        self.line += count(b'\n');
        if self.returned || passed.contains(&b'\r') {
            let pairs = passed.windows(2).filter(|pair| pair == b"\r\n").count();
            let split = self.returned && passed.first() == Some(&b'\n');
            self.line = self.line + count(b'\r') - pairs - usize::from(split);
            if let Some(last) = passed.last() {
                self.returned = *last == b'\r';
            }
        }
        self.bytes.consume(bytes);
    }
}

fn reader(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).build()
}

fn find_delimiter(head: &[u8], is_known: impl Fn(&str) -> bool) -> u8 {
    let known = |delimiter: u8| {
        let mut text = vec![0; head.len() + 1];
        let mut ends = vec![0; head.len() + 1];
        let (_, _, written, ended) = reader(delimiter).read_record(head, &mut text, &mut ends);
        // The last cell of a line that the head does not hold whole has no end yet.
        let ends = ends[..ended].iter().copied().chain([written]);
        let mut start = 0;
        let mut names = 0;
        for end in ends {
            let name = std::str::from_utf8(&text[start..end]);
            names += usize::from(name.is_ok_and(&is_known));
            start = end;
        }
        names
    };
    let mut best = (CsvFormat::FOUND[0], 0);
    for delimiter in CsvFormat::FOUND {
        let names = known(delimiter);
        if names > best.1 {
            best = (delimiter, names);
        }
    }
    best.0
}

/// Appends a cell, quoted where it has to be.
#[inline]
pub(super) fn put_cell(text: &str, delimiter: u8, out: &mut String) {
    let special = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
    if !text.bytes().any(special) {
        out.push_str(text);
        return;
    }
    out.push('"');
    let mut pieces = text.split('"');
    if let Some(first) = pieces.next() {
        out.push_str(first);
    }
    for piece in pieces {
        out.push_str("\"\"");
        out.push_str(piece);
    }
    out.push('"');
}
