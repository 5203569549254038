//! An index's number and its text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, Kind, Result};

const PREFIX: &str = "i1.";

/// A short keyed value for look-ups, which collides on purpose: the first bits of an HMAC-SHA-256 (FIPS 198-1).
///
/// Its text is `i1.` and one lower-case hexadecimal digit for each 4 bits or begun 4: of 9 bits, three. Two are equal
/// where their texts are. The text tells digits, not bits: how many there are is in the policy.
///
/// # Security
///
/// An index tells, of each row, which of a few groups of values it holds. Chosen by
/// [`IndexPlan`](crate::IndexPlan), each group has several people. It is personal data.
///
/// # Examples
///
/// ```
/// use paravent::Index;
///
/// let index = Index::new(258, 9)?;
/// assert_eq!(index.to_string(), "i1.102");
/// assert_eq!("i1.102".parse::<Index>()?, index);
/// assert!("i1.1A2".parse::<Index>().unwrap_err().is_malformed());
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index {
    digits: u8,
    value: u32,
}

impl Index {
    /// The index of this value, an integer of `bits` bits.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where `bits` is not 1 to 32, or where the value has more.
    pub fn new(value: u32, bits: u8) -> Result<Self> {
        if !(1..=32).contains(&bits) || u64::from(value) >> bits != 0 {
            return Err(Error::definition(
                format!("the value {value} is no index of `bits = {bits}`"),
                "give 1 to 32 bits, and a value that has no more",
            ));
        }
        Ok(Self {
            digits: bits.div_ceil(4),
            value,
        })
    }

    /// The first `bits` bits of a tag; 1 to 32.
    pub(crate) fn of_tag(tag: &[u8; 32], bits: u8) -> Self {
        let [a, b, c, d, ..] = *tag;
        Self {
            digits: bits.div_ceil(4),
            value: u32::from_be_bytes([a, b, c, d]) >> (32 - bits),
        }
    }

    /// The bits, as an unsigned integer.
    pub fn value(self) -> u32 {
        self.value
    }

    /// How many hexadecimal digits its text has, 1 to 8.
    pub fn digits(self) -> usize {
        usize::from(self.digits)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PREFIX}{:0digits$x}",
            self.value,
            digits = self.digits()
        )
    }
}

impl FromStr for Index {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_malformed`] for all but the canonical text.
    fn from_str(text: &str) -> Result<Self> {
        let canonical = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        text.strip_prefix(PREFIX)
            .filter(|digits| (1..=8).contains(&digits.len()) && digits.bytes().all(canonical))
            .and_then(|digits| {
                Some(Self {
                    digits: digits.len() as u8,
                    value: u32::from_str_radix(digits, 16).ok()?,
                })
            })
            .ok_or_else(|| Error::new(|| Kind::Text { form: "`i1.` text" }))
    }
}

impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_bits_of_a_tag() {
        let mut tag = [0; 32];
        tag[..5].copy_from_slice(&[0x81, 0x3C, 0x05, 0x1E, 0xFF]);
        for (bits, text) in [
            (1, "i1.1"),
            (4, "i1.8"),
            (5, "i1.10"),
            (9, "i1.102"),
            (31, "i1.409e028f"),
            (32, "i1.813c051e"),
        ] {
            assert_eq!(Index::of_tag(&tag, bits).to_string(), text, "{bits}");
        }
    }

    #[test]
    fn values_have_no_more_than_their_bits() {
        assert_eq!(Index::new(0, 1).unwrap().to_string(), "i1.0");
        assert_eq!(Index::new(u32::MAX, 32).unwrap().value(), u32::MAX);
        for (value, bits) in [(0, 0), (0, 33), (2, 1), (512, 9), (u32::MAX, 31)] {
            let error = Index::new(value, bits).unwrap_err();
            assert!(error.is_definition(), "{value}, {bits}");
        }
    }

    #[test]
    fn only_canonical_text_is_parsed() {
        for bad in [
            "",
            "i1",
            "i1.",
            "102",
            "I1.102",
            "t1.102",
            "i1.1F",
            "i1.+1",
            "i1.-1",
            "i1. 1",
            "i1.1 ",
            "i1.123456789",
            "i1.0x1",
            "i1.é",
        ] {
            let error = bad.parse::<Index>().unwrap_err();
            assert!(error.is_malformed(), "{bad:?}");
        }
        let json = serde_json::to_string(&Index::new(258, 9).unwrap()).unwrap();
        assert_eq!(json, "\"i1.102\"");
        assert_eq!(serde_json::from_str::<Index>(&json).unwrap().value(), 258);
        assert!(serde_json::from_str::<Index>("258").is_err());
    }

    proptest! {
        #[test]
        fn print_and_parse_agree(value: u32, bits in 1..=32_u8) {
            let index = Index::new(value >> (32 - bits), bits).unwrap();
            prop_assert_eq!(index.to_string().parse::<Index>().unwrap(), index);
            prop_assert_eq!(index.to_string().len(), 3 + usize::from(bits).div_ceil(4));
        }
    }
}
