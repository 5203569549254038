//! The values of an opened record or row in clear, in one buffer that is wiped.

use std::ops::Range;

use serde_json::value::RawValue;
use zeroize::Zeroize;

use super::draft::Draft;
use crate::{
    id::ScopeSet,
    schema::{Field, Schema, ValueType, calendar},
};

/// For each field of a schema its value's text, or that it has none.
#[derive(Default)]
pub(crate) struct Values {
    /// Never grows while it holds a value: growing would leave a copy behind.
    text: String,
    /// One a field, [`NOWHERE`] where it has no value.
    ranges: Vec<Range<usize>>,
}

/// Not an `Option`: the bytes that its `None` leaves unused are what stood on the stack before, such as round keys.
const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

impl Values {
    /// Makes it empty, with room for `bytes` of what is opened under `schema`.
    pub(crate) fn begin(&mut self, schema: &Schema, bytes: usize) {
        self.wipe();
        self.text.reserve(bytes);
        self.ranges.clear();
        self.ranges.resize(schema.fields().len(), NOWHERE);
    }

    pub(crate) fn wipe(&mut self) {
        // Not where there is nothing: see `secret::wipe`.
        if !self.text.is_empty() {
            self.text.as_mut_str().zeroize();
            self.text.clear();
        }
    }

    /// The text of the field at `position`, if it has one.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Option<&str> {
        self.text.get(self.ranges[position].clone())
    }

    #[inline]
    pub(crate) fn has(&self, position: usize) -> bool {
        self.ranges[position] != NOWHERE
    }

    /// Forgets the values of all other fields.
    #[cfg(feature = "broker")]
    pub(crate) fn keep(&mut self, positions: &[usize]) {
        for (position, range) in self.ranges.iter_mut().enumerate() {
            if !positions.contains(&position) {
                *range = NOWHERE;
            }
        }
    }

    /// Becomes the values of a record in the making, of these scopes.
    pub(crate) fn take_draft(&mut self, schema: &Schema, draft: &Draft, scopes: ScopeSet) {
        let values = || {
            let fields = schema.fields().iter().enumerate();
            fields
                .filter(|(_, field)| scopes.contains(field.scope()))
                .filter_map(|(position, _)| Some((position, draft.text(position)?)))
        };
        self.begin(schema, values().map(|(_, value)| value.len()).sum());
        for (position, value) in values() {
            let start = self.text.len();
            self.text.push_str(value);
            self.ranges[position] = start..self.text.len();
        }
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
            ValueType::Date => calendar::is_date(text.as_bytes()),
            ValueType::DateTime => calendar::is_date_time(text.as_bytes()),
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
        self.values.ranges[position] = start..start + text.len();
        Ok(())
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// `0|-?[1-9][0-9]*`, in the range of an i64.
pub(crate) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0"
        || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    canonical && text.parse::<i64>().is_ok()
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
