//! An entry as a line, and its MAC.
//!
//! ```text
//! line  {"n":2,"at":"…","event":"release", what the entry has, "prev":"64 hex","mac":"64 hex"} and a line feed
//! mac   HMAC-SHA-256(chain key, the line up to ,"mac":)
//! ```

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;

use super::entry::{Entry, Event};
use crate::{
    crypto::mac::MacKey,
    error::LogFault,
    id::Domain,
    key::{Keyring, tree},
    secret::{KEY_STACK, wiping_stack},
    wire::{Pseudonym, SealedRecord},
};

/// No line is longer, its line feed included.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// The version that a file's first line states.
const VERSION: u32 = 1;

const MAC: &[u8] = b",\"mac\":\"";
const CLOSE: &[u8] = b"\"}";

/// What the log wants of a keyring.
pub(super) struct Keys {
    chain: MacKey,
    head: MacKey,
    id: [u8; 16],
}

/// The id that all files of one log share.
pub(super) type LogId = [u8; 16];

/// Where a chain is: its last entry, or number 0 and zeros before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) n: u64,
    pub(super) mac: [u8; 32],
}

/// A line whose MAC holds.
pub(super) struct Line {
    pub(super) entry: Entry,
    pub(super) prev: [u8; 32],
    pub(super) mac: [u8; 32],
    /// The log, in the first line of a file.
    pub(super) log: Option<LogId>,
}

impl Position {
    pub(super) const START: Self = Self { n: 0, mac: [0; 32] };

    /// The number of the entry that follows.
    pub(super) fn next(&self) -> u64 {
        self.n.saturating_add(1)
    }
}

impl Line {
    pub(super) fn position(&self) -> Position {
        Position {
            n: self.entry.n,
            mac: self.mac,
        }
    }
}

impl Keys {
    pub(super) fn new(keyring: &Keyring) -> Self {
        wiping_stack::<KEY_STACK, _>(|| Self {
            chain: MacKey::new(&tree::log_chain_key(&keyring.log)),
            head: MacKey::new(&tree::log_head_key(&keyring.log)),
            id: *tree::log_id(&keyring.log).expose(),
        })
    }

    /// Whether they are of the same keyring.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// The MAC of a head.
    pub(super) fn head(&self, log: &LogId, at: &Position) -> [u8; 32] {
        let message = [&log[..], &at.n.to_be_bytes(), &at.mac].concat();
        self.head.tag(&message)
    }

    /// Appends the line of an entry that follows `last`; returns its MAC, or `None` where the line would be too long.
    pub(super) fn print(
        &self,
        entry: &Entry,
        log: Option<&LogId>,
        last: &Position,
        to: &mut Vec<u8>,
    ) -> Option<[u8; 32]> {
        let begin = to.len();
        let members = Members::of(entry, log.map(|log| (log, &self.id)), last);
        // Texts and numbers: nothing that could fail.
        serde_json::to_writer(&mut *to, &members).ok()?;
        to.pop();
        let mac = self.chain.tag(&to[begin..]);
        to.extend_from_slice(MAC);
        to.extend_from_slice(HEXLOWER.encode(&mac).as_bytes());
        to.extend_from_slice(CLOSE);
        to.push(b'\n');
        if to.len() - begin > MAX_LINE {
            to.truncate(begin);
            return None;
        }
        Some(mac)
    }

    /// The line, without its line feed, if it is authentic.
    pub(super) fn parse(&self, line: &[u8]) -> Result<Line, LogFault> {
        let authentic = split_mac(line)
            .filter(|(body, mac)| bool::from(self.chain.tag(body).ct_eq(mac)))
            .map(|(_, mac)| mac);
        let Some(mac) = authentic else {
            return Err(self.why_not(line));
        };
        // What is authentic and yet not understood, a newer release wrote.
        let members: Members = serde_json::from_slice(line).map_err(|_| LogFault::NewerVersion)?;
        let is_known = members.version.is_none_or(|version| version == VERSION);
        members
            .line(mac)
            .filter(|_| is_known)
            .ok_or(LogFault::NewerVersion)
    }

    /// Why a MAC does not hold: a first line tells of its keyring and version.
    fn why_not(&self, line: &[u8]) -> LogFault {
        #[derive(Deserialize)]
        struct Begin {
            version: u32,
            keyring: String,
        }

        match serde_json::from_slice::<Begin>(line) {
            Ok(begin) if begin.keyring != HEXLOWER.encode(&self.id) => LogFault::OtherKeyring,
            Ok(begin) if begin.version > VERSION => LogFault::NewerVersion,
            _ => LogFault::Altered,
        }
    }
}

/// The bytes of a hexadecimal text, in lower case only: no line has two spellings.
pub(super) fn from_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    HEXLOWER.decode(text).ok()?.try_into().ok()
}

/// A line in what its MAC is of, and the MAC.
fn split_mac(line: &[u8]) -> Option<(&[u8], [u8; 32])> {
    let (rest, mac) = line.strip_suffix(CLOSE)?.split_last_chunk::<64>()?;
    Some((rest.strip_suffix(MAC)?, from_hex(mac)?))
}

/// A line as it stands there, in this order.
#[derive(Serialize, Deserialize)]
struct Members {
    n: u64,
    #[serde(serialize_with = "in_milliseconds")]
    at: Timestamp,
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyring: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Pseudonym>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approver: Option<Pseudonym>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Pseudonym>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<Pseudonym>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedRecord>,
    prev: String,
}

impl Members {
    fn of(entry: &Entry, begin: Option<(&LogId, &[u8; 16])>, last: &Position) -> Self {
        let entry = entry.clone();
        Self {
            n: last.next(),
            at: entry.at,
            event: entry.event,
            version: begin.map(|_| VERSION),
            log: begin.map(|(log, _)| HEXLOWER.encode(log)),
            keyring: begin.map(|(_, keyring)| HEXLOWER.encode(keyring)),
            domain: entry.domain.map(|domain| domain.as_str().to_owned()),
            name: entry.name,
            purpose: entry.purpose,
            requester: entry.requester,
            approver: entry.approver,
            subject: entry.subject,
            row: entry.row,
            error: entry.error,
            canary: entry.canary,
            sealed: entry.sealed,
            prev: HEXLOWER.encode(&last.mac),
        }
    }

    fn line(self, mac: [u8; 32]) -> Option<Line> {
        let log = match self.event {
            Event::Begin => Some(from_hex(self.log?.as_bytes())?),
            _ => None,
        };
        Some(Line {
            prev: from_hex(self.prev.as_bytes())?,
            mac,
            log,
            entry: Entry {
                n: self.n,
                at: self.at,
                event: self.event,
                domain: match self.domain {
                    Some(name) => Some(Domain::new(&name).ok()?),
                    None => None,
                },
                name: self.name,
                purpose: self.purpose,
                requester: self.requester,
                approver: self.approver,
                subject: self.subject,
                row: self.row,
                error: self.error,
                canary: self.canary,
                sealed: self.sealed,
            },
        })
    }
}

fn in_milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}
