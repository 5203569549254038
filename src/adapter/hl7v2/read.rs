//! What is read of a message: the fields of its record, and the parts that are taken out.

use std::{borrow::Cow, ops::Range};

use super::{
    header::Header,
    path::Part,
    profile::{ComponentRules, FieldRules, Profile},
    scan::Message,
    text,
};
use crate::{
    adapter::message::{Fields, Parts, digits},
    schema::ValueType,
};

/// A field that is written otherwise than it is.
pub(super) struct Edit<'p> {
    /// The position of its segment.
    pub(super) segment: usize,
    pub(super) field: usize,
    pub(super) span: Range<usize>,
    /// `None` where nothing of it stays.
    pub(super) rules: Option<&'p FieldRules>,
}

/// Reads the fields of the schema that a profile says where to find. What is none of its field's type is left out: it stays in
/// the parts as it is.
pub(super) fn fields<'a>(message: &Message<'a>, header: &Header, profile: &Profile) -> Fields<'a> {
    let mut fields = Fields::default();
    let schema = profile.schema();
    for source in profile.sources() {
        let value_type = schema.fields()[source.position].value_type();
        let values = source.alternatives.iter().filter_map(|parts| {
            let spans = parts.iter().filter_map(|part| find(message, *part));
            value(message, header, value_type, spans)
        });
        if let Some(value) = values.into_iter().next() {
            fields.offer(schema, source.position, value);
        }
    }
    fields
}

/// What the parts at these spans say together.
pub(super) fn value<'a>(
    message: &Message<'a>,
    header: &Header,
    value_type: ValueType,
    spans: impl Iterator<Item = Range<usize>>,
) -> Option<Cow<'a, str>> {
    let mut texts = spans.filter_map(|span| {
        let text = text::read(&message.bytes[span], message.delimiters, header.set);
        text.filter(|text| !text.is_empty())
    });
    let first = texts.next()?;
    let joined = texts.fold(first, |joined, text| Cow::Owned(format!("{joined} {text}")));
    text::value(joined, value_type, header.offset.as_deref())
}

/// The first place of a part that is not empty, over all segments of its name and all repetitions of its field.
fn find(message: &Message<'_>, part: Part) -> Option<Range<usize>> {
    let of_name = |segment: &&_| message.name(segment) == part.segment;
    message.segments.iter().filter(of_name).find_map(|segment| {
        let field = message.field(segment, part.field.into())?;
        let mut repetitions = message.split(field, message.delimiters.repetition);
        repetitions.find_map(|repetition| find_in(message, repetition, part))
    })
}

/// The place of a part in one repetition of its field, where it is not empty.
pub(super) fn find_in(
    message: &Message<'_>,
    repetition: Range<usize>,
    part: Part,
) -> Option<Range<usize>> {
    let delimiters = message.delimiters;
    let component = nth(message, repetition, delimiters.component, part.component)?;
    let span = match part.subcomponent {
        0 => component,
        number => nth(message, component, delimiters.subcomponent, number)?,
    };
    (!span.is_empty() && &message.bytes[span.clone()] != b"\"\"").then_some(span)
}

/// The part of this number, from 1; 0 is as 1.
fn nth(
    message: &Message<'_>,
    span: Range<usize>,
    delimiter: u8,
    number: u16,
) -> Option<Range<usize>> {
    message
        .split(span, delimiter)
        .nth(usize::from(number.max(1)) - 1)
}

/// Takes out what does not pass, and says what is to be written anew.
pub(super) fn take_out<'p>(
    message: &Message<'_>,
    profile: &'p Profile,
    parts: &mut Parts,
) -> Vec<Edit<'p>> {
    let mut edits = Vec::with_capacity(64);
    for (at, segment) in message.segments.iter().enumerate() {
        let name = message.name(segment);
        let of_segment = profile.segment(name);
        let numbers = message.first_field(segment)..;
        for (number, span) in numbers.zip(message.fields(segment)) {
            // The delimiters stay. A message without an id gets one.
            let needs_id = number == 10 && name == b"MSH";
            let is_delimiters = number == 2 && message.first_field(segment) == 2;
            if (span.is_empty() && !needs_id) || is_delimiters {
                continue;
            }
            let rules = u16::try_from(number).map_err(|_| profile.unlisted());
            let rules = rules.and_then(|number| profile.rules_in(of_segment, number));
            let edited = match rules {
                Err(scope) => {
                    parts.push(scope, &place(&[at, number]), &message.bytes[span.clone()]);
                    Some(None)
                }
                // As one part, whatever is in it: what stands there then is one id.
                Ok(rules) if needs_id => {
                    let id = &message.bytes[span.clone()];
                    let kept = rules.component(1).is_some_and(|rules| rules.keeps(id));
                    (!kept).then(|| {
                        parts.push(rules.scope, &place(&[at, number]), id);
                        Some(rules)
                    })
                }
                Ok(rules) => take_out_of(message, rules, (at, number), span.clone(), parts)
                    .then_some(Some(rules)),
            };
            if let Some(rules) = edited {
                edits.push(Edit {
                    segment: at,
                    field: number,
                    span,
                    rules,
                });
            }
        }
    }
    edits
}

/// Takes out of a field with rules of its own what does not pass. Returns whether that was something.
fn take_out_of(
    message: &Message<'_>,
    rules: &FieldRules,
    (segment, number): (usize, usize),
    span: Range<usize>,
    parts: &mut Parts,
) -> bool {
    let mut taken = false;
    let repetitions = message.split(span.clone(), message.delimiters.repetition);
    for (repeated, repetition) in repetitions.enumerate() {
        let components = message.split(repetition, message.delimiters.component);
        for (component, part) in (1..).zip(components) {
            let of_component = rules.component(component);
            let bytes = &message.bytes[part];
            if bytes.is_empty() || of_component.is_some_and(|rules| rules.keeps(bytes)) {
                continue;
            }
            if !rules.mixed {
                parts.push(
                    rules.scope,
                    &place(&[segment, number]),
                    &message.bytes[span],
                );
                return true;
            }
            let scope = of_component
                .and_then(|rules| rules.scope)
                .unwrap_or(rules.scope);
            parts.push(
                scope,
                &place(&[segment, number, repeated, component]),
                bytes,
            );
            taken = true;
        }
    }
    taken
}

/// The name of a place: numbers with dots between.
fn place(steps: &[usize]) -> String {
    let mut place = String::with_capacity(16);
    for &step in steps {
        if !place.is_empty() {
            place.push('.');
        }
        let mut buffer = [0; 20];
        place.extend(
            digits(step, &mut buffer)
                .iter()
                .map(|&digit| char::from(digit)),
        );
    }
    place
}

impl ComponentRules {
    pub(super) fn keeps(&self, bytes: &[u8]) -> bool {
        self.keep.as_ref().is_some_and(|keep| keep.takes(bytes))
    }
}
