//! Cells that are there only for one value of the target, or for all but one; or only where a person has something.

use crate::audit::{
    attack::column::is_registered,
    case::{Case, ColumnView, Knowledge, NULL},
    draw::table::NONE,
    judge::link,
    reading::{Candidates, Reading, What},
};

/// How many standard deviations, and which part, the count of nulls may be off what one value would make of it.
const SPREADS: f64 = 4.0;
const PART: f64 = 0.1;

/// Which nulls of a person's field a column may have: by how much their share may differ, as a part of it.
const OFF: f64 = 0.25;

/// Chances of a row are kept this far from 0 and 1: what was never seen is possible.
const LEAST: f64 = 1e-4;

/// What the nulls of a column tell, if they go with one value of the target, or with the nulls of one field of the person; each
/// with the name of that field.
pub(super) fn readings(
    case: &Case,
    leak: usize,
    column: &ColumnView,
    clear: &[Reading],
) -> Vec<(String, Reading)> {
    let is_null: Vec<bool> = column.codes.of.iter().map(|&code| code == NONE).collect();
    let nulls = is_null.iter().filter(|null| **null).count();
    if nulls == 0 || nulls == is_null.len() {
        return Vec::new();
    }
    let knows = &case.knows;
    let fields = knows.schema.fields();
    let mut all = Vec::new();
    if let Some(reading) = of_target(case, leak, &is_null, clear) {
        all.push((format!("one {}", fields[knows.target].name()), reading));
    }
    let share = nulls as f64 / is_null.len() as f64;
    for (field, of) in fields.iter().enumerate().filter(|(_, of)| of.is_optional()) {
        let read = clear.iter().any(|reading| reading.of == What::Field(field));
        if read || !is_registered(knows, field) {
            continue;
        }
        let without = knows
            .people
            .iter()
            .filter(|person| person[field] == NULL)
            .count();
        let expected = without as f64 / knows.people.len() as f64;
        if without > 0 && (share - expected).abs() <= OFF * expected {
            let code = |null: &bool| if *null { 0 } else { NONE };
            let reading = Reading {
                of: What::Field(field),
                codes: is_null.iter().map(code).collect(),
                candidates: vec![Candidates::one(NULL)],
            };
            all.push((of.name().to_owned(), reading));
        }
    }
    all
}

/// What the target can be in rows with and without null, where the rarer of both has one value, and all rows with it: by how often
/// who may be there comes for it.
fn of_target(case: &Case, leak: usize, is_null: &[bool], clear: &[Reading]) -> Option<Reading> {
    let knows = &case.knows;
    let clear: Vec<&Reading> = clear.iter().collect();
    let people = link::people(case, leak, &clear);
    let rows = rows_a_person(case);
    let anybody = chances(&of_anybody(knows, rows.len()), &rows);

    // Rows of which the same is known, with their chances, and how many of them are null and not.
    let mut groups: Vec<(Vec<f64>, [f64; 2])> = vec![(anybody, [0.0; 2])];
    groups.extend(people.candidates.iter().map(|candidates| {
        let people = candidates.as_slice().iter();
        let priors = people.map(|&(person, weight)| (knows.prior.of(person), weight));
        (chances(&mean(priors, rows.len()), &rows), [0.0; 2])
    }));
    for (&code, &null) in people.codes.iter().zip(is_null) {
        let at = if code == NONE { 0 } else { code as usize + 1 };
        groups[at].1[usize::from(!null)] += 1.0;
    }
    let counts = [0, 1].map(|side: usize| groups.iter().map(|group| group.1[side]).sum::<f64>());
    let rare = usize::from(counts[1] < counts[0]);

    // The rows of one person are alike.
    let alike = (is_null.len() as f64 / knows.people.len().max(1) as f64).max(1.0);
    let likelihood = |value: usize| -> f64 {
        let of_group = |(chances, counts): &(Vec<f64>, [f64; 2])| {
            counts[rare] * chances[value].ln() + counts[1 - rare] * (-chances[value]).ln_1p()
        };
        groups.iter().map(of_group).sum::<f64>() / alike
    };
    let values = NULL as usize + 1..rows.len();
    let likelihoods: Vec<(usize, f64)> = values.map(|value| (value, likelihood(value))).collect();
    let &(best, most) = likelihoods.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;

    let of_rows = |figure: &dyn Fn(f64) -> f64| -> f64 {
        let of_group = |(chances, counts): &(Vec<f64>, [f64; 2])| {
            (counts[0] + counts[1]) * figure(chances[best])
        };
        groups.iter().map(of_group).sum()
    };
    let expected = of_rows(&|chance| chance);
    let spread = (of_rows(&|chance| chance * (1.0 - chance)) * alike).sqrt();
    if (counts[rare] - expected).abs() > SPREADS * spread + PART * expected {
        return None;
    }
    let weighted = likelihoods
        .iter()
        .map(|&(value, of)| (value as u32, (of - most).exp() as f32));
    let one = Candidates::new(weighted.collect());
    let rest = groups[0].0.iter().zip(0..).skip(NULL as usize + 1);
    let rest = rest.map(|(chance, value)| (value, *chance as f32 * (1.0 - one.weight(value))));
    let rest = Candidates::new(rest.collect());
    let code = |null: &bool| u32::from(usize::from(!*null) != rare);
    Some(Reading {
        of: What::Field(knows.target),
        codes: is_null.iter().map(code).collect(),
        candidates: vec![one, rest],
    })
}

/// How many more rows than people each value of the target has, next to others: who is treated every week has many rows.
fn rows_a_person(case: &Case) -> Vec<f64> {
    let knows = &case.knows;
    let values = knows.vocabularies[knows.target].values.len();
    let people = of_anybody(knows, values);
    let mut rows = vec![0.0; values];
    for row in &knows.reference {
        rows[row[knows.target] as usize] += 1.0 / knows.reference.len() as f64;
    }
    let ratio = |(rows, people): (f64, &f64)| match (rows, *people) {
        (rows, people) if rows > 0.0 && people > 0.0 => rows / people,
        _ => 1.0,
    };
    rows.into_iter().zip(&people).map(ratio).collect()
}

fn of_anybody(knows: &Knowledge, values: usize) -> Vec<f64> {
    knows
        .prior
        .mean(values)
        .into_iter()
        .map(f64::from)
        .collect()
}

fn mean<'p>(priors: impl Iterator<Item = (&'p [f32], f32)>, values: usize) -> Vec<f64> {
    let (mut sum, mut all) = (vec![0.0; values], 0.0);
    for (prior, weight) in priors {
        all += f64::from(weight);
        for (sum, prior) in sum.iter_mut().zip(prior) {
            *sum += f64::from(weight * prior);
        }
    }
    sum.iter_mut().for_each(|sum| *sum /= f64::max(all, 1e-9));
    sum
}

/// How likely a row has each value, for people of this prior.
fn chances(prior: &[f64], rows: &[f64]) -> Vec<f64> {
    let chances: Vec<f64> = prior
        .iter()
        .zip(rows)
        .map(|(prior, rows)| prior * rows)
        .collect();
    let sum: f64 = chances.iter().sum::<f64>().max(1e-9);
    chances
        .iter()
        .map(|chance| (chance / sum).clamp(LEAST, 1.0 - LEAST))
        .collect()
}
