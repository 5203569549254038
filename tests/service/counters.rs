//! What is counted adds up.

use std::{collections::BTreeMap, thread};

use super::*;

const THREADS: usize = 8;
const ROUNDS: usize = 200;

#[test]
fn nothing_is_counted_before_the_first_call() {
    let counters = Place::new().start().counters();
    assert_eq!((counters.protected, counters.revealed), (0, 0));
    assert!(counters.failures.is_empty());
    assert!(
        counters
            .seals
            .values()
            .flat_map(BTreeMap::values)
            .all(|&rows| rows == 0)
    );
}

#[test]
fn threads_add_up_to_the_row() {
    let place = Place::new();
    let service = place.start();
    let whole = protect(&service, "b", &record(0)).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (service, whole) = (&service, &whole);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let row = protect(service, "a", &record(round)).unwrap();
                    reveal(service, "a", &row).unwrap();
                    // Of another domain: another key.
                    reveal(service, "a", whole).unwrap_err();
                    reveal(service, "nobody", whole).unwrap_err();
                    if thread % 2 == 0 {
                        let mut wide = record(round);
                        wide["last_name"] = "x".repeat(1000).into();
                        protect(service, "a", &wide).unwrap_err();
                    }
                    if round % 4 == 0 {
                        protect(service, "b", &json!({})).unwrap_err();
                        reveal(service, "b", whole).unwrap();
                    }
                }
            });
        }
    });
    let counters = service.counters();
    let all = (THREADS * ROUNDS) as u64;
    assert_eq!(counters.protected, all + 1);
    assert_eq!(counters.revealed, all + all / 4);
    assert_eq!(
        counters.failures,
        BTreeMap::from([
            ("wrong-key", all),
            ("no-such-domain", all),
            ("too-wide", all / 2),
            ("missing-field", all / 4),
        ])
    );
    let seals = |name| counters.seals[&domain(name)].values().sum::<u64>();
    assert_eq!((seals("a"), seals("b")), (all, 1));
}

#[test]
fn they_outlive_a_reload_and_are_told_by_epoch() {
    let place = Place::new();
    let service = place.start();
    for (epoch, rows) in [(1, 3), (2, 5)] {
        place.put_keyring(epoch);
        service.reload(TODAY).unwrap();
        for number in 0..rows {
            protect(&service, "a", &record(number)).unwrap();
        }
    }
    fs::remove_file(place.path("policies/b.toml")).unwrap();
    service.reload(TODAY).unwrap();
    let counters = serde_json::to_value(service.counters()).unwrap();
    assert_eq!(
        counters,
        json!({
            "protected": 8, "revealed": 0, "failures": {},
            "seals": { "a": { "1": 3, "2": 5 }, "b": { "1": 0, "2": 0 } },
        })
    );
}

#[cfg(feature = "rayon")]
#[test]
fn each_record_of_a_batch_counts() {
    use paravent::RecordId;

    let place = Place::new();
    let bound = policy("c", "").replace("unbound", "bound");
    place.write("policies/c.toml", &bound);
    let service = place.start();
    let mut records: Vec<Value> = (0..100).map(record).collect();
    for number in [7, 70] {
        records[number] = json!({});
    }
    let ids: Vec<String> = (0..100).map(|number| format!("rdv-{number}")).collect();
    let bind = |number: usize| Ok(Binding::record(RecordId::new(&ids[number])?));
    let rows = service
        .protect_batch(&domain("c"), &records, |number, _| bind(number))
        .unwrap();
    for (number, row) in rows.iter().enumerate() {
        match row {
            Ok(row) => {
                let binding = bind(number).unwrap();
                let back: Value = service.reveal(&domain("c"), binding, row).unwrap();
                assert_eq!(back, record(number));
            }
            Err(error) => assert_eq!(error.row(), Some(number)),
        }
    }
    let batch = service.protect_batch(&domain("d"), &records, |_, _| Ok(Binding::NONE));
    assert_eq!(batch.unwrap_err().code(), "no-such-domain");
    let counters = service.counters();
    assert_eq!((counters.protected, counters.revealed), (98, 98));
    let failures = BTreeMap::from([("missing-field", 2), ("no-such-domain", 1)]);
    assert_eq!(counters.failures, failures);
}
