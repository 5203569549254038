//! Some rows as they were read, in one buffer that is used again.

use zeroize::Zeroize;

use crate::error::{Error, Result};

/// The longest row, 16 MiB: a quote that is left open would make one of the whole file.
pub(super) const LONGEST_ROW: usize = 16 << 20;

/// How many bytes of rows make a block full, a little less than 4 MiB, so that most need no more than that.
const FULL: usize = (4 << 20) - FIRST;

/// The same in cells, 2 MiB of them.
const FULL_CELLS: usize = (2 << 20) / size_of::<usize>();

/// The same in rows.
const FULL_ROWS: usize = 50_000;

/// What a buffer begins with.
const FIRST: usize = 64 * 1024;

/// Rows one after the other. Growing wipes what is left behind, and dropping all of it.
#[derive(Default)]
pub(super) struct Block {
    /// As long as its room; what is used of it is counted.
    text: Vec<u8>,
    used: usize,
    /// Where each cell ends, from the beginning of its row.
    ends: Vec<usize>,
    ended: usize,
    rows: Vec<Place>,
}

/// Where a row is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    line: usize,
    text: (usize, usize),
    #[cfg_attr(not(feature = "csv"), allow(dead_code))]
    ends: (usize, usize),
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The line where it begins, from 1.
    pub(crate) line: usize,
    /// Its cells without delimiters and quotes, or its line.
    text: &'a [u8],
    #[cfg(feature = "csv")]
    ends: &'a [usize],
}

impl Block {
    /// Makes it empty. A buffer that grew for a long row is given back.
    pub(super) fn begin(&mut self) {
        if self.text.len() > 2 * FULL {
            self.text.zeroize();
            self.text = Vec::new();
        }
        if self.ends.len() > 2 * FULL_CELLS {
            self.ends = Vec::new();
        }
        (self.used, self.ended) = (0, 0);
        self.rows.clear();
    }

    pub(super) fn rows(&self) -> &[Place] {
        &self.rows
    }

    pub(super) fn rows_mut(&mut self) -> &mut [Place] {
        &mut self.rows
    }

    /// Whether no row is to be added.
    pub(super) fn is_full(&self) -> bool {
        self.used >= FULL || self.ended >= FULL_CELLS || self.rows.len() >= FULL_ROWS
    }

    pub(super) fn row(&self, place: Place) -> Row<'_> {
        Row {
            line: place.line,
            text: &self.text[place.text.0..place.text.1],
            #[cfg(feature = "csv")]
            ends: &self.ends[place.ends.0..place.ends.1],
        }
    }

    /// Begins a row; what is drawn with it is added when it ends.
    pub(super) fn draw(&self, line: usize) -> Drawn {
        Drawn {
            line,
            text: self.used,
            ends: self.ended,
        }
    }

    /// The room behind what is drawn.
    #[cfg(feature = "csv")]
    pub(super) fn room(&mut self, drawn: &Drawn) -> (&mut [u8], &mut [usize]) {
        (&mut self.text[drawn.text..], &mut self.ends[drawn.ends..])
    }

    pub(super) fn grow_text(&mut self) {
        let mut more = vec![0; (2 * self.text.len()).max(FIRST)];
        more[..self.text.len()].copy_from_slice(&self.text);
        self.text.zeroize();
        self.text = more;
    }

    #[cfg(feature = "csv")]
    pub(super) fn grow_ends(&mut self) {
        let length = (2 * self.ends.len()).max(FIRST / size_of::<usize>());
        self.ends.resize(length, 0);
    }

    #[cfg(feature = "ndjson")]
    pub(super) fn push(&mut self, drawn: &mut Drawn, text: &[u8]) {
        let end = drawn.text + text.len();
        while self.text.len() < end {
            self.grow_text();
        }
        self.text[drawn.text..end].copy_from_slice(text);
        drawn.text = end;
    }

    /// The text of a row that is being drawn.
    #[cfg(feature = "ndjson")]
    pub(super) fn drawn(&self, drawn: &Drawn) -> &[u8] {
        &self.text[self.used..drawn.text]
    }

    pub(super) fn add(&mut self, drawn: Drawn) {
        self.rows.push(Place {
            line: drawn.line,
            text: (self.used, drawn.text),
            ends: (self.ended, drawn.ends),
        });
        (self.used, self.ended) = (drawn.text, drawn.ends);
    }

    /// Adds the rows of another one.
    pub(super) fn append(&mut self, other: &Self) {
        let (text, ends) = (self.used, self.ended);
        while self.text.len() < text + other.used {
            self.grow_text();
        }
        self.text[text..][..other.used].copy_from_slice(&other.text[..other.used]);
        self.ends.truncate(ends);
        self.ends.extend_from_slice(&other.ends[..other.ended]);
        (self.used, self.ended) = (text + other.used, ends + other.ended);
        self.rows.extend(other.rows.iter().map(|row| Place {
            line: row.line,
            text: (text + row.text.0, text + row.text.1),
            ends: (ends + row.ends.0, ends + row.ends.1),
        }));
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// A row that is being read: its line, and how far text and ends reach.
pub(super) struct Drawn {
    pub(super) line: usize,
    pub(super) text: usize,
    pub(super) ends: usize,
}

impl<'a> Row<'a> {
    /// How many bytes it has.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// Its text, all cells in one.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] where it is not UTF-8.
    pub(crate) fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.text).map_err(|_| not_utf8())
    }

    /// How many cells it has.
    #[cfg(feature = "csv")]
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Its cells, of which there must be so many as the header has.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] where there are more or fewer, and where they are not UTF-8.
    #[cfg(feature = "csv")]
    pub(crate) fn cells(&self, header: usize) -> Result<Cells<'a>> {
        if self.ends.len() != header {
            return Err(Error::input(
                format!(
                    "the row has {} cells, and the header {header}",
                    self.ends.len()
                ),
                "look for a delimiter or a line break that is not quoted",
            ));
        }
        let cells = Cells {
            text: self.text()?,
            ends: self.ends,
        };
        // A character that a delimiter cuts is no character, though its parts next to each other are.
        let text = cells.text;
        if self.ends.iter().any(|&end| !text.is_char_boundary(end)) {
            return Err(not_utf8());
        }
        Ok(cells)
    }
}

/// The cells of a row.
#[cfg(feature = "csv")]
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    text: &'a str,
    ends: &'a [usize],
}

#[cfg(feature = "csv")]
impl<'a> Cells<'a> {
    #[inline]
    pub(crate) fn get(&self, column: usize) -> &'a str {
        let start = match column {
            0 => 0,
            column => self.ends[column - 1],
        };
        &self.text[start..self.ends[column]]
    }
}

fn not_utf8() -> Error {
    Error::input(
        "the row is not UTF-8",
        "say the file's encoding, or mend the row",
    )
}
