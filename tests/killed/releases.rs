//! Releases that go on in four threads.

use std::{cell::Cell, ops::ControlFlow, sync::Arc};

use paravent::{
    Appointment, Binding, Broker, Entry, Event, Log, LogRevealer, Protector, RecordId, Request,
    Timestamp,
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::*;

pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "no_value_was_out_without_its_entry",
        no_value_was_out_without_its_entry,
    )]
}

/// How often it is to be hit between an entry and its head, or in one of them.
const HITS: usize = 100;

const THREADS: usize = 4;

/// The process that is killed: releases, tells of each value when it is out, and now and then rotates the log.
pub(super) fn work(folder: &Path) -> Result<(), Error> {
    let place = Place::of(folder);
    let log = Log::open(&place.path, &place.heads, &place.keyring, now())?;
    let broker = Broker::new(&place.keyring, [&place.policy], Arc::new(log))?;
    let binding = Binding::record(RecordId::new("rdv-1").unwrap());
    let record = Appointment {
        last_name: "Lefèvre".into(),
        phone: Some("06 39 98 12 34".into()),
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Appointment::default()
    };
    let protector = Protector::new(&place.keyring, &place.policy)?;
    let row = protector.bind(binding).protect(&record)?;
    let release = |thread| {
        THREAD.set(thread);
        let name = name(thread);
        let request = Request::new(&name, now()).purpose("call back").reason("x");
        let domain = place.policy.policy().domain();
        for call in 1_u64.. {
            let released = broker.release::<Told>(domain, binding, &row, "contact", &request);
            released.unwrap();
            if thread == 0 && call.is_multiple_of(20) {
                broker.log().rotate(now()).unwrap();
            }
        }
    };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let release = &release;
            scope.spawn(move || release(thread));
        }
    });
    Ok(())
}

thread_local! {
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

/// Tells that a value came out, and in which thread.
struct Told;

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        println!("value {}", THREAD.get());
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

fn name(thread: usize) -> String {
    format!("person {thread}")
}

fn now() -> Timestamp {
    "2026-11-29T08:00:00Z".parse().unwrap()
}

struct Place {
    path: PathBuf,
    heads: PathBuf,
    keyring: Keyring,
    policy: CheckedPolicy,
}

impl Place {
    fn of(folder: &Path) -> Self {
        let text = "domain = \"support-desk\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n[release.contact]\n\
                    reason = \"x\"\npurposes = [\"call back\"]\nper_hour = 1_000_000\ndetect_hours = 1\n";
        Self {
            path: folder.join("release.log"),
            heads: folder.join("heads"),
            keyring: test_kit::keyring(),
            policy: accepted(text, &Schema::appointment()).unwrap(),
        }
    }

    /// How many entries each thread has, all of them releases.
    fn entries(&self) -> [usize; THREADS] {
        let revealer = LogRevealer::new(&self.keyring).unwrap();
        let entries = Log::read(&self.path, &self.keyring).unwrap();
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>().unwrap();
        std::array::from_fn(|thread| {
            let requester = revealer.requester(&name(thread)).unwrap();
            let own = |entry: &&Entry| entry.requester() == Some(&requester);
            let own = entries.iter().filter(own);
            own.inspect(|entry| assert_eq!(entry.event(), Event::Release))
                .count()
        })
    }

    /// Whether somebody was hit while they wrote. The log is as it was written in any case.
    fn is_hit(&self) -> bool {
        let observer = |_| ControlFlow::Continue(());
        let found = Log::verify(&self.path, &self.heads, &self.keyring, &observer).unwrap();
        found.cut_line || found.cut_head || found.beyond_heads > 0
    }

    /// Lets a process release and kills it; how many values came out in each thread.
    fn kill_once(&self, random: &mut ChaCha8Rng) -> [usize; THREADS] {
        let mut child = child("release", self.path.parent().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut values = [0; THREADS];
        let mut count = |line: String| {
            if let Some(thread) = line.strip_prefix("value ") {
                values[thread.parse::<usize>().unwrap()] += 1;
            }
        };
        for line in lines.by_ref().take(2) {
            count(line.unwrap());
        }
        thread::sleep(Duration::from_micros(random.random_range(0..30_000)));
        if random.random_bool(0.7) {
            let length = || fs::metadata(&self.path).map_or(0, |found| found.len());
            let (before, start) = (length(), Instant::now());
            while length() <= before && start.elapsed() < Duration::from_millis(50) {}
        }
        child.kill().unwrap();
        lines.map_while(Result::ok).for_each(&mut count);
        assert!(is_killed(child.wait().unwrap()));
        values
    }
}

fn no_value_was_out_without_its_entry() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let (mut kills, mut hits, mut out) = (0, 0, 0);
    while hits < HITS {
        assert!(kills < 10 * HITS, "{hits} of {kills}");
        // A log of its own for some kills, so that reading it stays quick.
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of(folder.path());
        let mut before = [0; THREADS];
        for _ in 0..10 {
            let values = place.kill_once(&mut random);
            kills += 1;
            hits += usize::from(place.is_hit());
            let after = place.entries();
            for thread in 0..THREADS {
                let entries = after[thread] - before[thread];
                // The call that was under way may have its entry and not its value.
                let without = entries.checked_sub(values[thread]);
                assert!(
                    without.is_some_and(|without| without <= 1),
                    "{entries} entries, {} values",
                    values[thread]
                );
                out += values[thread];
            }
            before = after;
        }
    }
    println!(
        "{kills} kills, {hits} of them before what was written had its head; {out} values were out"
    );
    assert!(out > kills);
}
