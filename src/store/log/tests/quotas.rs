//! How many an hour gives, and which times are taken.

use super::*;

fn quota(per_hour: u64, per_requester: u64) -> Option<Quota> {
    Some(Quota {
        per_hour,
        per_requester,
        detect_hours: 1,
    })
}

#[test]
fn an_hour_slides() {
    let folder = tempfile::tempdir().unwrap();
    let log = Place::of(folder.path()).open();
    let two = |seconds| log.append(release(seconds, 1), quota(2, 9));
    two(0).unwrap();
    two(1_800).unwrap();
    let error = two(3_599).unwrap_err();
    assert!(
        error.is_quota() && error.code() == "quota-of-domain",
        "{error}"
    );
    assert_eq!(two(3_600).unwrap(), 4);
    assert!(two(5_399).unwrap_err().is_quota());
    assert_eq!(two(5_400).unwrap(), 5);
}

#[test]
fn requesters_domains_and_names_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    let log = Place::of(folder.path()).open();
    let one = |entry| log.append(entry, quota(3, 1));
    one(release(1, 1)).unwrap();
    let error = one(release(2, 1)).unwrap_err();
    assert_eq!(error.code(), "quota-of-requester", "{error}");
    one(release(3, 2)).unwrap();
    let other_name = Entry {
        name: Some("phone".into()),
        ..release(3, 1)
    };
    let other_domain = Entry {
        domain: Some(Domain::new("billing").unwrap()),
        event: Event::Render,
        ..release(3, 1)
    };
    let message = Entry {
        event: Event::Render,
        ..release(3, 1)
    };
    one(other_name).unwrap();
    one(message.clone()).unwrap();
    assert!(one(message).unwrap_err().is_quota());
    one(other_domain.clone()).unwrap();
    assert!(one(other_domain).unwrap_err().is_quota());
    one(release(3, 3)).unwrap();
    assert_eq!(one(release(3, 4)).unwrap_err().code(), "quota-of-domain");

    // What was refused is no release.
    let refused = Entry {
        error: Some("quota-of-domain".into()),
        ..Entry::new(Event::Refused, at(4))
    };
    for _ in 0..5 {
        log.append(refused.clone(), None).unwrap();
    }
    one(Entry {
        name: Some("mail".into()),
        ..release(4, 9)
    })
    .unwrap();
}

#[test]
fn neither_a_restart_nor_a_rotation_resets_a_quota() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let three = |log: &Log, seconds| log.append(release(seconds, 1), quota(3, 9));
    let log = place.open();
    three(&log, 100).unwrap();
    log.rotate(at(101)).unwrap();
    three(&log, 102).unwrap();
    log.rotate(at(103)).unwrap();
    log.rotate(at(104)).unwrap();
    three(&log, 105).unwrap();
    assert!(three(&log, 106).unwrap_err().is_quota());
    let log = place.open_at(106);
    assert!(three(&log.unwrap(), 106).unwrap_err().is_quota());
    // Opened at a time at which the first file no longer matters, it still counts at an earlier one.
    let log = place.open_at(50_000).unwrap();
    assert!(three(&log, 3_699).unwrap_err().is_quota());
    three(&log, 3_700).unwrap();
}

#[test]
fn a_clock_that_went_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    log.append(release(10_000, 1), None).unwrap();
    log.append(release(9_940, 1), None).unwrap();
    let error = log.append(release(9_939, 1), None).unwrap_err();
    assert!(error.is_clock(), "{error}");
    assert!(error.to_string().contains("61 seconds"), "{error}");
    // A minute is counted from the latest entry, or a clock could go back step by step.
    log.append(release(9_945, 1), None).unwrap();
    assert!(log.append(release(9_900, 1), None).unwrap_err().is_clock());
    assert!(
        place
            .open_at(0)
            .unwrap()
            .append(release(0, 1), None)
            .unwrap_err()
            .is_clock()
    );

    log.rotate(at(5_000)).unwrap();
    assert_eq!(log.append(release(4_950, 1), None).unwrap(), 7);
    let times: Vec<_> = place.entries().iter().map(|entry| entry.at()).collect();
    let expected = [0, 10_000, 9_940, 9_945, 10_000, 5_000, 4_950];
    assert_eq!(times, expected.map(at));
    // Later times count.
    assert!(
        log.append(release(5_001, 1), quota(4, 9))
            .unwrap_err()
            .is_quota()
    );
    log.append(release(5_001, 1), quota(5, 9)).unwrap();
}

#[test]
fn an_entry_that_is_too_long_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = place.open();
    let long = Entry {
        purpose: Some("x".repeat(line::MAX_LINE)),
        ..release(1, 1)
    };
    let error = log.append(long, quota(1, 1)).unwrap_err();
    assert!(error.is_definition(), "{error}");
    assert_eq!(log.append(release(1, 1), quota(1, 1)).unwrap(), 2);
    assert_eq!(place.verify().unwrap().entries, 2);
}
