//! The example `feed`, as processes on the loopback address: what it loses, doubles and shows, where two of them are killed at
//! random moments by a signal that no process can catch.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod answers;
#[path = "../../examples/feed/journal.rs"]
#[allow(dead_code)]
mod journal;
mod journals;
mod killed;
#[path = "../../examples/feed/messages.rs"]
mod messages;
#[path = "../common/needles.rs"]
mod needles;
mod processes;
#[path = "../common/program.rs"]
mod program;
