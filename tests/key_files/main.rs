//! Keyrings and grants in files: what comes back, what is refused before anything is spent, and what is left behind.
//!
//! [`forge`] is a second implementation of the file's form, written from its documentation. It makes files that cost
//! nothing to open, and files that this crate would never write.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    fs,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use paravent::{
    Appointment, CheckedPolicy, Date, Epoch, Error, Grant, Keyring, Passphrase, Protected,
    Protector, Revealer, Schema, Scope,
};
use sha2::{Digest, Sha256};
use xaes_256_gcm::{
    Xaes256Gcm,
    aead::{Aead, KeyInit, Payload},
};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod forged;
mod inspected;
mod on_disk;
mod passphrases;
mod refused_early;
mod round_trip;
mod terms;

const PASSPHRASE: &str = "correct horse battery staple";

/// Memory in KiB, passes, lanes.
type Cost = (u32, u32, u32);

const CHEAP: Cost = (8, 1, 1);

/// Bytes of the body before the ciphertext: cost, salt, commitment, nonce.
const HEAD: usize = 12 + 16 + 32 + 24;

static KEYRING: LazyLock<(Keyring, String)> = LazyLock::new(|| {
    let mut keyring = Keyring::generate().unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let text = keyring.to_key_file(&passphrase()).unwrap();
    (keyring, text)
});

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE).unwrap()
}

fn policy() -> CheckedPolicy {
    let toml = "domain = \"statistics\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n[open.contact]\nreason = \"x\"\n\
                [open.care]\nreason = \"x\"\n[pseudonym.patient]\nof = [\"last_name\"]\nreason = \"x\"\n";
    accepted(toml, &Schema::appointment()).unwrap()
}

fn appointment() -> Appointment {
    Appointment {
        last_name: "Lefèvre".into(),
        start: "2020-07-21T09:30:00+02:00".into(),
        specialty: "Dermatologie".into(),
        ..Appointment::default()
    }
}

fn protect(keyring: &Keyring) -> Protected {
    let protector = Protector::new(keyring, &policy()).unwrap();
    protector.protect(&appointment()).unwrap()
}

fn keyring(text: &str) -> Result<Keyring, Error> {
    Keyring::from_key_file(text, &passphrase())
}

/// The error of a text that is refused, as a keyring.
#[track_caller]
fn refused(text: &str) -> Error {
    keyring(text).unwrap_err()
}

#[track_caller]
fn damaged(error: &Error, message: &str) {
    assert!(
        error.is_damaged() && error.to_string().contains(message),
        "{error}"
    );
}

fn checksum(prefix: &str, body: &[u8]) -> [u8; 8] {
    let digest = Sha256::new()
        .chain_update(prefix)
        .chain_update(body)
        .finalize();
    digest[..8].try_into().unwrap()
}

/// The text with this first word and body, whose checksum holds.
fn text(prefix: &str, body: &[u8]) -> String {
    let body = [body, &checksum(prefix, body)].concat();
    format!("{prefix}{}\n", BASE64URL_NOPAD.encode(&body))
}

fn split(text: &str) -> (&str, Vec<u8>) {
    let (prefix, encoded) = text.trim_end().split_at(text.find('.').unwrap() + 1);
    let mut body = BASE64URL_NOPAD.decode(encoded.as_bytes()).unwrap();
    let sum = body.split_off(body.len() - 8);
    assert_eq!(sum, checksum(prefix, &body));
    (prefix, body)
}

/// The sealing key and the commitment.
fn keys((memory, passes, lanes): Cost, salt: &[u8]) -> ([u8; 32], [u8; 32]) {
    let params = Params::new(memory, passes, lanes, Some(32)).unwrap();
    let mut stretched = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSPHRASE.as_bytes(), salt, &mut stretched)
        .unwrap();
    let derive = |label: &[u8]| {
        let mut key = [0; 32];
        let hkdf = Hkdf::<Sha256>::from_prk(&stretched).unwrap();
        hkdf.expand(&[label, &[0]].concat(), &mut key).unwrap();
        key
    };
    (
        derive(b"paravent/v1/file-seal"),
        derive(b"paravent/v1/file-commit"),
    )
}

fn print_cost((memory, passes, lanes): Cost) -> Vec<u8> {
    [memory, passes, lanes].map(u32::to_be_bytes).concat()
}

/// A key file of `kind` and version 1 that holds `payload`.
fn forge(kind: &str, cost: Cost, payload: &[u8]) -> String {
    forge_version(kind, 1, cost, payload)
}

fn forge_version(kind: &str, version: u32, cost: Cost, payload: &[u8]) -> String {
    let prefix = format!("paravent-{kind}-{version}.");
    let (salt, nonce) = ([7; 16], [9; 24]);
    let (seal, commitment) = keys(cost, &salt);
    let head = [&print_cost(cost)[..], &salt, &commitment, &nonce].concat();
    let aad = [prefix.as_bytes(), &head].concat();
    let sealed = Xaes256Gcm::new(&seal.into())
        .encrypt(
            &nonce.into(),
            Payload {
                msg: payload,
                aad: &aad,
            },
        )
        .unwrap();
    text(&prefix, &[head, sealed].concat())
}

/// What a key file holds.
fn open(key_file: &str) -> Vec<u8> {
    let (prefix, body) = split(key_file);
    let (head, sealed) = body.split_at(HEAD);
    let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
    let (seal, commitment) = keys((number(0), number(4), number(8)), &head[12..28]);
    assert_eq!(head[28..60], commitment);
    let nonce: [u8; 24] = head[60..].try_into().unwrap();
    let aad = [prefix.as_bytes(), head].concat();
    Xaes256Gcm::new(&seal.into())
        .decrypt(
            &nonce.into(),
            Payload {
                msg: sealed,
                aad: &aad,
            },
        )
        .unwrap()
}

fn number(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// A keyring's payload of version 1: its active epoch, its epochs, its generation, its generations.
fn roots(active: u32, epochs: &[u32], generation: u32, generations: &[u32]) -> Vec<u8> {
    let list = |periods: &[u32]| {
        let count = u16::try_from(periods.len()).unwrap().to_be_bytes().to_vec();
        let roots = periods
            .iter()
            .map(|&period| [number(period), vec![period as u8; 32]].concat());
        roots.fold(count, |list, root| [list, root].concat())
    };
    [
        number(active),
        list(epochs),
        number(generation),
        list(generations),
    ]
    .concat()
}

/// A keyring's payload of version 2: its epochs with their states, and its generations; no day is known.
fn states(epochs: &[(u32, u8)], generations: &[u32]) -> Vec<u8> {
    let mut payload = (epochs.len() as u16).to_be_bytes().to_vec();
    for &(epoch, state) in epochs {
        payload.extend(number(epoch));
        payload.push(state);
        payload.extend([0; 8]);
        payload.extend([if state == 4 { 0 } else { epoch as u8 }; 32]);
    }
    payload.extend((generations.len() as u16).to_be_bytes());
    for &generation in generations {
        payload.extend(number(generation));
        payload.extend([generation as u8; 32]);
    }
    payload.extend([0xEE; 32]);
    payload
}

/// A grant's payload: its domain, and the epochs and scopes of its keys, of which it claims to hold so many.
fn grant_payload(domain: &str, keys: &[(u32, u8)], claimed: u16) -> Vec<u8> {
    let mut payload = vec![domain.len() as u8];
    payload.extend_from_slice(domain.as_bytes());
    payload.extend_from_slice(&[2; 64]);
    payload.extend_from_slice(&claimed.to_be_bytes());
    for &(epoch, scope) in keys {
        payload.extend(number(epoch));
        payload.push(scope);
        payload.extend_from_slice(&[1; 32]);
    }
    payload
}

fn cheap_keyring() -> String {
    forge("keyring", CHEAP, &roots(2, &[1, 2], 1, &[1]))
}

#[test]
fn each_failure_has_a_message_of_its_own() {
    let text = cheap_keyring();
    let (prefix, body) = split(&text);
    let mut sealed = body.clone();
    sealed[HEAD] ^= 1;
    let wrong = Passphrase::new("wrong").unwrap();
    let errors = [
        Keyring::from_key_file(&text, &wrong).unwrap_err(),
        Passphrase::new("").unwrap_err(),
        refused(""),
        refused("paravent-keyring-3."),
        refused("paravent-grant-2."),
        refused("paravent-keyring-1.A"),
        refused("paravent-keyring-1.AAAA"),
        refused(&text.replace("keyring-1.A", "keyring-1.B")),
        refused(&self::text(prefix, &sealed)),
        refused(&self::text(
            prefix,
            &[print_cost((0, 0, 0)), body[12..].to_vec()].concat(),
        )),
        refused(&forge("keyring", CHEAP, b"")),
        Keyring::load("", &wrong).unwrap_err(),
    ];
    let messages: std::collections::BTreeSet<String> =
        errors.iter().map(Error::to_string).collect();
    assert_eq!(messages.len(), errors.len(), "{messages:#?}");
}
