//! What is revealed with a reason: one record a call, in the log before it is out.
//!
//! `request` is what is asked, `release` hands fields out, `render` fills a message and sends it, `book` makes what the log
//! says of a call, and `details` reads that back.

mod book;
mod canary;
mod details;
mod release;
mod render;
mod request;

use std::{collections::BTreeMap, fmt, sync::Arc};

use self::{book::Book, canary::Planted};
pub use self::{
    canary::Alarm,
    details::{Details, LogRevealer},
    render::Message,
    request::Request,
};
use crate::{
    error::{Error, Kind, Result},
    id::{Domain, Scope},
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    protect::{Binding, Revealer},
    store::{Entry, Event, Log},
    wire::SealedRecord,
};

/// The backend's side of what a policy lets a domain have one record at a time: `[release.NAME]` and `[render.NAME]`.
///
/// Every call is within a quota of its requester, of its domain and of an hour, and is in the [log](Log) and on disk
/// **before** a value leaves: no log, no value.
///
/// `Send` and `Sync`: share it in an [`Arc`]. It has the keys of what its policies release and render, in every epoch that
/// the keyring opens, and makes pseudonyms for the log: make it anew after each change of keyring or policies. A call waits
/// for the disk: from async code, call it in `spawn_blocking`.
///
/// # Security
///
/// It does not know who asks: state the requester that you have authenticated. What it refuses is in the log too, as far
/// as there is a policy. Quotas are counted from the log, so that a restart or another process does not reset them.
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
    book: Book,
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
}

impl Broker {
    /// A broker for the domains of these policies.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where two policies are of one domain.
    pub fn new<'p>(
        keyring: &Keyring,
        policies: impl IntoIterator<Item = &'p CheckedPolicy>,
        log: Arc<Log>,
    ) -> Result<Self> {
        let book = Book::new(keyring)?;
        let mut desks = BTreeMap::new();
        for policy in policies {
            let policy = policy.policy();
            let desk = Desk::new(keyring, policy, &book)?;
            if desks.insert(policy.domain().clone(), desk).is_some() {
                return Err(Error::definition(
                    format!("two policies are for domain {:?}", policy.domain().as_str()),
                    "give each job a domain of its own, or make one policy of the two",
                ));
            }
        }
        Ok(Self {
            desks,
            book,
            log,
            alarm: None,
        })
    }

    /// The same, calling `alarm` where somebody asks for a canary: after that is in the log, and before the value is out.
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

    /// Notes in the log that a call was refused. It is refused whether or not that can be noted.
    fn refuse(&self, mut entry: Entry, error: Error) -> Error {
        entry.event = Event::Refused;
        entry.error = Some(error.code().to_owned());
        let _ = self.log.append(entry, None);
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
    fn new(keyring: &Keyring, policy: &Policy, book: &Book) -> Result<Self> {
        let revealer = |scopes: &[Scope]| Revealer::of_scopes(keyring, policy, scopes);
        let releases = policy.releases().iter().map(|rule| {
            // Not even this process can open it alone.
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
        let person = scopes_of(policy, &book::person_fields(policy.schema()));
        let is_for_two = |scope: &Scope| {
            let mut shared = policy.releases().iter().filter(|rule| rule.two_persons);
            shared.any(|rule| scopes_of(policy, &rule.fields).contains(scope))
        };
        let person = match person.is_empty() || person.iter().any(is_for_two) {
            true => None,
            false => Some(revealer(&person)?),
        };
        Ok(Self {
            releases,
            renders,
            person,
            canaries: canary::planted(policy, book)?,
            policy: policy.clone(),
        })
    }

    /// What the log says of whose record a row is, as far as this desk can open that.
    fn look_up(&self, row: &SealedRecord, binding: &Binding<'_>, book: &Book, entry: &mut Entry) {
        let domain = self.policy.domain();
        entry.row = binding
            .record_id()
            .map(|id| book.row(domain, id.as_bytes()));
        if let Some(person) = &self.person {
            let subject = person.bind(*binding).open(row, |values| {
                book.subject(self.policy.schema(), |position| values.get(position))
            });
            // A row that was cut has no person, and one that does not open is refused for that.
            entry.subject = subject.ok().flatten();
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
