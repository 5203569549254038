//! A record that is sealed anew: what its groups held, in the places where it is going to be sealed.

use crate::{
    id::{Scope, ScopeSet},
    schema::{Field, Schema},
    secret::wipe,
    wire::{
        SealedRecord,
        envelope::{GROUP_HEAD, Group, HEADER, group_size},
    },
};

/// The groups of a record, each with its entries as they were and zeros behind them up to its new width.
///
/// A group whose entries the schema knows gets the schema's width. One that holds more keeps its length, which is a
/// width too: that of its writer's schema. So does one with a shaped field, whose length tells no more than before.
#[derive(Default)]
pub(crate) struct Layout {
    /// Never grows while it holds a value. What is no plaintext is zero.
    bytes: Vec<u8>,
    /// Ascending, each with its width.
    groups: Vec<(Scope, usize)>,
}

/// What an opened group holds.
#[derive(Clone, Copy)]
pub(super) struct Entries {
    /// How many bytes there are before the padding.
    pub(super) used: usize,
    /// Whether there is a field among them that the schema does not know.
    pub(super) unknown: bool,
}

impl Layout {
    /// Makes it empty, with room for what `row` becomes.
    pub(super) fn begin(&mut self, row: &SealedRecord, schema: &Schema) {
        self.wipe();
        self.groups.clear();
        let room =
            |group: Group<'_>| group_size(group.ciphertext.len().max(width(schema, group.scope)));
        self.bytes
            .reserve(HEADER + row.groups().map(room).sum::<usize>());
        self.bytes.resize(HEADER, 0);
    }

    pub(super) fn wipe(&mut self) {
        wipe(&mut self.bytes);
    }

    /// Takes on an opened group, whose values fit their fields.
    pub(super) fn push(&mut self, scope: Scope, entries: Entries, opened: &[u8], schema: &Schema) {
        let width = match entries.unknown || is_shaped(schema, scope) {
            true => opened.len(),
            false => width(schema, scope),
        };
        let start = self.bytes.len() + GROUP_HEAD;
        self.bytes.resize(self.bytes.len() + group_size(width), 0);
        self.bytes[start..][..entries.used].copy_from_slice(&opened[..entries.used]);
        self.groups.push((scope, width));
    }

    /// Its groups, and the bytes of the record with each group's plaintext in its place.
    pub(super) fn plaintexts(&mut self) -> (impl Iterator<Item = (Scope, usize)>, &mut [u8]) {
        (self.groups.iter().copied(), &mut self.bytes)
    }

    /// The plaintext of a group.
    #[cfg(any(feature = "csv", feature = "ndjson"))]
    pub(super) fn plaintext(&self, scope: Scope) -> Option<&[u8]> {
        let mut start = HEADER;
        for &(of, width) in &self.groups {
            if of == scope {
                return Some(&self.bytes[start + GROUP_HEAD..][..width]);
            }
            start += group_size(width);
        }
        None
    }

    /// Gives the bytes, sealed by now, for those of a record that is no longer needed.
    pub(super) fn exchange(&mut self, sealed: &mut SealedRecord) {
        let scopes: ScopeSet = self.groups.iter().map(|(scope, _)| *scope).collect();
        sealed.exchange(&mut self.bytes, scopes);
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// The width of a scope's group; 0 where the schema lacks the scope.
fn width(schema: &Schema, scope: Scope) -> usize {
    let mut groups = schema.groups().iter();
    groups
        .find(|group| group.scope == scope)
        .map_or(0, |group| group.plaintext.len())
}

/// Whether a scope's groups differ in length.
fn is_shaped(schema: &Schema, scope: Scope) -> bool {
    let mut of_scope = schema
        .fields()
        .iter()
        .filter(|field| field.scope() == scope);
    of_scope.any(Field::is_shaped)
}
