//! What is allocated: nothing a record once buffers have grown, nothing by a claimed length. And what stays behind in
//! memory that was: no clear value.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/appointments.rs"]
mod appointments;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    panic, thread,
};

use paravent::{
    Appointment, Binding, Date, JsonRecord, Keyring, Policy, Protected, Protector, RecordId,
    Resealer, Revealer, Schema, SealedCell, SealedRecord, SealedRow,
};
use serde::{
    Serialize, Serializer,
    de::IgnoredAny,
    ser::{Error as _, SerializeSeq},
};
use serde_json::{Value, json};

use appointments::{BOUND, SHOWING, UNBOUND, accepted::accepted, appointment, policy};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The system's allocator, which tells each thread what it asked for and what it left behind. Growing a block always
/// moves it, so that what stays in the old one is seen.
struct Watching;

/// Enough blocks for any one call that is watched.
const BLOCKS: usize = 512;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
    static NEEDLES: Cell<&'static [&'static str]> = const { Cell::new(&[]) };
    static LIVE: [Cell<(usize, usize)>; BLOCKS] = const { [const { Cell::new((0, 0)) }; BLOCKS] };
    static LEFT: Cell<Option<&'static str>> = const { Cell::new(None) };
}

// SAFETY: every block comes from `System` under the same layout and goes back to it. What is noted is in cells of the
// thread, which need no memory and no destructor.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller's promise is passed on. Zeroed, so that every byte can be looked at later.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !NEEDLES.get().is_empty() {
            note(block.expose_provenance(), layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        FREED.set(FREED.get().max(layout.size()));
        if !NEEDLES.get().is_empty() {
            forget(block.addr());
            look(block, layout.size());
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

fn note(address: usize, size: usize) {
    LIVE.with(|live| match live.iter().find(|slot| slot.get() == (0, 0)) {
        Some(slot) => slot.set((address, size)),
        None => LEFT.set(Some("more blocks than can be watched")),
    });
}

fn forget(address: usize) {
    LIVE.with(|live| {
        if let Some(slot) = live.iter().find(|slot| slot.get().0 == address) {
            slot.set((0, 0));
        }
    });
}

/// Notes the needle, if any, that stands in a block.
#[allow(unsafe_code)]
fn look(block: *const u8, size: usize) {
    // SAFETY: the block is allocated and its bytes were set when it was; no one else writes to it, as its thread is
    // here. Volatile, since padding that was moved over them may have no value of its own.
    let byte = |at: usize| unsafe { block.add(at).read_volatile() };
    for needle in NEEDLES.get() {
        let bytes = needle.as_bytes();
        let is_at = |at: usize| (0..bytes.len()).all(|i| byte(at + i) == bytes[i]);
        if (0..(size + 1).saturating_sub(bytes.len())).any(is_at) {
            LEFT.set(Some(needle));
        }
    }
}

/// What `work` gives, how often it allocated, and its largest block.
fn counted<R>(work: impl FnOnce() -> R) -> (R, usize, usize) {
    CALLS.set(0);
    LARGEST.set(0);
    let result = work();
    (result, CALLS.get(), LARGEST.get())
}

/// Which of `needles`, if any, stands in a block that `work` freed, or left allocated, on a thread of its own.
fn left_behind<R>(
    needles: &'static [&'static str],
    work: impl FnOnce() -> R + Send,
) -> Option<&'static str> {
    let watched = || {
        NEEDLES.set(needles);
        let result = work();
        LIVE.with(|live| {
            for slot in live {
                let (address, size) = slot.get();
                look(std::ptr::with_exposed_provenance(address), size);
            }
        });
        NEEDLES.set(&[]);
        drop(result);
        LEFT.get()
    };
    thread::scope(|scope| scope.spawn(watched).join().unwrap())
}

/// Calls of `protect_into` that are made before any are counted.
const WARM_UP: usize = 3;

/// Checks that `protect_into` allocates nothing for these records, in turn into one row.
fn allocates_nothing<T: Serialize>(protector: &Protector, records: &[T], what: &str) {
    let mut row = protector.protect(&records[0]).unwrap();
    let mut all = || {
        for record in records {
            protector.protect_into(record, &mut row).unwrap();
        }
    };
    (0..WARM_UP).for_each(|_| all());
    let ((), calls, _) = counted(|| (0..20).for_each(|_| all()));
    assert_eq!(
        calls,
        0,
        "{what}: {calls} for {} records",
        20 * records.len()
    );
}

fn protector(rest: &str) -> Protector {
    Protector::new(&Keyring::generate().unwrap(), &policy("archive", rest)).unwrap()
}

#[test]
fn protect_into_allocates_nothing_for_structs() {
    // All fields, no optional field, values that fill their fields.
    let widest = Appointment {
        last_name: "É".repeat(24),
        first_name: "ÿ".repeat(24),
        email: Some("z".repeat(72)),
        practitioner: "Œ".repeat(32),
        specialty: "Ż".repeat(32),
        ..appointment(3)
    };
    let sparse = Appointment {
        age: None,
        sex: None,
        email: None,
        ..appointment(4)
    };
    let records = [widest, appointment(1), sparse, appointment(2)];
    allocates_nothing(
        &protector(SHOWING),
        &records,
        "with pseudonym and shown fields",
    );
    allocates_nothing(&protector(UNBOUND), &records, "all sealed");
}

#[test]
fn protect_into_allocates_nothing_for_transforms_and_indexes() {
    let rules = r#"
        record_id = "unbound"
        [holds]
        rows = 500_000
        subjects = 120_000
        [show.last_name]
        as = "mask"
        first = 1
        reason = "x"
        [show.age]
        as = "bands"
        edges = [0, 18, 40, 65]
        reason = "x"
        [show.start]
        as = "shift"
        weeks = 26
        subject = ["last_name", "first_name"]
        reason = "x"
        [show.specialty]
        as = "bucket"
        lists = { a = ["Dermatologie"] }
        other = "rest"
        reason = "x"
        [index.by_phone]
        of = ["phone"]
        bits = 9
        distinct = 110_000
        null = "null"
        reason = "x"
    "#;
    let sparse = Appointment {
        age: None,
        phone: None,
        ..appointment(4)
    };
    let records = [appointment(1), sparse, appointment(2)];
    allocates_nothing(&protector(rules), &records, "transforms");
    #[cfg(feature = "reversible")]
    {
        let rules = "[show.email]\nas = \"reversible\"\nreason = \"x\"\n\
                     [show.practitioner]\nas = \"reversible\"\nreason = \"x\"\n";
        let sparse = Appointment {
            email: None,
            ..appointment(5)
        };
        let records = [appointment(1), sparse, appointment(2)];
        let protector = protector(&format!("{UNBOUND}{rules}"));
        allocates_nothing(&protector, &records, "reversible");
    }
    #[cfg(feature = "phone")]
    {
        let rules = "[show.phone]\nas = \"phone\"\nreason = \"x\"\n";
        let records = [appointment(1), appointment(2)];
        let protector = protector(&format!("{UNBOUND}{rules}"));
        allocates_nothing(&protector, &records, "phone");
    }
}

#[test]
fn protect_into_allocates_nothing_for_json_objects() {
    let records: Vec<Value> = (0..8).map(|number| json!(appointment(number))).collect();
    allocates_nothing(&protector(SHOWING), &records, "values");
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    let records: Vec<_> = texts
        .iter()
        .map(|text| JsonRecord::parse(text).unwrap())
        .collect();
    allocates_nothing(&protector(SHOWING), &records, "JSON texts");
}

#[test]
fn protect_into_allocates_nothing_for_flattened_structs_and_json_fields() {
    #[derive(Serialize)]
    struct Visit {
        room: u16,
        urgent: bool,
        #[serde(flatten)]
        rest: Rest,
    }

    #[derive(Serialize)]
    struct Rest {
        day: &'static str,
        notes: (Option<i8>, f32, &'static str),
    }

    let field = |(number, (name, value_type)): (usize, (&str, &str))| {
        let number = number + 1;
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"care\"\nwidth = 40\ntype = \"{value_type}\"\n"
        )
    };
    let fields = [
        ("room", "integer"),
        ("urgent", "boolean"),
        ("day", "date"),
        ("notes", "json"),
    ];
    let schema: String = fields.into_iter().enumerate().map(field).collect();
    let schema = Schema::from_toml(&("name = \"visit\"\n".to_owned() + &schema)).unwrap();
    let show =
        |(name, _): (&str, &str)| format!("[show.{name}]\nas = \"keep\"\nreason = \"counted\"\n");
    let policy = "domain = \"ward\"\nschema = \"visit\"\nrecord_id = \"unbound\"\n".to_owned()
        + &fields.map(show).concat();
    let policy = accepted(&policy, &schema).unwrap();
    let protector = Protector::new(&Keyring::generate().unwrap(), &policy).unwrap();
    let visit = |room| Visit {
        room,
        urgent: room > 9,
        rest: Rest {
            day: "2020-07-21",
            notes: (Some(-1), 2.5, "\"é\"\n"),
        },
    };
    allocates_nothing(&protector, &[visit(12), visit(1)], "flattened");
}

#[test]
fn protect_into_allocates_nothing_with_record_ids() {
    let protector = protector(BOUND);
    let ids: Vec<String> = [1, 8, 64, 1024].map(|length| "r".repeat(length)).into();
    let record = appointment(1);
    let mut row = protector
        .bind(Binding::record(RecordId::new("0").unwrap()))
        .protect(&record)
        .unwrap();
    let mut all = || {
        for id in &ids {
            let binding = Binding::record(RecordId::new(id).unwrap());
            protector
                .bind(binding)
                .protect_into(&record, &mut row)
                .unwrap();
        }
    };
    (0..WARM_UP).for_each(|_| all());
    let ((), calls, _) = counted(|| (0..20).for_each(|_| all()));
    assert_eq!(calls, 0);
}

#[test]
fn protect_into_allocates_nothing_where_protectors_take_turns() {
    let (showing, sealing) = (protector(SHOWING), protector(UNBOUND));
    let records = [appointment(1), appointment(2)];
    let mut rows = [&showing, &sealing].map(|protector| protector.protect(&records[0]).unwrap());
    let mut all = || {
        for record in &records {
            showing.protect_into(record, &mut rows[0]).unwrap();
            sealing
                .protect_into(&json!(null), &mut rows[1])
                .unwrap_err();
            sealing.protect_into(record, &mut rows[1]).unwrap();
        }
    };
    (0..WARM_UP).for_each(|_| all());
    let ((), calls, _) = counted(&mut all);
    let errors = 2 * records.len();
    assert!(
        calls <= errors,
        "{calls} calls, where only the errors are boxed"
    );
}

/// Names in pseudonyms, whose letters the quick path of normalisation may not know.
#[test]
fn reseal_into_allocates_nothing() {
    let (mut keyring, policy) = (Keyring::generate().unwrap(), policy("archive", SHOWING));
    let protector = Protector::new(&keyring, &policy).unwrap();
    let rows = [1, 2, 3].map(|number| protector.protect(&appointment(number)).unwrap());
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealer = Resealer::new(&keyring, &policy).unwrap();
    let mut into = rows[0].clone();
    let mut all = || {
        for row in &rows {
            resealer.reseal_into(row, &mut into).unwrap();
        }
    };
    (0..WARM_UP).for_each(|_| all());
    let ((), calls, _) = counted(|| (0..20).for_each(|_| all()));
    assert_eq!(calls, 0);
}

#[test]
fn protect_into_allocates_nothing_in_any_script() {
    let names = [
        "Éloïse Lefèvre-Żak",
        "Nguyễn Thị Ánh",
        "Nguye\u{302}\u{303}n",
        "E\u{301}loi\u{308}se",
        "İbrahim Yıldız",
        "Ǆenana ﬁﬂ",
        "Παπαδόπουλος",
        "Фёдор Достоевский",
        "გიორგი",
        "Հայկ",
        "יִצְחָק",
        "عبد الرحمن",
        "مُحَمَّد",
        "प्रिया",
        "শ্রীমতী",
        "தமிழ்",
        "สมชาย",
        "សុខា",
        "བསྟན་འཛིན",
        "王小明",
        "김민준",
        "\u{1100}\u{1161}\u{11A8}",
        "ヤマダ",
        "ﾔﾏﾀﾞ",
        "𐐀𐐁",
        "𝔄𝔅",
    ];
    let protector = protector(SHOWING);
    for name in names {
        let record = Appointment {
            last_name: name.to_owned(),
            first_name: name.to_owned(),
            specialty: name.to_owned(),
            ..appointment(1)
        };
        allocates_nothing(&protector, &[record], name);
    }
    for phone in [
        "+33 (0)6 39 98 00 01",
        "06\u{2011}39\u{2011}98 00 01",
        "０６３９980001",
    ] {
        let record = Appointment {
            phone: Some(phone.to_owned()),
            ..appointment(1)
        };
        allocates_nothing(&protector, &[record], phone);
    }
}

#[test]
fn what_allocates_is_counted() {
    let protector = protector(SHOWING);
    let record = appointment(1);
    protector.protect(&record).unwrap();
    let (row, calls, largest) = counted(|| protector.protect(&record).unwrap());
    assert!(
        calls >= 2 && largest >= row.sealed().as_bytes().len(),
        "{calls}, {largest}"
    );
}

#[test]
fn no_claimed_length_is_allocated() {
    let protector = protector(UNBOUND);
    let record = protector.protect(&appointment(1)).unwrap();
    let row = protector.protect_row(&appointment(1)).unwrap();
    let sealed = record.sealed().as_bytes();
    for claimed in [65_520_u16, 65_535, 32_768] {
        let mut bytes = sealed[..200].to_vec();
        bytes[33..35].copy_from_slice(&claimed.to_be_bytes());
        // The texts of 200 bytes: any 200 bytes have one.
        let text = SealedCell::from_bytes(&bytes[..])
            .unwrap()
            .to_string()
            .replacen('c', "p", 1);
        let object = format!("{{\"sealed\":\"{text}\"}}");
        let limit = 4 * object.len();
        let refused = |what: &str, parse: &dyn Fn() -> bool| {
            let (parsed, _, largest) = counted(parse);
            assert!(
                !parsed && largest <= limit,
                "{what}: {largest} bytes for {claimed} in 200"
            );
        };
        refused("bytes", &|| SealedRecord::from_bytes(&bytes[..]).is_ok());
        refused("a row's bytes", &|| {
            SealedRow::from_bytes(&bytes[..]).is_ok()
        });
        refused("text", &|| text.parse::<SealedRecord>().is_ok());
        refused("a row's text", &|| text.parse::<SealedRow>().is_ok());
        refused("JSON", &|| {
            serde_json::from_str::<Protected>(&object).is_ok()
        });
    }

    // Nor is more than a row's own size, where it opens and where its tags do not hold.
    let keyring = Keyring::generate().unwrap();
    let revealer = Revealer::backend(&keyring, policy("archive", UNBOUND).policy()).unwrap();
    let reveal = || {
        let whole = revealer.reveal::<IgnoredAny>(record.sealed()).is_ok();
        whole
            || revealer
                .reveal_row::<IgnoredAny>(row.sealed(), row.cells())
                .is_ok()
    };
    let (revealed, _, largest) = counted(reveal);
    assert!(!revealed && largest <= 4 * sealed.len(), "{largest}");
}

/// A record whose values stand in no heap: whatever is found there was put there by the crate.
#[derive(Clone, Copy, Serialize)]
struct Visit {
    last_name: &'static str,
    first_name: &'static str,
    age: u32,
    phone: &'static str,
    start: &'static str,
    practitioner: &'static str,
    specialty: &'static str,
    #[serde(skip)]
    panics: bool,
}

const VISIT: Visit = Visit {
    last_name: "lefevrexq",
    // Long enough that a buffer which grew with it would have left its beginning behind.
    first_name: "nguyễnxqz thị minh khai phương lan",
    age: 31_415_926,
    phone: "+33639980001",
    start: "2020-07-21T09:31:41+02:00",
    practitioner: "drwhoeverxx",
    specialty: "gynecoxyz",
    panics: false,
};

/// Parts of its values and of their normal forms.
const VALUES: &[&str] = &[
    "lefevrexq",
    "nguyễnxqz",
    "nguyenxqz",
    "31415926",
    "639980001",
    "09:31:41",
    "drwhoeverxx",
    "gynecoxyz",
];

/// A visit that gives its fields and then, perhaps, panics.
struct Record(Visit);

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.0.serialize(serializer);
        if self.0.panics {
            panic::resume_unwind(Box::new("of the test"));
        }
        result
    }
}

#[test]
fn no_clear_value_stays_behind() {
    let pseudonym = "record_id = \"unbound\"\n[pseudonym.patient]\nof = [\"last_name\", \"first_name\", \"phone\"]\n\
                     reason = \"counts people\"\n";
    let (keyring, policy) = (Keyring::generate().unwrap(), policy("archive", pseudonym));
    let protector = Protector::new(&keyring, &policy).unwrap();
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let wide = Visit {
        specialty: const { str_of::<65>() },
        ..VISIT
    };
    let unknown = Visit {
        first_name: "nguyễnxqz\u{378}",
        ..VISIT
    };
    let no_phone = Visit {
        phone: "639980001x",
        ..VISIT
    };
    let panics = Visit {
        panics: true,
        ..VISIT
    };
    let text = serde_json::to_string(&VISIT).unwrap();
    let json = JsonRecord::parse(&text).unwrap();

    for (what, left) in [
        (
            "protect",
            left_behind(VALUES, || protector.protect(&VISIT).unwrap()),
        ),
        (
            "row",
            left_behind(VALUES, || protector.protect_row(&VISIT).unwrap()),
        ),
        (
            "JSON text",
            left_behind(VALUES, || protector.protect(&json).unwrap()),
        ),
        (
            "too wide",
            left_behind(VALUES, || protector.protect(&wide).unwrap_err()),
        ),
        (
            "unassigned",
            left_behind(VALUES, || protector.protect(&unknown).unwrap_err()),
        ),
        (
            "no phone",
            left_behind(VALUES, || protector.protect(&no_phone).unwrap_err()),
        ),
        (
            "panic",
            left_behind(VALUES, || {
                let protect = || protector.protect(&Record(panics));
                panic::catch_unwind(panic::AssertUnwindSafe(protect)).unwrap_err()
            }),
        ),
    ] {
        assert_eq!(left, None, "{what}");
    }

    let record = protector.protect(&VISIT).unwrap();
    let row = protector.protect_row(&VISIT).unwrap();
    let mut forged = record.sealed().as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = SealedRecord::from_bytes(forged).unwrap();
    let resealer = Resealer::new(&keyring, &policy).unwrap();
    let reveal_cells = || {
        row.cells()
            .map(|(field, cell)| {
                revealer
                    .reveal_cell::<IgnoredAny>(row.sealed(), field, cell)
                    .unwrap();
            })
            .count()
    };
    for (what, left) in [
        (
            "reveal",
            left_behind(VALUES, || revealer.reveal::<IgnoredAny>(&record).unwrap()),
        ),
        ("cells", left_behind(VALUES, reveal_cells)),
        (
            "reseal",
            left_behind(VALUES, || resealer.reseal(&record).unwrap()),
        ),
        (
            "reseal, sealed alone",
            left_behind(VALUES, || resealer.reseal_sealed(record.sealed()).unwrap()),
        ),
        (
            "reseal, cells",
            left_behind(VALUES, || {
                resealer.reseal_row(row.sealed(), row.cells()).unwrap()
            }),
        ),
        (
            "reseal, forged in the last group",
            left_behind(VALUES, || resealer.reseal(&forged).unwrap_err()),
        ),
        (
            "forged",
            left_behind(VALUES, || {
                revealer.reveal::<IgnoredAny>(&forged).unwrap_err()
            }),
        ),
    ] {
        assert_eq!(left, None, "{what}");
    }
}

/// `x` so many times.
const fn str_of<const N: usize>() -> &'static str {
    match str::from_utf8(&const { [b'x'; N] }) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    }
}

/// A capital sigma is lower-cased by the standard library, which makes room of its own.
#[test]
fn no_clear_value_with_a_capital_sigma_stays_behind() {
    let protector = protector(SHOWING);
    let visit = Visit {
        last_name: "Σlefevrexqİİİİİİİİ",
        ..VISIT
    };
    assert_eq!(
        left_behind(&["lefevrexq"], || protector.protect(&visit).unwrap()),
        None
    );
}

/// The thread's buffer grew for another schema's records, and a row that is kept must not keep it.
#[test]
fn a_small_record_does_not_hold_the_buffer_of_a_big_one() {
    let field = |width: usize| {
        format!(
            "name = \"s\"\n[[field]]\nname = \"a\"\nnumber = 1\nscope = \"care\"\nwidth = {width}\ntype = \"text\"\nclass = \"exact\""
        )
    };
    let protector = |width| {
        let schema = Schema::from_toml(&field(width)).unwrap();
        let policy = "domain = \"archive\"\nschema = \"s\"\nrecord_id = \"unbound\"";
        let policy = Policy::from_toml(policy, &schema).unwrap();
        let policy = policy.check(Date::constant(2026, 11, 24)).unwrap();
        Protector::new(&Keyring::generate().unwrap(), &policy).unwrap()
    };
    let (small, big) = (protector(9), protector(65_000));
    let mut kept = small.protect(&json!({ "a": "kept" })).unwrap();
    let freed = |row: Protected| {
        FREED.set(0);
        drop(row);
        FREED.get()
    };
    for before in [json!({ "a": "" }), json!({ "b": "unknown" })] {
        let _ = big.protect_row(&before);
        let row = small.protect(&json!({ "a": "small" })).unwrap();
        assert!(freed(row) < 1_000, "{before}");
        small
            .protect_into(&json!({ "a": "small" }), &mut kept)
            .unwrap();
    }
    assert!(freed(kept) < 1_000);
    assert!(
        freed(big.protect(&json!({ "a": "" })).unwrap()) > 65_000,
        "the control"
    );
}

/// A JSON value is written piece by piece, by code of its own.
#[test]
fn nothing_stays_of_a_json_value_that_fails_or_panics() {
    struct Notes(fn());

    impl Serialize for Notes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut notes = serializer.serialize_seq(None)?;
            notes.serialize_element("lefevrexq")?;
            (self.0)();
            Err(S::Error::custom("of the test"))
        }
    }

    #[derive(Serialize)]
    struct Noted {
        notes: Notes,
    }

    let schema = "name = \"noted\"\n[[field]]\nname = \"notes\"\nnumber = 1\nscope = \"care\"\nwidth = 40\ntype = \"json\"";
    let schema = Schema::from_toml(schema).unwrap();
    let policy = "domain = \"archive\"\nschema = \"noted\"\nrecord_id = \"unbound\"";
    let policy = Policy::from_toml(policy, &schema).unwrap();
    let policy = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protector = Protector::new(&Keyring::generate().unwrap(), &policy).unwrap();

    for act in [|| {}, || panic::resume_unwind(Box::new("of the test"))] {
        let noted = Noted { notes: Notes(act) };
        let protect = || protector.protect(&noted);
        let refused =
            || panic::catch_unwind(panic::AssertUnwindSafe(protect)).is_ok_and(|row| row.is_ok());
        assert_eq!(left_behind(&["lefevrexq"], || assert!(!refused())), None);
    }
}

#[test]
fn what_stays_behind_is_found() {
    let print = || serde_json::to_string(&VISIT).unwrap();
    assert!(
        left_behind(&["lefevrexq"], || drop(print())).is_some(),
        "freed"
    );
    assert!(left_behind(&["gynecoxyz"], print).is_some(), "kept");
    assert!(left_behind(&["not there"], print).is_none());
    let grown = || {
        let mut text = "lefevrexq".to_owned();
        text.reserve(4096);
        text.replace_range(.., "");
        text.extend(std::iter::repeat_n('x', 9));
        text
    };
    assert!(
        left_behind(&["lefevrexq"], grown).is_some(),
        "left in a block that was too small"
    );
}
