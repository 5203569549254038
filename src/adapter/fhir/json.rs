//! JSON texts (RFC 8259) as trees of spans, so that what is not touched stays as it was, byte for byte.
//!
//! The text of an object or array is its chunks, joined by commas: a chunk is all that stands between two separators, white
//! space included.

use std::{
    borrow::{Borrow, Cow},
    collections::BTreeSet,
    ops::{Deref, Range},
};

use zeroize::Zeroize;

use crate::error::{Error, Result};

/// Objects with more members look their names up instead of comparing each with each.
const FEW_MEMBERS: usize = 16;

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
        matches!(self.kind, Kind::String).then(|| Decoded(decode(self.between_quotes())))
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

/// A string's text. What had to be written anew for it is wiped on drop.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decoded<'a>(Cow<'a, str>);

impl Default for Decoded<'_> {
    fn default() -> Self {
        Self(Cow::Borrowed(""))
    }
}

impl<'a> Decoded<'a> {
    pub(super) fn into_cow(mut self) -> Cow<'a, str> {
        std::mem::take(&mut self.0)
    }
}

impl Borrow<str> for Decoded<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Decoded<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Decoded<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
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

/// Writes `text` as a JSON string.
pub(super) fn print_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            byte @ (b'"' | b'\\') => out.extend(['\\', char::from(byte)]),
            byte => out.push_str(&format!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Takes the escapes of a valid string away.
fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    // It only shrinks, so that no copy is left behind.
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        text.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = u32::from(hex(rest.as_bytes()).unwrap_or_default());
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&unit) {
                    let low = u32::from(hex(&rest.as_bytes()[2..]).unwrap_or_default());
                    unit = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    rest = &rest[6..];
                }
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other),
        });
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Four hexadecimal digits.
fn hex(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..4)?;
    digits.iter().try_fold(0, |unit, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(unit << 4 | digit as u16)
    })
}

struct Scanner<'a, 'k> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    known: &'k dyn Fn(&str) -> bool,
    /// How much deeper it may still nest.
    depth: usize,
    /// How many may still come.
    values: usize,
    /// Members and items of what is not closed yet, so that each tree node is made at its size.
    members: Vec<Member<'a>>,
    items: Vec<Item<'a>>,
}

/// What is wrong, and where.
struct Fault {
    what: &'static str,
    byte: usize,
    /// From the innermost element outwards.
    steps: Vec<String>,
}

impl Fault {
    fn error(mut self) -> Error {
        self.steps.reverse();
        let place = match self.steps.is_empty() {
            true => String::new(),
            false => format!(" in {}", self.steps.join(".")),
        };
        Error::message(
            format!("{} at byte {}{place}", self.what, self.byte),
            "give one FHIR resource in JSON (RFC 8259), nested at most 64 deep, each name once in an object",
        )
    }

    fn inside(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }
}

type Scanned<T> = std::result::Result<T, Fault>;

impl<'a, 'k> Scanner<'a, 'k> {
    fn new(text: &'a str, known: &'k dyn Fn(&str) -> bool, depth: usize, values: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            known,
            depth,
            values,
            members: Vec::new(),
            items: Vec::new(),
        }
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault {
            what,
            byte: self.at,
            steps: Vec::new(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Scanned<Value<'a>> {
        let start = self.at;
        if self.values == 0 {
            return Err(self.fault("too many values"));
        }
        self.values -= 1;
        let kind = match self.peek() {
            Some(b'"') => {
                self.string()?;
                Kind::String
            }
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b't') => self.literal("true", Kind::Boolean)?,
            Some(b'f') => self.literal("false", Kind::Boolean)?,
            Some(b'n') => self.literal("null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.fault("no value")),
            None => return Err(self.fault("the document ends")),
        };
        Ok(Value {
            text: &self.text[start..self.at],
            kind,
        })
    }

    fn nested(&mut self, scan: impl FnOnce(&mut Self) -> Scanned<Kind<'a>>) -> Scanned<Kind<'a>> {
        if self.depth == 0 {
            return Err(self.fault("nested too deep"));
        }
        self.depth -= 1;
        self.at += 1;
        let kind = scan(self)?;
        self.depth += 1;
        Ok(kind)
    }

    fn object(&mut self) -> Scanned<Kind<'a>> {
        let first = self.members.len();
        let mut names = BTreeSet::new();
        loop {
            let start = self.at;
            self.space();
            let position = self.members.len() - first;
            if position == 0 && self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Kind::Object(Vec::new()));
            }
            let name = self.name()?;
            if repeated(&self.members[first..], &mut names, &name) {
                return Err(self
                    .fault("a name twice")
                    .inside(self.step(&name, position)));
            }
            let mut rest = || {
                self.space();
                if self.peek() != Some(b':') {
                    return Err(self.missing("no colon"));
                }
                self.at += 1;
                self.space();
                let at = self.at - start;
                let value = self.value()?;
                self.space();
                Ok((at, value, self.at))
            };
            let (at, value, end) = match rest() {
                Ok(scanned) => scanned,
                Err(fault) => return Err(fault.inside(self.step(&name, position))),
            };
            self.members.push(Member {
                chunk: &self.text[start..end],
                name,
                value,
                at,
            });
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Kind::Object(self.members.split_off(first)));
                }
                _ => return Err(self.missing("no comma and no end of an object")),
            }
        }
    }

    fn array(&mut self) -> Scanned<Kind<'a>> {
        let first = self.items.len();
        loop {
            let start = self.at;
            self.space();
            let position = self.items.len() - first;
            if position == 0 && self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Kind::Array(Vec::new()));
            }
            let at = self.at - start;
            let value = self
                .value()
                .map_err(|fault| fault.inside(position.to_string()))?;
            self.space();
            self.items.push(Item {
                chunk: &self.text[start..self.at],
                value,
                at,
            });
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Kind::Array(self.items.split_off(first)));
                }
                _ => return Err(self.missing("no comma and no end of an array")),
            }
        }
    }

    /// What is wrong where something else, or nothing, stands.
    fn missing(&self, what: &'static str) -> Fault {
        match self.peek() {
            Some(_) => self.fault(what),
            None => self.fault("the document ends"),
        }
    }

    fn step(&self, name: &str, position: usize) -> String {
        match (self.known)(name) {
            true => name.to_owned(),
            false => format!("@{position}"),
        }
    }

    /// A member's name, without quotes and escapes.
    fn name(&mut self) -> Scanned<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return Err(self.missing("no name"));
        }
        let start = self.at + 1;
        let has_escapes = self.string()?;
        let raw = &self.text[start..self.at - 1];
        Ok(match has_escapes {
            true => decode(raw),
            false => Cow::Borrowed(raw),
        })
    }

    /// Goes on from an opening quote to behind the closing one; whether there are escapes between them.
    fn string(&mut self) -> Scanned<bool> {
        let mut has_escapes = false;
        self.at += 1;
        loop {
            self.plain();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                Some(b'\\') => {
                    self.escape()?;
                    has_escapes = true;
                }
                _ => return Err(self.missing("a control character in a string")),
            }
        }
    }

    /// Goes on behind the bytes that stand for themselves, eight at a time.
    fn plain(&mut self) {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const HIGH: u64 = ONES << 7;
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
        while let Some(word) = self.bytes[self.at..].first_chunk() {
            let word = u64::from_le_bytes(*word);
            let control = word.wrapping_sub(ONES * u64::from(b' ')) & !word & HIGH;
            let quote = zeros(word ^ (ONES * u64::from(b'"')));
            let backslash = zeros(word ^ (ONES * u64::from(b'\\')));
            let found = control | quote | backslash;
            if found != 0 {
                // The lowest one is exact; a borrow can only mark what is above it.
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.peek().is_some_and(is_plain) {
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Scanned<()> {
        let wrong = "no valid escape";
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let unit = hex(&self.bytes[self.at + 2..]).ok_or_else(|| self.fault(wrong))?;
                match unit {
                    0xd800..0xdc00 => {
                        let low = self.bytes[self.at + 6..].strip_prefix(b"\\u").and_then(hex);
                        if !low.is_some_and(|low| (0xdc00..0xe000).contains(&low)) {
                            return Err(self.fault("half a surrogate pair"));
                        }
                        self.at += 12;
                    }
                    0xdc00..0xe000 => return Err(self.fault("half a surrogate pair")),
                    _ => self.at += 6,
                }
            }
            _ => return Err(self.fault(wrong)),
        }
        Ok(())
    }

    fn literal(&mut self, literal: &str, kind: Kind<'a>) -> Scanned<Kind<'a>> {
        if !self.bytes[self.at..].starts_with(literal.as_bytes()) {
            return Err(self.fault("no value"));
        }
        self.at += literal.len();
        Ok(kind)
    }

    fn number(&mut self) -> Scanned<Kind<'a>> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.fault("no number")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Scanned<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => Err(self.fault("no number")),
        }
    }
}

/// Whether a member of this name came before.
fn repeated<'a>(members: &[Member<'a>], names: &mut BTreeSet<Cow<'a, str>>, name: &str) -> bool {
    if members.len() < FEW_MEMBERS {
        return members.iter().any(|member| member.name == name);
    }
    if names.is_empty() {
        names.extend(members.iter().map(|member| member.name.clone()));
    }
    !names.insert(Cow::Owned(name.to_owned()))
}

/// Whether a byte stands for itself in a string.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests;
