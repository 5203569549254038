//! Values of fields as numbers, so that attacks compare no text.

use std::{collections::HashMap, sync::Arc};

use super::{
    table::{Codes, NONE, Table},
    truth::Truth,
};
use crate::{
    audit::case::{Directory, NULL, Vocabulary},
    schema::{Role, Schema, ValueType},
};

/// How true rows are read.
pub(crate) struct Numbering<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) target: usize,
    pub(crate) vocabularies: Arc<Vec<Vocabulary>>,
    /// The column that tells people apart, where not all fields of the person do.
    pub(crate) person: Option<&'a str>,
    pub(crate) tenant: Option<&'a str>,
}

impl Numbering<'_> {
    /// Of people whom all fields of the person tell apart, guessing what they came for.
    #[cfg(test)]
    pub(crate) fn of_visits<'a>(schema: &'a Schema, visits: &Table) -> Numbering<'a> {
        Numbering {
            schema,
            target: schema.position("specialty").unwrap_or_default(),
            vocabularies: Arc::new(Numbering::vocabularies(schema, [visits].into_iter())),
            person: None,
            tenant: None,
        }
    }

    /// The values of each field over all tables.
    pub(crate) fn vocabularies<'t>(
        schema: &Schema,
        tables: impl Iterator<Item = &'t Table> + Clone,
    ) -> Vec<Vocabulary> {
        let vocabulary = |field: &crate::Field| {
            let mut vocabulary = Vocabulary::new();
            for table in tables.clone() {
                let Some(column) = table.column(field.name()) else {
                    continue;
                };
                for &row in &column.codes().first {
                    if let Some(text) = column.get(row as usize) {
                        vocabulary.add(text);
                    }
                }
            }
            vocabulary.fold(field.class(), schema.phone_region());
            vocabulary
        };
        schema.fields().iter().map(vocabulary).collect()
    }

    /// For each row and field of a table the number of the value.
    pub(crate) fn rows(&self, table: &Table) -> Vec<Vec<u32>> {
        let mut rows = vec![vec![NULL; self.schema.fields().len()]; table.rows()];
        for (position, field) in self.schema.fields().iter().enumerate() {
            let Some(column) = table.column(field.name()) else {
                continue;
            };
            let Codes { of, first } = column.codes();
            let number = |row: &u32| {
                column
                    .get(*row as usize)
                    .map_or(NULL, |text| self.vocabularies[position].numbers[text])
            };
            let numbers: Vec<u32> = first.iter().map(number).collect();
            for (row, code) in of.into_iter().enumerate().filter(|(_, code)| *code != NONE) {
                rows[row][position] = numbers[code as usize];
            }
        }
        rows
    }

    pub(crate) fn of_person(&self, is_there: impl Fn(&str) -> bool) -> Vec<usize> {
        let fields = self.schema.fields().iter().enumerate();
        fields
            .filter(|(_, field)| field.is_of_person() && is_there(field.name()))
            .map(|(position, _)| position)
            .collect()
    }

    /// The person's quasi-identifiers that a truth has, in the order of its strata.
    pub(crate) fn quasi_identifiers(&self, truth: &Truth) -> Vec<usize> {
        let mut fields = self.of_person(|name| truth.table().column(name).is_some());
        fields.retain(|&field| self.schema.fields()[field].role() == Role::QuasiIdentifier);
        fields
    }

    /// The values of a field as integers, those that are, where it has integers.
    pub(crate) fn integers(&self, field: usize) -> Option<Vec<Option<i64>>> {
        let is_integer = self.schema.fields()[field].value_type() == ValueType::Integer;
        let values = self.vocabularies[field].values.iter();
        is_integer.then(|| values.map(|text| text.parse().ok()).collect())
    }

    /// The public lists that the schema speaks of, as the true rows have them.
    pub(crate) fn directories(&self, truth: &Truth) -> Vec<Directory> {
        let mut directories = Vec::new();
        for fact in self.schema.determines() {
            let [of] = fact.fields() else { continue };
            let Some((of, gives)) = self
                .schema
                .position(of)
                .zip(fact.gives().and_then(|gives| self.schema.position(gives)))
            else {
                continue;
            };
            if self.schema.fields()[gives].is_of_person() {
                continue; // a register has it anyway
            }
            let mut entries: HashMap<u32, Vec<u32>> = HashMap::new();
            for row in truth
                .rows
                .iter()
                .filter(|row| row[of] != NULL && row[gives] != NULL)
            {
                let entry = entries.entry(row[of]).or_default();
                if let Err(at) = entry.binary_search(&row[gives]) {
                    entry.insert(at, row[gives]);
                }
            }
            directories.push(Directory {
                of,
                gives,
                entries,
                calendar: fact.needs_practice(),
            });
        }
        directories
    }
}

impl Vocabulary {
    fn new() -> Self {
        Self {
            values: vec![String::new()],
            ..Self::default()
        }
    }

    fn add(&mut self, text: &str) {
        if !self.numbers.contains_key(text) {
            self.numbers
                .insert(text.to_owned(), self.values.len() as u32);
            self.values.push(text.to_owned());
        }
    }

    fn fold(&mut self, class: crate::Class, region: Option<&crate::PhoneRegion>) {
        for (number, value) in self.values.iter().enumerate().skip(1) {
            let form = class
                .normalize(value, region)
                .unwrap_or_else(|_| value.clone());
            self.folded.entry(form).or_default().push(number as u32);
        }
    }
}
