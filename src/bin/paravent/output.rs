//! Where results go: the standard output, or a file that is whole or not there at all.

use std::{
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, Read, Write},
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    failure::{Exit, Failure},
    leftovers::Leftover,
};

/// Bytes that are written at once.
const BUFFER: usize = 128 * 1024;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner: mode 0600.
    Owner,
    /// As the umask says.
    Umask,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Umask => 0o666,
        }
    }
}

/// Prints on the standard output, whole.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Prints one JSON object on the standard output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&json(value)?)
}

/// Prints on the standard error. What was done is done whether anybody reads this or not.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The text with what moves a terminal's cursor spelt out, also where a line ends: paths, and what a hand wrote, hold anything.
pub(crate) fn one_line(text: &str) -> String {
    spelt_out(text, |_| false)
}

/// The same of several lines, which stay apart.
pub(crate) fn lines(text: &str) -> String {
    spelt_out(text, |c| c == '\n')
}

/// Whether a text has what moves a terminal's cursor, or turns the direction of reading.
pub(crate) fn moves(text: &str) -> bool {
    text.chars().any(is_moving)
}

fn is_moving(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn spelt_out(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match is_moving(c) && !stays(c) {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

/// One JSON object and a line break.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(Failure::from(io::Error::from(error))),
    }
}

/// Lines in columns.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count() + 2);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Whether pages on the standard output have colour.
pub(crate) fn has_colour() -> bool {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    wanted && io::stdout().is_terminal()
}

/// Whether an argument stands for a standard stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Where rows go.
pub(crate) enum Output {
    /// The standard output, a pipe, a device: bytes are there as they come.
    Stream(BufWriter<Box<dyn Write + Send>>),
    /// A file that gets its name once it is whole.
    File(BufWriter<NewFile>),
}

impl Output {
    /// The standard output for `-`, else a file.
    pub(crate) fn open(path: &Path, readers: Readers, force: bool) -> Result<Self, Failure> {
        let stream = |to| Ok(Self::Stream(BufWriter::with_capacity(BUFFER, to)));
        if is_stream(path) {
            return stream(Box::new(io::stdout()));
        }
        // What is there and is no file is not replaced by one.
        if let Ok(found) = path.metadata()
            && !found.is_file()
            && !found.is_dir()
        {
            let file = File::options().write(true).open(path);
            return stream(Box::new(
                file.map_err(|error| Failure::file("opening", path, &error))?,
            ));
        }
        NewFile::create(path, readers, force)
            .map(|file| Self::File(BufWriter::with_capacity(BUFFER, file)))
    }

    /// Writes what is left; a file gets its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stream(mut stream) => Ok(stream.flush()?),
            Self::File(file) => {
                let path = file.get_ref().path.clone();
                let file = file
                    .into_inner()
                    .map_err(|error| Failure::file("writing", &path, error.error()))?;
                file.finish()
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush(),
            // It is of no use before it is whole.
            Self::File(_) => Ok(()),
        }
    }
}

/// A file that has no name in its folder until it is whole, where the system can do that; else one with another name, which
/// is removed where it does not get whole.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    named: Option<Leftover>,
    path: PathBuf,
    force: bool,
}

impl NewFile {
    /// A file that is to be at `path`. One that is there stays as it is, without `force` for good and with it until
    /// this one is whole.
    pub(crate) fn create(path: &Path, readers: Readers, force: bool) -> Result<Self, Failure> {
        check_free(path, force)?;
        let opened = match unnamed(folder(path), readers) {
            Ok(Some(file)) => Ok((file, None)),
            Ok(None) => named(path, readers).map(|(file, named)| (file, Some(named))),
            Err(error) => Err(error),
        };
        let (file, named) = opened.map_err(|error| Failure::file("creating", path, &error))?;
        Ok(Self {
            file,
            named,
            path: path.to_owned(),
            force,
        })
    }

    /// A whole file with these bytes.
    pub(crate) fn write_whole(
        path: &Path,
        readers: Readers,
        force: bool,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        Self::create(path, readers, force)?.written(bytes)?.finish()
    }

    /// The same with these bytes in it.
    pub(crate) fn written(mut self, bytes: &[u8]) -> Result<Self, Failure> {
        self.write_all(bytes)
            .map_err(|error| Failure::file("writing", &self.path, &error))?;
        Ok(self)
    }

    /// Gives it its name, once it is on disk.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(&self.path),
            _ => Failure::file("writing", &self.path, &error),
        };
        self.file.sync_all().map_err(failed)?;
        let named = match self.named {
            Some(named) => named,
            None if self.force => {
                // A name can only be replaced by another one.
                let link = || beside(&self.path, |path| link(&self.file, path));
                Leftover::create(link).map_err(failed)?.1
            }
            None => {
                link(&self.file, &self.path).map_err(failed)?;
                return sync_folder(&self.path);
            }
        };
        named
            .keep(|from| {
                if self.force {
                    fs::rename(from, &self.path)
                } else {
                    fs::hard_link(from, &self.path)?;
                    fs::remove_file(from)
                }
            })
            .map_err(failed)?;
        sync_folder(&self.path)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Refuses a path that is taken, early.
pub(crate) fn check_free(path: &Path, force: bool) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(Failure::new(
            Exit::Usage,
            "file-exists",
            format!("{}: there is a folder", path.display()),
            "choose another path",
        )),
        // Such as /dev/stdout: in its place nobody else would find it any more.
        Ok(found) if found.is_symlink() && is_descriptor(path) => Err(Failure::new(
            Exit::Usage,
            "file-exists",
            format!("{}: it stands for a file that is open", path.display()),
            "name the file itself, or write to the standard output by -",
        )),
        Ok(_) if !force => Err(taken(path)),
        Ok(_) if path.metadata().is_ok_and(|found| !found.is_file()) => Err(Failure::new(
            Exit::Usage,
            "file-exists",
            format!("{}: there is a pipe or a device", path.display()),
            "choose another path",
        )),
        Ok(_) if is_key_file(path) => Err(Failure::new(
            Exit::Usage,
            "file-exists",
            format!("{}: it is a key file", path.display()),
            "choose another path: key files are never replaced",
        )),
        _ => Ok(()),
    }
}

/// Whether a file begins as key files do.
fn is_key_file(path: &Path) -> bool {
    let mut head = [0; 9];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"paravent-"
}

/// Whether a link leads to what a process has open.
fn is_descriptor(link: &Path) -> bool {
    fs::read_link(link).is_ok_and(|to| to.starts_with("/proc"))
}

fn taken(path: &Path) -> Failure {
    Failure::new(
        Exit::Usage,
        "file-exists",
        format!("{}: there is a file already", path.display()),
        "choose another path, or replace it by --force where the command has that",
    )
}

/// Device and number of what is behind a path, where it is a file.
pub(crate) fn identity(file: io::Result<fs::Metadata>) -> Option<(u64, u64)> {
    let found = file.ok().filter(fs::Metadata::is_file)?;
    Some((found.dev(), found.ino()))
}

/// Whether two paths are of one place in one folder, however they are written.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = folder(path).metadata().ok()?;
        Some((folder.dev(), folder.ino(), path.file_name()?.to_owned()))
    };
    one == other || place(one).is_some_and(|one| place(other) == Some(one))
}

/// The standard input, unbuffered.
pub(crate) fn stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// What the standard input is.
pub(crate) fn stdin_metadata() -> io::Result<fs::Metadata> {
    stdin()?.metadata()
}

/// What the standard output is.
pub(crate) fn stdout_metadata() -> io::Result<fs::Metadata> {
    File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()
}

pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(crate) fn sync_folder(path: &Path) -> Result<(), Failure> {
    let folder = folder(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Failure::file("writing", folder, &error))
}

/// A file without a name, or `None` where the system or the file system has none.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, readers: Readers) -> io::Result<Option<File>> {
    use rustix::{
        fs::{Mode, OFlags, open},
        io::Errno,
    };

    // It gets its name by its number there.
    if !Path::new("/proc/self/fd").is_dir() {
        return Ok(None);
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match open(folder, flags, Mode::from_raw_mode(readers.mode())) {
        Ok(file) => Ok(Some(file.into())),
        // The second is what older kernels say.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path, _: Readers) -> io::Result<Option<File>> {
    Ok(None)
}

/// Gives a file without a name this one.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};

    let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, itself, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file with a name that is free, beside `path`.
fn named(path: &Path, readers: Readers) -> io::Result<(File, Leftover)> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(readers.mode());
    Leftover::create(|| beside(path, |path| options.open(path)))
}

/// Makes something with a name that is free, beside `path`; returns it and its name.
pub(crate) fn beside<T>(
    path: &Path,
    make: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    let end = path.file_name().unwrap_or_default().to_string_lossy();
    let made = tempfile::Builder::new()
        .prefix(&format!(".{end}."))
        .suffix(".new")
        .make_in(folder(path), make)?;
    Ok(made.keep()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as where the system has none without names.
    fn with_name(path: &Path, force: bool) -> NewFile {
        let (file, named) = named(path, Readers::Owner).unwrap();
        NewFile {
            file,
            named: Some(named),
            path: path.to_owned(),
            force,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_file_with_another_name_gets_its_own_or_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let file = with_name(&path, false).written(b"whole").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);

        drop(with_name(&path, true).written(b"half").unwrap());
        assert_eq!(names(folder.path()), ["rows.csv"]);
        let file = with_name(&path, true).written(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["rows.csv"]);
    }

    #[test]
    fn a_path_that_is_taken_meanwhile_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let unnamed = NewFile::create(&path, Readers::Umask, false).unwrap();
        for file in [unnamed, with_name(&path, false)] {
            let file = file.written(b"mine").unwrap();
            fs::write(&path, "theirs").unwrap();
            assert_eq!(file.finish().unwrap_err().exit(), Exit::Usage);
            assert_eq!(fs::read(&path).unwrap(), b"theirs");
        }
        assert_eq!(names(folder.path()), ["rows.csv"]);
        assert_eq!(
            NewFile::create(&path, Readers::Umask, false)
                .unwrap_err()
                .exit(),
            Exit::Usage
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_name_has_none_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        for force in [false, true] {
            let file = NewFile::create(&path, Readers::Owner, force).unwrap();
            assert!(file.named.is_none(), "this file system has no such files");
            let file = file.written(b"whole").unwrap();
            assert_eq!(names(folder.path()).len(), usize::from(force));
            file.finish().unwrap();
            assert_eq!(names(folder.path()), ["rows.csv"]);
        }
    }
}
