//! XAES-256-GCM and its key commitment.
//!
//! Notation of C2SP `XAES-256-GCM`: K key, N 24-byte nonce, L = AES-256_K(0^128), K1 = dbl(L),
//! M1 = 0x00 0x01 'X' 0x00 ‖ N[:12], M2 = 0x00 0x02 'X' 0x00 ‖ N[:12],
//! Kx = AES-256_K(M1 ⊕ K1) ‖ AES-256_K(M2 ⊕ K1); the ciphertext is AES-256-GCM under Kx with nonce N[12:].
//!
//! Commitment (ePrint 2025/758): AES-CMAC-256(K, "XCMT" ‖ N ‖ 0x00 0x01 0x00 0x01), 16 bytes. Its message is two
//! whole blocks, so its first is one more AES call beside the two of the key derivation, under the same schedule.

use aes::{
    Aes256Enc, Block,
    cipher::{
        BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
        consts::U16,
    },
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::gcm::Gcm;
use crate::secret::Secret;

pub(crate) const NONCE: usize = 24;
pub(crate) const COMMITMENT: usize = 16;
pub(crate) const TAG: usize = 16;

pub(crate) type Nonce = [u8; NONCE];

/// K with its schedule and K1, ready for any number of nonces.
pub(crate) struct SealingKey {
    aes: Aes256Enc,
    k1: Block,
}

/// What one nonce makes of K: GCM under Kx, which seals, and the commitment, which names K.
pub(crate) struct NonceKey {
    gcm: Gcm,
    /// N[12:], a number of 96 bits.
    tail: u128,
    commitment: [u8; COMMITMENT],
}

/// The tag did not hold; the buffer is as it was.
#[derive(Debug)]
pub(crate) struct TagMismatch;

impl SealingKey {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        let mut key = Self {
            aes: Aes256Enc::new(key.expose().into()),
            k1: Block::default(),
        };
        key.aes.encrypt_block(&mut key.k1);
        double(&mut key.k1);
        key
    }

    #[inline]
    pub(crate) fn derive(&self, nonce: &Nonce) -> NonceKey {
        let mut key = Zeroizing::new([0; 32]);
        let mut commitment = Block::default();
        let derivation = Derivation {
            k1: &self.k1,
            nonce,
            key: &mut key,
            commitment: &mut commitment,
        };
        self.aes.encrypt_with_backend(derivation);
        NonceKey {
            commitment: commitment.into(),
            tail: halves(nonce).1,
            gcm: Gcm::new(&key),
        }
    }
}

impl Drop for SealingKey {
    fn drop(&mut self) {
        self.k1.as_mut_slice().zeroize();
    }
}

/// The four blocks of XAES and its commitment, in one visit to the AES unit: entering it costs as much as ten blocks.
struct Derivation<'a> {
    k1: &'a Block,
    nonce: &'a Nonce,
    key: &'a mut [u8; 32],
    commitment: &'a mut Block,
}

impl BlockSizeUser for Derivation<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Derivation<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, aes: &B) {
        // In numbers, since a block that is written in parts stalls the next read of the whole.
        let (head, tail) = halves(self.nonce);
        let k1 = u128::from_be_bytes((*self.k1).into());
        let block = |prefix, mask: u128| {
            let prefix = u128::from(u32::from_be_bytes(prefix));
            Block::from((prefix << 96 ^ head ^ mask).to_be_bytes())
        };
        let mut m1 = block([0, 1, b'X', 0], k1);
        let mut m2 = block([0, 2, b'X', 0], k1);
        let mut c1 = block(*b"XCMT", 0);
        aes.encrypt_block((&mut m1).into());
        aes.encrypt_block((&mut m2).into());
        aes.encrypt_block((&mut c1).into());
        self.key[..16].copy_from_slice(&m1);
        self.key[16..].copy_from_slice(&m2);
        m1.as_mut_slice().zeroize();
        m2.as_mut_slice().zeroize();

        let last = tail << 32 ^ u128::from(u32::from_be_bytes([0, 1, 0, 1]));
        let mut c2 = Block::from((u128::from_be_bytes(c1.into()) ^ last ^ k1).to_be_bytes());
        aes.encrypt_block((&mut c2).into());
        *self.commitment = c2;
    }
}

impl NonceKey {
    pub(crate) fn commitment(&self) -> &[u8; COMMITMENT] {
        &self.commitment
    }

    /// Compares in constant time.
    pub(crate) fn commits_to(&self, commitment: &[u8; COMMITMENT]) -> bool {
        let [ours, given] = [&self.commitment, commitment].map(|bytes| u128::from_ne_bytes(*bytes));
        ours.ct_eq(&given).into()
    }

    /// Encrypts in place and returns the tag.
    pub(crate) fn seal(&self, aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        self.seal_cell(0, aad, buffer)
    }

    /// As [`NonceKey::seal`], with the last byte of the nonce XORed with the field number.
    pub(crate) fn seal_cell(&self, field: u8, aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        self.gcm.seal(self.nonce(field), aad, buffer)
    }

    /// Decrypts in place once the tag holds; otherwise the buffer is unchanged.
    pub(crate) fn open(
        &self,
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), TagMismatch> {
        self.open_cell(0, aad, buffer, tag)
    }

    pub(crate) fn open_cell(
        &self,
        field: u8,
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), TagMismatch> {
        self.gcm.open(self.nonce(field), aad, buffer, tag)
    }

    #[inline]
    fn nonce(&self, field: u8) -> u128 {
        self.tail ^ u128::from(field)
    }
}

/// N[:12] and N[12:], numbers of 96 bits.
#[inline]
fn halves(nonce: &Nonce) -> (u128, u128) {
    let (words, _) = nonce.as_chunks();
    let [a, b, c] = [0, 1, 2].map(|word: usize| u128::from(u64::from_be_bytes(words[word])));
    (a << 32 ^ b >> 32, (b & 0xFFFF_FFFF) << 64 ^ c)
}

/// dbl of SP 800-38B §6.1, without a branch on the secret.
pub(super) fn double(block: &mut Block) {
    let carry = block[0] >> 7;
    for i in 0..15 {
        block[i] = (block[i] << 1) | (block[i + 1] >> 7);
    }
    block[15] = (block[15] << 1) ^ (carry * 0x87);
}
