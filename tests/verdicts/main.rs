//! What the audit says of the policies in `examples/policies`, alone and together, on made-up appointments.
//!
//! Optimised builds attack 20 draws with 999 permutations, as the verdict asks; others one small draw, which bounds little.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::Duration;

use paravent::{
    Schema,
    audit::{self, Audit, Outcome, Report, Table, report::SchemeKind},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use sha2::{Digest, Sha256};

#[allow(dead_code, reason = "the example's own tests use the rest")]
#[path = "../../examples/breach/generator.rs"]
mod generator;
#[path = "../../examples/breach/replay.rs"]
mod replay;

use replay::Policies;

const IS_QUICK: bool = cfg!(debug_assertions);

/// Draws, rows of each, permutations.
const SIZE: (u64, usize, u32) = if IS_QUICK {
    (1, 1_500, 99)
} else {
    (20, 6_128, 999)
};

/// Attacks draws of appointments by seeds from `seed` on.
fn audited(policies: &Policies, seed: u64) -> Report {
    let (draws, rows, permutations) = SIZE;
    let mut audit = Audit::new(&Schema::appointment())
        .permutations(permutations)
        .accepted(&policies.report);
    for draw in 0..draws {
        let appointments = generator::appointments(rows, seed + draw);
        let leaks = policies.leaks(&appointments, draw).unwrap();
        audit = audit.draw(Table::from_records(&appointments).unwrap(), leaks);
    }
    audit.run().unwrap()
}

#[test]
fn bundled_policies_pass_alone_and_together() {
    let policies = Policies::load().unwrap();
    let mut report = audited(&policies, 1_000);
    // One in 20 runs finds a link by chance; what links does so on other rows as well.
    if report.outcome == Outcome::Links {
        println!("{report}");
        report = audited(&policies, 2_000);
    }
    let text = report.to_string();
    assert!(
        report.controls.iter().all(|control| control.passed),
        "{text}"
    );
    let given = report
        .schemes
        .iter()
        .filter(|scheme| scheme.kind != SchemeKind::KnownBad);
    for scheme in given {
        if scheme.may_link {
            // One practice's own software links its own patients, and somebody answers for that.
            let accepted = report.accepted.iter().any(|accepted| {
                accepted.kind == "linked"
                    && accepted
                        .domains
                        .iter()
                        .any(|domain| scheme.leaks.contains(domain))
            });
            assert!(accepted, "{}: {text}", scheme.name);
            continue;
        }
        assert!(!scheme.links && scheme.p > 0.05, "{}: {text}", scheme.name);
        if !IS_QUICK {
            assert!(
                scheme.bound.is_some_and(|bound| bound < 0.01),
                "{}: {text}",
                scheme.name
            );
        }
    }
    let together = report
        .schemes
        .iter()
        .find(|scheme| scheme.name == "all together")
        .unwrap();
    assert_eq!(together.leaks.len(), policies.checked.len() - 2, "{text}");
    // What a broker may release is told, whoever passes.
    let metered: Vec<u64> = report
        .accepted
        .iter()
        .filter_map(|accepted| accepted.exposure)
        .collect();
    assert_eq!(metered, [12_000, 2_880, 1_440]);
    if !IS_QUICK {
        assert_eq!(report.outcome, Outcome::Unlinkable, "{text}");
        assert_eq!(report.sharpness, Some(0.001), "{text}");
    }
}

#[test]
fn the_default_policy_passes_the_swap_test_at_0_bits() {
    let policies = Policies::load().unwrap();
    let capacity = audit::capacity(&policies.checked[0]).unwrap();
    assert_eq!(capacity.domain, "default");
    assert!(capacity.passes_swap_test);
    assert_eq!(capacity.bits_a_row, 0.0);
}

/// Digests of numbers from anywhere in the French mobile plan are turned back, though nobody has a register of them. Without
/// optimisation from a part of it, where they are met early.
#[test]
fn telephone_numbers_are_turned_back_by_counting_through_the_plan() {
    let rng = &mut ChaCha8Rng::seed_from_u64(7);
    let digests: Vec<String> = (0..500)
        .map(|_| {
            let number = match IS_QUICK {
                true => format!("063998{:04}", rng.random_range(0..10_000)),
                false => format!("0{}", rng.random_range(600_000_000_u32..800_000_000)),
            };
            data_encoding::HEXLOWER.encode(&Sha256::digest(number))
        })
        .collect();
    let limit = Duration::from_secs(if IS_QUICK { 120 } else { 240 });
    let phones = audit::invert_phone_digests(digests.iter().map(String::as_str), limit).unwrap();
    assert_eq!(
        (phones.reversed, phones.is_complete),
        (phones.digests, true)
    );
    assert_eq!(phones.spelling, Some("0NNNNNNNNN"));
}
