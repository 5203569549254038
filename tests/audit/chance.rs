//! How often leaks that tell nothing are called links.

use std::collections::{BTreeMap, BTreeSet};

use paravent::{
    Schema,
    audit::{Audit, Column, Leak, Origin, Table},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::generator;

const ROWS: usize = 1_500;
const SEEDS: u64 = 40;

/// Of 40 such leaks 2 reach a chance of 5 %, as expected; more than 6 do in one case of 300 (binomial: 0.34 %).
const TOLERATED: usize = 6;

/// An id of nobody and a band of ages; with whole identities or ages and sexes, each beside what a stranger came for.
fn harmless(truth: &Table, seed: u64) -> Table {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let shown: &[&str] = match seed % 2 {
        0 => &["last_name", "first_name", "email"],
        _ => &["age", "sex"],
    };
    let mut strangers: Vec<usize> = (0..truth.rows()).collect();
    strangers.shuffle(rng);
    let names = ["id", "band", "specialty"];
    let mut leak = Table::new(names.iter().chain(shown).copied()).unwrap();
    let column = |name: &str| truth.column(name).unwrap();
    for (row, &stranger) in strangers.iter().enumerate() {
        let id = data_encoding::HEXLOWER.encode(&rng.random::<[u8; 20]>());
        // Of some people the age is not known.
        let band = column("age").get(row).map(|age| {
            let from = age.parse::<u32>().unwrap() / 10 * 10;
            format!("{from}-{}", from + 9)
        });
        let mut cells = vec![
            Some(&*id),
            band.as_deref(),
            column("specialty").get(stranger),
        ];
        cells.extend(shown.iter().map(|name| column(name).get(row)));
        leak.push(cells).unwrap();
    }
    leak
}

/// People of random practices, and a leak that names each beside what a stranger of their age and sex came for.
fn named_beside_strangers(seed: u64, people: usize, practices: u32) -> (Table, Table) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let town = Table::from_records(generator::appointments(3 * people, 300 + seed)).unwrap();
    let elsewhere = Table::from_records(generator::appointments(8_000, 700 + seed)).unwrap();
    let cell = |table: &Table, name: &str, row: usize| {
        let cell = table.column(name).unwrap().get(row);
        cell.map(str::to_owned)
    };
    let mut strangers: BTreeMap<(Option<String>, Option<String>), Vec<usize>> = BTreeMap::new();
    for row in 0..elsewhere.rows() {
        let of = (cell(&elsewhere, "age", row), cell(&elsewhere, "sex", row));
        strangers.entry(of).or_default().push(row);
    }
    let fields: Vec<&str> = town.columns().iter().map(Column::name).collect();
    let mut truth = Table::new(fields.iter().copied().chain(["practice"])).unwrap();
    let mut leak = Table::new([
        "last_name",
        "first_name",
        "age",
        "sex",
        "phone",
        "specialty",
    ])
    .unwrap();
    let mut met = BTreeSet::new();
    for row in 0..town.rows() {
        let whom = ["last_name", "first_name", "phone"].map(|name| cell(&town, name, row));
        let of = (cell(&town, "age", row), cell(&town, "sex", row));
        let Some(strangers) = strangers.get(&of) else {
            continue;
        };
        if met.len() == people || !met.insert(whom.clone()) {
            continue;
        }
        let practice = format!("practice-{}", rng.random_range(0..practices));
        let cells = fields.iter().map(|name| cell(&town, name, row));
        let cells: Vec<Option<String>> = cells.chain([Some(practice)]).collect();
        truth.push(cells.iter().map(Option::as_deref)).unwrap();
        let stranger = strangers[rng.random_range(0..strangers.len())];
        let [last, first, phone] = whom;
        let told = cell(&elsewhere, "specialty", stranger);
        let cells = [last, first, of.0, of.1, phone, told];
        leak.push(cells.iter().map(Option::as_deref)).unwrap();
    }
    (truth, leak)
}

/// Who is alone with age, sex and practice is guessed from what people of all practices came for as well: what a few of their own did is
/// little, and less than what any stranger of their age tells.
#[test]
fn strangers_of_the_same_age_tell_nothing_of_people_of_many_practices() {
    let mut links = Vec::new();
    for seed in 0..SEEDS {
        let (people, practices) = if seed % 2 == 0 { (500, 8) } else { (1_200, 20) };
        let (truth, leak) = named_beside_strangers(seed, people, practices);
        let leak = Leak::new("beside strangers", leak);
        let audit = Audit::new(&Schema::appointment())
            .draw(truth, vec![leak])
            .tenant_column("practice")
            .permutations(99)
            .seed(seed);
        let report = audit.run().unwrap();
        let scheme = &report.schemes[0];
        if scheme.links {
            links.push((seed, scheme.p, scheme.gain));
        }
    }
    assert!(links.len() <= TOLERATED, "{links:?}");
}

#[test]
fn leaks_that_tell_nothing_are_no_links_but_by_chance() {
    let (mut seldom, mut links) = (Vec::new(), Vec::new());
    for seed in 0..SEEDS {
        let truth = Table::from_records(generator::appointments(ROWS, 100 + seed)).unwrap();
        let leak = Leak::new("harmless", harmless(&truth, seed))
            .with_origin(Origin::Rows((0..ROWS).collect()));
        let audit = Audit::new(&Schema::appointment())
            .draw(truth, vec![leak])
            .permutations(99)
            .seed(seed);
        let report = audit.run().unwrap();
        let scheme = &report.schemes[0];
        if scheme.p <= 0.05 {
            seldom.push((seed, scheme.p));
        }
        if scheme.links {
            links.push((seed, scheme.gain));
        }
    }
    assert!(seldom.len() <= TOLERATED, "{seldom:?}");
    assert!(links.len() <= TOLERATED, "{links:?}");
}
