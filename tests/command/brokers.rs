//! What a broker releases by the command, grants that two people open, and canaries.

use assert_cmd::assert::Assert;
use serde_json::{Value, json as object};

use super::{Clinic, json, stderr, stdout, write_secret};

const POLICY: &str = r#"
domain = "support-desk"
schema = "appointment"
record_id = "bound"

[tenancy]
specialties = 12
practices = 40

[release.identity]
reason = "the agent makes sure of the caller"
purposes = ["caller", "call back"]
per_hour = 3
per_requester = 2
detect_hours = 24

[release.contact]
reason = "the agent calls back"
purposes = ["call back"]
two_persons = true
per_hour = 30
detect_hours = 24

[source]
record_id = "rdv"

[[canary]]
name = "looked-around"
record_id = "rdv-0"
record = { last_name = "Vasseur", first_name = "Ode", age = 41, phone = "06 39 98 40 07", start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morel", specialty = "Dermatologie" }
"#;

const ROWS: &str = r#"{"rdv":"rdv-1","last_name":"Zebulon","first_name":"Zoé","age":34,"phone":"06 39 98 12 34","start":"2026-12-03T09:30:00+01:00","practitioner":"Dr Morel","specialty":"Dermatologie"}
{"rdv":2,"last_name":"Quentin","first_name":"Léa","phone":"06 39 98 55 66","start":"2026-12-03T10:00:00+01:00","practitioner":"Dr Roux","specialty":"Cardiologie"}
"#;

/// Words that stand in no message.
const CLEAR: [&str; 8] = [
    "Zebulon",
    "Quentin",
    "Vasseur",
    "06 39",
    "ticket-4711",
    "a.martin",
    "of the first",
    "looked-around",
];

const ASK: &str = "release identity --policy policies/support-desk.toml --requester a.martin --purpose caller \
    --reason ticket-4711";
const SPLIT: &str = "grant split contact --policy policies/support-desk.toml --holder first --holder second \
    --holder night --share-passphrase-file first --share-passphrase-file second --share-passphrase-file night";
const ASK_TWO: &str = "release contact --policy policies/support-desk.toml --requester first --purpose call_back \
    --reason ticket-4711";

/// With the policy of a support desk, and protected rows in `rows.ndjson`.
pub(super) fn desk() -> Clinic {
    let clinic = Clinic::new();
    clinic.write("policies/support-desk.toml", POLICY);
    clinic.write("clear.ndjson", ROWS);
    clinic
        .run_open(
            "protect clear.ndjson --policy policies/support-desk.toml -o rows.ndjson --window 1",
        )
        .code(0);
    clinic
}

/// The row at this place, from 0.
pub(super) fn row(clinic: &Clinic, at: usize) -> String {
    clinic
        .read("rows.ndjson")
        .lines()
        .nth(at)
        .unwrap()
        .to_owned()
}

/// Runs the command with this on its standard input; `call_back` is one argument of two words.
pub(super) fn ask(clinic: &Clinic, arguments: &str, input: &str) -> Assert {
    let words = arguments
        .split(' ')
        .map(|word| word.replace("call_back", "call back"));
    let mut command = super::paravent(clinic.path());
    command
        .args(words)
        .args(["--passphrase-file", "passphrase"]);
    command.write_stdin(input).assert()
}

/// The code of the error that ends a call with this exit code, in which nothing is in clear.
fn refused(clinic: &Clinic, arguments: &str, input: &str, exit: i32) -> String {
    let told = stderr(&ask(clinic, arguments, input).code(exit).stdout(""));
    let machine = ask(clinic, &format!("{arguments} --json"), input)
        .code(exit)
        .stdout("");
    let machine = stderr(&machine);
    for word in CLEAR {
        assert!(
            !told.contains(word) && !machine.contains(word),
            "{word}: {told}{machine}"
        );
    }
    json(&machine)["error"].as_str().unwrap().to_owned()
}

/// The events of the log and the codes of their errors.
fn events(clinic: &Clinic) -> Vec<(String, Option<String>)> {
    let entries = clinic.read("release.log");
    let entries = entries.lines().map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        (text("event").unwrap(), text("error"))
    });
    entries.collect()
}

#[test]
fn what_a_policy_releases_is_printed_once_it_is_in_the_log() {
    let clinic = desk();
    let released = ask(&clinic, ASK, &row(&clinic, 0)).code(0).stderr("");
    assert_eq!(
        json(&stdout(&released)),
        object!({"last_name": "Zebulon", "first_name": "Zoé", "age": 34})
    );
    assert_eq!(events(&clinic)[1], ("release".to_owned(), None));
    assert_eq!(
        (clinic.mode("release.log"), clinic.mode("release.heads")),
        (0o600, 0o600)
    );

    // The sealed text alone, with its id; a number is an id as well.
    let object = json(&row(&clinic, 1));
    let sealed = object["sealed"].as_str().unwrap();
    let said = format!(
        "{} --row {sealed} --record-id 2 --json",
        ASK.replace("a.martin", "b.petit")
    );
    let released = ask(&clinic, &said, "").code(0);
    assert_eq!(json(&stdout(&released))["last_name"], "Quentin");
    let other = ASK.replace("a.martin", "b.petit");
    ask(&clinic, &other, &format!("\n{}\r\n\n", row(&clinic, 1))).code(0);
    let log = clinic.read("release.log");
    assert!(
        CLEAR
            .iter()
            .all(|word| *word == "caller" || !log.contains(word)),
        "{log}"
    );
}

#[test]
fn a_request_that_is_wrong_is_refused_and_noted() {
    let clinic = desk();
    let row = row(&clinic, 0);
    let refused = |arguments: &str| refused(&clinic, arguments, &row, 2);
    assert_eq!(
        refused(&ASK.replace("caller", "curiosity")),
        "unknown-purpose"
    );
    assert_eq!(refused(&ASK.replace("ticket-4711", "")), "request");
    assert_eq!(refused(&ASK.replace("a.martin", "")), "request");
    assert_eq!(refused(ASK_TWO), "two-persons");
    assert_eq!(
        refused(&format!("{ASK} --share-passphrase-file first")),
        "usage"
    );
    let before = events(&clinic);
    assert_eq!(before.len(), 1 + 4 * 2);
    assert!(
        before[1..].iter().all(|(event, _)| event == "refused"),
        "{before:?}"
    );
    // What the policy does not have is nobody's release.
    assert_eq!(refused(&ASK.replace("identity", "care")), "no-such-rule");
    assert_eq!(events(&clinic).len(), before.len());

    for missing in [
        "--requester a.martin ",
        "--purpose caller ",
        " --reason ticket-4711",
    ] {
        let told = stderr(&ask(&clinic, &ASK.replace(missing, ""), &row).code(2));
        assert!(told.contains("required"), "{told}");
    }
}

#[test]
fn a_quota_that_is_spent_has_an_exit_code_of_its_own() {
    let clinic = desk();
    let row = row(&clinic, 0);
    for _ in 0..2 {
        ask(&clinic, ASK, &row).code(0);
    }
    assert_eq!(refused(&clinic, ASK, &row, 10), "quota-of-requester");
    // However the name is written.
    assert_eq!(
        refused(&clinic, &ASK.replace("a.martin", "A.Martin"), &row, 10),
        "quota-of-requester"
    );
    let other = ASK.replace("a.martin", "b.petit");
    ask(&clinic, &other, &row).code(0);
    assert_eq!(refused(&clinic, &other, &row, 10), "quota-of-domain");
}

#[test]
fn a_row_that_is_none_or_of_another_domain_is_refused() {
    let clinic = desk();
    let good = row(&clinic, 0);
    let sealed = json(&good)["sealed"].as_str().unwrap().to_owned();
    for (input, code) in [
        (String::new(), "input"),
        ("\n \n".to_owned(), "input"),
        ("Zebulon".to_owned(), "text-form"),
        (ROWS.lines().next().unwrap().to_owned(), "input"),
        ("{\"sealed\":\"Zebulon\"}".to_owned(), "input"),
        (
            good.replacen('{', &format!("{{\"sealed\":\"{sealed}\","), 1),
            "input",
        ),
        (format!("{good}\n{good}\n"), "input"),
        (format!("[{good}]"), "text-form"),
    ] {
        assert_eq!(refused(&clinic, ASK, &input, 3), code, "{input}");
    }
    assert_eq!(
        refused(&clinic, &format!("{ASK} --row Zebulon"), "", 3),
        "text-form"
    );
    let two = stderr(&ask(&clinic, ASK, &format!("{good}\n{good}\n")).code(3));
    assert!(two.contains("line 2: there is a second row"), "{two}");
    assert!(!clinic.at("release.log").exists());

    // Its id is another one's, or nobody says it.
    assert_eq!(
        refused(&clinic, &format!("{ASK} --record-id rdv-9"), &good, 3),
        "tampered"
    );
    assert_eq!(refused(&clinic, ASK, &sealed, 2), "binding");
    assert_eq!(
        refused(
            &clinic,
            &format!("{ASK} --record-id {}", "x".repeat(1025)),
            &sealed,
            2
        ),
        "definition"
    );

    // A row of another domain, and one of another keyring.
    let policy = POLICY.replace("support-desk", "other-desk");
    clinic.write("other.toml", policy);
    clinic
        .run_open("protect clear.ndjson --policy other.toml -o other.ndjson --window 1")
        .code(0);
    let other = clinic.read("other.ndjson");
    assert_eq!(
        refused(&clinic, ASK, other.lines().next().unwrap(), 5),
        "wrong-key"
    );
    clinic.run_open("keygen other.keyring").code(0);
    clinic
        .run_open("protect clear.ndjson --policy policies/support-desk.toml -o strange.ndjson --keyring other.keyring")
        .code(0);
    let strange = clinic.read("strange.ndjson");
    assert_eq!(
        refused(&clinic, ASK, strange.lines().next().unwrap(), 5),
        "wrong-key"
    );
}

#[test]
fn no_log_no_value() {
    let clinic = desk();
    let row = row(&clinic, 0);
    let with = |places: &str, exit| refused(&clinic, &format!("{ASK} {places}"), &row, exit);
    assert_eq!(with("--log /dev/full --heads heads", 1), "log-full");
    assert_eq!(
        with("--log full.log --heads /dev/full", 1),
        "log-heads-full"
    );
    assert_eq!(
        with("--log /sys/release.log --heads heads", 1),
        "log-forbidden"
    );
    assert_eq!(with("--log nowhere/release.log --heads heads", 1), "log-io");
    assert_eq!(with("--log release.heads", 3), "definition");

    ask(&clinic, ASK, &row).code(0);
    assert_eq!(with("--log new.log", 3), "log-cut-off");
    clinic.run_open("keygen other.keyring").code(0);
    assert_eq!(with("--keyring other.keyring", 3), "log-other-keyring");
    let log = clinic.read("release.log");
    clinic.write("release.log", log.replacen("\"release\"", "\"refused\"", 1));
    assert_eq!(with("--quiet", 3), "log-altered");
    let begin = log.lines().next().unwrap();
    clinic.write("release.log", format!("{begin}\n"));
    assert_eq!(with("--quiet", 3), "log-cut-off");
    clinic.write("release.log", &log);
    ask(&clinic, ASK, &row).code(0);

    let config = clinic.read("paravent.toml");
    for key in ["log", "heads"] {
        let line = format!("{key} = \"release.{key}\"\n");
        assert!(config.contains(&line), "{config}");
        clinic.write("paravent.toml", config.replace(&line, ""));
        let told = stderr(&ask(&clinic, ASK, &row).code(2).stdout(""));
        let variable = format!("PARAVENT_{}", key.to_uppercase());
        assert!(told.contains(&variable), "{told}");
    }
}

/// The same, with a split grant in `contact`, and the passphrase of each share in a file named as its holder.
fn split() -> Clinic {
    let clinic = desk();
    for holder in ["first", "second", "night"] {
        write_secret(&clinic.at(holder), &format!("of the {holder} desk"));
    }
    let told = ask(&clinic, &format!("{SPLIT} -o contact"), "")
        .code(0)
        .stderr("");
    assert_eq!(
        stdout(&told),
        "contact: grant.key, a grant of contact for domain support-desk, which two of these open:\n  \
         share-1.key  first\n  share-2.key  second\n  share-3.key  night\n"
    );
    clinic
}

fn with(folder: &str, one: (u8, &str), other: (u8, &str)) -> String {
    format!(
        "{ASK_TWO} --grant {folder}/grant.key --share contact/share-{}.key --share contact/share-{}.key \
         --share-passphrase-file {} --share-passphrase-file {}",
        one.0, other.0, one.1, other.1
    )
}

#[test]
fn two_holders_release_what_none_does_alone() {
    let clinic = split();
    assert_eq!(clinic.mode("contact"), 0o700);
    for name in ["grant.key", "share-1.key", "share-2.key", "share-3.key"] {
        assert_eq!(clinic.mode(&format!("contact/{name}")), 0o600);
    }
    let row = row(&clinic, 0);
    for (one, other) in [((1, "first"), (3, "night")), ((2, "second"), (1, "first"))] {
        let released = ask(&clinic, &with("contact", one, other), &row)
            .code(0)
            .stderr("");
        assert_eq!(json(&stdout(&released))["phone"], "06 39 98 12 34");
    }
    let shown = ask(&clinic, "log show", "").code(0);
    let shown = stdout(&shown);
    assert!(
        shown.contains("night") && shown.contains("second"),
        "{shown}"
    );
}

#[test]
fn shares_that_do_not_go_together_are_refused() {
    let clinic = split();
    ask(&clinic, &format!("{SPLIT} -o again"), "").code(0);
    let row = row(&clinic, 0);
    let refused = |arguments: &str, exit| refused(&clinic, arguments, &row, exit);
    let pair = with("contact", (1, "first"), (3, "night"));
    assert_eq!(
        refused(&with("contact", (1, "first"), (1, "first")), 5),
        "same-share"
    );
    assert_eq!(
        refused(&pair.replace("contact/share-3", "again/share-3"), 5),
        "other-split"
    );
    assert_eq!(
        refused(&with("again", (1, "first"), (3, "night")), 5),
        "shares-of-other"
    );
    assert_eq!(
        refused(&with("contact", (1, "first"), (3, "second")), 5),
        "wrong-passphrase"
    );
    assert_eq!(
        refused(&with("contact", (2, "second"), (3, "night")), 2),
        "not-holder"
    );
    assert_eq!(
        refused(&pair.replace("contact/share-3.key", "contact/grant.key"), 5),
        "key-file-holds"
    );
    assert_eq!(
        refused(
            &pair.replace("contact/share-3.key", "contact/share-4.key"),
            5
        ),
        "io"
    );
    assert_eq!(
        refused(&pair.replace("contact/grant.key", "rows.ndjson"), 5),
        "key-file-form"
    );
    assert_eq!(
        refused(
            &pair
                .replace("release contact", "release identity")
                .replace("call_back", "caller"),
            2
        ),
        "request"
    );
    let one = pair
        .replace(" --share contact/share-3.key", "")
        .replace(" --share-passphrase-file night", "");
    assert_eq!(refused(&one, 2), "usage");
    assert_eq!(
        refused(&pair.replace(" --share-passphrase-file night", ""), 2),
        "usage"
    );
}

#[test]
fn a_grant_is_split_whole_or_not_at_all() {
    let clinic = split();
    let before = clinic.names();
    let refused = |arguments: &str, exit| refused(&clinic, arguments, "", exit);
    assert_eq!(refused(&format!("{SPLIT} -o contact"), 2), "file-exists");
    let new = format!("{SPLIT} -o new");
    assert_eq!(
        refused(&new.replace("split contact", "split identity"), 2),
        "definition"
    );
    assert_eq!(
        refused(&new.replace("split contact", "split care"), 2),
        "no-such-rule"
    );
    assert_eq!(
        refused(&new.replace("holder second", "holder first"), 2),
        "definition"
    );
    assert_eq!(
        refused(&new.replace(" --share-passphrase-file night", ""), 2),
        "usage"
    );
    assert_eq!(refused(&new.replace("file night", "file nobody"), 5), "io");
    let alone = "grant split contact --policy policies/support-desk.toml --holder first --share-passphrase-file first -o new";
    assert_eq!(refused(alone, 2), "definition");
    assert_eq!(refused(&format!("{SPLIT} -o nowhere/new"), 1), "io");
    assert_eq!(clinic.names(), before);

    let told = ask(&clinic, &format!("{new} --json"), "").code(0);
    let told = json(&stdout(&told));
    assert_eq!(
        (&told["grant"], &told["shares"][2]),
        (
            &object!("grant.key"),
            &object!({"file": "share-3.key", "holder": "night"})
        )
    );
}

#[test]
fn canaries_are_planted_as_rows_and_raise_an_alarm() {
    let clinic = desk();
    let plant = "policy plant policies/support-desk.toml";
    let planted = stdout(&ask(&clinic, plant, "").code(0).stderr(""));
    let canary = json(&planted);
    assert_eq!(canary["rdv"], "rdv-0");
    let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&canary), keys(&json(&row(&clinic, 0))));
    ask(&clinic, &format!("{plant} -o planted.ndjson"), "")
        .code(0)
        .stdout("");
    ask(&clinic, &format!("{plant} -o planted.ndjson"), "").code(2);
    let revealed = clinic.run_open("reveal planted.ndjson --policy policies/support-desk.toml");
    assert_eq!(json(&stdout(&revealed.code(0)))["last_name"], "Vasseur");

    // Who asks is not told.
    ask(&clinic, ASK, &planted).code(0).stderr("");
    let events: Vec<String> = events(&clinic)
        .into_iter()
        .map(|(event, _)| event)
        .collect();
    assert_eq!(events, ["begin", "release", "alarm"]);
    let shown = stdout(&ask(&clinic, "log show --json", "").code(0));
    assert_eq!(
        json(shown.lines().nth(2).unwrap())["canary"],
        "looked-around"
    );

    // The policy that is given is the one that has them, whatever copy of it is in the folder.
    let strip = clinic.run("policy strip policies/support-desk.toml");
    let copy = stdout(&strip.code(0));
    clinic.write("own.toml", POLICY);
    clinic.write("policies/support-desk.toml", copy);
    assert_eq!(refused(&clinic, plant, "", 3), "definition");
    let own = ASK.replace("policies/support-desk", "own");
    ask(&clinic, &own, &planted).code(0);
    let log = clinic.read("release.log");
    assert!(log.lines().last().unwrap().contains("\"alarm\""), "{log}");

    let nowhere = POLICY.replace("[source]\nrecord_id = \"rdv\"\n", "");
    clinic.write("policies/support-desk.toml", nowhere);
    assert_eq!(refused(&clinic, plant, "", 3), "definition");
}
