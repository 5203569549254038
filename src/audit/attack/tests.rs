//! A made-up town, and what each attack reads of rows of it.

mod clear;
mod composed;
mod frequency;
mod order;
mod shape;

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Attack, Reading, Way, clear::Clear};
use crate::{
    Schema,
    audit::{
        case::Case,
        control::made_up::town,
        draw::{leak::Leak, numbering::Numbering, table::Table, truth::Truth},
        judge::prior::Priors,
        reading::What,
    },
};

/// Two draws of visits, of other people.
pub(super) struct Town {
    pub(super) schema: Schema,
    pub(super) rows: Table,
    others: Table,
}

impl Town {
    pub(super) fn new(visits: usize) -> Self {
        Self::seeded(visits, 1)
    }

    pub(super) fn seeded(visits: usize, seed: u64) -> Self {
        Self {
            schema: Schema::appointment(),
            rows: town(visits, 2 * seed).unwrap(),
            others: town(4 * visits, 2 * seed + 1).unwrap(),
        }
    }

    /// A leak with these columns, made of the fields by the name behind the colon, where it is another one.
    pub(super) fn leak(
        &self,
        columns: &[&str],
        mut make: impl FnMut(&str, &str) -> Option<String>,
    ) -> Leak {
        let split = |column: &&str| -> (String, String) {
            let (name, of) = column.split_once(':').unwrap_or((column, column));
            (name.to_owned(), of.to_owned())
        };
        let columns: Vec<(String, String)> = columns.iter().map(split).collect();
        let mut table = Table::new(columns.iter().map(|(name, _)| name.clone())).unwrap();
        for row in 0..self.rows.rows() {
            let cells: Vec<Option<String>> = columns
                .iter()
                .map(|(_, of)| make(of, self.rows.column(of)?.get(row)?))
                .collect();
            table.push(cells.iter().map(Option::as_deref)).unwrap();
        }
        Leak::new("leak", table)
    }

    /// What a thief has, and the truth.
    pub(super) fn case(&self, leak: Leak) -> (Case, Truth) {
        let tables = [&self.rows, &self.others];
        let vocabularies = Numbering::vocabularies(&self.schema, tables.into_iter());
        let target = self.schema.position("specialty").unwrap();
        let numbering = Numbering {
            schema: &self.schema,
            target,
            vocabularies: Arc::new(vocabularies),
            person: None,
            tenant: None,
        };
        let truth = numbering.truth(self.rows.clone()).unwrap();
        let others = numbering.truth(self.others.clone()).unwrap();
        let values = numbering.vocabularies[target].values.len();
        let prior = Priors::alike(truth.people.len(), vec![1.0 / values as f32; values]);
        let knows = numbering.knowledge(&truth, &[&others], prior.into(), 0, 7);
        let case = Case {
            leaks: vec![Arc::new(numbering.view(leak))],
            knows,
            lessons: Vec::new(),
            seed: 7,
        };
        (case, truth)
    }
}

/// The ways of an attack that follows on what is read in clear.
pub(super) fn ways(attack: &dyn Attack, case: &Case) -> (Vec<Reading>, Vec<Way>) {
    let clear = Clear.ways(case, &[Vec::new()]);
    let clear: Vec<Reading> = clear.into_iter().flat_map(|way| way.readings).collect();
    let known = [clear];
    let ways = attack.ways(case, &known);
    let [clear] = known;
    (clear, ways)
}

/// In which share of all rows the likeliest value of a field is the true one.
pub(super) fn share(case: &Case, truth: &Truth, readings: &[Reading], field: &str) -> f64 {
    let field = case.knows.schema.position(field).unwrap();
    let Some(reading) = readings.iter().find(|one| one.of == What::Field(field)) else {
        return 0.0;
    };
    let right = |row: &usize| {
        let best = reading.at(*row).and_then(|candidates| candidates.best());
        best.is_some_and(|(value, _)| value == truth.rows[*row][field])
    };
    (0..truth.rows.len()).filter(right).count() as f64 / truth.rows.len() as f64
}

/// How much weight the true value has, over all rows: what the thief believes is as often so where both are the same.
pub(super) fn belief(case: &Case, truth: &Truth, readings: &[Reading], field: &str) -> (f64, f64) {
    let position = case.knows.schema.position(field).unwrap();
    let reading = readings
        .iter()
        .find(|one| one.of == What::Field(position))
        .unwrap();
    let best = (0..truth.rows.len()).filter_map(|row| reading.at(row)?.best());
    let believed: f64 = best.map(|(_, weight)| f64::from(weight)).sum();
    let rows = truth.rows.len() as f64;
    (believed / rows, share(case, truth, readings, field))
}

/// A stand-in that is the same for the same value.
pub(super) fn stand_in(field: &str, value: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"a key that nobody has");
    digest.update(field);
    digest.update(value);
    data_encoding::HEXLOWER.encode(&digest.finalize()[..16])
}
