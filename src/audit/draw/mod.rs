//! True rows and what leaked of them, as tables, and with their values as numbers.

pub(crate) mod fit;
pub(crate) mod leak;
pub(crate) mod numbering;
#[cfg(any(feature = "csv", feature = "ndjson"))]
pub(crate) mod open;
pub(crate) mod table;
pub(crate) mod truth;
pub(crate) mod unpack;
pub(crate) mod words;
