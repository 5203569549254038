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

use std::{fs, io::Write, path::Path};

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{
    Passphrase, folder,
    payload::{self, Fault, Payload},
};
#[cfg(feature = "broker")]
use crate::key::Share;
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

const SALT: usize = 16;
const COMMITMENT: usize = 32;
const CHECKSUM: usize = 8;
const HEAD: usize = 12 + SALT + COMMITMENT + NONCE;

/// For what guesses cost, area times time: as much as the second recommended option of RFC 9106 §4 (64 MiB, 3 passes, 4
/// lanes), in memory that leaves a process of 64 MiB room for the rest.
const COST: Cost = Cost {
    memory: 48 * 1024,
    passes: 6,
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

macro_rules! key_file {
    ($name:ident, $what:literal) => {
        #[doc = concat!("A ", $what, " in a file.")]
        impl $name {
            #[doc = concat!("The text of a key file with this ", $what, ", one line: for a file or a store of secrets.")]
            ///
            /// Takes 48 MiB of memory for a few tenths of a second: call it away from async threads.
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
            /// holds another kind of keys.
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
            /// As `from_key_file`; [`Error::is_io`](crate::Error::is_io) where it cannot be read, and on Unix where others can
            /// read or change it.
            ///
            /// # Security
            ///
            /// Refused is any access for others, writing by the group, and reading by the group where the file is the
            /// caller's own. A file of another user, as in a mounted secret, may be read by its group: that is how the
            /// caller reads it.
            pub fn load(path: impl AsRef<Path>, passphrase: &Passphrase) -> Result<Self> {
                Self::from_key_file(&read(path.as_ref())?, passphrase)
            }
        }
    };
}

key_file!(Keyring, "keyring");
key_file!(Grant, "grant");
#[cfg(feature = "broker")]
key_file!(Share, "share");

/// The words that key files begin with.
const KINDS: &[&str] = &[
    Keyring::KIND,
    Grant::KIND,
    #[cfg(feature = "broker")]
    Share::KIND,
];

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
    let prefix = prefix(T::KIND, value.version());
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

/// What a key file says of itself without its passphrase.
pub(crate) struct Outside {
    pub(crate) kind: &'static str,
    pub(crate) version: u32,
    /// In KiB.
    pub(crate) memory: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

/// What a key file says of itself without its passphrase, once its checksum holds.
pub(crate) fn outside(text: &str) -> Result<Outside> {
    let (kind, version, encoded) = split_prefix(text)?;
    let kind = KINDS
        .iter()
        .copied()
        .find(|known| *known == kind)
        .ok_or_else(|| {
            Error::new(|| Kind::KeyFileForm {
                what: "its first word is not one that is known",
            })
        })?;
    let body = decode(&prefix(kind, version), encoded)?;
    let cost = body.first_chunk().ok_or_else(|| damaged("it is cut"))?;
    let cost = Cost::parse(cost)?;
    Ok(Outside {
        kind,
        version,
        memory: cost.memory,
        passes: cost.passes,
        lanes: cost.lanes,
    })
}

fn open<T: Payload>(text: &str, passphrase: &Passphrase) -> Result<T> {
    let mut plaintext = Zeroizing::new(Vec::new());
    // Wiped before the result is built: what a variant of it does not use is moved out with it, as it is on the stack.
    let version = wiping_stack::<STACK, _>(|| decrypt(text, T::KIND, passphrase, &mut plaintext))?;
    payload::parse(&plaintext, version).map_err(|fault| match fault {
        Fault::Form => damaged("its contents are not of the form"),
        Fault::Epochs(what) => Error::new(|| Kind::KeyringEpochs { what }),
    })
}

/// Puts what a key file of this kind holds into `plaintext`, and returns the version of its form.
fn decrypt(
    text: &str,
    kind: &'static str,
    passphrase: &Passphrase,
    plaintext: &mut Zeroizing<Vec<u8>>,
) -> Result<u32> {
    let (version, encoded) = check_prefix(text, kind)?;
    let prefix = prefix(kind, version);
    let body = decode(&prefix, encoded)?;
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
    plaintext.extend_from_slice(ciphertext);
    SealingKey::new(&tree::file_seal_key(&stretched))
        .derive(nonce)
        .open(&aad, plaintext, tag)
        .map_err(|_| damaged("its tag does not hold"))?;
    Ok(version)
}

/// The body of a file, once its checksum holds.
fn decode(prefix: &str, encoded: &str) -> Result<Vec<u8>> {
    let mut body = BASE64URL_NOPAD
        .decode(encoded.as_bytes())
        .map_err(|_| damaged("its text is not base64url"))?;
    let (rest, found) = body
        .split_last_chunk::<CHECKSUM>()
        .ok_or_else(|| damaged("it is cut"))?;
    if *found != checksum(prefix, rest) {
        return Err(damaged("its checksum does not hold"));
    }
    body.truncate(body.len() - CHECKSUM);
    Ok(body)
}

fn damaged(what: &'static str) -> Error {
    Error::new(|| Kind::KeyFileDamaged { what })
}

fn stretch(passphrase: &Passphrase, salt: &[u8], cost: Cost) -> Result<Secret<32>> {
    kdf::stretch(
        passphrase.as_bytes(),
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

fn prefix(kind: &str, version: u32) -> String {
    format!("paravent-{kind}-{version}.")
}

/// The version and the text behind the prefix, for a file of this kind.
fn check_prefix<'a>(text: &'a str, kind: &'static str) -> Result<(u32, &'a str)> {
    let (found, version, encoded) = split_prefix(text)?;
    if found != kind {
        return Err(Error::new(|| Kind::KeyFileHolds { expected: kind }));
    }
    Ok((version, encoded))
}

/// The kind, the version and the text behind the prefix.
fn split_prefix(text: &str) -> Result<(&str, u32, &str)> {
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
    let number = version.parse().unwrap_or(0);
    if number == 0 || number.to_string() != version {
        return Err(form("its version is not a number"));
    }
    if number > payload::newest_version(found) {
        return Err(Error::new(|| Kind::KeyFileVersion));
    }
    Ok((found, number, encoded))
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
    let folder = folder(path);
    // The name is on disk once its folder is: opened first, so that a folder that cannot be synced is known in time.
    #[cfg(unix)]
    let opened = fs::File::open(folder).map_err(Error::io("opening the key file's folder"))?;
    // Mode 0600 is what the crate gives temporary files.
    let mut file = NamedTempFile::new_in(folder).map_err(Error::io("creating the key file"))?;
    file.write_all(bytes)
        .map_err(Error::io("writing the key file"))?;
    file.as_file()
        .sync_all()
        .map_err(Error::io("writing the key file"))?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::new(|| Kind::FileExists));
        }
        Err(error) => return Err(Error::io("naming the key file")(error.error)),
    }
    #[cfg(unix)]
    opened
        .sync_all()
        .map_err(Error::io("naming the key file"))?;
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    use std::io::Read;

    let failed = Error::io("reading the key file");
    let file = fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    if is_exposed(&file.metadata().map_err(failed)?) {
        return Err(Error::new(|| Kind::KeyFileExposed));
    }
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

#[cfg(unix)]
pub(super) fn is_exposed(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    const GROUP_READS: u32 = 0o040;
    const GROUP: u32 = 0o070;
    const OTHERS: u32 = 0o007;

    let is_own = file.uid() == rustix::process::geteuid().as_raw();
    let refused = OTHERS | if is_own { GROUP } else { GROUP & !GROUP_READS };
    // A folder is told by reading it.
    !file.is_dir() && file.mode() & refused != 0
}
