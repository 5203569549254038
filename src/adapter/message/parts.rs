//! The parts that are taken out of a message, and the text that a record has them in.
//!
//! The parts of a scope are entries `place SP length ":" bytes`, one behind the other: `5.3 7:PAT^^^A`. A place is whatever the
//! format needs to find the spot again. They are cut into pieces that fit the scope's shaped field, the same number of
//! pieces for each scope, a power of two:
//!
//! ```text
//! piece    = encoding number "/" pieces SP id SP entries
//! encoding = "u" (UTF-8) or "l" (each byte a character of ISO 8859-1)
//! ```
//!
//! Sealing pads each to the width of its field, so that a record tells no more than the power of two.

use std::ops::Deref;

use zeroize::Zeroizing;

use super::{
    ID_LENGTH,
    clear::{append, reserve},
};
use crate::{
    error::{Error, Result},
    id::Scope,
};

/// The longest head of a piece: encoding, two numbers, an id. No message has 10,000,000 pieces, however narrow its fields are.
const MOST_HEAD: usize = 1 + 7 + 1 + 7 + 1 + ID_LENGTH + 1;

/// The head of a piece that is the only one.
const HEAD_ALONE: usize = 1 + "0/1".len() + 1 + ID_LENGTH + 1;

/// The narrowest a shaped field is made.
pub(super) const NARROWEST: usize = 64;

/// What most scopes of a message fit into.
const ROOM: usize = 512;

/// The parts of one message, by scope.
pub(crate) struct Parts(Vec<(Scope, Zeroizing<Vec<u8>>)>);

impl Parts {
    /// None yet; only of these scopes can there be some.
    pub(crate) fn of(scopes: impl Iterator<Item = Scope>) -> Self {
        Self(
            scopes
                .map(|scope| (scope, Zeroizing::new(Vec::with_capacity(ROOM))))
                .collect(),
        )
    }

    /// Takes what stood at `place`, which is ASCII without spaces.
    pub(crate) fn push(&mut self, scope: Scope, place: &str, original: &[u8]) {
        let Some((_, entries)) = self.0.iter_mut().find(|(of, _)| *of == scope) else {
            unreachable!("profiles take parts out for scopes of their schema")
        };
        let mut buffer = [0; 20];
        let length = digits(original.len(), &mut buffer);
        reserve(entries, place.len() + length.len() + 2 + original.len());
        for bytes in [place.as_bytes(), b" ", length, b":", original] {
            entries.extend_from_slice(bytes);
        }
    }

    /// For each piece what the shaped field of each scope holds, and how wide that field is to be, at most `most`.
    pub(super) fn pieces(&self, id: &str, most: usize) -> Pieces<'_> {
        let of_scope = self.0.iter();
        let mut of_scope: Vec<Cut<'_>> = of_scope.map(|(_, entries)| Cut::none(entries)).collect();
        let longest = of_scope.iter().map(|cut| cut.text.len()).max().unwrap_or(0);
        let alone = HEAD_ALONE + longest;
        let (width, number) = match alone <= most {
            true => (alone.next_power_of_two().max(NARROWEST), 1),
            false => {
                let room = most - MOST_HEAD;
                of_scope.iter_mut().for_each(|cut| cut.cut(room));
                let number = of_scope.iter().map(|cut| cut.ends.len() + 1).max();
                (most, number.unwrap_or(1).next_power_of_two())
            }
        };
        Pieces {
            width,
            number,
            heads: (0..number).map(|at| head(at, number, id)).collect(),
            of_scope,
        }
    }
}

/// What records hold of a message's parts.
pub(super) struct Pieces<'a> {
    /// How wide shaped fields are made.
    pub(super) width: usize,
    /// A power of two.
    pub(super) number: usize,
    /// What each begins with, but for the encoding.
    heads: Vec<String>,
    /// One a scope, in its order.
    of_scope: Vec<Cut<'a>>,
}

impl Pieces<'_> {
    /// What the shaped field of each scope holds in one piece, to be joined.
    pub(super) fn texts(&self, piece: usize) -> impl Iterator<Item = [&str; 3]> {
        let head = self.heads[piece].as_str();
        let of_scope = self.of_scope.iter();
        of_scope.map(move |cut| [cut.encoding, head, cut.piece(piece)])
    }
}

/// The text of one scope, cut into pieces.
struct Cut<'a> {
    encoding: &'static str,
    text: Text<'a>,
    /// Where pieces end but the last one that is not empty.
    ends: Vec<usize>,
}

impl<'a> Cut<'a> {
    fn none(entries: &'a [u8]) -> Self {
        let (encoding, text) = text(entries);
        Self {
            encoding,
            text,
            ends: Vec::new(),
        }
    }

    fn cut(&mut self, room: usize) {
        let mut start = 0;
        while self.text.len() - start > room {
            start = self.text.floor_char_boundary(start + room);
            self.ends.push(start);
        }
    }

    fn piece(&self, at: usize) -> &str {
        let end = |at| self.ends.get(at).copied().unwrap_or(self.text.len());
        let start = at.checked_sub(1).map_or(0, end);
        &self.text[start..end(at)]
    }
}

fn head(at: usize, number: usize, id: &str) -> String {
    let mut head = String::with_capacity(MOST_HEAD);
    match number {
        1 => head.push_str("0/1"),
        _ => head.push_str(&format!("{at}/{number}")),
    }
    for text in [" ", id, " "] {
        head.push_str(text);
    }
    head
}

/// The text of entries: as they are, or written for them and wiped on drop.
enum Text<'a> {
    Entries(&'a str),
    Latin(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Entries(text) => text,
            Self::Latin(text) => text,
        }
    }
}

/// The entries as text, and how.
fn text(entries: &[u8]) -> (&'static str, Text<'_>) {
    match std::str::from_utf8(entries) {
        Ok(text) => ("u", Text::Entries(text)),
        Err(_) => {
            // Two bytes for each at the most, so that it never grows.
            let mut text = Zeroizing::new(String::with_capacity(2 * entries.len()));
            text.extend(entries.iter().map(|&byte| char::from(byte)));
            ("l", Text::Latin(text))
        }
    }
}

/// The decimal digits of a number, which there are very many of to be formatted one by one.
fn digits(mut number: usize, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &buffer[start..];
        }
    }
}

/// Appends the decimal digits of a number to the name of a place.
pub(crate) fn push_number(to: &mut String, number: usize) {
    if number >= 10 {
        push_number(to, number / 10);
    }
    to.push(char::from(b'0' + (number % 10) as u8));
}

/// Takes the pieces of one scope up again, in their order.
#[derive(Default)]
pub(super) struct Joined {
    latin: bool,
    id: String,
    number: usize,
    next: usize,
    bytes: Zeroizing<Vec<u8>>,
}

impl Joined {
    /// # Errors
    ///
    /// [`Error::is_message`] for a piece of another message, or out of its order.
    pub(super) fn push(&mut self, piece: &str) -> Result<()> {
        let parsed = parse_head(piece).ok_or_else(not_whole)?;
        let (latin, at, number, id, entries) = parsed;
        if self.next == 0 {
            (self.latin, self.number, self.id) = (latin, number, id.to_owned());
        }
        let continues = self.next == at && self.number == number && self.latin == latin;
        if !continues || self.id != id {
            return Err(not_whole());
        }
        self.next += 1;
        match latin {
            false => append(&mut self.bytes, entries.as_bytes()),
            true => {
                let mut bytes = Zeroizing::new(Vec::with_capacity(entries.len()));
                for character in entries.chars() {
                    bytes.push(u8::try_from(character).map_err(|_| not_whole())?);
                }
                append(&mut self.bytes, &bytes);
            }
        }
        Ok(())
    }

    /// The id of the message.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where pieces are missing.
    pub(super) fn id(&self) -> Result<&str> {
        if self.next == 0 || self.next != self.number {
            return Err(not_whole());
        }
        Ok(&self.id)
    }

    /// Each entry.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where they are none.
    pub(super) fn entries(&self) -> Result<Vec<Entry<'_>>> {
        let mut entries = Vec::new();
        let mut rest: &[u8] = &self.bytes;
        while !rest.is_empty() {
            let (entry, after) = parse_entry(rest).ok_or_else(not_whole)?;
            entries.push(entry);
            rest = after;
        }
        Ok(entries)
    }
}

/// A place, and what stood there.
pub(crate) type Entry<'a> = (&'a str, &'a [u8]);

fn parse_head(piece: &str) -> Option<(bool, usize, usize, &str, &str)> {
    let (first, rest) = piece.split_at_checked(1)?;
    let (numbers, rest) = rest.split_once(' ')?;
    let (id, entries) = rest.split_once(' ')?;
    let (at, number) = numbers.split_once('/')?;
    let latin = match first {
        "u" => false,
        "l" => true,
        _ => return None,
    };
    Some((latin, at.parse().ok()?, number.parse().ok()?, id, entries))
}

fn parse_entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let space = bytes.iter().position(|&byte| byte == b' ')?;
    let (place, rest) = (&bytes[..space], &bytes[space + 1..]);
    let colon = rest.iter().position(|&byte| byte == b':')?;
    let length: usize = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
    let (original, after) = rest[colon + 1..].split_at_checked(length)?;
    Some(((std::str::from_utf8(place).ok()?, original), after))
}

pub(super) fn not_whole() -> Error {
    Error::message(
        "the sealed parts of the message are not whole, or of several messages",
        "reveal the message as it was protected, with every piece in its order",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "abcdefghijklmnopqrst";

    /// What each piece holds of a scope.
    fn texts(pieces: &Pieces<'_>, scope: usize) -> Vec<String> {
        (0..pieces.number)
            .map(|piece| pieces.texts(piece).nth(scope).unwrap().concat())
            .collect()
    }

    fn parts(lengths: &[(Scope, usize)]) -> Parts {
        let mut parts = Parts::of([Scope::IDENTITY, Scope::CARE].into_iter());
        for &(scope, length) in lengths {
            parts.push(scope, "1.2", &vec![b'x'; length]);
        }
        parts
    }

    #[test]
    fn digits_are_decimal() {
        for number in [0, 1, 9, 10, 4711, usize::MAX] {
            assert_eq!(digits(number, &mut [0; 20]), number.to_string().as_bytes());
            let mut place = String::new();
            push_number(&mut place, number);
            assert_eq!(place, number.to_string());
        }
    }

    #[test]
    fn each_scope_has_as_many_pieces_each_of_which_fits() {
        for length in (0..2_000).step_by(7) {
            let parts = parts(&[(Scope::CARE, length)]);
            let pieces = parts.pieces(ID, 256);
            assert!(pieces.number.is_power_of_two() && pieces.width.is_power_of_two());
            assert!(pieces.width <= 256 && (pieces.number == 1 || pieces.width == 256));
            // The length of a record tells no more than the longest text needs.
            let longest = texts(&pieces, 1)[0].len().next_power_of_two();
            assert!(pieces.number > 1 || pieces.width == longest.max(NARROWEST));
            for scope in 0..2 {
                let texts = texts(&pieces, scope);
                assert!(texts.iter().all(|text| text.len() <= pieces.width));
                let mut joined = Joined::default();
                texts.iter().for_each(|text| joined.push(text).unwrap());
                assert_eq!(joined.id().unwrap(), ID);
            }
        }
    }

    /// Found by reading: numbers of five digits had no room in the narrowest fields.
    #[test]
    fn the_narrowest_fields_have_room_for_very_many_pieces() {
        let parts = parts(&[(Scope::CARE, 400_000)]);
        let pieces = parts.pieces(ID, NARROWEST);
        assert_eq!(pieces.number, 16_384);
        for text in texts(&pieces, 1) {
            assert!(text.len() <= NARROWEST, "{text}");
        }
    }

    #[test]
    fn pieces_are_joined_in_their_order_only() {
        let parts = parts(&[(Scope::CARE, 900)]);
        let texts = texts(&parts.pieces(ID, 256), 1);
        assert_eq!(texts.len(), 8);
        let mut joined = Joined::default();
        joined.push(&texts[0]).unwrap();
        assert!(joined.entries().is_err());
        assert!(joined.push(&texts[2]).is_err());
        assert!(Joined::default().push(&texts[1]).is_err());
        let other = texts[1].replace(ID, "bbbbbbbbbbbbbbbbbbbb");
        assert!(joined.push(&other).is_err());
        let mut whole = Joined::default();
        texts.iter().for_each(|text| whole.push(text).unwrap());
        assert_eq!(whole.entries().unwrap(), [("1.2", &[b'x'; 900][..])]);
        assert!(whole.push(&texts[7]).is_err());
    }

    #[test]
    fn entries_that_are_none_are_refused() {
        for entries in [
            "1.2",
            "1.2 ",
            "1.2 x:",
            "1.2 3:ab",
            "1.2 -1:",
            "1.2 18446744073709551616:",
        ] {
            let mut joined = Joined::default();
            joined.push(&format!("u0/1 {ID} {entries}")).unwrap();
            assert!(joined.entries().is_err(), "{entries}");
        }
        // A character beyond those of one byte each.
        assert!(Joined::default().push("l0/1 x 1.2 1:\u{20ac}").is_err());
    }
}
