//! From parts and fields to sealed records.

use std::borrow::Cow;

use zeroize::Zeroize;

use super::parts::{NARROWEST, Parts, Pieces};
use crate::{
    error::{Error, Result},
    id::{RecordId, Scope},
    key::Keyring,
    policy::{CheckedPolicy, Policy, Transform},
    protect::{Binding, BoundProtector, Draft, Protected, Protector},
    schema::{Schema, ValueType, calendar},
    wire::SealedRecord,
};

/// Seals what is taken out of messages.
pub(crate) struct Sealer {
    protector: Protector,
    /// The schema with shaped fields of 64 bytes, of 128, and so on.
    layouts: Vec<Schema>,
    /// The position of each scope's shaped field.
    shaped: Vec<(Scope, usize)>,
    /// The most bytes that every shaped field takes.
    most: usize,
    /// One a field: whether the policy makes or shows something of it.
    used: Vec<bool>,
}

/// What a message is sealed to.
pub(crate) struct Sealed {
    /// What the policy shows, and the first record.
    pub(crate) protected: Protected,
    /// The records with what did not fit into the first one.
    pub(crate) more: Vec<SealedRecord>,
}

impl Sealed {
    /// All records, in their order.
    pub(crate) fn records(&self) -> impl Iterator<Item = &SealedRecord> {
        std::iter::once(self.protected.sealed()).chain(&self.more)
    }
}

impl Sealer {
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy's schema has not one shaped field in each scope, or where the policy binds seals to
    /// a subject key; those of [`Protector::new`].
    pub(crate) fn new(keyring: &Keyring, policy: &CheckedPolicy) -> Result<Self> {
        let schema = policy.policy().schema();
        let shaped = shaped(policy.policy())?;
        let widths = shaped
            .iter()
            .map(|&(_, position)| schema.fields()[position].width());
        let most = widths.min().unwrap_or(NARROWEST);
        let widths = std::iter::successors(Some(NARROWEST), |width| Some(width * 2));
        Ok(Self {
            protector: Protector::new(keyring, policy)?,
            layouts: widths
                .take_while(|&width| width <= most)
                .map(|width| schema.narrowed(width as u16))
                .collect(),
            shaped,
            most,
            used: used(policy.policy()),
        })
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.protector.policy()
    }

    /// The scopes that parts can be of.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.shaped.iter().map(|&(scope, _)| scope)
    }

    /// Seals `fields` and `parts`, which are those of the message `id`. A value wider than its field is left to the parts alone, where the
    /// policy does nothing with the field. They are bound to `stored_as` where the policy binds
    /// record ids.
    ///
    /// # Errors
    ///
    /// Those of [`Protector::protect`].
    pub(crate) fn seal(
        &self,
        fields: &Fields<'_>,
        parts: &Parts,
        id: &str,
        stored_as: &str,
    ) -> Result<Sealed> {
        let pieces = parts.pieces(id, self.most);
        let bound = self.protector.bind(binding(self.policy(), stored_as)?);
        let mut protected = Protected::empty();
        let fill_first = |schema: &Schema, draft: &mut _, _: &mut _| {
            let fields = fields.0.iter().map(|(position, text)| (*position, &**text));
            let fields = fields.filter(|&(position, text)| {
                self.used[position] || text.len() <= schema.fields()[position].width()
            });
            fill(schema, draft, fields.chain(self.texts(&pieces, 0)))
        };
        bound.protect_laid_out(self.layout(&pieces), fill_first, &mut protected)?;
        Ok(Sealed {
            protected,
            more: self.seal_pieces(&bound, &pieces, 1)?,
        })
    }

    /// The same of `parts` alone, showing nothing.
    #[cfg(feature = "hl7v2")]
    pub(crate) fn seal_parts(&self, parts: &Parts, id: &str, stored_as: &str) -> Result<Sealed> {
        let pieces = parts.pieces(id, self.most);
        let bound = self.protector.bind(binding(self.policy(), stored_as)?);
        let mut records = self.seal_pieces(&bound, &pieces, 0)?;
        let mut protected = Protected::empty();
        protected.take_seal(records.remove(0));
        Ok(Sealed {
            protected,
            more: records,
        })
    }

    /// A record for each piece from `first` on.
    fn seal_pieces(
        &self,
        bound: &BoundProtector<'_>,
        pieces: &Pieces,
        first: usize,
    ) -> Result<Vec<SealedRecord>> {
        let seal = |piece| {
            bound.seal_laid_out(self.layout(pieces), |schema, draft| {
                fill(schema, draft, self.texts(pieces, piece))
            })
        };
        (first..pieces.number).map(seal).collect()
    }

    fn layout(&self, pieces: &Pieces) -> &Schema {
        &self.layouts[(pieces.width / NARROWEST).ilog2() as usize]
    }

    /// What each shaped field holds of a piece.
    fn texts<'a>(
        &'a self,
        pieces: &'a Pieces,
        piece: usize,
    ) -> impl Iterator<Item = (usize, &'a str)> {
        let of_scope = self.shaped.iter().zip(&pieces.of_scope);
        of_scope.map(move |(&(_, position), texts)| (position, texts[piece].as_str()))
    }
}

/// For each field of the policy's schema whether the policy says something of it.
fn used(policy: &Policy) -> Vec<bool> {
    let mut used = vec![false; policy.schema().fields().len()];
    let pseudonyms = policy.pseudonym_rules().iter().flat_map(|rule| &rule.of);
    let indexes = policy.index_rules().iter().flat_map(|rule| &rule.of);
    let releases = policy.releases().iter().flat_map(|rule| &rule.fields);
    let renders = policy
        .renders()
        .iter()
        .flat_map(|rule| rule.fields.iter().chain([&rule.to]));
    let positions = pseudonyms.chain(indexes).chain(releases).chain(renders);
    positions.for_each(|&position| used[position] = true);
    for show in policy.show_rules() {
        used[show.position] = true;
        if let Transform::Shift { subject, .. } = &show.transform {
            subject.iter().for_each(|&position| used[position] = true);
        }
    }
    used
}

fn fill<'a>(
    schema: &Schema,
    draft: &mut Draft,
    values: impl Iterator<Item = (usize, &'a str)>,
) -> Result<()> {
    draft.begin(schema);
    for (position, text) in values {
        draft.set_text(position, &schema.fields()[position], text)?;
    }
    Ok(())
}

/// What seals of a message are bound to.
pub(super) fn binding<'a>(policy: &Policy, stored_as: &'a str) -> Result<Binding<'a>> {
    match policy.binds_record_id() {
        true => RecordId::new(stored_as).map(Binding::record),
        false => Ok(Binding::NONE),
    }
}

/// The position of each scope's shaped field.
pub(super) fn shaped(policy: &Policy) -> Result<Vec<(Scope, usize)>> {
    if policy.binds_subject_key() {
        return Err(Error::definition(
            "the policy binds seals to a subject key, and no message has one",
            "leave `subject_key` out of policies for messages",
        ));
    }
    let schema = policy.schema();
    let of_scope = |scope| {
        let fields = schema.fields().iter().enumerate();
        let mut shaped = fields.filter(|(_, field)| field.scope() == scope && field.is_shaped());
        match (shaped.next(), shaped.next()) {
            (Some((position, _)), None) => Ok((scope, position)),
            _ => Err(Error::definition(
                format!(
                    "the schema has not one shaped field in scope {:?}, which the parts of messages need",
                    schema.scope_name(scope)
                ),
                "give each scope of the schema one field with `shaped = true`, as the schema \"scheduling\" has them",
            )),
        }
    };
    schema.scopes().map(of_scope).collect()
}

/// Fields that were read from a message: their positions in the schema, and their values.
#[derive(Default)]
pub(crate) struct Fields<'a>(Vec<(usize, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Takes a value for the field at `position`, unless it is none of the field's type, or there was one before: what the
    /// message says stays in its parts as it is.
    pub(crate) fn offer(&mut self, schema: &Schema, position: usize, value: Cow<'a, str>) {
        let fits = match schema.fields()[position].value_type() {
            ValueType::Text => true,
            ValueType::Date => calendar::is_date(value.as_bytes()),
            ValueType::DateTime => calendar::is_date_time(value.as_bytes()),
            _ => false,
        };
        if fits && self.get(position).is_none() {
            self.0.push((position, value));
        }
    }

    pub(crate) fn get(&self, position: usize) -> Option<&str> {
        let mut values = self.0.iter();
        values.find_map(|(of, value)| (*of == position).then_some(&**value))
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            if let Cow::Owned(value) = value {
                value.zeroize();
            }
        }
    }
}
