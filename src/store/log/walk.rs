//! Through the lines of a log's files, each checked: its MAC, and that it follows the one before.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom, Take},
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use super::line::{Keys, Line, MAX_LINE, Position};
use crate::error::{Error, LogFault, LogPlace, Result};

/// The lines of some files, one after the other.
pub(super) struct Walk {
    keys: Arc<Keys>,
    files: vec::IntoIter<Part>,
    /// The file that is read.
    open: Option<(PathBuf, Lines)>,
    /// The entry before; where it is not known, any entry may be the first.
    last: Option<Position>,
    line: Vec<u8>,
    cut: bool,
}

/// A file, or what is open of it.
pub(super) struct Part {
    pub(super) path: PathBuf,
    /// Where it is not open yet, all of it is read.
    pub(super) open: Option<Lines>,
}

/// The lines of a part of a file.
pub(super) struct Lines {
    reader: BufReader<Take<Shared>>,
    /// Where the next line begins.
    offset: u64,
    /// How many lines end before it.
    count: usize,
}

/// What is found where a line should be.
pub(super) enum Found {
    Line,
    /// Some bytes that no line feed ends.
    Cut,
    /// More bytes than a line has.
    TooLong,
    End,
}

/// A file that others may hold, too.
struct Shared(Arc<File>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Part {
    /// All of a file that is not open yet.
    pub(super) fn whole(path: PathBuf) -> Self {
        Self { path, open: None }
    }
}

impl Lines {
    /// From `offset`, behind so many lines, to `end`.
    pub(super) fn of(file: &Arc<File>, offset: u64, count: usize, end: u64) -> io::Result<Self> {
        (&**file).seek(SeekFrom::Start(offset))?;
        let part = Shared(Arc::clone(file)).take(end.saturating_sub(offset));
        Ok(Self {
            reader: BufReader::with_capacity(MAX_LINE, part),
            offset,
            count,
        })
    }

    fn all(path: &Path) -> io::Result<Self> {
        let file = Arc::new(File::open(path)?);
        let end = file.metadata()?.len();
        Self::of(&file, 0, 0, end)
    }

    /// Reads a line into `line`, without its line feed.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Found> {
        line.clear();
        let reader = &mut self.reader;
        let read = reader.take(MAX_LINE as u64).read_until(b'\n', line)?;
        if line.pop_if(|byte| *byte == b'\n').is_some() {
            self.offset += read as u64;
            self.count += 1;
            return Ok(Found::Line);
        }
        Ok(match read {
            0 => Found::End,
            MAX_LINE => Found::TooLong,
            _ => Found::Cut,
        })
    }

    /// Where the next line begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many lines end before that.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl Walk {
    /// Through these files, whose first entry follows `last`, or any where that is not known.
    pub(super) fn new(keys: &Arc<Keys>, files: Vec<Part>, last: Option<Position>) -> Self {
        Self {
            keys: Arc::clone(keys),
            files: files.into_iter(),
            open: None,
            last,
            line: Vec::new(),
            cut: false,
        }
    }

    /// The next entry, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        match self.read()? {
            Found::End => return Ok(None),
            Found::Cut => return self.cut_line(),
            Found::TooLong => return Err(self.fault(LogFault::TooLong, None)),
            Found::Line => {}
        }
        let parsed = self.keys.parse(&self.line);
        let line = parsed.map_err(|fault| self.fault(fault, None))?;
        self.follow(&line)?;
        Ok(Some(line))
    }

    /// Where the part ends that was read, and how many lines its file has so far.
    pub(super) fn end(&self) -> Option<(u64, usize)> {
        let (_, lines) = self.open.as_ref()?;
        Some((lines.offset(), lines.count()))
    }

    /// Whether the last line has no end: it was written when a process stopped.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// A fault at the line that was read last, or behind it where a line has no end or is missing.
    pub(super) fn fault(&self, fault: LogFault, n: Option<u64>) -> Error {
        let n = n.or_else(|| self.last.as_ref().map(Position::next));
        let error = Error::log(fault, n);
        match &self.open {
            Some((path, lines)) => {
                let is_behind = self.cut || matches!(fault, LogFault::TooLong | LogFault::CutOff);
                let line = lines.count() + usize::from(is_behind);
                error.at_file_line(line).in_file(path)
            }
            None => error,
        }
    }

    /// Reads a line of the file that is open or of the next one; the last one stays open.
    fn read(&mut self) -> Result<Found> {
        loop {
            if let Some((path, lines)) = &mut self.open {
                let failed = |source| Error::log_disk(LogPlace::Entries)(source).in_file(path);
                match lines.next(&mut self.line).map_err(failed)? {
                    Found::End => {}
                    found => return Ok(found),
                }
            }
            let Some(part) = self.files.next() else {
                return Ok(Found::End);
            };
            let failed = |source| Error::log_disk(LogPlace::Entries)(source).in_file(&part.path);
            let lines = match part.open {
                Some(lines) => lines,
                None => Lines::all(&part.path).map_err(failed)?,
            };
            self.open = Some((part.path, lines));
        }
    }

    /// A line without an end may be the very last one only.
    fn cut_line(&mut self) -> Result<Option<Line>> {
        self.cut = true;
        if self.files.len() > 0 {
            return Err(self.fault(LogFault::Altered, None));
        }
        Ok(None)
    }

    fn follow(&mut self, line: &Line) -> Result<()> {
        let n = line.entry.n;
        if let Some(last) = self.last {
            let expected = last.next();
            if n < expected {
                return Err(self.fault(LogFault::Reordered, Some(n)));
            }
            if n > expected {
                let mut error = self.fault(LogFault::Removed, Some(expected));
                let reordered = self.fault(LogFault::Reordered, Some(expected));
                if self.stands_later(expected)? {
                    error = reordered;
                }
                return Err(error);
            }
            if line.prev != last.mac {
                return Err(self.fault(LogFault::Replaced, Some(n)));
            }
        }
        self.last = Some(line.position());
        Ok(())
    }

    /// Whether an authentic entry of this number is among the rest.
    fn stands_later(&mut self, n: u64) -> Result<bool> {
        while let Found::Line = self.read()? {
            if self
                .keys
                .parse(&self.line)
                .is_ok_and(|line| line.entry.n == n)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
