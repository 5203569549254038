use super::*;

use crate::audit::attack::fixture::coarse;

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
        "trajectories by distances of start: person of sms, person of billing",
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
