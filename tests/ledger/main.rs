//! A ledger of every key and nonce that threads, forked children and interrupted calls use: no pair comes twice.
//!
//! `cargo bench --bench ledger` makes the same run over ten million seals.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod entries;
mod process;
mod traffic;

use std::{env, process::Command};

use paravent::Nonces;

use traffic::Plan;

/// Set in a process that has one test to itself: forks and sabotage are the whole process's.
const ALONE: &str = "PARAVENT_TEST_LEDGER";

const PLAN: Plan = Plan {
    threads: 8,
    seals: 100_000,
    forks: 5,
    seed: 2020,
    nonces: Nonces::pooled,
};

fn alone(test: &str, work: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return work();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let [report, errors] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{report}{errors}");
    assert!(report.contains("1 passed"), "{report}");
    println!("{report}");
}

#[test]
fn seals_in_threads_forks_and_panics_repeat_no_nonce() {
    alone("seals_in_threads_forks_and_panics_repeat_no_nonce", || {
        let (mut entries, events) = traffic::run(&PLAN);
        let count = entries::count(&mut entries);
        println!("{count:?} {events:?}");
        assert_eq!((count.seals, count.repeats), (PLAN.seals, 0));
        assert!(count.pairs > 4 * PLAN.seals);
        assert!(events.forks.into_inner() > 10);
        assert!(events.grandchildren.into_inner() > 0);
        assert!(events.panics.into_inner() > PLAN.seals / 200);
    });
}

/// The real pool, in children that are not told that they are children: what the wiped page is there for.
#[test]
fn the_ledger_notices_a_pool_that_is_used_twice() {
    alone("the_ledger_notices_a_pool_that_is_used_twice", || {
        let plan = Plan {
            seals: 20_000,
            ..PLAN
        };
        let (mut before, _) = traffic::run(&plan);
        assert_eq!(entries::count(&mut before).repeats, 0);
        assert!(process::keep_wiped_pages() > 0);
        let (mut entries, events) = traffic::run(&plan);
        let count = entries::count(&mut entries);
        println!("{count:?} {events:?}");
        // Of a pool of 64 about half is left when a child is made.
        assert!(count.repeats > 10 * events.forks.into_inner());
    });
}

/// A hundred seals each; protectors of one seed make equal nonces.
#[cfg(feature = "test-kit")]
#[test]
fn the_ledger_notices_two_threads_with_one_seed() {
    use std::thread;

    use paravent::{Keyring, test_kit};

    use traffic::Visit;

    let keyring = Keyring::generate().unwrap();
    let seal = || {
        let [protector, _] = traffic::protectors(&keyring, || test_kit::seeded_nonces(7));
        let visit = Visit { panics_at: None };
        [(); 100].map(|()| entries::of_record(0, protector.protect(&visit).unwrap().sealed()))
    };
    let mut entries = thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(seal));
        threads.map(|thread| thread.join().unwrap())
    })
    .concat();
    let count = entries::count(&mut entries);
    assert_eq!((count.seals, count.pairs, count.repeats), (200, 800, 400));
}

/// A cell's nonce is the row's with its last byte changed: it may be that of another row's cell, or of a record.
#[cfg(feature = "test-kit")]
#[test]
fn the_ledger_sees_the_nonces_of_cells_as_gcm_sees_them() {
    use paravent::{Keyring, test_kit};

    use traffic::Visit;

    fn nonces() -> Nonces {
        let ending = |last| std::array::from_fn(|i| if i == 23 { last } else { 9 });
        test_kit::fixed_nonces([0, 1, 4, 8, 1].map(ending).to_vec())
    }
    let [protector, _] = traffic::protectors(&Keyring::generate().unwrap(), nonces);
    let visit = Visit { panics_at: None };
    let row = |()| entries::of_row(0, protector.protect_row(&visit).unwrap().sealed());
    let mut entries = [(); 4].map(row).to_vec();
    let count = |entries: &mut Vec<_>| {
        let count = entries::count(entries);
        (count.seals, count.pairs, count.repeats)
    };
    // Fields 4 and 5 are of one scope: 0 ^ 4 is 1 ^ 5, and 0 ^ 5 is 1 ^ 4.
    assert_eq!(count(&mut entries), (4, 20, 2));
    // A record with 1, which is 0 ^ 1 in the first scope and 4 ^ 5 in the last.
    let record = protector.protect(&visit).unwrap();
    entries.push(entries::of_record(0, record.sealed()));
    assert_eq!(count(&mut entries), (5, 24, 4));
}
