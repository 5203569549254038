//! What the leaked rows were made of: known to the judge and to no attack.

use std::{collections::HashMap, sync::Arc};

use super::{
    case::{Directory, NULL, Vocabulary},
    leak::Origin,
    table::{Codes, NONE, Table},
};
use crate::{
    error::{Error, Result},
    schema::{Role, Schema},
};

/// The true rows of one draw, numbered.
pub(crate) struct Truth {
    /// For each row and field the number of the value.
    pub(crate) rows: Vec<Vec<u32>>,
    /// Whose row it is, by position in `people`.
    pub(crate) person_of: Vec<u32>,
    /// For each person and field the number of the value; [`NULL`] for fields of the visit.
    pub(crate) people: Vec<Vec<u32>>,
    /// The different values of the target of each person, ascending; none of them is [`NULL`].
    pub(crate) came_for: Vec<Vec<u32>>,
    /// People of the same quasi-identifiers and tenant: the tenant, then the numbers of the quasi-identifiers.
    pub(crate) strata: Vec<Vec<u32>>,
    /// The part of the people that each person is in, where what people come for is known from the other parts only: what is known
    /// of a part stays true only while its people exchange among themselves.
    pub(crate) parts: Vec<u32>,
    table: Table,
}

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

    /// The truth in a table.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where it lacks the target, every field of the person, or a column that was named.
    pub(crate) fn truth(&self, table: Table) -> Result<Truth> {
        let schema = self.schema;
        let target = schema.fields()[self.target].name();
        if table.rows() == 0 {
            return Err(Error::audit(
                "the truth has no rows",
                "give at least one row",
            ));
        }
        if table.column(target).is_none() {
            let what = format!("the truth has no column \"{target}\"");
            return Err(Error::audit(
                what,
                "name its columns after the fields of the schema, or choose another target",
            ));
        }
        let named = |name: Option<&str>| match name {
            None => Ok(None),
            Some(name) => match table.column(name) {
                Some(column) => Ok(Some(column.codes().of)),
                None => Err(Error::audit(
                    format!("the truth has no column \"{name}\""),
                    "name a column that it has",
                )),
            },
        };
        let (key, tenant) = (named(self.person)?, named(self.tenant)?);
        let of_person: Vec<usize> = self.of_person(|name| table.column(name).is_some());
        if key.is_none() && of_person.is_empty() {
            return Err(Error::audit(
                "the truth has no field of the person",
                "give it the fields that tell people apart",
            ));
        }
        let rows = self.rows(&table);
        let mut truth = Truth {
            person_of: Vec::with_capacity(rows.len()),
            people: Vec::new(),
            came_for: Vec::new(),
            strata: Vec::new(),
            parts: Vec::new(),
            rows,
            table,
        };
        let mut seen: HashMap<Vec<u32>, u32> = HashMap::new();
        for (row, numbers) in truth.rows.iter().enumerate() {
            let id = match &key {
                Some(codes) => vec![codes[row]],
                None => of_person.iter().map(|&field| numbers[field]).collect(),
            };
            let person = *seen.entry(id).or_insert_with(|| {
                let of = |field| {
                    if of_person.contains(&field) {
                        numbers[field]
                    } else {
                        NULL
                    }
                };
                truth.people.push((0..numbers.len()).map(of).collect());
                truth.came_for.push(Vec::new());
                let quasi = of_person
                    .iter()
                    .filter(|&&field| schema.fields()[field].role() == Role::QuasiIdentifier);
                let tenant = tenant.as_ref().map_or(NONE, |codes| codes[row]);
                truth.strata.push(
                    [tenant]
                        .into_iter()
                        .chain(quasi.map(|&field| numbers[field]))
                        .collect(),
                );
                truth.people.len() as u32 - 1
            });
            truth.person_of.push(person);
            let (came_for, value) = (&mut truth.came_for[person as usize], numbers[self.target]);
            if value != NULL
                && let Err(at) = came_for.binary_search(&value)
            {
                came_for.insert(at, value);
            }
        }
        truth.parts = vec![0; truth.people.len()];
        Ok(truth)
    }

    fn of_person(&self, is_there: impl Fn(&str) -> bool) -> Vec<usize> {
        let fields = self.schema.fields().iter().enumerate();
        fields
            .filter(|(_, field)| is_of_person(field) && is_there(field.name()))
            .map(|(position, _)| position)
            .collect()
    }

    /// The person's quasi-identifiers that a truth has, in the order of its strata.
    pub(crate) fn quasi_identifiers(&self, truth: &Truth) -> Vec<usize> {
        let mut fields = self.of_person(|name| truth.table.column(name).is_some());
        fields.retain(|&field| self.schema.fields()[field].role() == Role::QuasiIdentifier);
        fields
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
            if is_of_person(&self.schema.fields()[gives]) {
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

/// Whether a field is of the person, and not of one visit.
pub(crate) fn is_of_person(field: &crate::Field) -> bool {
    field.is_of_person() || field.role() == Role::Identifier
}

impl Truth {
    /// The true row of each row of a leak, where that is known.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where the ids are not one a row, or of other rows than those of the truth.
    pub(crate) fn origins(
        &self,
        name: &str,
        origin: &Origin,
        leak: &Table,
    ) -> Result<Option<Vec<usize>>> {
        match origin {
            Origin::Unknown => Ok(None),
            Origin::Rows(rows) => {
                if rows.len() != leak.rows() || rows.iter().any(|&row| row >= self.rows.len()) {
                    let what = format!(
                        "the origins of leak \"{name}\" are not one true row for each of its rows"
                    );
                    return Err(Error::audit(
                        what,
                        "give the position of a true row for each leaked row",
                    ));
                }
                Ok(Some(rows.clone()))
            }
            Origin::Column(id) => self.by_id(name, id, leak).map(Some),
        }
    }

    fn by_id(&self, name: &str, id: &str, leak: &Table) -> Result<Vec<usize>> {
        let missing = |of: &str| {
            Error::audit(
                format!("{of} has no column \"{id}\""),
                "name an id column that leak and truth both have",
            )
        };
        let of_truth = self.table.column(id).ok_or_else(|| missing("the truth"))?;
        let of_leak = leak
            .column(id)
            .ok_or_else(|| missing(&format!("leak \"{name}\"")))?;
        let mut rows: HashMap<&str, usize> = HashMap::new();
        for row in 0..self.rows.len() {
            let twice = of_truth.get(row).and_then(|id| rows.insert(id, row));
            if twice.is_some() {
                return Err(Error::audit(
                    format!("column \"{id}\" of the truth has one id twice"),
                    "give each row an id of its own",
                )
                .at_row(row));
            }
        }
        let mut seen = HashMap::new();
        let found = |row: usize| of_leak.get(row).and_then(|id| rows.get(id).copied());
        if (0..leak.rows()).all(|row| found(row).is_none()) {
            let what =
                format!("leak \"{name}\" and the truth have no id of column \"{id}\" in common");
            return Err(Error::audit(what, "give the truth of these rows"));
        }
        (0..leak.rows())
            .map(|row| {
                let Some(origin) = found(row) else {
                    let what =
                        format!("leak \"{name}\" has a row whose id the truth does not have");
                    return Err(Error::audit(what, "give the truth of all rows").at_row(row));
                };
                match seen.insert(origin, row) {
                    None => Ok(origin),
                    Some(_) => {
                        let what = format!("column \"{id}\" of leak \"{name}\" has one id twice");
                        Err(Error::audit(what, "give each row an id of its own").at_row(row))
                    }
                }
            })
            .collect()
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
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
