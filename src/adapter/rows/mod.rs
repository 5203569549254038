//! Files of rows: from a reader to a writer, row by row.
//!
//! `bytes` reads and decodes, `csv` and `ndjson` find where rows begin and print them, `columns` says which column is what,
//! `protect` and `reveal` turn one row into another, `pipeline` does so on several threads, and `transfer` is what callers
//! see. `in_place` writes the rows of a file anew where it is, for `migrate` and `reseal`. `table` makes tables of what an audit reads.

mod block;
mod bytes;
mod columns;
#[cfg(feature = "csv")]
mod csv;
mod format;
mod in_place;
mod migrate;
mod mixed;
#[cfg(feature = "ndjson")]
mod ndjson;
mod pipeline;
mod print;
mod protect;
mod quarantine;
mod read;
mod reseal;
mod reveal;
#[cfg(feature = "audit")]
mod table;
mod transfer;
mod verify;

#[cfg(feature = "csv")]
pub use format::CsvFormat;
pub use format::{Encoding, Format};
pub use migrate::{Migrated, Migration};
pub use reseal::{Resealed, Resealing, RowsByEpoch};
pub use transfer::{Progress, Summary, Transfer};
pub use verify::{Verification, Verified};
