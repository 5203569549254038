//! How much an hour gives.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;

/// What nobody sees made one requester several, each with a quota.
#[test]
fn names_that_hold_what_nobody_sees_are_none() {
    let desk = Desk::new(RULES);
    let broker = desk.broker();
    let row = desk.row(&zoe());
    for hidden in [
        "\u{200B}",
        "\u{AD}",
        "\u{200D}",
        "\u{FE0F}",
        "\u{E0041}",
        "\u{FEFF}",
        "\u{202E}",
        "\u{34F}",
        "\u{115F}",
        "\u{3164}",
        "\u{2060}",
        "\u{180E}",
        "\u{2800}",
    ] {
        for name in [format!("a.martin{hidden}"), hidden.to_owned()] {
            let asked = desk.ask::<Value>(&broker, &row, "contact", &asks(&name, 0));
            assert!(asked.is_err_and(|error| error.is_request()), "{name:?}");
        }
        let blank = asks("a.martin", 0).reason(hidden);
        let asked = desk.ask::<Value>(&broker, &row, "contact", &blank);
        assert!(asked.is_err_and(|error| error.is_request()), "{hidden:?}");
    }
}

fn rules(per_hour: usize, per_requester: usize) -> String {
    format!(
        "[release.contact]\nreason = \"x\"\npurposes = [\"call back\"]\nper_hour = {per_hour}\n\
         per_requester = {per_requester}\ndetect_hours = 24\n"
    )
}

/// `Ok`, or the code.
fn told(result: Result<Witness, Error>) -> Result<(), &'static str> {
    match result {
        Ok(_) => Ok(()),
        Err(error) => {
            assert!(error.is_quota() || error.is_clock(), "{error}");
            Err(error.code())
        }
    }
}

#[test]
fn is_kept_by_requester_and_by_domain() {
    let desk = Desk::new(&rules(4, 2));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let by = |name| told(desk.ask(&broker, &row, "contact", &asks(name, 0)));
    assert_eq!([by("a.martin"), by("a.martin")], [Ok(()); 2]);
    assert_eq!(by("a.martin"), Err("quota-of-requester"));
    assert_eq!([by("b.durand"), by("c.petit")], [Ok(()); 2]);
    assert_eq!(by("d.leroy"), Err("quota-of-domain"));
    assert_eq!(desk.verify().refusals, 2);
    assert_eq!(desk.last().error(), Some("quota-of-domain"));
}

#[test]
fn names_in_another_case_or_with_other_spaces_are_one_requester() {
    let desk = Desk::new(&rules(9, 1));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let by = |name| told(desk.ask(&broker, &row, "contact", &asks(name, 0)));
    assert_eq!(by("A. Martin"), Ok(()));
    for name in ["a. martin", "  A.  MARTIN ", "A.\u{a0}Martin"] {
        assert_eq!(by(name), Err("quota-of-requester"), "{name:?}");
    }
    assert_eq!(by("A. Martin 2"), Ok(()));
}

#[test]
fn slides_over_an_hour() {
    let desk = Desk::new(&rules(2, 2));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let at = |seconds| told(desk.ask(&broker, &row, "contact", &asks("a.martin", seconds)));
    assert_eq!([at(0), at(1_800)], [Ok(()); 2]);
    assert_eq!(at(3_599), Err("quota-of-domain"));
    assert_eq!(at(3_600), Ok(()));
    assert_eq!(at(5_399), Err("quota-of-domain"));
    assert_eq!(at(5_400), Ok(()));
}

#[test]
fn is_not_reset_by_a_restart_or_a_rotation() {
    let desk = Desk::new(&rules(3, 3));
    let row = desk.row(&zoe());
    let once =
        |seconds| told(desk.ask(&desk.broker(), &row, "contact", &asks("a.martin", seconds)));
    assert_eq!([once(0), once(1), once(2)], [Ok(()); 3]);
    assert_eq!(once(3), Err("quota-of-domain"));
    desk.broker().log().rotate(at(4)).unwrap();
    assert_eq!(once(5), Err("quota-of-domain"));
    // With another key for sealing, too.
    let mut desk = desk;
    desk.keyring.start_epoch(accepted::TODAY).unwrap();
    let refused = told(desk.ask(&desk.broker(), &row, "contact", &asks("A.MARTIN", 6)));
    assert_eq!(refused, Err("quota-of-domain"));
}

#[test]
fn what_was_refused_does_not_count() {
    let desk = Desk::new(&rules(1, 1));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let no_reason = asks("a.martin", 0).reason("");
    let other_row = desk.row_of("rdv-2", &zoe());
    for _ in 0..3 {
        let error = refused(|| desk.ask(&broker, &row, "contact", &no_reason));
        assert!(error.is_request(), "{error}");
        let error = refused(|| desk.ask(&broker, &other_row, "contact", &asks("a.martin", 0)));
        assert!(error.is_wrong_key() || error.is_tampered(), "{error}");
    }
    let given = told(desk.ask(&broker, &row, "contact", &asks("a.martin", 0)));
    assert_eq!(given, Ok(()));
}

#[test]
fn releases_and_messages_have_each_their_own() {
    let desk = Desk::new(&RULES.replace("1_000", "1"));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let request = asks("a.martin", 0);
    let ask = |name| told(desk.ask(&broker, &row, name, &request));
    assert_eq!([ask("contact"), ask("last_name")], [Ok(()); 2]);
    desk.send(&broker, &row, &request).unwrap();
    assert_eq!(ask("contact"), Err("quota-of-domain"));
    assert!(desk.send(&broker, &row, &request).unwrap_err().is_quota());
    assert_eq!(desk.last().error(), Some("quota-of-domain"));
}

#[test]
fn two_brokers_of_eight_threads_keep_it() {
    for (per_hour, per_requester, expected) in [(13, 13, 13), (100, 3, 24)] {
        let desk = Desk::new(&rules(per_hour, per_requester));
        let row = desk.row(&zoe());
        // On one log, and on one of its own as another process has it.
        let log = Arc::new(desk.open().unwrap());
        let broker = |log| Broker::new(&desk.keyring, [&desk.policy], log).unwrap();
        let brokers = [
            broker(Arc::clone(&log)),
            broker(log),
            broker(Arc::new(desk.open().unwrap())),
        ];
        let given = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 0..8 {
                for broker in &brokers {
                    let (desk, row, given) = (&desk, &row, &given);
                    scope.spawn(move || {
                        let name = format!("person {thread}");
                        for _ in 0..3 {
                            let asked = desk.ask(broker, row, "contact", &asks(&name, 0));
                            given.fetch_add(usize::from(told(asked).is_ok()), Ordering::Relaxed);
                        }
                    });
                }
            }
        });
        assert_eq!(given.into_inner(), expected);
        let found = desk.verify();
        assert_eq!(
            (found.releases, found.refusals),
            (expected as u64, 72 - expected as u64)
        );
    }
}

#[test]
fn a_clock_that_went_back_gives_nothing() {
    let desk = Desk::new(&rules(1, 1));
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let ask = |seconds| desk.ask(&broker, &row, "contact", &asks("a.martin", seconds));
    assert_eq!(told(ask(4_000)), Ok(()));
    assert!(refused(|| ask(3_939)).is_clock());
    assert!(refused(|| ask(0)).is_clock());
    assert_eq!(told(ask(3_940)), Err("quota-of-domain"));
    assert_eq!(desk.verify().releases, 1);
}
