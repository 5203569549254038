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
    for text in ["\"", "\"p1.AAAA", "\"x"] {
        assert!(
            reveal(&protected.replacen("\"p1.", text, 1)).is_err(),
            "{text}"
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
    let text = "name = \"x\"\ndefault = \"rest\"\n[resource.Patient]\nscope = \"identity\"\n";
    let other = include_str!("../../src/schema/scheduling.toml").replace("6_300", "6_301");
    let other = Profile::from_toml(text, &Schema::from_toml(&other).unwrap()).unwrap();
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
        "seal.identity = [\"Patient.name\"]",
        "fields.last_name = [{ path = \"Patient.name.family\" }]",
        "fields.last_name = [\"name.family\"]",
        "id = \"nothing\"",
        "id = \"identity_parts\"",
        "references = [\"link.other\", \"link.other\"]",
        "masked = [\"name\", \"name\"]",
        "fields.nothing = [{ path = \"name\" }]",
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
        "seal.contact = [\"name\"]\nfields.last_name = [{ path = \"name.family\" }]",
        "references = [\"link\"]\nseal.identity = [\"link.other\"]",
    ] {
        assert!(of(rules).unwrap_err().is_definition(), "{rules}");
    }
    for text in [
        "",
        "name = \"\"\ndefault = \"rest\"\n[resource.Patient]\nscope = \"identity\"\n",
        "name = \"x\"\ndefault = \"rest\"\n[resource]\n",
        "name = \"x\"\ndefault = \"rest\"\n[resource.\"a b\"]\nscope = \"care\"\n",
        "name = \"x\"\ndefault = \"rest\"\n[resource.patient]\nscope = \"identity\"\n",
    ] {
        assert!(
            Profile::from_toml(text, &Schema::scheduling())
                .unwrap_err()
                .is_definition()
        );
    }
}

/// Found by reading: a scope that has no field in the schema was taken, and the first part for it ended the process.
#[test]
fn scopes_without_a_field_are_refused() {
    let schema = include_str!("../../src/schema/scheduling.toml")
        .replace("scope = \"contact\"", "scope = \"identity\"")
        .replace("32_768", "1_024");
    let schema = Schema::from_toml(&schema).unwrap();
    for rules in [
        "scope = \"contact\"",
        "scope = \"identity\"\nseal.contact = [\"telecom\"]",
    ] {
        let text = format!("name = \"x\"\ndefault = \"rest\"\n[resource.Patient]\n{rules}\n");
        let error = Profile::from_toml(&text, &schema).unwrap_err();
        assert_eq!(error.line(), Some(3 + rules.lines().count()), "{error}");
        let words = "scope \"contact\" is not in the schema";
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// The rules of one type, on line 4 and after, under a default that gives everything.
fn profile(of: &str, rules: &str) -> Result<Profile, paravent::Error> {
    let text = format!("name = \"x\"\ndefault = \"rest\"\n[resource.{of}]\n{rules}\n");
    Profile::from_toml(&text, &Schema::scheduling())
}

fn refused_on(line: usize, of: &str, rules: &str) -> String {
    let error = profile(of, rules).unwrap_err();
    assert!(error.is_definition(), "{rules}: {error}");
    let text = error.to_string();
    assert!(text.contains(&format!("line {line}")), "{rules}: {text}");
    text
}

#[test]
fn what_fields_are_read_from_does_not_pass() {
    let kept = "{ values = [\"394579002\"], reason = \"a test\" }";
    let read = "scope = \"schedule\"\nseal.care = [\"specialty\"]\nfields.specialty = [{ path = \"specialty.coding.code\" }]";
    for path in [
        "specialty.coding.code",
        "specialty.coding",
        "specialty",
        "specialty.coding.code.x",
    ] {
        let error = refused_on(
            7,
            "Appointment",
            &format!("{read}\nkeep.\"{path}\" = {kept}"),
        );
        assert!(error.contains("specialty"), "{error}");
    }
    refused_on(
        7,
        "Appointment",
        &format!("{read}\nlocations = [\"specialty.coding.code\"]"),
    );
    profile(
        "Appointment",
        &format!("{read}\nkeep.\"specialty.coding.userSelected\" = {kept}"),
    )
    .unwrap();
    let gender =
        "scope = \"identity\"\nseal.identity = [\"gender\"]\nfields.sex = [{ path = \"gender\" }]";
    refused_on(7, "Patient", &format!("{gender}\nkeep.gender = {kept}"));
    // A neutral field tells nothing of a person.
    let status = "scope = \"schedule\"\nseal.schedule = [\"status\"]\nfields.status = [{ path = \"status\" }]";
    profile(
        "Appointment",
        &format!("{status}\nkeep.status = [\"booked\"]"),
    )
    .unwrap();
    // Nor can the bundled profile be extended to keep one.
    for (before, after) in [
        (
            "keep.status = [\"proposed\"",
            "keep.\"specialty.coding.code\" = { values = [\"394579002\"], reason = \"a test\" }\nkeep.status = [\"proposed\"",
        ),
        (
            "keep.\"link.type\"",
            "keep.gender = { values = [\"male\"], reason = \"a test\" }\nkeep.\"link.type\"",
        ),
    ] {
        let text = Profile::r4_text().replacen(before, after, 1);
        assert_ne!(text, Profile::r4_text());
        assert!(
            Profile::from_toml(&text, &Schema::scheduling())
                .unwrap_err()
                .is_definition()
        );
    }
}

/// They were rules for elements that no resource has, and were told in words of this crate's code.
#[test]
fn rules_as_other_tools_write_them_are_told_in_words_of_the_profile() {
    let scope = "scope = \"schedule\"\n";
    for rule in [
        "seal.schedule = [\"Appointment.start\"]",
        "keep.\"Appointment.status\" = { values = [\"booked\"], reason = \"a test\" }",
        "references = [\"Appointment.slot\"]",
        "masked = [\"Appointment.start\"]",
        "fields.start = [{ path = \"Appointment.start\" }]",
    ] {
        let told = refused_on(5, "Appointment", &format!("{scope}{rule}"));
        assert!(
            told.contains("begins with a type of resource; leave the type out"),
            "{told}"
        );
    }
    let told = refused_on(
        5,
        "Appointment",
        &format!("{scope}fields.start = [\"start\"]"),
    );
    assert!(
        told.contains("invalid type: string \"start\", expected a table; mend"),
        "{told}"
    );
    let told = refused_on(5, "Appointment", &format!("{scope}masked = \"start\""));
    assert!(told.contains("expected a list; mend"), "{told}");
    let told = refused_on(3, "appointment", scope);
    assert!(told.contains("is no type of resource"), "{told}");
}

#[test]
fn kept_lists_need_a_reason() {
    let scope = "scope = \"schedule\"\n";
    for kept in [
        "[\"routine\"]",
        "{ values = [\"routine\"], reason = \" \" }",
        "{ values = [\"routine\"] }",
        "{ values = [\"routine\"], reason = \"a\", other = 1 }",
    ] {
        refused_on(
            5,
            "ServiceRequest",
            &format!("{scope}keep.priority = {kept}"),
        );
    }
    for kept in [
        "\"routine\"",
        "{ values = [\"routine\"] }",
        "{ values = [\"routine\"], reason = \"a\", other = 1 }",
    ] {
        let told = refused_on(
            5,
            "ServiceRequest",
            &format!("{scope}keep.priority = {kept}"),
        );
        let words = "what is kept is neither a list of values in quotes nor a table of such `values` and a `reason`; mend";
        assert!(told.contains(words), "{told}");
    }
    let kept = "keep.priority = { values = [\"routine\"], reason = \"a test\" }";
    profile("ServiceRequest", &format!("{scope}{kept}")).unwrap();
    profile(
        "ServiceRequest",
        &format!("{scope}keep.intent = [\"order\"]"),
    )
    .unwrap();
    // What is known of one type is not of another.
    refused_on(
        5,
        "Appointment",
        &format!("{scope}keep.intent = [\"order\"]"),
    );
}

#[test]
fn ids_are_sealed_for_the_scope_of_their_field() {
    refused_on(5, "Patient", "scope = \"care\"\nid = \"patient_id\"");
    profile("Patient", "scope = \"identity\"\nid = \"patient_id\"").unwrap();
    // What the default scope holds gives everything, and is known to.
    profile("Patient", "scope = \"rest\"\nid = \"patient_id\"").unwrap();
    let text = "name = \"x\"\ndefault = \"care\"\n[resource.Patient]\nscope = \"identity\"\n";
    let error = Profile::from_toml(text, &Schema::scheduling()).unwrap_err();
    assert!(
        error.is_definition() && error.to_string().contains("line 2"),
        "{error}"
    );
}

#[test]
fn free_text_is_sealed_for_the_default_scope() {
    for path in [
        "text",
        "text.div",
        "comment",
        "note",
        "note.text",
        "description",
        "patientInstruction",
        "extension",
        "specialty.extension",
        "modifierExtension",
    ] {
        refused_on(
            5,
            "Appointment",
            &format!("scope = \"schedule\"\nseal.care = [\"{path}\"]"),
        );
        profile(
            "Appointment",
            &format!("scope = \"schedule\"\nseal.rest = [\"{path}\"]"),
        )
        .unwrap();
    }
    profile(
        "Appointment",
        "scope = \"schedule\"\nseal.care = [\"specialty.text\"]",
    )
    .unwrap();
}

#[test]
fn two_fields_are_not_put_back_at_one_element() {
    let rules = "scope = \"care\"\nseal.care = [\"name\"]\nfields.place = [{ path = \"name\", form = \"string\" }]\n";
    refused_on(
        7,
        "Location",
        &format!("{rules}fields.service = [{{ path = \"name\", form = \"string\" }}]"),
    );
    profile(
        "Location",
        &format!("{rules}fields.service = [{{ path = \"name\" }}]"),
    )
    .unwrap();
}
