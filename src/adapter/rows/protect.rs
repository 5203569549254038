//! From a row in clear to a protected row.

use super::{
    block::Row,
    columns::{Meaning, Part, record_id},
    pipeline::Work,
    print::Printer,
};
#[cfg(feature = "ndjson")]
use super::{
    columns::{meaning, no_record_id},
    ndjson::string,
};
#[cfg(feature = "csv")]
use crate::protect::Draft;
#[cfg(feature = "ndjson")]
use crate::{
    error::Kind,
    protect::{JsonRecord, collect, printable},
};
use crate::{
    error::Result,
    policy::Policy,
    protect::{Binding, Protected, Protector},
};

/// Protects rows.
pub(super) struct Protecting<'a> {
    protector: &'a Protector,
    reading: Reading,
    parts: Vec<Part>,
    printer: Printer,
}

/// How a row is read.
pub(super) enum Reading {
    #[cfg(feature = "csv")]
    Csv(CsvColumns),
    #[cfg(feature = "ndjson")]
    Ndjson,
}

/// Where the values of a row are.
#[cfg(feature = "csv")]
pub(super) struct CsvColumns {
    count: usize,
    /// Positions of fields and their columns, ascending: in this order they are sealed.
    fields: Vec<(usize, usize)>,
    record_id: Option<usize>,
}

#[cfg(feature = "csv")]
impl CsvColumns {
    pub(super) fn new(meanings: &[Meaning]) -> Self {
        let columns = || meanings.iter().enumerate();
        let mut fields: Vec<(usize, usize)> = columns()
            .filter_map(|(column, meaning)| match meaning {
                Meaning::Field(position) => Some((*position, column)),
                _ => None,
            })
            .collect();
        fields.sort_unstable();
        Self {
            count: meanings.len(),
            fields,
            record_id: meanings.iter().position(|m| *m == Meaning::RecordId),
        }
    }
}

impl<'a> Protecting<'a> {
    pub(super) fn new(
        protector: &'a Protector,
        reading: Reading,
        parts: Vec<Part>,
        printer: Printer,
    ) -> Self {
        Self {
            protector,
            reading,
            parts,
            printer,
        }
    }

    fn policy(&self) -> &Policy {
        self.protector.policy()
    }

    #[cfg(feature = "csv")]
    fn csv(
        &self,
        columns: &CsvColumns,
        row: Row<'_>,
        protected: &mut Protected,
        out: &mut String,
    ) -> Result<()> {
        let cells = row.cells(columns.count)?;
        let id = columns.record_id.map(|column| cells.get(column));
        let binding = match id {
            Some(id) => Binding::record(record_id(id)?),
            None => Binding::NONE,
        };
        let fields = self.policy().schema().fields();
        self.protector.bind(binding).protect_filled(
            |schema, draft: &mut Draft, _| {
                draft.begin(schema);
                for &(position, column) in &columns.fields {
                    let text = cells.get(column);
                    if !text.is_empty() {
                        draft.set_cell(position, &fields[position], text)?;
                    }
                }
                Ok(())
            },
            protected,
        )?;
        self.print(protected, id.map(Id::Text), out);
        Ok(())
    }

    #[cfg(feature = "ndjson")]
    fn ndjson(&self, row: Row<'_>, protected: &mut Protected, out: &mut String) -> Result<()> {
        use serde::{Serialize, Serializer, ser::SerializeMap};

        struct Renamed<'m>(Vec<(&'m str, &'m serde_json::value::RawValue)>);

        impl Serialize for Renamed<'_> {
            fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = to.serialize_map(Some(self.0.len()))?;
                for (key, value) in &self.0 {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        let policy = self.policy();
        let schema = policy.schema();
        let record = JsonRecord::parse(row.text()?)?;
        let mut renamed = Renamed(Vec::with_capacity(record.members().len()));
        let mut id = None;
        for (key, value) in record.members() {
            let name = match meaning(policy, key) {
                Some(Meaning::Field(position)) => schema.fields()[position].name(),
                Some(Meaning::RecordId) if id.is_none() => {
                    id = Some(*value);
                    continue;
                }
                Some(Meaning::RecordId) => {
                    return Err(crate::Error::new(|| Kind::DuplicateField {
                        field: printable(key),
                    }));
                }
                Some(Meaning::Dropped) => continue,
                // A field whose key is another one.
                None if schema.position(key).is_some() => {
                    return Err(crate::Error::new(|| Kind::UnknownField {
                        field: printable(key),
                    }));
                }
                // Perhaps an object around fields, or else refused there.
                None => key,
            };
            renamed.0.push((name, value));
        }
        let text = match id {
            Some(json) => Some(id_text(json)?),
            None => None,
        };
        let binding = match &text {
            Some(text) => Binding::record(record_id(text)?),
            None if policy.binds_record_id() => return Err(no_record_id()),
            None => Binding::NONE,
        };
        self.protector.bind(binding).protect_filled(
            |schema, draft, reading| collect(&renamed, schema, draft, reading),
            protected,
        )?;
        let id = id.zip(text.as_deref());
        self.print(
            protected,
            id.map(|(json, text)| Id::Json(json.get(), text)),
            out,
        );
        Ok(())
    }

    fn print(&self, protected: &Protected, id: Option<Id<'_>>, out: &mut String) {
        print_row(&self.parts, &self.printer, protected, id, out);
    }
}

/// Prints a protected row.
pub(super) fn print_row(
    parts: &[Part],
    printer: &Printer,
    protected: &Protected,
    id: Option<Id<'_>>,
    out: &mut String,
) {
    let start = out.len();
    for (column, part) in parts.iter().enumerate() {
        printer.begin(column, out);
        match part {
            Part::RecordId => match id {
                Some(id) => id.print(printer, out),
                None => printer.null(out),
            },
            Part::Shown(position) => printer.shown(protected.shown_at(*position), out),
            Part::Sealed => printer.token(|out| protected.sealed().append_text(out), out),
        }
    }
    printer.end(start, out);
}

impl Work for Protecting<'_> {
    type State = Protected;

    fn start(&self) -> Protected {
        Protected::empty()
    }

    fn run(&self, row: Row<'_>, protected: &mut Protected, out: &mut String) -> Result<()> {
        match &self.reading {
            #[cfg(feature = "csv")]
            Reading::Csv(columns) => self.csv(columns, row, protected, out),
            #[cfg(feature = "ndjson")]
            Reading::Ndjson => self.ndjson(row, protected, out),
        }
    }
}

/// A row's id, as it was read.
#[derive(Clone, Copy)]
pub(super) enum Id<'a> {
    #[cfg(feature = "csv")]
    Text(&'a str),
    /// A JSON string or number, and its text.
    #[cfg(feature = "ndjson")]
    Json(&'a str, &'a str),
}

impl Id<'_> {
    /// A number stays one in JSON.
    pub(super) fn print(self, printer: &Printer, out: &mut String) {
        match self {
            #[cfg(feature = "csv")]
            Self::Text(text) => printer.text(text, out),
            #[cfg(feature = "ndjson")]
            Self::Json(json, text) if json == text => printer.json(text, out),
            #[cfg(feature = "ndjson")]
            Self::Json(_, text) => printer.text(text, out),
        }
    }
}

/// The text of a record id in JSON.
#[cfg(feature = "ndjson")]
pub(super) fn id_text(json: &serde_json::value::RawValue) -> Result<std::borrow::Cow<'_, str>> {
    match json.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Ok(json.get().into()),
        Some(b'"') => string(json).ok_or_else(no_record_id),
        _ => Err(no_record_id()),
    }
}
