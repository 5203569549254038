//! Who looks into a log with the keyring.

use paravent::{Epoch, LogRevealer};
use serde_json::json;

use super::*;

#[test]
fn finds_what_was_asked_by_whom_and_of_whom() {
    let desk = Desk::new(RULES);
    let broker = desk.broker();
    let other = Appointment {
        last_name: "Morvan".into(),
        ..zoe()
    };
    let ask = |record: &Appointment, name, reason| {
        let request = asks(name, 0).reason(reason);
        desk.ask::<Witness>(&broker, &desk.row(record), "contact", &request)
            .unwrap();
    };
    ask(&zoe(), "A. Martin", "ticket 1");
    ask(&other, "A. Martin", "ticket 2");
    ask(&zoe(), "b.durand", "ticket 3");
    // The name in another spelling, and without a reason.
    desk.send(
        &broker,
        &desk.row(&zoe()),
        &Request::new(" a.  MARTIN", at(1)),
    )
    .unwrap();

    let revealer = LogRevealer::new(&desk.keyring).unwrap();
    let entries = desk.entries();
    let found = |is: &dyn Fn(&Entry) -> bool| -> Vec<u64> {
        entries
            .iter()
            .filter(|entry| is(entry))
            .map(Entry::n)
            .collect()
    };
    let martin = revealer.requester("a. martin").unwrap();
    assert_eq!(
        found(&|entry| entry.requester() == Some(&martin)),
        [2, 3, 5]
    );
    let person = json!({ "last_name": "LEFEVRE", "first_name": "zoe" });
    let person = revealer
        .subject(&Schema::appointment(), &person)
        .unwrap()
        .unwrap();
    assert_eq!(found(&|entry| entry.subject() == Some(&person)), [2, 4, 5]);
    let nobody = revealer.requester("nobody").unwrap();
    assert_eq!(
        found(&|entry| entry.requester() == Some(&nobody)),
        [0_u64; 0]
    );

    assert!(revealer.reveal(&entries[0]).unwrap().is_none());
    let details = revealer.reveal(&entries[1]).unwrap().unwrap();
    assert_eq!(details.requester, "A. Martin");
    assert_eq!(details.reason.as_deref(), Some("ticket 1"));
    assert_eq!(details.approver, None);
    assert_eq!(format!("{details:?}"), "Details { .. }");
    let details = revealer.reveal(&entries[4]).unwrap().unwrap();
    assert_eq!(details.requester, " a.  MARTIN");
    assert_eq!(details.reason, None);
}

#[test]
fn another_keyring_reveals_nothing() {
    let desk = Desk::new(RULES);
    desk.ask::<Witness>(
        &desk.broker(),
        &desk.row(&zoe()),
        "contact",
        &asks("a.martin", 0),
    )
    .unwrap();
    let other = Keyring::generate().unwrap();
    let revealer = LogRevealer::new(&other).unwrap();
    let entry = desk.last();
    assert!(revealer.reveal(&entry).unwrap_err().is_wrong_key());
    assert_ne!(
        Some(&revealer.requester("a.martin").unwrap()),
        entry.requester()
    );
}

#[test]
fn texts_go_with_their_epoch_and_the_chain_stays() {
    let mut desk = Desk::new(RULES);
    let row = desk.row(&zoe());
    desk.ask::<Witness>(&desk.broker(), &row, "contact", &asks("a.martin", 0))
        .unwrap();
    let entry = desk.last();
    desk.keyring.start_epoch(accepted::TODAY).unwrap();
    desk.keyring.destroy_epoch(Epoch::FIRST).unwrap();
    let revealer = LogRevealer::new(&desk.keyring).unwrap();
    let error = revealer.reveal(&entry).unwrap_err();
    assert!(error.is_unknown_epoch(), "{error}");
    assert_eq!(error.code(), "epoch-destroyed");
    // By the name it is still found, and the log goes on as the same one.
    assert_eq!(
        entry.requester(),
        Some(&revealer.requester("a.martin").unwrap())
    );
    assert_eq!(desk.verify().releases, 1);
    let row = desk.row(&zoe());
    desk.ask::<Witness>(&desk.broker(), &row, "contact", &asks("a.martin", 1))
        .unwrap();
    assert_eq!(desk.verify().releases, 2);
    assert!(revealer.reveal(&desk.last()).unwrap().is_some());
}
