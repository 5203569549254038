//! Folders that are made whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::{
    failure::{Exit, Failure},
    leftovers::Leftover,
    output,
};

/// A folder that has another name until all is in it, and that only its owner can enter.
pub(crate) struct NewFolder {
    made: Leftover,
    path: PathBuf,
}

impl NewFolder {
    /// A folder that is to be at `path`. One that is there stays as it is.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        check_free(path)?;
        let make = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path);
        let made = Leftover::create(|| output::beside(path, make));
        let ((), made) = made.map_err(|error| failed(path, error))?;
        Ok(Self {
            made,
            path: path.to_owned(),
        })
    }

    /// Makes a folder in it.
    pub(crate) fn folder(&self, name: &str) -> Result<(), Failure> {
        fs::create_dir(self.made.path().join(name)).map_err(|error| failed(&self.path, error))
    }

    /// Writes a file in it, with this mode as far as the umask lets.
    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) -> Result<(), Failure> {
        let mut options = File::options();
        options.write(true).create_new(true).mode(mode);
        options
            .open(self.made.path().join(name))
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .map_err(|error| failed(&self.path, error))
    }

    /// Gives it its name, once it and these folders in it are on disk.
    pub(crate) fn finish(self, folders: &[&str]) -> Result<(), Failure> {
        let Self { made, path } = self;
        let sync = |folder: PathBuf| File::open(folder)?.sync_all();
        let inner = folders.iter().map(|name| made.path().join(name));
        inner
            .chain([made.path().to_owned()])
            .try_for_each(sync)
            .and_then(|()| made.keep(|from| rename_new(from, &path)))
            .map_err(|error| failed(&path, error))?;
        output::sync_folder(&path)
    }
}

/// Refuses a path at which something is.
pub(crate) fn check_free(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(taken(path)),
        Err(_) => Ok(()),
    }
}

/// Renames over nothing.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

fn failed(path: &Path, error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => taken(path),
        _ => Failure::file("making", path, &error),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::new(
        Exit::Usage,
        "file-exists",
        format!("{}: it is there already", path.display()),
        "name a folder that is not there yet",
    )
}
