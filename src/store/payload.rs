//! What stands inside a key file, once it is opened.
//!
//! ```text
//! keyring  active epoch u32 │ n u16 │ (epoch u32 │ root[32])n │ generation u32 │ n u16 │ (generation u32 │ root[32])n
//! grant    len u8 │ domain │ schema digest[32] │ policy digest[32] │ n u16 │ (epoch u32 │ scope u8 │ key[32])n
//! term     year i16 │ month u8 │ day u8 │ len u8 │ owner
//! ```
//!
//! A grant with a term is of version 2, grant │ term; all else is of version 1.

use std::collections::BTreeMap;

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::{
    id::{Digest, Domain, Epoch, Generation, Scope},
    key::{Grant, Keyring, grant::Term, keyring::MAX_EPOCHS, tree},
    secret::Secret,
};

/// Something that a key file holds.
pub(super) trait Payload: Sized {
    /// Its word in the file's first line.
    const KIND: &'static str;

    /// The version of the file that holds it.
    fn version(&self) -> u32;

    /// Room for [`Payload::write`], so that no copy is left behind by growing.
    fn size(&self) -> usize;

    fn write(&self, to: &mut Vec<u8>);

    /// `None` where the bytes are not of the form of this version.
    fn read(bytes: &mut Reader<'_>, version: u32) -> Option<Self>;
}

/// The last version that is read of files of this kind.
pub(super) fn newest_version(kind: &str) -> u32 {
    if kind == Grant::KIND {
        WITH_TERM
    } else {
        WITHOUT_TERM
    }
}

/// The version of keyrings, and of grants without a term.
const WITHOUT_TERM: u32 = 1;

/// The version of grants with a term.
const WITH_TERM: u32 = 2;

pub(super) fn print<T: Payload>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.size()));
    value.write(&mut bytes);
    bytes
}

pub(super) fn parse<T: Payload>(bytes: &[u8], version: u32) -> Option<T> {
    let mut reader = Reader(bytes);
    let value = T::read(&mut reader, version)?;
    reader.0.is_empty().then_some(value)
}

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn count(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let [length] = self.array()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn term(&mut self) -> Option<Term> {
        let year = i16::from_be_bytes(self.array()?);
        let [month, day] = self.array::<2>()?.map(i8::try_from);
        let until = Date::new(year, month.ok()?, day.ok()?).ok()?;
        Term::new(self.text()?, until)
    }

    fn secret(&mut self) -> Option<Secret<32>> {
        let bytes = self.take(32)?;
        Some(Secret::fill(|secret| secret.copy_from_slice(bytes)))
    }
}

impl Payload for Keyring {
    const KIND: &'static str = "keyring";

    fn version(&self) -> u32 {
        WITHOUT_TERM
    }

    fn size(&self) -> usize {
        12 + 36 * (self.sealing.len() + self.linkage.len())
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.active.number().to_be_bytes());
        write_count(self.sealing.len(), to);
        for (epoch, root) in &self.sealing {
            to.extend_from_slice(&epoch.number().to_be_bytes());
            to.extend_from_slice(root.expose());
        }
        to.extend_from_slice(&self.generation.number().to_be_bytes());
        write_count(self.linkage.len(), to);
        for (generation, root) in &self.linkage {
            to.extend_from_slice(&generation.number().to_be_bytes());
            to.extend_from_slice(root.expose());
        }
    }

    fn read(bytes: &mut Reader<'_>, _: u32) -> Option<Self> {
        let active = Epoch::new(bytes.u32()?)?;
        let mut sealing = BTreeMap::new();
        for _ in 0..bytes.count()? {
            let before = sealing.insert(Epoch::new(bytes.u32()?)?, bytes.secret()?);
            if before.is_some() {
                return None;
            }
        }
        let generation = Generation::new(bytes.u32()?)?;
        let mut linkage = BTreeMap::new();
        for _ in 0..bytes.count()? {
            let before = linkage.insert(Generation::new(bytes.u32()?)?, bytes.secret()?);
            if before.is_some() {
                return None;
            }
        }
        let log = tree::log_root(linkage.first_key_value()?.1);
        let whole = sealing.contains_key(&active) && linkage.contains_key(&generation);
        // What another writer put beyond it could not be counted in a grant.
        let countable = sealing.len().max(linkage.len()) <= MAX_EPOCHS;
        (whole && countable).then_some(Self {
            sealing,
            active,
            linkage,
            generation,
            log,
        })
    }
}

impl Payload for Grant {
    const KIND: &'static str = "grant";

    fn version(&self) -> u32 {
        if self.term.is_some() {
            WITH_TERM
        } else {
            WITHOUT_TERM
        }
    }

    fn size(&self) -> usize {
        let term = self.term.as_ref().map_or(0, |term| 5 + term.owner.len());
        67 + self.domain.as_str().len() + 37 * self.keys.len() + term
    }

    fn write(&self, to: &mut Vec<u8>) {
        // A domain has at most 64 bytes.
        to.push(self.domain.as_str().len() as u8);
        to.extend_from_slice(self.domain.as_str().as_bytes());
        to.extend_from_slice(self.schema.as_bytes());
        to.extend_from_slice(self.policy.as_bytes());
        write_count(self.keys.len(), to);
        for ((epoch, scope), key) in &self.keys {
            to.extend_from_slice(&epoch.number().to_be_bytes());
            to.push(scope.number());
            to.extend_from_slice(key.expose());
        }
        if let Some(Term { owner, until }) = &self.term {
            to.extend_from_slice(&until.year().to_be_bytes());
            to.extend_from_slice(&[until.month() as u8, until.day() as u8]);
            // An owner has at most 200 bytes.
            to.push(owner.len() as u8);
            to.extend_from_slice(owner.as_bytes());
        }
    }

    fn read(bytes: &mut Reader<'_>, version: u32) -> Option<Self> {
        let domain = Domain::new(bytes.text()?).ok()?;
        let schema = Digest::from_bytes(bytes.array()?);
        let policy = Digest::from_bytes(bytes.array()?);
        let mut keys = BTreeMap::new();
        for _ in 0..bytes.count()? {
            let epoch = Epoch::new(bytes.u32()?)?;
            let [scope] = bytes.array()?;
            let before = keys.insert((epoch, Scope::from_wire(scope)?), bytes.secret()?);
            if before.is_some() {
                return None;
            }
        }
        let grant = Self {
            domain,
            schema,
            policy,
            keys,
            term: match version {
                WITH_TERM => Some(bytes.term()?),
                _ => None,
            },
        };
        // Every epoch opens every scope: a revealer relies on it.
        let full = grant.epochs().len() * grant.scopes().len();
        (full > 0 && full == grant.keys.len()).then_some(grant)
    }
}

/// A keyring has at most 1,200 epochs and a schema 52 scopes.
fn write_count(count: usize, to: &mut Vec<u8>) {
    to.extend_from_slice(&(count as u16).to_be_bytes());
}
