//! Rows of one file that may be in clear or sealed.

use std::{borrow::Cow, io::Read, ops::ControlFlow};

#[cfg(feature = "ndjson")]
use serde::{Serialize, Serializer, ser::SerializeMap};
#[cfg(feature = "ndjson")]
use serde_json::value::RawValue;

use super::{
    Progress,
    block::Row,
    bytes::Bytes,
    columns::{Meaning, Part, check_policy, meaning, record_id},
    format::Format,
    print::Form,
    protect::Id,
    read::Rows,
};
#[cfg(feature = "csv")]
use super::{
    block::Cells,
    columns::{check_unique, no_id_column},
    csv::CsvRows,
};
#[cfg(feature = "ndjson")]
use super::{
    ndjson::{Lines, check_keys, string},
    protect::id_text,
};
#[cfg(feature = "ndjson")]
use crate::protect::{JsonRecord, collect, is_inside, printable};
use crate::{
    error::{Error, Kind, Result},
    policy::Policy,
    protect::{Binding, Draft, Protected, Reading, SEALED, Shown},
    schema::Schema,
    wire::SealedRecord,
};

/// Who is told how far it is, and says whether it goes on.
pub(super) type Observer<'a> = &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync);

/// What the names of a file's values stand for, and which there may be.
pub(super) struct Mixed<'p> {
    policy: &'p Policy,
    #[cfg_attr(not(feature = "ndjson"), allow(dead_code))]
    allowed: Allowed,
    /// In CSV each column's.
    #[cfg(feature = "csv")]
    columns: Vec<(String, Role)>,
}

/// Which names there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Those of rows in clear and those of protected rows.
    Both,
    /// Those of protected rows.
    Protected,
}

/// What a name stands for: in rows in clear, and in protected rows.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Role {
    clear: Option<Meaning>,
    protected: Option<Part>,
}

/// How a file is written, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) form: Form,
    /// In words.
    pub(super) name: String,
}

impl Role {
    fn of(policy: &Policy, name: &str) -> Self {
        let clear = meaning(policy, name);
        let shown = policy
            .shows()
            .map(|(field, _)| field.name())
            .chain(policy.pseudonyms())
            .chain(policy.indexes())
            .position(|shown| shown == name);
        let protected = match clear {
            _ if name == SEALED => Some(Part::Sealed),
            Some(Meaning::RecordId) => Some(Part::RecordId),
            _ => shown.map(Part::Shown),
        };
        Self { clear, protected }
    }

    #[cfg(feature = "csv")]
    fn is_known(self) -> bool {
        self.clear.is_some() || self.protected.is_some()
    }
}

impl<'p> Mixed<'p> {
    /// The rows of a file, and what its names stand for.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy binds to what files do not hold; [`Error::is_input`] where the header
    /// has a column that is not known or there twice, or none for the record id; [`Error::is_unaccounted`] where it has
    /// one that protected rows do not have and that is not allowed.
    pub(super) fn open<R: Read>(
        input: R,
        format: &Format,
        policy: &'p Policy,
        allowed: Allowed,
    ) -> Result<(Rows<R>, Self, Found)> {
        check_policy(policy)?;
        match format {
            #[cfg(feature = "csv")]
            Format::Csv(csv) => {
                let said = csv.said_delimiter()?;
                let (bytes, encoding) = Bytes::open_encoded(input, csv.said_encoding())?;
                let is_known = |name: &str| Role::of(policy, name).is_known();
                let (mut rows, delimiter) = CsvRows::open(bytes, said, is_known)?;
                let (header, line) = rows.header()?;
                let mixed = Self::columns(policy, allowed, header)
                    .map_err(|error| error.at_file_line(line))?;
                let found = Found {
                    form: Form::Csv { delimiter },
                    name: format!("csv {:?} {}", char::from(delimiter), encoding.name()),
                };
                Ok((Rows::Csv(rows), mixed, found))
            }
            #[cfg(feature = "ndjson")]
            Format::Ndjson => {
                let lines = Lines::open(Bytes::open(input)?);
                let found = Found {
                    form: Form::Ndjson,
                    name: "ndjson".to_owned(),
                };
                let mixed = Self {
                    policy,
                    allowed,
                    #[cfg(feature = "csv")]
                    columns: Vec::new(),
                };
                Ok((Rows::Ndjson(lines), mixed, found))
            }
        }
    }

    /// Rows that were written in this form under these names, without a header.
    pub(super) fn reopen<R: Read>(
        input: R,
        form: Form,
        names: &[String],
        policy: &'p Policy,
        allowed: Allowed,
    ) -> Result<(Rows<R>, Self)> {
        let bytes = Bytes::open(input)?;
        match form {
            #[cfg(feature = "csv")]
            Form::Csv { delimiter } => {
                let (rows, _) = CsvRows::open(bytes, Some(delimiter), |_| false)?;
                let mixed = Self::columns(policy, allowed, names.to_vec())?;
                Ok((Rows::Csv(rows), mixed))
            }
            #[cfg(feature = "ndjson")]
            Form::Ndjson => {
                let _ = names;
                let mixed = Self {
                    policy,
                    allowed,
                    #[cfg(feature = "csv")]
                    columns: Vec::new(),
                };
                Ok((Rows::Ndjson(Lines::open(bytes)), mixed))
            }
        }
    }

    #[cfg(feature = "csv")]
    fn columns(policy: &'p Policy, allowed: Allowed, header: Vec<String>) -> Result<Self> {
        check_unique(&header)?;
        let role = |name: String| {
            let role = Role::of(policy, &name);
            (name, role)
        };
        let columns: Vec<(String, Role)> = header.into_iter().map(role).collect();
        // The text of a header that is not known may be a value, where a file has none.
        if let Some(column) = columns.iter().position(|(_, role)| !role.is_known()) {
            return Err(match allowed {
                Allowed::Both => Error::input(
                    format!("column {} of the header is not known", column + 1),
                    "list it in the policy under `[source]`, in `drop` or as a field's column",
                ),
                Allowed::Protected => not_let((column + 1).to_string()),
            });
        }
        let is_extra = |(_, role): &&(String, Role)| role.protected.is_none();
        if allowed == Allowed::Protected
            && let Some((name, _)) = columns.iter().find(is_extra)
        {
            return Err(not_let(format!("{name:?}")));
        }
        let is_id = |(_, role): &(String, Role)| role.clear == Some(Meaning::RecordId);
        if policy.binds_record_id() && !columns.iter().any(is_id) {
            return Err(no_id_column());
        }
        Ok(Self {
            policy,
            allowed,
            columns,
        })
    }

    /// What the columns stand for in rows in clear, in their order, so that protected rows keep it; none in NDJSON.
    pub(super) fn meanings(&self) -> Vec<Meaning> {
        #[cfg_attr(not(feature = "csv"), allow(unused_mut))]
        let mut meanings = Vec::new();
        #[cfg(feature = "csv")]
        for (_, role) in &self.columns {
            let meaning = match (role.clear, role.protected) {
                (Some(meaning), _) => Some(meaning),
                (None, Some(Part::Shown(shown))) => {
                    let rule = self.policy.show_rules().get(shown);
                    rule.map(|rule| Meaning::Field(rule.position))
                }
                _ => None,
            };
            meanings.extend(meaning.filter(|meaning| !meanings.contains(meaning)));
        }
        meanings
    }

    /// What the columns hold in protected rows, in their order, with their names; none in NDJSON.
    pub(super) fn parts(&self) -> Vec<(Part, String)> {
        #[cfg_attr(not(feature = "csv"), allow(unused_mut))]
        let mut parts = Vec::new();
        #[cfg(feature = "csv")]
        parts.extend(
            self.columns
                .iter()
                .filter_map(|(name, role)| Some((role.protected?, name.clone()))),
        );
        parts
    }

    /// What `then` makes of a row; errors have its line.
    pub(super) fn read<T>(
        &self,
        row: Row<'_>,
        then: impl FnOnce(&MixedRow<'_>) -> Result<T>,
    ) -> Result<T> {
        self.read_row(row, then)
            .map_err(|error| error.at_file_line(row.line))
    }

    fn read_row<T>(
        &self,
        row: Row<'_>,
        then: impl FnOnce(&MixedRow<'_>) -> Result<T>,
    ) -> Result<T> {
        #[cfg(feature = "csv")]
        if !self.columns.is_empty() {
            return then(&self.cells(row.cells(self.columns.len())?)?);
        }
        #[cfg(feature = "ndjson")]
        {
            let record = JsonRecord::parse(row.text()?)?;
            check_keys(record.members())?;
            then(&self.members(record.members())?)
        }
        #[cfg(not(feature = "ndjson"))]
        unreachable!("a header has a column")
    }

    #[cfg(feature = "csv")]
    fn cells<'r>(&'r self, cells: Cells<'r>) -> Result<MixedRow<'r>> {
        let mut row = MixedRow::new(self.policy);
        for (column, (name, role)) in self.columns.iter().enumerate() {
            let text = cells.get(column);
            if text.is_empty() {
                continue;
            }
            match role.protected {
                Some(Part::RecordId) => row.id = Some((None, Cow::Borrowed(text))),
                Some(Part::Sealed) => row.sealed = Some(text.parse()?),
                _ => row.values.push((name, *role, Value::Cell(text))),
            }
        }
        row.check()?;
        Ok(row)
    }

    #[cfg(feature = "ndjson")]
    fn members<'r>(&'r self, members: &'r [(Cow<'r, str>, &'r RawValue)]) -> Result<MixedRow<'r>> {
        let mut row = MixedRow::new(self.policy);
        for (name, json) in members {
            let role = Role::of(self.policy, name);
            if self.allowed == Allowed::Protected && role.protected.is_none() {
                return Err(not_let(format!("{:?}", printable(name))));
            }
            if json.get() == "null" {
                continue;
            }
            match role.protected {
                Some(Part::RecordId) => row.id = Some((Some(*json), id_text(json)?)),
                Some(Part::Sealed) => {
                    let text = string(json).ok_or_else(|| crate::wire::text::SEALED.refused())?;
                    row.sealed = Some(text.parse()?);
                }
                _ => row.values.push((name, role, Value::Json(json))),
            }
        }
        row.check()?;
        Ok(row)
    }
}

/// One row. What is null is not there.
pub(super) struct MixedRow<'r> {
    policy: &'r Policy,
    values: Vec<(&'r str, Role, Value<'r>)>,
    #[cfg(feature = "ndjson")]
    id: Option<(Option<&'r RawValue>, Cow<'r, str>)>,
    #[cfg(not(feature = "ndjson"))]
    id: Option<(Option<()>, Cow<'r, str>)>,
    sealed: Option<SealedRecord>,
}

#[derive(Clone, Copy)]
enum Value<'r> {
    #[cfg(feature = "csv")]
    Cell(&'r str),
    #[cfg(feature = "ndjson")]
    Json(&'r RawValue),
}

impl<'r> MixedRow<'r> {
    fn new(policy: &'r Policy) -> Self {
        Self {
            policy,
            values: Vec::new(),
            id: None,
            sealed: None,
        }
    }

    /// The seal, where it has one.
    pub(super) fn sealed(&self) -> Option<&SealedRecord> {
        self.sealed.as_ref()
    }

    /// The record id, as it is printed.
    pub(super) fn id(&self) -> Option<Id<'_>> {
        let (json, text) = self.id.as_ref()?;
        match json {
            #[cfg(feature = "ndjson")]
            Some(json) => Some(Id::Json(json.get(), text)),
            #[cfg(not(feature = "ndjson"))]
            Some(()) => None,
            #[cfg(feature = "csv")]
            None => Some(Id::Text(text)),
            #[cfg(not(feature = "csv"))]
            None => None,
        }
    }

    pub(super) fn id_text(&self) -> Option<&str> {
        self.id.as_ref().map(|(_, text)| &**text)
    }

    pub(super) fn binding(&self) -> Result<Binding<'_>> {
        if !self.policy.binds_record_id() {
            return Ok(Binding::NONE);
        }
        let id = record_id(self.id_text().unwrap_or_default())?;
        Ok(Binding::record(id))
    }

    /// Sets the fields of a row in clear.
    pub(super) fn fill(
        &self,
        schema: &Schema,
        draft: &mut Draft,
        reading: &mut Reading,
    ) -> Result<()> {
        #[cfg(feature = "ndjson")]
        if self.values.iter().any(|(_, _, value)| value.is_json()) {
            return collect(&Renamed(self), schema, draft, reading);
        }
        let _ = reading;
        draft.begin(schema);
        #[cfg(feature = "csv")]
        for (_, role, value) in &self.values {
            if let (Some(Meaning::Field(position)), Value::Cell(text)) = (role.clear, value) {
                draft.set_cell(position, &schema.fields()[position], text)?;
            }
        }
        Ok(())
    }

    /// Refuses what stands in a row where the other kind of row has it.
    fn check(&self) -> Result<()> {
        for (name, role, _) in &self.values {
            match (role.clear, role.protected) {
                (Some(Meaning::Field(position)), None) if self.sealed.is_some() => {
                    let field = self.policy.schema().fields()[position].name().to_owned();
                    return Err(Error::new(|| Kind::HalfProtected { field }));
                }
                #[cfg(feature = "ndjson")]
                (None, None) if self.sealed.is_some() => {
                    let mut fields = self.policy.schema().fields().iter();
                    let field = printable(name);
                    return Err(if fields.any(|field| is_inside(field.name(), name)) {
                        Error::new(|| Kind::HalfProtected { field })
                    } else {
                        Error::new(|| Kind::UnknownField { field })
                    });
                }
                // A field whose key is another one.
                #[cfg(feature = "ndjson")]
                (None, None) if self.policy.schema().position(name).is_some() => {
                    let field = printable(name);
                    return Err(Error::new(|| Kind::UnknownField { field }));
                }
                (None, Some(_)) if self.sealed.is_none() => {
                    return Err(unaccounted(name, "has a value, and its row no seal"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses a protected row that shows something else than `anew`, what protecting its record does.
    pub(super) fn check_shown(&self, anew: &Protected) -> Result<()> {
        let fields = self.policy.shows().map(|(field, _)| field.name());
        let names = fields
            .chain(self.policy.pseudonyms())
            .chain(self.policy.indexes());
        let in_json = self.values.iter().any(|(_, _, value)| value.is_json());
        for (shown, name) in names.enumerate() {
            let is_it = |(_, role, _): &&(&str, Role, Value<'_>)| {
                role.protected == Some(Part::Shown(shown))
            };
            let value = self.values.iter().find(is_it).map(|(_, _, value)| *value);
            if !is_shown(value, anew.shown_at(shown), in_json) {
                return Err(unaccounted(
                    name,
                    "does not hold what protecting the row's record gives",
                ));
            }
        }
        Ok(())
    }
}

impl Value<'_> {
    fn is_json(self) -> bool {
        match self {
            #[cfg(feature = "csv")]
            Self::Cell(_) => false,
            #[cfg(feature = "ndjson")]
            Self::Json(_) => true,
        }
    }
}

/// Whether `value` is how `shown` is printed, in a file of JSON or of CSV.
fn is_shown(value: Option<Value<'_>>, shown: Shown<'_>, in_json: bool) -> bool {
    let text: Cow<'_, str> = match shown {
        Shown::Null => return value.is_none(),
        Shown::Boolean(boolean) => (if boolean { "true" } else { "false" }).into(),
        Shown::Integer(integer) => integer.to_string().into(),
        Shown::Text(text) | Shown::Json(text) => text.into(),
        Shown::Pseudonym(pseudonym) => pseudonym.to_string().into(),
        Shown::Index(index) => index.to_string().into(),
        Shown::Reversible(reversible) => reversible.to_string().into(),
        Shown::Phone(phone) => phone.not_a_number_to_dial().to_owned().into(),
    };
    match value {
        // In CSV an empty text is printed as null is.
        None => text.is_empty() && !in_json,
        #[cfg(feature = "csv")]
        Some(Value::Cell(cell)) => cell == text,
        #[cfg(feature = "ndjson")]
        Some(Value::Json(json)) => match shown {
            Shown::Boolean(_) | Shown::Integer(_) | Shown::Json(_) => json.get() == text,
            _ => string(json).is_some_and(|string| string == text),
        },
    }
}

/// A row in clear under its fields' own names.
#[cfg(feature = "ndjson")]
struct Renamed<'r>(&'r MixedRow<'r>);

#[cfg(feature = "ndjson")]
impl Serialize for Renamed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let schema = self.0.policy.schema();
        let mut map = to.serialize_map(None)?;
        for (name, role, value) in &self.0.values {
            let name = match role.clear {
                Some(Meaning::Field(position)) => schema.fields()[position].name(),
                Some(_) => continue,
                // Perhaps an object around fields, or else refused there.
                None => name,
            };
            match value {
                Value::Json(json) => map.serialize_entry(name, json)?,
                #[cfg(feature = "csv")]
                Value::Cell(_) => {}
            }
        }
        map.end()
    }
}

fn not_let(column: String) -> Error {
    Error::new(|| Kind::Unaccounted {
        column,
        what: "is not one that the policy lets be there",
    })
}

/// `name` is one of the policy's.
pub(super) fn unaccounted(name: &str, what: &'static str) -> Error {
    Error::new(|| Kind::Unaccounted {
        column: format!("{name:?}"),
        what,
    })
}
