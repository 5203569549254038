//! From a protected row to a row in clear.

#[cfg(feature = "ndjson")]
use serde_json::value::RawValue;

use super::{
    block::Row,
    columns::{check_unique, record_id},
    pipeline::Work,
    print::{Form, Printer},
};
#[cfg(feature = "csv")]
use super::{columns::no_id_column, protect::Id};
#[cfg(feature = "ndjson")]
use super::{
    columns::no_record_id,
    ndjson::{check_keys, put_json, put_string, string},
    protect::id_text,
};
#[cfg(feature = "ndjson")]
use crate::protect::JsonRecord;
use crate::{
    error::{Error, Result},
    protect::{Binding, Revealer, SEALED, Values},
    wire::SealedRecord,
};
#[cfg(feature = "csv")]
use crate::{policy::Transform, protect::is_integer, schema::ValueType};

/// Reveals rows.
pub(super) struct Revealing<'a> {
    revealer: &'a Revealer,
    reading: Reading,
    printer: Printer,
}

enum Reading {
    #[cfg(feature = "csv")]
    Columns {
        count: usize,
        sealed: usize,
        record_id: Option<usize>,
        cells: Vec<Cell>,
    },
    /// Objects, as rows of the columns that the policy knows.
    #[cfg(feature = "ndjson")]
    Members(Vec<Member>),
    /// Objects, as objects.
    #[cfg(feature = "ndjson")]
    Objects(Vec<usize>),
}

/// A column of a revealed file, by what is read.
#[cfg(feature = "csv")]
#[derive(Clone, Copy)]
enum Cell {
    /// This column, as it is.
    Column(usize, ValueType),
    RecordId,
    Field(usize),
}

/// The same, of an object.
#[cfg(feature = "ndjson")]
enum Member {
    Named(String),
    Field(usize),
}

/// What an object becomes: a row of these columns, or an object with the fields at these positions.
#[cfg(feature = "ndjson")]
#[derive(Clone, Copy)]
enum Shape<'a> {
    Row(&'a [Member]),
    Object(&'a [usize]),
}

impl<'a> Revealing<'a> {
    /// For rows under this header; also what stands before all that is revealed.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] where a column is there twice, where there is none for the seal or the record id, and where one
    /// has the name of a column that is revealed.
    #[cfg(feature = "csv")]
    pub(super) fn columns(
        revealer: &'a Revealer,
        header: &[String],
        form: Form,
    ) -> Result<(Self, String)> {
        check_unique(header)?;
        let policy = revealer.policy();
        let find = |name: &str| header.iter().position(|column| column == name);
        let sealed = find(SEALED).ok_or_else(|| {
            Error::input(
                format!("the header has no column {SEALED:?}"),
                "give a file of protected rows",
            )
        })?;
        let record_id = match &policy.source().record_id {
            Some(name) => Some(find(name).ok_or_else(no_id_column)?),
            None => None,
        };
        let mut cells = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let fields = arranged(revealer, form);
        let mut first = 0;
        for (column, name) in header.iter().enumerate() {
            if column == sealed {
                first = names.len();
                cells.extend(fields.iter().copied().map(Cell::Field));
                names.extend(fields.iter().map(|&position| column_of(revealer, position)));
            } else if record_id == Some(column) {
                cells.push(Cell::RecordId);
                names.push(name.clone());
            } else if !is_revealed(revealer, name) {
                cells.push(Cell::Column(column, shown_type(revealer, name)));
                names.push(name.clone());
            }
        }
        let is_field = |column: usize| (first..first + fields.len()).contains(&column);
        let mut others = names
            .iter()
            .enumerate()
            .filter(|(column, _)| !is_field(*column));
        if others.any(|(_, name)| is_taken(revealer, form, name)) {
            return Err(named_twice());
        }
        let reading = Reading::Columns {
            count: header.len(),
            sealed,
            record_id,
            cells,
        };
        Self::new(revealer, reading, form, &names, first, &fields)
    }

    /// For objects; also what stands before all that is revealed.
    #[cfg(feature = "ndjson")]
    pub(super) fn objects(revealer: &'a Revealer, form: Form) -> Result<(Self, String)> {
        let policy = revealer.policy();
        let fields = arranged(revealer, form);
        let mut names: Vec<String> = Vec::new();
        let reading = if form == Form::Ndjson {
            Reading::Objects(fields.clone())
        } else {
            let shown = policy.shows().map(|(field, _)| field.name());
            names.extend(policy.source().record_id.clone());
            names.extend(
                shown
                    .filter(|name| !is_revealed(revealer, name))
                    .chain(policy.pseudonyms())
                    .chain(policy.indexes())
                    .map(str::to_owned),
            );
            let named = names.iter().cloned().map(Member::Named);
            let fields = fields.iter().copied().map(Member::Field);
            Reading::Members(named.chain(fields).collect())
        };
        let first = names.len();
        names.extend(fields.iter().map(|&position| column_of(revealer, position)));
        Self::new(revealer, reading, form, &names, first, &fields)
    }

    /// For columns of these names, of which the `first` and those behind it are the fields. Refuses names of which two are
    /// the same.
    fn new(
        revealer: &'a Revealer,
        reading: Reading,
        form: Form,
        names: &[String],
        first: usize,
        fields: &[usize],
    ) -> Result<(Self, String)> {
        check_unique(names).map_err(|_| named_twice())?;
        let printer = printer(revealer, form, names, first, fields);
        let head = printer.header(names.iter().map(String::as_str));
        let this = Self {
            revealer,
            reading,
            printer,
        };
        Ok((this, head))
    }

    /// What `take` makes of the values that are sealed in `text`.
    fn open<R>(&self, text: &str, id: Option<&str>, take: impl FnOnce(&Values) -> R) -> Result<R> {
        let sealed: SealedRecord = text.parse()?;
        let binding = match id {
            Some(id) => Binding::record(record_id(id)?),
            None => Binding::NONE,
        };
        self.revealer.bind(binding).open(&sealed, take)
    }

    #[cfg(feature = "csv")]
    fn row(
        &self,
        row: Row<'_>,
        (count, sealed, id): (usize, usize, Option<usize>),
        columns: &[Cell],
        out: &mut String,
    ) -> Result<()> {
        let cells = row.cells(count)?;
        let fields = self.revealer.policy().schema().fields();
        let id = id.map(|column| cells.get(column));
        let printer = &self.printer;
        self.open(cells.get(sealed), id, |values| {
            let start = out.len();
            for (column, cell) in columns.iter().enumerate() {
                printer.begin(column, out);
                match *cell {
                    Cell::Field(position) => {
                        printer.field(column, &fields[position], values.get(position), out);
                    }
                    Cell::RecordId => {
                        if let Some(id) = id {
                            Id::Text(id).print(printer, out);
                        }
                    }
                    Cell::Column(column, value_type) => match (cells.get(column), value_type) {
                        ("", _) => printer.null(out),
                        (text, ValueType::Integer) if is_integer(text) => printer.json(text, out),
                        (text @ ("true" | "false"), ValueType::Boolean) => printer.json(text, out),
                        (text, ValueType::Json) if is_json(text) => printer.json(text, out),
                        (text, _) => printer.text(text, out),
                    },
                }
            }
            printer.end(start, out);
        })
    }

    #[cfg(feature = "ndjson")]
    fn object(&self, row: Row<'_>, form: Shape<'_>, out: &mut String) -> Result<()> {
        let record = JsonRecord::parse(row.text()?)?;
        let members = record.members();
        check_keys(members)?;
        let policy = self.revealer.policy();
        let find = |name: &str| {
            members
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| *value)
        };
        let sealed = find(SEALED).and_then(string).ok_or_else(|| {
            Error::input(
                format!("the object has no text under {SEALED:?}"),
                "give a file of protected rows",
            )
        })?;
        let id = match &policy.source().record_id {
            Some(name) => Some(id_text(find(name).ok_or_else(no_record_id)?)?),
            None => None,
        };
        match form {
            Shape::Row(columns) => {
                let known = |key: &str| {
                    let is_it =
                        |member: &Member| matches!(member, Member::Named(name) if name == key);
                    key == SEALED || is_revealed(self.revealer, key) || columns.iter().any(is_it)
                };
                if members.iter().any(|(key, _)| !known(key)) {
                    return Err(Error::input(
                        "the object has a key that the policy does not name, and so no column",
                        "write NDJSON, which keeps such keys",
                    ));
                }
                self.open(&sealed, id.as_deref(), |values| {
                    self.print_members(columns, find, values, out);
                })
            }
            Shape::Object(positions) => {
                if members.iter().any(|(key, _)| {
                    !is_revealed(self.revealer, key) && is_taken(self.revealer, Form::Ndjson, key)
                }) {
                    return Err(named_twice());
                }
                self.open(&sealed, id.as_deref(), |values| {
                    self.print_object(members, positions, values, out);
                })
            }
        }
    }

    #[cfg(feature = "ndjson")]
    fn print_members<'m>(
        &self,
        columns: &[Member],
        find: impl Fn(&str) -> Option<&'m RawValue>,
        values: &Values,
        out: &mut String,
    ) {
        let fields = self.revealer.policy().schema().fields();
        let start = out.len();
        for (column, member) in columns.iter().enumerate() {
            self.printer.begin(column, out);
            match member {
                Member::Field(position) => {
                    self.printer
                        .field(column, &fields[*position], values.get(*position), out);
                }
                Member::Named(name) => match find(name) {
                    None => self.printer.null(out),
                    Some(json) if json.get() == "null" => self.printer.null(out),
                    Some(json) => match string(json) {
                        Some(text) => self.printer.text(&text, out),
                        None => self.printer.json(json.get(), out),
                    },
                },
            }
        }
        self.printer.end(start, out);
    }

    #[cfg(feature = "ndjson")]
    fn print_object(
        &self,
        members: &[(std::borrow::Cow<'_, str>, &RawValue)],
        positions: &[usize],
        values: &Values,
        out: &mut String,
    ) {
        let fields = self.revealer.policy().schema().fields();
        let begin = out.len();
        for (key, value) in members {
            if key == SEALED {
                for (column, &position) in positions.iter().enumerate() {
                    out.push(if out.len() == begin { '{' } else { ',' });
                    out.push_str(self.printer.key(column));
                    self.printer
                        .field(column, &fields[position], values.get(position), out);
                }
            } else if !is_revealed(self.revealer, key) {
                out.push(if out.len() == begin { '{' } else { ',' });
                put_string(key, out);
                out.push(':');
                put_json(value.get(), out);
            }
        }
        if out.len() == begin {
            out.push('{');
        }
        self.printer.end(begin, out);
    }
}

impl Work for Revealing<'_> {
    type State = ();

    fn start(&self) {}

    fn run(&self, row: Row<'_>, (): &mut (), out: &mut String) -> Result<()> {
        match &self.reading {
            #[cfg(feature = "csv")]
            Reading::Columns {
                count,
                sealed,
                record_id,
                cells,
            } => self.row(row, (*count, *sealed, *record_id), cells, out),
            #[cfg(feature = "ndjson")]
            Reading::Members(columns) => self.object(row, Shape::Row(columns), out),
            #[cfg(feature = "ndjson")]
            Reading::Objects(positions) => self.object(row, Shape::Object(positions), out),
        }
    }
}

/// The positions of the fields that are revealed, in the schema's order.
fn revealed(revealer: &Revealer) -> impl Iterator<Item = usize> {
    let fields = revealer.policy().schema().fields().iter().enumerate();
    fields
        .filter(|(_, field)| revealer.scopes().contains(&field.scope()))
        .map(|(position, _)| position)
}

/// The same as they are written: in JSON those side by side that are in one object.
fn arranged(revealer: &Revealer, form: Form) -> Vec<usize> {
    let positions: Vec<usize> = revealed(revealer).collect();
    match form {
        #[cfg(feature = "csv")]
        Form::Csv { .. } => positions,
        #[cfg(feature = "ndjson")]
        Form::Ndjson => side_by_side(revealer, positions),
    }
}

#[cfg(feature = "ndjson")]
fn side_by_side(revealer: &Revealer, mut positions: Vec<usize>) -> Vec<usize> {
    let paths: Vec<(usize, Vec<&str>)> = positions
        .iter()
        .map(|&position| (position, steps(revealer, position)))
        .collect();
    // Where each object on the way to a field begins, and the field.
    let place = |position: usize| -> Vec<usize> {
        let own = steps(revealer, position);
        let begins = |depth: usize| {
            let mut inside = paths
                .iter()
                .filter(|(_, path)| path.starts_with(&own[..depth]));
            inside.next().map_or(position, |(first, _)| *first)
        };
        (1..=own.len()).map(begins).collect()
    };
    positions.sort_by_key(|&position| place(position));
    positions
}

/// The column of a field in clear.
fn column_of(revealer: &Revealer, position: usize) -> String {
    let policy = revealer.policy();
    policy.source().column(policy.schema(), position).to_owned()
}

/// The keys that lead to a field in JSON: one, where the policy says its column.
#[cfg(feature = "ndjson")]
fn steps(revealer: &Revealer, position: usize) -> Vec<&str> {
    let policy = revealer.policy();
    let column = policy.source().column(policy.schema(), position);
    if policy.source().columns.contains_key(&position) {
        vec![column]
    } else {
        column.split('.').collect()
    }
}

/// Whether a field that is revealed has this name among columns or keys.
fn is_taken(revealer: &Revealer, form: Form, name: &str) -> bool {
    revealed(revealer).any(|position| match form {
        #[cfg(feature = "csv")]
        Form::Csv { .. } => column_of(revealer, position) == name,
        #[cfg(feature = "ndjson")]
        Form::Ndjson => steps(revealer, position).first() == Some(&name),
    })
}

fn printer(
    revealer: &Revealer,
    form: Form,
    names: &[String],
    first: usize,
    fields: &[usize],
) -> Printer {
    let printer = Printer::new(form, names.iter().map(String::as_str));
    let _ = (revealer, first, fields);
    #[cfg(feature = "ndjson")]
    let printer = {
        let steps: Vec<Vec<&str>> = fields
            .iter()
            .map(|&position| steps(revealer, position))
            .collect();
        printer.nested(first, &steps)
    };
    printer
}

/// Whether this is a shown field that is revealed, so that what is shown of it is left out.
fn is_revealed(revealer: &Revealer, name: &str) -> bool {
    let mut shows = revealer.policy().shows();
    shows.any(|(field, _)| field.name() == name && revealer.scopes().contains(&field.scope()))
}

/// What JSON makes of the column of this name.
#[cfg(feature = "csv")]
fn shown_type(revealer: &Revealer, name: &str) -> ValueType {
    let mut shows = revealer.policy().shows();
    match shows.find(|(field, _)| field.name() == name) {
        Some((field, Transform::Keep | Transform::Round(_))) => field.value_type(),
        _ => ValueType::Text,
    }
}

#[cfg(feature = "csv")]
fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn named_twice() -> Error {
    Error::input(
        "what is not revealed has the name of a field's column that is",
        "give the policy that the rows were protected under, or rename it in the protected file",
    )
}
