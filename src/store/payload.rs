//! What stands inside a key file, once it is opened.
//!
//! ```text
//! keyring  active epoch u32 │ n u16 │ (epoch u32 │ root[32])n │ generation u32 │ n u16 │ (generation u32 │ root[32])n
//! grant    len u8 │ domain │ schema digest[32] │ policy digest[32] │ n u16 │ (epoch u32 │ scope u8 │ key[32])n
//! ```

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::{
    id::{Digest, Domain, Epoch, Generation, Scope},
    key::{Grant, Keyring, keyring::MAX_EPOCHS},
    secret::Secret,
};

/// Something that a key file holds.
pub(super) trait Payload: Sized {
    /// Its word in the file's first line.
    const KIND: &'static str;

    /// Room for [`Payload::write`], so that no copy is left behind by growing.
    fn size(&self) -> usize;

    fn write(&self, to: &mut Vec<u8>);

    /// `None` where the bytes are not of the form.
    fn read(bytes: &mut Reader<'_>) -> Option<Self>;
}

pub(super) fn print<T: Payload>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.size()));
    value.write(&mut bytes);
    bytes
}

pub(super) fn parse<T: Payload>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader(bytes);
    let value = T::read(&mut reader)?;
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

    fn secret(&mut self) -> Option<Secret<32>> {
        let bytes = self.take(32)?;
        Some(Secret::fill(|secret| secret.copy_from_slice(bytes)))
    }
}

impl Payload for Keyring {
    const KIND: &'static str = "keyring";

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

    fn read(bytes: &mut Reader<'_>) -> Option<Self> {
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
        let whole = sealing.contains_key(&active) && linkage.contains_key(&generation);
        // What another writer put beyond it could not be counted in a grant.
        let countable = sealing.len().max(linkage.len()) <= MAX_EPOCHS;
        (whole && countable).then_some(Self {
            sealing,
            active,
            linkage,
            generation,
        })
    }
}

impl Payload for Grant {
    const KIND: &'static str = "grant";

    fn size(&self) -> usize {
        67 + self.domain.as_str().len() + 37 * self.keys.len()
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
    }

    fn read(bytes: &mut Reader<'_>) -> Option<Self> {
        let [length] = bytes.array()?;
        let domain = std::str::from_utf8(bytes.take(usize::from(length))?).ok()?;
        let domain = Domain::new(domain).ok()?;
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
