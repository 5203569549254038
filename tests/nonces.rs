//! No nonce is used twice: not by one thread, not by two, not by a forked child and its parent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{collections::HashSet, thread};

use paravent::{Binding, Date, Keyring, Nonces, Policy, Protected, Protector, RecordId, Schema};
use serde_json::json;

type Nonce = [u8; 24];

/// Every nonce that was seen, and how many of them had been seen before.
#[derive(Default)]
struct Ledger {
    seen: HashSet<Nonce>,
    repeats: usize,
}

impl Ledger {
    fn enter(&mut self, nonces: impl IntoIterator<Item = Nonce>) {
        for nonce in nonces {
            self.repeats += usize::from(!self.seen.insert(nonce));
        }
    }
}

/// One field in one scope: as little as there is beside the nonce.
fn protector(record_id: &str, nonces: Nonces) -> Protector {
    let schema = "name = \"visit\"\n[[field]]\nname = \"room\"\nnumber = 1\nscope = \"care\"\nwidth = 8\ntype = \"integer\"\n\
                  [[field]]\nname = \"bed\"\nnumber = 2\nscope = \"care\"\nwidth = 8\ntype = \"integer\"\noptional = true\n\
                  [[field]]\nname = \"diet\"\nnumber = 3\nscope = \"care\"\nwidth = 8\ntype = \"integer\"\noptional = true\n";
    let schema = Schema::from_toml(schema).unwrap();
    let policy = format!("domain = \"ward\"\nschema = \"visit\"\nrecord_id = \"{record_id}\"\n");
    let policy = Policy::from_toml(&policy, &schema).unwrap();
    let policy = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protector = Protector::new(&Keyring::generate().unwrap(), &policy).unwrap();
    protector.with_nonces(nonces)
}

fn nonce(header: &[u8]) -> Nonce {
    header[8..32].try_into().unwrap()
}

/// The nonces of `count` seals into one buffer, each of which is a row of its own.
fn seal(protector: &Protector, count: usize) -> Vec<Nonce> {
    let record = json!({"room": 12});
    let mut row: Protected = protector.protect(&record).unwrap();
    let mut nonces = vec![nonce(row.sealed().as_bytes())];
    nonces.resize_with(count, || {
        protector.protect_into(&record, &mut row).unwrap();
        nonce(row.sealed().as_bytes())
    });
    nonces
}

#[test]
fn nonces_never_repeat_within_and_across_threads() {
    const THREADS: usize = 8;
    for (nonces, each) in [(Nonces::pooled(), 25_000), (Nonces::system(), 2_500)] {
        let protector = protector("unbound", nonces);
        let mut ledger = Ledger::default();
        thread::scope(|scope| {
            let threads = [(); THREADS].map(|()| scope.spawn(|| seal(&protector, each)));
            for thread in threads {
                ledger.enter(thread.join().unwrap());
            }
        });
        assert_eq!((ledger.seen.len(), ledger.repeats), (THREADS * each, 0));
    }
}

#[test]
fn threads_that_come_and_go_share_no_nonce() {
    let protector = protector("unbound", Nonces::pooled());
    let mut ledger = Ledger::default();
    for count in 1..200 {
        ledger.enter(thread::scope(|scope| {
            scope.spawn(|| seal(&protector, count)).join().unwrap()
        }));
    }
    assert_eq!((ledger.seen.len(), ledger.repeats), ((1..200).sum(), 0));
}

#[test]
fn every_way_to_seal_draws_anew() {
    let (bare, bound) = (
        protector("unbound", Nonces::pooled()),
        protector("bound", Nonces::pooled()),
    );
    let record = json!({"room": 12});
    let mut ledger = Ledger::default();
    for number in 0..200 {
        let id = format!("visit-{}", number / 2);
        let binding = Binding::record(RecordId::new(&id).unwrap());
        let rows = [
            bare.protect_row(&record),
            bound.bind(binding).protect_row(&record),
        ];
        ledger.enter(rows.map(|row| nonce(row.unwrap().sealed().as_bytes())));
        let records = [bare.protect(&record), bound.bind(binding).protect(&record)];
        ledger.enter(records.map(|row| nonce(row.unwrap().sealed().as_bytes())));
    }
    assert_eq!((ledger.seen.len(), ledger.repeats), (800, 0));
}

/// The cells of one row and scope have one key: equal values are told apart by the field number in their nonces.
#[test]
fn equal_cells_of_a_row_share_no_keystream() {
    let protector = protector("unbound", Nonces::pooled());
    for record in [json!({"room": 7, "bed": 7, "diet": 7}), json!({"room": 7})] {
        let row = protector.protect_row(&record).unwrap();
        let ciphertexts = ["room", "bed", "diet"].map(|field| {
            let cell = row.cell(field).unwrap().as_bytes();
            cell[..cell.len() - 16].to_vec()
        });
        let distinct: HashSet<_> = ciphertexts.iter().collect();
        assert_eq!(distinct.len(), 3);
    }
}

/// What the ledger finds where there is something to find.
#[cfg(feature = "test-kit")]
#[test]
fn a_repeat_is_noticed() {
    use paravent::test_kit::seeded_nonces;

    let [first, second] = [7, 7].map(|seed| protector("unbound", seeded_nonces(seed)));
    let mut ledger = Ledger::default();
    ledger.enter(seal(&first, 100));
    assert_eq!(ledger.repeats, 0);
    ledger.enter(seal(&second, 60));
    assert_eq!((ledger.seen.len(), ledger.repeats), (100, 60));
}

/// A process of its own that forks while its pool is full, half used and empty, and whose children fork in turn.
#[cfg(target_os = "linux")]
mod forks {
    use std::{
        env,
        fmt::Write as _,
        fs,
        io::{self, Write as _},
        process::Command,
    };

    use super::*;

    /// Set in the process that forks, to the name of the nonces it is to use.
    const CHILD: &str = "PARAVENT_TEST_FORKS";

    /// How many nonces each process uses after a fork: more than one pool.
    const AFTER: usize = 70;

    /// How many are used of a pool of 64 when the process forks.
    const USED: [usize; 6] = [0, 1, 31, 63, 64, 65];

    #[test]
    fn a_forked_child_never_repeats_its_parents_nonces() {
        if let Ok(nonces) = env::var(CHILD) {
            return fork_everywhere(&nonces);
        }
        for nonces in ["pooled", "system"] {
            let ledger = ledger_of_forks(nonces);
            assert_eq!(ledger.repeats, 0, "{nonces}");
        }
        // Nonces that live in a process's own memory do repeat, and that is seen.
        if cfg!(feature = "test-kit") {
            assert!(ledger_of_forks("seeded").repeats > AFTER * 3);
        }
    }

    /// Runs this test again in a process that forks, and enters what that and its descendants report.
    fn ledger_of_forks(nonces: &str) -> Ledger {
        let test = "forks::a_forked_child_never_repeats_its_parents_nonces";
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--test-threads=1", "--nocapture"])
            .env(CHILD, nonces)
            .output()
            .unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{report}");
        let mut ledger = Ledger::default();
        let mut processes = HashSet::new();
        for line in report.lines() {
            let (process, hex) = line
                .strip_prefix("nonce ")
                .unwrap()
                .split_once(' ')
                .unwrap();
            processes.insert(process);
            let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
            ledger.enter([std::array::from_fn(byte)]);
        }
        assert_eq!(processes.len(), WAYS.len() * USED.len() * 4);
        let total = WAYS.len() * USED.iter().map(|used| used + 5 * AFTER).sum::<usize>();
        assert_eq!(ledger.seen.len() + ledger.repeats, total);
        ledger
    }

    fn fork_everywhere(nonces: &str) {
        let nonces = || match nonces {
            "pooled" => Nonces::pooled(),
            "system" => Nonces::system(),
            #[cfg(feature = "test-kit")]
            "seeded" => paravent::test_kit::seeded_nonces(7),
            other => panic!("nonces {other}"),
        };
        // The test's own process is left alone: the harness waits in it on another thread. The scenarios run in
        // children, each of which has the one thread that forked.
        for (way, fork) in WAYS {
            for used in USED {
                let name = format!("{way}-{used}");
                wait(in_child(fork_by_libc, || {
                    scenario(&name, fork, used, nonces())
                }));
            }
        }
    }

    /// Seals before the fork; then a grandchild that is forked at once, one that is forked later, their parent and its
    /// parent all seal more than a pool.
    fn scenario(name: &str, fork: Fork, used: usize, nonces: Nonces) {
        assert_eq!(fs::read_dir("/proc/self/task").unwrap().count(), 1);
        let protector = protector("unbound", nonces);
        let seal = |process: &str, count: usize| {
            let mut report = String::new();
            for nonce in seal(&protector, count) {
                write!(report, "nonce {name}-{process} ").unwrap();
                nonce
                    .iter()
                    .for_each(|byte| write!(report, "{byte:02x}").unwrap());
                report.push('\n');
            }
            // One write a line, of less than PIPE_BUF: lines of two processes never mix.
            for line in report.split_inclusive('\n') {
                io::stderr().write_all(line.as_bytes()).unwrap();
            }
        };
        if used > 0 {
            seal("parent", used);
        }
        let child = in_child(fork, || {
            let early = in_child(fork, || seal("early-grandchild", AFTER));
            seal("child", AFTER);
            let late = in_child(fork, || seal("late-grandchild", AFTER));
            seal("child", AFTER);
            wait(early);
            wait(late);
        });
        seal("parent", AFTER);
        wait(child);
    }

    type Fork = fn() -> libc::pid_t;

    const WAYS: [(&str, Fork); 2] = [("libc", fork_by_libc), ("system-call", fork_by_system_call)];

    #[allow(unsafe_code)]
    fn fork_by_libc() -> libc::pid_t {
        // SAFETY: of this process's threads only this one uses the allocator or a lock: the others, if any, are the
        // test harness that waits for this test to end.
        unsafe { libc::fork() }
    }

    /// Past the C library and whatever was registered there for forks.
    #[allow(unsafe_code)]
    fn fork_by_system_call() -> libc::pid_t {
        // SAFETY: as in `fork_by_libc`. Without CLONE_VM the child has a copy of the memory and, as no stack is given,
        // goes on with its copy of this one; it calls nothing that reads the C library's notion of its thread's id.
        let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        libc::pid_t::try_from(pid).unwrap()
    }

    /// Runs `work` in a child, whose process ends with it.
    #[allow(unsafe_code)]
    fn in_child(fork: Fork, work: impl FnOnce()) -> libc::pid_t {
        let pid = fork();
        assert!(pid >= 0, "{}", io::Error::last_os_error());
        if pid == 0 {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            // SAFETY: ends this process at once: the harness, whose copy this is, must not report a second time.
            unsafe { libc::_exit(i32::from(result.is_err())) };
        }
        pid
    }

    #[allow(unsafe_code)]
    fn wait(child: libc::pid_t) {
        let mut status = 0;
        // SAFETY: `status` is valid for writes, and `child` was forked here and not waited for.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((waited, status), (child, 0));
    }
}
