//! What an audit costs beside the least that it could: counting through telephone numbers against a bare loop of the same
//! digests, classes at two sizes, and a small audit against one reading of its tables.
//!
//! Ratios are of rounds that alternate in this run, so that a slow minute of the machine slows both sides. They are printed
//! first. `ROUNDS` in the environment sets of how many each is the median.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::HEXLOWER;
use paravent::{
    Appointment, CsvFormat, Format, Schema,
    audit::{Audit, Leak, Table, classes, invert_phone_digests},
};
use rayon::ThreadPool;
use sha2::{Digest, Sha256};

// Its tests run with the example.
#[allow(dead_code)]
#[path = "../examples/breach/generator.rs"]
mod generator;

const SEED: u64 = 2_020;

/// Mobile numbers that are counted through for the first digests that are asked for: 06 39 90 00 00 and on.
const FIRST: u64 = 639_900_000;
const BLOCK: u64 = 100_000;

/// Rows of the small audit.
const ROWS: usize = 1_500;
const PERMUTATIONS: u32 = 99;

const SIZES: [usize; 2] = [10_000, 100_000];
const QUASI: [&str; 2] = ["age", "sex"];

/// One thread, since the bare loop has one.
fn alone() -> ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap()
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

/// The median over rounds of how many times as long the first takes as the second, each for one unit of its work.
fn ratio(mut first: impl FnMut() -> f64, mut second: impl FnMut() -> f64) -> f64 {
    let rounds = env::var("ROUNDS").map_or(5, |text| text.parse().unwrap());
    let mut ratios: Vec<f64> = (0..rounds).map(|_| first() / second()).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// SHA-256 of so many numbers as text of ten digits, and nothing else.
fn bare(numbers: u64) -> u8 {
    let mut text = *b"0000000000";
    let mut all = 0;
    for number in FIRST..FIRST + numbers {
        let mut rest = number;
        for digit in text.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap();
            rest /= 10;
        }
        all ^= Sha256::digest(text)[0];
    }
    all
}

/// Counts numbers through until the digest of one from the first block is met; returns how many digests that took.
fn enumerate(pool: &ThreadPool, digest: &str) -> u64 {
    let found = pool.install(|| invert_phone_digests([digest], Duration::from_secs(60)));
    let found = found.unwrap();
    assert_eq!(found.reversed, 1);
    found.tried
}

fn digest_of_one() -> String {
    HEXLOWER.encode(&Sha256::digest("0639981234"))
}

fn table(appointments: &[Appointment]) -> Table {
    Table::from_records(appointments).unwrap()
}

/// The table as a file has it.
fn csv(appointments: &[Appointment]) -> Vec<u8> {
    let table = table(appointments);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer
        .write_record(table.columns().iter().map(|column| column.name()))
        .unwrap();
    for row in 0..table.rows() {
        let cells = table.columns().iter();
        writer
            .write_record(cells.map(|column| column.get(row).unwrap_or_default()))
            .unwrap();
    }
    writer.into_inner().unwrap()
}

fn read(text: &[u8]) -> Table {
    Table::read(Format::Csv(CsvFormat::default()), text).unwrap()
}

/// What a connector shows: no name.
fn leak(appointments: &[Appointment]) -> Table {
    let mut table = Table::new(["age", "sex", "specialty"]).unwrap();
    for appointment in appointments {
        let value = serde_json::to_value(appointment).unwrap();
        let cell = |name: &str| {
            let value = value.get(name)?;
            let text = value.as_str().map(str::to_owned);
            Some(text.unwrap_or_else(|| value.to_string()))
        };
        let cells = QUASI.iter().chain(&["specialty"]).map(|name| cell(name));
        let cells: Vec<Option<String>> = cells.collect();
        table.push(cells.iter().map(Option::as_deref)).unwrap();
    }
    table
}

fn audit(truth: &Table, leak: &Table) {
    let report = Audit::new(&Schema::appointment())
        .draw(truth.clone(), vec![Leak::new("statistics", leak.clone())])
        .permutations(PERMUTATIONS)
        .run();
    black_box(report.unwrap());
}

fn phones(criterion: &mut Criterion) {
    let (pool, digest) = (alone(), digest_of_one());
    let enumeration = || {
        let (tried, time) = timed(|| enumerate(&pool, &digest));
        time.as_secs_f64() / tried as f64
    };
    let floor = || timed(|| bare(16 * BLOCK)).1.as_secs_f64() / (16 * BLOCK) as f64;
    println!(
        "audit/phones: a number tried takes {:.2} times a bare SHA-256 of it",
        ratio(enumeration, floor)
    );
    let tried = enumerate(&pool, &digest);
    let mut group = criterion.benchmark_group("audit/phones");
    group.sample_size(10);
    group.throughput(Throughput::Elements(tried));
    group.bench_function("enumerate", |bencher| {
        bencher.iter(|| enumerate(&pool, black_box(&digest)));
    });
    group.throughput(Throughput::Elements(BLOCK));
    group.bench_function("bare SHA-256", |bencher| {
        bencher.iter(|| bare(black_box(BLOCK)))
    });
    group.finish();
}

fn class_figures(criterion: &mut Criterion) {
    let tables = SIZES.map(|rows| table(&generator::appointments(rows, SEED)));
    let figures = |table: &Table| {
        let (_, time) = timed(|| classes(table, &QUASI, "specialty").unwrap());
        time.as_secs_f64() / table.rows() as f64
    };
    println!(
        "audit/classes: a row of {} takes {:.2} times a row of {}",
        SIZES[1],
        ratio(|| figures(&tables[1]), || figures(&tables[0])),
        SIZES[0]
    );
    let mut group = criterion.benchmark_group("audit/classes");
    group.sample_size(10);
    for table in &tables {
        group.throughput(Throughput::Elements(table.rows() as u64));
        group.bench_function(BenchmarkId::from_parameter(table.rows()), |bencher| {
            bencher.iter(|| classes(black_box(table), &QUASI, "specialty").unwrap());
        });
    }
    group.finish();
}

fn small(criterion: &mut Criterion) {
    let appointments = generator::appointments(ROWS, SEED);
    let (text, truth, leak) = (
        csv(&appointments),
        table(&appointments),
        leak(&appointments),
    );
    let audited = || timed(|| audit(&truth, &leak)).1.as_secs_f64();
    let reading = || timed(|| read(&text)).1.as_secs_f64();
    println!(
        "audit/small: {ROWS} rows, {PERMUTATIONS} permutations and all controls take {:.0} times the reading of the rows",
        ratio(audited, reading)
    );
    let mut group = criterion.benchmark_group("audit/small");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("audit", |bencher| bencher.iter(|| audit(&truth, &leak)));
    group.bench_function("reading", |bencher| bencher.iter(|| read(black_box(&text))));
    group.finish();
}

criterion_group!(benches, phones, class_figures, small);
criterion_main!(benches);
