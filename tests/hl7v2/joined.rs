//! What the check of policies says of domains that get the same messages.

use paravent::{Date, FindingKind, Policy, PolicySet, Schema};

const HOLDS: &str = "[holds]\nrows = 500_000\nsubjects = 120_000\nvisits = 60\n[tenancy]\nspecialties = 12\npractices = 40\n";

fn policy(domain: &str, scope: &str) -> Policy {
    let text = format!(
        "domain = \"{domain}\"\nschema = \"scheduling\"\nrecord_id = \"bound\"\n{HOLDS}\n[open.{scope}]\nreason = \"a test\"\n"
    );
    Policy::from_toml(&text, &Schema::scheduling()).unwrap()
}

fn kinds(policies: &[Policy]) -> Vec<FindingKind> {
    let set = PolicySet::new(policies.iter().cloned());
    let report = set.report(Date::constant(2026, 11, 24));
    report.refused().map(|finding| finding.kind()).collect()
}

/// The same segments with the same number of fields, and parts of the same size: who has both sides finds the rows of one message.
#[test]
fn copies_of_one_message_are_matched_by_its_form() {
    let (desk, ward) = (policy("desk", "contact"), policy("ward", "care"));
    assert_eq!(kinds(std::slice::from_ref(&ward)), []);
    assert!(
        kinds(std::slice::from_ref(&desk))
            .iter()
            .all(|kind| *kind == FindingKind::Shaped)
    );
    assert!(kinds(&[desk, ward]).contains(&FindingKind::Colluding));
}

#[test]
fn the_size_of_what_is_medical_is_seen_next_to_an_identity() {
    let refused = kinds(&[policy("desk", "identity")]);
    assert!(!refused.is_empty() && refused.iter().all(|kind| *kind == FindingKind::Shaped));
}
