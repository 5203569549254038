//! Dates that are moved by whole weeks, the same for all rows of a person: what lies between two of them stays.

use std::collections::HashMap;

use super::FITS;
use crate::audit::{
    attack::{
        Way,
        groups::{Days, day, days, stand_ins},
    },
    case::{Case, LeakView},
    draw::table::NONE,
    reading::{Candidates, Reading, What},
};

/// A person's days beyond so many are not compared.
const MOST: usize = 64;

pub(super) fn ways(case: &Case, (leak, view): (usize, &LeakView), known: &[Reading]) -> Vec<Way> {
    let mut ways = Vec::new();
    for days in days(case, view, known).iter().filter(|days| days.shifted) {
        let date = case.knows.schema.fields()[days.field].name();
        for column in stand_ins(case, view) {
            if let Some(reading) = by_distance(&case.knows.dates, days, &column.codes.of) {
                let how = format!("distances by {date} of each {}", view.cells(column).name());
                ways.push(Way::new(leak, how, vec![reading]));
            }
        }
    }
    ways
}

/// Whose rows those of each key are: of those whose known days lie as far from each other, on the same days of the week.
fn by_distance(known: &[(u32, Vec<String>)], days: &Days, keys: &[u32]) -> Option<Reading> {
    let mut rows: Vec<(u32, i64)> = keys
        .iter()
        .zip(&days.of)
        .filter_map(|(&key, &day)| Some((key, day?)))
        .collect();
    rows.retain(|(key, _)| *key != NONE);
    rows.sort_unstable();
    rows.dedup();
    let of_keys: Vec<&[(u32, i64)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    // By day of the week and distance of two of its days: the key and the first of the two.
    let mut pairs: HashMap<(i64, i64), Vec<(usize, i64)>> = HashMap::new();
    for (at, of_key) in of_keys.iter().enumerate() {
        let of_key = &of_key[..of_key.len().min(MOST)];
        for (i, &(_, first)) in of_key.iter().enumerate() {
            for &(_, second) in &of_key[i + 1..] {
                pairs
                    .entry((first.rem_euclid(7), second - first))
                    .or_default()
                    .push((at, first));
            }
        }
    }
    let count = keys
        .iter()
        .filter(|&&key| key != NONE)
        .max()
        .map_or(0, |&key| key as usize + 1);
    let mut who: Vec<Vec<(u32, f32)>> = vec![Vec::new(); count];
    for (person, texts) in known {
        let mut theirs: Vec<i64> = texts.iter().filter_map(|text| day(text)).collect();
        theirs.sort_unstable();
        theirs.dedup();
        // One day alone falls on the same day of the week as a seventh of all.
        let &[first, second, ref others @ ..] = &theirs[..] else {
            continue;
        };
        let fit = pairs
            .get(&(first.rem_euclid(7), second - first))
            .map_or(&[][..], Vec::as_slice);
        let fits = |&&(at, moved): &&(usize, i64)| {
            let has = |other: &i64| {
                of_keys[at]
                    .binary_search_by_key(&(other - first + moved), |row| row.1)
                    .is_ok()
            };
            others.iter().all(has)
        };
        let mut all: Vec<u32> = fit
            .iter()
            .filter(fits)
            .map(|&(at, _)| of_keys[at][0].0)
            .collect();
        all.dedup();
        if all.len() <= FITS {
            all.iter()
                .for_each(|&key| who[key as usize].push((*person, 1.0 / all.len() as f32)));
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::audit::attack::fixture::{case, leak, text};

    /// 40 people with three visits each in 25 days, shown weeks earlier, by person and row.
    fn moved(weeks: impl Fn(u32, u32) -> i64) -> Option<Vec<Option<Candidates>>> {
        let rows: Vec<(u32, u32)> = (0..40)
            .flat_map(|person| {
                [0, 1, 2].map(|visit| {
                    (
                        person,
                        1 + (person * 13 + visit * 29 + person * visit * 7) % 100,
                    )
                })
            })
            .collect();
        let stand_ins: Vec<String> = rows
            .iter()
            .map(|(person, _)| format!("t{}", person * 7 % 40))
            .collect();
        let shown: Vec<String> = (0..)
            .zip(&rows)
            .map(|(row, &(person, start))| {
                let date = crate::policy::local_date(&text("start", start)).unwrap();
                date.checked_sub(jiff::Span::new().weeks(weeks(person, row)))
                    .unwrap()
                    .to_string()
            })
            .collect();
        let mut case = case(vec![leak(
            "billing",
            &[("person", &stand_ins), ("start", &shown)],
        )]);
        let dates = |person: u32| {
            rows.iter()
                .filter(move |row| row.0 == person)
                .map(|&(_, start)| text("start", start)[..10].to_owned())
                .collect()
        };
        case.knows.dates = (0..40).map(|person| (person, dates(person))).collect();
        let ways = ways(&case, (0, &case.leaks[0]), &[]);
        let way = ways.first()?;
        assert_eq!(way.how, "distances by start of each person");
        Some(
            (0..rows.len())
                .map(|row| way.readings[0].at(row).cloned())
                .collect(),
        )
    }

    #[test]
    fn three_known_days_find_a_person_whose_days_are_moved() {
        let found = moved(|person, _| i64::from(person % 9)).unwrap_or_default();
        let right = (0..)
            .zip(&found)
            .filter(|(row, who)| who.as_ref().is_some_and(|who| who.weight(row / 3) > 0.4))
            .count();
        assert!(right > 80, "{right}");
    }

    #[test]
    fn days_that_are_moved_apart_are_not_found() {
        let found = moved(|_, row| i64::from(row * 5 % 17)).unwrap_or_default();
        let right = (0..)
            .zip(&found)
            .filter(|(row, who)| who.as_ref().is_some_and(|who| who.weight(row / 3) > 0.4))
            .count();
        assert!(right < 12, "{right}");
    }
}
