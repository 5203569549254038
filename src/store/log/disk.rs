//! Writing: under the file's lock, behind what others have written since, and never without its head.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    CLOCK_SLACK,
    entry::{Entry, Event},
    files::{self, Held},
    heads::Heads,
    line::{Keys, Line, LogId, MAX_LINE, Position},
    quota::Recent,
    walk::{Found, Lines, Part, Walk},
};
use crate::{
    crypto::entropy,
    error::{Error, Kind, LogFault, LogPlace, Result},
    policy::Quota,
    store::sync_folder,
};

/// The two places of a log.
pub(super) struct Disk {
    path: PathBuf,
    keys: Arc<Keys>,
    heads: Heads,
    /// What was read; where it is not known, all is read again.
    state: Option<State>,
}

/// An entry that is to be written if its quota allows it.
pub(super) struct Pending {
    pub(super) entry: Entry,
    pub(super) quota: Option<Quota>,
    /// What is written right behind it.
    pub(super) then: Option<Entry>,
}

/// The file that is written, as far as it was read.
struct State {
    file: Arc<File>,
    /// In bytes.
    length: u64,
    lines: usize,
    last: Position,
    log: Option<LogId>,
    /// The latest time in the file.
    latest: Option<Timestamp>,
    /// Whether its last entry says that it is finished.
    is_finished: bool,
    recent: Recent,
}

/// Lines that are to be written together.
struct Draft {
    bytes: Vec<u8>,
    lines: usize,
    last: Position,
    latest: Option<Timestamp>,
}

/// The end of a finished file.
struct End {
    log: Option<LogId>,
    last: Position,
    at: Timestamp,
}

impl Disk {
    pub(super) fn open(path: &Path, heads: &Path, keys: Arc<Keys>, now: Timestamp) -> Result<Self> {
        let resolved = files::resolve(path).map_err(|source| failed(path, source))?;
        if files::resolve(heads).is_ok_and(|heads| heads == resolved) {
            return Err(Error::definition(
                "the second place of the log is the log itself",
                "give it a file of its own, best on another disk",
            ));
        }
        let mut disk = Self {
            path: resolved,
            keys,
            heads: Heads::open(heads)?,
            state: None,
        };
        let (_held, state) = disk.lock(now)?;
        disk.state = Some(state);
        Ok(disk)
    }

    /// Whether these are its keys.
    pub(super) fn is_of(&self, keys: &Keys) -> bool {
        self.keys.is_as(keys)
    }

    /// Writes what may be written of a batch, in its order and synced once; the number of each entry.
    pub(super) fn commit(&mut self, batch: &[Pending]) -> Vec<Result<u64>> {
        // What is refused for its time is not read for: it would cost all who wait.
        let latest = self.state.as_ref().and_then(|state| state.latest);
        let times = batch.iter().map(|pending| pending.entry.at);
        let earliest = times.filter(|at| is_in_time(*at, latest)).min().or(latest);
        let locked = earliest.map(|earliest| self.lock(earliest));
        let (_held, mut state) = match locked {
            Some(Ok(locked)) => locked,
            Some(Err(error)) => return batch.iter().map(|_| Err(error.again())).collect(),
            None => return Vec::new(),
        };
        let mut draft = state.draft();
        let add = |pending| state.add(&self.keys, pending, &mut draft);
        let mut results: Vec<_> = batch.iter().map(add).collect();
        if draft.lines > state.lines
            && let Err(error) = self.write(&mut state, draft)
        {
            for (pending, result) in batch.iter().zip(&mut results) {
                if result.is_ok() {
                    state.recent.remove(&pending.entry);
                    *result = Err(error.again());
                }
            }
        }
        self.keep(state);
        results
    }

    /// Ends the file, and begins another one.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<PathBuf> {
        let (held, mut state) = self.lock(now)?;
        // A finished file ends with its latest time: by it a reader knows whether the file matters to a quota.
        let at = state.latest.map_or(now, |latest| latest.max(now));
        let mut draft = state.draft();
        draft.add(&self.keys, &Entry::new(Event::End, at), None)?;
        if let Err(error) = self.write(&mut state, draft) {
            self.keep(state);
            return Err(error);
        }
        let finished = self.rename()?;
        drop(held);
        let (_held, state) = self.lock(now)?;
        self.state = Some(state);
        Ok(finished)
    }

    /// The file, locked and read to its end, with all that counts at `now`; heals what a crash has left.
    fn lock(&mut self, now: Timestamp) -> Result<(Held, State)> {
        loop {
            let known = self.state.take();
            let known = known.filter(|state| state.recent.reaches(now));
            let file = match &known {
                Some(state) => Arc::clone(&state.file),
                None => Arc::new(self.io(files::open_to_append(&self.path))?),
            };
            let held = self.io(Held::wait(&file))?;
            // Another writer may have finished it.
            if !self.io(files::is_at(&file, &self.path))? {
                continue;
            }
            let state = match known {
                Some(state) => self.catch_up(state)?,
                None => self.load(file, now)?,
            };
            if !state.is_finished {
                return Ok((held, state));
            }
            self.rename()?;
        }
    }

    /// Reads what others wrote since.
    fn catch_up(&mut self, mut state: State) -> Result<State> {
        let length = self.io(state.file.metadata())?.len();
        if length < state.length {
            return Err(Error::log(LogFault::CutOff, state.last.n).in_file(&self.path));
        }
        let part = self.part(&state, length)?;
        let walk = Walk::new(&self.keys, vec![part], Some(state.last));
        self.read(&mut state, walk, length)?;
        Ok(state)
    }

    /// Reads the file, and finished ones as far back as counts at `now`.
    fn load(&mut self, file: Arc<File>, now: Timestamp) -> Result<State> {
        let mut state = State::new(file, now);
        let finished = self.io(files::finished(&self.path))?;
        let ends = finished.iter().map(|path| End::of(&self.keys, path));
        let ends = ends.collect::<Result<Vec<_>>>()?;
        let counts = |end: &End| end.at > state.recent.since();
        let first = ends.iter().position(counts).unwrap_or(ends.len());
        let before = first.checked_sub(1).and_then(|before| ends.get(before));
        if let Some(end) = before {
            state.last = end.last;
            state.log = end.log;
        }
        let length = self.io(state.file.metadata())?.len();
        let finished = finished.into_iter().skip(first).map(Part::whole);
        let mut parts: Vec<Part> = finished.collect();
        parts.push(self.part(&state, length)?);
        let walk = Walk::new(&self.keys, parts, before.map(|end| end.last));
        let head = self.read(&mut state, walk, length)?;
        if state.length == 0 {
            self.begin(&mut state, now)?;
        } else if let Some(log) = state.log
            && head.is_none_or(|head| head.n < state.last.n)
        {
            // Nobody was told of these entries, and yet they stand.
            self.heads.add(&self.keys, &log, &state.last)?;
        }
        Ok(state)
    }

    /// Reads entries up to `length`, and holds them against the last head, which it returns.
    fn read(&mut self, state: &mut State, mut walk: Walk, length: u64) -> Result<Option<Position>> {
        let mut next = walk.next()?;
        if let Some(line) = &next {
            // Older files may be kept elsewhere, but not such as count.
            let is_next = line.entry.n == state.last.next();
            if !is_next && line.entry.at > state.recent.since() {
                return Err(walk.fault(LogFault::Removed, Some(line.entry.n - 1)));
            }
            // The first line tells whose log it is, and so whose the heads are to be.
            state.log = line.log.or(state.log);
        }
        let head = self.heads.last(&self.keys, state.log.as_ref())?;
        while let Some(line) = next {
            let n = line.entry.n;
            if head.is_some_and(|head| head.n == n && head.mac != line.mac) {
                return Err(walk.fault(LogFault::Replaced, Some(n)));
            }
            state.take(&line);
            next = walk.next()?;
        }
        if let Some((length, lines)) = walk.end() {
            (state.length, state.lines) = (length, lines);
        }
        match head {
            Some(head) if head.n > state.last.n => {
                return Err(walk.fault(LogFault::CutOff, Some(head.n)));
            }
            // An entry behind the first was written when that one had its head.
            None if state.last.n > 1 => return Err(self.heads.fault(LogFault::HeadsGone)),
            _ => {}
        }
        if state.length < length {
            // Half a line, of which nobody was told.
            self.io(files::cut(&state.file, state.length))?;
        }
        Ok(head)
    }

    /// Writes the first entry of a file.
    fn begin(&mut self, state: &mut State, now: Timestamp) -> Result<()> {
        let log = match state.log {
            Some(log) => log,
            None => {
                let mut log = LogId::default();
                entropy::fill(&mut log)?;
                log
            }
        };
        state.log = Some(log);
        state.latest = None;
        state.is_finished = false;
        let mut draft = state.draft();
        draft.add(&self.keys, &Entry::new(Event::Begin, now), Some(&log))?;
        self.write(state, draft)
    }

    /// Writes lines and their head: both, or neither where that can be had.
    fn write(&mut self, state: &mut State, draft: Draft) -> Result<()> {
        let Some(log) = state.log else {
            unreachable!("a log that was read or begun has its id");
        };
        let new_at = (state.length == 0).then_some(&*self.path);
        let written = self.io(files::append(&state.file, &draft.bytes, new_at));
        let written = written.and_then(|()| self.heads.add(&self.keys, &log, &draft.last));
        if let Err(error) = written {
            // A head that stays wants its entries.
            if self.heads.is_as_known() && !state.is_as_known() {
                // Where this fails, too, the log is read again.
                let _ = files::cut(&state.file, state.length);
            }
            return Err(error);
        }
        state.length += draft.bytes.len() as u64;
        state.lines = draft.lines;
        state.last = draft.last;
        state.latest = draft.latest;
        if let Some(latest) = state.latest {
            state.recent.forget(latest);
        }
        Ok(())
    }

    /// Lets the file have the name of a finished one.
    fn rename(&mut self) -> Result<PathBuf> {
        let finished = self.io(files::next_finished(&self.path))?;
        self.io(fs::rename(&self.path, &finished))?;
        self.io(sync_folder(&self.path))?;
        Ok(finished)
    }

    /// Keeps what is known of the file, unless more or less stands there.
    fn keep(&mut self, state: State) {
        self.state = state.is_as_known().then_some(state);
    }

    /// What is not read yet of the file, up to `end`.
    fn part(&self, state: &State, end: u64) -> Result<Part> {
        let lines = Lines::of(&state.file, state.length, state.lines, end);
        Ok(Part {
            path: self.path.clone(),
            open: Some(self.io(lines)?),
        })
    }

    fn io<T>(&self, done: io::Result<T>) -> Result<T> {
        done.map_err(|source| failed(&self.path, source))
    }
}

impl State {
    /// Nothing read yet.
    fn new(file: Arc<File>, now: Timestamp) -> Self {
        Self {
            file,
            length: 0,
            lines: 0,
            last: Position::START,
            log: None,
            latest: None,
            is_finished: false,
            recent: Recent::at(now),
        }
    }

    /// Counts an entry that stands in the log.
    fn take(&mut self, line: &Line) {
        let entry = &line.entry;
        self.last = line.position();
        self.log = line.log.or(self.log);
        self.latest = match self.latest {
            Some(latest) if entry.event != Event::Begin => Some(latest.max(entry.at)),
            _ => Some(entry.at),
        };
        self.is_finished = entry.event == Event::End;
        self.recent.add(entry);
    }

    fn draft(&self) -> Draft {
        Draft {
            bytes: Vec::new(),
            lines: self.lines,
            last: self.last,
            latest: self.latest,
        }
    }

    /// Puts an entry into the draft, if its time and its quota allow it; its number.
    fn add(&mut self, keys: &Keys, pending: &Pending, draft: &mut Draft) -> Result<u64> {
        let Pending { entry, quota, then } = pending;
        if let Some(latest) = draft.latest.filter(|_| !is_in_time(entry.at, draft.latest)) {
            return Err(Error::new(|| Kind::ClockBack {
                seconds: latest.duration_since(entry.at).as_secs(),
            }));
        }
        if let Some(quota) = quota {
            self.recent.check(entry, *quota)?;
        }
        draft.add(keys, entry, None)?;
        let n = draft.last.n;
        if let Some(then) = then {
            draft.add(keys, then, None)?;
        }
        self.recent.add(entry);
        Ok(n)
    }

    /// Whether the file ends where it was read to.
    fn is_as_known(&self) -> bool {
        let found = self.file.metadata();
        found.is_ok_and(|found| found.len() == self.length)
    }
}

/// Whether an entry is not too long before the latest one.
fn is_in_time(at: Timestamp, latest: Option<Timestamp>) -> bool {
    latest.is_none_or(|latest| latest.duration_since(at) <= CLOCK_SLACK)
}

impl Draft {
    fn add(&mut self, keys: &Keys, entry: &Entry, log: Option<&LogId>) -> Result<()> {
        let mac = keys.print(entry, log, &self.last, &mut self.bytes);
        let mac = mac.ok_or_else(|| {
            Error::definition(
                "the entry is longer than 64 KiB, which no line of a log is",
                "give a shorter purpose and reason",
            )
        })?;
        self.lines += 1;
        self.last = Position {
            n: self.last.next(),
            mac,
        };
        self.latest = self.latest.max(Some(entry.at));
        Ok(())
    }
}

impl End {
    /// That of a finished file; reads its first line and its last.
    fn of(keys: &Arc<Keys>, path: &Path) -> Result<Self> {
        let io = |source| failed(path, source);
        let mut walk = Walk::new(keys, vec![Part::whole(path.to_owned())], None);
        // It tells of another keyring or version, which the last one does not.
        let log = walk.next()?.and_then(|line| line.log);
        let file = Arc::new(File::open(path).map_err(io)?);
        let length = file.metadata().map_err(io)?.len();
        let tail = length.saturating_sub(MAX_LINE as u64);
        let mut lines = Lines::of(&file, tail, 0, length).map_err(io)?;
        let (mut line, mut last) = (Vec::new(), Vec::new());
        while let Found::Line = lines.next(&mut line).map_err(io)? {
            std::mem::swap(&mut line, &mut last);
        }
        let fault = |fault, n| Error::log(fault, n).in_file(path);
        if lines.offset() < length {
            return Err(fault(LogFault::Altered, None));
        }
        let last = keys.parse(&last).map_err(|why| fault(why, None))?;
        if last.entry.event != Event::End {
            return Err(fault(LogFault::Removed, Some(last.position().next())));
        }
        Ok(Self {
            log,
            last: last.position(),
            at: last.entry.at,
        })
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::log_disk(LogPlace::Entries)(source).in_file(path)
}
