//! Whether the rows of a file open, and whether anything in them is in clear that should not be.

use std::{io::Read, ops::ControlFlow};

use serde::Serialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::Zeroizing;

use super::{
    Progress,
    block::Block,
    format::Format,
    mixed::{Allowed, Mixed, MixedRow, Observer, unaccounted},
};
use crate::{
    error::{Error, Kind, Result},
    key::Keyring,
    normal,
    policy::{CheckedPolicy, Policy, Transform},
    protect::{Protected, Protector, Revealer, Values},
    schema::ValueType,
};

/// How often an observer is told, in rows.
const TOLD: u64 = 1024;

/// Verifies the rows of a file that may hold rows in clear, protected rows, or both, in memory that does not grow with
/// their number.
///
/// [`Verification::of`] a revealer verifies that every protected row opens, that no sealed field stands beside a seal in
/// clear, and that every other row fits the schema; it counts both. [`Verification::no_plain`] proves that no clear
/// value of a field that the policy seals is left:
///
/// - every row is sealed, and opens in all its scopes;
/// - every column, or key of an object, is one that the policy lets be there: the record id, a shown field, a pseudonym, an
///   index or the seal;
/// - what a row shows, its pseudonyms and indexes are exactly what protecting the revealed record anew gives, so that
///   nothing stands in their place;
/// - the record id holds no value that the policy does not keep in clear. Letter case, accents and all but letters and digits
///   are left out of both. Words of 6 letters or more, and the whole of a value, are looked for anywhere in the id, those of
///   4 and 5 as a whole part of it between other characters; of a date its 8 digits, with the year, the day or the month
///   first, of other numbers the last 8 where there are as many. What is shorter is not found: ids have it by chance.
///
/// # Security
///
/// It tells what the file holds, not what is in copies of it, in backups or in the file that a
/// [migration](super::Migration) keeps until it is sealed off. Pseudonyms and indexes of an earlier generation are not
/// what protecting gives now, and are refused.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Format, Keyring, Policy, Protector, Schema, Verification};
/// use serde_json::json;
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let record = json!({
///     "last_name": "Martin", "first_name": "Zoé", "start": "2020-07-21T09:30:00+02:00",
///     "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
/// });
/// let row = serde_json::to_string(&Protector::new(&keyring, &checked)?.protect(&record)?)?;
///
/// let verify = || Ok::<_, paravent::Error>(Verification::no_plain(&keyring, &checked)?.from(Format::Ndjson));
/// assert_eq!(verify()?.run(row.as_bytes())?.sealed, 1);
///
/// let with_more = row.replacen('{', r#"{"last_name":"Martin","#, 1);
/// assert!(verify()?.run(with_more.as_bytes()).unwrap_err().is_unaccounted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Verification<'a> {
    task: Task<'a>,
    format: Option<Format>,
    observer: Option<Observer<'a>>,
}

enum Task<'a> {
    Open { revealer: &'a Revealer, plain: bool },
    NoPlain(Box<NoPlain>),
}

struct NoPlain {
    protector: Protector,
    revealer: Revealer,
}

/// How many rows were verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Rows that are sealed, and open.
    pub sealed: u64,
    /// Rows in clear, which fit the schema.
    pub plain: u64,
}

impl<'a> Verification<'a> {
    /// Verifies that protected rows open in the scopes of `revealer`.
    pub fn of(revealer: &'a Revealer) -> Self {
        Self::new(Task::Open {
            revealer,
            plain: true,
        })
    }

    /// Verifies that nothing is in clear but what the policy shows.
    ///
    /// # Errors
    ///
    /// As [`Protector::new`].
    pub fn no_plain(keyring: &Keyring, policy: &CheckedPolicy) -> Result<Self> {
        Ok(Self::new(Task::NoPlain(Box::new(NoPlain {
            protector: Protector::new(keyring, policy)?,
            revealer: Revealer::backend(keyring, policy.policy())?,
        }))))
    }

    fn new(task: Task<'a>) -> Self {
        Self {
            task,
            format: None,
            observer: None,
        }
    }

    /// The same, refusing rows in clear.
    #[must_use]
    pub fn only_sealed(mut self) -> Self {
        if let Task::Open { plain, .. } = &mut self.task {
            *plain = false;
        }
        self
    }

    /// The same for rows in this format, which has to be said.
    #[must_use]
    pub fn from(self, format: Format) -> Self {
        Self {
            format: Some(format),
            ..self
        }
    }

    /// The same, telling `observer` every 1,024 rows how far it is, and stopping where that says so.
    #[must_use]
    pub fn observe(self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Verifies all rows of `input`; returns how many there are of each kind.
    ///
    /// # Errors
    ///
    /// The first row that fails ends it, with its [line](Error::line): [`Error::is_plain_row`] where one is in clear that
    /// may not be; [`Error::is_half_protected`] where a sealed field stands beside a seal in clear;
    /// [`Error::is_unaccounted`] where a column may not be there, or what it holds is not what protecting the row's
    /// record gives; the errors of [`Revealer::reveal`] where it does not open; [`Error::is_record`] where one in
    /// clear does not fit; [`Error::is_input`] where the file is not of its form. [`Error::is_stopped`] where the observer said so;
    /// [`Error::is_definition`] where no format was said, or the policy binds to what files do not hold;
    /// [`Error::is_io`].
    pub fn run(self, input: impl Read) -> Result<Verified> {
        let format = self.format.as_ref().ok_or_else(|| {
            Error::definition("no format was said for the rows", "say it with `from`")
        })?;
        let (policy, allowed) = match &self.task {
            Task::Open { revealer, .. } => (revealer.policy(), Allowed::Both),
            Task::NoPlain(no_plain) => (no_plain.protector.policy(), Allowed::Protected),
        };
        let (mut rows, mixed, _) = Mixed::open(input, format, policy, allowed)?;
        let mut verified = Verified::default();
        let mut block = Block::default();
        let mut protected = Protected::empty();
        loop {
            block.begin();
            if !rows.read(&mut block)? {
                return Ok(verified);
            }
            let row = block.row(block.rows()[0]);
            let is_sealed = mixed.read(row, |row| match &self.task {
                Task::Open { revealer, plain } => open(revealer, *plain, row),
                Task::NoPlain(no_plain) => no_plain.check(row, &mut protected),
            })?;
            if is_sealed {
                verified.sealed += 1;
            } else {
                verified.plain += 1;
            }
            let progress = Progress {
                rows: verified.sealed + verified.plain,
                bytes: rows.bytes_read(),
            };
            if let Some(observer) = self.observer
                && progress.rows.is_multiple_of(TOLD)
                && observer(&progress).is_break()
            {
                return Err(Error::new(|| Kind::Stopped));
            }
        }
    }
}

/// Opens a row, or checks that it fits; returns whether it is sealed.
fn open(revealer: &Revealer, plain: bool, row: &MixedRow<'_>) -> Result<bool> {
    let binding = row.binding()?;
    match row.sealed() {
        Some(sealed) => {
            revealer.bind(binding).open(sealed, |_| ())?;
            Ok(true)
        }
        None if plain => {
            revealer.check_plain(|schema, draft, reading| row.fill(schema, draft, reading))?;
            Ok(false)
        }
        None => Err(in_clear()),
    }
}

impl NoPlain {
    fn check(&self, row: &MixedRow<'_>, protected: &mut Protected) -> Result<bool> {
        let sealed = row.sealed().ok_or_else(in_clear)?;
        let policy = self.protector.policy();
        let told = self.protector.show_anew(
            &self.revealer,
            &row.binding()?,
            sealed,
            protected,
            |values| {
                row.id_text()
                    .is_some_and(|id| Id::new(id).tells(values, policy))
            },
        )?;
        row.check_shown(protected)?;
        if told {
            let name = policy.source().record_id.as_deref().unwrap_or_default();
            return Err(unaccounted(name, "holds a value of a field that is sealed"));
        }
        Ok(true)
    }
}

fn in_clear() -> Error {
    Error::new(|| Kind::PlainRow { until: None })
}

/// A record id as it is looked through.
struct Id {
    /// All letters and digits.
    whole: String,
    /// Those between other characters.
    parts: Vec<String>,
}

/// The fewest letters of a word that is looked for anywhere, and as a whole part; the digits that are looked for.
const ANYWHERE: usize = 6;
const AS_PART: usize = 4;
const DIGITS: usize = 8;

impl Id {
    fn new(id: &str) -> Self {
        let parts: Vec<String> = words(id).map(fold).collect();
        Self {
            whole: parts.concat(),
            parts,
        }
    }

    /// Whether it holds a value that the policy does not keep in clear.
    fn tells(&self, values: &Values, policy: &Policy) -> bool {
        let is_kept = |name: &str| {
            policy
                .shows()
                .any(|(field, transform)| field.name() == name && *transform == Transform::Keep)
        };
        let fields = policy.schema().fields().iter().enumerate();
        fields
            .filter(|(_, field)| !is_kept(field.name()))
            .filter_map(|(position, field)| Some((field.value_type(), values.get(position)?)))
            .any(|(value_type, value)| self.holds(value_type, value))
    }

    fn holds(&self, value_type: ValueType, value: &str) -> bool {
        match value_type {
            ValueType::Boolean => false,
            ValueType::Date | ValueType::DateTime => {
                let mut folded = Zeroizing::new(String::with_capacity(DIGITS));
                folded.extend(digits(value).take(DIGITS));
                folded.len() == DIGITS && self.holds_day(&folded)
            }
            ValueType::Text | ValueType::Integer | ValueType::Json => {
                let folded = Zeroizing::new(fold(value));
                if folded.chars().all(|c| c.is_ascii_digit()) {
                    let start = folded.len().saturating_sub(DIGITS);
                    let last = &folded[start..];
                    return last.len() == DIGITS && self.whole.contains(last);
                }
                let is_in = |word: &str| {
                    let letters = word.chars().count();
                    let has_letter = word.chars().any(|c| !c.is_ascii_digit());
                    has_letter
                        && (letters >= ANYWHERE && self.whole.contains(word)
                            || letters >= AS_PART && self.parts.iter().any(|part| part == word))
                };
                is_in(&folded) || words(value).any(|word| is_in(&Zeroizing::new(fold(word))))
            }
        }
    }
}

impl Id {
    /// Whether it holds the day of these digits, year, month and day: in this order, or as people write it.
    fn holds_day(&self, digits: &str) -> bool {
        let Some((year, rest)) = digits.split_at_checked(4) else {
            return false;
        };
        let Some((month, day)) = rest.split_at_checked(2) else {
            return false;
        };
        let orders = [[year, month, day], [day, month, year], [month, day, year]];
        let mut held = orders
            .into_iter()
            .map(|order| Zeroizing::new(order.concat()));
        held.any(|written| self.whole.contains(&**written))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    // An accent may stand behind its letter.
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
}

fn digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_digit)
}

/// Letters and digits, without case and accents.
fn fold(text: &str) -> String {
    // Growing would leave a copy behind.
    let mut folded = String::with_capacity(normal::room(text.as_bytes()));
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c));
    folded.extend(
        plain
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric()),
    );
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_looked_through_for_what_is_long_enough_to_be_no_chance() {
        let text = |id: &str, value: &str| Id::new(id).holds(ValueType::Text, value);
        for (id, value) in [
            ("rdv-LEFEVRE-17", "Lefèvre"),
            ("rdvlefevre17", "Lefe\u{300}vre"),
            ("17_roux", "Roux"),
            ("jeanpaul17", "Jean-Paul"),
            ("x-dermatologie", "Dermatologie"),
            ("generale/1", "médecine générale"),
            ("rdv-0639981234", "+33 6 39 98 12 34"),
            ("rdv-39981234", "06 39 98 12 34"),
            ("zoe.17@example.org", "zoe.17@example.org"),
        ] {
            assert!(text(id, value), "{id} {value}");
        }
        for (id, value) in [
            ("rdv-17", "17"),
            ("rdv-1234567", "1234567"),
            ("e0ux-roux17", "Roux"),
            ("17-zoe", "Zoé"),
            ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "Fade"),
            ("rdv-1", "Dr"),
            ("rdv-1", ""),
        ] {
            assert!(!text(id, value), "{id} {value}");
        }
        let date = |id: &str, value: &str| Id::new(id).holds(ValueType::DateTime, value);
        assert!(date("rdv-20200721-1", "2020-07-21T09:30:00+02:00"));
        assert!(date("2020-07-21/1", "2020-07-21T09:30:00+02:00"));
        assert!(date("rdv-21072020-1", "2020-07-21T09:30:00+02:00"));
        assert!(date("21/07/2020", "2020-07-21"));
        assert!(date("07.21.2020/1", "2020-07-21"));
        assert!(!date("rdv-20202107-1", "2020-07-21"));
        assert!(!date("rdv-202007-1", "2020-07-21T09:30:00+02:00"));
        assert!(!Id::new("true-17").holds(ValueType::Boolean, "true"));
    }
}
