use std::time::Instant;

use super::*;

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

/// Two leaks of 100,000 rows, of which one lacks a row in twenty.
#[test]
fn large_leaks_are_aligned_in_seconds() {
    let rng = &mut ChaCha8Rng::seed_from_u64(9);
    let rows: Vec<u32> = (0..100_000).map(|_| rng.random_range(0..120)).collect();
    let some: Vec<u32> = rows
        .iter()
        .copied()
        .filter(|_| rng.random_range(0..20) != 0)
        .collect();
    let began = Instant::now();
    let pairs = align::aligned(&rows, &some, 1_000).unwrap();
    let mut shuffled = some.clone();
    shuffled.shuffle(rng);
    let none = align::aligned(&rows, &shuffled, 1_000);
    let took = began.elapsed();
    assert_eq!((pairs.len(), none), (some.len(), None));
    let most = if cfg!(debug_assertions) { 60.0 } else { 2.0 };
    assert!(took.as_secs_f64() < most, "{took:?}");
}
