//! What a log has sealed, for whoever looks into it with the keyring.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::sealer::{self, LogPseudonyms, Texts};
use crate::{
    error::{Error, Kind, Result},
    key::Keyring,
    protect::{self, Revealer},
    schema::Schema,
    store::Entry,
    wire::Pseudonym,
};

/// Reveals what the entries of a broker's log have sealed, and tells by which pseudonyms people stand there: for an
/// incident, and for a person who asks who has looked at their record.
///
/// # Examples
///
/// ```
/// use paravent::{Keyring, LogRevealer, Schema};
/// use serde_json::json;
///
/// let revealer = LogRevealer::new(&Keyring::generate()?)?;
/// assert_eq!(revealer.requester("A. Martin")?, revealer.requester("a.  martin ")?);
/// let schema = Schema::appointment();
/// let person = revealer.subject(&schema, &json!({ "last_name": "Martin", "first_name": "Zoé" }))?;
/// assert_eq!(person, revealer.subject(&schema, &json!({ "last_name": "MARTIN", "first_name": "Zoe" }))?);
/// assert!(person.is_some());
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct LogRevealer {
    revealer: Revealer,
    pseudonyms: LogPseudonyms,
}

/// What an entry has sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Details {
    /// Who asked.
    pub requester: String,
    /// Who agreed, where it took two people.
    pub approver: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl LogRevealer {
    /// A revealer of what brokers with this keyring have sealed.
    ///
    /// # Errors
    ///
    /// None with a keyring that was generated or loaded whole.
    pub fn new(keyring: &Keyring) -> Result<Self> {
        Ok(Self {
            revealer: Revealer::backend(keyring, sealer::policy()?.policy())?,
            pseudonyms: LogPseudonyms::new(keyring),
        })
    }

    /// What an entry has sealed; `None` where it has nothing sealed.
    ///
    /// # Errors
    ///
    /// As [`Revealer::reveal`]; [`Error::is_unknown_epoch`](crate::Error::is_unknown_epoch) where the epoch of that time was
    /// destroyed, and the texts with it.
    pub fn reveal(&self, entry: &Entry) -> Result<Option<Details>> {
        entry
            .sealed()
            .map(|sealed| self.revealer.reveal(sealed))
            .transpose()
    }

    /// The pseudonym by which a requester stands in entries.
    ///
    /// # Errors
    ///
    /// [`Error::is_request`](crate::Error::is_request) where the name is none.
    pub fn requester(&self, name: &str) -> Result<Pseudonym> {
        self.pseudonyms.requester(name)
    }

    /// The pseudonym by which the person of a record stands in entries: of the identifiers of the scope of the schema's first
    /// one, such as last and first name. `None` where the record has none of them.
    ///
    /// # Errors
    ///
    /// [`Error::is_record`](crate::Error::is_record) where the record does not fit the schema, or lacks one of these fields that is not
    /// optional: nobody would be found by the others alone.
    pub fn subject<T: Serialize + ?Sized>(
        &self,
        schema: &Schema,
        record: &T,
    ) -> Result<Option<Pseudonym>> {
        let found = protect::read_record(record, schema, |draft| {
            let missing = sealer::person_fields(schema).into_iter().find(|&position| {
                !schema.fields()[position].is_optional() && draft.text(position).is_none()
            });
            match missing {
                Some(position) => Err(position),
                None => Ok(self
                    .pseudonyms
                    .subject(schema, |position| draft.text(position))),
            }
        })?;
        found.map_err(|position| {
            Error::new(|| Kind::MissingField {
                field: schema.fields()[position].name().to_owned(),
            })
        })
    }
}

impl fmt::Debug for LogRevealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogRevealer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details").finish_non_exhaustive()
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}
