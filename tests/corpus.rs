//! Values that others wrote: FHIR resources of scheduling messages, and the most frequent French names.
//!
//! They come from the folder `PARAVENT_CORPUS`, with `fhir/` and `names-fr/` in it. Without it these tests say that they were
//! skipped: the data is its authors', and no part of the project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use paravent::{Appointment, Date, JsonRecord, Keyring, Policy, Protector, Revealer, Schema};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// The folder, or a word on why the test that wants it does nothing.
fn corpus() -> Option<PathBuf> {
    let folder = env::var_os("PARAVENT_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: PARAVENT_CORPUS is not set, and the data is no part of the project");
    }
    folder
}

/// A resource's members by names that a schema can have: `birthDate` is `birth_date`.
type Resource = BTreeMap<String, Box<RawValue>>;

/// The appointments, patients and practitioners of the bundles.
fn resources(corpus: &Path) -> Vec<Resource> {
    #[derive(Deserialize)]
    struct Bundle {
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        resource: Resource,
    }
    let bundles = fs::read_dir(corpus.join("fhir"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let bundles = bundles.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("SIU-") && name.ends_with(".bundle.json")
    });
    let kinds = ["\"Appointment\"", "\"Patient\"", "\"Practitioner\""];
    let mut found = BTreeSet::new();
    let resources: Vec<Resource> = bundles
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let bundle: Bundle = serde_json::from_str(&text).unwrap();
            bundle.entry
        })
        .map(|entry| entry.resource)
        .filter(|resource| {
            let kind = resource["resourceType"].get();
            found.extend(kinds.into_iter().find(|&known| known == kind));
            kinds.contains(&kind)
        })
        .map(|resource| {
            resource
                .into_iter()
                .map(|(name, value)| (snake(&name), value))
                .collect()
        })
        .collect();
    assert_eq!(found, kinds.into());
    resources
}

fn snake(name: &str) -> String {
    name.chars()
        .flat_map(|c| {
            let upper = c.is_ascii_uppercase().then_some('_');
            upper.into_iter().chain([c.to_ascii_lowercase()])
        })
        .collect()
}

/// A schema with every member of the resources, of the type that `value_type` gives, each as wide as its widest value.
fn schema(resources: &[Resource], value_type: impl Fn(&str, &Value) -> &'static str) -> Schema {
    let mut fields: BTreeMap<&str, (usize, &'static str)> = BTreeMap::new();
    for (name, value) in resources.iter().flatten() {
        let found = value_type(name, &serde_json::from_str(value.get()).unwrap());
        let (width, known) = fields.entry(name).or_insert((1, found));
        assert_eq!(*known, found, "{name}");
        *width = value.get().len().max(*width);
    }
    let mut toml = "name = \"fhir\"\n".to_owned();
    for (i, (name, (width, value_type))) in fields.into_iter().enumerate() {
        let scope = ["identity", "contact", "schedule", "care"][i % 4];
        toml += &format!(
            "[[field]]\nname = \"{name}\"\nnumber = {}\nscope = \"{scope}\"\nwidth = {width}\ntype = \"{value_type}\"\n\
             class = \"exact\"\noptional = true\n",
            i + 1
        );
    }
    Schema::from_toml(&toml).unwrap()
}

fn keys(schema: &Schema) -> (Protector, Revealer) {
    let policy = format!(
        "domain = \"corpus\"\nschema = \"{}\"\nrecord_id = \"unbound\"\n",
        schema.name()
    );
    let policy = Policy::from_toml(&policy, schema).unwrap();
    let keyring = Keyring::generate().unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protector = Protector::new(&keyring, &checked).unwrap();
    (protector, Revealer::backend(&keyring, &policy).unwrap())
}

#[test]
fn fhir_resources_come_back_verbatim_as_json() {
    let Some(corpus) = corpus() else { return };
    let resources = resources(&corpus);
    let (protector, revealer) = keys(&schema(&resources, |_, _| "json"));
    for resource in &resources {
        let row = protector.protect(resource).unwrap();
        let columns = protector.protect_row(resource).unwrap();
        let whole: Resource = revealer.reveal(&row).unwrap();
        let cells: Resource = revealer
            .reveal_row(columns.sealed(), columns.cells())
            .unwrap();
        for revealed in [whole, cells] {
            assert_eq!(revealed.len(), resource.len());
            for (name, value) in resource {
                assert_eq!(revealed[name].get(), value.get(), "{name}");
            }
        }
    }
    println!("{} resources", resources.len());
}

#[test]
fn fhir_resources_come_back_typed() {
    let Some(corpus) = corpus() else { return };
    let resources = resources(&corpus);
    let schema = schema(&resources, |name, value| match (name, value) {
        ("birth_date", Value::String(_)) => "date",
        ("start" | "end" | "deceased_date_time", Value::String(_)) => "date-time",
        (_, Value::String(_)) => "text",
        (_, Value::Bool(_)) => "boolean",
        (_, Value::Number(_)) => "integer",
        _ => "json",
    });
    let types: BTreeSet<&str> = schema
        .fields()
        .iter()
        .map(|field| field.value_type().name())
        .collect();
    assert_eq!(
        types,
        ["date", "date-time", "integer", "json", "text"].into()
    );
    let (protector, revealer) = keys(&schema);
    for resource in &resources {
        let text = serde_json::to_string(resource).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let row = protector.protect(&value).unwrap();
        assert_eq!(revealer.reveal::<Value>(&row).unwrap(), value);
        let row = protector
            .protect(&JsonRecord::parse(&text).unwrap())
            .unwrap();
        assert_eq!(revealer.reveal::<Value>(&row).unwrap(), value);
    }
}

/// Every surname and every first name of the lists, at least once.
fn appointments(corpus: &Path) -> Vec<Appointment> {
    let list = |name: &str| -> Vec<String> {
        let text = fs::read_to_string(corpus.join("names-fr").join(name)).unwrap();
        let names: Vec<String> = text.lines().map(str::to_owned).collect();
        assert!(names.len() >= 500, "{name}: {}", names.len());
        names
    };
    let surnames = list("surnames.txt");
    let first_names = [list("first-names-female.txt"), list("first-names-male.txt")].concat();
    let count = surnames.len().max(first_names.len());
    (0..count)
        .map(|i| Appointment {
            last_name: surnames[i % surnames.len()].clone(),
            first_name: first_names[i % first_names.len()].clone(),
            age: Some((i % 100) as u8),
            phone: Some(format!("06 39 98 {:02} {:02}", i / 100 % 100, i % 100)),
            start: "2020-07-21T09:30:00+02:00".into(),
            ..Appointment::default()
        })
        .collect()
}

#[test]
fn names_come_back_and_keep_their_pseudonym_in_capitals() {
    let Some(corpus) = corpus() else { return };
    let schema = Schema::appointment();
    let policy = "domain = \"corpus\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n\
                  [pseudonym.patient]\nof = [\"last_name\", \"first_name\", \"phone\"]\nreason = \"a test\"\n";
    let policy = Policy::from_toml(policy, &schema).unwrap();
    let keyring = Keyring::generate().unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protector = Protector::new(&keyring, &checked).unwrap();
    let revealer = Revealer::backend(&keyring, &policy).unwrap();
    let appointments = appointments(&corpus);
    let mut people = BTreeSet::new();
    for appointment in &appointments {
        let row = protector.protect(appointment).unwrap();
        assert_eq!(&revealer.reveal::<Appointment>(&row).unwrap(), appointment);
        let columns = protector.protect_row(appointment).unwrap();
        let revealed: Appointment = revealer
            .reveal_row(columns.sealed(), columns.cells())
            .unwrap();
        assert_eq!(&revealed, appointment);

        let shouted = Appointment {
            last_name: appointment.last_name.to_uppercase(),
            first_name: appointment.first_name.to_uppercase(),
            phone: appointment
                .phone
                .as_ref()
                .map(|phone| phone.replacen('0', "+33 ", 1)),
            ..appointment.clone()
        };
        let pseudonym = row.pseudonym("patient").unwrap();
        assert_eq!(
            protector.protect(&shouted).unwrap().pseudonym("patient"),
            Some(pseudonym)
        );
        people.insert(pseudonym);
    }
    assert_eq!(people.len(), appointments.len());
    println!("{} appointments", appointments.len());
}
