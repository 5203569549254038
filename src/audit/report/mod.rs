//! What an audit found, for people and machines.

mod chart;
mod html;
#[cfg(test)]
mod sample;
mod section;
mod table;
mod text;
mod verdict;
pub(crate) mod words;

use serde::{Deserialize, Deserializer, Serialize};

/// What an audit found. Serialises to JSON and is read back from it; [`to_html`](Report::to_html) makes a page of it, and
/// [`Display`](std::fmt::Display) a summary for terminals. Figures that are not finite are `null` in JSON,
/// and the last bit of others may change on the way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// What came out, first of all.
    pub outcome: Outcome,
    /// The crate's version.
    pub version: String,
    /// The seed of all that is drawn at random.
    pub seed: u64,
    /// How often truth was permuted.
    pub permutations: u32,
    /// A chance of this or less counts as a link.
    pub level: f64,
    /// How to run it again, where the caller said.
    pub command: Option<String>,
    /// The sensitive field that was guessed.
    pub target: String,
    /// How many draws were attacked, each with rows and people of its own.
    pub draws: usize,
    /// True rows over all draws.
    pub rows: u64,
    /// People over all draws.
    pub people: u64,
    /// How often the best guess from elsewhere is right, 0 to 1.
    #[serde(deserialize_with = "figure")]
    pub baseline: f64,
    /// The least share of planted rows that was found, 0 to 1; none where not even the largest was.
    pub sharpness: Option<f64>,
    /// What was attacked: each leak alone, the smallest sets that do better than their parts, all together; then the known-bad schemes.
    pub schemes: Vec<Scheme>,
    /// Each way in, the widest reach first.
    pub attacks: Vec<Attack>,
    /// The most exposed people, the worst first: one line each, by a row whose claim is right.
    pub exposed: Vec<Exposed>,
    /// Columns whose digests are of telephone numbers that no register has.
    #[serde(default)]
    pub reversed: Vec<ReversedColumn>,
    /// What each leak shows.
    pub shown: Vec<ShownColumn>,
    /// Figures of the classes that the shown quasi-identifiers make, one a leak.
    pub classes: Vec<ClassFigures>,
    /// What policies show, in bits.
    pub capacities: Vec<Capacity>,
    /// What had to be found, and what must not have been.
    pub controls: Vec<Control>,
    /// Findings of the check that somebody answers for.
    pub accepted: Vec<AcceptedFinding>,
    /// What the reader should know of this run: attacks that could not run and why, limits that were hit.
    pub notes: Vec<String>,
}

/// What came out of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Outcome {
    /// A control failed: the run tells nothing, whatever it found.
    Blind,
    /// Some attack links people to what they came for.
    Links,
    /// Nothing else was found, or could be scored, but telephone numbers that no register has were read out of digests: identity in clear.
    Reversed {
        /// How many different numbers.
        numbers: u64,
    },
    /// Nothing was found, but so few rows could not have told.
    TooFew {
        /// How many rows it would take, about.
        rows: u64,
    },
    /// The truth is not known, so that nothing could be scored.
    Unscored,
    /// Nothing links, within the bound.
    Unlinkable,
}

/// One thing that was attacked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scheme {
    /// "sms-reminders", "sms-reminders with statistics", "unsalted digests".
    pub name: String,
    /// Whether it was given or made.
    pub kind: SchemeKind,
    /// The leaks that it consists of.
    pub leaks: Vec<String>,
    /// Whether its policy has findings accepted by which it links in bulk, as a practice's own software does.
    pub may_link: bool,
    /// People over the draws that it was attacked in.
    pub people: u64,
    /// People whose target value was claimed with certainty, and rightly.
    pub outed: u64,
    /// As many of them under permutation at most, in 95 of 100 cases.
    pub outed_by_chance: u64,
    /// The linkage gain of the best attack, measured on people who had no part in choosing it.
    #[serde(deserialize_with = "figure")]
    pub gain: f64,
    /// The chance of such a gain where nothing links, over all attacks.
    #[serde(deserialize_with = "figure")]
    pub p: f64,
    /// The gain is below this with 95 % confidence; `None` where there was too little to bound it.
    pub bound: Option<f64>,
    /// The worst attack, "unkeyed digests".
    pub worst: Option<String>,
    /// Whether it links.
    pub links: bool,
}

/// Where an attacked scheme comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SchemeKind {
    /// A leak that was given.
    Leak,
    /// Several leaks that were given, together.
    Coalition,
    /// A scheme known to be bad, made of the true rows.
    KnownBad,
}

/// How far one way in reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attack {
    /// "joins".
    pub family: String,
    /// What tells it from the other ways of its family; may be empty.
    pub how: String,
    /// The leaks that it goes into.
    pub leaks: Vec<String>,
    /// What it needs beside the rows.
    pub needs: String,
    /// Of how many people it claims something else than the best guess from elsewhere.
    pub claims: u64,
    /// How often it is right, 0 to 1, over all people.
    #[serde(deserialize_with = "figure")]
    pub accuracy: f64,
    /// R = (accuracy − baseline) / (1 − baseline).
    #[serde(deserialize_with = "figure")]
    pub gain: f64,
    /// Adjusted for all attacks of the run.
    #[serde(deserialize_with = "figure")]
    pub p: f64,
    /// With 95 % confidence; `None` where there was too little to bound it.
    pub bound: Option<f64>,
    /// People whose target value it claims with certainty, and rightly.
    pub outed: u64,
    /// As many of them under permutation at most, in 95 of 100 cases.
    pub outed_by_chance: u64,
    /// The most that somebody is exposed: log2(posterior / prior), calibrated, in bits.
    #[serde(deserialize_with = "figure")]
    pub exposure: f64,
    /// Mean log2 of the calibrated posterior of what is true, less that of the prior: above 0 it knows something.
    #[serde(deserialize_with = "figure")]
    pub log_score: f64,
}

/// Somebody who is exposed, by the row that exposes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exposed {
    /// The leak with the row.
    pub leak: String,
    /// The draw, from 1.
    pub draw: usize,
    /// The row of the leak, from 1 (a header is not counted).
    pub row: u64,
    /// The attack that claims it.
    pub family: String,
    /// log2(posterior / prior), calibrated.
    #[serde(deserialize_with = "figure")]
    pub bits: f64,
}

/// A column of digests of which telephone numbers were found by counting through a mobile plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReversedColumn {
    /// The leak.
    pub leak: String,
    /// The column's name.
    pub column: String,
    /// Different digests that nothing known was met for.
    pub digests: u64,
    /// How many of them are of a number, beyond what chance makes.
    pub numbers: u64,
    /// "SHA-256".
    pub function: String,
}

/// What one column shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownColumn {
    /// The leak.
    pub leak: String,
    /// The column's name.
    pub column: String,
    /// "age, bands 0, 18, 65", "stand-in for last_name, first_name, phone", "sealed", "age, opened by the grant", "unknown".
    pub what: String,
    /// How many different values it has.
    pub different: u64,
    /// How many cells are null.
    pub nulls: u64,
    /// How often the most frequent value is there.
    pub most_frequent: u64,
    /// Different lengths in bytes.
    pub lengths: u64,
}

/// Figures of the classes of equal quasi-identifiers of one leak, with the target as the sensitive attribute.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassFigures {
    /// The leak.
    pub leak: String,
    /// The columns that make the classes.
    pub quasi_identifiers: Vec<String>,
    /// The sensitive column, or the field of the truth where it is not shown.
    pub sensitive: String,
    /// How many classes there are.
    pub classes: u64,
    /// Rows that are alone in their class.
    pub unique: u64,
    /// The least class: k-anonymity.
    pub k: u64,
    /// How many classes have how many rows: (rows at most, classes).
    pub sizes: Vec<(u64, u64)>,
    /// The least number of different sensitive values in a class: distinct l-diversity.
    pub l: u64,
    /// The largest distance of a class's distribution to that of all: t-closeness.
    #[serde(deserialize_with = "figure")]
    pub t: f64,
    /// The largest |ln| of how much more or less frequent a value is in a class than in all: delta-disclosure privacy.
    #[serde(deserialize_with = "figure")]
    pub delta: f64,
    /// The largest gain of a value's frequency in a class over that in all, at most its -ln: enhanced beta-likeness.
    #[serde(deserialize_with = "figure")]
    pub beta: f64,
}

/// What a policy shows, in bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capacity {
    /// The policy's domain.
    pub domain: String,
    /// Whether permuting what is medical among people leaves the whole view as it is, byte for byte, but for what is sealed.
    pub passes_swap_test: bool,
    /// What is shown of one row, stand-ins counted.
    #[serde(deserialize_with = "figure")]
    pub bits_a_row: f64,
    /// Over the rows that the policy says its leak holds; `None` where it does not say.
    pub rows: Option<u64>,
}

/// What an audit has to find, or must not find, to be believed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Control {
    /// "random bytes tell nothing".
    pub name: String,
    /// What came out, in words and figures.
    pub found: String,
    /// Whether it came out as it must.
    pub passed: bool,
}

/// A finding of the check that somebody answers for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcceptedFinding {
    /// Whose finding it is.
    pub domains: Vec<String>,
    /// "metered".
    pub kind: String,
    /// The way that a thief would take.
    pub chain: String,
    /// For metered findings the most records that leave before a misuse is noticed.
    pub exposure: Option<u64>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: String,
}

/// `null` is what JSON has for a figure that is not finite.
fn figure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
