//! The commands of the documents, run as they stand there: what a reader sees is what the command prints.
//!
//! In a block of a document that is marked `console`, a line that begins with `$ ` is a command of a shell, which goes on
//! behind a backslash and in a here-document; what follows is what it prints. `…` stands for any text in a line, and alone for
//! any lines. All blocks of a document are run in one shell, in an empty folder, with a terminal from which passphrases are
//! read.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod blocks;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/pty.rs"]
#[allow(dead_code)]
mod pty;
mod shell;

use std::path::Path;

use blocks::{Step, steps};

#[test]
fn readme() {
    run("README.md", 8);
}

#[test]
fn production() {
    run("docs/production.md", 28);
}

#[test]
fn keys() {
    run("docs/keys.md", 34);
}

#[test]
fn cookbook() {
    run("docs/cookbook.md", 20);
}

#[test]
fn incidents() {
    run("docs/incidents.md", 35);
}

/// Runs a document that has at least so many commands.
fn run(document: &str, least: usize) {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let steps = steps(&text);
    assert!(
        steps.len() >= least,
        "{document} has {} commands",
        steps.len()
    );
    let printed = shell::run(&steps);
    let mut wrong = String::new();
    for (step, printed) in steps.iter().zip(printed) {
        if !step.expects(&printed) {
            wrong += &format!(
                "{document}:{}: $ {}\n--- says\n{}\n--- is\n{printed}\n",
                step.line,
                step.command,
                step.expected.join("\n")
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_differs_is_noticed() {
    let step = |expected: &[&str]| Step {
        line: 1,
        command: String::new(),
        expected: expected.iter().map(ToString::to_string).collect(),
    };
    assert!(step(&["a", "b…d", "…", "z"]).expects("a\nbcd\nx\ny\nz\n"));
    assert!(step(&["a", "…"]).expects("a\n"));
    assert!(step(&[]).expects(""));
    for (expected, printed) in [
        (&["a"][..], "b\n"),
        (&["a"], "a\nb\n"),
        (&["a", "b"], "a\n"),
        (&["a…c"], "ab\n"),
        (&["…", "z"], "a\nb\n"),
        (&[], "a\n"),
    ] {
        assert!(!step(expected).expects(printed), "{expected:?}");
    }
}
