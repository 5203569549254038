//! How far it is: one small JSON file, written whole by renaming.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::words::{Task, Words};
use crate::error::Result;

/// The form of the file. Others are refused.
const VERSION: u8 = 1;

/// What is known of a task that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u8,
    /// A migration where it is not said.
    #[serde(default, skip_serializing_if = "is_migration")]
    task: Task,
    pub(super) phase: Phase,
    /// The policy's digest.
    pub(super) policy: String,
    /// The keys that all rows are to be under, where that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keys: Option<Keys>,
    /// How the file's rows are written.
    pub(super) form: String,
    /// The file as it was before.
    pub(super) input: Extent,
    /// What has been written, and is on disk.
    pub(super) output: Extent,
    /// The rows in it.
    pub(super) rows: Rows,
    /// Who may read and write the file, where the system has such a mode.
    pub(super) mode: Option<u32>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    /// Rows are written.
    Writing,
    /// All rows are written, and the files change their names.
    Switching,
    /// It is done, and can be undone.
    Switched,
    /// The file changes back.
    Undoing,
}

/// How long a file is, or a part of it from its start, and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extent {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Rows by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter::rows) struct Rows {
    /// Protected or resealed.
    #[serde(alias = "plain")]
    pub(in crate::adapter::rows) made: u64,
    /// As they were.
    #[serde(alias = "sealed")]
    pub(in crate::adapter::rows) kept: u64,
}

/// The epoch that rows are sealed under, and the generation of what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter::rows) struct Keys {
    pub(in crate::adapter::rows) epoch: u32,
    pub(in crate::adapter::rows) generation: u32,
}

impl State {
    pub(super) fn begin(
        words: &Words,
        policy: String,
        keys: Option<Keys>,
        form: String,
        input: Extent,
        mode: Option<u32>,
    ) -> Self {
        Self {
            version: VERSION,
            task: words.task,
            phase: Phase::Writing,
            policy,
            keys,
            form,
            input,
            output: Extent::of(0, &Sha256::new()),
            rows: Rows::default(),
            mode,
        }
    }

    pub(super) fn print(&self, words: &Words) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(|_| words.refused(words.no_state))?;
        Ok(text + "\n")
    }

    pub(super) fn parse(text: &str, words: &Words) -> Result<Self> {
        match serde_json::from_str::<Self>(text) {
            Ok(state) if state.task != words.task => Err(words.refused(words.no_state)),
            Ok(state) if state.version != VERSION => Err(words.refused(words.other_release)),
            Ok(state) => Ok(state),
            Err(_) => Err(words.refused(words.no_state)),
        }
    }
}

impl Extent {
    /// `hasher` has seen all of its bytes.
    pub(super) fn of(bytes: u64, hasher: &Sha256) -> Self {
        let digest = hasher.clone().finalize();
        Self {
            bytes,
            sha256: data_encoding::HEXLOWER.encode(&digest),
        }
    }
}

impl Rows {
    pub(super) fn all(self) -> u64 {
        self.made + self.kept
    }
}

fn is_migration(task: &Task) -> bool {
    *task == Task::Migration
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&Words; 2] = [&Words::MIGRATION, &Words::RESEALING];

    fn state(words: &Words) -> State {
        let keys = (words.task == Task::Resealing).then_some(Keys {
            epoch: 2,
            generation: 1,
        });
        let input = Extent::of(0, &Sha256::new());
        let (policy, form) = ("policy".into(), "csv".into());
        State::begin(words, policy, keys, form, input, Some(0o640))
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for words in WORDS {
            let mut state = state(words);
            state.rows = Rows { made: 7, kept: 1 };
            for phase in [
                Phase::Writing,
                Phase::Switching,
                Phase::Switched,
                Phase::Undoing,
            ] {
                state.phase = phase;
                let text = state.print(words).unwrap();
                assert_eq!(State::parse(&text, words).unwrap(), state);
            }
        }
    }

    #[test]
    fn a_migration_that_named_its_rows_by_what_they_were_is_read() {
        let words = &Words::MIGRATION;
        let mut state = state(words);
        state.rows = Rows { made: 7, kept: 1 };
        let text = state.print(words).unwrap();
        let text = text
            .replace("\"made\"", "\"plain\"")
            .replace("\"kept\"", "\"sealed\"");
        assert!(!text.contains("task") && !text.contains("keys"));
        assert_eq!(State::parse(&text, words).unwrap(), state);
    }

    #[test]
    fn what_is_cut_extended_or_of_another_version_or_task_is_refused() {
        for (words, other) in [(WORDS[0], WORDS[1]), (WORDS[1], WORDS[0])] {
            let text = state(words).print(words).unwrap();
            for bad in [
                "",
                "{}",
                &text[..text.len() / 2],
                &text.replacen('{', "{\"more\": 1,", 1),
                &text.replacen("\"version\": 1", "\"version\": 2", 1),
                &text.replacen("writing", "reading", 1),
                &state(other).print(other).unwrap(),
            ] {
                let error = State::parse(bad, words).unwrap_err();
                let is = match words.task {
                    Task::Migration => error.is_migration(),
                    Task::Resealing => error.is_resealing(),
                };
                assert!(is, "{bad}");
            }
        }
    }
}
