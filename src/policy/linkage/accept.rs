//! Who answers for which finding.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    Accepted,
    leaks::{Found, Leaks},
};
use crate::{
    error::Error,
    id::Domain,
    policy::{Acceptance, Policy},
    toml_file::hint,
};

/// Notes who answers for what. Returns what is wrong with acceptances, each with its domain.
pub(super) fn accept(
    policies: &[Policy],
    leaks: &Leaks<'_>,
    found: &mut [Found],
    today: Date,
) -> Vec<(Domain, Error)> {
    let here: BTreeSet<&Domain> = policies.iter().map(Policy::domain).collect();
    let mut problems = Vec::new();
    let mut beginnings: Option<BTreeSet<[u8; 32]>> = None;
    for policy in policies {
        for acceptance in policy.acceptances() {
            let domain = policy.domain();
            let absent = acceptance.with.iter().find(|domain| !here.contains(domain));
            let problem = match absent {
                // Of a set that is not here, nothing can be said, but for a name that is nearly one that is.
                Some(absent) => misspelt(domain, absent, &here),
                None => accept_one(policy, acceptance, found, today, |digest, found| {
                    let beginnings = beginnings.get_or_insert_with(|| leaks.beginnings(found));
                    beginnings.contains(digest)
                }),
            };
            problems.extend(problem.map(|error| (domain.clone(), error.at_line(acceptance.line))));
        }
    }
    problems
}

fn misspelt(domain: &Domain, absent: &Domain, here: &BTreeSet<&Domain>) -> Option<Error> {
    let others = here.iter().filter(|&&other| other != domain);
    let near = hint(absent.as_str(), others.map(|other| other.as_str()));
    (!near.is_empty()).then(|| {
        Error::definition(
            format!(
                "an acceptance of domain {:?} names {:?}, which is not in the set{near}",
                domain.as_str(),
                absent.as_str()
            ),
            "list under `with` the other domains of the finding, and no others",
        )
    })
}

fn accept_one(
    policy: &Policy,
    acceptance: &Acceptance,
    found: &mut [Found],
    today: Date,
    mut is_beginning: impl FnMut(&[u8; 32], &[Found]) -> bool,
) -> Option<Error> {
    let wrong = |what: &str, advice| {
        let what = format!(
            "an acceptance of domain {:?} {what}",
            policy.domain().as_str()
        );
        Some(Error::definition(what, advice))
    };
    let named: BTreeSet<&Domain> = acceptance.with.iter().chain([policy.domain()]).collect();
    let number = found
        .iter()
        .position(|found| found.finding.digest == acceptance.finding);
    let Some(number) = number else {
        if is_beginning(acceptance.finding.as_bytes(), found) {
            return wrong(
                "is for a chain that has grown longer",
                "look at the finding again: what was accepted is not what is there now",
            );
        }
        return wrong(
            "matches no finding",
            "take it out; where policy, schema or chain changed, look at the finding again and accept it by its new digest",
        );
    };
    let finding = &mut found[number].finding;
    if !finding.domains.iter().eq(named.iter().copied()) {
        return wrong(
            "names other domains than its finding",
            "list under `with` the other domains of the finding, and no others",
        );
    }
    if acceptance.until < today {
        return wrong(
            &format!("ended on {}", acceptance.until),
            "look at the finding again, and accept it anew or change the policy",
        );
    }
    finding.accepted = Some(Accepted::new(acceptance));
    None
}
