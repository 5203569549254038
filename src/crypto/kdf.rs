//! HKDF-Expand with SHA-256 (RFC 5869 §2.3): keys are uniform, so there is no Extract. Argon2id (RFC 9106) for
//! passphrases, which are not.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::secret::Secret;

/// Writes HKDF-Expand(key, info parts joined) into `out`, at most 8,160 bytes. The key has 32 bytes or more.
pub(crate) fn expand<const N: usize>(key: &Secret<N>, info: &[&[u8]], out: &mut [u8]) {
    let Ok(hkdf) = Hkdf::<Sha256>::from_prk(key.expose()) else {
        unreachable!("no key is shorter than the digest");
    };
    if hkdf.expand_multi_info(info, out).is_err() {
        unreachable!("no key is longer than 64 bytes");
    }
}

/// Why a passphrase was not stretched.
#[cfg(feature = "key-file")]
pub(crate) enum StretchError {
    /// There is not enough memory.
    Memory,
    /// The parameters are none that Argon2id takes.
    Cost,
}

/// Argon2id, version 0x13, of `memory` KiB, which are wiped.
#[cfg(feature = "key-file")]
pub(crate) fn stretch(
    passphrase: &[u8],
    salt: &[u8],
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<Secret<32>, StretchError> {
    use argon2::{Algorithm, Argon2, Block, Params, Version};
    use zeroize::Zeroize;

    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| StretchError::Cost)?;
    let mut blocks: Vec<Block> = Vec::new();
    blocks
        .try_reserve_exact(params.block_count())
        .map_err(|_| StretchError::Memory)?;
    blocks.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let key = Secret::try_fill(|key| {
        argon2.hash_password_into_with_memory(passphrase, salt, key, &mut blocks)
    });
    blocks.iter_mut().for_each(Zeroize::zeroize);
    key.map_err(|_| StretchError::Cost)
}
