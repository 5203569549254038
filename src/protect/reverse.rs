//! Reversible stand-ins: made of a value, and turned back.

use std::{mem, ops::Range};

use zeroize::Zeroizing;

use super::workspace::Workspace;
use crate::{
    crypto::siv::{SYNTHETIC_IV, SivKey},
    error::{Error, Kind, Result},
    id::Generation,
    key::{SubjectKey, derived::UseKey, tree::Purpose},
    policy::Policy,
    schema::Field,
    secret::Secret,
    wire::Reversible,
};

/// The length of a value's length.
const LENGTH: usize = 2;

/// What makes the stand-ins of one field, and turns them back.
pub(super) struct ReverseKey(UseKey<SivKey, 64>);

impl ReverseKey {
    pub(super) fn new(linkage_key: &Secret<32>, field: &str, erasable: bool) -> Self {
        Self(UseKey::new(
            linkage_key,
            Purpose::Reversible,
            field,
            erasable,
        ))
    }

    /// Those of a policy, in its order.
    pub(super) fn all(policy: &Policy, linkage_key: &Secret<32>) -> Vec<Self> {
        policy
            .reversible_rules()
            .map(|rule| {
                let field = &policy.schema().fields()[rule.position];
                Self::new(linkage_key, field.name(), rule.erasable)
            })
            .collect()
    }

    /// Appends the stand-in of a value, which is not longer than `width`, and returns where it stands.
    pub(super) fn append(
        &self,
        value: &[u8],
        width: usize,
        subject: Option<&SubjectKey>,
        to: &mut Vec<u8>,
    ) -> Range<usize> {
        let start = to.len();
        let value_at = start + SYNTHETIC_IV + LENGTH;
        // All the room before any of the value: growing would leave a copy behind.
        to.resize(value_at + width, 0);
        // No field is wider than 65,000 bytes.
        to[start + SYNTHETIC_IV..value_at].copy_from_slice(&(value.len() as u16).to_be_bytes());
        to[value_at..][..value.len()].copy_from_slice(value);
        self.0.with(subject, |key| key.seal(&mut to[start..]));
        start..to.len()
    }
}

/// The value of a stand-in, for each generation whose key it authenticates.
pub(super) fn reverse<'k>(
    field: &Field,
    stand_in: &Reversible,
    keys: impl Iterator<Item = (Generation, &'k ReverseKey)>,
    subject: Option<&SubjectKey>,
    work: &mut Workspace,
) -> Result<Vec<(Generation, String)>> {
    // Wiped where a later generation's is no value.
    let mut values: Vec<(_, Zeroizing<String>)> = Vec::new();
    for (generation, ReverseKey(key)) in keys {
        let opened = work.opened.begin(stand_in.as_bytes().len());
        opened.extend_from_slice(stand_in.as_bytes());
        if key.with(subject, |key| key.open(opened)).is_err() {
            continue;
        }
        let value = read(&opened[SYNTHETIC_IV..]).map_err(|what| {
            Error::new(|| Kind::Plaintext {
                scope: field.scope(),
                field: Some(field.name().to_owned()),
                what,
            })
        })?;
        values.push((generation, value.to_owned().into()));
    }
    if values.is_empty() {
        let field = field.name().to_owned();
        return Err(Error::new(|| Kind::NotTurnedBack { field }));
    }
    let clear = values
        .iter_mut()
        .map(|(generation, value)| (*generation, mem::take(&mut **value)));
    Ok(clear.collect())
}

/// Reads len ‖ value and the zeros behind them.
fn read(plaintext: &[u8]) -> std::result::Result<&str, &'static str> {
    let overruns = "its value overruns it";
    let (length, rest) = plaintext.split_first_chunk().ok_or(overruns)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (value, padding) = rest.split_at_checked(length).ok_or(overruns)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err("its padding is not zero");
    }
    std::str::from_utf8(value).map_err(|_| "it is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_a_value_and_zeros() {
        assert_eq!(read(&[0, 0, 0, 0]), Ok(""));
        assert_eq!(read(&[0, 2, b'a', b'b', 0]), Ok("ab"));
        assert_eq!(read(&[0, 3, b'a', b'b', 0]), Ok("ab\0"));
        assert!(read(&[]).is_err());
        assert!(read(&[0]).is_err());
        assert_eq!(read(&[0, 4, b'a', b'b', 0]), Err("its value overruns it"));
        assert_eq!(read(&[1, 0, 0]), Err("its value overruns it"));
        assert_eq!(read(&[0, 1, b'a', b'b']), Err("its padding is not zero"));
        assert_eq!(read(&[0, 1, 0xFF]), Err("it is not UTF-8"));
    }
}
