//! The command against the library, in one run: rate, memory, and the time to the first row.
//!
//! ```sh
//! cargo bench --features cli,rayon --bench command
//! ```
//!
//! `-- --test` does the same with few rows, to see that it works.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/common/rows.rs"]
#[allow(dead_code)]
mod rows;

use std::{
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use paravent::{Appointment, Date, Keyring, Passphrase, Policy, Protector, Schema};

const PASSPHRASE: &str = "correct horse battery staple";
const JOBS: usize = 2;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let rows = if quick { 20_000 } else { 1_000_000 };
    let rounds = if quick { 1 } else { 5 };
    let clinic = Clinic::new();
    let input = clinic.folder.path().join("rows.csv");
    let mut file = BufWriter::new(File::create(&input).unwrap());
    file.write_all(rows::HEADER.as_bytes()).unwrap();
    let mut row = String::new();
    for number in 0..rows {
        row.clear();
        rows::push(&mut row, number);
        file.write_all(row.as_bytes()).unwrap();
    }
    file.flush().unwrap();

    rate(&clinic, &input, rows, rounds);
    start(&clinic, &input, rounds);
    let counts: &[usize] = if quick {
        &[10_000, 20_000]
    } else {
        &[10_000, 1_000_000, 10_000_000]
    };
    for &count in counts {
        let kib = memory(&clinic, count);
        println!(
            "memory at most, {count} rows: {:.1} MiB",
            kib as f64 / 1024.0
        );
    }
}

/// What `paravent init` makes, with its passphrase at hand.
struct Clinic {
    folder: tempfile::TempDir,
}

impl Clinic {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("credentials");
        fs::create_dir(&credentials).unwrap();
        let mut passphrase = tempfile::Builder::new().tempfile_in(&credentials).unwrap();
        passphrase.write_all(PASSPHRASE.as_bytes()).unwrap();
        let passphrase = passphrase.persist(credentials.join("backend.keyring"));
        passphrase.unwrap();
        let made = Command::new(env!("CARGO_BIN_EXE_paravent"))
            .args([
                "init",
                "clinic",
                "--passphrase-file",
                "credentials/backend.keyring",
            ])
            .current_dir(&folder)
            // It refuses variables that look like its own and are not.
            .env_remove("PARAVENT_CORPUS")
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("clinic").join(name)
    }

    fn protect(&self, input: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paravent"));
        command
            .arg("protect")
            .arg(input)
            .args([
                "--policy",
                "policies/statistics.toml",
                "--format",
                "csv",
                "--jobs",
            ])
            .arg(JOBS.to_string())
            .current_dir(self.folder.path().join("clinic"))
            .env_remove("PARAVENT_CORPUS")
            .env(
                "PARAVENT_CREDENTIALS",
                self.folder.path().join("credentials"),
            )
            .stderr(Stdio::null());
        command
    }

    fn protector(&self) -> Protector {
        let text = fs::read_to_string(self.path("policies/statistics.toml")).unwrap();
        let policy = Policy::from_toml(&text, &Schema::appointment()).unwrap();
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let keyring = Keyring::load(self.path("backend.keyring"), &passphrase).unwrap();
        Protector::new(
            &keyring,
            &policy.check(Date::constant(2026, 11, 24)).unwrap(),
        )
        .unwrap()
    }
}

/// CSV to CSV through the command, against `protect_batch` on the same rows in memory.
fn rate(clinic: &Clinic, input: &Path, rows: usize, rounds: usize) {
    let protector = clinic.protector();
    let appointments: Vec<Appointment> = csv::Reader::from_path(input)
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect();
    assert_eq!(appointments.len(), rows);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(JOBS)
        .build()
        .unwrap();
    let (mut whole, mut opened, mut batch) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begin = Instant::now();
        let results = pool.install(|| protector.protect_batch(&appointments));
        batch.push(begin.elapsed());
        assert!(results.iter().all(Result::is_ok));
        drop(results);

        let null = File::options().write(true).open("/dev/null").unwrap();
        let begin = Instant::now();
        assert!(
            clinic
                .protect(input)
                .stdout(null)
                .status()
                .unwrap()
                .success()
        );
        whole.push(begin.elapsed());
        opened.push(stretching(clinic));
    }
    let (whole, opened, batch) = (median(whole), median(opened), median(batch));
    let per_second = |time: Duration| rows as f64 / time.as_secs_f64();
    println!(
        "protect_batch, {JOBS} threads: {:.0} rows/s",
        per_second(batch)
    );
    println!(
        "the command, {JOBS} jobs: {:.0} rows/s, {:.2} of it; with the start and the passphrase {:.0} rows/s, {:.2} of it",
        per_second(whole.saturating_sub(opened)),
        batch.as_secs_f64() / whole.saturating_sub(opened).as_secs_f64(),
        per_second(whole),
        batch.as_secs_f64() / whole.as_secs_f64(),
    );
}

/// How long the passphrase takes: what a key file costs on purpose.
fn stretching(clinic: &Clinic) -> Duration {
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let begin = Instant::now();
    Keyring::load(clinic.path("backend.keyring"), &passphrase).unwrap();
    begin.elapsed()
}

/// From the start of the process to the first row at its other end.
fn start(clinic: &Clinic, input: &Path, rounds: usize) {
    let (mut first, mut opened) = (Vec::new(), Vec::new());
    for _ in 0..4 * rounds {
        let begin = Instant::now();
        let mut child = clinic
            .protect(input)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut buffer = vec![0; 4096];
        let mut seen = String::new();
        // The header is one line.
        while seen.lines().count() < 2 {
            let read = output.read(&mut buffer).unwrap();
            assert!(read > 0);
            seen.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        first.push(begin.elapsed());
        drop(output);
        child.wait().unwrap();
        opened.push(stretching(clinic));
    }
    let (first, opened) = (median(first), median(opened));
    println!(
        "start to first row: {:.1} ms, of which the passphrase {:.1} ms; beyond it {:.1} ms",
        1e3 * first.as_secs_f64(),
        1e3 * opened.as_secs_f64(),
        1e3 * first.saturating_sub(opened).as_secs_f64(),
    );
}

/// The most memory that the process held while rows went through, in KiB.
fn memory(clinic: &Clinic, count: usize) -> usize {
    let mut child = clinic
        .protect(Path::new("-"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        let mut text = String::from(rows::HEADER);
        for number in 0..count {
            rows::push(&mut text, number);
            if text.len() > 1 << 16 || number + 1 == count {
                input.write_all(text.as_bytes()).unwrap();
                text.clear();
            }
        }
    });
    let mut output = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = output.read(&mut buffer).unwrap();
    // "5" sets the peak to what is held now: the key file is open, and its memory given back.
    fs::write(format!("/proc/{}/clear_refs", child.id()), "5").unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while bytes > 0 {
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
            && let Some(kib) = line.split_whitespace().nth(1)
        {
            peak = kib.parse().unwrap();
        }
        bytes = output.read(&mut buffer).unwrap();
    }
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
    peak
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
