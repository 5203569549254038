//! AES-256-GCM (SP 800-38D) of the crate `aes-gcm`, over AES whose blocks for a short message are computed ahead.
//!
//! GCM asks its cipher three times: for H, for the tag's mask, for the keystream. Where AES is found at run time, each
//! visit costs about as much as ten blocks, and a group has about ten. What it will ask for is known: E(0^128), then
//! E(nonce ‖ counter) for the counters from 1. So all are computed in one visit, and looked up.

use aes::{
    Aes256Enc, Block,
    cipher::{
        BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
        ParBlocksSizeUser,
        consts::{U1, U12, U16},
        inout::InOut,
    },
};
use aes_gcm::{AeadInOut, AesGcm, KeyInit};
use zeroize::Zeroize;

use super::aead::{TAG, TagMismatch};

const NONCE: usize = 12;

/// The key's schedule.
pub(super) struct Gcm(Aes256Enc);

impl Gcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Enc::new(key.into()))
    }

    /// Encrypts in place and returns the tag.
    pub(super) fn seal(&self, nonce: &[u8; NONCE], aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
        let cipher = Ahead::new(&self.0, nonce, buffer.len());
        match AesGcm::<_, U12>::from(&cipher).encrypt_inout_detached(
            nonce.into(),
            aad,
            buffer.into(),
        ) {
            Ok(tag) => tag.into(),
            // GCM refuses 64 GiB and more; callers are bounded by 16-bit lengths.
            Err(_) => unreachable!("a buffer over 2^36 bytes"),
        }
    }

    /// Decrypts in place once the tag holds; otherwise the buffer is unchanged.
    pub(super) fn open(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), TagMismatch> {
        let cipher = Ahead::new(&self.0, nonce, buffer.len());
        AesGcm::<_, U12>::from(&cipher)
            .decrypt_inout_detached(nonce.into(), aad, buffer.into(), tag.into())
            .map_err(|_| TagMismatch)
    }
}

/// How many blocks fit: H, the mask and 160 bytes of keystream, which is most groups and cells.
const AHEAD: usize = 12;

/// AES for one nonce.
struct Ahead<'a> {
    aes: &'a Aes256Enc,
    /// E(0^128), then E(nonce ‖ counter) at the counter's place; none for a long message.
    blocks: [Block; AHEAD],
    known: usize,
}

impl<'a> Ahead<'a> {
    fn new(aes: &'a Aes256Enc, nonce: &[u8; NONCE], length: usize) -> Self {
        let needed = 2 + length.div_ceil(16);
        let mut ahead = Self {
            aes,
            blocks: [Block::default(); AHEAD],
            known: 0,
        };
        if needed <= AHEAD {
            ahead.known = needed;
            for (counter, block) in ahead.blocks[..needed].iter_mut().enumerate().skip(1) {
                block[..NONCE].copy_from_slice(nonce);
                block[NONCE..].copy_from_slice(&(counter as u32).to_be_bytes());
            }
            aes.encrypt_blocks(&mut ahead.blocks[..needed]);
        }
        ahead
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.blocks[..self.known]
            .iter_mut()
            .for_each(|block| block.as_mut_slice().zeroize());
    }
}

impl BlockSizeUser for Ahead<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncrypt for Ahead<'_> {
    #[inline]
    fn encrypt_with_backend(&self, closure: impl BlockCipherEncClosure<BlockSize = U16>) {
        if self.known == 0 {
            self.aes.encrypt_with_backend(closure);
        } else {
            closure.call(&LookUp(self));
        }
    }
}

/// What is there is looked up by its counter, which is public; GCM asks for no other block of this message.
struct LookUp<'a>(&'a Ahead<'a>);

impl BlockSizeUser for LookUp<'_> {
    type BlockSize = U16;
}

impl ParBlocksSizeUser for LookUp<'_> {
    type ParBlocksSize = U1;
}

impl BlockCipherEncBackend for LookUp<'_> {
    #[inline(always)]
    fn encrypt_block(&self, mut block: InOut<'_, '_, Block>) {
        let [.., c0, c1, c2, c3] = block.get_in().0;
        let counter = u32::from_be_bytes([c0, c1, c2, c3]) as usize;
        if counter < self.0.known {
            *block.get_out() = self.0.blocks[counter];
        } else {
            self.0.aes.encrypt_block_inout(block);
        }
    }
}
