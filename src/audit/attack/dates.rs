//! Known dates: whose rows those are that fall on the days when somebody is known to have been there.

mod shifted;

use std::collections::{BTreeMap, HashMap};

use super::{
    Attack, Family, Way,
    groups::{dates, stand_ins},
};
use crate::audit::{
    case::{Case, Knowledge, LeakView, Meaning},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
};

/// Who fits more stand-ins than this is not found by them.
const FITS: usize = 50;

/// Finds people by days on which they are known to have had a visit.
pub(crate) struct Dates;

impl Attack for Dates {
    fn family(&self) -> Family {
        Family::Dates
    }

    fn needs(&self) -> &'static str {
        "some visits whose day is known"
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        if case.knows.dates.is_empty() {
            return Vec::new();
        }
        let mut ways = Vec::new();
        for (leak, (view, known)) in case.leaks.iter().zip(known).enumerate() {
            ways.extend(shifted::ways(case, (leak, view), known));
            for (field, when) in dates(case, known) {
                let visits = visits(&case.knows, field, when);
                let date = case.knows.schema.fields()[field].name();
                for (of, codes) in keys(case, view) {
                    if let Some(reading) = by_key(&visits, when, &codes) {
                        let how = format!("{date} of each {of}");
                        ways.push(Way::new(leak, how, vec![reading]));
                    }
                }
                if let Some(reading) = by_row(&visits, when, case.knows.people.len()) {
                    let how = format!("{date} of each row");
                    ways.push(Way::new(leak, how, vec![reading]));
                }
            }
        }
        ways
    }
}

/// The visits of a person that are known: for each, which codes of a reading they can have, and how many have these.
type Visits = (u32, Vec<(Vec<u32>, usize)>);

/// What tells the rows of one person: each column of stand-ins, and what is shown of the person together.
fn keys(case: &Case, view: &LeakView) -> Vec<(String, Vec<u32>)> {
    let columns = stand_ins(case, view).into_iter();
    let mut keys: Vec<(String, Vec<u32>)> = columns
        .map(|column| {
            (
                view.cells(column).name().to_owned(),
                column.codes.of.clone(),
            )
        })
        .collect();
    let of_person = |field: usize| case.knows.schema.fields()[field].is_of_person();
    let shown = view.columns.iter().filter(|column| match &column.meaning {
        Meaning::Field(field) => of_person(*field),
        Meaning::StandIn(fields) => fields.iter().all(|&field| of_person(field)),
        Meaning::Sealed | Meaning::Unknown => false,
    });
    let shown: Vec<&[u32]> = shown.map(|column| &column.codes.of[..]).collect();
    if shown.len() > 1 {
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let number = |row: usize| {
            let key: Vec<u32> = shown.iter().map(|codes| codes[row]).collect();
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        };
        keys.push((
            "combination of the person's columns".into(),
            (0..view.rows).map(number).collect(),
        ));
    }
    keys
}

/// For each person of whom visits are known, what they look like in a reading of dates.
fn visits(knows: &Knowledge, field: usize, when: &Reading) -> Vec<Visits> {
    let values = &knows.vocabularies[field].values;
    let mut sorted: Vec<(&str, u32)> = values.iter().map(String::as_str).zip(0..).skip(1).collect();
    sorted.sort_unstable();
    // Which codes a value may be read as.
    let mut read_as: HashMap<u32, Vec<u32>> = HashMap::new();
    for (code, candidates) in (0..).zip(&when.candidates) {
        for &(number, _) in candidates.as_slice() {
            read_as.entry(number).or_default().push(code);
        }
    }
    // A day is the beginning of each start on it.
    let mut codes_of: HashMap<&str, Vec<u32>> = HashMap::new();
    let look_up = |text: &str| {
        let from = sorted.partition_point(|(value, _)| *value < text);
        let on_it = sorted[from..]
            .iter()
            .take_while(|(value, _)| value.starts_with(text));
        let mut codes: Vec<u32> = on_it
            .filter_map(|(_, number)| read_as.get(number))
            .flatten()
            .copied()
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    };
    for text in knows.dates.iter().flat_map(|(_, texts)| texts) {
        codes_of.entry(text).or_insert_with(|| look_up(text));
    }
    let person = |(person, texts): &(u32, Vec<String>)| {
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.sort_unstable();
        texts.dedup();
        let mut counts: BTreeMap<&Vec<u32>, usize> = BTreeMap::new();
        for text in texts {
            *counts.entry(&codes_of[text]).or_default() += 1;
        }
        (
            *person,
            counts
                .into_iter()
                .map(|(codes, count)| (codes.clone(), count))
                .collect(),
        )
    };
    knows
        .dates
        .iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(person)
        .collect()
}

/// Whose rows those of each key are: of those who were there on all days that are known of them.
fn by_key(visits: &[Visits], when: &Reading, keys: &[u32]) -> Option<Reading> {
    // How many rows of a date a key has; by date, then key.
    let mut rows: Vec<(u32, u32)> = when
        .codes
        .iter()
        .copied()
        .zip(keys.iter().copied())
        .collect();
    rows.retain(|(code, key)| *code != NONE && *key != NONE);
    rows.sort_unstable();
    let keys_with = |codes: &[u32], times: usize| {
        let mut keys: Vec<u32> = Vec::new();
        for &code in codes {
            let from = rows.partition_point(|row| row.0 < code);
            let to = rows.partition_point(|row| row.0 <= code);
            keys.extend(rows[from..to].iter().map(|row| row.1));
        }
        keys.sort_unstable();
        keys.chunk_by(|a, b| a == b)
            .filter(|chunk| chunk.len() >= times)
            .map(|chunk| chunk[0])
            .collect::<Vec<u32>>()
    };
    let mut seen: HashMap<(&[u32], usize), Vec<u32>> = HashMap::new();
    let mut who: Vec<Vec<(u32, f32)>> = vec![
        Vec::new();
        keys.iter()
            .filter(|key| **key != NONE)
            .max()
            .map_or(0, |key| *key as usize + 1)
    ];
    for (person, days) in visits {
        for (codes, times) in days {
            seen.entry((codes, *times))
                .or_insert_with(|| keys_with(codes, *times));
        }
        let mut fits: Vec<&[u32]> = days
            .iter()
            .map(|(codes, times)| &seen[&(&codes[..], *times)][..])
            .collect();
        fits.sort_by_key(|keys| keys.len());
        let Some((fewest, others)) = fits.split_first() else {
            continue;
        };
        let all = fewest
            .iter()
            .filter(|key| others.iter().all(|keys| keys.binary_search(key).is_ok()));
        let all: Vec<u32> = all.copied().take(FITS + 1).collect();
        if all.len() > FITS {
            continue;
        }
        for &key in &all {
            who[key as usize].push((*person, 1.0 / all.len() as f32));
        }
    }
    if who.iter().all(Vec::is_empty) {
        return None;
    }
    Some(Reading {
        of: What::Person,
        codes: keys.to_vec(),
        candidates: who.into_iter().map(Candidates::new).collect(),
    })
}

/// Whose single rows they are: of those who are known to have been there then.
fn by_row(visits: &[Visits], when: &Reading, people: usize) -> Option<Reading> {
    let mut rows = vec![0_usize; when.candidates.len()];
    for &code in when.codes.iter().filter(|&&code| code != NONE) {
        rows[code as usize] += 1;
    }
    let mut who: Vec<Vec<(u32, f32)>> = vec![Vec::new(); rows.len()];
    for (person, days) in visits {
        for (codes, times) in days {
            let fit: usize = codes.iter().map(|&code| rows[code as usize]).sum();
            if fit > FITS * times {
                continue;
            }
            for &code in codes {
                who[code as usize].push((*person, *times as f32 / fit as f32));
            }
        }
    }
    // A time at which many are known to have been there tells nobody.
    for who in who
        .iter_mut()
        .filter(|who| who.len() > FITS.min(people / 4))
    {
        who.clear();
    }
    if who.iter().all(Vec::is_empty) {
        return None;
    }
    Some(Reading {
        of: What::Person,
        codes: when.codes.clone(),
        candidates: who.into_iter().map(Candidates::new).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::audit::attack::fixture::{case, coarse, exact, leak, text, texts};

    /// 40 people with three visits each, the pseudonym beside; who is at `start` of visit `n`.
    fn start_of(person: u32, visit: u32) -> u32 {
        1 + (person * 7 + visit * visit * 31 + visit * person) % 100
    }

    fn rows() -> impl Iterator<Item = (u32, u32)> {
        (0..40).flat_map(|person| (0..3).map(move |visit| (person, visit)))
    }

    fn of_pseudonyms(known_dates: Vec<(u32, Vec<String>)>) -> Case {
        let stand_ins: Vec<String> = rows()
            .map(|(person, _)| format!("t1.{}", person * 17 % 40))
            .collect();
        let starts = texts(
            "start",
            rows().map(|(person, visit)| start_of(person, visit)),
        );
        let mut case = case(vec![leak(
            "billing",
            &[("person", &stand_ins), ("start", &starts)],
        )]);
        case.knows.dates = known_dates;
        case
    }

    #[test]
    fn two_known_starts_single_out_a_pseudonym() {
        let dates = (0..40)
            .map(|person| {
                (
                    person,
                    texts("start", [start_of(person, 0), start_of(person, 2)]),
                )
            })
            .collect();
        let case = of_pseudonyms(dates);
        let starts = texts(
            "start",
            rows().map(|(person, visit)| start_of(person, visit)),
        );
        let ways = Dates.ways(&case, &[vec![exact(&case, "start", &starts)]]);
        assert_eq!(ways[0].how, "start of each person");
        let reading = &ways[0].readings[0];
        assert_eq!(reading.of, What::Person);
        let right = rows().enumerate().filter(|&(row, (person, _))| {
            reading.at(row).is_some_and(|who| who.weight(person) > 0.9)
        });
        assert!(right.count() > 110);
        assert_eq!(ways[1].how, "start of each row");
        let who = ways[1].readings[0].at(0).unwrap();
        assert!(who.weight(0) > 0.0 && who.as_slice().len() < 10);
    }

    #[test]
    fn a_known_day_is_found_among_days() {
        let case = of_pseudonyms(vec![(
            5,
            vec![
                text("start", start_of(5, 0))[..10].to_owned(),
                text("start", start_of(5, 1))[..10].to_owned(),
            ],
        )]);
        let days = coarse(
            &case,
            "start",
            rows().map(|(person, visit)| {
                let day = (start_of(person, visit) - 1) / 4;
                (1 + day * 4..5 + day * 4).collect()
            }),
        );
        let ways = Dates.ways(&case, &[vec![days]]);
        let reading = &ways[0].readings[0];
        let found: Vec<u32> = rows()
            .enumerate()
            .filter(|(row, _)| reading.at(*row).is_some())
            .map(|(_, (person, _))| person)
            .collect();
        assert!(found.contains(&5) && found.len() <= 9, "{found:?}");
    }

    #[test]
    fn without_known_dates_or_with_those_of_nobody_nothing_is_claimed() {
        let starts = texts(
            "start",
            rows().map(|(person, visit)| start_of(person, visit)),
        );
        let case = of_pseudonyms(Vec::new());
        assert!(
            Dates
                .ways(&case, &[vec![exact(&case, "start", &starts)]])
                .is_empty()
        );
        let case = of_pseudonyms(vec![(0, vec!["2021-01-01".into()])]);
        assert!(
            Dates
                .ways(&case, &[vec![exact(&case, "start", &starts)]])
                .is_empty()
        );
    }
}
