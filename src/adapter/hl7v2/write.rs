//! What a protected message has in the places of what was taken out.

use super::{
    header::Header,
    path::Part,
    profile::{FieldRules, Profile, Show},
    read::{self, Edit, UNLISTED},
    scan::Message,
    text,
};
use crate::{
    adapter::message::{Decoded, Fields, shown},
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
    component: usize,
    bytes: &'a [u8],
}

impl<'a> Writer<'a> {
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
        if edit.field == 0 {
            to.extend_from_slice(UNLISTED);
            return Ok(());
        }
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
                for component in 1.. {
                    let span = spans.next();
                    // What is shown or written may stand behind what was there.
                    if span.is_none() && component > rules.components.last() {
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
                    self.write_component(&place, rules, to)?;
                }
                trim(to, begin, delimiters.component);
            }
            trim(to, start, delimiters.repetition);
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
        field: &FieldRules,
        to: &mut Vec<u8>,
    ) -> Result<()> {
        let Some(rules) = field.components.get(place.component) else {
            return Ok(());
        };
        if rules.keeps(place.bytes, place.edit.ordinal) {
            to.extend_from_slice(place.bytes);
            return Ok(());
        }
        let (Some(header), 0) = (self.header, place.repetition) else {
            return Ok(());
        };
        if let Some(show) = &rules.show
            && let Some(shown) = shown(self.protected, &show.name)
            && self.is_of_record(place, show, header)
        {
            let schema = self.profile.schema();
            let delimiters = self.message.delimiters;
            return match show.field.is_some_and(|field| is_time(schema, field)) {
                true => text::write(&text::time(&shown), &show.name, delimiters, header.set, to),
                false => text::write(&shown, &show.name, delimiters, header.set, to),
            };
        }
        match &rules.write {
            Some(text) => text::write(
                text,
                "[write] of the profile",
                self.message.delimiters,
                header.set,
                to,
            ),
            None => Ok(()),
        }
    }

    /// Whether what the record shows is true of this place: a field where it says the same, all else in the first segment of its name.
    fn is_of_record(&self, place: &Place<'_>, show: &Show, header: &Header) -> bool {
        let Some(position) = show.field else {
            return place.edit.ordinal == 1;
        };
        let of_record = self.fields.get(position);
        of_record.is_some() && self.says(place, position, header).as_deref() == of_record
    }

    /// What a place says of a field: with the parts beside it, where it is the first of those that the field is read from.
    fn says(&self, place: &Place<'_>, position: usize, header: &Header) -> Option<Decoded<'a>> {
        let message = self.message;
        let value_type = self.profile.schema().fields()[position].value_type();
        let segment = message.name(&message.segments[place.edit.segment]);
        let is_of_field =
            |part: &Part| part.segment == segment && usize::from(part.field) == place.edit.field;
        let sources = self.profile.sources().iter();
        let mut alternatives = sources
            .filter(|source| source.position == position)
            .flat_map(|source| &source.alternatives);
        let read = alternatives.find(|parts| {
            let component = parts.first().map(|part| usize::from(part.component.max(1)));
            component == Some(place.component) && parts.iter().all(is_of_field)
        });
        let own = [Part {
            segment: [0; 3],
            field: 0,
            component: u16::try_from(place.component).ok()?,
            subcomponent: 1,
        }];
        let parts = read.map_or(&own[..], |parts| parts);
        let delimiter = message.delimiters.repetition;
        let repetition = message
            .split(place.edit.span.clone(), delimiter)
            .nth(place.repetition)?;
        let spans = parts
            .iter()
            .filter_map(|part| read::find_in(message, repetition.clone(), *part));
        read::value(message, header, value_type, spans)
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
