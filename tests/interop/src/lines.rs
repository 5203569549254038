//! What stands on a line: requests, bindings, and the fields of either schema in clear.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use data_encoding::HEXLOWER_PERMISSIVE;
use paravent::SubjectKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Schemas by name, as TOML, and policies by name, each with its schema's.
    Setup {
        schemas: BTreeMap<String, String>,
        policies: BTreeMap<String, (String, String)>,
    },
    Generate {
        passphrase: String,
        epochs: u32,
    },
    Load {
        keyring: String,
        passphrase: String,
    },
    Grant {
        policy: String,
        text: String,
        passphrase: String,
    },
    Protect {
        seed: u64,
        count: usize,
    },
    Open(Opening),
    Normalize {
        class: String,
        value: String,
    },
}

/// A sealed record, or a row where there are cells.
#[derive(Deserialize)]
pub(crate) struct Opening {
    pub(crate) policy: String,
    pub(crate) with: String,
    /// Whether values are texts, or bytes in hexadecimal.
    pub(crate) text: bool,
    pub(crate) sealed: String,
    pub(crate) cells: Option<BTreeMap<String, String>>,
    pub(crate) bound: Bound,
    /// Whether to make the pseudonyms anew from what was opened.
    #[serde(default)]
    pub(crate) again: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Bound {
    pub(crate) record_id: Option<String>,
    pub(crate) subject_key: Option<String>,
}

/// The record id and the subject key, where there are any.
type Read = (Option<Vec<u8>>, Option<SubjectKey>);

impl Bound {
    pub(crate) fn read(&self) -> Result<Read, Box<dyn StdError>> {
        let Some(text) = &self.subject_key else {
            return Ok((self.record_id.as_deref().map(hex), None));
        };
        let mut bytes: [u8; 32] = hex(text)
            .try_into()
            .map_err(|_| "a subject key has 32 bytes")?;
        Ok((
            self.record_id.as_deref().map(hex),
            Some(SubjectKey::from_bytes(&mut bytes)),
        ))
    }
}

/// The bytes of hexadecimal text. Other text ends the program: as an empty value it would be refused like one that is
/// malformed on purpose.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    match HEXLOWER_PERMISSIVE.decode(text.as_bytes()) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("the other side writes hexadecimal: {error}"),
    }
}

/// The fields of both schemas; those that a schema lacks stay out.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) age: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) practitioner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) specialty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insured: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) codes: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) practice: Option<Practice>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Practice {
    pub(crate) id: Option<String>,
}

impl Fields {
    /// One flat object; a field of type `json` as a string that holds its text.
    pub(crate) fn to_line(&self) -> serde_json::Result<Value> {
        // By way of text: a `Value` refuses numbers beyond floats, which fields of type `json` may hold.
        let text = serde_json::to_string(self)?;
        let mut line = Map::new();
        for (name, value) in serde_json::from_str::<BTreeMap<String, &RawValue>>(&text)? {
            match name.as_str() {
                "codes" => drop(line.insert(name, json!(value.get()))),
                "practice" => {
                    let practice: Map<String, Value> = serde_json::from_str(value.get())?;
                    line.extend(
                        practice
                            .into_iter()
                            .map(|(inner, value)| (format!("{name}.{inner}"), value)),
                    );
                }
                _ => drop(line.insert(name, serde_json::from_str(value.get())?)),
            }
        }
        Ok(Value::Object(line))
    }
}
