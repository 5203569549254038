//! Whether a protected record is what protecting its record gives.

use super::{
    binding::Binding, draft::Draft, maker::Maker, protected::Protected, protector::Protector,
    record::Reading, resealer::Resealer, revealer::Revealer, values::Values, workspace::Workspace,
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
    fn show_by<R>(
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

impl Resealer {
    pub(crate) fn revealer(&self) -> &Revealer {
        &self.revealer
    }

    /// As [`Protector::show_anew`].
    pub(crate) fn show_anew(
        &self,
        binding: &Binding<'_>,
        sealed: &SealedRecord,
        protected: &mut Protected,
    ) -> Result<()> {
        self.show_by(self.protector.maker(), binding, sealed, protected)
    }

    /// The same under the generation of `maker`, which was made for the same policy.
    pub(crate) fn show_by(
        &self,
        maker: &Maker,
        binding: &Binding<'_>,
        sealed: &SealedRecord,
        protected: &mut Protected,
    ) -> Result<()> {
        self.protector
            .show_by(maker, &self.revealer, binding, sealed, protected, |_| ())
    }

    /// Whether `resealed` holds what `row` held, byte by byte, and no more.
    pub(crate) fn is_same(
        &self,
        binding: &Binding<'_>,
        row: &SealedRecord,
        resealed: &SealedRecord,
    ) -> Result<bool> {
        Workspace::lend(|work| {
            self.lay_out(row, binding, row.scope_set(), work)?;
            let wanted = resealed.scope_set();
            let mut same = row.scope_set() == wanted;
            self.revealer
                .open_groups(resealed, binding, wanted, work, |scope, _, work| {
                    same &= work.layout.plaintext(scope) == Some(work.opened.bytes());
                    Ok(())
                })?;
            Ok(same)
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
