//! The second place of a log: where its entries end, so that none can be cut off its end unnoticed.
//!
//! ```text
//! line  {"log":"32 hex","n":2,"mac":"the entry's MAC","head":"64 hex"} and a line feed
//! head  HMAC-SHA-256(head key, log[16] ‖ n u64 ‖ mac[32])
//! ```

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    files,
    line::{Keys, LogId, Position, from_hex},
    walk::{Found, Lines},
};
use crate::error::{Error, LogFault, LogPlace, Result};

/// More than a head takes.
const TAIL: u64 = 4 * 1024;

/// The file of heads, written under the lock of the log.
pub(super) struct Heads {
    path: PathBuf,
    file: Arc<File>,
    /// How much of it was read.
    length: u64,
    last: Option<Position>,
}

/// A line as it stands there, in this order.
#[derive(Serialize, Deserialize)]
struct Members {
    log: String,
    n: u64,
    mac: String,
    head: String,
}

impl Heads {
    /// The file, which is made where it is not there.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |source| failed(path, source);
        let path = files::resolve(path).map_err(failed)?;
        Ok(Self {
            file: Arc::new(files::open_to_append(&path).map_err(failed)?),
            path,
            length: 0,
            last: None,
        })
    }

    /// The last head, of this log where its id is known; reads what others wrote, and removes a head that was not written
    /// whole.
    pub(super) fn last(&mut self, keys: &Keys, log: Option<&LogId>) -> Result<Option<Position>> {
        let failed = |source| failed(&self.path, source);
        if !files::is_at(&self.file, &self.path).map_err(failed)? {
            return Err(self.fault(LogFault::HeadsGone));
        }
        let length = self.file.metadata().map_err(failed)?.len();
        if length < self.length {
            return Err(self.fault(LogFault::HeadsAltered));
        }
        if length > self.length {
            self.read_last(keys, log, length)?;
        }
        Ok(self.last)
    }

    /// Adds a head; it is on disk when this returns. Where it fails, what was written of it is removed.
    pub(super) fn add(&mut self, keys: &Keys, log: &LogId, at: &Position) -> Result<()> {
        let line = Members {
            log: HEXLOWER.encode(log),
            n: at.n,
            mac: HEXLOWER.encode(&at.mac),
            head: HEXLOWER.encode(&keys.head(log, at)),
        };
        let new_at = (self.length == 0).then_some(&*self.path);
        let written = serde_json::to_vec(&line).map_err(io::Error::from);
        let written = written.and_then(|mut line| {
            line.push(b'\n');
            files::append(&self.file, &line, new_at)?;
            Ok(line.len() as u64)
        });
        match written {
            Ok(written) => {
                self.length += written;
                self.last = Some(*at);
                Ok(())
            }
            Err(source) => {
                if !self.is_as_known() {
                    // Where this fails, too, the caller asks whether it did.
                    let _ = files::cut(&self.file, self.length);
                }
                Err(failed(&self.path, source))
            }
        }
    }

    /// Whether nothing stands behind the last head.
    pub(super) fn is_as_known(&self) -> bool {
        let found = self.file.metadata();
        found.is_ok_and(|found| found.len() == self.length)
    }

    fn read_last(&mut self, keys: &Keys, log: Option<&LogId>, length: u64) -> Result<()> {
        let failed = |source| failed(&self.path, source);
        let tail = length.saturating_sub(TAIL).max(self.length);
        let mut lines = Lines::of(&self.file, tail, 0, length).map_err(failed)?;
        let (mut line, mut whole) = (Vec::new(), None);
        while let Found::Line = lines.next(&mut line).map_err(failed)? {
            whole = Some(std::mem::take(&mut line));
        }
        let end = lines.offset();
        match whole {
            Some(line) => {
                let last = parse(keys, &line, log).map_err(|fault| self.fault(fault))?;
                if self.last.is_some_and(|before| before.n > last.n) {
                    return Err(self.fault(LogFault::HeadsAltered));
                }
                self.last = Some(last);
            }
            // Longer than a head, and no line.
            None if tail > self.length => return Err(self.fault(LogFault::HeadsAltered)),
            None => {}
        }
        if end < length {
            files::cut(&self.file, end).map_err(failed)?;
        }
        self.length = end;
        Ok(())
    }

    pub(super) fn fault(&self, fault: LogFault) -> Error {
        Error::log(fault, None).in_file(&self.path)
    }
}

/// All heads of a log, one after the other.
pub(super) struct AllHeads {
    path: PathBuf,
    lines: Option<Lines>,
    line: Vec<u8>,
    last: u64,
    cut: bool,
}

impl AllHeads {
    /// Those that are there now; none where there is no file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let lines = match File::open(path) {
            Ok(file) => {
                let file = Arc::new(file);
                let length = file
                    .metadata()
                    .map_err(|source| failed(path, source))?
                    .len();
                Some(Lines::of(&file, 0, 0, length).map_err(|source| failed(path, source))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(path, error)),
        };
        Ok(Self {
            path: path.to_owned(),
            lines,
            line: Vec::new(),
            last: 0,
            cut: false,
        })
    }

    pub(super) fn next(&mut self, keys: &Keys, log: Option<&LogId>) -> Result<Option<Position>> {
        let Some(lines) = &mut self.lines else {
            return Ok(None);
        };
        match lines.next(&mut self.line) {
            Ok(Found::Line) => {}
            Ok(Found::End) => return Ok(None),
            Ok(Found::Cut) => {
                self.cut = true;
                return Ok(None);
            }
            Ok(Found::TooLong) => return Err(self.fault(LogFault::HeadsAltered)),
            Err(source) => return Err(failed(&self.path, source)),
        }
        let head = parse(keys, &self.line, log).map_err(|fault| self.fault(fault))?;
        if head.n <= self.last {
            return Err(self.fault(LogFault::HeadsAltered));
        }
        self.last = head.n;
        Ok(Some(head))
    }

    /// The number of the last entry that they know.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Whether the last one was not written whole.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// A fault without a line, or at the one that was read last.
    pub(super) fn fault(&self, fault: LogFault) -> Error {
        let error = Error::log(fault, None).in_file(&self.path);
        match &self.lines {
            Some(lines) if lines.count() > 0 => error.at_file_line(lines.count()),
            _ => error,
        }
    }
}

fn parse(keys: &Keys, line: &[u8], log: Option<&LogId>) -> std::result::Result<Position, LogFault> {
    let altered = LogFault::HeadsAltered;
    let members: Members = serde_json::from_slice(line).map_err(|_| altered)?;
    // One spelling a head.
    let canonical = serde_json::to_vec(&members).map_err(|_| altered)?;
    let found = from_hex(members.log.as_bytes()).ok_or(altered)?;
    if log.is_some_and(|log| *log != found) {
        return Err(LogFault::HeadsOfAnother);
    }
    let at = Position {
        n: members.n,
        mac: from_hex(members.mac.as_bytes()).ok_or(altered)?,
    };
    let head: [u8; 32] = from_hex(members.head.as_bytes()).ok_or(altered)?;
    let holds = bool::from(keys.head(&found, &at).ct_eq(&head)) && canonical == line;
    holds.then_some(at).ok_or(altered)
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::log_disk(LogPlace::Heads)(source).in_file(path)
}
