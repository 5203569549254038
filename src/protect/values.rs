//! The values of one record in clear, in one buffer that is wiped.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroize;

use super::calendar;
use crate::{
    error::{Error, Kind, Result},
    schema::{Field, Schema, ValueType},
};

/// For each field of a schema its value's canonical text, or that it is null, or that nothing was said of it.
#[derive(Default)]
pub(crate) struct Values {
    /// Never grows while it holds a value: growing would leave a copy behind.
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Absent,
    Null,
    At { start: usize, end: usize },
}

impl Values {
    /// Makes it empty, with room for every field of `schema` at its width.
    pub(crate) fn begin(&mut self, schema: &Schema) {
        self.begin_with_room(schema, schema.fields().iter().map(Field::width).sum());
    }

    pub(crate) fn begin_with_room(&mut self, schema: &Schema, bytes: usize) {
        self.wipe();
        self.bytes.reserve(bytes);
        self.slots.resize(schema.fields().len(), Slot::Absent);
    }

    pub(crate) fn wipe(&mut self) {
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
        self.slots.clear();
    }

    /// The text of the field at `position`, if it has one.
    pub(crate) fn get(&self, position: usize) -> Option<&[u8]> {
        match self.slots[position] {
            Slot::At { start, end } => Some(&self.bytes[start..end]),
            _ => None,
        }
    }

    /// As [`Values::get`]; every value is UTF-8.
    pub(crate) fn text(&self, position: usize) -> Option<&str> {
        std::str::from_utf8(self.get(position)?).ok()
    }

    /// Refuses a field that was set before.
    pub(crate) fn check_absent(&self, position: usize, field: &Field) -> Result<()> {
        match self.slots[position] {
            Slot::Absent => Ok(()),
            _ => Err(Error::new(Kind::DuplicateField {
                field: field.name().to_owned(),
            })),
        }
    }

    pub(crate) fn set_null(&mut self, position: usize) {
        self.slots[position] = Slot::Null;
    }

    /// Takes a value that is text in the record: for text, dates and date-times.
    pub(crate) fn set_text(&mut self, position: usize, field: &Field, text: &str) -> Result<()> {
        let fits = match field.value_type() {
            ValueType::Text => true,
            ValueType::Date => calendar::is_date(text),
            ValueType::DateTime => calendar::is_date_time(text),
            ValueType::Integer | ValueType::Boolean | ValueType::Json => false,
        };
        if !fits {
            return Err(wrong_type(field));
        }
        self.push(position, field, text.as_bytes())
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
        let mut text = [0; 20];
        let mut cursor = &mut text[..];
        let written = write!(cursor, "{integer}");
        let length = 20 - cursor.len();
        let result = match written {
            Ok(()) => self.push(position, field, &text[..length]),
            Err(_) => Err(wrong_type(field)),
        };
        text.zeroize();
        result
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
        self.push(position, field, if boolean { b"true" } else { b"false" })
    }

    /// Takes any value as its JSON text; JSON text is taken verbatim.
    pub(crate) fn set_json<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        field: &Field,
        value: &T,
    ) -> Result<()> {
        let start = self.bytes.len();
        let mut sink = Sink {
            bytes: &mut self.bytes,
            left: field.width(),
            full: false,
        };
        let written = serde_json::to_writer(&mut sink, value);
        if sink.full {
            return Err(too_wide(field));
        }
        if written.is_err() || !is_sound(&self.bytes[start..]) {
            let found = "what is not JSON, or nested deeper than 127";
            return Err(Error::new(Kind::Shape {
                field: Some(field.name().to_owned()),
                found,
            }));
        }
        if &self.bytes[start..] == b"null" {
            self.bytes.truncate(start);
            self.slots[position] = Slot::Null;
        } else {
            self.slots[position] = Slot::At {
                start,
                end: self.bytes.len(),
            };
        }
        Ok(())
    }

    /// Takes ciphertext to be opened in place, and returns where it begins. Needs room that was begun with.
    pub(crate) fn push_sealed(&mut self, ciphertext: &[u8]) -> usize {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(ciphertext);
        start
    }

    pub(crate) fn bytes_mut(&mut self, from: usize) -> &mut [u8] {
        &mut self.bytes[from..]
    }

    pub(crate) fn bytes(&self, from: usize) -> &[u8] {
        &self.bytes[from..]
    }

    /// Lets a field's value be what stands at `start..end`, if it is text of its type.
    pub(crate) fn set_opened(
        &mut self,
        position: usize,
        field: &Field,
        start: usize,
        end: usize,
    ) -> std::result::Result<(), &'static str> {
        let Ok(text) = std::str::from_utf8(&self.bytes[start..end]) else {
            return Err("it is not UTF-8");
        };
        let fits = match field.value_type() {
            ValueType::Text => true,
            ValueType::Integer => is_integer(text),
            ValueType::Boolean => matches!(text, "true" | "false"),
            ValueType::Date => calendar::is_date(text),
            ValueType::DateTime => calendar::is_date_time(text),
            ValueType::Json => serde_json::from_str::<&RawValue>(text).is_ok(),
        };
        if !fits {
            return Err("it is not text of the field's type");
        }
        self.slots[position] = Slot::At { start, end };
        Ok(())
    }

    fn push(&mut self, position: usize, field: &Field, bytes: &[u8]) -> Result<()> {
        if bytes.len() > field.width() {
            return Err(too_wide(field));
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.slots[position] = Slot::At {
            start,
            end: self.bytes.len(),
        };
        Ok(())
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// `0|-?[1-9][0-9]*`, in the range of an i64.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0"
        || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    canonical && text.parse::<i64>().is_ok()
}

fn wrong_type(field: &Field) -> Error {
    Error::new(Kind::WrongType {
        field: field.name().to_owned(),
        expected: field.value_type().noun(),
    })
}

fn too_wide(field: &Field) -> Error {
    Error::new(Kind::TooWide {
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
fn is_sound(json: &[u8]) -> bool {
    let [mut depth, mut deepest] = [0_usize; 2];
    let [mut in_text, mut escaped] = [false; 2];
    for &byte in json {
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
    deepest <= 127 && serde_json::from_slice::<&RawValue>(json).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_integer;

    #[test]
    fn integers_are_canonical_and_64_bits() {
        for good in [
            "0",
            "7",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert!(is_integer(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "-0",
            "00",
            "07",
            "+7",
            "7 ",
            "9223372036854775808",
            "1.0",
            "1e3",
            "٧",
        ] {
            assert!(!is_integer(bad), "{bad}");
        }
    }
}
