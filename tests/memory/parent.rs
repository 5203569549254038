//! The parent: starts the child, looks through it after each step, and knows what a step may show, and where.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use data_encoding::HEXLOWER;
use libtest_mimic::{Arguments, Trial};
use paravent::{Epoch, Generation, Passphrase, test_kit};

use crate::{
    MASK,
    scan::{Findings, Region, scan},
    secrets::{Secrets, key_expansion_is_that_of_the_standard},
};

/// What lives in the heap as long as a keyring, grant, protector or revealer.
const KEPT: &[&str] = &[
    "root",
    "Kdomain",
    "Kseal",
    "schedule of Kseal",
    "K1",
    "Luse",
    "HMAC states of Luse",
    "subject key",
];

/// What sealing and opening leave on the stack of their thread, below the frame that called, until other calls write over
/// it or the key is dropped near that frame. The list is to shrink: whatever else is found fails the test.
///
/// Wiping 8 KiB after each call would clear all of it, and cost a few percent of the call.
const LEFT_BY_CALLS: &[&str] = &[
    // At each visit `aes` copies all round keys, the first two of which are the key, into four lanes each.
    "Kseal",
    "schedule of Kseal",
    "Kseal of a subject",
    "schedule of a subject's Kseal",
    // The same; and the schedule is moved to its place from where it is computed.
    "Kx",
    "schedule of Kx",
    // `ghash` and `polyval` move H as they begin.
    "GCM's H",
    // Blocks are moved as they are encrypted.
    "GCM's keystream",
    // `hmac` copies its keyed states for each message; it depends on the build whether sealing writes over them.
    "HMAC states of Luse",
];

/// What vector registers hold besides after a call. The dynamic linker saves them on the stack, where a function of another
/// library is called for the first time.
const LEFT_IN_REGISTERS: &[&str] = &["clear value", "K1"];

/// Steps that seal or open.
const CALLS: &[&str] = &[
    "protect",
    "in Serialize",
    "reveal",
    "reveal by grant",
    "protect again",
    "inside Deserialize",
    "in Deserialize",
    "protect_row",
    "reveal_row",
    "reveal_cell",
    "protect for a subject",
    "reveal for a subject",
    "tampered row",
    "tampered cell",
    "errors after calls",
    "failing Deserialize",
    "panic in Deserialize",
    "a thread lives on",
    "protect_batch",
    "protect over paint",
    "failing Serialize over paint",
    "protect over paint after a panic",
    "reveal over paint after a panic",
    "row over paint",
];

/// Steps after which no key is there.
const DROPPED: &[&str] = &[
    "nothing",
    "drop",
    "a life",
    "a life with errors",
    "a life with a panic",
    "a thread lives on",
    "protect_batch",
    "forgotten keyring",
];

pub(crate) fn run() {
    let tests: &[(&str, fn())] = &[
        (
            "key_expansion_is_that_of_the_standard",
            key_expansion_is_that_of_the_standard,
        ),
        (
            "keys_are_in_the_heap_while_they_live_and_nowhere_after",
            keys,
        ),
        (
            "clear_values_are_in_the_heap_during_a_call_and_nowhere_after",
            calls,
        ),
        (
            "keys_of_a_subject_are_nowhere_after_a_call_but_on_its_stack",
            subject,
        ),
        ("errors_leave_no_more_than_success", || {
            check(&Seen::of("errors"), &[])
        }),
        ("panics_leave_no_more_than_success", || {
            check(&Seen::of("panics"), &[])
        }),
        ("threads_keep_nothing", || check(&Seen::of("threads"), &[])),
        ("threads_of_a_pool_keep_nothing", || {
            check(&Seen::of("pool"), &[])
        }),
        ("key_files_leave_nothing", key_file),
        ("generated_roots_are_in_the_heap_alone", generated),
        ("nothing_is_anywhere_after_a_life", || {
            check(&Seen::of("lives"), &[])
        }),
        (
            "what_stood_on_the_stack_before_a_call_is_not_in_the_heap_after",
            painted,
        ),
        ("registers_hold_what_calls_computed_with", registers),
        ("what_is_left_is_found", leaks),
    ];
    let trial = |&(name, test): &(&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit()
}

fn keys() {
    let seen = Seen::of("keys");
    check(&seen, &[]);
    seen.holds("Keyring", &["root"]);
    seen.holds("Grant", &["root", "Kdomain"]);
    // Where AES is computed without a unit for it, the schedule has another form, which this test does not know.
    seen.holds(
        "Protector::new",
        &["Kseal", "schedule of Kseal", "K1", "HMAC states of Luse"],
    );
}

fn calls() {
    let seen = Seen::of("calls");
    check(&seen, &[]);
    seen.holds("inside Serialize", &["clear value"]);
    seen.holds("inside Deserialize", &["clear value"]);
}

fn subject() {
    let seen = Seen::of("subject");
    check(&seen, &[]);
    seen.holds("reveal for a subject", &["Kdomain", "Luse", "subject key"]);
}

fn key_file() {
    let seen = Seen::of("key file");
    check(&seen, &["passphrase"]);
    seen.holds("from_key_file", &["passphrase", "root"]);
    seen.holds("Grant::from_key_file", &["Kdomain"]);
}

fn generated() {
    let seen = Seen::of("generated");
    check(&seen, &[]);
    // Four: two epochs, a generation, and that of the log.
    seen.holds("generate", &["root"]);
    assert_eq!(seen.at("generate")[&(Region::Heap, "root")].bytes, 4 * 32);
}

/// What variants leave unused is what stood on the stack: here a secret of its own, so that it shows wherever frames are,
/// while what calls leave there lies in the place of such bytes under some addresses of the stack and not under others.
fn painted() {
    let seen = Seen::of("painted");
    check(&seen, &[]);
    for (step, findings) in &seen.steps {
        let paint = findings.get(&(Region::Below, "paint"));
        assert!(paint.is_some_and(|found| found.whole), "{step}: no paint");
    }
}

/// Without looking up every function at the start, as all others do.
fn registers() {
    for scenario in ["panics", "threads"] {
        let seen = Seen::lazily(scenario);
        for (step, findings) in &seen.steps {
            for &(region, group) in findings.keys() {
                let known = match region {
                    Region::Heap => may_be_in_heap(step, group),
                    Region::Data => false,
                    Region::Frames | Region::Below => {
                        LEFT_BY_CALLS.contains(&group) || LEFT_IN_REGISTERS.contains(&group)
                    }
                };
                assert!(known, "{step}: {group} in {region:?}");
            }
        }
    }
}

fn leaks() {
    let seen = Seen::of("leaks");
    let unknown = unknown(&seen, &[]);
    for left in [
        ("forgotten keyring", Region::Heap, "root"),
        ("kept record", Region::Heap, "clear value"),
        ("static", Region::Data, "subject key"),
        ("stack", Region::Below, "root"),
        ("frame", Region::Frames, "root"),
    ] {
        assert!(unknown.contains(&left), "{left:?} was not found");
    }
}

/// Checks each step: keys in the heap while they live, known remains on the stack after calls, nothing else anywhere.
fn check(seen: &Seen, callers_own: &[&str]) {
    let unknown = unknown(seen, callers_own);
    let told: Vec<String> = unknown.iter().map(|left| format!("{left:?}")).collect();
    assert!(unknown.is_empty(), "{}", told.join("\n"));
}

/// Step, region and group of what should not be there.
fn unknown<'a>(seen: &'a Seen, callers_own: &[&str]) -> Vec<(&'a str, Region, &'static str)> {
    let is_known = |step: &str, region, group| match region {
        Region::Heap if step != "drop" && callers_own.contains(&group) => true,
        Region::Heap => may_be_in_heap(step, group),
        // Nobody's: the child covers its stack with it.
        Region::Below if group == "paint" => true,
        Region::Below => CALLS.contains(&step) && LEFT_BY_CALLS.contains(&group),
        Region::Data | Region::Frames => false,
    };
    let found = seen.steps.iter().flat_map(|(step, findings)| {
        findings
            .keys()
            .map(|&(region, group)| (step.as_str(), region, group))
    });
    found
        .filter(|&(step, region, group)| !is_known(step, region, group))
        .collect()
}

fn may_be_in_heap(step: &str, group: &str) -> bool {
    if group == "clear value" {
        return step.starts_with("inside ");
    }
    !DROPPED.contains(&step) && KEPT.contains(&group)
}

/// What a child showed at each of its steps, in their order.
struct Seen {
    steps: Vec<(String, Findings)>,
}

impl Seen {
    fn of(scenario: &str) -> Self {
        Self::observe(scenario, &[("LD_BIND_NOW", "1")])
    }

    fn lazily(scenario: &str) -> Self {
        Self::observe(scenario, &[])
    }

    fn at(&self, step: &str) -> &Findings {
        let found = self.steps.iter().rev().find(|(name, _)| name == step);
        &found
            .unwrap_or_else(|| panic!("there is no step {step:?}"))
            .1
    }

    /// Checks that each of these is in the heap from end to end.
    fn holds(&self, step: &str, groups: &[&'static str]) {
        for &group in groups {
            let found = self.at(step).get(&(Region::Heap, group));
            assert!(
                found.is_some_and(|found| found.whole),
                "{step}: {group} is not in the heap"
            );
        }
    }

    fn observe(scenario: &str, environment: &[(&str, &str)]) -> Self {
        let mut secrets = Secrets::new();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--child", scenario])
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let passphrase = secrets.passphrase("passphrase");
        secrets.passphrase("wrong passphrase");
        if scenario == "key file" {
            let text = key_file_of(&secrets, &passphrase);
            secrets.key_file(&text, &passphrase);
            writeln!(to, "key file={}", text.trim_end()).unwrap();
        }
        for (name, clear) in &secrets.plan {
            let masked: Vec<u8> = clear.iter().map(|byte| byte ^ MASK).collect();
            writeln!(to, "{name}={}", HEXLOWER.encode(&masked)).unwrap();
        }
        writeln!(to).unwrap();

        let mut steps = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (word, rest) = line.split_once(' ').unwrap();
            match word {
                "row" => secrets.row(&HEXLOWER.decode(rest.as_bytes()).unwrap()),
                "file" => secrets.key_file(rest, &passphrase),
                "ready" => {
                    let (frames, step) = rest.split_once(' ').unwrap();
                    let frames: Vec<usize> = frames
                        .split(',')
                        .filter_map(|frame| frame.parse().ok())
                        .collect();
                    let findings = scan(child.id(), &frames, &secrets.needles);
                    show(scenario, step, &findings);
                    steps.push((step.to_owned(), findings));
                    writeln!(to, "go on").unwrap();
                }
                _ => panic!("{line}"),
            }
        }
        assert!(
            child.wait().unwrap().success(),
            "{scenario}: the child failed"
        );
        assert!(!steps.is_empty());
        Self { steps }
    }
}

/// Prints what was found, for `--show-output`.
fn show(scenario: &str, step: &str, findings: &Findings) {
    if env::args().all(|word| word != "--show-output") {
        return;
    }
    println!("{scenario}, {step}");
    for ((region, group), found) in findings {
        let extent = if found.whole { "whole" } else { "in part" };
        println!(
            "    {region:?}: {group}, {} bytes, {extent}, depth {}",
            found.bytes, found.depth
        );
    }
}

fn key_file_of(secrets: &Secrets, passphrase: &str) -> String {
    let root = |name| secrets.plan[name].as_slice().try_into().unwrap();
    test_kit::keyring_from(
        Epoch::FIRST,
        root("root"),
        Generation::FIRST,
        root("linkage root"),
    )
    .to_key_file(&Passphrase::new(passphrase).unwrap())
    .unwrap()
}
