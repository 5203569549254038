//! HL7 v2 messages against parsing and printing them with the same scanner, and against the sealing alone, all in one run.
//!
//! `parse_and_print` finds every sub-component of a message and puts the message together again. `seal` makes a protected record of as
//! many bytes in as many fields under the same policy, and its text. The figure, printed at the end, is what protecting costs without
//! the sealing, as a multiple of parsing and printing: the issue that asked for this wants at most 3.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use paravent::{
    Binding, CheckedPolicy, Date, Keyring, Policy, Protector, RecordId, Revealer, Schema,
    hl7v2::{MessageProtector, MessageRevealer, Profile},
};
use serde::Serialize;

use scan::Message;

// The scanner is private.
#[allow(dead_code, unreachable_pub)]
#[path = "../src/adapter/hl7v2/scan.rs"]
mod scan;
/// What the scanner takes from the rest of the crate.
#[allow(dead_code)]
mod adapter {
    pub(crate) mod message {
        pub(crate) const MOST_BYTES: usize = 4 << 20;
    }
}
mod error {
    #[derive(Debug)]
    pub(crate) struct Error;

    pub(crate) type Result<T> = std::result::Result<T, Error>;

    impl Error {
        pub(crate) fn message(_: impl Into<String>, _: &'static str) -> Self {
            Self
        }
    }
}

const POLICY: &str = r#"
domain = "practice-feed"
schema = "scheduling"
record_id = "bound"

[pseudonym.patient]
of = ["patient_id"]
null = "null"
reason = "the practice finds the visits of one patient"
"#;

const MESSAGE: &str = "MSH|^~\\&|AGENDA|CARDIO CENTRE^1.2.3^ISO|SCREEN|HOME|202611241130+0100||SIU^S12^SIU_S12|MSG-17|P|2.5.1|||AL|NE||UNICODE UTF-8\r\
    SCH|A-1^AGENDA|B-2^AGENDA|||||CHECK^Coronary check^L|NORMAL|30|min|^^30^202611280930+0100^202611281000+0100|||||1001^LEFEVRE^ANNE|||||||||Booked\r\
    TQ1|1||||||20261128093000+0100|20261128100000+0100\r\
    NTE|1||Please ask for the last \\T\\ the first ECG\r\
    PID|1||4711^^^CLINIC^PI~1880577123456^^^INS-NIR||MARTIN&de^ZO\u{c9}^^^^^L||19880517|F|||12 RUE DE LA PAIX^^PARIS^^75002^FRA||0639981234^PRN^CP~^NET^Internet^zoe.martin@example.fr\r\
    PV1|1|O|CARDIO^ROOM 3||||1001^LEFEVRE^ANNE||||||||||||V-99\r\
    DG1|1||I20.9^Angina pectoris^ICD10\r\
    RGS|1|A\r\
    AIS|1|A|ECG^Electrocardiogram^L|20261128093000+0100|||30|min||Booked\r\
    AIL|1|A|^^^CARDIO CENTRE||||\r\
    AIP|1|A|1001^LEFEVRE^ANNE|CARD^Cardiology^L||20261128093000+0100|||30|min||Booked\r\
    ZAP|free text of our own|and more\r";

/// What the adapter reads of the message, and its parts: about as many bytes for each scope.
#[derive(Serialize)]
struct Visit {
    patient_id: &'static str,
    last_name: &'static str,
    first_name: &'static str,
    birth_date: &'static str,
    sex: &'static str,
    phone: &'static str,
    email: &'static str,
    postcode: &'static str,
    appointment_id: &'static str,
    message_id: &'static str,
    sent: &'static str,
    start: &'static str,
    end: &'static str,
    status: &'static str,
    practitioner: &'static str,
    practitioner_id: &'static str,
    specialty: &'static str,
    service: &'static str,
    place: &'static str,
    reason: &'static str,
    identity_parts: String,
    contact_parts: String,
    schedule_parts: String,
    care_parts: String,
    rest_parts: String,
}

fn visit(width: usize) -> Visit {
    let parts = |length: usize| "p".repeat(length.min(width));
    Visit {
        patient_id: "4711",
        last_name: "MARTIN",
        first_name: "ZO\u{c9}",
        birth_date: "1988-05-17",
        sex: "F",
        phone: "0639981234",
        email: "zoe.martin@example.fr",
        postcode: "75002",
        appointment_id: "B-2",
        message_id: "MSG-17",
        sent: "2026-11-24T11:30:00+01:00",
        start: "2026-11-28T09:30:00+01:00",
        end: "2026-11-28T10:00:00+01:00",
        status: "Booked",
        practitioner: "LEFEVRE ANNE",
        practitioner_id: "1001",
        specialty: "Cardiology",
        service: "Electrocardiogram",
        place: "CARDIO CENTRE",
        reason: "Coronary check",
        identity_parts: parts(220),
        contact_parts: parts(190),
        schedule_parts: parts(300),
        care_parts: parts(480),
        rest_parts: parts(240),
    }
}

fn checked(schema: &Schema) -> CheckedPolicy {
    let policy = Policy::from_toml(POLICY, schema).unwrap();
    policy.check(Date::constant(2026, 11, 24)).unwrap()
}

/// How wide the shaped fields of the message's record are: what it takes to have as long a text.
fn sealing(keyring: &Keyring, length: usize) -> (Protector, Visit) {
    for width in [64_usize, 128, 256, 512, 1_024, 2_048, 4_096] {
        let text = include_str!("../src/schema/scheduling.toml");
        let schema = Schema::from_toml(&text.replace("32_768", &width.to_string())).unwrap();
        let protector = Protector::new(keyring, &checked(&schema)).unwrap();
        let visit = visit(width);
        let bound = protector.bind(Binding::record(RecordId::new("17").unwrap()));
        if bound.protect(&visit).unwrap().sealed().to_string().len() == length {
            return (protector, visit);
        }
    }
    unreachable!("one of the widths is the message's")
}

/// Every sub-component of every segment, and the message again.
fn parse_and_print(bytes: &[u8]) -> Vec<u8> {
    let message = Message::scan(bytes, None).unwrap();
    let delimiters = message.delimiters;
    let mut leaves = Vec::with_capacity(256);
    for segment in &message.segments {
        for field in message.fields(segment) {
            for repetition in message.split(field, delimiters.repetition) {
                for component in message.split(repetition, delimiters.component) {
                    leaves.extend(message.split(component, delimiters.subcomponent));
                }
            }
        }
    }
    let mut to = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for leaf in leaves {
        to.extend_from_slice(&bytes[at..leaf.start]);
        to.extend_from_slice(&bytes[leaf.clone()]);
        at = leaf.end;
    }
    to.extend_from_slice(&bytes[at..]);
    to
}

fn main() {
    let keyring = Keyring::generate().unwrap();
    let policy = checked(&Schema::scheduling());
    let protector = MessageProtector::new(&keyring, &policy, Profile::siu()).unwrap();
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let backend = MessageRevealer::new(revealer).unwrap();
    let message = MESSAGE.as_bytes();
    let protected = protector.protect(message).unwrap();
    assert!(backend.reveal(&protected).unwrap().as_bytes() == message);
    assert!(parse_and_print(message) == message);
    let record = paravent::hl7v2::record_of(&protected).unwrap();
    let (sealer, visit) = sealing(&keyring, record.to_string().len());
    let bound = sealer.bind(Binding::record(
        RecordId::new("abcdefghijklmnopqrst").unwrap(),
    ));
    let mut row = bound.protect(&visit).unwrap();
    let mut seal = || {
        bound.protect_into(&visit, &mut row).unwrap();
        row.sealed().to_string().len()
    };

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("hl7v2");
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("parse_and_print", |b| {
        b.iter(|| parse_and_print(black_box(message)));
    });
    group.bench_function("seal", |b| b.iter(&mut seal));
    group.bench_function("protect", |b| {
        b.iter(|| protector.protect(black_box(message)).unwrap());
    });
    group.bench_function("reveal", |b| {
        b.iter(|| backend.reveal(black_box(&protected)).unwrap());
    });
    group.finish();

    // Rounds alternate, so that a slow minute of the machine slows all; the medians leave out what interrupts one.
    let mut times = [const { Vec::new() }; 3];
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        2
    } else {
        4_000
    };
    for _ in 0..rounds {
        let mut timed = |at: usize, work: &mut dyn FnMut() -> usize| {
            let start = Instant::now();
            for _ in 0..5 {
                black_box(work());
            }
            times[at].push(start.elapsed());
        };
        timed(0, &mut || parse_and_print(black_box(message)).len());
        timed(1, &mut seal);
        timed(2, &mut || {
            protector.protect(black_box(message)).unwrap().len()
        });
    }
    let [parsed, sealed, protected] = times.map(|mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6 / 5.0
    });
    println!(
        "parse and print {parsed:.2} us, seal {sealed:.2} us, protect {protected:.2} us: (protect - seal) / (parse and print) = {:.2}",
        (protected - sealed) / parsed
    );
}
