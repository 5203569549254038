use super::*;

use crate::audit::attack::fixture::coarse;

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
