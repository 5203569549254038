use std::collections::{BTreeSet, HashMap, HashSet};

use super::*;

const FIELDS: [&str; 6] = [
    "last_name",
    "first_name",
    "age",
    "phone",
    "start",
    "specialty",
];

fn truth(rows: usize) -> Table {
    let mut truth = Table::new(FIELDS.into_iter().chain(["remarks"])).unwrap();
    for row in 0..rows {
        let age = (row * 7 % 90).to_string();
        let phone = format!("06 39 98 {:02} {:02}", row / 100 % 100, row % 50);
        let start = format!("2020-07-{:02}T09:30:00+02:00", row % 28 + 1);
        truth
            .push([
                Some(["Martin", "Lefèvre", "Roux"][row % 3]),
                Some(["Zoé", "Karim"][row % 2]),
                (row % 5 > 0).then_some(age.as_str()),
                (row % 4 > 0).then_some(phone.as_str()),
                Some(start.as_str()),
                Some(["Dermatologie", "Oncologie"][row / 5 % 2]),
                Some("late"),
            ])
            .unwrap();
    }
    truth
}

fn leaks(bad: KnownBad, rows: usize) -> (Table, Vec<Leak>) {
    let truth = truth(rows);
    let leaks = bad.leaks(&Schema::appointment(), &truth, 7).unwrap();
    (truth, leaks)
}

/// Each cell of a column beside the true one.
fn pairs<'t>(
    truth: &'t Table,
    leak: &'t Leak,
    name: &str,
) -> Vec<(Option<&'t str>, Option<&'t str>)> {
    let Origin::Rows(rows) = &leak.origin else {
        panic!("no origin")
    };
    let (clear, leaked) = (
        truth.column(name).unwrap(),
        leak.table.column(name).unwrap(),
    );
    rows.iter()
        .enumerate()
        .map(|(leaked_row, &row)| (clear.get(row), leaked.get(leaked_row)))
        .collect()
}

#[test]
fn every_scheme_keeps_rows_nulls_and_their_origin() {
    for bad in KnownBad::ALL {
        let (truth, leaks) = leaks(bad, 100);
        assert_eq!(leaks.len(), if bad == KnownBad::SharedId { 2 } else { 1 });
        for leak in &leaks {
            let Origin::Rows(rows) = &leak.origin else {
                panic!("no origin")
            };
            assert_eq!(leak.table.rows(), 100);
            assert_ne!(*rows, (0..100).collect::<Vec<_>>(), "{}", bad.name());
            let distinct: HashSet<_> = rows.iter().collect();
            assert_eq!(distinct.len(), 100);
            assert!(leak.table.column("remarks").is_none());
            for name in FIELDS
                .iter()
                .filter(|name| leak.table.column(name).is_some())
            {
                for (clear, leaked) in pairs(&truth, leak, name) {
                    assert_eq!(clear.is_none(), leaked.is_none(), "{name}");
                }
            }
        }
    }
    let names: BTreeSet<_> = KnownBad::ALL.map(KnownBad::name).into();
    assert_eq!(names.len(), KnownBad::ALL.len());
}

#[test]
fn a_seed_always_gives_the_same_leak() {
    let text = |seed| {
        let leaks = KnownBad::Unpadded
            .leaks(&Schema::appointment(), &truth(10), seed)
            .unwrap();
        let ages = leaks[0].table.column("age").unwrap();
        (0..10)
            .map(|row| ages.get(row).unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn identifiers_are_digests_and_all_else_is_in_clear() {
    let (truth, leaks) = leaks(KnownBad::UnsaltedDigests, 60);
    for (clear, leaked) in pairs(&truth, &leaks[0], "phone") {
        let digest = clear.map(|clear| HEXLOWER.encode(&Sha256::digest(clear)));
        assert_eq!(leaked, digest.as_deref());
    }
    for (clear, leaked) in pairs(&truth, &leaks[0], "specialty") {
        assert_eq!(clear, leaked);
    }
}

#[test]
fn deterministic_columns_are_equal_where_values_are() {
    let (truth, leaks) = leaks(KnownBad::Deterministic, 60);
    for name in FIELDS {
        let (mut there, mut back) = (HashMap::new(), HashMap::new());
        for (clear, leaked) in pairs(&truth, &leaks[0], name) {
            assert_eq!(*there.entry(clear).or_insert(leaked), leaked);
            assert_eq!(*back.entry(leaked).or_insert(clear), clear);
            assert!(clear.is_none() || clear != leaked);
        }
    }
}

#[test]
fn integers_and_times_keep_their_order() {
    let (truth, leaks) = leaks(KnownBad::OrderPreserving, 90);
    let number = |text: &str| text.parse::<i64>().unwrap();
    let mut ages: Vec<(i64, i64)> = pairs(&truth, &leaks[0], "age")
        .iter()
        .filter_map(|(clear, leaked)| Some((number((*clear)?), number((*leaked)?))))
        .collect();
    let mut starts: Vec<(&str, i64)> = pairs(&truth, &leaks[0], "start")
        .iter()
        .filter_map(|(clear, leaked)| Some(((*clear)?, number((*leaked)?))))
        .collect();
    ages.sort_unstable();
    starts.sort_unstable();
    assert!(
        ages.windows(2)
            .all(|two| (two[0].0 < two[1].0) == (two[0].1 < two[1].1))
    );
    assert!(
        starts
            .windows(2)
            .all(|two| (two[0].0 < two[1].0) == (two[0].1 < two[1].1))
    );
    assert!(ages.iter().any(|(clear, leaked)| clear != leaked));
    // Of different offsets by the instant.
    assert!(instant("2020-07-21T09:30:00+02:00") < instant("2020-07-21T08:30:00Z"));
    assert!(instant("2020-07-21") < instant("2020-07-22"));
    assert_eq!(instant("soon"), None);
}

#[test]
fn only_lengths_are_left_without_padding() {
    let (truth, leaks) = leaks(KnownBad::Unpadded, 60);
    let mut seen = HashSet::new();
    for (clear, leaked) in pairs(&truth, &leaks[0], "last_name") {
        let (clear, leaked) = (clear.unwrap(), leaked.unwrap());
        assert_eq!(
            BASE64.decode(leaked.as_bytes()).unwrap().len(),
            clear.len() + 28
        );
        assert!(seen.insert(leaked), "a cell twice");
    }
}

#[test]
fn a_pseudonym_is_of_the_person_and_stands_beside_no_field_of_theirs() {
    let (truth, leaks) = leaks(KnownBad::StablePseudonym, 100);
    let table = &leaks[0].table;
    let names: Vec<_> = table.columns().iter().map(Column::name).collect();
    assert_eq!(names, ["patient", "start", "specialty"]);
    let Origin::Rows(rows) = &leaks[0].origin else {
        panic!("no origin")
    };
    let person = |row: usize| {
        ["last_name", "first_name", "phone"].map(|name| truth.column(name).unwrap().get(row))
    };
    let (mut there, mut back) = (HashMap::new(), HashMap::new());
    for (leaked, &row) in rows.iter().enumerate() {
        let pseudonym = table.columns()[0].get(leaked).unwrap();
        assert_eq!(*there.entry(person(row)).or_insert(pseudonym), pseudonym);
        assert_eq!(*back.entry(pseudonym).or_insert(person(row)), person(row));
    }
}

#[test]
fn an_id_joins_the_two_connectors() {
    let (_, leaks) = leaks(KnownBad::SharedId, 50);
    let names = |leak: &Leak| {
        let columns = leak.table.columns().iter();
        columns
            .map(|column| column.name().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&leaks[0]),
        ["row_id", "last_name", "first_name", "age", "phone"]
    );
    assert_eq!(names(&leaks[1]), ["row_id", "start", "specialty"]);
    let by_id = |leak: &Leak| -> BTreeMap<String, usize> {
        let Origin::Rows(rows) = &leak.origin else {
            panic!("no origin")
        };
        let ids = &leak.table.columns()[0];
        (0..50)
            .map(|row| (ids.get(row).unwrap().to_owned(), rows[row]))
            .collect()
    };
    assert_eq!(by_id(&leaks[0]), by_id(&leaks[1]));
}

#[test]
fn rows_without_what_a_scheme_needs_are_refused() {
    let schema = Schema::appointment();
    let foreign = Table::new(["remarks"]).unwrap();
    let care = Table::new(["specialty"]).unwrap();
    assert!(
        KnownBad::Plain
            .leaks(&schema, &foreign, 1)
            .is_err_and(|error| error.is_audit())
    );
    let pseudonym = KnownBad::StablePseudonym.leaks(&schema, &care, 1);
    assert!(pseudonym.is_err_and(|error| error.is_audit()));
    assert_eq!(
        KnownBad::Plain.leaks(&schema, &care, 1).unwrap()[0]
            .table
            .rows(),
        0
    );
}
