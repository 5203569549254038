//! FHIR R4 resources through protect and reveal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bad;
mod bundled;
mod by_hand;
mod canaries;
mod contained;
mod files;
mod kit;
mod moved;
mod partial;
mod peers;
mod properties;
mod references;
mod round_trip;
