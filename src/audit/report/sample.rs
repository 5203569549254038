//! Made-up reports for tests.

use super::{
    AcceptedFinding, Attack, Capacity, ClassFigures, Control, Exposed, Outcome, Report, Scheme,
    SchemeKind, ShownColumn,
};

/// A report with some of everything, with names that a page must escape.
pub(super) fn report(outcome: Outcome) -> Report {
    let links = outcome == Outcome::Links;
    Report {
        outcome,
        version: "0.1.0".to_owned(),
        seed: 7,
        permutations: 999,
        level: 0.05,
        command: Some("paravent audit --seed 7".to_owned()),
        target: "specialty".to_owned(),
        draws: 20,
        rows: 122_560,
        people: 6128,
        baseline: 0.183,
        sharpness: Some(0.001),
        schemes: vec![
            scheme("sms-reminders", SchemeKind::Leak, links, false),
            scheme(
                "statistics & <b>more</b>",
                SchemeKind::Coalition,
                false,
                false,
            ),
            scheme("practice-software", SchemeKind::Leak, true, true),
            scheme("unsalted digests", SchemeKind::KnownBad, true, false),
        ],
        attacks: vec![attack(0), attack(1)],
        exposed: vec![Exposed {
            leak: "sms-reminders".to_owned(),
            draw: 3,
            row: 4711,
            family: "joins".to_owned(),
            bits: 4.25,
        }],
        reversed: Vec::new(),
        shown: vec![ShownColumn {
            leak: "sms-reminders".to_owned(),
            column: "<script>alert(1)</script>".to_owned(),
            what: "age, bands 0, 18, 65".to_owned(),
            different: 3,
            nulls: 0,
            most_frequent: 3000,
            lengths: 1,
        }],
        classes: vec![ClassFigures {
            leak: "sms-reminders".to_owned(),
            quasi_identifiers: vec!["sex".to_owned(), "age\" onload=\"x".to_owned()],
            sensitive: "specialty".to_owned(),
            classes: 12,
            unique: 2,
            k: 1,
            sizes: vec![(1, 2), (10, 4), (10_000, 6)],
            l: 1,
            t: 0.416_592,
            delta: f64::INFINITY,
            beta: 5.375_278,
        }],
        capacities: vec![Capacity {
            domain: "sms-reminders".to_owned(),
            passes_swap_test: true,
            bits_a_row: 0.0,
            rows: None,
        }],
        controls: vec![Control {
            name: "attacks on SHA-256 of telephone numbers succeed".to_owned(),
            found: "98 of 100 found".to_owned(),
            passed: outcome != Outcome::Blind,
        }],
        accepted: vec![AcceptedFinding {
            domains: vec!["support-desk".to_owned()],
            kind: "metered".to_owned(),
            chain: "phone (release) ─ same row ─ practitioner".to_owned(),
            exposure: Some(40),
            reason: "Somebody calls".to_owned(),
            owner: "dpo@example.org".to_owned(),
            until: "2027-06-30".to_owned(),
        }],
        notes: vec![],
    }
}

/// A report of a leak whose true rows nobody has.
pub(super) fn unscored() -> Report {
    let mut report = report(Outcome::Unscored);
    report.draws = 0;
    report.people = 0;
    report.permutations = 0;
    report.rows = 120;
    report.sharpness = None;
    report.schemes.clear();
    report.attacks.clear();
    report.exposed.clear();
    report.controls.clear();
    report.accepted.clear();
    report
}

/// 60 schemes and 500 attacks.
pub(super) fn large() -> Report {
    let mut report = report(Outcome::Links);
    report.schemes = (0..50)
        .map(|n| scheme(&format!("leak-{n}"), SchemeKind::Leak, n == 49, false))
        .collect();
    report
        .schemes
        .extend((0..10).map(|n| scheme(&format!("bad-{n}"), SchemeKind::KnownBad, true, false)));
    report.attacks = (0..500).map(attack).collect();
    report.notes = (0..30).map(|n| format!("note {n}")).collect();
    report
}

fn scheme(name: &str, kind: SchemeKind, links: bool, may_link: bool) -> Scheme {
    Scheme {
        name: name.to_owned(),
        kind,
        leaks: vec![name.to_owned()],
        may_link,
        people: 6128,
        outed: if links { 512 } else { 3 },
        outed_by_chance: 5,
        gain: if links { 0.913 } else { -0.0012 },
        p: if links { 0.001 } else { 0.62 },
        bound: (!links).then_some(0.0061),
        worst: Some("clear values".to_owned()),
        links,
    }
}

fn attack(number: u32) -> Attack {
    Attack {
        family: "joins".to_owned(),
        how: format!("way {number} by <age>"),
        leaks: vec!["sms-reminders".to_owned(), "statistics".to_owned()],
        needs: "a register of people".to_owned(),
        claims: 1200,
        accuracy: 0.184,
        gain: 0.0012,
        p: 0.62,
        bound: if number == 0 { None } else { Some(0.0061) },
        outed: 3,
        outed_by_chance: 5,
        exposure: 1.5,
        log_score: -0.02,
    }
}
