//! What has a name on disk and is not whole yet, so that whatever ends the command removes it.

use std::{
    collections::BTreeSet,
    fs, io, mem,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

static NAMED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file or folder that is removed on drop and on signals, until it is kept.
#[derive(Debug)]
pub(crate) struct Leftover(PathBuf);

impl Leftover {
    /// What `create` made. No signal comes between its making and its being noted.
    pub(crate) fn create<T>(
        create: impl FnOnce() -> io::Result<(T, PathBuf)>,
    ) -> io::Result<(T, Self)> {
        let mut named = named();
        let (made, path) = create()?;
        named.insert(path.clone());
        Ok((made, Self(path)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its place by `place`; it is removed where that fails.
    pub(crate) fn keep(self, place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let mut named = named();
        place(&self.0)?;
        named.remove(&self.0);
        drop(named);
        mem::forget(self);
        Ok(())
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let mut named = named();
        remove(&self.0);
        named.remove(&self.0);
    }
}

/// Removes all of them; nothing is created any more after that. For a process that ends.
pub(crate) fn remove_all() {
    let named = named();
    named.iter().for_each(|path| remove(path));
    mem::forget(named);
}

fn named() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// There is nobody to tell where it cannot be removed.
fn remove(path: &Path) {
    let _ = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        _ => fs::remove_file(path),
    };
}
