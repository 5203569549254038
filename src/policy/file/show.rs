//! How a field is shown: `[show.FIELD]`.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::{Lines, Reader, bucket::ListFile};
use crate::{
    error::{Error, Result},
    policy::{Period, Show, Transform},
    schema::{Class, Field, ValueType},
    toml_file::{hint, within},
    wire::envelope::Flags,
};

/// The words of `as`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Keep,
    Redact,
    Bands,
    Truncate,
    Round,
    Shift,
    Mask,
    Reversible,
    Phone,
    Bucket,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Keep,
        Self::Redact,
        Self::Bands,
        Self::Truncate,
        Self::Round,
        Self::Shift,
        Self::Mask,
        Self::Reversible,
        Self::Phone,
        Self::Bucket,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Redact => "redact",
            Self::Bands => "bands",
            Self::Truncate => "truncate",
            Self::Round => "round",
            Self::Shift => "shift",
            Self::Mask => "mask",
            Self::Reversible => "reversible",
            Self::Phone => "phone",
            Self::Bucket => "bucket",
        }
    }

    /// The parameters it takes.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Keep | Self::Redact => &[],
            Self::Bands => &["edges"],
            Self::Truncate | Self::Round => &["to"],
            Self::Shift => &["weeks", "subject", "erasable"],
            Self::Mask => &["first", "last"],
            Self::Reversible | Self::Phone => &["erasable"],
            Self::Bucket => &["lists", "other"],
        }
    }

    fn fits(self, field: &Field) -> bool {
        let value_type = field.value_type();
        let is_text = value_type == ValueType::Text;
        let is_date = matches!(value_type, ValueType::Date | ValueType::DateTime);
        match self {
            Self::Keep | Self::Redact => true,
            Self::Bands | Self::Round => value_type == ValueType::Integer,
            Self::Truncate => {
                is_date || is_text && matches!(field.class(), Class::Text | Class::Exact)
            }
            Self::Shift => is_date,
            Self::Mask | Self::Bucket => is_text,
            Self::Reversible => value_type != ValueType::Json,
            Self::Phone => field.class() == Class::Phone,
        }
    }

    /// What it fits, in words.
    fn fitting(self) -> &'static str {
        match self {
            Self::Keep | Self::Redact => "any field",
            Self::Bands | Self::Round => "integers",
            Self::Truncate => "dates, date-times, and text of class text or exact",
            Self::Shift => "dates and date-times",
            Self::Mask | Self::Bucket => "text",
            Self::Reversible => "all types but json",
            Self::Phone => "text of class phone",
        }
    }
}

const MOST_EDGES: usize = 256;

/// The most characters of a prefix, or of one side of a mask.
const MOST_CHARACTERS: i64 = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowFile {
    #[serde(rename = "as")]
    kind: Spanned<String>,
    reason: Option<Spanned<String>>,
    edges: Option<Spanned<Vec<Spanned<i64>>>>,
    to: Option<Spanned<To>>,
    weeks: Option<Spanned<i64>>,
    subject: Option<Spanned<Vec<Spanned<String>>>>,
    first: Option<Spanned<i64>>,
    last: Option<Spanned<i64>>,
    pub(super) lists: Option<Spanned<BTreeMap<String, ListFile>>>,
    pub(super) other: Option<Spanned<String>>,
    erasable: Option<Spanned<bool>>,
}

/// What `to` says: a period for dates, a number for others.
enum To {
    Number(i64),
    Word(String),
}

impl<'de> Deserialize<'de> for To {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = To;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a period as a string")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<To, E> {
                Ok(To::Number(number))
            }

            fn visit_str<E: de::Error>(self, word: &str) -> std::result::Result<To, E> {
                Ok(To::Word(word.to_owned()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl ShowFile {
    /// The lines of the parameters that are there.
    fn parameters(&self, lines: &Lines) -> impl Iterator<Item = (&'static str, usize)> {
        fn line<T>(lines: &Lines, place: Option<&Spanned<T>>) -> Option<usize> {
            place.map(|place| lines.of(place))
        }
        [
            ("edges", line(lines, self.edges.as_ref())),
            ("to", line(lines, self.to.as_ref())),
            ("weeks", line(lines, self.weeks.as_ref())),
            ("subject", line(lines, self.subject.as_ref())),
            ("first", line(lines, self.first.as_ref())),
            ("last", line(lines, self.last.as_ref())),
            ("lists", line(lines, self.lists.as_ref())),
            ("other", line(lines, self.other.as_ref())),
            ("erasable", line(lines, self.erasable.as_ref())),
        ]
        .into_iter()
        .filter_map(|(name, line)| Some((name, line?)))
    }
}

/// One table, with what its errors call it.
pub(super) struct Table<'a> {
    pub(super) field: &'a Field,
    what: String,
    pub(super) file: &'a Spanned<ShowFile>,
}

impl Table<'_> {
    /// What an error calls a parameter.
    pub(super) fn parameter(&self, name: &str) -> String {
        format!("`{name}` of {}", self.what)
    }
}

impl Reader<'_> {
    pub(super) fn show(
        &self,
        name: &str,
        file: &Spanned<ShowFile>,
        binds: Flags,
    ) -> Result<Option<Show>> {
        let position = self.at(file, self.position(name))?;
        let word = &file.get_ref().kind;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == word.get_ref());
        let kind = kind.ok_or_else(|| {
            Error::definition(
                format!(
                    "field {name:?} is shown in an unknown way{}",
                    hint(word.get_ref(), Kind::ALL.map(Kind::name))
                ),
                "use keep, redact, bands, truncate, round, shift, mask, reversible, phone or bucket",
            )
        });
        let kind = self.at(word, kind)?;
        let table = Table {
            field: &self.schema.fields()[position],
            what: format!("transform {:?} of field {name:?}", kind.name()),
            file,
        };
        self.check_parameters(kind, &table)?;
        self.at(word, check_fit(kind, &table))?;
        let Some(transform) = self.transform(kind, &table)? else {
            return Ok(None);
        };
        match &file.get_ref().reason {
            Some(reason) => self.reason(reason)?,
            None => {
                let what = match transform {
                    Transform::Keep => format!("field {name:?} is kept in clear without a reason"),
                    _ => format!("{} has no reason", table.what),
                };
                let error = Error::definition(what, "give a reason, or redact it");
                self.at(file, Err(error))?;
            }
        }
        let erasable = file.get_ref().erasable.as_ref();
        let is_erasable = erasable.is_some_and(|erasable| *erasable.get_ref());
        if let Some(place) = erasable {
            self.erasable(&table.what, place, is_erasable, binds)?;
        }
        Ok(Some(Show {
            position,
            transform,
            erasable: is_erasable,
        }))
    }

    /// Refuses the first parameter that this transform does not take.
    fn check_parameters(&self, kind: Kind, table: &Table<'_>) -> Result<()> {
        let mut given = table.file.get_ref().parameters(&self.lines);
        match given.find(|(name, _)| !kind.takes().contains(name)) {
            None => Ok(()),
            Some((name, line)) => Err(Error::definition(
                format!("{} takes no `{name}`", table.what),
                "leave the key out, or choose the transform that takes it",
            )
            .at_line(line)),
        }
    }

    /// `None` where nothing is shown.
    fn transform(&self, kind: Kind, table: &Table<'_>) -> Result<Option<Transform>> {
        Ok(Some(match kind {
            Kind::Keep => Transform::Keep,
            Kind::Redact => return Ok(None),
            Kind::Bands => self.bands(table)?,
            Kind::Truncate => self.truncate(table)?,
            Kind::Round => Transform::Round(self.to_number(table, 2..=1_000_000_000)?),
            Kind::Shift => self.shift(table)?,
            Kind::Mask => self.mask(table)?,
            Kind::Reversible => Transform::Reversible,
            Kind::Phone => Transform::Phone,
            Kind::Bucket => self.bucket(table)?,
        }))
    }

    /// The parameter, or an error that it is missing.
    pub(super) fn needed<'t, T>(
        &self,
        table: &Table<'_>,
        name: &str,
        parameter: Option<&'t Spanned<T>>,
    ) -> Result<&'t Spanned<T>> {
        match parameter {
            Some(parameter) => Ok(parameter),
            None => self.at(
                table.file,
                Err(Error::definition(
                    format!("{} needs `{name}`", table.what),
                    "add the key; the documentation of `from_toml` lists what each transform takes",
                )),
            ),
        }
    }

    fn bands(&self, table: &Table<'_>) -> Result<Transform> {
        let edges = self.needed(table, "edges", table.file.get_ref().edges.as_ref())?;
        let what = table.parameter("edges");
        let count = edges.get_ref().len();
        if !(1..=MOST_EDGES).contains(&count) {
            let error = Error::definition(
                format!("{what} are {count}, not 1 to {MOST_EDGES}"),
                "say where each band begins",
            );
            self.at(edges, Err(error))?;
        }
        let edges = edges.get_ref();
        if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
            let error = Error::definition(
                format!("{what} are not ascending, so that bands overlap"),
                "list each edge once, from the lowest to the highest",
            );
            self.at(&pair[1], Err(error))?;
        }
        Ok(Transform::Bands {
            edges: edges.iter().map(|edge| *edge.get_ref()).collect(),
        })
    }

    fn truncate(&self, table: &Table<'_>) -> Result<Transform> {
        if table.field.value_type() == ValueType::Text {
            let length = self.to_number(table, 1..=MOST_CHARACTERS)?;
            return Ok(Transform::Prefix(length as usize));
        }
        let to = self.needed(table, "to", table.file.get_ref().to.as_ref())?;
        let unknown = |hint: String| {
            Error::definition(
                format!("{} is no period{hint}", table.parameter("to")),
                "use day, week, month, quarter or year",
            )
        };
        let period = match to.get_ref() {
            To::Number(_) => Err(unknown(String::new())),
            To::Word(word) => Period::ALL
                .into_iter()
                .find(|period| period.name() == word)
                .ok_or_else(|| unknown(hint(word, Period::ALL.map(Period::name)))),
        };
        self.at(to, period).map(Transform::Truncate)
    }

    fn to_number(&self, table: &Table<'_>, range: RangeInclusive<i64>) -> Result<u64> {
        let to = self.needed(table, "to", table.file.get_ref().to.as_ref())?;
        let what = table.parameter("to");
        let number = match to.get_ref() {
            To::Number(number) => within(&what, *number, range),
            To::Word(_) => Err(Error::definition(
                format!("{what} is no number"),
                "give a number: periods are for dates and date-times",
            )),
        };
        self.at(to, number)
    }

    fn shift(&self, table: &Table<'_>) -> Result<Transform> {
        let file = table.file.get_ref();
        let weeks = self.needed(table, "weeks", file.weeks.as_ref())?;
        let subject = self.needed(table, "subject", file.subject.as_ref())?;
        let weeks = self.number(&table.parameter("weeks"), weeks, 1..=520)?;
        let what = table.parameter("subject");
        if subject.get_ref().is_empty() {
            let error = Error::definition(
                format!("{what} has no fields"),
                "list the fields that tell the person",
            );
            self.at(subject, Err(error))?;
        }
        Ok(Transform::Shift {
            weeks: weeks as u16,
            subject: self.positions(&what, subject.get_ref())?,
        })
    }

    fn mask(&self, table: &Table<'_>) -> Result<Transform> {
        let side = |name: &str, number: &Option<Spanned<i64>>| match number {
            Some(number) => self.number(&table.parameter(name), number, 0..=MOST_CHARACTERS),
            None => Ok(0),
        };
        let file = table.file.get_ref();
        let (first, last) = (side("first", &file.first)?, side("last", &file.last)?);
        if first + last == 0 {
            let error = Error::definition(
                format!("{} needs `first` or `last`, from 1", table.what),
                "show a character at least, or redact the field",
            );
            self.at(table.file, Err(error))?;
        }
        Ok(Transform::Mask {
            first: first as usize,
            last: last as usize,
        })
    }
}

fn check_fit(kind: Kind, table: &Table<'_>) -> Result<()> {
    let field = table.field;
    if kind.fits(field) {
        return Ok(());
    }
    let class = match field.value_type() {
        ValueType::Text => format!(" of class {}", field.class().name()),
        _ => String::new(),
    };
    Err(Error::definition(
        format!(
            "transform {:?} fits {}, and field {:?} is {}{class}",
            kind.name(),
            kind.fitting(),
            field.name(),
            field.value_type().noun()
        ),
        "choose a transform that fits the field",
    ))
}
