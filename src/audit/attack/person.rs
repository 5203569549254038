//! Whose rows they are, by whole names: surname and first name in one cell, in any order and writing.

use std::collections::{HashMap, HashSet};

use crate::{
    audit::{
        case::{Knowledge, NULL},
        draw::words::{is_title, words},
        reading::{Candidates, What},
    },
    schema::Class,
};

/// The people of the register by all their names together.
pub(crate) struct Names {
    /// By words in alphabetical order, so that it does not matter which name is first.
    people: HashMap<String, Vec<u32>>,
    words: HashSet<String>,
    /// The most words of one name.
    longest: usize,
}

/// Of longer texts, the words after these are not looked at.
const WORDS: usize = 400;

/// How many texts are looked at before all are.
const SAMPLE: usize = 8192;

/// So many different names, of so many letters, are no accident in other text.
const SURE: usize = 3;
const LETTERS: usize = 8;

impl Names {
    fn of(knows: &Knowledge) -> Self {
        let fields: Vec<usize> = knows
            .schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(at, field)| {
                field.class() == Class::Name && !knows.people_with[*at].is_empty()
            })
            .map(|(at, _)| at)
            .collect();
        let mut names = Self {
            people: HashMap::new(),
            words: HashSet::new(),
            longest: 0,
        };
        // Values are many people's.
        let values: Vec<Vec<Vec<String>>> = fields
            .iter()
            .map(|&field| {
                let values = &knows.vocabularies[field].values;
                values.iter().map(|value| words(value)).collect()
            })
            .collect();
        for (number, person) in (0..).zip(&knows.people) {
            let own: Vec<&Vec<String>> = fields
                .iter()
                .zip(&values)
                .filter(|(field, _)| person[**field] != NULL)
                .map(|(field, values)| &values[person[*field] as usize])
                .filter(|words| !words.is_empty())
                .collect();
            // One name alone is a value of its field.
            if own.len() < 2 {
                continue;
            }
            let all: Vec<&String> = own.into_iter().flatten().collect();
            names.longest = names.longest.max(all.len());
            for word in &all {
                if !names.words.contains(*word) {
                    names.words.insert((*word).clone());
                }
            }
            names.people.entry(key(all)).or_default().push(number);
        }
        names
    }

    /// Who has the name that is in a text, and that name; the first and longest one.
    fn find(&self, text: &str) -> Option<(&str, &[u32])> {
        let mut words = words(text);
        words.truncate(WORDS);
        let all = words.iter().filter(|word| !is_title(word));
        if let Some(found) = self.people.get_key_value(&key(all.collect())) {
            return Some((found.0, found.1));
        }
        (0..words.len()).find_map(|start| {
            let known = words[start..].iter().take(self.longest);
            let known = known.take_while(|word| self.words.contains(*word)).count();
            (2..=known).rev().find_map(|count| {
                let name = key(words[start..start + count].iter().collect());
                let (name, people) = self.people.get_key_value(&name)?;
                Some((name.as_str(), people.as_slice()))
            })
        })
    }
}

fn key(mut words: Vec<&String>) -> String {
    words.sort_unstable();
    let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
    words.join(" ")
}

/// Whose name is in each text; `None` where there are so few that they may be there by accident.
pub(super) fn read(knows: &Knowledge, texts: &[&str]) -> Option<(What, Vec<Candidates>)> {
    let names = knows.names.get_or_init(|| Names::of(knows));
    if names.people.is_empty() || texts.is_empty() {
        return None;
    }
    let step = texts.len().div_ceil(SAMPLE).max(1);
    let mut sample = texts.iter().step_by(step);
    if !sample.any(|text| names.find(text).is_some()) {
        return None;
    }
    let found: Vec<Option<(&str, &[u32])>> = texts.iter().map(|text| names.find(text)).collect();
    let all = found.iter().flatten().count();
    let long = |name: &str| name.chars().filter(|c| c.is_alphabetic()).count() >= LETTERS;
    let different: HashSet<&str> = found
        .iter()
        .flatten()
        .map(|(name, _)| *name)
        .filter(|name| long(name))
        .collect();
    let is_column = all * 2 >= texts.len() && all > 1;
    (is_column || different.len() >= SURE).then(|| {
        let candidates = found.into_iter().map(|found| match found {
            Some((name, people)) if is_column || long(name) => {
                Candidates::even(people.iter().copied())
            }
            _ => Candidates::default(),
        });
        (What::Person, candidates.collect())
    })
}
