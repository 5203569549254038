use super::*;

use crate::audit::attack::frequency::Frequency;

fn way<'w>(ways: &'w [Way], how: &str) -> &'w [Reading] {
    let way = ways.iter().find(|way| way.how == how);
    way.map_or(&[], |way| &way.readings)
}

#[test]
fn deterministic_columns_fall() {
    let town = Town::new(6128);
    let columns = ["last_name", "first_name", "age", "sex", "specialty"];
    let leak = town.leak(&columns, |field, value| Some(stand_in(field, value)));
    let (case, truth) = town.case(leak);
    let (clear, ways) = ways(&Frequency, &case);
    assert!(clear.is_empty());
    let assigned = way(&ways, "assignment");
    for (field, least) in [("sex", 1.0), ("age", 0.05), ("specialty", 0.5)] {
        let share = share(&case, &truth, assigned, field);
        assert!(share >= least, "{field}: {share}");
    }
    // What people share tells nearly all of them, and so their rows.
    let pattern = way(&ways, "structure");
    let people = pattern.iter().find(|one| one.of == What::Person).unwrap();
    let right = |row: &usize| {
        let best = people.at(*row).and_then(|candidates| candidates.best());
        best.is_some_and(|(person, _)| person == truth.person_of[*row])
    };
    let right = (0..truth.rows.len()).filter(right).count() as f64 / truth.rows.len() as f64;
    assert!(right > 0.95, "{right}");
}

#[test]
fn what_is_in_clear_helps_and_what_is_believed_is_so() {
    let (mut believed, mut right) = (0.0, 0.0);
    for seed in 1..9 {
        let town = Town::seeded(3000, seed);
        let leak = town.leak(&["age", "sex", "specialty"], |field, value| {
            Some(match field {
                "specialty" => stand_in(field, value),
                _ => value.to_owned(),
            })
        });
        let (case, truth) = town.case(leak);
        let (clear, ways) = ways(&Frequency, &case);
        assert_eq!(clear.len(), 2);
        let belief = belief(&case, &truth, way(&ways, "assignment"), "specialty");
        believed += belief.0 / 8.0;
        right += belief.1 / 8.0;
    }
    assert!(
        right > 0.5 && (believed - right).abs() < 0.1,
        "{believed} {right}"
    );
}

#[test]
fn values_that_never_repeat_are_left_alone() {
    let town = Town::new(500);
    let mut row = 0;
    let leak = town.leak(&["last_name", "sex"], |field, _| {
        row += 1;
        Some(stand_in(field, &row.to_string()))
    });
    let (case, _) = town.case(leak);
    assert!(ways(&Frequency, &case).1.is_empty());
}
