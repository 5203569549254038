//! One protector and one revealer for all threads; and calls that come from inside a call, out of a panic or while a
//! thread ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/appointments.rs"]
mod appointments;

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Barrier, mpsc},
    thread,
};

use paravent::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use appointments::{SHOWING, UNBOUND, appointment, policy};

/// The name of a type that is `Send` and `Sync`.
fn shared<T: Send + Sync>() -> &'static str {
    let path = std::any::type_name::<T>().split('<').next().unwrap();
    path.rsplit("::").next().unwrap()
}

macro_rules! shared {
    ($($type:ty),* $(,)?) => { [$(shared::<$type>()),*] };
}

/// Exports of feature `key-file`.
const OF_KEY_FILES: [&str; 11] = [
    "Config",
    "Counters",
    "DomainHealth",
    "Due",
    "GrantHealth",
    "GrantRegister",
    "Health",
    "Issued",
    "Passphrase",
    "ReloadFailure",
    "Service",
];

/// Exports of feature `broker`.
const OF_BROKERS: [&str; 14] = [
    "Alarm",
    "Broker",
    "Details",
    "Entries",
    "Entry",
    "Event",
    "Log",
    "LogRevealer",
    "Message",
    "Request",
    "Share",
    "SplitGrant",
    "Timestamp",
    "VerifiedLog",
];

/// Exports of the features `csv` and `ndjson`. A transfer borrows where bad rows go, and is one thread's.
const OF_FILES: [&str; 13] = [
    "CsvFormat",
    "Encoding",
    "Format",
    "Migrated",
    "Migration",
    "Progress",
    "Resealed",
    "Resealing",
    "RowsByEpoch",
    "Summary",
    "Transfer",
    "Verification",
    "Verified",
];

#[test]
fn every_public_type_is_send_and_sync() {
    let shared = shared![
        Accepted,
        Appointment,
        Attribution,
        Binding<'_>,
        BoundProtector<'_>,
        BoundQuery<'_>,
        BoundResealer<'_>,
        BoundRevealer<'_>,
        Canary,
        Chain,
        CheckedPolicy,
        Class,
        Date,
        Determines,
        Diff,
        Digest,
        Domain,
        Epoch,
        EpochInfo,
        EpochState,
        Error,
        Field,
        FieldId,
        FieldReport,
        FieldStep,
        Finding,
        FindingKind,
        Gain,
        Generation,
        Grant,
        Index,
        IndexPlan,
        Inspected,
        JsonRecord<'_>,
        KeyUse,
        Keyring,
        Nonces,
        Period,
        PhoneStandIn,
        PhoneRegion,
        Policy,
        PolicySet,
        Protected,
        ProtectedRow,
        Protector,
        Pseudonym,
        Query,
        Reader,
        ReaderCounts,
        RecordId<'_>,
        Remains,
        Report,
        Resealer,
        Revealer,
        Reversible,
        Role,
        Schema,
        Scope,
        Seal,
        SealedCell,
        SealedRecord,
        SealedRow,
        SealedScope,
        Sex,
        Shown<'_>,
        Step,
        SubjectKey,
        Transform,
        ValueType,
    ];
    #[cfg(feature = "key-file")]
    assert_eq!(
        shared![
            Config,
            Counters,
            DomainHealth,
            Due,
            GrantHealth,
            GrantRegister,
            Health,
            Issued,
            Passphrase,
            ReloadFailure,
            Service,
        ],
        OF_KEY_FILES
    );

    #[cfg(feature = "broker")]
    assert_eq!(
        shared![
            Alarm<'_>,
            Broker,
            Details,
            Entries,
            Entry,
            Event,
            Log,
            LogRevealer,
            Message<'_>,
            Request<'_>,
            Share,
            SplitGrant,
            Timestamp,
            VerifiedLog
        ],
        OF_BROKERS
    );

    #[cfg(feature = "fhir")]
    assert_eq!(
        shared![
            fhir::FileSummary,
            fhir::Profile,
            fhir::Refused<'_>,
            fhir::ResourceProtector,
            fhir::ResourceRevealer,
            fhir::Restored,
        ]
        .len(),
        6
    );

    #[cfg(all(feature = "csv", feature = "ndjson"))]
    {
        let files = shared![
            CsvFormat,
            Encoding,
            Format,
            Migrated,
            Migration<'_>,
            Progress,
            Resealed,
            Resealing<'_>,
            RowsByEpoch,
            Summary,
            Verification<'_>,
            Verified,
        ];
        let rest = OF_FILES.iter().filter(|name| **name != "Transfer");
        assert!(files.iter().eq(rest));
    }

    #[cfg(feature = "hl7v2")]
    assert_eq!(
        shared![
            hl7v2::FileSummary,
            hl7v2::Frames<std::io::Empty>,
            hl7v2::MessageProtector,
            hl7v2::MessageRevealer,
            hl7v2::Profile,
            hl7v2::Refused<'_>,
            hl7v2::Restored,
        ]
        .len(),
        7
    );

    // None is forgotten: what lib.rs exports with a capital letter is in the list, but for the alias.
    let exports = include_str!("../src/lib.rs")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let exports = exports.collect::<Vec<_>>().join("\n");
    let exports: BTreeSet<&str> = exports
        .split("pub use ")
        .skip(1)
        .flat_map(|export| {
            export
                .split(';')
                .next()
                .unwrap()
                .split(|c: char| !c.is_alphanumeric())
        })
        .filter(|word| {
            word.starts_with(char::is_uppercase)
                && *word != "Result"
                && !OF_KEY_FILES.contains(word)
                && !OF_BROKERS.contains(word)
                && !OF_FILES.contains(word)
        })
        .collect();
    assert_eq!(exports, BTreeSet::from(shared));
}

fn pair(rest: &str) -> (Arc<Protector>, Arc<Revealer>) {
    let (keyring, policy) = (Keyring::generate().unwrap(), policy("archive", rest));
    let protector = Protector::new(&keyring, &policy).unwrap();
    (
        Arc::new(protector),
        Arc::new(Revealer::backend(&keyring, policy.policy()).unwrap()),
    )
}

/// All that a row seals.
fn revealed(revealer: &Revealer, row: &Protected) -> Appointment {
    revealer.reveal(row).unwrap()
}

#[test]
fn eight_threads_share_one_protector_and_one_revealer() {
    const THREADS: usize = 8;
    const EACH: usize = 100;
    let (protector, revealer) = pair(SHOWING);
    let barrier = Arc::new(Barrier::new(THREADS));
    let (rows, received) = mpsc::channel::<(usize, Protected, ProtectedRow)>();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (protector, revealer) = (protector.clone(), revealer.clone());
            let (barrier, rows) = (barrier.clone(), rows.clone());
            thread::spawn(move || {
                barrier.wait();
                let mut row = protector.protect(&appointment(0)).unwrap();
                for number in (thread * EACH)..(thread * EACH + EACH) {
                    let record = appointment(number);
                    protector.protect_into(&record, &mut row).unwrap();
                    assert_eq!(revealed(&revealer, &row), record);
                    let cells = protector.protect_row(&record).unwrap();
                    rows.send((number, row.clone(), cells)).unwrap();
                }
            })
        })
        .collect();
    drop(rows);

    // Again here, where another thread protected them.
    let mut people = BTreeSet::new();
    for (number, row, cells) in received {
        let record = appointment(number);
        assert_eq!(revealed(&revealer, &row), record);
        let of_cells: Appointment = revealer.reveal_row(cells.sealed(), cells.cells()).unwrap();
        assert_eq!(of_cells, record);
        assert_eq!(row.shown("specialty"), Some(Shown::Text(&record.specialty)));
        assert_eq!(
            row.shown("age"),
            record.age.map(|age| Shown::Integer(age.into()))
        );
        assert_eq!(row.pseudonym("patient"), cells.pseudonym("patient"));
        people.insert(row.pseudonym("patient").unwrap());
    }
    assert_eq!(people.len(), THREADS * EACH);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Gives the fields of an appointment, and runs `between` after the fourth.
struct Between<'a> {
    appointment: Appointment,
    between: &'a (dyn Fn() + Sync),
}

impl Serialize for Between<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Appointment {
            last_name,
            first_name,
            age,
            sex,
            phone,
            email,
            start,
            practitioner,
            specialty,
        } = &self.appointment;
        let mut fields = serializer.serialize_struct("Appointment", 9)?;
        fields.serialize_field("last_name", last_name)?;
        fields.serialize_field("first_name", first_name)?;
        fields.serialize_field("age", age)?;
        fields.serialize_field("phone", phone)?;
        (self.between)();
        fields.serialize_field("sex", sex)?;
        fields.serialize_field("email", email)?;
        fields.serialize_field("start", start)?;
        fields.serialize_field("practitioner", practitioner)?;
        fields.serialize_field("specialty", specialty)?;
        fields.end()
    }
}

#[test]
fn a_record_may_protect_and_reveal_from_inside_its_own_serialize() {
    let (protector, revealer) = pair(SHOWING);
    let inner = std::sync::Mutex::new(Vec::new());
    let deepest = || {
        let row = protector.protect(&appointment(3)).unwrap();
        inner.lock().unwrap().push((3, row));
    };
    let between = || {
        let record = Between {
            appointment: appointment(2),
            between: &deepest,
        };
        let mut row = protector.protect(&record).unwrap();
        assert_eq!(revealed(&revealer, &row), appointment(2));
        inner.lock().unwrap().push((2, row.clone()));
        protector.protect_into(&record, &mut row).unwrap();
        assert!(protector.protect(&"not a record").is_err());
    };
    let record = Between {
        appointment: appointment(1),
        between: &between,
    };
    let mut rows: Vec<(usize, Protected)> = Vec::new();
    let mut row = protector.protect(&record).unwrap();
    rows.push((1, row.clone()));
    protector.protect_into(&record, &mut row).unwrap();
    rows.push((1, row));
    rows.append(&mut inner.lock().unwrap());
    assert_eq!(rows.len(), 8);
    for (number, row) in rows {
        let record = appointment(number);
        assert_eq!(revealed(&revealer, &row), record);
        assert_eq!(row.shown("specialty"), Some(Shown::Text(&record.specialty)));
        let alone = protector.protect(&record).unwrap();
        assert_eq!(row.pseudonym("patient"), alone.pseudonym("patient"));
    }
}

#[test]
fn a_target_may_protect_and_reveal_from_inside_its_own_deserialize() {
    thread_local! {
        static PAIR: OnceCell<(Arc<Protector>, Arc<Revealer>)> = const { OnceCell::new() };
    }

    /// An appointment whose `Deserialize` makes a row of its own, before and after its fields are read.
    struct Nested(Appointment);

    impl<'de> Deserialize<'de> for Nested {
        fn deserialize<D: Deserializer<'de>>(
            deserializer: D,
        ) -> std::result::Result<Self, D::Error> {
            let roundtrip = || {
                PAIR.with(|pair| {
                    let (protector, revealer) = pair.get().unwrap();
                    let row = protector.protect(&appointment(2)).unwrap();
                    assert_eq!(revealed(revealer, &row), appointment(2));
                })
            };
            roundtrip();
            let appointment = Appointment::deserialize(deserializer)?;
            roundtrip();
            Ok(Self(appointment))
        }
    }

    let (protector, revealer) = pair(UNBOUND);
    PAIR.with(|pair| {
        pair.set((protector.clone(), revealer.clone()))
            .ok()
            .unwrap()
    });
    let row = protector.protect(&appointment(1)).unwrap();
    let Nested(outer) = revealer.reveal(&row).unwrap();
    assert_eq!(outer, appointment(1));
}

/// A panic that prints nothing.
fn panic_quietly() {
    panic::resume_unwind(Box::new("of the test"));
}

/// Only what has to be there.
fn sparse() -> Appointment {
    let Appointment {
        last_name,
        first_name,
        start,
        practitioner,
        specialty,
        ..
    } = appointment(9);
    Appointment {
        last_name,
        first_name,
        start,
        practitioner,
        specialty,
        ..Appointment::default()
    }
}

#[test]
fn a_panic_in_a_record_leaves_row_and_thread_as_they_were() {
    let (protector, revealer) = pair(UNBOUND);
    let mut row = protector.protect(&appointment(5)).unwrap();
    let before = row.clone();
    let failing = Between {
        appointment: appointment(1),
        between: &panic_quietly,
    };
    for _ in 0..3 {
        let protect = AssertUnwindSafe(|| protector.protect_into(&failing, &mut row));
        panic::catch_unwind(protect).unwrap_err();
        assert!(row == before);

        // Fields that the failed record had and the next one lacks are null.
        protector.protect_into(&sparse(), &mut row).unwrap();
        assert_eq!(revealed(&revealer, &row), sparse());
        row = before.clone();
    }

    // The same out of a call inside a call: the outer one goes on.
    let inner = || {
        panic::catch_unwind(AssertUnwindSafe(|| protector.protect(&failing))).unwrap_err();
    };
    let record = Between {
        appointment: sparse(),
        between: &inner,
    };
    let row = protector.protect(&record).unwrap();
    assert_eq!(revealed(&revealer, &row), sparse());
}

#[test]
fn an_error_in_a_record_leaves_nothing_in_the_next_row() {
    let (protector, revealer) = pair(UNBOUND);
    for too_wide in ["é".repeat(33), "x".repeat(70_000)] {
        let record = Appointment {
            specialty: too_wide,
            ..appointment(1)
        };
        assert!(protector.protect(&record).unwrap_err().is_too_wide());
        let row = protector.protect(&sparse()).unwrap();
        assert_eq!(revealed(&revealer, &row), sparse());
    }
}

/// Protects and reveals when it is dropped, and sends what came of it.
struct AtTheEnd {
    protector: Arc<Protector>,
    revealer: Arc<Revealer>,
    number: usize,
    sent: mpsc::Sender<(usize, Appointment)>,
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let mut row = self.protector.protect(&appointment(0)).unwrap();
        self.protector
            .protect_into(&appointment(self.number), &mut row)
            .unwrap();
        self.sent
            .send((self.number, revealed(&self.revealer, &row)))
            .unwrap();
    }
}

#[test]
fn a_thread_may_protect_while_it_ends() {
    // Destructors run in an order of the platform's choosing: one of these is registered before the crate's own
    // thread-local state is, and one after it.
    thread_local! {
        static EARLY: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
    }
    let (protector, revealer) = pair(SHOWING);
    let (sent, received) = mpsc::channel();
    for uses_before in [false, true] {
        let at_the_end = |number| AtTheEnd {
            protector: protector.clone(),
            revealer: revealer.clone(),
            number,
            sent: sent.clone(),
        };
        let (early, late, protector) = (at_the_end(1), at_the_end(2), protector.clone());
        let thread = thread::spawn(move || {
            EARLY.set(Some(early));
            if uses_before {
                protector.protect(&appointment(3)).unwrap();
            }
            LATE.set(Some(late));
        });
        thread.join().unwrap();
        let mut ends: Vec<_> = received.try_iter().collect();
        ends.sort_by_key(|(number, _)| *number);
        assert_eq!(ends, [(1, appointment(1)), (2, appointment(2))]);
    }
}
