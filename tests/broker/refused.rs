//! What is refused, each by a code of its own that is in the log, and gives nothing.

use paravent::{Epoch, SealedRecord};

use super::*;

/// Asks for `contact` of a row, and what the log says of the refusal.
fn refusal(desk: &Desk, row: &Protected, request: &Request<'_>) -> Entry {
    let broker = desk.broker();
    let error = refused(|| desk.ask(&broker, row, "contact", request));
    let entry = desk.last();
    assert_eq!(entry.event(), Event::Refused, "{error}");
    assert_eq!(entry.error(), Some(error.code()), "{error}");
    assert_eq!(entry.name(), Some("contact"));
    assert_eq!(desk.count(Event::Release), 0);
    entry
}

#[test]
fn requests_that_say_too_little() {
    let desk = Desk::new(RULES);
    let row = desk.row(&zoe());
    let good = asks("a.martin", 0);
    let long = "x".repeat(501);
    let (name, wide) = ("x".repeat(201), "x".repeat(500));
    let by = |name| Request::new(name, at(0)).purpose("call back").reason("x");
    for (request, code) in [
        (good.purpose("marketing"), "unknown-purpose"),
        (good.purpose("Call back"), "unknown-purpose"),
        (good.purpose(""), "unknown-purpose"),
        (good.reason(""), "request"),
        (good.reason(" \t"), "request"),
        (good.reason("two\nlines"), "request"),
        (good.reason("two\u{2028}lines"), "request"),
        (good.reason(&long), "request"),
        (by(""), "request"),
        (by("  "), "request"),
        (by("two\nlines"), "request"),
        (by(&name), "request"),
    ] {
        let entry = refusal(&desk, &row, &request);
        assert_eq!(entry.error(), Some(code));
        // A purpose that is not the policy's may be anything.
        let purpose = entry.purpose().unwrap_or("call back");
        assert_eq!(purpose, "call back");
    }
    let broker = desk.broker();
    desk.ask::<Witness>(&broker, &row, "contact", &good.reason(&wide))
        .unwrap();
}

#[test]
fn requests_for_what_no_policy_has() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let request = asks("a.martin", 0);
    for name in ["care", "phone", "reminder", "Contact", ""] {
        let error = refused(|| desk.ask(&broker, &row, name, &request));
        assert_eq!(error.code(), "no-such-rule", "{error}");
    }
    let other = paravent::Domain::new("billing").unwrap();
    let error = refused(|| broker.release(&other, bound("rdv-1"), &row, "contact", &request));
    assert_eq!(error.code(), "no-such-domain", "{error}");
    let sent = |domain, name| {
        let sink = |_: &paravent::Message<'_>| -> Result<(), Error> { panic!("a message went") };
        broker.render(domain, bound("rdv-1"), &row, name, &request, sink)
    };
    let error = sent(&other, "reminder").unwrap_err();
    assert_eq!(error.code(), "no-such-domain", "{error}");
    let error = sent(desk.policy.policy().domain(), "contact").unwrap_err();
    assert_eq!(error.code(), "no-such-rule", "{error}");
}

#[test]
fn rows_that_do_not_open() {
    let desk = Desk::new(RULES);
    let row = desk.row(&zoe());
    let request = asks("a.martin", 0);

    let entry = refusal(&desk, &desk.row_of("rdv-2", &zoe()), &request);
    assert!(entry.subject().is_none() && entry.row().is_some());

    let text = format!("{HEAD}{RULES}").replace("support-desk", "billing");
    let billing = Desk {
        policy: accepted(&text, &Schema::appointment()).unwrap(),
        ..Desk::new(RULES)
    };
    let entry = refusal(&desk, &billing.row(&zoe()), &request);
    assert_eq!(entry.error(), Some("wrong-key"));

    let broker = desk.broker();
    let domain = desk.policy.policy().domain();
    let cut = row.sealed().withhold(&[paravent::Scope::CONTACT]).unwrap();
    let error = refused(|| broker.release(domain, bound("rdv-1"), &cut, "contact", &request));
    assert!(error.is_missing_scope(), "{error}");
}

#[test]
fn rows_that_were_changed() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let domain = desk.policy.policy().domain();
    let request = asks("a.martin", 0);
    let whole: Value = desk.ask(&broker, &row, "contact", &request).unwrap();
    let bytes = row.sealed().as_bytes();
    let (mut opened, mut closed) = (0, 0);
    for place in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1 << (place % 8);
        let Ok(changed) = SealedRecord::from_bytes(changed) else {
            continue;
        };
        match broker.release::<Value>(domain, bound("rdv-1"), &changed, "contact", &request) {
            // Of another scope, which is not looked at.
            Ok(given) => {
                assert_eq!(given, whole);
                opened += 1;
            }
            Err(error) => {
                closed += 1;
                if place % 16 == 0 {
                    let entry = desk.last();
                    assert_eq!(entry.event(), Event::Refused);
                    assert_eq!(entry.error(), Some(error.code()));
                }
            }
        }
    }
    let found = desk.verify();
    assert_eq!((found.releases, found.refusals), (opened + 1, closed));
    // The header and its own group.
    assert!(closed > 32 + 24 + 72, "{closed}");
}

#[test]
fn rows_of_an_epoch_that_is_closed() {
    let mut desk = Desk::new(RULES);
    let row = desk.row(&zoe());
    let request = asks("a.martin", 0);
    desk.keyring.start_epoch(accepted::TODAY).unwrap();
    desk.keyring.disable_epoch(Epoch::FIRST).unwrap();
    let entry = refusal(&desk, &row, &request);
    assert_eq!(entry.error(), Some("epoch-disabled"));
    desk.keyring.destroy_epoch(Epoch::FIRST).unwrap();
    let entry = refusal(&desk, &row, &request);
    assert_eq!(entry.error(), Some("epoch-destroyed"));
    let sent = desk.send(&desk.broker(), &row, &request).unwrap_err();
    assert!(sent.is_unknown_epoch(), "{sent}");
    desk.ask::<Witness>(&desk.broker(), &desk.row(&zoe()), "contact", &request)
        .unwrap();
}

#[test]
fn two_policies_of_one_domain() {
    let desk = Desk::new(RULES);
    let log = Arc::new(desk.open().unwrap());
    let policies = [&desk.policy, &desk.policy];
    let error = Broker::new(&desk.keyring, policies, log).unwrap_err();
    assert!(error.is_definition(), "{error}");
    assert!(error.to_string().contains("support-desk"), "{error}");
}
