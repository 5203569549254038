//! What is read of a message: the fields of its record, and the parts that are taken out.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use super::{
    header::Header,
    path::Part,
    profile::{ComponentRules, FieldRules, Profile},
    scan::Message,
    text,
};
use crate::{
    adapter::message::{Decoded, Fields, Parts, push_number},
    schema::ValueType,
};

/// A field that is written otherwise than it is, or the name of a segment.
pub(super) struct Edit<'p> {
    /// The position of its segment.
    pub(super) segment: usize,
    /// The number of that among those of its name, from 1.
    pub(super) ordinal: usize,
    /// 0 is the name of the segment.
    pub(super) field: usize,
    pub(super) span: Range<usize>,
    /// `None` where nothing of it stays.
    pub(super) rules: Option<&'p FieldRules>,
}

/// What segments are named whose names do not pass.
pub(super) const UNLISTED: &[u8; 3] = b"ZZZ";

/// Reads the fields of the schema that a profile says where to find. What is none of its field's type is left out: it stays in
/// the parts as it is.
pub(super) fn fields<'a>(message: &Message<'a>, header: &Header, profile: &Profile) -> Fields<'a> {
    let mut fields = Fields::default();
    let schema = profile.schema();
    for source in profile.sources() {
        let value_type = schema.fields()[source.position].value_type();
        let mut alternatives = source.alternatives.iter();
        let value = alternatives.find_map(|parts| {
            let repetition = find(message, *parts.first()?)?;
            let spans = parts
                .iter()
                .filter_map(|part| find_in(message, repetition.clone(), *part));
            value(message, header, value_type, spans)
        });
        if let Some(value) = value {
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
) -> Option<Decoded<'a>> {
    let mut texts = spans.filter_map(|span| {
        let text = text::read(&message.bytes[span], message.delimiters, header.set);
        text.filter(|text| !text.is_empty())
    });
    let first = texts.next()?;
    let join = |joined: Decoded<'_>, text: Decoded<'_>| {
        // Made at once, so that no copy is left where it was.
        Decoded::from(Cow::Owned([&*joined, " ", &*text].concat()))
    };
    let joined = texts.fold(first, join);
    text::value(joined, value_type, header.offset.as_deref())
}

/// The first repetition that has a part, in the first segment of its name: what is read together stands there together.
fn find(message: &Message<'_>, part: Part) -> Option<Range<usize>> {
    let mut segments = message.segments.iter();
    let segment = segments.find(|segment| message.name(segment) == part.segment)?;
    let field = message.field(segment, part.field.into())?;
    let mut repetitions = message.split(field, message.delimiters.repetition);
    repetitions.find(|span| find_in(message, span.clone(), part).is_some())
}

/// The place of a part in one repetition of its field, where it is not empty.
pub(super) fn find_in(
    message: &Message<'_>,
    repetition: Range<usize>,
    part: Part,
) -> Option<Range<usize>> {
    let delimiters = message.delimiters;
    let [component, subcomponent] = [part.component, part.subcomponent].map(usize::from);
    let span = nth(message, repetition, delimiters.component, component)?;
    let span = nth(message, span, delimiters.subcomponent, subcomponent)?;
    (!span.is_empty() && &message.bytes[span.clone()] != b"\"\"").then_some(span)
}

/// The part of this number, from 1; 0 is as 1.
fn nth(
    message: &Message<'_>,
    span: Range<usize>,
    delimiter: u8,
    number: usize,
) -> Option<Range<usize>> {
    message.split(span, delimiter).nth(number.max(1) - 1)
}

/// Takes out what does not pass, and says what is to be written anew.
pub(super) fn take_out<'p>(
    message: &Message<'_>,
    profile: &'p Profile,
    parts: &mut Parts,
) -> Vec<Edit<'p>> {
    let mut edits = Vec::with_capacity(64);
    let mut place = String::with_capacity(32);
    let mut numbers: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (at, segment) in message.segments.iter().enumerate() {
        let name = message.name(segment);
        let ordinal = numbers.entry(name).or_default();
        *ordinal += 1;
        let of_segment = OfSegment {
            message,
            profile,
            at,
            ordinal: *ordinal,
        };
        if !profile.lists_segment(name) {
            parts.push(profile.unlisted(), &format!("{at}.0"), name);
            let start = segment.span.start;
            edits.push(of_segment.edit(0, start..start + name.len(), None));
        }
        let of_name = profile.segment(name);
        for (number, span) in (message.first_field(segment)..).zip(message.fields(segment)) {
            // The delimiters stay. A message without an id gets one.
            let needs_id = number == 10 && name == b"MSH";
            let is_delimiters = number == 2 && message.first_field(segment) == 2;
            if (span.is_empty() && !needs_id) || is_delimiters {
                continue;
            }
            match profile.field(of_name, number) {
                Err(scope) => {
                    parts.push(
                        scope,
                        name_place(&mut place, &[at, number]),
                        &message.bytes[span.clone()],
                    );
                    edits.push(of_segment.edit(number, span, None));
                }
                // As one part, whatever is in it: what stands there then is one id.
                Ok(rules) if needs_id => {
                    let id = &message.bytes[span.clone()];
                    let keeps = |rules: &ComponentRules| rules.keeps(id, of_segment.ordinal);
                    if !rules.components.get(1).is_some_and(keeps) {
                        parts.push(rules.scope, name_place(&mut place, &[at, number]), id);
                        edits.push(of_segment.edit(number, span, Some(rules)));
                    }
                }
                Ok(rules) => {
                    if of_segment.take_out(rules, number, span.clone(), &mut place, parts) {
                        edits.push(of_segment.edit(number, span, Some(rules)));
                    }
                }
            }
        }
    }
    edits
}

/// One segment, while parts are taken out of it.
struct OfSegment<'a> {
    message: &'a Message<'a>,
    profile: &'a Profile,
    at: usize,
    ordinal: usize,
}

impl OfSegment<'_> {
    fn edit<'p>(
        &self,
        field: usize,
        span: Range<usize>,
        rules: Option<&'p FieldRules>,
    ) -> Edit<'p> {
        Edit {
            segment: self.at,
            ordinal: self.ordinal,
            field,
            span,
            rules,
        }
    }

    /// Takes out of a field with rules of its own what does not pass. Returns whether it is to be written anew.
    fn take_out(
        &self,
        rules: &FieldRules,
        number: usize,
        span: Range<usize>,
        name: &mut String,
        parts: &mut Parts,
    ) -> bool {
        let message = self.message;
        let mut taken = false;
        let repetitions = message.split(span.clone(), message.delimiters.repetition);
        for (repeated, repetition) in repetitions.enumerate() {
            let components = message.split(repetition, message.delimiters.component);
            for (component, part) in (1..).zip(components) {
                let of_component = rules.components.get(component);
                let bytes = &message.bytes[part];
                let keeps = |rules: &ComponentRules| rules.keeps(bytes, self.ordinal);
                if bytes.is_empty() || of_component.is_some_and(keeps) {
                    continue;
                }
                if !rules.mixed {
                    let place = name_place(name, &[self.at, number]);
                    parts.push(rules.scope, place, &message.bytes[span]);
                    return true;
                }
                let own = of_component.and_then(|rules| rules.scope);
                let place = name_place(name, &[self.at, number, repeated, component]);
                parts.push(own.unwrap_or(rules.scope), place, bytes);
                taken = true;
            }
        }
        if taken {
            self.note_empty(rules, number, span.clone(), name, parts);
            let whole = name_place(name, &[self.at, number]);
            // Whoever opens all gets what is between the components, too.
            let delimiters = [message.delimiters.repetition, message.delimiters.component];
            let frame = message.bytes[span].iter().copied();
            let frame: Vec<u8> = frame.filter(|byte| delimiters.contains(byte)).collect();
            parts.push(self.profile.unlisted(), &format!("{whole}.^"), &frame);
        }
        taken
    }

    /// Notes of components that were empty and may be written to that nothing was there.
    fn note_empty(
        &self,
        rules: &FieldRules,
        number: usize,
        field: Range<usize>,
        name: &mut String,
        parts: &mut Parts,
    ) {
        let message = self.message;
        let repetition = message.split(field, message.delimiters.repetition).next();
        let is_written = |rule: &ComponentRules| rule.show.is_some() || rule.write.is_some();
        let written = rules.components.iter().filter(|(_, rule)| is_written(rule));
        for (component, rule) in written {
            let there = repetition
                .clone()
                .and_then(|span| nth(message, span, message.delimiters.component, component));
            if there.is_none_or(|span| span.is_empty()) {
                let scope = rule.scope.unwrap_or(rules.scope);
                let place = [self.at, number, 0, component];
                parts.push(scope, name_place(name, &place), b"");
            }
        }
    }
}

/// Writes the name of a place, numbers with dots between, over the one before: there are very many of them.
fn name_place<'a>(name: &'a mut String, steps: &[usize]) -> &'a str {
    name.clear();
    for &step in steps {
        if !name.is_empty() {
            name.push('.');
        }
        push_number(name, step);
    }
    name
}

impl ComponentRules {
    pub(super) fn keeps(&self, bytes: &[u8], ordinal: usize) -> bool {
        self.keep
            .as_ref()
            .is_some_and(|keep| keep.takes(bytes, ordinal))
    }
}
