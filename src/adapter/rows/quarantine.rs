//! Rows that fail: counted, and told by line and kind.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use crate::{
    error::{Error, Result},
    schema::Schema,
};

const WRITING: &str = "writing the quarantined rows";

/// Where bad rows go.
pub(super) struct Quarantine<'a> {
    /// Without it the first bad row ends the run.
    pub(super) to: Option<&'a mut (dyn Write + Send)>,
    /// Those of the block whose parts are coming in.
    waiting: Vec<(usize, Error)>,
    pub(super) count: u64,
    pub(super) failures: BTreeMap<&'static str, u64>,
}

/// What is told of a bad row.
#[derive(Serialize)]
struct Entry<'a> {
    line: usize,
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl<'a> Quarantine<'a> {
    pub(super) fn new(to: Option<&'a mut (dyn Write + Send)>) -> Self {
        Self {
            to,
            waiting: Vec::new(),
            count: 0,
            failures: BTreeMap::new(),
        }
    }

    /// Takes the bad rows of a part.
    pub(super) fn add(&mut self, failures: &mut Vec<(usize, Error)>) {
        self.waiting.append(failures);
    }

    /// Whether the run is to end with this block.
    pub(super) fn ends_run(&self) -> bool {
        self.to.is_none() && !self.waiting.is_empty()
    }

    /// Writes the bad rows of a block, in the order of their lines.
    ///
    /// # Errors
    ///
    /// That of the first row where there is no place for bad rows; one of the machine wherever there is one.
    pub(super) fn end_block(&mut self, schema: &Schema) -> Result<()> {
        self.waiting.sort_by_key(|(line, _)| *line);
        for (line, error) in self.waiting.drain(..) {
            let Some(to) = self.to.as_mut().filter(|_| !error.is_io()) else {
                return Err(error);
            };
            let entry = Entry {
                line,
                error: error.code(),
                // What stands where a name is to be may be a value.
                field: error.field().filter(|name| schema.field(name).is_some()),
            };
            self.count += 1;
            *self.failures.entry(entry.error).or_default() += 1;
            let mut text = serde_json::to_vec(&entry).map_err(io::Error::from);
            if let Ok(text) = &mut text {
                text.push(b'\n');
            }
            text.and_then(|text| to.write_all(&text))
                .map_err(Error::io(WRITING))?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Some(to) => to.flush().map_err(Error::io(WRITING)),
            None => Ok(()),
        }
    }
}
