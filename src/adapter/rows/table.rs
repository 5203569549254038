//! Tables of an audit, from files of rows.

#[cfg(feature = "ndjson")]
use std::borrow::Cow;
use std::io::Read;

#[cfg(feature = "ndjson")]
use serde_json::value::RawValue;

use super::{block::Block, bytes::Bytes, format::Format};
#[cfg(feature = "ndjson")]
use super::{
    block::Row,
    ndjson::{Lines, check_keys, string},
};
#[cfg(feature = "csv")]
use super::{
    csv::CsvRows,
    format::{CsvFormat, Encoding},
};
#[cfg(feature = "ndjson")]
use crate::protect::JsonRecord;
use crate::{
    audit::Table,
    error::{Error, Result},
};

impl Table {
    /// The rows of a file, of any scheme.
    ///
    /// In CSV the columns are those of the header, and an empty cell is null. Where no delimiter is said, it is the one that
    /// divides the header into the most names. In NDJSON the columns are the keys of the first object, in any order later;
    /// numbers and booleans become their text.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] with the [line](Error::line) of the first row that is not of the file's form: with more or fewer
    /// cells than the header, other keys than the first row, a value that is an array or an object, of another encoding, or
    /// cut off; [`Error::is_record`] where a line is not one JSON object, [`Error::is_duplicate_field`] where one has a key
    /// twice. [`Error::is_audit`] where there is no row, or a column twice; [`Error::is_definition`] where the delimiter
    /// that was said cannot be one; [`Error::is_io`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "csv")] {
    /// use paravent::{CsvFormat, Format, audit::Table};
    ///
    /// let file = "age;phone\n34;06 39 98 12 34\n35;\n";
    /// let table = Table::read(Format::Csv(CsvFormat::default()), file.as_bytes())?;
    /// let phones = table.column("phone").ok_or("no phone")?;
    /// assert_eq!((table.rows(), phones.get(0)), (2, Some("06 39 98 12 34")));
    /// assert_eq!(phones.get(1), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(format: Format, input: impl Read) -> Result<Self> {
        match format {
            #[cfg(feature = "csv")]
            Format::Csv(csv) => read_csv(&csv, input),
            #[cfg(feature = "ndjson")]
            Format::Ndjson => read_ndjson(input),
        }
    }
}

#[cfg(feature = "csv")]
fn read_csv(format: &CsvFormat, input: impl Read) -> Result<Table> {
    let said = format.said_delimiter()?;
    let (bytes, encoding) = Bytes::open_encoded(input, format.said_encoding())?;
    let (mut rows, _) = CsvRows::open(bytes, said, |name| !name.is_empty())?;
    let (header, line) = rows.header()?;
    let columns = header.len();
    let mut table = Table::new(header).map_err(|error| error.at_file_line(line))?;
    if format.said_encoding().is_none() {
        table.taken_for = Some(encoding.name()).filter(|_| encoding != Encoding::Utf8);
    }
    let mut block = Block::default();
    loop {
        block.begin();
        if !rows.read(&mut block)? {
            return with_rows(table);
        }
        let row = block.row(block.rows()[0]);
        let mut add = || {
            let cells = row.cells(columns)?;
            if row.text()?.contains('\0') {
                return Err(Error::input(
                    "the row has a NUL, which no text has",
                    "save the file as UTF-8, or mend the row",
                ));
            }
            let cell = |column| Some(cells.get(column)).filter(|cell| !cell.is_empty());
            table.push((0..columns).map(cell))
        };
        in_line(row.line, add())?;
    }
}

#[cfg(feature = "ndjson")]
fn read_ndjson(input: impl Read) -> Result<Table> {
    let mut lines = Lines::open(Bytes::open(input)?);
    let mut table: Option<Table> = None;
    let mut block = Block::default();
    loop {
        block.begin();
        if !lines.read(&mut block)? {
            break;
        }
        let row = block.row(block.rows()[0]);
        in_line(row.line, add_object(row, &mut table))?;
    }
    table.map_or_else(|| Err(no_row()), with_rows)
}

fn with_rows(table: Table) -> Result<Table> {
    if table.rows() == 0 {
        return Err(no_row());
    }
    Ok(table)
}

fn no_row() -> Error {
    Error::audit("the file has no row", "give a file with at least one")
}

fn in_line<T>(line: usize, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.at_file_line(line))
}

/// Adds the members of an object to the table, which the first one makes.
#[cfg(feature = "ndjson")]
fn add_object(row: Row<'_>, table: &mut Option<Table>) -> Result<()> {
    let record = JsonRecord::parse(row.text()?)?;
    let members = record.members();
    check_keys(members)?;
    let table = match table {
        Some(table) => table,
        None => table.insert(Table::new(members.iter().map(|(key, _)| &**key))?),
    };
    if members.len() != table.columns().len() {
        return Err(other_keys());
    }
    let mut cells = Vec::with_capacity(members.len());
    for (place, column) in table.columns().iter().enumerate() {
        // Mostly all rows have one order.
        let (_, value) = members
            .get(place)
            .filter(|(key, _)| key == column.name())
            .or_else(|| members.iter().find(|(key, _)| key == column.name()))
            .ok_or_else(other_keys)?;
        cells.push(flat(value)?);
    }
    table.push(cells.iter().map(Option::as_deref))
}

/// What stands in a cell; `None` for null.
#[cfg(feature = "ndjson")]
fn flat(json: &RawValue) -> Result<Option<Cow<'_, str>>> {
    match json.get().as_bytes().first() {
        Some(b'"') => match string(json) {
            Some(text) => Ok(Some(text)),
            None => Err(Error::input(
                "a value is text that is not Unicode",
                "mend the row",
            )),
        },
        Some(b'[' | b'{') => Err(Error::input(
            "a value is an array or an object",
            "give flat objects",
        )),
        Some(b'n') => Ok(None),
        _ => Ok(Some(Cow::Borrowed(json.get()))),
    }
}

#[cfg(feature = "ndjson")]
fn other_keys() -> Error {
    Error::input(
        "the object has other keys than that of the first row",
        "give each row the same keys, null where there is no value",
    )
}
