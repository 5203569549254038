//! The policies under `examples/policies`, and the command of `examples/policy_check` that shows them.
//!
//! The chains of all that is refused are a snapshot in `tests/data/chains.txt`, and the page on the jobs is one in
//! `tests/data/policies.txt`.
//!
//! `PARAVENT_ACCEPT_CHAINS=1` writes both anew, and before that the `finding = "…"` lines of the jobs: the first acceptance in a
//! file gets the digest of the first finding that its policy has alone, and so on. That is right only where the findings
//! are still those that the reasons speak of, so read what changed of `policies.txt` before you commit it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../examples/policy_check/check/mod.rs"]
mod check;

use std::{collections::BTreeSet, env, fs, path::Path, process, sync::Once};

use check::Outcome;
use paravent::{Date, FindingKind, Policy, PolicySet, Schema};
use serde_json::Value;

const TODAY: Date = Date::constant(2026, 11, 24);

/// The jobs of connectors.
const JOBS: [&str; 11] = [
    "analytics-export",
    "billing",
    "calendar-feed",
    "hl7-feed",
    "no-show-model",
    "practice-software",
    "registry-check",
    "sms-reminders",
    "statistics",
    "support-desk",
    "video-consultation",
];

/// Files of `refused` that are checked together, and the one finding that they are refused with.
const REFUSED: [(&[&str], FindingKind); 8] = [
    (&["linked"], FindingKind::Linked),
    (&["path"], FindingKind::Linked),
    (&["homogeneous"], FindingKind::Homogeneous),
    (&["shaped"], FindingKind::Shaped),
    (&["narrow-index"], FindingKind::NarrowIndex),
    (&["blunt-index"], FindingKind::NarrowIndex),
    (&["metered"], FindingKind::Metered),
    (
        &["colluding-loyalty", "colluding-returns"],
        FindingKind::Colluding,
    ),
];

fn job(name: &str) -> String {
    static RENEWED: Once = Once::new();
    let path = |name: &str| format!("examples/policies/{name}.toml");
    if is_accepting() {
        RENEWED.call_once(|| JOBS.iter().for_each(|name| renew_acceptances(&path(name))));
    }
    path(name)
}

/// The domain of a job: one is named for those that it is for, and its file for what they speak.
fn domain(name: &str) -> &str {
    match name {
        "hl7-feed" => "practice-feed",
        name => name,
    }
}

fn is_accepting() -> bool {
    env::var_os("PARAVENT_ACCEPT_CHAINS").is_some()
}

/// Gives each acceptance of a policy the digest of the finding that stands in its place.
fn renew_acceptances(path: &str) {
    const KEY: &str = "finding = ";
    let text = fs::read_to_string(path).unwrap();
    let report = load(path).report(TODAY);
    let mut digests = report.findings().iter().map(|finding| finding.digest());
    let renewed: String = text
        .split_inclusive('\n')
        .map(|line| match line.starts_with(KEY).then(|| digests.next()) {
            None => line.to_owned(),
            Some(Some(digest)) => format!("{KEY}\"{digest}\"\n"),
            Some(None) => panic!("{path}: take out the acceptance of what is not found any more"),
        })
        .collect();
    assert_eq!(
        digests.next(),
        None,
        "{path}: accept what is found, or change the policy"
    );
    if renewed != text {
        // Other processes may be reading it.
        let new = format!("{path}.{}", process::id());
        fs::write(&new, renewed).unwrap();
        fs::rename(new, path).unwrap();
    }
}

fn refused(name: &str) -> String {
    format!("examples/policies/refused/{name}.toml")
}

fn jobs() -> Vec<String> {
    JOBS.map(job).to_vec()
}

fn load(path: &str) -> Policy {
    let text = fs::read_to_string(path).unwrap();
    let schema = if text.contains("schema = \"consultation\"") {
        Schema::from_toml(
            &fs::read_to_string("examples/policies/schemas/consultation.toml").unwrap(),
        )
        .unwrap()
    } else {
        Schema::appointment().for_policy(&text)
    };
    Policy::from_toml(&text, &schema).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the `.toml` files in a folder, sorted.
fn names(folder: &str) -> BTreeSet<String> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn run<S: AsRef<str>>(options: &[&str], files: &[S]) -> Outcome {
    run_in(options, files, false)
}

fn run_in<S: AsRef<str>>(options: &[&str], files: &[S], colour: bool) -> Outcome {
    let files = files.iter().map(|file| file.as_ref().into());
    check::run(options.iter().map(Into::into).chain(files), TODAY, colour)
}

/// A file with this text, for one test.
fn file(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn same_as_snapshot(path: &str, text: &str) {
    if is_accepting() {
        fs::write(path, text).unwrap();
    }
    let before = fs::read_to_string(path).unwrap();
    assert_eq!(
        text, before,
        "{path} changed: PARAVENT_ACCEPT_CHAINS=1 writes it anew"
    );
}

#[test]
fn each_file_has_its_test() {
    assert!(names("examples/policies").iter().eq(&JOBS));
    let tested: BTreeSet<String> = REFUSED
        .iter()
        .flat_map(|(files, _)| *files)
        .map(|file| (*file).to_owned())
        .collect();
    assert_eq!(names("examples/policies/refused"), tested);
}

#[test]
fn the_jobs_are_clean_together_and_each_alone() {
    let policies: Vec<Policy> = jobs().iter().map(|path| load(path)).collect();
    for (policy, name) in policies.iter().zip(JOBS) {
        assert_eq!(policy.domain().as_str(), domain(name));
        policy
            .check(TODAY)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let set = PolicySet::new(policies);
    set.check(TODAY).unwrap();
    for finding in set.report(TODAY).findings() {
        let accepted = finding.accepted().unwrap();
        assert_eq!(accepted.until(), Date::constant(2027, 6, 30));
    }
    // The day after the last acceptance ended, all of them are looked at again.
    let report = set.report(Date::constant(2027, 7, 1));
    assert_eq!(report.problems().count(), report.findings().len());
}

#[test]
fn each_refused_policy_has_its_one_finding() {
    let mut chains = String::new();
    for (files, kind) in REFUSED {
        let policies: Vec<Policy> = files.iter().map(|file| load(&refused(file))).collect();
        if let [_, _, ..] = policies[..] {
            for policy in &policies {
                policy.check(TODAY).unwrap();
            }
        }
        let set = PolicySet::new(policies);
        assert!(
            set.check(TODAY).is_err_and(|error| error.is_refused()),
            "{files:?}"
        );
        let report = set.report(TODAY);
        let [finding] = report.findings() else {
            panic!("{files:?}: {:?}", report.findings());
        };
        assert_eq!(finding.kind(), kind, "{files:?}");
        assert!(finding.accepted().is_none() && report.problems().next().is_none());
        chains.push_str(&format!("{}: {finding}\n", files.join(" + ")));
    }
    let kinds: BTreeSet<FindingKind> = REFUSED.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(
        kinds.len(),
        6,
        "each kind has a policy that is refused with it"
    );
    same_as_snapshot("tests/data/chains.txt", &chains);
}

#[test]
fn bands_of_age_end_the_collusion() {
    let text = fs::read_to_string(refused("colluding-returns")).unwrap();
    let bands = "[show.age]\nas = \"bands\"\nedges = [0, 18, 40, 65]";
    let coarser = text.replace("[show.age]\nas = \"keep\"", bands);
    assert_ne!(coarser, text);
    let files = [file("coarser.toml", &coarser), refused("colluding-loyalty")];
    assert_eq!(run(&[], &files).code, 0);
}

#[test]
fn the_page_on_the_jobs_is_known() {
    let outcome = run(&["--today", "2026-11-24"], &jobs());
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.complaints, "");
    same_as_snapshot("tests/data/policies.txt", &outcome.text);
}

#[test]
fn policies_of_two_schemas_have_a_table_each() {
    let page = run(&[], &[job("statistics"), job("hl7-feed")]).text;
    let (_, tables) = page.split_once("\n  schema appointment\n").unwrap();
    let (first, second) = tables.split_once("\n  schema scheduling\n").unwrap();
    assert!(first.contains("specialty") && !first.contains("practice-feed"));
    let (second, _) = second.split_once("statistics\n").unwrap();
    assert!(second.contains("appointment_") && second.contains("practice-feed"));
    assert!(!run(&[], &[job("statistics")]).text.contains("schema "));
}

#[test]
fn the_readme_quotes_the_page() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, section) = readme.split_once("\n## Check a policy\n").unwrap();
    let (_, quote) = section.split_once("```text\n").unwrap();
    let (quote, _) = quote.split_once("```\n").unwrap();
    let page = run(&["--today", "2026-11-24"], &jobs()).text;
    let mut lines = page.lines();
    for line in quote.lines().filter(|line| line.trim() != "…") {
        assert!(lines.any(|of_page| of_page == line), "{line}");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = run(&[], &jobs()).text;
    let coloured = run_in(&[], &jobs(), true).text;
    assert!(!plain.contains('\x1b') && coloured.contains('\x1b'));
    let mut parts = coloured.split('\x1b');
    let mut bare = parts.next().unwrap().to_owned();
    for part in parts {
        bare.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(bare, plain);
}

#[test]
fn a_page_keeps_to_its_width() {
    let field = |number: usize| {
        format!(
            "[[field]]\nname = \"a_field_with_a_name_{number}\"\nnumber = {number}\nscope = \"care\"\nwidth = 8\ntype = \"text\"\nclass = \"text\"\n"
        )
    };
    let fields: String = (1..=60).map(field).collect();
    let schema = file("wide-schema.toml", &format!("name = \"wide\"\n{fields}"));
    let show = "as = \"keep\"\nreason = \"all of it is looked at\"\n";
    let policy = format!(
        "domain = \"wide\"\nschema = \"wide\"\nrecord_id = \"unbound\"\n[show.a_field_with_a_name_7]\n{show}[show.a_field_with_a_name_60]\n{show}"
    );
    let wide = run(&["--schema", &schema], &[file("wide-policy.toml", &policy)]);
    assert_eq!(wide.code, 0, "{}", wide.complaints);
    for number in 1..=60 {
        assert!(wide.text.contains(&format!("{number}")), "{}", wide.text);
    }
    let refused: Vec<Outcome> = REFUSED
        .iter()
        .filter(|(files, _)| *files != ["shaped"])
        .map(|(files, _)| {
            run(
                &[],
                &files.iter().map(|file| refused(file)).collect::<Vec<_>>(),
            )
        })
        .collect();
    for outcome in refused.iter().chain([&wide, &run(&[], &jobs())]) {
        for line in outcome.text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
            assert!(!line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn the_exit_code_tells_a_refusal() {
    for (files, kind) in REFUSED {
        let schema: &[&str] = match files {
            ["shaped"] => &["--schema", "examples/policies/schemas/consultation.toml"],
            _ => &[],
        };
        let paths: Vec<String> = files.iter().map(|file| refused(file)).collect();
        let outcome = run(schema, &paths);
        assert_eq!(outcome.code, 1, "{files:?}");
        assert!(
            outcome
                .text
                .contains(&format!("\nRefused\n  {}: ", kind.name()))
        );
    }
}

#[test]
fn a_refused_finding_is_accepted_as_the_page_says() {
    for (files, _) in REFUSED.iter().filter(|(files, _)| *files != ["shaped"]) {
        let mut paths: Vec<String> = files.iter().map(|file| refused(file)).collect();
        let page = run(&[], &paths).text;
        let lines = page.lines().skip_while(|line| line.trim() != "[[accept]]");
        let accept: String = lines
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect();
        let text = format!(
            "{}\n{accept}reason = \"a test\"\nowner = \"a tester\"\nuntil = \"2026-11-24\"\n",
            fs::read_to_string(&paths[0]).unwrap()
        );
        paths[0] = file(&format!("accepted-{}.toml", files[0]), &text);
        let outcome = run(&[], &paths);
        assert_eq!(outcome.code, 0, "{}{}", outcome.text, outcome.complaints);

        let outcome = run(&["--today", "2026-11-25"], &paths);
        assert_eq!(outcome.code, 1);
        let line = text.lines().position(|line| line == "[[accept]]").unwrap() + 1;
        let problem = format!(
            "accepted-{}.toml: line {line}: an acceptance of domain",
            files[0]
        );
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&outcome.text).contains(&problem), "{}", outcome.text);
        let outcome = run(&["--format", "json", "--today", "2026-11-25"], &paths);
        assert_eq!(outcome.code, 1);
        assert!(
            outcome.complaints.contains(&problem),
            "{}",
            outcome.complaints
        );
    }
}

#[test]
fn a_file_that_does_not_load_is_named_with_its_line() {
    let cut = file("cut.toml", "domain = \"cut\"\nschema = \"appointment\"\n");
    let typing = file(
        "typing.toml",
        "domain = \"typing\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n[show.praktitioner]\nas = \"redact\"\n",
    );
    let absent = file("absent.toml", "");
    fs::remove_file(&absent).unwrap();
    let outcome = run(
        &[],
        &[
            job("statistics"),
            cut.clone(),
            typing.clone(),
            absent.clone(),
        ],
    );
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.text, "");
    let errors: Vec<&str> = outcome.complaints.lines().collect();
    let [first, second, third] = errors[..] else {
        panic!("{errors:?}");
    };
    assert!(
        first.starts_with(&format!("policy_check: {cut}: ")),
        "{first}"
    );
    assert!(
        second.starts_with(&format!("policy_check: {typing}: line 4: ")),
        "{second}"
    );
    assert!(
        second.contains("did you mean \"practitioner\"?"),
        "{second}"
    );
    assert!(
        third.starts_with(&format!("policy_check: {absent}: ")),
        "{third}"
    );

    let outcome = run(&["--schema", &absent], &jobs());
    assert_eq!(outcome.code, 2);
    assert!(outcome.complaints.contains(&absent));
}

#[test]
fn bad_arguments_are_refused() {
    let job = job("statistics");
    let bad: [(&[&str], &str); 9] = [
        (&[], "there is no policy to check"),
        (&["--"], "there is no policy to check"),
        (&["--colour", &job], "there is no option --colour"),
        (&["-x", &job], "there is no option -x"),
        (&[&job, "--format"], "--format has no value"),
        (
            &["--format", "xml", &job],
            "--format is text or json, not \"xml\"",
        ),
        (
            &["--today=tomorrow", &job],
            "--today is a date like 2026-11-24, not \"tomorrow\"",
        ),
        (
            &["--today=2026-11-24T10:00", &job],
            "--today is a date like 2026-11-24",
        ),
        (
            &["--diff", "examples/breach/data", &job],
            "examples/breach/data: there is no policy",
        ),
    ];
    for (arguments, message) in bad {
        let outcome = run::<&str>(arguments, &[]);
        assert_eq!((outcome.code, &*outcome.text), (2, ""), "{arguments:?}");
        let expected = format!("policy_check: {message}");
        assert!(
            outcome.complaints.starts_with(&expected),
            "{}",
            outcome.complaints
        );
    }
    let help = run::<&str>(&["--help"], &[]);
    assert_eq!(help.code, 0);
    for option in ["--schema", "--format", "--today", "--diff"] {
        assert!(help.text.contains(option));
    }
}

#[test]
fn the_report_is_json_for_machines() {
    let outcome = run(&["--format=json"], &jobs());
    assert_eq!((outcome.code, &*outcome.complaints), (0, ""));
    let report: Value = serde_json::from_str(&outcome.text).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&report),
        ["fields", "findings", "policies", "problems"]
    );
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    let fields = report["fields"].as_array().unwrap();
    // Ten policies of nine fields, and one of twenty-six.
    assert_eq!(fields.len(), 10 * 9 + 26);
    assert_eq!(
        keys(&fields[0]),
        [
            "bits",
            "domain",
            "field",
            "known",
            "opened",
            "released",
            "rendered",
            "shown",
            "stand_ins",
            "two_persons"
        ]
    );
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        assert_eq!(
            keys(finding),
            [
                "accepted", "chain", "digest", "domains", "exposure", "kind", "parties", "tells"
            ]
        );
        assert_eq!(keys(&finding["accepted"]), ["owner", "reason", "until"]);
        assert_eq!(finding["accepted"]["until"], "2027-06-30");
        assert_eq!(finding["digest"].as_str().unwrap().len(), 64);
    }
    assert_eq!(
        keys(&report["policies"][0]),
        ["digest", "domain", "goes_to", "schema", "schema_digest"]
    );

    let outcome = run(&["--format=json", "--today=2027-07-01"], &jobs());
    assert_eq!(outcome.code, 1);
    let report: Value = serde_json::from_str(&outcome.text).unwrap();
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), report["findings"].as_array().unwrap().len());
    assert_eq!(outcome.complaints.lines().count(), problems.len());
    for problem in problems {
        assert_eq!(keys(problem), ["domain", "line", "message"]);
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains("ended on 2027-06-30"), "{message}");
        let name = problem["domain"].as_str().unwrap();
        let text = fs::read_to_string(job(name)).unwrap();
        let line = usize::try_from(problem["line"].as_u64().unwrap()).unwrap();
        assert_eq!(text.lines().nth(line - 1), Some("[[accept]]"), "{name}");
    }
}

#[test]
fn a_change_says_what_it_gives() {
    let same = run(&["--diff", "examples/policies"], &jobs());
    assert_eq!(same.code, 0);
    assert_eq!(
        same.text,
        "The change gives 0 things that were not given before\n"
    );

    let text = fs::read_to_string(job("statistics")).unwrap();
    let more = text.replace("to = \"quarter\"", "to = \"month\"");
    assert_ne!(more, text);
    let mut files = jobs();
    files.retain(|path| !path.contains("statistics"));
    files.push(file("statistics.toml", &more));
    let outcome = run(&["--diff", "examples/policies"], &files);
    assert_eq!(outcome.code, 0, "{}", outcome.text);
    assert_eq!(
        outcome.text,
        "The change gives 1 thing that was not given before\n  statistics: start: shown: truncate to quarter (3.9 bits) → shown: truncate to month (5.4 bits)\n"
    );

    // Rows that both are stored under the same id, as with nobody else of the jobs but practices.
    for name in ["registry-check", "statistics"] {
        let text = if name == "statistics" {
            &more
        } else {
            &fs::read_to_string(job(name)).unwrap()
        };
        let sharing = text.replace("[holds]", "shares = [\"record-id\"]\n[holds]");
        assert_ne!(&sharing, text);
        files.retain(|path| !path.contains(name));
        files.push(file(&format!("sharing-{name}.toml"), &sharing));
    }
    let outcome = run(&["--diff", "examples/policies"], &files);
    assert_eq!(outcome.code, 1, "{}", outcome.text);
    let expected = "\nFound now and not before\n  colluding: registry-check, statistics\n    last_name (registry-check, opens: identity) ─ joined with statistics by record-id\n";
    assert!(outcome.text.contains(expected), "{}", outcome.text);

    let outcome = run(&["--diff", "examples/policies", "--format", "json"], &files);
    let diff: Value = serde_json::from_str(&outcome.text).unwrap();
    let gains: Vec<&Value> = diff["gains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gain| &gain["what"])
        .collect();
    assert_eq!(gains, ["record-id", "start", "record-id"]);
    assert_eq!(diff["findings"].as_array().unwrap().len(), 1);
    assert_eq!(diff["findings"][0]["kind"], "colluding");
}
