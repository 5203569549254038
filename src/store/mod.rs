//! What must outlive the process.

pub(crate) mod key_file;
mod passphrase;
mod payload;
mod register;
#[cfg(feature = "broker")]
mod split;
mod update;

use std::path::Path;

pub use passphrase::Passphrase;
pub use register::{Due, GrantRegister, Issued};

/// The folder that a path is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
