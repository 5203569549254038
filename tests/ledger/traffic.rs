//! Threads that seal, fork and panic at moments that follow from a seed.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use paravent::{
    Binding, BoundProtector, Date, Keyring, Nonces, Policy, Protected, Protector, RecordId, Schema,
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    entries::{self, Entry},
    process,
};

/// How many rows a forked child seals: more than twenty pools.
pub(crate) const CHILD: usize = 1_200;

pub(crate) struct Plan {
    pub(crate) threads: usize,
    /// Of all threads and children together.
    pub(crate) seals: usize,
    /// Expected number of children of each thread.
    pub(crate) forks: usize,
    pub(crate) seed: u64,
    pub(crate) nonces: fn() -> Nonces,
}

/// What a run did beside sealing.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub(crate) forks: AtomicUsize,
    pub(crate) grandchildren: AtomicUsize,
    pub(crate) panics: AtomicUsize,
}

/// Runs the plan and returns an entry for each sealing.
pub(crate) fn run(plan: &Plan) -> (Vec<Entry>, Events) {
    let events = Events::default();
    let mut entries = vec![[0; 26]; plan.seals];
    // One keyring and one protector a domain, which all threads share.
    let protectors = protectors(&Keyring::generate().unwrap(), plan.nonces);
    thread::scope(|scope| {
        let shares = entries.chunks_mut(plan.seals.div_ceil(plan.threads));
        for (number, share) in shares.enumerate() {
            let (events, protectors) = (&events, &protectors);
            scope.spawn(move || {
                let mut worker = Worker {
                    protectors,
                    row: None,
                    random: ChaCha8Rng::seed_from_u64(plan.seed + number as u64),
                };
                worker.seal_and_fork(share, plan.forks, events);
            });
        }
    });
    (entries, events)
}

/// Protectors of two domains, whose keys differ, the second of which binds record ids.
pub(crate) fn protectors(keyring: &Keyring, nonces: fn() -> Nonces) -> [Protector; 2] {
    let mut schema = "name = \"visit\"\n".to_owned();
    let scopes = ["identity", "contact", "schedule", "care"];
    for (number, scope) in entries::FIELDS {
        let scope = scopes[usize::from(scope) - 1];
        schema += &format!(
            "[[field]]\nname = \"f{number}\"\nnumber = {number}\nscope = \"{scope}\"\nwidth = 8\ntype = \"integer\"\n"
        );
    }
    let schema = Schema::from_toml(&schema).unwrap();
    ["unbound", "bound"].map(|record_id| {
        let policy =
            format!("domain = \"{record_id}\"\nschema = \"visit\"\nrecord_id = \"{record_id}\"\n");
        let policy = Policy::from_toml(&policy, &schema).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        Protector::new(keyring, &checked)
            .unwrap()
            .with_nonces(nonces())
    })
}

/// Five integers; its code panics when it comes to the field `panics_at`.
pub(crate) struct Visit {
    pub(crate) panics_at: Option<u8>,
}

impl Serialize for Visit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut visit = serializer.serialize_struct("Visit", 5)?;
        for (number, name) in (1..).zip(["f1", "f2", "f3", "f4", "f5"]) {
            if self.panics_at == Some(number) {
                // Unwinds as `panic!` does and leaves the hook, which would print, alone.
                panic::resume_unwind(Box::new(number));
            }
            visit.serialize_field(name, &7)?;
        }
        visit.end()
    }
}

struct Worker<'a> {
    protectors: &'a [Protector; 2],
    /// Filled again and again.
    row: Option<Protected>,
    random: ChaCha8Rng,
}

impl Worker<'_> {
    /// Fills `entries`, some of them by children.
    fn seal_and_fork(&mut self, entries: &mut [Entry], forks: usize, events: &Events) {
        let odds = forks as f64 / entries.len() as f64;
        let mut done = 0;
        while done < entries.len() {
            if entries.len() - done > CHILD && self.random.random_bool(odds) {
                let sealed = self.fork(events);
                entries[done..done + CHILD].copy_from_slice(&sealed);
                done += CHILD;
            } else {
                self.panic_now_and_then(events);
                entries[done] = self.seal();
                done += 1;
            }
        }
    }

    /// What a child seals, half of which a child of its own may seal, while it goes on with the other.
    fn fork(&mut self, events: &Events) -> Vec<Entry> {
        let has_grandchild = self.random.random_bool(0.25);
        events.forks.fetch_add(1, Relaxed);
        events
            .grandchildren
            .fetch_add(usize::from(has_grandchild), Relaxed);
        process::in_child(CHILD, |entries| {
            // Of another seed than its parent, so that equal nonces cannot hide behind unlike profiles.
            self.random = ChaCha8Rng::seed_from_u64(self.random.random());
            let (mine, other) = entries.split_at_mut(CHILD / 2);
            let seal = |worker: &mut Self, entries: &mut [Entry]| {
                for entry in entries {
                    worker.panic_now_and_then(events);
                    *entry = worker.seal();
                }
            };
            // A pool is in use when the grandchild is forked.
            seal(self, &mut mine[..CHILD / 4]);
            if has_grandchild {
                other.copy_from_slice(&process::in_child(CHILD / 2, |entries| seal(self, entries)));
            } else {
                seal(self, other);
            }
            seal(self, &mut mine[CHILD / 4..]);
        })
    }

    fn seal(&mut self) -> Entry {
        let domain = usize::from(self.random.random_bool(0.5));
        let visit = Visit { panics_at: None };
        let protector = bound(&self.protectors[domain], domain);
        if self.random.random_bool(0.25) {
            let row = protector.protect_row(&visit).unwrap();
            return entries::of_row(domain as u8, row.sealed());
        }
        match &mut self.row {
            Some(row) => protector.protect_into(&visit, row).unwrap(),
            None => self.row = Some(protector.protect(&visit).unwrap()),
        }
        let row = self.row.as_ref().unwrap();
        entries::of_record(domain as u8, row.sealed())
    }

    fn panic_now_and_then(&mut self, events: &Events) {
        if !self.random.random_bool(0.01) {
            return;
        }
        let domain = usize::from(self.random.random_bool(0.5));
        let visit = Visit {
            panics_at: Some(self.random.random_range(1..=5)),
        };
        let protector = bound(&self.protectors[domain], domain);
        let caught =
            panic::catch_unwind(AssertUnwindSafe(|| protector.protect_row(&visit).is_ok()));
        assert!(caught.is_err());
        events.panics.fetch_add(1, Relaxed);
    }
}

/// The second domain binds; to one id, so that nonces alone tell its rows apart.
fn bound(protector: &Protector, domain: usize) -> BoundProtector<'_> {
    let binding = match domain {
        0 => Binding::NONE,
        _ => Binding::record(RecordId::new("visit-1").unwrap()),
    };
    protector.bind(binding)
}
