//! Rows that say in clear who comes for what, though not one value a cell.

use paravent::{
    Schema,
    audit::{Audit, Leak, Outcome, Report, Table},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::generator;

const ROWS: usize = 600;

type Make<'m> = &'m mut dyn FnMut(usize, &dyn Fn(&str) -> String) -> String;

fn truth(rows: usize) -> Table {
    Table::from_records(generator::appointments(rows, 8)).unwrap()
}

/// An audit of rows whose columns are made of the true ones.
fn audit(truth: &Table, columns: &mut [(&str, Make<'_>)]) -> Report {
    let mut table = Table::new(columns.iter().map(|(name, _)| *name)).unwrap();
    for row in 0..truth.rows() {
        let get = |field: &str| {
            let cell = truth.column(field).unwrap().get(row);
            cell.unwrap_or_default().to_owned()
        };
        let cells: Vec<String> = columns
            .iter_mut()
            .map(|(_, make)| make(row, &get))
            .collect();
        table
            .push(cells.iter().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    let audit = Audit::new(&Schema::appointment())
        .draw(truth.clone(), vec![Leak::new("leak", table)])
        .permutations(99);
    audit.run().unwrap()
}

#[test]
fn whole_names_beside_a_specialty_link() {
    let report = audit(
        &truth(ROWS),
        &mut [
            ("patient", &mut |_, get| {
                format!("{}, {}", get("last_name").to_uppercase(), get("first_name"))
            }),
            ("what", &mut |_, get| get("specialty")),
        ],
    );
    assert_eq!(report.outcome, Outcome::Links, "{report}");
}

#[test]
fn one_column_of_everything_links() {
    let mut json = |_: usize, get: &dyn Fn(&str) -> String| {
        let inner = serde_json::json!({"tel": get("phone"), "mail": get("email")});
        let all = serde_json::json!({"who": inner, "why": get("specialty")}).to_string();
        data_encoding::BASE64.encode(all.as_bytes())
    };
    let mut list = |_: usize, get: &dyn Fn(&str) -> String| {
        ["last_name", "first_name", "age", "specialty"]
            .map(|field| get(field))
            .join("|")
    };
    let mut text = |_: usize, get: &dyn Fn(&str) -> String| {
        format!("tel {} pour {}", get("phone"), get("specialty"))
    };
    let makes: [(&str, Make<'_>); 3] = [
        ("payload", &mut json),
        ("line", &mut list),
        ("note", &mut text),
    ];
    let truth = truth(ROWS);
    for make in makes {
        let name = make.0;
        let report = audit(&truth, &mut [make]);
        assert_eq!(report.outcome, Outcome::Links, "{name}: {report}");
    }
}

#[test]
fn telephone_numbers_in_one_row_of_a_hundred_link() {
    let rng = &mut ChaCha8Rng::seed_from_u64(4);
    let report = audit(
        &truth(6_128),
        &mut [
            ("x", &mut |row, get| match row % 100 {
                0 => get("phone"),
                _ => format!("{:032x}", rng.random::<u128>()),
            }),
            ("specialty", &mut |_, get| get("specialty")),
        ],
    );
    assert_eq!(report.outcome, Outcome::Links, "{report}");
}

#[test]
fn composed_cells_of_nobody_link_nothing() {
    let rng = &mut ChaCha8Rng::seed_from_u64(6);
    let report = audit(
        &truth(2_000),
        &mut [
            ("payload", &mut |_, _| {
                let id = format!("{:032x}", rng.random::<u128>());
                serde_json::json!({"id": id, "n": rng.random_range(0..90)}).to_string()
            }),
            ("note", &mut |row, _| {
                format!("rappel {} ; à revoir", row % 7)
            }),
        ],
    );
    assert!(!report.schemes[0].links, "{report}");
    assert!(
        report.controls.iter().all(|control| control.passed),
        "{report}"
    );
}
