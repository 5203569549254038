//! The files of a task: what stands beside the file, how they change names, and in which order, so that a process
//! that is killed at any moment leaves the file as it was or as it will be.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    state::{Extent, Phase, State},
    words::Words,
};
use crate::error::{Error, Kind, Result};

/// Who may read what holds clear values: its owner.
const PRIVATE: u32 = 0o600;

/// No state is longer.
const MAX_STATE: u64 = 64 * 1024;

/// A file and its neighbours.
#[derive(Debug)]
pub(super) struct Place {
    /// The rows.
    pub(super) file: PathBuf,
    /// The rows as they were, from the switch on.
    pub(super) old: PathBuf,
    /// The rows written so far.
    pub(super) output: PathBuf,
    state: PathBuf,
    other_state: PathBuf,
    folder: PathBuf,
    pub(super) words: &'static Words,
}

/// A file that nothing else works on while this is there.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) file: File,
    as_found: Metadata,
}

impl Place {
    /// The file at the end of all symbolic links.
    pub(super) fn of(path: &Path, words: &'static Words) -> Result<Self> {
        let file = fs::canonicalize(path).map_err(failed("opening the file of rows"))?;
        let beside = |end: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        Ok(Self {
            old: beside(words.old),
            output: beside(words.output),
            state: beside(words.state),
            other_state: beside(words.other_state),
            folder: file.parent().unwrap_or(Path::new("/")).to_owned(),
            file,
            words,
        })
    }

    /// Opens and locks the file.
    pub(super) fn lock(&self) -> Result<Locked> {
        let locked = Locked::open(&self.file, self.words)?;
        if !locked.as_found.is_file() {
            return Err(self.words.refused(self.words.not_a_file));
        }
        // Somebody may have renamed another file to its name between opening and locking.
        if !locked.has_name(&self.file)? {
            return Err(self.words.busy());
        }
        if exists(&self.other_state) {
            return Err(self.words.refused(self.words.other_task));
        }
        Ok(locked)
    }

    pub(super) fn state(&self) -> Result<Option<State>> {
        let doing = self.words.reading_state;
        let file = match File::open(&self.state) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(doing)(error)),
        };
        let mut text = String::new();
        match file.take(MAX_STATE).read_to_string(&mut text) {
            Ok(_) => State::parse(&text, self.words).map(Some),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                State::parse("", self.words).map(Some)
            }
            Err(error) => Err(failed(doing)(error)),
        }
    }

    /// Writes the state whole: after a power loss the last one is there, or this one.
    pub(super) fn write_state(&self, state: &State) -> Result<()> {
        self.write_whole(&self.state, state.print(self.words)?.as_bytes())
            .map_err(failed(self.words.writing_state))
    }

    pub(super) fn forget(&self) -> Result<()> {
        let doing = failed(self.words.removing_state);
        for path in [&new(&self.old), &self.output, &new(&self.state)] {
            remove(path).map_err(&doing)?;
        }
        // The state goes last, or nobody would know whose the others are.
        self.sync().map_err(&doing)?;
        remove(&self.state).map_err(&doing)?;
        self.sync().map_err(&doing)
    }

    /// Removes a first state that was not written whole; `false` where there is none.
    pub(super) fn forget_first(&self) -> Result<bool> {
        let state = new(&self.state);
        let was_there = exists(&state);
        remove(&state).map_err(failed(self.words.removing_state))?;
        Ok(was_there)
    }

    /// Refuses to begin where something is in the way, or would keep the old rows.
    pub(super) fn check_free(&self, file: &Locked) -> Result<()> {
        self.check_no_old()?;
        self.check_no_output()?;
        if names(&file.as_found) > 1 {
            return Err(self.words.refused(self.words.second_name));
        }
        Ok(())
    }

    /// Refuses an output where nothing is writing one.
    pub(super) fn check_no_output(&self) -> Result<()> {
        if !exists(&self.output) {
            return Ok(());
        }
        Err(self.words.refused(self.words.output_there))
    }

    pub(super) fn check_no_old(&self) -> Result<()> {
        if !self.has_old() {
            return Ok(());
        }
        Err(self.words.refused(self.words.old_there))
    }

    /// The output, locked, with what was written after the last state cut off, and its digest so far.
    /// It belongs to whom the file belongs: who may not give it away knows before all rows are written.
    pub(super) fn open_output(&self, state: &State, file: &Locked) -> Result<(File, Sha256)> {
        let doing = failed(self.words.opening_output);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        let mut output = options.open(&self.output).map_err(&doing)?;
        lock(&output, self.words)?;
        let length = output.metadata().map_err(&doing)?.len();
        let (digest, read) = digest(&output, state.output.bytes).map_err(&doing)?;
        if length < state.output.bytes || Extent::of(read, &digest) != state.output {
            return Err(self.words.refused(self.words.output_changed));
        }
        same_owner(&output, &file.as_found)
            .map_err(failed("giving the new file to the old one's owner"))?;
        output.set_len(state.output.bytes).map_err(&doing)?;
        output
            .seek(SeekFrom::Start(state.output.bytes))
            .map_err(&doing)?;
        Ok((output, digest))
    }

    /// Lets those read the finished output who read the file.
    pub(super) fn finish_output(&self, output: &File, file: &Locked) -> Result<()> {
        let doing = failed("giving the new file the old one's mode");
        if let Some(mode) = mode(&file.as_found) {
            set_mode(&self.output, mode).map_err(&doing)?;
        }
        output.sync_all().map_err(&doing)
    }

    /// Lets the output have the file's name, and the file that of the old one; from any point at which it stopped before.
    pub(super) fn switch(&self, state: &mut State) -> Result<()> {
        for step in SWITCH {
            step(self, state)?;
        }
        Ok(())
    }

    /// Whether the file at its name is still the one before the switch.
    pub(super) fn is_before_switch(&self) -> bool {
        exists(&self.output)
    }

    /// Lets the file be as it was; from any point at which it stopped before.
    pub(super) fn switch_back(&self, state: &mut State) -> Result<()> {
        for step in UNDO {
            step(self, state)?;
        }
        Ok(())
    }

    /// Removes the file as it was, then the state, by whose digests guesses at clear values could be tested.
    pub(super) fn remove_old(&self) -> Result<()> {
        let doing = failed(self.words.removing_old);
        for path in [&new(&self.old), &self.old] {
            remove(path).map_err(&doing)?;
        }
        self.sync().map_err(&doing)?;
        let doing = failed(self.words.removing_state);
        for path in [&new(&self.state), &self.state] {
            remove(path).map_err(&doing)?;
        }
        self.sync().map_err(&doing)
    }

    pub(super) fn has_old(&self) -> bool {
        exists(&self.old)
    }

    /// Refuses an old file that is not the file as it was.
    pub(super) fn check_old(&self, state: &State) -> Result<()> {
        let doing = failed(self.words.reading_old);
        let old = File::open(&self.old).map_err(&doing)?;
        let (digest, read) = digest(&old, u64::MAX).map_err(&doing)?;
        if state.input == Extent::of(read, &digest) {
            Ok(())
        } else {
            Err(self.words.refused(self.words.old_changed))
        }
    }

    /// Refuses to undo with an old file that is not the file as it was. Before the switch it may be the file itself,
    /// whatever was written to that since.
    pub(super) fn check_undoable(&self, state: &State) -> Result<()> {
        if !self.has_old() || self.is_before_switch() && self.is_old_the_file()? {
            return Ok(());
        }
        self.check_old(state)
    }

    fn is_old_the_file(&self) -> Result<bool> {
        let found = |path| fs::metadata(path).map_err(failed(self.words.looking_at_old));
        Ok(cfg!(unix) && same_file(&found(&self.old)?, &found(&self.file)?))
    }

    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = create(&new(path))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(new(path), path)?;
        self.sync()
    }

    /// Makes names last: a folder is a file of names.
    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            File::open(&self.folder)?.sync_all()
        } else {
            Ok(())
        }
    }
}

/// One change of names. Each can be repeated, and what comes before it need not be.
type Step = fn(&Place, &mut State) -> Result<()>;

const SWITCH: [Step; 5] = [
    |place, state| {
        state.phase = Phase::Switching;
        place.write_state(state)
    },
    // The file keeps its name as well, so that there is always one of that name.
    |place, state| {
        if !place.is_before_switch() {
            return Ok(());
        }
        if place.has_old() {
            return place.check_old(state);
        }
        let doing = failed(place.words.keeping_old);
        if fs::hard_link(&place.file, &place.old).is_err() {
            place.copy_to_old().map_err(&doing)?;
        }
        place.sync().map_err(&doing)
    },
    |place, _| {
        if !place.is_before_switch() {
            return Ok(());
        }
        let doing = failed("giving the new file the old one's name");
        fs::rename(&place.output, &place.file).map_err(&doing)?;
        place.sync().map_err(&doing)
    },
    // Before, it would have been the mode of the file that is in use.
    |place, _| {
        let doing = failed(place.words.closing_old);
        set_mode(&place.old, PRIVATE).map_err(&doing)?;
        File::open(&place.old)
            .and_then(|old| old.sync_all())
            .map_err(&doing)
    },
    |place, state| {
        state.phase = Phase::Switched;
        place.write_state(state)
    },
];

const UNDO: [Step; 4] = [
    |place, state| {
        state.phase = Phase::Undoing;
        place.write_state(state)
    },
    // First, so that those who read the file never find one that they cannot.
    |place, state| match state.mode {
        Some(mode) if place.has_old() => {
            set_mode(&place.old, mode).map_err(failed("giving the file its old mode"))
        }
        _ => Ok(()),
    },
    |place, state| {
        place.check_undoable(state)?;
        // Before the switch the file is in its place, with what was written to it since.
        if place.is_before_switch() {
            remove(&place.old).map_err(failed(place.words.removing_old))?;
        }
        let doing = failed(place.words.renaming_old);
        match fs::rename(&place.old, &place.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => renamed.map_err(&doing)?,
        }
        place.sync().map_err(&doing)
    },
    |place, _| place.forget(),
];

impl Place {
    /// For file systems without hard links.
    fn copy_to_old(&self) -> io::Result<()> {
        let mut copy = create(&new(&self.old))?;
        io::copy(&mut File::open(&self.file)?, &mut copy)?;
        copy.sync_all()?;
        fs::rename(new(&self.old), &self.old)
    }
}

impl Locked {
    pub(super) fn open(path: &Path, words: &Words) -> Result<Self> {
        let doing = failed("opening the file of rows");
        let file = File::open(path).map_err(&doing)?;
        lock(&file, words)?;
        let as_found = file.metadata().map_err(&doing)?;
        Ok(Self { file, as_found })
    }

    pub(super) fn mode(&self) -> Option<u32> {
        mode(&self.as_found)
    }

    pub(super) fn extent(&self) -> Result<Extent> {
        let (digest, read) =
            digest(&self.file, u64::MAX).map_err(failed("reading the file of rows"))?;
        Ok(Extent::of(read, &digest))
    }

    /// Whether nobody wrote to the file since it was locked, nor gave its name to another one.
    pub(super) fn is_unchanged(&self, path: &Path) -> Result<bool> {
        let doing = failed("looking at the file of rows");
        let now = self.file.metadata().map_err(&doing)?;
        let unwritten = now.len() == self.as_found.len()
            && now.modified().map_err(&doing)? == self.as_found.modified().map_err(&doing)?;
        Ok(unwritten && self.has_name(path)?)
    }

    fn has_name(&self, path: &Path) -> Result<bool> {
        let at_name = fs::metadata(path).map_err(failed("looking at the file of rows"))?;
        Ok(same_file(&self.as_found, &at_name))
    }
}

pub(super) fn failed(doing: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::new(|| Kind::Io { doing, source })
}

fn lock(file: &File, words: &Words) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(words.busy()),
        Err(fs::TryLockError::Error(error)) => Err(failed("locking the file")(error)),
    }
}

/// The digest of the first `limit` bytes, and how many there were.
fn digest(mut file: &File, limit: u64) -> io::Result<(Sha256, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    let mut read = 0;
    let mut part = file.take(limit);
    loop {
        match part.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&buffer[..count]);
                read += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((hasher, read))
}

/// Where a file is written before it has its name.
fn new(path: &Path) -> PathBuf {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    new.into()
}

fn create(path: &Path) -> io::Result<File> {
    // One that was left there may have another mode.
    remove(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options.open(path)
}

/// Also a symbolic link to nowhere is something.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
mod system {
    use std::{
        fs::{self, File, Metadata, OpenOptions, Permissions},
        io,
        os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
        path::Path,
    };

    pub(super) fn private(options: &mut OpenOptions) {
        options.mode(super::PRIVATE);
    }

    pub(super) fn mode(of: &Metadata) -> Option<u32> {
        Some(of.mode() & 0o7777)
    }

    pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, Permissions::from_mode(mode))
    }

    /// The number of the file's names.
    pub(super) fn names(of: &Metadata) -> u64 {
        of.nlink()
    }

    pub(super) fn same_file(one: &Metadata, other: &Metadata) -> bool {
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    }

    pub(super) fn same_owner(file: &File, as_of: &Metadata) -> io::Result<()> {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) == (as_of.uid(), as_of.gid()) {
            return Ok(());
        }
        fchown(file, Some(as_of.uid()), Some(as_of.gid()))
    }
}

#[cfg(not(unix))]
mod system {
    use std::{
        fs::{File, Metadata, OpenOptions},
        io,
        path::Path,
    };

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn mode(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn names(_: &Metadata) -> u64 {
        1
    }

    pub(super) fn same_file(_: &Metadata, _: &Metadata) -> bool {
        true
    }

    pub(super) fn same_owner(_: &File, _: &Metadata) -> io::Result<()> {
        Ok(())
    }
}

use system::{mode, names, private, same_file, same_owner, set_mode};
