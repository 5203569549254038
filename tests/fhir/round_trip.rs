//! All revealed is what was protected, byte for byte.

use paravent::fhir::Profile;

use crate::kit::{Kit, POLICIES, SHOWING, corpus, own, parse};

#[test]
fn every_document_comes_back_byte_for_byte() {
    for policy in POLICIES {
        let kit = Kit::new(policy);
        for (_, document) in own().iter().chain(&corpus()) {
            kit.round_trip(document);
        }
    }
}

/// Systems on the way write JSON with other white space and in another order.
#[test]
fn documents_that_were_written_anew_come_back_with_their_values() {
    for policy in POLICIES {
        let kit = Kit::new(policy);
        for (name, document) in own().iter().chain(&corpus()) {
            let protected = kit.protector.protect(document).unwrap();
            let protected = protected
                .strip_prefix("\u{feff}".as_bytes())
                .unwrap_or(&protected);
            let again =
                serde_json::to_vec(&parse(std::str::from_utf8(protected).unwrap())).unwrap();
            let restored = kit.revealer.reveal(&again).unwrap();
            let text = |bytes: &[u8]| {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                parse(text.trim_start_matches('\u{feff}'))
            };
            assert_eq!(text(restored.as_bytes()), text(document), "{name}");
            assert_eq!(restored.is_original(), Some(false), "{name}");
        }
    }
}

#[test]
fn what_is_shown_stands_in_its_element_or_beside_the_seal() {
    let kit = Kit::new(SHOWING);
    let document = r#"{"resourceType":"Patient","id":"23","gender":"female","birthDate":"1978-05-17",
        "telecom":[{"system":"phone","value":"06 39 98 12 34"}]}"#;
    let protected = parse(&kit.protect(document));
    assert_eq!(protected["gender"], "female");
    assert_eq!(protected["birthDate"], "1978");
    let id = protected["id"].as_str().unwrap();
    assert!(id.starts_with("t1."), "{id}");
    assert_eq!(parse(&kit.protect(document))["id"], id);
    kit.round_trip(document.as_bytes());

    // The rows of the same domain have the same pseudonym.
    let query = paravent::Query::new(&kit.keyring, &kit.policy).unwrap();
    let found = query
        .pseudonym("patient", &serde_json::json!({ "patient_id": "23" }))
        .unwrap();
    assert_eq!(found[0].1.to_string(), id);

    let appointment = r#"{"resourceType":"Appointment","status":"booked","participant":[
        {"actor":{"reference":"Patient/23","display":"Zoé Martin"},"status":"accepted"}]}"#;
    let protected = parse(&kit.protect(appointment));
    assert_eq!(
        protected["participant"][0]["actor"]["reference"],
        format!("Patient/{id}")
    );
}

#[test]
fn what_is_no_value_of_its_element_is_shown_beside_the_seal() {
    let policy = r#"
        domain = "load"
        schema = "scheduling"
        record_id = "unbound"
        [show.start]
        as = "truncate"
        to = "month"
        reason = "load by month"
        [holds]
        subjects = 20_000
        [tenancy]
        specialties = 12
        practices = 12
    "#;
    let kit = Kit::new(policy);
    let slot = r#"{"resourceType":"Slot","schedule":{"reference":"Schedule/1"},"status":"free",
        "start":"2026-12-01T09:30:00+01:00","end":"2026-12-01T09:45:00+01:00"}"#;
    let protected = parse(&kit.protect(slot));
    assert!(protected.get("start").is_none());
    assert_eq!(protected["_start"]["extension"][0]["valueCode"], "masked");
    let beside = protected["meta"]["extension"][0]["extension"]
        .as_array()
        .unwrap();
    let start = beside.iter().find(|entry| entry["url"] == "start").unwrap();
    assert_eq!(start["valueString"], "2026-12");
    kit.round_trip(slot.as_bytes());
}

#[test]
fn resources_say_that_they_are_pseudonymised() {
    let kit = Kit::new(crate::kit::NOTHING);
    for (name, document) in own() {
        let protected = kit.protector.protect(&document).unwrap();
        let protected = std::str::from_utf8(&protected).unwrap();
        let protected = parse(protected.trim_start_matches('\u{feff}'));
        let resources = protected["entry"].as_array().into_iter().flatten();
        let resources = resources
            .filter_map(|entry| entry.get("resource"))
            .chain([&protected]);
        for resource in resources {
            assert_eq!(resource["meta"]["security"][0]["code"], "PSEUDED", "{name}");
            assert_eq!(
                resource["meta"]["extension"].as_array().unwrap().len(),
                1,
                "{name}"
            );
        }
    }
}

/// `dom-5`: contained resources have no security labels, so that they are sealed with their container.
#[test]
fn contained_resources_have_no_meta() {
    let kit = Kit::new(crate::kit::NOTHING);
    let document = r##"{"resourceType":"Appointment","contained":[{"resourceType":"Patient","id":"p","meta":{"versionId":"1"},
        "name":[{"family":"Martin"}],"birthDate":"1978-05-17"}],"status":"booked",
        "participant":[{"actor":{"reference":"#p"},"status":"accepted"}]}"##;
    let protected = parse(&kit.protect(document));
    let contained = &protected["contained"][0];
    assert_eq!(contained.as_object().unwrap().len(), 2, "{contained}");
    let reference = format!("#{}", contained["id"].as_str().unwrap());
    assert_eq!(protected["participant"][0]["actor"]["reference"], reference);
    kit.round_trip(document.as_bytes());
}

#[test]
fn the_profile_keeps_statements_of_conformance_that_it_lists() {
    let text =
        Profile::r4_text().replace("profiles = []", "profiles = [\"https://example.org/p\"]");
    let profile = Profile::from_toml(&text, &paravent::Schema::scheduling()).unwrap();
    let kit = Kit::of(crate::kit::NOTHING, profile);
    let of = |profiles: &str| {
        let document =
            format!(r#"{{"resourceType":"Location","meta":{{"profile":[{profiles}]}}}}"#);
        kit.round_trip(document.as_bytes());
        parse(&kit.protect(&document))["meta"]["profile"].clone()
    };
    assert_eq!(of(r#""https://example.org/p""#)[0], "https://example.org/p");
    assert!(of(r#""https://example.org/p","https://example.org/q""#).is_null());
}
