//! What leaks show, without any attack.

use std::collections::HashSet;

use super::classes::{Classes, Sensitive};
use crate::{
    audit::{
        case::{ColumnView, LeakView, Meaning},
        draw::{
            table::{Column, NONE},
            truth::Truth,
        },
        report::{ClassFigures, ShownColumn},
    },
    error::Result,
    schema::{Field, Role, Schema},
};

/// What the columns of a leak show.
pub(crate) fn columns(schema: &Schema, view: &LeakView) -> Vec<ShownColumn> {
    let shown = |column: &ColumnView| {
        let cells = view.cells(column);
        let mut often = vec![0_u64; column.codes.first.len()];
        for &code in column.codes.of.iter().filter(|code| **code != NONE) {
            often[code as usize] += 1;
        }
        let lengths: HashSet<usize> = view.values(column).map(str::len).collect();
        ShownColumn {
            leak: view.leak.name.clone(),
            column: cells.name().to_owned(),
            what: what(schema, view, column, cells.name()),
            different: often.len() as u64,
            nulls: view.rows as u64 - often.iter().sum::<u64>(),
            most_frequent: often.into_iter().max().unwrap_or_default(),
            lengths: lengths.len() as u64,
        }
    };
    view.columns.iter().map(shown).collect()
}

fn what(schema: &Schema, view: &LeakView, column: &ColumnView, name: &str) -> String {
    let names = |of: &[usize]| {
        let names: Vec<&str> = of
            .iter()
            .map(|&field| schema.fields()[field].name())
            .collect();
        names.join(", ")
    };
    match &column.meaning {
        Meaning::Sealed => "sealed".to_owned(),
        Meaning::Unknown => "unknown".to_owned(),
        Meaning::StandIn(of) => format!("stand-in for {}", names(of)),
        Meaning::Field(field) if column.opened => {
            format!("{}, opened by the grant", names(&[*field]))
        }
        Meaning::Field(field) => {
            let policy = view.leak.policy.as_ref();
            let shown = policy.and_then(|policy| {
                let mut shows = policy.shows();
                shows
                    .find(|(shown, _)| shown.name() == name)
                    .map(|(_, transform)| transform.to_string())
            });
            match shown {
                Some(shown) => format!("{}, {shown}", names(&[*field])),
                None => names(&[*field]),
            }
        }
    }
}

/// Figures of the classes that the shown quasi-identifiers of a leak make, with what the target is in each row, where that is
/// shown or known.
pub(crate) fn classes(
    schema: &Schema,
    target: usize,
    view: &LeakView,
    truth: Option<&Truth>,
) -> Result<ClassFigures> {
    let is_quasi =
        |field: &Field| field.role() == Role::QuasiIdentifier || field.role() == Role::Identifier;
    let quasi: Vec<&ColumnView> = view
        .columns
        .iter()
        .filter(|column| matches!(column.meaning, Meaning::Field(field) if is_quasi(&schema.fields()[field])))
        .collect();
    let mut classes = Classes::new(view.rows);
    for column in &quasi {
        classes.split(&column.codes.of);
    }
    let name = schema.fields()[target].name();
    let shown = view
        .columns
        .iter()
        .find(|column| column.meaning == Meaning::Field(target));
    let origins = match truth {
        Some(truth) => truth.origins(&view.leak.name, &view.leak.origin, &view.leak.table)?,
        None => None,
    };
    let of_truth = truth.and_then(|truth| Some((truth.table().column(name)?, origins?)));
    let (sensitive, column) = match (shown, of_truth) {
        (Some(column), _) => (name.to_owned(), view.cells(column).clone()),
        (None, Some((column, origins))) => {
            let mut cells = Column::new(name.to_owned());
            origins.iter().for_each(|&row| cells.push(column.get(row)));
            (format!("{name}, which is not shown"), cells)
        }
        (None, None) => {
            let mut nothing = Column::new(String::new());
            (0..view.rows).for_each(|_| nothing.push(None));
            (format!("{name}, which is not shown"), nothing)
        }
    };
    let mut figures = classes.figures(&Sensitive::new(&column))?;
    figures.leak.clone_from(&view.leak.name);
    figures.quasi_identifiers = quasi
        .iter()
        .map(|column| view.cells(column).name().to_owned())
        .collect();
    figures.sensitive = sensitive;
    Ok(figures)
}
