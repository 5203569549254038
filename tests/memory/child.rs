//! The process that is looked through. It does one scenario, and stops after each step until it is told to go on.
//!
//! It gets every secret masked, and holds it in clear only while the crate takes it. Each step runs far below the frame
//! that stops, so that stopping does not write over what the step left on the stack.

use std::{
    cell::Cell,
    collections::BTreeMap,
    env,
    hint::black_box,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use data_encoding::HEXLOWER;
use paravent::{
    Binding, CheckedPolicy, Epoch, Error, Generation, Grant, Keyring, Passphrase, Protected,
    Protector, RecordId, Revealer, Schema, SealedCell, SealedRecord, SubjectKey, test_kit,
};
use serde::de::IgnoredAny;
use zeroize::{Zeroizing, zeroize_stack};

use crate::{
    MASK, POLICY, SUBJECT_POLICY,
    accepted::accepted,
    record::{AT_END, Act, Plain, Target},
};

/// More than stopping takes of the stack.
const ABOVE: usize = 64 * 1024;

/// More than any call takes of the stack.
const BELOW: usize = 512 * 1024;

/// Addresses of the frames that made the crate's calls, one a thread.
static FRAMES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

thread_local! {
    static FRAME: Cell<usize> = const { Cell::new(0) };
}

pub(crate) fn run(scenario: &str) {
    let plan = Plan::read();
    match scenario {
        "keys" => keys(&plan),
        "calls" => calls(&plan),
        "subject" => subject(&plan),
        "errors" => errors(&plan),
        "panics" => panics(&plan),
        "threads" => threads(&plan),
        "pool" => pool(&plan),
        "key file" => key_file(&plan),
        "generated" => generated(&plan),
        "lives" => lives(&plan),
        "painted" => painted(&plan),
        "leaks" => leaks(&plan),
        _ => panic!("no scenario {scenario:?}"),
    }
}

/// What the parent sent, masked, and hexadecimal where it is bytes.
pub(crate) struct Plan(BTreeMap<String, String>);

impl Plan {
    fn read() -> Self {
        let mut plan = BTreeMap::new();
        loop {
            let mut line = String::new();
            assert!(
                io::stdin().read_line(&mut line).unwrap() > 0,
                "the plan is cut"
            );
            match line.trim_end().split_once('=') {
                Some((name, value)) => plan.insert(name.to_owned(), value.to_owned()),
                None => return Self(plan),
            };
        }
    }

    /// A value in clear, in a buffer that never grows and is wiped.
    pub(crate) fn clear(&self, name: &str) -> Zeroizing<Vec<u8>> {
        let masked = HEXLOWER.decode(self.0[name].as_bytes()).unwrap();
        let mut clear = Zeroizing::new(Vec::with_capacity(masked.len()));
        for byte in masked {
            clear.push(black_box(byte) ^ MASK);
        }
        clear
    }

    fn key(&self, name: &str) -> Box<Zeroizing<[u8; 32]>> {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        key.copy_from_slice(&self.clear(name));
        key
    }

    fn keyring(&self) -> Keyring {
        let (root, linkage) = (self.key("root"), self.key("linkage root"));
        test_kit::keyring_from(Epoch::FIRST, &root, Generation::FIRST, &linkage)
    }

    fn passphrase(&self, name: &str) -> Passphrase {
        let clear = self.clear(name);
        let mut text = String::with_capacity(clear.len());
        text.push_str(std::str::from_utf8(&clear).unwrap());
        Passphrase::new(text).unwrap()
    }

    fn subject(&self) -> SubjectKey {
        SubjectKey::from_bytes(&mut self.key("subject"))
    }
}

fn policy(rest: &str) -> CheckedPolicy {
    accepted(rest, &Schema::appointment()).unwrap()
}

/// Makes `work`'s calls from a frame of their own, over a stack that was wiped, and stops.
fn step<R>(name: &str, work: impl FnOnce() -> R) -> R {
    deep(zeroize_stack::<BELOW>);
    let result = deep(work);
    stop(name);
    result
}

#[inline(never)]
fn deep<R>(work: impl FnOnce() -> R) -> R {
    let above = [0_u8; ABOVE];
    let frame = black_box(&above).as_ptr().addr();
    note_frame(frame);
    let result = work();
    black_box(&above);
    result
}

fn note_frame(frame: usize) {
    let before = FRAME.replace(frame);
    if before != frame {
        let mut frames = FRAMES.lock().unwrap();
        frames.retain(|&known| known != before);
        frames.push(frame);
    }
}

/// Tells the parent, which looks, and waits for it.
pub(crate) fn stop(name: &str) {
    let frames: Vec<String> = FRAMES
        .lock()
        .unwrap()
        .iter()
        .map(usize::to_string)
        .collect();
    say(&format!("ready {} {name}", frames.join(",")));
    let mut line = String::new();
    assert!(
        io::stdin().read_line(&mut line).unwrap() > 0,
        "the parent is gone"
    );
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// Tells the parent of a sealed record or row, so that it knows the nonce.
fn tell(sealed: &[u8]) {
    say(&format!("row {}", HEXLOWER.encode(sealed)));
}

/// As [`step`], for calls that give a record.
fn protect_step(name: &str, work: impl FnOnce() -> Protected) -> Protected {
    deep(zeroize_stack::<BELOW>);
    let row = deep(work);
    tell(row.sealed().as_bytes());
    stop(name);
    row
}

struct Keys {
    keyring: Keyring,
    grant: Grant,
    protector: Protector,
    revealer: Revealer,
    backend: Revealer,
}

impl Keys {
    fn new(plan: &Plan, policy: &CheckedPolicy) -> Self {
        let keyring = step("Keyring", || plan.keyring());
        let grant = step("Grant", || keyring.grant(policy).unwrap());
        let protector = step("Protector::new", || {
            Protector::new(&keyring, policy).unwrap()
        });
        let revealer = step("Revealer::new", || {
            Revealer::new(&grant, policy.policy()).unwrap()
        });
        let backend = step("Revealer::backend", || {
            Revealer::backend(&keyring, policy.policy()).unwrap()
        });
        Self {
            keyring,
            grant,
            protector,
            revealer,
            backend,
        }
    }
}

/// The planting itself, then each kind of key.
fn keys(plan: &Plan) {
    step("nothing", || {
        for name in ["root", "linkage root", "subject"] {
            drop(black_box(plan.key(name)));
        }
        drop(black_box(Plain::new(plan, Act::Nothing)));
    });
    let keys = Keys::new(plan, &policy(POLICY));
    step("drop", || drop(keys));
}

/// Every call that succeeds.
fn calls(plan: &Plan) {
    let keys = Keys::new(plan, &policy(POLICY));
    let row = protect_step("protect", || {
        keys.protector
            .protect(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    step("in Serialize", || {
        keys.protector
            .protect(&Plain::new(plan, Act::Stop))
            .unwrap()
    });
    // What the first call leaves on the stack must not get into what the second one gives.
    protect_step("protect again", || {
        let first = Plain::new(plan, Act::Nothing);
        drop(keys.protector.protect(&first).unwrap());
        keys.protector
            .protect(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    step("reveal", || keys.backend.reveal::<Target>(&row).unwrap());
    step("reveal by grant", || {
        keys.revealer.reveal::<Target>(&row).unwrap()
    });
    AT_END.set(Act::Stop);
    step("in Deserialize", || {
        keys.backend.reveal::<Target>(&row).unwrap()
    });
    AT_END.set(Act::Nothing);

    deep(zeroize_stack::<BELOW>);
    let cells = deep(|| {
        keys.protector
            .protect_row(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    tell(cells.sealed().as_bytes());
    stop("protect_row");
    step("reveal_row", || {
        keys.backend
            .reveal_row::<Target>(cells.sealed(), cells.cells())
            .unwrap()
    });
    let cell = cells.cell("specialty").unwrap();
    step("reveal_cell", || {
        keys.backend
            .reveal_cell::<IgnoredAny>(cells.sealed(), "specialty", cell)
            .unwrap()
    });
    step("drop", || drop(keys));
}

/// The same with keys that are derived anew for each person.
fn subject(plan: &Plan) {
    let keys = Keys::new(plan, &policy(SUBJECT_POLICY));
    let subject = step("SubjectKey", || plan.subject());
    let binding = Binding::subject(&subject);
    let row = protect_step("protect for a subject", || {
        keys.protector
            .bind(binding)
            .protect(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    step("reveal for a subject", || {
        keys.backend.bind(binding).reveal::<Target>(&row).unwrap()
    });
    step("drop", || drop((keys, subject)));
}

/// A sealed record with its last tag changed.
fn tampered(row: &Protected) -> SealedRecord {
    let mut bytes = row.sealed().as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    SealedRecord::from_bytes(bytes).unwrap()
}

fn errors(plan: &Plan) {
    let keys = Keys::new(plan, &policy(POLICY));
    let row = protect_step("protect", || {
        keys.protector
            .protect(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    let refused = |name: &str, is: fn(&Error) -> bool, work: &dyn Fn() -> Error| {
        let error = step(name, work);
        assert!(is(&error), "{name}: {error}");
    };
    refused("failing Serialize", Error::is_record, &|| {
        keys.protector
            .protect(&Plain::new(plan, Act::Fail))
            .unwrap_err()
    });
    refused("tampered row", Error::is_tampered, &|| {
        keys.backend.reveal::<Target>(&tampered(&row)).unwrap_err()
    });
    let cells = deep(|| {
        let plain = Plain::new(plan, Act::Nothing);
        keys.protector.protect_row(&plain).unwrap()
    });
    tell(cells.sealed().as_bytes());
    let mut cell = cells.cell("specialty").unwrap().as_bytes().to_vec();
    cell[0] ^= 1;
    let cell = SealedCell::from_bytes(cell).unwrap();
    refused("tampered cell", Error::is_tampered, &|| {
        let revealed = keys
            .backend
            .reveal_cell::<IgnoredAny>(cells.sealed(), "specialty", &cell);
        revealed.unwrap_err()
    });
    AT_END.set(Act::Fail);
    refused("failing Deserialize", Error::is_target, &|| {
        keys.backend.reveal::<Target>(&row).unwrap_err()
    });
    AT_END.set(Act::Nothing);
    let other = policy(&POLICY.replace("open.care", "open.contact"));
    refused("another policy's grant", Error::is_other_policy, &|| {
        Revealer::new(&keys.grant, other.policy()).unwrap_err()
    });
    let elsewhere = policy(&POLICY.replace(crate::secrets::DOMAIN, "elsewhere"));
    refused("another domain's grant", Error::is_wrong_key, &|| {
        let grant = keys.keyring.grant(&elsewhere).unwrap();
        Revealer::new(&grant, elsewhere.policy())
            .unwrap()
            .reveal::<Target>(&row)
            .unwrap_err()
    });
    // Over what calls left on the stack: an error's unused bytes must not take it along.
    step("errors after calls", || {
        let (protector, backend) = (&keys.protector, &keys.backend);
        let id = Binding::record(RecordId::new("1").unwrap());
        let after = |fail: &dyn Fn() -> Error| {
            drop(protector.protect(&Plain::new(plan, Act::Nothing)).unwrap());
            backend.reveal::<Target>(&row).unwrap();
            fail()
        };
        [
            after(&|| protector.protect(&Plain::new(plan, Act::Fail)).unwrap_err()),
            after(&|| {
                protector
                    .protect(&BTreeMap::<&str, &str>::new())
                    .unwrap_err()
            }),
            after(&|| {
                protector
                    .protect(&BTreeMap::from([("room", 1)]))
                    .unwrap_err()
            }),
            after(&|| {
                protector
                    .bind(id)
                    .protect(&Plain::new(plan, Act::Nothing))
                    .unwrap_err()
            }),
            after(&|| backend.bind(id).reveal::<Target>(&row).unwrap_err()),
            after(&|| backend.reveal::<u8>(&row).unwrap_err()),
            after(&|| backend.reveal::<Target>(&tampered(&row)).unwrap_err()),
        ]
    });
    step("drop", || drop(keys));
}

fn panics(plan: &Plan) {
    let keys = Keys::new(plan, &policy(POLICY));
    let row = protect_step("protect", || {
        keys.protector
            .protect(&Plain::new(plan, Act::Nothing))
            .unwrap()
    });
    let caught = |name: &str, work: &dyn Fn()| {
        let result = step(name, || panic::catch_unwind(AssertUnwindSafe(work)));
        assert!(result.is_err(), "{name}");
    };
    caught("panic in Serialize", &|| {
        let _ = keys.protector.protect(&Plain::new(plan, Act::Panic));
    });
    AT_END.set(Act::Panic);
    caught("panic in Deserialize", &|| {
        let _ = keys.backend.reveal::<Target>(&row);
    });
    AT_END.set(Act::Nothing);
    step("drop", || drop(keys));
}

/// One thread that ended and one that lives on, both after calls of each kind, the last of which panicked.
fn threads(plan: &Plan) {
    let policy = policy(POLICY);
    let (protector, backend) = deep(|| {
        let keyring = plan.keyring();
        let protector = Protector::new(&keyring, &policy).unwrap();
        (
            Arc::new(protector),
            Arc::new(Revealer::backend(&keyring, policy.policy()).unwrap()),
        )
    });
    let work = |protector: Arc<Protector>, backend: Arc<Revealer>| {
        let row = deep(|| protector.protect(&Plain::new(plan, Act::Nothing)).unwrap());
        tell(row.sealed().as_bytes());
        deep(|| backend.reveal::<Target>(&row).unwrap());
        deep(|| backend.reveal::<Target>(&tampered(&row)).unwrap_err());
        AT_END.set(Act::Panic);
        let reveal = || deep(|| backend.reveal::<Target>(&row).map(drop));
        panic::catch_unwind(AssertUnwindSafe(reveal)).unwrap_err();
    };
    thread::scope(|scope| {
        let clones = (protector.clone(), backend.clone());
        scope.spawn(|| work(clones.0, clones.1)).join().unwrap();
        stop("a thread ended");
        let ((done, is_done), (end, to_end)) = (mpsc::channel(), mpsc::channel::<()>());
        scope.spawn(move || {
            work(protector, backend);
            done.send(()).unwrap();
            // Without keys, but with all that the thread keeps.
            to_end.recv().unwrap();
        });
        is_done.recv().unwrap();
        stop("a thread lives on");
        end.send(()).unwrap();
    });
}

/// The threads of a pool, which live on.
fn pool(plan: &Plan) {
    let note = |_| {
        let here = 0_u64;
        note_frame((&raw const *black_box(&here)).addr());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .start_handler(note)
        .build_global()
        .unwrap();
    let policy = policy(POLICY);
    let protector = deep(|| Protector::new(&plan.keyring(), &policy).unwrap());
    let records: Vec<Plain> = (0..64).map(|_| Plain::new(plan, Act::Nothing)).collect();
    let rows = protector.protect_batch(&records);
    drop((protector, records));
    rows.into_iter()
        .for_each(|row| tell(row.unwrap().sealed().as_bytes()));
    stop("protect_batch");
}

/// As [`step`], for calls that give the text of a key file.
fn file_step(name: &str, work: impl FnOnce() -> String) -> String {
    deep(zeroize_stack::<BELOW>);
    let text = deep(work);
    say(&format!("file {}", text.trim_end()));
    stop(name);
    text
}

fn key_file(plan: &Plan) {
    let text = &plan.0["key file"];
    let passphrase = step("Passphrase", || plan.passphrase("passphrase"));
    let keyring = step("from_key_file", || {
        Keyring::from_key_file(text, &passphrase).unwrap()
    });
    file_step("to_key_file", || keyring.to_key_file(&passphrase).unwrap());
    let grant = keyring.grant(&policy(POLICY)).unwrap();
    let of_grant = file_step("Grant::to_key_file", || {
        grant.to_key_file(&passphrase).unwrap()
    });
    drop(grant);
    let grant = step("Grant::from_key_file", || {
        Grant::from_key_file(&of_grant, &passphrase).unwrap()
    });
    let wrong = step("another Passphrase", || plan.passphrase("wrong passphrase"));
    let error = step("wrong passphrase", || {
        Keyring::from_key_file(text, &wrong).unwrap_err()
    });
    assert!(error.is_wrong_passphrase(), "{error}");
    step("drop", || drop((keyring, grant, passphrase, wrong)));
}

/// Random roots, which the parent learns from a key file. That is made on another thread, whose stack is not this one.
fn generated(plan: &Plan) {
    deep(zeroize_stack::<BELOW>);
    let keyring = deep(|| {
        let mut keyring = Keyring::generate().unwrap();
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        keyring
    });
    let print = || keyring.to_key_file(&plan.passphrase("passphrase")).unwrap();
    let text = thread::scope(|scope| scope.spawn(print).join().unwrap());
    say(&format!("file {}", text.trim_end()));
    stop("generate");
    step("drop", || drop(keyring));
}

/// All from keyring to drop, with nothing wiped in between.
fn lives(plan: &Plan) {
    for (name, act) in [
        ("a life", Act::Nothing),
        ("a life with errors", Act::Fail),
        ("a life with a panic", Act::Panic),
    ] {
        for (of_subject, policy) in [(false, policy(POLICY)), (true, policy(SUBJECT_POLICY))] {
            let sealed = Mutex::new(Vec::new());
            deep(zeroize_stack::<BELOW>);
            let life = || live(plan, &policy, of_subject, act, &sealed);
            let result = deep(|| panic::catch_unwind(AssertUnwindSafe(life)));
            assert_eq!(result.is_err(), matches!(act, Act::Panic), "{name}");
            AT_END.set(Act::Nothing);
            tell(&sealed.into_inner().unwrap());
            stop(name);
        }
    }
}

#[inline(never)]
fn live(plan: &Plan, policy: &CheckedPolicy, of_subject: bool, act: Act, sealed: &Mutex<Vec<u8>>) {
    let keyring = plan.keyring();
    let subject = plan.subject();
    let binding = if of_subject {
        Binding::subject(&subject)
    } else {
        Binding::NONE
    };
    let protector = Protector::new(&keyring, policy).unwrap();
    let backend = Revealer::backend(&keyring, policy.policy()).unwrap();
    let (protector, backend) = (&protector.bind(binding), &backend.bind(binding));
    let row = protector.protect(&Plain::new(plan, Act::Nothing)).unwrap();
    sealed
        .lock()
        .unwrap()
        .extend_from_slice(row.sealed().as_bytes());
    backend.reveal::<Target>(&row).unwrap();
    if matches!(act, Act::Fail) {
        assert!(
            protector
                .protect(&Plain::new(plan, act))
                .unwrap_err()
                .is_record()
        );
        assert!(
            backend
                .reveal::<Target>(&tampered(&row))
                .unwrap_err()
                .is_tampered()
        );
    }
    if matches!(act, Act::Panic) {
        let protect = || protector.protect(&Plain::new(plan, act)).map(drop);
        panic::catch_unwind(AssertUnwindSafe(protect)).unwrap_err();
    }
    AT_END.set(act);
    let revealed = backend.reveal::<Target>(&row);
    assert_eq!(revealed.is_err(), matches!(act, Act::Fail));
}

/// First calls of a thread, and those after a panic: all that is kept from call to call is made anew, over a stack that is
/// full of what must not get into it.
fn painted(plan: &Plan) {
    let policy = policy(POLICY);
    let keyring = plan.keyring();
    let protector = Protector::new(&keyring, &policy).unwrap();
    let backend = Revealer::backend(&keyring, policy.policy()).unwrap();
    let protect = |act| {
        let record = Plain::new(plan, act);
        deep(|| paint(plan));
        deep(|| protector.protect(&record))
    };
    let row = protect(Act::Nothing).unwrap();
    tell(row.sealed().as_bytes());
    stop("protect over paint");
    protect(Act::Fail).unwrap_err();
    stop("failing Serialize over paint");
    panic::catch_unwind(AssertUnwindSafe(|| protect(Act::Panic))).unwrap_err();
    tell(protect(Act::Nothing).unwrap().sealed().as_bytes());
    stop("protect over paint after a panic");

    let reveal = || {
        deep(|| paint(plan));
        deep(|| backend.reveal::<Target>(&row))
    };
    AT_END.set(Act::Panic);
    panic::catch_unwind(AssertUnwindSafe(reveal)).unwrap_err();
    AT_END.set(Act::Nothing);
    reveal().unwrap();
    stop("reveal over paint after a panic");
    deep(|| paint(plan));
    let cells = deep(|| {
        let record = Plain::new(plan, Act::Nothing);
        protector.protect_row(&record).unwrap()
    });
    tell(cells.sealed().as_bytes());
    deep(|| paint(plan));
    deep(|| {
        let revealed = backend.reveal_row::<Target>(cells.sealed(), cells.cells());
        revealed.unwrap()
    });
    stop("row over paint");
}

/// Covers the stack below with one secret.
#[inline(never)]
fn paint(plan: &Plan) {
    let mut stack = [0_u8; BELOW];
    let paint = plan.clear("paint");
    for place in stack.chunks_exact_mut(paint.len()) {
        place.copy_from_slice(&paint);
    }
    black_box(&stack);
}

thread_local! {
    static KEPT: Cell<Option<Plain>> = const { Cell::new(None) };
}

static DATA: Mutex<[u8; 32]> = Mutex::new([0; 32]);

/// What each region would show if something were left in it.
fn leaks(plan: &Plan) {
    step("forgotten keyring", || std::mem::forget(plan.keyring()));
    step("kept record", || {
        KEPT.set(Some(Plain::new(plan, Act::Nothing)))
    });
    step("static", || {
        DATA.lock()
            .unwrap()
            .copy_from_slice(&plan.key("subject")[..])
    });
    step("stack", || {
        let mut key = [0; 32];
        key.copy_from_slice(&plan.key("root")[..]);
        black_box(&key);
    });
    let mut frame = [0; 32];
    frame.copy_from_slice(&plan.key("root")[..]);
    black_box(&frame);
    step("frame", || ());
    black_box(&frame);
}

pub(crate) fn scenario() -> Option<String> {
    let mut arguments = env::args().skip(1);
    (arguments.next()? == "--child").then(|| arguments.next().unwrap())
}
