//! Every label and every derivation; there is none elsewhere.
//!
//! Notation of the format: X(K, label, rest, n) = HKDF-Expand-SHA-256(K, label ‖ 0x00 ‖ rest, n).
//!
//! ```text
//! R[e] ─ scope ─▶ Kscope ─ domain ─▶ Kdomain ─┬─ seal ────▶ Kseal
//!                                             └─ subject ─▶ Kseal bound to S
//! L[g] ─ link ──▶ Ldomain ─ use ──▶ Luse ─ subject ─▶ Lsubj
//! log root ─┬─ log-chain ─▶ the MAC of entries of the broker's log
//!           ├─ log-head ──▶ the MAC of its heads
//!           ├─ log-id ────▶ the keyring's public id in it, 16 bytes
//!           └─ log-link ──▶ the pseudonyms in it, used as Ldomain
//! passphrase ─ Argon2id ─▶ Kfile ─┬─ seal ────▶ the file's sealing key
//!                                 └─ commit ──▶ the file's commitment
//! ```

use super::SubjectKey;
use crate::{
    crypto::kdf,
    id::{Domain, Scope},
    secret::{KEY_STACK, Secret, wiping_stack},
};

const SCOPE: &[u8] = b"paravent/v1/scope";
const DOMAIN: &[u8] = b"paravent/v1/domain";
const SEAL: &[u8] = b"paravent/v1/seal";
const SUBJECT: &[u8] = b"paravent/v1/subject";
const LINK: &[u8] = b"paravent/v1/link";
const USE: &[u8] = b"paravent/v1/use";
#[cfg(any(feature = "key-file", feature = "test-kit"))]
const LOG: &[u8] = b"paravent/v1/log";
#[cfg(feature = "broker")]
const LOG_CHAIN: &[u8] = b"paravent/v1/log-chain";
#[cfg(feature = "broker")]
const LOG_HEAD: &[u8] = b"paravent/v1/log-head";
#[cfg(feature = "broker")]
const LOG_ID: &[u8] = b"paravent/v1/log-id";
#[cfg(feature = "broker")]
const LOG_LINK: &[u8] = b"paravent/v1/log-link";
#[cfg(feature = "key-file")]
const FILE_SEAL: &[u8] = b"paravent/v1/file-seal";
#[cfg(feature = "key-file")]
const FILE_COMMIT: &[u8] = b"paravent/v1/file-commit";

/// What a linkage key is used for; the byte that stands in the derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Pseudonym = 1,
    Index = 2,
    /// With a key of 64 bytes.
    #[cfg(feature = "reversible")]
    Reversible = 3,
    #[cfg(feature = "phone")]
    FormatPreserving = 4,
    Shift = 5,
}

/// Kscope, from the root of an epoch.
pub(crate) fn scope_key(root: &Secret<32>, scope: Scope) -> Secret<32> {
    derive(root, SCOPE, &[&[scope.number()]])
}

/// Kdomain, from Kscope.
pub(crate) fn domain_key(scope_key: &Secret<32>, domain: &Domain) -> Secret<32> {
    derive(
        scope_key,
        DOMAIN,
        &[&len16(domain.as_str()), domain.as_str().as_bytes()],
    )
}

/// Kseal of rows that are bound to no subject key, from Kdomain.
pub(crate) fn seal_key(domain_key: &Secret<32>) -> Secret<32> {
    derive(domain_key, SEAL, &[])
}

/// Kseal of rows that are bound to a subject key, from Kdomain.
pub(crate) fn subject_seal_key(domain_key: &Secret<32>, subject: &SubjectKey) -> Secret<32> {
    derive(domain_key, SUBJECT, &[subject.expose()])
}

/// Ldomain, from the root of a generation.
pub(crate) fn linkage_key(root: &Secret<32>, domain: &Domain) -> Secret<32> {
    derive(
        root,
        LINK,
        &[&len16(domain.as_str()), domain.as_str().as_bytes()],
    )
}

/// The root of a broker's log in a keyring that has none of its own: those of key files before version 2. From the root of the
/// oldest generation.
#[cfg(any(feature = "key-file", feature = "test-kit"))]
pub(crate) fn log_root(root: &Secret<32>) -> Secret<32> {
    wiping_stack::<KEY_STACK, _>(|| derive(root, LOG, &[]))
}

/// Luse of `N` bytes, from Ldomain: 64 for [`Purpose::Reversible`], else 32.
pub(crate) fn use_key<const N: usize>(
    linkage_key: &Secret<32>,
    purpose: Purpose,
    name: &str,
) -> Secret<N> {
    wiping_stack::<KEY_STACK, _>(|| {
        derive(
            linkage_key,
            USE,
            &[&[purpose as u8], &len16(name), name.as_bytes()],
        )
    })
}

/// Lsubj, from Luse and as long.
pub(crate) fn subject_use_key<const N: usize>(
    use_key: &Secret<N>,
    subject: &SubjectKey,
) -> Secret<N> {
    derive(use_key, SUBJECT, &[subject.expose()])
}

/// The key of the MAC of the broker's log entries, from the log root.
#[cfg(feature = "broker")]
pub(crate) fn log_chain_key(log_root: &Secret<32>) -> Secret<32> {
    derive(log_root, LOG_CHAIN, &[])
}

/// The key of the MAC of the log's heads, from the log root.
#[cfg(feature = "broker")]
pub(crate) fn log_head_key(log_root: &Secret<32>) -> Secret<32> {
    derive(log_root, LOG_HEAD, &[])
}

/// What a log says of its keyring, from the log root. Public.
#[cfg(feature = "broker")]
pub(crate) fn log_id(log_root: &Secret<32>) -> Secret<16> {
    derive(log_root, LOG_ID, &[])
}

/// The key from which pseudonyms of the log are made, as from Ldomain; from the log root.
#[cfg(feature = "broker")]
pub(crate) fn log_linkage_key(log_root: &Secret<32>) -> Secret<32> {
    derive(log_root, LOG_LINK, &[])
}

/// The key that seals a key file, from what Argon2id made of its passphrase.
#[cfg(feature = "key-file")]
pub(crate) fn file_seal_key(stretched: &Secret<32>) -> Secret<32> {
    derive(stretched, FILE_SEAL, &[])
}

/// The commitment that tells a wrong passphrase from a damaged file.
#[cfg(feature = "key-file")]
pub(crate) fn file_commitment(stretched: &Secret<32>) -> Secret<32> {
    derive(stretched, FILE_COMMIT, &[])
}

fn derive<const K: usize, const N: usize>(
    key: &Secret<K>,
    label: &[u8],
    rest: &[&[u8]],
) -> Secret<N> {
    let mut info: [&[u8]; 5] = [label, &[0], &[], &[], &[]];
    info[2..2 + rest.len()].copy_from_slice(rest);
    Secret::fill(|out| kdf::expand(key, &info, out))
}

/// The length of a name or domain, which are at most 64 bytes.
fn len16(text: &str) -> [u8; 2] {
    (text.len() as u16).to_be_bytes()
}
