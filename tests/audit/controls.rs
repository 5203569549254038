//! Each control of an audit, seen to find what it must and not to find what it must not.

use paravent::{
    Schema,
    audit::{Audit, KnownBad, Leak, Origin, Outcome, Report, Table, report::SchemeKind},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use sha2::{Digest, Sha256};

use super::generator;

fn truth(rows: usize, seed: u64) -> Table {
    Table::from_records(generator::appointments(rows, seed)).unwrap()
}

fn audit(truth: Table, leaks: Vec<Leak>) -> Report {
    Audit::new(&Schema::appointment())
        .draw(truth, leaks)
        .permutations(199)
        .run()
        .unwrap()
}

/// A leak of random texts, which tells nothing.
fn nothing(rows: usize) -> Leak {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    let mut table = Table::new(["token"]).unwrap();
    for _ in 0..rows {
        let token = data_encoding::HEXLOWER.encode(&rng.random::<[u8; 20]>());
        table.push([Some(token.as_str())]).unwrap();
    }
    Leak::new("nothing", table)
}

/// A link in this share of the rows: the digest of an e-mail address beside the specialty, and digests of nobody's beside
/// a stranger's in all others.
fn planted(truth: &Table, share: f64) -> Leak {
    let rng = &mut ChaCha8Rng::seed_from_u64(11);
    let (email, specialty) = (
        truth.column("email").unwrap(),
        truth.column("specialty").unwrap(),
    );
    let mut order: Vec<usize> = (0..truth.rows()).collect();
    order.shuffle(rng);
    let mut left = (truth.rows() as f64 * share) as usize;
    let mut table = Table::new(["ref", "specialty"]).unwrap();
    for (at, &row) in order.iter().enumerate() {
        let (digest, of) = match email.get(row) {
            Some(email) if left > 0 => {
                left -= 1;
                (Sha256::digest(email).to_vec(), row)
            }
            _ => (
                rng.random::<[u8; 32]>().to_vec(),
                order[(at + 1) % order.len()],
            ),
        };
        table
            .push([
                Some(data_encoding::HEXLOWER.encode(&digest).as_str()),
                specialty.get(of),
            ])
            .unwrap();
    }
    Leak::new("planted", table)
}

#[test]
fn planted_links_are_found_down_to_a_thousandth_of_the_rows() {
    let truth = truth(6_128, 1);
    for share in [0.05, 0.01, 0.001] {
        let leak = planted(&truth, share);
        let report = audit(truth.clone(), vec![leak]);
        assert_eq!(report.outcome, Outcome::Links, "{share}: {report}");
        assert_eq!(
            report.schemes[0].worst.as_deref(),
            Some("unkeyed digests"),
            "{share}: {report}"
        );
    }
    let report = audit(truth.clone(), vec![planted(&truth, 0.0)]);
    assert!(!report.schemes[0].links, "{report}");
    assert_eq!(report.sharpness, Some(0.001));
}

#[test]
fn every_known_bad_scheme_is_broken_by_the_attack_that_is_meant_for_it() {
    let meant = [
        ("plain rows", "clear values"),
        ("unsalted digests", "unkeyed digests"),
        ("deterministic encryption", "frequency"),
        ("order-preserving values", "frequency"),
        ("encryption without padding", "shape"),
        ("a stable pseudonym with dates", "known dates"),
        ("an id that two connectors share", "joins"),
    ];
    assert_eq!(meant.len(), KnownBad::ALL.len());
    let truth = truth(3_000, 2);
    let rows = truth.rows();
    let report = audit(truth, vec![nothing(rows)]);
    for (name, worst) in meant {
        let scheme = report
            .schemes
            .iter()
            .find(|scheme| scheme.name == name)
            .unwrap();
        assert_eq!(scheme.kind, SchemeKind::KnownBad);
        assert!(scheme.links && scheme.gain > 0.3, "{name}: {report}");
        assert_eq!(scheme.worst.as_deref(), Some(worst), "{name}: {report}");
        assert!(scheme.outed > scheme.outed_by_chance, "{name}: {report}");
    }
    assert!(
        report.controls.iter().all(|control| control.passed),
        "{report}"
    );
    assert!(!report.schemes[0].links, "{report}");
}

/// Known-bad schemes as the leak itself, which is never called unlinkable.
#[test]
fn known_bad_schemes_link_when_they_are_audited() {
    let truth = truth(2_000, 3);
    for scheme in KnownBad::ALL {
        let leaks = scheme.leaks(&Schema::appointment(), &truth, 3).unwrap();
        let audit = Audit::new(&Schema::appointment())
            .draw(truth.clone(), leaks)
            .permutations(99)
            .known_dates(2);
        let report = audit.run().unwrap();
        assert_eq!(
            report.outcome,
            Outcome::Links,
            "{}: {report}",
            scheme.name()
        );
    }
}

#[test]
fn random_bytes_and_permuted_truth_give_nothing() {
    let truth = truth(3_000, 4);
    let rows = truth.rows();
    let report = audit(truth.clone(), vec![nothing(rows)]);
    for name in ["random bytes tell nothing", "permuted truth tells nothing"] {
        let control = report
            .controls
            .iter()
            .find(|control| control.name == name)
            .unwrap();
        assert!(control.passed, "{report}");
    }
    // Every column of everybody, each in an order of its own: no row is anybody's.
    let rng = &mut ChaCha8Rng::seed_from_u64(6);
    let names: Vec<&str> = truth
        .columns()
        .iter()
        .map(paravent::audit::Column::name)
        .collect();
    let mut mixed = Table::new(names.iter().copied()).unwrap();
    let orders: Vec<Vec<usize>> = names
        .iter()
        .map(|_| {
            let mut order: Vec<usize> = (0..rows).collect();
            order.shuffle(rng);
            order
        })
        .collect();
    for row in 0..rows {
        let cells: Vec<Option<&str>> = truth
            .columns()
            .iter()
            .zip(&orders)
            .map(|(column, order)| column.get(order[row]))
            .collect();
        mixed.push(cells).unwrap();
    }
    let report = audit(truth, vec![Leak::new("mixed", mixed)]);
    assert!(report.schemes[0].p > 0.05, "{report}");
}

/// A run whose controls fail is blind, whatever it found: here the truth has two specialties, and everybody saw both, so that
/// nothing could be planted that would be news.
#[test]
fn a_failed_control_makes_the_run_blind() {
    let mut truth = Table::new(["last_name", "specialty"]).unwrap();
    for person in 0..600 {
        for specialty in ["Dermatologie", "Cardiologie"] {
            truth
                .push([Some(format!("Martin-{person}").as_str()), Some(specialty)])
                .unwrap();
        }
    }
    let rows = truth.rows();
    let report = audit(truth, vec![nothing(rows)]);
    let notes = report.notes.join("\n");
    assert!(notes.contains("guessed rightly without a row"), "{notes}");
    assert_eq!(report.outcome, Outcome::Blind, "{report}");
    assert_eq!(report.sharpness, None);
}

#[test]
fn the_same_seed_gives_the_same_report() {
    let truth = truth(800, 8);
    let run = || {
        let leak = Leak::new("clear", truth.clone())
            .with_origin(Origin::Rows((0..truth.rows()).collect()));
        serde_json::to_string(&audit(truth.clone(), vec![leak])).unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn too_few_rows_are_said_to_be_too_few() {
    // Of one or two rows all may have come for the same, which is an error.
    for rows in [1, 2] {
        let audit = Audit::new(&Schema::appointment()).draw(truth(rows, 9), vec![nothing(rows)]);
        match audit.permutations(99).run() {
            Ok(report) => assert!(matches!(report.outcome, Outcome::TooFew { .. }), "{report}"),
            Err(error) => assert!(error.to_string().contains("has one value"), "{error}"),
        }
    }
    for rows in [40, 150] {
        let truth = truth(rows, 9);
        let report = audit(truth.clone(), vec![nothing(rows)]);
        match report.outcome {
            Outcome::TooFew { rows: needed } => assert!(needed > rows as u64, "{report}"),
            other => panic!("{rows} rows: {other:?}"),
        }
        assert!(
            report.schemes[0].bound.is_none_or(|bound| bound >= 0.01),
            "{report}"
        );
    }
}

/// A byte of many goes with the specialty, and there is no other draw to learn from: half of the people teach what the others came for.
#[test]
fn a_plain_byte_among_random_ones_is_found_in_a_single_draw() {
    let truth = truth(3_000, 10);
    let leak = |meant: bool| {
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let names = ["last_name", "first_name", "email"];
        let mut table = Table::new(names.into_iter().chain(["token"])).unwrap();
        for row in 0..truth.rows() {
            let mut bytes = rng.random::<[u8; 20]>();
            if meant {
                let specialty = truth.column("specialty").unwrap().get(row).unwrap();
                bytes[7] = specialty.as_bytes()[3];
            }
            let token = data_encoding::HEXLOWER.encode(&bytes);
            let cells = names.map(|name| truth.column(name).unwrap().get(row));
            table
                .push(cells.into_iter().chain([Some(&*token)]).collect::<Vec<_>>())
                .unwrap();
        }
        Leak::new("token", table).with_origin(Origin::Rows((0..truth.rows()).collect()))
    };
    let report = audit(truth.clone(), vec![leak(true)]);
    assert_eq!(report.outcome, Outcome::Links, "{report}");
    let scheme = &report.schemes[0];
    assert_eq!(scheme.worst.as_deref(), Some("trained classifier"));
    assert!(scheme.gain > 0.2, "{report}");
    let report = audit(truth.clone(), vec![leak(false)]);
    assert!(!report.schemes[0].links, "{report}");
}
