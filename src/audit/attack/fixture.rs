//! Small cases for tests of attacks: 200 people of the bundled schema, and leaks of what a test says.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use crate::{
    audit::{
        case::{Case, ColumnView, Directory, Knowledge, LeakView, Made, Meaning, NULL, Vocabulary},
        draw::{
            leak::Leak,
            table::{NONE, Table},
        },
        judge::prior::Priors,
        reading::{Candidates, Reading, What},
    },
    schema::Schema,
};

pub(super) const PEOPLE: u32 = 200;
pub(super) const SPECIALTIES: u32 = 12;

/// The text of a value; they are numbered from 1.
pub(super) fn text(field: &str, number: u32) -> String {
    match field {
        "start" => format!(
            "2020-07-{:02}T{:02}:00:00+02:00",
            1 + (number - 1) / 4,
            9 + (number - 1) % 4
        ),
        "age" => (19 + number).to_string(),
        "sex" => ["F", "M"][number as usize - 1].to_owned(),
        _ => format!("{field} {number}"),
    }
}

/// The texts of these values.
pub(super) fn texts(field: &str, numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|number| text(field, number))
        .collect()
}

/// What person `number`, from 0, has in a field.
pub(super) fn of_person(field: &str, person: u32) -> u32 {
    match field {
        "last_name" | "phone" | "email" => person + 1,
        "first_name" => 1 + person % 20,
        "age" => 1 + person % 60,
        "sex" => 1 + person % 2,
        _ => NULL,
    }
}

/// A case of these leaks, the target `specialty`.
pub(super) fn case(leaks: Vec<LeakView>) -> Case {
    let schema = Schema::appointment();
    let count = |field: &str| match field {
        "start" => 100,
        "practitioner" => 60,
        "specialty" => SPECIALTIES,
        "age" => 60,
        "sex" => 2,
        "first_name" => 20,
        _ => PEOPLE,
    };
    let vocabularies: Vec<Vocabulary> = schema
        .fields()
        .iter()
        .map(|field| vocabulary(field.name(), count(field.name())))
        .collect();
    let people: Vec<Vec<u32>> = (0..PEOPLE)
        .map(|person| {
            schema
                .fields()
                .iter()
                .map(|field| of_person(field.name(), person))
                .collect()
        })
        .collect();
    let mut people_with = vec![HashMap::<u32, Vec<u32>>::new(); schema.fields().len()];
    for (person, values) in (0..).zip(&people) {
        for (with, &value) in people_with.iter_mut().zip(values) {
            if value != NULL {
                with.entry(value).or_default().push(person);
            }
        }
    }
    let prior = vec![0.0]
        .into_iter()
        .chain(vec![1.0 / SPECIALTIES as f32; SPECIALTIES as usize])
        .collect();
    let mut case = Case {
        leaks: leaks.into_iter().map(Into::into).collect(),
        knows: Knowledge {
            target: schema.position("specialty").unwrap(),
            schema,
            vocabularies: Arc::new(vocabularies),
            people,
            people_with,
            names: OnceLock::new(),
            directories: Vec::new(),
            prior: Priors::alike(PEOPLE as usize, prior).into(),
            reference: Vec::new(),
            dates: Vec::new(),
        },
        lessons: Vec::new(),
        seed: 1,
    };
    // Practitioner n is of specialty n modulo their number.
    let entries = (1..=60).map(|n| (n, vec![specialty_of(n)])).collect();
    case.knows.directories = vec![directory(
        &case,
        "practitioner",
        "specialty",
        false,
        entries,
    )];
    case
}

pub(super) fn specialty_of(practitioner: u32) -> u32 {
    1 + practitioner % SPECIALTIES
}

/// A leak of named columns: `person` is a stand-in, `sealed` is sealed, fields have their names.
pub(super) fn leak<T: AsRef<str>>(name: &str, columns: &[(&str, &[T])]) -> LeakView {
    let schema = Schema::appointment();
    let mut table = Table::new(columns.iter().map(|(name, _)| *name)).unwrap();
    for row in 0..columns[0].1.len() {
        let cells: Vec<Option<&str>> = columns
            .iter()
            .map(|(_, cells)| Some(cells[row].as_ref()).filter(|text| !text.is_empty()))
            .collect();
        table.push(cells).unwrap();
    }
    let meaning = |name: &str| match (name, schema.position(name)) {
        ("person", _) => Meaning::StandIn(vec![0, 1]),
        ("sealed", _) => Meaning::Sealed,
        (_, Some(field)) => Meaning::Field(field),
        _ => Meaning::Unknown,
    };
    let columns = table.columns().iter().enumerate();
    let columns = columns
        .map(|(position, column)| ColumnView {
            opened: false,
            position,
            made: Made::Leaked,
            meaning: meaning(column.name()),
            codes: column.codes(),
        })
        .collect();
    LeakView {
        rows: table.rows(),
        columns,
        leak: Leak::new(name, table),
    }
}

/// The reading of a field whose values are these texts; an empty text is not read.
pub(super) fn exact<T: AsRef<str>>(case: &Case, field: &str, texts: &[T]) -> Reading {
    let position = case.knows.schema.position(field).unwrap();
    let vocabulary = &case.knows.vocabularies[position];
    let codes = texts
        .iter()
        .map(|text| {
            vocabulary
                .numbers
                .get(text.as_ref())
                .copied()
                .unwrap_or(NONE)
        })
        .collect();
    let candidates = (0..vocabulary.values.len() as u32)
        .map(Candidates::one)
        .collect();
    Reading {
        of: What::Field(position),
        codes,
        candidates,
    }
}

/// The reading of a field of which each row tells some values, the same for equal lists.
pub(super) fn coarse(
    case: &Case,
    field: &str,
    rows: impl IntoIterator<Item = Vec<u32>>,
) -> Reading {
    let mut lists: Vec<Vec<u32>> = Vec::new();
    let codes = rows.into_iter().map(|row| {
        let at = lists
            .iter()
            .position(|list| *list == row)
            .unwrap_or_else(|| {
                lists.push(row);
                lists.len() - 1
            });
        at as u32
    });
    let codes = codes.collect();
    let candidates = lists.into_iter().map(Candidates::even).collect();
    Reading {
        of: What::Field(case.knows.schema.position(field).unwrap()),
        codes,
        candidates,
    }
}

pub(super) fn directory(
    case: &Case,
    of: &str,
    gives: &str,
    calendar: bool,
    entries: Vec<(u32, Vec<u32>)>,
) -> Directory {
    let position = |name| case.knows.schema.position(name).unwrap();
    Directory {
        of: position(of),
        gives: position(gives),
        entries: entries.into_iter().collect(),
        calendar,
    }
}

fn vocabulary(field: &str, count: u32) -> Vocabulary {
    let values: Vec<String> = [String::new()]
        .into_iter()
        .chain(texts(field, 1..=count))
        .collect();
    let numbers = values.iter().cloned().zip(0..).skip(1).collect();
    Vocabulary {
        values,
        numbers,
        folded: HashMap::new(),
    }
}
