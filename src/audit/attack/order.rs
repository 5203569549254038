//! Hidden values whose order is that of what they hide.

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use statrs::statistics::Statistics;

use super::{
    Attack, Family, Way,
    clear::is_clear,
    coarse::numbered,
    column::{bytes, counts, field_of, source},
    frequency::by_code,
    likely::{Counts, log_likelihoods},
};
use crate::{
    audit::{
        case::{Case, ColumnView, LeakView, NULL, Vocabulary},
        reading::{Candidates, Reading},
    },
    schema::ValueType,
};

/// The most pairs of a stand-in and a value that are looked at.
const MOST: usize = 1_000_000;
/// In how many other orders the stand-ins must be less likely.
const SHUFFLES: usize = 20;
/// By how many standard deviations.
const SPREADS: f64 = 4.0;
/// No more shuffles than look at so many pairs.
const SHUFFLED: usize = 4_000_000;

pub(crate) struct Order;

impl Attack for Order {
    fn family(&self) -> Family {
        Family::Order
    }

    fn needs(&self) -> &'static str {
        "how frequent values are, in their order"
    }

    fn ways(&self, case: &Case, _known: &[Vec<Reading>]) -> Vec<Way> {
        let ways = case.leaks.iter().enumerate().map(|(leak, view)| {
            let columns = view.columns.iter();
            let readings = columns.filter_map(|column| read(case, view, column));
            Way::new(leak, "", readings.collect())
        });
        ways.filter(|way| !way.readings.is_empty()).collect()
    }
}

fn read(case: &Case, view: &LeakView, column: &ColumnView) -> Option<Reading> {
    let knows = &case.knows;
    let field = field_of(column)?;
    let values = in_order(
        knows.schema.fields()[field].value_type(),
        &knows.vocabularies[field],
    )?;
    let stand_ins = sorted(view, column)?;
    if stand_ins.len() < 3
        || stand_ins.len() > values.len()
        || stand_ins.len() * values.len() > MOST
        || is_clear(knows, view, column)
    {
        return None;
    }
    let mut seen = Counts::new(stand_ins.len(), 1);
    for (at, count) in counts(column).into_iter().enumerate() {
        seen.add_many(at, 0, f64::from(count));
    }
    let mut known = Counts::new(knows.vocabularies[field].values.len(), 1);
    for row in source(knows, [field].into_iter()) {
        if row[field] != NULL {
            known.add_many(row[field] as usize, 0, 1.0);
        }
    }
    let likelihoods = log_likelihoods(&seen, &stand_ins, &known, &values);
    let (unseen, rows) = likelihoods.split_last()?;
    let worth: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .zip(unseen)
                .map(|(row, unseen)| row - unseen)
                .collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..worth.len()).collect();
    let aligned = Aligned::new(&worth, &order);
    // Any order can be aligned: it has to be likelier than others.
    let rng = &mut ChaCha8Rng::seed_from_u64(case.seed);
    let shuffles = SHUFFLES.min(SHUFFLED / (worth.len() * values.len())).max(4);
    let others: Vec<f64> = (0..shuffles)
        .map(|_| {
            order.shuffle(rng);
            Aligned::new(&worth, &order).likelihood()
        })
        .collect();
    if aligned.likelihood() < others.iter().mean() + SPREADS * others.iter().std_dev() {
        return None;
    }
    let candidates = aligned.candidates(&worth, &values);
    Some(by_code(case, column, field, &stand_ins, candidates))
}

/// The numbers of a field's values, in their order; `None` where they have none that is known.
fn in_order(value_type: ValueType, vocabulary: &Vocabulary) -> Option<Vec<usize>> {
    let mut keys: Vec<(i64, &str, usize)> = match value_type {
        ValueType::Integer => numbered(vocabulary)
            .filter_map(|(number, value)| Some((value.parse().ok()?, "", number as usize)))
            .collect(),
        // Texts of ISO 8601 are in the order of time.
        ValueType::Date | ValueType::DateTime => numbered(vocabulary)
            .map(|(number, value)| (0, value, number as usize))
            .collect(),
        _ => return None,
    };
    keys.sort_unstable();
    Some(keys.into_iter().map(|(_, _, number)| number).collect())
}

/// The codes of a column in the order of its cells: integers, or bytes of one length.
fn sorted(view: &LeakView, column: &ColumnView) -> Option<Vec<usize>> {
    let integers: Option<Vec<i128>> = view.values(column).map(|text| text.parse().ok()).collect();
    let mut codes: Vec<usize> = (0..column.codes.first.len()).collect();
    match integers {
        Some(integers) => codes.sort_by_key(|&code| integers[code]),
        None => {
            let bytes = bytes(view, column);
            let length = bytes.first()?.len();
            if bytes.iter().any(|bytes| bytes.len() != length) {
                return None;
            }
            codes.sort_by(|&a, &b| bytes[a].cmp(&bytes[b]));
        }
    }
    Some(codes)
}

/// All ways to put stand-ins on values so that both ascend, each as likely as it is.
struct Aligned {
    /// For each stand-in and value the log of all ways to put those before it, and itself there.
    before: Vec<Vec<f64>>,
    /// The same from behind.
    after: Vec<Vec<f64>>,
}

impl Aligned {
    /// `order` is that of the stand-ins.
    fn new(worth: &[Vec<f64>], order: &[usize]) -> Self {
        let mut aligned = Self {
            before: Vec::with_capacity(worth.len()),
            after: Vec::with_capacity(worth.len()),
        };
        for (at, &stand_in) in order.iter().enumerate() {
            // None is before the first one: every place is open to it.
            let mut sum = if at == 0 { 0.0 } else { f64::NEG_INFINITY };
            let row = worth[stand_in].iter().enumerate().map(|(value, worth)| {
                let here = sum + worth;
                if at > 0 {
                    sum = log_sum(sum, aligned.before[at - 1][value]);
                }
                here
            });
            let row = row.collect();
            aligned.before.push(row);
        }
        for (at, &stand_in) in order.iter().rev().enumerate() {
            let mut sum = if at == 0 { 0.0 } else { f64::NEG_INFINITY };
            let row = worth[stand_in]
                .iter()
                .enumerate()
                .rev()
                .map(|(value, worth)| {
                    let here = sum + worth;
                    if at > 0 {
                        sum = log_sum(sum, aligned.after[at - 1][value]);
                    }
                    here
                });
            let mut row: Vec<f64> = row.collect();
            row.reverse();
            aligned.after.push(row);
        }
        aligned.after.reverse();
        aligned
    }

    /// The log of all ways together.
    fn likelihood(&self) -> f64 {
        let last = self.before.last().into_iter().flatten();
        last.fold(f64::NEG_INFINITY, |sum, &one| log_sum(sum, one))
    }

    /// What each stand-in can be.
    fn candidates(&self, worth: &[Vec<f64>], values: &[usize]) -> Vec<Candidates> {
        let all = self.likelihood();
        let rows = self.before.iter().zip(&self.after).zip(worth);
        rows.map(|((before, after), worth)| {
            let shares = before.iter().zip(after).zip(worth).zip(values);
            let shares = shares.map(|(((before, after), worth), &value)| {
                ((value as u32), (before + after - worth - all).exp() as f32)
            });
            Candidates::new(shares.filter(|&(_, share)| share > 1e-4).collect())
        })
        .collect()
    }
}

/// `ln (eᵃ + eᵇ)`.
fn log_sum(a: f64, b: f64) -> f64 {
    let (less, more) = if a < b { (a, b) } else { (b, a) };
    if less == f64::NEG_INFINITY {
        more
    } else {
        more + (less - more).exp().ln_1p()
    }
}
