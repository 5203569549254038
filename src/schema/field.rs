//! One field of a schema, and what is said of it.

use super::Class;
use crate::id::{FieldId, Scope};

/// What a field says about a person (ISO 25237, ENISA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It names the person.
    Identifier,
    /// It narrows down who the person is.
    QuasiIdentifier,
    /// It tells why they come. A field whose schema states no role is sensitive.
    Sensitive,
    /// It tells nothing of either.
    Neutral,
}

impl Role {
    /// Its word in schema files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::QuasiIdentifier => "quasi-identifier",
            Self::Sensitive => "sensitive",
            Self::Neutral => "neutral",
        }
    }

    pub(super) const ALL: [Self; 4] = [
        Self::Identifier,
        Self::QuasiIdentifier,
        Self::Sensitive,
        Self::Neutral,
    ];
}

/// What a field's values are, checked when a record is protected and again when it is revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueType {
    /// UTF-8.
    Text,
    /// An `i64`.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An RFC 3339 full-date, `2020-07-21`.
    Date,
    /// An RFC 3339 date-time, `2020-07-21T09:30:00+02:00`, kept verbatim.
    DateTime,
    /// Any JSON value, its text kept verbatim.
    Json,
}

impl ValueType {
    /// Its word in schema files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "date-time",
            Self::Json => "json",
        }
    }

    pub(super) const ALL: [Self; 6] = [
        Self::Text,
        Self::Integer,
        Self::Boolean,
        Self::Date,
        Self::DateTime,
        Self::Json,
    ];

    /// With its article, for errors.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
            Self::Date => "an RFC 3339 date",
            Self::DateTime => "an RFC 3339 date-time",
            Self::Json => "a JSON value",
        }
    }
}

/// One field of a schema.
#[derive(Clone, Debug)]
pub struct Field {
    pub(super) name: String,
    pub(super) id: FieldId,
    pub(super) scope: Scope,
    pub(super) role: Role,
    pub(super) width: u16,
    pub(super) value_type: ValueType,
    pub(super) class: Class,
    pub(super) optional: bool,
    pub(super) values: Option<u64>,
    pub(super) days: Option<u64>,
    pub(super) frequencies_known: bool,
    pub(super) shaped: bool,
    pub(super) nested: bool,
    /// The position of its group in [`Schema::groups`](super::Schema::groups).
    pub(super) group: usize,
}

impl Field {
    /// Its name, also the key in records. A dot stands for a step into a nested struct.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number on the wire.
    pub fn id(&self) -> FieldId {
        self.id
    }

    /// The scope it is sealed under.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// What it says about a person.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The most bytes a value has, 1 to 65,000; every value is padded to it.
    pub fn width(&self) -> usize {
        usize::from(self.width)
    }

    /// What its values are.
    pub fn value_type(&self) -> ValueType {
        self.value_type
    }

    /// How its values are made equal before they enter a pseudonym.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether a record may lack it.
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// How many different values it has, where the schema says so.
    pub fn values(&self) -> Option<u64> {
        self.values
    }

    /// How many days its dates span, where the schema says so.
    pub fn days(&self) -> Option<u64> {
        self.days
    }

    /// Whether it is known how often each value occurs: closed vocabularies, names, postcodes. Undeclared is known.
    pub fn has_known_frequencies(&self) -> bool {
        self.frequencies_known
    }

    /// Whether its length is told, up to the next power of two, from 64 bytes to its width, where messages are sealed:
    /// it has what they hold beside the other fields, which has no fixed width. In rows it is padded as any field.
    pub fn is_shaped(&self) -> bool {
        self.shaped
    }

    /// Whether it is the same in all rows of a person: identifiers, and what is in scopes identity and contact.
    pub(crate) fn is_of_person(&self) -> bool {
        self.role == Role::Identifier || matches!(self.scope, Scope::IDENTITY | Scope::CONTACT)
    }

    pub(crate) fn group(&self) -> usize {
        self.group
    }

    /// Whether its name has a dot.
    pub(crate) fn is_nested(&self) -> bool {
        self.nested
    }
}
