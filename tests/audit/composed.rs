//! Rows that say in clear who comes for what, though not one value a cell.

use paravent::{
    Schema,
    audit::{Audit, Leak, Origin, Outcome, Report, Table},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::generator;

const ROWS: usize = 600;

const CARDIOLOGY: &str = "Cardiologie et Maladies vasculaires";

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

/// The rows of a truth of which something holds, with these columns of it.
fn export(truth: &Table, columns: &[&str], is_in: impl Fn(usize) -> bool) -> Leak {
    let mut table = Table::new(columns.iter().copied()).unwrap();
    let rows: Vec<usize> = (0..truth.rows()).filter(|&row| is_in(row)).collect();
    for &row in &rows {
        let cells = columns
            .iter()
            .map(|name| truth.column(name).unwrap().get(row));
        table.push(cells).unwrap();
    }
    Leak::new("export", table).with_origin(Origin::Rows(rows))
}

fn audited(truth: &Table, leak: Leak) -> Report {
    let audit = Audit::new(&Schema::appointment()).draw(truth.clone(), vec![leak]);
    audit.permutations(99).run().unwrap()
}

/// Of one department, in a column that no name tells, and of two.
#[test]
fn an_unnamed_column_with_one_value_or_two_links() {
    let truth = truth(1_500);
    for departments in [
        &[CARDIOLOGY][..],
        &[CARDIOLOGY, "Dermatologie et Vénéréologie"],
    ] {
        let specialty = truth.column("specialty").unwrap();
        let is_in = |row: usize| departments.contains(&specialty.get(row).unwrap());
        let rows: Vec<usize> = (0..truth.rows()).filter(|&row| is_in(row)).collect();
        let mut table = Table::new(["nom", "prénom", "service"]).unwrap();
        for &row in &rows {
            let get = |name: &str| truth.column(name).unwrap().get(row);
            let cells = ["last_name", "first_name", "specialty"].map(get);
            table.push(cells).unwrap();
        }
        let leak = Leak::new("export", table).with_origin(Origin::Rows(rows));
        let report = audited(&truth, leak);
        assert_eq!(report.outcome, Outcome::Links, "{departments:?}: {report}");
    }
}

/// No cell says it, but whoever knows what some of those in the file came for knows it of all.
#[test]
fn a_file_of_one_department_links_who_is_in_it() {
    let truth = truth(3_000);
    let specialty = truth.column("specialty").unwrap();
    let leak = export(&truth, &["last_name", "first_name", "phone"], |row| {
        specialty.get(row) == Some(CARDIOLOGY)
    });
    let report = audited(&truth, leak);
    assert_eq!(report.outcome, Outcome::Links, "{report}");
    let scheme = &report.schemes[0];
    assert_eq!(scheme.worst.as_deref(), Some("trained classifier"));
    assert!(scheme.outed > scheme.outed_by_chance, "{report}");
}

/// They came for what children come for, which their age says already.
#[test]
fn a_file_of_children_or_of_some_people_links_nothing() {
    let truth = truth(3_000);
    let age = truth.column("age").unwrap();
    let is_child = |row: usize| {
        let age = age.get(row).and_then(|age| age.parse::<u32>().ok());
        age.is_some_and(|age| age < 16)
    };
    for is_in in [&is_child as &dyn Fn(usize) -> bool, &|row| row % 3 == 0] {
        let leak = export(&truth, &["last_name", "first_name", "phone"], is_in);
        let report = audited(&truth, leak);
        assert!(!report.schemes[0].links, "{report}");
    }
}
