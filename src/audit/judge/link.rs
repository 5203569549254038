//! From what is read in rows to what is claimed of people.

use std::collections::{BTreeMap, HashMap};

use super::prior::Priors;
use crate::audit::{
    case::{Case, Knowledge},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
};

/// What is claimed of one person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guess {
    /// The position in the register.
    pub(crate) person: u32,
    /// The value of the target with the greatest posterior, and that posterior.
    pub(crate) value: u32,
    pub(crate) posterior: f32,
    /// The row that says most of it.
    pub(crate) row: u32,
}

/// For each row some candidates, shared by code; [`NONE`] where there are none.
pub(crate) struct Rows {
    pub(crate) codes: Vec<u32>,
    pub(crate) candidates: Vec<Candidates>,
}

/// More people than this in one row are nobody.
const CROWD: usize = 20_000;

/// How many candidates all rows together may have; what comes after has none.
const MOST: usize = 20_000_000;

/// Whose rows they can be, by all that is read of the person.
pub(crate) fn people(case: &Case, leak: usize, readings: &[&Reading]) -> Rows {
    let knows = &case.knows;
    let of_people = |reading: &&&Reading| match reading.of {
        What::Person => true,
        What::Field(field) => !knows.people_with[field].is_empty(),
    };
    let readings: Vec<&Reading> = readings.iter().filter(of_people).copied().collect();
    let mut most = MOST;
    grouped(case.leaks[leak].rows, &readings, |read| {
        let people = intersect(knows, read, most);
        most = most.saturating_sub(people.as_slice().len());
        people
    })
}

/// What the target can be in each row, by all that is read of it and of what leads to it.
pub(crate) fn targets(case: &Case, leak: usize, readings: &[&Reading]) -> Rows {
    let knows = &case.knows;
    let leads = |field: usize| {
        let mut directories = knows.directories.iter();
        directories.find(|d| d.of == field && d.gives == knows.target && !d.calendar)
    };
    let of_target = |reading: &&&Reading| match reading.of {
        What::Person => false,
        What::Field(field) => field == knows.target || leads(field).is_some(),
    };
    let readings: Vec<&Reading> = readings.iter().filter(of_target).copied().collect();
    let base = knows
        .prior
        .mean(knows.vocabularies[knows.target].values.len());
    grouped(case.leaks[leak].rows, &readings, |read| {
        let mut all: Option<Vec<f32>> = None;
        for (of, candidates) in read {
            let mut one = vec![0.0; base.len()];
            let directory = match of {
                What::Field(field) if *field != knows.target => leads(*field),
                _ => None,
            };
            for &(number, weight) in candidates.as_slice() {
                match directory {
                    None => one[number as usize] += weight,
                    Some(directory) => {
                        let gives = directory
                            .entries
                            .get(&number)
                            .map_or(&[][..], Vec::as_slice);
                        let share = weight / gives.len() as f32;
                        for &gives in gives {
                            one[gives as usize] += share;
                        }
                    }
                }
            }
            // What leads to nothing, or to what is ruled out by a surer reading, says nothing.
            if one.iter().all(|weight| *weight <= 0.0) {
                continue;
            }
            let Some(before) = &mut all else {
                all = Some(one);
                continue;
            };
            // Each is a posterior: the prior counts once.
            let both = before.iter().zip(&one).zip(&base);
            let both: Vec<f32> = both
                .map(|((a, b), base)| if *base > 0.0 { a * b / base } else { a * b })
                .collect();
            if both.iter().any(|weight| *weight > 0.0) {
                *before = both;
            }
        }
        let weighted = all.into_iter().flatten().enumerate();
        Candidates::new(
            weighted
                .map(|(number, weight)| (number as u32, weight))
                .collect(),
        )
    })
}

/// What all readings of a leak together claim of people.
///
/// A person's posterior is what the rows say that may be theirs, each as much as it may be theirs, over what would be
/// expected of those whose rows they may be: so that a class which is as its people are tells nothing.
pub(crate) fn guesses(case: &Case, leak: usize, readings: &[&Reading]) -> Vec<Guess> {
    let knows = &case.knows;
    let targets = targets(case, leak, readings);
    if targets.codes.iter().all(|&code| code == NONE) {
        return Vec::new();
    }
    let people = people(case, leak, readings);
    let values = knows.vocabularies[knows.target].values.len();

    let often = people_a_row(knows);
    let mut groups: Vec<Group> = people.candidates.iter().map(|_| Group::default()).collect();
    for (row, (&group, &target)) in people.codes.iter().zip(&targets.codes).enumerate() {
        if group != NONE && target != NONE {
            groups[group as usize].add(row as u32, &targets.candidates[target as usize], &often);
        }
    }
    let mut groups_of: BTreeMap<u32, Vec<(f32, u32)>> = BTreeMap::new();
    for (at, (group, who)) in groups.iter_mut().zip(&people.candidates).enumerate() {
        if group.rows.is_empty() {
            continue;
        }
        group.expect(who, &knows.prior, values);
        for &(person, weight) in who.as_slice() {
            groups_of
                .entry(person)
                .or_default()
                .push((weight, at as u32));
        }
    }
    // One person after the other, since the evidence of all of them would have people times values.
    let guess = |(person, of): (u32, Vec<(f32, u32)>)| {
        let prior = knows.prior.of(person);
        let mut evidence = Evidence::new(values);
        for (weight, group) in of {
            evidence.add(weight, &groups[group as usize], prior);
        }
        evidence.guess(person, prior, &targets)
    };
    groups_of.into_iter().filter_map(guess).collect()
}

/// The rows whose people are the same candidates.
#[derive(Default)]
struct Group {
    rows: Vec<u32>,
    /// The sum of what they say, by value.
    says: BTreeMap<u32, f32>,
    /// What would be expected of one of its people; empty where there is only one, of whom their prior is expected.
    expected: Vec<f32>,
}

impl Group {
    fn add(&mut self, row: u32, target: &Candidates, often: &[f32]) {
        self.rows.push(row);
        for &(value, weight) in target.as_slice() {
            *self.says.entry(value).or_default() += weight * often[value as usize];
        }
    }

    fn expect(&mut self, who: &Candidates, priors: &Priors, values: usize) {
        if who.as_slice().len() < 2 {
            return;
        }
        self.expected = vec![0.0; values];
        for &(person, weight) in who.as_slice() {
            for (sum, prior) in self.expected.iter_mut().zip(priors.of(person)) {
                *sum += weight * prior;
            }
        }
    }
}

/// What all rows say of one person.
struct Evidence<'g> {
    says: Vec<f32>,
    expected: Vec<f32>,
    /// How many rows are the person's, as expected.
    rows: f32,
    groups: Vec<(f32, &'g Group)>,
}

impl<'g> Evidence<'g> {
    fn new(values: usize) -> Self {
        Self {
            says: vec![0.0; values],
            expected: vec![0.0; values],
            rows: 0.0,
            groups: Vec::new(),
        }
    }

    fn add(&mut self, weight: f32, group: &'g Group, prior: &[f32]) {
        let rows = group.rows.len() as f32;
        let expected = match &group.expected[..] {
            [] => prior,
            expected => expected,
        };
        for (&value, says) in &group.says {
            self.says[value as usize] += weight * says;
        }
        for (expect, all) in self.expected.iter_mut().zip(expected) {
            *expect += weight * rows * all;
        }
        self.rows += weight * rows;
        self.groups.push((weight, group));
    }

    fn guess(self, person: u32, prior: &[f32], targets: &Rows) -> Option<Guess> {
        let ratio = self.says.iter().zip(&self.expected).zip(prior);
        let mut posterior: Vec<f32> = ratio
            .map(|((says, expected), prior)| {
                // What nobody was expected to come for is taken as it is said.
                if *expected > 1e-6 && *prior > 1e-6 {
                    prior * says / expected
                } else {
                    says / self.rows.max(1e-6)
                }
            })
            .collect();
        let sum: f32 = posterior.iter().sum();
        if sum <= 0.0 {
            return None;
        }
        // As far as no row is the person's, nothing is said.
        let said = self.rows.min(1.0);
        for (posterior, prior) in posterior.iter_mut().zip(prior) {
            *posterior = said * *posterior / sum + (1.0 - said) * prior;
        }
        let (value, best) = posterior
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        let value = value as u32;
        let says = |row: u32| match targets.codes[row as usize] {
            NONE => 0.0,
            code => targets.candidates[code as usize].weight(value),
        };
        let rows = self.groups.iter().flat_map(|(weight, group)| {
            group
                .rows
                .iter()
                .take(64)
                .map(move |&row| (weight * says(row), row))
        });
        let (alone, row) = rows.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        Some(Guess {
            person,
            value,
            // Who came for several things came for each of them: one sure row is enough.
            posterior: best.max(alone),
            row,
        })
    }
}

/// The candidates of each different combination of what is read.
fn grouped(
    rows: usize,
    readings: &[&Reading],
    mut candidates: impl FnMut(&[(What, &Candidates)]) -> Candidates,
) -> Rows {
    let mut grouped = Rows {
        codes: Vec::with_capacity(rows),
        candidates: Vec::new(),
    };
    let mut seen: HashMap<Vec<u32>, u32> = HashMap::new();
    for row in 0..rows {
        let key: Vec<u32> = readings.iter().map(|reading| reading.codes[row]).collect();
        let code = *seen.entry(key).or_insert_with(|| {
            let read: Vec<(What, &Candidates)> = readings
                .iter()
                .filter_map(|reading| Some((reading.of, reading.at(row)?)))
                .collect();
            if read.is_empty() {
                return NONE;
            }
            let candidates = candidates(&read);
            if candidates.is_empty() {
                return NONE;
            }
            grouped.candidates.push(candidates);
            grouped.candidates.len() as u32 - 1
        });
        grouped.codes.push(code);
    }
    grouped
}

/// Who fits all that was read, where that is no crowd. Where nobody does, what is ruled out by what was read before it says nothing.
fn intersect(knows: &Knowledge, read: &[(What, &Candidates)], most: usize) -> Candidates {
    match fitting(knows, read, most) {
        Some(people) if people.is_empty() => {}
        people => return people.unwrap_or_default(),
    }
    let mut kept = Vec::new();
    let mut best = Candidates::default();
    for &one in read {
        kept.push(one);
        match fitting(knows, &kept, most) {
            Some(people) if people.is_empty() => drop(kept.pop()),
            people => best = people.unwrap_or(best),
        }
    }
    best
}

/// Who fits all that was read; `None` where that is a crowd.
fn fitting(knows: &Knowledge, read: &[(What, &Candidates)], most: usize) -> Option<Candidates> {
    let with = |field: usize, value: u32| {
        knows.people_with[field]
            .get(&value)
            .map_or(&[][..], Vec::as_slice)
    };
    let count = |(of, candidates): &(What, &Candidates)| match *of {
        What::Person => candidates.as_slice().len(),
        What::Field(field) => candidates
            .as_slice()
            .iter()
            .map(|&(value, _)| with(field, value).len())
            .sum(),
    };
    let counts: Vec<usize> = read.iter().map(count).collect();
    let Some((narrowest, &least)) = counts.iter().enumerate().min_by_key(|(_, count)| **count)
    else {
        return Some(Candidates::default());
    };
    if least > CROWD.min(most) {
        return None;
    }
    let weigh = |person: u32| {
        let of_reading = |(of, candidates): &(What, &Candidates)| match *of {
            What::Person => candidates.weight(person),
            What::Field(field) => {
                let value = knows.people[person as usize][field];
                // Of a value that many have, each has its part.
                candidates.weight(value) / with(field, value).len().max(1) as f32
            }
        };
        read.iter().map(of_reading).product::<f32>()
    };
    let (of, candidates) = &read[narrowest];
    let people: Vec<(u32, f32)> = match *of {
        What::Person => candidates
            .as_slice()
            .iter()
            .map(|&(person, _)| (person, weigh(person)))
            .collect(),
        What::Field(field) => {
            let values = candidates.as_slice().iter();
            values
                .flat_map(|&(value, _)| with(field, value))
                .map(|&person| (person, weigh(person)))
                .collect()
        }
    };
    // Products of many small parts: only their ratios matter.
    let largest = people.iter().map(|(_, weight)| *weight).fold(0.0, f32::max);
    if largest <= 0.0 {
        return Some(Candidates::default());
    }
    let shares = people
        .into_iter()
        .map(|(person, weight)| (person, weight / largest));
    Some(Candidates::new(shares.collect()))
}

/// How many people one row with each value stands for, next to other values: who is treated every week has many rows.
fn people_a_row(knows: &Knowledge) -> Vec<f32> {
    let people = knows
        .prior
        .mean(knows.vocabularies[knows.target].values.len());
    let mut rows = vec![0.0_f32; people.len()];
    for row in &knows.reference {
        rows[row[knows.target] as usize] += 1.0 / knows.reference.len() as f32;
    }
    let share = |(people, rows): (&f32, &f32)| {
        if *people > 0.0 && *rows > 0.0 {
            people / rows
        } else {
            1.0
        }
    };
    people.iter().zip(&rows).map(share).collect()
}
