//! From a text to its tree.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Item, Kind, Member, Value,
    strings::{decode, hex, is_plain},
};
use crate::error::Error;

/// Objects with more members look their names up instead of comparing each with each.
const FEW_MEMBERS: usize = 16;

/// Reads a text from its beginning on.
pub(super) struct Scanner<'a, 'k> {
    text: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
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
pub(super) struct Fault {
    what: &'static str,
    byte: usize,
    /// From the innermost element outwards.
    steps: Vec<String>,
}

impl Fault {
    pub(super) fn error(mut self) -> Error {
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
    pub(super) fn new(
        text: &'a str,
        known: &'k dyn Fn(&str) -> bool,
        depth: usize,
        values: usize,
    ) -> Self {
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

    pub(super) fn fault(&self, what: &'static str) -> Fault {
        Fault {
            what,
            byte: self.at,
            steps: Vec::new(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn value(&mut self) -> Scanned<Value<'a>> {
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
            let before = &self.members[first..];
            if position == FEW_MEMBERS {
                names.extend(before.iter().map(|member| member.name.clone()));
            }
            let is_repeated = match position < FEW_MEMBERS {
                true => before.iter().any(|member| member.name == name),
                false => !names.insert(name.clone()),
            };
            if is_repeated {
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
    pub(super) fn name(&mut self) -> Scanned<Cow<'a, str>> {
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
