//! How rows are printed, in whichever format.

#[cfg(feature = "csv")]
use super::csv::put_cell;
use super::format::Format;
#[cfg(feature = "ndjson")]
use super::ndjson::{put_json, put_string};
use crate::{
    error::Result,
    protect::Shown,
    schema::{Field, ValueType},
};

/// Prints rows of the same columns.
pub(super) struct Printer {
    form: Form,
    /// What stands before each value in JSON: its key and a colon.
    #[cfg(feature = "ndjson")]
    keys: Vec<String>,
    /// How many objects end with each value in JSON.
    #[cfg(feature = "ndjson")]
    closes: Vec<usize>,
}

/// A format, as it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    #[cfg(feature = "csv")]
    Csv { delimiter: u8 },
    #[cfg(feature = "ndjson")]
    Ndjson,
}

impl Form {
    /// `found` is the delimiter of the rows that are read.
    pub(super) fn new(format: &Format, found: Option<u8>) -> Result<Self> {
        match format {
            #[cfg(feature = "csv")]
            Format::Csv(csv) => {
                if csv.said_encoding() == Some(super::format::Encoding::Windows1252) {
                    return Err(crate::error::Error::definition(
                        "rows are to be written in Windows-1252",
                        "write them in UTF-8",
                    ));
                }
                let delimiter = csv.said_delimiter()?.or(found).unwrap_or(b',');
                Ok(Self::Csv { delimiter })
            }
            #[cfg(feature = "ndjson")]
            Format::Ndjson => {
                let _ = found;
                Ok(Self::Ndjson)
            }
        }
    }
}

impl Printer {
    pub(super) fn new<'n>(form: Form, names: impl IntoIterator<Item = &'n str>) -> Self {
        #[cfg(feature = "ndjson")]
        let key = |name: &str| {
            let mut key = String::new();
            put_string(name, &mut key);
            key.push(':');
            key
        };
        #[cfg(not(feature = "ndjson"))]
        let _ = names;
        Self {
            form,
            #[cfg(feature = "ndjson")]
            keys: names.into_iter().map(key).collect(),
            #[cfg(feature = "ndjson")]
            closes: Vec::new(),
        }
    }

    /// The same with the columns from `first` on inside of objects in JSON, by the steps that lead to each. Those that begin
    /// alike stand side by side.
    #[cfg(feature = "ndjson")]
    pub(super) fn nested(mut self, first: usize, steps: &[Vec<&str>]) -> Self {
        if self.form != Form::Ndjson {
            return self;
        }
        self.closes = vec![0; first + steps.len()];
        let shared = |i: usize, j: Option<usize>| {
            let other = j.and_then(|j| steps.get(j)).map_or(&[][..], Vec::as_slice);
            steps[i]
                .iter()
                .zip(other)
                .take_while(|(a, b)| a == b)
                .count()
        };
        for (i, path) in steps.iter().enumerate() {
            let mut key = String::new();
            for (depth, step) in path.iter().enumerate().skip(shared(i, i.checked_sub(1))) {
                put_string(step, &mut key);
                key.push_str(if depth + 1 < path.len() { ":{" } else { ":" });
            }
            self.keys[first + i] = key;
            self.closes[first + i] = path.len() - 1 - shared(i, Some(i + 1));
        }
        self
    }

    /// The line before all rows; empty where the format has none.
    pub(super) fn header<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> String {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { .. } => {
                let mut out = String::new();
                for (column, name) in names.into_iter().enumerate() {
                    self.begin(column, &mut out);
                    self.text(name, &mut out);
                }
                self.end(0, &mut out);
                out
            }
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                let _ = names;
                String::new()
            }
        }
    }

    /// The key of a column in JSON, with its colon.
    #[cfg(feature = "ndjson")]
    pub(super) fn key(&self, column: usize) -> &str {
        &self.keys[column]
    }

    /// Begins the value of a column.
    #[inline]
    pub(super) fn begin(&self, column: usize, out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { delimiter } => {
                if column > 0 {
                    out.push(char::from(delimiter));
                }
            }
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                out.push(if column > 0 { ',' } else { '{' });
                out.push_str(&self.keys[column]);
            }
        }
    }

    /// Ends the row that begins at `start`.
    #[inline]
    pub(super) fn end(&self, start: usize, out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { .. } => {
                // A line without anything is no row.
                out.push_str(if out.len() == start { "\"\"\n" } else { "\n" });
            }
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                let _ = start;
                out.push_str("}\n");
            }
        }
    }

    #[inline]
    pub(super) fn text(&self, text: &str, out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { delimiter } => put_cell(text, delimiter, out),
            #[cfg(feature = "ndjson")]
            Form::Ndjson => put_string(text, out),
        }
    }

    pub(super) fn null(&self, out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { .. } => {}
            #[cfg(feature = "ndjson")]
            Form::Ndjson => out.push_str("null"),
        }
        let _ = out;
    }

    /// A number, a boolean or JSON.
    pub(super) fn json(&self, json: &str, out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { delimiter } => put_cell(json, delimiter, out),
            #[cfg(feature = "ndjson")]
            Form::Ndjson => put_json(json, out),
        }
    }

    /// What `append` appends: letters, digits and `.`, `_`, `-` only, so that none of it is looked at.
    #[inline]
    pub(super) fn token(&self, append: impl FnOnce(&mut String), out: &mut String) {
        match self.form {
            #[cfg(feature = "csv")]
            Form::Csv { delimiter } if is_of_tokens(delimiter) => {
                let start = out.len();
                append(out);
                if out.as_bytes()[start..].contains(&delimiter) {
                    out.insert(start, '"');
                    out.push('"');
                }
            }
            #[cfg(feature = "csv")]
            Form::Csv { .. } => append(out),
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                out.push('"');
                append(out);
                out.push('"');
            }
        }
    }

    /// A value that is shown.
    pub(super) fn shown(&self, shown: Shown<'_>, out: &mut String) {
        match shown {
            Shown::Null => self.null(out),
            Shown::Boolean(boolean) => self.json(if boolean { "true" } else { "false" }, out),
            Shown::Integer(integer) => self.json(&integer.to_string(), out),
            Shown::Text(text) => self.text(text, out),
            Shown::Json(json) => self.json(json, out),
            Shown::Pseudonym(pseudonym) => self.token(|out| pseudonym.append_text(out), out),
            Shown::Index(index) => self.text(&index.to_string(), out),
            Shown::Reversible(reversible) => self.text(&reversible.to_string(), out),
            Shown::Phone(phone) => self.text(phone.not_a_number_to_dial(), out),
        }
    }

    /// A field's value in clear, in this column, and the end of objects that end with it.
    pub(super) fn field(&self, column: usize, field: &Field, text: Option<&str>, out: &mut String) {
        self.value(field, text, out);
        #[cfg(feature = "ndjson")]
        for _ in 0..self.closes.get(column).copied().unwrap_or_default() {
            out.push('}');
        }
        let _ = column;
    }

    fn value(&self, field: &Field, text: Option<&str>, out: &mut String) {
        match (text, field.value_type()) {
            (None, _) => self.null(out),
            (Some(text), ValueType::Integer | ValueType::Boolean | ValueType::Json) => {
                self.json(text, out);
            }
            (Some(text), _) => self.text(text, out),
        }
    }
}

/// Whether what [`Printer::token`] prints may have this character.
#[cfg(feature = "csv")]
fn is_of_tokens(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
