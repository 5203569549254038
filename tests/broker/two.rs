//! Releases that take two people.

use std::sync::LazyLock;

use paravent::{LogRevealer, Share, SplitGrant};

use super::*;

const HOLDERS: [&str; 3] = ["a.martin", "b.durand", "c.petit"];

/// Of two people a scope, and the one whose fields say whose record it is.
fn rules() -> String {
    let two = "two_persons = true\nper_hour";
    let care = "[release.care]\nreason = \"x\"\npurposes = [\"call back\"]\nper_hour = 9\ndetect_hours = 1\n";
    let name = care.replace("care", "last_name");
    RULES[..RULES.find("[release.last_name]").unwrap()].to_owned()
        + &care.replace("per_hour", two)
        + &name.replace("per_hour", two)
}

/// One split for all tests: it takes what a key file takes.
struct Splits {
    care: SplitGrant,
    care_again: SplitGrant,
    last_name: SplitGrant,
}

static SPLITS: LazyLock<Splits> = LazyLock::new(|| {
    let desk = Desk::new(&rules());
    let split = |name| {
        let split = desk.keyring.split_release(&desk.policy, name, &HOLDERS);
        split.unwrap()
    };
    Splits {
        care: split("care"),
        care_again: split("care"),
        last_name: split("last_name"),
    }
});

fn by<'a>(name: &'a str, file: &'a SplitGrant, first: &'a Share, second: &'a Share) -> Request<'a> {
    asks(name, 0).shares(file.key_file(), first, second)
}

#[test]
fn is_given_to_two() {
    let desk = Desk::new(&rules());
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let care = &SPLITS.care;
    let [martin, durand, petit] = care.shares() else {
        panic!("there are three");
    };
    let revealer = LogRevealer::new(&desk.keyring).unwrap();
    for (name, first, second, approver) in [
        ("a.martin", martin, durand, "b.durand"),
        ("b.durand", martin, durand, "a.martin"),
        ("a.martin", petit, martin, "c.petit"),
    ] {
        let request = by(name, care, first, second);
        let given: Value = desk.ask(&broker, &row, "care", &request).unwrap();
        let expected =
            serde_json::json!({ "practitioner": "Dr Œuvrard", "specialty": "Dermatologie" });
        assert_eq!(given, expected);
        let entry = desk.last();
        assert_eq!(entry.event(), Event::Release);
        let known = |name| Some(revealer.requester(name).unwrap());
        assert_eq!(entry.requester().copied(), known(name));
        assert_eq!(entry.approver().copied(), known(approver));
        let details = revealer.reveal(&entry).unwrap().unwrap();
        assert_eq!(details.approver.as_deref(), Some(approver));
    }
    // One who has both shares, and is neither.
    let error = refused(|| desk.ask(&broker, &row, "care", &by("d.leroy", care, martin, durand)));
    assert_eq!(error.code(), "not-holder", "{error}");
    assert_eq!(desk.last().error(), Some("not-holder"));
}

#[test]
fn is_refused_to_one() {
    let desk = Desk::new(&rules());
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let Splits {
        care,
        care_again,
        last_name,
    } = &*SPLITS;
    let [martin, durand, _] = care.shares() else {
        panic!("there are three");
    };
    for (request, code) in [
        (asks("a.martin", 0), "two-persons"),
        (by("a.martin", care, martin, martin), "same-share"),
        (
            by("a.martin", care, martin, &care_again.shares()[1]),
            "other-split",
        ),
        (
            by("a.martin", care_again, martin, durand),
            "shares-of-other",
        ),
        (
            by(
                "a.martin",
                last_name,
                &last_name.shares()[0],
                &last_name.shares()[1],
            ),
            "shares-of-other",
        ),
        (by("A. Martin", care, martin, durand), "not-holder"),
    ] {
        let error = refused(|| desk.ask(&broker, &row, "care", &request));
        assert_eq!(error.code(), code, "{error}");
        let entry = desk.last();
        assert_eq!((entry.event(), entry.error()), (Event::Refused, Some(code)));
    }
    // Nor is what one person gets given to two.
    let request = by("a.martin", care, martin, durand);
    let error = refused(|| desk.ask(&broker, &row, "contact", &request));
    assert!(error.is_request(), "{error}");
    assert_eq!(desk.verify().releases, 0);
}

#[test]
fn shares_of_another_domain_open_nothing() {
    let desk = Desk::new(&rules());
    let text = format!("{HEAD}{}", rules()).replace("support-desk", "billing");
    let billing = Desk {
        policy: accepted(&text, &Schema::appointment()).unwrap(),
        ..Desk::new(&rules())
    };
    let (broker, row) = (billing.broker(), billing.row(&zoe()));
    let shares = SPLITS.care.shares();
    let request = by("a.martin", &SPLITS.care, &shares[0], &shares[1]);
    let error = refused(|| billing.ask(&broker, &row, "care", &request));
    assert_eq!(billing.last().error(), Some(error.code()));
    let released: Value = desk
        .ask(&desk.broker(), &desk.row(&zoe()), "care", &request)
        .unwrap();
    assert_eq!(released["specialty"], "Dermatologie");
}

#[test]
fn a_broker_cannot_open_alone_whose_record_it_is() {
    let desk = Desk::new(&rules());
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    // Who the person is takes two people, so the log of another release does not tell it.
    desk.ask::<Witness>(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    assert_eq!(desk.last().subject(), None);
    let shares = SPLITS.last_name.shares();
    let request = by("a.martin", &SPLITS.last_name, &shares[0], &shares[1]);
    let given: Value = desk.ask(&broker, &row, "last_name", &request).unwrap();
    assert_eq!(given, serde_json::json!({ "last_name": "Lefèvre" }));
    let person = LogRevealer::new(&desk.keyring).unwrap();
    let person = person.subject(&Schema::appointment(), &zoe()).unwrap();
    assert_eq!(desk.last().subject().copied(), person);
}

/// The grant of two people has the keys of all epochs of its day, and opened those that the keyring had closed since.
#[test]
fn opens_no_epoch_that_the_keyring_has_closed() {
    let mut desk = Desk::new(&rules());
    let row = desk.row(&zoe());
    let first = desk.keyring.active_epoch();
    let today = paravent::Date::constant(2026, 11, 24);
    desk.keyring.start_epoch(today).unwrap();
    let care = &SPLITS.care;
    let request = by("a.martin", care, &care.shares()[0], &care.shares()[1]);
    assert!(
        desk.ask::<Value>(&desk.broker(), &row, "care", &request)
            .is_ok()
    );
    desk.keyring.disable_epoch(first).unwrap();
    let error = refused(|| desk.ask(&desk.broker(), &row, "care", &request));
    assert_eq!(error.code(), "epoch-disabled", "{error}");
    desk.keyring.destroy_epoch(first).unwrap();
    let error = refused(|| desk.ask(&desk.broker(), &row, "care", &request));
    assert_eq!(error.code(), "epoch-destroyed", "{error}");
}

/// Who asked was sealed under one keyring and chained under another, and nobody could read it.
#[test]
fn a_broker_wants_the_keyring_of_its_log() {
    let desk = Desk::new(&rules());
    let log = Arc::clone(desk.broker().log());
    let other = Keyring::generate().unwrap();
    let error = Broker::new(&other, [&desk.policy], log).unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
}
