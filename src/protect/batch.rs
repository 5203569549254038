//! Many records on all cores.

use rayon::prelude::*;
use serde::Serialize;

use super::{binding::Binding, protected::Protected, protector::Protector};
use crate::error::Result;

impl Protector {
    /// As [`protect`](Protector::protect) for each record, on the threads of the current rayon pool. Results are in the
    /// order of the records.
    ///
    /// # Errors
    ///
    /// Each result has its own, which knows its [row](crate::Error::row).
    pub fn protect_batch<T: Serialize + Sync>(&self, records: &[T]) -> Vec<Result<Protected>> {
        self.protect_batch_bound(records, |_, _| Ok(Binding::NONE))
    }

    /// As [`protect_batch`](Protector::protect_batch), each record bound as `binding` says of its position and itself.
    ///
    /// # Errors
    ///
    /// As [`protect_batch`](Protector::protect_batch); also those that `binding` returns.
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
    /// let start = "2020-07-21T09:30:00+02:00".to_owned();
    /// let appointments = vec![Appointment { start, ..Appointment::default() }; 3];
    /// let ids = ["rdv-1", "rdv-2", "rdv-3"];
    /// let rows = Protector::new(&keyring, &checked)?
    ///     .protect_batch_bound(&appointments, |position, _| Ok(Binding::record(RecordId::new(ids[position])?)));
    ///
    /// let revealer = Revealer::backend(&keyring, &policy)?;
    /// for (row, id) in rows.into_iter().zip(ids) {
    ///     let back: Appointment = revealer.bind(Binding::record(RecordId::new(id)?)).reveal(&row?)?;
    ///     assert_eq!(back, appointments[0]);
    /// }
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn protect_batch_bound<'a, T: Serialize + Sync>(
        &self,
        records: &'a [T],
        binding: impl Fn(usize, &'a T) -> Result<Binding<'a>> + Sync,
    ) -> Vec<Result<Protected>> {
        let protect = |(row, record): (usize, &'a T)| {
            let protected =
                binding(row, record).and_then(|binding| self.bind(binding).protect(record));
            protected.map_err(|error| error.at_row(row))
        };
        records.par_iter().enumerate().map(protect).collect()
    }
}
