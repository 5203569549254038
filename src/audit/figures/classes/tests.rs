#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn table(names: &[&str], rows: &[Vec<Option<String>>]) -> Table {
    let mut table = Table::new(names.iter().copied()).unwrap();
    for row in rows {
        table.push(row.iter().map(Option::as_deref)).unwrap();
    }
    table
}

fn rows(text: &[&[&str]]) -> Vec<Vec<Option<String>>> {
    let cell = |cell: &&str| (!cell.is_empty()).then(|| (*cell).to_owned());
    text.iter()
        .map(|row| row.iter().map(cell).collect())
        .collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

/// Class x has a, a, b; class y has b; over all a and b are a half each.
#[test]
fn a_table_by_hand() {
    let table = table(
        &["q", "s"],
        &rows(&[&["x", "a"], &["y", "b"], &["x", "a"], &["x", "b"]]),
    );
    let figures = classes(&table, &["q"], "s").unwrap();
    assert_eq!((figures.classes, figures.unique), (2, 1));
    assert_eq!((figures.k, figures.l), (1, 1));
    assert_eq!(figures.sizes, [(1, 1), (2, 0), (5, 1)]);
    // y: b with 1 instead of 1/2.
    assert!(near(figures.t, 0.5));
    // y: ln 2; x has b with 1/3 instead of 1/2, ln 1.5, which is less.
    assert!(near(figures.delta, 2f64.ln()));
    // y: gains all of it again, which is more than -ln(1/2).
    assert!(near(figures.beta, 2f64.ln()));
    assert_eq!(figures.quasi_identifiers, ["q"]);
    assert_eq!(figures.sensitive, "s");
}

/// Incomes of Li, Li and Venkatasubramanian, 3k to 11k: the classes {3k, 4k, 5k} and {6k, 8k, 11k} lie 0.375 and 0.167 from
/// all nine.
#[test]
fn numbers_are_near_and_far() {
    let first: Vec<&[&str]> = vec![&["x", "3000"], &["x", "4e3"], &["x", "5000.0"]];
    let second: &[&[&str]] = &[
        &["y", "6000"],
        &["y", "8000"],
        &["y", "11000"],
        &["z", "7000"],
        &["z", "9000"],
        &["z", "10000"],
    ];
    let table = table(&["q", "s"], &rows(&[&first, second].concat()));
    let figures = classes(&table, &["q"], "s").unwrap();
    assert!(near(figures.t, 0.375), "{}", figures.t);

    let sensitive = Sensitive::new(table.column("s").unwrap());
    let overall = Overall::new(&sensitive);
    let distance = overall.distance(&[(3, 1), (5, 1), (8, 1)], 3);
    assert!((distance - 0.167).abs() < 0.0005, "{distance}");
}

#[test]
fn equal_numbers_are_one_value_however_written() {
    let table = table(
        &["q", "s"],
        &rows(&[&["x", "1"], &["x", "1.0"], &["y", "1e0"]]),
    );
    let figures = classes(&table, &["q"], "s").unwrap();
    assert_eq!(figures.l, 1);
    assert_eq!((figures.t, figures.delta, figures.beta), (0.0, 0.0, 0.0));
}

#[test]
fn null_is_a_value_in_both() {
    let table = table(
        &["q", "s"],
        &rows(&[&["", "1"], &["", ""], &["y", "1"], &["y", ""]]),
    );
    let figures = classes(&table, &["q"], "s").unwrap();
    assert_eq!((figures.classes, figures.k, figures.l), (2, 2, 2));
    assert_eq!(figures.t, 0.0);
}

#[test]
fn without_quasi_identifiers_all_rows_are_one_class() {
    let table = table(&["s"], &rows(&[&["a"], &["b"], &["a"]]));
    let figures = classes(&table, &[], "s").unwrap();
    assert_eq!((figures.classes, figures.unique, figures.k), (1, 0, 3));
    assert_eq!((figures.l, figures.t), (2, 0.0));
    assert_eq!(figures.sizes, [(1, 0), (2, 0), (5, 1)]);
}

#[test]
fn no_row_and_no_such_column_are_errors() {
    let empty = Table::new(["q", "s"]).unwrap();
    assert!(classes(&empty, &["q"], "s").unwrap_err().is_audit());
    let table = table(&["q", "s"], &rows(&[&["x", "a"]]));
    assert!(classes(&table, &["r"], "s").unwrap_err().is_audit());
    assert!(classes(&table, &["q"], "r").unwrap_err().is_audit());
}

#[test]
fn bins_have_room_for_all() {
    assert_eq!(bins(1), [(1, 0)]);
    assert_eq!(bins(3), [(1, 0), (2, 0), (5, 0)]);
    assert_eq!(bins(10), [(1, 0), (2, 0), (5, 0), (10, 0)]);
    assert!(bins(u64::MAX).last().is_some_and(|bin| bin.0 == u64::MAX));
}

/// The same figures by their definitions, over maps of text: classes, unique, k, l, t, delta, beta.
fn naive(rows: &[Vec<Option<String>>]) -> (u64, u64, u64, u64, f64, f64, f64) {
    let split = |row: &Vec<Option<String>>| {
        let (sensitive, quasi) = row.split_last().unwrap();
        (quasi.to_vec(), sensitive.clone())
    };
    let mut classes: BTreeMap<_, Vec<Option<String>>> = BTreeMap::new();
    for (quasi, sensitive) in rows.iter().map(split) {
        classes.entry(quasi).or_default().push(sensitive);
    }
    let all: Vec<_> = rows.iter().map(|row| split(row).1).collect();
    let mut values = all.clone();
    values.sort();
    values.dedup();
    let is_number = |value: &Option<String>| {
        let text = value.as_deref();
        text.is_some_and(|text| text.parse::<f64>().is_ok())
    };
    let is_ordered = values.iter().all(is_number);
    if is_ordered {
        let number = |value: &Option<String>| value.as_deref().unwrap().parse::<f64>().unwrap();
        values.sort_by(|a, b| number(a).partial_cmp(&number(b)).unwrap());
    }
    let share = |rows: &[Option<String>], value: &Option<String>| {
        rows.iter().filter(|row| *row == value).count() as f64 / rows.len() as f64
    };
    let (mut t, mut delta, mut beta) = (0f64, 0f64, 0f64);
    for class in classes.values() {
        let differences: Vec<f64> = values
            .iter()
            .map(|value| share(class, value) - share(&all, value))
            .collect();
        let distance = if is_ordered && values.len() > 1 {
            let moved = (0..values.len()).map(|at| differences[..=at].iter().sum::<f64>().abs());
            moved.sum::<f64>() / (values.len() - 1) as f64
        } else {
            differences.iter().map(|d| d.abs()).sum::<f64>() / 2.0
        };
        t = t.max(distance);
        for value in &values {
            let (here, there) = (share(class, value), share(&all, value));
            if here > 0.0 {
                delta = delta.max((here / there).ln().abs());
                beta = beta.max(((here - there) / there).min(-there.ln()));
            }
        }
    }
    let sizes = || classes.values().map(Vec::len);
    let different = classes.values().map(|class| {
        let mut class = class.clone();
        class.sort();
        class.dedup();
        class.len()
    });
    (
        classes.len() as u64,
        sizes().filter(|&size| size == 1).count() as u64,
        sizes().min().unwrap() as u64,
        different.min().unwrap() as u64,
        t,
        delta,
        beta,
    )
}

fn cell(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    let one = proptest::sample::select(values).prop_map(str::to_owned);
    proptest::option::weighted(0.9, one)
}

fn some_rows() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    let quasi = || [cell(&["a", "b", "c"]), cell(&["0", "1"])];
    let word = cell(&["x", "y", "z", "w"]);
    let number = proptest::sample::select(vec!["-3", "0", "2", "10", "11", "400"]);
    let number = number.prop_map(|text| Some(text.to_owned()));
    let row = |sensitive: BoxedStrategy<Option<String>>| {
        let [first, second] = quasi();
        proptest::collection::vec(
            (first, second, sensitive).prop_map(|(a, b, c)| vec![a, b, c]),
            1..40,
        )
    };
    prop_oneof![row(word.boxed()), row(number.boxed())]
}

proptest! {
    #[test]
    fn figures_are_those_of_their_definitions(rows in some_rows()) {
        let table = table(&["p", "q", "s"], &rows);
        let figures = classes(&table, &["p", "q"], "s").unwrap();
        let (classes, unique, k, l, t, delta, beta) = naive(&rows);
        prop_assert_eq!((figures.classes, figures.unique), (classes, unique));
        prop_assert_eq!((figures.k, figures.l), (k, l));
        for (figure, wanted) in [(figures.t, t), (figures.delta, delta), (figures.beta, beta)] {
            prop_assert!((figure - wanted).abs() < 1e-9, "{} {}", figure, wanted);
        }
        prop_assert_eq!(figures.sizes.iter().map(|size| size.1).sum::<u64>(), classes);
        prop_assert_eq!(figures.sizes[0].1, unique);
        prop_assert!(figures.sizes.last().unwrap().1 > 0);
    }

    #[test]
    fn neither_the_order_of_rows_nor_of_columns_matters(rows in some_rows()) {
        let forth = classes(&table(&["p", "q", "s"], &rows), &["p", "q"], "s").unwrap();
        let turned: Vec<_> = rows.into_iter().rev().collect();
        let mut back = classes(&table(&["p", "q", "s"], &turned), &["q", "p"], "s").unwrap();
        back.quasi_identifiers.reverse();
        prop_assert!(near(forth.t, back.t));
        prop_assert!(near(forth.delta, back.delta) && near(forth.beta, back.beta));
        (back.t, back.delta, back.beta) = (forth.t, forth.delta, forth.beta);
        prop_assert_eq!(format!("{forth:?}"), format!("{back:?}"));
    }
}
