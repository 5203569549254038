//! Protecting, revealing and resealing against a floor and a naive peer, all in one run.
//!
//! `floor` is what the format cannot do without, the crate's own calls in a straight line on as many bytes: one nonce
//! from a pool, and for each of four scopes the XAES key derivation, the commitment and AES-256-GCM; one HMAC. It takes
//! plaintext and message ready-made. `naive` is one `Aes256Gcm` and
//! nine fields, each under a fresh nonce of the system. The figure is the ratio within a run.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{cell::Cell, hint::black_box};

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use paravent::{
    Appointment, CheckedPolicy, Class, Date, Keyring, PhoneRegion, Policy, Protected, Protector,
    Resealer, Revealer, Schema, Scope,
};
use rand::{TryRng, rngs::SysRng};

use crypto::{aead::SealingKey, mac::MacKey};
use secret::Secret;

// The floor makes the crate's own calls, which are private.
#[allow(dead_code, unused_imports)]
#[path = "../src/crypto"]
mod crypto {
    pub(crate) mod aead;
    mod gcm;
    pub(crate) mod mac;
}
#[allow(dead_code, unused_imports)]
#[path = "../src/secret.rs"]
mod secret;

// Its tests run with the example.
#[allow(dead_code)]
#[path = "../examples/breach/generator.rs"]
mod generator;

/// Group widths of the appointment schema.
const WIDTHS: [usize; 4] = [128, 112, 48, 144];
const SEALED: usize = 604;

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
    next: Cell<usize>,
}

impl Setting {
    fn new() -> Self {
        let mut appointments = generator::appointments(2000, 2020);
        appointments.retain(|appointment| appointment.phone.is_some());
        appointments.truncate(1024);
        let accented = |name: &str| !name.is_ascii();
        let share = appointments
            .iter()
            .filter(|a| accented(&a.last_name) || accented(&a.first_name))
            .count();
        assert!(
            (250..400).contains(&share),
            "{share} of 1024 names have accents"
        );
        Self {
            appointments,
            keyring: Keyring::generate().unwrap(),
            policy: checked(POLICY),
            next: Cell::new(0),
        }
    }

    /// One record after the other, so that no branch predictor learns one by heart.
    fn step(&self) -> usize {
        let step = (self.next.get() + 1) % self.appointments.len();
        self.next.set(step);
        step
    }

    fn protector(&self) -> Protector {
        Protector::new(&self.keyring, &self.policy).unwrap()
    }

    fn rows(&self) -> Vec<Protected> {
        let protector = self.protector();
        self.appointments
            .iter()
            .map(|appointment| protector.protect(appointment).unwrap())
            .collect()
    }
}

fn protect(c: &mut Criterion) {
    let setting = Setting::new();
    let protector = setting.protector();
    let mut group = start(c, "protect");

    let mut row = protector.protect(&setting.appointments[0]).unwrap();
    group.bench_function("appointment", |b| {
        b.iter(|| {
            protector
                .protect_into(&setting.appointments[setting.step()], &mut row)
                .unwrap()
        });
    });

    let mut floor = Floor::new();
    let messages: Vec<Vec<u8>> = setting.appointments.iter().map(message).collect();
    group.bench_function("floor", |b| {
        b.iter(|| floor.protect(&messages[setting.step()]))
    });

    let naive = Aes256Gcm::new(&[7; 32].into());
    group.bench_function("naive", |b| {
        b.iter(|| naive_protect(&naive, &setting.appointments[setting.step()]))
    });

    let objects: Vec<serde_json::Value> = setting
        .appointments
        .iter()
        .map(|appointment| serde_json::to_value(appointment).unwrap())
        .collect();
    group.bench_function("object", |b| {
        b.iter(|| {
            protector
                .protect_into(&objects[setting.step()], &mut row)
                .unwrap()
        })
    });

    group.bench_function("row", |b| {
        b.iter(|| {
            protector
                .protect_row(&setting.appointments[setting.step()])
                .unwrap()
        })
    });
    group.finish();
}

fn reveal(c: &mut Criterion) {
    let setting = Setting::new();
    let rows = setting.rows();
    let backend = Revealer::backend(&setting.keyring, setting.policy.policy()).unwrap();
    let mut group = start(c, "reveal");

    group.bench_function("appointment", |b| {
        b.iter(|| {
            backend
                .reveal::<Appointment>(&rows[setting.step()])
                .unwrap()
        });
    });

    let mut floor = Floor::new();
    let sealed: Vec<Vec<u8>> = messages_sealed(&setting);
    let mut buffer = Vec::with_capacity(SEALED);
    group.bench_function("floor", |b| {
        b.iter(|| {
            buffer.clear();
            buffer.extend_from_slice(&sealed[setting.step()]);
            floor.reveal(&mut buffer);
        });
    });

    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Contact {
        phone: Option<String>,
        email: Option<String>,
    }
    let contact = Revealer::backend(&setting.keyring, setting.policy.policy())
        .unwrap()
        .only(&[Scope::CONTACT])
        .unwrap();
    group.bench_function("one-scope", |b| {
        b.iter(|| contact.reveal::<Contact>(&rows[setting.step()]).unwrap())
    });
    group.finish();
}

/// Rows of an earlier epoch, sealed anew; and the two calls that do the same with the values in between.
fn reseal(c: &mut Criterion) {
    let mut setting = Setting::new();
    let rows = setting.rows();
    setting
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = Resealer::new(&setting.keyring, &setting.policy).unwrap();
    let protector = setting.protector();
    let revealer = Revealer::backend(&setting.keyring, setting.policy.policy()).unwrap();
    let mut row = rows[0].clone();
    let mut group = start(c, "reseal");

    group.bench_function("reseal", |b| {
        b.iter(|| {
            resealer
                .reseal_into(&rows[setting.step()], &mut row)
                .unwrap()
        });
    });

    group.bench_function("reveal + protect", |b| {
        b.iter(|| {
            let appointment: Appointment = revealer.reveal(&rows[setting.step()]).unwrap();
            protector.protect_into(&appointment, &mut row).unwrap();
        });
    });
    group.finish();
}

fn start<'c>(c: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::ElementsAndBytes {
        elements: 1,
        bytes: SEALED as u64,
    });
    group
}

/// What the pseudonym of an appointment feeds to HMAC.
fn message(appointment: &Appointment) -> Vec<u8> {
    let phone = appointment.phone.as_deref().unwrap_or_default();
    let parts = [
        (Class::Name, appointment.last_name.as_str()),
        (Class::Name, &appointment.first_name),
        (Class::Phone, phone),
    ];
    let mut message = vec![1];
    for (class, value) in parts {
        let normal = class
            .normalize(value, Some(&PhoneRegion::france()))
            .unwrap();
        message.extend_from_slice(&(normal.len() as u16).to_be_bytes());
        message.extend_from_slice(normal.as_bytes());
    }
    message
}

fn messages_sealed(setting: &Setting) -> Vec<Vec<u8>> {
    let mut floor = Floor::new();
    let seal = |appointment: &Appointment| {
        floor.protect(&message(appointment));
        floor.out.to_vec()
    };
    setting.appointments.iter().map(seal).collect()
}

struct Floor {
    keys: [SealingKey; 4],
    mac: MacKey,
    pool: [u8; 64 * 24],
    used: usize,
    plaintext: [u8; 144],
    out: [u8; SEALED],
    aad: Vec<u8>,
}

impl Floor {
    fn new() -> Self {
        let key = |byte: u8| Secret::fill(|bytes| bytes.fill(byte));
        Self {
            keys: [1, 2, 3, 4].map(|scope| SealingKey::new(&key(scope))),
            mac: MacKey::new(&key(9)),
            pool: [0; 64 * 24],
            used: 64 * 24,
            plaintext: [b'x'; 144],
            out: [0; SEALED],
            aad: Vec::new(),
        }
    }

    fn draw(&mut self) -> [u8; 24] {
        if self.used == self.pool.len() {
            SysRng.try_fill_bytes(&mut self.pool).unwrap();
            self.used = 0;
        }
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&self.pool[self.used..self.used + 24]);
        self.used += 24;
        nonce
    }

    fn protect(&mut self, message: &[u8]) {
        black_box(self.mac.tag(message));
        let nonce = self.draw();
        self.out[8..32].copy_from_slice(&nonce);
        let mut at = 32;
        for (scope, width) in WIDTHS.into_iter().enumerate() {
            let key = self.keys[scope].derive(&nonce);
            self.out[at + 3..at + 19].copy_from_slice(key.commitment());
            write_aad(&mut self.aad, &self.out[..32], scope as u8 + 1);
            let (plaintext, rest) = self.out[at + 19..].split_at_mut(width);
            plaintext.copy_from_slice(&self.plaintext[..width]);
            rest[..16].copy_from_slice(&key.seal(&self.aad, plaintext));
            at += 19 + width + 16;
        }
        black_box(&self.out);
    }

    fn reveal(&mut self, sealed: &mut [u8]) {
        let (header, mut rest) = sealed.split_at_mut(32);
        let nonce: [u8; 24] = header[8..].try_into().unwrap();
        for (scope, width) in WIDTHS.into_iter().enumerate() {
            let (group, after) = rest.split_at_mut(19 + width + 16);
            let key = self.keys[scope].derive(&nonce);
            assert!(key.commits_to((&group[3..19]).try_into().unwrap()));
            write_aad(&mut self.aad, header, scope as u8 + 1);
            let (ciphertext, tag) = group[19..].split_at_mut(width);
            assert!(
                key.open(&self.aad, ciphertext, (&*tag).try_into().unwrap())
                    .is_ok()
            );
            rest = after;
        }
        black_box(sealed);
    }
}

fn write_aad(to: &mut Vec<u8>, header: &[u8], scope: u8) {
    to.clear();
    to.extend_from_slice(header);
    to.extend_from_slice(&[scope, 0, 0, 0]);
}

fn naive_protect(cipher: &Aes256Gcm, appointment: &Appointment) {
    let age = appointment.age.unwrap_or_default().to_string();
    let sex = format!("{:?}", appointment.sex);
    let fields: [(&str, usize); 9] = [
        (&appointment.last_name, 48),
        (&appointment.first_name, 48),
        (&age, 8),
        (&sex, 16),
        (appointment.phone.as_deref().unwrap_or_default(), 24),
        (appointment.email.as_deref().unwrap_or_default(), 72),
        (&appointment.start, 32),
        (&appointment.practitioner, 64),
        (&appointment.specialty, 64),
    ];
    for (value, width) in fields {
        let mut nonce = [0; 12];
        SysRng.try_fill_bytes(&mut nonce).unwrap();
        let mut buffer = [0; 96];
        buffer[..value.len()].copy_from_slice(value.as_bytes());
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), b"", (&mut buffer[..width]).into())
            .unwrap();
        black_box((nonce, tag, buffer));
    }
}

/// `protect_batch` on one thread and on two, without the freeing of what it returns, which one thread does; beside it
/// arithmetic that touches no memory: what the machine itself scales by.
#[cfg(feature = "rayon")]
fn batch(c: &mut Criterion) {
    use rayon::prelude::*;

    fn arithmetic(item: usize) -> u64 {
        (0..4_000).fold(item as u64, |state, step| {
            (state ^ step)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(31)
        })
    }

    let setting = Setting::new();
    let protector = setting.protector();
    let mut group = c.benchmark_group("batch");
    group.throughput(Throughput::Elements(setting.appointments.len() as u64));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        group.bench_function(format!("protect-{threads}"), |b| {
            b.iter_with_large_drop(|| {
                pool.install(|| protector.protect_batch(&setting.appointments))
            });
        });
        group.bench_function(format!("arithmetic-{threads}"), |b| {
            b.iter(|| {
                let sum = || {
                    (0..setting.appointments.len())
                        .into_par_iter()
                        .map(arithmetic)
                        .sum::<u64>()
                };
                pool.install(sum)
            });
        });
    }
    group.finish();
}

#[cfg(not(feature = "rayon"))]
fn batch(_: &mut Criterion) {}

criterion_group!(benches, protect, reveal, reseal, batch);
criterion_main!(benches);
