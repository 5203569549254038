//! From sealed records to what stood where.

use super::{
    parts::{Entry, Joined, not_whole},
    seal::{binding, shaped},
};
use crate::{error::Result, id::Scope, protect::Revealer, wire::SealedRecord};

/// Opens the parts of messages.
pub(crate) struct Opener {
    revealer: Revealer,
    /// The position of the shaped field of each scope that is opened.
    shaped: Vec<(Scope, usize)>,
    /// Whether these are all scopes of the schema.
    whole: bool,
}

/// What stood where, in the scopes that were opened. It is wiped on drop.
pub(crate) struct Originals(Vec<Joined>);

impl Originals {
    /// The id under which the message was sealed.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`](crate::Error::is_message) where pieces are missing.
    #[cfg(feature = "hl7v2")]
    pub(crate) fn id(&self) -> Result<&str> {
        self.0.first().ok_or_else(not_whole)?.id()
    }

    /// Each place, and what stood there: by scope, and in each in the order in which they were taken out.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`](crate::Error::is_message) where pieces are missing or of several messages.
    pub(crate) fn entries(&self) -> Result<Vec<Entry<'_>>> {
        let mut id = None;
        let mut all = Vec::new();
        for joined in &self.0 {
            let of = joined.id()?;
            if *id.get_or_insert(of) != of {
                return Err(not_whole());
            }
            all.extend(joined.entries()?);
        }
        Ok(all)
    }
}

impl Opener {
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) as for [`Sealer::new`](super::Sealer::new).
    pub(crate) fn new(revealer: Revealer) -> Result<Self> {
        let mut shaped = shaped(revealer.policy())?;
        let all = shaped.len();
        shaped.retain(|(scope, _)| revealer.scopes().contains(scope));
        Ok(Self {
            whole: shaped.len() == all,
            revealer,
            shaped,
        })
    }

    pub(crate) fn revealer(&self) -> &Revealer {
        &self.revealer
    }

    /// Whether all scopes are opened, so that a message comes back whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Opens the records of one message, in their order.
    ///
    /// # Errors
    ///
    /// Those of [`Revealer::reveal`]; [`Error::is_message`](crate::Error::is_message) where they are not those of one message.
    pub(crate) fn open(&self, records: &[SealedRecord], stored_as: &str) -> Result<Originals> {
        let schema = self.revealer.policy().schema();
        let opened = self.open_all(records, stored_as);
        opened.map_err(|error| {
            error
                .of_message()
                .with_scope_name(|scope| schema.name_of(scope))
        })
    }

    fn open_all(&self, records: &[SealedRecord], stored_as: &str) -> Result<Originals> {
        let bound = self
            .revealer
            .bind(binding(self.revealer.policy(), stored_as)?);
        let mut joined: Vec<Joined> = self.shaped.iter().map(|_| Joined::default()).collect();
        for record in records {
            bound.open(record, |values| {
                let mut scopes = joined.iter_mut().zip(&self.shaped);
                scopes.try_for_each(|(joined, &(_, position))| {
                    joined.push(values.get(position).ok_or_else(not_whole)?)
                })
            })??;
        }
        Ok(Originals(joined))
    }
}
