//! What a log says of people: pseudonyms of its own, and texts that are sealed.

use jiff::civil::Date;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    crypto::mac::MacKey,
    error::{Error, Kind, Result},
    id::Domain,
    key::{Keyring, derived::UseKey, tree},
    normal,
    policy::{CheckedPolicy, Policy},
    protect::Protector,
    schema::{Class, Role, Schema},
    wire::{Pseudonym, SealedRecord},
};

/// The form of encode(v1..vn).
const NORMALISATION: u8 = 1;

/// What is sealed of a call.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Texts<'a> {
    pub(super) requester: &'a str,
    pub(super) approver: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
}

/// Makes what an entry says of a requester, of a person and of a row.
pub(super) struct EntrySealer {
    protector: Protector,
    pseudonyms: LogPseudonyms,
}

/// The pseudonyms of a log, which are those of no domain.
pub(super) struct LogPseudonyms {
    requester: UseKey<MacKey>,
    subject: UseKey<MacKey>,
    row: UseKey<MacKey>,
}

impl EntrySealer {
    pub(super) fn new(keyring: &Keyring) -> Result<Self> {
        Ok(Self {
            protector: Protector::new(keyring, &policy()?)?,
            pseudonyms: LogPseudonyms::new(keyring),
        })
    }

    /// The texts, sealed.
    pub(super) fn seal(&self, texts: &Texts<'_>) -> Result<SealedRecord> {
        Ok(self.protector.protect(texts)?.sealed().clone())
    }

    pub(super) fn requester(&self, name: &str) -> Result<Pseudonym> {
        self.pseudonyms.requester(name)
    }

    /// See [`LogPseudonyms::subject`].
    pub(super) fn subject<'v>(
        &self,
        schema: &Schema,
        value: impl Fn(usize) -> Option<&'v str>,
    ) -> Option<Pseudonym> {
        self.pseudonyms.subject(schema, value)
    }

    /// Of the row that a domain stores under this id.
    pub(super) fn row(&self, domain: &Domain, id: &[u8]) -> Pseudonym {
        let mut message = Vec::with_capacity(5 + domain.as_str().len() + id.len());
        message.push(NORMALISATION);
        for part in [domain.as_str().as_bytes(), id] {
            push_part(part, &mut message);
        }
        pseudonym(&self.pseudonyms.row, &message)
    }
}

impl LogPseudonyms {
    pub(super) fn new(keyring: &Keyring) -> Self {
        let root = tree::log_linkage_key(&keyring.log);
        let key = |name| UseKey::new(&root, tree::Purpose::Pseudonym, name, false);
        Self {
            requester: key("requester"),
            subject: key("subject"),
            row: key("row"),
        }
    }

    /// Of a requester: of one name, however it is written.
    pub(super) fn requester(&self, name: &str) -> Result<Pseudonym> {
        let room = normal::room(name.as_bytes());
        // Of full size from the start: growing would leave a copy behind.
        let mut message = Zeroizing::new(Vec::with_capacity(3 + room));
        message.push(NORMALISATION);
        let mut normal = Zeroizing::new(Vec::with_capacity(room));
        let read = normal::append(
            Class::Text,
            name.as_bytes(),
            None,
            &mut normal::Work::default(),
            &mut normal,
        );
        read.map_err(|_| {
            Error::new(|| Kind::Request {
                what: "the requester's name has a code point that Unicode does not assign",
                advice: "name who asks: the account that was authenticated",
            })
        })?;
        push_part(&normal, &mut message);
        Ok(pseudonym(&self.requester, &message))
    }

    /// Of the person whose record this is: of the [identifiers](person_fields) in it, each in its normal form. `None` where
    /// none has a value.
    pub(super) fn subject<'v>(
        &self,
        schema: &Schema,
        value: impl Fn(usize) -> Option<&'v str>,
    ) -> Option<Pseudonym> {
        let mut work = normal::Work::default();
        let positions = person_fields(schema);
        let value = |position: usize| value(position).unwrap_or_default().as_bytes();
        let room = |&position: &usize| 2 + normal::room(value(position));
        // Of full size from the start: growing would leave a copy behind.
        let size = 1 + positions.iter().map(room).sum::<usize>();
        let mut message = Zeroizing::new(Vec::with_capacity(size));
        message.push(NORMALISATION);
        let mut is_anybody = false;
        for &position in &positions {
            let class = schema.fields()[position].class();
            let start = message.len();
            message.extend_from_slice(&[0; 2]);
            let region = schema.phone_region();
            let read = normal::append(class, value(position), region, &mut work, &mut message);
            if read.is_err() {
                message.truncate(start + 2);
            }
            let length = u16::try_from(message.len() - start - 2).ok()?;
            is_anybody |= length > 0;
            message[start..start + 2].copy_from_slice(&length.to_be_bytes());
        }
        is_anybody.then(|| pseudonym(&self.subject, &message))
    }
}

/// The fields that tell whose record it is: the identifiers of the scope of the first one.
pub(super) fn person_fields(schema: &Schema) -> Vec<usize> {
    let fields = schema.fields().iter().enumerate();
    let mut identifiers = fields.filter(|(_, field)| field.role() == Role::Identifier);
    let Some((first, field)) = identifiers.next() else {
        return Vec::new();
    };
    let scope = field.scope();
    let others = identifiers.filter(|(_, field)| field.scope() == scope);
    [first]
        .into_iter()
        .chain(others.map(|(position, _)| position))
        .collect()
}

/// How the texts of a call are sealed.
pub(super) fn policy() -> Result<CheckedPolicy> {
    let schema = Schema::from_toml(include_str!("log.toml"))?;
    // It opens and shows nothing, on whatever day.
    Policy::of_the_log(&schema)?.check(Date::MIN)
}

fn push_part(part: &[u8], to: &mut Vec<u8>) {
    // Domains have at most 64 bytes, ids 1,024, requesters 200, whose normal form is no longer than 65,535.
    to.extend_from_slice(&(part.len() as u16).to_be_bytes());
    to.extend_from_slice(part);
}

fn pseudonym(key: &UseKey<MacKey>, message: &[u8]) -> Pseudonym {
    let tag = key.tag(message, None);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&tag[..16]);
    Pseudonym::from_bytes(bytes)
}
