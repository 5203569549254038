//! What a policy can show of a field.

mod bucket;
mod plain;

use std::fmt;

pub(crate) use self::{
    bucket::{Buckets, NoBucket, Unfit},
    plain::{local_date, shifted},
};

/// What a domain is shown of a field, beside what is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transform {
    /// The value in clear.
    Keep,
    /// The band that an integer falls in. The last band is open to the top; what is below the first edge is an error.
    Bands {
        /// Where each band begins, ascending.
        edges: Vec<i64>,
    },
    /// A date, or the local date of a date-time, to a period.
    Truncate(Period),
    /// The first characters of a code or postcode.
    Prefix(usize),
    /// An integer to the nearest multiple, halves upwards.
    Round(u64),
    /// A date, or the local date of a date-time, moved by whole weeks that are the same for all rows of a person.
    Shift {
        /// The most weeks in either direction, 1 to 520.
        weeks: u16,
        /// Positions in [`Schema::fields`](crate::Schema::fields) of what tells the person, in the order in which they are encoded.
        subject: Vec<usize>,
    },
    /// The first and last characters, with three asterisks between them; three asterisks alone where there is nothing between.
    Mask {
        /// How many first characters.
        first: usize,
        /// How many last characters.
        last: usize,
    },
    /// A stand-in that the holder of the keyring turns back: AES-SIV (RFC 5297), equal for equal values.
    Reversible,
    /// A stand-in in the shape of a telephone number, equal for equal numbers: FF1 (NIST SP 800-38G).
    Phone,
    /// The name of the list that the value is on.
    Bucket {
        /// Each list's name and values.
        lists: Vec<(String, Vec<String>)>,
        /// What is shown of values on no list; without it they are an error.
        other: Option<String>,
    },
}

impl Transform {
    /// Its word in policy files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Bands { .. } => "bands",
            Self::Truncate(_) | Self::Prefix(_) => "truncate",
            Self::Round(_) => "round",
            Self::Shift { .. } => "shift",
            Self::Mask { .. } => "mask",
            Self::Reversible => "reversible",
            Self::Phone => "phone",
            Self::Bucket { .. } => "bucket",
        }
    }

    /// The feature of this crate that it needs and that was not compiled in.
    pub(crate) fn missing_feature(&self) -> Option<&'static str> {
        match self {
            Self::Reversible if !cfg!(feature = "reversible") => Some("reversible"),
            Self::Phone if !cfg!(feature = "phone") => Some("phone"),
            _ => None,
        }
    }

    /// Appends to `text` what is shown of a value, or returns it where it is an integer, or says why there is nothing to
    /// show; for the transforms that need a value and nothing else. After an error nothing was appended.
    pub(crate) fn show(&self, value: &str, text: &mut String) -> Result<Option<i64>, &'static str> {
        match self {
            Self::Bands { edges } => plain::band(edges, plain::integer(value)?, text)?,
            Self::Truncate(period) => plain::truncate(*period, local_date(value)?, text)?,
            Self::Prefix(count) => text.push_str(plain::prefix(*count, value)?),
            Self::Round(to) => return plain::round(*to, plain::integer(value)?).map(Some),
            Self::Mask { first, last } => plain::mask(*first, *last, value, text),
            Self::Keep
            | Self::Shift { .. }
            | Self::Reversible
            | Self::Phone
            | Self::Bucket { .. } => unreachable!("it needs more than the value"),
        }
        Ok(None)
    }
}

/// In a few words, as a report names it: `bands 0, 18, 40, 65`.
impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match self {
            Self::Keep | Self::Reversible | Self::Phone => f.write_str(self.name()),
            Self::Bands { edges } => {
                f.write_str("bands ")?;
                list(f, edges.iter())
            }
            Self::Truncate(period) => write!(f, "truncate to {}", period.name()),
            Self::Prefix(1) => f.write_str("first character"),
            Self::Prefix(count) => write!(f, "first {count} characters"),
            Self::Round(to) => write!(f, "round to {to}"),
            Self::Shift { weeks, .. } => {
                write!(f, "shift by up to {weeks} week{}", plural((*weeks).into()))
            }
            Self::Mask { first, last: 0 } => write!(f, "mask {first} first"),
            Self::Mask { first: 0, last } => write!(f, "mask {last} last"),
            Self::Mask { first, last } => write!(f, "mask {first} first, {last} last"),
            Self::Bucket { lists, other } => {
                f.write_str("bucket ")?;
                list(f, lists.iter().map(|(name, _)| name).chain(other))
            }
        }
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (i, item) in items.enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

/// What a date is truncated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Period {
    /// `2020-07-21`.
    Day,
    /// The ISO week (ISO 8601), `2020-W30`.
    Week,
    /// `2020-07`.
    Month,
    /// `2020-Q3`.
    Quarter,
    /// `2020`.
    Year,
}

impl Period {
    pub(crate) const ALL: [Self; 5] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// Its word in policy files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions() {
        let lists = ["surgery", "medicine"].map(|name| (name.to_owned(), Vec::new()));
        let bucket = |other: Option<&str>| Transform::Bucket {
            lists: lists.to_vec(),
            other: other.map(str::to_owned),
        };
        let shift = |weeks| Transform::Shift {
            weeks,
            subject: vec![0],
        };
        let mask = |first, last| Transform::Mask { first, last };
        let edges = vec![0, 18, 40, 65];
        for (transform, name, words) in [
            (Transform::Keep, "keep", "keep"),
            (Transform::Bands { edges }, "bands", "bands 0, 18, 40, 65"),
            (
                Transform::Truncate(Period::Month),
                "truncate",
                "truncate to month",
            ),
            (Transform::Prefix(2), "truncate", "first 2 characters"),
            (Transform::Prefix(1), "truncate", "first character"),
            (Transform::Round(5), "round", "round to 5"),
            (shift(26), "shift", "shift by up to 26 weeks"),
            (shift(1), "shift", "shift by up to 1 week"),
            (mask(1, 2), "mask", "mask 1 first, 2 last"),
            (mask(1, 0), "mask", "mask 1 first"),
            (mask(0, 2), "mask", "mask 2 last"),
            (Transform::Reversible, "reversible", "reversible"),
            (Transform::Phone, "phone", "phone"),
            (
                bucket(Some("rest")),
                "bucket",
                "bucket surgery, medicine, rest",
            ),
            (bucket(None), "bucket", "bucket surgery, medicine"),
        ] {
            assert_eq!(transform.name(), name);
            assert_eq!(transform.to_string(), words);
        }
        assert_eq!(
            Period::ALL.map(Period::name),
            ["day", "week", "month", "quarter", "year"]
        );
    }

    #[test]
    fn what_needs_a_feature_says_which() {
        let off = |name, on: bool| (!on).then_some(name);
        assert_eq!(
            Transform::Reversible.missing_feature(),
            off("reversible", cfg!(feature = "reversible"))
        );
        assert_eq!(
            Transform::Phone.missing_feature(),
            off("phone", cfg!(feature = "phone"))
        );
        assert_eq!(Transform::Keep.missing_feature(), None);
    }
}
