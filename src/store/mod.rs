//! What must outlive the process.

pub(crate) mod key_file;
#[cfg(feature = "broker")]
pub(crate) mod log;
mod passphrase;
mod payload;
mod register;
#[cfg(feature = "broker")]
mod split;
mod update;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

#[cfg(feature = "broker")]
pub use log::{Entries, Entry, Event, Log, VerifiedLog};
pub use passphrase::Passphrase;
pub use register::{Due, GrantRegister, Issued};

/// The folder that a path is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives a file that is made mode 0600, where there are modes.
fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// A file's name is on disk once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder(path))?.sync_all()
    } else {
        Ok(())
    }
}

/// Whether this file still has that name. Where files cannot be told apart, it has.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let opened = file.metadata()?;
        Ok((opened.dev(), opened.ino()) == (found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, found);
        Ok(true)
    }
}

/// Waits for the file's lock. A signal is no reason to give up.
fn lock(file: &File, how: fn(&File) -> io::Result<()>) -> io::Result<()> {
    loop {
        match how(file) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}
