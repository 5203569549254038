//! What revealing gives back.

use std::fmt;

#[cfg(feature = "hl7v2")]
use data_encoding::HEXLOWER;
#[cfg(feature = "hl7v2")]
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A message with the parts of the scopes that were opened back in their places. It is wiped on drop.
pub struct Restored {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) is_original: Option<bool>,
}

impl Restored {
    /// The message.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is byte for byte what was protected; `None` where not all scopes were opened, so that nobody can tell.
    ///
    /// `Some(false)` comes of systems on the way that wrote the message in another form, such as with other line ends, or
    /// changed what is shown in it.
    pub fn is_original(&self) -> Option<bool> {
        self.is_original
    }
}

impl AsRef<[u8]> for Restored {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored")
            .field("is_original", &self.is_original)
            .finish_non_exhaustive()
    }
}

/// What tells whether a message is the one that was protected. It is only kept sealed.
#[cfg(feature = "hl7v2")]
pub(crate) fn digest(original: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(original))
}
