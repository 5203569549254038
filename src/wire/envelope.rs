//! The header and the two profiles of format v1.
//!
//! ```text
//! header  version 1 │ suite │ profile │ flags │ epoch u32 │ nonce[24]                         32 bytes
//! record  header ‖ (scope │ len u16 │ commitment[16] │ ciphertext[len] │ tag[16])+
//! row     header ‖ (scope │ commitment[16])+              cell    ciphertext ‖ tag[16]
//! AAD     header ‖ scope ‖ field ‖ len16(rid) ‖ rid                        field 0: a whole group
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::text::{self, Form};
use crate::{
    crypto::aead::{COMMITMENT, NONCE, Nonce, TAG},
    error::{Error, Kind, Result},
    id::{Epoch, RecordId, Scope, ScopeSet},
};

pub(crate) const HEADER: usize = 32;
/// Bytes before a group's plaintext: scope, length and commitment.
pub(crate) const GROUP_HEAD: usize = 3 + COMMITMENT;
/// Bytes before a value in a group's plaintext: field number and length.
pub(crate) const VALUE_HEAD: usize = 3;
/// Bytes before the value in a cell's plaintext: its length.
pub(crate) const CELL_HEAD: usize = 2;
/// The length that stands for null in a cell.
pub(crate) const NULL_LENGTH: u16 = 0xFFFF;
const ROW_ENTRY: usize = 1 + COMMITMENT;

const VERSION: u8 = 1;
const SUITE: u8 = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Record = 1,
    Row = 2,
}

impl Profile {
    fn parse(byte: u8) -> Result<Self> {
        match byte {
            1 => Ok(Self::Record),
            2 => Ok(Self::Row),
            found => Err(Error::new(|| Kind::Unsupported {
                what: "profile",
                found,
            })),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Row => "row column",
        }
    }
}

/// What a seal is bound to: the flags of its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) record_id: bool,
    pub(crate) subject_key: bool,
}

impl Flags {
    fn byte(self) -> u8 {
        u8::from(self.record_id) | u8::from(self.subject_key) << 1
    }

    fn parse(byte: u8) -> Result<Self> {
        if byte & !3 != 0 {
            return Err(Error::new(|| Kind::Unsupported {
                what: "the set of flags",
                found: byte,
            }));
        }
        Ok(Self {
            record_id: byte & 1 != 0,
            subject_key: byte & 2 != 0,
        })
    }
}

/// The first 32 bytes, parsed.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) flags: Flags,
    pub(crate) epoch: Epoch,
    pub(crate) nonce: Nonce,
}

impl Header {
    pub(crate) fn print(&self, profile: Profile) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&[VERSION, SUITE, profile as u8, self.flags.byte()]);
        bytes[4..8].copy_from_slice(&self.epoch.number().to_be_bytes());
        bytes[8..].copy_from_slice(&self.nonce);
        bytes
    }

    fn parse(bytes: &[u8], expected: Profile) -> Result<Self> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(malformed("shorter than a header"));
        };
        for (what, found, known) in [("version", header[0], VERSION), ("suite", header[1], SUITE)] {
            if found != known {
                return Err(Error::new(|| Kind::Unsupported { what, found }));
            }
        }
        let profile = Profile::parse(header[2])?;
        if profile != expected {
            let (found, expected) = (profile.noun(), expected.noun());
            return Err(Error::new(|| Kind::Profile { found, expected }));
        }
        let flags = Flags::parse(header[3])?;
        let [_, _, _, _, e0, e1, e2, e3, ..] = *header;
        let epoch =
            Epoch::new(u32::from_be_bytes([e0, e1, e2, e3])).ok_or_else(|| malformed("epoch 0"))?;
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&header[8..]);
        Ok(Self {
            flags,
            epoch,
            nonce,
        })
    }
}

/// The AAD of the groups or cells of one row: all of it but scope and field is the same for each.
#[derive(Default)]
pub(crate) struct Aad(Vec<u8>);

impl Aad {
    pub(crate) fn begin(&mut self, header: &[u8], record_id: Option<RecordId<'_>>) {
        let record_id = record_id.map_or(&[][..], RecordId::as_bytes);
        self.0.clear();
        self.0.extend_from_slice(header);
        // A record id has at most 1,024 bytes.
        let [high, low] = (record_id.len() as u16).to_be_bytes();
        self.0.extend_from_slice(&[0, 0, high, low]);
        self.0.extend_from_slice(record_id);
    }

    /// Of a group (`field` 0) or of a cell.
    pub(crate) fn of(&mut self, scope: Scope, field: u8) -> &[u8] {
        self.0[HEADER] = scope.number();
        self.0[HEADER + 1] = field;
        &self.0
    }
}

/// A sealed record: the groups of its scopes, each under a key of its own. Its text is `p1.…`.
///
/// Parsed, which checks structure and lengths but opens nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedRecord {
    bytes: Vec<u8>,
    scopes: ScopeSet,
}

/// One group, as it stands in a record.
pub(crate) struct Group<'a> {
    pub(crate) scope: Scope,
    pub(crate) commitment: &'a [u8; COMMITMENT],
    pub(crate) ciphertext: &'a [u8],
    pub(crate) tag: &'a [u8; TAG],
}

impl SealedRecord {
    /// The record in these bytes.
    ///
    /// # Errors
    ///
    /// [`Error::is_unsupported`] for another version, suite or profile, or unknown flags;
    /// [`Error::is_malformed`] where the structure does not hold. Nothing is allocated by a claimed length.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        Header::parse(&bytes, Profile::Record)?;
        let mut rest = &bytes[HEADER..];
        let mut scopes = ScopeSet::default();
        let mut last = 0;
        while !rest.is_empty() || last == 0 {
            let (group, after) = split_group(rest)?;
            if group.scope.number() <= last {
                return Err(malformed("scopes are not ascending"));
            }
            scopes.insert(group.scope);
            last = group.scope.number();
            rest = after;
        }
        Ok(Self { bytes, scopes })
    }

    /// For writers, who put a record into it.
    pub(crate) fn empty() -> Self {
        Self {
            bytes: Vec::new(),
            scopes: ScopeSet::default(),
        }
    }

    /// For writers, whose bytes are what [`SealedRecord::from_bytes`] accepts and have these scopes. They get an empty
    /// buffer for them.
    pub(crate) fn exchange(&mut self, bytes: &mut Vec<u8>, scopes: ScopeSet) {
        // A buffer that grew for the records of another schema is not taken: many small records would hold it.
        if bytes.capacity() > 2 * bytes.len() {
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
        } else {
            std::mem::swap(&mut self.bytes, bytes);
        }
        bytes.clear();
        self.scopes = scopes;
    }

    pub(crate) fn scope_set(&self) -> ScopeSet {
        self.scopes
    }

    /// The bytes, as they are stored in a binary column.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The epoch it was sealed under.
    pub fn epoch(&self) -> Epoch {
        self.header().epoch
    }

    /// Whether it was sealed under an older epoch than `active`, so that it wants a [`Resealer`](crate::Resealer); `false`
    /// also under a newer one. Told by the header alone, without keys.
    pub fn stale(&self, active: Epoch) -> bool {
        self.epoch() < active
    }

    /// The scopes that are there, ascending.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.groups().map(|group| group.scope)
    }

    /// The record without the groups of `scopes`: how a scope is withheld.
    ///
    /// # Errors
    ///
    /// [`Error::is_missing_scope`] for a scope that is not there; [`Error::is_misuse`] where no group
    /// would be left.
    ///
    /// # Security
    ///
    /// Give one cut of a sealing to one recipient only: the nonce that two cuts share joins them. Protect
    /// the record anew for the next recipient.
    pub fn withhold(&self, scopes: &[Scope]) -> Result<Self> {
        if let Some(&scope) = scopes.iter().find(|&&scope| !self.scopes.contains(scope)) {
            return Err(Error::new(|| Kind::MissingScope { scope }));
        }
        let mut bytes = self.bytes[..HEADER].to_vec();
        let mut left = ScopeSet::default();
        let mut rest = &self.bytes[HEADER..];
        while !rest.is_empty() {
            let (group, after) = parsed(split_group(rest));
            if !scopes.contains(&group.scope) {
                bytes.extend_from_slice(&rest[..rest.len() - after.len()]);
                left.insert(group.scope);
            }
            rest = after;
        }
        if bytes.len() == HEADER {
            return Err(Error::new(|| Kind::NothingLeft));
        }
        Ok(Self {
            bytes,
            scopes: left,
        })
    }

    pub(crate) fn header(&self) -> Header {
        parsed(Header::parse(&self.bytes, Profile::Record))
    }

    pub(crate) fn header_bytes(&self) -> &[u8] {
        &self.bytes[..HEADER]
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let mut rest = &self.bytes[HEADER..];
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (group, after) = parsed(split_group(rest));
            rest = after;
            Some(group)
        })
    }
}

/// Writes the head of the group that `record` begins with; returns its plaintext of `width` bytes, the place of its tag,
/// and the rest.
pub(crate) fn begin_group<'a>(
    record: &'a mut [u8],
    scope: Scope,
    width: usize,
    commitment: &[u8; COMMITMENT],
) -> (&'a mut [u8], &'a mut [u8; TAG], &'a mut [u8]) {
    let (head, record) = record.split_at_mut(GROUP_HEAD);
    head[0] = scope.number();
    // No group is wider than 65,520 bytes.
    head[1..3].copy_from_slice(&(width as u16).to_be_bytes());
    head[3..].copy_from_slice(commitment);
    let (plaintext, record) = record.split_at_mut(width);
    let Some((tag, rest)) = record.split_first_chunk_mut() else {
        unreachable!("a record has room for each tag");
    };
    (plaintext, tag, rest)
}

/// Where the plaintext of a group begins in a record: that of the group before it, if there is one, ends at `before`.
pub(crate) fn group_start(before: Option<usize>) -> usize {
    sealed_size(before) + GROUP_HEAD
}

/// The length of a group whose plaintext has `width` bytes.
pub(crate) fn group_size(width: usize) -> usize {
    GROUP_HEAD + width + TAG
}

/// The length of a record whose last plaintext ends at `last`.
pub(crate) fn sealed_size(last: Option<usize>) -> usize {
    last.map_or(HEADER, |end| end + TAG)
}

fn split_group(bytes: &[u8]) -> Result<(Group<'_>, &[u8])> {
    let Some(([scope, high, low, commitment @ ..], rest)) = bytes.split_first_chunk::<GROUP_HEAD>()
    else {
        return Err(malformed("a group is truncated"));
    };
    let scope = Scope::from_wire(*scope).ok_or_else(|| malformed("a scope that does not exist"))?;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length == 0 || length % 16 != 0 {
        return Err(malformed("a group's length is not a multiple of 16"));
    }
    let Some((ciphertext, rest)) = rest.split_at_checked(length) else {
        return Err(malformed("a group is truncated"));
    };
    let Some((tag, rest)) = rest.split_first_chunk() else {
        return Err(malformed("a group is truncated"));
    };
    Ok((
        Group {
            scope,
            commitment,
            ciphertext,
            tag,
        },
        rest,
    ))
}

/// The row column of the row profile: header and commitments, which its cells need. Its text is `p1.…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedRow(Vec<u8>);

impl SealedRow {
    /// The row column in these bytes.
    ///
    /// # Errors
    ///
    /// As [`SealedRecord::from_bytes`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        Header::parse(&bytes, Profile::Row)?;
        let entries = &bytes[HEADER..];
        if entries.is_empty() || entries.len() % ROW_ENTRY != 0 {
            return Err(malformed("the row column is truncated"));
        }
        let mut last = 0;
        for entry in entries.chunks_exact(ROW_ENTRY) {
            Scope::from_wire(entry[0]).ok_or_else(|| malformed("a scope that does not exist"))?;
            if entry[0] <= last {
                return Err(malformed("scopes are not ascending"));
            }
            last = entry[0];
        }
        Ok(Self(bytes))
    }

    /// Begins a row column.
    pub(crate) fn begin(header: &[u8; HEADER]) -> Self {
        Self(header.to_vec())
    }

    pub(crate) fn push(&mut self, scope: Scope, commitment: &[u8; COMMITMENT]) {
        self.0.push(scope.number());
        self.0.extend_from_slice(commitment);
    }

    /// The bytes, as they are stored in a binary column.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The epoch it was sealed under.
    pub fn epoch(&self) -> Epoch {
        self.header().epoch
    }

    /// As [`SealedRecord::stale`].
    pub fn stale(&self, active: Epoch) -> bool {
        self.epoch() < active
    }

    /// The scopes that are there, ascending.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.entries().map(|(scope, _)| scope)
    }

    pub(crate) fn header(&self) -> Header {
        parsed(Header::parse(&self.0, Profile::Row))
    }

    pub(crate) fn header_bytes(&self) -> &[u8] {
        &self.0[..HEADER]
    }

    pub(crate) fn commitment(&self, scope: Scope) -> Option<&[u8; COMMITMENT]> {
        self.entries()
            .find_map(|(found, commitment)| (found == scope).then_some(commitment))
    }

    fn entries(&self) -> impl Iterator<Item = (Scope, &[u8; COMMITMENT])> {
        let (entries, _) = self.0[HEADER..].as_chunks::<ROW_ENTRY>();
        entries
            .iter()
            .filter_map(|[scope, commitment @ ..]| Some((Scope::from_wire(*scope)?, commitment)))
    }
}

/// One sealed value of the row profile. Its text is `c1.…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedCell(Vec<u8>);

impl SealedCell {
    /// The cell in these bytes.
    ///
    /// # Errors
    ///
    /// [`Error::is_malformed`] where it is shorter than a length and a tag, 18 bytes.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        if bytes.len() < CELL_HEAD + TAG {
            return Err(malformed("the cell is truncated"));
        }
        Ok(Self(bytes))
    }

    /// Begins a cell of `width` zero bytes; the caller fills and seals what [`SealedCell::parts_mut`] gives.
    pub(crate) fn zeroed(width: usize) -> Self {
        Self(vec![0; width + TAG])
    }

    /// The bytes, as they are stored in a binary column.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn parts(&self) -> (&[u8], &[u8; TAG]) {
        match self.0.split_last_chunk() {
            Some(parts) => parts,
            None => unreachable!("a cell holds a tag"),
        }
    }

    pub(crate) fn parts_mut(&mut self) -> (&mut [u8], &mut [u8; TAG]) {
        match self.0.split_last_chunk_mut() {
            Some(parts) => parts,
            None => unreachable!("a cell holds a tag"),
        }
    }
}

fn malformed(what: &'static str) -> Error {
    Error::new(|| Kind::Structure { what })
}

/// What was parsed once parses again.
fn parsed<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => unreachable!("parsed before"),
    }
}

macro_rules! text_form {
    ($name:ident, $form:expr) => {
        impl $name {
            const FORM: Form = $form;

            /// Appends its text to `to`.
            pub fn append_text(&self, to: &mut String) {
                Self::FORM.append(self.as_bytes(), to);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&Self::FORM.print(self.as_bytes()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let bytes = self.as_bytes().len();
                write!(f, concat!(stringify!($name), "({} bytes)"), bytes)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// # Errors
            ///
            /// [`Error::is_malformed`] for all but the canonical text, and as `from_bytes`.
            fn from_str(text: &str) -> Result<Self> {
                Self::from_bytes(Self::FORM.parse(text)?)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(
                &self,
                serializer: S,
            ) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&Self::FORM.print(self.as_bytes()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl AsRef<$name> for $name {
            fn as_ref(&self) -> &$name {
                self
            }
        }
    };
}

text_form!(SealedRecord, text::SEALED);
text_form!(SealedRow, text::SEALED);
text_form!(SealedCell, text::CELL);
