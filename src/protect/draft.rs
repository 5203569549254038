//! A record in the making: its values in clear, where they are going to be sealed.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "csv")]
use super::values::is_integer;
use super::{values::Values, workspace::Scratch};
use crate::{
    error::{Error, Kind, Result},
    schema::{Field, Schema, ValueType, calendar},
    secret::wipe,
    wire::{SealedRecord, envelope::VALUE_HEAD},
};

/// For each field of a schema its value's canonical text, or that it is null, or that nothing was said of it.
///
/// Each value is written behind the last one of its group. Where they come in ascending number, as the format wants them,
/// that is where they are sealed; groups in which they did not are put in order before.
#[derive(Default)]
pub(crate) struct Draft {
    /// As long as the sealed record from the beginning: growing would leave a copy behind.
    bytes: Vec<u8>,
    /// One a field.
    slots: Vec<Slot>,
    /// One a group.
    groups: Vec<Filled>,
    /// The same while groups are put in order.
    unordered: Scratch,
}

/// Where a value is, or one of two constants. Not an enum: the bytes that a variant leaves unused are what stood on the
/// stack before, such as round keys.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    start: usize,
    end: usize,
}

impl Slot {
    const ABSENT: Self = Self { start: 0, end: 0 };
    const NULL: Self = Self { start: 0, end: 1 };

    /// Whether it is where a value is: a header stands before all of them.
    fn is_value(self) -> bool {
        self.start > 0
    }
}

/// How far a group is filled, and with what.
#[derive(Clone, Copy)]
struct Filled {
    end: usize,
    /// The number of the last field, and whether they ascended so far.
    last: u8,
    ascending: bool,
}

impl Draft {
    /// Makes it empty, with room for every field of `schema` at its width.
    pub(crate) fn begin(&mut self, schema: &Schema) {
        self.wipe();
        self.slots.clear();
        self.slots.resize(schema.fields().len(), Slot::ABSENT);
        self.groups.clear();
        self.groups
            .extend(schema.groups().iter().map(|group| Filled {
                end: group.plaintext.start,
                last: 0,
                ascending: true,
            }));
        self.bytes.resize(schema.sealed_size(), 0);
    }

    pub(crate) fn wipe(&mut self) {
        wipe(&mut self.bytes);
    }

    /// The bytes of the sealed record, with each group's plaintext in its place, entries ascending over zeros; all else is
    /// zero. Values are not to be asked for after that: they may have moved.
    pub(crate) fn plaintexts(&mut self, schema: &Schema) -> &mut [u8] {
        if !self.groups.iter().all(|filled| filled.ascending) {
            self.put_in_order(schema);
        }
        &mut self.bytes
    }

    #[cold]
    fn put_in_order(&mut self, schema: &Schema) {
        let before = self.unordered.begin(self.bytes.len());
        before.extend_from_slice(&self.bytes);
        for group in schema.groups() {
            let mut at = group.plaintext.start;
            for &position in &group.fields {
                let slot = self.slots[position];
                if slot.is_value() {
                    let entry = &before[slot.start - VALUE_HEAD..slot.end];
                    let end = at + entry.len();
                    self.bytes[at..end].copy_from_slice(entry);
                    at = end;
                }
            }
        }
        self.unordered.wipe();
    }

    /// Gives the bytes, sealed by now, for those of a record that is no longer needed.
    pub(crate) fn exchange(&mut self, sealed: &mut SealedRecord, schema: &Schema) {
        sealed.exchange(&mut self.bytes, schema.scope_set());
    }

    /// The value of the field at `position`, if it has one: UTF-8.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Option<&[u8]> {
        let slot = self.slots[position];
        slot.is_value().then(|| &self.bytes[slot.start..slot.end])
    }

    /// As [`Draft::get`], as text.
    pub(crate) fn text(&self, position: usize) -> Option<&str> {
        self.get(position)
            .map(|value| match std::str::from_utf8(value) {
                Ok(text) => text,
                Err(_) => unreachable!("values are UTF-8"),
            })
    }

    #[inline]
    pub(crate) fn has(&self, position: usize) -> bool {
        self.slots[position].is_value()
    }

    /// Becomes the record of opened values, each byte by byte.
    ///
    /// # Errors
    ///
    /// [`Error::is_too_wide`] for a value that a schema with wider fields took.
    pub(super) fn keep_values(&mut self, schema: &Schema, values: &Values) -> Result<()> {
        self.begin(schema);
        for (position, field) in schema.fields().iter().enumerate() {
            if let Some(text) = values.get(position) {
                self.push(position, field, text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Becomes the record of opened values, as protecting them anew takes them.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn take_values(&mut self, schema: &Schema, values: &Values) -> Result<()> {
        self.begin(schema);
        for (position, field) in schema.fields().iter().enumerate() {
            let Some(text) = values.get(position) else {
                continue;
            };
            match field.value_type() {
                ValueType::Json => match serde_json::from_str::<&RawValue>(text) {
                    Ok(json) => self.set_json(position, field, json)?,
                    Err(_) => return Err(wrong_type(field)),
                },
                // They are canonical, or would not have been opened.
                _ => self.push(position, field, text.as_bytes())?,
            }
        }
        Ok(())
    }

    /// Whether these are its values.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn equals(&self, values: &Values) -> bool {
        (0..self.slots.len()).all(|position| self.text(position) == values.get(position))
    }

    /// Refuses a record that lacks a field that is not optional.
    pub(crate) fn check_required(&self, schema: &Schema) -> Result<()> {
        match schema
            .required()
            .iter()
            .find(|&&position| !self.has(position))
        {
            Some(&position) => Err(Error::new(|| Kind::MissingField {
                field: schema.fields()[position].name().to_owned(),
            })),
            None => Ok(()),
        }
    }

    /// Whether nothing was said of the field at `position`.
    #[inline]
    pub(crate) fn is_absent(&self, position: usize) -> bool {
        self.slots[position] == Slot::ABSENT
    }

    /// Refuses a field that was set before.
    #[inline]
    pub(crate) fn check_absent(&self, position: usize, field: &Field) -> Result<()> {
        if self.is_absent(position) {
            Ok(())
        } else {
            Err(Error::new(|| Kind::DuplicateField {
                field: field.name().to_owned(),
            }))
        }
    }

    #[inline]
    pub(crate) fn set_null(&mut self, position: usize) {
        self.slots[position] = Slot::NULL;
    }

    /// Takes a value that is text in the record: for text, dates and date-times.
    #[inline]
    pub(crate) fn set_text(&mut self, position: usize, field: &Field, text: &str) -> Result<()> {
        let fits = match field.value_type() {
            ValueType::Text => true,
            ValueType::Date => calendar::is_date(text.as_bytes()),
            ValueType::DateTime => calendar::is_date_time(text.as_bytes()),
            ValueType::Integer | ValueType::Boolean | ValueType::Json => false,
        };
        if !fits {
            return Err(wrong_type(field));
        }
        self.push(position, field, text.as_bytes())
    }

    /// The same of a text that is there in pieces.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    pub(crate) fn set_joined(
        &mut self,
        position: usize,
        field: &Field,
        pieces: &[&str],
    ) -> Result<()> {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        if field.value_type() != ValueType::Text {
            return Err(wrong_type(field));
        }
        if length > field.width() {
            return Err(too_wide(field));
        }
        let mut at = self.next(field);
        for piece in pieces {
            self.bytes[at..][..piece.len()].copy_from_slice(piece.as_bytes());
            at += piece.len();
        }
        self.enter(position, field, length);
        Ok(())
    }

    pub(crate) fn set_integer(
        &mut self,
        position: usize,
        field: &Field,
        integer: i64,
    ) -> Result<()> {
        if field.value_type() != ValueType::Integer {
            return Err(wrong_type(field));
        }
        // 20 bytes hold every i64.
        let mut text = Zeroizing::new([0; 20]);
        let mut start = text.len();
        let mut rest = integer.unsigned_abs();
        while rest > 0 || start == text.len() {
            start -= 1;
            text[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if integer < 0 {
            start -= 1;
            text[start] = b'-';
        }
        self.push(position, field, &text[start..])
    }

    pub(crate) fn set_boolean(
        &mut self,
        position: usize,
        field: &Field,
        boolean: bool,
    ) -> Result<()> {
        if field.value_type() != ValueType::Boolean {
            return Err(wrong_type(field));
        }
        let text: &[u8] = if boolean { b"true" } else { b"false" };
        self.push(position, field, text)
    }

    /// Takes a value that is text whatever its field's type is, as a cell of a table has it. Integers are canonical, so that they
    /// come back as they were.
    #[cfg(feature = "csv")]
    pub(crate) fn set_cell(&mut self, position: usize, field: &Field, text: &str) -> Result<()> {
        match field.value_type() {
            ValueType::Integer => match text.parse() {
                Ok(integer) if is_integer(text) => self.set_integer(position, field, integer),
                _ => Err(wrong_type(field)),
            },
            ValueType::Boolean => match text {
                "true" => self.set_boolean(position, field, true),
                "false" => self.set_boolean(position, field, false),
                _ => Err(wrong_type(field)),
            },
            ValueType::Json => match serde_json::from_str::<&RawValue>(text) {
                Ok(json) => self.set_json(position, field, json),
                Err(_) => Err(not_json(field)),
            },
            _ => self.set_text(position, field, text),
        }
    }

    /// Takes any value as its JSON text; JSON text is taken verbatim.
    pub(crate) fn set_json<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        field: &Field,
        value: &T,
    ) -> Result<()> {
        let start = self.next(field);
        let mut sink = Sink {
            room: &mut self.bytes[start..start + field.width()],
            used: 0,
            full: false,
        };
        let written = serde_json::to_writer(&mut sink, value).is_ok();
        let Sink { room, used, full } = sink;
        let taken = match std::str::from_utf8(&room[..used]) {
            _ if full => Err(too_wide(field)),
            Ok("null") if written => Ok(None),
            Ok(json) if written && is_sound(json) => Ok(Some(used)),
            _ => Err(not_json(field)),
        };
        if let Ok(Some(length)) = taken {
            self.enter(position, field, length);
        } else {
            // What stands behind the last entry becomes padding.
            room[..used].zeroize();
            self.slots[position] = Slot::NULL;
        }
        taken.map(|_| ())
    }

    #[inline]
    fn push(&mut self, position: usize, field: &Field, value: &[u8]) -> Result<()> {
        if value.len() > field.width() {
            return Err(too_wide(field));
        }
        let start = self.next(field);
        self.bytes[start..][..value.len()].copy_from_slice(value);
        self.enter(position, field, value.len());
        Ok(())
    }

    /// Where the next value of the field's group is to be written.
    #[inline]
    fn next(&self, field: &Field) -> usize {
        self.groups[field.group()].end + VALUE_HEAD
    }

    /// Takes on a value of `length` bytes that was written there.
    #[inline]
    fn enter(&mut self, position: usize, field: &Field, length: usize) {
        let (group, number) = (&mut self.groups[field.group()], field.id().number());
        let start = group.end + VALUE_HEAD;
        let head = &mut self.bytes[group.end..start];
        head[0] = number;
        // No field is wider than 65,000 bytes.
        head[1..].copy_from_slice(&(length as u16).to_be_bytes());
        group.end = start + length;
        group.ascending &= group.last < number;
        group.last = number;
        self.slots[position] = Slot {
            start,
            end: group.end,
        };
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.wipe();
    }
}

fn wrong_type(field: &Field) -> Error {
    Error::new(|| Kind::WrongType {
        field: field.name().to_owned(),
        expected: field.value_type().noun(),
    })
}

fn not_json(field: &Field) -> Error {
    Error::new(|| Kind::Shape {
        field: Some(field.name().to_owned()),
        found: "what is not JSON, or nested deeper than 127",
    })
}

pub(super) fn too_wide(field: &Field) -> Error {
    Error::new(|| Kind::TooWide {
        field: field.name().to_owned(),
        width: field.width(),
    })
}

/// Writes up to a field's width.
struct Sink<'a> {
    room: &'a mut [u8],
    used: usize,
    full: bool,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(room) = self.room[self.used..].get_mut(..bytes.len()) else {
            self.full = true;
            return Err(io::ErrorKind::WriteZero.into());
        };
        room.copy_from_slice(bytes);
        self.used += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether this is JSON that readers take: they refuse what is nested deeper than 127.
fn is_sound(json: &str) -> bool {
    let [mut depth, mut deepest] = [0_usize; 2];
    let [mut in_text, mut escaped] = [false; 2];
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest <= 127 && serde_json::from_str::<&RawValue>(json).is_ok()
}
