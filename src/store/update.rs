//! A keyring that changes where it is.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

use super::{Passphrase, folder, is_at};
use crate::{
    error::{Error, Result},
    key::Keyring,
};

impl Keyring {
    /// Changes the keyring in a key file, and returns what `change` returns: the file holds the keyring as it was or as it is
    /// after, at every moment, and after an error as it was, but where only its folder could not be synced. It keeps its passphrase,
    /// owner and mode, and is on disk when this returns.
    ///
    /// One process at a time changes a file: another one waits. Meanwhile what will be the file stands beside it, with
    /// `.changing` behind its name; the next change removes what a killed process left of that. Takes what opening and writing a key file takes, twice a few
    /// tenths of a second.
    ///
    /// # Errors
    ///
    /// Those of `change`; as [`Keyring::load`]; [`Error::is_io`] where the file cannot be replaced. Where that was "syncing the key
    /// file's folder", it is replaced, and a power loss may bring the old one back: load it to see.
    ///
    /// # Security
    ///
    /// The file's former blocks are not wiped: where an epoch was destroyed, copies of it may be left there as in backups.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Epoch, Keyring, Passphrase};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("backend.keyring");
    /// let passphrase = Passphrase::new("correct horse battery staple")?;
    /// Keyring::generate()?.save(&path, &passphrase)?;
    ///
    /// let epoch = Keyring::update(&path, &passphrase, |keyring| keyring.start_epoch(Date::constant(2026, 11, 24)))?;
    /// assert_eq!(Keyring::load(&path, &passphrase)?.active_epoch(), epoch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update<R>(
        path: impl AsRef<Path>,
        passphrase: &Passphrase,
        change: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        // The file itself is replaced, not a link to it.
        let path = &fs::canonicalize(path.as_ref()).map_err(Error::io("opening the key file"))?;
        let before = lock(path)?;
        let mut keyring = Self::load(path, passphrase)?;
        let result = change(&mut keyring)?;
        replace(path, &before, keyring.to_key_file(passphrase)?.as_bytes())?;
        Ok(result)
    }
}

/// The file at this path, once no other process changes it.
fn lock(path: &Path) -> Result<File> {
    let failed = Error::io("locking the key file");
    loop {
        let file = File::open(path).map_err(failed)?;
        super::lock(&file, File::lock).map_err(failed)?;
        // Whoever had the lock before has put another file in its place.
        if is_at(&file, path).map_err(failed)? {
            return Ok(file);
        }
    }
}

/// Writes beside `path`, syncs, and renames: whatever stops it leaves one of the two whole.
fn replace(path: &Path, before: &File, bytes: &[u8]) -> Result<()> {
    let failed = Error::io("writing the key file");
    let folder = folder(path);
    #[cfg(unix)]
    let opened = File::open(folder).map_err(Error::io("opening the key file's folder"))?;
    let mut file = beside(path).map_err(failed)?;
    same_access(file.as_file(), before).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    #[cfg(unix)]
    opened
        .sync_all()
        .map_err(Error::io("syncing the key file's folder"))?;
    Ok(())
}

/// The file that is written. It has one name, so that a copy of the keys that a kill left does not outlive them.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".changing");
    let folder = folder(path);
    match fs::remove_file(folder.join(&name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Builder::new()
        .prefix(&name)
        .rand_bytes(0)
        .tempfile_in(folder)
}

/// Lets those read the new file who read the one before.
#[cfg(unix)]
fn same_access(new: &File, before: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let (own, before) = (new.metadata()?, before.metadata()?);
    if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
        fchown(new, Some(before.uid()), Some(before.gid()))?;
    }
    new.set_permissions(before.permissions())
}

#[cfg(not(unix))]
fn same_access(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}
