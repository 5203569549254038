//! From a file of rows in clear to one of protected rows, in its place.

mod place;
mod state;
mod write;

use std::{
    io::{Seek, SeekFrom},
    num::NonZeroUsize,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use serde::Serialize;

use self::{
    place::{Locked, Place, changed, failed},
    state::{Phase, Rows as Counts, State, refused},
    write::Writing,
};
use super::{
    Progress,
    columns::protected_parts,
    format::Format,
    mixed::{Allowed, Mixed, Observer},
    print::Printer,
    verify::Verification,
};
use crate::{
    error::{Error, Result},
    key::Keyring,
    policy::CheckedPolicy,
    protect::{Protector, Revealer},
};

/// The rows after which what was written is made to last, where nothing else is said.
const BATCH: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Protects the rows of a CSV or NDJSON file where they are: afterwards the file of that name holds protected rows.
///
/// The file may hold rows in clear, protected rows, or both: a row with a value under `sealed` is protected. Those in clear
/// are protected. Those that are protected already are kept as they are, once they open and show what protecting their
/// record gives. Each row is read again from what was written, revealed and compared before it counts. The order of rows
/// is kept, since the file is the backend's own and not an export: order tells which rows belong together, so hand such
/// a file to nobody, and export rows with [`Transfer`](super::Transfer). Columns are those that protecting the file
/// gives. The new file is UTF-8 whatever the old one was, and its lines end in a line feed.
///
/// Beside `rows.csv` stand, while it is not [sealed off](Migration::seal_off):
///
/// | file | |
/// |---|---|
/// | `rows.csv.migrating` | what has been written; it becomes `rows.csv` when all is |
/// | `rows.csv.migrating.state` | how far it is: a small JSON file with digests of file, output and policy, and the number of rows |
/// | `rows.csv.plain` | from then on the file as it was, with mode 0600 |
///
/// The last two also with `.new` behind, for a moment or where the process was killed. After `seal_off` none of them is
/// left.
///
/// A process that stops at any moment, by a kill or a power loss too, leaves the file whole, either as it was or as it
/// will be; [`run`](Migration::run) goes on from the last batch that is on disk. One process works on a file at a time.
/// Nothing else may write to it meanwhile: a file that changed is refused. The new file has the old one's owner, group and
/// mode; access lists and other attributes it has not.
///
/// # Security
///
/// Until it is sealed off, `.plain` holds all rows in clear, and the state digests of them, from which those who know what
/// a short file may hold can find out which it is. Removing a file erases nothing: what it held stays in the blocks that it
/// had, until they are written anew, which on solid-state disks, in journals, snapshots and backups nobody can
/// promise. Have the file on an encrypted volume whose key you can destroy, and take care of copies and backups apart.
///
/// # Examples
///
/// ```
/// use paravent::{CsvFormat, Date, Format, Keyring, Migration, Policy, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "bound"
///     [source]
///     record_id = "id"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("appointments.csv");
/// let in_clear = "id,last_name,first_name,start,practitioner,specialty\n\
///     rdv-1,Martin,Zoé,2020-07-21T09:30:00+02:00,Dr Lefèvre,Dermatologie\n";
/// std::fs::write(&file, in_clear)?;
///
/// let format = Format::Csv(CsvFormat::default());
/// let migrated = Migration::new(&file, format.clone(), &keyring, &checked)?.run()?;
/// assert_eq!((migrated.protected, migrated.kept), (1, 0));
/// assert!(std::fs::read_to_string(&file)?.starts_with("id,sealed\nrdv-1,p1."));
///
/// // It can be undone until it is sealed off.
/// Migration::undo(&file)?;
/// assert_eq!(std::fs::read_to_string(&file)?, in_clear);
///
/// let migration = Migration::new(&file, format, &keyring, &checked)?;
/// migration.run()?;
/// migration.seal_off()?;
/// assert!(Migration::undo(&file).unwrap_err().is_migration());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Migration<'a> {
    path: PathBuf,
    format: Format,
    protector: Protector,
    revealer: Revealer,
    batch: NonZeroUsize,
    observer: Option<Observer<'a>>,
}

/// What a migration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Migrated {
    /// Rows that were in clear.
    pub protected: u64,
    /// Rows that were protected before.
    pub kept: u64,
}

impl<'a> Migration<'a> {
    /// A migration of the file at `path`, whose rows are in this format.
    ///
    /// # Errors
    ///
    /// As [`Protector::new`].
    pub fn new(
        path: impl AsRef<Path>,
        format: Format,
        keyring: &Keyring,
        policy: &CheckedPolicy,
    ) -> Result<Self> {
        Ok(Self {
            path: path.as_ref().to_owned(),
            format,
            protector: Protector::new(keyring, policy)?,
            revealer: Revealer::backend(keyring, policy.policy())?,
            batch: BATCH,
            observer: None,
        })
    }

    /// The same, making what is written last after so many rows; 4,096 where it is not said. It goes on from there.
    #[must_use]
    pub fn batch(self, rows: NonZeroUsize) -> Self {
        Self {
            batch: rows,
            ..self
        }
    }

    /// The same, telling `observer` after each batch how far it is, and stopping where that says so.
    #[must_use]
    pub fn observe(self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Protects the file's rows, or goes on where it stopped; where all is done, returns what was done.
    ///
    /// # Errors
    ///
    /// [`Error::is_stopped`] where the observer said so. [`Error::is_migration`] where something is in the way, another
    /// process works on the file, or the file, its policy or what was written is not as it was when it stopped. With the
    /// [line](Error::line): [`Error::is_input`] and [`Error::is_record`] where a row in clear does not fit;
    /// [`Error::is_half_protected`] where one is sealed and a sealed field stands beside it; [`Error::is_unaccounted`] where
    /// a protected one shows what protecting its record does not give; the errors of [`Revealer::reveal`] where it does not open.
    /// [`Error::is_io`]. After all of them the file is as it was; to mend it, [undo](Migration::undo) the migration first.
    pub fn run(&self) -> Result<Migrated> {
        let place = Place::of(&self.path)?;
        let file = place.lock()?;
        let state = place.state()?;
        let mut state = match state.as_ref().map(|state| state.phase) {
            None => None,
            Some(Phase::Undoing) => {
                return Err(refused(
                    "an undo of the migration was begun and not finished",
                    "undo it again",
                ));
            }
            Some(Phase::Switched) => {
                return match state {
                    Some(state) if file.extent()? == state.output => Ok(state.rows.into()),
                    _ => Err(refused(
                        "the file was migrated, and changed since",
                        "seal the migration off, then run the next",
                    )),
                };
            }
            Some(Phase::Writing | Phase::Switching) => state,
        };
        if let Some(state) = &state {
            self.check_same(state, &place, &file)?;
        }
        if let Some(state) = state
            .as_mut()
            .filter(|state| state.phase == Phase::Switching)
        {
            // Whole, as it was left, and nobody else's.
            let _output = match place.is_before_switch() {
                true => Some(place.open_output(state, &file)?),
                false => None,
            };
            place.switch(state)?;
            return Ok(state.rows.into());
        }
        let policy = self.protector.policy();
        let (rows, mixed, found) = Mixed::open(&file.file, &self.format, policy, Allowed::Both)?;
        let mut state = match state {
            Some(state) if state.form == found.name => state,
            Some(_) => {
                return Err(refused(
                    "the migration was begun with another delimiter or encoding",
                    "say the same",
                ));
            }
            None => {
                place.check_free(&file)?;
                let digest = policy.digest().to_string();
                // Reading the header has moved the place from which is read.
                let at = (&file.file).stream_position();
                let input = file.extent()?;
                at.and_then(|at| (&file.file).seek(SeekFrom::Start(at)))
                    .map_err(failed("reading the file of rows"))?;
                let state = State::begin(digest, found.name.clone(), input, file.mode());
                place.write_state(&state)?;
                state
            }
        };
        let (output, digest) = place.open_output(&state, &file)?;
        let parts = protected_parts(policy, &mixed.meanings());
        let mut writing = Writing {
            migration: self,
            place: &place,
            state: &mut state,
            printer: Printer::new(found.form, parts.iter().map(|(_, name)| name.as_str())),
            names: parts.iter().map(|(_, name)| name.clone()).collect(),
            parts: parts.iter().map(|(part, _)| *part).collect(),
            found,
            mixed,
            output: &output,
            digest,
        };
        writing.write(rows)?;
        if !file.is_unchanged(&place.file)? {
            return Err(changed());
        }
        place.check_no_plain()?;
        place.finish_output(&output, &file)?;
        place.switch(&mut state)?;
        Ok(state.rows.into())
    }

    /// Lets the file be as it was before, and removes what was written; needs no key.
    ///
    /// # Errors
    ///
    /// [`Error::is_migration`] where there is no migration, it was sealed off, another process works on the file, the file
    /// changed since it was migrated, so that rows would be lost, or `.plain` is not the file as it was; [`Error::is_io`].
    pub fn undo(path: impl AsRef<Path>) -> Result<()> {
        Self::undo_with(path.as_ref(), Changes::Kept)
    }

    /// As [`undo`](Migration::undo), also where the file changed since: what was written to it is lost.
    ///
    /// # Errors
    ///
    /// As [`undo`](Migration::undo), but for a file that changed.
    pub fn undo_losing_changes(path: impl AsRef<Path>) -> Result<()> {
        Self::undo_with(path.as_ref(), Changes::Lost)
    }

    fn undo_with(path: &Path, changes: Changes) -> Result<()> {
        let place = Place::of(path)?;
        let file = place.lock()?;
        let Some(mut state) = place.state()? else {
            if place.forget_first()? {
                return Ok(());
            }
            return Err(not_migrated());
        };
        match state.phase {
            Phase::Writing => return place.forget(),
            Phase::Switched if !place.has_plain() => return Err(not_migrated()),
            Phase::Switched => place.check_no_output()?,
            Phase::Switching | Phase::Undoing => {}
        }
        let is_new = place.has_plain() && !place.is_before_switch();
        if is_new && changes == Changes::Kept && file.extent()? != state.output {
            return Err(refused(
                "the file changed since it was migrated, and what was written to it would be lost",
                "reveal the rows instead, or undo it and lose the changes",
            ));
        }
        place.check_undoable(&state)?;
        // It gets the name, and nobody else may begin to work on it.
        let _kept = match is_new {
            true => Some(Locked::open(&place.plain)?),
            false => None,
        };
        place.switch_back(&mut state)
    }

    /// Ends that it can be undone: verifies that every row of the file opens and that there are no fewer than were migrated,
    /// and removes the file as it was. Returns what the migration did.
    ///
    /// # Errors
    ///
    /// [`Error::is_migration`] where there is no finished migration, it was sealed off before, another process works on the
    /// file, rows are missing, or `.plain` is not the file as it was; the errors of [`Verification::run`] where a row is in clear or does not open;
    /// [`Error::is_io`].
    ///
    /// # Security
    ///
    /// See [`Migration`]: removing a file does not erase what it held.
    pub fn seal_off(&self) -> Result<Migrated> {
        let place = Place::of(&self.path)?;
        let file = place.lock()?;
        let state = match place.state()? {
            Some(state) if state.phase == Phase::Switched => state,
            Some(_) => {
                return Err(refused(
                    "the migration is not finished",
                    "run it to its end first",
                ));
            }
            None => return Err(not_migrated()),
        };
        self.check_policy(&state)?;
        // What had the file open may have gone on writing to it under its new name.
        if place.has_plain() {
            place.check_plain(&state)?;
        }
        let mut verification = Verification::of(&self.revealer).only_sealed();
        if let Some(observer) = self.observer {
            verification = verification.observe(observer);
        }
        let format = match &self.format {
            // Said of the file as it was; what was written is UTF-8.
            #[cfg(feature = "csv")]
            Format::Csv(csv) => Format::Csv(csv.clone().encoding(super::Encoding::Utf8)),
            #[cfg(feature = "ndjson")]
            Format::Ndjson => Format::Ndjson,
        };
        let verified = verification.from(format).run(&file.file)?;
        if verified.sealed < state.rows.all() {
            return Err(refused(
                "the file has fewer rows than were migrated",
                "find out which are missing; where they were removed on purpose, remove `.plain` by hand",
            ));
        }
        if !file.is_unchanged(&place.file)? {
            return Err(refused(
                "the file changed while its rows were verified",
                "stop what writes to it, and seal the migration off again",
            ));
        }
        place.seal_off()?;
        Ok(state.rows.into())
    }

    /// Refuses to go on with what is not as it was.
    fn check_same(&self, state: &State, place: &Place, file: &Locked) -> Result<()> {
        self.check_policy(state)?;
        let is_new = state.phase == Phase::Switching && !place.is_before_switch();
        if !is_new && file.extent()? != state.input {
            return Err(changed());
        }
        Ok(())
    }

    fn check_policy(&self, state: &State) -> Result<()> {
        if self.protector.policy().digest().to_string() == state.policy {
            return Ok(());
        }
        Err(refused(
            "the migration was begun under another policy",
            "load that one, or undo the migration and begin anew",
        ))
    }
}

/// What happens to what was written to the file since.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changes {
    Kept,
    Lost,
}

impl From<Counts> for Migrated {
    fn from(rows: Counts) -> Self {
        Self {
            protected: rows.plain,
            kept: rows.sealed,
        }
    }
}

fn not_migrated() -> Error {
    refused(
        "the file was not migrated, or is sealed off already",
        "nothing can be undone; reveal its rows where they are protected",
    )
}
