//! What stays in memory of keys and clear values: a child process plants known ones, works, drops them, and is looked
//! through from outside after each step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[cfg(target_os = "linux")]
#[path = "../common/accepted.rs"]
mod accepted;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod parent;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod scan;
#[cfg(target_os = "linux")]
mod secrets;

/// What the parent tells the child is XORed with this, so that the child's copy is not what is looked for.
#[cfg(target_os = "linux")]
const MASK: u8 = 0xA7;

#[cfg(target_os = "linux")]
const POLICY: &str = r#"
    domain = "statistics"
    schema = "appointment"
    record_id = "unbound"
    [open.care]
    reason = "visits by specialty"
    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "counts people"
    [pseudonym.cohort]
    of = ["sex"]
    null = "null"
    reason = "null in every record of this test"
    [show.sex]
    as = "keep"
    reason = "null in every record of this test"
    [show.age]
    as = "keep"
    reason = "an integer"
"#;

#[cfg(target_os = "linux")]
const SUBJECT_POLICY: &str = r#"
    domain = "statistics"
    schema = "appointment"
    record_id = "unbound"
    subject_key = "bound"
    [open.care]
    reason = "visits by specialty"
    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "counts people"
    erasable = true
"#;

/// Only Linux lets a process look through its child by `/proc`.
#[cfg(not(target_os = "linux"))]
fn main() {}

/// The child must be this executable and its calls on a stack that nothing else wrote to, so that the usual harness, which runs tests on
/// threads, is not used.
#[cfg(target_os = "linux")]
fn main() {
    match child::scenario() {
        Some(scenario) => child::run(&scenario),
        None => parent::run(),
    }
}
