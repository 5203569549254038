//! What callgrind counts: 64 records a function, set up outside of it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};
use paravent::{
    Appointment, CheckedPolicy, Date, Keyring, Policy, Protected, Protector, Revealer, Schema,
    Scope, SealedRecord,
};

// Its tests run with the example.
#[allow(dead_code)]
#[path = "../../examples/breach/generator.rs"]
mod generator;

/// One read of the system's random source a pool.
const RECORDS: usize = 64;

const POLICY: &str = r#"
domain = "sms-reminders"
schema = "appointment"
record_id = "unbound"

[open.contact]
reason = "the gateway sends to the phone"

[pseudonym.patient]
of = ["last_name", "first_name", "phone"]
reason = "one reminder a person and day"

[tenancy]
specialties = 12
"#;

fn checked(policy: &str) -> CheckedPolicy {
    let policy = Policy::from_toml(policy, &Schema::appointment()).unwrap();
    policy.check(Date::constant(2026, 11, 24)).unwrap()
}

struct Setting {
    appointments: Vec<Appointment>,
    keyring: Keyring,
    policy: CheckedPolicy,
}

impl Setting {
    fn new() -> Self {
        let mut appointments = generator::appointments(4 * RECORDS, 2020);
        appointments.retain(|appointment| appointment.phone.is_some());
        appointments.truncate(RECORDS);
        assert_eq!(appointments.len(), RECORDS);
        Self {
            appointments,
            keyring: Keyring::generate().unwrap(),
            policy: checked(POLICY),
        }
    }

    fn rows(&self) -> Vec<Protected> {
        let protector = Protector::new(&self.keyring, &self.policy).unwrap();
        let protect = |appointment| protector.protect(appointment).unwrap();
        self.appointments.iter().map(protect).collect()
    }

    fn revealer(&self) -> Revealer {
        Revealer::backend(&self.keyring, self.policy.policy()).unwrap()
    }
}

fn protecting() -> (Vec<Appointment>, Protector, Protected) {
    let setting = Setting::new();
    let protector = Protector::new(&setting.keyring, &setting.policy).unwrap();
    // A whole pool, so that its next draw is the first of another, and all buffers as they stay.
    let row = setting.rows().remove(0);
    (setting.appointments, protector, row)
}

fn revealing() -> (Vec<Protected>, Revealer) {
    let setting = Setting::new();
    let (rows, revealer) = (setting.rows(), setting.revealer());
    black_box(revealer.reveal::<Appointment>(&rows[0]).unwrap());
    (rows, revealer)
}

fn revealing_one_scope() -> (Vec<Protected>, Revealer) {
    let (rows, revealer) = revealing();
    (rows, revealer.only(&[Scope::CONTACT]).unwrap())
}

fn parsing() -> Vec<String> {
    let rows = Setting::new().rows();
    rows.iter().map(|row| row.sealed().to_string()).collect()
}

/// Eight pseudonyms, which then are most of what protecting does.
fn pseudonymising() -> (Vec<Appointment>, Protector, Protected) {
    let setting = Setting::new();
    let mut policy = POLICY.to_owned();
    for number in 1..8 {
        policy += &format!(
            "[pseudonym.patient-{number}]\nof = [\"last_name\", \"first_name\", \"phone\"]\nreason = \"measured\"\n"
        );
    }
    let protector = Protector::new(&setting.keyring, &checked(&policy)).unwrap();
    let mut row = protector.protect(&setting.appointments[0]).unwrap();
    for appointment in &setting.appointments {
        protector.protect_into(appointment, &mut row).unwrap();
    }
    (setting.appointments, protector, row)
}

#[library_benchmark]
#[bench::appointments(setup = protecting)]
fn protect(
    (appointments, protector, mut row): (Vec<Appointment>, Protector, Protected),
) -> (Vec<Appointment>, Protector, Protected) {
    for appointment in &appointments {
        protector
            .protect_into(black_box(appointment), &mut row)
            .unwrap();
    }
    (appointments, protector, row)
}

#[library_benchmark]
#[bench::appointments(setup = revealing)]
fn reveal((rows, revealer): (Vec<Protected>, Revealer)) -> (Vec<Protected>, Revealer) {
    for row in &rows {
        black_box(revealer.reveal::<Appointment>(black_box(row)).unwrap());
    }
    (rows, revealer)
}

#[library_benchmark]
#[bench::contact(setup = revealing_one_scope)]
fn reveal_one_scope((rows, revealer): (Vec<Protected>, Revealer)) -> (Vec<Protected>, Revealer) {
    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Contact {
        phone: Option<String>,
        email: Option<String>,
    }
    for row in &rows {
        black_box(revealer.reveal::<Contact>(black_box(row)).unwrap());
    }
    (rows, revealer)
}

#[library_benchmark]
#[bench::eight(setup = pseudonymising)]
fn pseudonym(
    (appointments, protector, mut row): (Vec<Appointment>, Protector, Protected),
) -> (Vec<Appointment>, Protector, Protected) {
    for appointment in &appointments {
        protector
            .protect_into(black_box(appointment), &mut row)
            .unwrap();
    }
    (appointments, protector, row)
}

#[library_benchmark]
#[bench::text(setup = parsing)]
fn parse(texts: Vec<String>) -> Vec<String> {
    for text in &texts {
        black_box(black_box(text).parse::<SealedRecord>().unwrap());
    }
    texts
}

#[library_benchmark]
#[bench::appointment(setup = Schema::appointment)]
fn load_policy(schema: Schema) -> Schema {
    black_box(Policy::from_toml(black_box(POLICY), &schema).unwrap());
    schema
}

library_benchmark_group!(
    name = core;
    benchmarks = protect, reveal, reveal_one_scope, pseudonym, parse, load_policy
);
main!(library_benchmark_groups = core);
