//! Whether leak and truth are of the same rows, as far as anybody can see.
//!
//! What is of other people links nothing, and looks like good news.

use std::collections::HashSet;

use super::truth::Truth;
use crate::{
    audit::case::{ColumnView, LeakView, Made, Meaning},
    error::{Audited, Error, Result},
    schema::{Field, Role, Schema},
};

/// A column of whose different values fewer are values of its field, in tenths, is not the field in clear.
const CLEAR: usize = 5;

/// Fewer rows than this, in tenths, of people of the truth are no overlap.
const OVERLAP: usize = 1;

/// Refuses a leak with a column that the truth lacks.
pub(crate) fn check_columns(view: &LeakView, truth: &Truth, schema: &Schema) -> Result<()> {
    let name = &view.leak.name;
    for (column, field) in named(view) {
        let field = schema.fields()[field].name();
        if truth.table().column(field).is_none() {
            let column = view.cells(column).name();
            let what = format!(
                "leak \"{name}\" has a column \"{column}\", and the truth none with the name \"{field}\""
            );
            let advice = "name the truth's columns after the fields of the schema: nothing is tried for a field that it lacks";
            return Err(Error::audit(what, advice).of(Audited::Leak(name.clone())));
        }
    }
    Ok(())
}

/// Refuses a leak that names other people than the truth has.
pub(crate) fn check_people(view: &LeakView, truth: &Truth, schema: &Schema) -> Result<()> {
    match overlap(view, truth, schema) {
        Some((people, rows)) if people * 10 < rows * OVERLAP => {
            let name = &view.leak.name;
            let what = format!(
                "of {rows} rows of leak \"{name}\" {people} name somebody who is in the truth"
            );
            let advice = "give the truth that these rows were made of, or an id of each row where names are no longer together";
            Err(Error::audit(what, advice).of(Audited::Leak(name.clone())))
        }
        _ => Ok(()),
    }
}

/// What to know of a truth: the fields that it lacks, and people of several tenants.
pub(crate) fn notes(truth: &Truth, schema: &Schema) -> Vec<String> {
    let fields = schema.fields().iter().map(Field::name);
    let lacking: Vec<&str> = fields
        .filter(|field| truth.table().column(field).is_none())
        .collect();
    let mut notes = Vec::new();
    if !lacking.is_empty() {
        notes.push(format!(
            "the truth has no column for {}: nothing was tried for these fields",
            lacking.join(", ")
        ));
    }
    if truth.several_tenants > 0 {
        notes.push(format!(
            "{} people of the truth have rows of several practices; that of their first row counts as theirs",
            truth.several_tenants
        ));
    }
    notes
}

/// What to know of a leak that came with its policy: columns that the policy does not make.
pub(crate) fn note_of_columns(view: &LeakView) -> Option<String> {
    let rules = view.leak.policy.as_ref()?.show_rules();
    let is_other = |column: &&ColumnView| match column.meaning {
        Meaning::Field(field) => rules.iter().all(|rule| rule.position != field),
        Meaning::Unknown => true,
        Meaning::StandIn(_) | Meaning::Sealed => false,
    };
    let own = view
        .columns
        .iter()
        .filter(|column| !column.opened && column.made == Made::Leaked);
    let others: Vec<&str> = own
        .filter(is_other)
        .map(|column| view.cells(column).name())
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "leak \"{}\" has columns that its policy does not make: {}; they were attacked as they are",
            view.leak.name,
            others.join(", ")
        )
    })
}

/// Columns that are called after a field.
fn named(view: &LeakView) -> impl Iterator<Item = (&ColumnView, usize)> {
    let own = view
        .columns
        .iter()
        .filter(|column| column.made == Made::Leaked);
    own.filter_map(|column| match column.meaning {
        Meaning::Field(field) => Some((column, field)),
        _ => None,
    })
}

/// How many rows are of people in the truth, of all that have an identity in clear; `None` where none shows one.
fn overlap(view: &LeakView, truth: &Truth, schema: &Schema) -> Option<(usize, usize)> {
    let fields = schema.fields();
    let form = |field: usize, text: &str| {
        let folded = fields[field].class().normalize(text, schema.phone_region());
        folded.unwrap_or_else(|_| text.to_owned())
    };
    let mut shown = Vec::new();
    for (column, field) in named(view) {
        if !fields[field].is_of_person() {
            continue;
        }
        let known = truth.table().column(fields[field].name())?;
        let known: HashSet<String> = (0..truth.table().rows())
            .filter_map(|row| known.get(row))
            .map(|text| form(field, text))
            .collect();
        let (mut values, mut found) = (0, 0);
        for text in view.values(column) {
            values += 1;
            found += usize::from(known.contains(&form(field, text)));
        }
        if found * 10 >= values * CLEAR {
            shown.push((column, field));
        }
    }
    let is_identity = |(_, field): &(&ColumnView, usize)| fields[*field].role() == Role::Identifier;
    if !shown.iter().any(is_identity) {
        return None;
    }
    let mut people: HashSet<Vec<Option<String>>> = HashSet::new();
    for row in 0..truth.table().rows() {
        let cell = |&(_, field): &(&ColumnView, usize)| {
            let column = truth.table().column(fields[field].name())?;
            column.get(row).map(|text| form(field, text))
        };
        people.insert(shown.iter().map(cell).collect());
    }
    let (mut rows, mut met) = (0, 0);
    for row in 0..view.rows {
        let cell = |&(column, field): &(&ColumnView, usize)| {
            view.cells(column).get(row).map(|text| form(field, text))
        };
        let cells: Vec<Option<String>> = shown.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            rows += 1;
            met += usize::from(people.contains(&cells));
        }
    }
    (rows > 0).then_some((met, rows))
}
