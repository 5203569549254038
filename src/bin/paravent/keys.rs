//! Keyrings and grants from their files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use paravent::{Config, Date, Grant, Keyring, Policy, Revealer, Share};

use crate::{
    failure::{Exit, Failure},
    passphrase::{self, Source},
};

/// The keyring that is given, else that of the configuration.
pub(crate) fn keyring(
    given: Option<&Path>,
    source: &Source,
    config: &Config,
) -> Result<Keyring, Failure> {
    let path = keyring_path(given, config)?;
    let passphrase = passphrase::of(source, config, &path)?;
    Keyring::load(&path, &passphrase).map_err(|error| Failure::key_file(&path, &error))
}

/// The same for what seals: an active epoch that has ended is refused.
pub(crate) fn sealing_keyring(
    given: Option<&Path>,
    source: &Source,
    config: &Config,
    today: Date,
) -> Result<Keyring, Failure> {
    let keyring = keyring(given, source, config)?;
    keyring.check_active(today)?;
    Ok(keyring)
}

/// Changes the keyring where it is, and returns its path and what `change` returns.
pub(crate) fn update<R>(
    given: Option<&Path>,
    source: &Source,
    config: &Config,
    change: impl FnOnce(&mut Keyring) -> paravent::Result<R>,
) -> Result<(PathBuf, R), Failure> {
    let path = keyring_path(given, config)?;
    let passphrase = passphrase::of(source, config, &path)?;
    match Keyring::update(&path, &passphrase, change) {
        Ok(result) => Ok((path, result)),
        // What was asked for, not what was found in the file.
        Err(error) if error.is_misuse() && error.code() != "key-file-holds" => {
            Err(Failure::from(&error).at(path.display()))
        }
        Err(error) => Err(Failure::key_file(&path, &error)),
    }
}

/// A revealer of what the grant in a file opens; one that has ended is refused.
pub(crate) fn revealer(
    path: &Path,
    source: &Source,
    config: &Config,
    policy: &Policy,
    today: Date,
) -> Result<Revealer, Failure> {
    let grant = grant(path, source, config)?;
    let open = || {
        grant.check_term(today)?;
        Revealer::new(&grant, policy)
    };
    open().map_err(|error| Failure::key_file(path, &error))
}

/// The grant in a file, also one that has ended.
pub(crate) fn grant(path: &Path, source: &Source, config: &Config) -> Result<Grant, Failure> {
    check_there(path)?;
    let passphrase = passphrase::of(source, config, path)?;
    Grant::load(path, &passphrase).map_err(|error| Failure::key_file(path, &error))
}

/// The share in a file.
pub(crate) fn share(path: &Path, source: &Source, config: &Config) -> Result<Share, Failure> {
    check_there(path)?;
    let passphrase = passphrase::of(source, config, path)?;
    Share::load(path, &passphrase).map_err(|error| Failure::key_file(path, &error))
}

/// The text of a key file that no passphrase opens.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::file("opening the key file", path, &error).exits(Exit::Keys))
}

/// Where the keyring is.
fn keyring_path(given: Option<&Path>, config: &Config) -> Result<PathBuf, Failure> {
    let path = given.or(config.keyring_path()).ok_or_else(|| {
        Failure::new(
            Exit::Keys,
            "no-keyring",
            "no keyring is said",
            "name it by --keyring, by `keyring` in paravent.toml or by PARAVENT_KEYRING; `paravent keygen` makes one",
        )
    })?;
    check_there(path)?;
    Ok(path.to_owned())
}

/// Before anybody types a passphrase.
fn check_there(path: &Path) -> Result<(), Failure> {
    match path.metadata() {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::file("opening the key file", path, &error).exits(Exit::Keys)),
    }
}
