//! What a service counts: by atomics, so that no call waits for another.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

use super::whole;
use crate::id::{Domain, Epoch};

/// More than there are kinds of error: a test counts them.
const CODES: usize = 160;

/// What a [`Service`](crate::Service) has done since it was started.
///
/// # Examples
///
/// ```
/// use paravent::Counters;
///
/// // What a scrape of metrics sends on.
/// fn lines(counters: &Counters) -> Vec<String> {
///     let failures = counters.failures.iter();
///     failures.map(|(code, rows)| format!("paravent_failures{{error=\"{code}\"}} {rows}")).collect()
/// }
///
/// assert_eq!(lines(&Counters::default()), [""; 0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Rows that were protected: the sum of `seals`.
    pub protected: u64,
    /// Rows that were revealed.
    pub revealed: u64,
    /// Calls that failed, by [`Error::code`](crate::Error::code); a record of a batch is a call.
    pub failures: BTreeMap<&'static str, u64>,
    /// How many rows were sealed under the keys of each domain and epoch.
    pub seals: BTreeMap<Domain, BTreeMap<Epoch, u64>>,
}

/// The counters while they count.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) revealed: AtomicU64,
    failures: [(OnceLock<&'static str>, AtomicU64); CODES],
    /// Looked at where a state is loaded and where they are read.
    seals: Mutex<BTreeMap<(Domain, Epoch), Arc<AtomicU64>>>,
}

impl Counts {
    pub(super) fn new() -> Self {
        Self {
            revealed: AtomicU64::new(0),
            failures: [const { (OnceLock::new(), AtomicU64::new(0)) }; CODES],
            seals: Mutex::default(),
        }
    }

    /// The counter of a domain and epoch, the same at each call.
    pub(super) fn seals(&self, domain: &Domain, epoch: Epoch) -> Arc<AtomicU64> {
        let mut seals = whole(self.seals.lock());
        Arc::clone(seals.entry((domain.clone(), epoch)).or_default())
    }

    /// Takes the first place that is this code's or nobody's.
    pub(super) fn fail(&self, code: &'static str) {
        for (place, count) in &self.failures {
            if *place.get_or_init(|| code) == code {
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }

    pub(super) fn read(&self) -> Counters {
        let mut counters = Counters {
            revealed: self.revealed.load(Ordering::Relaxed),
            ..Counters::default()
        };
        for (place, count) in &self.failures {
            let count = count.load(Ordering::Relaxed);
            if let Some(code) = place.get().filter(|_| count > 0) {
                counters.failures.insert(code, count);
            }
        }
        let seals = whole(self.seals.lock());
        for ((domain, epoch), count) in seals.iter() {
            let count = count.load(Ordering::Relaxed);
            counters.protected += count;
            let of_domain = counters.seals.entry(domain.clone()).or_default();
            of_domain.insert(*epoch, count);
        }
        counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_every_code() {
        let source = include_str!("../error/code.rs");
        let codes: Vec<&'static str> = source
            .lines()
            .filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\","))
            .collect();
        assert!((50..CODES).contains(&codes.len()), "{}", codes.len());
        let counts = Counts::new();
        for (number, code) in codes.iter().enumerate() {
            for _ in 0..=number {
                counts.fail(code);
            }
        }
        let failures = counts.read().failures;
        assert_eq!(failures.len(), codes.len());
        for (number, code) in codes.iter().enumerate() {
            assert_eq!(failures[code], number as u64 + 1, "{code}");
        }
    }

    #[test]
    fn seals_of_a_domain_and_epoch_are_one_counter() {
        let counts = Counts::new();
        let [a, b] = ["a", "b"].map(|name| Domain::new(name).unwrap());
        let second = Epoch::new(2).unwrap();
        for (domain, epoch) in [(&a, Epoch::FIRST), (&a, second), (&a, second), (&b, second)] {
            counts.seals(domain, epoch).fetch_add(3, Ordering::Relaxed);
        }
        let counters = counts.read();
        assert_eq!(counters.protected, 12);
        assert_eq!(counters.seals[&a], [(Epoch::FIRST, 3), (second, 6)].into());
        assert_eq!(counters.seals[&b], [(second, 3)].into());
    }
}
