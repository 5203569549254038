//! Whether leak and truth are of the same rows, as far as anybody can see.
//!
//! What is of other people links nothing, and looks like good news.

use std::collections::HashSet;

use super::truth::Truth;
use crate::{
    audit::case::{ColumnView, LeakView, Made, Meaning},
    error::{Audited, Error, Result},
    policy::Transform,
    schema::{Class, Field, Role, Schema},
};

/// Of rows that name somebody fewer than one of so many are of people in the truth where it is of others.
const OVERLAP: usize = 10;

/// A field of which so many people have a value of their own, of ten, tells them apart: not by chance is a value in both.
const OWN: usize = 5;

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

/// Refuses a leak that names other people than the truth has: none of what tells people apart, a telephone number, an e-mail or both names
/// together, is there in one of ten rows. One of them is enough, since others may be written otherwise or be of nobody.
pub(crate) fn check_people(view: &LeakView, truth: &Truth, schema: &Schema) -> Result<()> {
    let name = &view.leak.name;
    let named: Vec<(&ColumnView, usize)> = view
        .columns
        .iter()
        .filter(|column| column.made != Made::Found)
        .filter_map(|column| Some((column, field_of(view, column, schema)?)))
        .filter(|(_, field)| {
            let field = &schema.fields()[*field];
            field.is_of_person() && field.role() == Role::Identifier
        })
        .filter(|(column, field)| {
            let class = schema.fields()[*field].class();
            !is_transformed(view, column, *field) && is_clear(view, column, class)
        })
        .collect();
    let of_class = |class: Class| {
        named
            .iter()
            .filter(move |(_, field)| schema.fields()[*field].class() == class)
    };
    let names: Vec<_> = of_class(Class::Name).copied().collect();
    let others = named
        .iter()
        .filter(|(_, field)| schema.fields()[*field].class() != Class::Name);
    let mut tells: Vec<Vec<(&ColumnView, usize)>> = others.map(|one| vec![*one]).collect();
    tells.push(names);
    let mut most: Option<(usize, usize)> = None;
    for columns in tells {
        let Some((met, rows)) = overlap(view, truth, schema, &columns) else {
            continue;
        };
        if met * OVERLAP >= rows {
            return Ok(());
        }
        if most.is_none_or(|(known, _)| met > known) {
            most = Some((met, rows));
        }
    }
    let Some((met, rows)) = most else {
        return Ok(());
    };
    let what = format!(
        "of {rows} rows of leak \"{name}\" that tell people apart {met} are of somebody in the truth"
    );
    let advice = "give the truth that these rows were made of; where they show stand-ins, give their policy, or an id of each row";
    Err(Error::audit(what, advice).of(Audited::Leak(name.clone())))
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

/// The field that a column is called after, whatever the case of its name.
fn field_of(view: &LeakView, column: &ColumnView, schema: &Schema) -> Option<usize> {
    match column.meaning {
        Meaning::Field(field) => Some(field),
        Meaning::Unknown => schema.position(&view.cells(column).name().to_lowercase()),
        Meaning::StandIn(_) | Meaning::Sealed => None,
    }
}

/// Whether a policy shows a field otherwise than it is.
fn is_transformed(view: &LeakView, column: &ColumnView, field: usize) -> bool {
    let policy = view.leak.policy.as_ref().filter(|_| !column.opened);
    policy.is_some_and(|policy| {
        let rules = policy.show_rules();
        let rule = rules.iter().find(|rule| rule.position == field);
        rule.is_some_and(|rule| !matches!(rule.transform, Transform::Keep))
    })
}

/// Whether nine of ten different values are such as people have, and no digests, masks or stand-ins.
fn is_clear(view: &LeakView, column: &ColumnView, class: Class) -> bool {
    let is_value = |text: &str| match class {
        Class::Phone => {
            text.bytes().filter(u8::is_ascii_digit).count() >= 9
                && !text.contains(char::is_alphabetic)
        }
        Class::Email => {
            text.split_once('@')
                .is_some_and(|(_, host)| host.contains('.'))
                && !text.contains('*')
        }
        Class::Name => {
            let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
            letters >= 2
                && !text
                    .contains(|letter: char| letter.is_numeric() || letter == '*' || letter == '.')
        }
        Class::Text | Class::Exact => false,
    };
    let (mut values, mut clear) = (0, 0);
    for text in view.values(column) {
        values += 1;
        clear += usize::from(is_value(text));
    }
    values > 0 && clear * 10 >= values * 9
}

/// How many rows have the values of somebody in the truth in these columns, of all that have one in each; `None` where they do not tell people
/// apart.
fn overlap(
    view: &LeakView,
    truth: &Truth,
    schema: &Schema,
    columns: &[(&ColumnView, usize)],
) -> Option<(usize, usize)> {
    let form = |field: usize, text: &str| {
        let folded = schema.fields()[field]
            .class()
            .normalize(text, schema.phone_region());
        folded.unwrap_or_else(|_| text.to_owned())
    };
    let known: Vec<_> = columns
        .iter()
        .map(|(_, field)| truth.table().column(schema.fields()[*field].name()))
        .collect::<Option<_>>()?;
    let of_row = |row: usize| -> Option<Vec<String>> {
        let cells = known.iter().zip(columns);
        cells
            .map(|(cells, (_, field))| Some(form(*field, cells.get(row)?)))
            .collect()
    };
    let people: HashSet<Vec<String>> = (0..truth.table().rows()).filter_map(of_row).collect();
    if columns.is_empty() || people.len() * 10 < truth.people.len() * OWN {
        return None;
    }
    let (mut rows, mut met) = (0, 0);
    for row in 0..view.rows {
        let cell = |&(column, field): &(&ColumnView, usize)| {
            Some(form(field, view.cells(column).get(row)?))
        };
        let Some(cells) = columns.iter().map(cell).collect::<Option<Vec<String>>>() else {
            continue;
        };
        rows += 1;
        met += usize::from(people.contains(&cells));
    }
    (rows > 0).then_some((met, rows))
}
