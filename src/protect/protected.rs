//! What a connector is handed.

use std::{collections::HashSet, fmt, ops::Range, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use super::{
    draft::Draft,
    record::RAW_VALUE,
    show::{Made, MadeValue},
};
use crate::{
    error::Result,
    id::Scope,
    policy::{Policy, Show, Transform},
    schema::{Schema, ValueType},
    wire::{Index, PhoneStandIn, Pseudonym, Reversible, SealedCell, SealedRecord, SealedRow},
};

/// The name under which protected rows have their seal.
pub(crate) const SEALED: &str = "sealed";
const CELLS: &str = "cells";

/// A value that a protected record shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shown<'a> {
    /// The record had no value.
    Null,
    /// A boolean in clear.
    Boolean(bool),
    /// An integer, in clear or rounded.
    Integer(i64),
    /// Text, a date or a date-time in clear; or what a transform made of a value, such as a band, a period or a bucket. In
    /// a parsed record also a stand-in in the shape of a telephone number.
    Text(&'a str),
    /// JSON text in clear.
    Json(&'a str),
    /// A pseudonym. A parsed record has no policy, so that any canonical `t1.` text is one.
    Pseudonym(Pseudonym),
    /// An index. As for pseudonyms, any canonical `i1.` text of a parsed record is one.
    Index(Index),
    /// A stand-in that is turned back. As for pseudonyms, any canonical `s1.` text of a parsed record is one.
    Reversible(&'a Reversible),
    /// A stand-in in the shape of a telephone number. A parsed record has none: nothing tells them from other text.
    Phone(PhoneStandIn),
}

/// A protected record: the fields that the policy shows, its pseudonyms and indexes, and everything sealed.
///
/// It serialises to one flat object: shown fields under their names, pseudonyms (`t1.…`) and indexes (`i1.…`) under
/// theirs, and the sealed record under `sealed` (`p1.…`). Parsing takes the same object, without a key or policy.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Date, Keyring, Policy, Protected, Protector, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let protector = Protector::new(&Keyring::generate()?, &checked)?;
/// let appointment = Appointment { start: "2020-07-21T09:30:00+02:00".to_owned(), ..Appointment::default() };
/// let json = serde_json::to_string(&protector.protect(&appointment)?)?;
/// assert!(json.starts_with(r#"{"sealed":"p1."#));
/// let parsed: Protected = serde_json::from_str(&json)?;
/// assert_eq!(serde_json::to_string(&parsed)?, json);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Protected {
    pub(super) face: Face,
    pub(super) sealed: SealedRecord,
}

impl Protected {
    /// For writers, who put a protected record into it.
    pub(crate) fn empty() -> Self {
        Self {
            face: Face::default(),
            sealed: SealedRecord::empty(),
        }
    }

    /// Takes on a seal, which has to be that of what it shows.
    #[cfg(any(feature = "csv", feature = "hl7v2", feature = "ndjson"))]
    pub(crate) fn take_seal(&mut self, sealed: SealedRecord) {
        self.sealed = sealed;
    }

    /// The value at `position` among what the policy shows: fields, then pseudonyms, then indexes.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn shown_at(&self, position: usize) -> Shown<'_> {
        self.face.show(&self.face.values[position])
    }

    /// The value shown under `name`, a field, a pseudonym or an index; `None` where nothing is.
    pub fn shown(&self, name: &str) -> Option<Shown<'_>> {
        self.face.get(name)
    }

    /// The pseudonym of this name; `None` where there is none or where it is null.
    pub fn pseudonym(&self, name: &str) -> Option<Pseudonym> {
        self.face.pseudonym(name)
    }

    /// The index of this name; `None` where there is none or where it is null.
    pub fn index(&self, name: &str) -> Option<Index> {
        self.face.index(name)
    }

    /// The sealed part, for a column of its own.
    pub fn sealed(&self) -> &SealedRecord {
        &self.sealed
    }

    /// The same without the groups of `scopes`, which its recipient then cannot open whatever it holds.
    ///
    /// # Errors
    ///
    /// As [`SealedRecord::withhold`].
    ///
    /// # Security
    ///
    /// As [`SealedRecord::withhold`]: one cut of a sealing goes to one recipient only. Fields that are shown stay.
    pub fn withhold(&self, scopes: &[Scope]) -> Result<Self> {
        Ok(Self {
            face: self.face.clone(),
            sealed: self.sealed.withhold(scopes)?,
        })
    }
}

impl AsRef<SealedRecord> for Protected {
    fn as_ref(&self) -> &SealedRecord {
        &self.sealed
    }
}

impl fmt::Debug for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protected")
            .field("shown", &self.face.names)
            .field("sealed", &self.sealed)
            .finish()
    }
}

impl Serialize for Protected {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.face.names.len() + 1))?;
        self.face.serialize_into(&mut map)?;
        map.serialize_entry(SEALED, &self.sealed)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Protected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(ProtectedVisitor)
    }
}

/// A protected record of the row profile: one sealed cell a field, for tables with a column each.
///
/// It serialises to one object: shown fields and pseudonyms as in [`Protected`], the row column under `sealed`
/// (`p1.…`), and under `cells` each field's cell (`c1.…`).
#[derive(Clone, PartialEq, Eq)]
pub struct ProtectedRow {
    pub(super) face: Face,
    pub(super) schema: Schema,
    pub(super) sealed: SealedRow,
    /// One a field, in the schema's order.
    pub(super) cells: Vec<SealedCell>,
}

impl ProtectedRow {
    /// The value shown under `name`, a field, a pseudonym or an index; `None` where nothing is.
    pub fn shown(&self, name: &str) -> Option<Shown<'_>> {
        self.face.get(name)
    }

    /// The pseudonym of this name; `None` where there is none or where it is null.
    pub fn pseudonym(&self, name: &str) -> Option<Pseudonym> {
        self.face.pseudonym(name)
    }

    /// The index of this name; `None` where there is none or where it is null.
    pub fn index(&self, name: &str) -> Option<Index> {
        self.face.index(name)
    }

    /// The row column, which every cell of the row needs.
    pub fn sealed(&self) -> &SealedRow {
        &self.sealed
    }

    /// The cell of a field; `None` where the schema does not list it.
    pub fn cell(&self, field: &str) -> Option<&SealedCell> {
        self.cells.get(self.schema.position(field)?)
    }

    /// Each field's name and cell, in ascending number.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &SealedCell)> {
        self.schema
            .fields()
            .iter()
            .map(|field| field.name())
            .zip(&self.cells)
    }
}

impl fmt::Debug for ProtectedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectedRow")
            .field("shown", &self.face.names)
            .field("sealed", &self.sealed)
            .finish_non_exhaustive()
    }
}

impl Serialize for ProtectedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Cells<'a>(&'a ProtectedRow);

        impl Serialize for Cells<'_> {
            fn serialize<S: Serializer>(
                &self,
                serializer: S,
            ) -> std::result::Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.cells())
            }
        }

        let mut map = serializer.serialize_map(Some(self.face.names.len() + 2))?;
        self.face.serialize_into(&mut map)?;
        map.serialize_entry(SEALED, &self.sealed)?;
        map.serialize_entry(CELLS, &Cells(self))?;
        map.end()
    }
}

/// The side that everybody sees: names that all rows of a policy share, and this row's values.
#[derive(Clone, Default)]
pub(super) struct Face {
    names: Arc<[Arc<str>]>,
    values: Vec<Stored>,
    text: String,
    /// What [`Stored::Reversible`] points to; more of them where a record had more, kept for their room.
    reversibles: Vec<Reversible>,
}

#[derive(Clone, PartialEq, Eq)]
enum Stored {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(Range<usize>),
    Json(Range<usize>),
    Pseudonym(Pseudonym),
    Index(Index),
    Reversible(usize),
    Phone(PhoneStandIn),
}

impl Face {
    /// The names that rows of `policy` show: fields, then pseudonyms, then indexes.
    pub(super) fn names(policy: &Policy) -> Arc<[Arc<str>]> {
        let fields = policy.shows().map(|(field, _)| Arc::from(field.name()));
        fields
            .chain(
                policy
                    .pseudonym_rules()
                    .iter()
                    .map(|rule| rule.name.clone()),
            )
            .chain(policy.index_rules().iter().map(|rule| rule.name.clone()))
            .collect()
    }

    /// Takes on what `policy` shows of a record; `names` are [`Face::names`] of that policy, and `made` has what is not shown
    /// as it is.
    pub(super) fn fill(
        &mut self,
        names: &Arc<[Arc<str>]>,
        policy: &Policy,
        draft: &Draft,
        made: &Made,
    ) {
        if !Arc::ptr_eq(&self.names, names) {
            self.names = names.clone();
        }
        self.values.clear();
        self.text.clear();
        let mut kept = 0;
        let mut values = made.values.iter();
        for &Show {
            position,
            ref transform,
            ..
        } in policy.show_rules()
        {
            if !matches!(transform, Transform::Keep) {
                let stored = match values.next() {
                    Some(value) => self.take(value, made, &mut kept),
                    None => unreachable!("each that is not kept was made"),
                };
                self.values.push(stored);
                continue;
            }
            let stored = match (
                draft.text(position),
                policy.schema().fields()[position].value_type(),
            ) {
                (None, _) => Stored::Null,
                (Some(text), ValueType::Integer) => {
                    text.parse().map_or(Stored::Null, Stored::Integer)
                }
                (Some(text), ValueType::Boolean) => Stored::Boolean(text == "true"),
                (Some(text), ValueType::Json) => Stored::Json(self.keep_line(text)),
                (Some(text), _) => Stored::Text(self.keep(text)),
            };
            self.values.push(stored);
        }
        self.reversibles[kept..]
            .iter_mut()
            .for_each(|rest| rest.rewrite(&[]));
        // Null for itself, for the same reason as in [`Maker::make`](super::maker::Maker::make).
        for pseudonym in &made.pseudonyms {
            match pseudonym {
                None => self.values.push(Stored::Null),
                Some(pseudonym) => self.values.push(Stored::Pseudonym(*pseudonym)),
            }
        }
        for index in &made.indexes {
            match index {
                None => self.values.push(Stored::Null),
                Some(index) => self.values.push(Stored::Index(*index)),
            }
        }
    }

    /// Takes on what a transform made; `kept` counts the reversible ones.
    fn take(&mut self, value: &MadeValue, made: &Made, kept: &mut usize) -> Stored {
        match value {
            MadeValue::Null => Stored::Null,
            MadeValue::Integer(integer) => Stored::Integer(*integer),
            MadeValue::Text(range) => Stored::Text(self.keep(&made.text[range.clone()])),
            MadeValue::Reversible(range) => self.keep_reversible(&made.sealed[range.clone()], kept),
            MadeValue::Phone(phone) => Stored::Phone(*phone),
        }
    }

    fn keep_reversible(&mut self, bytes: &[u8], kept: &mut usize) -> Stored {
        let position = *kept;
        if position == self.reversibles.len() {
            self.reversibles.push(Reversible::empty());
        }
        self.reversibles[position].rewrite(bytes);
        *kept += 1;
        Stored::Reversible(position)
    }

    /// Takes on a text of another's: what it is, is in its first letters.
    fn parse(&mut self, text: &str) -> Stored {
        let parsed = match text.get(..3) {
            Some("t1.") => text.parse().map(Stored::Pseudonym).ok(),
            Some("i1.") => text.parse().map(Stored::Index).ok(),
            Some("s1.") => text.parse().ok().map(|reversible| {
                self.reversibles.push(reversible);
                Stored::Reversible(self.reversibles.len() - 1)
            }),
            _ => None,
        };
        parsed.unwrap_or_else(|| Stored::Text(self.keep(text)))
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// Keeps JSON text on one line. Strings hold no line break as such, so only white space changes; with it, whoever fills the
    /// field could forge rows of a line-delimited export.
    fn keep_line(&mut self, json: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.extend(
            json.chars()
                .map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }),
        );
        start..self.text.len()
    }

    fn get(&self, name: &str) -> Option<Shown<'_>> {
        let position = self.names.iter().position(|known| &**known == name)?;
        Some(self.show(&self.values[position]))
    }

    fn pseudonym(&self, name: &str) -> Option<Pseudonym> {
        match self.get(name)? {
            Shown::Pseudonym(pseudonym) => Some(pseudonym),
            _ => None,
        }
    }

    fn index(&self, name: &str) -> Option<Index> {
        match self.get(name)? {
            Shown::Index(index) => Some(index),
            _ => None,
        }
    }

    fn show(&self, stored: &Stored) -> Shown<'_> {
        match stored {
            Stored::Null => Shown::Null,
            Stored::Boolean(boolean) => Shown::Boolean(*boolean),
            Stored::Integer(integer) => Shown::Integer(*integer),
            Stored::Text(range) => Shown::Text(&self.text[range.clone()]),
            Stored::Json(range) => Shown::Json(&self.text[range.clone()]),
            Stored::Pseudonym(pseudonym) => Shown::Pseudonym(*pseudonym),
            Stored::Index(index) => Shown::Index(*index),
            Stored::Reversible(position) => Shown::Reversible(&self.reversibles[*position]),
            Stored::Phone(phone) => Shown::Phone(*phone),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, Shown<'_>)> {
        self.names
            .iter()
            .map(|name| &**name)
            .zip(self.values.iter().map(|stored| self.show(stored)))
    }

    fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> std::result::Result<(), M::Error> {
        self.iter()
            .try_for_each(|(name, shown)| map.serialize_entry(name, &shown))
    }
}

impl PartialEq for Face {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Face {}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Json(text) => match serde_json::from_str::<&RawValue>(text) {
                Ok(raw) => raw.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
            Self::Pseudonym(pseudonym) => pseudonym.serialize(serializer),
            Self::Index(index) => index.serialize(serializer),
            Self::Reversible(reversible) => reversible.serialize(serializer),
            Self::Phone(phone) => phone.serialize(serializer),
        }
    }
}

struct ProtectedVisitor;

impl<'de> Visitor<'de> for ProtectedVisitor {
    type Value = Protected;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a protected record: an object with `sealed`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Protected, A::Error> {
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut known: HashSet<Arc<str>> = HashSet::new();
        let mut face = Face::default();
        let mut sealed: Option<SealedRecord> = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == SEALED {
                if sealed.replace(map.next_value()?).is_some() {
                    return Err(de::Error::duplicate_field(SEALED));
                }
                continue;
            }
            let name: Arc<str> = name.into();
            if !known.insert(name.clone()) {
                return Err(de::Error::custom("a name is there twice"));
            }
            let stored = match map.next_value()? {
                Parsed::Null => Stored::Null,
                Parsed::Boolean(boolean) => Stored::Boolean(boolean),
                Parsed::Integer(integer) => Stored::Integer(integer),
                Parsed::Text(text) => face.parse(&text),
                Parsed::Json(text) => Stored::Json(face.keep(&text)),
            };
            names.push(name);
            face.values.push(stored);
        }
        face.names = names.into();
        let sealed = sealed.ok_or_else(|| de::Error::missing_field(SEALED))?;
        Ok(Protected { face, sealed })
    }
}

/// A shown value as it is parsed, JSON verbatim where the format is JSON.
enum Parsed {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
    Json(String),
}

impl Parsed {
    fn new(value: serde_json::Value, text: impl FnOnce(&serde_json::Value) -> String) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(boolean) => Self::Boolean(boolean),
            serde_json::Value::String(text) => Self::Text(text),
            value => match value.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Json(text(&value)),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct ParsedVisitor;

        impl<'de> Visitor<'de> for ParsedVisitor {
            type Value = Parsed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shown value")
            }

            /// JSON hands over its text.
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Parsed, A::Error> {
                let (_, text) = map
                    .next_entry::<String, String>()?
                    .ok_or_else(|| de::Error::custom("no value"))?;
                // Arrays and objects are kept as they are; parsing them would take many times their memory.
                if text.starts_with(['[', '{']) {
                    return Ok(Parsed::Json(text));
                }
                // Text with half a surrogate pair is JSON, and no value of Rust's.
                Ok(match serde_json::from_str(&text) {
                    Ok(value) => Parsed::new(value, |_| text),
                    Err(_) => Parsed::Json(text),
                })
            }

            /// Other formats hand over the value.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                value: D,
            ) -> std::result::Result<Parsed, D::Error> {
                Ok(Parsed::new(
                    serde_json::Value::deserialize(value)?,
                    serde_json::Value::to_string,
                ))
            }
        }

        deserializer.deserialize_newtype_struct(RAW_VALUE, ParsedVisitor)
    }
}
