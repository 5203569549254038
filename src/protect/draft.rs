//! A record in the making: its values in clear, where they are going to be sealed.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use super::{calendar, workspace::Scratch};
use crate::{
    error::{Error, Kind, Result},
    schema::{Field, Schema, ValueType},
    wire::envelope::ENTRY_HEAD,
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
    /// A group that is put in order.
    unordered: Scratch,
    /// JSON text as it is written.
    json: Vec<u8>,
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
        self.bytes.resize(schema.record_size(), 0);
    }

    pub(crate) fn wipe(&mut self) {
        // Not where there is nothing: see `Scratch::wipe`.
        if !self.bytes.is_empty() {
            self.bytes.as_mut_slice().zeroize();
            self.bytes.clear();
        }
    }

    /// The bytes of the record, with each group's plaintext in its place, entries ascending over zeros; all else is
    /// zero.
    pub(crate) fn record(&mut self, schema: &Schema) -> &mut [u8] {
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
                let slot = &mut self.slots[position];
                if slot.is_value() {
                    let entry = &before[slot.start - ENTRY_HEAD..slot.end];
                    let end = at + entry.len();
                    self.bytes[at..end].copy_from_slice(entry);
                    *slot = Slot {
                        start: at + ENTRY_HEAD,
                        end,
                    };
                    at = end;
                }
            }
        }
        self.unordered.wipe();
    }

    /// Gives the sealed record for one that is no longer needed.
    pub(crate) fn exchange(&mut self, sealed: &mut Vec<u8>) {
        std::mem::swap(&mut self.bytes, sealed);
        self.bytes.clear();
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
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    #[inline]
    pub(crate) fn has(&self, position: usize) -> bool {
        self.slots[position].is_value()
    }

    /// Refuses a field that was set before.
    #[inline]
    pub(crate) fn check_absent(&self, position: usize, field: &Field) -> Result<()> {
        if self.slots[position] == Slot::ABSENT {
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
        self.push(position, field, text)
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
        match std::str::from_utf8(&text[start..]) {
            Ok(text) => self.push(position, field, text),
            Err(_) => Err(wrong_type(field)),
        }
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
        self.push(position, field, if boolean { "true" } else { "false" })
    }

    /// Takes any value as its JSON text; JSON text is taken verbatim.
    pub(crate) fn set_json<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        field: &Field,
        value: &T,
    ) -> Result<()> {
        let mut json = std::mem::take(&mut self.json);
        json.reserve(field.width());
        let mut sink = Sink {
            bytes: &mut json,
            left: field.width(),
            full: false,
        };
        let written = serde_json::to_writer(&mut sink, value);
        let taken = match std::str::from_utf8(sink.bytes) {
            _ if sink.full => Err(too_wide(field)),
            Ok("null") if written.is_ok() => {
                self.set_null(position);
                Ok(())
            }
            Ok(json) if written.is_ok() && is_sound(json) => self.push(position, field, json),
            _ => Err(Error::new(|| Kind::Shape {
                field: Some(field.name().to_owned()),
                found: "what is not JSON, or nested deeper than 127",
            })),
        };
        json.as_mut_slice().zeroize();
        json.clear();
        self.json = json;
        taken
    }

    #[inline]
    fn push(&mut self, position: usize, field: &Field, text: &str) -> Result<()> {
        if text.len() > field.width() {
            return Err(too_wide(field));
        }
        let (group, number) = (&mut self.groups[field.group()], field.id().number());
        let start = group.end + ENTRY_HEAD;
        let end = start + text.len();
        let entry = &mut self.bytes[group.end..end];
        entry[0] = number;
        // No field is wider than 65,000 bytes.
        entry[1..ENTRY_HEAD].copy_from_slice(&(text.len() as u16).to_be_bytes());
        entry[ENTRY_HEAD..].copy_from_slice(text.as_bytes());
        group.end = end;
        group.ascending &= group.last < number;
        group.last = number;
        self.slots[position] = Slot { start, end };
        Ok(())
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

fn too_wide(field: &Field) -> Error {
    Error::new(|| Kind::TooWide {
        field: field.name().to_owned(),
        width: field.width(),
    })
}

/// Writes up to a field's width.
struct Sink<'a> {
    bytes: &'a mut Vec<u8>,
    left: usize,
    full: bool,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.full = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.left -= bytes.len();
        self.bytes.extend_from_slice(bytes);
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
