//! What each connector would have lost: the same appointments as its policy hands them over, in an order of their own.

use std::collections::{BTreeMap, BTreeSet};

use paravent::{
    Appointment, Binding, CheckedPolicy, Date, Keyring, Policy, PolicySet, Protector, RecordId,
    Result, Revealer, Schema, SubjectKey,
    audit::{Leak, Origin},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use serde_json::Value;

/// On which every acceptance of the policies holds.
const TODAY: Date = Date::constant(2026, 11, 24);

/// Who may open nothing, is shown nothing and has no pseudonym.
const DEFAULT: &str = "domain = \"default\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";

/// The policies of the jobs that connectors do, in `examples/policies`.
const JOBS: [&str; 10] = [
    include_str!("../policies/analytics-export.toml"),
    include_str!("../policies/billing.toml"),
    include_str!("../policies/calendar-feed.toml"),
    include_str!("../policies/no-show-model.toml"),
    include_str!("../policies/practice-software.toml"),
    include_str!("../policies/registry-check.toml"),
    include_str!("../policies/sms-reminders.toml"),
    include_str!("../policies/statistics.toml"),
    include_str!("../policies/support-desk.toml"),
    include_str!("../policies/video-consultation.toml"),
];

/// How many practices share the practitioners.
const PRACTICES: usize = 40;

/// The default policy and that of each job, checked together.
pub(crate) struct Policies {
    pub(crate) checked: Vec<CheckedPolicy>,
    pub(crate) report: paravent::Report,
}

impl Policies {
    pub(crate) fn load() -> Result<Self> {
        let schema = Schema::appointment();
        let texts = [DEFAULT].into_iter().chain(JOBS);
        let policies = texts
            .map(|text| Policy::from_toml(text, &schema))
            .collect::<Result<Vec<_>>>()?;
        let set = PolicySet::new(policies);
        Ok(Self {
            report: set.report(TODAY),
            checked: set.check(TODAY)?,
        })
    }

    /// What leaks of each of them, in new keys and a new order.
    pub(crate) fn leaks(&self, appointments: &[Appointment], seed: u64) -> Result<Vec<Leak>> {
        let keyring = Keyring::generate()?;
        let people = People::of(appointments)?;
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        self.checked
            .iter()
            .map(|policy| leak(policy, &keyring, appointments, &people, rng))
            .collect()
    }
}

fn leak(
    checked: &CheckedPolicy,
    keyring: &Keyring,
    appointments: &[Appointment],
    people: &People,
    rng: &mut ChaCha8Rng,
) -> Result<Leak> {
    let policy = checked.policy();
    let protector = Protector::new(keyring, checked)?;
    // Who opens nothing holds no grant.
    let revealer = match policy.opens() {
        [] => None,
        _ => Some(Revealer::new(&keyring.grant(checked)?, policy)?),
    };
    let (mut rows, mut opened) = (Vec::new(), Vec::new());
    let handed_over = handed_over(policy, appointments, rng);
    for &row in &handed_over {
        // An id that nobody can guess, and that no other domain has.
        let id: [u8; 16] = rng.random();
        let mut binding = policy
            .binds_subject_key()
            .then(|| Binding::subject(people.key(row)));
        if policy.binds_record_id() {
            let bound = Binding::record(RecordId::new(&id)?);
            binding = Some(match policy.binds_subject_key() {
                true => bound.with_subject(people.key(row)),
                false => bound,
            });
        }
        let protected = match binding {
            Some(binding) => protector.bind(binding).protect(&appointments[row])?,
            None => protector.protect(&appointments[row])?,
        };
        if let Some(revealer) = &revealer {
            opened.push(match binding {
                Some(binding) => revealer.bind(binding).reveal::<Value>(&protected)?,
                None => revealer.reveal::<Value>(&protected)?,
            });
        }
        rows.push(protected);
    }
    let leak = Leak::protected(policy, &rows)?.with_origin(Origin::Rows(handed_over));
    match revealer {
        Some(_) => leak.with_opened(opened),
        None => Ok(leak),
    }
}

/// The rows that a connector gets, shuffled: a practice its own, the register one a person, all others all.
fn handed_over(policy: &Policy, appointments: &[Appointment], rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut rows: Vec<usize> = match policy.domain().as_str() {
        "billing" | "practice-software" => {
            let practitioners: BTreeSet<&str> = appointments
                .iter()
                .map(|row| row.practitioner.as_str())
                .collect();
            let here: BTreeSet<&str> = practitioners.into_iter().step_by(PRACTICES).collect();
            (0..appointments.len())
                .filter(|&row| here.contains(appointments[row].practitioner.as_str()))
                .collect()
        }
        "registry-check" => {
            let mut first = BTreeMap::new();
            for (row, appointment) in appointments.iter().enumerate() {
                first.entry(person(appointment)).or_insert(row);
            }
            first.into_values().collect()
        }
        // Who gave no number gets no message.
        "sms-reminders" => (0..appointments.len())
            .filter(|&row| appointments[row].phone.is_some())
            .collect(),
        _ => (0..appointments.len()).collect(),
    };
    rows.shuffle(rng);
    rows
}

fn person(row: &Appointment) -> (&str, &str, Option<u8>, Option<&str>) {
    (
        &row.last_name,
        &row.first_name,
        row.age,
        row.phone.as_deref(),
    )
}

/// A key for each person.
struct People {
    keys: Vec<SubjectKey>,
    /// For each row the position of its person's key.
    of: Vec<usize>,
}

impl People {
    fn of(appointments: &[Appointment]) -> Result<Self> {
        let (mut seen, mut keys, mut of) = (BTreeMap::new(), Vec::new(), Vec::new());
        for row in appointments {
            let next = keys.len();
            let key = *seen.entry(person(row)).or_insert(next);
            if key == next {
                keys.push(SubjectKey::generate()?);
            }
            of.push(key);
        }
        Ok(Self { keys, of })
    }

    fn key(&self, row: usize) -> &SubjectKey {
        &self.keys[self.of[row]]
    }
}
