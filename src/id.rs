//! Names and numbers that are parsed once and trusted after.

use std::{fmt, num::NonZeroU32, sync::Arc};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Serialize, Serializer};

use crate::error::{Error, Kind, Result};

const NAME_ADVICE: &str = "use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'";

/// Who may link: one connector for one purpose. 1 to 64 bytes of `a-z 0-9 . _ -`.
///
/// Each domain has keys of its own, so that what two domains hold cannot be joined. The domain never stands
/// in what is written: it would name the clinic. Schemas do not enter the keys, so give each schema domains of its own: within
/// one, a scope's key opens that scope's number in the rows of every schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

impl Domain {
    /// The domain of this name.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the name is not 1 to 64 bytes of `a-z 0-9 . _ -`.
    pub fn new(name: &str) -> Result<Self> {
        check_name("the domain", name)?;
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses what is not 1 to 64 bytes of `a-z 0-9 . _ -`.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    let fault = if name.is_empty() {
        "is empty"
    } else if name.len() > 64 {
        "is longer than 64 bytes"
    } else if !name.bytes().all(allowed) {
        "has a character that names cannot have"
    } else {
        return Ok(());
    };
    Err(Error::definition(format!("{what} {fault}"), NAME_ADVICE))
}

/// Whether this is one line of 1 to 200 bytes that is not blank: the name of a person or an office.
pub(crate) fn is_line(text: &str) -> bool {
    text.len() <= 200 && !text.trim().is_empty() && !text.contains(breaks_line)
}

/// Whether a text can be seen and holds nothing that cannot: two that differ by what nobody sees would be two people.
#[cfg(feature = "broker")]
pub(crate) fn is_visible(text: &str) -> bool {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

    // Default_Ignorable_Code_Point beyond the category of formats, and the blank braille pattern.
    let is_hidden = |c: char| {
        c.general_category() == GeneralCategory::Format
            || matches!(
                c,
                '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'
                    ..='\u{180F}'
            )
            || matches!(c, '\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
    };
    !text.contains(is_hidden) && text.contains(char::is_alphanumeric)
}

/// Whether a character could make a line or a header of its own.
pub(crate) fn breaks_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// A key partition: what one key of a record opens.
///
/// The four of every schema are [`IDENTITY`](Scope::IDENTITY), [`CONTACT`](Scope::CONTACT),
/// [`SCHEDULE`](Scope::SCHEDULE) and [`CARE`](Scope::CARE); a schema may declare more, numbered 16 to 63.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(u8);

impl Scope {
    /// Who the person is.
    pub const IDENTITY: Self = Self(1);
    /// How to reach them.
    pub const CONTACT: Self = Self(2);
    /// When they come.
    pub const SCHEDULE: Self = Self(3);
    /// Why they come, and to whom.
    pub const CARE: Self = Self(4);

    /// The scope of this number: 1 to 4, or 16 to 63 for those that a schema declares.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] for every other number.
    pub fn new(number: u8) -> Result<Self> {
        Self::from_wire(number).ok_or_else(|| {
            Error::definition(
                format!("{number} is not a scope"),
                "use 1 to 4, or 16 to 63 for scopes of your own",
            )
        })
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        self.0
    }

    pub(crate) fn from_wire(number: u8) -> Option<Self> {
        matches!(number, 1..=4 | 16..=63).then_some(Self(number))
    }

    /// The names that every schema knows.
    pub(crate) const KNOWN: [(&str, Self); 4] = [
        ("identity", Self::IDENTITY),
        ("contact", Self::CONTACT),
        ("schedule", Self::SCHEDULE),
        ("care", Self::CARE),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::KNOWN
            .into_iter()
            .find(|&(known, _)| known == name)
            .map(|(_, scope)| scope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IDENTITY => f.write_str("scope identity"),
            Self::CONTACT => f.write_str("scope contact"),
            Self::SCHEDULE => f.write_str("scope schedule"),
            Self::CARE => f.write_str("scope care"),
            Self(number) => write!(f, "scope {number}"),
        }
    }
}

/// Some of the scopes: their numbers are below 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ScopeSet(u64);

impl ScopeSet {
    pub(crate) fn insert(&mut self, scope: Scope) {
        self.0 |= 1 << scope.0;
    }

    pub(crate) fn contains(self, scope: Scope) -> bool {
        self.0 & 1 << scope.0 != 0
    }

    /// The first of its scopes that is not in `other`.
    pub(crate) fn first_beyond(self, other: Self) -> Option<Scope> {
        match self.0 & !other.0 {
            0 => None,
            beyond => Some(Scope(beyond.trailing_zeros() as u8)),
        }
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        scopes.into_iter().for_each(|scope| set.insert(scope));
        set
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.0)
    }
}

/// A field's number on the wire, 1 to 255, never used again for another field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u8);

impl FieldId {
    /// The field of this number.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] for 0, which begins the padding.
    pub fn new(number: u8) -> Result<Self> {
        if number == 0 {
            return Err(Error::definition(
                "0 is not a field number",
                "number fields from 1 to 255",
            ));
        }
        Ok(Self(number))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

macro_rules! period {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            #[doc = concat!("The first ", $what, ".")]
            pub const FIRST: Self = Self(NonZeroU32::MIN);

            #[doc = concat!("The ", $what, " of this number, or `None` for 0.")]
            pub fn new(number: u32) -> Option<Self> {
                NonZeroU32::new(number).map(Self)
            }

            /// The number.
            pub fn number(self) -> u32 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(
                &self,
                serializer: S,
            ) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.number())
            }
        }
    };
}

period! {
    /// A sealing key's period, from 1; it stands in every sealed header.
    ///
    /// Let an epoch last at least 30 days, or count the time of writing as shown.
    Epoch, "epoch"
}

period! {
    /// A linkage key's period, from 1. Pseudonyms of two generations cannot be joined.
    ///
    /// It is not on the wire: keep it beside the column, and never mix two generations in one.
    Generation, "generation"
}

macro_rules! next {
    ($name:ident, $exhausted:ident) => {
        impl $name {
            pub(crate) fn next(self) -> Result<Self> {
                self.0
                    .checked_add(1)
                    .map(Self)
                    .ok_or_else(|| Error::new(|| Kind::$exhausted))
            }
        }
    };
}

next!(Epoch, EpochsExhausted);
next!(Generation, GenerationsExhausted);

/// The id under which the holder stores a row, 1 to 1,024 bytes; seals can be bound to it.
///
/// A bound seal opens only with the same id, so that rows cannot be swapped. Make ids random for each
/// domain, or pseudonyms: an id that two domains share joins their leaks. Put the table's name in front
/// where tables of one domain share ids.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecordId<'a>(&'a [u8]);

impl<'a> RecordId<'a> {
    /// The id with these bytes.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where it is empty or longer than 1,024 bytes.
    pub fn new<B: AsRef<[u8]> + ?Sized>(id: &'a B) -> Result<Self> {
        let id = id.as_ref();
        if id.is_empty() || id.len() > 1024 {
            let what = if id.is_empty() {
                "the record id is empty"
            } else {
                "the record id is longer than 1024 bytes"
            };
            return Err(Error::definition(what, "give an id of 1 to 1024 bytes"));
        }
        Ok(Self(id))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for RecordId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({} bytes)", self.0.len())
    }
}

/// The stable name of what a schema or a policy says: SHA-256, 32 bytes, printed as 64 hexadecimal digits.
///
/// Comments, order of tables, white space and reasons do not change it; everything that the crate acts on does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest that was printed so, in letters of any case.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_1_to_64_bytes_of_the_set() {
        assert!(Domain::new("sms-reminders.2_a").is_ok());
        assert!(Domain::new(&"a".repeat(64)).is_ok());
        for bad in ["", "A", "a b", "é", "a/b", &"a".repeat(65)] {
            assert!(
                Domain::new(bad).is_err_and(|error| error.is_definition()),
                "{bad}"
            );
        }
    }

    #[test]
    fn scopes_are_1_to_4_and_16_to_63() {
        let good: Vec<u8> = (0..=255).filter(|&n| Scope::new(n).is_ok()).collect();
        assert_eq!(good, (1..=4).chain(16..=63).collect::<Vec<u8>>());
    }

    #[test]
    fn record_ids_are_1_to_1024_bytes() {
        assert!(RecordId::new("").is_err());
        assert!(RecordId::new(&[7; 1024]).is_ok());
        assert!(RecordId::new(&[7; 1025]).is_err());
        assert_eq!(
            format!("{:?}", RecordId::new("rdv-1").unwrap()),
            "RecordId(5 bytes)"
        );
    }

    #[test]
    fn epochs_end() {
        assert_eq!(Epoch::new(0), None);
        assert_eq!(Epoch::FIRST.next().unwrap().number(), 2);
        assert!(Epoch::new(u32::MAX).unwrap().next().is_err());
    }
}
