//! A pseudonym's 16 bytes and their text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::text;
use crate::error::{Error, Kind, Result};

/// A keyed one-way stand-in, 16 bytes: equal for equal inputs inside a domain, unlinkable across domains.
///
/// Its text is `t1.` and 26 characters of lower-case base32. The first 16 bytes of an HMAC-SHA-256
/// (FIPS 198-1) under a key of the domain and the pseudonym's name.
///
/// # Security
///
/// A pseudonym shows which rows are of one person, and how many they are. It is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// The pseudonym of these 16 bytes, as [`Pseudonym::as_bytes`] gave them.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Appends its text to `to`.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(crate) fn append_text(&self, to: &mut String) {
        text::PSEUDONYM.append(&self.0, to);
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::PSEUDONYM.print(&self.0))
    }
}

impl FromStr for Pseudonym {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_malformed`] for all but the canonical text.
    fn from_str(text: &str) -> Result<Self> {
        let bytes = text::PSEUDONYM.parse(text)?;
        let bytes = bytes
            .try_into()
            .map_err(|_| Error::new(|| Kind::Text { form: "`t1.` text" }))?;
        Ok(Self(bytes))
    }
}

impl Serialize for Pseudonym {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
