//! FHIR resources, profiles, and what may be sealed in the place of parts.

use std::{str::from_utf8, sync::LazyLock};

use paravent::{
    Protector, RecordId, Revealer, Schema,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
    test_kit,
};

use super::{accepted::accepted, check::assert_definition_error, parts};

const POLICY: &str = r#"
domain = "fuzz"
schema = "scheduling"
record_id = "bound"

[pseudonym.patient]
of = ["patient_id"]
reason = "one row a person"
null = "null"
"#;

struct Kit {
    protector: ResourceProtector,
    backend: ResourceRevealer,
    care: ResourceRevealer,
    by_hand: Protector,
}

static KIT: LazyLock<Kit> = LazyLock::new(|| kit(Profile::r4()).unwrap());

fn kit(profile: Profile) -> paravent::Result<Kit> {
    let checked = accepted(POLICY, &Schema::scheduling())?;
    let policy = checked.policy();
    let keyring = test_kit::keyring();
    let backend = || Revealer::backend(&keyring, policy).unwrap();
    let care = policy.schema().scope("care").unwrap();
    Ok(Kit {
        protector: ResourceProtector::new(&keyring, &checked, profile)?,
        backend: ResourceRevealer::new(backend())?,
        care: ResourceRevealer::new(backend().only(&[care])?)?,
        by_hand: Protector::new(&keyring, &checked)?,
    })
}

/// Bytes that may be a resource: what protects comes back byte for byte, and what is left of it in part is JSON.
pub fn fhir(data: &[u8]) {
    // As if it had been protected.
    let _ = KIT.backend.reveal(data);
    let protected = match KIT.protector.protect(data) {
        Ok(protected) => protected,
        Err(error) => {
            assert!(error.is_message() || error.is_record(), "{error}");
            return;
        }
    };
    let text = from_utf8(&protected).unwrap();
    let json = text.trim_start_matches('\u{feff}');
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let restored = KIT.backend.reveal(&protected).unwrap();
    assert!(restored.as_bytes() == data, "not the same bytes");
    assert_eq!(restored.is_original(), Some(true));

    let care = KIT.care.reveal(&protected).unwrap();
    assert_eq!(care.is_original(), None);
    let care = from_utf8(care.as_bytes())
        .unwrap()
        .trim_start_matches('\u{feff}');
    serde_json::from_str::<serde_json::Value>(care).unwrap();

    // Written anew on the way.
    let again = KIT.backend.reveal(value.to_string().as_bytes()).unwrap();
    match again.is_original() {
        Some(true) => assert!(again.as_bytes() == data, "told to be the original"),
        told => assert_eq!(told, Some(false)),
    }
}

/// The text of a profile, by which a resource comes back.
pub fn fhir_profile(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let made = Profile::from_toml(text, &Schema::scheduling()).and_then(kit);
    let kit = match made {
        Ok(kit) => kit,
        Err(error) => return assert_definition_error(&error, text),
    };
    match kit.protector.protect(BUNDLE) {
        Ok(protected) => {
            let restored = kit.backend.reveal(&protected).unwrap();
            assert!(restored.as_bytes() == BUNDLE, "not the same bytes");
            assert_eq!(restored.is_original(), Some(true));
        }
        Err(error) => assert!(error.is_message() || error.is_record(), "{error}"),
    }
}

const BUNDLE: &[u8] = br##"{"resourceType":"Bundle","type":"message","entry":[
{"fullUrl":"urn:uuid:6f9619ff-8b86-4d01-b42d-00cf4fc964ff","resource":{"resourceType":"Patient","id":"23",
"identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"288057512345678"}],"name":[{"family":"Martin","given":["Zo\u00e9"]}]}},
{"resource":{"resourceType":"Appointment","id":"7","status":"booked","start":"2026-11-28T09:30:00+01:00","specialty":[{"text":"Cardiology"}],
"contained":[{"resourceType":"Practitioner","id":"p","name":[{"family":"Lefevre"}]}],
"participant":[{"actor":{"reference":"Patient/23","display":"Zo\u00e9 Martin"},"status":"accepted"},
{"actor":{"reference":"#p"},"status":"accepted"}]}}]}"##;

/// Text that may be sealed in the place of a resource's parts.
pub fn fhir_reveal(data: &[u8]) {
    let id = RecordId::new("Patient/23").unwrap();
    let Some(row) = parts::sealed(&KIT.by_hand, id, data) else {
        return;
    };
    let resource = format!(
        r#"{{"resourceType":"Patient","id":"23","active":true,"identifier":[{{"value":"4"}},{{}}],"name":[{{"use":"usual"}}],"meta":{{"extension":[{{"url":"urn:paravent:sealed","extension":[{{"url":"record","valueString":"{}"}}]}}]}}}}"#,
        row.sealed()
    );
    match KIT.backend.reveal(resource.as_bytes()) {
        Ok(restored) => assert!(restored.is_original().is_some()),
        Err(error) => assert!(error.is_message(), "{error}"),
    }
    // In part.
    if let Err(error) = KIT.care.reveal(resource.as_bytes()) {
        assert!(error.is_message(), "{error}");
    }
}
