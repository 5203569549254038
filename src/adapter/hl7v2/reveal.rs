//! From a protected message back.

use std::{collections::BTreeMap, fmt};

use zeroize::Zeroizing;

use super::{
    protect::frame_id,
    scan::{Delimiters, Message},
    sealed,
};
use crate::{
    adapter::message::{Opener, Restored, digest},
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
    /// [`Error::is_message`] where it is malformed, or not as it was protected: segments or fields are missing, `ZPV` segments are
    /// missing, of several messages or not in their order; those of [`Revealer::reveal`].
    pub fn reveal(&self, message: &[u8]) -> Result<Restored> {
        self.reveal_scanned(&Message::scan(message, None)?)
    }

    /// The same for what has been scanned, and for segments that begin or end a batch or a file.
    pub(super) fn reveal_scanned(&self, message: &Message<'_>) -> Result<Restored> {
        let found = sealed::find(message)?;
        let originals = self.0.open(&found.records, stored_as(message)?)?;
        let mut fields: BTreeMap<(usize, usize), Back<'_>> = BTreeMap::new();
        let mut of_original = None;
        for (place, original) in originals.entries()? {
            if place == "digest" {
                of_original = Some(original);
                continue;
            }
            let steps: Option<Vec<usize>> =
                place.split('.').map(|step| step.parse().ok()).collect();
            match steps.as_deref() {
                // The `ZPV` segments that stay are those of the message with this id.
                Some([0, 10, ..]) if !self.0.is_whole() => {}
                Some(&[segment, field]) => {
                    fields.entry((segment, field)).or_default().whole = Some(original);
                }
                Some(&[segment, field, repetition, component]) => {
                    let back = fields.entry((segment, field)).or_default();
                    back.components.insert((repetition, component), original);
                }
                _ => return Err(changed(0, 0)),
            }
        }
        let length = message.bytes.len();
        let put_back: usize = fields.values().map(Back::length).sum();
        // It never grows, so that no copy of it stays.
        let mut to = Zeroizing::new(Vec::with_capacity(length + put_back));
        let mut at = 0;
        for (&(number, field), back) in &fields {
            let segment = found
                .segments
                .get(number)
                .ok_or_else(|| changed(number, field))?;
            let span = match message.field(segment, field) {
                Some(span) => span,
                None => return Err(changed(number, field)),
            };
            to.extend_from_slice(&message.bytes[at..span.start]);
            at = span.end;
            back.write(message, span, &mut to)
                .ok_or_else(|| changed(number, field))?;
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

impl Back<'_> {
    /// The most bytes that it adds.
    fn length(&self) -> usize {
        let components = self.components.values().map(|component| component.len());
        self.whole.map_or(0, <[u8]>::len) + components.sum::<usize>()
    }

    /// Writes the field at `span` with its parts back; `None` where one of their places is not there.
    fn write(
        &self,
        message: &Message<'_>,
        span: std::ops::Range<usize>,
        to: &mut Vec<u8>,
    ) -> Option<()> {
        if let Some(whole) = self.whole {
            to.extend_from_slice(whole);
            return Some(());
        }
        let Delimiters {
            repetition: between,
            component: delimiter,
            ..
        } = message.delimiters;
        let mut left = self.components.len();
        for (repetition, span) in message.split(span, between).enumerate() {
            if repetition > 0 {
                to.push(between);
            }
            for (component, span) in (1..).zip(message.split(span, delimiter)) {
                if component > 1 {
                    to.push(delimiter);
                }
                match self.components.get(&(repetition, component)) {
                    Some(original) => {
                        left -= 1;
                        to.extend_from_slice(original);
                    }
                    None => to.extend_from_slice(&message.bytes[span]),
                }
            }
        }
        (left == 0).then_some(())
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
    found
        .records
        .into_iter()
        .next()
        .ok_or_else(|| changed(0, 10))
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
    span.map(|span| &message.bytes[span])
        .ok_or_else(|| Error::message("MSH-10 is empty", "let the sender give each message an id"))
}

fn stored_as<'a>(message: &Message<'a>) -> Result<&'a str> {
    let segment = &message.segments[0];
    if message.name(segment) != b"MSH" {
        return Ok(frame_id(message));
    }
    let id = message.field(segment, 10).map(|span| &message.bytes[span]);
    id.and_then(|id| std::str::from_utf8(id).ok())
        .ok_or_else(|| changed(0, 10))
}

fn changed(segment: usize, field: usize) -> Error {
    Error::message(
        format!(
            "the message was changed since it was protected: field {field} of segment {} is not as it was",
            segment + 1
        ),
        "reveal the message with all its segments, fields and components, in their order",
    )
}
