//! The entries of a log for those who look into it.

use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    entry::Entry,
    files::{self, Held},
    line::{Keys, Position},
    walk::{Lines, Part, Walk},
};
use crate::error::{Error, LogPlace, Result};

/// The entries of a log, in their order: what [`Log::read`](super::Log::read) gives.
pub struct Entries {
    walk: Walk,
    is_over: bool,
}

impl Entries {
    pub(super) fn open(path: &Path, keys: &Arc<Keys>) -> Result<Self> {
        let (parts, _held) = parts(path)?;
        Ok(Self {
            walk: Walk::new(keys, parts, Some(Position::START)),
            is_over: false,
        })
    }
}

impl Iterator for Entries {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.walk.next().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        Some(next?.map(|line| line.entry))
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

/// All files of a log as far as they are written now, and what keeps writers waiting.
pub(super) fn parts(path: &Path) -> Result<(Vec<Part>, Option<Held>)> {
    find(path).map_err(|source| Error::log_disk(LogPlace::Entries)(source).in_file(path))
}

fn find(path: &Path) -> io::Result<(Vec<Part>, Option<Held>)> {
    let path = files::resolve(path)?;
    loop {
        let file = match File::open(&path) {
            Ok(file) => Arc::new(file),
            // A writer that finished one file may not have begun the next one yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let finished = whole(files::finished(&path)?);
                let is_none = finished.is_empty();
                return if is_none {
                    Err(error)
                } else {
                    Ok((finished, None))
                };
            }
            Err(error) => return Err(error),
        };
        let held = Held::wait_to_read(&file)?;
        if !files::is_at(&file, &path)? {
            continue;
        }
        let mut parts = whole(files::finished(&path)?);
        let length = file.metadata()?.len();
        let open = Some(Lines::of(&file, 0, 0, length)?);
        parts.push(Part { path, open });
        return Ok((parts, Some(held)));
    }
}

fn whole(paths: Vec<PathBuf>) -> Vec<Part> {
    paths.into_iter().map(Part::whole).collect()
}
