//! Made-up visits, and which of their rows are joined.

mod chains;
mod large;
mod order;
mod quasi;
mod trajectories;
mod values;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::*;

use crate::{
    audit::{
        attack::fixture::{self, PEOPLE, exact, leak, of_person, text},
        case::LeakView,
    },
    schema::Schema,
};

/// One visit of a made-up truth.
#[derive(Clone, Copy)]
struct Visit {
    id: u32,
    person: u32,
    start: u32,
    specialty: u32,
}

/// What a column shows of a visit.
type Shows<'a> = dyn Fn(&Visit) -> String + 'a;

/// Three visits of each person, on days of their own.
fn visits() -> Vec<Visit> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut visits = Vec::new();
    for person in 0..PEOPLE {
        let specialty = rng.random_range(1..=fixture::SPECIALTIES);
        for _ in 0..3 {
            visits.push(Visit {
                id: visits.len() as u32,
                person,
                start: rng.random_range(1..=100),
                specialty,
            });
        }
    }
    visits
}

fn shuffled(visits: &[Visit], seed: u64) -> Vec<Visit> {
    let mut shuffled = visits.to_vec();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    shuffled
}

/// A leak of these visits, with what is read of it: columns that have a field's name are read.
struct Made {
    view: LeakView,
    visits: Vec<Visit>,
    columns: Vec<(&'static str, Vec<String>)>,
}

fn made(name: &str, visits: Vec<Visit>, columns: &[(&'static str, &Shows<'_>)]) -> Made {
    let columns: Vec<(&str, Vec<String>)> = columns
        .iter()
        .map(|(name, cell)| (*name, visits.iter().map(cell).collect()))
        .collect();
    let given: Vec<(&str, &[String])> = columns
        .iter()
        .map(|(name, cells)| (*name, &cells[..]))
        .collect();
    Made {
        view: leak(name, &given),
        visits,
        columns,
    }
}

fn phone(visit: &Visit) -> String {
    text("phone", of_person("phone", visit.person))
}

fn specialty(visit: &Visit) -> String {
    text("specialty", visit.specialty)
}

fn start(visit: &Visit) -> String {
    text("start", visit.start)
}

fn attacked(
    leaks: Vec<Made>,
    also: impl Fn(&Case, usize) -> Vec<Reading>,
) -> (Vec<Way>, Vec<Vec<Visit>>) {
    let (views, rest): (Vec<LeakView>, Vec<_>) = leaks
        .into_iter()
        .map(|made| (made.view, (made.visits, made.columns)))
        .unzip();
    let case = fixture::case(views);
    let known: Vec<Vec<Reading>> = rest
        .iter()
        .enumerate()
        .map(|(leak, (_, columns))| {
            let fields = columns
                .iter()
                .filter(|(name, _)| case.knows.schema.position(name).is_some());
            fields
                .map(|(name, cells)| exact(&case, name, cells))
                .chain(also(&case, leak))
                .collect()
        })
        .collect();
    (
        Join.ways(&case, &known),
        rest.into_iter().map(|(visits, _)| visits).collect(),
    )
}

/// How many of 100 rows of a way are told their specialty.
fn told(way: &Way, visits: &[Vec<Visit>]) -> usize {
    let target = Schema::appointment().position("specialty").unwrap();
    let reading = way
        .readings
        .iter()
        .find(|reading| reading.of == What::Field(target))
        .unwrap();
    let visits = visits[way.leak].iter().enumerate();
    let right = visits.filter(|(row, visit)| {
        reading
            .at(*row)
            .and_then(Candidates::best)
            .is_some_and(|(value, weight)| value == visit.specialty && weight > 0.5)
    });
    100 * right.count() / reading.codes.len()
}

fn way<'w>(ways: &'w [Way], how: &str) -> &'w Way {
    let all: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
    ways.iter()
        .find(|way| way.how == how)
        .unwrap_or_else(|| panic!("{how} is not in {all:?}"))
}

fn nothing(_: &Case, _: usize) -> Vec<Reading> {
    Vec::new()
}
