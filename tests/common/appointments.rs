//! Appointments, policies and error kinds that several tests share.

#![allow(dead_code, reason = "each test uses its part")]

use paravent::{Appointment, CheckedPolicy, Error, Schema, Sex};

use accepted::accepted;

pub(crate) mod accepted;

/// The policy of `domain` on appointments that says what is in `rest`.
pub(crate) fn policy(domain: &str, rest: &str) -> CheckedPolicy {
    let head = format!("domain = \"{domain}\"\nschema = \"appointment\"\n");
    accepted(&(head + rest), &Schema::appointment()).unwrap()
}

/// Bound to nothing, and everything sealed.
pub(crate) const UNBOUND: &str = "record_id = \"unbound\"\n";

/// Bound to a record id, and everything sealed.
pub(crate) const BOUND: &str = "record_id = \"bound\"\n";

/// A pseudonym of the person, and some fields in clear.
pub(crate) const SHOWING: &str = r#"
    record_id = "unbound"
    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "counts people"
    [show.age]
    as = "keep"
    reason = "report by age"
    [show.specialty]
    as = "keep"
    reason = "report by specialty"
"#;

/// An appointment with every field, whose values tell it from that of every other number below 1,440.
pub(crate) fn appointment(number: usize) -> Appointment {
    Appointment {
        last_name: format!("Lefèvre-{number}"),
        first_name: format!("Zoé {number}"),
        age: Some((number % 120) as u8),
        sex: Some(Sex::Female),
        phone: Some(format!(
            "06 39 98 {:02} {:02}",
            number / 100 % 100,
            number % 100
        )),
        email: Some(format!("zoe.{number}@example.org")),
        start: format!(
            "2020-07-21T{:02}:{:02}:00+02:00",
            number / 60 % 24,
            number % 60
        ),
        practitioner: format!("Dr Ÿvonne Œuvrard {number}"),
        specialty: format!("Gynécologie {number}"),
    }
}

/// The one group of errors that `error` belongs to.
pub(crate) fn kind(error: &Error) -> &'static str {
    let kinds = [
        ("record", error.is_record()),
        ("misuse", error.is_misuse()),
        ("malformed", error.is_malformed()),
        ("unsupported", error.is_unsupported()),
        ("other policy", error.is_other_policy()),
        ("other schema", error.is_other_schema()),
        ("unknown epoch", error.is_unknown_epoch()),
        ("missing scope", error.is_missing_scope()),
        ("wrong key", error.is_wrong_key()),
        ("tampered", error.is_tampered()),
        ("plaintext", error.is_plaintext()),
        ("target", error.is_target()),
        ("definition", error.is_definition()),
        ("io", error.is_io()),
    ];
    let mut kinds = kinds.iter().filter(|(_, is)| *is).map(|(kind, _)| *kind);
    let kind = kinds
        .next()
        .unwrap_or_else(|| panic!("an error of no kind: {error}"));
    assert_eq!(kinds.next(), None, "an error of two kinds: {error}");
    kind
}
