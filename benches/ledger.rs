//! The ledger of `tests/ledger` over ten million seals, and its control: the same with pools that children use again.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[cfg(target_os = "linux")]
#[path = "../tests/ledger"]
mod ledger {
    pub(crate) mod entries;
    mod process;
    pub(crate) mod traffic;

    use std::time::Instant;

    use paravent::Nonces;

    use traffic::Plan;

    pub(crate) fn run() {
        let mut plan = Plan {
            threads: 8,
            seals: 10_000_000,
            forks: 25,
            seed: 2020,
            nonces: Nonces::pooled,
        };
        let repeats = report("pool", &plan);
        assert_eq!(repeats, 0);

        plan.seals /= 10;
        assert!(process::keep_wiped_pages() > 0);
        let repeats = report("pool that children use again", &plan);
        assert!(repeats > 1_000, "the ledger did not notice");
    }

    fn report(name: &str, plan: &Plan) -> usize {
        let start = Instant::now();
        let (mut entries, events) = traffic::run(plan);
        let count = entries::count(&mut entries);
        println!("{name}: {count:?} {events:?} {:.1?}", start.elapsed());
        assert_eq!(count.seals, plan.seals);
        count.repeats
    }
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!(
            "ten million seals are made by `cargo bench`; `cargo test --test ledger` makes fewer"
        );
        return;
    }
    #[cfg(target_os = "linux")]
    ledger::run();
}
