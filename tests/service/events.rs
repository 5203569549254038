//! What is told as events, to a subscriber that keeps them as text.

use std::{
    fmt::{self, Write as _},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;

/// Every event of this process: the tests of other files tell some too.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

static SPANS: AtomicU64 = AtomicU64::new(0);

struct Keep;

impl Subscriber for Keep {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        SPANS.fetch_add(1, Ordering::Relaxed);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut text = Text(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut text);
        told().push(text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

fn told() -> std::sync::MutexGuard<'static, Vec<String>> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Keep).unwrap());
}

/// The events that hold this word, which no other test uses.
fn with(word: &str) -> Vec<String> {
    let told = told();
    told.iter()
        .filter(|event| event.contains(word))
        .cloned()
        .collect()
}

#[test]
fn a_failure_tells_domain_code_and_field_and_no_value() {
    keep();
    let place = Place::new();
    place.write("policies/a.toml", &policy("told", ""));
    let service = place.start();
    let rows: Vec<Protected> = (0..10)
        .map(|number| protect(&service, "told", &record(number)).unwrap())
        .collect();
    for row in &rows {
        reveal(&service, "told", row).unwrap();
    }
    // Rows that pass tell nothing.
    assert_eq!(with("told"), [""; 0]);

    let mut wide = record(1);
    wide["last_name"] = MARK.repeat(100).into();
    protect(&service, "told", &wide).unwrap_err();
    reveal(
        &service,
        "told",
        &protect(&service, "b", &record(2)).unwrap(),
    )
    .unwrap_err();
    let fit: Result<std::collections::BTreeMap<String, u8>> =
        service.reveal(&domain("told"), Binding::NONE, &rows[0]);
    fit.unwrap_err();
    protect(&service, "told.not", &record(1)).unwrap_err();
    assert_eq!(
        with("told"),
        [
            "WARN paravent message=row failed domain=\"told\" code=\"too-wide\" field=\"last_name\"",
            "WARN paravent message=row failed domain=\"told\" code=\"wrong-key\"",
            "WARN paravent message=row failed domain=\"told\" code=\"target\" field=\"last_name\"",
            "WARN paravent message=row failed domain=\"told.not\" code=\"no-such-domain\"",
        ]
    );
    silent();
}

#[test]
fn counters_are_told_when_they_are_read() {
    keep();
    let place = Place::new();
    place.write("policies/a.toml", &policy("counted", ""));
    let service = place.start();
    for number in 0..3 {
        protect(&service, "counted", &record(number)).unwrap();
    }
    let mut wide = record(1);
    wide["last_name"] = MARK.repeat(100).into();
    protect(&service, "counted", &wide).unwrap_err();
    assert_eq!(service.counters().protected, 3);
    for event in [
        "INFO paravent message=rows counted protected=3 revealed=0",
        "INFO paravent message=failures counted code=\"too-wide\" failures=1",
        "INFO paravent message=seals counted domain=\"counted\" epoch=1 seals=3",
    ] {
        assert!(!with(event).is_empty(), "{event}: {:?}", told());
    }
    silent();
}

#[test]
fn starts_and_reloads_are_told_with_file_and_line() {
    keep();
    let place = Place::new();
    let service = place.start();
    let bad = place.write("policies/a.toml", &policy("a", "opne = \"MARKED\"\n"));
    service.reload(TODAY).unwrap_err();
    let [event] = &with(bad.to_str().unwrap())[..] else {
        panic!("{:?}", told());
    };
    assert!(
        event.starts_with("ERROR paravent message=reload failed"),
        "{event}"
    );
    for part in [
        format!(" file={}", bad.display()),
        " line=4 ".to_owned(),
        " code=\"definition\" ".to_owned(),
    ] {
        assert!(event.contains(&part), "{event}");
    }
    // A passphrase that does not open, and one that does.
    place.write("policies/a.toml", &policy("a", ""));
    let credential = place.write("credentials/backend.keyring", "MARKED wrong");
    service.reload(TODAY).unwrap_err();
    assert_eq!(
        with(place.path("backend.keyring").to_str().unwrap()).len(),
        1
    );
    fs::write(credential, PASSPHRASE).unwrap();
    service.reload(TODAY).unwrap();
    for event in [
        "INFO paravent message=service started domains=2 epoch=1",
        "INFO paravent message=service reloaded domains=2 epoch=1",
    ] {
        assert!(!with(event).is_empty(), "{event}: {:?}", told());
    }
    silent();
}

/// No event of this process holds what no event may, and none is a span.
fn silent() {
    let events = told();
    assert!(!events.is_empty());
    for event in events.iter() {
        assert!(!event.contains("MARKED"), "{event}");
        let level: Level = event.split(' ').next().unwrap().parse().unwrap();
        assert!(level <= Level::INFO, "{event}");
    }
    assert_eq!(SPANS.load(Ordering::Relaxed), 0);
}
