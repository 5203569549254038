//! Values in clear, or coarser than they are.

use super::{Attack, Family, Way, coarse, column::frequencies, person, sparse};
use crate::{
    audit::{
        case::{Case, ColumnView, Knowledge, LeakView, Made, Meaning, NULL, Vocabulary},
        draw::table::NONE,
        reading::{Candidates, Reading, What},
    },
    normal,
    policy::{Buckets, Policy, Transform},
    schema::{Field, ValueType},
};

/// How many different values tell whether all may be a field's.
const SAMPLE: usize = 64;

pub(crate) struct Clear;

impl Attack for Clear {
    fn family(&self) -> Family {
        Family::Clear
    }

    fn needs(&self) -> &'static str {
        "the values that a field can have"
    }

    fn ways(&self, case: &Case, _known: &[Vec<Reading>]) -> Vec<Way> {
        let ways = case.leaks.iter().enumerate().map(|(leak, view)| {
            let columns = view.columns.iter();
            let readings = columns.filter_map(|column| reading(&case.knows, view, column));
            // What contradicts a surer reading says nothing, and what is only found here and there is less sure.
            let (sure, found): (Vec<_>, Vec<_>) = readings.partition(|(nulls, _)| *nulls);
            let readings = sure.into_iter().chain(found).map(|(_, reading)| reading);
            Way::new(leak, "", readings.collect())
        });
        ways.filter(|way| !way.readings.is_empty()).collect()
    }
}

/// Whether a column's values are read as they are, or coarser.
pub(super) fn is_clear(knows: &Knowledge, view: &LeakView, column: &ColumnView) -> bool {
    read(knows, view, column).is_some()
}

/// What is read of a column, and whether of all its cells.
fn reading(knows: &Knowledge, view: &LeakView, column: &ColumnView) -> Option<(bool, Reading)> {
    let Read {
        of,
        mut candidates,
        nulls,
    } = read(knows, view, column)?;
    let mut codes = column.codes.of.clone();
    if nulls && codes.contains(&NONE) {
        let null = u32::try_from(candidates.len()).ok()?;
        candidates.push(Candidates::one(NULL));
        for code in &mut codes {
            if *code == NONE {
                *code = null;
            }
        }
    }
    let reading = Reading {
        of,
        codes,
        candidates,
    };
    Some((nulls, reading))
}

/// What a column shows, and what each of its different values can be.
struct Read {
    of: What,
    candidates: Vec<Candidates>,
    /// Whether a null cell says that there is no value.
    nulls: bool,
}

fn read(knows: &Knowledge, view: &LeakView, column: &ColumnView) -> Option<Read> {
    let nulls = column.made != Made::Found;
    let field = |(field, candidates)| Read {
        of: What::Field(field),
        candidates,
        nulls,
    };
    let few = |(of, candidates)| Read {
        of,
        candidates,
        nulls: false,
    };
    let texts: Vec<&str> = view.values(column).collect();
    let by_guess = || {
        guess_field(knows, column, &texts)
            .map(field)
            .or_else(|| person::read(knows, &texts).map(few))
    };
    match column.meaning {
        Meaning::Field(of) => {
            let shown = Shown { knows, field: of };
            let candidates = match &view.leak.policy {
                Some(policy) if !column.opened && column.made == Made::Leaked => {
                    return known(shown.by_policy(policy, &texts)).map(|read| field((of, read)));
                }
                _ => known(shown.by_looking(&texts)),
            };
            match candidates {
                Some(candidates) => Some(field((of, candidates))),
                None if column.opened => None,
                // Named after a field, and of another.
                None => by_guess(),
            }
        }
        Meaning::Unknown => by_guess().or_else(|| sparse::read(knows, &texts).map(few)),
        Meaning::StandIn(_) | Meaning::Sealed => None,
    }
}

/// Where there are any.
fn known(candidates: Option<Vec<Candidates>>) -> Option<Vec<Candidates>> {
    candidates.filter(|all| !all.iter().all(Candidates::is_empty))
}

/// How a field is shown.
pub(super) struct Shown<'k> {
    pub(super) knows: &'k Knowledge,
    pub(super) field: usize,
}

impl Shown<'_> {
    fn vocabulary(&self) -> &Vocabulary {
        &self.knows.vocabularies[self.field]
    }

    fn schema_field(&self) -> &Field {
        &self.knows.schema.fields()[self.field]
    }

    /// As the policy says; `None` where it takes a key to read.
    fn by_policy(&self, policy: &Policy, texts: &[&str]) -> Option<Vec<Candidates>> {
        let rules = policy.show_rules();
        let Some(rule) = rules.iter().find(|rule| rule.position == self.field) else {
            return self.by_looking(texts);
        };
        match &rule.transform {
            Transform::Keep => self.by_looking(texts),
            Transform::Shift { .. } | Transform::Reversible | Transform::Phone => None,
            Transform::Bucket { lists, other } => {
                let (class, region) = (self.schema_field().class(), policy.schema().phone_region());
                let buckets = Buckets::of(lists, other.as_deref(), class, region);
                let mut work = normal::Work::default();
                let mut form = Vec::new();
                Some(self.grouped(texts, |value| {
                    form.clear();
                    form.reserve(normal::room(value.as_bytes()));
                    let list = buckets.show(value, region, &mut work, &mut form);
                    list.ok().map(str::to_owned)
                }))
            }
            transform => Some(self.grouped(texts, |value| {
                let mut text = String::new();
                let integer = transform.show(value, &mut text).ok()?;
                Some(integer.map_or(text, |integer| integer.to_string()))
            })),
        }
    }

    /// The candidates of each text: the values that are shown by it.
    fn grouped(&self, texts: &[&str], show: impl FnMut(&str) -> Option<String>) -> Vec<Candidates> {
        let weights = frequencies(self.knows, self.field);
        coarse::grouped(self.vocabulary(), &weights, texts, show)
    }

    /// As the values are, or as coarser forms that are found by looking.
    fn by_looking(&self, texts: &[&str]) -> Option<Vec<Candidates>> {
        let (vocabulary, field) = (self.vocabulary(), self.schema_field());
        let weights = frequencies(self.knows, self.field);
        let exact = self.exact(texts, &weights);
        let found = exact.iter().filter(|found| !found.is_empty()).count();
        // Numbers and short words are a field's by accident, too.
        let plain = texts.iter().any(|text| text.chars().count() > 4)
            && matches!(field.value_type(), ValueType::Text | ValueType::DateTime);
        if let Some(rounded) = coarse::rounded(field, vocabulary, &weights, texts) {
            return Some(rounded);
        }
        if found * 2 >= texts.len().max(1) || (plain && found > 0) {
            return Some(exact);
        }
        coarse::by_form(field, vocabulary, &weights, texts)
    }

    /// By text, then by normal form.
    pub(super) fn exact(&self, texts: &[&str], weights: &[f32]) -> Vec<Candidates> {
        let vocabulary = self.vocabulary();
        let (class, region) = (
            self.schema_field().class(),
            self.knows.schema.phone_region(),
        );
        texts
            .iter()
            .map(|text| {
                let by_text = vocabulary.numbers.get(*text).filter(|&&at| at != NULL);
                if let Some(&number) = by_text {
                    return Candidates::one(number);
                }
                let form = class.normalize(text, region).ok();
                match form.and_then(|form| vocabulary.folded.get(&form)) {
                    Some(numbers) => {
                        let numbers = numbers.iter().copied().filter(|&number| number != NULL);
                        coarse::weighted(weights, numbers)
                    }
                    None => Candidates::default(),
                }
            })
            .collect()
    }
}

/// The field that a column without a known name is of: nearly all of its different values are the field's, and those are several, or long
/// texts of the visit.
fn guess_field(
    knows: &Knowledge,
    column: &ColumnView,
    texts: &[&str],
) -> Option<(usize, Vec<Candidates>)> {
    let rows = column.codes.of.iter().filter(|&&code| code != NONE).count();
    let mut best: Option<(usize, usize, Vec<Candidates>)> = None;
    for (field, vocabulary) in knows.vocabularies.iter().enumerate() {
        let values = vocabulary.values.len().saturating_sub(1);
        let least = if (2..=4).contains(&values) { 2 } else { 3 };
        // An export of one department says one thing in all rows.
        let of = &knows.schema.fields()[field];
        let is_told = of.value_type() == ValueType::Text
            && !of.is_of_person()
            && texts.iter().all(|text| sparse::is_long(text));
        if texts.is_empty()
            || (texts.len() < least && !is_told)
            || texts.len() > values.saturating_mul(10) / 9 + 1
        {
            continue;
        }
        let shown = Shown { knows, field };
        let weights = frequencies(knows, field);
        // Most columns are of no field, as some of their values tell.
        let step = texts.len().div_ceil(SAMPLE).max(1);
        let some: Vec<&str> = texts.iter().copied().step_by(step).collect();
        let found = shown.exact(&some, &weights);
        if found.iter().filter(|found| !found.is_empty()).count() * 2 < some.len() {
            continue;
        }
        let exact = shown.exact(texts, &weights);
        let found = exact.iter().filter(|found| !found.is_empty()).count();
        if found * 10 < texts.len() * 9 {
            continue;
        }
        // Any small number is somebody's age: it must also be as frequent.
        let integer = shown.schema_field().value_type() == ValueType::Integer;
        if integer && distance(column, rows, &exact, &weights) > 0.5 {
            continue;
        }
        if best.as_ref().is_none_or(|(_, most, _)| found > *most) {
            best = Some((field, found, exact));
        }
    }
    best.map(|(field, _, candidates)| (field, candidates))
}

/// The total variation between how frequent values are in a column and how frequent they should be.
fn distance(column: &ColumnView, rows: usize, exact: &[Candidates], weights: &[f32]) -> f32 {
    let sum: f32 = weights.iter().skip(1).sum();
    let mut shares = vec![0.0_f32; weights.len()];
    for (count, candidates) in super::column::counts(column).iter().zip(exact) {
        if let Some((number, _)) = candidates.best() {
            shares[number as usize] += *count as f32 / rows.max(1) as f32;
        }
    }
    let expected = weights.iter().map(|weight| weight / sum);
    let difference = shares
        .iter()
        .zip(expected)
        .skip(1)
        .map(|(a, b)| (a - b).abs());
    difference.sum::<f32>() / 2.0
}
