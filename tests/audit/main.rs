//! The leak audit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod capacity;
mod classes;
// All attacks on thousands of rows take minutes without optimisation.
#[cfg(not(debug_assertions))]
mod controls;
mod tables;

#[cfg(not(debug_assertions))]
#[allow(dead_code, reason = "the example's own tests use the rest")]
#[path = "../../examples/breach/generator.rs"]
mod generator;
