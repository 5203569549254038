//! What stands inside a key file, once it is opened.
//!
//! ```text
//! keyring  n u16 │ (epoch u32 │ state u8 │ since day │ not after day │ root[32])n │ n u16 │ (generation u32 │ root[32])n │ log root[32]
//! grant    len u8 │ domain │ schema digest[32] │ policy digest[32] │ n u16 │ (epoch u32 │ scope u8 │ key[32])n
//! share    split id[16] │ len u8 │ domain │ len u8 │ release │ len u8 │ holder │ place u8 │ value[32]
//! term     day │ len u8 │ owner
//! day      year i16 │ month u8 │ day u8; zeros where none is known
//! ```
//!
//! States: 1 active, 2 decrypt-only, 3 disabled, 4 destroyed, whose root is zeros. Keyrings are of version 2; of version 1 were
//!
//! ```text
//! keyring  active epoch u32 │ n u16 │ (epoch u32 │ root[32])n │ generation u32 │ n u16 │ (generation u32 │ root[32])n
//! ```
//!
//! A grant with a term is of version 2, grant │ term; one without is of version 1.

use std::collections::BTreeMap;

use jiff::civil::Date;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

#[cfg(feature = "broker")]
use crate::{
    crypto::shamir::Place,
    id::{check_name, is_line},
    key::{Share, split::MAX_HOLDERS},
};
use crate::{
    id::{Digest, Domain, Epoch, Generation, Scope},
    key::{
        EpochState, Grant, Keyring,
        grant::Term,
        keyring::{MAX_EPOCHS, Root, SealingEpoch},
        tree,
    },
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

    fn read(bytes: &mut Reader<'_>, version: u32) -> Result<Self, Fault>;
}

/// Why what stands in a key file is refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// It is not of the form of its version.
    Form,
    /// The keyring's epochs are not what they can be.
    Epochs(&'static str),
}

/// The last version that is read of files of this kind.
pub(super) fn newest_version(kind: &str) -> u32 {
    match kind {
        Grant::KIND => WITH_TERM,
        Keyring::KIND => WITH_STATES,
        _ => 1,
    }
}

/// The version of keyrings.
const WITH_STATES: u32 = 2;

/// The version of shares, and of grants without a term.
const WITHOUT_TERM: u32 = 1;

/// The version of grants with a term.
const WITH_TERM: u32 = 2;

pub(super) fn print<T: Payload>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.size()));
    value.write(&mut bytes);
    bytes
}

pub(super) fn parse<T: Payload>(bytes: &[u8], version: u32) -> Result<T, Fault> {
    let mut reader = Reader(bytes);
    let value = T::read(&mut reader, version)?;
    match reader.0 {
        [] => Ok(value),
        _ => Err(Fault::Form),
    }
}

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Fault::Form)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::Form)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    fn count(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    fn text(&mut self) -> Result<&'a str, Fault> {
        let [length] = self.array()?;
        std::str::from_utf8(self.take(usize::from(length))?).map_err(|_| Fault::Form)
    }

    fn optional_day(&mut self) -> Result<Option<Date>, Fault> {
        let [y0, y1, month, day] = self.array()?;
        if [y0, y1, month, day] == [0; 4] {
            return Ok(None);
        }
        let (month, day) = (month.try_into(), day.try_into());
        let (month, day) = month.ok().zip(day.ok()).ok_or(Fault::Form)?;
        let day = Date::new(i16::from_be_bytes([y0, y1]), month, day);
        day.map(Some).map_err(|_| Fault::Form)
    }

    fn term(&mut self) -> Result<Term, Fault> {
        let until = self.optional_day()?.ok_or(Fault::Form)?;
        Term::new(self.text()?, until).ok_or(Fault::Form)
    }

    fn secret(&mut self) -> Result<Secret<32>, Fault> {
        let bytes = self.take(32)?;
        Ok(Secret::fill(|secret| secret.copy_from_slice(bytes)))
    }
}

impl Payload for Keyring {
    const KIND: &'static str = "keyring";

    fn version(&self) -> u32 {
        WITH_STATES
    }

    fn size(&self) -> usize {
        36 + 45 * self.sealing.len() + 36 * self.linkage.len()
    }

    fn write(&self, to: &mut Vec<u8>) {
        write_count(self.sealing.len(), to);
        for (info, one) in self.epoch_infos().zip(self.sealing.values()) {
            to.extend_from_slice(&info.epoch.number().to_be_bytes());
            to.push(state_byte(info.state));
            write_day(info.since, to);
            write_day(info.not_after, to);
            match &one.root {
                Root::Enabled(root) | Root::Disabled(root) => to.extend_from_slice(root.expose()),
                Root::Destroyed => to.extend_from_slice(&[0; 32]),
            }
        }
        write_count(self.linkage.len(), to);
        for (generation, root) in &self.linkage {
            to.extend_from_slice(&generation.number().to_be_bytes());
            to.extend_from_slice(root.expose());
        }
        to.extend_from_slice(self.log.expose());
    }

    fn read(bytes: &mut Reader<'_>, version: u32) -> Result<Self, Fault> {
        let (sealing, linkage) = match version {
            WITH_STATES => (bytes.epochs()?, bytes.generations()?),
            _ => bytes.roots_alone()?,
        };
        let log = match version {
            WITH_STATES => bytes.secret()?,
            _ => tree::log_root(linkage.first_key_value().ok_or(Fault::Form)?.1),
        };
        // What another writer put beyond it could not be counted in a grant.
        if linkage.is_empty() || sealing.len().max(linkage.len()) > MAX_EPOCHS {
            return Err(Fault::Form);
        }
        Ok(Self {
            sealing,
            linkage,
            log,
        })
    }
}

impl Reader<'_> {
    /// Epochs with their states, of which the newest is the active one.
    fn epochs(&mut self) -> Result<BTreeMap<Epoch, SealingEpoch>, Fault> {
        let mut epochs = BTreeMap::new();
        let mut active = Vec::new();
        for _ in 0..self.count()? {
            let epoch = Epoch::new(self.u32()?).ok_or(Fault::Form)?;
            let [state] = self.array()?;
            let (since, not_after) = (self.optional_day()?, self.optional_day()?);
            let root = self.secret()?;
            let root = match state {
                ACTIVE => {
                    active.push(epoch);
                    Root::Enabled(root)
                }
                DECRYPT_ONLY => Root::Enabled(root),
                DISABLED => Root::Disabled(root),
                DESTROYED if bool::from(root.expose()[..].ct_eq(&[0; 32])) => Root::Destroyed,
                _ => return Err(Fault::Form),
            };
            let one = SealingEpoch {
                root,
                since,
                not_after,
            };
            if epochs.insert(epoch, one).is_some() {
                return Err(Fault::Form);
            }
        }
        match active[..] {
            [] => Err(Fault::Epochs("has no active epoch")),
            [only]
                if epochs
                    .last_key_value()
                    .is_some_and(|(&last, _)| last == only) =>
            {
                Ok(epochs)
            }
            [_] => Err(Fault::Epochs(GOES_BACK)),
            _ => Err(Fault::Epochs("has more than one active epoch")),
        }
    }

    fn generations(&mut self) -> Result<BTreeMap<Generation, Secret<32>>, Fault> {
        let mut generations = BTreeMap::new();
        for _ in 0..self.count()? {
            let generation = Generation::new(self.u32()?).ok_or(Fault::Form)?;
            if generations.insert(generation, self.secret()?).is_some() {
                return Err(Fault::Form);
            }
        }
        Ok(generations)
    }

    /// What version 1 holds: the active epoch and all that open, the live generation and all.
    fn roots_alone(&mut self) -> Result<Roots, Fault> {
        let active = Epoch::new(self.u32()?).ok_or(Fault::Form)?;
        let mut epochs = BTreeMap::new();
        for _ in 0..self.count()? {
            let epoch = Epoch::new(self.u32()?).ok_or(Fault::Form)?;
            let one = SealingEpoch::new(self.secret()?);
            if epochs.insert(epoch, one).is_some() {
                return Err(Fault::Form);
            }
        }
        let live = Generation::new(self.u32()?).ok_or(Fault::Form)?;
        let generations = self.generations()?;
        if !epochs.contains_key(&active) {
            return Err(Fault::Epochs("has no active epoch"));
        }
        if !generations.contains_key(&live) {
            return Err(Fault::Form);
        }
        let is_last = epochs
            .last_key_value()
            .is_some_and(|(&last, _)| last == active)
            && generations
                .last_key_value()
                .is_some_and(|(&last, _)| last == live);
        if is_last {
            Ok((epochs, generations))
        } else {
            Err(Fault::Epochs(GOES_BACK))
        }
    }
}

type Roots = (
    BTreeMap<Epoch, SealingEpoch>,
    BTreeMap<Generation, Secret<32>>,
);

const GOES_BACK: &str = "goes back: its newest epoch or generation is not the active one";

const ACTIVE: u8 = 1;
const DECRYPT_ONLY: u8 = 2;
const DISABLED: u8 = 3;
const DESTROYED: u8 = 4;

fn state_byte(state: EpochState) -> u8 {
    match state {
        EpochState::Active => ACTIVE,
        EpochState::DecryptOnly => DECRYPT_ONLY,
        EpochState::Disabled => DISABLED,
        EpochState::Destroyed => DESTROYED,
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
            write_day(Some(*until), to);
            // An owner has at most 200 bytes.
            to.push(owner.len() as u8);
            to.extend_from_slice(owner.as_bytes());
        }
    }

    fn read(bytes: &mut Reader<'_>, version: u32) -> Result<Self, Fault> {
        let domain = Domain::new(bytes.text()?).map_err(|_| Fault::Form)?;
        let schema = Digest::from_bytes(bytes.array()?);
        let policy = Digest::from_bytes(bytes.array()?);
        let mut keys = BTreeMap::new();
        for _ in 0..bytes.count()? {
            let epoch = Epoch::new(bytes.u32()?).ok_or(Fault::Form)?;
            let [scope] = bytes.array()?;
            let scope = Scope::from_wire(scope).ok_or(Fault::Form)?;
            if keys.insert((epoch, scope), bytes.secret()?).is_some() {
                return Err(Fault::Form);
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
        if full == 0 || full != grant.keys.len() {
            return Err(Fault::Form);
        }
        Ok(grant)
    }
}

/// Nothing stands for a day that is not known.
fn write_day(day: Option<Date>, to: &mut Vec<u8>) {
    let Some(day) = day else {
        to.extend_from_slice(&[0; 4]);
        return;
    };
    to.extend_from_slice(&day.year().to_be_bytes());
    to.extend_from_slice(&[day.month() as u8, day.day() as u8]);
}

#[cfg(feature = "broker")]
impl Payload for Share {
    const KIND: &'static str = "share";

    fn version(&self) -> u32 {
        WITHOUT_TERM
    }

    fn size(&self) -> usize {
        let texts = [self.domain.as_str(), &self.release, &self.holder];
        52 + texts.map(str::len).iter().sum::<usize>()
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.split);
        for text in [self.domain.as_str(), &self.release, &self.holder] {
            // A domain and a name have at most 64 bytes, a holder 200.
            to.push(text.len() as u8);
            to.extend_from_slice(text.as_bytes());
        }
        to.push(self.place.get());
        to.extend_from_slice(self.value.expose());
    }

    fn read(bytes: &mut Reader<'_>, _: u32) -> Result<Self, Fault> {
        let split = bytes.array()?;
        let domain = Domain::new(bytes.text()?).map_err(|_| Fault::Form)?;
        let [release, holder] = [bytes.text()?, bytes.text()?];
        check_name("a release's name", release).map_err(|_| Fault::Form)?;
        let [number] = bytes.array()?;
        let place = Place::new(number).filter(|_| usize::from(number) <= MAX_HOLDERS);
        let place = place.filter(|_| is_line(holder)).ok_or(Fault::Form)?;
        Ok(Self {
            split,
            domain,
            release: release.to_owned(),
            holder: holder.to_owned(),
            place,
            value: bytes.secret()?,
        })
    }
}

/// A keyring has at most 1,200 epochs and a schema 52 scopes.
fn write_count(count: usize, to: &mut Vec<u8>) {
    to.extend_from_slice(&(count as u16).to_be_bytes());
}
