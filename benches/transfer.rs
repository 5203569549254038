//! CSV to CSV against `protect_batch` on the same rows in memory, on two threads each, in one run.
//!
//! The figure is the ratio of the rates: rounds alternate, so that a slow minute of the machine slows both. The rows go to
//! a sink, and come from memory. `ROWS` and `ROUNDS` in the environment set how many.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    env,
    hint::black_box,
    io,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use paravent::{
    Appointment, CsvFormat, Date, Format, Keyring, Policy, Protector, Revealer, Schema, Transfer,
};

// Its tests run with the example.
#[allow(dead_code)]
#[path = "../examples/breach/generator.rs"]
mod generator;

const JOBS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

const POLICY: &str = r#"
domain = "sms-reminders"
schema = "appointment"
record_id = "unbound"

[open.contact]
reason = "the gateway sends to the phone"

[pseudonym.patient]
of = ["last_name", "first_name", "phone"]
reason = "one reminder a person and day"

[tenancy]
specialties = 12
"#;

fn number(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

fn print(appointments: &[Appointment]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let schema = Schema::appointment();
    let names = || schema.fields().iter().map(|field| field.name());
    writer.write_record(names()).unwrap();
    for appointment in appointments {
        let record = serde_json::to_value(appointment).unwrap();
        let cell = |name: &str| match record.get(name) {
            None => String::new(),
            Some(value) => value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        };
        writer.write_record(names().map(cell)).unwrap();
    }
    writer.into_inner().unwrap()
}

fn main() {
    let (rows, rounds) = (number("ROWS", 200_000), number("ROUNDS", 5));
    let mut appointments = generator::appointments(rows + rows / 4, 2020);
    appointments.retain(|appointment| appointment.phone.is_some());
    appointments.truncate(rows);
    let rows = appointments.len();
    let text = print(&appointments);
    let policy = Policy::from_toml(POLICY, &Schema::appointment()).unwrap();
    let policy = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let keyring = Keyring::generate().unwrap();
    let protector = Protector::new(&keyring, &policy).unwrap();
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(JOBS.get())
        .build()
        .unwrap();
    let csv = || Format::Csv(CsvFormat::default());
    let transfer = |output: &mut (dyn io::Write + Send)| {
        let transfer = Transfer::protect(&protector).from(csv()).jobs(JOBS);
        transfer.run(&*text, output).unwrap()
    };
    let mut protected = Vec::new();
    transfer(&mut protected);

    let mut best: [Duration; 4] = [Duration::MAX; 4];
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        // In pieces, since a million protected rows in memory are another matter than their protection; and without the
        // freeing of them, which one thread does.
        let batch = pool.install(|| {
            let mut total = Duration::ZERO;
            for piece in appointments.chunks(50_000) {
                let (protected, time) = timed(|| protector.protect_batch(piece));
                assert!(protected.iter().all(Result::is_ok));
                total += time;
            }
            total
        });
        let (_, shuffled) = timed(|| transfer(&mut io::sink()));
        let (_, ordered) = timed(|| {
            let transfer = Transfer::protect(&protector).from(csv()).jobs(JOBS);
            let transfer = transfer.window(NonZeroUsize::MIN);
            transfer.run(&*text, io::sink()).unwrap()
        });
        let (_, revealed) = timed(|| {
            let transfer = Transfer::reveal(&revealer).from(csv()).jobs(JOBS);
            transfer.run(&*protected, io::sink()).unwrap()
        });
        for (best, now) in best.iter_mut().zip([batch, shuffled, ordered, revealed]) {
            *best = now.min(*best);
        }
        ratios.push(batch.as_secs_f64() / shuffled.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let names = [
        "protect_batch",
        "transfer",
        "transfer, in order",
        "transfer, reveal",
    ];
    println!("{rows} rows, 2 threads, best of {rounds}:");
    for (name, best) in names.iter().zip(best) {
        let rate = rows as f64 / best.as_secs_f64();
        println!(
            "{name:20} {:.3} s, {rate:.0} rows a second",
            best.as_secs_f64()
        );
    }
    println!(
        "transfer / protect_batch, median of {rounds}: {:.2}",
        ratios[ratios.len() / 2]
    );
}
