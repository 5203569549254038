//! From a file of rows in clear to one of protected rows, in its place.

use std::{num::NonZeroUsize, ops::ControlFlow, path::Path};

use serde::Serialize;

use super::{
    Progress,
    block::Row,
    columns::{Part, protected_parts},
    format::Format,
    in_place::{Changes, Columns, InPlace, Keys, Rows, Task, Was, Words, undo},
    mixed::{Allowed, Mixed, MixedRow},
};
use crate::{
    error::Result,
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    protect::{Protected, Protector, Revealer},
};

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
    file: InPlace<'a>,
    protector: Protector,
    revealer: Revealer,
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
            file: InPlace::new(path, format),
            protector: Protector::new(keyring, policy)?,
            revealer: Revealer::backend(keyring, policy.policy())?,
        })
    }

    /// The same, making what is written last after so many rows; 4,096 where it is not said. It goes on from there.
    #[must_use]
    pub fn batch(mut self, rows: NonZeroUsize) -> Self {
        self.file.batch = rows;
        self
    }

    /// The same, telling `observer` after each batch how far it is, and stopping where that says so.
    #[must_use]
    pub fn observe(mut self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        self.file.observer = Some(observer);
        self
    }

    /// Protects the file's rows, or goes on where it stopped; where all is done, returns what was done.
    ///
    /// # Errors
    ///
    /// [`Error::is_stopped`](crate::Error::is_stopped) where the observer said so.
    /// [`Error::is_migration`](crate::Error::is_migration) where something is in the way, another process works on the
    /// file, or the file, its policy or what was written is not as it was when it stopped. With the
    /// [line](crate::Error::line): [`Error::is_input`](crate::Error::is_input) and
    /// [`Error::is_record`](crate::Error::is_record) where a row in clear does not fit;
    /// [`Error::is_half_protected`](crate::Error::is_half_protected) where one is sealed and a sealed field stands
    /// beside it; [`Error::is_unaccounted`](crate::Error::is_unaccounted) where a protected one shows what protecting
    /// its record does not give; the errors of [`Revealer::reveal`] where it does not open.
    /// [`Error::is_io`](crate::Error::is_io). After all of them the file is as it was; to mend it,
    /// [undo](Migration::undo) the migration first.
    pub fn run(&self) -> Result<Migrated> {
        self.file.run(self).map(Into::into)
    }

    /// Lets the file be as it was before, and removes what was written; needs no key.
    ///
    /// # Errors
    ///
    /// [`Error::is_migration`](crate::Error::is_migration) where there is no migration, it was sealed off, another
    /// process works on the file, the file changed since it was migrated, so that rows would be lost, or `.plain` is
    /// not the file as it was; [`Error::is_io`](crate::Error::is_io).
    pub fn undo(path: impl AsRef<Path>) -> Result<()> {
        undo(path.as_ref(), &Words::MIGRATION, Changes::Kept)
    }

    /// As [`undo`](Migration::undo), also where the file changed since: what was written to it is lost.
    ///
    /// # Errors
    ///
    /// As [`undo`](Migration::undo), but for a file that changed.
    pub fn undo_losing_changes(path: impl AsRef<Path>) -> Result<()> {
        undo(path.as_ref(), &Words::MIGRATION, Changes::Lost)
    }

    /// Ends that it can be undone: verifies that every row of the file opens and that there are no fewer than were migrated,
    /// and removes the file as it was. Returns what the migration did.
    ///
    /// # Errors
    ///
    /// [`Error::is_migration`](crate::Error::is_migration) where there is no finished migration, it was sealed off
    /// before, another process works on the file, rows are missing, or `.plain` is not the file as it was; the errors
    /// of [`Verification::run`](super::Verification::run) where a row is in clear or does not open;
    /// [`Error::is_io`](crate::Error::is_io).
    ///
    /// # Security
    ///
    /// See [`Migration`]: removing a file does not erase what it held.
    pub fn seal_off(&self) -> Result<Migrated> {
        self.file
            .end(&Words::MIGRATION, &self.revealer)
            .map(Into::into)
    }
}

impl Task for Migration<'_> {
    fn words(&self) -> &'static Words {
        &Words::MIGRATION
    }

    fn policy(&self) -> &Policy {
        self.protector.policy()
    }

    /// Rows that are kept are of any epoch.
    fn keys(&self) -> Option<Keys> {
        None
    }

    fn written(&self) -> Allowed {
        Allowed::Protected
    }

    fn columns(&self, mixed: &Mixed<'_>) -> Vec<(Part, String)> {
        protected_parts(self.policy(), &mixed.meanings())
    }

    fn write(
        &self,
        row: &MixedRow<'_>,
        _: Row<'_>,
        columns: &Columns,
        protected: &mut Protected,
        out: &mut String,
    ) -> Result<Was> {
        let Self {
            protector,
            revealer,
            ..
        } = self;
        let binding = row.binding()?;
        let was = match row.sealed() {
            Some(sealed) => {
                protector.show_anew(revealer, &binding, sealed, protected, |_| ())?;
                row.check_shown(protected)?;
                protected.take_seal(sealed.clone());
                Was::Kept
            }
            None => {
                protector.bind(binding).protect_filled(
                    |schema, draft, reading| row.fill(schema, draft, reading),
                    protected,
                )?;
                Was::Made
            }
        };
        columns.print(protected, row, out);
        Ok(was)
    }

    fn holds(
        &self,
        row: &MixedRow<'_>,
        written: &MixedRow<'_>,
        protected: &mut Protected,
    ) -> Result<bool> {
        let Self {
            protector,
            revealer,
            ..
        } = self;
        let Some(sealed) = written.sealed() else {
            return Ok(false);
        };
        let binding = written.binding()?;
        protector.show_anew(revealer, &binding, sealed, protected, |_| ())?;
        written.check_shown(protected)?;
        match row.sealed() {
            Some(kept) => Ok(kept == sealed),
            None => revealer.holds(&binding, sealed, |schema, draft, reading| {
                row.fill(schema, draft, reading)
            }),
        }
    }
}

impl From<Rows> for Migrated {
    fn from(rows: Rows) -> Self {
        Self {
            protected: rows.made,
            kept: rows.kept,
        }
    }
}
