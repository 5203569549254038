//! What a policy can show of a field.

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

impl Transform {
    /// Its word in policy files.
    pub(crate) fn name(&self) -> &'static str {
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

    /// The feature of the crate that it needs and that was not built in.
    pub(crate) fn missing_feature(&self) -> Option<&'static str> {
        match self {
            Self::Reversible if !cfg!(feature = "reversible") => Some("reversible"),
            Self::Phone if !cfg!(feature = "phone") => Some("phone"),
            _ => None,
        }
    }
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
