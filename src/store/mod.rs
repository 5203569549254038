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
    fs::{File, OpenOptions},
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
