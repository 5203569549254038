//! `assert_unlinkable`, as users' own tests call it.

use std::panic::catch_unwind;

use paravent::{Appointment, Date, Keyring, Policy, PolicySet, Protector, Schema, audit};

use super::generator;

const TODAY: Date = Date::constant(2026, 11, 24);

/// What it panics with, for rows that were protected under a policy; `None` where it does not.
fn told(policy: &str, appointments: &[Appointment]) -> Option<String> {
    let policy = Policy::from_toml(policy, &Schema::appointment()).unwrap();
    let checked = PolicySet::new([policy]).check(TODAY).unwrap().remove(0);
    let keyring = Keyring::generate().unwrap();
    let protector = Protector::new(&keyring, &checked).unwrap();
    let rows: Vec<_> = appointments
        .iter()
        .map(|record| protector.protect(record).unwrap())
        .collect();
    let asserted =
        catch_unwind(|| audit::assert_unlinkable(&keyring, &checked, &rows, appointments));
    asserted
        .err()
        .map(|panic| *panic.downcast::<String>().unwrap())
}

#[test]
fn a_policy_passes_or_says_why_not() {
    let appointments = generator::appointments(6_128, 31);
    let nothing = "domain = \"archive\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
    assert_eq!(told(nothing, &appointments), None);
    let care = format!("{nothing}[open.care]\nreason = \"visits by specialty\"\n");
    assert_eq!(told(&care, &appointments), None);
    let few = told(&care, &appointments[..60]).unwrap();
    assert!(few.starts_with("Too few rows to tell"), "{few}");
}
