//! AES-256-GCM (SP 800-38D): of the crate `aes-gcm` for long messages, and in one visit to the AES unit for short ones.
//!
//! Notation of SP 800-38D §7: H = E(0^128); with a 12-byte nonce, J0 = nonce ‖ 1, and the keystream is E of the
//! counters that follow. GCM asks its cipher three times: for H, for E(J0), for the keystream. Where AES is found at run
//! time, each visit costs about as much as ten blocks, and a group has about ten: all of them are one visit here.

use aes::{
    Aes256Enc, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use aes_gcm::{AeadInOut, AesGcm, Nonce, aead::consts::U12};
use ghash::{GHash, universal_hash::UniversalHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::aead::{TAG, TagMismatch};

/// The key's schedule. Nonces of 96 bits are given as numbers.
pub(super) struct Gcm(Aes256Enc);

impl Gcm {
    #[inline]
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Enc::new(key.into()))
    }

    /// Encrypts in place and returns the tag.
    pub(super) fn seal(&self, nonce: u128, aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        if is_short(aad, buffer) {
            let mut blocks = Blocks::default();
            blocks.compute(&self.0, nonce, buffer.len());
            blocks.apply_keystream(buffer);
            return blocks.tag(aad, buffer);
        }
        match self
            .any_length()
            .encrypt_inout_detached(&bytes(nonce), aad, buffer.into())
        {
            Ok(tag) => tag.into(),
            // GCM refuses 64 GiB and more; callers are bounded by 16-bit lengths.
            Err(_) => unreachable!("a buffer over 2^36 bytes"),
        }
    }

    /// Decrypts in place once the tag holds; otherwise the buffer is unchanged.
    pub(super) fn open(
        &self,
        nonce: u128,
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), TagMismatch> {
        if is_short(aad, buffer) {
            let mut blocks = Blocks::default();
            blocks.compute(&self.0, nonce, buffer.len());
            let expected = blocks.tag(aad, buffer);
            if !bool::from(u128::from_ne_bytes(expected).ct_eq(&u128::from_ne_bytes(*tag))) {
                return Err(TagMismatch);
            }
            blocks.apply_keystream(buffer);
            return Ok(());
        }
        self.any_length()
            .decrypt_inout_detached(&bytes(nonce), aad, buffer.into(), tag.into())
            .map_err(|_| TagMismatch)
    }

    fn any_length(&self) -> AesGcm<&Aes256Enc, U12> {
        (&self.0).into()
    }
}

/// The 12 bytes of a nonce.
fn bytes(nonce: u128) -> Nonce<U12> {
    let [_, _, _, _, nonce @ ..] = nonce.to_be_bytes();
    nonce.into()
}

/// Most groups and cells, with AAD whose record id has up to 44 bytes.
const SHORT_MESSAGE: usize = 160;
const SHORT_AAD: usize = 80;

/// H and E(J0), then the keystream of a short message.
const AES_BLOCKS: usize = 2 + SHORT_MESSAGE / 16;

/// A short message with its AAD and their lengths.
const HASHED_BLOCKS: usize = SHORT_AAD / 16 + SHORT_MESSAGE / 16 + 1;

fn is_short(aad: &[u8], message: &[u8]) -> bool {
    aad.len() <= SHORT_AAD && message.len() <= SHORT_MESSAGE
}

/// The AES blocks of one short message: H, then E(nonce ‖ counter) for the counters from 1.
#[derive(Default)]
struct Blocks([Block; AES_BLOCKS]);

impl Blocks {
    /// In place, since returning them would leave a copy.
    #[inline]
    fn compute(&mut self, aes: &Aes256Enc, nonce: u128, message: usize) {
        let blocks = &mut self.0[..2 + message.div_ceil(16)];
        for (counter, block) in (0_u128..).zip(&mut *blocks).skip(1) {
            *block = (nonce << 32 ^ counter).to_be_bytes().into();
        }
        aes.encrypt_blocks(blocks);
    }

    fn apply_keystream(&self, buffer: &mut [u8]) {
        let keystream = Block::slice_as_flattened(&self.0[2..]);
        buffer
            .iter_mut()
            .zip(keystream)
            .for_each(|(byte, key)| *byte ^= key);
    }

    /// GHASH of AAD and ciphertext, each padded to whole blocks, and of their lengths, under E(J0). In one piece, since
    /// GHASH takes four blocks for little more than one; and behind blocks of zeros, which leave it at zero, that make
    /// them a multiple of four.
    fn tag(&self, aad: &[u8], ciphertext: &[u8]) -> [u8; TAG] {
        const AT_ONCE: usize = 4;
        let mut blocks = [Block::default(); HASHED_BLOCKS];
        let count = aad.len().div_ceil(16) + ciphertext.len().div_ceil(16) + 1;
        let zeros = count.next_multiple_of(AT_ONCE) - count;
        let text = zeros + aad.len().div_ceil(16);
        let lengths = zeros + count - 1;
        let bytes = Block::slice_as_flattened_mut(&mut blocks);
        bytes[16 * zeros..][..aad.len()].copy_from_slice(aad);
        bytes[16 * text..][..ciphertext.len()].copy_from_slice(ciphertext);
        let bits = |length: usize| 8 * length as u128;
        blocks[lengths] = (bits(aad.len()) << 64 ^ bits(ciphertext.len()))
            .to_be_bytes()
            .into();

        let mut ghash = GHash::new(&self.0[0]);
        ghash.update(&blocks[..=lengths]);
        let mut tag = ghash.finalize();
        tag.iter_mut()
            .zip(&self.0[1])
            .for_each(|(tag, mask)| *tag ^= mask);
        tag.into()
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0
            .iter_mut()
            .for_each(|block| block.as_mut_slice().zeroize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_messages_are_sealed_as_the_crate_seals_them() {
        let gcm = Gcm::new(&[7; 32]);
        let (nonce, bytes) = (u128::from_be_bytes([9; 16]) >> 32, [0xA5; 200]);
        for aad in [0, 1, 15, 16, 17, 36, 72, 79, 80, 81] {
            for length in 0..bytes.len() {
                let (mut ours, mut theirs) = (bytes, bytes);
                let tag = gcm.seal(nonce, &bytes[..aad], &mut ours[..length]);
                let expected = gcm
                    .any_length()
                    .encrypt_inout_detached(
                        &super::bytes(nonce),
                        &bytes[..aad],
                        (&mut theirs[..length]).into(),
                    )
                    .unwrap();
                assert_eq!(
                    (ours, tag),
                    (theirs, expected.into()),
                    "{aad} and {length} bytes"
                );

                assert!(
                    gcm.open(nonce, &bytes[..aad], &mut ours[..length], &tag)
                        .is_ok()
                );
                assert_eq!(ours, bytes);
                let mut flipped = tag;
                flipped[length % TAG] ^= 1 << (length % 8);
                assert!(
                    gcm.open(nonce, &bytes[..aad], &mut ours[..length], &flipped)
                        .is_err()
                );
                assert_eq!(ours, bytes);
            }
        }
    }
}
