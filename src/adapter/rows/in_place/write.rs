//! The rows of a file that are written anew, batch by batch.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    num::NonZeroUsize,
};

use sha2::{Digest as _, Sha256};

use super::{
    Task,
    place::{Place, failed},
    state::{Extent, State},
};
use crate::{
    adapter::rows::{
        Progress,
        block::{Block, Row},
        columns::Part,
        mixed::{Found, Mixed, MixedRow, Observer},
        print::{Form, Printer},
        protect::print_row,
        read::Rows,
    },
    error::{Error, Kind, Result},
    protect::Protected,
};

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::adapter::rows) enum Was {
    /// It was protected or resealed.
    Made,
    /// It stays as it was.
    Kept,
}

/// The columns of what is written.
pub(in crate::adapter::rows) struct Columns {
    names: Vec<String>,
    parts: Vec<Part>,
    form: Form,
    printer: Printer,
}

impl Columns {
    pub(super) fn new(form: Form, columns: Vec<(Part, String)>) -> Self {
        let (parts, names): (_, Vec<String>) = columns.into_iter().unzip();
        let printer = Printer::new(form, names.iter().map(String::as_str));
        Self {
            names,
            parts,
            form,
            printer,
        }
    }

    /// Prints a protected row.
    pub(in crate::adapter::rows) fn print(
        &self,
        protected: &Protected,
        row: &MixedRow<'_>,
        out: &mut String,
    ) {
        print_row(&self.parts, &self.printer, protected, row.id(), out);
    }

    /// Prints a row that stays as it is: what was read from `line`, which `protected` shows.
    pub(in crate::adapter::rows) fn keep(
        &self,
        protected: &Protected,
        row: &MixedRow<'_>,
        line: Row<'_>,
        out: &mut String,
    ) -> Result<()> {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { .. } => {
                let _ = line;
                self.print(protected, row, out);
            }
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                let _ = (protected, row);
                out.push_str(line.text()?);
                out.push('\n');
            }
        }
        Ok(())
    }
}

/// A file whose rows are being written.
pub(super) struct Writing<'w> {
    pub(super) task: &'w dyn Task,
    pub(super) batch: NonZeroUsize,
    pub(super) observer: Option<Observer<'w>>,
    pub(super) place: &'w Place,
    pub(super) state: &'w mut State,
    pub(super) mixed: Mixed<'w>,
    pub(super) found: Found,
    pub(super) columns: Columns,
    pub(super) output: &'w File,
    /// Of what was written.
    pub(super) digest: Sha256,
}

impl Writing<'_> {
    pub(super) fn write(&mut self, mut rows: Rows<&File>) -> Result<()> {
        let mut block = Block::default();
        self.skip(&mut rows, &mut block)?;
        let mut out = String::new();
        let mut protected = Protected::empty();
        if self.state.output.bytes == 0 {
            let Columns { names, printer, .. } = &self.columns;
            out = printer.header(names.iter().map(String::as_str));
            self.put(&out)?;
        }
        loop {
            block.begin();
            while block.rows().len() < self.batch.get()
                && !block.is_full()
                && rows.read(&mut block)?
            {}
            if block.rows().is_empty() {
                break;
            }
            out.clear();
            for &place in block.rows() {
                let row = block.row(place);
                let was = self.mixed.read(row, |read| {
                    self.task
                        .write(read, row, &self.columns, &mut protected, &mut out)
                })?;
                match was {
                    Was::Made => self.state.rows.made += 1,
                    Was::Kept => self.state.rows.kept += 1,
                }
            }
            let start = self.state.output.bytes;
            self.put(&out)?;
            self.verify(&block, start, &mut protected)?;
            self.keep()?;
            let progress = Progress {
                rows: self.state.rows.all(),
                bytes: rows.bytes_read(),
            };
            if let Some(observer) = self.observer
                && observer(&progress).is_break()
            {
                return Err(Error::new(|| Kind::Stopped));
            }
        }
        self.keep()
    }

    /// Passes over rows that were written before.
    fn skip(&self, rows: &mut Rows<&File>, block: &mut Block) -> Result<()> {
        let words = self.place.words;
        for _ in 0..self.state.rows.all() {
            block.begin();
            if !rows.read(block)? {
                return Err(words.refused(words.file_changed));
            }
        }
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<()> {
        let mut output = self.output;
        output
            .seek(SeekFrom::Start(self.state.output.bytes))
            .and_then(|_| output.write_all(text.as_bytes()))
            .map_err(failed(self.place.words.writing_output))?;
        self.digest.update(text);
        let bytes = self.state.output.bytes + text.len() as u64;
        self.state.output = Extent::of(bytes, &self.digest);
        Ok(())
    }

    /// Makes what was written last.
    fn keep(&mut self) -> Result<()> {
        self.output
            .sync_data()
            .map_err(failed(self.place.words.writing_output))?;
        self.place.write_state(self.state)
    }

    /// Reads what was written from `start` on, and compares it with the rows that it was made of.
    fn verify(&self, block: &Block, start: u64, protected: &mut Protected) -> Result<()> {
        let mut output = self.output;
        output
            .seek(SeekFrom::Start(start))
            .map_err(failed(self.place.words.reading_output))?;
        let written = output.take(self.state.output.bytes - start);
        let (mut rows, mixed) = Mixed::reopen(
            written,
            self.found.form,
            &self.columns.names,
            self.task.policy(),
            self.task.written(),
        )?;
        let mut back = Block::default();
        for &place in block.rows() {
            let row = block.row(place);
            back.begin();
            if !rows.read(&mut back)? {
                return Err(self.place.words.not_revealed().at_file_line(row.line));
            }
            let written = back.row(back.rows()[0]);
            self.compare(row, &mixed, written, protected)
                .map_err(|error| error.at_file_line(row.line))?;
        }
        back.begin();
        if rows.read(&mut back)? {
            return Err(self.place.words.not_revealed());
        }
        Ok(())
    }

    fn compare(
        &self,
        row: Row<'_>,
        mixed: &Mixed<'_>,
        written: Row<'_>,
        protected: &mut Protected,
    ) -> Result<()> {
        let holds = self.mixed.read(row, |row| {
            mixed.read(written, |written| {
                Ok(written.sealed().is_some()
                    && row.id_text() == written.id_text()
                    && self.task.holds(row, written, protected)?)
            })
        })?;
        match holds {
            true => Ok(()),
            false => Err(self.place.words.not_revealed()),
        }
    }
}
