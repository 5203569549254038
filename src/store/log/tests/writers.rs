//! Several threads, logs and processes that write to one log.

use std::{collections::BTreeSet, thread};

use super::*;

/// Lets 8 threads of each log append 6 times; the numbers they got, and how many were refused.
fn append_all(logs: &[Log], quota: Option<Quota>) -> (Vec<u64>, usize) {
    let results: Vec<Result<u64>> = thread::scope(|scope| {
        let append = |log, thread| {
            move || {
                let one = |i| Log::append(log, release(i, thread), quota);
                (0..6).map(one).collect::<Vec<_>>()
            }
        };
        let threads = (0..8).flat_map(|thread| logs.iter().map(move |log| (log, thread)));
        let threads: Vec<_> = threads
            .map(|(log, thread)| scope.spawn(append(log, thread)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let refused = results.iter().filter(|result| result.is_err()).count();
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(error.is_quota(), "{error}");
    }
    (results.into_iter().flatten().collect(), refused)
}

#[test]
fn two_logs_of_eight_threads_write_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let logs = [place.open(), place.open()];
    let (numbers, refused) = append_all(&logs, None);
    assert_eq!((numbers.len(), refused), (96, 0));
    let distinct: BTreeSet<u64> = numbers.into_iter().collect();
    assert_eq!(distinct, (2..98).collect());
    let verified = place.verify().unwrap();
    assert_eq!((verified.releases, verified.beyond_heads), (96, 0));
}

#[test]
fn two_logs_of_eight_threads_keep_a_quota() {
    for (per_hour, per_requester, kept) in [(37, 100, 37), (100, 3, 24), (0, 9, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of(folder.path());
        let logs = [place.open(), place.open()];
        let quota = Some(Quota {
            per_hour,
            per_requester,
            detect_hours: 1,
        });
        let (numbers, refused) = append_all(&logs, quota);
        assert_eq!((numbers.len(), refused), (kept, 96 - kept));
        assert_eq!(place.verify().unwrap().releases, kept as u64);
    }
}

#[test]
fn threads_are_synced_together() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    thread::scope(|scope| {
        let append = |thread| {
            let log = &log;
            move || {
                for i in 0..20 {
                    log.append(release(i, thread), None).unwrap();
                }
            }
        };
        for thread in 0..16 {
            scope.spawn(append(thread));
        }
    });
    assert_eq!(place.verify().unwrap().releases, 320);
    let heads = fs::read_to_string(&place.heads).unwrap().lines().count();
    assert!(heads < 160, "{heads} syncs for 320 entries");
}

#[test]
fn an_entry_is_refused_alone_in_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    let request = |seconds, quota| Pending {
        entry: release(seconds, 1),
        quota,
        then: None,
    };
    let quota = Some(Quota {
        per_hour: 2,
        per_requester: 2,
        detect_hours: 1,
    });
    let batch = [
        request(100, quota),
        request(30, quota),
        request(101, quota),
        request(102, quota),
        request(103, None),
    ];
    let results = lock(&log.disk).commit(&batch);
    let codes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map_err(Error::code).copied())
        .collect();
    let expected = [
        Ok(2),
        Err("clock-back"),
        Ok(3),
        Err("quota-of-domain"),
        Ok(4),
    ];
    assert_eq!(codes, expected);
    assert_eq!(place.verify().unwrap().entries, 4);
    assert_eq!(fs::read_to_string(&place.heads).unwrap().lines().count(), 2);
}

#[test]
fn a_second_writer_follows_rotations() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let (one, other) = (place.open(), place.open());
    one.append(release(1, 1), None).unwrap();
    assert_eq!(
        one.rotate(at(2)).unwrap(),
        place.finished(1).canonicalize().unwrap()
    );
    // 1 begins, 3 ends, 4 begins.
    assert_eq!(other.append(release(3, 1), None).unwrap(), 5);
    other.rotate(at(4)).unwrap();
    other.rotate(at(4)).unwrap();
    assert_eq!(one.append(release(5, 1), None).unwrap(), 10);
    assert_eq!(other.append(release(5, 1), None).unwrap(), 11);
    let verified = place.verify().unwrap();
    assert_eq!((verified.entries, verified.files), (11, 4));
}

#[test]
fn rotations_and_entries_meet() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let logs = [place.open(), place.open()];
    thread::scope(|scope| {
        for log in &logs {
            for thread in 0..3 {
                scope.spawn(move || {
                    for i in 0..10 {
                        log.append(release(i, thread), None).unwrap();
                    }
                });
            }
            scope.spawn(move || (0..5).for_each(|i| drop(log.rotate(at(i)).unwrap())));
        }
        // Who looks meanwhile sees a log that is whole.
        scope.spawn(|| (0..20).for_each(|_| assert!(place.verify().is_ok())));
    });
    let verified = place.verify().unwrap();
    assert_eq!((verified.releases, verified.files), (60, 11));
    assert_eq!(verified.entries, 60 + 10 + 11);
}

#[test]
fn nobody_waits_for_a_thread_that_panicked() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    lock(&log.queue).is_led = true;
    let waits = thread::scope(|scope| {
        let waits = scope.spawn(|| log.append(release(1, 1), None));
        while lock(&log.queue).waiting.is_empty() {
            thread::yield_now();
        }
        lock(&log.queue).waiting.clear();
        let panics = scope.spawn(|| {
            let _lead = Lead {
                log: &log,
                first: 0,
                count: 1,
                results: Vec::new(),
            };
            panic!("while it writes");
        });
        assert!(panics.join().is_err());
        waits.join().unwrap()
    });
    assert_eq!(waits.unwrap_err().code(), "log-unknown");
    assert_eq!(log.append(release(1, 1), None).unwrap(), 2);
}
