//! Lists of keys and values: `nom=Martin; age=34`, `nom=Martin&age=34`.

use std::collections::BTreeSet;

use super::{encoded::Writing, form::common};

/// How keys and values are written.
pub(super) struct Pairs {
    separator: char,
    assign: char,
    /// Those that are in many cells.
    pub(super) keys: Vec<String>,
    /// Whether all cells of the sample are such lists.
    pub(super) is_whole: bool,
}

const SEPARATORS: [char; 7] = ['&', ';', '|', '\n', '\t', ',', ' '];

/// The longest key: what is longer is text.
const LONGEST: usize = 40;

impl Pairs {
    /// As most of the cells are written; `None` where they are not.
    pub(super) fn of(sample: &[&str]) -> Option<Self> {
        let ways = ['=', ':'].into_iter().flat_map(|assign| {
            SEPARATORS.map(|separator| Self {
                separator,
                assign,
                keys: Vec::new(),
                is_whole: false,
            })
        });
        // With a wrong separator all is the value of the first key. The first of equals.
        ways.filter_map(|way| way.fitted(sample))
            .reduce(|best, next| {
                if next.keys.len() > best.keys.len() {
                    next
                } else {
                    best
                }
            })
    }

    fn fitted(mut self, sample: &[&str]) -> Option<Self> {
        // A colon is in other texts, too.
        let least = if self.assign == '=' { 1 } else { 2 };
        let mut keys = Vec::new();
        let mut found = 0;
        for cell in sample {
            let split = self.split(cell);
            if split.len() >= least {
                found += 1;
                let of_cell: BTreeSet<String> = split.into_iter().map(|(key, _)| key).collect();
                keys.extend(of_cell);
            }
        }
        self.is_whole = found == sample.len();
        let all = keys.len();
        self.keys = common(&keys, found);
        // Where most keys are of one cell only, they are words before a colon.
        let known: BTreeSet<&str> = self.keys.iter().map(String::as_str).collect();
        let covered = keys
            .iter()
            .filter(|key| known.contains(key.as_str()))
            .count();
        (found * 5 >= sample.len() * 4 && covered * 5 >= all * 4 && covered > 0).then_some(self)
    }

    /// The keys and values of a cell. What has no key belongs to the value before it.
    pub(super) fn split(&self, cell: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        // An address is before its question mark.
        let list = match cell.split_once('?') {
            Some((_, list)) if self.separator == '&' => list,
            _ => cell,
        };
        for part in list.split(self.separator) {
            let pair = part
                .split_once(self.assign)
                .map(|(key, value)| (key.trim(), value.trim()));
            match pair {
                Some((key, value)) if is_key(key) && !is_padding(value) => {
                    pairs.push((key.to_owned(), self.value(value)));
                }
                _ => {
                    if let Some((_, value)) = pairs.last_mut() {
                        value.push(self.separator);
                        value.push_str(part);
                    }
                }
            }
        }
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// Addresses have values with percent signs, even where few need them.
    fn value(&self, text: &str) -> String {
        let decoded = match self.separator {
            '&' => Writing::Percent.decode(text),
            _ => None,
        };
        unquoted(decoded.as_deref().unwrap_or(text)).to_owned()
    }
}

/// Whether a name could be that of a value, and is none itself.
pub(super) fn is_key(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins
        && text.chars().count() <= LONGEST
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

/// What is at the end of base64 is no value.
fn is_padding(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c == '=')
}

pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.trim();
        }
    }
    text
}
