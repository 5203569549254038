//! One new value in a document, however an id is spelt.

use serde_json::Value;

use crate::kit::{BOUND, Kit, NOTHING, parse};

const BUNDLE: &str = r##"{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"https://a.example/fhir/Patient/23","resource":{"resourceType":"Patient","id":"23",
   "identifier":[{"system":"https://a.example/ipp","value":"IPP-1"},{"system":"https://a.example/other","value":"X"}],
   "link":[{"other":{"reference":"Patient/23"},"type":"seealso"}]},
  "request":{"method":"PUT","url":"Patient/23"}},
 {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Slot","schedule":{"reference":"Schedule/5"},"status":"free"},
  "request":{"method":"POST","url":"Slot"}},
 {"fullUrl":"https://a.example/fhir/Appointment/7","resource":{"resourceType":"Appointment","id":"7",
   "contained":[{"resourceType":"Location","id":"here","partOf":{"reference":"#up"}},{"resourceType":"Location","id":"up"}],
   "status":"booked","slot":[{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"},{"reference":"urn:oid:1.2.250.1"}],
   "participant":[
    {"actor":{"reference":"Patient/23"},"status":"accepted"},
    {"actor":{"reference":"https://a.example/fhir/Patient/23"},"status":"accepted"},
    {"actor":{"reference":"https:\/\/a.example\/fhir\/Patient\/23\/_history\/4"},"status":"accepted"},
    {"actor":{"reference":"#here"},"status":"accepted"},
    {"actor":{"type":"Patient","identifier":{"system":"https://a.example/ipp","value":"IPP-1"}},"status":"accepted"},
    {"actor":{"reference":"https://b.example/fhir/Patient/23"},"status":"accepted"},
    {"actor":{"reference":"Patient/24"},"status":"accepted"},
    {"actor":{"reference":"Patient?identifier=23"},"status":"accepted"},
    {"actor":{"reference":"Medication/23"},"status":"accepted"},
    {"actor":{"reference":"see the paper file"},"status":"accepted"},
    {"actor":{"reference":"#"},"status":"accepted"}]},
  "request":{"method":"PUT","url":"Appointment/7"}},
 {"request":{"method":"DELETE","url":"Appointment?patient=Patient/23"}},
 {"request":{"method":"GET","url":"Patient/23/_history/2"},"response":{"status":"200 OK","location":"https://a.example/fhir/Patient/23/_history/2"}},
 {"request":{"method":"GET","url":"metadata/$everything"}}]}"##;

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn every_spelling_agrees() {
    let kit = Kit::new(NOTHING);
    let protected = parse(&kit.protect(BUNDLE));
    let entries = &protected["entry"];
    let id = text(&entries[0]["resource"]["id"]);
    let relative = format!("Patient/{id}");
    let absolute = format!("https://paravent.invalid/Patient/{id}");
    assert_eq!(entries[0]["fullUrl"], absolute);
    assert_eq!(entries[0]["request"]["url"], relative);
    assert_eq!(
        entries[0]["resource"]["link"][0]["other"]["reference"],
        relative
    );

    let appointment = &entries[2]["resource"];
    let actor = |at: usize| &appointment["participant"][at]["actor"];
    let reference = |at: usize| text(&actor(at)["reference"]);
    assert_eq!(reference(0), relative);
    assert_eq!(reference(1), absolute);
    assert_eq!(reference(2), absolute);
    let contained = &appointment["contained"];
    assert_eq!(reference(3), format!("#{}", text(&contained[0]["id"])));
    assert_eq!(
        contained[0]["partOf"]["reference"],
        format!("#{}", text(&contained[1]["id"]))
    );
    assert_eq!(actor(4)["type"], "Patient");
    assert_eq!(
        actor(4)["identifier"],
        entries[0]["resource"]["identifier"][0]
    );
    assert_eq!(actor(4)["identifier"]["system"], "urn:paravent:reference");
    // The other one is not referred to, and so emptied.
    let other = &entries[0]["resource"]["identifier"][1];
    assert_eq!(other.as_object().unwrap().len(), 1);
    assert_eq!(other["extension"][0]["valueCode"], "masked");
    // Another server's patient, and another patient.
    assert!(
        reference(5).starts_with("https://paravent.invalid/Patient/") && reference(5) != absolute
    );
    assert!(reference(6).starts_with("Patient/") && reference(6) != relative);
    for at in 7..10 {
        assert!(actor(at).get("reference").is_none(), "{}", actor(at));
        assert_eq!(actor(at)["extension"][0]["valueCode"], "masked");
    }
    assert_eq!(reference(10), "#");
    let slot = text(&entries[1]["fullUrl"]);
    assert!(
        slot.starts_with("urn:uuid:") && slot.as_bytes()[23] == b'4',
        "{slot}"
    );
    assert_eq!(appointment["slot"][0]["reference"], slot);
    assert!(text(&appointment["slot"][1]["reference"]).starts_with("urn:uuid:"));
    assert_eq!(entries[1]["request"]["url"], "Slot");
    assert_eq!(entries[3]["request"]["url"], "Appointment");
    assert_eq!(entries[4]["request"]["url"], relative);
    assert_eq!(entries[4]["response"]["location"], absolute);
    assert!(entries[5]["request"].get("url").is_none());
    assert_eq!(
        entries[5]["request"]["_url"]["extension"][0]["valueCode"],
        "masked"
    );
    kit.round_trip(BUNDLE.as_bytes());
}

#[test]
fn ids_are_new_in_each_document() {
    let kit = Kit::new(NOTHING);
    let id = |document: &str| {
        text(&parse(&kit.protect(document))["entry"][0]["resource"]["id"]).to_owned()
    };
    let (first, second) = (id(BUNDLE), id(BUNDLE));
    assert_ne!(first, second);
    assert_eq!(first.len(), 20);
}

/// Who may see whom an appointment is of sees the reference; who may not does not.
#[test]
fn references_come_back_with_the_scope_of_their_target() {
    let kit = Kit::new(NOTHING);
    let document = r#"{"resourceType":"Appointment","id":"7","status":"booked","participant":[
        {"actor":{"reference":"Patient/23","display":"Martin"},"status":"accepted"},
        {"actor":{"reference":"Practitioner/9","display":"Dr Morvan"},"status":"accepted"}]}"#;
    let protected = kit.protect(document);
    let shown = parse(&protected);
    let identity = parse(&kit.reveal_only(&["identity"], &protected));
    let care = parse(&kit.reveal_only(&["care"], &protected));
    let schedule = parse(&kit.reveal_only(&["schedule"], &protected));
    let actor = |of: &Value, at: usize| of["participant"][at]["actor"].clone();
    assert_eq!(
        actor(&identity, 0),
        serde_json::json!({"reference":"Patient/23","display":"Martin"})
    );
    assert_eq!(actor(&identity, 1), actor(&shown, 1));
    assert_eq!(actor(&care, 0), actor(&shown, 0));
    assert_eq!(
        actor(&care, 1),
        serde_json::json!({"reference":"Practitioner/9","display":"Dr Morvan"})
    );
    assert_eq!(schedule["id"], "7");
    assert_ne!(care["id"], "7");
}

#[test]
fn seals_that_changed_places_are_refused_where_they_are_bound() {
    let swapped = |policy: &str| {
        let kit = Kit::new(policy);
        let document = r#"{"resourceType":"Bundle","type":"batch","entry":[
            {"resource":{"resourceType":"Patient","id":"a","gender":"male"},"request":{"method":"PUT","url":"Patient/a"}},
            {"resource":{"resourceType":"Patient","id":"b","gender":"male"},"request":{"method":"PUT","url":"Patient/b"}}]}"#;
        let mut protected = parse(&kit.protect(document));
        kit.revealer
            .reveal(protected.to_string().as_bytes())
            .unwrap();
        let meta = |at: usize| format!("/entry/{at}/resource/meta");
        let first = protected.pointer(&meta(0)).unwrap().clone();
        let second = std::mem::replace(protected.pointer_mut(&meta(1)).unwrap(), first);
        *protected.pointer_mut(&meta(0)).unwrap() = second;
        kit.revealer.reveal(protected.to_string().as_bytes())
    };
    assert!(swapped(BOUND).unwrap_err().is_tampered());
    assert!(swapped(NOTHING).unwrap_err().is_message());
}

/// Free text in a reference is whatever the sender wrote, and a server names the clinic: who opens the target's scope sees neither.
#[test]
fn references_that_say_more_than_their_target_come_back_with_the_default_scope() {
    let kit = Kit::new(NOTHING);
    let document = r##"{"resourceType":"Bundle","type":"transaction","entry":[
        {"fullUrl":"https://clinic.example/Condition/1","resource":{"resourceType":"Slot","id":"1","status":"free",
          "schedule":{"reference":"Schedule/2#Lefebvre","display":"Planning"}},
         "request":{"method":"PUT","url":"Condition?patient.name=Lefebvre"}},
        {"resource":{"resourceType":"Appointment","id":"7","status":"booked","participant":[
          {"actor":{"reference":"Practitioner/9","display":"Dr Morvan","_display":{"id":"Lefebvre"},"extension":[{"url":"u","valueString":"Lefebvre"}],
            "identifier":{"system":"s","value":"RPPS-9","assigner":{"display":"Lefebvre"}},"other":"Lefebvre"},"status":"accepted"},
          {"actor":{"reference":"Practitioner of Lefebvre","type":"Practitioner"},"status":"accepted"},
          {"actor":{"reference":"https://clinic.example/Practitioner/9"},"status":"accepted"},
          {"actor":{"reference":"Practitioner/9/_history/of Lefebvre"},"status":"accepted"}]},
         "request":{"method":"DELETE","url":"Practitioner/9?name=Lefebvre"}}]}"##;
    let protected = kit.protect(document);
    for scopes in [
        &["care"][..],
        &["identity"],
        &["schedule"],
        &["identity", "contact", "schedule", "care"],
    ] {
        let revealed = kit.reveal_only(scopes, &protected);
        assert!(!revealed.contains("Lefebvre"), "{scopes:?} {revealed}");
        assert!(
            !revealed.contains("clinic.example"),
            "{scopes:?} {revealed}"
        );
    }
    let care = kit.reveal_only(&["care"], &protected);
    for shown in ["Practitioner/9", "Dr Morvan", "RPPS-9"] {
        assert!(care.contains(shown), "{shown} {care}");
    }
    let rest = kit.reveal_only(&["rest"], &protected);
    assert_eq!(
        rest.matches("Lefebvre").count(),
        document.matches("Lefebvre").count()
    );
    kit.round_trip(document.as_bytes());
}

/// What a server other than the document's own calls by the same id is somebody else.
#[test]
fn only_ids_of_the_own_server_become_pseudonyms() {
    let kit = Kit::new(crate::kit::SHOWING);
    let protected = parse(&kit.protect(BUNDLE));
    let own = text(&protected["entry"][0]["resource"]["id"]);
    let of_server = |url: &str| {
        let document = format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[
                {{"fullUrl":"{url}/Patient/23","resource":{{"resourceType":"Patient","id":"23"}}}},
                {{"fullUrl":"{url}/Appointment/7","resource":{{"resourceType":"Appointment","id":"7","status":"booked","participant":[
                  {{"actor":{{"reference":"https://b.example/fhir/Patient/23"}},"status":"accepted"}}]}}}}]}}"#
        );
        let protected = parse(&kit.protect(&document));
        let actor = protected.pointer("/entry/1/resource/participant/0/actor/reference");
        (
            text(&protected["entry"][0]["resource"]["id"]).to_owned(),
            text(actor.unwrap()).to_owned(),
        )
    };
    let (id, other) = of_server("https://a.example/fhir");
    assert!(id.starts_with("t1."), "{id}");
    assert!(!other.contains("t1."), "{other}");
    let (same, other) = of_server("https://b.example/fhir");
    assert_eq!(same, id);
    assert!(other.ends_with(&id), "{other}");
    // Two servers in one document: neither is its own.
    assert_eq!(own, id);
    let wide = format!(r#"{{"resourceType":"Patient","id":"{}"}}"#, "9".repeat(600));
    let protected = parse(&kit.protect(&wide));
    assert!(!text(&protected["id"]).starts_with("t1."));
    kit.round_trip(wide.as_bytes());
}

/// Whether a resource's own identifier is taken out whole or in parts, it is shown as the reference to it is.
#[test]
fn identifiers_without_a_system_are_shown_as_their_references_are() {
    let kit = Kit::new(NOTHING);
    for own in [
        r#"{"value":"4"}"#,
        r#"{"value":"4"},{"system":"s","value":"5"}"#,
        r#"{"assigner":{"display":"x"},"value":"4"}"#,
        r#"{"value":"4","_system":{"id":"x"}},{"use":"usual"}"#,
    ] {
        let document = format!(
            r##"{{"resourceType":"Account","contained":[{{"resourceType":"Patient","id":"p","identifier":[{own}]}}],
                "subject":[{{"reference":"#p"}},{{"identifier":{{"value":"4"}}}}]}}"##
        );
        let protected = kit.round_trip(document.as_bytes());
        let protected: Value = serde_json::from_slice(&protected).unwrap();
        let shown = &protected["contained"][0]["identifier"][0];
        let named = &protected["subject"][1]["identifier"];
        for name in ["system", "value"] {
            assert_eq!(shown[name], named[name], "{own}");
        }
        // No system stands beside the true value that it is not of.
        let identity = parse(&kit.reveal_only(&["identity"], &protected.to_string()));
        let identity = &identity["contained"][0]["identifier"][0];
        assert_eq!(identity["value"], "4", "{own}");
        assert!(identity.get("system").is_none(), "{own}");
    }
}
