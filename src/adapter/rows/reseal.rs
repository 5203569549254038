//! From a file of protected rows to one of the same rows under the active epoch, in its place.

use std::{collections::BTreeMap, io::Read, num::NonZeroUsize, ops::ControlFlow, path::Path};

use serde::Serialize;

use super::{
    Progress,
    block::{Block, Row},
    columns::{Part, protected_parts},
    format::Format,
    in_place::{Columns, InPlace, Keys, Task, Was, Words},
    mixed::{Allowed, Mixed, MixedRow},
};
use crate::{
    error::{Error, Kind, Result},
    id::{Epoch, Generation},
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    protect::{Binding, Maker, Protected, Resealer},
};

/// Seals the rows of a CSV or NDJSON file anew where they are: afterwards the file of that name holds rows under the active
/// epoch alone, which show what its live generation gives.
///
/// A row that is so already is kept: a line of NDJSON byte for byte, and the cells of a row of CSV. Every other one is
/// resealed as by a [`Resealer`], once it opens and shows what its record gives under some generation of the
/// keyring. Each row is read again from what was written, opened and compared, byte by byte of what is sealed, before
/// it counts. Rows and columns keep their order. The new file is
/// UTF-8 whatever the old one was, and its lines end in a line feed. A row in clear is refused: protect it by a
/// [`Migration`](super::Migration).
///
/// Beside `rows.csv` stand, until all is done:
///
/// | file | |
/// |---|---|
/// | `rows.csv.resealing` | what has been written; it becomes `rows.csv` when all is |
/// | `rows.csv.resealing.state` | how far it is: a small JSON file with digests of file, output and policy, epoch and generation, and the number of rows |
/// | `rows.csv.stale` | from then on the file as it was, with mode 0600, until every row of the new one was verified |
///
/// The last two also with `.new` behind, for a moment or where the process was killed.
///
/// A process that stops at any moment, by a kill or a power loss too, leaves the file whole, either as it was or as it
/// will be; [`run`](Resealing::run) goes on from the last batch that is on disk. One process works on a file at a time.
/// Nothing else may write to it meanwhile: a file that changed is refused. To give a resealing up while there is no `.stale`,
/// remove the other two files: nothing is lost. The new file has the old one's owner, group and mode; access lists and other
/// attributes it has not.
///
/// # Security
///
/// Removing a file erases nothing: old rows stay in the blocks that they had, in journals, snapshots and backups, where the old
/// epoch's keys open them.
///
/// # Examples
///
/// ```
/// use paravent::{CsvFormat, Date, Format, Keyring, Policy, Protector, Resealing, Schema, Transfer};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "bound"
///     [source]
///     record_id = "id"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let mut keyring = Keyring::generate()?;
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("appointments.csv");
/// let in_clear = "id,last_name,first_name,start,practitioner,specialty\n\
///     rdv-1,Martin,Zoé,2020-07-21T09:30:00+02:00,Dr Lefèvre,Dermatologie\n";
/// let format = Format::Csv(CsvFormat::default());
/// let protector = Protector::new(&keyring, &checked)?;
/// Transfer::protect(&protector).from(format.clone()).run(in_clear.as_bytes(), std::fs::File::create(&file)?)?;
///
/// let second = keyring.start_epoch(Date::constant(2026, 11, 24))?;
/// let rows = std::fs::File::open(&file)?;
/// assert_eq!(Resealing::count(rows, &format, &policy, second)?.stale, 1);
/// let resealed = Resealing::new(&file, format.clone(), &keyring, &checked)?.run()?;
/// assert_eq!((resealed.resealed, resealed.kept), (1, 0));
/// let rows = std::fs::File::open(&file)?;
/// assert_eq!(Resealing::count(rows, &format, &policy, second)?.stale, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Resealing<'a> {
    file: InPlace<'a>,
    resealer: Resealer,
    generation: Generation,
    /// What rows of the other generations show.
    earlier: Vec<Maker>,
}

/// What a resealing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Resealed {
    /// Rows that are sealed anew.
    pub resealed: u64,
    /// Rows that were under the active epoch, and showed what the live generation gives.
    pub kept: u64,
}

/// How many rows of a file are sealed under which epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowsByEpoch {
    /// Rows under an older epoch than the active one.
    pub stale: u64,
    /// The others: those under the active epoch, or a newer one.
    pub current: u64,
    /// Rows by the number of their epoch.
    pub epochs: BTreeMap<u32, u64>,
}

impl<'a> Resealing<'a> {
    /// A resealing of the file at `path`, whose rows are in this format.
    ///
    /// # Errors
    ///
    /// As [`Resealer::new`].
    pub fn new(
        path: impl AsRef<Path>,
        format: Format,
        keyring: &Keyring,
        policy: &CheckedPolicy,
    ) -> Result<Self> {
        let of = policy.policy();
        let generation = keyring.generation();
        let others = keyring.linkage_keys(of.domain());
        let others = others.filter(|(other, _)| *other != generation);
        Ok(Self {
            file: InPlace::new(path, format),
            resealer: Resealer::new(keyring, policy)?,
            generation,
            earlier: others
                .map(|(_, key)| Maker::new(of, &key))
                .collect::<Result<_>>()?,
        })
    }

    /// The same, making what is written last after so many rows; 4,096 where it is not said. It goes on from there.
    #[must_use]
    pub fn batch(mut self, rows: NonZeroUsize) -> Self {
        self.file.batch = rows;
        self
    }

    /// The same, telling `observer` how far it is, after each batch and then, from the beginning again, while rows are
    /// verified; and stopping where that says so.
    #[must_use]
    pub fn observe(mut self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        self.file.observer = Some(observer);
        self
    }

    /// Reseals the file's rows, or goes on where it stopped; then verifies that every row of the new file opens, removes the
    /// old one, and returns what was done.
    ///
    /// # Errors
    ///
    /// [`Error::is_stopped`] where the observer said so. [`Error::is_resealing`] where something is in the way, another
    /// process works on the file, or the file, its policy, the active epoch, the live generation or what was written is not
    /// as it was when it stopped. With the [line](Error::line): [`Error::is_plain_row`] where a row is in clear;
    /// [`Error::is_half_protected`] where a sealed field stands beside a seal in clear; [`Error::is_unaccounted`] where one
    /// shows what its record gives under no generation; [`Error::is_input`]; the errors of [`Resealer::reseal`]; and
    /// [`Error::is_missing_field`] where the record lacks a field that is not optional. [`Error::is_io`]. The file is then
    /// whole, and what stops it before the file is the new one leaves it as it was.
    pub fn run(&self) -> Result<Resealed> {
        if let Some(left) = self.file.left(self.words())? {
            if !left.is_switched {
                self.file.run(self)?;
            }
            let rows = self.end()?;
            // Another epoch may have begun meanwhile, and then its rows are stale.
            if left.keys == self.keys() && !left.is_changed {
                return Ok(rows);
            }
        }
        self.file.run(self)?;
        self.end()
    }

    /// How many rows of `input` are sealed under which epoch, from their headers alone: no key is needed, and whether they
    /// open is not looked at.
    ///
    /// # Errors
    ///
    /// With the [line](Error::line): [`Error::is_plain_row`], [`Error::is_half_protected`], [`Error::is_malformed`] and
    /// [`Error::is_input`]; [`Error::is_definition`] where the policy binds to what files do not hold; [`Error::is_io`].
    pub fn count(
        input: impl Read,
        format: &Format,
        policy: &Policy,
        active: Epoch,
    ) -> Result<RowsByEpoch> {
        let (mut rows, mixed, _) = Mixed::open(input, format, policy, Allowed::Both)?;
        let mut counted = RowsByEpoch::default();
        let mut block = Block::default();
        loop {
            block.begin();
            if !rows.read(&mut block)? {
                return Ok(counted);
            }
            let row = block.row(block.rows()[0]);
            let epoch = mixed.read(row, |row| match row.sealed() {
                Some(sealed) => Ok(sealed.epoch()),
                None => Err(in_clear()),
            })?;
            match epoch < active {
                true => counted.stale += 1,
                false => counted.current += 1,
            }
            *counted.epochs.entry(epoch.number()).or_default() += 1;
        }
    }

    fn end(&self) -> Result<Resealed> {
        let rows = self.file.end(self.words(), self.resealer.revealer())?;
        Ok(Resealed {
            resealed: rows.made,
            kept: rows.kept,
        })
    }

    /// Refuses a row that shows what its record gives under no generation; `error` says so of the live one.
    fn check_earlier(
        &self,
        row: &MixedRow<'_>,
        binding: &Binding<'_>,
        error: Error,
        protected: &mut Protected,
    ) -> Result<()> {
        for maker in &self.earlier {
            if let Some(sealed) = row.sealed() {
                self.resealer.show_by(maker, binding, sealed, protected)?;
            }
            if row.check_shown(protected).is_ok() {
                return Ok(());
            }
        }
        Err(error)
    }
}

impl Task for Resealing<'_> {
    fn words(&self) -> &'static Words {
        &Words::RESEALING
    }

    fn policy(&self) -> &Policy {
        self.resealer.policy()
    }

    fn keys(&self) -> Option<Keys> {
        Some(Keys {
            epoch: self.resealer.epoch().number(),
            generation: self.generation.number(),
        })
    }

    /// A line that is kept may have keys of rows in clear, with null.
    fn written(&self) -> Allowed {
        Allowed::Both
    }

    fn columns(&self, mixed: &Mixed<'_>) -> Vec<(Part, String)> {
        let mut columns = mixed.parts();
        for column in protected_parts(self.policy(), &[]) {
            if !columns.iter().any(|(part, _)| *part == column.0) {
                columns.push(column);
            }
        }
        columns
    }

    fn write(
        &self,
        row: &MixedRow<'_>,
        line: Row<'_>,
        columns: &Columns,
        protected: &mut Protected,
        out: &mut String,
    ) -> Result<Was> {
        let sealed = row.sealed().ok_or_else(in_clear)?;
        let binding = row.binding()?;
        self.resealer.show_anew(&binding, sealed, protected)?;
        match row.check_shown(protected) {
            Ok(()) if !sealed.stale(self.resealer.epoch()) => {
                protected.take_seal(sealed.clone());
                columns.keep(protected, row, line, out)?;
                return Ok(Was::Kept);
            }
            Ok(()) => {}
            Err(error) => self.check_earlier(row, &binding, error, protected)?,
        }
        self.resealer.bind(binding).reseal_into(sealed, protected)?;
        columns.print(protected, row, out);
        Ok(Was::Made)
    }

    fn holds(
        &self,
        row: &MixedRow<'_>,
        written: &MixedRow<'_>,
        protected: &mut Protected,
    ) -> Result<bool> {
        let (Some(before), Some(after)) = (row.sealed(), written.sealed()) else {
            return Ok(false);
        };
        let binding = written.binding()?;
        self.resealer.show_anew(&binding, after, protected)?;
        written.check_shown(protected)?;
        Ok(!after.stale(self.resealer.epoch())
            && (before == after || self.resealer.is_same(&binding, before, after)?))
    }
}

fn in_clear() -> Error {
    Error::new(|| Kind::UnsealedRow)
}
