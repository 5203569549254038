//! Messages: what a sink gets, and what who asked learns.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

fn request() -> Request<'static> {
    Request::new("practice 12", at(0))
}

#[test]
fn every_message_has_one_length() {
    let desk = Desk::new(RULES);
    let broker = desk.broker();
    let mut lengths = Vec::new();
    for first_name in ["Zoé", "", "Marie-Antoinette Joséphine", "x\ny\u{2028}z"] {
        let record = Appointment {
            first_name: first_name.into(),
            ..zoe()
        };
        let (to, text) = desk.send(&broker, &desk.row(&record), &request()).unwrap();
        assert_eq!(to, "06 39 98 12 34");
        assert!(text.contains("rendez-vous le 2020-07-21T09:30:00+02:00"));
        assert!(!text.contains('\n') && !text.contains('\u{2028}'));
        lengths.push(text.len());
    }
    lengths.dedup();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

#[test]
fn a_message_tells_its_gateway_and_prints_nothing() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let mut printed = String::new();
    let sink = |message: &paravent::Message<'_>| {
        assert_eq!(message.gateway().as_str(), "sms-gateway");
        printed = format!("{message:?}");
        Ok::<(), Error>(())
    };
    let domain = desk.policy.policy().domain();
    let () = broker
        .render(domain, bound("rdv-1"), &row, "reminder", &request(), sink)
        .unwrap();
    assert!(
        !printed.contains("39 98") && !printed.contains("Zoé"),
        "{printed}"
    );
    let entry = desk.last();
    assert_eq!(entry.event(), Event::Render);
    assert_eq!((entry.name(), entry.purpose()), (Some("reminder"), None));
}

#[test]
fn why_it_was_not_sent_is_not_told() {
    let desk = Desk::new(RULES);
    let broker = desk.broker();
    let domain = desk.policy.policy().domain();
    let with = |phone: Option<&str>| {
        desk.row(&Appointment {
            phone: phone.map(Into::into),
            ..zoe()
        })
    };
    let mut told = Vec::new();
    for (row, fails) in [
        (with(Some("06 39 98 12 34")), true),
        (with(None), false),
        (with(Some("  ")), false),
        (with(Some("06\n39")), false),
        (with(Some("06\u{2028}39")), false),
    ] {
        let mut called = false;
        let sink = |message: &paravent::Message<'_>| {
            called = true;
            Err(format!("{} does not answer", message.to()))
        };
        let error = broker.render(domain, bound("rdv-1"), &row, "reminder", &request(), sink);
        let error = error.unwrap_err();
        assert!(error.is_not_sent(), "{error}");
        assert_eq!(called, fails);
        told.push((error.code(), error.to_string(), format!("{error:?}")));
        let events: Vec<Event> = desk.entries().iter().map(Entry::event).collect();
        assert!(
            events.ends_with(&[Event::Render, Event::NotSent]),
            "{events:?}"
        );
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!told[0].1.contains("06"), "{told:?}");
}

#[test]
fn a_sink_that_panics_leaves_the_log_whole() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let domain = desk.policy.policy().domain();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let sink = |_: &paravent::Message<'_>| -> Result<(), Error> { panic!("the gateway") };
        broker.render(domain, bound("rdv-1"), &row, "reminder", &request(), sink)
    }));
    assert!(panicked.is_err());
    assert_eq!((desk.verify().renders, desk.verify().beyond_heads), (1, 0));
    desk.send(&broker, &row, &request()).unwrap();
    desk.ask::<Witness>(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    assert_eq!((desk.verify().renders, desk.verify().releases), (2, 1));
}

#[test]
fn a_message_wants_a_requester_and_no_purpose() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    for name in ["", " ", "two\nlines"] {
        let error = desk
            .send(&broker, &row, &Request::new(name, at(0)))
            .unwrap_err();
        assert!(error.is_request(), "{error}");
        let entry = desk.last();
        assert_eq!(
            (entry.event(), entry.error()),
            (Event::Refused, Some("request"))
        );
    }
    assert_eq!(desk.verify().renders, 0);
    desk.send(&broker, &row, &request()).unwrap();
}
