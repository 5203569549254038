//! Some scopes revealed: what they hold is there, and all else is as it was protected.

use serde_json::Value;

use crate::kit::{Kit, NOTHING, corpus, own, parse};

/// FHIR forbids empty objects and arrays, and nulls that say nothing.
fn check_form(value: &Value, place: &str) {
    match value {
        Value::Object(members) => {
            assert!(!members.is_empty(), "empty object at {place}");
            for (name, value) in members {
                check_form(value, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            assert!(!items.is_empty(), "empty array at {place}");
            // A null stands beside what has a value in the element of the same name.
            for (at, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
                check_form(item, &format!("{place}.{at}"));
            }
        }
        Value::Null => panic!("null at {place}"),
        _ => {}
    }
}

#[test]
fn every_choice_of_scopes_gives_well_formed_resources() {
    let kit = Kit::new(NOTHING);
    let scopes = ["identity", "contact", "schedule", "care", "rest"];
    for (name, document) in own().into_iter().chain(corpus()) {
        let protected = String::from_utf8(kit.protector.protect(&document).unwrap()).unwrap();
        check_form(&parse(protected.trim_start_matches('\u{feff}')), &name);
        for choice in 1..(1 << scopes.len()) - 1 {
            let chosen: Vec<&str> = (0..scopes.len())
                .filter(|at| choice >> at & 1 == 1)
                .map(|at| scopes[at])
                .collect();
            let revealed = kit.reveal_only(&chosen, &protected);
            let revealed = parse(revealed.trim_start_matches('\u{feff}'));
            check_form(&revealed, &format!("{name} {chosen:?}"));
            assert_eq!(revealed["meta"]["security"][0]["code"], "PSEUDED");
            assert!(revealed["meta"].get("extension").is_none());
        }
    }
}

#[test]
fn elements_that_come_back_lose_their_marks() {
    let kit = Kit::new(NOTHING);
    let document = r#"{"resourceType":"Appointment","status":"booked","start":"2026-12-01T09:30:00+01:00",
        "_start":{"id":"s"},"end":"2026-12-01T09:45:00+01:00",
        "participant":[{"actor":{"display":"Martin"},"type":[{"text":"guest"}],"status":"unknown to FHIR"}]}"#;
    let protected = kit.protect(document);
    let shown = parse(&protected);
    assert!(shown.get("start").is_none());
    assert_eq!(shown["_start"]["extension"][0]["valueCode"], "masked");
    assert_eq!(
        shown["participant"][0]["type"][0]["extension"][0]["valueCode"],
        "masked"
    );
    assert_eq!(
        shown["participant"][0]["_status"]["extension"][0]["valueCode"],
        "masked"
    );

    let schedule = parse(&kit.reveal_only(&["schedule"], &protected));
    assert_eq!(schedule["start"], "2026-12-01T09:30:00+01:00");
    assert_eq!(schedule["_start"], serde_json::json!({"id": "s"}));
    assert_eq!(schedule["end"], "2026-12-01T09:45:00+01:00");
    assert!(schedule.get("_end").is_none());
    let care = parse(&kit.reveal_only(&["care"], &protected));
    assert_eq!(care["participant"][0]["type"][0]["text"], "guest");
    assert_eq!(care["_start"], shown["_start"]);
    kit.round_trip(document.as_bytes());
}

#[test]
fn parts_come_back_for_their_scope_and_no_other() {
    let kit = Kit::new(NOTHING);
    let (_, document) = own()
        .into_iter()
        .find(|(name, _)| name == "booking.json")
        .unwrap();
    let document = String::from_utf8(document).unwrap();
    let original = parse(&document);
    let protected = kit.protect(&document);
    let places = [
        ("identity", "/entry/0/resource/name"),
        ("identity", "/entry/0/resource/birthDate"),
        ("identity", "/entry/0/resource/id"),
        ("identity", "/entry/0/resource/identifier/1/value"),
        ("rest", "/entry/0/resource/identifier/1/assigner"),
        ("contact", "/entry/0/resource/telecom"),
        ("contact", "/entry/0/resource/address"),
        ("care", "/entry/1/resource/name"),
        ("rest", "/entry/1/resource/extension"),
        ("care", "/entry/3/resource/specialty"),
        ("care", "/entry/3/resource/reasonCode"),
        ("care", "/entry/3/resource/contained/0/name"),
        ("care", "/entry/3/resource/participant/2/actor/display"),
        ("schedule", "/entry/3/resource/start"),
        ("schedule", "/timestamp"),
        ("rest", "/entry/0/resource/text"),
        ("rest", "/entry/3/resource/comment"),
        ("rest", "/entry/3/resource/participant/4/actor/display"),
        ("rest", "/link"),
    ];
    for scope in ["identity", "contact", "schedule", "care", "rest"] {
        let revealed = parse(&kit.reveal_only(&[scope], &protected));
        for (of, place) in places {
            let is_back = revealed.pointer(place) == original.pointer(place);
            assert!(original.pointer(place).is_some(), "{place}");
            assert_eq!(is_back, of == scope, "{place} with {scope}");
        }
    }
}
