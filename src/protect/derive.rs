//! Pseudonyms and indexes of a record in the making: keyed values of its normalised fields.

use super::workspace::Workspace;
use crate::{
    crypto::mac::MacKey,
    error::{Error, Kind, PartUser, Result},
    key::{SubjectKey, derived::UseKey, tree::Purpose},
    normal,
    policy::{IndexRule, Policy, PseudonymRule},
    schema::Field,
    secret::Secret,
    wire::{Index, Pseudonym},
};

/// What makes one pseudonym.
pub(super) struct PseudonymKey(UseKey<MacKey>);

impl PseudonymKey {
    pub(super) fn new(linkage_key: &Secret<32>, rule: &PseudonymRule) -> Self {
        Self(UseKey::new(
            linkage_key,
            Purpose::Pseudonym,
            &rule.name,
            rule.erasable,
        ))
    }

    /// The pseudonym of an encoded record.
    pub(super) fn make(&self, encoded: &[u8], subject: Option<&SubjectKey>) -> Pseudonym {
        let tag = self.0.tag(encoded, subject);
        let mut pseudonym = [0; 16];
        pseudonym.copy_from_slice(&tag[..16]);
        Pseudonym::from_bytes(pseudonym)
    }
}

/// What makes one index.
pub(super) struct IndexKey {
    key: UseKey<MacKey>,
    bits: u8,
}

impl IndexKey {
    pub(super) fn new(linkage_key: &Secret<32>, rule: &IndexRule) -> Self {
        Self {
            key: UseKey::new(linkage_key, Purpose::Index, &rule.name, rule.erasable),
            bits: rule.bits,
        }
    }

    /// The index of an encoded record.
    pub(super) fn make(&self, encoded: &[u8], subject: Option<&SubjectKey>) -> Index {
        Index::of_tag(&self.key.tag(encoded, subject), self.bits)
    }
}

/// The fields of which something is derived.
pub(super) struct Parts<'a> {
    /// Positions, in the order in which they are encoded.
    pub(super) of: &'a [usize],
    /// Whether a part that is null makes it null.
    pub(super) null_gives_null: bool,
    /// For errors: what it is, and its name.
    pub(super) user: PartUser,
    pub(super) name: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn of_pseudonym(rule: &'a PseudonymRule) -> Self {
        Self {
            of: &rule.of,
            null_gives_null: rule.null_gives_null,
            user: PartUser::Pseudonym,
            name: &rule.name,
        }
    }

    pub(super) fn of_index(rule: &'a IndexRule) -> Self {
        Self {
            of: &rule.of,
            null_gives_null: rule.null_gives_null,
            user: PartUser::Index,
            name: &rule.name,
        }
    }
}

/// Writes encode(v1..vn) of a record's parts to `work.encoded`; `false` where a part is null and the policy lets that
/// give null.
pub(super) fn encode(parts: &Parts<'_>, policy: &Policy, work: &mut Workspace) -> Result<bool> {
    const NORMALISATION: u8 = 1;
    let Workspace {
        draft,
        encoded,
        normal: forms,
        ..
    } = work;
    let schema = policy.schema();
    let room = |&position: &usize| 2 + draft.get(position).map_or(0, normal::room);
    let message = encoded.begin(1 + parts.of.iter().map(room).sum::<usize>());
    message.push(NORMALISATION);
    for &position in parts.of {
        let field = &schema.fields()[position];
        let start = message.len();
        message.extend_from_slice(&[0; 2]);
        if let Some(value) = draft.get(position) {
            normal::append(field.class(), value, schema.phone_region(), forms, message)
                .map_err(|why| not_normalizable(field, why))?;
        }
        let length = message.len() - start - 2;
        if length == 0 {
            if parts.null_gives_null {
                return Ok(false);
            }
            return Err(Error::new(|| Kind::EmptyPart {
                field: field.name().to_owned(),
                user: parts.user,
                name: parts.name.to_owned(),
            }));
        }
        let length = u16::try_from(length)
            .map_err(|_| not_normalizable(field, "its normal form is over 65535 bytes"))?;
        message[start..start + 2].copy_from_slice(&length.to_be_bytes());
    }
    Ok(true)
}

pub(super) fn not_normalizable(field: &Field, why: &'static str) -> Error {
    Error::new(|| Kind::NotNormalizable {
        field: Some(field.name().to_owned()),
        class: field.class().name(),
        why,
    })
}
