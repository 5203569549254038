//! Protecting and revealing a Bundle against `serde_json`, which reads the same bytes into a `Value` and prints it, in one run.
//!
//! The figure is the time of protecting without that of sealing, over the time of `serde_json`. Sealing is measured alone:
//! records of the same sizes, sealed from texts of the same widths and printed. Rounds alternate, so that a slow minute of
//! the machine slows all. `ROUNDS` in the environment sets how many.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    collections::BTreeMap,
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use paravent::{
    Date, Keyring, Policy, Protector, Revealer, Schema,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
};

const BUNDLE: &str = include_str!("../tests/fhir/data/booking.json");

const SCHEDULING: &str = include_str!("../src/schema/scheduling.toml");

const POLICY: &str = "domain = \"archive\"\nschema = \"scheduling\"\nrecord_id = \"unbound\"\n";

const SCOPES: [&str; 5] = ["identity", "contact", "schedule", "care", "rest"];

/// How often each is done in a round.
const TIMES: u32 = 200;

fn timed(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..TIMES {
        work();
    }
    start.elapsed() / TIMES
}

/// Seals a record of one size.
struct Sealing {
    protector: Protector,
    record: BTreeMap<String, String>,
    length: usize,
}

impl Sealing {
    fn of(width: usize, keyring: &Keyring) -> Self {
        let schema = SCHEDULING.replace("32_768", &width.to_string());
        let policy = Policy::from_toml(POLICY, &Schema::from_toml(&schema).unwrap()).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        let text = "x".repeat(width);
        let record = SCOPES.map(|scope| (format!("{scope}_parts"), text.clone()));
        let mut sealing = Self {
            protector: Protector::new(keyring, &checked).unwrap(),
            record: record.into(),
            length: 0,
        };
        sealing.length = sealing.seal().len();
        sealing
    }

    fn seal(&self) -> String {
        let protected = self.protector.protect(&self.record).unwrap();
        let mut text = String::new();
        protected.sealed().append_text(&mut text);
        text
    }
}

/// The lengths of the sealed records in a protected document.
fn lengths(protected: &str) -> Vec<usize> {
    let records = protected.split("\"p1.").skip(1);
    records
        .map(|record| 3 + record.find('"').unwrap())
        .collect()
}

fn compare(name: &str, bundle: &str, rounds: usize) {
    let schema = Schema::scheduling();
    let policy = Policy::from_toml(POLICY, &schema).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let keyring = Keyring::generate().unwrap();
    let protector = ResourceProtector::new(&keyring, &checked, Profile::r4()).unwrap();
    let revealer = ResourceRevealer::new(Revealer::backend(&keyring, &policy).unwrap()).unwrap();

    let protected = protector.protect(bundle.as_bytes()).unwrap();
    let sealings: Vec<Sealing> = (6..16)
        .map(|bits| Sealing::of(1 << bits, &keyring))
        .collect();
    let lengths = lengths(std::str::from_utf8(&protected).unwrap());
    let sealings: Vec<&Sealing> = lengths
        .iter()
        .map(|&length| {
            sealings
                .iter()
                .find(|sealing| sealing.length == length)
                .unwrap()
        })
        .collect();

    let mut ratios = Vec::new();
    let mut best = [Duration::MAX; 4];
    for _ in 0..rounds {
        let json = timed(|| {
            let value: serde_json::Value = serde_json::from_str(black_box(bundle)).unwrap();
            black_box(serde_json::to_vec(&value).unwrap());
        });
        let protect = timed(|| {
            black_box(protector.protect(black_box(bundle.as_bytes())).unwrap());
        });
        let seal = timed(|| {
            for sealing in &sealings {
                black_box(sealing.seal());
            }
        });
        let reveal = timed(|| {
            black_box(revealer.reveal(black_box(&protected)).unwrap());
        });
        ratios.push(protect.saturating_sub(seal).as_secs_f64() / json.as_secs_f64());
        for (best, time) in best.iter_mut().zip([json, protect, seal, reveal]) {
            *best = time.min(*best);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let [json, protect, seal, reveal] = best;
    println!(
        "{name}: {} bytes, {} records, {} bytes protected",
        bundle.len(),
        sealings.len(),
        protected.len()
    );
    println!(
        "  serde_json {json:?}, protect {protect:?} of which sealing {seal:?}, reveal {reveal:?}"
    );
    println!(
        "  protecting without sealing takes {:.2} times serde_json (median of {rounds}; {:.2} to {:.2})",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1],
    );
}

fn main() {
    let rounds = env::var("ROUNDS").map_or(21, |text| text.parse().unwrap());
    let value: serde_json::Value = serde_json::from_str(BUNDLE).unwrap();
    compare("Bundle", BUNDLE, rounds);
    compare("Bundle without white space", &value.to_string(), rounds);
}
