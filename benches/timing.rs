//! Whether refusing takes the same time wherever the wrong byte is: a test after dudect, with comparisons that do leak as
//! its control.
//!
//! Method of O. Reparaz, J. Balasch and I. Verbauwhede, "Dude, is my code constant time?" (DATE 2017): inputs of two
//! classes in random order, through the same memory; Welch's t of the two samples, whole and cropped at percentiles, the
//! largest of which counts. From 4.5 on, leakage assessment takes t as strong evidence; their program waits for 10. A leak
//! makes t grow with the root of the sample, and always to one side, while the noise of a machine does neither: a check
//! fails where |t| is over 5 with one sign in three runs of three, and the program fails too where a control is not
//! over 5 in each of three.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    env,
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use paravent::{
    Appointment, Binding, Error, Keyring, Policy, Protector, Pseudonym, RecordId, Revealer, Schema,
    Scope, SealedCell, SealedRecord, SealedRow,
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde::de::IgnoredAny;

const THRESHOLD: f64 = 5.0;
const RUNS: u64 = 3;
const SAMPLES: usize = 500_000;

/// Comparisons a sample, where one takes less than reading the clock.
const BATCH: usize = 16;

/// In percent of all samples, from the fastest.
const CROPS: [usize; 7] = [30, 50, 70, 80, 90, 97, 100];

/// Bytes of the group of care in a row that holds all four: scope, length, commitment, ciphertext, tag.
const CARE: usize = 3 + 16 + 144 + 16;

const LONG_ID: &str =
    "a visit that is known by an id of more than eighty bytes, as long as some tables make them";

fn main() -> ExitCode {
    if !env::args().any(|argument| argument == "--bench") {
        println!("nothing is timed but by `cargo bench`");
        return ExitCode::SUCCESS;
    }
    // With so long an id the message is no short one, and takes the other path through AES and GHASH.
    let (setting, long) = (Setting::new(None), Setting::new(Some(LONG_ID)));
    let record = &setting.record;
    let group = record.len() - CARE;
    let (commitment, body, tag) = (group + 3, group + 19, record.len() - 16);
    let mut verdict = Verdict { failed: false };

    let is_wrong_key: fn(&Error) -> bool = Error::is_wrong_key;
    let (commitments, bodies, tags) = (
        [commitment, commitment + 15],
        [body, tag - 1],
        [tag, tag + 15],
    );
    for (name, setting, at, reason) in [
        (
            "commitment, first or last byte",
            &setting,
            commitments,
            is_wrong_key,
        ),
        (
            "tag, first or last byte",
            &setting,
            tags,
            Error::is_tampered,
        ),
        (
            "body, first or last byte",
            &setting,
            bodies,
            Error::is_tampered,
        ),
        ("body or tag", &setting, [body, tag], Error::is_tampered),
        (
            "tag with a long id, first or last byte",
            &long,
            tags,
            Error::is_tampered,
        ),
        (
            "body with a long id, first or last byte",
            &long,
            bodies,
            Error::is_tampered,
        ),
    ] {
        let make = setting.changed(at);
        for class in [0, 1] {
            assert!(reason(&setting.reveal(&make(class)).unwrap_err()), "{name}");
        }
        verdict.constant(name, |seed| t_of(seed, 1, &make, |row| setting.open(row)));
    }

    let cell = &setting.cell;
    let at = [cell.len() - 16, cell.len() - 1];
    let make = |class: usize| SealedCell::from_bytes(with_wrong(cell, at, class)).unwrap();
    verdict.constant("tag of a cell, first or last byte", |seed| {
        t_of(seed, 1, make, |cell| setting.open_cell(cell))
    });

    let mine = [7; 16];
    let other =
        |class: usize| -> [u8; 16] { with_wrong(&mine, [0, 15], class).try_into().unwrap() };
    let pseudonym = Pseudonym::from_bytes(mine);
    verdict.constant("pseudonym, first or last byte", |seed| {
        let make = |class: usize| Pseudonym::from_bytes(other(class));
        t_of(seed, BATCH, make, |other| black_box(&pseudonym) == other)
    });

    let make = setting.changed([tag, tag]);
    verdict.constant("no difference", |seed| {
        t_of(seed, 1, &make, |row| setting.open(row))
    });

    verdict.leaks("early exit", |seed| {
        t_of(seed, BATCH, other, |other| early_exit(&mine, other))
    });
    // As small a leak as there can be, in as long a call as the checks time.
    let make = setting.changed(tags);
    let right = &record[tag..];
    verdict.leaks("tag, and an early exit of it", |seed| {
        t_of(seed, 1, &make, |row| {
            setting.open(row) | early_exit(right, &row.as_bytes()[tag..])
        })
    });
    ExitCode::from(u8::from(verdict.failed))
}

struct Setting {
    binding: Binding<'static>,
    revealer: Revealer,
    record: Vec<u8>,
    row: SealedRow,
    cell: Vec<u8>,
}

impl Setting {
    fn new(id: Option<&'static str>) -> Self {
        let bound = if id.is_some() { "bound" } else { "unbound" };
        let policy =
            format!("domain = \"timing\"\nschema = \"appointment\"\nrecord_id = \"{bound}\"\n");
        let policy = Policy::from_toml(&policy, &Schema::appointment()).unwrap();
        let keyring = Keyring::generate().unwrap();
        let appointment = Appointment {
            start: "2020-07-21T09:30:00+02:00".into(),
            practitioner: "Dr Lefèvre".into(),
            specialty: "Dermatologie".into(),
            ..Appointment::default()
        };
        let binding = id.map_or(Binding::NONE, |id| {
            Binding::record(RecordId::new(id).unwrap())
        });
        let protector = Protector::new(&keyring, &policy).unwrap();
        let protector = protector.bind(binding);
        let (record, row) = (
            protector.protect(&appointment).unwrap(),
            protector.protect_row(&appointment).unwrap(),
        );
        let revealer = Revealer::backend(&keyring, &policy).unwrap();
        Self {
            binding,
            revealer: revealer.only(&[Scope::CARE]).unwrap(),
            record: record.sealed().as_bytes().to_vec(),
            cell: row.cell("specialty").unwrap().as_bytes().to_vec(),
            row: row.sealed().clone(),
        }
    }

    /// The record with one byte changed, that at the place of the class.
    fn changed(&self, at: [usize; 2]) -> impl Fn(usize) -> SealedRecord {
        move |class| SealedRecord::from_bytes(with_wrong(&self.record, at, class)).unwrap()
    }

    fn reveal(&self, record: &SealedRecord) -> Result<IgnoredAny, Error> {
        self.revealer.bind(self.binding).reveal(record)
    }

    fn open(&self, record: &SealedRecord) -> bool {
        self.reveal(record).is_ok()
    }

    fn open_cell(&self, cell: &SealedCell) -> bool {
        let value = self.revealer.bind(self.binding).reveal_cell::<IgnoredAny>(
            &self.row,
            "specialty",
            cell,
        );
        value.is_ok()
    }
}

/// The bytes with one changed: that at the place of `class`. Both places are written and all is read from one place, so that
/// classes differ in nothing else.
fn with_wrong(bytes: &[u8], at: [usize; 2], class: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at[0]] ^= 1 - class as u8;
    bytes[at[1]] ^= class as u8;
    bytes
}

/// What nobody should compare secrets with.
fn early_exit(one: &[u8], other: &[u8]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| black_box(one) == black_box(other))
}

/// t of one run: `work` refuses what `make` makes for class 0 and class 1.
fn t_of<I>(seed: u64, batch: usize, make: impl Fn(usize) -> I, work: impl Fn(&I) -> bool) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut samples: Vec<(Duration, usize)> = (0..SAMPLES)
        .map(|_| {
            let class = usize::from(random.random_bool(0.5));
            // Made anew for each sample, where the last one was: no class has an address of its own.
            let input = make(class);
            let start = Instant::now();
            let mut accepted = false;
            for _ in 0..batch {
                accepted |= black_box(work(black_box(&input)));
            }
            let elapsed = start.elapsed();
            assert!(!accepted);
            (elapsed, class)
        })
        // What comes first fills caches.
        .skip(SAMPLES / 20)
        .collect();
    samples.sort_unstable_by_key(|&(elapsed, _)| elapsed);
    let crops = CROPS.map(|percent| {
        // With all that took as long as the last one, or classes would be cut apart by their order.
        let last = samples[samples.len() * percent / 100 - 1].0;
        let end = samples.partition_point(|&(elapsed, _)| elapsed <= last);
        welch(&samples[..end])
    });
    crops
        .into_iter()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap()
}

/// Welch's t of the two classes.
fn welch(samples: &[(Duration, usize)]) -> f64 {
    let moments = [0, 1].map(|class| {
        let times = samples.iter().filter(|sample| sample.1 == class);
        let times = times.map(|(elapsed, _)| elapsed.as_nanos() as f64);
        let (count, sum) = times
            .clone()
            .fold((0.0, 0.0), |(n, sum), time| (n + 1.0, sum + time));
        let mean = sum / count;
        let squares: f64 = times.map(|time| (time - mean).powi(2)).sum();
        (mean, squares / (count - 1.0) / count)
    });
    let [(mean_0, error_0), (mean_1, error_1)] = moments;
    let error = (error_0 + error_1).sqrt();
    // A clock too coarse to tell any two samples apart tells no classes apart.
    if error > 0.0 {
        (mean_0 - mean_1) / error
    } else {
        0.0
    }
}

struct Verdict {
    failed: bool,
}

impl Verdict {
    /// Runs until one run finds nothing.
    fn constant(&mut self, name: &str, run: impl Fn(u64) -> f64) {
        let mut found: Vec<f64> = Vec::new();
        while found.len() < RUNS as usize && found.iter().all(|t| t.abs() > THRESHOLD) {
            found.push(run(found.len() as u64));
        }
        let leaks = |sign: f64| found.iter().all(|t| t * sign > THRESHOLD);
        self.report(name, &found, !leaks(1.0) && !leaks(-1.0));
    }

    fn leaks(&mut self, name: &str, run: impl Fn(u64) -> f64) {
        let found: Vec<f64> = (0..RUNS).map(run).collect();
        let noticed = found.iter().all(|t| t.abs() > THRESHOLD);
        self.report(&format!("control: {name}"), &found, noticed);
    }

    fn report(&mut self, name: &str, found: &[f64], as_it_should: bool) {
        self.failed |= !as_it_should;
        let verdict = if as_it_should { "ok" } else { "FAILED" };
        let found: Vec<String> = found.iter().map(|t| format!("{t:+.1}")).collect();
        println!("{name:<40} {verdict:<6} t = {}", found.join(", "));
    }
}
