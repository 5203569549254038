//! Rows of odd shapes and other schemas: each has an outcome that is no false comfort.

use std::collections::BTreeMap;

use paravent::{
    Schema,
    audit::{Audit, Leak, Outcome, Report, Table},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::generator;

fn truth(rows: usize) -> Table {
    Table::from_records(generator::appointments(rows, 1)).unwrap()
}

/// The same rows with other cells: what `cell` gives of a column's name, a row and the cell.
fn changed(
    table: &Table,
    cell: impl for<'t> Fn(&str, usize, Option<&'t str>) -> Option<String>,
) -> Table {
    let mut other = Table::new(table.columns().iter().map(|column| column.name())).unwrap();
    for row in 0..table.rows() {
        let columns = table.columns().iter();
        let cells: Vec<Option<String>> = columns
            .map(|column| cell(column.name(), row, column.get(row)))
            .collect();
        other.push(cells.iter().map(Option::as_deref)).unwrap();
    }
    other
}

fn random(names: &[String], rows: usize) -> Table {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    let mut table = Table::new(names.iter().map(String::as_str)).unwrap();
    for _ in 0..rows {
        let cells: Vec<String> = names
            .iter()
            .map(|_| data_encoding::HEXLOWER.encode(&rng.random::<[u8; 20]>()))
            .collect();
        table
            .push(cells.iter().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    table
}

fn audit(schema: &Schema, truth: Table, leak: Table) -> Report {
    Audit::new(schema)
        .draw(truth, vec![Leak::new("leak", leak)])
        .permutations(99)
        .run()
        .unwrap()
}

#[test]
fn all_rows_of_one_person_are_too_few_people() {
    let truth = truth(1_500);
    let first: BTreeMap<String, Option<String>> = truth
        .columns()
        .iter()
        .map(|column| {
            let cell = column.get(0).map(str::to_owned);
            (column.name().to_owned(), cell)
        })
        .collect();
    let of_person = ["last_name", "first_name", "age", "sex", "phone", "email"];
    let one = changed(&truth, |name, _, cell| {
        if of_person.contains(&name) {
            first[name].clone()
        } else {
            cell.map(str::to_owned)
        }
    });
    let report = audit(&Schema::appointment(), one.clone(), one);
    assert_eq!(report.people, 1);
    assert!(
        matches!(report.outcome, Outcome::TooFew { .. } | Outcome::Blind),
        "{report}"
    );
}

#[test]
fn a_target_that_differs_in_each_row_is_audited() {
    let truth = changed(&truth(2_000), |name, row, cell| match name {
        "specialty" => Some(format!("specialty {row}")),
        _ => cell.map(str::to_owned),
    });
    let nothing = random(&["id".to_owned()], truth.rows());
    let report = audit(&Schema::appointment(), truth.clone(), nothing);
    assert!(!report.schemes[0].links, "{report}");
    let report = audit(&Schema::appointment(), truth.clone(), truth);
    assert_eq!(report.outcome, Outcome::Links, "{report}");
}

#[test]
fn another_target_is_audited_as_well() {
    let truth = truth(2_000);
    for (leak, links) in [
        (random(&["id".to_owned()], 2_000), false),
        (truth.clone(), true),
    ] {
        let audit = Audit::new(&Schema::appointment())
            .target("practitioner")
            .draw(truth.clone(), vec![Leak::new("leak", leak)])
            .permutations(99);
        let report = audit.run().unwrap();
        assert_eq!(report.target, "practitioner");
        assert_eq!(report.schemes[0].links, links, "{report}");
        assert!(report.outcome != Outcome::Unlinkable || !links, "{report}");
    }
}

#[test]
fn a_leak_of_many_columns_is_audited() {
    let names: Vec<String> = (0..5_000).map(|at| format!("c{at}")).collect();
    let report = audit(&Schema::appointment(), truth(10), random(&names, 10));
    assert!(matches!(report.outcome, Outcome::TooFew { .. }), "{report}");
    assert_eq!(report.shown.len(), 5_000);
}
