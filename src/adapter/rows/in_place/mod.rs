//! From one file of rows to another in its place: what protecting and resealing the rows of a file have in common.

mod place;
mod state;
mod words;
mod write;

use std::{
    io::{Seek, SeekFrom},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use self::{
    place::{Locked, Place, failed},
    state::{Phase, State},
    write::Writing,
};
pub(super) use self::{
    state::{Keys, Rows},
    words::Words,
    write::{Columns, Was},
};
use super::{
    block::Row,
    columns::Part,
    format::Format,
    mixed::{Allowed, Mixed, MixedRow, Observer},
    verify::Verification,
};
use crate::{
    error::Result,
    policy::Policy,
    protect::{Protected, Revealer},
};

/// The rows after which what was written is made to last, where nothing else is said.
const BATCH: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// A file whose rows become others where it is.
pub(super) struct InPlace<'a> {
    pub(super) path: PathBuf,
    pub(super) format: Format,
    pub(super) batch: NonZeroUsize,
    pub(super) observer: Option<Observer<'a>>,
}

/// What becomes of each row.
pub(super) trait Task {
    fn words(&self) -> &'static Words;

    fn policy(&self) -> &Policy;

    /// The keys that all rows are to be under, where that matters.
    fn keys(&self) -> Option<Keys>;

    /// Which names there may be in what is written.
    fn written(&self) -> Allowed;

    /// The columns of what is written, with their names.
    fn columns(&self, mixed: &Mixed<'_>) -> Vec<(Part, String)>;

    /// Prints what a row becomes, which was read from `line`.
    fn write(
        &self,
        row: &MixedRow<'_>,
        line: Row<'_>,
        columns: &Columns,
        protected: &mut Protected,
        out: &mut String,
    ) -> Result<Was>;

    /// Whether `written`, which is sealed and of the same id, is what `row` became.
    fn holds(
        &self,
        row: &MixedRow<'_>,
        written: &MixedRow<'_>,
        protected: &mut Protected,
    ) -> Result<bool>;
}

impl InPlace<'_> {
    pub(super) fn new(path: impl AsRef<Path>, format: Format) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            format,
            batch: BATCH,
            observer: None,
        }
    }

    /// What another run has left to be ended: all of its rows were written.
    pub(super) fn left(&self, words: &'static Words) -> Result<Option<Left>> {
        let place = Place::of(&self.path, words)?;
        let file = place.lock()?;
        let state = place.state()?;
        let state = state.filter(|state| matches!(state.phase, Phase::Switching | Phase::Switched));
        let Some(state) = state else {
            return Ok(None);
        };
        let is_switched = state.phase == Phase::Switched;
        Ok(Some(Left {
            keys: state.keys,
            is_switched,
            is_changed: is_switched && file.extent()? != state.output,
        }))
    }

    /// Writes the file's rows anew, or goes on where it stopped, and lets what was written have its name; where all is done,
    /// returns what was done.
    pub(super) fn run(&self, task: &dyn Task) -> Result<Rows> {
        let words = task.words();
        let place = Place::of(&self.path, words)?;
        let file = place.lock()?;
        let state = place.state()?;
        let mut state = match state.as_ref().map(|state| state.phase) {
            None => None,
            Some(Phase::Undoing) => return Err(words.refused(words.undoing)),
            Some(Phase::Switched) => {
                return match state {
                    Some(state) if file.extent()? == state.output => Ok(state.rows),
                    _ => Err(words.refused(words.since)),
                };
            }
            Some(Phase::Writing | Phase::Switching) => state,
        };
        if let Some(state) = &state {
            check_same(task, state, &place, &file)?;
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
            return Ok(state.rows);
        }
        let policy = task.policy();
        let (rows, mixed, found) = Mixed::open(&file.file, &self.format, policy, Allowed::Both)?;
        let mut state = match state {
            Some(state) if state.form != found.name => {
                return Err(words.refused(words.other_form));
            }
            Some(state) if state.keys != task.keys() => {
                return Err(words.refused(words.other_keys));
            }
            Some(state) => state,
            None => {
                place.check_free(&file)?;
                let digest = policy.digest().to_string();
                // Reading the header has moved the place from which is read.
                let at = (&file.file).stream_position();
                let input = file.extent()?;
                at.and_then(|at| (&file.file).seek(SeekFrom::Start(at)))
                    .map_err(failed("reading the file of rows"))?;
                let form = found.name.clone();
                let state = State::begin(words, digest, task.keys(), form, input, file.mode());
                place.write_state(&state)?;
                state
            }
        };
        let (output, digest) = place.open_output(&state, &file)?;
        let mut writing = Writing {
            task,
            batch: self.batch,
            observer: self.observer,
            place: &place,
            state: &mut state,
            columns: Columns::new(found.form, task.columns(&mixed)),
            found,
            mixed,
            output: &output,
            digest,
        };
        writing.write(rows)?;
        if !file.is_unchanged(&place.file)? {
            return Err(words.refused(words.file_changed));
        }
        place.check_no_old()?;
        place.finish_output(&output, &file)?;
        place.switch(&mut state)?;
        Ok(state.rows)
    }

    /// Verifies that every row of the new file opens and that there are no fewer than were written, and removes the file as it
    /// was. Returns what was done.
    pub(super) fn end(&self, words: &'static Words, revealer: &Revealer) -> Result<Rows> {
        let place = Place::of(&self.path, words)?;
        let file = place.lock()?;
        let state = match place.state()? {
            Some(state) if state.phase == Phase::Switched => state,
            Some(_) => return Err(words.refused(words.unfinished)),
            None => return Err(words.not_done()),
        };
        check_policy(revealer.policy(), &state, words)?;
        // What had the file open may have gone on writing to it under its new name.
        if place.has_old() {
            place.check_old(&state)?;
        }
        let mut verification = Verification::of(revealer).only_sealed();
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
            return Err(words.refused(words.rows_missing));
        }
        if !file.is_unchanged(&place.file)? {
            return Err(words.refused(words.changed_while_verified));
        }
        place.remove_old()?;
        Ok(state.rows)
    }
}

/// A run whose rows are all written, and which is not at its end.
pub(super) struct Left {
    /// Those that its rows are under.
    pub(super) keys: Option<Keys>,
    /// Whether the file is the new one already.
    pub(super) is_switched: bool,
    /// Whether it was changed since.
    pub(super) is_changed: bool,
}

/// Lets the file at `path` be as it was before. What was written to it since is kept, or else nothing is undone, but where
/// `changes` says that it may be lost.
pub(super) fn undo(path: &Path, words: &'static Words, changes: Changes) -> Result<()> {
    let place = Place::of(path, words)?;
    let file = place.lock()?;
    let Some(mut state) = place.state()? else {
        if place.forget_first()? {
            return Ok(());
        }
        return Err(words.not_done());
    };
    match state.phase {
        Phase::Writing => return place.forget(),
        Phase::Switched if !place.has_old() => return Err(words.not_done()),
        Phase::Switched => place.check_no_output()?,
        Phase::Switching | Phase::Undoing => {}
    }
    let is_new = place.has_old() && !place.is_before_switch();
    if is_new && changes == Changes::Kept && file.extent()? != state.output {
        return Err(words.refused((
            "the file changed since it was migrated, and what was written to it would be lost",
            "reveal the rows instead, or undo it and lose the changes",
        )));
    }
    place.check_undoable(&state)?;
    // It gets the name, and nobody else may begin to work on it.
    let _kept = match is_new {
        true => Some(Locked::open(&place.old, words)?),
        false => None,
    };
    place.switch_back(&mut state)
}

/// What happens to what was written to the file since.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    Kept,
    Lost,
}

/// Refuses to go on with what is not as it was.
fn check_same(task: &dyn Task, state: &State, place: &Place, file: &Locked) -> Result<()> {
    let words = task.words();
    check_policy(task.policy(), state, words)?;
    let is_new = state.phase == Phase::Switching && !place.is_before_switch();
    if !is_new && file.extent()? != state.input {
        return Err(words.refused(words.file_changed));
    }
    Ok(())
}

fn check_policy(policy: &Policy, state: &State, words: &Words) -> Result<()> {
    match policy.digest().to_string() == state.policy {
        true => Ok(()),
        false => Err(words.refused(words.other_policy)),
    }
}
