//! A broker's log as the command verifies, shows and rotates it.

use serde_json::Value;

use super::{
    Clinic,
    brokers::{ask, desk, row},
    json, stderr, stdout,
};

const IDENTITY: &str =
    "release identity --policy policies/support-desk.toml --purpose caller --requester";

/// With a log of two releases and a refusal, in two files.
fn logged() -> Clinic {
    let clinic = desk();
    ask(
        &clinic,
        &format!("{IDENTITY} a.martin --reason ticket-1"),
        &row(&clinic, 0),
    )
    .code(0);
    ask(&clinic, "log rotate", "").code(0);
    ask(
        &clinic,
        &format!("{IDENTITY} b.petit --reason ticket-2"),
        &row(&clinic, 1),
    )
    .code(0);
    ask(
        &clinic,
        &format!("{IDENTITY} b.petit --reason "),
        &row(&clinic, 1),
    )
    .code(2);
    clinic
}

/// The code of what is wrong with the log, and the message.
fn wrong(clinic: &Clinic, arguments: &str, exit: i32) -> (String, String) {
    let told = ask(clinic, &format!("{arguments} --json"), "")
        .code(exit)
        .stdout("");
    let error = json(&stderr(&told));
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (text("error"), text("message"))
}

fn shown(clinic: &Clinic, filter: &str) -> Vec<Value> {
    let told = ask(clinic, &format!("log show --json{filter}"), "")
        .code(0)
        .stderr("");
    stdout(&told).lines().map(json).collect()
}

#[test]
fn a_log_that_is_as_it_was_written_is_counted() {
    let clinic = logged();
    let told = stdout(&ask(&clinic, "log verify", "").code(0).stderr(""));
    assert!(
        told.starts_with("release.log: 6 entries in 2 files, each as it was written; 2 releases, 0 renders, 1 refusal, 0 alarms\n"),
        "{told}"
    );
    let counts = json(&stdout(&ask(&clinic, "log verify --json", "").code(0)));
    assert_eq!(
        (&counts["entries"], &counts["files"]),
        (&6.into(), &2.into())
    );
    assert_eq!(
        (&counts["beyond_heads"], &counts["cut_line"]),
        (&0.into(), &false.into())
    );
    assert!(counts["seconds"].is_number());

    // What a crash leaves is told, and is no error.
    clinic.write("release.log", clinic.read("release.log") + "{\"n\":7,");
    let told = stdout(&ask(&clinic, "log verify", "").code(0));
    assert!(
        told.contains("the last line of the log was not written whole"),
        "{told}"
    );
    let heads = clinic.read("release.heads");
    let cut = heads.trim_end().rsplit_once('\n').unwrap().0;
    clinic.write("release.heads", format!("{cut}\n"));
    let told = stdout(&ask(&clinic, "log verify", "").code(0));
    assert!(told.contains("does not know of the last 1 entry"), "{told}");
}

#[test]
fn what_was_done_to_a_log_is_told_with_file_and_line() {
    let clinic = logged();
    let (first, log) = (
        clinic.read("release.log.000001"),
        clinic.read("release.log"),
    );
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let cases = [
        (
            log.replacen("b", "c", 1),
            "log-altered",
            "release.log: line 1: entry 4",
        ),
        (
            lines[0].to_owned() + lines[2],
            "log-removed",
            "release.log: line 2: entry 5",
        ),
        (
            lines[0].to_owned() + lines[2] + lines[1],
            "log-reordered",
            "release.log: line",
        ),
        (
            lines[0].to_owned(),
            "log-cut-off",
            "the log is cut off: its second place knows of entry 6",
        ),
    ];
    for (text, code, message) in cases {
        clinic.write("release.log", text);
        let (found, told) = wrong(&clinic, "log verify", 3);
        assert_eq!(found, code);
        assert!(told.contains(message), "{told}");
    }
    clinic.write("release.log", &log);
    clinic.write(
        "release.log.000001",
        first.replacen("\"release\"", "\"refused\"", 1),
    );
    let (code, told) = wrong(&clinic, "log verify", 3);
    assert_eq!(code, "log-altered");
    assert!(
        told.contains("release.log.000001: line 2: entry 2"),
        "{told}"
    );
    // What stands before it is shown, and then what is wrong.
    let shown = ask(&clinic, "log show", "").code(3);
    assert!(stdout(&shown).contains("begin") && stderr(&shown).contains("line 2"));
    clinic.write("release.log.000001", first);

    clinic.run_open("keygen other.keyring").code(0);
    for command in ["verify", "show", "rotate"] {
        let (code, _) = wrong(
            &clinic,
            &format!("log {command} --keyring other.keyring"),
            3,
        );
        assert_eq!(code, "log-other-keyring", "{command}");
    }
    ask(&clinic, "log show --keyring other.keyring", "")
        .code(3)
        .stdout("");
    let heads = clinic.read("release.heads");
    clinic.write("release.heads", heads.replacen("\"n\":1", "\"n\":2", 1));
    assert_eq!(wrong(&clinic, "log verify", 3).0, "log-heads-altered");
    clinic.write("release.heads", "");
    assert_eq!(wrong(&clinic, "log verify", 3).0, "log-heads-gone");
}

#[test]
fn a_log_that_is_not_there_or_not_said_is_told() {
    let clinic = desk();
    for command in ["verify nowhere.log", "show nowhere.log", "verify", "show"] {
        assert_eq!(
            wrong(&clinic, &format!("log {command}"), 3).0,
            "log-io",
            "{command}"
        );
    }
    assert_eq!(wrong(&clinic, "log rotate", 3).0, "io");
    assert!(!clinic.at("release.log").exists());
    clinic.write("paravent.toml", "keyring = \"backend.keyring\"\n");
    for command in ["verify", "show", "rotate"] {
        let (code, told) = wrong(&clinic, &format!("log {command}"), 2);
        assert_eq!((&*code, &*told), ("usage", "no log is said"));
    }
    for command in ["verify release.log", "rotate release.log"] {
        let (_, told) = wrong(&clinic, &format!("log {command}"), 2);
        assert_eq!(told, "no second place of the log is said");
    }
}

#[test]
fn entries_are_shown_with_who_asked_and_why() {
    let clinic = logged();
    let page = stdout(&ask(&clinic, "log show", "").code(0).stderr(""));
    let line = page.lines().nth(2).unwrap();
    for word in [
        "2 ",
        "release",
        "support-desk",
        "identity",
        "caller",
        "a.martin",
        "ticket-1",
    ] {
        assert!(line.contains(word), "{page}");
    }
    let refused = page.lines().last().unwrap();
    assert!(
        refused.contains("refused") && refused.contains("b.petit"),
        "{page}"
    );

    let all = shown(&clinic, "");
    assert_eq!(all.len(), 6);
    assert_eq!(
        all[4]["details"],
        serde_json::json!({"requester": "b.petit", "approver": null, "reason": "ticket-2"})
    );
    assert_eq!(
        (&all[5]["error"], &all[5]["details"]),
        (
            &"request".into(),
            &serde_json::json!({"requester": "b.petit", "approver": null, "reason": null})
        )
    );

    let numbers = |filter: &str| -> Vec<u64> {
        shown(&clinic, filter)
            .iter()
            .map(|entry| entry["n"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(numbers(" --requester B.Petit"), [5, 6]);
    assert_eq!(numbers(" --requester nobody"), [0; 0]);
    assert_eq!(
        numbers(r#" --person {"last_name":"zebulon","first_name":"ZOE"}"#),
        [2]
    );
    assert_eq!(
        numbers(r#" --person {"last_name":"Martin","first_name":"Zoe"}"#),
        [0; 0]
    );
    let last = all[4]["at"].as_str().unwrap();
    assert_eq!(numbers(&format!(" --since {last}")), [5, 6]);
    assert_eq!(numbers(" --since 2026-01-01").len(), 6);
    assert_eq!(numbers(" --since 9999-01-01"), [0; 0]);
    let nobody = ask(&clinic, "log show --requester nobody", "").code(0);
    assert_eq!(stdout(&nobody), "no such entry\n");

    // No list of processes shows what comes from the standard input.
    let person = ask(
        &clinic,
        "log show --person -",
        r#"{"last_name":"Quentin","first_name":"Lea"}"#,
    );
    let person = stdout(&person.code(0));
    assert!(
        person.contains("ticket-2") && !person.contains("ticket-1"),
        "{person}"
    );
}

#[test]
fn what_is_no_filter_is_refused_without_its_value() {
    let clinic = logged();
    for (filter, code) in [
        ("--person Zebulon", "json"),
        (r#"--person {"nom":"Zebulon"}"#, "unknown-field"),
        (r#"--person {"age":"Zebulon"}"#, "wrong-type"),
        (r#"--person {"age":34}"#, "missing-field"),
        ("--requester \u{7}", "request"),
    ] {
        let told = stderr(
            &ask(&clinic, &format!("log show {filter}"), "")
                .code(2)
                .stdout(""),
        );
        assert!(!told.contains("Zebulon"), "{told}");
        let (found, _) = wrong(&clinic, &format!("log show {filter}"), 2);
        assert_eq!(found, code, "{filter}");
    }
    ask(&clinic, "log show --since yesterday", "").code(2);
}

#[test]
fn texts_of_an_epoch_that_was_destroyed_are_told_as_gone() {
    let clinic = logged();
    clinic.run_open("rotate").code(0);
    ask(
        &clinic,
        &format!("{IDENTITY} c.roux --reason ticket-3"),
        &row(&clinic, 0),
    )
    .code(0);
    clinic.run_open("epoch disable 1").code(0);
    let page = stdout(&ask(&clinic, "log show", "").code(0));
    assert!(
        page.contains("(not opened)") && !page.contains("(gone)"),
        "{page}"
    );
    clinic.run_open("epoch destroy 1 --yes").code(0);
    let page = stdout(&ask(&clinic, "log show", "").code(0).stderr(""));
    assert!(
        page.contains("(gone)") && page.contains("ticket-3"),
        "{page}"
    );
    assert!(
        !page.contains("ticket-1") && !page.contains("a.martin"),
        "{page}"
    );
    assert!(
        page.ends_with("names and reasons of 3 entries are gone: their epoch was destroyed\n"),
        "{page}"
    );
    let all = shown(&clinic, "");
    assert_eq!(
        (&all[1]["unrevealed"], &all[1]["details"]),
        (&"epoch-destroyed".into(), &Value::Null)
    );
    // The log is what it was, and the requester is found by the pseudonym.
    ask(&clinic, "log verify", "").code(0);
    assert_eq!(shown(&clinic, " --requester a.martin").len(), 1);
}

#[test]
fn a_log_is_rotated_and_stays_one() {
    let clinic = logged();
    let told = ask(&clinic, "log rotate --json", "").code(0).stderr("");
    let told = json(&stdout(&told));
    assert!(
        told["finished"]
            .as_str()
            .unwrap()
            .ends_with("release.log.000002"),
        "{told}"
    );
    assert_eq!(clinic.mode("release.log.000002"), 0o600);
    let told = stdout(&ask(&clinic, "log verify", "").code(0));
    assert!(told.contains("8 entries in 3 files"), "{told}");
    // The quota goes on over files.
    ask(
        &clinic,
        &format!("{IDENTITY} b.petit --reason ticket-4"),
        &row(&clinic, 0),
    )
    .code(0);
    ask(
        &clinic,
        &format!("{IDENTITY} b.petit --reason ticket-5"),
        &row(&clinic, 0),
    )
    .code(10);
}
