//! Which grants were issued, to whom and until when: a file to which lines are added.
//!
//! One JSON object a line. A line is written at once, under the file's lock, and is on disk before the next one. A writer that
//! was stopped leaves a cut last line: the next one begins a line of its own.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, civil::Date};
use serde::{Deserialize, Serialize};

use super::{private, sync_folder};
use crate::{
    error::{Error, Result},
    id::{Digest, Domain, Epoch},
    key::Grant,
};

/// A register of the grants that were issued: a file of one JSON object a line, which never holds a key.
///
/// Several processes may record at once: each line is added whole, under the file's lock. A line that a crash has cut
/// stays as it is and is told by [`broken_lines`](GrantRegister::broken_lines).
///
/// # Examples
///
/// ```
/// use paravent::{Date, Due, GrantRegister, Keyring, Policy, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "unbound"
///     [open.care]
///     reason = "visits by specialty"
/// "#, &Schema::appointment())?;
/// let today = Date::constant(2026, 11, 24);
/// let mut keyring = Keyring::generate()?;
/// let grant = keyring.grant(&policy.check(today)?)?;
/// let grant = grant.with_term("statistics office", Date::constant(2027, 6, 30))?;
///
/// let folder = tempfile::tempdir()?;
/// let register = GrantRegister::open(folder.path().join("grants.ndjson"));
/// register.record(&grant, "statistics.grant", today, keyring.active_epoch())?;
///
/// let issued = &register.list()?[0];
/// assert_eq!((issued.domain.as_str(), &*issued.file), ("statistics", "statistics.grant"));
/// assert_eq!(issued.due(today, 30, Some(keyring.active_epoch()), Some(policy.digest())), None);
/// // Once there is a new epoch, its rows do not open by this grant.
/// let epoch = keyring.start_epoch(today)?;
/// assert_eq!(issued.due(today, 30, Some(epoch), None), Some(Due::OldEpoch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GrantRegister {
    path: PathBuf,
}

/// A grant that was issued, as the register has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Issued {
    /// The domain whose rows it opens.
    pub domain: Domain,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its last day.
    pub until: Option<Date>,
    /// The last epoch whose rows it opens.
    pub epoch: Epoch,
    /// The digest of the policy it was made for.
    pub policy: Digest,
    /// The day it was issued.
    pub issued: Date,
    /// The key file it was written to.
    pub file: String,
}

/// Why a grant is to be issued anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Due {
    /// It has ended.
    Ended,
    /// It ends within the days asked for.
    EndsSoon,
    /// It does not open rows of the active epoch.
    OldEpoch,
    /// It was made for another policy than the domain has now, and is refused under this one.
    OtherPolicy,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "it has ended",
            Self::EndsSoon => "it ends soon",
            Self::OldEpoch => "it does not open the active epoch",
            Self::OtherPolicy => "it was made for another policy",
        })
    }
}

impl GrantRegister {
    /// The register in this file, which need not be there yet.
    pub fn open(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
        }
    }

    /// Adds a grant that was written to `file`; it is on disk when this returns. Where the file of the register is not
    /// there, it is made, with mode 0600 where there are modes.
    ///
    /// `active` is the epoch under which the keyring sealed when the grant was made.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the register cannot be locked, read or written; [`Error::is_definition`] where `file` is empty,
    /// or the grant does not open rows of `active`.
    pub fn record(&self, grant: &Grant, file: &str, issued: Date, active: Epoch) -> Result<()> {
        if file.is_empty() {
            return Err(Error::definition(
                "the file of the grant has no name",
                "give the path that it was written to",
            ));
        }
        if !grant.epochs().contains(&active) {
            return Err(Error::definition(
                format!("the grant does not open epoch {active}"),
                "record a grant with the active epoch of the keyring that made it",
            ));
        }
        let issued = Issued {
            domain: grant.domain().clone(),
            owner: grant.owner().map(str::to_owned),
            until: grant.until(),
            epoch: active,
            policy: grant.policy_digest(),
            issued,
            file: file.to_owned(),
        };
        // Names, numbers and dates: nothing that could fail.
        let line = serde_json::to_string(&issued).map_err(|error| self.failed(error.into()))?;
        self.append(&line).map_err(|source| self.failed(source))
    }

    /// The grants, by domain and file; of several entries of one domain and file, the last. Where the register is not there,
    /// nothing was issued.
    ///
    /// Lines that cannot be read are left out, and told by [`broken_lines`](GrantRegister::broken_lines).
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the register cannot be read.
    pub fn list(&self) -> Result<Vec<Issued>> {
        Ok(self.read()?.0)
    }

    /// The numbers of the lines that hold no grant, from 1: a crash has cut them, or a hand has changed them.
    ///
    /// # Errors
    ///
    /// [`Error::is_io`] where the register cannot be read.
    pub fn broken_lines(&self) -> Result<Vec<usize>> {
        Ok(self.read()?.1)
    }

    /// What is in it, and the lines that are broken.
    pub(crate) fn read(&self) -> Result<(Vec<Issued>, Vec<usize>)> {
        let text = self.text().map_err(|source| self.failed(source))?;
        let mut issued = BTreeMap::new();
        let mut broken = Vec::new();
        for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match Issued::parse(line) {
                Some(one) => {
                    issued.insert((one.domain.clone(), one.file.clone()), one);
                }
                None => broken.push(at + 1),
            }
        }
        Ok((issued.into_values().collect(), broken))
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match File::open(&self.path) {
            Ok(mut file) => {
                super::lock(&file, File::lock_shared)?;
                file.read_to_end(&mut text)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(text)
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut options = File::options();
        options.read(true).append(true);
        private(&mut options);
        let (mut file, is_new) = match options.open(&self.path) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (options.create(true).open(&self.path)?, true)
            }
            Err(error) => return Err(error),
        };
        // Given back when the file is closed.
        super::lock(&file, File::lock)?;
        let length = file.seek(SeekFrom::End(0))?;
        let mut bytes = Vec::with_capacity(line.len() + 2);
        if length > 0 && !ends_with_break(&mut file)? {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // Half a line would count as a crash; where even this fails, it does.
            let _ = file.set_len(length);
            return Err(error);
        }
        if is_new {
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::io("keeping the register of grants")(source).in_file(&self.path)
    }
}

impl Issued {
    /// Why the grant is to be issued anew, where it is: the first reason of ended, made for another policy than `policy`, not
    /// opening `active`, and ending within so many days from `today`. What is `None` is not looked at.
    pub fn due(
        &self,
        today: Date,
        within_days: u32,
        active: Option<Epoch>,
        policy: Option<Digest>,
    ) -> Option<Due> {
        let within = SignedDuration::from_hours(24 * i64::from(within_days));
        let ends_by = |day| self.until.is_some_and(|until| until <= day);
        if self.until.is_some_and(|until| until < today) {
            Some(Due::Ended)
        } else if policy.is_some_and(|policy| policy != self.policy) {
            Some(Due::OtherPolicy)
        } else if active.is_some_and(|active| active > self.epoch) {
            Some(Due::OldEpoch)
        } else if ends_by(today.saturating_add(within)) {
            Some(Due::EndsSoon)
        } else {
            None
        }
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let line: Line = serde_json::from_slice(line).ok()?;
        Some(Self {
            domain: Domain::new(&line.domain).ok()?,
            owner: line.owner,
            until: line.until,
            epoch: Epoch::new(line.epoch)?,
            policy: Digest::from_hex(&line.policy)?,
            issued: line.issued,
            file: line.file,
        })
    }
}

/// A line as it stands there. A later release may write more.
#[derive(Deserialize)]
struct Line {
    domain: String,
    owner: Option<String>,
    until: Option<Date>,
    epoch: u32,
    policy: String,
    issued: Date,
    file: String,
}

fn ends_with_break(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
