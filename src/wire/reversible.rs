//! A reversible stand-in's bytes and their text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::text;
use crate::error::{Error, Result};

/// A stand-in that the holder of the keyring turns back, equal for equal values of one field and domain: AES-SIV
/// (RFC 5297) of the value padded to its field's width.
///
/// Its text is `s1.` and base64url without padding. A [`Query`](crate::Query) turns it back.
///
/// # Security
///
/// As a [`Pseudonym`](crate::Pseudonym), it shows which rows are equal. Whoever has the keyring reads it: it is
/// encryption, and erased only with its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reversible(Vec<u8>);

impl Reversible {
    /// The synthetic IV, the length, and one byte of a value: no field has less.
    const LEAST: usize = 16 + 2 + 1;
    /// The same of the widest field.
    const MOST: usize = 16 + 2 + 65_000;

    /// The stand-in of these bytes, as [`Reversible::as_bytes`] gave them.
    ///
    /// # Errors
    ///
    /// [`Error::is_malformed`] where they are not 19 to 65,018.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        if (Self::LEAST..=Self::MOST).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(text::REVERSIBLE.refused())
        }
    }

    /// The bytes: the 16 of the synthetic IV, then as many as 2 and the field's width.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn empty() -> Self {
        Self(Vec::new())
    }

    /// Takes on other bytes, in the room that is there.
    pub(crate) fn rewrite(&mut self, bytes: &[u8]) {
        self.0.clear();
        self.0.extend_from_slice(bytes);
    }
}

impl fmt::Display for Reversible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::REVERSIBLE.print(&self.0))
    }
}

impl FromStr for Reversible {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_malformed`] for all but the canonical text.
    fn from_str(text: &str) -> Result<Self> {
        text::REVERSIBLE.parse(text).and_then(Self::from_bytes)
    }
}

impl Serialize for Reversible {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reversible {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_of_a_length_that_fields_have_is_parsed() {
        let made = Reversible::from_bytes(vec![7; 19]).unwrap();
        assert_eq!(made.to_string(), "s1.BwcHBwcHBwcHBwcHBwcHBwcHBw");
        assert_eq!(made.to_string().parse::<Reversible>().unwrap(), made);
        let json = serde_json::to_string(&made).unwrap();
        assert_eq!(serde_json::from_str::<Reversible>(&json).unwrap(), made);
        for bad in [
            "",
            "s1.",
            "s1.BwcHBwcHBwcHBwcHBwcHBwcH",
            "s1.BwcHBwcHBwcHBwcHBwcHBwcHBx",
            "s1.BwcHBwcHBwcHBwcHBwcHBwcHBw==",
            "S1.BwcHBwcHBwcHBwcHBwcHBwcHBw",
            "t1.BwcHBwcHBwcHBwcHBwcHBwcHBw",
            " s1.BwcHBwcHBwcHBwcHBwcHBwcHBw",
        ] {
            assert!(
                bad.parse::<Reversible>()
                    .is_err_and(|error| error.is_malformed()),
                "{bad:?}"
            );
        }
        assert!(Reversible::from_bytes(vec![0; 18]).is_err());
        assert!(Reversible::from_bytes(vec![0; 65_018]).is_ok());
        assert!(Reversible::from_bytes(vec![0; 65_019]).is_err());
    }
}
