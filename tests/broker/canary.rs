//! Records of nobody.

use std::sync::Mutex;

use paravent::{Scope, SealedRecord};

use super::*;

const NOBODY: &str = r#"
    [[canary]]
    name = "nobody"
    record_id = "rdv-nobody"
    record = { last_name = "Vasseur", first_name = "Ode", phone = "06 39 98 77 77", start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morel", specialty = "Urologie" }
"#;

/// What an alarm said: the canary, who asked, the number of the entry, and the entries at that time.
type Said = (String, String, u64, usize);

struct Watched {
    desk: Desk,
    broker: Broker,
    said: Arc<Mutex<Vec<Said>>>,
}

impl Watched {
    fn new() -> Self {
        let desk = Desk::new(&format!("{RULES}{NOBODY}"));
        let said: Arc<Mutex<Vec<Said>>> = Arc::default();
        let (told, path) = (Arc::clone(&said), desk.path.clone());
        let broker = desk.broker().on_alarm(move |alarm| {
            assert_eq!(alarm.domain.as_str(), "support-desk");
            let entries = fs::read_to_string(&path).unwrap().lines().count();
            let (canary, requester) = (alarm.canary.to_owned(), alarm.requester.to_owned());
            let made = MADE.get();
            assert_eq!(made, 0, "before the value is out");
            told.lock()
                .unwrap()
                .push((canary, requester, alarm.entry.unwrap(), entries));
        });
        Self { desk, broker, said }
    }

    fn release(&self, id: &str, row: &Protected) {
        let domain = self.desk.policy.policy().domain();
        let request = asks("A. Martin", 0);
        MADE.set(0);
        let released = self
            .broker
            .release::<Witness>(domain, bound(id), row, "contact", &request);
        released.unwrap();
        MADE.set(0);
    }

    fn render(&self, id: &str, row: &Protected) {
        let domain = self.desk.policy.policy().domain();
        let request = asks("A. Martin", 0);
        let sink = |_: &paravent::Message<'_>| Ok::<(), Error>(());
        let sent = self
            .broker
            .render(domain, bound(id), row, "reminder", &request, sink);
        sent.unwrap();
    }
}

fn nobody() -> Appointment {
    Appointment {
        last_name: "VASSEUR".into(),
        first_name: "Ode".into(),
        ..zoe()
    }
}

#[test]
fn raise_an_alarm_by_person_and_by_row() {
    let watched = Watched::new();
    let protector = Protector::new(&watched.desk.keyring, &watched.desk.policy).unwrap();
    let planted = protector.canaries().unwrap();
    watched.release("rdv-nobody", planted[0].row());
    watched.render("rdv-nobody", planted[0].row());
    // The same person elsewhere, and another one under the same id.
    watched.release("rdv-7", &watched.desk.row_of("rdv-7", &nobody()));
    watched.render("rdv-7", &watched.desk.row_of("rdv-7", &nobody()));
    watched.release("rdv-nobody", &watched.desk.row_of("rdv-nobody", &zoe()));

    let said = watched.said.lock().unwrap();
    let numbers: Vec<u64> = said.iter().map(|(_, _, number, _)| *number).collect();
    // An entry, its alarm, and so on.
    assert_eq!(numbers, [2, 4, 6, 8, 10]);
    for (canary, requester, number, entries) in said.iter() {
        assert_eq!((&**canary, &**requester), ("nobody", "A. Martin"));
        // The alarm is written with the entry, or who asks could tell a canary by the time it takes.
        assert_eq!(*entries as u64, number + 1);
    }
    let entries = watched.desk.entries();
    let alarms: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.event() == Event::Alarm)
        .collect();
    assert_eq!((alarms.len(), watched.desk.verify().alarms), (5, 5));
    for alarm in alarms {
        assert_eq!(alarm.canary(), Some("nobody"));
        assert_eq!(alarm.requester(), entries[1].requester());
        assert_eq!(alarm.domain(), entries[1].domain());
    }
}

#[test]
fn raise_none_for_others() {
    let watched = Watched::new();
    let row = watched.desk.row(&zoe());
    watched.release("rdv-1", &row);
    watched.render("rdv-1", &row);
    let namesake = Appointment {
        first_name: "Odette".into(),
        ..nobody()
    };
    watched.release("rdv-2", &watched.desk.row_of("rdv-2", &namesake));
    assert_eq!(*watched.said.lock().unwrap(), []);
    assert_eq!(watched.desk.verify().alarms, 0);
}

#[test]
fn are_in_the_log_where_nobody_is_called() {
    let desk = Desk::new(&format!("{RULES}{NOBODY}"));
    let broker = desk.broker();
    let row = desk.row(&nobody());
    let given: Value = desk
        .ask(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    // As any other, so that who asks does not learn it.
    assert_eq!(given["phone"], "06 39 98 12 34");
    assert_eq!(desk.last().event(), Event::Alarm);
}

#[test]
fn are_watched_where_the_call_is_refused() {
    let watched = Watched::new();
    let domain = watched.desk.policy.policy().domain();
    let row = watched.desk.row_of("rdv-nobody", &nobody());
    let request = asks("A. Martin", 0).purpose("curiosity");
    MADE.set(0);
    let refused =
        watched
            .broker
            .release::<Witness>(domain, bound("rdv-nobody"), &row, "contact", &request);
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some("unknown-purpose")
    );
    assert_eq!(watched.said.lock().unwrap().len(), 1);
    assert_eq!(watched.desk.verify().alarms, 1);
}

#[test]
fn that_would_not_be_known_again_are_refused() {
    // Without a record id a canary is known by its person, whose scope takes two people here.
    let shared = "[release.identity]\nreason = \"x\"\npurposes = [\"x\"]\ntwo_persons = true\nper_hour = 9\ndetect_hours = 1\n";
    let unbound = NOBODY.replace("record_id = \"rdv-nobody\"", "");
    let head = "domain = \"x\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
    for (rules, is_known) in [(String::new(), true), (shared.to_owned(), false)] {
        let policy = accepted(&format!("{head}{rules}{unbound}"), &Schema::appointment()).unwrap();
        let desk = Desk::new(RULES);
        let made = Broker::new(&desk.keyring, [&policy], desk.broker().log().clone());
        assert_eq!(made.is_ok(), is_known);
        if let Err(error) = made {
            assert!(
                error.is_definition() && error.to_string().contains("known again"),
                "{error}"
            );
        }
    }
}

/// A cut row, or one whose person was changed, gave its telephone number and raised nothing.
#[test]
fn are_not_passed_by_cutting_or_changing_a_row() {
    let unbound = NOBODY.replace("record_id = \"rdv-nobody\"", "");
    let rules = "domain = \"x\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n[tenancy]\nspecialties = 12\n\
                 [release.contact]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 99\ndetect_hours = 1\n";
    let policy = accepted(&format!("{rules}{unbound}"), &Schema::appointment()).unwrap();
    let desk = Desk::new(RULES);
    let log = desk.broker().log().clone();
    let broker = Broker::new(&desk.keyring, [&policy], log).unwrap();
    let protector = Protector::new(&desk.keyring, &policy).unwrap();
    let canaries = protector.canaries().unwrap();
    let sealed = canaries[0].row().sealed();
    let ask = |row: &SealedRecord| {
        let request = asks("a.martin", 0).purpose("x");
        broker.release::<Value>(
            policy.policy().domain(),
            Binding::NONE,
            row,
            "contact",
            &request,
        )
    };
    assert!(ask(sealed).is_ok());
    let cut = sealed.withhold(&[Scope::IDENTITY]).unwrap();
    assert!(ask(&cut).unwrap_err().is_missing_scope());
    for at in [35, 40, 60] {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[at] ^= 1;
        let error = ask(&SealedRecord::from_bytes(bytes).unwrap()).unwrap_err();
        assert!(error.is_wrong_key() || error.is_tampered(), "{at}: {error}");
    }
}
