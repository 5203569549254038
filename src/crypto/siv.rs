//! AES-SIV (RFC 5297) with a 64-byte key and no associated data: equal plaintexts give equal ciphertexts.
//!
//! Notation of RFC 5297 §2.6: K = K1 ‖ K2, V = S2V(K1, P), Q = V with two bits cleared, Z = V ‖ AES-CTR(K2, Q, P).
//!
//! Round keys and the keys of CMAC are wiped by their crates, the intermediate states of S2V are not.

use aes_siv::{KeyInit, siv::Aes256Siv};

use crate::secret::Secret;

/// The length of V, which stands before the ciphertext.
pub(crate) const SYNTHETIC_IV: usize = 16;

/// K1 ‖ K2. Both schedules are computed at each call: the crate's own holder of them cannot be shared between threads.
pub(crate) struct SivKey(Secret<64>);

/// What was to be opened is not what was sealed, or under another key.
#[derive(Debug)]
pub(crate) struct NotAuthentic;

impl SivKey {
    pub(crate) fn new(key: &Secret<64>) -> Self {
        Self(Secret::fill(|bytes| bytes.copy_from_slice(key.expose())))
    }

    /// Encrypts in place: `buffer` is [`SYNTHETIC_IV`] bytes of room, then the plaintext.
    pub(crate) fn seal(&self, buffer: &mut [u8]) {
        let (iv, text) = buffer.split_at_mut(SYNTHETIC_IV);
        match self.siv().encrypt_inout_detached(NOTHING, text.into()) {
            Ok(synthetic) => iv.copy_from_slice(&synthetic),
            Err(_) => unreachable!("there are no more than 126 associated data"),
        }
    }

    /// Decrypts in place; where it is not authentic, the buffer is unchanged. It has at least [`SYNTHETIC_IV`] bytes.
    pub(crate) fn open(&self, buffer: &mut [u8]) -> Result<(), NotAuthentic> {
        let (iv, text) = buffer
            .split_first_chunk_mut::<SYNTHETIC_IV>()
            .ok_or(NotAuthentic)?;
        self.siv()
            .decrypt_inout_detached(NOTHING, text.into(), &(*iv).into())
            .map_err(|_| NotAuthentic)
    }

    fn siv(&self) -> Aes256Siv {
        Aes256Siv::new(self.0.expose().into())
    }
}

/// No associated data, of any type.
const NOTHING: [&[u8]; 0] = [];

#[cfg(test)]
mod tests {
    use aes_siv::siv::Aes128Siv;
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn key() -> SivKey {
        SivKey::new(&Secret::fill(|bytes| {
            bytes
                .iter_mut()
                .zip(0..)
                .for_each(|(byte, number)| *byte = number);
        }))
    }

    fn sealed(plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = [&[0; SYNTHETIC_IV], plaintext].concat();
        key().seal(&mut buffer);
        buffer
    }

    /// Deterministic authenticated encryption, of the crate with the key length that the RFC shows.
    #[test]
    fn rfc_5297_a_1() {
        let key: [u8; 32] = hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
            .try_into()
            .unwrap();
        let ad = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
        let mut text = hex("112233445566778899aabbccddee");
        let iv = Aes128Siv::new(&key.into())
            .encrypt_inout_detached([ad], text.as_mut_slice().into())
            .unwrap();
        assert_eq!(HEXLOWER.encode(&iv), "85632d07c6e8f37f950acd320a2ecc93");
        assert_eq!(HEXLOWER.encode(&text), "40c02b9690c4dc04daef7f6afe5c");
    }

    /// S2V and CTR of the RFC §2.4 and §2.6 by hand, with AES-256 and CMAC of their crates.
    fn by_the_book(plaintext: &[u8]) -> Vec<u8> {
        use aes::{
            Aes256,
            cipher::{BlockCipherEncrypt, KeyInit},
        };
        use cmac::{Cmac, Mac};

        let key = key();
        let (k1, k2) = key.0.expose().split_at(32);
        let mac = |message: &[u8]| -> [u8; 16] {
            let mut mac = <Cmac<Aes256> as KeyInit>::new_from_slice(k1).unwrap();
            mac.update(message);
            mac.finalize().into_bytes().into()
        };
        let double = |block: [u8; 16]| {
            let number = u128::from_be_bytes(block);
            (number << 1 ^ if number >> 127 == 1 { 0x87 } else { 0 }).to_be_bytes()
        };
        let d = mac(&[0; 16]);
        let v = if plaintext.len() >= 16 {
            let mut t = plaintext.to_vec();
            let end = t.len() - 16;
            t[end..].iter_mut().zip(d).for_each(|(t, d)| *t ^= d);
            mac(&t)
        } else {
            let mut t = double(d);
            t.iter_mut().zip(plaintext).for_each(|(t, p)| *t ^= p);
            t[plaintext.len()] ^= 0x80;
            mac(&t)
        };
        let mut q = v;
        q[8] &= 0x7f;
        q[12] &= 0x7f;
        let aes = Aes256::new_from_slice(k2).unwrap();
        let keystream = (0_u128..).flat_map(|counter| {
            let mut block = u128::from_be_bytes(q)
                .wrapping_add(counter)
                .to_be_bytes()
                .into();
            aes.encrypt_block(&mut block);
            block
        });
        let text = plaintext.iter().zip(keystream).map(|(p, k)| p ^ k);
        v.iter().copied().chain(text).collect()
    }

    #[test]
    fn a_64_byte_key_agrees_with_the_book() {
        for length in 1..70_u8 {
            let plaintext: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(41)).collect();
            let mut buffer = sealed(&plaintext);
            assert_eq!(buffer, by_the_book(&plaintext), "{length}");
            key().open(&mut buffer).unwrap();
            assert_eq!(buffer[SYNTHETIC_IV..], plaintext);
        }
    }

    #[test]
    fn what_is_not_authentic_stays_as_it_is() {
        let whole = sealed(b"rdv-1");
        for (at, bit) in (0..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            let before = changed.clone();
            assert!(key().open(&mut changed).is_err());
            assert_eq!(changed, before);
        }
        for length in 0..whole.len() {
            assert!(key().open(&mut whole[..length].to_vec()).is_err());
        }
        let another = SivKey::new(&Secret::fill(|bytes| bytes.fill(1)));
        assert!(another.open(&mut whole.clone()).is_err());
    }
}
