//! The key of one person, whose destruction erases what is bound to it.

use std::fmt;

use zeroize::Zeroize;

use crate::{crypto::entropy, error::Result, secret::Secret};

/// The 32-byte key of one person: seals and pseudonyms bound to it are erased by destroying it.
///
/// Keep one a person, apart from the keyring. It is wiped on drop and never printed or cloned.
pub struct SubjectKey(Secret<32>);

impl SubjectKey {
    /// A new key from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`](crate::Error::is_io) where the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        Secret::try_fill(|bytes| entropy::fill(bytes)).map(Self)
    }

    /// The key with these bytes, as [`SubjectKey::expose`] gave them; `bytes` is wiped.
    pub fn from_bytes(bytes: &mut [u8; 32]) -> Self {
        let key = Secret::fill(|secret| secret.copy_from_slice(bytes));
        bytes.zeroize();
        Self(key)
    }

    /// The 32 bytes, to be kept in a store of secrets.
    ///
    /// # Security
    ///
    /// Whoever holds them and a grant opens this person's rows.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey([secret])")
    }
}
