//! From protected resources back to resources.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use zeroize::Zeroizing;

use super::{
    digest::{Inner, digest},
    json::{self, Document, Item, Kind, Member, Value},
    protect::{DIGEST, DOCUMENT, PROTECTED, RECORD, SEALED, stored_as},
    references::REFERENCE_SYSTEM,
    walk::ABSENT,
};
use crate::{
    adapter::message::{Opener, Originals, Restored, append},
    error::{Error, Result},
    protect::Revealer,
    wire::SealedRecord,
};

/// Reveals protected FHIR resources as far as the keys of its [`Revealer`] go.
///
/// `Send` and `Sync`; share it in an [`Arc`](std::sync::Arc). It needs no profile: what was taken out says where it was.
pub struct ResourceRevealer {
    opener: Opener,
}

impl ResourceRevealer {
    /// A revealer of the scopes of `revealer`.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy's schema has not one shaped field in each scope, or where the policy binds
    /// seals to a subject key.
    pub fn new(revealer: Revealer) -> Result<Self> {
        Ok(Self {
            opener: Opener::new(revealer)?,
        })
    }

    /// What it opens with.
    pub fn revealer(&self) -> &Revealer {
        self.opener.revealer()
    }

    /// The resource or Bundle with the parts of the opened scopes back in their places: where all scopes are opened, byte for byte
    /// as it was protected. Where some are, it is a valid resource that still says in `meta.security` that it is pseudonymised,
    /// and no longer holds its seal.
    ///
    /// Resources of a Bundle that were not protected stay as they are. So does a Bundle that has no seal of its own, as a server's answer
    /// to a search: whether it is the original is then said of the resources in it that have one.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where `document` is no JSON, holds nothing that was protected, or lacks an element that parts are to be put
    /// into; those of [`Revealer::reveal`].
    pub fn reveal(&self, document: &[u8]) -> Result<Restored> {
        let known = |name: &str| name == "entry" || name == "resource" || name == "meta";
        let Document {
            before,
            root,
            after,
        } = json::parse(document, &PROTECTED, &known)?;
        let mut state = State::default();
        let mut bytes = Out(Zeroizing::new(Vec::with_capacity(document.len())));
        bytes.put(before);
        let start = bytes.0.len();
        let records = records(&root)?;
        let expected = match records.is_empty() {
            true => {
                state.has_changed |= has_seal(&root);
                self.object(&root, &Edits::default(), false, &mut state, &mut bytes)?;
                None
            }
            false => Some(self.sealed(&root, &records, None, &mut state, &mut bytes)?),
        };
        let is_all = start == 0 && after.is_empty();
        bytes.put(after);
        if state.opened == 0 {
            return Err(Error::message(
                "the document holds nothing that was protected",
                "give a resource or Bundle as it was protected, with its `meta`",
            ));
        }
        let is_original = self.opener.is_whole().then(|| {
            let all = 0..bytes.0.len();
            let is_same = match expected {
                Some(Some(expected)) => digest(&bytes.0, all, &state.inner).is(&expected),
                // Nothing was around the resource.
                Some(None) => is_all,
                None => true,
            };
            is_same && !state.has_changed
        });
        Ok(Restored {
            bytes: bytes.0,
            is_original,
        })
    }

    /// Reveals a resource that is sealed for itself, and those inside of it; gives the digest of the document, if it has one.
    fn sealed(
        &self,
        resource: &Value<'_>,
        records: &[SealedRecord],
        url: Option<&str>,
        state: &mut State,
        out: &mut Out,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let originals = self.open(resource, records, url)?;
        state.opened += 1;
        let mut expected = None;
        let mut document = None;
        let mut edits = Edits::default();
        for (place, text) in originals.entries()? {
            match place {
                DIGEST => expected = Some(text),
                DOCUMENT => document = Some(Zeroizing::new(text.to_vec())),
                place => edits.add(place, text)?,
            }
        }
        edits.sort();
        let around = std::mem::take(&mut state.inner);
        let start = out.0.len();
        self.object(resource, &edits, true, state, out)?;
        let inner = std::mem::replace(&mut state.inner, around);
        if self.opener.is_whole() {
            let range = start..out.0.len();
            let digest = digest(&out.0, range.clone(), &inner);
            state.has_changed |= !expected.is_some_and(|expected| digest.is(expected));
            state.inner.push(Inner { range, digest });
        }
        Ok(document)
    }

    fn open(
        &self,
        resource: &Value<'_>,
        records: &[SealedRecord],
        url: Option<&str>,
    ) -> Result<Originals> {
        let name = resource.resource_type().unwrap_or_default();
        let id = resource.member("id").and_then(Value::string);
        self.opener
            .open(records, &stored_as(&name, id.as_deref(), url))
    }

    /// Writes a value with what is put back into it. What has a seal is revealed for itself, wherever it is; `around` is the object whose
    /// member it is.
    fn value(
        &self,
        value: &Value<'_>,
        around: Option<&Value<'_>>,
        edits: Option<&Edits<'_>>,
        state: &mut State,
        out: &mut Out,
    ) -> Result<()> {
        let none = Edits::default();
        match (&value.kind, edits) {
            (Kind::Object(members), _) if !members.is_empty() => {
                let records = records(value)?;
                if records.is_empty() {
                    state.has_changed |= has_seal(value);
                    return self.object(value, edits.unwrap_or(&none), false, state, out);
                }
                if edits.is_some() {
                    return Err(misplaced());
                }
                let url = around.and_then(|around| around.member("fullUrl"));
                let url = url.and_then(Value::string);
                self.sealed(value, &records, url.as_deref(), state, out)?;
                Ok(())
            }
            (Kind::Array(items), _) if !items.is_empty() => {
                self.array(items, edits.unwrap_or(&none), state, out)
            }
            (_, Some(_)) => Err(misplaced()),
            (_, None) => {
                out.put(value.text);
                Ok(())
            }
        }
    }

    /// Writes an object with what is put back into it.
    fn object(
        &self,
        value: &Value<'_>,
        edits: &Edits<'_>,
        is_sealed: bool,
        state: &mut State,
        out: &mut Out,
    ) -> Result<()> {
        let members = value.members().unwrap_or_default();
        let is_whole = self.opener.is_whole();
        let mut back: Vec<(usize, &str)> = Vec::with_capacity(edits.here.len());
        let replaced = edits.here.iter().filter(|edit| edit.new.is_some());
        let standing = Standing::of(value, edits.anchors.len() + replaced.count());
        for &(name, new) in &edits.anchors {
            standing.check(name, new)?;
        }
        let mut names = BTreeSet::new();
        for edit in &edits.here {
            let &Edit { index, chunk, .. } = edit;
            let name = json::name_of(chunk).ok_or_else(misplaced)?;
            if edit.within != Within::Object {
                return Err(misplaced());
            }
            if let Some(new) = edit.new {
                standing.check(&name, new)?;
            }
            // Until all is revealed, it says that it is not.
            if is_sealed && !is_whole && name == "meta" {
                continue;
            }
            if !names.insert(name) {
                return Err(misplaced());
            }
            back.push((index, chunk));
        }
        let stays = |member: &Member<'_>| {
            let stands_for = member.name.strip_prefix('_');
            let is_replaced = names.contains(&*member.name)
                || stands_for.is_some_and(|name| names.contains(name));
            let is_mark = !names.is_empty() && is_masked(member);
            // The system of a new value says nothing of the true one.
            let is_of_new = names.contains("value")
                && member.name == "system"
                && member.value.is_string(REFERENCE_SYSTEM);
            let is_seal = is_sealed && is_whole && member.name == "meta";
            !is_replaced && !is_mark && !is_of_new && !is_seal
        };
        let kept: Vec<&Member<'_>> = members.iter().filter(|member| stays(member)).collect();
        let steps = kept
            .iter()
            .filter(|member| edits.steps.contains_key(&*member.name))
            .count();
        if steps < edits.steps.len() {
            return Err(misplaced());
        }
        let mut kept = kept.into_iter().peekable();
        let mut back = back.iter().peekable();
        let mut position = 0;
        out.put("{");
        while kept.peek().is_some() || back.peek().is_some() {
            let is_here = |(index, _): &&(usize, &str)| *index <= position;
            let next = match kept.peek() {
                Some(_) => back.next_if(is_here),
                None => back.next(),
            };
            if position > 0 {
                out.put(",");
            }
            position += 1;
            if let Some((_, chunk)) = next {
                out.put(chunk);
                continue;
            }
            let Some(member) = kept.next() else { continue };
            if is_sealed && member.name == "meta" {
                out.put(member.before());
                without_records(&member.value, out);
            } else {
                out.put(member.before());
                let steps = edits.steps.get(&*member.name);
                self.value(&member.value, Some(value), steps, state, out)?;
            }
            out.put(member.after());
        }
        out.put("}");
        Ok(())
    }

    fn array(
        &self,
        items: &[Item<'_>],
        edits: &Edits<'_>,
        state: &mut State,
        out: &mut Out,
    ) -> Result<()> {
        let of = items.len();
        let is_of = |edit: &Edit<'_>| match edit.within {
            Within::Object => false,
            Within::Element(stated) | Within::Between(stated) => stated == of,
        };
        if !edits.anchors.is_empty() || !edits.here.iter().all(is_of) {
            return Err(misplaced());
        }
        let is_between = |edit: &&Edit<'_>| matches!(edit.within, Within::Between(_));
        let mut between = edits.here.iter().filter(is_between).peekable();
        let mut here = edits
            .here
            .iter()
            .filter(|edit| !is_between(edit))
            .peekable();
        let mut steps = 0;
        let mut at = 0;
        let mut position = 0;
        out.put("[");
        while at < of || between.peek().is_some() {
            if position > 0 {
                out.put(",");
            }
            if let Some(edit) = between.next_if(|edit| edit.index == position) {
                out.put(edit.chunk);
            } else if let Some(item) = items.get(at) {
                if let Some(edit) = here.next_if(|edit| edit.index == at) {
                    out.put(edit.chunk);
                } else {
                    out.put(item.before());
                    let inner = match edits.steps.is_empty() {
                        true => None,
                        false => edits.steps.get(format!("{at}/{of}").as_str()),
                    };
                    steps += usize::from(inner.is_some());
                    self.value(&item.value, None, inner, state, out)?;
                    out.put(item.after());
                }
                at += 1;
            } else {
                return Err(misplaced());
            }
            position += 1;
        }
        out.put("]");
        match here.peek().is_none() && steps == edits.steps.len() {
            true => Ok(()),
            false => Err(misplaced()),
        }
    }
}

impl std::fmt::Debug for ResourceRevealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceRevealer")
            .field("revealer", self.revealer())
            .finish_non_exhaustive()
    }
}

/// What is known of a document while it is written.
#[derive(Default)]
struct State {
    /// How many seals were opened.
    opened: usize,
    /// What was revealed in the resource that is being revealed.
    inner: Vec<Inner>,
    /// Whether something that was sealed is not as it was protected.
    has_changed: bool,
}

/// What is put back: at the positions of one object or array, and further inside.
#[derive(Default)]
struct Edits<'t> {
    here: Vec<Edit<'t>>,
    /// What must stand here: names, and new values.
    anchors: Vec<(&'t str, &'t str)>,
    steps: BTreeMap<&'t str, Edits<'t>>,
}

/// What is put back at one position.
struct Edit<'t> {
    index: usize,
    within: Within,
    /// What must stand there now.
    new: Option<&'t str>,
    chunk: &'t str,
}

/// What a position is one of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Object,
    /// The elements of an array that has so many: there is one to be replaced.
    Element(usize),
    /// Those of an array as it was: it has so many that stayed.
    Between(usize),
}

impl<'t> Edits<'t> {
    fn add(&mut self, place: &'t str, text: &'t [u8]) -> Result<()> {
        let (path, name) = place.split_once(':').ok_or_else(misplaced)?;
        let (name, new) = match name.split_once('=') {
            Some((name, new)) => (name, Some(new)),
            None => (name, None),
        };
        let text = std::str::from_utf8(text).map_err(|_| misplaced())?;
        let mut edits = self;
        for (depth, step) in path.split('.').filter(|step| !step.is_empty()).enumerate() {
            if depth == PROTECTED.depth {
                return Err(misplaced());
            }
            edits = edits.steps.entry(step).or_default();
        }
        if let (Some(new), false) = (new, name.starts_with(|first: char| first.is_ascii_digit())) {
            edits.anchors.push((name, new));
            return Ok(());
        }
        let number = |text: &str| text.parse().map_err(|_| misplaced());
        let (index, within) = match (name.split_once('/'), name.split_once('+')) {
            (Some((index, of)), _) => (index, Within::Element(number(of)?)),
            (None, Some((index, of))) => (index, Within::Between(number(of)?)),
            (None, None) => (name, Within::Object),
        };
        edits.here.push(Edit {
            index: number(index)?,
            within,
            new,
            chunk: text,
        });
        Ok(())
    }

    fn sort(&mut self) {
        self.here.sort_unstable_by_key(|edit| edit.index);
        self.anchors.sort_unstable();
        self.anchors.dedup();
        self.steps.values_mut().for_each(Self::sort);
    }
}

/// What is revealed.
struct Out(Zeroizing<Vec<u8>>);

impl Out {
    fn put(&mut self, text: &str) {
        append(&mut self.0, text.as_bytes());
    }
}

/// What stands in an object that parts are put back into.
struct Standing<'v, 'd> {
    object: &'v Value<'d>,
    /// Its members, where many are asked for.
    by_name: Option<BTreeMap<&'v str, &'v Value<'d>>>,
}

impl<'v, 'd> Standing<'v, 'd> {
    /// Up to so many are searched for one by one.
    const FEW: usize = 16;

    fn of(object: &'v Value<'d>, asked: usize) -> Self {
        let members = object.members().unwrap_or_default().iter();
        let members = members.map(|member| (&*member.name, &member.value));
        Self {
            object,
            by_name: (asked > Self::FEW).then(|| members.collect()),
        }
    }

    /// Refuses an object in which `new` does not stand under `name`, as a text or a business identifier: it is another one than that of
    /// which the part was taken.
    fn check(&self, name: &str, new: &str) -> Result<()> {
        let found = match &self.by_name {
            Some(members) => members.get(name).copied(),
            None => self.object.member(name),
        };
        let stands = found.is_some_and(|found| {
            let identifier = found.member("value");
            found.is_string(new) || identifier.is_some_and(|value| value.is_string(new))
        });
        stands.then_some(()).ok_or_else(misplaced)
    }
}

/// Whether the extension that protecting made is there. Without records in it, they were lost, or what they open was put back in part.
fn has_seal(resource: &Value<'_>) -> bool {
    resource.member("meta").and_then(seal).is_some()
}

/// The entries of the extension that protecting made; `None` where the resource has none.
fn seal<'v, 'd>(meta: &'v Value<'d>) -> Option<&'v [Item<'d>]> {
    let Kind::Array(extensions) = &meta.member("extension")?.kind else {
        return None;
    };
    let sealed = extensions.iter().find(|item| is_seal(item))?;
    match &sealed.value.member("extension")?.kind {
        Kind::Array(entries) => Some(entries),
        _ => None,
    }
}

fn is_seal(extension: &Item<'_>) -> bool {
    has_url(extension, SEALED)
}

fn has_url(extension: &Item<'_>, url: &str) -> bool {
    let found = extension.value.member("url");
    found.is_some_and(|found| found.is_string(url))
}

/// The sealed records of a resource, in their order.
pub(super) fn records(resource: &Value<'_>) -> Result<Vec<SealedRecord>> {
    let entries = resource.member("meta").and_then(seal).unwrap_or_default();
    let records = entries.iter().filter(|entry| has_url(entry, RECORD));
    records
        .map(|entry| {
            let record = entry.value.member("valueString").and_then(Value::string);
            let record = record.ok_or_else(misplaced)?;
            record.parse().map_err(Error::of_message)
        })
        .collect()
}

/// Writes `meta` without the sealed records.
fn without_records(meta: &Value<'_>, out: &mut Out) {
    let mut first = true;
    out.put("{");
    for member in meta.members().unwrap_or_default() {
        let chunk = match (&*member.name, &member.value.kind) {
            ("extension", Kind::Array(items)) => {
                let items: Vec<String> =
                    items.iter().filter_map(extension_without_records).collect();
                match items.is_empty() {
                    true => continue,
                    false => Cow::Owned(format!("\"extension\":[{}]", items.join(","))),
                }
            }
            _ => Cow::Borrowed(member.chunk),
        };
        if !first {
            out.put(",");
        }
        first = false;
        out.put(&chunk);
    }
    out.put("}");
}

fn extension_without_records(extension: &Item<'_>) -> Option<String> {
    let entries = match extension.value.member("extension").map(|value| &value.kind) {
        Some(Kind::Array(entries)) if is_seal(extension) => entries,
        _ => return Some(extension.chunk.to_owned()),
    };
    let shown = entries.iter().filter(|entry| !has_url(entry, RECORD));
    let shown: Vec<&str> = shown.map(|entry| entry.chunk).collect();
    let shown = (!shown.is_empty()).then(|| shown.join(","))?;
    Some(format!(r#"{{"url":"{SEALED}","extension":[{shown}]}}"#))
}

/// Whether it is the extension that stands in emptied elements.
fn is_masked(member: &Member<'_>) -> bool {
    let Kind::Array(items) = &member.value.kind else {
        return false;
    };
    let is_masked = |item: &Item<'_>| {
        has_url(item, ABSENT)
            && item
                .value
                .member("valueCode")
                .is_some_and(|code| code.is_string("masked"))
    };
    member.name == "extension" && matches!(&items[..], [item] if is_masked(item))
}

fn misplaced() -> Error {
    Error::message(
        "the resource is not as it was protected: what was sealed of it has no place in it",
        "reveal it with the elements that it had when it was protected",
    )
}
