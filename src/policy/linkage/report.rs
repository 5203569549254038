//! What an officer reads.

use serde::{Serialize, Serializer};

use super::{
    finding::Finding,
    leaks::{Found, Leaks},
};
use crate::{
    error::{Error, Kind, Result},
    id::{Digest, Domain},
    policy::{Policy, Release, Transform},
};

/// What a check found, and what each policy gives of each field. Serialises for machines.
#[derive(Debug, Serialize)]
pub struct Report {
    fields: Vec<FieldReport>,
    findings: Vec<Finding>,
    policies: Vec<PolicyReport>,
    #[serde(serialize_with = "serialize_problems")]
    problems: Vec<(Domain, Error)>,
}

/// What stands behind one policy.
#[derive(Debug, Serialize)]
struct PolicyReport {
    domain: Domain,
    schema: String,
    digest: Digest,
    schema_digest: Digest,
    goes_to: Option<String>,
}

/// What one policy gives of one field.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FieldReport {
    /// The policy's domain.
    pub domain: Domain,
    /// The field's name.
    pub field: String,
    /// How it is shown; `None` where it is only sealed.
    pub shown: Option<String>,
    /// Stand-ins that it is part of: "pseudonym patient", "index phone".
    pub stand_ins: Vec<String>,
    /// Whether the domain's people know it besides.
    pub known: bool,
    /// Whether the domain's grant opens it in bulk.
    pub opened: bool,
    /// Whether a broker releases it, one record a call.
    pub released: bool,
    /// Whether that takes two people at each call.
    pub two_persons: bool,
    /// The messages that it is rendered in.
    pub rendered: Vec<String>,
    /// What the domain knows of it in bulk, with what the schema's facts give, of one visit and in bits: 0 for nothing; infinite, and `null` in JSON,
    /// where nobody says how many values there are.
    pub bits: f64,
}

impl Report {
    pub(super) fn new(
        policies: &[Policy],
        leaks: &Leaks<'_>,
        findings: Vec<Found>,
        problems: Vec<(Domain, Error)>,
    ) -> Self {
        Self {
            fields: policies
                .iter()
                .flat_map(|policy| fields(policy, leaks))
                .collect(),
            findings: findings.into_iter().map(|found| found.finding).collect(),
            policies: policies
                .iter()
                .map(|policy| PolicyReport {
                    domain: policy.domain().clone(),
                    schema: policy.schema().name().to_owned(),
                    digest: policy.digest(),
                    schema_digest: policy.schema().digest(),
                    goes_to: policy.goes_to().map(str::to_owned),
                })
                .collect(),
            problems,
        }
    }

    /// What each policy gives of each field, policies in their order, fields in ascending number.
    pub fn fields(&self) -> &[FieldReport] {
        &self.fields
    }

    /// What was found: by domain, then the smallest sets that collude.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that nobody answers for.
    pub fn refused(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.accepted.is_none())
    }

    /// What is wrong with acceptances: each one's domain, and an [`Error::is_definition`] with its line.
    pub fn problems(&self) -> impl Iterator<Item = (&Domain, &Error)> {
        self.problems.iter().map(|(domain, error)| (domain, error))
    }

    /// Whether nothing is refused and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.refused().next().is_none()
    }

    /// The first problem, else the first finding that nobody answers for, as an error.
    pub(super) fn into_result(self) -> Result<()> {
        let refused = self.refused().count();
        if let Some((_, error)) = self.problems.into_iter().next() {
            return Err(error);
        }
        match self
            .findings
            .iter()
            .find(|finding| finding.accepted.is_none())
        {
            None => Ok(()),
            Some(finding) => Err(Error::new(|| Kind::Refused {
                finding: finding.to_string(),
                digest: finding.digest,
                others: refused - 1,
            })),
        }
    }
}

/// Each as `domain`, `line` and `message`.
fn serialize_problems<S: Serializer>(
    problems: &[(Domain, Error)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Problem<'a> {
        domain: &'a Domain,
        line: Option<usize>,
        message: String,
    }
    serializer.collect_seq(problems.iter().map(|(domain, error)| Problem {
        domain,
        line: error.line(),
        message: error.to_string(),
    }))
}

fn fields(policy: &Policy, leaks: &Leaks<'_>) -> Vec<FieldReport> {
    let schema = policy.schema();
    let bulk = leaks.bulk(policy.domain().as_str());
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| (position, field, releases(policy, position)))
        .map(|(position, field, releases)| FieldReport {
            domain: policy.domain().clone(),
            field: field.name().to_owned(),
            shown: policy
                .show_rules()
                .iter()
                .find(|show| show.position == position)
                .map(|show| match &show.transform {
                    Transform::Keep => "keep".to_owned(),
                    transform => transform.to_string(),
                }),
            stand_ins: stand_ins(policy, position),
            known: policy.background().knows.contains(&position),
            opened: policy.opens().contains(&field.scope()),
            released: !releases.is_empty(),
            two_persons: !releases.is_empty() && releases.iter().all(|release| release.two_persons),
            rendered: policy
                .renders()
                .iter()
                .filter(|render| render.to == position || render.fields.contains(&position))
                .map(|render| render.name.clone())
                .collect(),
            bits: bulk
                .and_then(|view| view.evidence(leaks.universe.position(field.name())?))
                .map_or(0.0, |known| known.form.worth(1.0)),
        })
        .collect()
}

/// What a broker releases the field by.
fn releases(policy: &Policy, position: usize) -> Vec<&Release> {
    let releases = policy.releases().iter();
    releases
        .filter(|release| release.fields.contains(&position))
        .collect()
}

fn stand_ins(policy: &Policy, position: usize) -> Vec<String> {
    let pseudonyms = policy
        .pseudonym_rules()
        .iter()
        .filter(|rule| rule.of.contains(&position))
        .map(|rule| format!("pseudonym {}", rule.name));
    let indexes = policy
        .index_rules()
        .iter()
        .filter(|rule| rule.of.contains(&position))
        .map(|rule| format!("index {}", rule.name));
    pseudonyms.chain(indexes).collect()
}
