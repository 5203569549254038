//! What a protected message has in the places of what was taken out.

use std::ops::Range;

use super::{
    header::Header,
    profile::{ComponentRules, Profile, Show},
    read::Edit,
    scan::Message,
    text,
};
use crate::{
    adapter::message::{Fields, shown},
    error::Result,
    protect::Protected,
    schema::{Schema, ValueType},
};

/// Writes messages after they were sealed.
pub(super) struct Writer<'a> {
    pub(super) message: &'a Message<'a>,
    /// That of a message; none for what begins and ends batches and files.
    pub(super) header: Option<&'a Header>,
    pub(super) profile: &'a Profile,
    /// What was read of it.
    pub(super) fields: &'a Fields<'a>,
    pub(super) protected: &'a Protected,
    /// What stands in MSH-10.
    pub(super) new_id: &'a str,
}

/// The place of a component.
struct Place<'a> {
    edit: &'a Edit<'a>,
    repetition: usize,
    component: u16,
    bytes: &'a [u8],
}

impl Writer<'_> {
    /// Writes the message with its edits, which are in the order of their places.
    pub(super) fn write(&self, edits: &[Edit<'_>], to: &mut Vec<u8>) -> Result<()> {
        let mut at = 0;
        for edit in edits {
            to.extend_from_slice(&self.message.bytes[at..edit.span.start]);
            self.write_field(edit, to)?;
            at = edit.span.end;
        }
        to.extend_from_slice(&self.message.bytes[at..]);
        Ok(())
    }

    fn write_field(&self, edit: &Edit<'_>, to: &mut Vec<u8>) -> Result<()> {
        let start = to.len();
        if let Some(rules) = edit.rules {
            let delimiters = self.message.delimiters;
            let repetitions = self.message.split(edit.span.clone(), delimiters.repetition);
            for (repetition, span) in repetitions.enumerate() {
                if repetition > 0 {
                    to.push(delimiters.repetition);
                }
                let begin = to.len();
                let mut spans = self.message.split(span, delimiters.component);
                let last = rules.components.keys().last().copied().unwrap_or(0);
                for component in 1.. {
                    let span = spans.next();
                    // What is shown or written may stand behind what was there, unless all of that is put back one by one.
                    if span.is_none() && (rules.mixed || component > last) {
                        break;
                    }
                    if component > 1 {
                        to.push(delimiters.component);
                    }
                    let place = Place {
                        edit,
                        repetition,
                        component,
                        bytes: span.map_or(&[][..], |span| &self.message.bytes[span]),
                    };
                    self.write_component(&place, rules.components.get(&component), to)?;
                }
                if !rules.mixed {
                    trim(to, begin, delimiters.component);
                }
            }
            if !rules.mixed {
                trim(to, start, delimiters.repetition);
            }
        }
        let is_id = edit.segment == 0 && edit.field == 10 && self.header.is_some();
        if is_id && to.len() == start {
            to.extend_from_slice(self.new_id.as_bytes());
        }
        Ok(())
    }

    fn write_component(
        &self,
        place: &Place<'_>,
        rules: Option<&ComponentRules>,
        to: &mut Vec<u8>,
    ) -> Result<()> {
        let Some(rules) = rules else {
            return Ok(());
        };
        if rules.keeps(place.bytes) {
            to.extend_from_slice(place.bytes);
            return Ok(());
        }
        let (Some(header), 0) = (self.header, place.repetition) else {
            return Ok(());
        };
        if let Some(show) = rules
            .show
            .as_ref()
            .filter(|show| self.is_of_record(place, show, header))
            && let Some(shown) = shown(self.protected, &show.name)
        {
            let schema = self.profile.schema();
            let delimiters = self.message.delimiters;
            return match show.field.is_some_and(|field| is_time(schema, field)) {
                true => text::write(&text::time(&shown), &show.name, delimiters, header.set, to),
                false => text::write(&shown, &show.name, delimiters, header.set, to),
            };
        }
        match &rules.write {
            Some(text) => text::write(text, "[write]", self.message.delimiters, header.set, to),
            None => Ok(()),
        }
    }

    /// Whether what the record shows is true of this place: a field where it says the same, all else in the first segment of its
    /// name.
    fn is_of_record(&self, place: &Place<'_>, show: &Show, header: &Header) -> bool {
        let message = self.message;
        let Some(position) = show.field else {
            let name = message.name(&message.segments[place.edit.segment]);
            let before = &message.segments[..place.edit.segment];
            return before.iter().all(|segment| message.name(segment) != name);
        };
        let first = message
            .split(self.span_of(place), message.delimiters.subcomponent)
            .next();
        let value_type = self.profile.schema().fields()[position].value_type();
        let says = |span: Range<usize>| {
            let text = text::read(&message.bytes[span], message.delimiters, header.set)?;
            text::value(text, value_type, header.offset.as_deref())
        };
        let of_record = self.fields.get(position);
        of_record.is_some() && first.and_then(says).as_deref() == of_record
    }

    fn span_of(&self, place: &Place<'_>) -> Range<usize> {
        let field = place.edit.span.clone();
        let delimiters = self.message.delimiters;
        let repetition = self
            .message
            .split(field, delimiters.repetition)
            .nth(place.repetition);
        let components = repetition.map(|span| self.message.split(span, delimiters.component));
        let component = usize::from(place.component) - 1;
        components
            .and_then(|mut spans| spans.nth(component))
            .unwrap_or(0..0)
    }
}

/// Whether a field is written as a time of HL7.
pub(super) fn is_time(schema: &Schema, position: usize) -> bool {
    matches!(
        schema.fields()[position].value_type(),
        ValueType::Date | ValueType::DateTime
    )
}

/// Takes delimiters away that part nothing.
fn trim(to: &mut Vec<u8>, start: usize, delimiter: u8) {
    while to.len() > start && to.last() == Some(&delimiter) {
        to.pop();
    }
}
