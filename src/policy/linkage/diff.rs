//! What a change gives a domain that it did not have.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{
    finding::{Finding, FindingKind},
    leaks::Leaks,
    set::PolicySet,
    view::View,
};

/// What a change of policies gives away.
#[derive(Debug, Serialize)]
pub struct Diff {
    gains: Vec<Gain>,
    findings: Vec<Finding>,
}

/// Something that somebody has after a change and had not before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gain {
    /// Who gets it: a domain, or a gateway that carries messages.
    pub domain: String,
    /// The field, the name of a pseudonym or index, a word of `shares`, or a number: "rows", "records that brokers give".
    pub what: String,
    /// What it had: how it was known, and its bits.
    pub before: Option<String>,
    /// What it has now.
    pub now: String,
}

impl Diff {
    pub(super) fn new(old: &PolicySet, new: &PolicySet, today: Date) -> Self {
        let (before, after) = (Leaks::new(old.policies()), Leaks::new(new.policies()));
        let gains = after
            .names()
            .iter()
            .flat_map(|name| gains(name, &before, &after))
            .collect();
        let known: Vec<(FindingKind, String)> = old
            .report(today)
            .findings()
            .iter()
            .map(|finding| (finding.kind(), finding.to_string()))
            .collect();
        let is_new = |finding: &&Finding| !known.contains(&(finding.kind(), finding.to_string()));
        Self {
            gains,
            findings: new
                .report(today)
                .findings()
                .iter()
                .filter(is_new)
                .cloned()
                .collect(),
        }
    }

    /// What each domain gets, by domain, then field.
    pub fn gains(&self) -> &[Gain] {
        &self.gains
    }

    /// What is found now and was not before, accepted or not.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nobody gets anything, and nothing new is found.
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty() && self.findings.is_empty()
    }
}

fn gains(name: &str, before: &Leaks<'_>, after: &Leaks<'_>) -> Vec<Gain> {
    let (had, has) = (before.full(name), after.full(name));
    let Some(has) = has else {
        return Vec::new();
    };
    let mut gains = fields(name, before, after);
    let old = names(had);
    let new = names(Some(has))
        .into_iter()
        .filter(|(name, what)| old.get(name) != Some(what));
    gains.extend(new.map(|(what, now)| (old.get(&what).cloned(), what, now)));
    for share in &has.bounds.shares {
        if had.is_none_or(|had| !had.bounds.shares.contains(share)) {
            gains.push((
                None,
                share.name().to_owned(),
                "shared with other domains".to_owned(),
            ));
        }
    }
    // What nobody states is no number.
    if let Some(had) = had.filter(|had| had.bounds.rows < has.bounds.rows) {
        let [before, now] = [had.bounds.rows, has.bounds.rows].map(|rows| rows.to_string());
        gains.push((Some(before), "rows".to_owned(), now));
    }
    let [asked, asks] = [before, after].map(|leaks| leaks.exposure_of(name));
    if asks > asked {
        let what = "records that brokers give".to_owned();
        gains.push((Some(asked.to_string()), what, asks.to_string()));
    }
    let by_two = before.released_to(name);
    for (field, two) in after.released_to(name) {
        if !two && by_two.get(field) == Some(&true) {
            let [before, now] = ["released by two people", "released by one"].map(str::to_owned);
            gains.push((Some(before), field.to_owned(), now));
        }
    }
    let gain = |(before, what, now)| Gain {
        domain: name.to_owned(),
        what,
        before,
        now,
    };
    gains.into_iter().map(gain).collect()
}

/// What was had, what it is, what is had now.
type Change = (Option<String>, String, String);

/// Fields that are known better: in bulk, or with what brokers do.
fn fields(name: &str, before: &Leaks<'_>, after: &Leaks<'_>) -> Vec<Change> {
    let better = |had: Option<&View>, has: Option<&View>, place: usize| {
        let field = &after.universe.fields[place].name;
        let now = has?.evidence(place)?;
        let old = before.universe.position(field);
        let old = old.and_then(|place| had?.evidence(place));
        let better = old.is_none_or(|old| now.form.tells_more_than(&old.form));
        let old = old.map(|old| before.describe(old));
        better.then(|| (old, field.clone(), after.describe(now)))
    };
    (0..after.universe.fields.len())
        .filter_map(|place| {
            better(before.bulk(name), after.bulk(name), place)
                .or_else(|| better(before.full(name), after.full(name), place))
        })
        .collect()
}

/// The stand-ins and indexes of a view, each with what it is.
fn names(view: Option<&View>) -> BTreeMap<String, String> {
    let tokens = view.into_iter().flat_map(|view| &view.tokens);
    let equal = tokens.map(|token| (token.name.clone(), "equal for equal inputs".to_owned()));
    let indexes = view.into_iter().flat_map(|view| &view.indexes);
    let bits = indexes.map(|(name, bits)| (name.clone(), format!("{bits} bits of an index")));
    equal.chain(bits).collect()
}
