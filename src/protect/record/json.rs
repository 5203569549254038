//! Records given as JSON text.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use crate::error::{Error, Kind, Result};

/// A record given as the text of one JSON object; a key that is there twice is an error when it is protected.
///
/// Parsing into `serde_json::Value` first would keep the last of two equal keys without a word, and would lose
/// how a number was written. Fields of type `json` keep their text verbatim.
///
/// # Security
///
/// The text is the caller's to wipe. Where a value in it has escapes, `serde_json` resolves them in memory of its own,
/// which is freed as it is.
///
/// # Examples
///
/// ```
/// use paravent::{Date, JsonRecord, Keyring, Policy, Protector, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let protector = Protector::new(&Keyring::generate()?, &checked)?;
/// let twice = JsonRecord::parse(r#"{"last_name": "Martin", "last_name": "Petit"}"#)?;
/// assert!(protector.protect(&twice).unwrap_err().is_duplicate_field());
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct JsonRecord<'a>(Members<'a>);

/// The members in the order of the text, each value unparsed.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> JsonRecord<'a> {
    /// The record in `text`.
    ///
    /// # Errors
    ///
    /// [`Error::is_record`] with the [line](Error::line) where `text` is not one JSON object.
    pub fn parse(text: &'a str) -> Result<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            Error::new(|| Kind::Json {
                line: error.line(),
                column: error.column(),
                broken: !error.is_data(),
            })
        })
    }

    /// Its members in the order of the text, each value unparsed.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, &'a RawValue)] {
        &self.0.0
    }
}

impl fmt::Debug for JsonRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonRecord({} members)", self.0.0.len())
    }
}

impl Serialize for JsonRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let members = &self.0.0;
        let mut map = serializer.serialize_map(Some(members.len()))?;
        for (key, value) in members {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
