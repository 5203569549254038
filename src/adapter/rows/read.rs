//! Rows that are read, in whichever format.

use std::io::Read;

use super::block::Block;
#[cfg(feature = "csv")]
use super::csv::CsvRows;
#[cfg(feature = "ndjson")]
use super::ndjson::Lines;
use crate::error::Result;

/// The rows of a file, its header read.
pub(super) enum Rows<R> {
    #[cfg(feature = "csv")]
    Csv(CsvRows<R>),
    #[cfg(feature = "ndjson")]
    Ndjson(Lines<R>),
}

impl<R: Read> Rows<R> {
    /// Adds the next row, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) with its line where no end of it is found, so that nobody knows where
    /// the next one begins; [`Error::is_io`](crate::Error::is_io).
    pub(super) fn read(&mut self, block: &mut Block) -> Result<bool> {
        match self {
            #[cfg(feature = "csv")]
            Self::Csv(rows) => rows.read(block),
            #[cfg(feature = "ndjson")]
            Self::Ndjson(lines) => lines.read(block),
        }
    }

    /// Whether the next row has to be read from outside, which may wait for somebody.
    pub(super) fn may_wait(&self) -> bool {
        match self {
            #[cfg(feature = "csv")]
            Self::Csv(rows) => rows.bytes().ready().is_empty(),
            #[cfg(feature = "ndjson")]
            Self::Ndjson(lines) => lines.bytes().ready().is_empty(),
        }
    }

    /// How many bytes of the input were read.
    pub(super) fn bytes_read(&self) -> u64 {
        match self {
            #[cfg(feature = "csv")]
            Self::Csv(rows) => rows.bytes().read(),
            #[cfg(feature = "ndjson")]
            Self::Ndjson(lines) => lines.bytes().read(),
        }
    }
}
