//! A stand-in in the shape of a telephone number.

use std::fmt;

use serde::{Serialize, Serializer};

/// A stand-in in the shape of a telephone number, equal for equal numbers of one field and domain: FF1 (NIST
/// SP 800-38G) over the digits behind the country code and the first national one.
///
/// It may be somebody's number: it is neither displayed nor taken for text, and only
/// [`not_a_number_to_dial`](PhoneStandIn::not_a_number_to_dial) gives its characters. It serialises to them, for the
/// column of a connector that checks the shape. Parsed back, they are [`Shown::Text`](crate::Shown::Text): nothing tells
/// them from a number.
///
/// # Security
///
/// Never for a connector that dials or sends. Country, first national digit and length are those of the number; a
/// stand-in shows which rows are of one number. It is personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneStandIn {
    /// ASCII, zeros behind it.
    text: [u8; Self::MOST],
}

impl PhoneStandIn {
    /// `+` and 15 digits.
    const MOST: usize = 16;

    /// The stand-in with these characters, a `+` and 7 to 15 digits.
    #[cfg(feature = "phone")]
    pub(crate) fn new(characters: &[u8]) -> Self {
        let mut text = [0; Self::MOST];
        text[..characters.len()].copy_from_slice(characters);
        Self { text }
    }

    /// How many characters of a number stay: `+`, the country code, and the first national digit.
    #[cfg(feature = "phone")]
    pub(crate) fn kept(number: &[u8]) -> usize {
        let two = match number {
            [b'+', b'1' | b'7', ..] => return 1 + 1 + 1,
            [b'+', tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => 10 * (tens - b'0') + ones - b'0',
            _ => 0,
        };
        let of_two_digits = matches!(
            two,
            20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98
        );
        1 + if of_two_digits { 2 } else { 3 } + 1
    }

    /// Its characters: `+` and 7 to 15 digits. Somebody may have this number, and it is not the patient.
    pub fn not_a_number_to_dial(&self) -> &str {
        let length = self.text.iter().take_while(|&&byte| byte != 0).count();
        match std::str::from_utf8(&self.text[..length]) {
            Ok(text) => text,
            Err(_) => unreachable!("it is ASCII"),
        }
    }
}

impl fmt::Debug for PhoneStandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneStandIn([not a number to dial])")
    }
}

impl Serialize for PhoneStandIn {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.not_a_number_to_dial())
    }
}

#[cfg(all(test, feature = "phone"))]
mod tests {
    use super::*;

    #[test]
    fn country_codes_and_one_digit_stay() {
        for (number, kept) in [
            ("+12025550123", "+12"),
            ("+79161234567", "+79"),
            ("+33639981234", "+336"),
            ("+4915112345678", "+491"),
            ("+9812345678", "+981"),
            ("+352621123456", "+3526"),
            ("+420123456789", "+4201"),
            ("+21212345678", "+2121"),
            ("+88012345678", "+8801"),
            ("+99612345678", "+9961"),
        ] {
            assert_eq!(&number[..PhoneStandIn::kept(number.as_bytes())], kept);
        }
        let of_two: Vec<u32> = (20..100)
            .filter(|code| PhoneStandIn::kept(format!("+{code}1234567").as_bytes()) == 4)
            .collect();
        let listed = [
            20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54,
            55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
        ];
        assert_eq!(of_two, listed);
    }

    #[test]
    fn its_digits_are_given_where_they_are_asked_for() {
        for text in ["+1234567", "+123456789012345"] {
            let made = PhoneStandIn::new(text.as_bytes());
            assert_eq!(made.not_a_number_to_dial(), text);
            assert_eq!(serde_json::to_string(&made).unwrap(), format!("\"{text}\""));
            let debug = format!("{made:?} {made:#?}");
            assert!(!debug.contains(|c: char| c.is_ascii_digit()), "{debug}");
        }
    }
}
