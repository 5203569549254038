//! Whether a protected record is what protecting its record gives.

use super::{
    binding::Binding, draft::Draft, maker::Maker, protected::Protected, protector::Protector,
    record::Reading, revealer::Revealer, values::Values, workspace::Workspace,
};
use crate::{error::Result, schema::Schema, wire::SealedRecord};

impl Protector {
    /// Lets `protected` show what protecting the record in `sealed` anew would, with nothing in its seal; returns what
    /// `take` makes of the record's values.
    pub(crate) fn show_anew<R>(
        &self,
        revealer: &Revealer,
        binding: &Binding<'_>,
        sealed: &SealedRecord,
        protected: &mut Protected,
        take: impl FnOnce(&Values) -> R,
    ) -> Result<R> {
        self.show_by(self.maker(), revealer, binding, sealed, protected, take)
    }

    /// As [`show_anew`](Protector::show_anew), under the generation of `maker`, which was made for the same policy.
    pub(crate) fn show_by<R>(
        &self,
        maker: &Maker,
        revealer: &Revealer,
        binding: &Binding<'_>,
        sealed: &SealedRecord,
        protected: &mut Protected,
        take: impl FnOnce(&Values) -> R,
    ) -> Result<R> {
        let policy = self.policy();
        let schema = policy.schema();
        Workspace::lend(|work| {
            revealer.open_record(sealed, binding, work)?;
            work.draft.take_values(schema, &work.values)?;
            work.draft.check_required(schema)?;
            maker.make(policy, binding, work)?;
            self.fill(&mut protected.face, work);
            Ok(take(&work.values))
        })
    }
}

impl Revealer {
    /// Whether `sealed` holds the record that `fill` sets field by field, and no value more.
    pub(crate) fn holds(
        &self,
        binding: &Binding<'_>,
        sealed: &SealedRecord,
        fill: impl FnOnce(&Schema, &mut Draft, &mut Reading) -> Result<()>,
    ) -> Result<bool> {
        Workspace::lend(|work| {
            self.open_record(sealed, binding, work)?;
            fill(self.policy().schema(), &mut work.draft, &mut work.reading)?;
            Ok(work.draft.equals(&work.values))
        })
    }

    /// Whether the record that `fill` sets fits the schema.
    pub(crate) fn check_plain(
        &self,
        fill: impl FnOnce(&Schema, &mut Draft, &mut Reading) -> Result<()>,
    ) -> Result<()> {
        let schema = self.policy().schema();
        Workspace::lend(|work| {
            fill(schema, &mut work.draft, &mut work.reading)?;
            work.draft.check_required(schema)
        })
    }
}
