//! What is asked for at a terminal.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
};

use super::{CLINIC, PASSPHRASE, binary, clinic, names, pty::Terminal};

const PROTECT: [&str; 4] = [
    "protect",
    "appointments.csv",
    "--policy",
    "policies/statistics.toml",
];

/// Starts to protect rows of the clinic at a terminal, which is all of the command's streams.
fn protecting(terminal: &Terminal) -> Child {
    terminal.start(binary(), |command| {
        command
            .args(PROTECT)
            .current_dir(clinic())
            .stdout(terminal.slave())
            .stderr(terminal.slave());
    })
}

fn asked(terminal: &Terminal, times: usize) {
    terminal.wait_for("question", |text| {
        (text.matches("assphrase").count() >= times && text.trim_end().ends_with(':')).then_some(())
    });
}

#[test]
fn a_passphrase_is_asked_for_and_does_not_show() {
    let terminal = Terminal::new();
    let mut child = protecting(&terminal);
    asked(&terminal, 1);
    assert!(!terminal.echoes());
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    assert!(child.wait().unwrap().success(), "{}", terminal.text());
    terminal.wait_for("protected row", |text| text.contains("p1.").then_some(()));
    assert!(!terminal.text().contains(PASSPHRASE));
}

#[test]
fn a_wrong_passphrase_is_said_and_nothing_is_printed() {
    let terminal = Terminal::new();
    let mut child = protecting(&terminal);
    asked(&terminal, 1);
    terminal.type_in("another one\n");
    assert_eq!(child.wait().unwrap().code(), Some(5));
    terminal.wait_for("error", |text| {
        text.contains("passphrase does not open").then_some(())
    });
    assert!(!terminal.text().contains("p1."));
    assert!(!terminal.text().contains("another one"));
}

#[test]
fn a_new_passphrase_is_asked_for_twice() {
    for (second, code) in [("the same\n", 0), ("not the same\n", 5)] {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::new();
        let mut child = terminal.start(binary(), |command| {
            command
                .args(["keygen", "new.keyring"])
                .current_dir(&folder)
                .stdout(terminal.slave())
                .stderr(terminal.slave());
        });
        asked(&terminal, 1);
        terminal.type_in("the same\n");
        terminal.wait_for("second question", |text| {
            (text.matches(':').count() >= 2).then_some(())
        });
        terminal.type_in(second);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", terminal.text());
        let made = if code == 0 {
            vec!["new.keyring".to_owned()]
        } else {
            vec![]
        };
        assert_eq!(names(folder.path()), made);
    }
}

#[test]
fn the_passphrase_of_each_share_is_asked_of_its_holder() {
    let policy = "domain = \"desk\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n\
        [tenancy]\nspecialties = 12\npractices = 40\n\
        [release.contact]\nreason = \"x\"\npurposes = [\"x\"]\ntwo_persons = true\nper_hour = 1\ndetect_hours = 1\n";
    for (last, code) in [("of the second\n", 0), ("another\n", 5)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("desk.toml"), policy).unwrap();
        let terminal = Terminal::new();
        let mut child = terminal.start(binary(), |command| {
            command
                .args([
                    "grant",
                    "split",
                    "contact",
                    "--policy",
                    "desk.toml",
                    "-o",
                    "contact",
                ])
                .args(["--holder", "first desk", "--holder", "second desk"])
                .arg("--keyring")
                .arg(clinic().join("backend.keyring"))
                .current_dir(&folder)
                .env("PARAVENT_CREDENTIALS", CLINIC.path().join("credentials"))
                .stdout(terminal.slave())
                .stderr(terminal.slave());
        });
        let questions = [
            ("share-1.key of first desk:", "of the first\n"),
            ("again:", "of the first\n"),
            ("share-2.key of second desk:", "of the second\n"),
            ("again:", last),
        ];
        let mut seen = 0;
        for (question, answer) in questions {
            seen = terminal.wait_for(question, |text| {
                let at = text.get(seen..)?.find(question)?;
                Some(seen + at + question.len())
            });
            terminal.type_in(answer);
        }
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", terminal.text());
        assert!(!terminal.text().contains("of the first"));
        match code {
            0 => assert_eq!(
                names(&folder.path().join("contact")),
                ["grant.key", "share-1.key", "share-2.key"]
            ),
            _ => assert_eq!(names(folder.path()), ["desk.toml"]),
        }
    }
}

#[test]
fn an_interrupt_at_the_question_leaves_the_terminal_as_it_was() {
    for typed in ["", "half a pass"] {
        let terminal = Terminal::new();
        let mut child = protecting(&terminal);
        asked(&terminal, 1);
        assert!(!terminal.echoes());
        terminal.type_in(typed);
        terminal.type_in("\x03");
        let status = child.wait().unwrap();
        assert!(
            status.code() == Some(130) || status.signal() == Some(2),
            "{status:?}"
        );
        assert!(terminal.echoes(), "what is typed stays hidden");
    }
}

#[test]
fn without_a_terminal_and_another_source_nothing_is_asked() {
    let mut command = Command::new("setsid");
    let command = command
        .args(["--wait"])
        .arg(binary())
        .args(PROTECT)
        .current_dir(clinic())
        .env_remove("PARAVENT_CORPUS")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let said = super::errors(&output);
    assert!(said.contains("--passphrase-file"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn progress_shows_on_a_terminal_only() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("rows.csv");
    std::fs::write(&input, super::rows::table(40_000)).unwrap();
    let arguments = |command: &mut Command| {
        command
            .arg("protect")
            .arg(&input)
            .args(["--policy", "policies/statistics.toml", "--output"])
            .arg(folder.path().join("protected.csv"))
            .args(["--force", "--jobs", "2"]);
    };

    let terminal = Terminal::new();
    let mut child = terminal.start(binary(), |command| {
        arguments(command);
        command
            .current_dir(clinic())
            .stdout(Stdio::null())
            .stderr(terminal.slave());
    });
    asked(&terminal, 1);
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    assert!(child.wait().unwrap().success(), "{}", terminal.text());
    let shown = terminal.wait_for("summary", |text| {
        text.contains("windows of").then(|| text.to_owned())
    });
    let lower = shown.to_lowercase();
    for part in ["rows", "/s", "left"] {
        assert!(lower.contains(part), "no {part:?} in {shown:?}");
    }
    assert!(shown.contains('\r'), "no line was drawn over: {shown:?}");

    let mut command = super::paravent();
    arguments(&mut command);
    let output = command.output().unwrap();
    assert!(output.status.success());
    let said = super::errors(&output);
    assert_eq!(said.lines().count(), 1, "{said:?}");
    assert!(!said.contains('\r') && !said.contains('\x1b'), "{said:?}");
}

#[test]
fn the_progress_of_messages_shows_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("feed.hl7");
    let message = "MSH|^~\\&|AGENDA|SUD|||20261130073000||SIU^S12|M|P|2.5.1\rPID|1||4711\r";
    std::fs::write(&input, message.repeat(3_000)).unwrap();
    let policy = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/policies/hl7-feed.toml"
    );
    let terminal = Terminal::new();
    let mut child = terminal.start(binary(), |command| {
        command
            .arg("protect")
            .arg(&input)
            .args(["--policy", policy, "--output"])
            .arg(folder.path().join("screened.hl7"))
            .current_dir(clinic())
            .stdout(Stdio::null())
            .stderr(terminal.slave());
    });
    asked(&terminal, 1);
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    assert!(child.wait().unwrap().success(), "{}", terminal.text());
    let shown = terminal.wait_for("summary", |text| {
        text.contains("protected 3,000 messages in")
            .then(|| text.to_owned())
    });
    assert!(shown.matches("messages").count() > 1, "{shown:?}");
    assert!(shown.contains("/s") && shown.contains('\r'), "{shown:?}");
}

#[test]
fn the_steps_of_an_audit_show_on_a_terminal_only() {
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows.csv");
    std::fs::write(&rows, super::rows::table(300)).unwrap();
    let arguments = |command: &mut Command| {
        command
            .arg("audit")
            .arg(&rows)
            .arg("--truth")
            .arg(&rows)
            .args(["--permutations", "99", "--enumerate-seconds", "1"]);
    };

    let terminal = Terminal::new();
    let mut child = terminal.start(binary(), |command| {
        arguments(command);
        command
            .current_dir(clinic())
            .stdout(Stdio::null())
            .stderr(terminal.slave());
    });
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(7), "{}", terminal.text());
    let shown = terminal.wait_for("advice", |text| {
        text.contains("--html FILE").then(|| text.to_owned())
    });
    for part in ["draw 1 of 1", "control: ", "%"] {
        assert!(shown.contains(part), "no {part:?} in {shown:?}");
    }

    let mut command = super::paravent();
    arguments(&mut command);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = super::errors(&output);
    assert_eq!(said.lines().count(), 1, "{said:?}");
    assert!(!said.contains('\r') && !said.contains('\x1b'), "{said:?}");
}
