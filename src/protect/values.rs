//! The values of one record in clear, in one buffer that is wiped.

use std::{
    io::{self, Write},
    ops::Range,
};

use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use super::calendar;
use crate::{
    error::{Error, Kind, Result},
    schema::{Field, Schema, ValueType},
};

/// For each field of a schema its value's canonical text, or that it is null, or that nothing was said of it.
#[derive(Default)]
pub(crate) struct Values {
    /// Never grows while it holds a value: growing would leave a copy behind.
    text: String,
    slots: Vec<Slot>,
    /// JSON text as it is written.
    json: Vec<u8>,
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
        self.text.reserve(bytes);
        self.slots.resize(schema.fields().len(), Slot::Absent);
    }

    pub(crate) fn wipe(&mut self) {
        self.text.as_mut_str().zeroize();
        self.text.clear();
        self.slots.clear();
    }

    /// The text of the field at `position`, if it has one.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Option<&str> {
        match self.slots[position] {
            Slot::At { start, end } => self.text.get(start..end),
            _ => None,
        }
    }

    /// As [`Values::get`], as bytes.
    #[inline]
    pub(crate) fn bytes(&self, position: usize) -> Option<&[u8]> {
        match self.slots[position] {
            Slot::At { start, end } => Some(&self.text.as_bytes()[start..end]),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn has(&self, position: usize) -> bool {
        matches!(self.slots[position], Slot::At { .. })
    }

    /// Refuses a field that was set before.
    #[inline]
    pub(crate) fn check_absent(&self, position: usize, field: &Field) -> Result<()> {
        match self.slots[position] {
            Slot::Absent => Ok(()),
            _ => Err(Error::new(|| Kind::DuplicateField {
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

    /// Lets each field of an opened group or cell be set from it.
    pub(crate) fn take_opened<'o>(&mut self, opened: &'o [u8]) -> Opened<'_, 'o> {
        let start = self.text.len();
        let text = std::str::from_utf8(opened).ok();
        if let Some(text) = text {
            self.text.push_str(text);
        }
        Opened {
            values: self,
            bytes: opened,
            text: text.map(|text| (text, start)),
        }
    }

    #[inline]
    fn push(&mut self, position: usize, field: &Field, text: &str) -> Result<()> {
        if text.len() > field.width() {
            return Err(too_wide(field));
        }
        let start = self.text.len();
        self.text.push_str(text);
        let end = self.text.len();
        self.slots[position] = Slot::At { start, end };
        Ok(())
    }
}

/// What was opened, values with their lengths and padding between them. Lengths under 128 are text like the rest, so
/// that mostly all of it is text, and is looked at and copied once.
pub(crate) struct Opened<'v, 'o> {
    values: &'v mut Values,
    bytes: &'o [u8],
    /// All of it, and where it stands in the values.
    text: Option<(&'o str, usize)>,
}

impl<'o> Opened<'_, 'o> {
    pub(crate) fn bytes(&self) -> &'o [u8] {
        self.bytes
    }

    pub(crate) fn set_null(&mut self, position: usize) {
        self.values.set_null(position);
    }

    /// Lets a field's value be what stands at `range`, if it is text of its type.
    pub(crate) fn set(
        &mut self,
        position: usize,
        field: &Field,
        range: Range<usize>,
    ) -> std::result::Result<(), &'static str> {
        let text = match self.text {
            Some((text, _)) => text.get(range.clone()),
            None => std::str::from_utf8(&self.bytes[range.clone()]).ok(),
        };
        let text = text.ok_or("it is not UTF-8")?;
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
        let start = match self.text {
            Some((_, start)) => start + range.start,
            None => {
                let start = self.values.text.len();
                self.values.text.push_str(text);
                start
            }
        };
        let end = start + text.len();
        self.values.slots[position] = Slot::At { start, end };
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
