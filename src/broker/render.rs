//! A message of one record, sent without being shown to who asked for it.

use std::fmt;

use zeroize::Zeroizing;

use super::{Broker, Request};
use crate::{
    error::{Error, Kind, Result},
    id::{Domain, breaks_line},
    protect::{Binding, Values},
    store::{Entry, Event},
    wire::SealedRecord,
};

/// What a sink sends.
pub struct Message<'m> {
    to: &'m str,
    text: &'m str,
    gateway: &'m Domain,
}

impl<'m> Message<'m> {
    /// The address: one line.
    pub fn to(&self) -> &'m str {
        self.to
    }

    /// The text, of the same number of bytes for every record of a template, with spaces at its end.
    pub fn text(&self) -> &'m str {
        self.text
    }

    /// Who is to carry it, as the policy has it.
    pub fn gateway(&self) -> &'m Domain {
        self.gateway
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// Fills the template of `[render.NAME]` from one row of a domain and hands the message to `sink`, which sends it: by
    /// SMS, mail, a queue. Who asked learns that it was sent, or a kind of error.
    ///
    /// It is in the log, and on disk there, before `sink` is called. Purpose and reason are the policy's; a request has a
    /// requester and a time, and may have a reason, one line of at most 500 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`], [`Error::is_request`], [`Error::is_quota`], [`Error::is_clock`], [`Error::is_io`],
    /// [`Error::is_log`] and those of opening a row as [`release`](Broker::release);
    /// [`Error::is_not_sent`] where the record has no address, it is not one line, or `sink` fails: which of them is not told, nor
    /// what the sink said, since either may tell of the record.
    ///
    /// # Security
    ///
    /// Message and address are wiped when this returns; what the sink makes of them is its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use paravent::{Appointment, Binding, Broker, Date, Keyring, Log, Policy, Protector, Request, Schema, Timestamp};
    /// let policy = Policy::from_toml(r#"
    ///     domain = "practice-software"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    ///
    ///     [render.reminder]
    ///     to = "phone"
    ///     template = "{first_name:20}: your appointment is tomorrow"
    ///     gateway = "sms-gateway"
    ///     reason = "a reminder the day before"
    ///     per_hour = 500
    ///     detect_hours = 24
    ///
    ///     [tenancy]
    ///     specialties = 12
    /// "#, &Schema::appointment())?;
    /// # let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// # let keyring = Keyring::generate()?;
    /// # let appointment = Appointment {
    /// #     first_name: "Zoé".into(),
    /// #     phone: Some("06 39 98 12 34".into()),
    /// #     start: "2020-07-21T09:30:00+02:00".into(),
    /// #     ..Appointment::default()
    /// # };
    /// # let row = Protector::new(&keyring, &checked)?.protect(&appointment)?;
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Timestamp = "2026-11-29T06:40:12Z".parse()?;
    /// # let log = Log::open(folder.path().join("render.log"), folder.path().join("heads"), &keyring, now)?;
    /// # let broker = Broker::new(&keyring, [&checked], Arc::new(log))?;
    /// let request = Request::new("practice 12", now);
    /// broker.render(policy.domain(), Binding::NONE, &row, "reminder", &request, |message| {
    ///     assert_eq!(message.to(), "06 39 98 12 34");
    ///     assert!(message.text().starts_with("Zoé: your appointment is tomorrow"));
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn render<E>(
        &self,
        domain: &Domain,
        binding: Binding<'_>,
        row: &impl AsRef<SealedRecord>,
        name: &str,
        request: &Request<'_>,
        sink: impl FnOnce(&Message<'_>) -> std::result::Result<(), E>,
    ) -> Result<()> {
        let desk = self.desk(domain)?;
        let (place, rule) = desk.policy.message(name)?;
        let row = row.as_ref();
        let entry = Entry::new(Event::Render, request.at);
        let mut entry = desk.entry(entry, name, &binding, &self.sealer);
        let person = desk.person(row, &binding, &self.sealer);
        entry.subject = person.as_ref().ok().copied().flatten();
        let (mut to, mut text) = (Zeroizing::new(String::new()), Zeroizing::new(String::new()));
        let fill = |values: &Values| {
            let address = values.get(rule.to).unwrap_or_default();
            to.reserve_exact(address.len());
            to.push_str(address);
            rule.template
                .fill(|position| values.get(position), &mut text);
        };
        let noted = self
            .identify(request, &mut entry)
            .and(person.map(|_| ()))
            .and_then(|()| request.check_reason())
            .and_then(|()| desk.renders[place].bind(binding).open(row, fill))
            .and_then(|()| self.note(desk, entry.clone(), request, rule.quota));
        if let Err(error) = noted {
            return Err(self.refuse(desk, entry, request, error));
        }
        let message = Message {
            to: &to,
            text: &text,
            gateway: &rule.gateway,
        };
        let is_address = !to.trim().is_empty() && !to.chars().any(breaks_line);
        if is_address && sink(&message).is_ok() {
            return Ok(());
        }
        entry.event = Event::NotSent;
        let _ = self.log.append(entry, None);
        Err(Error::new(|| Kind::NotSent))
    }
}
