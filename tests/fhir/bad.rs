//! What is no resource, and what is not as it was protected.

use std::time::{Duration, Instant};

use paravent::{
    Schema,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
};

use crate::kit::{Kit, NOTHING, SHOWING, parse};

const SMALL: &str = r#"{"resourceType":"Appointment","id":"é","status":"booked","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}]}"#;

fn refused(kit: &Kit, document: &[u8]) -> String {
    let start = Instant::now();
    let error = kit.protector.protect(document).unwrap_err();
    assert!(error.is_message(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    error.to_string()
}

#[test]
fn what_is_no_resource_is_refused() {
    let kit = Kit::new(NOTHING);
    for document in [
        "",
        " ",
        "\u{feff}",
        "null",
        "[]",
        "{}",
        "7",
        "\"Patient\"",
        "[{\"resourceType\":\"Patient\"}]",
        r#"{"resourceType":7}"#,
        r#"{"resourceType":null}"#,
        r#"{"resourceType":["Patient"]}"#,
        r#"{"resourceType":"patient"}"#,
        r#"{"resourcetype":"Patient"}"#,
        r#"{"resourceType":"Patient","id":"1","id":"2"}"#,
        r#"{"resourceType":"Patient","i\u0064":"1","id":"2"}"#,
        r#"{"resourceType":"Patient"}{"resourceType":"Patient"}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{}}]}"#,
        r#"{"resourceType":"Patient","contained":["x"]}"#,
        r#"{"resourceType":"Patient","a":01}"#,
        "{\"resourceType\":\"Patient\",\"name\":\"a\nb\"}",
        r#"{"resourceType":"Patient","name":"\ud800"}"#,
        "<Patient xmlns=\"http://hl7.org/fhir\"/>",
    ] {
        refused(&kit, document.as_bytes());
    }
    refused(&kit, b"{\"resourceType\":\"Patient\",\"id\":\"\xe9\"}");
}

#[test]
fn documents_cut_at_any_byte_are_refused() {
    let kit = Kit::new(NOTHING);
    kit.round_trip(SMALL.as_bytes());
    for end in 0..SMALL.len() {
        refused(&kit, &SMALL.as_bytes()[..end]);
    }
}

#[test]
fn protected_documents_cut_at_any_byte_are_refused() {
    let kit = Kit::new(NOTHING);
    let protected = kit.protect(SMALL);
    for end in (0..protected.len()).step_by(7).chain([protected.len() - 1]) {
        let error = kit
            .revealer
            .reveal(&protected.as_bytes()[..end])
            .unwrap_err();
        assert!(error.is_message(), "{error}");
    }
}

#[test]
fn large_documents_are_refused_within_bounds() {
    let kit = Kit::new(NOTHING);
    let long = "x".repeat(10 << 20);
    let document = format!(r#"{{"resourceType":"Patient","name":[{{"family":"{long}"}}]}}"#);
    assert!(refused(&kit, document.as_bytes()).contains("4 MiB"));
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = |depth: usize| {
            format!(
                r#"{{"resourceType":"Patient","x":{}1{}}}"#,
                open.repeat(depth),
                close.repeat(depth)
            )
        };
        assert!(refused(&kit, deep(100_000).as_bytes()).contains("64 deep"));
        kit.round_trip(deep(63).as_bytes());
        refused(&kit, deep(64).as_bytes());
    }
}

/// Small values take more room protected than in clear, and what is taken must be revealed again.
#[test]
fn documents_of_many_values_are_refused_or_come_back() {
    let kit = Kit::new(NOTHING);
    let of = |item: &str, count: usize, name: &str| {
        let items = vec![item; count].join(",");
        format!(r#"{{"resourceType":"Appointment","{name}":[{items}]}}"#)
    };
    for item in ["1", "{}", "{\"a\":1}"] {
        for name in ["participant", "unknown"] {
            refused(&kit, of(item, 400_000, name).as_bytes());
        }
    }
    kit.round_trip(of("{\"status\":1}", 20_000, "participant").as_bytes());
    kit.round_trip(of("1", 200_000, "unknown").as_bytes());
    let slots = vec![r#"{"resource":{"resourceType":"Slot"}}"#; 3000].join(",");
    kit.round_trip(format!(r#"{{"resourceType":"Bundle","entry":[{slots}]}}"#).as_bytes());
}

/// What just fits is sealed to several records, and comes back.
#[test]
fn long_fields_come_back() {
    let kit = Kit::new(NOTHING);
    for length in [65, 32_768, 100_000, 3 << 20] {
        let long = "é".repeat(length / 2);
        let document =
            format!(r#"{{"resourceType":"Patient","id":"1","name":[{{"family":"{long}"}}]}}"#);
        kit.round_trip(document.as_bytes());
    }
}

#[test]
fn errors_tell_where_and_no_value() {
    let kit = Kit::new(NOTHING);
    let error = refused(
        &kit,
        br#"{"resourceType":"Appointment","participant":[{"actor":{"Lefebvre":tru}}]}"#,
    );
    assert!(
        error.contains("at byte 66 in participant.0.actor.@0"),
        "{error}"
    );
    let error = refused(
        &kit,
        br#"{"resourceType":"Appointment","participant":[],"participant":[]}"#,
    );
    assert!(error.contains("in participant"), "{error}");
}

#[test]
fn national_identifiers_are_taken_whatever_their_checksum() {
    let kit = Kit::new(SHOWING);
    for value in [
        "278053523812399",
        "278053523812300",
        "1",
        "not a number at all",
        "2A8053523812399 00",
    ] {
        for system in [
            "urn:oid:1.2.250.1.213.1.4.8",
            "https://rpps.esante.gouv.fr",
            "urn:oid:1.2.250.1.71.4.2.1",
        ] {
            for of in ["Patient", "Practitioner"] {
                let document = format!(
                    r#"{{"resourceType":"{of}","identifier":[{{"system":"{system}","value":"{value}"}}]}}"#
                );
                kit.round_trip(document.as_bytes());
            }
        }
    }
}

#[test]
fn what_is_not_as_it_was_protected_is_refused() {
    let kit = Kit::new(NOTHING);
    let protected = kit.protect(SMALL);
    let reveal = |document: &str| kit.revealer.reveal(document.as_bytes());
    assert!(reveal(SMALL).unwrap_err().is_message());
    assert!(reveal("{}").unwrap_err().is_message());

    // Another keyring.
    assert!(
        Kit::new(NOTHING)
            .revealer
            .reveal(protected.as_bytes())
            .unwrap_err()
            .is_wrong_key()
    );

    // A record that was changed, cut, left out, or is none.
    let at = protected.find("\"p1.").unwrap() + 4;
    let middle = at + 400;
    let mut changed = protected.clone().into_bytes();
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    assert!(kit.revealer.reveal(&changed).is_err());
    for text in ["\"p1.", "\"p1.AAAA", "\"x"] {
        assert!(
            reveal(
                &protected
                    .replacen("\"p1.", text, 1)
                    .replacen("p1.p1.", "p1.x", 1)
            )
            .is_err()
                || text == "\"p1."
        );
    }
    let mut value = parse(&protected);
    let records = value
        .pointer_mut("/meta/extension/0/extension")
        .unwrap()
        .as_array_mut()
        .unwrap();
    records[0]["valueString"] = 7.into();
    assert!(reveal(&value.to_string()).unwrap_err().is_message());

    // An element in which parts belong is gone.
    let mut value = parse(&protected);
    value.as_object_mut().unwrap().remove("participant");
    assert!(reveal(&value.to_string()).unwrap_err().is_message());
    let mut value = parse(&protected);
    value["participant"] = "x".into();
    assert!(reveal(&value.to_string()).unwrap_err().is_message());

    // What is shown was changed: it is told.
    let changed = protected.replace("\"booked\"", "\"noshow\"");
    assert_eq!(reveal(&changed).unwrap().is_original(), Some(false));
}

/// The pieces of a large resource belong together, in their order.
#[test]
fn pieces_of_two_resources_are_refused() {
    let kit = Kit::new(NOTHING);
    let long = |letter: &str| {
        let document = format!(
            r#"{{"resourceType":"Patient","name":[{{"family":"{}"}}]}}"#,
            letter.repeat(60_000)
        );
        parse(&kit.protect(&document))
    };
    let (first, second) = (long("a"), long("b"));
    let records = |value: &serde_json::Value| {
        value
            .pointer("/meta/extension/0/extension")
            .unwrap()
            .clone()
    };
    assert!(records(&first).as_array().unwrap().len() > 1);
    let with = |edit: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let mut value = first.clone();
        let records = value.pointer_mut("/meta/extension/0/extension").unwrap();
        edit(records.as_array_mut().unwrap());
        kit.revealer.reveal(value.to_string().as_bytes())
    };
    assert!(with(&|_| ()).is_ok());
    assert!(
        with(&|records| records[1] = self::records(&second, 1))
            .unwrap_err()
            .is_message()
    );
    assert!(
        with(&|records| records.swap(0, 1))
            .unwrap_err()
            .is_message()
    );
    assert!(
        with(&|records| {
            records.pop();
        })
        .unwrap_err()
        .is_message()
    );
    assert!(
        with(&|records| records.push(records[0].clone()))
            .unwrap_err()
            .is_message()
    );
}

fn records(value: &serde_json::Value, at: usize) -> serde_json::Value {
    value.pointer("/meta/extension/0/extension").unwrap()[at].clone()
}

/// What stood in the original where protecting puts its own.
#[test]
fn originals_that_look_protected_come_back() {
    let kit = Kit::new(NOTHING);
    let masked = r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}"#;
    for document in [
        kit.protect(SMALL),
        format!(r#"{{"resourceType":"Slot","_start":{masked},"start":"2026-12-01T09:30:00Z","schedule":{masked},"_status":{masked}}}"#),
        format!(r#"{{"resourceType":"Appointment","participant":[{masked},{{"actor":{masked},"status":"accepted"}}]}}"#),
        r#"{"meta":{},"resourceType":"Patient"}"#.to_owned(),
        r#"{"id":"1","meta":{"extension":[{"url":"urn:paravent:sealed"}]},"resourceType":"Patient"}"#.to_owned(),
        r#"{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Patient","id":"1"}}}"#.to_owned(),
        r#"{"resourceType":"Bundle","entry":[{"resource":[{"resourceType":"Patient","id":"1"}]},{"resource":"x"},[{}],null,{},7]}"#.to_owned(),
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]}}]}"#.to_owned(),
        r#"{"resourceType":"Patient","contained":[],"text":[],"":1,"a b:.":{"c":[null]},"link":[],"\u0069d":"1","_id":null}"#.to_owned(),
    ] {
        kit.round_trip(document.as_bytes());
    }
}

#[test]
fn profiles_and_policies_that_do_not_fit_are_refused() {
    let kit = Kit::new(NOTHING);
    let schema = Schema::appointment();
    let other = Profile::from_toml(
        "name = \"x\"\ndefault = \"care\"\n[resource.Patient]\nscope = \"identity\"\n",
        &schema,
    )
    .unwrap();
    let error = ResourceProtector::new(&kit.keyring, &kit.checked, other).unwrap_err();
    assert!(error.is_definition());
    let policy = paravent::Policy::from_toml(
        "domain = \"d\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n",
        &schema,
    )
    .unwrap();
    let backend = paravent::Revealer::backend(&kit.keyring, &policy).unwrap();
    assert!(ResourceRevealer::new(backend).unwrap_err().is_definition());
}

#[test]
fn profiles_are_refused_with_their_line() {
    let of = |rules: &str| {
        let text = format!(
            "name = \"x\"\ndefault = \"rest\"\n[resource.Patient]\nscope = \"identity\"\n{rules}\n"
        );
        Profile::from_toml(&text, &Schema::scheduling())
    };
    of("keep.active = [\"true\"]").unwrap();
    for rules in [
        "seal.nowhere = [\"name\"]",
        "seal.identity = [\"name\", \"name\"]",
        "seal.identity = [\"\"]",
        "seal.identity = [\"name..given\"]",
        "seal.identity = [\"id\"]",
        "seal.identity = [\"meta.tag\"]",
        "keep.text = [\"x\"]",
        "keep.\"name.extension\" = [\"x\"]",
        "keep.active = [true]",
        "id = \"nothing\"",
        "id = \"identity_parts\"",
        "references = [\"link.other\", \"link.other\"]",
        "masked = [\"name\", \"name\"]",
        "fields.nothing = [{ path = \"name\" }]",
        "fields.last_name = [{ path = \"name.family\" }]",
        "unknown = 1",
        "scope = \"care\"",
    ] {
        let error = of(rules).unwrap_err();
        assert!(error.is_definition(), "{rules}");
        assert!(error.to_string().contains("line 5"), "{rules}: {error}");
    }
    for rules in [
        "references = [\"link\"]\nkeep.\"link.type\" = [\"seealso\"]",
        "keep.active = [\"true\"]\nreferences = [\"active\"]",
        "seal.identity = [\"birthDate\"]\nfields.birth_date = [{ path = \"birthDate\", form = \"instant\" }]",
        "seal.identity = [\"name\"]\nfields.last_name = [{ path = \"name.family\", form = \"string\" }]",
        "references = [\"link\"]\nseal.identity = [\"link.other\"]",
    ] {
        assert!(of(rules).unwrap_err().is_definition(), "{rules}");
    }
    for text in [
        "",
        "name = \"x\"\ndefault = \"rest\"\n[resource]\n",
        "name = \"x\"\ndefault = \"rest\"\n[resource.\"a b\"]\nscope = \"care\"\n",
    ] {
        assert!(
            Profile::from_toml(text, &Schema::scheduling())
                .unwrap_err()
                .is_definition()
        );
    }
}
