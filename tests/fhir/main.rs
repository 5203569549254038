//! FHIR R4 resources through protect and reveal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod canaries;
mod kit;
mod round_trip;
