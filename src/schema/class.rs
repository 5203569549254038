//! How values are made equal, as a schema states it.

use crate::error::{Error, Result};

/// How a field's values are made equal before they enter a pseudonym.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// Compatibility forms, case and white space are folded.
    Text,
    /// As text; accents, apostrophes, hyphens and full stops are folded too.
    Name,
    /// As text.
    Email,
    /// A telephone number, brought to `+`, country code and national number.
    Phone,
    /// The bytes as they are.
    Exact,
}

/// How telephone numbers are written where the schema is used: what a number without `+` begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRegion {
    country_code: String,
    international_prefix: String,
    trunk_prefix: String,
}

impl PhoneRegion {
    /// The region with this country code (`33`), international prefix (`00`) and trunk prefix (`0`, or empty).
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where one is not made of digits, where the country code is not 1 to 3 digits
    /// from 1, or where the international prefix is empty.
    pub fn new(country_code: &str, international_prefix: &str, trunk_prefix: &str) -> Result<Self> {
        let digits = |text: &str, most: usize| {
            text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let wrong = |what| Err(Error::definition(what, "France is \"33\", \"00\", \"0\""));
        if country_code.is_empty() || country_code.starts_with('0') || !digits(country_code, 3) {
            return wrong("the country code is not 1 to 3 digits from 1");
        }
        if international_prefix.is_empty() || !digits(international_prefix, 8) {
            return wrong("the international prefix is not 1 to 8 digits");
        }
        if !digits(trunk_prefix, 8) {
            return wrong("the trunk prefix is not 0 to 8 digits");
        }
        Ok(Self {
            country_code: country_code.to_owned(),
            international_prefix: international_prefix.to_owned(),
            trunk_prefix: trunk_prefix.to_owned(),
        })
    }

    /// France: `33`, `00`, `0`.
    pub fn france() -> Self {
        Self {
            country_code: "33".to_owned(),
            international_prefix: "00".to_owned(),
            trunk_prefix: "0".to_owned(),
        }
    }

    /// The country code, 1 to 3 digits.
    pub fn country_code(&self) -> &str {
        &self.country_code
    }

    /// What begins a number that has its country code and no `+`.
    pub fn international_prefix(&self) -> &str {
        &self.international_prefix
    }

    /// What begins a number without its country code, or nothing.
    pub fn trunk_prefix(&self) -> &str {
        &self.trunk_prefix
    }
}

impl Class {
    pub(crate) const ALL: [Self; 5] = [
        Self::Text,
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Exact,
    ];

    /// Its word in schema files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Exact => "exact",
        }
    }
}
