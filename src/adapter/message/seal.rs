//! From parts and fields to sealed records.

use super::{
    clear::Decoded,
    parts::{NARROWEST, Parts, Pieces},
};
use crate::{
    error::{Error, Result},
    id::{Epoch, RecordId, Scope},
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    protect::{Binding, BoundProtector, Draft, KeyUse, Protected, Protector},
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
    /// The most bytes of a protected message, and the most pieces whose records are no larger.
    most_bytes: usize,
    most_pieces: usize,
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
    /// A sealer of messages that a profile for `of_profile` maps, and that have at most `most_bytes` once they are protected.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy is for another schema, the schema has not one shaped field in each scope, or the policy
    /// binds seals to a subject key; those of [`Protector::new`].
    pub(crate) fn new(
        keyring: &Keyring,
        policy: &CheckedPolicy,
        of_profile: &Schema,
        most_bytes: usize,
    ) -> Result<Self> {
        let schema = policy.policy().schema();
        if schema != of_profile {
            return Err(Error::definition(
                "the profile maps messages to another schema than the policy's",
                "load both with one schema",
            ));
        }
        let shaped = shaped(policy.policy())?;
        let widths = shaped
            .iter()
            .map(|&(_, position)| schema.fields()[position].width());
        let most = widths.min().unwrap_or(NARROWEST);
        // What a record takes of a message, at the least, before it is text.
        let sealed: usize = schema.fields().iter().map(|field| field.width()).sum();
        let widths = std::iter::successors(Some(NARROWEST), |width| Some(width * 2));
        Ok(Self {
            protector: Protector::new(keyring, policy)?,
            layouts: widths
                .take_while(|&width| width <= most)
                .map(|width| schema.narrowed(width as u16))
                .collect(),
            shaped,
            most,
            used: policy.policy().used_fields(),
            most_bytes,
            most_pieces: (most_bytes / 4 * 3 / sealed).max(1),
        })
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.protector.policy()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.protector.epoch()
    }

    pub(crate) fn key_use(&self) -> KeyUse {
        self.protector.key_use()
    }

    pub(crate) fn after_seals(self, records: u64) -> Self {
        Self {
            protector: self.protector.after_seals(records),
            ..self
        }
    }

    /// The scopes that parts can be of.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.shaped.iter().map(|&(scope, _)| scope)
    }

    /// Seals `fields` and `parts`, which are those of the message `id`. They are bound to `stored_as` where the policy binds record ids. A
    /// value wider than its field is left to the parts alone, where the policy does nothing with the field.
    ///
    /// # Errors
    ///
    /// Those of [`Protector::protect`]; [`Error::is_message`] where the records would be larger than a message may be.
    pub(crate) fn seal(
        &self,
        fields: &Fields<'_>,
        parts: &Parts,
        id: &str,
        stored_as: &str,
    ) -> Result<Sealed> {
        let pieces = self.pieces(parts, id)?;
        let bound = self.protector.bind(binding(self.policy(), stored_as)?);
        let mut protected = Protected::empty();
        let fill_first = |schema: &Schema, draft: &mut _, _: &mut _| {
            let fields = fields.0.iter().map(|(position, text)| (*position, &**text));
            let fields = fields.filter(|&(position, text)| {
                self.used[position] || text.len() <= schema.fields()[position].width()
            });
            fill(schema, draft, fields, self.texts(&pieces, 0))
        };
        bound
            .protect_laid_out(self.layout(&pieces), fill_first, &mut protected)
            .map_err(Error::of_message)?;
        Ok(Sealed {
            protected,
            more: self.seal_pieces(&bound, &pieces, 1)?,
        })
    }

    /// The same of `parts` alone, showing nothing.
    #[cfg(feature = "hl7v2")]
    pub(crate) fn seal_parts(&self, parts: &Parts, id: &str, stored_as: &str) -> Result<Sealed> {
        let pieces = self.pieces(parts, id)?;
        let bound = self.protector.bind(binding(self.policy(), stored_as)?);
        let mut records = self.seal_pieces(&bound, &pieces, 0)?;
        let mut protected = Protected::empty();
        protected.take_seal(records.remove(0));
        Ok(Sealed {
            protected,
            more: records,
        })
    }

    fn pieces<'a>(&self, parts: &'a Parts, id: &str) -> Result<Pieces<'a>> {
        let pieces = parts.pieces(id, self.most);
        match pieces.number <= self.most_pieces {
            true => Ok(pieces),
            false => Err(Error::message(
                format!(
                    "the message would have more than {} bytes once it is protected",
                    self.most_bytes
                ),
                "send large documents by reference, outside of scheduling messages",
            )),
        }
    }

    /// A record for each piece from `first` on.
    fn seal_pieces(
        &self,
        bound: &BoundProtector<'_>,
        pieces: &Pieces<'_>,
        first: usize,
    ) -> Result<Vec<SealedRecord>> {
        let seal = |piece| {
            bound.seal_laid_out(self.layout(pieces), |schema, draft| {
                fill(schema, draft, std::iter::empty(), self.texts(pieces, piece))
            })
        };
        (first..pieces.number).map(seal).collect()
    }

    fn layout(&self, pieces: &Pieces<'_>) -> &Schema {
        &self.layouts[(pieces.width / NARROWEST).ilog2() as usize]
    }

    /// What each shaped field holds of a piece.
    fn texts<'a>(
        &'a self,
        pieces: &'a Pieces<'_>,
        piece: usize,
    ) -> impl Iterator<Item = (usize, [&'a str; 3])> {
        let positions = self.shaped.iter().map(|&(_, position)| position);
        positions.zip(pieces.texts(piece))
    }
}

fn fill<'a>(
    schema: &Schema,
    draft: &mut Draft,
    values: impl Iterator<Item = (usize, &'a str)>,
    pieces: impl Iterator<Item = (usize, [&'a str; 3])>,
) -> Result<()> {
    draft.begin(schema);
    for (position, text) in values {
        draft.set_text(position, &schema.fields()[position], text)?;
    }
    for (position, texts) in pieces {
        draft.set_joined(position, &schema.fields()[position], &texts)?;
    }
    Ok(())
}

/// What seals of a message are bound to.
pub(super) fn binding<'a>(policy: &Policy, stored_as: &'a str) -> Result<Binding<'a>> {
    match policy.binds_record_id() {
        true => RecordId::new(stored_as)
            .map(Binding::record)
            .map_err(|_| no_id()),
        false => Ok(Binding::NONE),
    }
}

fn no_id() -> Error {
    Error::message(
        "the id that the seals of the message are bound to is empty or longer than 1024 bytes",
        "give the message with the id that it was protected with, in MSH-10 or of the resource",
    )
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
                    "the policy is for the schema {:?}, which has not one shaped field in scope {:?}, as the parts of messages need",
                    schema.name(),
                    schema.scope_name(scope)
                ),
                "take a policy for the schema \"scheduling\", or give each scope of your own schema one field with `shaped = true`",
            )),
        }
    };
    schema.scopes().map(of_scope).collect()
}

/// Fields that were read from a message: their positions in the schema, ascending as they are sealed, and their values.
#[derive(Default)]
pub(crate) struct Fields<'a>(Vec<(usize, Decoded<'a>)>);

impl<'a> Fields<'a> {
    /// Takes a value for the field at `position`, unless it is none of the field's type, or there was one before: what the
    /// message says stays in its parts as it is.
    pub(crate) fn offer(&mut self, schema: &Schema, position: usize, value: Decoded<'a>) {
        let fits = match schema.fields()[position].value_type() {
            ValueType::Text => true,
            ValueType::Date => calendar::is_date(value.as_bytes()),
            ValueType::DateTime => calendar::is_date_time(value.as_bytes()),
            _ => false,
        };
        let place = self.0.partition_point(|(of, _)| *of < position);
        if fits && self.get(position).is_none() {
            self.0.insert(place, (position, value));
        }
    }

    pub(crate) fn get(&self, position: usize) -> Option<&str> {
        let mut values = self.0.iter();
        values.find_map(|(of, value)| (*of == position).then_some(&**value))
    }
}
