use super::*;

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
