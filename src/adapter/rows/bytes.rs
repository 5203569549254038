//! The bytes of a file of rows, as UTF-8.

use std::io::{self, Read};

#[cfg(feature = "csv")]
use encoding_rs::{CoderResult, Decoder, WINDOWS_1252};
use zeroize::Zeroize;

#[cfg(feature = "csv")]
use super::format::Encoding;
use crate::error::{Error, Result};

/// How much of a file tells its encoding, 64 KiB; also what is read at once.
const HEAD: usize = 64 * 1024;

/// A file that is read in pieces and decoded. What it holds is wiped when it is dropped.
pub(super) struct Bytes<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Of the input, before decoding.
    read: u64,
    #[cfg(feature = "csv")]
    decoding: Option<Decoding>,
}

/// What is decoded from, and by what.
#[cfg(feature = "csv")]
struct Decoding {
    decoder: Decoder,
    raw: Vec<u8>,
}

impl<R: Read> Bytes<R> {
    /// The bytes of `input`, which is UTF-8, without their byte-order mark.
    pub(super) fn open(input: R) -> Result<Self> {
        let mut bytes = Self {
            input,
            buffer: vec![0; HEAD],
            start: 0,
            end: 0,
            at_end: false,
            read: 0,
            #[cfg(feature = "csv")]
            decoding: None,
        };
        bytes.read_head(3)?;
        bytes.skip_mark()?;
        Ok(bytes)
    }

    /// The same in the encoding that is said, or found. The first 64 KiB are there, or all.
    #[cfg(feature = "csv")]
    pub(super) fn open_encoded(input: R, said: Option<Encoding>) -> Result<(Self, Encoding)> {
        let mut bytes = Self::open(input)?;
        let marked = bytes.start > 0;
        bytes.read_head(HEAD)?;
        let encoding = match said {
            Some(encoding) => encoding,
            None if marked => Encoding::Utf8,
            None => guess(&bytes.buffer[..bytes.end], bytes.at_end)?,
        };
        if encoding == Encoding::Windows1252 {
            if marked {
                return Err(Error::input(
                    "the file begins with the byte-order mark of UTF-8, and Windows-1252 was said",
                    "say UTF-8, or leave the encoding to be found",
                ));
            }
            bytes.decode();
        }
        Ok((bytes, encoding))
    }

    /// Takes what was read so far, and all that comes, as Windows-1252.
    #[cfg(feature = "csv")]
    fn decode(&mut self) {
        let mut decoding = Decoding {
            decoder: WINDOWS_1252.new_decoder_without_bom_handling(),
            raw: vec![0; HEAD],
        };
        decoding.raw[..self.end].copy_from_slice(&self.buffer[..self.end]);
        let length = self.end;
        // A byte becomes at most three.
        self.buffer.zeroize();
        self.buffer = vec![0; 3 * HEAD];
        (self.start, self.end) = (0, decoding.run(length, &mut self.buffer));
        self.decoding = Some(decoding);
    }

    /// Reads until the buffer holds `bytes`, or all.
    fn read_head(&mut self, bytes: usize) -> Result<()> {
        while self.end < bytes && !self.at_end {
            let read = read(&mut self.input, &mut self.buffer[self.end..HEAD])?;
            self.at_end = read == 0;
            self.end += read;
            self.read += read as u64;
        }
        Ok(())
    }

    fn skip_mark(&mut self) -> Result<()> {
        match &self.buffer[..self.end] {
            [0xEF, 0xBB, 0xBF, ..] => {
                self.start = 3;
                Ok(())
            }
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Err(Error::input(
                "the file begins with the byte-order mark of UTF-16, which is not read",
                "save it as UTF-8",
            )),
            _ => Ok(()),
        }
    }

    /// What is there and not yet consumed, read anew where it is empty; empty at the end.
    pub(super) fn fill(&mut self) -> Result<&[u8]> {
        if self.start == self.end && !self.at_end {
            let read = self.read_piece()?;
            self.at_end = read == 0;
            self.read += read as u64;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn read_piece(&mut self) -> Result<usize> {
        self.start = 0;
        #[cfg(feature = "csv")]
        if let Some(decoding) = &mut self.decoding {
            let read = read(&mut self.input, &mut decoding.raw)?;
            self.end = decoding.run(read, &mut self.buffer);
            return Ok(read);
        }
        self.end = read(&mut self.input, &mut self.buffer)?;
        Ok(self.end)
    }

    /// What [`Bytes::fill`] gives without reading.
    pub(super) fn ready(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// How many bytes of the input were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }
}

#[cfg(feature = "csv")]
impl Decoding {
    /// Decodes the first `length` raw bytes; returns how many they become.
    fn run(&mut self, length: usize, to: &mut [u8]) -> usize {
        let raw = &self.raw[..length];
        let (result, _, written, _) = self.decoder.decode_to_utf8(raw, to, false);
        debug_assert_eq!(result, CoderResult::InputEmpty, "there is room for all");
        written
    }
}

impl<R> Drop for Bytes<R> {
    fn drop(&mut self) {
        self.buffer.zeroize();
        #[cfg(feature = "csv")]
        if let Some(decoding) = &mut self.decoding {
            decoding.raw.zeroize();
        }
    }
}

fn read(input: &mut impl Read, to: &mut [u8]) -> Result<usize> {
    loop {
        match input.read(to) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::io("reading the rows")(source)),
        }
    }
}

/// The encoding that a file begins in: UTF-8, but for a character that is cut at its end where more comes; else Windows-1252.
#[cfg(feature = "csv")]
fn guess(head: &[u8], whole: bool) -> Result<Encoding> {
    let Err(error) = std::str::from_utf8(head) else {
        return Ok(Encoding::Utf8);
    };
    if error.error_len().is_none() && !whole {
        return Ok(Encoding::Utf8);
    }
    let before = &head[..error.valid_up_to()];
    if before.is_ascii() {
        return Ok(Encoding::Windows1252);
    }
    // Letters of Windows-1252 are hardly ever UTF-8 by chance: one wrong byte would turn each of those before it into two.
    Err(Error::input(
        "the file is not UTF-8 here, and has characters of UTF-8 before",
        "mend the row, or say the file's encoding",
    )
    .at_file_line(line_behind(before)))
}

/// The line of the byte behind these, from 1.
#[cfg(feature = "csv")]
fn line_behind(bytes: &[u8]) -> usize {
    let ends = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let returns = bytes.iter().filter(|&&byte| byte == b'\r').count();
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    1 + ends + returns - pairs
}
