//! The names of a log's files, and how they are opened.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::store::{folder, lock, private, sync_folder};

pub(super) use crate::store::is_at;

/// A file that no other writer of the log works on while this is there.
pub(super) struct Held(Arc<File>);

impl Held {
    /// Waits for the file.
    pub(super) fn wait(file: &Arc<File>) -> io::Result<Self> {
        Self::by(File::lock, file)
    }

    /// Waits until nobody writes to the file.
    pub(super) fn wait_to_read(file: &Arc<File>) -> io::Result<Self> {
        Self::by(File::lock_shared, file)
    }

    fn by(how: fn(&File) -> io::Result<()>, file: &Arc<File>) -> io::Result<Self> {
        lock(file, how).map(|()| Self(Arc::clone(file)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Where this fails, it is given back when the file is closed.
        let _ = self.0.unlock();
    }
}

/// The same path without symbolic links, so that the finished files lie beside the one that is written.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
            Ok(fs::canonicalize(folder(path))?.join(name))
        }
        resolved => resolved,
    }
}

/// The file for reading and appending, with mode 0600 where it is not there yet.
pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).append(true).create(true);
    private(&mut options);
    options.open(path)
}

/// Adds bytes to a file and waits until they are on disk; with the file's name, where it is new.
pub(super) fn append(mut file: &File, bytes: &[u8], new_at: Option<&Path>) -> io::Result<()> {
    file.write_all(bytes)?;
    match new_at {
        Some(path) => {
            file.sync_all()?;
            sync_folder(path)
        }
        None => file.sync_data(),
    }
}

/// Lets a file end here again, and waits until it does.
pub(super) fn cut(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.sync_data()
}

/// The finished files of a log, in their order.
pub(super) fn finished(path: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(numbered(path)?.into_iter().map(|(_, path)| path).collect())
}

/// The name of the file that is finished next.
pub(super) fn next_finished(path: &Path) -> io::Result<PathBuf> {
    let last = numbered(path)?.last().map_or(0, |(number, _)| *number);
    let mut name = path.as_os_str().to_owned();
    name.push(end(last.saturating_add(1)));
    Ok(name.into())
}

fn numbered(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let own = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(folder(path))? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .as_encoded_bytes()
            .strip_prefix(own.as_encoded_bytes())
            .and_then(|rest| std::str::from_utf8(rest).ok())
            .and_then(|rest| Some((rest, rest.strip_prefix('.')?.parse().ok()?)))
            .filter(|(rest, number)| end(*number) == **rest);
        if let Some((_, number)) = number {
            // Opening a pipe would wait, with all who write.
            if !entry.path().metadata()?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            found.push((number, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What stands behind the log's name in that of its finished file.
fn end(number: u64) -> String {
    format!(".{number:06}")
}
