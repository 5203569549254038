//! Sealing by the book, with other crates and without the library's checks: for what the library never writes.

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use cmac::{Cmac, Mac};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use paravent::{Epoch, Field, Scope, test_kit};
use sha2::{Digest, Sha256};
use xaes_256_gcm::{
    Xaes256Gcm,
    aead::{Aead, KeyInit, Payload},
};

use super::kit::{KIT, RECORD_ID};

pub const PASSPHRASE: &str = "correct horse battery staple";

/// The first record of the kit with this plaintext, a multiple of 16 bytes, in place of one group's.
pub fn record_with(scope: Scope, plaintext: &[u8]) -> Vec<u8> {
    let genuine = &KIT.records[0];
    let mut record = genuine.as_bytes()[..32].to_vec();
    for own in KIT.schema().scopes() {
        if own != scope {
            let others: Vec<_> = genuine.scopes().filter(|&other| other != own).collect();
            record.extend_from_slice(&genuine.withhold(&others).unwrap().as_bytes()[32..]);
            continue;
        }
        record.push(scope.number());
        record.extend_from_slice(&(plaintext.len() as u16).to_be_bytes());
        let key = seal_key(scope);
        record.extend_from_slice(&commitment(&key, &genuine.as_bytes()[8..32]));
        record.extend_from_slice(&seal(&key, genuine.as_bytes(), scope, 0, plaintext));
    }
    record
}

/// A cell of the kit's first row with this plaintext.
pub fn cell_with(field: &Field, plaintext: &[u8]) -> Vec<u8> {
    let row = KIT.rows[0].sealed().as_bytes();
    seal(
        &seal_key(field.scope()),
        row,
        field.scope(),
        field.id().number(),
        plaintext,
    )
}

/// The fields in a group's plaintext; `None` where the format refuses it.
pub fn fields_in(mut plaintext: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut fields: Vec<(u8, &[u8])> = Vec::new();
    loop {
        match *plaintext {
            [] => return Some(fields),
            [0, ..] => return plaintext.iter().all(|&byte| byte == 0).then_some(fields),
            [number, high, low, ref rest @ ..] => {
                let length = u16::from_be_bytes([high, low]);
                let (value, rest) = rest.split_at_checked(length.into())?;
                if fields.last().is_some_and(|&(last, _)| number <= last) {
                    return None;
                }
                fields.push((number, value));
                plaintext = rest;
            }
            _ => return None,
        }
    }
}

/// The value in a cell's plaintext, or null; `None` where the format refuses it.
pub fn value_in(plaintext: &[u8]) -> Option<Option<&[u8]>> {
    let (length, rest) = plaintext.split_first_chunk()?;
    let length = u16::from_be_bytes(*length);
    let is_null = length == 0xFFFF;
    let (value, padding) = rest.split_at_checked(if is_null { 0 } else { length.into() })?;
    let whole = padding.iter().all(|&byte| byte == 0);
    whole.then_some((!is_null).then_some(value))
}

/// A key file under [`PASSPHRASE`], at the least cost that there is; `kind` with its version.
pub fn key_file(kind: &str, payload: &[u8]) -> String {
    const SALT: &[u8] = &[5; 16];
    const NONCE: &[u8] = &[6; 24];
    let prefix = format!("paravent-{kind}.");
    let mut stretched = [0; 32];
    Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(8, 1, 1, Some(32)).unwrap(),
    )
    .hash_password_into(PASSPHRASE.as_bytes(), SALT, &mut stretched)
    .unwrap();
    let mut body = [8_u32, 1, 1].map(u32::to_be_bytes).concat();
    body.extend_from_slice(SALT);
    body.extend_from_slice(&expand(&stretched, "paravent/v1/file-commit", &[]));
    body.extend_from_slice(NONCE);
    let key = expand(&stretched, "paravent/v1/file-seal", &[]);
    let aad = [prefix.as_bytes(), &body].concat();
    body.extend_from_slice(&xaes(&key, NONCE, &aad, payload));
    let checksum = Sha256::new()
        .chain_update(&prefix)
        .chain_update(&body)
        .finalize();
    body.extend_from_slice(&checksum[..8]);
    prefix + &BASE64URL_NOPAD.encode(&body) + "\n"
}

fn seal_key(scope: Scope) -> [u8; 32] {
    let [_, domain_key, _] = test_kit::tree(
        &test_kit::keyring(),
        Epoch::FIRST,
        scope,
        KIT.policy.policy().domain(),
    )
    .unwrap();
    expand(&domain_key, "paravent/v1/subject", KIT.subject.expose())
}

fn expand(key: &[u8; 32], label: &str, rest: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(key)
        .unwrap()
        .expand_multi_info(&[label.as_bytes(), &[0], rest], &mut out)
        .unwrap();
    out
}

fn commitment(key: &[u8; 32], nonce: &[u8]) -> [u8; 16] {
    let mut mac = Cmac::<Aes256>::new(key.into());
    mac.update(b"XCMT");
    mac.update(nonce);
    mac.update(&[0, 1, 0, 1]);
    mac.finalize().into_bytes().into()
}

/// Under the header that `sealed` begins with.
fn seal(key: &[u8; 32], sealed: &[u8], scope: Scope, field: u8, plaintext: &[u8]) -> Vec<u8> {
    let header = &sealed[..32];
    let mut nonce = header[8..].to_vec();
    nonce[23] ^= field;
    let mut aad = header.to_vec();
    aad.extend_from_slice(&[scope.number(), field]);
    aad.extend_from_slice(&(RECORD_ID.len() as u16).to_be_bytes());
    aad.extend_from_slice(RECORD_ID.as_bytes());
    xaes(key, &nonce, &aad, plaintext)
}

fn xaes(key: &[u8; 32], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let payload = Payload {
        msg: plaintext,
        aad,
    };
    Xaes256Gcm::new(key.into())
        .encrypt(nonce.try_into().unwrap(), payload)
        .unwrap()
}
