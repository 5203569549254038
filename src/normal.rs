//! Normalisation 1: what is made equal before a value enters a pseudonym, by class. Never before sealing.
//!
//! Unicode Standard Annex 15 (NFKC, NFD); lower-casing of the Unicode Standard §3.13 with Final_Sigma.

mod phone;

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    error::{Error, Kind, Result},
    schema::{Class, PhoneRegion},
};

// A code point that only the normalisation tables did not know would pass as it is today and be decomposed later.
const _: () = {
    let properties = unicode_properties::UNICODE_VERSION;
    let normalization = unicode_normalization::UNICODE_VERSION;
    assert!(properties.0 <= normalization.0 as u64);
};

impl Class {
    /// Returns what a pseudonym sees of `value`: two values with the same result get the same pseudonym.
    ///
    /// `region` is needed for [`Class::Phone`] only.
    ///
    /// # Errors
    ///
    /// [`Error::is_record`] for a code point that is unassigned or a control character, except for
    /// [`Class::Exact`]; for [`Class::Phone`], where the result is not `+` and 7 to 15 digits, or where there
    /// is no region.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Class, PhoneRegion};
    ///
    /// assert_eq!(Class::Name.normalize(" L’Hôpital-Ây", None)?, "l hopital ay");
    /// let france = PhoneRegion::france();
    /// assert_eq!(Class::Phone.normalize("06 39 98 12 34", Some(&france))?, "+33639981234");
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn normalize(self, value: &str, region: Option<&PhoneRegion>) -> Result<String> {
        let mut out = Zeroizing::new(Vec::with_capacity(room(value.as_bytes())));
        let value = value.as_bytes();
        append(self, value, region, &mut Work::default(), &mut out).map_err(|why| {
            Error::new(|| Kind::NotNormalizable {
                field: None,
                class: self.name(),
                why,
            })
        })?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

/// Room that no step outgrows: growing would leave a copy behind. NFKC multiplies bytes by at most 11 (U+FDFA),
/// lower-casing by at most 3, and neither does both to one character.
pub(crate) fn room(value: &[u8]) -> usize {
    value.len() * 12
}

/// Intermediate forms, whose room is kept between values and wiped after each.
#[derive(Default)]
pub(crate) struct Work {
    folded: String,
    lower: String,
}

impl Work {
    fn reserve(&mut self, value: &str) {
        self.folded.reserve(room(value.as_bytes()));
        self.lower.reserve(room(value.as_bytes()));
    }

    fn wipe(&mut self) {
        self.folded.zeroize();
        self.lower.zeroize();
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Appends the normal form of `value`, which is UTF-8, to `out`, which has [`room`] for it, or says why there is none.
pub(crate) fn append(
    class: Class,
    value: &[u8],
    region: Option<&PhoneRegion>,
    work: &mut Work,
    out: &mut Vec<u8>,
) -> std::result::Result<(), &'static str> {
    let fold = match class {
        Class::Exact => {
            out.extend_from_slice(value);
            return Ok(());
        }
        Class::Phone => return phone::append(value, region, work, out),
        Class::Text | Class::Email => Fold::Text,
        Class::Name => Fold::Name,
    };
    if append_latin(value, fold, out)? {
        return Ok(());
    }
    let value = checked(value)?;
    work.reserve(value);
    append_any(value, fold, work, out);
    work.wipe();
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    Text,
    Name,
}

const UNASSIGNED: &str = "it has a code point that Unicode does not assign";
const CONTROL: &str = "it has a control character";

/// The text of `value`, where normalising it means something.
fn checked(value: &[u8]) -> std::result::Result<&str, &'static str> {
    let Ok(value) = std::str::from_utf8(value) else {
        unreachable!("values are UTF-8");
    };
    for c in value.chars() {
        if c.is_control() && !c.is_whitespace() {
            return Err(CONTROL);
        }
        if !assigned(c) {
            return Err(UNASSIGNED);
        }
    }
    Ok(value)
}

/// Whether all tables in use know `c`: those of the two crates, and those of the standard library, which lower-cases.
fn assigned(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let known_to_std = match c.general_category_group() {
        GeneralCategoryGroup::Letter => c.is_alphabetic(),
        _ => true,
    };
    c.general_category() != GeneralCategory::Unassigned && known_to_std
}

/// Writes words with one space between them and none around them.
struct Words<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    space: bool,
}

impl<'a> Words<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            start: out.len(),
            out,
            space: false,
        }
    }

    fn space(&mut self) {
        self.space = true;
    }

    fn begin(&mut self) {
        if self.space && self.out.len() > self.start {
            self.out.push(b' ');
        }
        self.space = false;
    }

    fn push(&mut self, letters: &[u8]) {
        self.begin();
        self.out.extend_from_slice(letters);
    }

    fn push_char(&mut self, c: char) {
        if c.is_whitespace() {
            self.space();
        } else {
            self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// The general path.
fn append_any(value: &str, fold: Fold, work: &mut Work, out: &mut Vec<u8>) {
    work.folded.extend(value.nfkc());
    lower(&work.folded, &mut work.lower);
    let mut words = Words::new(out);
    let text = work.lower.nfkc();
    match fold {
        Fold::Text => text.for_each(|c| words.push_char(c)),
        Fold::Name => text
            .nfd()
            .filter(|&c| canonical_combining_class(c) == 0)
            .for_each(|c| words.push_char(if is_name_space(c) { ' ' } else { c })),
    }
}

fn is_name_space(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{02BC}' | '-' | '\u{2010}' | '.')
}

/// `str::to_lowercase`, into room that is there: only a capital sigma looks beyond its own character.
fn lower(text: &str, to: &mut String) {
    for (at, c) in text.char_indices() {
        if c == 'Σ' {
            let after = &text[at + c.len_utf8()..];
            to.push(if is_final(&text[..at], after) {
                'ς'
            } else {
                'σ'
            });
        } else {
            to.extend(c.to_lowercase());
        }
    }
}

/// Final_Sigma of the Unicode Standard §3.13, from a capital sigma's surroundings.
fn is_final(before: &str, after: &str) -> bool {
    let cased = |c: &char| !is_ignorable(*c);
    before.chars().rev().find(cased).is_some_and(is_cased)
        && !after.chars().find(cased).is_some_and(is_cased)
}

/// Cased and not Case_Ignorable. The standard library has the tables and shows them by what it makes of a sigma.
fn is_cased(c: char) -> bool {
    String::from_iter([c, 'Σ']).to_lowercase().ends_with('ς')
}

/// Case_Ignorable.
fn is_ignorable(c: char) -> bool {
    !is_cased(c)
        && String::from_iter(['A', c, 'Σ'])
            .to_lowercase()
            .ends_with('ς')
}

/// Where the quick path ends: names in Latin script mostly stay below.
const LATIN: usize = 0x180;

/// For each character of U+0080 to U+017F that stays a letter or digit by itself: its folded form, up to 4 bytes.
type LatinTable = [Option<([u8; 4], u8)>; LATIN - 0x80];

static LATIN_TEXT: LazyLock<LatinTable> = LazyLock::new(|| latin_table(Fold::Text));
static LATIN_NAME: LazyLock<LatinTable> = LazyLock::new(|| latin_table(Fold::Name));

/// Folds each character inside a word by the general path. None below U+0180 combines with another, so words fold letter
/// by letter.
fn latin_table(fold: Fold) -> LatinTable {
    std::array::from_fn(|i| {
        let c = char::from_u32(i as u32 + 0x80)?;
        if !c.is_alphanumeric() {
            return None;
        }
        let mut word = Vec::new();
        append_any(&format!("x{c}y"), fold, &mut Work::default(), &mut word);
        let letters = std::str::from_utf8(&word)
            .ok()?
            .strip_prefix('x')?
            .strip_suffix('y')?;
        if letters.is_empty() || letters.len() > 4 || !letters.chars().all(char::is_alphanumeric) {
            return None;
        }
        let mut bytes = [0; 4];
        bytes[..letters.len()].copy_from_slice(letters.as_bytes());
        Some((bytes, letters.len() as u8))
    })
}

/// What becomes of each ASCII character: [`GAP`] between words, [`REFUSED`] for what is refused, or a character.
type AsciiTable = [u8; 0x80];

const GAP: u8 = b' ';
const REFUSED: u8 = 0;

static ASCII_TEXT: AsciiTable = ascii_table(b"");
static ASCII_NAME: AsciiTable = ascii_table(b"'-.");

const fn ascii_table(gaps: &[u8]) -> AsciiTable {
    let mut table = [REFUSED; 0x80];
    let mut byte = 0;
    while byte < 0x80 {
        table[byte as usize] = match byte {
            b'\t'..=b'\r' | b' ' => GAP,
            b'!'..=b'~' => byte.to_ascii_lowercase(),
            _ => REFUSED,
        };
        byte += 1;
    }
    let mut i = 0;
    while i < gaps.len() {
        table[gaps[i] as usize] = GAP;
        i += 1;
    }
    table
}

/// The quick path: `false` where `value` needs the general one, and then nothing was appended.
fn append_latin(
    value: &[u8],
    fold: Fold,
    out: &mut Vec<u8>,
) -> std::result::Result<bool, &'static str> {
    let start = out.len();
    // Two bytes become at most four, and a space at most one.
    out.resize(start + 2 * value.len(), 0);
    let length = fold_latin(value, fold, &mut out[start..]);
    if let Ok(Some(length)) = length {
        out.truncate(start + length);
    } else {
        out[start..].zeroize();
        out.truncate(start);
    }
    length.map(|length| length.is_some())
}

/// Writes the normal form to the beginning of `to` and returns its length; `None` where `value` needs the general path.
fn fold_latin(
    value: &[u8],
    fold: Fold,
    to: &mut [u8],
) -> std::result::Result<Option<usize>, &'static str> {
    let (ascii, latin) = match fold {
        Fold::Text => (&ASCII_TEXT, &LATIN_TEXT),
        Fold::Name => (&ASCII_NAME, &LATIN_NAME),
    };
    let mut length = 0;
    let mut space = false;
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        let folded = ascii.get(usize::from(byte)).copied();
        if folded == Some(GAP) {
            space = length > 0;
            continue;
        }
        if space {
            to[length] = b' ';
            length += 1;
            space = false;
        }
        match (folded, byte) {
            (Some(REFUSED), _) => return Err(CONTROL),
            (Some(letter), _) => {
                to[length] = letter;
                length += 1;
            }
            // U+0080 to U+017F, in two bytes.
            (None, 0xC2..=0xC5) => {
                let next = bytes.next().map_or(0, |next| next & 0x3F);
                let place = usize::from(byte - 0xC2) << 6 | usize::from(next);
                let Some((letters, count)) = &latin[place] else {
                    return Ok(None);
                };
                let count = usize::from(*count);
                to[length..][..count].copy_from_slice(&letters[..count]);
                length += count;
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn general(value: &str, fold: Fold) -> String {
        let mut out = Vec::new();
        append_any(value, fold, &mut Work::default(), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The format's words, one after the other, with nothing clever.
    fn by_the_book(value: &str, fold: Fold) -> String {
        let runs = |text: &str| {
            text.split(char::is_whitespace)
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let text: String = value
            .nfkc()
            .collect::<String>()
            .to_lowercase()
            .nfkc()
            .collect();
        let text = runs(&text);
        if fold == Fold::Text {
            return text;
        }
        let name: String = text
            .nfd()
            .filter(|&c| canonical_combining_class(c) == 0)
            .collect();
        runs(
            &name
                .chars()
                .map(|c| if is_name_space(c) { ' ' } else { c })
                .collect::<String>(),
        )
    }

    #[test]
    fn quick_path_agrees_with_the_general_one_on_all_pairs() {
        let chars: Vec<char> = (0..LATIN as u32 + 0x20)
            .filter_map(char::from_u32)
            .collect();
        for fold in [Fold::Text, Fold::Name] {
            for &a in &chars {
                for &b in &chars {
                    let value: String = ['x', a, b, 'y'].iter().collect();
                    let mut quick = Vec::new();
                    if append_latin(value.as_bytes(), fold, &mut quick) == Ok(true) {
                        assert_eq!(quick, general(&value, fold).as_bytes(), "{value:?}");
                    }
                }
            }
        }
        let mut quick = Vec::new();
        assert_eq!(
            append_latin("Éloïse L'Hœuf-Ÿ".as_bytes(), Fold::Name, &mut quick),
            Ok(true)
        );
        assert_eq!(quick, "eloise l hœuf y".as_bytes());
    }

    #[test]
    fn letters_that_std_does_not_know_are_refused() {
        let newer = (0x80..=0x10FFFF).filter_map(char::from_u32).filter(|&c| {
            c.general_category_group() == GeneralCategoryGroup::Letter && !c.is_alphabetic()
        });
        for c in newer {
            assert!(
                Class::Text.normalize(&c.to_string(), None).is_err(),
                "{:x}",
                c as u32
            );
        }
        assert!(
            assigned('é') && assigned('\u{E000}') && !assigned('\u{378}') && !assigned('\u{1FFFE}')
        );
    }

    #[test]
    fn no_step_outgrows_its_room() {
        for c in (0..=0x10FFFF).filter_map(char::from_u32) {
            let value = c.to_string();
            let folded: String = value.nfkc().collect();
            let lower: String = folded.to_lowercase();
            let text: String = lower.nfkc().collect();
            let room = value.len() * 12;
            assert!(
                folded.len() <= room && lower.len() <= room && text.len() <= room,
                "{:x}",
                c as u32
            );
        }
    }

    #[test]
    fn sigmas_agree_with_the_standard_library() {
        for c in (0..=0x10FFFF).filter_map(char::from_u32) {
            for text in [
                format!("A{c}Σ"),
                format!("AΣ{c}"),
                format!("AΣ{c}A"),
                format!("{c}Σ{c}Σ{c}"),
            ] {
                let mut lowered = String::new();
                lower(&text, &mut lowered);
                assert_eq!(lowered, text.to_lowercase(), "{:x}", c as u32);
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_agrees_with_the_book(value in "\\PC*") {
            prop_assume!(checked(value.as_bytes()).is_ok());
            prop_assert_eq!(Class::Text.normalize(&value, None).unwrap(), by_the_book(&value, Fold::Text));
            prop_assert_eq!(Class::Name.normalize(&value, None).unwrap(), by_the_book(&value, Fold::Name));
        }

        #[test]
        fn names_agree_with_the_book(value in "[A-Za-zÀ-ſ '’.\\-ΑΣσς]{0,24}") {
            prop_assert_eq!(Class::Text.normalize(&value, None).unwrap(), by_the_book(&value, Fold::Text));
            prop_assert_eq!(Class::Name.normalize(&value, None).unwrap(), by_the_book(&value, Fold::Name));
        }

        #[test]
        fn a_normal_form_stays(value in "[A-Za-zÀ-ſ '’.\\-]{0,24}") {
            let once = Class::Name.normalize(&value, None).unwrap();
            prop_assert_eq!(Class::Name.normalize(&once, None).unwrap(), once);
        }

        #[test]
        fn phones_are_e164_or_refused(value in "[+0-9 ()./-]{0,20}") {
            if let Ok(number) = Class::Phone.normalize(&value, Some(&PhoneRegion::france())) {
                prop_assert!(number.starts_with('+') && (8..=16).contains(&number.len()));
                prop_assert_eq!(Class::Phone.normalize(&number, Some(&PhoneRegion::france())).unwrap(), number);
            }
        }
    }
}
