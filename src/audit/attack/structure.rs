//! Whose rows they are, by the pattern of what people share: colour refinement (Weisfeiler and Leman 1968) of the people and
//! values of the leak, and of those of the register.

use std::collections::{BTreeMap, HashMap};

use super::{
    column::{field_of, is_registered},
    context::Context,
    frequency::by_code,
};
use crate::audit::{
    case::{Case, ColumnView, NULL},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
};

/// How often colours are refined, at most.
const ROUNDS: usize = 20;
/// Among how many people of one colour somebody is still found.
const MOST: usize = 50;

/// What the pattern tells.
pub(super) struct Found {
    pub(super) person: Reading,
    /// The fields that those people's stand-ins stand for.
    pub(super) fields: Vec<Reading>,
}

/// Matches people of the leak and of the register, whose hidden fields are `columns` and whose others are `known`.
pub(super) fn people(
    case: &Case,
    leak: usize,
    columns: &[&ColumnView],
    known: &[&Reading],
) -> Option<Found> {
    let knows = &case.knows;
    let hidden: Vec<(usize, &ColumnView)> = columns
        .iter()
        .filter_map(|column| Some((field_of(column)?, *column)))
        .filter(|&(field, _)| is_registered(knows, field))
        .collect();
    if hidden.is_empty() {
        return None;
    }
    let clear: Vec<Context> = known
        .iter()
        .filter_map(|reading| Context::fine(case, reading))
        .filter(|context| is_registered(knows, context.field))
        .filter(|context| hidden.iter().all(|&(field, _)| field != context.field))
        .collect();

    let rows = case.leaks[leak].rows;
    let mut leaked = Graph::default();
    let row_people: Vec<usize> = (0..rows)
        .map(|row| {
            let hidden = hidden.iter().map(|(_, column)| column.codes.of[row]);
            let clear = clear.iter().map(|context| context.of_row[row]);
            leaked.person(hidden.chain(clear).collect())
        })
        .collect();
    let mut register = Graph::default();
    let mut members: Vec<Vec<u32>> = Vec::new();
    for (number, person) in (0..).zip(&knows.people) {
        let hidden = hidden.iter().map(|&(field, _)| match person[field] {
            NULL => NONE,
            value => value,
        });
        let clear = clear
            .iter()
            .map(|context| context.of_value[person[context.field] as usize]);
        let at = register.person(hidden.chain(clear).collect());
        if at == members.len() {
            members.push(Vec::new());
        }
        members[at].push(number);
    }

    let matched = matching(&mut leaked, &mut register, hidden.len())?;
    let mut places: HashMap<u64, u32> = HashMap::new();
    let mut candidates = Vec::new();
    for (colour, people) in matched.register {
        let people: Vec<u32> = people
            .iter()
            .flat_map(|&at| members[at].iter().copied())
            .collect();
        if people.len() <= MOST {
            places.insert(colour, candidates.len() as u32);
            candidates.push(Candidates::even(people));
        }
    }
    let codes = row_people.iter().map(|&at| {
        let colour = matched.leaked[at];
        places.get(&colour).copied().unwrap_or(NONE)
    });
    let person = Reading {
        of: What::Person,
        codes: codes.collect(),
        candidates,
    };
    let fields = hidden
        .iter()
        .map(|&(field, column)| value_of(case, &person, field, column))
        .collect();
    Some(Found { person, fields })
}

/// What the stand-ins of a column stand for, by whose rows they are in.
fn value_of(case: &Case, person: &Reading, field: usize, column: &ColumnView) -> Reading {
    let mut votes: Vec<Vec<(u32, f32)>> = vec![Vec::new(); column.codes.first.len()];
    for (row, &code) in column.codes.of.iter().enumerate() {
        let (Some(votes), Some(people)) = (votes.get_mut(code as usize), person.at(row)) else {
            continue;
        };
        // A few rows are enough.
        if votes.len() < 100 {
            let values = people
                .as_slice()
                .iter()
                .map(|&(at, weight)| (case.knows.people[at as usize][field], weight));
            votes.extend(values);
        }
    }
    let candidates: Vec<Candidates> = votes.into_iter().map(Candidates::new).collect();
    let codes: Vec<usize> = (0..candidates.len()).collect();
    by_code(case, column, field, &codes, candidates)
}

/// People and the values that they have, one of each field.
#[derive(Default)]
struct Graph {
    numbers: HashMap<Vec<u32>, usize>,
    people: Vec<Vec<u32>>,
    /// How many rows, or entries, there are of each.
    colours: Vec<u64>,
}

impl Graph {
    /// The number of the person who has these values.
    fn person(&mut self, values: Vec<u32>) -> usize {
        if let Some(&at) = self.numbers.get(&values) {
            return at;
        }
        let at = self.people.len();
        self.numbers.insert(values.clone(), at);
        self.people.push(values);
        at
    }

    /// Begins with what is known; the first `hidden` fields tell no more than whether there is a value.
    fn begin(&mut self, hidden: usize) {
        let known = |values: &Vec<u32>| {
            values
                .iter()
                .enumerate()
                .fold(0, |colour, (field, &value)| {
                    let value = if field < hidden && value != NONE {
                        0
                    } else {
                        value
                    };
                    mix(colour, u64::from(value))
                })
        };
        self.colours = self.people.iter().map(known).collect();
    }

    /// Colours each person anew by the colours of those who share a hidden value.
    fn refine(&mut self, hidden: usize) {
        let mut next = self.colours.clone();
        for field in 0..hidden {
            let mut shared: HashMap<u32, u64> = HashMap::new();
            for (values, &colour) in self.people.iter().zip(&self.colours) {
                let sum = shared.entry(values[field]).or_default();
                *sum = sum.wrapping_add(mix(1, colour));
            }
            for (values, colour) in self.people.iter().zip(&mut next) {
                // Who has no value shares none.
                let of_value = match values[field] {
                    NONE => 0,
                    value => shared[&value],
                };
                *colour = mix(*colour, of_value);
            }
        }
        self.colours = next;
    }

    fn by_colour(&self) -> BTreeMap<u64, Vec<usize>> {
        let mut classes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, &colour) in self.colours.iter().enumerate() {
            classes.entry(colour).or_default().push(at);
        }
        classes
    }
}

struct Matched {
    /// The colour of each person of the leak.
    leaked: Vec<u64>,
    /// The people of the register by colour, where the leak has as many.
    register: BTreeMap<u64, Vec<usize>>,
}

/// Refines both until nothing changes; the round that tells most is taken. `None` where the patterns differ.
fn matching(leaked: &mut Graph, register: &mut Graph, hidden: usize) -> Option<Matched> {
    leaked.begin(hidden);
    register.begin(hidden);
    let mut best: Option<(f64, Matched)> = None;
    let mut colours = 0;
    for _ in 0..ROUNDS {
        leaked.refine(hidden);
        register.refine(hidden);
        let classes = leaked.by_colour();
        if classes.len() == colours {
            break;
        }
        colours = classes.len();
        let mut both = register.by_colour();
        both.retain(|colour, people| {
            classes
                .get(colour)
                .is_some_and(|leaked| leaked.len() == people.len())
        });
        let found: usize = both.values().map(Vec::len).sum();
        // Patterns of few match by accident.
        if found * 2 < leaked.people.len() {
            continue;
        }
        let all = leaked.people.len() as f64;
        let tells: f64 = both
            .values()
            .map(|people| people.len() as f64 * (all / people.len() as f64).ln())
            .sum();
        if best.as_ref().is_none_or(|(most, _)| tells > *most) {
            let matched = Matched {
                leaked: leaked.colours.clone(),
                register: both,
            };
            best = Some((tells, matched));
        }
    }
    best.filter(|(tells, _)| *tells > 0.0)
        .map(|(_, matched)| matched)
}

/// Two numbers in one, by the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(a: u64, b: u64) -> u64 {
    let mut mixed = a.rotate_left(23) ^ b;
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
