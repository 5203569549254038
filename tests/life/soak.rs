//! Eight threads that reseal and read the same rows.

use std::{
    env,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use paravent::{
    Appointment, Binding, Keyring, Protected, Protector, RecordId, Resealer, Revealer, test_kit,
};

use crate::{
    accepted::TODAY,
    clinic::{policy, record},
};

const ROWS: usize = 64;

/// The rows, and what works with the keyring, which changes while the others go on.
struct Shared {
    keyring: RwLock<Keyring>,
    rows: Vec<RwLock<Protected>>,
    resealed: AtomicU64,
    read: AtomicU64,
    epochs: AtomicU64,
}

fn with<T>(row: usize, call: impl FnOnce(Binding<'_>) -> T) -> T {
    let id = format!("rdv-{row}");
    call(Binding::record(RecordId::new(&id).unwrap()))
}

/// How long it goes on: `PARAVENT_SOAK_SECONDS`, or 5.
fn duration() -> Duration {
    let seconds = env::var("PARAVENT_SOAK_SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds)
}

impl Shared {
    fn new() -> Self {
        let keyring = test_kit::keyring();
        let protector = Protector::new(&keyring, &policy()).unwrap();
        let protect = |row| {
            with(row, |binding| {
                let protected = protector.bind(binding).protect(&record(row as u8));
                RwLock::new(protected.unwrap())
            })
        };
        Self {
            rows: (0..ROWS).map(protect).collect(),
            keyring: RwLock::new(keyring),
            resealed: AtomicU64::new(0),
            read: AtomicU64::new(0),
            epochs: AtomicU64::new(1),
        }
    }

    /// Reseals every row, from one to the next; now and then under a new epoch or generation.
    fn reseal(&self, thread: usize, end: Instant) {
        let policy = policy();
        for round in 0_u64.. {
            if Instant::now() >= end {
                return;
            }
            if thread == 0 && self.epochs.load(Ordering::Relaxed) < 1_000 {
                let mut keyring = self.keyring.write().unwrap();
                keyring.start_epoch(TODAY).unwrap();
                if round % 10 == 0 && keyring.generations().count() < 50 {
                    keyring.start_generation().unwrap();
                }
                self.epochs.fetch_add(1, Ordering::Relaxed);
            }
            let resealer = Resealer::new(&self.keyring.read().unwrap(), &policy).unwrap();
            for step in 0..ROWS {
                let row = (step + thread * ROWS / 4) % ROWS;
                let mut place = self.rows[row].write().unwrap();
                // One that another thread has resealed under a newer epoch is not for this keyring.
                if place.sealed().epoch() <= resealer.epoch() {
                    let resealed = with(row, |binding| resealer.bind(binding).reseal(&*place));
                    *place = resealed.unwrap();
                    self.resealed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Reads every row by what opens all epochs until then.
    fn read(&self, thread: usize, end: Instant) {
        let policy = policy();
        while Instant::now() < end {
            let keyring = self.keyring.read().unwrap();
            let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
            let newest = keyring.active_epoch();
            drop(keyring);
            for step in 0..ROWS {
                let row = (step + thread * ROWS / 4) % ROWS;
                let place = self.rows[row].read().unwrap();
                let revealed: Result<Appointment, _> =
                    with(row, |binding| revealer.bind(binding).reveal(&*place));
                match revealed {
                    Ok(revealed) => assert_eq!(revealed, record(row as u8)),
                    Err(error) => {
                        assert!(error.is_unknown_epoch(), "{error}");
                        assert!(place.sealed().epoch() > newest, "{error}");
                        continue;
                    }
                }
                self.read.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[allow(clippy::print_stdout)]
#[test]
fn eight_threads_reseal_and_read() {
    let shared = Shared::new();
    let end = Instant::now() + duration();
    thread::scope(|scope| {
        for thread in 0..4 {
            let shared = &shared;
            scope.spawn(move || shared.reseal(thread, end));
            scope.spawn(move || shared.read(thread, end));
        }
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (resealed, read, epochs) = (
        count(&shared.resealed),
        count(&shared.read),
        count(&shared.epochs),
    );
    println!("{resealed} rows resealed and {read} read, under {epochs} epochs");
    assert!(resealed > ROWS as u64 && read > ROWS as u64 && epochs > 1);

    // All of them are there, and once resealed, under the newest epoch.
    let keyring = shared.keyring.into_inner().unwrap();
    let resealer = Resealer::new(&keyring, &policy()).unwrap();
    let revealer = Revealer::backend(&keyring, policy().policy()).unwrap();
    for (row, place) in shared.rows.into_iter().enumerate() {
        let place = place.into_inner().unwrap();
        let revealed: Appointment = with(row, |binding| {
            let resealed = resealer.bind(binding).reseal(&place).unwrap();
            assert_eq!(resealed.sealed().epoch(), keyring.active_epoch());
            revealer.bind(binding).reveal(&resealed).unwrap()
        });
        assert_eq!(revealed, record(row as u8));
    }
}
