//! What is there: a keyring, rows, a log and its broker, and each grant that was issued; and each deed done to both.

use std::{ops::ControlFlow, path::PathBuf, sync::Arc};

use paravent::{
    Appointment, Binding, Broker, CheckedPolicy, Date, Epoch, EpochState, Error, Event, Generation,
    Grant, Keyring, Log, LogRevealer, Protected, Protector, Query, RecordId, Request, Resealer,
    Revealer, Schema, Scope, Timestamp, test_kit,
};
use serde_json::Value;

use crate::{
    accepted::{TODAY, accepted},
    model::{Deed, Model, Row},
};

const POLICY: &str = r#"
    domain = "billing"
    schema = "appointment"
    record_id = "bound"
    [open.contact]
    reason = "sends invoices"
    [pseudonym.patient]
    of = ["last_name", "first_name"]
    reason = "one invoice a person"
    [release.last_name]
    reason = "greets who calls"
    purposes = ["call"]
    per_hour = 1_000
    detect_hours = 24
"#;

pub(crate) struct Clinic {
    folder: tempfile::TempDir,
    keyring: Keyring,
    policy: CheckedPolicy,
    /// None while it is restarted.
    broker: Option<Broker>,
    rows: Vec<Protected>,
    /// With the epochs that opened when they were issued.
    grants: Vec<(Grant, Vec<u32>)>,
    model: Model,
}

pub(crate) fn policy() -> CheckedPolicy {
    accepted(POLICY, &Schema::appointment()).unwrap()
}

pub(crate) fn record(person: u8) -> Appointment {
    Appointment {
        last_name: format!("Lefèvre {person}"),
        first_name: "Zoé".into(),
        phone: Some(format!("06 39 98 12 {:02}", person % 100)),
        start: "2020-07-21T09:30:00+02:00".into(),
        practitioner: "Dr Œuvrard".into(),
        specialty: format!("Dermatologie {person}"),
        ..Appointment::default()
    }
}

fn now() -> Timestamp {
    "2026-11-29T08:00:00Z".parse().unwrap()
}

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

/// Binds a row to its number.
fn with<T>(row: usize, call: impl FnOnce(Binding<'_>) -> T) -> T {
    let id = format!("rdv-{row}");
    call(Binding::record(RecordId::new(&id).unwrap()))
}

impl Clinic {
    pub(crate) fn new() -> Self {
        let mut clinic = Self {
            folder: tempfile::tempdir().unwrap(),
            keyring: test_kit::keyring(),
            policy: policy(),
            broker: None,
            rows: Vec::new(),
            grants: Vec::new(),
            model: Model::new(),
        };
        clinic.restart();
        clinic
    }

    pub(crate) fn do_it(&mut self, deed: Deed) {
        match deed {
            Deed::Protect { person } => self.protect(person),
            Deed::StartEpoch => {
                let started = self.keyring.start_epoch(TODAY).unwrap();
                self.model.start_epoch();
                assert_eq!(started.number(), self.model.active());
            }
            Deed::StartGeneration => {
                let started = self.keyring.start_generation().unwrap();
                self.model.generations.insert(self.model.live() + 1, true);
                assert_eq!(started.number(), self.model.live());
            }
            Deed::Reseal { row } if !self.rows.is_empty() => self.reseal(row % self.rows.len()),
            Deed::ResealAll => (0..self.rows.len()).for_each(|row| self.reseal(row)),
            Deed::Disable { epoch } => {
                self.change(epoch, EpochState::Disabled, Keyring::disable_epoch);
            }
            Deed::Enable { epoch } => {
                self.change(epoch, EpochState::DecryptOnly, Keyring::enable_epoch);
            }
            Deed::Destroy { epoch } => {
                self.change(epoch, EpochState::Destroyed, |keyring, epoch| {
                    keyring.destroy_epoch(epoch).map(|_| ())
                });
            }
            Deed::DestroyGeneration { generation } => {
                let generation = generation % self.model.live() + 1;
                let changed = Generation::new(generation).unwrap();
                let done = self.keyring.destroy_generation(changed).is_ok();
                assert_eq!(done, self.model.destroy_generation(generation));
            }
            Deed::Grant => {
                let grant = self.keyring.grant(&self.policy).unwrap();
                let open = self.model.epochs.iter().filter(|(_, state)| {
                    matches!(state, EpochState::Active | EpochState::DecryptOnly)
                });
                let open = open.map(|(epoch, _)| *epoch).collect();
                self.grants.push((grant, open));
            }
            Deed::Release { row, person } if !self.rows.is_empty() => {
                self.release(row % self.rows.len(), person);
            }
            Deed::Restart => self.restart(),
            Deed::Rotate => {
                self.broker.as_ref().unwrap().log().rotate(now()).unwrap();
            }
            Deed::Reseal { .. } | Deed::Release { .. } => {}
        }
        // What works with the keyring is made anew after each change of it.
        self.renew();
    }

    fn protect(&mut self, person: u8) {
        let protector = Protector::new(&self.keyring, &self.policy).unwrap();
        let protected = with(self.rows.len(), |binding| {
            protector.bind(binding).protect(&record(person)).unwrap()
        });
        self.rows.push(protected);
        self.model.rows.push(Row {
            person,
            epoch: self.model.active(),
            generation: self.model.live(),
        });
    }

    fn reseal(&mut self, row: usize) {
        let resealer = Resealer::new(&self.keyring, &self.policy).unwrap();
        let resealed = with(row, |binding| {
            resealer.bind(binding).reseal(&self.rows[row])
        });
        let known = self.model.rows[row];
        match resealed {
            Ok(resealed) => {
                assert!(self.model.opens(known), "{known:?} was resealed");
                self.rows[row] = resealed;
                self.model.rows[row].epoch = self.model.active();
                self.model.rows[row].generation = self.model.live();
            }
            Err(error) => assert_eq!(error.code(), self.model.closed(known)),
        }
    }

    fn change(
        &mut self,
        number: u32,
        state: EpochState,
        change: impl FnOnce(&mut Keyring, Epoch) -> Result<(), Error>,
    ) {
        let number = number % self.model.active() + 1;
        let done = change(&mut self.keyring, epoch(number)).is_ok();
        assert_eq!(done, self.model.set(number, state), "epoch {number}");
        let found = self.keyring.epoch(epoch(number)).unwrap().state;
        assert_eq!(found, self.model.epochs[&number]);
    }

    fn release(&mut self, row: usize, person: u8) {
        let broker = self.broker.as_ref().unwrap();
        let requester = format!("person {person}");
        let request = Request::new(&requester, now()).purpose("call").reason("x");
        let domain = self.policy.policy().domain();
        let released = with(row, |binding| {
            broker.release::<Value>(domain, binding, &self.rows[row], "last_name", &request)
        });
        let known = self.model.rows[row];
        let log = self.folder.path().join("release.log");
        let last = Log::read(log, &self.keyring)
            .unwrap()
            .last()
            .unwrap()
            .unwrap();
        let revealer = LogRevealer::new(&self.keyring).unwrap();
        let asked = revealer.requester(&requester).unwrap();
        assert_eq!(last.requester(), Some(&asked));
        match released {
            Ok(value) => {
                assert!(self.model.opens(known), "{known:?} was released");
                let expected = serde_json::json!({ "last_name": record(known.person).last_name });
                assert_eq!(value, expected);
                assert_eq!(last.event(), Event::Release);
                self.model.released += 1;
            }
            Err(error) => {
                assert_eq!(error.code(), self.model.closed(known));
                assert_eq!(last.error(), Some(error.code()));
                self.model.refused += 1;
            }
        }
    }

    fn places(&self) -> (PathBuf, PathBuf) {
        let folder = self.folder.path();
        (folder.join("release.log"), folder.join("heads"))
    }

    fn renew(&mut self) {
        let log = Arc::clone(self.broker.as_ref().unwrap().log());
        self.broker = Some(Broker::new(&self.keyring, [&self.policy], log).unwrap());
    }

    /// Lets the log go and opens it anew, which is then as it was written: one entry a value.
    fn restart(&mut self) {
        self.broker = None;
        let (path, heads) = self.places();
        let log = Log::open(&path, &heads, &self.keyring, now()).unwrap();
        self.broker = Some(Broker::new(&self.keyring, [&self.policy], Arc::new(log)).unwrap());
        let go_on = |_| ControlFlow::Continue(());
        let found = Log::verify(path, heads, &self.keyring, &go_on).unwrap();
        assert_eq!(found.releases, self.model.released);
        assert_eq!(found.refusals, self.model.refused);
        assert_eq!((found.beyond_heads, found.cut_line), (0, false));
    }

    /// That all is as the model has it: no row is lost, and none opens that should not.
    pub(crate) fn check(&mut self) {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        let query = Query::new(&self.keyring, self.policy.policy()).unwrap();
        assert_eq!(self.rows.len(), self.model.rows.len());
        for (row, (protected, known)) in self.rows.iter().zip(&self.model.rows).enumerate() {
            assert_eq!(protected.sealed().epoch().number(), known.epoch);
            let revealed: Result<Appointment, Error> =
                with(row, |binding| revealer.bind(binding).reveal(protected));
            match revealed {
                Ok(revealed) => {
                    assert!(self.model.opens(*known), "{known:?} opened");
                    assert_eq!(revealed, record(known.person));
                }
                Err(error) => {
                    assert!(error.is_unknown_epoch(), "{error}");
                    assert_eq!(error.code(), self.model.closed(*known));
                }
            }
            self.check_query(&query, protected, *known);
            self.check_grants(row, protected, *known);
        }
        self.restart();
    }

    /// A row is found by the pseudonym of its generation, as long as that is there.
    fn check_query(&self, query: &Query, protected: &Protected, known: Row) {
        let asked = query.pseudonym("patient", &record(known.person)).unwrap();
        let shown = protected.pseudonym("patient").unwrap();
        let found: Vec<u32> = asked
            .iter()
            .filter(|(_, pseudonym)| *pseudonym == shown)
            .map(|(generation, _)| generation.number())
            .collect();
        let expected = match self.model.generations[&known.generation] {
            true => vec![known.generation],
            false => vec![],
        };
        assert_eq!(found, expected, "{known:?}");
        let there = self.model.generations.values().filter(|there| **there);
        assert_eq!(asked.len(), there.count());
        let other = query
            .pseudonym("patient", &record(known.person ^ 128))
            .unwrap();
        assert!(other.iter().all(|(_, pseudonym)| *pseudonym != shown));
    }

    /// A grant opens its scope in the epochs that opened when it was issued, for good; and nothing else, ever.
    fn check_grants(&self, row: usize, protected: &Protected, known: Row) {
        for (grant, epochs) in &self.grants {
            assert_eq!(grant.scopes(), [Scope::CONTACT]);
            let revealer = Revealer::new(grant, self.policy.policy()).unwrap();
            for scope in [Scope::IDENTITY, Scope::SCHEDULE, Scope::CARE] {
                let wider = Revealer::new(grant, self.policy.policy()).unwrap();
                assert!(wider.only(&[scope]).is_err());
            }
            let revealed: Result<Value, Error> =
                with(row, |binding| revealer.bind(binding).reveal(protected));
            match revealed {
                Ok(revealed) => {
                    assert!(epochs.contains(&known.epoch), "{known:?}");
                    let phone = record(known.person).phone;
                    assert_eq!(revealed, serde_json::json!({ "phone": phone }));
                }
                Err(error) => {
                    assert!(!epochs.contains(&known.epoch), "{error}");
                    assert!(error.is_unknown_epoch(), "{error}");
                }
            }
        }
    }

    /// Saves the keyring, loads it again and goes on with that.
    pub(crate) fn reload(&mut self) {
        let passphrase = paravent::Passphrase::new("four words").unwrap();
        let path = self.folder.path().join("backend.keyring");
        self.keyring.save(&path, &passphrase).unwrap();
        self.keyring = Keyring::load(&path, &passphrase).unwrap();
        let on_its_day = self.keyring.check_active(Date::constant(2026, 11, 24));
        on_its_day.unwrap();
        self.renew();
    }
}
