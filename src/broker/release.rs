//! Fields of one record, handed out.

use serde::de::DeserializeOwned;

use super::{Broker, Desk, Request, book::Texts};
use crate::{
    error::{Error, Kind, Result},
    id::Domain,
    policy::{Quota, Release},
    protect::{Binding, Revealer},
    store::{self, Entry, Event},
    wire::SealedRecord,
};

impl Broker {
    /// The fields of `[release.NAME]` of one row of a domain, in a struct or map as
    /// [`Revealer::reveal`] gives them: of a scope all that has a value, or one field.
    ///
    /// It is in the log, and on disk there, when this returns, and before `T` is made.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where there is no policy for the domain, or no release of this name in it;
    /// [`Error::is_request`] where the purpose is not one of the policy's, there is no reason or no requester, or it takes
    /// two people; [`Error::is_share`] where their shares do not open it; [`Error::is_quota`]; [`Error::is_clock`]; those of
    /// [`Revealer::reveal`]; [`Error::is_io`] and [`Error::is_log`] where the log takes no entry. In none of them a
    /// value leaves.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe.
    pub fn release<T: DeserializeOwned>(
        &self,
        domain: &Domain,
        binding: Binding<'_>,
        row: &impl AsRef<SealedRecord>,
        name: &str,
        request: &Request<'_>,
    ) -> Result<T> {
        let desk = self.desk(domain)?;
        let mut entry = Entry::new(Event::Release, request.at);
        entry.domain = Some(domain.clone());
        entry.name = Some(name.to_owned());
        let (rule, revealer) = match self.prepare(desk, name, request, &mut entry) {
            Ok(prepared) => prepared,
            // A name that the policy does not have may be anything.
            Err(error) if error.code() == "no-such-rule" => return Err(error),
            Err(error) => return Err(self.refuse(entry, error)),
        };
        let row = row.as_ref();
        desk.look_up(row, &binding, &self.book, &mut entry);
        let revealer = match &revealer {
            Opens::Desk(revealer) => *revealer,
            Opens::Two(revealer) => revealer.as_ref(),
        };
        // Only what this returns is a value, and nothing of it is handed on before the entry is on disk.
        let mut noted = None;
        let released = revealer.bind(binding).release(row, &rule.fields, |values| {
            if entry.subject.is_none() {
                let schema = desk.policy.schema();
                entry.subject = self.book.subject(schema, |position| values.get(position));
            }
            let number = self.log.append(entry.clone(), Some(quota(rule.quota)))?;
            self.watch(desk, &entry, number, request.requester);
            noted = Some(number);
            Ok(())
        });
        released.map_err(|error| match noted {
            // It is in the log, and the caller's type does not fit it.
            Some(_) => error,
            None => self.refuse(entry.clone(), error),
        })
    }

    /// The rule, and what opens its fields.
    fn prepare<'d>(
        &self,
        desk: &'d Desk,
        name: &str,
        request: &Request<'_>,
        entry: &mut Entry,
    ) -> Result<(&'d Release, Opens<'d>)> {
        let rules = desk.policy.releases().iter().zip(&desk.releases);
        let found = rules.into_iter().find(|(rule, _)| rule.name == name);
        let (rule, revealer) = found.ok_or_else(|| {
            Error::new(|| Kind::NoSuchRule {
                what: "release",
                name: name.to_owned(),
            })
        })?;
        request.check_requester()?;
        entry.requester = Some(self.book.requester(request.requester)?);
        request.check(rule)?;
        entry.purpose = Some(request.purpose.to_owned());
        let mut texts = Texts {
            requester: request.requester,
            approver: None,
            reason: Some(request.reason),
        };
        let opens = match (revealer, &request.shares) {
            (Some(revealer), _) => Opens::Desk(revealer),
            (None, Some(shares)) => {
                let approver = shares.approver(request.requester)?;
                entry.approver = Some(self.book.requester(approver)?);
                texts.approver = Some(approver);
                shares.check(rule)?;
                Opens::Two(Box::new(Revealer::new(&shares.grant()?, &desk.policy)?))
            }
            (None, None) => unreachable!("the request was checked"),
        };
        entry.sealed = Some(self.book.seal(&texts)?);
        Ok((rule, opens))
    }
}

/// What opens the fields of a release.
enum Opens<'d> {
    Desk(&'d Revealer),
    /// The grant of two people, for this call.
    Two(Box<Revealer>),
}

/// What the log counts by.
pub(super) fn quota(quota: Quota) -> store::Quota {
    store::Quota {
        per_hour: quota.per_hour,
        per_requester: quota.per_requester,
    }
}
