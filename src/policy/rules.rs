//! What a policy says, once its file was read.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use serde::Serialize;

use super::{template::Template, transform::Transform};
use crate::{
    id::{Digest, Domain},
    schema::Schema,
};

/// How one field is shown.
pub(crate) struct Show {
    /// Its position in [`Schema::fields`](crate::Schema::fields).
    pub(crate) position: usize,
    pub(crate) transform: Transform,
    /// Whether what is keyed in it is bound to the subject key.
    pub(crate) erasable: bool,
}

/// One pseudonym.
pub(crate) struct PseudonymRule {
    pub(crate) name: Arc<str>,
    /// Positions in [`Schema::fields`](crate::Schema::fields), in the order in which they are encoded.
    pub(crate) of: Vec<usize>,
    /// Whether a part that is null makes the pseudonym null, which shows presence.
    pub(crate) null_gives_null: bool,
    /// Whether it is bound to the subject key.
    pub(crate) erasable: bool,
}

/// One index.
pub(crate) struct IndexRule {
    pub(crate) name: Arc<str>,
    /// Positions in [`Schema::fields`](crate::Schema::fields), in the order in which they are encoded.
    pub(crate) of: Vec<usize>,
    /// 1 to 32.
    pub(crate) bits: u8,
    /// How many different values it stands for.
    pub(crate) distinct: u64,
    /// Whether the domain itself may ask what to look for, and so test guesses.
    pub(crate) queried: bool,
    pub(crate) null_gives_null: bool,
    pub(crate) erasable: bool,
}

/// How files of rows are read.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// The column with the id of each row.
    pub(crate) record_id: Option<String>,
    /// Columns that are left out, sorted.
    pub(crate) drop: Vec<String>,
    /// The columns of fields, by position, where they have not the field's own name.
    pub(crate) columns: BTreeMap<usize, String>,
}

impl Source {
    /// The position of the field whose column this is.
    pub(crate) fn field(&self, schema: &Schema, column: &str) -> Option<usize> {
        let mapped = self.columns.iter().find(|(_, header)| *header == column);
        match mapped {
            Some((&position, _)) => Some(position),
            None => schema
                .position(column)
                .filter(|position| !self.columns.contains_key(position)),
        }
    }

    /// The column of the field at `position`.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn column<'s>(&'s self, schema: &'s Schema, position: usize) -> &'s str {
        match self.columns.get(&position) {
            Some(header) => header,
            None => schema.fields()[position].name(),
        }
    }
}

/// How often a broker acts, and for how long a misuse of it may go unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Records an hour, of this release or message, whoever of the domain asks.
    pub(crate) per_hour: u64,
    /// Of them, the most that one requester gets an hour: at most `per_hour`.
    pub(crate) per_requester: u64,
    /// Hours until a misuse is noticed.
    pub(crate) detect_hours: u64,
}

impl Quota {
    /// How many records a thief gets who asks as often as the broker answers.
    pub(crate) fn exposure(self) -> u64 {
        self.per_hour.saturating_mul(self.detect_hours)
    }
}

/// A scope or field that a broker reveals one record a call.
pub(crate) struct Release {
    /// The scope's or the field's name, as the policy has it.
    pub(crate) name: String,
    /// Positions of its fields.
    pub(crate) fields: Vec<usize>,
    pub(crate) purposes: Vec<String>,
    /// Whether it takes two people at the call.
    pub(crate) two_persons: bool,
    pub(crate) quota: Quota,
}

/// A message that a broker fills and sends.
pub(crate) struct Render {
    pub(crate) name: String,
    /// Whom it is sent to: the field with the address.
    pub(crate) to: usize,
    pub(crate) template: Template,
    /// The fields that the template names, ascending.
    pub(crate) fields: Vec<usize>,
    /// Who carries the message, and so reads it.
    pub(crate) gateway: Domain,
    pub(crate) quota: Quota,
}

/// A record of nobody, planted among the rows.
pub(crate) struct CanaryRule {
    pub(crate) name: String,
    /// The id that its row is stored under, where the policy binds to one.
    pub(crate) record_id: Option<String>,
    /// The values of its fields by name, of their types and within their widths.
    pub(crate) record: BTreeMap<String, CanaryValue>,
}

/// A value of a canary.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum CanaryValue {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

/// What two domains can both have of a row beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// The id under which the row is stored.
    RecordId,
    /// The sealing: two cuts of one have one nonce.
    Sealing,
    /// The order of the rows.
    Order,
    /// The form of a message: its segments or elements, and how large they are. Nobody states it; domains that get messages
    /// have it.
    Form,
}

impl Share {
    /// Those that a policy states.
    pub(crate) const ALL: [Self; 3] = [Self::RecordId, Self::Sealing, Self::Order];

    /// Its word in policy files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RecordId => "record-id",
            Self::Sealing => "sealing",
            Self::Order => "order",
            Self::Form => "form of the message",
        }
    }
}

/// What stands behind a domain. What is not stated is taken at its worst.
pub(crate) struct Background {
    /// The most rows that one leak of it holds.
    pub(crate) rows: Option<u64>,
    /// The people in them.
    pub(crate) subjects: Option<u64>,
    /// The most rows of one person.
    pub(crate) visits: Option<u64>,
    /// How many people are to share what is shown of one.
    pub(crate) k: u64,
    /// How many specialties stand behind it.
    pub(crate) specialties: Option<u64>,
    /// How many practices stand behind it.
    pub(crate) practices: Option<u64>,
    /// Positions of what its people know of a row besides, ascending.
    pub(crate) knows: Vec<usize>,
    pub(crate) shares: Vec<Share>,
    /// Where its rows go, in words.
    pub(crate) goes_to: Option<String>,
}

/// The least number of people that a shown combination stands for.
pub(crate) const K: u64 = 20;

impl Default for Background {
    fn default() -> Self {
        Self {
            rows: None,
            subjects: None,
            visits: None,
            k: K,
            specialties: None,
            practices: None,
            knows: Vec::new(),
            shares: Vec::new(),
            goes_to: None,
        }
    }
}

/// Somebody answers for a finding, until a day.
#[derive(Clone)]
pub(crate) struct Acceptance {
    /// The finding's digest.
    pub(crate) finding: Digest,
    /// The other domains of a set that colludes; empty for a finding of the policy itself.
    pub(crate) with: Vec<Domain>,
    pub(crate) reason: String,
    pub(crate) owner: String,
    /// The last day on which it holds.
    pub(crate) until: Date,
    /// Where it stands in its file.
    pub(crate) line: usize,
}
