//! Which column is what.

use std::collections::HashMap;

use crate::{
    error::{Error, Result},
    id::RecordId,
    policy::Policy,
    protect::SEALED,
};

/// Refuses a policy whose rows files cannot hold.
pub(super) fn check_policy(policy: &Policy) -> Result<()> {
    if policy.binds_subject_key() {
        return Err(Error::definition(
            "the policy binds seals to subject keys, which files of rows do not hold",
            "protect and reveal such rows one by one, with a `Binding`",
        ));
    }
    if policy.binds_record_id() && policy.source().record_id.is_none() {
        return Err(Error::definition(
            "the policy binds seals to a record id, and does not say which column holds it",
            "add `record_id` under `[source]`",
        ));
    }
    Ok(())
}

/// The id of a row, where the policy binds to it.
pub(super) fn record_id(text: &str) -> Result<RecordId<'_>> {
    RecordId::new(text).map_err(|_| {
        Error::input(
            "the record id is empty or longer than 1024 bytes",
            "give each row an id of 1 to 1024 bytes",
        )
    })
}

#[cfg(feature = "ndjson")]
pub(super) fn no_record_id() -> Error {
    Error::input(
        "the row has no record id, or one that is neither text nor a number",
        "give each row the id that the policy names under `[source]`",
    )
}

/// What a name of a row in clear stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The field at this position.
    Field(usize),
    RecordId,
    Dropped,
}

/// What `name` stands for in a row in clear.
pub(super) fn meaning(policy: &Policy, name: &str) -> Option<Meaning> {
    let source = policy.source();
    if let Some(position) = source.field(policy.schema(), name) {
        return Some(Meaning::Field(position));
    }
    if source.record_id.as_deref() == Some(name) {
        return Some(Meaning::RecordId);
    }
    let is_dropped = source
        .drop
        .binary_search_by(|dropped| dropped.as_str().cmp(name));
    is_dropped.is_ok().then_some(Meaning::Dropped)
}

/// What each column of a header in clear stands for.
///
/// # Errors
///
/// [`Error::is_input`] where one is not known or there twice, and where one is missing. A header's text is never told: a
/// file without a header has values there.
#[cfg(feature = "csv")]
pub(super) fn meanings(policy: &Policy, header: &[String]) -> Result<Vec<Meaning>> {
    let found: Vec<Option<Meaning>> = header.iter().map(|name| meaning(policy, name)).collect();
    if found.iter().all(Option::is_none) {
        return Err(Error::input(
            "no column of the header is known",
            "check that the first line is a header, the delimiter, and `[source.columns]` in the policy",
        ));
    }
    check_unique(header)?;
    let schema = policy.schema();
    if let Some(column) = found.iter().position(Option::is_none) {
        let source = policy.source();
        let known = (0..schema.fields().len())
            .map(|position| source.column(schema, position))
            .chain(source.record_id.as_deref())
            .chain(source.drop.iter().map(String::as_str));
        let hint = crate::toml_file::hint(&header[column], known);
        return Err(Error::input(
            format!("column {} of the header is not known{hint}", column + 1),
            "list it in the policy under `[source]`, in `drop` or as a field's column",
        ));
    }
    let meanings: Vec<Meaning> = found.into_iter().flatten().collect();
    for &position in schema.required() {
        if !meanings.contains(&Meaning::Field(position)) {
            let field = schema.fields()[position].name();
            return Err(Error::input(
                format!("the header has no column for field {field:?}, which is not optional"),
                "add the column, or say its header in the policy under `[source.columns]`",
            ));
        }
    }
    if policy.binds_record_id() && !meanings.contains(&Meaning::RecordId) {
        return Err(no_id_column());
    }
    Ok(meanings)
}

/// Refuses a header with a name twice.
pub(super) fn check_unique(header: &[String]) -> Result<()> {
    let mut columns: HashMap<&str, usize> = HashMap::new();
    for (column, name) in header.iter().enumerate() {
        if let Some(before) = columns.insert(name, column) {
            return Err(Error::input(
                format!(
                    "column {} of the header has the name of column {}",
                    column + 1,
                    before + 1
                ),
                "give each column a name of its own",
            ));
        }
    }
    Ok(())
}

#[cfg(feature = "csv")]
pub(super) fn no_id_column() -> Error {
    Error::input(
        "the header has no column for the record id",
        "add the column that the policy names under `[source]`",
    )
}

/// What a column of a protected file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    RecordId,
    /// What the policy shows at this position.
    Shown(usize),
    Sealed,
}

/// The columns of a protected file: the record id and what is shown of fields in the order of the columns they come from,
/// or else of the policy; pseudonyms and indexes; the seal.
pub(super) fn protected_parts(policy: &Policy, columns: &[Meaning]) -> Vec<(Part, String)> {
    let fields: Vec<&str> = policy.shows().map(|(field, _)| field.name()).collect();
    let positions: Vec<usize> = policy
        .show_rules()
        .iter()
        .map(|show| show.position)
        .collect();
    let mut parts = Vec::new();
    let id = policy.source().record_id.as_ref();
    if let Some(id) = id.filter(|_| !columns.contains(&Meaning::RecordId)) {
        parts.push((Part::RecordId, id.clone()));
    }
    for column in columns {
        match (column, id) {
            (Meaning::RecordId, Some(id)) => parts.push((Part::RecordId, id.clone())),
            (Meaning::Field(position), _) => {
                let shown = positions.iter().position(|shown| shown == position);
                parts.extend(shown.map(|shown| (Part::Shown(shown), fields[shown].to_owned())));
            }
            _ => {}
        }
    }
    for (shown, field) in fields.iter().enumerate() {
        if !columns.contains(&Meaning::Field(positions[shown])) {
            parts.push((Part::Shown(shown), (*field).to_owned()));
        }
    }
    let names = policy.pseudonyms().chain(policy.indexes()).enumerate();
    parts.extend(names.map(|(i, name)| (Part::Shown(fields.len() + i), name.to_owned())));
    parts.push((Part::Sealed, SEALED.to_owned()));
    parts
}
