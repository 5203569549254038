//! What the check of policies finds: answers worked out by hand, the laws it keeps, acceptances, what a change gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod acceptances;
mod alone;
mod attacked;
mod by_hand;
mod change;
mod laws;
mod together;
mod told;
mod worst;

use paravent::{Date, Finding, FindingKind, Policy, PolicySet, Report, Schema};

const TODAY: Date = Date::constant(2026, 11, 24);

/// What stands behind a domain of a platform: log2(20,000 / 20) is 9.97 bits, log2(50,000 / 20) 11.29.
const PLATFORM: &str = "
[holds]
rows = 50_000
subjects = 20_000
visits = 6
[tenancy]
specialties = 12
practices = 40
";

/// A policy of `domain` on appointments.
fn policy(domain: &str, rest: &str) -> Policy {
    policy_for(domain, rest, &Schema::appointment())
}

fn policy_for(domain: &str, rest: &str, schema: &Schema) -> Policy {
    let head = format!(
        "domain = \"{domain}\"\nschema = \"{}\"\nrecord_id = \"unbound\"\n",
        schema.name()
    );
    Policy::from_toml(&(head + rest), schema).unwrap_or_else(|error| panic!("{error}\n{rest}"))
}

/// One line of a policy file: `field as how`, with a reason.
fn show(field: &str, how: &str) -> String {
    format!("[show.{field}]\n{how}\nreason = \"test\"\n")
}

fn keep(field: &str) -> String {
    show(field, "as = \"keep\"")
}

fn open(scope: &str) -> String {
    format!("[open.{scope}]\nreason = \"test\"\n")
}

fn pseudonym(name: &str, of: &str) -> String {
    format!("[pseudonym.{name}]\nof = {of}\nreason = \"test\"\n")
}

fn index(name: &str, of: &str, bits: u8, distinct: u64) -> String {
    format!("[index.{name}]\nof = {of}\nbits = {bits}\ndistinct = {distinct}\nreason = \"test\"\n")
}

fn report(policies: &[&Policy]) -> Report {
    PolicySet::new(policies.iter().map(|&policy| policy.clone())).report(TODAY)
}

/// Each finding as it is printed.
fn findings(policies: &[&Policy]) -> Vec<String> {
    report(policies)
        .findings()
        .iter()
        .map(Finding::to_string)
        .collect()
}

/// What a field is worth to the domain of a policy.
fn bits(policy: &Policy, field: &str) -> f64 {
    let report = report(&[policy]);
    let row = report
        .fields()
        .iter()
        .find(|row| row.field == field)
        .unwrap();
    row.bits
}
