//! Whether refusing takes the same time wherever the wrong byte is, timed after dudect, with comparisons that leak as controls.

use std::{cell::Cell, hint::black_box};

use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main, rand::RngExt};
use paravent::{
    Appointment, Binding, Date, Error, Keyring, Policy, Protector, Pseudonym, RecordId, Revealer,
    Schema, Scope, SealedCell, SealedRecord, SealedRow,
};
use serde::de::IgnoredAny;

const SAMPLES: usize = 475_000;

/// Samples that are dropped: what comes first fills caches.
const WARM_UP: usize = 25_000;

/// Comparisons a sample, where one takes less than reading the clock.
const BATCH: usize = 16;

/// Bytes of the group of care in a row that holds all four: scope, length, commitment, ciphertext, tag.
const CARE: usize = 3 + 16 + 144 + 16;

/// With so long an id the message is no short one, and takes the other path through AES and GHASH.
const LONG_ID: &str =
    "a visit that is known by an id of more than eighty bytes, as long as some tables make them";

// `run` has these names too, and runs one of them alone by its name: none may be part of another.
ctbench_main!(
    commitment_first_or_last_byte,
    tag_first_or_last_byte,
    body_first_or_last_byte,
    body_or_tag,
    tag_with_a_long_id,
    body_with_a_long_id,
    tag_of_a_cell,
    pseudonym_first_or_last_byte,
    no_difference,
    control_early_exit,
    control_tag_then_early_exit
);

fn commitment_first_or_last_byte(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    let at = setting.commitment();
    refuse(runner, random, &setting, at, Error::is_wrong_key);
}

fn tag_first_or_last_byte(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    refuse(runner, random, &setting, setting.tag(), Error::is_tampered);
}

fn body_first_or_last_byte(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    refuse(runner, random, &setting, setting.body(), Error::is_tampered);
}

fn body_or_tag(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    let at = [setting.body()[0], setting.tag()[0]];
    refuse(runner, random, &setting, at, Error::is_tampered);
}

fn tag_with_a_long_id(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(Some(LONG_ID));
    refuse(runner, random, &setting, setting.tag(), Error::is_tampered);
}

fn body_with_a_long_id(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(Some(LONG_ID));
    refuse(runner, random, &setting, setting.body(), Error::is_tampered);
}

fn tag_of_a_cell(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    let cell = &setting.cell;
    let at = [cell.len() - 16, cell.len() - 1];
    let make = |class| SealedCell::from_bytes(with_wrong(cell, at, class)).unwrap();
    for class in [0, 1] {
        assert!(setting.reveal_cell(&make(class)).unwrap_err().is_tampered());
    }
    time(runner, random, 1, make, |cell| {
        setting.reveal_cell(cell).is_ok()
    });
}

fn pseudonym_first_or_last_byte(runner: &mut CtRunner, random: &mut BenchRng) {
    let pseudonym = Pseudonym::from_bytes(SIXTEEN);
    let make = |class| Pseudonym::from_bytes(other(class));
    time(runner, random, BATCH, make, |other| {
        black_box(&pseudonym) == other
    });
}

/// One wrong byte for both classes: what is found here is found in the method, not in the crate.
fn no_difference(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    let [tag, _] = setting.tag();
    refuse(runner, random, &setting, [tag, tag], Error::is_tampered);
}

fn control_early_exit(runner: &mut CtRunner, random: &mut BenchRng) {
    time(runner, random, BATCH, other, |other| {
        early_exit(&SIXTEEN, other)
    });
}

/// As small a leak as there can be, in as long a call as the checks time.
fn control_tag_then_early_exit(runner: &mut CtRunner, random: &mut BenchRng) {
    let setting = Setting::new(None);
    let at = setting.tag();
    let right = &setting.record[at[0]..];
    time(runner, random, 1, setting.changed(at), |record| {
        setting.reveal(record).is_ok() | early_exit(right, &record.as_bytes()[at[0]..])
    });
}

struct Setting {
    binding: Binding<'static>,
    revealer: Revealer,
    record: Vec<u8>,
    row: SealedRow,
    cell: Vec<u8>,
}

impl Setting {
    fn new(id: Option<&'static str>) -> Self {
        let bound = if id.is_some() { "bound" } else { "unbound" };
        let policy =
            format!("domain = \"timing\"\nschema = \"appointment\"\nrecord_id = \"{bound}\"\n");
        let policy = Policy::from_toml(&policy, &Schema::appointment()).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        let keyring = Keyring::generate().unwrap();
        let appointment = Appointment {
            start: "2020-07-21T09:30:00+02:00".into(),
            practitioner: "Dr Lefèvre".into(),
            specialty: "Dermatologie".into(),
            ..Appointment::default()
        };
        let binding = id.map_or(Binding::NONE, |id| {
            Binding::record(RecordId::new(id).unwrap())
        });
        let protector = Protector::new(&keyring, &checked).unwrap();
        let protector = protector.bind(binding);
        let (record, row) = (
            protector.protect(&appointment).unwrap(),
            protector.protect_row(&appointment).unwrap(),
        );
        let revealer = Revealer::backend(&keyring, &policy).unwrap();
        Self {
            binding,
            revealer: revealer.only(&[Scope::CARE]).unwrap(),
            record: record.sealed().as_bytes().to_vec(),
            cell: row.cell("specialty").unwrap().as_bytes().to_vec(),
            row: row.sealed().clone(),
        }
    }

    /// First and last byte of the commitment of the group of care, which is the record's last.
    fn commitment(&self) -> [usize; 2] {
        let start = self.record.len() - CARE + 3;
        [start, start + 15]
    }

    fn body(&self) -> [usize; 2] {
        let [tag, _] = self.tag();
        [self.record.len() - CARE + 19, tag - 1]
    }

    fn tag(&self) -> [usize; 2] {
        [self.record.len() - 16, self.record.len() - 1]
    }

    /// The record with one byte changed, that at the place of the class.
    fn changed(&self, at: [usize; 2]) -> impl Fn(usize) -> SealedRecord {
        move |class| SealedRecord::from_bytes(with_wrong(&self.record, at, class)).unwrap()
    }

    fn reveal(&self, record: &SealedRecord) -> Result<IgnoredAny, Error> {
        self.revealer.bind(self.binding).reveal(record)
    }

    fn reveal_cell(&self, cell: &SealedCell) -> Result<IgnoredAny, Error> {
        let revealer = self.revealer.bind(self.binding);
        revealer.reveal_cell(&self.row, "specialty", cell)
    }
}

/// Times opening the record with one byte changed, which is refused for this reason.
fn refuse(
    runner: &mut CtRunner,
    random: &mut BenchRng,
    setting: &Setting,
    at: [usize; 2],
    reason: fn(&Error) -> bool,
) {
    let make = setting.changed(at);
    for class in [0, 1] {
        assert!(reason(&setting.reveal(&make(class)).unwrap_err()));
    }
    time(runner, random, 1, make, |record| {
        setting.reveal(record).is_ok()
    });
}

/// Times how `work` refuses what `make` makes for class 0 and class 1.
fn time<I>(
    runner: &mut CtRunner,
    random: &mut BenchRng,
    batch: usize,
    make: impl Fn(usize) -> I,
    work: impl Fn(&I) -> bool,
) {
    let mut dropped = CtRunner::default();
    let accepted = Cell::new(false);
    for sample in 0..WARM_UP + SAMPLES {
        let class = usize::from(random.random_bool(0.5));
        // Made anew for each sample, where the last one was: no class has an address of its own.
        let input = make(class);
        let runner = if sample < WARM_UP {
            &mut dropped
        } else {
            &mut *runner
        };
        runner.run_one([Class::Left, Class::Right][class], || {
            for _ in 0..batch {
                accepted.set(accepted.get() | black_box(work(black_box(&input))));
            }
        });
    }
    assert!(!accepted.get());
}

const SIXTEEN: [u8; 16] = [7; 16];

fn other(class: usize) -> [u8; 16] {
    with_wrong(&SIXTEEN, [0, 15], class).try_into().unwrap()
}

/// The bytes with one changed: that at the place of `class`. Both places are written and all is read from one place, so that
/// classes differ in nothing else.
fn with_wrong(bytes: &[u8], at: [usize; 2], class: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at[0]] ^= 1 - class as u8;
    bytes[at[1]] ^= class as u8;
    bytes
}

/// What nobody should compare secrets with.
fn early_exit(one: &[u8], other: &[u8]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| black_box(one) == black_box(other))
}
