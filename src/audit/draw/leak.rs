//! The rows of one connector, as a thief has them.

use serde::Serialize;

use super::table::Table;
use crate::{error::Result, policy::Policy, protect::Protected};

/// The rows of one connector, as a thief has them: protected records, or flat rows of any scheme.
pub struct Leak {
    pub(crate) name: String,
    pub(crate) table: Table,
    /// What its grant opens, as columns of their own, named after fields.
    pub(crate) opened: Option<Table>,
    /// How fields are shown, where that is known.
    pub(crate) policy: Option<Policy>,
    pub(crate) origin: Origin,
}

/// Which true row each leaked row was made of. No attack is told; the controls and the trained attacks need it of leaks that are
/// not attacked.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    /// Nobody knows.
    #[default]
    Unknown,
    /// By a column of this name that leak and truth both have, with an id of its own for each row.
    Column(String),
    /// The position of the true row, for each leaked row.
    Rows(Vec<usize>),
}

impl Leak {
    /// Flat rows of any scheme. Columns that have the name of a field of the schema are taken to be made of that field.
    pub fn new(name: impl Into<String>, table: Table) -> Self {
        Self {
            name: name.into(),
            table,
            opened: None,
            policy: None,
            origin: Origin::Unknown,
        }
    }

    /// Rows that were protected under a policy, whose domain is the leak's name.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`](crate::Error::is_audit) where there are none.
    pub fn protected<'r>(
        policy: &Policy,
        rows: impl IntoIterator<Item = &'r Protected>,
    ) -> Result<Self> {
        let mut leak = Self::new(policy.domain().as_str(), Table::from_records(rows)?);
        leak.policy = Some(policy.clone());
        Ok(leak)
    }

    /// Says under which policy the rows were protected.
    #[must_use]
    pub fn with_policy(mut self, policy: &Policy) -> Self {
        self.policy = Some(policy.clone());
        self
    }

    /// Adds what the connector's grant opens of each row: objects of fields, as a [`Revealer`](crate::Revealer) gives them.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`](crate::Error::is_audit) where they are not one a row.
    pub fn with_opened<T: Serialize>(
        mut self,
        records: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        let opened = Table::from_records(records)?;
        if opened.rows() != self.table.rows() {
            let what = format!(
                "{} rows were opened of {}",
                opened.rows(),
                self.table.rows()
            );
            return Err(crate::Error::audit(
                what,
                "open each row once, in the order of the rows",
            ));
        }
        self.opened = Some(opened);
        Ok(self)
    }

    /// Says which true row each row was made of.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}
