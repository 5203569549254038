//! The backend's side as it runs for months: where its files are, what it does with them, what it counts.

mod backend;
mod config;
mod counters;
mod events;
mod health;

use std::sync::{LockResult, PoisonError};

pub use backend::Service;
pub use config::Config;
pub use counters::Counters;
pub use health::{DomainHealth, GrantHealth, Health, ReloadFailure};

/// What is behind a lock: nobody who holds one leaves it half changed.
fn whole<T>(locked: LockResult<T>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
