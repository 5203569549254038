//! From a protected message back.

use std::{collections::BTreeMap, fmt, ops::Range};

use zeroize::Zeroizing;

use super::{
    protect::{DIGEST, NAMES, envelope_id},
    read::UNLISTED,
    scan::{Delimiters, Message, Spans},
    sealed,
};
use crate::{
    adapter::message::{MOST_BYTES, Opener, Restored, digest},
    error::{Error, Result},
    protect::Revealer,
    wire::SealedRecord,
};

/// Puts the parts of messages back: those of the scopes that its revealer opens.
///
/// It needs no profile: a message knows what was taken out of it where. `Send` and `Sync`. For an example see
/// [`MessageProtector`](super::MessageProtector).
pub struct MessageRevealer(Opener);

/// What stood in a field: the whole field, or some of its components.
#[derive(Default)]
struct Back<'a> {
    whole: Option<&'a [u8]>,
    /// The delimiters of a field of which there are components.
    frame: Option<&'a [u8]>,
    /// By repetition, from 0, and component, from 1.
    components: BTreeMap<(usize, usize), &'a [u8]>,
}

impl MessageRevealer {
    /// A revealer of messages that were protected under the policy of `revealer`.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the policy is none for messages, as for
    /// [`MessageProtector::new`](super::MessageProtector::new).
    pub fn new(revealer: Revealer) -> Result<Self> {
        Opener::new(revealer).map(Self)
    }

    /// The revealer it was made of, which opens the [record](record_of) of a message, too.
    pub fn revealer(&self) -> &Revealer {
        self.0.revealer()
    }

    /// The message with its parts back. Where all scopes are opened that is the message that was protected, byte for byte, without
    /// `ZPV` segments; where some are, those parts are back, and the `ZPV` segments stay, as does the new id in MSH-10.
    ///
    /// A system on the way may have changed the line ends, or have left out empty fields at the end of segments: parts are
    /// put back by the number of their segment and field, and [`Restored::is_original`] tells.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where it is malformed, or not as it was protected: segments are missing, added or in another order, `ZPV` segments
    /// are missing, of several messages or not in their order; those of [`Revealer::reveal`].
    pub fn reveal(&self, message: &[u8]) -> Result<Restored> {
        self.reveal_scanned(&Message::scan(message, None)?)
    }

    /// The same for what has been scanned, and for segments that begin or end a batch or a file.
    pub(super) fn reveal_scanned(&self, message: &Message<'_>) -> Result<Restored> {
        let found = sealed::find(message)?;
        let stored_as = stored_as(message)?;
        let originals = self.0.open(&found.records, stored_as)?;
        let is_message = message.name(&message.segments[0]) == b"MSH";
        let id = originals.id()?;
        if is_message && !id.starts_with('.') && id != stored_as {
            return Err(changed());
        }
        let mut fields: BTreeMap<(usize, usize), Back<'_>> = BTreeMap::new();
        let mut of_original = None;
        let mut of_names = Vec::new();
        for (place, original) in originals.entries()? {
            match place {
                DIGEST => {
                    of_original = Some(original);
                    continue;
                }
                NAMES => {
                    of_names.push(original);
                    continue;
                }
                _ => {}
            }
            let (steps, is_frame) = match place.strip_suffix(".^") {
                Some(steps) => (steps, true),
                None => (place, false),
            };
            let number = |step: &str| step.parse().ok().filter(|&number| number <= MOST_BYTES);
            let steps: Option<Vec<usize>> = steps.split('.').map(number).collect();
            match steps.as_deref() {
                // The `ZPV` segments that stay are those of the message with this id.
                Some([0, 10, ..]) if is_message && !self.0.is_whole() => {}
                Some(&[segment, field]) => {
                    let back = fields.entry((segment, field)).or_default();
                    match is_frame {
                        true => back.frame = Some(original),
                        false => back.whole = Some(original),
                    }
                }
                Some(&[segment, field, repetition, component]) => {
                    let back = fields.entry((segment, field)).or_default();
                    back.components.insert((repetition, component), original);
                }
                _ => return Err(not_a_place()),
            }
        }
        // A name may be back since some scopes were opened before.
        let names = found.segments.iter().enumerate().map(|(at, segment)| {
            let (name, back) = (message.name(segment), fields.get(&(at, 0)));
            match back.is_some_and(|back| back.whole == Some(name)) {
                true => UNLISTED,
                false => name,
            }
        });
        let names = sealed::names(names);
        if of_names
            .iter()
            .any(|original| *original != names.as_bytes())
        {
            return Err(changed());
        }
        // It never grows, so that no copy of it stays.
        let put_back: usize = fields.values().map(Back::length).sum();
        let most = message.bytes.len() + put_back + of_last(fields.keys());
        // Three times what a message may have: what is here, what is put back, delimiters that were left out.
        if most > 3 * MOST_BYTES {
            return Err(not_a_place());
        }
        let mut to = Zeroizing::new(Vec::with_capacity(most));
        let mut at = 0;
        let mut written = (0, 0);
        for (&(number, field), back) in &fields {
            let segment = found.segments.get(number).ok_or_else(changed)?;
            if let (0, Some(name)) = (field, back.whole) {
                to.extend_from_slice(&message.bytes[at..segment.span.start]);
                to.extend_from_slice(name);
                at = segment.span.start + message.name(segment).len();
                continue;
            }
            let (span, missing) = match message.field(segment, field) {
                Some(span) => (span, 0),
                None => {
                    let before = match written {
                        (of, field) if of == number => field,
                        _ => 0,
                    };
                    let before = before.max(message.last_field(segment));
                    match field.checked_sub(before) {
                        None | Some(0) => return Err(not_a_place()),
                        Some(missing) => (segment.span.end..segment.span.end, missing),
                    }
                }
            };
            written = (number, field);
            to.extend_from_slice(&message.bytes[at..span.start]);
            to.extend(std::iter::repeat_n(message.delimiters.field, missing));
            at = span.end;
            back.write(message, span, &mut to);
        }
        let is_whole = self.0.is_whole();
        if is_whole {
            to.extend_from_slice(&message.bytes[at..found.span.start]);
            at = found.span.end;
        }
        to.extend_from_slice(&message.bytes[at..]);
        let is_original = of_original
            .filter(|_| is_whole)
            .map(|original| digest(&to).as_bytes() == original);
        Ok(Restored {
            bytes: to,
            is_original,
        })
    }
}

/// Of pairs in their order, the sum of the last second number for each first one: the most delimiters that may be missing.
fn of_last<'a>(pairs: impl Iterator<Item = &'a (usize, usize)>) -> usize {
    let (mut sum, mut last) = (0, (0, 0));
    for &pair in pairs {
        sum += if pair.0 == last.0 { 0 } else { last.1 };
        last = pair;
    }
    sum + last.1
}

impl Back<'_> {
    /// The most bytes that it adds.
    fn length(&self) -> usize {
        let parts = self
            .whole
            .iter()
            .chain(&self.frame)
            .chain(self.components.values());
        let parts: usize = parts.map(|part| part.len()).sum();
        parts + of_last(self.components.keys()) + self.last_repetition().unwrap_or(0)
    }

    fn last_repetition(&self) -> Option<usize> {
        let (&(repetition, _), _) = self.components.last_key_value()?;
        Some(repetition)
    }

    /// Writes the field at `span` with its parts back. Where a system on the way left out what was empty at its end, that is
    /// there again.
    fn write(&self, message: &Message<'_>, span: Range<usize>, to: &mut Vec<u8>) {
        if let Some(whole) = self.whole {
            to.extend_from_slice(whole);
            return;
        }
        let Delimiters {
            repetition: between,
            component: delimiter,
            ..
        } = message.delimiters;
        if let Some(frame) = self.frame {
            let mut places = Components::of(message, span);
            let mut place = (0, 1);
            for byte in frame.iter().copied().map(Some).chain([None]) {
                match self.components.get(&place) {
                    Some(original) => to.extend_from_slice(original),
                    None => to.extend_from_slice(places.at(place)),
                }
                place = match byte {
                    Some(byte) if byte == between => (place.0 + 1, 1),
                    _ => (place.0, place.1 + 1),
                };
                to.extend(byte);
            }
            return;
        }
        let mut repetitions = message.split(span, between);
        for repetition in 0.. {
            let span = repetitions.next();
            if span.is_none() && Some(repetition) > self.last_repetition() {
                break;
            }
            if repetition > 0 {
                to.push(between);
            }
            let of_repetition = self.components.range((repetition, 0)..(repetition + 1, 0));
            let mut there = of_repetition.filter(|(_, original)| !original.is_empty());
            let last = there
                .next_back()
                .map_or(0, |(&(_, component), _)| component);
            let mut spans = span.map(|span| message.split(span, delimiter));
            for component in 1.. {
                let span = spans.as_mut().and_then(Iterator::next);
                if span.is_none() && component > last {
                    break;
                }
                if component > 1 {
                    to.push(delimiter);
                }
                match (self.components.get(&(repetition, component)), span) {
                    (Some(original), _) => to.extend_from_slice(original),
                    (None, Some(span)) => to.extend_from_slice(&message.bytes[span]),
                    (None, None) => {}
                }
            }
        }
    }
}

/// What stands in the components of a field, asked for in their order.
struct Components<'m, 'a> {
    message: &'m Message<'a>,
    repetitions: Spans<'a>,
    components: Option<Spans<'a>>,
    /// The next one.
    place: (usize, usize),
}

impl<'m, 'a> Components<'m, 'a> {
    fn of(message: &'m Message<'a>, field: Range<usize>) -> Self {
        let mut repetitions = message.split(field, message.delimiters.repetition);
        let first = repetitions.next();
        Self {
            message,
            repetitions,
            components: first.map(|span| message.split(span, message.delimiters.component)),
            place: (0, 1),
        }
    }

    /// What stands at a place that is no earlier than the last; nothing where it is not there.
    fn at(&mut self, place: (usize, usize)) -> &'a [u8] {
        let delimiter = self.message.delimiters.component;
        while self.place.0 < place.0 {
            let next = self.repetitions.next();
            self.components = next.map(|span| self.message.split(span, delimiter));
            self.place = (self.place.0 + 1, 1);
        }
        let mut found = None;
        while self.place.1 <= place.1 {
            found = self.components.as_mut().and_then(Iterator::next);
            self.place.1 += 1;
        }
        found.map_or(&[], |span| &self.message.bytes[span])
    }
}

impl fmt::Debug for MessageRevealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageRevealer")
            .field(self.0.revealer())
            .finish()
    }
}

/// The sealed record of a protected message, with the fields that were read of it: for a [`Revealer`], or for a
/// broker.
///
/// Where the policy binds record ids, it is bound to the [id](message_id) of the protected message.
///
/// # Errors
///
/// [`Error::is_message`] where the message is malformed or not protected.
pub fn record_of(message: &[u8]) -> Result<SealedRecord> {
    let found = sealed::find(&Message::scan(message, None)?)?;
    found.records.into_iter().next().ok_or_else(changed)
}

/// The id of a message, MSH-10: what its acknowledgement names.
///
/// # Errors
///
/// [`Error::is_message`] where the message is malformed or has none.
pub fn message_id(message: &[u8]) -> Result<&[u8]> {
    let message = Message::scan(message, None)?;
    let span = message
        .field(&message.segments[0], 10)
        .filter(|span| !span.is_empty());
    span.map(|span| &message.bytes[span]).ok_or_else(no_id)
}

fn no_id() -> Error {
    Error::message(
        "the id in MSH-10 is empty",
        "let the sender give each message an id",
    )
}

fn stored_as<'a>(message: &Message<'a>) -> Result<&'a str> {
    let segment = &message.segments[0];
    if message.name(segment) != b"MSH" {
        return Ok(envelope_id(message));
    }
    let id = message.field(segment, 10).map(|span| &message.bytes[span]);
    id.and_then(|id| std::str::from_utf8(id).ok())
        .ok_or_else(no_id)
}

fn changed() -> Error {
    Error::message(
        "the message has not the id or not the segments that it was protected with, in their order",
        "reveal the message with its own ZPV segments, its MSH-10 and all its segments; what is between their delimiters may have changed",
    )
}

fn not_a_place() -> Error {
    Error::message(
        "the sealed parts are none of an HL7 v2 message",
        "reveal the message by the adapter that it was protected by",
    )
}
