//! What must not compile: secrets that are copied, compared or printed, nonces that callers choose, keys in hands they are
//! not for.
//!
//! One file a case under `tests/compile_fail`, with what the compiler says of it; `TRYBUILD=overwrite` writes that anew.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{fs, path::PathBuf};

use trybuild::TestCases;

#[path = "compile_fail/control.rs"]
mod control;

fn files(extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir("tests/compile_fail").unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().unwrap() == extension)
        .filter(|path| path.file_stem().unwrap() != "control")
        .collect()
}

#[test]
fn misuse_of_secrets_does_not_compile() {
    let cases = TestCases::new();
    for case in files("rs") {
        cases.compile_fail(case);
    }
}

/// The control: a case that compiles is a failure.
#[test]
#[should_panic(expected = "1 of 1 tests failed")]
fn what_compiles_is_no_case() {
    TestCases::new().compile_fail("tests/compile_fail/control.rs");
}

#[test]
fn the_names_of_the_cases_work_where_they_are_used_as_they_may_be() {
    control::main().unwrap();
}

/// One error a case, of a kind that a misspelt name or path does not make.
#[test]
fn every_case_fails_for_one_reason_and_none_for_a_typo() {
    const MISUSE: [(&str, &str); 8] = [
        ("E0061", "an argument too many"),
        ("E0277", "a trait that is missing"),
        ("E0308", "another type"),
        ("E0369", "no comparison"),
        ("E0451", "a private field of a literal"),
        ("E0599", "no such method"),
        ("E0603", "a private module"),
        ("E0616", "a private field"),
    ];
    let control = fs::read_to_string("tests/compile_fail/control.rs").unwrap();
    assert!(files("rs").len() > 30);
    assert_eq!(files("rs").len(), files("stderr").len());
    for path in files("stderr") {
        let report = fs::read_to_string(&path).unwrap();
        let errors: Vec<&str> = report
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        let [error] = errors[..] else {
            panic!("{path:?}: {errors:?}");
        };
        let code = &error["error[".len()..][..5];
        assert!(
            MISUSE.iter().any(|(known, _)| *known == code),
            "{path:?}: {error}"
        );
        // A method that the type lacks is one that another type has.
        if error.contains("no method named") {
            let method = error.split('`').nth(1).unwrap();
            assert!(
                control.contains(&format!(".{method}")),
                "{path:?}: {method}"
            );
        }
    }
}
