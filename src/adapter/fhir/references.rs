//! Ids and references: each gets one new value in a document, however it is spelt.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{
    profile::{Profile, Type},
    protect::StandIns,
};
use crate::{
    adapter::message::{self, push_number},
    crypto::{aead::Nonce, entropy::Nonces},
    error::Result,
};

/// Where protected resources say that they are: the name can belong to nobody (RFC 2606), and the true one names the clinic.
const BASE: &str = "https://paravent.invalid";

/// The system of values that stand for business identifiers.
pub(super) const REFERENCE_SYSTEM: &str = "urn:paravent:reference";

/// How a reference is spelt.
pub(super) enum Spelling<'a, 'p> {
    /// `#` and the id of a contained resource.
    Fragment(&'a str),
    /// `urn:uuid:` or `urn:oid:`.
    Urn,
    /// `Patient/23`, in the server of the document.
    Relative(&'p Type, &'a str),
    /// The server, the type, the id.
    Absolute(&'a str, &'p Type, &'a str),
    /// `Patient`, `Patient?…` or `Patient/_search`.
    OfType(&'p Type),
}

impl<'a, 'p> Spelling<'a, 'p> {
    /// How `text` is spelt; `None` where it is no reference to a type of the profile.
    pub(super) fn of(text: &'a str, profile: &'p Profile) -> Option<Self> {
        if let Some(id) = text.strip_prefix('#') {
            return Some(Self::Fragment(id));
        }
        if text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") {
            return Some(Self::Urn);
        }
        let end = text.bytes().position(|byte| matches!(byte, b'?' | b'#'));
        let path = &text[..end.unwrap_or(text.len())];
        // Most have no version: to look for one byte is cheaper.
        let version = match path.contains('_') {
            true => path.find("/_history/"),
            false => None,
        };
        let path = &path[..version.unwrap_or(path.len())];
        let Some((before, last)) = path.rsplit_once('/') else {
            return profile.of_type(path).map(Self::OfType);
        };
        let (base, name) = match before.rsplit_once('/') {
            Some((base, name)) => (Some(base), name),
            None => (None, before),
        };
        let of_type = profile.of_type(name)?;
        match base {
            _ if last == "_search" => Some(Self::OfType(of_type)),
            _ if !is_id(last) => None,
            None => Some(Self::Relative(of_type, last)),
            Some(base) if text.starts_with("http://") || text.starts_with("https://") => {
                Some(Self::Absolute(base, of_type, last))
            }
            Some(_) => None,
        }
    }
}

impl Spelling<'_, '_> {
    /// Whether `text`, which is spelt so, says more than which resource it means: a query, a fragment or a server.
    pub(super) fn tells_more(&self, text: &str) -> bool {
        match self {
            Self::Fragment(id) => !id.is_empty() && !is_id(id),
            Self::Urn => !text.split(':').all(is_id),
            Self::Relative(of_type, id) => {
                let rest = &text[of_type.name.len() + 1 + id.len()..];
                !rest.is_empty() && !rest.strip_prefix("/_history/").is_some_and(is_id)
            }
            Self::Absolute(..) => true,
            Self::OfType(of_type) => {
                let rest = text.strip_prefix(&*of_type.name);
                !rest.is_some_and(|rest| rest.is_empty() || rest == "/_search")
            }
        }
    }
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// The new values of one document, by what they stand for.
#[derive(Default)]
pub(super) struct References {
    new: BTreeMap<Key, String>,
    /// Types by their addresses in the Bundle.
    types: BTreeMap<Key, String>,
    /// Business identifiers that references name.
    named: BTreeSet<Key>,
    /// The server that addresses in a Bundle name; empty where they name several.
    base: Option<Zeroizing<String>>,
}

/// A clear value, which is wiped on drop.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key(String);

impl Drop for Key {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Key {
    /// That of parts, which are told apart by their lengths.
    fn of(kind: char, parts: &[&str]) -> Self {
        // Made at once, so that no copy is left where it was.
        let length: usize = parts.iter().map(|part| part.len() + 12).sum();
        let mut key = String::with_capacity(length + 1);
        key.push(kind);
        for part in parts {
            push_number(&mut key, part.len());
            key.push(':');
            key.push_str(part);
        }
        Self(key)
    }
}

impl References {
    /// The new id of a resource: the stand-in of one that fits its field and is of the document's own server, or a random one.
    pub(super) fn id(
        &mut self,
        base: &str,
        of_type: &Type,
        id: &str,
        stand_in: Option<&StandIns>,
    ) -> Result<&str> {
        let key = Key::of('r', &[base, &of_type.name, id]);
        // An id says who it is on its own server only.
        let stand_in = stand_in.filter(|_| base.is_empty() || base == self.base());
        self.new_for(key, || {
            if let (Some((query, names)), Some(position)) = (stand_in, of_type.id)
                && let Some(name) = names.get(&position)
                && let field = &query.policy().schema().fields()[position]
                && id.len() <= field.width()
            {
                let field = field.name();
                let found = query.pseudonym(name, &BTreeMap::from([(field, id)]))?;
                if let Some((_, pseudonym)) = found.last() {
                    return Ok(pseudonym.to_string());
                }
            }
            message::id()
        })
    }

    /// The new id of a contained resource.
    pub(super) fn fragment(&mut self, container: usize, id: &str) -> Result<&str> {
        let key = Key::of('f', &[&container.to_string(), id]);
        self.new_for(key, message::id)
    }

    /// The new form of a `urn:`.
    pub(super) fn urn(&mut self, urn: &str) -> Result<&str> {
        self.new_for(Key::of('u', &[urn]), urn_uuid)
    }

    /// The new value of a business identifier.
    pub(super) fn identifier(&mut self, system: &str, value: &str) -> Result<&str> {
        self.new_for(Key::of('i', &[system, value]), message::id)
    }

    fn new_for(&mut self, key: Key, make: impl FnOnce() -> Result<String>) -> Result<&str> {
        Ok(match self.new.entry(key) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(none) => none.insert(make()?),
        })
    }

    /// Notes that references name this business identifier.
    pub(super) fn name_identifier(&mut self, system: &str, value: &str) {
        self.named.insert(Key::of('i', &[system, value]));
    }

    pub(super) fn is_named(&self, system: &str, value: &str) -> bool {
        !self.named.is_empty() && self.named.contains(&Key::of('i', &[system, value]))
    }

    pub(super) fn names_any(&self) -> bool {
        !self.named.is_empty()
    }

    /// Notes the server of an entry.
    pub(super) fn name_base(&mut self, base: &str) {
        match &self.base {
            Some(named) if ***named == *base => {}
            Some(_) => self.base = Some(Zeroizing::default()),
            None => self.base = Some(Zeroizing::new(base.to_owned())),
        }
    }

    /// The server of an entry that names none: the one that all others name.
    pub(super) fn base(&self) -> &str {
        self.base.as_ref().map_or("", |base| base)
    }

    /// Notes of which type the resource at this `urn:` is.
    pub(super) fn place(&mut self, urn: &str, of_type: &str) {
        self.types.insert(Key(urn.to_owned()), of_type.to_owned());
    }

    pub(super) fn type_at(&self, urn: &str) -> Option<&str> {
        self.types.get(urn).map(String::as_str)
    }
}

/// The server of the resource at `url`; empty where it says none.
pub(super) fn base_of<'a>(url: &'a str, profile: &Profile) -> &'a str {
    match Spelling::of(url, profile) {
        Some(Spelling::Absolute(base, ..)) => base,
        _ => "",
    }
}

pub(super) fn absolute(of_type: &str, id: &str) -> String {
    [BASE, "/", of_type, "/", id].concat()
}

/// A random `urn:uuid:`, of version 4 (RFC 9562).
fn urn_uuid() -> Result<String> {
    static RANDOM: Nonces = Nonces::pooled();
    let mut random = Nonce::default();
    RANDOM.draw(&mut random)?;
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let mut urn = String::with_capacity(45);
    urn.push_str("urn:uuid:");
    HEXLOWER.encode_append(&random[..4], &mut urn);
    for group in [4..6, 6..8, 8..10, 10..16] {
        urn.push('-');
        HEXLOWER.encode_append(&random[group], &mut urn);
    }
    Ok(urn)
}
