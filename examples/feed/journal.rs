//! What the screen has answered for: on disk before the answer, until the receiver has answered for it.
//!
//! A file a sender, `NAME.journal`, of records one behind the other, and beside it `NAME.done`, the number of the last message that the
//! receiver has. Both hold protected messages and keyed digests, nothing in clear.
//!
//! ```text
//! record   kind (1) ‖ length of the body (4) ‖ number (8) ‖ body ‖ checksum (8)
//! message  length of the digest (1) ‖ digest ‖ protected message
//! seen     digest, of a message that is not in the file any more
//! ```
//!
//! A process that is killed leaves a record half written, at the end: it was not answered for, and goes.

use std::{
    collections::{HashSet, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

const MESSAGE: u8 = b'm';
const SEEN: u8 = b's';

/// Kind, length and number.
const HEAD: usize = 13;
const CHECKSUM: usize = 8;

/// So many messages of a sender are known again.
///
/// A sender that waits for answers sends its last one again, and no other; who sends a whole day again is met by this number.
const REMEMBERED: usize = 10_000;

/// The file is written anew, without what the receiver has, where it has grown by so many bytes.
const GROWTH: u64 = 8 << 20;

/// A message that the receiver has not answered for.
pub(crate) struct Entry {
    /// Its place in the order of its sender.
    pub(crate) number: u64,
    digest: String,
    pub(crate) message: Vec<u8>,
}

/// What a journal holds.
#[derive(Default)]
pub(crate) struct Found {
    /// In their order.
    pub(crate) pending: Vec<Arc<Entry>>,
    /// Whether a record at the end is half written.
    pub(crate) torn: bool,
    seen: Seen,
    last: u64,
    /// Of whole records.
    length: u64,
}

/// Reads a journal, and changes nothing.
pub(crate) fn look(path: &Path) -> io::Result<Found> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let done = read_done(&path.with_extension("done"))?;
    let mut found = Found {
        // Numbers go on, also where somebody removed the journal.
        last: done,
        ..Found::default()
    };
    let mut rest = &bytes[..];
    while let Some((kind, number, body, length)) = record(rest) {
        rest = &rest[length..];
        found.length += length as u64;
        found.last = found.last.max(number);
        if kind == SEEN {
            found.seen.add(String::from_utf8_lossy(body).into_owned());
            continue;
        }
        let (length, body) = body.split_first().unwrap_or((&0, &[]));
        let (digest, message) = body.split_at(usize::from(*length).min(body.len()));
        let digest = String::from_utf8_lossy(digest).into_owned();
        found.seen.add(digest.clone());
        if number > done {
            found.pending.push(Arc::new(Entry {
                number,
                digest,
                message: message.to_vec(),
            }));
        }
    }
    found.torn = !rest.is_empty();
    Ok(found)
}

/// The journal of one sender.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    /// The length from which on it is written anew.
    most: u64,
    last: u64,
    seen: Seen,
}

impl Journal {
    /// Opens it, and returns what is still to be handed on.
    pub(crate) fn open(path: PathBuf) -> io::Result<(Self, Vec<Arc<Entry>>)> {
        let found = look(&path)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        file.set_len(found.length)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        sync_folder(&path)?;
        let journal = Self {
            path,
            file,
            length: found.length,
            most: found.length + GROWTH,
            last: found.last,
            seen: found.seen,
        };
        Ok((journal, found.pending))
    }

    /// Whether a message of this digest was answered for.
    pub(crate) fn has_seen(&self, digest: &str) -> bool {
        self.seen.of.contains(digest)
    }

    /// Puts a message behind the others. It is on disk when this returns.
    pub(crate) fn append(&mut self, digest: String, message: Vec<u8>) -> io::Result<Arc<Entry>> {
        let entry = Entry {
            number: self.last + 1,
            digest,
            message,
        };
        let record = entry.record();
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Not answered for, so not there: the next record stands where this one would.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            return Err(error);
        }
        self.length += record.len() as u64;
        self.last = entry.number;
        self.seen.add(entry.digest.clone());
        Ok(Arc::new(entry))
    }

    /// Whether it has grown so long that it is to be written anew.
    pub(crate) fn is_long(&self) -> bool {
        self.length > self.most
    }

    /// Writes it anew with what the receiver has not answered for, and the digests of the last messages.
    pub(crate) fn shorten(&mut self, pending: &[Arc<Entry>]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for digest in &self.seen.order {
            bytes.extend_from_slice(&record_of(SEEN, self.last, &[digest.as_bytes()]));
        }
        for entry in pending {
            bytes.extend_from_slice(&entry.record());
        }
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(&self.path)?;
        self.file = file;
        self.length = bytes.len() as u64;
        self.most = self.length + GROWTH;
        Ok(())
    }
}

impl Entry {
    fn record(&self) -> Vec<u8> {
        // A pseudonym has less than 255 characters.
        let length = [self.digest.len() as u8];
        record_of(
            MESSAGE,
            self.number,
            &[&length, self.digest.as_bytes(), &self.message],
        )
    }
}

/// How far the receiver is.
///
/// It is not synced: where the machine falters, a message is handed on once more, and the receiver knows it.
pub(crate) struct Done(File);

impl Done {
    pub(crate) fn open(journal: &Path) -> io::Result<Self> {
        let path = journal.with_extension("done");
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        Ok(Self(file))
    }

    /// Notes that the receiver has all messages up to this one.
    pub(crate) fn mark(&mut self, number: u64) -> io::Result<()> {
        let number = number.to_le_bytes();
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&[number, checksum(&[&number])].concat())
    }
}

/// What was noted; nothing where it was noted by half.
fn read_done(path: &Path) -> io::Result<u64> {
    let mut bytes = [0; 16];
    match File::open(path).and_then(|mut file| file.read_exact(&mut bytes)) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
            ) =>
        {
            Ok(0)
        }
        read => {
            read?;
            let (number, sum) = bytes.split_at(8);
            let is_whole = sum == checksum(&[number]);
            let number = number.try_into().map(u64::from_le_bytes);
            Ok(number.ok().filter(|_| is_whole).unwrap_or(0))
        }
    }
}

/// The digests of the last messages.
#[derive(Default)]
struct Seen {
    order: VecDeque<String>,
    of: HashSet<String>,
}

impl Seen {
    fn add(&mut self, digest: String) {
        if !self.of.insert(digest.clone()) {
            return;
        }
        self.order.push_back(digest);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.of.remove(&oldest);
        }
    }
}

fn record_of(kind: u8, number: u64, body: &[&[u8]]) -> Vec<u8> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let mut record = Vec::with_capacity(HEAD + length + CHECKSUM);
    record.push(kind);
    record.extend_from_slice(&(length as u32).to_le_bytes());
    record.extend_from_slice(&number.to_le_bytes());
    for part in body {
        record.extend_from_slice(part);
    }
    let sum = checksum(&[&record]);
    record.extend_from_slice(&sum);
    record
}

/// The record at the beginning of `bytes`: kind, number, body, and its whole length. `None` where it is not whole.
fn record(bytes: &[u8]) -> Option<(u8, u64, &[u8], usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(head[1..5].try_into().ok()?) as usize;
    let number = u64::from_le_bytes(head[5..].try_into().ok()?);
    let body = rest.get(..length)?;
    let sum = rest.get(length..length + CHECKSUM)?;
    (sum == checksum(&[head, body])).then_some((head[0], number, body, HEAD + length + CHECKSUM))
}

/// It notices what is half written, and is no protection against anybody: seals are that.
fn checksum(parts: &[&[u8]]) -> [u8; CHECKSUM] {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update(part);
    }
    let mut first = [0; CHECKSUM];
    first.copy_from_slice(&sum.finalize()[..CHECKSUM]);
    first
}

/// A new name in a folder is on disk once the folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
