//! Keyrings and grants in files, sealed under a passphrase.
//!
//! ```text
//! file  "paravent-" kind "-" version "." base64url of body ‖ SHA-256(first line up to here)[..8], then "\n"
//! body  memory KiB u32 │ passes u32 │ lanes u32 │ salt[16] │ commitment[32] │ nonce[24] │ ciphertext │ tag[16]
//! ```
//!
//! Kfile = Argon2id (RFC 9106) of the passphrase; the sealing key and the commitment are derived from it apart. The AAD
//! is everything before the ciphertext. The checksum tells a damaged file from a wrong passphrase before any memory
//! is spent; it is no protection against a forger, whom the tag stops.

use std::{fmt, fs, io::Write, path::Path};

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::payload::{self, Payload};
use crate::{
    crypto::{
        aead::{NONCE, SealingKey, TAG},
        entropy,
        kdf::{self, StretchError},
    },
    error::{Error, Kind, Result},
    key::{Grant, Keyring, tree},
    secret::{Secret, wiping_stack},
};

const VERSION: u32 = 1;
const SALT: usize = 16;
const COMMITMENT: usize = 32;
const CHECKSUM: usize = 8;
const HEAD: usize = 12 + SALT + COMMITMENT + NONCE;

/// The second recommended option of RFC 9106 §4: 64 MiB, 3 passes, 4 lanes.
const COST: Cost = Cost {
    memory: 64 * 1024,
    passes: 3,
    lanes: 4,
};

/// More than any file of this crate will ask for: 1 GiB.
const MAX_COST: Cost = Cost {
    memory: 1024 * 1024,
    passes: 16,
    lanes: 16,
};

/// Four times what opening a key file takes of the stack without optimisation: it is wiped.
const STACK: usize = 64 * 1024;

/// No key file is larger; a larger one is not read whole.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// A passphrase, wiped on drop and never printed.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Grant, Keyring, Passphrase, Policy, Schema};
///
/// let folder = tempfile::tempdir()?;
/// let passphrase = Passphrase::new("correct horse battery staple")?;
/// let keyring = Keyring::generate()?;
/// keyring.save(folder.path().join("backend.keyring"), &passphrase)?;
///
/// let policy = Policy::from_toml(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "unbound"
///     [open.care]
///     reason = "visits by specialty"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let for_connector = Passphrase::new("another one")?;
/// keyring.grant(&checked)?.save(folder.path().join("statistics.grant"), &for_connector)?;
///
/// let loaded = Grant::load(folder.path().join("statistics.grant"), &for_connector)?;
/// assert_eq!(loaded.domain(), policy.domain());
/// let wrong = Grant::load(folder.path().join("statistics.grant"), &passphrase);
/// assert!(wrong.unwrap_err().is_wrong_passphrase());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The passphrase, byte for byte: a trailing line break counts.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where it is empty.
    pub fn new(passphrase: impl Into<String>) -> Result<Self> {
        let passphrase = Zeroizing::new(passphrase.into());
        if passphrase.is_empty() {
            return Err(Error::new(|| Kind::EmptyPassphrase));
        }
        Ok(Self(passphrase))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([secret])")
    }
}

macro_rules! key_file {
    ($name:ident, $what:literal) => {
        #[doc = concat!("A ", $what, " in a file.")]
        impl $name {
            #[doc = concat!("The text of a key file with this ", $what, ", one line: for a file or a store of secrets.")]
            ///
            /// Takes 64 MiB of memory for a few tenths of a second: call it away from async threads.
            ///
            /// # Errors
            ///
            /// [`Error::is_io`](crate::Error::is_io) where the system gives no random bytes.
            pub fn to_key_file(&self, passphrase: &Passphrase) -> Result<String> {
                wiping_stack::<STACK, _>(|| seal(self, passphrase))
            }

            #[doc = concat!("The ", $what, " in the text of a key file.")]
            ///
            /// # Errors
            ///
            /// [`is_wrong_passphrase`](crate::Error::is_wrong_passphrase);
            /// [`is_damaged`](crate::Error::is_damaged), also for text that is not a key file and for parameters beyond
            /// 1 GiB, 16 passes or 16 lanes, or under 8 KiB a lane, which are refused before they are spent;
            /// [`is_newer_version`](crate::Error::is_newer_version); [`is_misuse`](crate::Error::is_misuse) where it
            /// holds the other kind of keys.
            pub fn from_key_file(text: &str, passphrase: &Passphrase) -> Result<Self> {
                wiping_stack::<STACK, _>(|| open(text, passphrase))
            }

            /// Writes a key file: whole or not at all, with mode 0600 where there are modes, and never over another
            /// file. It is on disk when this returns.
            ///
            /// # Errors
            ///
            /// [`Error::is_io`](crate::Error::is_io), also where `path` is there already. Where syncing its folder fails,
            /// the file is there and whole.
            pub fn save(&self, path: impl AsRef<Path>, passphrase: &Passphrase) -> Result<()> {
                let path = path.as_ref();
                // Before the passphrase is stretched; writing looks again.
                if path.symlink_metadata().is_ok() {
                    return Err(Error::new(|| Kind::FileExists));
                }
                write_new(path, self.to_key_file(passphrase)?.as_bytes())
            }

            /// Reads a key file.
            ///
            /// # Errors
            ///
            /// As `from_key_file`; [`Error::is_io`](crate::Error::is_io) where it cannot be read.
            pub fn load(path: impl AsRef<Path>, passphrase: &Passphrase) -> Result<Self> {
                Self::from_key_file(&read(path.as_ref())?, passphrase)
            }
        }
    };
}

key_file!(Keyring, "keyring");
key_file!(Grant, "grant");

#[derive(Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    fn print(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.memory.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.passes.to_be_bytes());
        bytes[8..].copy_from_slice(&self.lanes.to_be_bytes());
        bytes
    }

    fn parse(bytes: &[u8; 12]) -> Result<Self> {
        let [m0, m1, m2, m3, p0, p1, p2, p3, l0, l1, l2, l3] = *bytes;
        let cost = Self {
            memory: u32::from_be_bytes([m0, m1, m2, m3]),
            passes: u32::from_be_bytes([p0, p1, p2, p3]),
            lanes: u32::from_be_bytes([l0, l1, l2, l3]),
        };
        let bounded = cost.memory <= MAX_COST.memory
            && (1..=MAX_COST.passes).contains(&cost.passes)
            && (1..=MAX_COST.lanes).contains(&cost.lanes)
            && cost.memory >= 8 * cost.lanes;
        if bounded {
            Ok(cost)
        } else {
            Err(Error::new(|| Kind::KeyFileCost))
        }
    }
}

fn seal<T: Payload>(value: &T, passphrase: &Passphrase) -> Result<String> {
    let mut random = [0; SALT + NONCE];
    entropy::fill(&mut random)?;
    let (salt, nonce) = random.split_at(SALT);
    let mut own_nonce = [0; NONCE];
    own_nonce.copy_from_slice(nonce);
    let stretched = stretch(passphrase, salt, COST)?;

    let mut plaintext = payload::print(value);
    let prefix = prefix(T::KIND);
    let mut body = Vec::with_capacity(HEAD + plaintext.len() + TAG + CHECKSUM);
    body.extend_from_slice(&COST.print());
    body.extend_from_slice(salt);
    body.extend_from_slice(tree::file_commitment(&stretched).expose());
    body.extend_from_slice(nonce);
    let aad = [prefix.as_bytes(), &body].concat();
    let tag = SealingKey::new(&tree::file_seal_key(&stretched))
        .derive(&own_nonce)
        .seal(&aad, &mut plaintext);
    body.extend_from_slice(&plaintext);
    body.extend_from_slice(&tag);
    body.extend_from_slice(&checksum(&prefix, &body));

    let mut text = prefix;
    BASE64URL_NOPAD.encode_append(&body, &mut text);
    text.push('\n');
    Ok(text)
}

fn open<T: Payload>(text: &str, passphrase: &Passphrase) -> Result<T> {
    let prefix = prefix(T::KIND);
    let encoded = check_prefix(text, T::KIND)?;
    let damaged = |what| Error::new(|| Kind::KeyFileDamaged { what });
    let body = BASE64URL_NOPAD
        .decode(encoded.as_bytes())
        .map_err(|_| damaged("its text is not base64url"))?;
    let (body, found) = body
        .split_last_chunk::<CHECKSUM>()
        .ok_or_else(|| damaged("it is cut"))?;
    if *found != checksum(&prefix, body) {
        return Err(damaged("its checksum does not hold"));
    }
    let (head, sealed) = body
        .split_at_checked(HEAD)
        .ok_or_else(|| damaged("it is cut"))?;
    let (ciphertext, tag) = sealed
        .split_last_chunk::<TAG>()
        .ok_or_else(|| damaged("it is cut"))?;
    let (cost, rest) = head
        .split_first_chunk()
        .ok_or_else(|| damaged("it is cut"))?;
    let (salt, rest) = rest.split_at(SALT);
    let (commitment, nonce) = rest.split_at(COMMITMENT);
    let nonce = nonce.try_into().map_err(|_| damaged("it is cut"))?;

    let stretched = stretch(passphrase, salt, Cost::parse(cost)?)?;
    if !bool::from(tree::file_commitment(&stretched).expose()[..].ct_eq(commitment)) {
        return Err(Error::new(|| Kind::Passphrase));
    }
    let aad = [prefix.as_bytes(), head].concat();
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    SealingKey::new(&tree::file_seal_key(&stretched))
        .derive(nonce)
        .open(&aad, &mut plaintext, tag)
        .map_err(|_| damaged("its tag does not hold"))?;
    payload::parse(&plaintext).ok_or_else(|| damaged("its contents are not of the form"))
}

fn stretch(passphrase: &Passphrase, salt: &[u8], cost: Cost) -> Result<Secret<32>> {
    kdf::stretch(
        passphrase.0.as_bytes(),
        salt,
        cost.memory,
        cost.passes,
        cost.lanes,
    )
    .map_err(|error| match error {
        StretchError::Memory => Error::new(|| Kind::Memory),
        StretchError::Cost => Error::new(|| Kind::KeyFileCost),
    })
}

fn prefix(kind: &str) -> String {
    format!("paravent-{kind}-{VERSION}.")
}

/// The text behind the prefix, for a file of this kind and version.
fn check_prefix<'a>(text: &'a str, kind: &'static str) -> Result<&'a str> {
    let form = |what| Error::new(|| Kind::KeyFileForm { what });
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (prefix, encoded) = line
        .strip_prefix("paravent-")
        .and_then(|rest| rest.split_once('.'))
        .ok_or_else(|| form("it does not begin with `paravent-`"))?;
    let (found, version) = prefix
        .rsplit_once('-')
        .ok_or_else(|| form("its first word is not complete"))?;
    match version.parse::<u32>() {
        Ok(number) if number.to_string() != version => {
            return Err(form("its version is not a number"));
        }
        Ok(VERSION) => {}
        Ok(number) if number > VERSION => return Err(Error::new(|| Kind::KeyFileVersion)),
        _ => return Err(form("its version is not a number")),
    }
    if found != kind {
        return Err(Error::new(|| Kind::KeyFileHolds { expected: kind }));
    }
    Ok(encoded)
}

fn checksum(prefix: &str, body: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(prefix)
        .chain_update(body)
        .finalize()
        .into();
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&digest[..CHECKSUM]);
    checksum
}

/// Writes beside `path`, syncs, and moves into place; nothing is left behind where that fails. Where only the folder
/// cannot be synced, the file is in its place and whole.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |doing| move |source| Error::new(|| Kind::Io { doing, source });
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // The name is on disk once its folder is: opened first, so that a folder that cannot be synced is known in time.
    #[cfg(unix)]
    let opened = fs::File::open(folder).map_err(failed("opening the key file's folder"))?;
    // Mode 0600 is what the crate gives temporary files.
    let mut file = NamedTempFile::new_in(folder).map_err(failed("creating the key file"))?;
    file.write_all(bytes)
        .map_err(failed("writing the key file"))?;
    file.as_file()
        .sync_all()
        .map_err(failed("writing the key file"))?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::new(|| Kind::FileExists));
        }
        Err(error) => return Err(failed("naming the key file")(error.error)),
    }
    #[cfg(unix)]
    opened.sync_all().map_err(failed("naming the key file"))?;
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    use std::io::Read;

    let failed = |source| {
        Error::new(|| Kind::Io {
            doing: "reading the key file",
            source,
        })
    };
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::new(|| Kind::KeyFileForm {
            what: "it is larger than any",
        }));
    }
    String::from_utf8(bytes).map_err(|_| {
        Error::new(|| Kind::KeyFileForm {
            what: "it is not text",
        })
    })
}
