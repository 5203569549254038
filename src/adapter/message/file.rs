//! What is told of a file of messages.

use std::fmt;

use crate::error::Error;

/// What was done with a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSummary {
    /// Messages that were written: of HL7 v2, or documents of FHIR.
    pub messages: u64,
    /// Messages that were refused, and are not in what was written.
    pub refused: u64,
    /// Revealed messages that are not byte for byte what was protected.
    pub changed: u64,
}

/// A message of a file that was refused.
pub struct Refused<'a> {
    /// Its text.
    pub message: &'a [u8],
    /// Why, with the [line](Error::line) where it begins, and of HL7 v2 with its [number](Error::message_number).
    pub error: Error,
}

impl fmt::Debug for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
