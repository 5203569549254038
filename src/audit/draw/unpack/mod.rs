//! Cells that hold more than one value, as further columns: members of JSON, parts of lists, text that was encoded, and values
//! that stand in free text.
//!
//! What is made is a column like any other, so that every attack reads it. Its name says where it comes from: `payload › phone`.

mod encoded;
mod form;
mod pairs;
mod parts;
mod text;

use std::cell::OnceCell;

use self::{form::Form, text::Finder};
use super::table::{Codes, Column, NONE};
use crate::{
    audit::case::Vocabulary,
    schema::{Field, Schema},
};

/// What separates the names of a column and of its part.
const WITHIN: &str = " › ";

/// How deep things in things are looked for.
const DEEPEST: usize = 4;
/// The most columns that are made of one.
const MOST: usize = 64;
/// How many different cells are looked at before all are.
const SAMPLE: usize = 1024;

/// One column that was made of another.
pub(crate) struct Unpacked {
    pub(crate) column: Column,
    /// The last part of its name.
    pub(crate) part: String,
    /// Whether cells may be null of which a value is only not found.
    pub(crate) is_partial: bool,
}

/// How far a column is trusted to be what its name says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// After a field, so that only what is surely composed is taken apart.
    Field,
    Otherwise,
}

/// Takes columns apart.
pub(crate) struct Unpack<'k> {
    schema: &'k Schema,
    vocabularies: &'k [Vocabulary],
    finder: OnceCell<Finder<'k>>,
}

/// The different cells of a column that is being made, in the order of the codes of the first one.
struct Cells {
    /// The parts of the name behind that of the first column.
    path: Vec<String>,
    /// The last of them as it is written, be it a value.
    part: String,
    values: Vec<Option<String>>,
    is_partial: bool,
}

/// One part of each different cell.
struct Part {
    name: String,
    values: Vec<Option<String>>,
}

impl<'k> Unpack<'k> {
    pub(crate) fn new(schema: &'k Schema, vocabularies: &'k [Vocabulary]) -> Self {
        Self {
            schema,
            vocabularies,
            finder: OnceCell::new(),
        }
    }

    /// The columns that are in the cells of a column; none where a sample of them shows nothing.
    pub(crate) fn columns(&self, column: &Column, codes: &Codes, named: Named) -> Vec<Unpacked> {
        let cell = |row: &u32| column.get(*row as usize);
        let step = codes.first.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<&str> = codes.first.iter().step_by(step).filter_map(cell).collect();
        if !self.is_composed(&sample, named) {
            return Vec::new();
        }
        let values: Vec<Option<&str>> = codes.first.iter().map(cell).collect();
        let mut made = Vec::new();
        self.open(&[], &values, (named, true), &mut made);
        let unpacked = made.into_iter().map(|cells| {
            let name = format!("{}{WITHIN}{}", column.name(), cells.path.join(WITHIN));
            let mut made = Column::new(name);
            for &code in &codes.of {
                made.push(match code {
                    NONE => None,
                    code => cells.values[code as usize].as_deref(),
                });
            }
            Unpacked {
                column: made,
                part: last(&cells.part).to_owned(),
                is_partial: cells.is_partial,
            }
        });
        unpacked.collect()
    }

    fn is_composed(&self, sample: &[&str], named: Named) -> bool {
        Form::of(sample, named).is_some() || !self.finder().fields(sample).is_empty()
    }

    /// What a part is called in reports, which hold no value: by its number, where a key of it may be one.
    fn name(&self, written: &str, at: usize) -> String {
        match written.split(WITHIN).any(|key| self.may_be_value(key)) {
            true => format!("key {at}"),
            false => written.to_owned(),
        }
    }

    /// Whether a key is a value of a field, or nobody knows its values.
    fn may_be_value(&self, key: &str) -> bool {
        let fields = self.schema.fields();
        let is_place = key.len() <= 3 && key.bytes().all(|byte| byte.is_ascii_digit());
        if is_place || fields.iter().any(|field| field.name() == key) {
            return false;
        }
        let none = self.vocabularies.iter().all(|known| known.values.len() < 2);
        let is_value = |(field, known): (&Field, &Vocabulary)| {
            let folded = field.class().normalize(key, self.schema.phone_region());
            known.numbers.contains_key(key)
                || folded.is_ok_and(|folded| known.folded.contains_key(&folded))
        };
        none || fields.iter().zip(self.vocabularies).any(is_value)
            || !self.finder().fields(&[key]).is_empty()
    }

    fn finder(&self) -> &Finder<'k> {
        self.finder
            .get_or_init(|| Finder::new(self.schema, self.vocabularies))
    }

    /// Adds the parts of these cells, and the parts of those.
    fn open(
        &self,
        path: &[String],
        values: &[Option<&str>],
        (named, is_whole): (Named, bool),
        made: &mut Vec<Cells>,
    ) {
        let filled: Vec<&str> = values.iter().flatten().copied().collect();
        let step = filled.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<&str> = filled.into_iter().step_by(step).collect();
        let form = Form::of(&sample, named);
        let mut parts: Vec<(Part, bool)> = Vec::new();
        if let Some(form) = &form {
            let is_whole = is_whole && form.is_whole();
            parts.extend(form.parts(values).into_iter().map(|part| (part, is_whole)));
        }
        // What stands behind a word and a colon may be text as well.
        if matches!(form, None | Some(Form::Pairs(_) | Form::Separated(_))) {
            let found = self.finder().parts(&sample, values).into_iter();
            parts.extend(found.map(|part| (part, false)));
        }
        for (at, (part, is_whole)) in (1..).zip(parts) {
            if made.len() == MOST {
                return;
            }
            let name = self.name(&part.name, at);
            let path: Vec<String> = path.iter().cloned().chain([name]).collect();
            let cells: Vec<Option<&str>> = part.values.iter().map(Option::as_deref).collect();
            let before = made.len();
            if form.is_some() && path.len() < DEEPEST {
                self.open(&path, &cells, (Named::Otherwise, is_whole), made);
            }
            // Of what is only another writing, the parts are enough.
            let is_same = matches!(form, Some(Form::Encoded(_))) && made.len() > before;
            if !is_same && made.len() < MOST && tells(&cells) {
                made.push(Cells {
                    path,
                    part: part.name,
                    is_partial: !is_whole,
                    values: part.values,
                });
            }
        }
    }
}

/// The last part of a name, which may be of several keys.
fn last(name: &str) -> &str {
    name.rsplit(WITHIN).next().unwrap_or(name)
}

/// Whether not all cells are the same.
fn tells(cells: &[Option<&str>]) -> bool {
    cells.iter().any(|cell| *cell != cells[0])
}

#[cfg(test)]
mod tests;
