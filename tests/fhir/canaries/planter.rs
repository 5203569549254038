//! Puts canaries into documents, and looks for them.

use std::collections::HashMap;

use serde_json::Value;

/// What becomes of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Every leaf becomes a text.
    Text,
    /// Every leaf becomes a number.
    Number,
    /// Every leaf becomes a value of its own form: a date, a reference, a number, a text.
    Form,
}

impl How {
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Number, Self::Form];
}

#[derive(Clone, Debug)]
pub(crate) struct Canary {
    /// What is looked for.
    pub(crate) text: String,
    /// The leaf that holds it.
    pub(crate) whole: String,
    /// The type of the resource, and the names of elements on the way.
    pub(crate) of: String,
    pub(crate) path: String,
}

/// How much of a form is looked for.
const WINDOW: usize = 8;

impl Canary {
    /// Its text in clear and encoded, as it is inside of a longer text.
    pub(crate) fn forms(&self) -> Vec<Vec<u8>> {
        let clear = self.text.as_bytes();
        let mut forms = vec![
            clear.to_vec(),
            self.text.to_uppercase().into_bytes(),
            data_encoding::HEXLOWER.encode(clear).into_bytes(),
            data_encoding::HEXUPPER.encode(clear).into_bytes(),
        ];
        let escaped = |upper: bool| {
            let units = self.text.encode_utf16();
            let units = units.map(|unit| match upper {
                false => format!("\\u{unit:04x}"),
                true => format!("\\u{unit:04X}"),
            });
            units.collect::<String>().into_bytes()
        };
        forms.extend([escaped(false), escaped(true)]);
        for encoding in [data_encoding::BASE64_NOPAD, data_encoding::BASE64URL_NOPAD] {
            for before in 0..3 {
                let padded = [&[0; 2][..before], clear].concat();
                let text = encoding.encode(&padded).into_bytes();
                // What depends on the bytes around it is cut off.
                let start = [0, 2, 3][before];
                let end = padded.len() * 8 / 6;
                forms.push(text[start..end].to_vec());
            }
        }
        forms
    }
}

/// Looks for canaries.
pub(crate) struct Search<'c> {
    canaries: &'c [Canary],
    forms: Vec<Vec<Vec<u8>>>,
    /// A part of each form, and whose it is: what is not there need not be looked for.
    windows: HashMap<[u8; WINDOW], Vec<usize>>,
}

impl<'c> Search<'c> {
    pub(crate) fn new(canaries: &'c [Canary]) -> Self {
        let forms: Vec<_> = canaries.iter().map(Canary::forms).collect();
        let mut windows: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, forms) in forms.iter().enumerate() {
            for form in forms {
                // Texts differ at their ends, dates too.
                let window = form.last_chunk().unwrap();
                windows.entry(*window).or_default().push(at);
            }
        }
        Self {
            canaries,
            forms,
            windows,
        }
    }

    /// The canaries that are in `text` in any form.
    pub(crate) fn found(&self, text: &[u8]) -> Vec<&'c Canary> {
        let suspects = text
            .windows(WINDOW)
            .filter_map(|window| self.windows.get(window));
        let mut found: Vec<usize> = suspects.flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|&at| self.forms[at].iter().any(|form| contains(text, form)));
        found.into_iter().map(|at| &self.canaries[at]).collect()
    }
}

pub(crate) fn found<'c>(text: &[u8], canaries: &'c [Canary]) -> Vec<&'c Canary> {
    Search::new(canaries).found(text)
}

fn contains(text: &[u8], form: &[u8]) -> bool {
    text.windows(form.len()).any(|window| window == form)
}

/// The document with a canary in each leaf that `which` chooses by its number, but for types of resources.
pub(crate) fn plant(
    document: &Value,
    how: How,
    which: impl Fn(usize) -> bool,
) -> (Value, Vec<Canary>) {
    let mut planter = Planter {
        how,
        which: &which,
        leaf: 0,
        canaries: Vec::new(),
    };
    let mut planted = document.clone();
    planter.value(&mut planted, "", "");
    link(&mut planted);
    (planted, planter.canaries)
}

/// Lets contained places and organizations be parts of their containers: what nothing refers to any more would be taken out whole.
fn link(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(contained)) = members.get_mut("contained") {
                for resource in contained {
                    let name = resource["resourceType"].as_str();
                    if matches!(name, Some("Location" | "Organization")) {
                        resource["partOf"] = serde_json::json!({"reference": "#"});
                    }
                }
            }
            members.values_mut().for_each(link);
        }
        Value::Array(items) => items.iter_mut().for_each(link),
        _ => {}
    }
}

struct Planter<'w> {
    how: How,
    which: &'w dyn Fn(usize) -> bool,
    leaf: usize,
    canaries: Vec<Canary>,
}

impl Planter<'_> {
    fn value(&mut self, value: &mut Value, of: &str, path: &str) {
        match value {
            Value::Object(members) => {
                let name = members
                    .get("resourceType")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                let (of, path) = match &name {
                    Some(name) => (name.as_str(), ""),
                    None => (of, path),
                };
                for (name, value) in members.iter_mut() {
                    let path = match path.is_empty() {
                        true => name.clone(),
                        false => format!("{path}.{name}"),
                    };
                    if name != "resourceType" {
                        self.value(value, of, &path);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, of, path)),
            leaf => {
                let number = self.leaf;
                self.leaf += 1;
                if (self.which)(number) {
                    let (text, planted) = self.canary(leaf, number);
                    let whole = match &planted {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    *leaf = planted;
                    self.canaries.push(Canary {
                        text,
                        whole,
                        of: of.to_owned(),
                        path: path.to_owned(),
                    });
                }
            }
        }
    }

    /// What is looked for, and what is planted.
    fn canary(&self, leaf: &Value, number: usize) -> (String, Value) {
        // Distinct, in no order, ten characters.
        let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let letters = data_encoding::BASE32_NOPAD
            .encode(&mixed.to_be_bytes()[..6])
            .to_lowercase();
        let digits = 1_000_000_000 + mixed % 8_999_999_999;
        match (self.how, leaf) {
            (How::Text, _) => (letters.clone(), Value::from(format!("{letters} é\"\\"))),
            (How::Number, _) | (How::Form, Value::Number(_)) => {
                (digits.to_string(), Value::from(digits))
            }
            (How::Form, Value::String(text)) => {
                let (text, planted) = of_form(text, letters, mixed);
                (text, Value::from(planted))
            }
            (How::Form, _) => (letters.clone(), Value::from(letters)),
        }
    }
}

fn of_form(text: &str, letters: String, mixed: u64) -> (String, String) {
    if text.len() >= 10
        && text.as_bytes()[4] == b'-'
        && text.starts_with("19") | text.starts_with("20")
    {
        let date = format!(
            "{}-{:02}-{:02}",
            1900 + mixed % 120,
            1 + mixed / 120 % 12,
            1 + mixed / 1440 % 28
        );
        let planted = format!("{date}{}", &text[10..]);
        return (date, planted);
    }
    let planted = if text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") {
        format!("urn:uuid:{letters}")
    } else if text.starts_with('#') {
        format!("#{letters}")
    } else if text.starts_with("http") && text.contains("/fhir/") {
        let (_, path) = text.split_once("/fhir/").unwrap();
        let of = path.split('/').next().unwrap();
        format!("https://{letters}.example/{letters}/{of}/{letters}/_history/{letters}")
    } else if let Some((of, _)) = text.split_once('/')
        && of.chars().all(char::is_alphabetic)
        && of.starts_with(char::is_uppercase)
    {
        format!("{of}/{letters}")
    } else if let Some((of, _)) = text.split_once('?') {
        format!("{of}?{letters}={letters}")
    } else {
        letters.clone()
    };
    (letters, planted)
}
