//! Flat rows of text, as they lie in a file.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// Rows of named columns. Each cell is a text or null; nothing is said of types.
///
/// Memory grows by the bytes of its cells and nine bytes a cell; nothing is copied as it grows.
#[derive(Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
    /// The encoding that a file's text was taken for, where it is not UTF-8 and nobody said it.
    pub(crate) taken_for: Option<&'static str>,
}

/// One column of a [`Table`].
#[derive(Clone)]
pub struct Column {
    name: String,
    rows: usize,
    /// Each but the last has [`PIECE`] rows.
    pieces: Vec<Piece>,
}

/// Some cells of a column, one behind the other.
#[derive(Clone, Default)]
struct Piece {
    text: String,
    ends: Vec<usize>,
    nulls: Vec<bool>,
}

/// A buffer that doubles has up to twice its content, and three times while it moves: so no buffer holds a whole column.
const PIECE: usize = 1024;

/// Which cells of a column are equal: each row's number among the different values, by first appearance.
pub(crate) struct Codes {
    /// [`NONE`] for null.
    pub(crate) of: Vec<u32>,
    /// The first row of each different value.
    pub(crate) first: Vec<u32>,
}

/// The code of null, and of what says nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// The most rows of a table: rows and codes are numbered in 32 bits, and [`NONE`] is no number.
const MOST: usize = NONE as usize - 1;

/// Refuses a row more than [`MOST`], where a table has so many.
fn room(rows: usize) -> Result<()> {
    if rows >= MOST {
        return Err(Error::audit(
            format!("a table has more than {MOST} rows"),
            "give fewer rows, or several draws",
        ));
    }
    Ok(())
}

impl Table {
    /// A table without rows.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where there is no column, or one twice.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self> {
        let columns: Vec<Column> = names
            .into_iter()
            .map(|name| Column::new(name.into()))
            .collect();
        let mut seen = HashSet::new();
        if columns.is_empty() {
            return Err(Error::audit("a table has no column", "name its columns"));
        }
        if !columns
            .iter()
            .all(|column| seen.insert(column.name.as_str()))
        {
            return Err(Error::audit(
                "a table has a column twice",
                "give each column a name of its own",
            ));
        }
        Ok(Self {
            columns,
            rows: 0,
            taken_for: None,
        })
    }

    /// The records as rows: each field of the objects that records serialise to is a column. What a record leaves out is null.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where there is none, one is no object, a field is an array or an object, or there are more than
    /// 4,294,967,294.
    pub fn from_records<T: Serialize>(records: impl IntoIterator<Item = T>) -> Result<Self> {
        let advice = "give records that serialise to flat objects";
        let mut table = Self {
            columns: Vec::new(),
            rows: 0,
            taken_for: None,
        };
        for record in records {
            room(table.rows)?;
            let at = |what| Error::audit(what, advice).at_row(table.rows);
            let Ok(Value::Object(object)) = serde_json::to_value(&record) else {
                return Err(at("a record is not an object"));
            };
            for (name, value) in object {
                let cell = match value {
                    Value::Null => None,
                    Value::String(text) => Some(text),
                    Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(at("a field of a record is not flat"));
                    }
                };
                let columns = &mut table.columns;
                let place = columns.iter().position(|column| column.name == name);
                let place = place.unwrap_or_else(|| {
                    columns.push(Column::new(name));
                    columns.len() - 1
                });
                let column = &mut columns[place];
                column.pad(table.rows);
                column.push(cell.as_deref());
            }
            table.rows += 1;
        }
        for column in &mut table.columns {
            column.pad(table.rows);
        }
        if table.columns.is_empty() {
            return Err(Error::audit(
                "there is no record with a field",
                "give at least one",
            ));
        }
        Ok(table)
    }

    /// Adds a row; `None` is null.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where it has more or fewer cells than there are columns, or there are 4,294,967,294 rows already. Then
    /// nothing was added.
    pub fn push<'c>(
        &mut self,
        cells: impl IntoIterator<Item = Option<&'c str>, IntoIter: ExactSizeIterator>,
    ) -> Result<()> {
        room(self.rows)?;
        let cells = cells.into_iter();
        if cells.len() != self.columns.len() {
            let what = format!(
                "a row has {} cells for {} columns",
                cells.len(),
                self.columns.len()
            );
            return Err(Error::audit(what, "give each row one cell a column").at_row(self.rows));
        }
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        self.rows += 1;
        Ok(())
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The encoding that the file's text was taken for, `"windows-1252"`, where it was read from a file that is not UTF-8 and of which
    /// nobody said the encoding.
    pub fn taken_for(&self) -> Option<&'static str> {
        self.taken_for
    }

    /// Its columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Adds a column of as many rows, unless there is one of its name.
    pub(crate) fn add(&mut self, column: Column) -> bool {
        let fits = column.rows == self.rows && self.column(&column.name).is_none();
        if fits {
            self.columns.push(column);
        }
        fits
    }

    /// The rows at these places, in this order; a place beyond the last row gives nulls.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where there are more than 4,294,967,294 places.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        room(rows.len().saturating_sub(1))?;
        let mut selected = Self {
            columns: self
                .columns
                .iter()
                .map(|column| Column::new(column.name.clone()))
                .collect(),
            rows: rows.len(),
            taken_for: self.taken_for,
        };
        for (to, from) in selected.columns.iter_mut().zip(&self.columns) {
            for &row in rows {
                to.push(from.get(row));
            }
        }
        Ok(selected)
    }
}

impl Column {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            rows: 0,
            pieces: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, cell: Option<&str>) {
        if self.rows.is_multiple_of(PIECE) {
            if let Some(full) = self.pieces.last_mut() {
                full.text.shrink_to_fit();
            }
            self.pieces.push(Piece::default());
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.text.push_str(cell.unwrap_or_default());
            piece.ends.push(piece.text.len());
            piece.nulls.push(cell.is_none());
            self.rows += 1;
        }
    }

    /// Adds nulls until it has so many rows.
    fn pad(&mut self, rows: usize) {
        while self.rows < rows {
            self.push(None);
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many cells it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The cell of a row; `None` where it is null, or beyond the last row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let piece = self.pieces.get(row / PIECE)?;
        let at = row % PIECE;
        let end = *piece.ends.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| piece.ends[before]);
        (!piece.nulls[at]).then(|| &piece.text[start..end])
    }

    /// Which cells are equal.
    pub(crate) fn codes(&self) -> Codes {
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let mut codes = Codes {
            of: Vec::with_capacity(self.rows()),
            first: Vec::new(),
        };
        for row in 0..self.rows() {
            codes.of.push(match self.get(row) {
                None => NONE,
                Some(text) => *seen.entry(text).or_insert_with(|| {
                    codes.first.push(row as u32);
                    codes.first.len() as u32 - 1
                }),
            });
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn column(cells: &[Option<String>]) -> Column {
        let mut column = Column::new("c".to_owned());
        cells.iter().for_each(|cell| column.push(cell.as_deref()));
        column
    }

    #[test]
    fn cells_are_found_on_both_sides_of_a_piece() {
        let cell = |row: usize| (!row.is_multiple_of(5)).then(|| "é".repeat(row % 3));
        let cells: Vec<_> = (0..2 * PIECE + 1).map(cell).collect();
        let column = column(&cells);
        assert_eq!(column.rows(), cells.len());
        for (row, cell) in cells.iter().enumerate() {
            assert_eq!(column.get(row), cell.as_deref());
        }
        assert_eq!(column.get(cells.len()), None);
        assert_eq!(column.get(usize::MAX), None);
    }

    #[test]
    fn columns_have_names_of_their_own() {
        assert!(Table::new(["a", "b", "a"]).is_err_and(|error| error.is_audit()));
        assert!(Table::new(Vec::<String>::new()).is_err_and(|error| error.is_audit()));
    }

    #[test]
    fn a_ragged_row_changes_nothing() {
        let mut table = Table::new(["a", "b"]).unwrap();
        table.push([Some("1"), None]).unwrap();
        for ragged in [vec![Some("1")], vec![Some("1"), None, None]] {
            assert!(table.push(ragged).unwrap_err().is_audit());
        }
        assert_eq!(table.rows(), 1);
        assert!(table.columns().iter().all(|column| column.rows() == 1));
    }

    /// A row beyond 32 bits would be taken for another one, or for null.
    #[test]
    fn a_table_has_no_more_rows_than_there_are_numbers() {
        assert_eq!(MOST, 4_294_967_294);
        assert!(room(MOST - 1).is_ok());
        for rows in [MOST, MOST + 1, usize::MAX] {
            assert!(room(rows).is_err_and(|error| error.is_audit()));
        }
        // A table that is full takes no row more, by whatever way.
        let mut full = Table::new(["a"]).unwrap();
        full.rows = MOST;
        assert!(full.push([Some("1")]).unwrap_err().is_audit());
        assert_eq!((full.rows(), full.columns()[0].rows()), (MOST, 0));
    }

    #[test]
    fn records_are_rows_of_flat_fields() {
        let rows = [
            serde_json::json!({"b": "x", "a": null}),
            serde_json::json!({"a": 1.5, "b": true}),
        ];
        let table = Table::from_records(&rows).unwrap();
        let names: Vec<_> = table.columns().iter().map(Column::name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(table.column("a").unwrap().get(0), None);
        assert_eq!(table.column("a").unwrap().get(1), Some("1.5"));
        assert_eq!(table.column("b").unwrap().get(1), Some("true"));

        // What a record leaves out is null, and so is what only a later one has.
        let rest = [serde_json::json!({"a": 1}), serde_json::json!({"c": 2})];
        let table = Table::from_records(&rest).unwrap();
        let cells = |name: &str| [0, 1].map(|row| table.column(name).unwrap().get(row));
        assert_eq!(cells("a"), [Some("1"), None]);
        assert_eq!(cells("c"), [None, Some("2")]);

        let none: [serde_json::Value; 0] = [];
        assert!(Table::from_records(none).is_err_and(|error| error.is_audit()));
        for bad in [
            serde_json::json!([1]),
            serde_json::json!({"a": 1, "b": [1]}),
            serde_json::json!({"a": 1, "c": {}}),
        ] {
            let rows = [rows[0].clone(), bad];
            let error = Table::from_records(rows).err().unwrap();
            assert!(error.is_audit() && error.row() == Some(1));
        }
    }

    #[test]
    fn what_a_record_leaves_out_is_null() {
        let rows = [
            serde_json::json!({"a": 1, "b": 2}),
            serde_json::json!({"c": 3}),
            serde_json::json!({"a": 4}),
        ];
        let table = Table::from_records(&rows).unwrap();
        assert_eq!(table.rows(), 3);
        let cells = |name| {
            let column = table.column(name).unwrap();
            assert_eq!(column.rows(), 3);
            [0, 1, 2].map(|row| column.get(row))
        };
        assert_eq!(cells("a"), [Some("1"), None, Some("4")]);
        assert_eq!(cells("b"), [Some("2"), None, None]);
        assert_eq!(cells("c"), [None, Some("3"), None]);
    }

    proptest! {
        #[test]
        fn codes_number_cells_by_first_appearance(
            cells in proptest::collection::vec(proptest::option::of("[ab]{0,2}"), 0..60),
            picked in proptest::collection::vec(any::<proptest::sample::Index>(), 0..20),
        ) {
            let column = column(&cells);
            let codes = column.codes();
            for (row, cell) in cells.iter().enumerate() {
                match codes.of[row] {
                    NONE => prop_assert_eq!(cell, &None),
                    code => {
                        let first = codes.first[code as usize] as usize;
                        prop_assert_eq!(cells.iter().position(|other| other == cell), Some(first));
                    }
                }
            }
            prop_assert!(codes.first.is_sorted());

            if !cells.is_empty() {
                let rows: Vec<usize> = picked.iter().map(|at| at.index(cells.len())).collect();
                let mut table = Table::new(["c"]).unwrap();
                for cell in &cells {
                    table.push([cell.as_deref()]).unwrap();
                }
                let selected = table.select(&rows).unwrap();
                prop_assert_eq!(selected.rows(), rows.len());
                for (at, &row) in rows.iter().enumerate() {
                    prop_assert_eq!(selected.columns()[0].get(at), cells[row].as_deref());
                }
            }
        }
    }
}
