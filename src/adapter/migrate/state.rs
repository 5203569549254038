//! How far a migration is: one small JSON file, written whole by renaming.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Kind, Result};

/// The form of the file. Others are refused.
const VERSION: u8 = 1;

/// What is known of a migration that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u8,
    pub(super) phase: Phase,
    /// The policy's digest.
    pub(super) policy: String,
    /// How the file's rows are written.
    pub(super) form: String,
    /// The file as it was before.
    pub(super) input: Extent,
    /// What has been written, and is on disk.
    pub(super) output: Extent,
    /// The rows in it that were in clear, and that were sealed already.
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

/// Rows by what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows {
    pub(super) plain: u64,
    pub(super) sealed: u64,
}

impl State {
    pub(super) fn begin(policy: String, form: String, input: Extent, mode: Option<u32>) -> Self {
        Self {
            version: VERSION,
            phase: Phase::Writing,
            policy,
            form,
            input,
            output: Extent::of(0, &Sha256::new()),
            rows: Rows::default(),
            mode,
        }
    }

    pub(super) fn print(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(|_| unreadable())?;
        Ok(text + "\n")
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let state: Self = serde_json::from_str(text).map_err(|_| unreadable())?;
        if state.version == VERSION {
            Ok(state)
        } else {
            Err(refused(
                "the migration was begun by another release",
                "go on with the release that began it, or undo it with that one",
            ))
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
        self.plain + self.sealed
    }
}

pub(super) fn refused(what: &'static str, advice: &'static str) -> Error {
    Error::new(|| Kind::Migration { what, advice })
}

fn unreadable() -> Error {
    refused(
        "what is in the file `.migrating.state` is not the state of a migration",
        "restore it; or, while `.plain` is not there, remove it and `.migrating` and begin anew",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let input = Extent::of(0, &Sha256::new());
        let mut state = State::begin("policy".into(), "csv".into(), input, Some(0o640));
        state.rows = Rows {
            plain: 7,
            sealed: 1,
        };
        for phase in [
            Phase::Writing,
            Phase::Switching,
            Phase::Switched,
            Phase::Undoing,
        ] {
            state.phase = phase;
            assert_eq!(State::parse(&state.print().unwrap()).unwrap(), state);
        }
    }

    #[test]
    fn what_is_cut_extended_or_of_another_version_is_refused() {
        let input = Extent::of(0, &Sha256::new());
        let state = State::begin("policy".into(), "csv".into(), input, None);
        let text = state.print().unwrap();
        for bad in [
            "",
            "{}",
            &text[..text.len() / 2],
            &text.replacen('{', "{\"more\": 1,", 1),
            &text.replacen("\"version\": 1", "\"version\": 2", 1),
            &text.replacen("writing", "reading", 1),
        ] {
            assert!(State::parse(bad).unwrap_err().is_migration(), "{bad}");
        }
    }
}
