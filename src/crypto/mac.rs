//! HMAC-SHA-256 (RFC 2104, FIPS 198-1), keyed once.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// The two keyed states; a message costs no key set-up.
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        let Ok(mac) = Hmac::new_from_slice(key.expose()) else {
            unreachable!("HMAC takes keys of any length");
        };
        Self(mac)
    }

    /// The 32-byte tag of a message.
    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}
