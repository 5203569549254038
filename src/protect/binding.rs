//! What a seal is bound to, as the caller states it at each call.

use crate::{
    error::{Error, Kind, Result},
    id::RecordId,
    key::SubjectKey,
    wire::envelope::Flags,
};

/// The record id and the subject key of one call. The policy says which of them there must be.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Binding, Date, Keyring, Policy, Protector, RecordId, Revealer, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "bound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let appointment = Appointment { start: "2020-07-21T09:30:00+02:00".to_owned(), ..Appointment::default() };
/// let binding = Binding::record(RecordId::new("rdv-1")?);
/// let row = Protector::new(&keyring, &checked)?.bind(binding).protect(&appointment)?;
///
/// let revealer = Revealer::backend(&keyring, &policy)?;
/// assert_eq!(revealer.bind(binding).reveal::<Appointment>(&row)?, appointment);
/// let another = Binding::record(RecordId::new("rdv-2")?);
/// assert!(revealer.bind(another).reveal::<Appointment>(&row).unwrap_err().is_tampered());
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Binding<'a> {
    record_id: Option<RecordId<'a>>,
    subject_key: Option<&'a SubjectKey>,
}

impl<'a> Binding<'a> {
    /// Bound to nothing.
    pub const NONE: Self = Self {
        record_id: None,
        subject_key: None,
    };

    /// Bound to the id under which the row is stored: it does not open under another one.
    pub fn record(id: RecordId<'a>) -> Self {
        Self {
            record_id: Some(id),
            subject_key: None,
        }
    }

    /// Bound to the key of a person: once that is destroyed, the row does not open.
    pub fn subject(key: &'a SubjectKey) -> Self {
        Self {
            record_id: None,
            subject_key: Some(key),
        }
    }

    /// Bound to the key of a person too.
    #[must_use]
    pub fn with_subject(self, key: &'a SubjectKey) -> Self {
        Self {
            subject_key: Some(key),
            ..self
        }
    }

    pub(crate) fn record_id(&self) -> Option<RecordId<'a>> {
        self.record_id
    }

    pub(crate) fn subject_key(&self) -> Option<&'a SubjectKey> {
        self.subject_key
    }

    /// Refuses a call that does not state what the policy binds to.
    pub(crate) fn check(&self, policy: Flags) -> Result<()> {
        for (what, given, wanted) in [
            ("a record id", self.record_id.is_some(), policy.record_id),
            (
                "a subject key",
                self.subject_key.is_some(),
                policy.subject_key,
            ),
        ] {
            if given != wanted {
                return Err(Error::new(|| Kind::Binding { what, wanted }));
            }
        }
        Ok(())
    }
}

/// Refuses a row whose flags are not the policy's.
pub(crate) fn check_flags(row: Flags, policy: Flags) -> Result<()> {
    let what = match (row, policy) {
        (row, policy) if row.record_id && !policy.record_id => "is bound to a record id",
        (row, policy) if !row.record_id && policy.record_id => "is not bound to a record id",
        (row, policy) if row.subject_key && !policy.subject_key => "is bound to a subject key",
        (row, policy) if !row.subject_key && policy.subject_key => "is not bound to a subject key",
        _ => return Ok(()),
    };
    Err(Error::new(|| Kind::Mismatch { what }))
}
