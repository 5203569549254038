//! Policies, keys and documents of these tests.

use std::{env, fs, path::Path};

use paravent::{
    CheckedPolicy, Date, Keyring, Policy, Revealer, Schema, Scope,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
};

/// Shows nothing.
pub(crate) const NOTHING: &str = r#"
domain = "archive"
schema = "scheduling"
record_id = "unbound"
"#;

/// Shows nothing, and binds seals to the ids that are shown.
pub(crate) const BOUND: &str = r#"
domain = "bound"
schema = "scheduling"
record_id = "bound"
"#;

/// Ids of patients are pseudonyms; birth years and sexes are shown.
pub(crate) const SHOWING: &str = r#"
domain = "statistics"
schema = "scheduling"
record_id = "unbound"

[pseudonym.patient]
of = ["patient_id"]
reason = "visits of one person"
null = "null"

[show.birth_date]
as = "truncate"
to = "year"
reason = "ages"

[show.sex]
as = "keep"
reason = "figures by sex"

[holds]
subjects = 20_000

[tenancy]
specialties = 12
"#;

/// Opens what is medical.
pub(crate) const CARE: &str = r#"
domain = "care-statistics"
schema = "scheduling"
record_id = "unbound"

[open.care]
reason = "visits by specialty"

[tenancy]
specialties = 12
"#;

pub(crate) const POLICIES: [&str; 4] = [NOTHING, BOUND, SHOWING, CARE];

pub(crate) struct Kit {
    pub(crate) keyring: Keyring,
    pub(crate) policy: Policy,
    pub(crate) checked: CheckedPolicy,
    pub(crate) protector: ResourceProtector,
    pub(crate) revealer: ResourceRevealer,
}

impl Kit {
    pub(crate) fn new(policy: &str) -> Self {
        Self::of(policy, Profile::r4())
    }

    pub(crate) fn of(policy: &str, profile: Profile) -> Self {
        let policy = Policy::from_toml(policy, &Schema::scheduling()).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        let keyring = Keyring::generate().unwrap();
        Self {
            protector: ResourceProtector::new(&keyring, &checked, profile).unwrap(),
            revealer: ResourceRevealer::new(Revealer::backend(&keyring, &policy).unwrap()).unwrap(),
            keyring,
            policy,
            checked,
        }
    }

    /// The same with another profile.
    pub(crate) fn protector_of(&self, profile: Profile) -> ResourceProtector {
        ResourceProtector::new(&self.keyring, &self.checked, profile).unwrap()
    }

    pub(crate) fn protect(&self, document: &str) -> String {
        String::from_utf8(self.protector.protect(document.as_bytes()).unwrap()).unwrap()
    }

    /// The backend's own for some scopes.
    pub(crate) fn only(&self, scopes: &[&str]) -> ResourceRevealer {
        let scopes: Vec<Scope> = scopes
            .iter()
            .map(|name| self.policy.schema().scope(name).unwrap())
            .collect();
        let backend = Revealer::backend(&self.keyring, &self.policy).unwrap();
        ResourceRevealer::new(backend.only(&scopes).unwrap()).unwrap()
    }

    pub(crate) fn reveal_only(&self, scopes: &[&str], protected: &str) -> String {
        let restored = self.only(scopes).reveal(protected.as_bytes()).unwrap();
        assert_eq!(restored.is_original(), None);
        String::from_utf8(restored.as_bytes().to_vec()).unwrap()
    }

    /// Protects, reveals all, and asserts that not a byte differs; returns what was protected.
    pub(crate) fn round_trip(&self, document: &[u8]) -> Vec<u8> {
        let protected = self.protector.protect(document).unwrap();
        let restored = self.revealer.reveal(&protected).unwrap();
        assert_eq!(
            String::from_utf8_lossy(restored.as_bytes()),
            String::from_utf8_lossy(document)
        );
        assert_eq!(restored.is_original(), Some(true));
        protected
    }
}

pub(crate) fn parse(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap()
}

/// Documents of this test's own.
pub(crate) fn own() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fhir/data");
    documents(&folder)
}

/// The documents that `PARAVENT_CORPUS` points to, which may not be copied; none where it is not set.
#[allow(clippy::print_stderr)]
pub(crate) fn corpus() -> Vec<(String, Vec<u8>)> {
    match env::var_os("PARAVENT_CORPUS") {
        Some(folder) => documents(&Path::new(&folder).join("fhir")),
        None => {
            eprintln!("skipped: PARAVENT_CORPUS does not say where the corpus is");
            Vec::new()
        }
    }
}

fn documents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut documents: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&path).unwrap())
        })
        .filter(|(name, _)| name.ends_with(".json"))
        .collect();
    documents.sort();
    assert!(!documents.is_empty(), "{} is empty", folder.display());
    documents
}
