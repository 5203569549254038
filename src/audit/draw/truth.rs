//! What the leaked rows were made of: known to the judge and to no attack.

use std::collections::{HashMap, HashSet};

use super::{
    leak::Origin,
    numbering::Numbering,
    table::{NONE, Table},
};
use crate::{
    audit::{case::NULL, judge::neighbours::Neighbours},
    error::{Audited, Error, Result},
    schema::Role,
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
    pub(crate) neighbours: Neighbours,
    /// How many people have rows of several tenants.
    pub(crate) several_tenants: usize,
    table: Table,
}

impl Numbering<'_> {
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
            neighbours: Neighbours::default(),
            several_tenants: 0,
            rows,
            table,
        };
        let mut seen: HashMap<Vec<u32>, u32> = HashMap::new();
        for (row, numbers) in truth.rows.iter().enumerate() {
            let id = match &key {
                Some(codes) if codes[row] == NONE => {
                    let what = format!(
                        "column \"{}\" of the truth has no id",
                        self.person.unwrap_or_default()
                    );
                    let advice = "give each row the id of its person";
                    return Err(Error::audit(what, advice).at_row(row));
                }
                Some(codes) => vec![codes[row]],
                // Of whom nothing is known is somebody else in each row.
                None if of_person.iter().all(|&field| numbers[field] == NULL) => {
                    vec![NONE, row as u32]
                }
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
        if let Some(codes) = &tenant {
            let is_other = |(row, person): (usize, &u32)| {
                (truth.strata[*person as usize][0] != codes[row]).then_some(*person)
            };
            let of_several = truth.person_of.iter().enumerate().filter_map(is_other);
            truth.several_tenants = of_several.collect::<HashSet<u32>>().len();
        }
        truth.parts = vec![0; truth.people.len()];
        truth.neighbours = Neighbours::new(self, &truth);
        Ok(truth)
    }
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
        let of_truth = self
            .table
            .column(id)
            .ok_or_else(|| missing("the truth").of(Audited::Truth))?;
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
                .of(Audited::Truth)
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::Schema;

    fn truth(person: Option<&str>, rows: &[[Option<&str>; 3]]) -> Result<Truth> {
        let schema = Schema::appointment();
        let mut table = Table::new(["account", "last_name", "specialty"])?;
        for row in rows {
            table.push(*row)?;
        }
        let numbering = Numbering {
            person,
            ..Numbering::of_visits(&schema, &table)
        };
        numbering.truth(table)
    }

    /// All rows without an id would be one person who came for everything, and whom any guess fits.
    #[test]
    fn rows_of_nobody_are_not_one_person() {
        let rows = [
            [Some("1"), Some("Martin"), Some("Urologie")],
            [None, None, Some("Urologie")],
            [None, None, Some("Neurologie")],
        ];
        assert_eq!(truth(None, &rows).unwrap().people.len(), 3);
        let error = truth(Some("account"), &rows).map(|_| ()).unwrap_err();
        assert!(error.is_audit());
        assert_eq!(
            error.to_string(),
            "row 1, counted from 0: column \"account\" of the truth has no id; give each row the id of its person"
        );
    }
}
