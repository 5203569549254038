//! Values that are hidden but equal where they are equal.

use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::{
    Attack, Family, Way,
    clear::is_clear,
    column::{field_of, is_registered, source},
    context::{Context, Contexts},
    likely::{Counts, log_likelihoods},
    structure,
};
use crate::audit::{
    case::{Case, ColumnView, NULL},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
};

/// The most stand-ins of a column, and values, that are assigned: the most frequent ones.
const MOST: usize = 300;
/// Up to how many stand-ins a column helps with others.
const SMALL: usize = 64;
/// How often columns help each other.
const ROUNDS: usize = 3;

/// How many sweeps over all stand-ins are drawn, and how many before them.
const COUNTED: usize = 600;
const UNCOUNTED: usize = 60;
/// How far a stand-in goes at once, in values by how frequent they are.
const STEP: usize = 24;

pub(crate) struct Frequency;

impl Attack for Frequency {
    fn family(&self) -> Family {
        Family::Frequency
    }

    fn needs(&self) -> &'static str {
        "how frequent values are, and the register"
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        let mut ways = Vec::new();
        for leak in 0..case.leaks.len() {
            let known: Vec<&Reading> = known.get(leak).into_iter().flatten().collect();
            let columns = repeated(case, leak);
            if columns.is_empty() {
                continue;
            }
            let mut way = |how: &str, readings: Vec<Reading>| {
                if !readings.is_empty() {
                    ways.push(Way::new(leak, how, readings));
                }
            };
            way("assignment", assignment(case, &columns, &known));
            if let Some(found) = structure::people(case, leak, &columns, &known) {
                // Whose rows they are tells their sex and age, and that helps with the rest.
                let helped: Vec<&Reading> = known.iter().copied().chain(&found.fields).collect();
                let rest: Vec<&ColumnView> = columns
                    .iter()
                    .copied()
                    .filter(|column| {
                        let field = field_of(column).map(What::Field);
                        helped.iter().all(|reading| Some(reading.of) != field)
                    })
                    .collect();
                let mut readings = assignment(case, &rest, &helped);
                readings.push(found.person);
                way("structure", readings);
            }
        }
        ways
    }
}

/// The columns of one field whose values are hidden, though not each from the other.
fn repeated(case: &Case, leak: usize) -> Vec<&ColumnView> {
    let view = &case.leaks[leak];
    let columns = view.columns.iter().filter(|column| {
        let filled = column.codes.of.iter().filter(|&&code| code != NONE).count();
        field_of(column).is_some()
            && column.codes.first.len() * 100 < filled * 99
            && !is_clear(&case.knows, view, column)
    });
    let mut columns: Vec<&ColumnView> = columns.collect();
    columns.sort_by_key(|column| column.codes.first.len());
    columns
}

/// Assigns stand-ins to values by frequency, in the context of what is known; what small columns give helps the others.
fn assignment(case: &Case, columns: &[&ColumnView], known: &[&Reading]) -> Vec<Reading> {
    let clear: Vec<Context> = known
        .iter()
        .filter_map(|reading| Context::coarse(case, reading))
        .collect();
    let mut readings: Vec<Option<Reading>> = columns.iter().map(|_| None).collect();
    let small = columns
        .iter()
        .filter(|column| column.codes.first.len() <= SMALL)
        .count();
    for round in 0..ROUNDS {
        // The large ones help nobody, and are assigned once.
        let last = if round + 1 < ROUNDS {
            small
        } else {
            columns.len()
        };
        for at in 0..last {
            let Some(field) = field_of(columns[at]) else {
                continue;
            };
            let others: Vec<Context> = readings
                .iter()
                .enumerate()
                .filter(|&(other, _)| other != at)
                .filter_map(|(_, reading)| reading.as_ref())
                .filter(|reading| is_sure(reading))
                .filter_map(|reading| Context::coarse(case, reading))
                .collect();
            let large = columns[at].codes.first.len() > SMALL;
            let contexts = clear.iter().chain(&others).filter(|context| {
                // Registers count names, and know nothing of visits.
                let any = !large || !is_registered(&case.knows, field);
                context.field != field && (any || is_registered(&case.knows, context.field))
            });
            readings[at] = assign(case, columns[at], field, &Contexts::of(contexts));
        }
    }
    readings.into_iter().flatten().collect()
}

/// Whether the best candidates are likelier than not, over all rows.
fn is_sure(reading: &Reading) -> bool {
    let best = (0..reading.codes.len()).filter_map(|row| reading.at(row)?.best());
    let (rows, sum) = best.fold((0.0, 0.0), |(rows, sum), (_, weight)| {
        (rows + 1.0, sum + weight)
    });
    sum > 0.6 * rows
}

fn assign(
    case: &Case,
    column: &ColumnView,
    field: usize,
    contexts: &Contexts<'_>,
) -> Option<Reading> {
    let knows = &case.knows;
    let mut seen = Counts::new(column.codes.first.len(), contexts.classes);
    for (row, &code) in column.codes.of.iter().enumerate() {
        if let (Some(context), true) = (contexts.of_row(row), code != NONE) {
            seen.add(code as usize, context);
        }
    }
    let mut known = Counts::new(knows.vocabularies[field].values.len(), contexts.classes);
    let fields = contexts.parts.iter().map(|context| context.field);
    for row in source(knows, fields.chain([field])) {
        if let (Some(context), true) = (contexts.of_values(row), row[field] != NULL) {
            known.add(row[field] as usize, context);
        }
    }
    let values = most_frequent(&known, NULL as usize + 1, MOST);
    let stand_ins = most_frequent(&seen, 0, values.len());
    if stand_ins.is_empty() {
        return None;
    }
    let candidates = candidates(
        &log_likelihoods(&seen, &stand_ins, &known, &values),
        &values,
        case.seed,
    );
    Some(by_code(case, column, field, &stand_ins, candidates))
}

/// A reading of the column, with the candidates of these of its codes. Nulls are read, too.
pub(super) fn by_code(
    case: &Case,
    column: &ColumnView,
    field: usize,
    stand_ins: &[usize],
    mut candidates: Vec<Candidates>,
) -> Reading {
    let null = if case.knows.schema.fields()[field].is_optional() {
        candidates.push(Candidates::one(NULL));
        candidates.len() as u32 - 1
    } else {
        NONE
    };
    let mut places = vec![NONE; column.codes.first.len()];
    for (place, &stand_in) in (0..).zip(stand_ins) {
        places[stand_in] = place;
    }
    let codes = column.codes.of.iter().map(|&code| match code {
        NONE => null,
        code => places[code as usize],
    });
    Reading {
        of: What::Field(field),
        codes: codes.collect(),
        candidates,
    }
}

/// The things seen most often, from `first` on, the most frequent first.
fn most_frequent(counts: &Counts, first: usize, most: usize) -> Vec<usize> {
    let mut things: Vec<usize> = (first..counts.things()).collect();
    things.sort_by(|&a, &b| counts.sum(b).total_cmp(&counts.sum(a)).then(a.cmp(&b)));
    things.truncate(most);
    things
}

/// What each stand-in can be: how often it is each value over many assignments, drawn as they are likely by a walk of
/// Metropolis (1953) that begins at the best one.
fn candidates(likelihoods: &[Vec<f64>], values: &[usize], seed: u64) -> Vec<Candidates> {
    let Some((unseen, rows)) = likelihoods.split_last() else {
        return Vec::new();
    };
    // What it is worth that a stand-in is this value, over the value's having none.
    let worth = |at: usize, value: usize| rows[at][value] - unseen[value];
    let costs = Matrix::from_fn(rows.len(), values.len(), |(at, value)| {
        (worth(at, value).clamp(-1e9, 1e9) * 1000.0) as i64
    });
    let (_, mut assigned) = kuhn_munkres(&costs);
    let mut owner = vec![None; values.len()];
    for (at, &value) in assigned.iter().enumerate() {
        owner[value] = Some(at);
    }
    let mut drawn = vec![vec![0.0_f32; values.len()]; rows.len()];
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    for sweep in 0..UNCOUNTED + COUNTED {
        for _ in 0..rows.len() {
            let at = rng.random_range(0..rows.len());
            let (value, step) = (assigned[at], rng.random_range(1..=STEP));
            let other = if rng.random() {
                value + step
            } else {
                value.wrapping_sub(step)
            };
            if other >= values.len() {
                continue;
            }
            // Two stand-ins change places, or one goes where none is.
            let gain = worth(at, other) - worth(at, value)
                + owner[other].map_or(0.0, |by| worth(by, value) - worth(by, other));
            if gain >= 0.0 || rng.random::<f64>() < gain.exp() {
                if let Some(by) = owner[other] {
                    assigned[by] = value;
                }
                owner.swap(value, other);
                assigned[at] = other;
            }
        }
        if sweep >= UNCOUNTED {
            for (drawn, &value) in drawn.iter_mut().zip(&assigned) {
                drawn[value] += 1.0;
            }
        }
    }
    let of = |drawn: Vec<f32>| {
        let weighted = values.iter().map(|&value| value as u32).zip(drawn);
        Candidates::new(weighted.filter(|&(_, times)| times > 0.0).collect())
    };
    drawn.into_iter().map(of).collect()
}
