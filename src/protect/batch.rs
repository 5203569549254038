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
        self.protect_batch_bound(records, |_| Ok(Binding::NONE))
    }

    /// As [`protect_batch`](Protector::protect_batch), each record bound as `binding` says of it.
    ///
    /// # Errors
    ///
    /// As [`protect_batch`](Protector::protect_batch); also those that `binding` returns.
    pub fn protect_batch_bound<'a, T: Serialize + Sync>(
        &self,
        records: &'a [T],
        binding: impl Fn(&'a T) -> Result<Binding<'a>> + Sync,
    ) -> Vec<Result<Protected>> {
        let protect = |(row, record): (usize, &'a T)| {
            binding(record)
                .and_then(|binding| self.bind(binding).protect(record))
                .map_err(|error| error.at_row(row))
        };
        records.par_iter().enumerate().map(protect).collect()
    }
}
