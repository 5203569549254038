//! The check against possible worlds: `worlds.py` decides from `docs/linkage.md` alone whether a leak links in a small
//! world, and the check of policies has to agree, on every policy of one domain and on sampled sets of several.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod small;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    process::{Command, Stdio},
};

use paravent::{Date, Finding, FindingKind, Policy, PolicySet, Schema, Step};
use rand::{RngExt, SeedableRng, rngs::ChaCha12Rng};
use serde::Deserialize;
use serde_json::Value;
use small::{Form, Gets, World};

const TODAY: Date = Date::constant(2026, 11, 24);

/// How many sets of two and three domains are drawn.
const SETS: usize = 20_000;

struct Case {
    id: String,
    world: usize,
    domains: Vec<Gets>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    links: BTreeMap<String, bool>,
    #[serde(default)]
    witness: Value,
}

#[test]
fn every_policy_of_one_domain() {
    let worlds = small::worlds();
    let mut cases = Vec::new();
    for (number, world) in worlds.iter().enumerate() {
        for forms in world.all_forms() {
            cases.push(Case {
                id: format!("{}-{}", world.name, cases.len()),
                world: number,
                domains: vec![Gets {
                    name: "a".to_owned(),
                    forms,
                    shares: Vec::new(),
                }],
            });
        }
    }
    assert_eq!(cases.len(), worlds.len() * 256);
    let [linked, free] = compare(&worlds, &cases);
    assert!(linked > 300 && free > 300, "{linked} link, {free} do not");
}

#[test]
fn sampled_sets_of_two_and_three_domains() {
    let worlds = small::worlds();
    let mut random = ChaCha12Rng::seed_from_u64(20_200_723);
    let cases: Vec<Case> = (0..SETS)
        .map(|number| {
            let world = random.random_range(0..worlds.len());
            let domains = ["a", "b", "c"][..random.random_range(2..=3)]
                .iter()
                .map(|name| Gets {
                    name: (*name).to_owned(),
                    forms: worlds[world]
                        .fields
                        .iter()
                        .map(|_| form(&mut random))
                        .collect(),
                    shares: shares(&mut random),
                })
                .collect();
            Case {
                id: format!("{}-{number}", worlds[world].name),
                world,
                domains,
            }
        })
        .collect();
    let [linked, free] = compare(&worlds, &cases);
    assert!(
        linked > 2_000 && free > 2_000,
        "{linked} link, {free} do not"
    );
}

/// Most fields are sealed: where much is shown, everything links.
fn form(random: &mut ChaCha12Rng) -> Form {
    match random.random_range(0..10) {
        0..6 => Form::Sealed,
        6..8 => Form::Keep,
        8 => Form::Coarse,
        _ => Form::Pseudonym,
    }
}

fn shares(random: &mut ChaCha12Rng) -> Vec<&'static str> {
    match random.random_range(0..12) {
        0 => vec!["record-id"],
        1 => vec!["order"],
        _ => Vec::new(),
    }
}

/// Fails where check and worlds disagree. Returns how many subsets link and how many do not.
fn compare(worlds: &[World], cases: &[Case]) -> [usize; 2] {
    let answers = ask(worlds, cases);
    let schemas: Vec<Schema> = worlds.iter().map(World::schema).collect();
    let mut counts = [0; 2];
    let mut disagreements = Vec::new();
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(case.id, answer.id);
        let policies = case.domains.iter().map(|gets| {
            let text = worlds[case.world].policy(gets);
            Policy::from_toml(&text, &schemas[case.world]).unwrap()
        });
        let report = PolicySet::new(policies).report(TODAY);
        let sets: Vec<BTreeSet<&str>> = report
            .findings()
            .iter()
            .filter(|finding| tells_value(finding))
            .map(|finding| {
                finding
                    .domains()
                    .iter()
                    .map(|domain| domain.as_str())
                    .collect()
            })
            .collect();
        for (subset, &links) in &answer.links {
            let names: BTreeSet<&str> = subset.split(',').collect();
            let refused = sets.iter().any(|set| set.is_subset(&names));
            counts[usize::from(!links)] += 1;
            if refused != links {
                let world = &worlds[case.world];
                let policies: Vec<String> =
                    case.domains.iter().map(|gets| world.policy(gets)).collect();
                let findings: Vec<String> =
                    report.findings().iter().map(Finding::to_string).collect();
                disagreements.push(format!(
                    "{} {subset}: the check {}, worlds {}\n{}\n{}\nwitness {}",
                    case.id,
                    if refused { "refuses" } else { "accepts" },
                    if links { "link" } else { "do not link" },
                    policies.join("\n"),
                    findings.join("\n"),
                    answer.witness[subset],
                ));
            }
        }
    }
    let shown = disagreements
        .iter()
        .take(5)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n\n");
    assert!(
        disagreements.is_empty(),
        "{} disagreements\n{shown}",
        disagreements.len()
    );
    counts
}

/// Whether an identity stands next to a value: of few values the worlds say nothing.
fn tells_value(finding: &Finding) -> bool {
    let kind = matches!(finding.kind(), FindingKind::Linked | FindingKind::Colluding);
    kind && !matches!(
        finding.chain().steps().last(),
        Some(Step::Few { .. } | Step::Tenancy { .. })
    )
}

fn ask(worlds: &[World], cases: &[Case]) -> Vec<Answer> {
    let input: String = cases
        .iter()
        .map(|case| worlds[case.world].case(&case.id, &case.domains).to_string() + "\n")
        .collect();
    let mut python = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/oracle/worlds.py"
        ))
        .arg("--witness")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle needs python3");
    let mut stdin = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers: Vec<Answer> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), cases.len());
    answers
}
