//! Rows that fail, and runs that go on.

use super::*;

fn mixed() -> String {
    let long = ZOE.replace("Zoé", &"x".repeat(49));
    format!(
        "{HEADER}{ZOE}{long}\na,b\n{ZOE}{}{ZOE}",
        ZOE.replace(",34,", ",old,")
    )
}

#[test]
fn line_and_kind_are_told_and_the_others_pass() {
    let domain = Domain::new(UNBOUND);
    for jobs in [1, 4] {
        let mut told = Vec::new();
        let transfer = domain.protecting().quarantine(&mut told).jobs(rows(jobs));
        let (protected, summary) = run(transfer, mixed()).unwrap();
        assert_eq!((summary.rows(), summary.quarantined()), (3, 3));
        let failures: Vec<(&str, u64)> = summary
            .failures()
            .iter()
            .map(|(kind, n)| (*kind, *n))
            .collect();
        assert_eq!(failures, [("input", 1), ("too-wide", 1), ("wrong-type", 1)]);
        assert_eq!(
            String::from_utf8(told).unwrap(),
            "{\"line\":3,\"error\":\"too-wide\",\"field\":\"first_name\"}\n{\"line\":5,\"error\":\"input\"}\n\
             {\"line\":7,\"error\":\"wrong-type\",\"field\":\"age\"}\n"
        );
        assert_eq!(
            text(domain.revealing(), protected),
            HEADER.to_owned() + &ZOE.repeat(3)
        );
    }
}

#[test]
fn what_has_no_end_ends_the_run_nevertheless() {
    let domain = Domain::new(UNBOUND);
    let mut told = Vec::new();
    let mut output = Vec::new();
    let transfer = domain.protecting().quarantine(&mut told);
    let error = transfer
        .run((mixed() + "\"a,b\n").as_bytes(), &mut output)
        .unwrap_err();
    assert!(error.is_input() && error.line() == Some(9), "{error}");
    // What came before is told.
    assert_eq!(told.iter().filter(|&&byte| byte == b'\n').count(), 3);
}

/// A key that is not the schema's may be a value that somebody put in the wrong place.
#[test]
fn no_unknown_key_is_told() {
    let domain = Domain::new(UNBOUND);
    let mut told = Vec::new();
    let transfer = domain
        .protecting()
        .from(Format::Ndjson)
        .quarantine(&mut told);
    run(transfer, "{\"Lefevre\":1}\n").unwrap();
    assert_eq!(told, b"{\"line\":1,\"error\":\"unknown-field\"}\n");
}

#[test]
fn rows_that_do_not_open_are_told() {
    let domain = Domain::new(UNBOUND);
    let protected = text(domain.protecting(), HEADER.to_owned() + &ZOE.repeat(3));
    let mut lines: Vec<String> = protected.lines().map(str::to_owned).collect();
    let other = Domain::new(UNBOUND);
    lines[2] = text(other.protecting(), HEADER.to_owned() + ZOE)
        .lines()
        .nth(1)
        .unwrap()
        .to_owned();
    let mut told = Vec::new();
    let transfer = domain.revealing().quarantine(&mut told);
    let (revealed, summary) = run(transfer, lines.join("\n")).unwrap();
    assert_eq!((summary.rows(), summary.quarantined()), (2, 1));
    assert_eq!(revealed, HEADER.to_owned() + &ZOE.repeat(2));
    assert_eq!(told, b"{\"line\":3,\"error\":\"wrong-key\"}\n");
}

#[test]
fn a_summary_is_json() {
    let domain = Domain::new(UNBOUND);
    let mut told = Vec::new();
    let (_, summary) = run(domain.protecting().quarantine(&mut told), mixed()).unwrap();
    assert_eq!(
        serde_json::to_string(&summary).unwrap(),
        "{\"rows\":3,\"quarantined\":3,\"failures\":{\"input\":1,\"too-wide\":1,\"wrong-type\":1},\"window\":6,\
         \"delimiter\":\",\",\"encoding\":\"utf-8\"}"
    );
}
