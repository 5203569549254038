//! HKDF-Expand with SHA-256 (RFC 5869 §2.3). Keys are uniform, so there is no Extract.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::secret::Secret;

/// Writes HKDF-Expand(key, info parts joined) into `out`, at most 8,160 bytes.
pub(crate) fn expand(key: &Secret<32>, info: &[&[u8]], out: &mut [u8]) {
    let Ok(hkdf) = Hkdf::<Sha256>::from_prk(key.expose()) else {
        unreachable!("a 32-byte key is as long as the digest");
    };
    if hkdf.expand_multi_info(info, out).is_err() {
        unreachable!("no key is longer than 64 bytes");
    }
}
