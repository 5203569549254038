//! Values that stand in free text: telephone numbers, addresses, names behind a title, and words or phrases that are a value of the
//! visit.

use std::collections::{HashMap, HashSet};

use super::Part;
use crate::{
    audit::{
        case::Vocabulary,
        draw::words::{is_title, words},
    },
    schema::{Class, Field, PhoneRegion, Schema, ValueType},
};

/// The shortest phrase, in characters: shorter ones are in other words' places by accident.
const SHORTEST: usize = 5;
/// The longest phrase, in words.
const LONGEST: usize = 8;
/// Of longer texts, the words after these are not looked at.
const WORDS: usize = 400;

/// The values that are looked for.
pub(super) struct Finder<'k> {
    region: Option<&'k PhoneRegion>,
    kinds: Vec<(String, Kind<'k>)>,
}

enum Kind<'k> {
    Phone(&'k Vocabulary),
    /// By normal form.
    Email(&'k Vocabulary),
    Phrases(Phrases<'k>),
    /// Surnames, which are words as well: only behind a title.
    Titled(Phrases<'k>),
}

/// Values by their words.
struct Phrases<'k> {
    by_words: HashMap<String, &'k str>,
    begins: HashSet<String>,
    longest: usize,
}

impl<'k> Finder<'k> {
    pub(super) fn new(schema: &'k Schema, vocabularies: &'k [Vocabulary]) -> Self {
        let kind = |(field, vocabulary): (&Field, &'k Vocabulary)| {
            if field.value_type() != ValueType::Text {
                return None;
            }
            let kind = match field.class() {
                Class::Phone => Kind::Phone(vocabulary),
                Class::Email => Kind::Email(vocabulary),
                Class::Name if field.is_of_person() => Kind::Titled(Phrases::new(vocabulary, 2)),
                _ if field.is_of_person() => return None,
                _ => Kind::Phrases(Phrases::new(vocabulary, SHORTEST)),
            };
            Some((field.name().to_owned(), kind))
        };
        Self {
            region: schema.phone_region(),
            kinds: schema
                .fields()
                .iter()
                .zip(vocabularies)
                .filter_map(kind)
                .collect(),
        }
    }

    /// The fields, by place, of which values stand in some of these texts, as parts of them.
    pub(super) fn fields(&self, sample: &[&str]) -> Vec<usize> {
        let texts: Vec<Text<'_>> = sample.iter().map(|text| Text::new(text)).collect();
        let is_there = |(_, kind): &(String, Kind<'_>)| {
            let found = texts.iter().filter(|text| {
                // What is all of a cell is read without looking inside.
                self.find(kind, text)
                    .is_some_and(|found| words(found) != text.words)
            });
            let found = found.count();
            found >= 3 || (found > 0 && found * 10 >= sample.len())
        };
        let kinds = self.kinds.iter().enumerate();
        kinds
            .filter(|(_, kind)| is_there(kind))
            .map(|(at, _)| at)
            .collect()
    }

    /// What is found in each cell, by field.
    pub(super) fn parts(&self, sample: &[&str], values: &[Option<&str>]) -> Vec<Part> {
        let fields = self.fields(sample);
        let mut parts: Vec<Part> = fields
            .iter()
            .map(|&at| Part {
                name: self.kinds[at].0.clone(),
                values: vec![None; values.len()],
            })
            .collect();
        if parts.is_empty() {
            return parts;
        }
        for (at, cell) in values.iter().enumerate() {
            let Some(text) = cell.map(Text::new) else {
                continue;
            };
            for (part, &field) in parts.iter_mut().zip(&fields) {
                part.values[at] = self.find(&self.kinds[field].1, &text).map(str::to_owned);
            }
        }
        parts
    }

    fn find<'t>(&self, kind: &Kind<'t>, text: &Text<'t>) -> Option<&'t str> {
        match kind {
            Kind::Phone(vocabulary) => phone(text.as_is, vocabulary, self.region),
            Kind::Email(vocabulary) => email(text.as_is, vocabulary),
            Kind::Phrases(phrases) => phrases.find(&text.words, |_| true),
            Kind::Titled(phrases) => {
                phrases.find(&text.words, |at| at > 0 && is_title(&text.words[at - 1]))
            }
        }
    }
}

struct Text<'t> {
    as_is: &'t str,
    words: Vec<String>,
}

impl<'t> Text<'t> {
    fn new(text: &'t str) -> Self {
        let mut words = words(text);
        words.truncate(WORDS);
        Self { as_is: text, words }
    }
}

impl<'k> Phrases<'k> {
    fn new(vocabulary: &'k Vocabulary, shortest: usize) -> Self {
        let mut phrases = Self {
            by_words: HashMap::new(),
            begins: HashSet::new(),
            longest: 0,
        };
        for value in vocabulary.values.iter().skip(1) {
            let words = words(value);
            let letters = words.iter().flat_map(|word| word.chars());
            if letters.filter(|c| c.is_alphabetic()).count() < shortest || words.len() > LONGEST {
                continue;
            }
            phrases.longest = phrases.longest.max(words.len());
            phrases.begins.insert(words[0].clone());
            phrases.by_words.entry(words.join(" ")).or_insert(value);
        }
        phrases
    }

    /// The first value, the longest that begins there, at a word that `may_begin`.
    fn find(&self, words: &[String], may_begin: impl Fn(usize) -> bool) -> Option<&'k str> {
        let starts =
            (0..words.len()).filter(|&at| self.begins.contains(&words[at]) && may_begin(at));
        starts
            .flat_map(|at| {
                let most = self.longest.min(words.len() - at);
                (1..=most).rev().map(move |count| at..at + count)
            })
            .find_map(|range| self.by_words.get(&words[range].join(" ")).copied())
    }
}

/// The first telephone number of the vocabulary.
fn phone<'t>(text: &'t str, known: &Vocabulary, region: Option<&PhoneRegion>) -> Option<&'t str> {
    let mut before = None;
    for (start, c) in text.char_indices() {
        let begins = (c == '+' || c.is_ascii_digit())
            && !before.is_some_and(|c: char| c.is_alphanumeric() || c == '+');
        before = Some(c);
        if !begins {
            continue;
        }
        let mut digits = 0;
        let mut found = None;
        for (at, c) in text[start..].char_indices() {
            if c.is_ascii_digit() {
                digits += 1;
                let number = &text[start..start + at + 1];
                // The longest one that is known.
                if digits >= 7 && is_known(number, Class::Phone, known, region) {
                    found = Some(number);
                }
            } else if !(c == '+' && at == 0
                || matches!(c, ' ' | '.' | '-' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}'))
            {
                break;
            }
            if digits == 15 {
                break;
            }
        }
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The first e-mail address of the vocabulary.
fn email<'t>(text: &'t str, known: &Vocabulary) -> Option<&'t str> {
    let between = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>' | '(' | ')' | '[' | ']' | '"' | ',' | ';' | ':' | '|' | '='
            )
    };
    let words = text.split(between).filter(|word| word.contains('@'));
    words
        .map(|word| word.trim_end_matches(['.', '!', '?']))
        .find(|word| is_known(word, Class::Email, known, None))
}

fn is_known(text: &str, class: Class, known: &Vocabulary, region: Option<&PhoneRegion>) -> bool {
    let form = class.normalize(text, region);
    form.is_ok_and(|form| known.folded.contains_key(&form))
}
