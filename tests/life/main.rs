//! The life of rows: protected, resealed, released and erased in any order, against a model that knows what each row holds and
//! which keys are left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod clinic;
mod laws;
mod model;
mod soak;

#[path = "../common/accepted.rs"]
mod accepted;
