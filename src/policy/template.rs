//! Templates of messages: `{field}` for a field's value, `{field:20}` for at most 20 bytes of it, `{{` and `}}` for braces.

use zeroize::Zeroize;

use crate::id::breaks_line;

/// A message that is filled for each record, always to one length: neither that nor its shape tells what stands in it.
pub(crate) struct Template {
    /// As the policy has it.
    text: String,
    parts: Vec<Part>,
    /// Bytes of every message.
    length: usize,
}

enum Part {
    Fixed(String),
    /// At most `width` bytes of the value of the field at `position`.
    Value {
        position: usize,
        width: usize,
    },
}

impl Template {
    /// A template without parts, to be pushed in their order.
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            parts: Vec::new(),
            length: 0,
        }
    }

    pub(super) fn push_fixed(&mut self, text: &str) {
        self.length += text.len();
        self.parts.push(Part::Fixed(text.to_owned()));
    }

    pub(super) fn push_value(&mut self, position: usize, width: usize) {
        self.length += width;
        self.parts.push(Part::Value { position, width });
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of every message.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The positions of the fields that it names, ascending.
    pub(super) fn fields(&self) -> Vec<usize> {
        let mut positions: Vec<usize> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Fixed(_) => None,
                Part::Value { position, .. } => Some(*position),
            })
            .collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// Puts the message of a record into `to`, in place of what it held, which is wiped; the caller wipes the message.
    ///
    /// A value that is longer than its width is cut between two characters and ends in "…", where that fits; null is
    /// nothing; control characters are spaces, so that a value makes no line of its own. Spaces at the end make every
    /// message [`length`](Self::length) bytes long.
    pub(crate) fn fill<'v>(&self, value: impl Fn(usize) -> Option<&'v str>, to: &mut String) {
        to.zeroize();
        // Growing would leave a copy behind.
        to.reserve_exact(self.length);
        for part in &self.parts {
            match part {
                Part::Fixed(text) => to.push_str(text),
                Part::Value { position, width } => {
                    push_cut(value(*position).unwrap_or_default(), *width, to);
                }
            }
        }
        to.extend(std::iter::repeat_n(' ', self.length - to.len()));
    }
}

/// What ends a value that was cut.
const MARK: &str = "…";

/// Appends at most `width` bytes of a value.
fn push_cut(value: &str, width: usize, to: &mut String) {
    let characters = || value.chars().map(|c| if breaks_line(c) { ' ' } else { c });
    let end = to.len() + width;
    if characters().map(char::len_utf8).sum::<usize>() <= width {
        return to.extend(characters());
    }
    let mark = if MARK.len() <= width { MARK } else { "" };
    for character in characters() {
        if to.len() + character.len_utf8() + mark.len() > end {
            break;
        }
        to.push(character);
    }
    to.push_str(mark);
}

/// A part of a template as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Fixed(&'t str),
    Value { name: &'t str, width: Option<i64> },
}

/// The parts of a template, in their order, up to the first fault.
pub(super) fn pieces(
    template: &str,
) -> impl Iterator<Item = std::result::Result<Piece<'_>, &'static str>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let read = piece(rest);
        // Nothing is read behind a fault.
        rest = read.as_ref().map_or("", |(_, rest)| rest);
        Some(read.map(|(piece, _)| piece))
    })
}

/// The first part of a text that is not empty, and the rest.
fn piece(text: &str) -> std::result::Result<(Piece<'_>, &str), &'static str> {
    let brace = text.find(['{', '}']).unwrap_or(text.len());
    if brace > 0 {
        let (fixed, rest) = text.split_at(brace);
        return Ok((Piece::Fixed(fixed), rest));
    }
    let (brace, after) = text.split_at(1);
    if let Some(rest) = after.strip_prefix(brace) {
        return Ok((Piece::Fixed(brace), rest));
    }
    if brace == "}" {
        return Err("has a \"}\" that closes nothing");
    }
    let end = after.find(['{', '}']).unwrap_or(after.len());
    let (inside, rest) = after.split_at(end);
    let rest = rest
        .strip_prefix('}')
        .ok_or("has a \"{\" that is not closed")?;
    let (name, width) = match inside.split_once(':') {
        Some((name, width)) => (name, Some(number(width)?)),
        None => (inside, None),
    };
    if name.is_empty() {
        return Err("has braces without a name");
    }
    Ok((Piece::Value { name, width }, rest))
}

fn number(width: &str) -> std::result::Result<i64, &'static str> {
    let is_number = width.bytes().all(|byte| byte.is_ascii_digit());
    match width.parse() {
        Ok(number) if is_number => Ok(number),
        _ => Err("has a width that is not a number"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(template: &str) -> std::result::Result<Vec<Piece<'_>>, &'static str> {
        pieces(template).collect()
    }

    fn fixed(text: &str) -> Piece<'_> {
        Piece::Fixed(text)
    }

    fn named(name: &str) -> Piece<'_> {
        Piece::Value { name, width: None }
    }

    fn cut(name: &str, width: i64) -> Piece<'_> {
        Piece::Value {
            name,
            width: Some(width),
        }
    }

    #[test]
    fn names_stand_in_braces() {
        for (template, parts) in [
            ("", vec![]),
            ("Bonjour", vec![fixed("Bonjour")]),
            ("{start}", vec![named("start")]),
            (
                "le {start} avec {practitioner:20}.",
                vec![
                    fixed("le "),
                    named("start"),
                    fixed(" avec "),
                    cut("practitioner", 20),
                    fixed("."),
                ],
            ),
            ("{a}{b:0}{a}", vec![named("a"), cut("b", 0), named("a")]),
            ("{{start}}", vec![fixed("{"), fixed("start"), fixed("}")]),
            ("{{{start}}}", vec![fixed("{"), named("start"), fixed("}")]),
            ("}}{{", vec![fixed("}"), fixed("{")]),
            ("é{ü:007}é", vec![fixed("é"), cut("ü", 7), fixed("é")]),
            ("{ start }", vec![named(" start ")]),
        ] {
            assert_eq!(read(template), Ok(parts), "{template}");
        }
    }

    #[test]
    fn braces_come_in_pairs() {
        let (closes, open, nameless, no_number) = (
            "has a \"}\" that closes nothing",
            "has a \"{\" that is not closed",
            "has braces without a name",
            "has a width that is not a number",
        );
        for (template, fault) in [
            ("}", closes),
            ("a } b", closes),
            ("{a}}", closes),
            ("}}}", closes),
            ("{", open),
            ("{a", open),
            ("{a{b}}", open),
            ("{{{", open),
            ("{a {{b}} }", open),
            ("{a:5", open),
            ("{}", nameless),
            ("{:5}", nameless),
            ("{start} {}", nameless),
            ("{a:}", no_number),
            ("{a:x}", no_number),
            ("{a:+5}", no_number),
            ("{a:-5}", no_number),
            ("{a: 5}", no_number),
            ("{a:5:5}", no_number),
            ("{a:٥}", no_number),
            ("{a:9223372036854775808}", no_number),
        ] {
            assert_eq!(read(template), Err(fault), "{template}");
        }
    }

    /// A template of fixed text and widths.
    fn template(parts: &[(&str, usize)]) -> Template {
        let mut template = Template::new("");
        for (position, (text, width)) in parts.iter().enumerate() {
            template.push_fixed(text);
            template.push_value(position, *width);
        }
        template
    }

    fn filled(template: &Template, values: &[Option<&str>]) -> String {
        let mut message = String::new();
        template.fill(|position| values[position], &mut message);
        message
    }

    #[test]
    fn values_are_cut_between_characters() {
        for (value, width, expected) in [
            ("Lefèvre", 8, "Lefèvre"),
            ("Lefèvre", 7, "Lef…"),
            ("Lefèvre", 6, "Lef…"),
            ("Lefèvre", 3, "…"),
            ("Lefèvre", 2, "Le"),
            ("éé", 1, ""),
            ("éé", 3, "…"),
            ("日本語", 8, "日…"),
            ("日本語", 9, "日本語"),
            ("", 4, ""),
        ] {
            let message = filled(&template(&[("", width)]), &[Some(value)]);
            let padding = " ".repeat(width - expected.len());
            assert_eq!(
                message,
                format!("{expected}{padding}"),
                "{value} in {width}"
            );
        }
    }

    #[test]
    fn a_value_makes_no_line() {
        let forged = "Zoé\r\nTo: x\u{85}y\u{2028}z\u{2029}\t\u{7f}";
        let message = filled(&template(&[("a\n", 40)]), &[Some(forged)]);
        assert_eq!(message.trim_end(), "a\nZoé  To: x y z");
        assert_eq!(message.len(), 42);
    }

    #[test]
    fn what_stood_there_before_is_gone() {
        let template = template(&[("le ", 5)]);
        let mut message = "a longer message than the next one is".to_owned();
        template.fill(|_| Some("9:30"), &mut message);
        assert_eq!(message, "le 9:30 ");
        let mut message = String::new();
        template.fill(|_| None, &mut message);
        // Never grown.
        assert_eq!((&*message, message.capacity()), ("le      ", 8));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_message_has_one_length_and_one_line(
            parts in prop::collection::vec(("[a-zé ]{0,12}", 1..40_usize), 1..6),
            values in prop::collection::vec(prop::option::of("\\PC{0,20}|(?s).{0,60}"), 6),
        ) {
            let widths: Vec<(&str, usize)> = parts.iter().map(|(text, width)| (&**text, *width)).collect();
            let template = template(&widths);
            let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            let message = filled(&template, &values);
            let length: usize = parts.iter().map(|(text, width)| text.len() + width).sum();
            prop_assert_eq!(message.len(), length);
            prop_assert_eq!(template.length(), length);
            prop_assert!(!message.contains(breaks_line));
        }

        #[test]
        fn a_value_is_whole_or_is_the_beginning_of_it_and_a_mark(
            value in "(?s).{0,40}",
            width in 1..80_usize,
        ) {
            let plain: String = value.chars().map(|c| if breaks_line(c) { ' ' } else { c }).collect();
            let mut shown = String::new();
            push_cut(&value, width, &mut shown);
            prop_assert!(shown.len() <= width);
            if plain.len() <= width {
                prop_assert_eq!(shown, plain);
            } else {
                let begins = if width < MARK.len() { Some(&*shown) } else { shown.strip_suffix(MARK) };
                let begins = begins.unwrap();
                prop_assert!(plain.starts_with(begins));
                // No character more would fit.
                let next = plain[begins.len()..].chars().next().unwrap();
                prop_assert!(shown.len() + next.len_utf8() > width);
            }
        }
    }
}
