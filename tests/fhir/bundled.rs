//! What the bundled profile says of elements that tell more than their surroundings do.

use paravent::{Date, Policy, Schema, fhir::Profile, fhir::ResourceProtector};
use serde_json::{Value, json};

use crate::kit::{Kit, NOTHING, parse};

const SCOPES: [&str; 5] = ["identity", "contact", "schedule", "care", "rest"];

/// Asserts that `text` is revealed with `scope`, and with all others together is not.
fn only_with(kit: &Kit, document: &Value, scope: &str, text: &str) {
    let document = document.to_string();
    let protected = String::from_utf8(kit.round_trip(document.as_bytes())).unwrap();
    assert!(!protected.contains(text), "{text}");
    let others: Vec<&str> = SCOPES.into_iter().filter(|other| *other != scope).collect();
    assert!(
        !kit.reveal_only(&others, &protected).contains(text),
        "{text}"
    );
    assert!(
        kit.reveal_only(&[scope], &protected).contains(text),
        "{text}"
    );
}

#[test]
fn the_clinic_is_not_told_with_the_identity() {
    let kit = Kit::new(NOTHING);
    let identifier =
        json!({"system": "urn:x", "value": "1", "assigner": {"display": "Clinique Ker"}});
    for document in [
        json!({"resourceType": "Patient", "identifier": [{"value": "0"}, identifier]}),
        json!({"resourceType": "Patient", "contact": [{"name": {"text": "Eve Morvan"}}, {"organization": {"display": "Clinique Ker"}}]}),
        json!({"resourceType": "RelatedPerson", "identifier": [identifier]}),
        json!({"resourceType": "Appointment", "identifier": [identifier]}),
        json!({"resourceType": "Bundle", "identifier": identifier}),
        json!({"resourceType": "Slot", "contained": [{"resourceType": "Patient", "identifier": [identifier]}]}),
    ] {
        only_with(&kit, &document, "rest", "Clinique Ker");
    }
}

/// A system is a clinic's own, and so is where the identity is from; of whom references name, too.
#[test]
fn the_system_of_an_identifier_is_medical() {
    let kit = Kit::new(NOTHING);
    let identifier = json!({"system": "https://ker.example/ipp", "value": "IPP-4711"});
    let actor =
        json!({"actor": {"type": "Patient", "identifier": identifier}, "status": "accepted"});
    for document in [
        json!({"resourceType": "Patient", "identifier": [identifier]}),
        json!({"resourceType": "RelatedPerson", "identifier": [{"value": "0"}, identifier]}),
        json!({"resourceType": "Appointment", "participant": [actor]}),
        json!({"resourceType": "Appointment", "contained": [{"resourceType": "Patient", "id": "p", "identifier": [identifier]}],
            "participant": [{"actor": {"reference": "#p"}}]}),
    ] {
        only_with(&kit, &document, "care", "https://ker.example/ipp");
        only_with(&kit, &document, "identity", "IPP-4711");
        kit.round_trip(document.to_string().as_bytes());
    }
    // Where a reference names it, it comes back without the system that its new value had.
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"resource": {"resourceType": "Patient", "identifier": [identifier]}},
        {"resource": {"resourceType": "Appointment", "participant": [actor]}}]});
    let protected = kit.protect(&bundle.to_string());
    assert_eq!(protected.matches("urn:paravent:reference").count(), 2);
    let shown = parse(&kit.reveal_only(&["identity"], &protected));
    let value = json!({"value": "IPP-4711"});
    assert_eq!(shown["entry"][0]["resource"]["identifier"][0], value);
    let actor = &shown["entry"][1]["resource"]["participant"][0]["actor"];
    assert_eq!(actor["identifier"], value);
    let shown = parse(&kit.reveal_only(&["identity", "care"], &protected));
    assert_eq!(shown["entry"][0]["resource"]["identifier"][0], identifier);
    kit.round_trip(bundle.to_string().as_bytes());
}

#[test]
fn contacts_of_a_contact_are_contacts() {
    let kit = Kit::new(NOTHING);
    let document = json!({"resourceType": "Patient", "contact": [
        {"name": {"text": "Eve Morvan"}, "telecom": [{"value": "+33 1 99 00 12 34"}], "address": {"city": "Brest 29200"}}]});
    only_with(&kit, &document, "contact", "+33 1 99 00 12 34");
    only_with(&kit, &document, "contact", "Brest 29200");
    only_with(&kit, &document, "identity", "Eve Morvan");
    // A contact without any of them is no contact in FHIR.
    let shown = parse(&kit.protect(&document.to_string()));
    let masked = &shown["contact"][0];
    assert_eq!(
        masked["telecom"][0]["extension"][0]["valueCode"], "masked",
        "{shown}"
    );
    assert_eq!(masked["address"]["extension"][0]["valueCode"], "masked");
    // Where all of them are of one scope, nothing shows how many there are.
    let names = json!({"resourceType": "Patient", "contact": [{"name": {"text": "Eve Morvan"}}, {"gender": "male"}]});
    assert!(
        parse(&kit.protect(&names.to_string()))
            .get("contact")
            .is_none()
    );
}

#[test]
fn free_text_and_home_addresses_are_not_medical() {
    let kit = Kit::new(NOTHING);
    let secret = "chez Lefebvre";
    for (of, path) in [
        ("Location", "description"),
        ("Location", "address.text"),
        ("Location", "position.latitude"),
        ("Location", "telecom.value"),
        ("Location", "availabilityExceptions"),
        ("HealthcareService", "extraDetails"),
        ("HealthcareService", "comment"),
        ("HealthcareService", "availabilityExceptions"),
        ("HealthcareService", "notAvailable.description"),
        ("PractitionerRole", "availabilityExceptions"),
        ("PractitionerRole", "notAvailable.description"),
        ("Practitioner", "extension.valueString"),
        ("Observation", "valueString"),
        ("Observation", "component.valueString"),
        ("Organization", "contact.name.text"),
    ] {
        let mut value = json!(secret);
        for step in path.rsplit('.') {
            value = json!([{ step: value }]);
        }
        let mut document = value[0].clone();
        document["resourceType"] = of.into();
        only_with(&kit, &document, "rest", secret);
    }
    let component = json!({"resourceType": "Observation", "component": [{"code": {"text": "fear of heights"}, "valueString": secret}]});
    only_with(&kit, &component, "care", "fear of heights");
    only_with(&kit, &component, "rest", secret);
}

#[test]
fn urgency_is_not_kept() {
    let kit = Kit::new(NOTHING);
    let document = json!({"resourceType": "ServiceRequest", "priority": "stat"});
    only_with(&kit, &document, "care", "stat\"");
}

/// An identifier that says who gave it is taken out in parts, and is still the one that a reference names.
#[test]
fn identifiers_that_name_their_assigner_are_still_referred_to() {
    let kit = Kit::new(NOTHING);
    for identifier in [
        json!({"system": "urn:ipp", "value": "IPP 1", "assigner": {"display": "Clinique Ker"}}),
        json!({"assigner": {"display": "Clinique Ker"}, "use": "usual", "value": "IPP 1", "system": "urn:ipp"}),
    ] {
        let document = json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": {"resourceType": "Patient", "identifier": [{"system": "urn:other", "value": "X"}, identifier]}},
            {"resource": {"resourceType": "Appointment", "status": "booked", "participant": [
                {"actor": {"type": "Patient", "identifier": {"system": "urn:ipp", "value": "IPP 1"}}, "status": "accepted"}]}}]});
        let document = document.to_string();
        let protected = String::from_utf8(kit.round_trip(document.as_bytes())).unwrap();
        assert!(!protected.contains("IPP 1") && !protected.contains("Clinique Ker"));
        let shown = parse(&protected);
        let identifiers = &shown["entry"][0]["resource"]["identifier"];
        let named = &shown["entry"][1]["resource"]["participant"][0]["actor"]["identifier"];
        assert_eq!(identifiers[1], *named, "{shown}");
        assert_eq!(identifiers[0]["extension"][0]["valueCode"], "masked");
        assert!(kit.reveal_only(&["identity"], &protected).contains("IPP 1"));
    }
}

/// Found by reading: a reference showed a system where there was none, and the identifier that it names did not.
#[test]
fn identifiers_without_a_system_are_still_referred_to() {
    let kit = Kit::new(NOTHING);
    let named = json!({"value": "4711 0815"});
    let with =
        json!({"use": "usual", "value": "4711 0815", "assigner": {"display": "Clinique Ker"}});
    for (of, identifier, reference) in [
        ("Patient", &named, &named),
        ("Patient", &with, &named),
        ("Patient", &named, &with),
        ("Practitioner", &named, &named),
        ("Practitioner", &with, &with),
    ] {
        let document = json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": {"resourceType": of, "identifier": [identifier]}},
            {"resource": {"resourceType": "Appointment", "status": "booked", "participant": [
                {"actor": {"type": of, "identifier": reference}, "status": "accepted"}]}}]});
        let protected = kit.round_trip(document.to_string().as_bytes());
        let protected = String::from_utf8(protected).unwrap();
        assert!(!protected.contains("4711 0815") && !protected.contains("Clinique Ker"));
        let actor = |text: &str| {
            parse(text)["entry"][1]["resource"]["participant"][0]["actor"]["identifier"].clone()
        };
        let shown = actor(&protected);
        assert_eq!(shown.as_object().unwrap().len(), 1, "{shown}");
        assert_eq!(
            parse(&protected)["entry"][0]["resource"]["identifier"][0],
            shown
        );
        let scope = if of == "Patient" { "identity" } else { "care" };
        assert_eq!(actor(&kit.reveal_only(&[scope], &protected)), named);
    }
}

#[test]
fn outcomes_keep_what_fhir_requires() {
    let kit = Kit::new(NOTHING);
    let document = json!({"resourceType": "Bundle", "type": "searchset", "entry": [
        {"resource": {"resourceType": "OperationOutcome", "id": "warning", "issue": [
            {"severity": "warning", "code": "not-found", "details": {"text": "no such patient: Lefebvre"},
             "diagnostics": "Patient/23", "expression": ["Patient.name"]}]},
         "search": {"mode": "outcome"}}]});
    let protected = kit.round_trip(document.to_string().as_bytes());
    let shown = parse(std::str::from_utf8(&protected).unwrap());
    assert_eq!(
        shown["entry"][0]["resource"]["issue"],
        json!([{"severity": "warning", "code": "not-found"}])
    );
    assert_eq!(shown["entry"][0]["search"]["mode"], "outcome");
    only_with(&kit, &document, "rest", "Lefebvre");
}

/// A document starts with a Composition, which the profile does not take.
#[test]
fn bundles_do_not_say_that_they_are_documents() {
    let kit = Kit::new(NOTHING);
    assert!(
        Profile::r4()
            .resource_types()
            .all(|name| name != "Composition")
    );
    let shown = parse(&kit.protect(r#"{"resourceType":"Bundle","type":"document"}"#));
    assert!(shown.get("type").is_none(), "{shown}");
    assert_eq!(shown["_type"]["extension"][0]["valueCode"], "masked");
}

#[test]
fn nothing_is_shown_under_the_name_of_sealed_records() {
    let kit = Kit::new(NOTHING);
    for (name, is_taken) in [("record", false), ("recorded", true)] {
        let policy = format!(
            "domain = \"d\"\nschema = \"scheduling\"\nrecord_id = \"unbound\"\n[pseudonym.{name}]\nof = [\"patient_id\"]\n\
             reason = \"visits of one person\"\nnull = \"null\"\n"
        );
        let policy = Policy::from_toml(&policy, &Schema::scheduling()).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        match ResourceProtector::new(&kit.keyring, &checked, Profile::r4()) {
            Ok(_) => assert!(is_taken),
            Err(error) => {
                assert!(!is_taken && error.is_definition(), "{error}");
                assert!(error.to_string().contains("\"record\""), "{error}");
            }
        }
    }
}
