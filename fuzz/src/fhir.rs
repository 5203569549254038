//! FHIR resources, in clear and protected.

use std::{str::from_utf8, sync::LazyLock};

use paravent::{
    Policy, Revealer, Schema,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
    test_kit,
};

use super::accepted::TODAY;

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
}

static KIT: LazyLock<Kit> = LazyLock::new(|| {
    let policy = Policy::from_toml(POLICY, &Schema::scheduling()).unwrap();
    let checked = policy.check(TODAY).unwrap();
    let keyring = test_kit::keyring();
    let backend = || Revealer::backend(&keyring, &policy).unwrap();
    let care = policy.schema().scope("care").unwrap();
    Kit {
        protector: ResourceProtector::new(&keyring, &checked, Profile::r4()).unwrap(),
        backend: ResourceRevealer::new(backend()).unwrap(),
        care: ResourceRevealer::new(backend().only(&[care]).unwrap()).unwrap(),
    }
});

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
    assert!(again.is_original().is_some());
}
