//! Passphrases: given, or read from a file or a stream.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use zeroize::{Zeroize as _, Zeroizing};

#[cfg(unix)]
use super::key_file::is_exposed;
use crate::error::{Error, Kind, Result};

/// The most bytes of a passphrase that is read.
const MAX: usize = 4096;

const READING: &str = "reading the passphrase";

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

    /// The passphrase in a file, as [`from_reader`](Passphrase::from_reader) takes it.
    ///
    /// # Errors
    ///
    /// With the [file](Error::file), as `from_reader`; [`Error::is_io`] also where others can read or change it: anybody, or
    /// the group of a file that is the caller's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::Passphrase;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("passphrase");
    /// std::fs::write(&path, "correct horse battery staple\n")?;
    /// # #[cfg(unix)] {
    /// use std::os::unix::fs::PermissionsExt;
    ///
    /// std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644))?;
    /// let error = Passphrase::load(&path).unwrap_err();
    /// assert_eq!(error.code(), "passphrase-exposed");
    ///
    /// std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
    /// # }
    /// assert!(Passphrase::load(&path).is_ok());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = Error::io(READING);
        let read = || {
            let file = File::open(path).map_err(failed)?;
            #[cfg(unix)]
            if is_exposed(&file.metadata().map_err(failed)?) {
                return Err(Error::new(|| Kind::PassphraseExposed));
            }
            Self::from_reader(file)
        };
        read().map_err(|error| error.in_file(path))
    }

    /// The passphrase that a reader gives until its end: a file, a pipe, a secret's mount. One line break at its end is
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where reading fails; [`Error::is_misuse`] where it is empty; [`Error::is_definition`] where it is
    /// not UTF-8 or is longer than 4,096 bytes.
    ///
    /// # Security
    ///
    /// What is read is kept in one place and wiped; give the reader itself, and no buffer around it.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::Passphrase;
    ///
    /// assert!(Passphrase::from_reader(&b"correct horse battery staple\n"[..]).is_ok());
    /// assert!(Passphrase::from_reader(&b"\n"[..]).is_err_and(|error| error.is_misuse()));
    /// ```
    pub fn from_reader(mut reader: impl Read) -> Result<Self> {
        // Of full size from the start: growing would leave copies behind.
        let mut bytes = Zeroizing::new(vec![0; MAX + 3]);
        let mut length = 0;
        while length < bytes.len() {
            match reader.read(&mut bytes[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::io(READING)(source)),
            }
        }
        let passphrase = &bytes[..length];
        let passphrase = passphrase
            .strip_suffix(b"\n")
            .map_or(passphrase, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let length = passphrase.len();
        bytes.truncate(length);
        let unfit = |what| Error::definition(what, "give text of at most 4096 bytes in UTF-8");
        if length > MAX {
            return Err(unfit("the passphrase is longer than any"));
        }
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            error.into_bytes().zeroize();
            unfit("the passphrase is not UTF-8")
        })?;
        Self::new(text)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([secret])")
    }
}
