//! What is revealed with a reason, on disk before it is revealed.
//!
//! ```text
//! release.log.000001   begin, entries, end        heads   a head for each time that entries were synced
//! release.log.000002   begin, entries, end
//! release.log          begin, entries
//! ```
//!
//! Each line has a MAC of its own, its number and the MAC of the line before; the heads, in a second place, say where the
//! last one is.

mod disk;
mod entry;
mod files;
mod heads;
mod line;
mod quota;
mod read;
#[cfg(test)]
mod tests;
mod verify;
mod walk;

use std::{
    collections::HashMap,
    fmt, mem,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use self::{
    disk::{Disk, Pending},
    line::Keys,
};
use crate::{
    error::{Error, Kind, LogFault, Result},
    key::Keyring,
    policy::Quota,
};

pub use entry::{Entry, Event};
pub use read::Entries;
pub use verify::VerifiedLog;

/// How much earlier than the latest entry of its file an entry may be: clocks of machines differ, and threads overtake.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(60);

/// A broker's log: a file to which an entry is added before a value is released, and a second place that knows how far it
/// goes. It is shared by threads, in an `Arc`, and by processes.
///
/// Entries that come while others are being synced are written together and synced once.
///
/// # Security
///
/// Whoever can write to the log and not to the second place cannot change, remove, move or add an entry, nor cut entries
/// off the end, without [`verify`](Log::verify) telling; who holds the keyring can. So put the second place where others
/// answer for it. Who can write to both can cut off what came last or put older copies of both back, and then quotas begin
/// where those ended. Entries behind the last head are told by their number and are no fault, since a crash leaves such.
///
/// A child process that was forked shares its parent's lock: let it open the log anew. On systems other than Unix, where the
/// files of a log cannot be told apart, one process at a time writes to it.
///
/// The second place grows by a line each time that entries are synced, and is not rotated.
///
/// # Examples
///
/// ```
/// use paravent::{Event, Keyring, Log, Timestamp};
/// use std::ops::ControlFlow;
///
/// let folder = tempfile::tempdir()?;
/// let (path, heads) = (folder.path().join("release.log"), folder.path().join("heads"));
/// let keyring = Keyring::generate()?;
/// let now: Timestamp = "2026-11-29T06:40:12Z".parse()?;
///
/// let log = Log::open(&path, &heads, &keyring, now)?;
/// let finished = log.rotate(now)?;
/// assert!(finished.ends_with("release.log.000001"));
///
/// let verified = Log::verify(&path, &heads, &keyring, &|_| ControlFlow::Continue(()))?;
/// assert_eq!((verified.entries, verified.files), (3, 2));
/// let events = Log::read(&path, &keyring)?.map(|entry| Ok(entry?.event()));
/// let events = events.collect::<paravent::Result<Vec<_>>>()?;
/// assert_eq!(events, [Event::Begin, Event::End, Event::Begin]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Log {
    queue: Mutex<Queue>,
    /// Somebody's entries were written, or could not be.
    written: Condvar,
    disk: Mutex<Disk>,
}

/// Entries that wait for the disk.
#[derive(Default)]
struct Queue {
    waiting: Vec<Pending>,
    /// The ticket of the entry that comes next.
    next: u64,
    /// Whether some thread writes for those who waited when it began.
    is_led: bool,
    /// What became of entries, by their tickets.
    done: HashMap<u64, Result<u64>>,
}

impl Log {
    /// The log at `path`, whose second place is `heads`; both are made where they are not there, with mode 0600. What a crash
    /// has left is healed: a line that was not written whole is removed, a rotation finished.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where a place cannot be read or written; [`Error::is_log`] where the log is not as it was written, as
    /// far as one sees in the file and those of the last hour; [`Error::is_wrong_key`] where it was begun with another
    /// keyring; [`Error::is_newer_version`]; [`Error::is_definition`] where both places are one file.
    pub fn open(
        path: impl AsRef<Path>,
        heads: impl AsRef<Path>,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Self> {
        let keys = Arc::new(Keys::new(keyring));
        let disk = Disk::open(path.as_ref(), heads.as_ref(), keys, now)?;
        Ok(Self {
            queue: Mutex::default(),
            written: Condvar::new(),
            disk: Mutex::new(disk),
        })
    }

    /// Finishes the file and begins another one; the path that the finished one has now: with `.000001` behind its name, or
    /// the number that follows the last.
    ///
    /// It takes any time: where a wrong one came into the log, entries go on from `now`. Quotas still count the later ones.
    ///
    /// # Errors
    ///
    /// As [`Log::open`]. Where the next file cannot be begun, the next entry begins it.
    pub fn rotate(&self, now: Timestamp) -> Result<PathBuf> {
        lock(&self.disk).rotate(now)
    }

    /// How many entries there are, and that each is as it was written and in its place, up to the last that the second
    /// place knows. Every finished file has to be beside the log: writing does without those that are older than an hour. What is written meanwhile is not looked at. `observer` is told of entries, about each thousand, how
    /// many are through, and can stop it. Memory does not grow with the log.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its file and line: [`Error::is_log`]; [`Error::is_wrong_key`],
    /// [`Error::is_newer_version`] and [`Error::is_io`] as in [`Log::open`]; [`Error::is_stopped`].
    pub fn verify(
        path: impl AsRef<Path>,
        heads: impl AsRef<Path>,
        keyring: &Keyring,
        observer: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<VerifiedLog> {
        let keys = Arc::new(Keys::new(keyring));
        verify::verify(path.as_ref(), heads.as_ref(), &keys, observer)
    }

    /// The entries of all files, in their order, each one checked. As for [`verify`](Log::verify), every finished file is there. What is written meanwhile is left out, and so is a last
    /// line that was not written whole.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where there is no log. Each entry can fail as [`Log::verify`] does, but that no second place tells
    /// whether the log was cut off; nothing comes after an error.
    pub fn read(path: impl AsRef<Path>, keyring: &Keyring) -> Result<Entries> {
        Entries::open(path.as_ref(), &Arc::new(Keys::new(keyring)))
    }

    /// Refuses another keyring than the one that it was opened with: what that seals, this log's reader would not open.
    pub(crate) fn check_keyring(&self, keyring: &Keyring) -> Result<()> {
        match lock(&self.disk).is_of(&Keys::new(keyring)) {
            true => Ok(()),
            false => Err(Error::log(LogFault::OtherKeyring, None)),
        }
    }

    /// Adds an entry, if `quota` allows it; its number, once the entry and its head are on disk.
    ///
    /// # Errors
    ///
    /// [`Error::is_quota`]; [`Error::is_clock`] where it is more than 60 s before the latest entry of the file;
    /// [`Error::is_definition`] where it is longer than a line; else as [`Log::open`]. Of an entry that failed nothing counts.
    pub(crate) fn append(&self, entry: Entry, quota: Option<Quota>) -> Result<u64> {
        self.append_both(entry, None, quota)
    }

    /// As [`append`](Log::append), with another entry right behind it: both are written and synced at once, so that it costs no
    /// more time.
    ///
    /// # Errors
    ///
    /// As [`append`](Log::append).
    pub(crate) fn append_both(
        &self,
        entry: Entry,
        then: Option<Entry>,
        quota: Option<Quota>,
    ) -> Result<u64> {
        let mut queue = lock(&self.queue);
        let ticket = queue.next;
        queue.next += 1;
        queue.waiting.push(Pending { entry, quota, then });
        loop {
            if let Some(done) = queue.done.remove(&ticket) {
                return done;
            }
            queue = if queue.is_led {
                let woken = self.written.wait(queue);
                woken.unwrap_or_else(PoisonError::into_inner)
            } else {
                self.lead(queue)
            };
        }
    }

    /// Writes for all who wait.
    fn lead<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        queue.is_led = true;
        let batch = mem::take(&mut queue.waiting);
        let mut lead = Lead {
            log: self,
            first: queue.next - batch.len() as u64,
            count: batch.len(),
            results: Vec::new(),
        };
        drop(queue);
        lead.results = lock(&self.disk).commit(&batch);
        drop(lead);
        lock(&self.queue)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// One thread's turn to write. When it ends, also by a panic, each entry of its batch has a result.
struct Lead<'a> {
    log: &'a Log,
    first: u64,
    count: usize,
    results: Vec<Result<u64>>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut results = mem::take(&mut self.results).into_iter();
        let mut queue = lock(&self.log.queue);
        for ticket in (self.first..).take(self.count) {
            let lost = || Err(Error::new(|| Kind::LogUnknown));
            queue
                .done
                .insert(ticket, results.next().unwrap_or_else(lost));
        }
        queue.is_led = false;
        self.log.written.notify_all();
    }
}

/// What a panic of another thread left is as it was between two steps: the disk is read again, results are there or not.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
