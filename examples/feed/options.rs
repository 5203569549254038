//! What a command is told.

use std::{collections::VecDeque, str::FromStr};

use crate::Result;

pub(crate) struct Options(VecDeque<String>);

impl Options {
    pub(crate) fn new(given: impl Iterator<Item = String>) -> Self {
        Self(given.collect())
    }

    /// The first word.
    pub(crate) fn command(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Whether an option without a value is there.
    pub(crate) fn has(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| word == name);
        found.and_then(|at| self.0.remove(at)).is_some()
    }

    /// The value of an option, where it is there.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.0.remove(at);
        let value = self.0.remove(at).and_then(|value| value.parse().ok());
        match value {
            Some(value) => Ok(Some(value)),
            None => Err(format!("{name} has no value that it could have; see --help").into()),
        }
    }

    /// The value of an option that has to be there.
    pub(crate) fn needed<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.value(name)?
            .ok_or_else(|| format!("{name} is missing; see --help").into())
    }

    /// Refuses what nobody asked for.
    pub(crate) fn end(self) -> Result<()> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => Err(format!("there is no option {word:?}; see --help").into()),
        }
    }
}
