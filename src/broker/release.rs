//! Fields of one record, handed out.

use serde::de::DeserializeOwned;

use super::{Broker, Desk, Request, sealer::Texts};
use crate::{
    error::Result,
    id::Domain,
    policy::Release,
    protect::{Binding, Revealer},
    store::{Entry, Event},
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
    /// [`is_misuse`](crate::Error::is_misuse) where there is no policy for the domain, or no release of this name in it;
    /// [`is_request`](crate::Error::is_request) where the purpose is not one of the policy's, there is no reason or no
    /// requester, or it takes two people; [`is_share`](crate::Error::is_share) where their shares do not open it;
    /// [`is_quota`](crate::Error::is_quota); [`is_clock`](crate::Error::is_clock); those of [`Revealer::reveal`], also
    /// where whose record it is does not open; [`is_io`](crate::Error::is_io) and [`is_log`](crate::Error::is_log) where
    /// the log takes no entry. In none of them a value leaves.
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
        let (place, rule) = desk.policy.release(name)?;
        let row = row.as_ref();
        let entry = Entry::new(Event::Release, request.at);
        let mut entry = desk.entry(entry, name, &binding, &self.sealer);
        let person = desk.person(row, &binding, &self.sealer);
        entry.subject = person.as_ref().ok().copied().flatten();
        let refuse = |entry, error| self.refuse(desk, entry, request, error);
        let prepared = self.prepare(desk, (place, rule), request, &mut entry);
        let revealer = match person.and(prepared) {
            Ok(revealer) => revealer,
            Err(error) => return Err(refuse(entry, error)),
        };
        let revealer = match &revealer {
            Opens::Desk(revealer) => *revealer,
            Opens::Two(revealer) => revealer.as_ref(),
        };
        // Nothing of it is handed on before the entry is on disk: the caller's type is code of others.
        let mut is_noted = false;
        let released = revealer.bind(binding).release(row, &rule.fields, |values| {
            if entry.subject.is_none() {
                let schema = desk.policy.schema();
                entry.subject = self.sealer.subject(schema, |position| values.get(position));
            }
            self.note(desk, entry.clone(), request, rule.quota)?;
            is_noted = true;
            Ok(())
        });
        released.map_err(|error| match is_noted {
            true => error,
            false => refuse(entry, error),
        })
    }

    /// What opens the fields of a release, once the request is one.
    fn prepare<'d>(
        &self,
        desk: &'d Desk,
        (place, rule): (usize, &Release),
        request: &Request<'_>,
        entry: &mut Entry,
    ) -> Result<Opens<'d>> {
        self.identify(request, entry)?;
        request.check_purpose(rule)?;
        entry.purpose = Some(request.purpose.to_owned());
        request.check(rule)?;
        let Some(shares) = &request.shares else {
            return match &desk.releases[place] {
                Some(revealer) => Ok(Opens::Desk(revealer)),
                None => unreachable!("the request was checked"),
            };
        };
        let approver = shares.approver(request.requester)?;
        shares.check(rule)?;
        let revealer = Revealer::new(&shares.grant()?, &desk.policy)?;
        // Nobody has agreed before the shares have opened it.
        entry.approver = Some(self.sealer.requester(approver)?);
        entry.sealed = Some(self.sealer.seal(&Texts {
            requester: request.requester,
            approver: Some(approver),
            reason: Some(request.reason),
        })?);
        Ok(Opens::Two(Box::new(revealer.closing(&desk.closed))))
    }
}

/// What opens the fields of a release.
enum Opens<'d> {
    Desk(&'d Revealer),
    /// The grant of two people, for this call.
    Two(Box<Revealer>),
}
