//! From protected resources back to resources.

use std::{borrow::Cow, collections::BTreeMap};

use zeroize::{Zeroize, Zeroizing};

use super::{
    json::{self, Document, Item, Kind, Member, Value},
    protect::{PROTECTED, RECORD, SEALED},
};
use crate::{
    adapter::message::{self, Opener, Originals, Restored},
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
    /// Resources of a Bundle that were not protected stay as they are.
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
        let mut opened = 0;
        let mut bytes = Out(Zeroizing::new(Vec::with_capacity(document.len())));
        bytes.put(before);
        let digest = self.resource(&root, &mut opened, &mut bytes)?;
        bytes.put(after);
        if opened == 0 {
            return Err(Error::message(
                "the document holds nothing that was protected",
                "give a resource or Bundle as it was protected, with its `meta`",
            ));
        }
        let is_original = self.opener.is_whole().then(|| {
            digest.is_some_and(|digest| digest[..] == *message::digest(&bytes.0).as_bytes())
        });
        Ok(Restored {
            bytes: bytes.0,
            is_original,
        })
    }

    /// Reveals a resource and those inside of it; gives the digest of what was protected.
    fn resource(
        &self,
        resource: &Value<'_>,
        opened: &mut usize,
        out: &mut Out,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let records = records(resource)?;
        let originals = match records.is_empty() {
            true => None,
            false => Some(self.open(resource, &records)?),
        };
        let entries = match &originals {
            Some(originals) => originals.entries()?,
            None => Vec::new(),
        };
        *opened += usize::from(originals.is_some());
        let mut digest = None;
        let mut edits = Edits::default();
        for (place, text) in entries {
            match place {
                "digest" => digest = Some(Zeroizing::new(text.to_vec())),
                place => edits.add(place, text)?,
            }
        }
        edits.sort();
        let top = Top {
            is_sealed: originals.is_some(),
            is_bundle: resource
                .resource_type()
                .is_some_and(|name| *name == *"Bundle"),
        };
        self.object(resource, &edits, Some(&top), &Inside::of(&top), opened, out)?;
        Ok(digest)
    }

    fn open(&self, resource: &Value<'_>, records: &[SealedRecord]) -> Result<Originals> {
        let name = resource.resource_type().unwrap_or_default();
        let id = resource.member("id").and_then(Value::string);
        let stored_as = match id {
            Some(id) => format!("{}/{}", &*name, &*id),
            None => name.to_string(),
        };
        self.opener.open(records, &stored_as)
    }

    fn value(
        &self,
        value: &Value<'_>,
        edits: Option<&Edits<'_>>,
        inside: &Inside,
        opened: &mut usize,
        out: &mut Out,
    ) -> Result<()> {
        if let (Inside::Resource, Kind::Object(_)) = (inside, &value.kind) {
            if edits.is_some() {
                return Err(misplaced());
            }
            return self.resource(value, opened, out).map(|_| ());
        }
        match (&value.kind, edits) {
            (Kind::Object(_), Some(edits)) => self.object(value, edits, None, inside, opened, out),
            (Kind::Array(items), Some(edits)) => self.array(items, edits, inside, opened, out),
            (Kind::Object(_), None) if inside.leads_on() => {
                self.object(value, &Edits::default(), None, inside, opened, out)
            }
            (Kind::Array(items), None) if inside.leads_on() => {
                self.array(items, &Edits::default(), inside, opened, out)
            }
            (_, Some(_)) => Err(misplaced()),
            (_, None) => {
                out.put(value.text);
                Ok(())
            }
        }
    }

    /// Writes an object with what is put back into it; `top` where it is a resource that is revealed for itself.
    fn object(
        &self,
        value: &Value<'_>,
        edits: &Edits<'_>,
        top: Option<&Top>,
        inside: &Inside,
        opened: &mut usize,
        out: &mut Out,
    ) -> Result<()> {
        let members = value.members().unwrap_or_default();
        let is_sealed = top.is_some_and(|top| top.is_sealed);
        let is_whole = self.opener.is_whole();
        let mut back = Vec::with_capacity(edits.here.len());
        for &(index, chunk) in &edits.here {
            let name = json::name_of(chunk).ok_or_else(misplaced)?;
            // Until all is revealed, it says that it is not.
            if !(is_sealed && !is_whole && name == "meta") {
                back.push((index, chunk, name));
            }
        }
        let names: Vec<&str> = back.iter().map(|(_, _, name)| &**name).collect();
        let stays = |member: &&Member<'_>| {
            let stands_for = member.name.strip_prefix('_');
            let is_replaced = names
                .iter()
                .any(|name| *name == member.name || Some(*name) == stands_for);
            let is_mark = !names.is_empty() && is_masked(member);
            let is_seal = is_sealed && is_whole && member.name == "meta";
            !is_replaced && !is_mark && !is_seal
        };
        let steps: usize = members
            .iter()
            .filter(stays)
            .filter(|member| edits.steps.contains_key(&*member.name))
            .count();
        if steps < edits.steps.len() {
            return Err(misplaced());
        }
        let mut kept = members.iter().filter(stays).peekable();
        let mut back = back.iter().peekable();
        let mut position = 0;
        out.put("{");
        while kept.peek().is_some() || back.peek().is_some() {
            let is_here = |(index, ..): &&(usize, &str, Cow<'_, str>)| *index <= position;
            let next = match kept.peek() {
                Some(_) => back.next_if(is_here),
                None => back.next(),
            };
            if position > 0 {
                out.put(",");
            }
            position += 1;
            if let Some((_, chunk, _)) = next {
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
                self.value(&member.value, steps, &inside.at(&member.name), opened, out)?;
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
        inside: &Inside,
        opened: &mut usize,
        out: &mut Out,
    ) -> Result<()> {
        let mut here = edits.here.iter().peekable();
        let mut steps = 0;
        out.put("[");
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.put(",");
            }
            if let Some((_, chunk)) = here.next_if(|(index, _)| *index == at) {
                out.put(chunk);
                continue;
            }
            out.put(item.before());
            let inner = match edits.steps.is_empty() {
                true => None,
                false => edits.steps.get(at.to_string().as_str()),
            };
            steps += usize::from(inner.is_some());
            self.value(&item.value, inner, inside, opened, out)?;
            out.put(item.after());
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

/// A resource that is revealed for itself.
struct Top {
    is_sealed: bool,
    is_bundle: bool,
}

/// Where resources of a Bundle are: inside `resource` of each `entry`.
enum Inside {
    Nothing,
    Bundle,
    Entries,
    Resource,
}

impl Inside {
    fn of(top: &Top) -> Self {
        match top.is_bundle {
            true => Self::Bundle,
            false => Self::Nothing,
        }
    }

    fn at(&self, name: &str) -> Self {
        match (self, name) {
            (Self::Bundle, "entry") => Self::Entries,
            (Self::Entries, "resource") => Self::Resource,
            _ => Self::Nothing,
        }
    }

    fn leads_on(&self) -> bool {
        matches!(self, Self::Entries)
    }
}

/// What is put back: at the positions of one object or array, and further inside.
#[derive(Default)]
struct Edits<'t> {
    here: Vec<(usize, &'t str)>,
    steps: BTreeMap<&'t str, Edits<'t>>,
}

impl<'t> Edits<'t> {
    fn add(&mut self, place: &'t str, text: &'t [u8]) -> Result<()> {
        let (path, index) = place.rsplit_once(':').ok_or_else(misplaced)?;
        let index = index.parse().map_err(|_| misplaced())?;
        let text = std::str::from_utf8(text).map_err(|_| misplaced())?;
        let mut edits = self;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            edits = edits.steps.entry(step).or_default();
        }
        edits.here.push((index, text));
        Ok(())
    }

    fn sort(&mut self) {
        self.here.sort_unstable_by_key(|(index, _)| *index);
        self.steps.values_mut().for_each(Self::sort);
    }
}

/// Clear text that grows; what it grows out of is wiped.
struct Out(Zeroizing<Vec<u8>>);

impl Out {
    fn put(&mut self, text: &str) {
        let needed = self.0.len() + text.len();
        if needed > self.0.capacity() {
            let mut grown = Vec::with_capacity(needed.next_power_of_two());
            grown.extend_from_slice(&self.0);
            self.0.zeroize();
            *self.0 = grown;
        }
        self.0.extend_from_slice(text.as_bytes());
    }
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
fn records(resource: &Value<'_>) -> Result<Vec<SealedRecord>> {
    let entries = resource.member("meta").and_then(seal).unwrap_or_default();
    let records = entries.iter().filter(|entry| has_url(entry, RECORD));
    records
        .map(|entry| {
            let record = entry.value.member("valueString").and_then(Value::string);
            record.ok_or_else(misplaced)?.parse()
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
        has_url(
            item,
            "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        ) && item
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
