//! The rows of a migration, batch by batch.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
};

use sha2::{Digest as _, Sha256};

use super::{
    Migration,
    place::{Place, changed, failed},
    state::{Extent, State, refused},
};
use crate::{
    adapter::{
        Progress,
        block::{Block, Row},
        columns::Part,
        mixed::{Found, Mixed, MixedRow},
        print::Printer,
        protect::print_row,
        rows::Rows,
    },
    error::{Error, Kind, Result},
    protect::Protected,
};

/// A migration whose rows are being written.
pub(super) struct Writing<'m> {
    pub(super) migration: &'m Migration<'m>,
    pub(super) place: &'m Place,
    pub(super) state: &'m mut State,
    pub(super) mixed: Mixed<'m>,
    pub(super) found: Found,
    pub(super) names: Vec<String>,
    pub(super) parts: Vec<Part>,
    pub(super) printer: Printer,
    pub(super) output: &'m File,
    /// Of what was written.
    pub(super) digest: Sha256,
}

impl Writing<'_> {
    pub(super) fn write(&mut self, mut rows: Rows<&File>) -> Result<()> {
        let mut block = Block::default();
        skip(&mut rows, self.state.rows.all(), &mut block)?;
        let mut out = String::new();
        let mut protected = Protected::empty();
        if self.state.output.bytes == 0 {
            out = self.printer.header(self.names.iter().map(String::as_str));
            self.put(&out)?;
        }
        loop {
            block.begin();
            while block.rows().len() < self.migration.batch.get()
                && !block.is_full()
                && rows.read(&mut block)?
            {}
            if block.rows().is_empty() {
                break;
            }
            out.clear();
            for &place in block.rows() {
                let row = block.row(place);
                let is_sealed = self
                    .mixed
                    .read(row, |row| self.protect(row, &mut protected, &mut out))?;
                if is_sealed {
                    self.state.rows.sealed += 1;
                } else {
                    self.state.rows.plain += 1;
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
            if let Some(observer) = self.migration.observer
                && observer(&progress).is_break()
            {
                return Err(Error::new(|| Kind::Stopped));
            }
        }
        self.keep()
    }

    /// Prints what a row becomes; returns whether it was sealed before.
    fn protect(
        &self,
        row: &MixedRow<'_>,
        protected: &mut Protected,
        out: &mut String,
    ) -> Result<bool> {
        let Migration {
            protector,
            revealer,
            ..
        } = self.migration;
        let binding = row.binding()?;
        match row.sealed() {
            Some(sealed) => {
                protector.show_anew(revealer, &binding, sealed, protected, |_| ())?;
                row.check_shown(protected)?;
                protected.take_seal(sealed.clone());
            }
            None => protector.bind(binding).protect_filled(
                |schema, draft, reading| row.fill(schema, draft, reading),
                protected,
            )?,
        }
        print_row(&self.parts, &self.printer, protected, row.id(), out);
        Ok(row.sealed().is_some())
    }

    fn put(&mut self, text: &str) -> Result<()> {
        let mut output = self.output;
        output
            .seek(SeekFrom::Start(self.state.output.bytes))
            .and_then(|_| output.write_all(text.as_bytes()))
            .map_err(failed("writing the file `.migrating`"))?;
        self.digest.update(text);
        let bytes = self.state.output.bytes + text.len() as u64;
        self.state.output = Extent::of(bytes, &self.digest);
        Ok(())
    }

    /// Makes what was written last.
    fn keep(&mut self) -> Result<()> {
        self.output
            .sync_data()
            .map_err(failed("writing the file `.migrating`"))?;
        self.place.write_state(self.state)
    }

    /// Reads what was written from `start` on, and compares it with the rows that it was made of.
    fn verify(&self, block: &Block, start: u64, protected: &mut Protected) -> Result<()> {
        let mut output = self.output;
        output
            .seek(SeekFrom::Start(start))
            .map_err(failed("reading the file `.migrating`"))?;
        let written = output.take(self.state.output.bytes - start);
        let policy = self.migration.protector.policy();
        let (mut rows, mixed) = Mixed::reopen(written, self.found.form, &self.names, policy)?;
        let mut back = Block::default();
        for &place in block.rows() {
            let row = block.row(place);
            back.begin();
            if !rows.read(&mut back)? {
                return Err(not_revealed().at_file_line(row.line));
            }
            let written = back.row(back.rows()[0]);
            self.compare(row, &mixed, written, protected)
                .map_err(|error| error.at_file_line(row.line))?;
        }
        back.begin();
        if rows.read(&mut back)? {
            return Err(not_revealed());
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
        let Migration {
            protector,
            revealer,
            ..
        } = self.migration;
        let holds = self.mixed.read(row, |row| {
            mixed.read(written, |written| {
                let Some(sealed) = written.sealed() else {
                    return Ok(false);
                };
                if row.id_text() != written.id_text() {
                    return Ok(false);
                }
                let binding = written.binding()?;
                protector.show_anew(revealer, &binding, sealed, protected, |_| ())?;
                written.check_shown(protected)?;
                match row.sealed() {
                    Some(kept) => Ok(kept == sealed),
                    None => revealer.holds(&binding, sealed, |schema, draft, reading| {
                        row.fill(schema, draft, reading)
                    }),
                }
            })
        })?;
        if holds { Ok(()) } else { Err(not_revealed()) }
    }
}

/// Passes over rows that were written before.
fn skip(rows: &mut Rows<&File>, count: u64, block: &mut Block) -> Result<()> {
    for _ in 0..count {
        block.begin();
        if !rows.read(block)? {
            return Err(changed());
        }
    }
    Ok(())
}

fn not_revealed() -> Error {
    refused(
        "what was written does not reveal the row that it was made of",
        "check the disk and the memory; the file is as it was",
    )
}
