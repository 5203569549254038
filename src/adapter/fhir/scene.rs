//! What is gathered of a resource on the walk through it: parts, fields, and where the walk is.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{
    digest::Inner,
    json::{Decoded, Kind, Member, Value},
    profile::{FieldRule, Form, Type},
    protect::too_much,
};
use crate::{
    adapter::message::{Fields, MOST_BYTES, Parts, push_number},
    error::Result,
    id::Scope,
    schema::Schema,
};

/// What is gathered of one resource with those that it contains.
pub(super) struct Scene<'d, 'p> {
    pub(super) parts: Parts,
    pub(super) fields: Fields<'d>,
    /// The elements that fields were read from, and what may be put back there.
    pub(super) elements: Vec<(usize, &'p str, &'p Form)>,
    /// The resources inside that are sealed for themselves.
    pub(super) inner: Vec<Inner>,
    /// Where the resource is in the document, for errors.
    place: String,
    /// Steps to where the walk is.
    path: String,
    /// The scopes of what was taken out of the array's element where the walk is.
    touched: Vec<Scope>,
    /// A new value that stands in that element, by its place, and the scope of what it stands for.
    anchor: Option<(Scope, String)>,
    /// The server that relative references are of.
    pub(super) base: Zeroizing<String>,
    /// The address that is shown beside the resource where the walk is.
    pub(super) url: Option<String>,
    pub(super) number: usize,
    /// How many bytes the parts have, about.
    taken: usize,
    /// The types of contained resources by their ids.
    pub(super) contained: BTreeMap<Decoded<'d>, Decoded<'d>>,
}

impl<'d, 'p> Scene<'d, 'p> {
    pub(super) fn new(parts: Parts, place: &str, base: &str, number: usize) -> Self {
        Self {
            parts,
            fields: Fields::default(),
            elements: Vec::new(),
            inner: Vec::new(),
            place: place.to_owned(),
            path: String::new(),
            touched: Vec::new(),
            anchor: None,
            base: Zeroizing::new(base.to_owned()),
            url: None,
            number,
            taken: 0,
            contained: BTreeMap::new(),
        }
    }

    /// Reads the schema's fields; those of a contained resource fill what its container left empty.
    pub(super) fn read_fields(
        &mut self,
        value: &Value<'d>,
        of_type: &'p Type,
        schema: &Schema,
        is_own: bool,
    ) {
        if is_own && let (Some(position), Some(id)) = (of_type.id, value.member("id")) {
            self.offer(schema, position, id.string());
        }
        for rule in &of_type.fields {
            if self.fields.get(rule.position).is_some() {
                continue;
            }
            self.offer(schema, rule.position, find(value, rule, 0, false, false));
            let [element] = &rule.path[..] else { continue };
            let taken = of_type.root.child(element).is_some_and(|node| node.whole);
            let is_string = value
                .member(element)
                .is_some_and(|value| value.string().is_some());
            if let Some(form) = &rule.form
                && is_own
                && taken
                && is_string
                && self.fields.get(rule.position).is_some()
            {
                self.elements.push((rule.position, element, form));
            }
        }
        if is_own
            && let Some(Kind::Array(items)) = value.member("contained").map(|value| &value.kind)
        {
            for item in items {
                let id = item.value.member("id").and_then(Value::string);
                if let (Some(id), Some(of_type)) = (id, item.value.resource_type()) {
                    self.contained.entry(id).or_insert(of_type);
                }
            }
        }
    }

    fn offer(&mut self, schema: &Schema, position: usize, text: Option<Decoded<'d>>) {
        // What is wider than its field stays in its part alone.
        let fits = |text: &Decoded<'_>| text.len() <= schema.fields()[position].width();
        if let Some(text) = text.filter(fits) {
            self.fields.offer(schema, position, text);
        }
    }

    pub(super) fn take(&mut self, scope: Scope, index: usize, chunk: &str) {
        self.push(scope, chunk, |place| push_number(place, index));
    }

    /// Takes a member that `new` stands for, so that it only comes back where that still is.
    pub(super) fn replace(&mut self, scope: Scope, index: usize, member: &Member<'_>, new: &str) {
        self.push(scope, member.chunk, |place| {
            push_number(place, index);
            place.extend(["=", new]);
        });
        if self.anchor.is_none() {
            let place = [&self.path, ":", &*member.name, "=", new].concat();
            self.anchor = Some((scope, place));
        }
    }

    /// Takes an element of an array.
    pub(super) fn take_item(&mut self, scope: Scope, at: usize, of: usize, chunk: &str) {
        self.push(scope, chunk, |place| push_position(place, at, of));
    }

    /// Takes an element of an array of which `of` stay.
    pub(super) fn take_between(&mut self, scope: Scope, index: usize, of: usize, chunk: &str) {
        self.push(scope, chunk, |place| {
            push_number(place, index);
            place.push('+');
            push_number(place, of);
        });
    }

    fn push(&mut self, scope: Scope, chunk: &str, name: impl FnOnce(&mut String)) {
        let length = self.path.len();
        self.path.push(':');
        name(&mut self.path);
        self.parts.push(scope, &self.path, chunk.as_bytes());
        self.taken += self.path.len() + chunk.len();
        self.path.truncate(length);
        if !self.touched.contains(&scope) {
            self.touched.push(scope);
        }
    }

    /// # Errors
    ///
    /// [`Error::is_message`] where places in a document of many small values take more than the document.
    pub(super) fn check(&self) -> Result<()> {
        match self.taken > 2 * MOST_BYTES {
            true => Err(too_much()),
            false => Ok(()),
        }
    }

    /// Does something a step further inside.
    pub(super) fn inside<T>(&mut self, step: &str, act: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        let done = act(self);
        self.path.truncate(length);
        done
    }

    /// The same at a position of an array that has `of`. Every scope gets to know a new value in the element, if there is one, so
    /// that its parts do not come back in another element.
    pub(super) fn item<T>(
        &mut self,
        at: usize,
        of: usize,
        act: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let length = self.path.len();
        let touched = std::mem::take(&mut self.touched);
        let anchor = self.anchor.take();
        self.path.push('.');
        push_position(&mut self.path, at, of);
        let done = act(self);
        self.path.truncate(length);
        if let Some((known, place)) = &self.anchor {
            for &scope in self.touched.iter().filter(|scope| *scope != known) {
                self.parts.push(scope, place, b"");
                self.taken += place.len();
            }
        }
        for scope in touched {
            if !self.touched.contains(&scope) {
                self.touched.push(scope);
            }
        }
        self.anchor = anchor.or(self.anchor.take());
        done
    }

    /// Where the walk is in the document.
    pub(super) fn here(&self) -> String {
        let mut here = String::with_capacity(self.place.len() + 1 + self.path.len());
        here.push_str(&self.place);
        for step in self.path.split('.').filter(|step| !step.is_empty()) {
            if !here.is_empty() {
                here.push('.');
            }
            here.push_str(step.split_once('/').map_or(step, |(at, _)| at));
        }
        here
    }

    /// Where an element of an array is that is a member there.
    pub(super) fn element(&self, name: &str, at: usize) -> String {
        let here = self.here();
        let dot = if here.is_empty() { "" } else { "." };
        format!("{here}{dot}{name}.{at}")
    }
}

/// A position, and how many there are.
fn push_position(to: &mut String, at: usize, of: usize) {
    push_number(to, at);
    to.push('/');
    push_number(to, of);
}

/// The first text at the rule's path, from its step `at`, where what the rule asks for was met on the way.
fn find<'d>(
    value: &Value<'d>,
    rule: &FieldRule,
    at: usize,
    of_system: bool,
    of_url: bool,
) -> Option<Decoded<'d>> {
    match &value.kind {
        Kind::Array(items) => {
            let mut items = items.iter();
            items.find_map(|item| find(&item.value, rule, at, of_system, of_url))
        }
        Kind::Object(_) => {
            let listed = |name: &str, list: &[String]| {
                let value = value.member(name).and_then(Value::string);
                value.is_some_and(|value| list.iter().any(|listed| *listed == *value))
            };
            let of_system = of_system || rule.system.is_empty() || listed("system", &rule.system);
            let of_url = of_url || rule.url.is_empty() || listed("url", &rule.url);
            let inner = value.member(rule.path.get(at)?)?;
            find(inner, rule, at + 1, of_system, of_url)
        }
        Kind::String if at == rule.path.len() => {
            let met = (of_system || rule.system.is_empty()) && (of_url || rule.url.is_empty());
            value.string().filter(|text| met && !text.is_empty())
        }
        _ => None,
    }
}
