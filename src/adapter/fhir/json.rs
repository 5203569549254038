//! JSON texts (RFC 8259) as trees of spans, so that what is not touched stays as it was, byte for byte.
//!
//! The text of an object or array is its chunks, joined by commas: a chunk is all that stands between two separators, white
//! space included.

mod scan;
mod strings;

use std::{borrow::Cow, ops::Range};

pub(super) use self::strings::print_string;
use self::{
    scan::{Fault, Scanner},
    strings::decode,
};
pub(super) use crate::adapter::message::Decoded;
use crate::error::{Error, Result};

/// A document: one value with white space, and perhaps a byte-order mark, around it.
pub(super) struct Document<'a> {
    pub(super) before: &'a str,
    pub(super) root: Value<'a>,
    pub(super) after: &'a str,
}

pub(super) struct Value<'a> {
    /// Without white space around it.
    pub(super) text: &'a str,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    Object(Vec<Member<'a>>),
    Array(Vec<Item<'a>>),
    String,
    Number,
    Boolean,
    Null,
}

pub(super) struct Member<'a> {
    pub(super) chunk: &'a str,
    pub(super) name: Cow<'a, str>,
    pub(super) value: Value<'a>,
    /// Where the value begins in the chunk.
    at: usize,
}

pub(super) struct Item<'a> {
    pub(super) chunk: &'a str,
    pub(super) value: Value<'a>,
    at: usize,
}

impl<'a> Member<'a> {
    /// The chunk up to the value.
    pub(super) fn before(&self) -> &'a str {
        &self.chunk[..self.at]
    }

    /// The chunk behind the value.
    pub(super) fn after(&self) -> &'a str {
        &self.chunk[self.at + self.value.text.len()..]
    }
}

impl<'a> Item<'a> {
    pub(super) fn before(&self) -> &'a str {
        &self.chunk[..self.at]
    }

    pub(super) fn after(&self) -> &'a str {
        &self.chunk[self.at + self.value.text.len()..]
    }
}

impl<'a> Value<'a> {
    /// The members of an object.
    pub(super) fn members(&self) -> Option<&[Member<'a>]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Value<'a>> {
        let mut members = self.members()?.iter();
        let member = members.find(|member| member.name == name)?;
        Some(&member.value)
    }

    /// The text of a string, without quotes and escapes.
    pub(super) fn string(&self) -> Option<Decoded<'a>> {
        matches!(self.kind, Kind::String).then(|| decode(self.between_quotes()).into())
    }

    pub(super) fn is_string(&self, text: &str) -> bool {
        self.string().is_some_and(|string| *string == *text)
    }

    /// The type of a resource.
    pub(super) fn resource_type(&self) -> Option<Decoded<'a>> {
        self.member("resourceType")?.string()
    }

    /// Where it is in the document that it was read from.
    pub(super) fn range_in(&self, document: &[u8]) -> Range<usize> {
        let start = self.text.as_ptr().addr() - document.as_ptr().addr();
        start..start + self.text.len()
    }

    fn between_quotes(&self) -> &'a str {
        &self.text[1..self.text.len() - 1]
    }
}

/// How large a document may be: its tree takes a multiple of its values.
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) values: usize,
    /// How deep arrays and objects may nest.
    pub(super) depth: usize,
}

/// The tree of a document. Errors name members that are `known`, and others by their position.
///
/// # Errors
///
/// [`Error::is_message`] with the byte and the element, where it is no JSON text in UTF-8, is larger than the limits, nests deeper
/// than they say or names a member twice.
pub(super) fn parse<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    known: &dyn Fn(&str) -> bool,
) -> Result<Document<'a>> {
    if bytes.len() > limits.bytes {
        return Err(Error::message(
            format!("the document has more than {} MiB", limits.bytes >> 20),
            "send it in several",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::message(
            format!("byte {} of the document is not UTF-8", error.valid_up_to()),
            "write JSON in UTF-8",
        )
    })?;
    let mut scanner = Scanner::new(text, known, limits.depth, limits.values);
    if text.starts_with('\u{feff}') {
        scanner.at = '\u{feff}'.len_utf8();
    }
    scanner.space();
    let before = &text[..scanner.at];
    let root = scanner.value().map_err(Fault::error)?;
    let end = scanner.at;
    scanner.space();
    if scanner.at < bytes.len() {
        return Err(scanner.fault("more than one value").error());
    }
    let after = &text[end..];
    Ok(Document {
        before,
        root,
        after,
    })
}

/// The name of the member that a chunk of an object is.
pub(super) fn name_of(chunk: &str) -> Option<Cow<'_, str>> {
    let mut scanner = Scanner::new(chunk, &|_| false, 0, 0);
    scanner.space();
    scanner.name().ok()
}

#[cfg(test)]
mod tests;
