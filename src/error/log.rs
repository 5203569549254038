//! What can be wrong with the broker's log, and what is said of it.

use std::{fmt, io};

#[cfg(feature = "broker")]
use super::{Error, Kind};

/// What is wrong with the entries of a log, or with their heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFault {
    Altered,
    Removed,
    Reordered,
    Replaced,
    CutOff,
    TooLong,
    HeadsAltered,
    HeadsGone,
    HeadsOfAnother,
    OtherKeyring,
    NewerVersion,
}

/// One of the two places in which a log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogPlace {
    Entries,
    Heads,
}

/// Why a place cannot be read or written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskTrouble {
    Full,
    Forbidden,
    Other,
}

#[cfg(feature = "broker")]
impl Error {
    /// The same error, for another one of those who waited for one write.
    pub(crate) fn again(&self) -> Self {
        let mut again = Self::new(|| match &self.0.kind {
            Kind::Log { fault, n } => Kind::Log {
                fault: *fault,
                n: *n,
            },
            Kind::LogDisk { place, source } => Kind::LogDisk {
                place: *place,
                source: match source.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code),
                    None => source.kind().into(),
                },
            },
            // A log that is begun wants random bytes; nothing else fails a write.
            _ => Kind::Entropy,
        });
        again.0.line = self.0.line;
        again.0.file.clone_from(&self.0.file);
        again
    }
}

impl LogFault {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Altered => "log-altered",
            Self::Removed => "log-removed",
            Self::Reordered => "log-reordered",
            Self::Replaced => "log-replaced",
            Self::CutOff => "log-cut-off",
            Self::TooLong => "log-too-long",
            Self::HeadsAltered => "log-heads-altered",
            Self::HeadsGone => "log-heads-gone",
            Self::HeadsOfAnother => "log-heads-of-another",
            Self::OtherKeyring => "log-other-keyring",
            Self::NewerVersion => "log-version",
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Altered
            | Self::Removed
            | Self::Reordered
            | Self::Replaced
            | Self::CutOff
            | Self::TooLong => {
                "keep the log's files as they are, find out who could write to them, and go on with a new log elsewhere"
            }
            Self::HeadsAltered | Self::HeadsGone => {
                "keep the second place as it is, and find out who could write to it"
            }
            Self::HeadsOfAnother => "give the second place that this log was begun with",
            Self::OtherKeyring => "use the keyring with which it was begun, or begin another log",
            Self::NewerVersion => "read it with that release or a newer one",
        }
    }

    /// Writes what is wrong, with the number of the entry where it is about one.
    pub(super) fn describe(self, n: Option<u64>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadsAltered => return f.write_str("the log's second place was altered"),
            Self::HeadsGone => {
                return f.write_str("the log's second place has nothing of its entries");
            }
            Self::HeadsOfAnother => return f.write_str("the second place is that of another log"),
            Self::OtherKeyring => return f.write_str("the log was begun with another keyring"),
            Self::NewerVersion => return f.write_str("the log was written by a newer release"),
            Self::CutOff => f.write_str("the log is cut off: its second place knows of ")?,
            _ => {}
        }
        match n {
            Some(n) => write!(f, "entry {n}")?,
            None => f.write_str("an entry")?,
        }
        f.write_str(match self {
            Self::Altered => " of the log was altered",
            Self::Removed => " of the log was removed",
            Self::Reordered => " of the log is not in its place",
            Self::Replaced => " of the log does not follow the one before it",
            Self::TooLong => " of the log is longer than 64 KiB",
            _ => "",
        })
    }
}

impl LogPlace {
    pub(super) fn code(self, trouble: DiskTrouble) -> &'static str {
        match (self, trouble) {
            (Self::Entries, DiskTrouble::Full) => "log-full",
            (Self::Entries, DiskTrouble::Forbidden) => "log-forbidden",
            (Self::Entries, DiskTrouble::Other) => "log-io",
            (Self::Heads, DiskTrouble::Full) => "log-heads-full",
            (Self::Heads, DiskTrouble::Forbidden) => "log-heads-forbidden",
            (Self::Heads, DiskTrouble::Other) => "log-heads-io",
        }
    }

    /// Writes which place it is, and what the system said of it.
    pub(super) fn describe(self, source: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self {
            Self::Entries => "the log",
            Self::Heads => "the log's second place",
        };
        match DiskTrouble::of(source) {
            DiskTrouble::Full => return write!(f, "the disk of {place} is full"),
            DiskTrouble::Forbidden => write!(f, "{place} cannot be written: ")?,
            DiskTrouble::Other => write!(f, "{place} cannot be read or written: ")?,
        }
        match source.raw_os_error() {
            Some(code) => write!(f, "{}", io::Error::from_raw_os_error(code)),
            None => write!(f, "{}", source.kind()),
        }
    }
}

impl DiskTrouble {
    pub(super) fn of(source: &io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Forbidden,
            _ => Self::Other,
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Full => "make room on that disk: until then nothing is released",
            Self::Forbidden => "let the process write there: until then nothing is released",
            Self::Other => "check the path and its disk: until then nothing is released",
        }
    }
}
