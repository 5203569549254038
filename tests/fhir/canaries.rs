//! A canary in every leaf of every document: whatever stands there, nothing of it is in the protected document, in clear or encoded.

mod planter;
mod profiles;

use paravent::{Schema, fhir::Profile};

use self::planter::{Canary, How, Search, found, plant};
use crate::kit::{CARE, Kit, NOTHING, POLICIES, SHOWING, corpus, own, parse};

/// The documents as values.
fn documents() -> Vec<(String, serde_json::Value)> {
    let all = own().into_iter().chain(corpus());
    all.map(|(name, bytes)| {
        let text = String::from_utf8(bytes).unwrap();
        (name, parse(text.trim_start_matches('\u{feff}')))
    })
    .collect()
}

/// What the policy shows is shown, whatever it is.
fn is_shown(policy: &str, canary: &Canary) -> bool {
    policy == SHOWING && canary.of == "Patient" && canary.path == "gender"
}

#[test]
fn no_leaf_is_shown() {
    for policy in POLICIES {
        let kit = Kit::new(policy);
        for (name, document) in documents() {
            for how in How::ALL {
                let (planted, canaries) = plant(&document, how, |_| true);
                let protected = kit.round_trip(planted.to_string().as_bytes());
                let shown: Vec<_> = found(&protected, &canaries)
                    .into_iter()
                    .filter(|canary| !is_shown(policy, canary))
                    .collect();
                assert!(shown.is_empty(), "{name} {how:?} {shown:?}");
            }
        }
    }
}

/// One leaf at a time, so that all around it is as it should be.
#[test]
fn no_leaf_is_shown_alone() {
    let kit = Kit::new(NOTHING);
    for (name, document) in own() {
        let text = String::from_utf8(document).unwrap();
        let document = parse(text.trim_start_matches('\u{feff}'));
        for how in How::ALL {
            let leaves = plant(&document, how, |_| true).1.len();
            assert!(leaves > 0);
            for leaf in 0..leaves {
                let (planted, canaries) = plant(&document, how, |at| at == leaf);
                let protected = kit
                    .protector
                    .protect(planted.to_string().as_bytes())
                    .unwrap();
                let shown = found(&protected, &canaries);
                assert!(shown.is_empty(), "{name} {how:?} {shown:?}");
            }
        }
    }
}

/// A type is no free text either, nor is it told in the error.
#[test]
fn types_are_refused_without_being_told() {
    let kit = Kit::new(NOTHING);
    for document in [
        r#"{"resourceType":"Kanarienvogel"}"#,
        r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Kanarienvogel"}}]}"#,
        r#"{"resourceType":"Appointment","contained":[{"resourceType":"Kanarienvogel"}]}"#,
    ] {
        let error = kit.protector.protect(document.as_bytes()).unwrap_err();
        assert!(error.is_message());
        assert!(
            !format!("{error} {error:?}").contains("Kanarien"),
            "{error}"
        );
    }
    let error = kit
        .protector
        .protect(br#"{"resourceType":"Bundle","entry":[{},{"resource":{"resourceType":"X"}}]}"#)
        .unwrap_err();
    assert!(error.to_string().contains("entry.1.resource"), "{error}");
}

/// A search that finds nothing would pass every test here.
#[test]
fn the_search_finds_canaries_in_every_form() {
    let document = parse(r#"{"resourceType":"Location","name":"x"}"#);
    let (_, canaries) = plant(&document, How::Text, |_| true);
    let canary = &canaries[0];
    for form in canary.forms() {
        for around in ["", "a", "ab", "abc"] {
            let text = [around.as_bytes(), &form, b"\""].concat();
            assert_eq!(
                found(&text, &canaries).len(),
                1,
                "{}",
                String::from_utf8_lossy(&form)
            );
        }
    }
    for before in 0..3 {
        let clear = [&b"abc"[..before], canary.text.as_bytes(), b"xyz"].concat();
        let forms = [
            data_encoding::BASE64.encode(&clear),
            data_encoding::BASE64URL_NOPAD.encode(&clear),
            data_encoding::HEXLOWER.encode(&clear),
            data_encoding::HEXUPPER.encode(&clear),
        ];
        for form in forms {
            assert_eq!(found(form.as_bytes(), &canaries).len(), 1, "{form}");
        }
    }
    assert!(found(b"nothing of that kind", &canaries).is_empty());
}

/// Who opens what is medical sees no identity, and who opens the identity nothing that is medical.
#[test]
fn scopes_do_not_show_each_other() {
    let kit = Kit::new(CARE);
    let persons = ["Patient", "RelatedPerson"];
    let medical = [
        "Practitioner",
        "PractitionerRole",
        "Location",
        "HealthcareService",
        "Organization",
    ];
    for (name, document) in documents() {
        for how in How::ALL {
            let (planted, canaries) = plant(&document, how, |_| true);
            let protected = kit.protect(&planted.to_string());
            let care = kit.reveal_only(&["care"], &protected);
            let care = found(care.as_bytes(), &canaries);
            let identity = kit.reveal_only(&["identity", "contact"], &protected);
            let identity = found(identity.as_bytes(), &canaries);
            let of = |canary: &&Canary, types: &[&str]| types.contains(&&*canary.of);
            let shown: Vec<_> = care.iter().filter(|canary| of(canary, &persons)).collect();
            // References out of a person to a practitioner are medical, and so is the clinic's own system of identifiers.
            let shown: Vec<_> = shown
                .into_iter()
                .filter(|canary| {
                    !canary.path.starts_with("generalPractitioner")
                        && !canary.path.starts_with("managingOrganization")
                        && canary.path != "identifier.system"
                })
                .collect();
            assert!(shown.is_empty(), "{name} {how:?} {shown:?}");
            let shown: Vec<_> = identity
                .iter()
                .filter(|canary| of(canary, &medical))
                .collect();
            assert!(shown.is_empty(), "{name} {how:?} {shown:?}");
            let mut systems = identity.iter().filter(|canary| {
                persons.contains(&&*canary.of) && canary.path == "identifier.system"
            });
            assert!(systems.next().is_none(), "{name} {how:?}");
            // And each sees its own.
            if name == "booking.json" {
                assert!(
                    care.iter()
                        .any(|canary| canary.path == "specialty.coding.display")
                );
                assert!(identity.iter().any(|canary| canary.path == "name.family"));
            }
        }
    }
}

/// An element that a profile keeps by mistake is found, wherever it is: this is how the tests above would fail.
#[test]
fn a_path_that_is_kept_is_found() {
    let (document, how) = (booking(), How::Form);
    let (planted, canaries) = plant(&document, how, |_| true);
    let planted = planted.to_string();
    let (kit, search) = (Kit::new(NOTHING), Search::new(&canaries));
    let (mut kept, mut refused) = (0, 0);
    for canary in &canaries {
        let there = |other: &&Canary| other.of == canary.of && other.path == canary.path;
        let values = canaries
            .iter()
            .filter(there)
            .map(|canary| canary.whole.as_str());
        let profile = profiles::keeping(&canary.of, &canary.path, values.collect());
        let Ok(profile) = Profile::from_toml(&profile, &Schema::scheduling()) else {
            refused += 1;
            continue;
        };
        kept += 1;
        let protector = kit.protector_of(profile);
        let protected = protector.protect(planted.as_bytes()).unwrap();
        let found = search.found(&protected);
        assert!(
            found.iter().any(|found| found.text == canary.text),
            "{canary:?}"
        );
    }
    // What lies in references and extensions cannot be kept at all, nor can what fields are read from.
    assert!(kept > 50 && refused > 40, "{kept} {refused}");
}

/// What no rule names is taken out: a rule that is missing shows nothing.
#[test]
fn a_rule_that_is_left_out_shows_nothing() {
    let (planted, canaries) = plant(&booking(), How::Form, |_| true);
    let planted = planted.to_string();
    let search = Search::new(&canaries);
    let kit = Kit::new(NOTHING);
    let mut tried = 0;
    for (rule, profile) in profiles::without_each() {
        // A field that is read where another scope is sealed is refused.
        let Ok(profile) = Profile::from_toml(&profile, &Schema::scheduling()) else {
            continue;
        };
        tried += 1;
        let protector = kit.protector_of(profile);
        match protector.protect(planted.as_bytes()) {
            Ok(protected) => {
                let shown = search.found(&protected);
                assert!(shown.is_empty(), "without {rule}: {shown:?}");
            }
            Err(error) => assert!(error.is_message(), "{rule} {error}"),
        }
    }
    assert!(tried > 200, "{tried}");
}

fn booking() -> serde_json::Value {
    let (_, document) = own()
        .into_iter()
        .find(|(name, _)| name == "booking.json")
        .unwrap();
    parse(std::str::from_utf8(&document).unwrap())
}
