//! The formats of files of rows.

use serde::{Serialize, Serializer};

#[cfg(feature = "csv")]
use crate::error::{Error, Result};

/// The format of a file of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values (RFC 4180) with a header, and with other delimiters than commas.
    #[cfg(feature = "csv")]
    Csv(CsvFormat),
    /// One JSON object a line.
    #[cfg(feature = "ndjson")]
    Ndjson,
}

/// How a CSV file is written: what is not said is found where rows are read.
///
/// Where rows are written, the delimiter is that of the rows that are read, or else a comma; the encoding is UTF-8, and
/// lines end in a line feed.
///
/// # Examples
///
/// ```
/// use paravent::{CsvFormat, Encoding, Format};
///
/// let format = CsvFormat::default().delimiter(b';').encoding(Encoding::Windows1252);
/// assert_ne!(Format::Csv(format), Format::Csv(CsvFormat::default()));
/// ```
#[cfg(feature = "csv")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvFormat {
    delimiter: Option<u8>,
    encoding: Option<Encoding>,
}

#[cfg(feature = "csv")]
impl CsvFormat {
    /// The delimiters that are found where none is said: the one with which the header names the most known columns, the
    /// first of equals.
    pub(super) const FOUND: [u8; 4] = [b',', b';', b'\t', b'|'];

    /// The same with this delimiter: an ASCII character other than quotation mark, carriage return and line feed.
    #[must_use]
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self {
            delimiter: Some(delimiter),
            ..self
        }
    }

    /// The same in this encoding. Where it is not said: UTF-8 where there is its byte-order mark or where the first
    /// 64 KiB (65,536 bytes) are, else Windows-1252; a file that has characters of UTF-8 before the first byte that is none is
    /// refused.
    #[must_use]
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self {
            encoding: Some(encoding),
            ..self
        }
    }

    /// The delimiter that was said.
    pub(super) fn said_delimiter(&self) -> Result<Option<u8>> {
        match self.delimiter {
            Some(b'"' | b'\r' | b'\n' | 0 | 0x80..) => Err(Error::definition(
                "the delimiter is a character that delimiters cannot be",
                "use an ASCII character other than quotation mark and line break",
            )),
            delimiter => Ok(delimiter),
        }
    }

    pub(super) fn said_encoding(&self) -> Option<Encoding> {
        self.encoding
    }
}

/// How the text of a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// Windows-1252, Western European, as spreadsheets write it; its ISO 8859-1 part too.
    Windows1252,
}

impl Encoding {
    /// `"utf-8"` or `"windows-1252"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
