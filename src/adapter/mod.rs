//! The edges: what speaks a format of others on one side, and records and rows on the other. An adapter translates; it
//! derives no key and chooses no nonce.

#[cfg(feature = "fhir")]
pub mod fhir;
#[cfg(feature = "hl7v2")]
pub mod hl7v2;
#[cfg(any(feature = "fhir", feature = "hl7v2"))]
mod message;
#[cfg(any(feature = "csv", feature = "ndjson"))]
mod rows;

#[cfg(feature = "csv")]
pub use rows::CsvFormat;
#[cfg(any(feature = "csv", feature = "ndjson"))]
pub use rows::{
    Encoding, Format, Migrated, Migration, Progress, Resealed, Resealing, RowsByEpoch, Summary,
    Transfer, Verification, Verified,
};
