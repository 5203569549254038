use std::time::Instant;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::*;
use crate::audit::{
    attack::fixture::{self, PEOPLE, coarse, exact, leak, of_person, text},
    case::LeakView,
};
use crate::schema::Schema;

/// One visit of a made-up truth.
#[derive(Clone, Copy)]
struct Visit {
    id: u32,
    person: u32,
    start: u32,
    specialty: u32,
}

/// Three visits of each person, on days of their own.
/// What a column shows of a visit.
type Shows<'a> = dyn Fn(&Visit) -> String + 'a;

fn visits() -> Vec<Visit> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut visits = Vec::new();
    for person in 0..PEOPLE {
        let specialty = rng.random_range(1..=fixture::SPECIALTIES);
        for _ in 0..3 {
            visits.push(Visit {
                id: visits.len() as u32,
                person,
                start: rng.random_range(1..=100),
                specialty,
            });
        }
    }
    visits
}

fn shuffled(visits: &[Visit], seed: u64) -> Vec<Visit> {
    let mut shuffled = visits.to_vec();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    shuffled
}

/// A leak of these visits, with what is read of it: columns that have a field's name are read.
struct Made {
    view: LeakView,
    visits: Vec<Visit>,
    columns: Vec<(&'static str, Vec<String>)>,
}

fn made(name: &str, visits: Vec<Visit>, columns: &[(&'static str, &Shows<'_>)]) -> Made {
    let columns: Vec<(&str, Vec<String>)> = columns
        .iter()
        .map(|(name, cell)| (*name, visits.iter().map(cell).collect()))
        .collect();
    let given: Vec<(&str, &[String])> = columns
        .iter()
        .map(|(name, cells)| (*name, &cells[..]))
        .collect();
    Made {
        view: leak(name, &given),
        visits,
        columns,
    }
}

fn phone(visit: &Visit) -> String {
    text("phone", of_person("phone", visit.person))
}

fn specialty(visit: &Visit) -> String {
    text("specialty", visit.specialty)
}

fn start(visit: &Visit) -> String {
    text("start", visit.start)
}

fn attacked(
    leaks: Vec<Made>,
    also: impl Fn(&Case, usize) -> Vec<Reading>,
) -> (Vec<Way>, Vec<Vec<Visit>>) {
    let (views, rest): (Vec<LeakView>, Vec<_>) = leaks
        .into_iter()
        .map(|made| (made.view, (made.visits, made.columns)))
        .unzip();
    let case = fixture::case(views);
    let known: Vec<Vec<Reading>> = rest
        .iter()
        .enumerate()
        .map(|(leak, (_, columns))| {
            let fields = columns
                .iter()
                .filter(|(name, _)| case.knows.schema.position(name).is_some());
            fields
                .map(|(name, cells)| exact(&case, name, cells))
                .chain(also(&case, leak))
                .collect()
        })
        .collect();
    (
        Join.ways(&case, &known),
        rest.into_iter().map(|(visits, _)| visits).collect(),
    )
}

/// How many of 100 rows of a way are told their specialty.
fn told(way: &Way, visits: &[Vec<Visit>]) -> usize {
    let target = Schema::appointment().position("specialty").unwrap();
    let reading = way
        .readings
        .iter()
        .find(|reading| reading.of == What::Field(target))
        .unwrap();
    let visits = visits[way.leak].iter().enumerate();
    let right = visits.filter(|(row, visit)| {
        reading
            .at(*row)
            .and_then(Candidates::best)
            .is_some_and(|(value, weight)| value == visit.specialty && weight > 0.5)
    });
    100 * right.count() / reading.codes.len()
}

fn way<'w>(ways: &'w [Way], how: &str) -> &'w Way {
    let all: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
    ways.iter()
        .find(|way| way.how == how)
        .unwrap_or_else(|| panic!("{how} is not in {all:?}"))
}

fn nothing(_: &Case, _: usize) -> Vec<Reading> {
    Vec::new()
}

#[test]
fn a_shared_id_joins() {
    let id = |visit: &Visit| format!("r{}", visit.id);
    let sms = made(
        "sms",
        shuffled(&visits(), 1),
        &[("record", &id), ("phone", &phone)],
    );
    let billing = made(
        "billing",
        shuffled(&visits(), 2),
        &[("row", &id), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    let way = way(&ways, "equal values: record of sms, row of billing");
    assert_eq!(
        (way.leak, &way.with[..], told(way, &visits)),
        (0, &[1][..], 100)
    );
}

#[test]
fn two_cuts_of_one_sealing_join_by_their_nonces() {
    // Version, suite, profile, flags, epoch, nonce; one group of one block.
    let cut = |visit: &Visit, scope: u8| {
        let mut bytes = vec![1, 1, 1, 0, 0, 0, 0, 1];
        bytes.extend([visit.id.to_be_bytes(); 6].concat());
        bytes.extend([scope, 0, 16]);
        bytes.extend([scope; 48]);
        crate::wire::text::SEALED.print(&bytes)
    };
    let contact = |visit: &Visit| cut(visit, 2);
    let care = |visit: &Visit| cut(visit, 4);
    let sms = made(
        "sms",
        shuffled(&visits(), 1),
        &[("sealed", &contact), ("phone", &phone)],
    );
    let billing = made(
        "billing",
        shuffled(&visits(), 2),
        &[("sealed", &care), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    let how = "equal values: nonce in sealed of sms, nonce in sealed of billing";
    assert_eq!(told(way(&ways, how), &visits), 100);
}

#[test]
fn ids_of_a_few_rows_join_these_and_other_ids_none() {
    let own = |leak: &'static str| {
        move |visit: &Visit| {
            if visit.id < 6 {
                format!("r{}", visit.id)
            } else {
                format!("{leak}{}", visit.id)
            }
        }
    };
    let all = visits();
    let few = attacked(
        vec![
            made(
                "sms",
                shuffled(&all, 1),
                &[("id", &own("a")), ("phone", &phone)],
            ),
            made(
                "billing",
                shuffled(&all[..590], 2),
                &[("id", &own("b")), ("specialty", &specialty)],
            ),
        ],
        nothing,
    );
    let way = way(&few.0, "equal values: id of sms, id of billing");
    assert_eq!(
        way.readings[0]
            .codes
            .iter()
            .filter(|&&code| code != NONE)
            .count(),
        6
    );
    let none = attacked(
        vec![
            made("sms", shuffled(&all, 1), &[("phone", &phone)]),
            made(
                "billing",
                shuffled(&all[..590], 2),
                &[("specialty", &specialty)],
            ),
        ],
        nothing,
    );
    assert!(none.0.is_empty());
}

#[test]
fn rows_in_order_join_and_shuffled_ones_do_not() {
    let all = visits();
    let sms = || made("sms", all.clone(), &[("phone", &phone)]);
    let backwards: Vec<Visit> = all.iter().rev().copied().collect();
    for (order, how, right) in [
        (all.clone(), "row order", 100..101),
        (backwards, "row order, reversed", 100..101),
        (shuffled(&all, 4), "row order", 0..20),
    ] {
        let (ways, visits) = attacked(
            vec![sms(), made("billing", order, &[("specialty", &specialty)])],
            nothing,
        );
        let told = told(way(&ways, how), &visits);
        assert!(right.contains(&told), "{how} {told}");
    }
}

#[test]
fn quasi_identifiers_join_exact_to_coarse() {
    let sex = |visit: &Visit| text("sex", of_person("sex", visit.person));
    let all = visits();
    let sms = made(
        "sms",
        shuffled(&all, 1),
        &[("phone", &phone), ("start", &start), ("sex", &sex)],
    );
    let care = shuffled(&all[..590], 2);
    let billing = made(
        "billing",
        care.clone(),
        &[("specialty", &specialty), ("sex", &sex)],
    );
    let (ways, visits) = attacked(vec![sms, billing], |case, leak| match leak {
        // Who is read with ages in bands, what with starts to two hours.
        0 => vec![coarse(
            case,
            "age",
            shuffled(&all, 1).iter().map(|visit| {
                let age = of_person("age", visit.person);
                (age - (age - 1) % 5..=age + 4 - (age - 1) % 5).collect()
            }),
        )],
        _ => vec![
            coarse(
                case,
                "age",
                care.iter()
                    .map(|visit| vec![of_person("age", visit.person)]),
            ),
            coarse(
                case,
                "start",
                care.iter().map(|visit| {
                    (visit.start - (visit.start - 1) % 2..=visit.start + visit.start % 2).collect()
                }),
            ),
        ],
    });
    // One in twelve would be right by chance.
    let told = told(way(&ways, "quasi-identifiers"), &visits);
    assert!(told > 55, "{told}");
}

#[test]
fn trajectories_join_pseudonyms_that_have_nothing_in_common() {
    let pseudonym =
        |of: u32| move |visit: &Visit| format!("{}", (visit.person * of) % 211 + of * 1000);
    let all = visits();
    let sms = made(
        "sms",
        shuffled(&all, 1),
        &[
            ("person", &pseudonym(17)),
            ("start", &start),
            ("phone", &phone),
        ],
    );
    let care = shuffled(&all, 2);
    let billing = made(
        "billing",
        care.clone(),
        &[("person", &pseudonym(23)), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], |case, leak| match leak {
        0 => Vec::new(),
        _ => vec![coarse(
            case,
            "start",
            care.iter().map(|visit| {
                let day = (visit.start - 1) / 4;
                (1 + day * 4..5 + day * 4).collect()
            }),
        )],
    });
    let way = way(
        &ways,
        "trajectories by start: person of sms, person of billing",
    );
    assert!(told(way, &visits) > 90, "{}", told(way, &visits));
}

#[test]
fn trajectories_join_where_one_leak_moves_each_person() {
    let pseudonym =
        |of: u32| move |visit: &Visit| format!("{}", (visit.person * of) % 211 + of * 1000);
    let moved = |visit: &Visit| {
        let date = crate::policy::local_date(&start(visit)).unwrap();
        let weeks = i64::from(visit.person % 7);
        date.checked_sub(jiff::Span::new().weeks(weeks))
            .unwrap()
            .to_string()
    };
    let all = visits();
    let sms = made(
        "sms",
        shuffled(&all, 1),
        &[
            ("person", &pseudonym(17)),
            ("start", &start),
            ("phone", &phone),
        ],
    );
    let mut billing = made(
        "billing",
        shuffled(&all, 2),
        &[
            ("person", &pseudonym(23)),
            ("start", &moved),
            ("specialty", &specialty),
        ],
    );
    // What was moved is not what it says, and so is not read.
    billing.columns.retain(|(name, _)| *name != "start");
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    let way = way(
        &ways,
        "trajectories by distances: person of sms, person of billing",
    );
    assert!(told(way, &visits) > 70, "{}", told(way, &visits));
}

#[test]
fn rare_group_sizes_join() {
    let pseudonym =
        |of: u32| move |visit: &Visit| format!("{}", (visit.person * of) % 211 + of * 1000);
    // Person n has n visits; a stand-in of many is rare.
    let all: Vec<Visit> = (1..15_u32)
        .flat_map(|person| {
            (0..person).map(move |_| Visit {
                id: 0,
                person,
                start: 1,
                specialty: 1 + person % 12,
            })
        })
        .collect();
    let sms = made(
        "sms",
        shuffled(&all, 1),
        &[("person", &pseudonym(17)), ("phone", &phone)],
    );
    let billing = made(
        "billing",
        shuffled(&all, 2),
        &[("person", &pseudonym(23)), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    assert_eq!(
        told(
            way(&ways, "group sizes: person of sms, person of billing"),
            &visits
        ),
        100
    );
}

#[test]
fn rows_with_one_stand_in_tell_each_other() {
    let pseudonym = |visit: &Visit| format!("t{}", visit.person);
    // One visit of each person says who, another says what.
    let named = |visit: &Visit| {
        if visit.id.is_multiple_of(3) {
            phone(visit)
        } else {
            String::new()
        }
    };
    let cared = |visit: &Visit| {
        if visit.id % 3 == 1 {
            specialty(visit)
        } else {
            String::new()
        }
    };
    let (ways, visits) = attacked(
        vec![made(
            "both",
            shuffled(&visits(), 1),
            &[
                ("person", &pseudonym),
                ("phone", &named),
                ("specialty", &cared),
            ],
        )],
        nothing,
    );
    let way = way(&ways, "rows with the same person");
    assert_eq!((way.with.len(), told(way, &visits)), (0, 100));
    let who = way
        .readings
        .iter()
        .find(|reading| reading.of == What::Person)
        .unwrap();
    assert!(
        visits[0]
            .iter()
            .enumerate()
            .all(|(row, visit)| who.at(row) == Some(&Candidates::one(visit.person)))
    );
}

#[test]
fn a_third_leak_joins_two_that_have_nothing_in_common() {
    let id = |visit: &Visit| format!("r{}", visit.id);
    let slot = |visit: &Visit| format!("s{}", visit.id * 7);
    let all = visits();
    let sms = made("sms", shuffled(&all, 1), &[("id", &id), ("phone", &phone)]);
    let rooms = made("rooms", shuffled(&all, 3), &[("id", &id), ("slot", &slot)]);
    let billing = made(
        "billing",
        shuffled(&all, 2),
        &[("slot", &slot), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, rooms, billing], nothing);
    let how = "over rooms: equal values: id of sms, id of rooms, equal values: slot of rooms, slot of billing";
    let way = way(&ways, how);
    assert_eq!(
        (way.leak, &way.with[..], told(way, &visits)),
        (0, &[1, 2][..], 100)
    );
}

/// Ten leaks of a breach's size, each with a stand-in of its own, starts and half of what joins.
#[test]
fn ten_large_leaks_are_joined_in_seconds() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let all: Vec<Visit> = (0..6128)
        .map(|id| Visit {
            id,
            person: rng.random_range(0..PEOPLE),
            start: rng.random_range(1..=100),
            specialty: rng.random_range(1..=fixture::SPECIALTIES),
        })
        .collect();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let leaks = names.iter().zip(1_u32..).map(|(name, number)| {
        let visits = shuffled(&all, number.into());
        let id = |visit: &Visit| format!("record {}", visit.id);
        let pseudonym = |visit: &Visit| format!("{number} {}", visit.person);
        let age = |visit: &Visit| text("age", of_person("age", visit.person));
        let sealed = |visit: &Visit| format!("{number} {} {}", visit.id, "x".repeat(700));
        let columns: [(&'static str, &Shows<'_>); 6] = [
            ("id", &id),
            ("person", &pseudonym),
            ("start", &start),
            ("age", &age),
            ("sealed", &sealed),
            if number % 2 == 0 {
                ("phone", &phone)
            } else {
                ("specialty", &specialty)
            },
        ];
        made(name, visits, &columns)
    });
    let leaks = leaks.collect();
    let began = Instant::now();
    let (ways, visits) = attacked(leaks, nothing);
    let took = began.elapsed();
    assert_eq!(
        told(way(&ways, "equal values: id of a, id of b"), &visits),
        100
    );
    let most = if cfg!(debug_assertions) { 60.0 } else { 2.0 };
    assert!(
        took.as_secs_f64() < most,
        "{took:?} for {} ways",
        ways.len()
    );
}
