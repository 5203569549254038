//! Resources inside of another one: FHIR wants each to be referred to, or to refer to its container (`dom-3`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::kit::{Kit, NOTHING, corpus, own, parse};

/// Notes each value of a member of this name.
fn collect(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(name).and_then(Value::as_str).map(str::to_owned));
            members
                .values()
                .for_each(|value| collect(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, found)),
        _ => {}
    }
}

/// The ids of contained resources that break `dom-3`, and the references to such that are not there.
fn breaks(value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(contained)) = members.get("contained") {
                let mut references = BTreeSet::new();
                collect(value, "reference", &mut references);
                let id = |resource: &Value| resource["id"].as_str().map(|id| format!("#{id}"));
                for resource in contained {
                    let mut own = BTreeSet::new();
                    collect(resource, "reference", &mut own);
                    let is_meant = id(resource).is_some_and(|id| references.contains(&id));
                    if !is_meant && !own.contains("#") {
                        wrong.push(format!("unreferenced {:?}", id(resource)));
                    }
                }
                let there: BTreeSet<String> = contained.iter().filter_map(id).collect();
                let local = references.into_iter().filter(|text| text.starts_with('#'));
                wrong.extend(local.filter(|text| text != "#" && !there.contains(text)));
            }
            wrong.extend(members.values().flat_map(breaks));
        }
        Value::Array(items) => wrong.extend(items.iter().flat_map(breaks)),
        _ => {}
    }
    wrong
}

/// Protects an Appointment with these members, checks it, and gives the contained resources that are left.
fn left(contained: &[&str], members: &str) -> Vec<Value> {
    let kit = Kit::new(NOTHING);
    let contained = contained.join(" , ");
    let document = format!(
        r#"{{"resourceType":"Appointment", "contained" : [ {contained} ] ,"status":"booked"{members}}}"#
    );
    let protected = kit.round_trip(document.as_bytes());
    let protected: Value = serde_json::from_slice(&protected).unwrap();
    assert_eq!(breaks(&protected), Vec::<String>::new(), "{document}");
    let Some(contained) = protected.get("contained") else {
        return Vec::new();
    };
    contained.as_array().unwrap().clone()
}

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","gender":"male"}"#;
const PLACE: &str = r#"{"resourceType":"Location","id":"l","name":"Cabinet"}"#;
const ACTOR: &str = r##","participant":[{"actor":{"reference":"#l"},"status":"accepted"}]"##;

#[test]
fn what_only_a_part_refers_to_is_taken_out() {
    let extension = r##","extension":[{"url":"x","valueReference":{"reference":"#p"}}]"##;
    assert_eq!(left(&[PATIENT], extension).len(), 0);
    assert_eq!(left(&[PATIENT], "").len(), 0);
    let both = [ACTOR, extension].concat();
    for contained in [
        &[PATIENT, PLACE][..],
        &[PLACE, PATIENT],
        &[PATIENT, PLACE, PATIENT],
    ] {
        let left = left(contained, &both);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0]["resourceType"], "Location");
    }
    let beside = r##","_status":{"extension":[{"url":"x","valueReference":{"reference":"#l"}}]}"##;
    assert_eq!(left(&[PLACE], beside).len(), 0);
    // What is no object in an array of references is taken out with what is in it.
    let nested = r##","participant":[[{"actor":{"reference":"#l"}}]]"##;
    assert_eq!(left(&[PLACE], nested).len(), 0);
}

#[test]
fn what_is_referred_to_stays() {
    assert_eq!(left(&[PLACE], ACTOR).len(), 1);
    let upper = r##"{"resourceType":"Location","id":"u"}"##;
    let inner = r##"{"resourceType":"Location","id":"l","partOf":{"reference":"#u"}}"##;
    assert_eq!(left(&[upper, inner], ACTOR).len(), 2);
    // By a resource that is taken out itself.
    assert_eq!(left(&[upper, inner], "").len(), 0);
    assert_eq!(left(&[inner, upper], "").len(), 0);
    // Of its container.
    let role = r##"{"resourceType":"PractitionerRole","practitioner":{"reference":"#"}}"##;
    assert_eq!(left(&[role, PATIENT], "").len(), 1);
    // Without an id nothing refers to it.
    assert_eq!(left(&[r#"{"resourceType":"Location"}"#], ACTOR).len(), 0);
}

#[test]
fn what_was_taken_out_comes_back_with_the_default_scope_alone() {
    let kit = Kit::new(NOTHING);
    let document = format!(
        r#"{{"resourceType":"Appointment","contained":[{PATIENT},{PLACE}],"status":"booked"{ACTOR}}}"#
    );
    let protected = kit.protect(&document);
    let rest = parse(&kit.reveal_only(&["rest"], &protected));
    assert_eq!(rest["contained"][0], parse(PATIENT));
    assert_eq!(rest["contained"][1].as_object().unwrap().len(), 2);
    for scope in ["identity", "contact", "schedule", "care"] {
        let revealed = parse(&kit.reveal_only(&[scope], &protected));
        assert_eq!(
            revealed["contained"].as_array().unwrap().len(),
            1,
            "{scope}"
        );
    }
    // It has no place where another number of resources stayed.
    let mut changed = parse(&protected);
    let again = changed["contained"][0].clone();
    changed["contained"].as_array_mut().unwrap().push(again);
    let error = kit.revealer.reveal(changed.to_string().as_bytes());
    assert!(error.unwrap_err().is_message());
}

#[test]
fn every_document_keeps_what_it_had_of_the_rule() {
    let kit = Kit::new(NOTHING);
    let mut checked = 0;
    for (name, document) in own().into_iter().chain(corpus()) {
        let protected = kit.protector.protect(&document).unwrap();
        let text = String::from_utf8(protected).unwrap();
        let protected = parse(text.trim_start_matches('\u{feff}'));
        assert_eq!(breaks(&protected), Vec::<String>::new(), "{name}");
        checked += usize::from(text.contains("\"contained\""));
    }
    assert!(checked > 0);
}
