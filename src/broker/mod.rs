//! What is revealed with a reason: one record a call, in the log before it is out.
//!
//! `request` is what is asked, `release` hands fields out, `render` fills a message and sends it, `canary` knows records of
//! nobody, `sealer` makes what the log says of people, and `details` reads that back.

mod canary;
mod details;
mod release;
mod render;
mod request;
mod sealer;

use std::{collections::BTreeMap, fmt, sync::Arc};

pub use self::{
    canary::Alarm,
    details::{Details, LogRevealer},
    render::Message,
    request::Request,
};
use self::{
    canary::{Planted, alarm_entry},
    sealer::{EntrySealer, Texts},
};
use crate::{
    error::{Error, Kind, Result},
    id::{Domain, Epoch, Scope},
    key::{EpochState, Keyring},
    policy::{CheckedPolicy, Policy, Quota},
    protect::{Binding, Revealer},
    store::{Entry, Event, Log},
    wire::{Pseudonym, SealedRecord},
};

/// The backend's side of what a policy lets a domain have one record at a time: `[release.NAME]` and `[render.NAME]`.
///
/// Every call is within a quota of its requester, of its domain and of an hour, and is in the [log](Log) and on disk
/// **before** a value leaves: no log, no value.
///
/// `Send` and `Sync`: share it in an [`Arc`]. It has the keys of what its policies release and render, in every epoch that
/// the keyring opens, and makes pseudonyms for the log: make it anew after each change of keyring or policies, with its
/// [alarm](Broker::on_alarm); the log goes on. A call waits for the disk: from async code, call it in `spawn_blocking`.
///
/// # Security
///
/// It does not know who asks: state the requester that you have authenticated. What it refuses is in the log too, where the
/// policy has a release or a message of that name, unless the clock was set back or the log itself is what failed. Quotas are counted
/// from the log, so that a restart or another process does not reset them. What the log has sealed is under the epoch that was active
/// when the broker was made.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use paravent::{Appointment, Binding, Broker, Date, Keyring, Log, Policy, Protector, Request, Schema, Timestamp};
/// use serde::Deserialize;
///
/// let policy = Policy::from_toml(r#"
///     domain = "support-desk"
///     schema = "appointment"
///     record_id = "unbound"
///
///     [release.phone]
///     reason = "the desk calls back who could not be reached"
///     purposes = ["call back"]
///     per_hour = 20
///     detect_hours = 24
///
///     [tenancy]
///     specialties = 12
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let appointment = Appointment {
///     last_name: "Martin".into(),
///     phone: Some("06 39 98 12 34".into()),
///     start: "2020-07-21T09:30:00+02:00".into(),
///     ..Appointment::default()
/// };
/// let row = Protector::new(&keyring, &checked)?.protect(&appointment)?;
///
/// let folder = tempfile::tempdir()?;
/// let now: Timestamp = "2026-11-29T06:40:12Z".parse()?;
/// let log = Log::open(folder.path().join("release.log"), folder.path().join("heads"), &keyring, now)?;
/// let broker = Broker::new(&keyring, [&checked], Arc::new(log))?;
///
/// #[derive(Deserialize)]
/// struct CallBack {
///     phone: Option<String>,
/// }
/// let request = Request::new("a.martin", now).purpose("call back").reason("ticket 4711");
/// let released: CallBack = broker.release(checked.policy().domain(), Binding::NONE, &row, "phone", &request)?;
/// assert_eq!(released.phone.as_deref(), Some("06 39 98 12 34"));
///
/// // Without a reason there is nothing.
/// let request = Request::new("a.martin", now).purpose("call back");
/// let refused = broker.release::<CallBack>(checked.policy().domain(), Binding::NONE, &row, "phone", &request);
/// assert!(refused.is_err_and(|error| error.is_request()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Broker {
    desks: BTreeMap<Domain, Desk>,
    sealer: EntrySealer,
    log: Arc<Log>,
    alarm: Option<Box<Callback>>,
}

/// What an alarm calls.
type Callback = dyn Fn(&Alarm<'_>) + Send + Sync;

/// What a broker has for one domain.
struct Desk {
    policy: Policy,
    /// One a release of the policy; none where that takes two people, whose shares give it.
    releases: Vec<Option<Revealer>>,
    /// One a render of the policy.
    renders: Vec<Revealer>,
    /// Opens whose record it is, for the log.
    person: Option<Revealer>,
    canaries: Vec<Planted>,
    /// Epochs that open nothing any more, whatever two people bring.
    closed: BTreeMap<Epoch, EpochState>,
}

impl Broker {
    /// A broker for the domains of these policies.
    ///
    /// # Errors
    ///
    /// [`Error::is_wrong_key`] where the log was opened with another keyring; [`Error::is_definition`] where two policies
    /// are of one domain, and where a canary would not be known again, as it has no record id and no person that the
    /// broker can look up; [`Error::is_record`] where a canary's record cannot be read.
    pub fn new<'p>(
        keyring: &Keyring,
        policies: impl IntoIterator<Item = &'p CheckedPolicy>,
        log: Arc<Log>,
    ) -> Result<Self> {
        log.check_keyring(keyring)?;
        let sealer = EntrySealer::new(keyring)?;
        let mut desks = BTreeMap::new();
        for policy in policies {
            let policy = policy.policy();
            let desk = Desk::new(keyring, policy, &sealer)?;
            if desks.insert(policy.domain().clone(), desk).is_some() {
                return Err(Error::definition(
                    format!("two policies are for domain {:?}", policy.domain().as_str()),
                    "give each job a domain of its own, or make one policy of the two",
                ));
            }
        }
        Ok(Self {
            desks,
            sealer,
            log,
            alarm: None,
        })
    }

    /// The same, calling `alarm` where somebody asks for a canary: after that is in the log, and before the value is out; also where
    /// it is refused. Let it return at once, and what it starts go on elsewhere: who asks could tell a canary by the time it takes.
    #[must_use]
    pub fn on_alarm(self, alarm: impl Fn(&Alarm<'_>) + Send + Sync + 'static) -> Self {
        Self {
            alarm: Some(Box::new(alarm)),
            ..self
        }
    }

    /// Its log.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    fn desk(&self, domain: &Domain) -> Result<&Desk> {
        let missing = || Kind::NoSuchDomain {
            domain: domain.clone(),
        };
        self.desks.get(domain).ok_or_else(|| Error::new(missing))
    }

    /// Lets the log say who asks, and why where that is a reason.
    fn identify(&self, request: &Request<'_>, entry: &mut Entry) -> Result<()> {
        request.check_requester()?;
        entry.requester = Some(self.sealer.requester(request.requester)?);
        let reason = Some(request.reason).filter(|reason| !reason.is_empty());
        entry.sealed = Some(self.sealer.seal(&Texts {
            requester: request.requester,
            approver: None,
            reason: reason.filter(|_| request.check_reason().is_ok()),
        })?);
        Ok(())
    }

    /// Puts a call into the log, within its quota and on disk, and raises an alarm where it is for a canary.
    fn note(&self, desk: &Desk, entry: Entry, request: &Request<'_>, quota: Quota) -> Result<()> {
        let canary = desk.canary(&entry);
        let alarm = canary.map(|canary| alarm_entry(&entry, canary));
        let number = self.log.append_both(entry, alarm, Some(quota))?;
        self.raise(desk, canary, request, Some(number));
        Ok(())
    }

    /// Notes in the log that a call was refused, and raises an alarm where it was for a canary. It is refused whether or not
    /// that can be noted; where the clock was set back or the log is what failed, it cannot.
    fn refuse(&self, desk: &Desk, mut entry: Entry, request: &Request<'_>, error: Error) -> Error {
        entry.event = Event::Refused;
        entry.error = Some(error.code().to_owned());
        let canary = desk.canary(&entry);
        let alarm = canary.map(|canary| alarm_entry(&entry, canary));
        let is_noted = !error.is_clock() && !error.is_log() && !error.is_io();
        let number = match is_noted {
            true => self.log.append_both(entry, alarm, None).ok(),
            false => None,
        };
        self.raise(desk, canary, request, number);
        error
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("domains", &self.desks.keys())
            .finish_non_exhaustive()
    }
}

impl Desk {
    fn new(keyring: &Keyring, policy: &Policy, sealer: &EntrySealer) -> Result<Self> {
        let revealer = |scopes: &[Scope]| Revealer::of_scopes(keyring, policy, scopes);
        let releases = policy.releases().iter().map(|rule| {
            // Two people bring it: the broker has no key for it of its own.
            match rule.two_persons {
                true => Ok(None),
                false => revealer(&scopes_of(policy, &rule.fields)).map(Some),
            }
        });
        let releases = releases.collect::<Result<_>>()?;
        let renders = policy.renders().iter().map(|rule| {
            let fields: Vec<usize> = [&rule.fields[..], &[rule.to]].concat();
            revealer(&scopes_of(policy, &fields))
        });
        let renders = renders.collect::<Result<_>>()?;
        let person = scopes_of(policy, &sealer::person_fields(policy.schema()));
        let is_for_two = |scope: &Scope| {
            let mut shared = policy.releases().iter().filter(|rule| rule.two_persons);
            shared.any(|rule| scopes_of(policy, &rule.fields).contains(scope))
        };
        let person = match person.is_empty() || person.iter().any(is_for_two) {
            true => None,
            false => Some(revealer(&person)?),
        };
        Ok(Self {
            canaries: canary::planted(policy, sealer, person.is_some())?,
            releases,
            renders,
            person,
            closed: keyring.closed_epochs(),
            policy: policy.clone(),
        })
    }

    /// What the log says of a call for a row.
    fn entry(
        &self,
        mut entry: Entry,
        name: &str,
        binding: &Binding<'_>,
        sealer: &EntrySealer,
    ) -> Entry {
        let domain = self.policy.domain();
        entry.domain = Some(domain.clone());
        entry.name = Some(name.to_owned());
        entry.row = binding
            .record_id()
            .map(|id| sealer.row(domain, id.as_bytes()));
        entry
    }

    /// Whose record a row is, as far as it can be opened. A row whose person does not open is refused: it was changed, perhaps so
    /// that nobody finds who asked for it. One that was cut has none, and is refused where canaries are known by their persons.
    fn person(
        &self,
        row: &SealedRecord,
        binding: &Binding<'_>,
        sealer: &EntrySealer,
    ) -> Result<Option<Pseudonym>> {
        let Some(person) = &self.person else {
            return Ok(None);
        };
        let subject = person.bind(*binding).open(row, |values| {
            sealer.subject(self.policy.schema(), |position| values.get(position))
        });
        match subject {
            Err(error) if error.is_missing_scope() && !self.knows_by_person() => Ok(None),
            subject => subject,
        }
    }
}

/// The scopes of these fields, ascending.
fn scopes_of(policy: &Policy, fields: &[usize]) -> Vec<Scope> {
    let all = policy.schema().fields();
    let mut scopes: Vec<Scope> = fields.iter().map(|&at| all[at].scope()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
