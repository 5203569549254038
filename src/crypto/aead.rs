//! XAES-256-GCM and its key commitment.
//!
//! Notation of C2SP `XAES-256-GCM`: K key, N 24-byte nonce, L = AES-256_K(0^128), K1 = dbl(L),
//! M1 = 0x00 0x01 'X' 0x00 ‖ N[:12], M2 = 0x00 0x02 'X' 0x00 ‖ N[:12],
//! Kx = AES-256_K(M1 ⊕ K1) ‖ AES-256_K(M2 ⊕ K1); the ciphertext is AES-256-GCM under Kx with nonce N[12:].
//!
//! Commitment (ePrint 2025/758): AES-CMAC-256(K, "XCMT" ‖ N ‖ 0x00 0x01 0x00 0x01), 16 bytes. Its message is two
//! whole blocks, so its first is one more AES call beside the two of the key derivation, under the same schedule.

use aes::{Aes256Enc, Block, cipher::BlockCipherEncrypt};
use aes_gcm::{AeadInOut, AesGcm, KeyInit, aead::consts::U12};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;

pub(crate) const NONCE: usize = 24;
pub(crate) const COMMITMENT: usize = 16;
pub(crate) const TAG: usize = 16;

pub(crate) type Nonce = [u8; NONCE];

/// AES-256-GCM without the decryption schedule, which counter mode never uses.
pub(super) type Gcm = AesGcm<Aes256Enc, U12>;

/// K with its schedule and K1, ready for any number of nonces.
pub(crate) struct SealingKey {
    aes: Aes256Enc,
    k1: Block,
}

/// What one nonce makes of K: the key that seals, and the commitment that names K.
pub(crate) struct NonceKey {
    gcm: Gcm,
    tail: [u8; NONCE / 2],
    commitment: [u8; COMMITMENT],
}

/// The tag did not hold; the buffer is as it was.
#[derive(Debug)]
pub(crate) struct TagMismatch;

impl SealingKey {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        let aes = Aes256Enc::new(key.expose().into());
        let mut k1 = Block::default();
        aes.encrypt_block(&mut k1);
        double(&mut k1);
        Self { aes, k1 }
    }

    /// One pass for the two blocks of the KDF and the two of the commitment.
    pub(crate) fn derive(&self, nonce: &Nonce) -> NonceKey {
        let head = &nonce[..NONCE / 2];
        let mut blocks = [
            self.masked(block([0, 1, b'X', 0], head)),
            self.masked(block([0, 2, b'X', 0], head)),
            block(*b"XCMT", head),
        ];
        self.aes.encrypt_blocks(&mut blocks);
        let mut key = Zeroizing::new([0; 32]);
        key[..16].copy_from_slice(&blocks[0]);
        key[16..].copy_from_slice(&blocks[1]);
        let mut commitment = blocks[2];
        blocks
            .iter_mut()
            .for_each(|block| block.as_mut_slice().zeroize());

        let mut tail = [0; NONCE / 2];
        tail.copy_from_slice(&nonce[NONCE / 2..]);
        let mut last = Block::default();
        last[..12].copy_from_slice(&tail);
        last[12..].copy_from_slice(&[0, 1, 0, 1]);
        xor(&mut commitment, &self.masked(last));
        self.aes.encrypt_block(&mut commitment);

        // Last, so that a kilobyte of key schedule is written where it stays.
        NonceKey {
            commitment: commitment.into(),
            tail,
            gcm: Gcm::new((&*key).into()),
        }
    }

    fn masked(&self, mut block: Block) -> Block {
        xor(&mut block, &self.k1);
        block
    }
}

impl Drop for SealingKey {
    fn drop(&mut self) {
        self.k1.as_mut_slice().zeroize();
    }
}

impl NonceKey {
    pub(crate) fn commitment(&self) -> &[u8; COMMITMENT] {
        &self.commitment
    }

    /// Compares in constant time.
    pub(crate) fn commits_to(&self, commitment: &[u8]) -> bool {
        self.commitment[..].ct_eq(commitment).into()
    }

    /// Encrypts in place and returns the tag.
    pub(crate) fn seal(&self, aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        self.seal_cell(0, aad, buffer)
    }

    /// As [`NonceKey::seal`], with the last byte of the nonce XORed with the field number.
    pub(crate) fn seal_cell(&self, field: u8, aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        match self
            .gcm
            .encrypt_inout_detached(&self.nonce(field).into(), aad, buffer.into())
        {
            Ok(tag) => tag.into(),
            // GCM refuses 64 GiB and more; callers are bounded by 16-bit lengths.
            Err(_) => unreachable!("a buffer over 2^36 bytes"),
        }
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
        self.gcm
            .decrypt_inout_detached(&self.nonce(field).into(), aad, buffer.into(), tag.into())
            .map_err(|_| TagMismatch)
    }

    fn nonce(&self, field: u8) -> [u8; NONCE / 2] {
        let mut nonce = self.tail;
        nonce[NONCE / 2 - 1] ^= field;
        nonce
    }
}

fn block(prefix: [u8; 4], head: &[u8]) -> Block {
    let mut block = Block::default();
    block[..4].copy_from_slice(&prefix);
    block[4..].copy_from_slice(head);
    block
}

fn xor(to: &mut Block, from: &Block) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
}

/// dbl of SP 800-38B §6.1, without a branch on the secret.
pub(super) fn double(block: &mut Block) {
    let carry = block[0] >> 7;
    for i in 0..15 {
        block[i] = (block[i] << 1) | (block[i + 1] >> 7);
    }
    block[15] = (block[15] << 1) ^ (carry * 0x87);
}
