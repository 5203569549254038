//! The leak audit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

// All attacks on thousands of rows take minutes without optimisation.
#[cfg(not(debug_assertions))]
mod assert;
#[cfg(not(debug_assertions))]
mod chance;
#[cfg(not(debug_assertions))]
mod composed;
#[cfg(not(debug_assertions))]
mod controls;
#[cfg(not(debug_assertions))]
mod sizes;

mod capacity;
mod classes;
mod tables;

#[cfg(not(debug_assertions))]
#[allow(dead_code, reason = "the example's own tests use the rest")]
#[path = "../../examples/breach/generator.rs"]
mod generator;
