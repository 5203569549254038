//! Where a leaked row comes from, by its commitment.

use crate::{
    crypto::aead::{COMMITMENT, Nonce, SealingKey},
    error::{Error, Kind, Result},
    id::{Domain, Epoch, Scope},
    key::{Keyring, SubjectKey, tree},
    secret::{KEY_STACK, wiping_stack},
    wire::{SealedRecord, SealedRow, envelope::Header},
};

/// Where a leaked row comes from: the domain that it was sealed for, and the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribution {
    /// The domain, which is one connector for one purpose.
    pub domain: Domain,
    /// The epoch that it was sealed under.
    pub epoch: Epoch,
}

impl Keyring {
    /// Where a leaked row comes from, of these domains; `None` where it is of none of them, or of another keyring. Nothing is decrypted.
    ///
    /// `text` is a sealed record or the column of a row whose fields are cells, `p1.…`; one scope that is left in it is enough. Each of its
    /// commitments (ePrint 2025/758) names the key that it was sealed under, and each domain has keys of its own. By chance a row is
    /// taken for another domain's in one of 2^128 cases. The cost is that of deriving two keys a domain: a thousand domains take under a
    /// millisecond.
    ///
    /// Where the policy binds rows to the keys of people, `subject` is that of the row's person; else it is passed over.
    ///
    /// # Errors
    ///
    /// [`Error::is_malformed`] for a text of another form; [`Error::is_unsupported`] for another version or suite;
    /// [`Error::is_unknown_epoch`] where the keyring does not hold the epoch, or it was destroyed; [`Error::is_misuse`] where the row is bound to a
    /// subject key and none is given.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Appointment, Date, Domain, Keyring, Policy, Protector, Schema};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "archive"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    /// "#, &Schema::appointment())?;
    /// let keyring = Keyring::generate()?;
    /// let protector = Protector::new(&keyring, &policy.check(Date::constant(2026, 11, 24))?)?;
    /// let appointment = Appointment { start: "2020-07-21T09:30:00+02:00".to_owned(), ..Appointment::default() };
    /// let leaked = protector.protect(&appointment)?.sealed().to_string();
    ///
    /// let domains = [Domain::new("sms-reminders")?, Domain::new("archive")?];
    /// let found = keyring.attribute(&leaked, None, &domains)?.expect("it is of one of them");
    /// assert_eq!(found.domain.as_str(), "archive");
    /// assert_eq!(found.epoch, keyring.active_epoch());
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn attribute<'d>(
        &self,
        text: &str,
        subject: Option<&SubjectKey>,
        domains: impl IntoIterator<Item = &'d Domain>,
    ) -> Result<Option<Attribution>> {
        let Committed {
            header,
            scope,
            commitment,
        } = Committed::parse(text)?;
        let epoch = header.epoch;
        let root = self.kept_root(epoch)?;
        let subject = match (header.flags.subject_key, subject) {
            (true, None) => return Err(Error::new(|| Kind::SubjectKeyNeeded)),
            (true, subject) => subject,
            (false, _) => None,
        };
        let of = |nonce: &Nonce| {
            let scope_key = tree::scope_key(root, scope);
            domains.into_iter().find(|domain| {
                let key = tree::domain_key(&scope_key, domain);
                let key = match subject {
                    Some(subject) => tree::subject_seal_key(&key, subject),
                    None => tree::seal_key(&key),
                };
                SealingKey::new(&key).derive(nonce).commits_to(&commitment)
            })
        };
        let domain = wiping_stack::<KEY_STACK, _>(|| of(&header.nonce));
        Ok(domain.map(|domain| Attribution {
            domain: domain.clone(),
            epoch,
        }))
    }
}

/// The first commitment of a sealed text.
struct Committed {
    header: Header,
    scope: Scope,
    commitment: [u8; COMMITMENT],
}

impl Committed {
    fn parse(text: &str) -> Result<Self> {
        let (header, first) = match text.parse::<SealedRecord>() {
            Ok(record) => {
                let first = record.groups().next();
                (
                    record.header(),
                    first.map(|group| (group.scope, *group.commitment)),
                )
            }
            // Of the other profile, or not read at all: then it says why.
            Err(error) if error.is_unsupported() => {
                let row: SealedRow = text.parse()?;
                let first = row.scopes().next();
                let first = first.and_then(|scope| Some((scope, *row.commitment(scope)?)));
                (row.header(), first)
            }
            Err(error) => return Err(error),
        };
        let Some((scope, commitment)) = first else {
            return Err(Error::new(|| Kind::Structure {
                what: "it has no group",
            }));
        };
        Ok(Self {
            header,
            scope,
            commitment,
        })
    }
}
