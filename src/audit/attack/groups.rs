//! Which rows are of one person, as far as equal cells tell, and when they were.

use jiff::civil::Date;

use super::clear::is_clear;
use crate::{
    audit::{
        case::{Case, ColumnView, LeakView, Meaning},
        draw::table::NONE,
        reading::{Candidates, Reading, What, surest},
    },
    policy::local_date,
    schema::{Field, ValueType},
};

/// A stand-in has more different values than this: fewer tell groups of people, not people.
const FEW: usize = 8;

/// And no more rows than this for each of them.
const VISITS: usize = 50;

/// More columns of one leak than this are not tried.
const MOST: usize = 4;

/// The columns whose equal cells are rows of one person, though they do not say whose.
pub(super) fn stand_ins<'v>(case: &Case, view: &'v LeakView) -> Vec<&'v ColumnView> {
    let stands_in = |column: &&ColumnView| {
        let known = match &column.meaning {
            Meaning::StandIn(_) | Meaning::Unknown => true,
            Meaning::Field(field) => case.knows.schema.fields()[*field].is_of_person(),
            Meaning::Sealed => false,
        };
        let different = column.codes.first.len();
        let rows = column.codes.of.iter().filter(|&&code| code != NONE).count();
        known
            && !column.opened
            && different > FEW
            && different < rows
            && rows <= VISITS * different
            && !is_clear(&case.knows, view, column)
    };
    view.columns.iter().filter(stands_in).take(MOST).collect()
}

/// When the visits were: for each field of the visit that is a date, its surest reading.
pub(super) fn dates<'r>(case: &Case, known: &'r [Reading]) -> Vec<(usize, &'r Reading)> {
    let fields = case.knows.schema.fields().iter().enumerate();
    let dates = fields.filter(|(_, field)| is_date_of_visit(field));
    dates
        .filter_map(|(field, _)| Some((field, surest(known, What::Field(field))?)))
        .collect()
}

/// The day of each row, as far as it is told.
pub(super) struct Days {
    /// The date's field.
    pub(super) field: usize,
    /// Whether all rows of a person are moved by the same whole weeks.
    pub(super) shifted: bool,
    /// Counted from some day on.
    pub(super) of: Vec<Option<i64>>,
}

/// The days of rows: for each date of the visit those that are read, or else a column of dates that are not what they say.
pub(super) fn days(case: &Case, view: &LeakView, known: &[Reading]) -> Vec<Days> {
    let fields = case.knows.schema.fields().iter().enumerate();
    let dates = fields.filter(|(_, field)| is_date_of_visit(field));
    let days = dates.filter_map(|(field, _)| {
        if let Some(reading) = surest(known, What::Field(field)) {
            let values = &case.knows.vocabularies[field].values;
            let day = |read: &Candidates| {
                let mut days = read
                    .as_slice()
                    .iter()
                    .map(|&(number, _)| day(&values[number as usize]));
                let first = days.next()??;
                days.all(|day| day == Some(first)).then_some(first)
            };
            let of_code: Vec<Option<i64>> = reading.candidates.iter().map(day).collect();
            let of = reading
                .codes
                .iter()
                .map(|&code| *of_code.get(code as usize)?);
            return Some(Days {
                field,
                shifted: false,
                of: of.collect(),
            });
        }
        let column = view
            .columns
            .iter()
            .find(|column| !column.opened && column.meaning == Meaning::Field(field))?;
        let of_code: Vec<Option<i64>> = view.values(column).map(day).collect();
        let of = column
            .codes
            .of
            .iter()
            .map(|&code| *of_code.get(code as usize)?);
        Some(Days {
            field,
            shifted: true,
            of: of.collect(),
        })
    });
    days.filter(|days| days.of.iter().any(Option::is_some))
        .collect()
}

/// The local day of a date or date-time.
pub(super) fn day(text: &str) -> Option<i64> {
    let date = local_date(text).ok()?;
    Some(date.duration_since(Date::ZERO).as_hours() / 24)
}

fn is_date_of_visit(field: &Field) -> bool {
    !field.is_of_person() && matches!(field.value_type(), ValueType::Date | ValueType::DateTime)
}
