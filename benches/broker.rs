//! Releases with their entry on disk: how long one takes, and how many a second threads get that wait for one sync together.
//!
//! ```sh
//! cargo bench --features broker --bench broker
//! ```
//!
//! The log lies in `TMPDIR`, or else in cargo's folder for temporary files: where that is in memory, nothing is synced.
//! `-- --test` does the same with few releases, to see that it works.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/accepted.rs"]
mod accepted;

use std::{
    env,
    fs::File,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use paravent::{
    Appointment, Binding, Broker, CheckedPolicy, Keyring, Log, Protected, Protector, Request,
    Schema, Timestamp,
};
use serde::Deserialize;

const THREADS: usize = 32;

const POLICY: &str = r#"
    domain = "support-desk"
    schema = "appointment"
    record_id = "unbound"
    [release.contact]
    reason = "the desk calls back"
    purposes = ["call back"]
    per_hour = 1_000_000
    detect_hours = 24
"#;

fn main() {
    let quick = env::args().any(|argument| argument == "--test");
    let releases = if quick { 64 } else { 10_000 };
    let folder = env::var_os("TMPDIR").map_or(env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    println!("log in {}", folder.display());
    let folder = tempfile::tempdir_in(folder).unwrap();
    let desk = Desk::new(folder.path());

    let synced = times(releases, sync_alone(folder.path()));
    told("1 thread, 2 KB appended and synced, no release", &synced);
    let one = times(releases, || desk.release("person 0"));
    told("1 thread, releases", &one);
    let all = desk.release_at_once(releases);
    let name = format!("{THREADS} threads, releases");
    told(&name, &all);
    println!(
        "{THREADS} threads release {:.1} times as many as one",
        all.rate() / one.rate()
    );
    assert_eq!(desk.verified(), one.count() + all.count());
}

/// How long each of some calls took, and all together.
struct Times {
    each: Vec<Duration>,
    all: Duration,
}

impl Times {
    fn count(&self) -> u64 {
        self.each.len() as u64
    }

    fn rate(&self) -> f64 {
        self.count() as f64 / self.all.as_secs_f64()
    }
}

fn times(count: usize, mut call: impl FnMut()) -> Times {
    let begin = Instant::now();
    let each = (0..count).map(|_| {
        let start = Instant::now();
        call();
        start.elapsed()
    });
    Times {
        each: each.collect(),
        all: begin.elapsed(),
    }
}

fn told(name: &str, times: &Times) {
    let mut each = times.each.clone();
    each.sort_unstable();
    let percentile = |percent: usize| each[(each.len() - 1) * percent / 100];
    println!(
        "{name}: p50 {:.2?}, p99 {:.2?}, {:.0} a second ({} in {:.1?})",
        percentile(50),
        percentile(99),
        times.rate(),
        times.count(),
        times.all
    );
}

/// About what an entry is, without a release.
fn sync_alone(folder: &Path) -> impl FnMut() {
    let mut file = File::create(folder.join("synced")).unwrap();
    let entry = vec![b'x'; 2_000];
    move || {
        file.write_all(&entry).unwrap();
        file.sync_data().unwrap();
    }
}

struct Desk {
    places: [PathBuf; 2],
    keyring: Keyring,
    policy: CheckedPolicy,
    broker: Broker,
    row: Protected,
}

impl Desk {
    fn new(folder: &Path) -> Self {
        let places = ["release.log", "heads"].map(|name| folder.join(name));
        let keyring = Keyring::generate().unwrap();
        let policy = accepted::accepted(POLICY, &Schema::appointment()).unwrap();
        let record = Appointment {
            last_name: "Lefèvre".into(),
            phone: Some("06 39 98 12 34".into()),
            start: "2020-07-21T09:30:00+02:00".into(),
            ..Appointment::default()
        };
        let row = Protector::new(&keyring, &policy).unwrap();
        let row = row.protect(&record).unwrap();
        let log = Log::open(&places[0], &places[1], &keyring, now()).unwrap();
        let broker = Broker::new(&keyring, [&policy], Arc::new(log)).unwrap();
        Self {
            places,
            keyring,
            policy,
            broker,
            row,
        }
    }

    fn release(&self, requester: &str) {
        #[derive(Deserialize)]
        struct Contact {
            phone: Option<String>,
        }

        let request = Request::new(requester, now())
            .purpose("call back")
            .reason("ticket 4711");
        let domain = self.policy.policy().domain();
        let released =
            self.broker
                .release::<Contact>(domain, Binding::NONE, &self.row, "contact", &request);
        assert_eq!(released.unwrap().phone.as_deref(), Some("06 39 98 12 34"));
    }

    /// As many by each thread as make `releases` together, and more where one is left over.
    fn release_at_once(&self, releases: usize) -> Times {
        let each = Mutex::new(Vec::new());
        let begin = Instant::now();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let each = &each;
                scope.spawn(move || {
                    let requester = format!("person {thread}");
                    let count = releases.div_ceil(THREADS);
                    let own = times(count, || self.release(&requester));
                    each.lock().unwrap().extend(own.each);
                });
            }
        });
        Times {
            all: begin.elapsed(),
            each: each.into_inner().unwrap(),
        }
    }

    /// How many releases the log has, which is as it was written.
    fn verified(&self) -> u64 {
        let [path, heads] = &self.places;
        let go_on = |_| ControlFlow::Continue(());
        let found = Log::verify(path, heads, &self.keyring, &go_on).unwrap();
        assert_eq!(found.beyond_heads, 0);
        found.releases
    }
}

fn now() -> Timestamp {
    "2026-11-29T08:00:00Z".parse().unwrap()
}
