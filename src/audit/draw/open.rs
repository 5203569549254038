//! What a connector opens of its rows, beside them.

use super::{leak::Leak, table::Table};
use crate::{
    error::{Error, Result},
    id::RecordId,
    protect::{Binding, Revealer, SEALED, Values},
    wire::SealedRecord,
};

impl Leak {
    /// Adds what a connector's revealer opens of each row, and takes its policy for the one that the rows were protected under.
    ///
    /// The rows are those of a file: the seal is in the column `sealed`, and the record id, where the policy binds to one, in the column
    /// that the policy names under `[source]`. A row without a seal has nothing that opens.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where a column is missing; that of the first row that does not open, as
    /// [`Revealer::reveal`] has it, with its [row](Error::row).
    pub fn opened_by(mut self, revealer: &Revealer) -> Result<Self> {
        let policy = revealer.policy();
        let missing = |name: &str| {
            Error::audit(
                format!("leak \"{}\" has no column \"{name}\"", self.name),
                "give the rows as they were protected, or no grant",
            )
        };
        let find = |name: &str| self.table.column(name).ok_or_else(|| missing(name));
        let sealed = find(SEALED)?;
        let ids = match &policy.source().record_id {
            Some(name) => Some(find(name)?),
            None if policy.binds_record_id() => return Err(missing("record id")),
            None => None,
        };
        let fields = policy.schema().fields().iter().enumerate();
        let (positions, names): (Vec<usize>, Vec<&str>) = fields
            .filter(|(_, field)| revealer.scopes().contains(&field.scope()))
            .map(|(position, field)| (position, field.name()))
            .unzip();
        if !names.is_empty() {
            let mut opened = Table::new(names)?;
            for row in 0..self.table.rows() {
                let id = ids.map(|column| column.get(row).unwrap_or_default());
                let added = match sealed.get(row) {
                    Some(text) => open(revealer, text, id, |values| {
                        opened.push(positions.iter().map(|&position| values.get(position)))
                    }),
                    None => Ok(opened.push(positions.iter().map(|_| None))),
                };
                added
                    .and_then(|added| added)
                    .map_err(|error| error.at_row(row))?;
            }
            self.opened = Some(opened);
        }
        self.policy = Some(policy.clone());
        Ok(self)
    }
}

fn open<R>(
    revealer: &Revealer,
    sealed: &str,
    id: Option<&str>,
    take: impl FnOnce(&Values) -> R,
) -> Result<R> {
    let sealed: SealedRecord = sealed.parse()?;
    let binding = match id {
        Some(id) => Binding::record(RecordId::new(id)?),
        None => Binding::NONE,
    };
    revealer.bind(binding).open(&sealed, take)
}
