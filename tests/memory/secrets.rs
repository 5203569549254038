//! The secret bytes that are looked for, computed from `docs/format.md` alone, in each form in which code may hold them.

use std::collections::BTreeMap;

use aes::{
    Aes256Enc,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use aes_gcm::{AeadInOut, Aes256Gcm};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, block_api::compress256};

pub(crate) const DOMAIN: &str = "statistics";
pub(crate) const PSEUDONYM: &str = "patient";
pub(crate) const SCOPES: [u8; 4] = [1, 2, 3, 4];

type Key = [u8; 32];
type Block = [u8; 16];

/// One form of one secret.
#[derive(Clone)]
pub(crate) struct Needle {
    /// What it is: the name that lists of what stays use.
    pub(crate) group: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Whether code keeps it in this form; the others are those that it passes through.
    pub(crate) kept: bool,
}

/// What the child is given, and what follows from it.
pub(crate) struct Secrets {
    /// By the names that the child asks for.
    pub(crate) plan: BTreeMap<&'static str, Vec<u8>>,
    pub(crate) needles: Vec<Needle>,
    /// By whether they are a subject's, and scope.
    seal_keys: BTreeMap<(bool, u8), Key>,
}

impl Secrets {
    /// The same ones in each run; nothing in the test's executable holds them.
    pub(crate) fn new() -> Self {
        let [root, linkage, subject, paint] =
            ["root", "linkage root", "subject", "paint"].map(digest);
        let mut secrets = Self {
            plan: BTreeMap::from([
                ("root", root.to_vec()),
                ("linkage root", linkage.to_vec()),
                ("subject", subject.to_vec()),
                ("paint", paint.to_vec()),
            ]),
            needles: Vec::new(),
            seal_keys: BTreeMap::new(),
        };
        secrets.tree(&root, &linkage, &subject);
        secrets.values();
        secrets.push("paint", paint.to_vec(), true);
        secrets
    }

    fn tree(&mut self, root: &Key, linkage: &Key, subject: &Key) {
        let domain = [&len16(DOMAIN)[..], DOMAIN.as_bytes()].concat();
        self.key("root", root);
        self.key("root", linkage);
        self.key("subject key", subject);
        self.hkdf(root);
        self.hkdf(linkage);
        for scope in SCOPES {
            let scope_key = expand(root, "paravent/v1/scope", &[scope]);
            let domain_key = expand(&scope_key, "paravent/v1/domain", &domain);
            let seal_key = expand(&domain_key, "paravent/v1/seal", &[]);
            let subject_key = expand(&domain_key, "paravent/v1/subject", subject);
            self.key("Kscope", &scope_key);
            self.key("Kdomain", &domain_key);
            self.key("Kseal", &seal_key);
            self.key("Kseal of a subject", &subject_key);
            self.hkdf(&scope_key);
            self.hkdf(&domain_key);
            self.cipher("schedule of Kseal", "K1", &seal_key);
            self.cipher(
                "schedule of a subject's Kseal",
                "K1 of a subject",
                &subject_key,
            );
            self.seal_keys.insert((false, scope), seal_key);
            self.seal_keys.insert((true, scope), subject_key);
        }
        let domain_key = expand(linkage, "paravent/v1/link", &domain);
        let name = [&[1][..], &len16(PSEUDONYM), PSEUDONYM.as_bytes()].concat();
        let use_key = expand(&domain_key, "paravent/v1/use", &name);
        let subject_key = expand(&use_key, "paravent/v1/subject", subject);
        self.key("Ldomain", &domain_key);
        self.key("Luse", &use_key);
        self.key("Lsubj", &subject_key);
        self.hkdf(&domain_key);
        self.mac("HMAC pads of Luse", "HMAC states of Luse", &use_key);
        self.mac("HMAC pads of Lsubj", "HMAC states of Lsubj", &subject_key);
    }

    fn values(&mut self) {
        // Long enough that eight bytes of them are like no others, and with letters that normalisation changes.
        let word = |what| data_encoding::HEXUPPER.encode(&digest(what)[..12]);
        for (field, value) in [
            ("last_name", format!("É{}", word("last name"))),
            ("first_name", format!("Zoé {}", word("first name"))),
            ("phone", "+336 39 98 31 41 59".to_owned()),
            (
                "email",
                format!("{}@example.org", word("e-mail").to_lowercase()),
            ),
            ("start", "2031-07-21T19:31:47+02:00".to_owned()),
            ("practitioner", format!("Dr {}", word("practitioner"))),
            ("specialty", word("specialty")),
        ] {
            self.push("clear value", value.clone().into_bytes(), true);
            self.push("clear value", value.to_lowercase().into_bytes(), false);
            self.push(
                "clear value",
                value.replace(['É', 'é'], "e").to_lowercase().into_bytes(),
                false,
            );
            self.plan.insert(field, value.into_bytes());
        }
        self.push("clear value", b"+33639983141".to_vec(), false);
    }

    /// Adds what the nonce of a sealed record or row makes, after checking that it opens the record.
    pub(crate) fn row(&mut self, sealed: &[u8]) {
        let (header, mut groups) = sealed.split_at(32);
        let of_subject = header[3] & 2 != 0;
        let nonce: [u8; 24] = header[8..].try_into().unwrap();
        let is_record = header[2] == 1;
        for scope in SCOPES {
            let kx = nonce_key(&self.seal_keys[&(of_subject, scope)], &nonce);
            self.nonce_key(&kx, &nonce, sealed);
            if is_record {
                assert_eq!(groups[0], scope);
                let length = usize::from(u16::from_be_bytes([groups[1], groups[2]]));
                let aad = [header, &[scope, 0, 0, 0]].concat();
                open(&kx, &nonce, &aad, &groups[19..][..length + 16]);
                groups = &groups[19 + length + 16..];
            }
        }
    }

    /// Adds what opens this key file.
    pub(crate) fn key_file(&mut self, text: &str, passphrase: &str) {
        let (_, encoded) = text.trim_end().split_once('.').unwrap();
        let body = BASE64URL_NOPAD.decode(encoded.as_bytes()).unwrap();
        let number = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
        let params = Params::new(number(0), number(4), number(8), Some(32)).unwrap();
        let mut stretched = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &body[12..28], &mut stretched)
            .unwrap();
        let commitment = expand(&stretched, "paravent/v1/file-commit", &[]);
        assert_eq!(
            commitment,
            body[28..60],
            "the needles are not the file's keys"
        );
        let seal_key = expand(&stretched, "paravent/v1/file-seal", &[]);
        self.key("Kfile", &stretched);
        self.hkdf(&stretched);
        self.key("Kseal of a file", &seal_key);
        self.cipher("schedule of a file's Kseal", "K1 of a file", &seal_key);
        let nonce: [u8; 24] = body[60..84].try_into().unwrap();
        let kx = nonce_key(&seal_key, &nonce);
        self.nonce_key(&kx, &nonce, &[]);
        if text.starts_with("paravent-keyring-2.") {
            let (prefix, ciphertext) =
                ("paravent-keyring-2.".as_bytes(), &body[84..body.len() - 8]);
            let aad = [prefix, &body[..84]].concat();
            self.roots(&open(&kx, &nonce, &aad, ciphertext));
        }
    }

    /// Adds the roots of a keyring's payload.
    fn roots(&mut self, mut payload: &[u8]) {
        for size in [45, 36] {
            let count = u16::from_be_bytes(payload[..2].try_into().unwrap());
            let (periods, rest) = payload[2..].split_at(size * usize::from(count));
            for period in periods.chunks(size) {
                let root = period[size - 32..].try_into().unwrap();
                self.key("root", root);
                self.hkdf(root);
            }
            payload = rest;
        }
        let log = payload.try_into().unwrap();
        self.key("root", log);
        self.hkdf(log);
    }

    pub(crate) fn passphrase(&mut self, name: &'static str) -> String {
        let passphrase = data_encoding::HEXLOWER.encode(&digest(name));
        self.push("passphrase", passphrase.clone().into_bytes(), true);
        self.plan.insert(name, passphrase.clone().into_bytes());
        passphrase
    }

    fn push(&mut self, group: &'static str, bytes: Vec<u8>, kept: bool) {
        self.needles.push(Needle { group, bytes, kept });
    }

    /// Keys are HMAC's output, so that they also stand as eight words and as the two registers of the SHA unit.
    fn key(&mut self, group: &'static str, key: &Key) {
        self.push(group, key.to_vec(), true);
        self.push(group, swapped(key), false);
        self.push(group, registers(&words(key)), false);
    }

    fn hkdf(&mut self, key: &Key) {
        self.mac("HKDF pads", "HKDF states", key);
    }

    fn mac(&mut self, pads: &'static str, states: &'static str, key: &Key) {
        for pad in [0x36, 0x5C] {
            // What follows is the pad alone.
            let half = key.map(|byte| byte ^ pad);
            self.push(pads, half.to_vec(), false);
            self.push(pads, swapped(&half), false);
            let mut block = [pad; 64];
            block[..32].copy_from_slice(&half);
            let mut state = [
                0x6A09_E667,
                0xBB67_AE85,
                0x3C6E_F372,
                0xA54F_F53A,
                0x510E_527F,
                0x9B05_688C,
                0x1F83_D9AB,
                0x5BE0_CD19,
            ];
            compress256(&mut state, &[block]);
            self.push(
                states,
                state.iter().flat_map(|word| word.to_ne_bytes()).collect(),
                true,
            );
            self.push(states, registers(&state), false);
        }
    }

    fn cipher(&mut self, schedule: &'static str, k1: &'static str, key: &Key) {
        // The first two round keys are the key itself.
        self.push(schedule, round_keys(key)[2..].concat(), true);
        self.push(k1, doubled(encrypt(key, [0; 16])).to_vec(), true);
    }

    fn nonce_key(&mut self, kx: &Key, nonce: &[u8; 24], sealed: &[u8]) {
        self.push("Kx", kx.to_vec(), true);
        self.push("schedule of Kx", round_keys(kx)[2..].concat(), true);
        let h = encrypt(kx, [0; 16]);
        self.push("GCM's H", h.to_vec(), true);
        let mut reversed = h;
        reversed.reverse();
        self.push("GCM's H", reversed.to_vec(), false);
        self.push("GCM's H", mul_x(reversed).to_vec(), false);
        for counter in 1..=12_u32 {
            let mut block = [0; 16];
            block[..12].copy_from_slice(&nonce[12..]);
            block[12..].copy_from_slice(&counter.to_be_bytes());
            // Over padding, which is zero, the keystream is the ciphertext.
            let halves = encrypt(kx, block);
            for half in halves
                .chunks(8)
                .filter(|half| !sealed.windows(8).any(|known| known == *half))
            {
                self.push("GCM's keystream", half.to_vec(), true);
            }
        }
    }
}

/// What `sealed` holds: the needles are its keys.
fn open(kx: &Key, nonce: &[u8; 24], aad: &[u8], sealed: &[u8]) -> Vec<u8> {
    let (ciphertext, tag) = sealed.split_last_chunk::<16>().unwrap();
    let mut text = ciphertext.to_vec();
    let nonce = nonce[12..].try_into().unwrap();
    Aes256Gcm::new(kx.into())
        .decrypt_inout_detached(nonce, aad, text.as_mut_slice().into(), tag.into())
        .unwrap();
    text
}

fn digest(what: &str) -> Key {
    Sha256::digest(format!("paravent, tests of memory: {what}")).into()
}

fn len16(text: &str) -> [u8; 2] {
    u16::try_from(text.len()).unwrap().to_be_bytes()
}

fn expand(key: &Key, label: &str, rest: &[u8]) -> Key {
    let mut out = [0; 32];
    let info = [label.as_bytes(), &[0], rest].concat();
    Hkdf::<Sha256>::from_prk(key)
        .unwrap()
        .expand(&info, &mut out)
        .unwrap();
    // The states that are looked for are HMAC's own: one block of HKDF-Expand is HMAC(key, info ‖ 1).
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.update(&info);
    mac.update(&[1]);
    assert_eq!(mac.finalize().into_bytes()[..], out);
    out
}

fn words(key: &Key) -> [u32; 8] {
    std::array::from_fn(|i| u32::from_be_bytes(key[4 * i..][..4].try_into().unwrap()))
}

/// As the words of SHA-256's message.
fn swapped(key: &Key) -> Vec<u8> {
    words(key)
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect()
}

/// ABEF and CDGH, lowest lane first.
fn registers([a, b, c, d, e, f, g, h]: &[u32; 8]) -> Vec<u8> {
    [f, e, b, a, h, g, d, c]
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect()
}

fn encrypt(key: &Key, block: Block) -> Block {
    let mut block = block.into();
    Aes256Enc::new(key.into()).encrypt_block(&mut block);
    block.into()
}

/// dbl of SP 800-38B §6.1.
fn doubled(block: Block) -> Block {
    let number = u128::from_be_bytes(block);
    ((number << 1) ^ ((number >> 127) * 0x87)).to_be_bytes()
}

/// mulX_POLYVAL of RFC 8452, appendix A.
fn mul_x(block: Block) -> Block {
    let number = u128::from_le_bytes(block);
    ((number << 1) ^ ((number >> 127) * ((0xC2 << 120) | 1))).to_le_bytes()
}

/// Kx of C2SP `XAES-256-GCM`.
fn nonce_key(key: &Key, nonce: &[u8; 24]) -> Key {
    let k1 = doubled(encrypt(key, [0; 16]));
    let half = |number| {
        let mut block = [0, number, b'X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        block[4..].copy_from_slice(&nonce[..12]);
        encrypt(key, std::array::from_fn(|i| block[i] ^ k1[i]))
    };
    [half(1), half(2)].concat().try_into().unwrap()
}

/// The expanded key of FIPS 197 §5.2, for 32-byte keys.
fn round_keys(key: &Key) -> [Block; 15] {
    let substitutes = substitutes();
    let substitute = |word: [u8; 4]| word.map(|byte| substitutes[usize::from(byte)]);
    let mut words: Vec<[u8; 4]> = key.chunks(4).map(|word| word.try_into().unwrap()).collect();
    let mut constant = 1;
    for i in 8..60 {
        let mut word = words[i - 1];
        if i % 8 == 0 {
            word.rotate_left(1);
            word = substitute(word);
            word[0] ^= constant;
            constant <<= 1;
        } else if i % 8 == 4 {
            word = substitute(word);
        }
        words.push(std::array::from_fn(|j| word[j] ^ words[i - 8][j]));
    }
    std::array::from_fn(|i| words[4 * i..][..4].concat().try_into().unwrap())
}

/// The S-box of FIPS 197 §5.1.1, by powers of the generator 3.
fn substitutes() -> [u8; 256] {
    let mut table = [0x63; 256];
    let (mut p, mut q) = (1_u8, 1_u8);
    loop {
        p ^= (p << 1) ^ if p & 0x80 == 0 { 0 } else { 0x1B };
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        q ^= if q & 0x80 == 0 { 0 } else { 0x09 };
        let turned = q ^ q.rotate_left(1) ^ q.rotate_left(2) ^ q.rotate_left(3) ^ q.rotate_left(4);
        table[usize::from(p)] = turned ^ 0x63;
        if p == 1 {
            return table;
        }
    }
}

/// The round keys are the known ones of FIPS 197, appendix A.3.
pub(crate) fn key_expansion_is_that_of_the_standard() {
    let key: Key = [
        0x60, 0x3D, 0xEB, 0x10, 0x15, 0xCA, 0x71, 0xBE, 0x2B, 0x73, 0xAE, 0xF0, 0x85, 0x7D, 0x77,
        0x81, 0x1F, 0x35, 0x2C, 0x07, 0x3B, 0x61, 0x08, 0xD7, 0x2D, 0x98, 0x10, 0xA3, 0x09, 0x14,
        0xDF, 0xF4,
    ];
    let keys = round_keys(&key);
    assert_eq!(keys[..2].concat(), key);
    assert_eq!(keys[2][..4], [0x9B, 0xA3, 0x54, 0x11]);
    assert_eq!(keys[14][12..], [0x70, 0x6C, 0x63, 0x1E]);
}
