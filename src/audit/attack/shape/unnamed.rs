//! Lengths and nulls of columns that no field is named after: guesses, of which at most one is right.

use super::{
    Sum, by_sum,
    growth::{by_length, misfit},
    lengths, nulls, observed, reading, sums,
};
use crate::audit::{
    attack::{Attack, Family, Way, clear::is_clear, column::is_registered},
    case::{Case, ColumnView, Knowledge, LeakView, Meaning},
    reading::{Reading, What},
};

/// More columns of one leak than this are not tried.
const MOST: usize = 8;

/// Lengths that are further than this from those that values should have, as a total variation, are of something else.
const FAR: f64 = 0.25;

pub(crate) struct Unnamed;

impl Attack for Unnamed {
    fn family(&self) -> Family {
        Family::Shape
    }

    fn needs(&self) -> &'static str {
        "how long and how frequent values are"
    }

    fn guesses(&self) -> bool {
        true
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        let mut ways = Vec::new();
        for (leak, view) in case.leaks.iter().enumerate() {
            let clear = known.get(leak).map_or(&[][..], Vec::as_slice);
            let unnamed = |column: &&ColumnView| match column.meaning {
                Meaning::Unknown => !is_clear(&case.knows, view, column),
                Meaning::Sealed => true,
                Meaning::Field(_) | Meaning::StandIn(_) => false,
            };
            for column in view.columns.iter().filter(unnamed).take(MOST) {
                let name = view.cells(column).name();
                // Lengths of what is sealed are tried with those of other columns.
                if column.meaning == Meaning::Unknown {
                    let fitting = by_lengths(&case.knows, view, column).into_iter();
                    ways.extend(fitting.map(|(of, readings)| {
                        Way::new(leak, format!("length of {name} is that of {of}"), readings)
                    }));
                }
                let nulls = nulls::readings(case, leak, column, clear).into_iter();
                ways.extend(nulls.map(|(of, reading)| {
                    Way::new(
                        leak,
                        format!("nulls of {name} are those of {of}"),
                        vec![reading],
                    )
                }));
            }
        }
        ways
    }
}

/// What the lengths of a column tell where they are those of some fields, with their names: what fits best is first.
fn by_lengths(
    knows: &Knowledge,
    view: &LeakView,
    column: &ColumnView,
) -> Vec<(String, Vec<Reading>)> {
    let lengths = lengths(view, column);
    let observed = observed(column, &lengths);
    if observed.len() < 2 {
        return Vec::new();
    }
    let mut fitting: Vec<(f64, String, Vec<Reading>)> = Vec::new();
    for sum in sums(knows) {
        let rows = knows.reference.iter().zip(0..);
        let known: Vec<_> = rows
            .map(|(row, at)| (sum.length(knows, row), at, 1.0))
            .collect();
        if let Some(far) = misfit(&observed, &known) {
            fitting.push((far, sum.name.clone(), by_sum(knows, view, column, &sum)));
        }
    }
    for sum in of_people(knows) {
        let people = knows.people.iter().zip(0..);
        let known: Vec<_> = people
            .map(|(row, at)| (sum.length(knows, row), at, 1.0))
            .collect();
        if let Some((far, groups)) = misfit(&observed, &known).zip(by_length(&observed, &known)) {
            let read = reading(What::Person, column, &lengths, &groups);
            fitting.push((far, sum.name, vec![read]));
        }
    }
    fitting.retain_mut(|(far, _, readings)| {
        // One length tells nothing.
        readings.retain(|reading| reading.candidates.len() > 1);
        *far <= FAR && !readings.is_empty()
    });
    fitting.sort_by(|a, b| a.0.total_cmp(&b.0));
    fitting
        .into_iter()
        .map(|(_, of, readings)| (of, readings))
        .collect()
}

/// Each field that the register has, and those of each scope together.
fn of_people(knows: &Knowledge) -> Vec<Sum> {
    let fields = knows.schema.fields();
    let registered: Vec<usize> = (0..fields.len())
        .filter(|&field| is_registered(knows, field))
        .collect();
    let mut sets: Vec<Vec<usize>> = registered.iter().map(|&field| vec![field]).collect();
    for &field in &registered {
        let scope = registered.iter().copied();
        let scope: Vec<usize> = scope
            .filter(|&other| fields[other].scope() == fields[field].scope())
            .collect();
        if !sets.contains(&scope) {
            sets.push(scope);
        }
    }
    sets.into_iter().map(|set| Sum::new(knows, set)).collect()
}
