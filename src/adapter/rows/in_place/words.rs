//! What tells one task on a file from another: names of the files beside it, and words of errors.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};

/// What is done to the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Task {
    #[default]
    Migration,
    Resealing,
}

/// What was wrong, and what to do.
pub(in crate::adapter::rows) type Told = (&'static str, &'static str);

/// The words of one task.
#[derive(Debug)]
pub(in crate::adapter::rows) struct Words {
    pub(super) task: Task,
    /// What the names of its files end with: what is written, how far it is, and the file as it was.
    pub(super) output: &'static str,
    pub(super) state: &'static str,
    pub(super) old: &'static str,
    /// Of another task, which does not work on the file meanwhile.
    pub(super) other_state: &'static str,
    pub(super) other_task: Told,
    pub(super) not_a_file: Told,
    pub(super) second_name: Told,
    pub(super) output_there: Told,
    pub(super) old_there: Told,
    pub(super) file_changed: Told,
    pub(super) output_changed: Told,
    pub(super) old_changed: Told,
    pub(super) other_form: Told,
    pub(super) other_policy: Told,
    pub(super) other_keys: Told,
    pub(super) other_release: Told,
    pub(super) no_state: Told,
    pub(super) undoing: Told,
    pub(super) since: Told,
    pub(super) unfinished: Told,
    pub(super) not_done: Told,
    pub(super) rows_missing: Told,
    pub(super) changed_while_verified: Told,
    pub(super) reading_state: &'static str,
    pub(super) writing_state: &'static str,
    pub(super) removing_state: &'static str,
    pub(super) opening_output: &'static str,
    pub(super) writing_output: &'static str,
    pub(super) reading_output: &'static str,
    pub(super) keeping_old: &'static str,
    pub(super) closing_old: &'static str,
    pub(super) looking_at_old: &'static str,
    pub(super) reading_old: &'static str,
    pub(super) renaming_old: &'static str,
    pub(super) removing_old: &'static str,
}

impl Words {
    pub(in crate::adapter::rows) fn refused(&self, (what, advice): Told) -> Error {
        Error::new(|| match self.task {
            Task::Migration => Kind::Migration { what, advice },
            Task::Resealing => Kind::Resealing { what, advice },
        })
    }

    pub(super) fn busy(&self) -> Error {
        self.refused((
            "another process works on the file",
            "wait until it is done, or stop it",
        ))
    }

    pub(in crate::adapter::rows) fn not_done(&self) -> Error {
        self.refused(self.not_done)
    }

    pub(super) fn not_revealed(&self) -> Error {
        self.refused((
            "what was written does not reveal the row that it was made of",
            "check the disk and the memory; the file is as it was",
        ))
    }

    pub(in crate::adapter::rows) const MIGRATION: Self = Self {
        task: Task::Migration,
        output: ".migrating",
        state: ".migrating.state",
        old: ".plain",
        other_state: ".resealing.state",
        other_task: (
            "the file is being resealed",
            "run its resealing to its end, then migrate it",
        ),
        not_a_file: (
            "what is to be migrated is not a regular file",
            "give the path of a file",
        ),
        second_name: (
            "the file has a second name, a hard link, under which its clear values would stay",
            "remove the other name, or migrate a copy",
        ),
        output_there: (
            "there is a file `.migrating` beside the file, and no migration that writes it",
            "remove it where it is of an earlier migration; else give it another name",
        ),
        old_there: (
            "there is a file `.plain` beside the file already",
            "remove it where it is of an earlier migration and no longer needed; else give it another name",
        ),
        file_changed: (
            "the file was changed since its migration began",
            "stop what writes to it, undo the migration, and begin anew",
        ),
        output_changed: (
            "the file `.migrating` is not as it was left",
            "undo the migration, which removes it, and begin anew",
        ),
        old_changed: (
            "the file `.plain` is not the file as it was",
            "compare it with a backup, as what had the file open may have written to it; nothing was changed",
        ),
        other_form: (
            "the migration was begun with another delimiter or encoding",
            "say the same",
        ),
        other_policy: (
            "the migration was begun under another policy",
            "load that one, or undo the migration and begin anew",
        ),
        other_keys: (
            "the migration was begun under another epoch or generation",
            "load the keyring of then, or undo the migration and begin anew",
        ),
        other_release: (
            "the migration was begun by another release",
            "go on with the release that began it, or undo it with that one",
        ),
        no_state: (
            "what is in the file `.migrating.state` is not the state of a migration",
            "restore it; or, while `.plain` is not there, remove it and `.migrating` and begin anew",
        ),
        undoing: (
            "an undo of the migration was begun and not finished",
            "undo it again",
        ),
        since: (
            "the file was migrated, and changed since",
            "seal the migration off, then run the next",
        ),
        unfinished: ("the migration is not finished", "run it to its end first"),
        not_done: (
            "the file was not migrated, or is sealed off already",
            "nothing can be undone; reveal its rows where they are protected",
        ),
        rows_missing: (
            "the file has fewer rows than were migrated",
            "find out which are missing; where they were removed on purpose, remove `.plain` by hand",
        ),
        changed_while_verified: (
            "the file changed while its rows were verified",
            "stop what writes to it, and seal the migration off again",
        ),
        reading_state: "reading the migration's state",
        writing_state: "writing the migration's state",
        removing_state: "removing the migration's state",
        opening_output: "opening the file `.migrating`",
        writing_output: "writing the file `.migrating`",
        reading_output: "reading the file `.migrating`",
        keeping_old: "keeping the file as `.plain`",
        closing_old: "giving the file `.plain` mode 0600",
        looking_at_old: "looking at the file `.plain`",
        reading_old: "reading the file `.plain`",
        renaming_old: "giving the file `.plain` its old name",
        removing_old: "removing the file `.plain`",
    };

    pub(in crate::adapter::rows) const RESEALING: Self = Self {
        task: Task::Resealing,
        output: ".resealing",
        state: ".resealing.state",
        old: ".stale",
        other_state: ".migrating.state",
        other_task: (
            "a migration of the file is not sealed off",
            "seal it off, or undo it, then reseal the file",
        ),
        not_a_file: (
            "what is to be resealed is not a regular file",
            "give the path of a file",
        ),
        second_name: (
            "the file has a second name, a hard link, under which its old rows would stay",
            "remove the other name, or reseal a copy",
        ),
        output_there: (
            "there is a file `.resealing` beside the file, and no resealing that writes it",
            "remove it where it is of an earlier resealing; else give it another name",
        ),
        old_there: (
            "there is a file `.stale` beside the file already",
            "remove it where it is of an earlier resealing and no longer needed; else give it another name",
        ),
        file_changed: (
            "the file was changed since its resealing began",
            "stop what writes to it, remove `.resealing.state` and `.resealing`, and begin anew",
        ),
        output_changed: (
            "the file `.resealing` is not as it was left",
            "remove `.resealing.state` and `.resealing`, and begin anew",
        ),
        old_changed: (
            "the file `.stale` is not the file as it was",
            "compare it with a backup, as what had the file open may have written to it; nothing was changed",
        ),
        other_form: (
            "the resealing was begun with another delimiter or encoding",
            "say the same",
        ),
        other_policy: (
            "the resealing was begun under another policy",
            "load that one, or remove `.resealing.state` and `.resealing` while `.stale` is not there, and begin anew",
        ),
        other_keys: (
            "the resealing was begun under another epoch or generation",
            "load the keyring of then, or remove `.resealing.state` and `.resealing`, and begin anew",
        ),
        other_release: (
            "the resealing was begun by another release",
            "go on with the release that began it",
        ),
        no_state: (
            "what is in the file `.resealing.state` is not the state of a resealing",
            "restore it; or, while `.stale` is not there, remove it and `.resealing` and begin anew",
        ),
        // None ever is.
        undoing: (
            "what is in the file `.resealing.state` is not the state of a resealing",
            "restore it; or, while `.stale` is not there, remove it and `.resealing` and begin anew",
        ),
        since: (
            "the file was resealed, and changed since",
            "run its resealing again, which ends it",
        ),
        unfinished: ("the resealing is not finished", "run it again"),
        not_done: (
            "the resealing of the file was ended by another process",
            "nothing is left to do; count its rows by epoch to be sure",
        ),
        rows_missing: (
            "the file has fewer rows than were resealed",
            "find out which are missing; where they were removed on purpose, remove `.stale` and `.resealing.state` by hand",
        ),
        changed_while_verified: (
            "the file changed while its rows were verified",
            "stop what writes to it, and run the resealing again",
        ),
        reading_state: "reading the resealing's state",
        writing_state: "writing the resealing's state",
        removing_state: "removing the resealing's state",
        opening_output: "opening the file `.resealing`",
        writing_output: "writing the file `.resealing`",
        reading_output: "reading the file `.resealing`",
        keeping_old: "keeping the file as `.stale`",
        closing_old: "giving the file `.stale` mode 0600",
        looking_at_old: "looking at the file `.stale`",
        reading_old: "reading the file `.stale`",
        renaming_old: "giving the file `.stale` its old name",
        removing_old: "removing the file `.stale`",
    };
}
