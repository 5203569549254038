//! Records of nobody, planted among the rows: `[[canary]]`.

use std::{collections::BTreeMap, ops::Range};

use serde::Deserialize;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::Reader;
use crate::{
    error::{Error, Result},
    id::{RecordId, check_name},
    policy::{CanaryRule, CanaryValue},
    schema::{Field, ValueType, calendar},
    toml_file::{self, Lines},
    wire::envelope::Flags,
};

/// The most canaries of a policy.
const MAX: usize = 64;

const KEY: &str = "canary";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CanaryFile {
    name: Spanned<String>,
    record_id: Option<Spanned<String>>,
    record: Spanned<BTreeMap<String, Spanned<Value>>>,
}

impl Reader<'_> {
    pub(super) fn canaries(
        &self,
        files: &[Spanned<CanaryFile>],
        binds: Flags,
    ) -> Result<Vec<CanaryRule>> {
        if let Some(beyond) = files.get(MAX) {
            let error = Error::definition(
                format!("the policy has {} canaries, more than {MAX}", files.len()),
                "plant fewer: one that is released is enough to tell",
            );
            return self.at(beyond, Err(error));
        }
        let mut canaries: Vec<CanaryRule> = Vec::with_capacity(files.len());
        for file in files {
            let canary = self.canary(file, binds)?;
            let CanaryFile {
                name, record_id, ..
            } = file.get_ref();
            let twice = |what: &str| {
                Error::definition(
                    format!("canary {:?} has the {what} of another", canary.name),
                    "give each canary a name and a record id of its own",
                )
            };
            for other in &canaries {
                if other.name == canary.name {
                    self.at(name, Err(twice("name")))?;
                }
                if let Some(place) = record_id
                    && other.record_id == canary.record_id
                {
                    self.at(place, Err(twice("record id")))?;
                }
            }
            canaries.push(canary);
        }
        Ok(canaries)
    }

    fn canary(&self, file: &Spanned<CanaryFile>, binds: Flags) -> Result<CanaryRule> {
        let CanaryFile {
            name,
            record_id,
            record,
        } = file.get_ref();
        self.at(name, check_name("a canary's name", name.get_ref()))?;
        let what = format!("canary {:?}", name.get_ref());
        if binds.subject_key {
            let error = Error::definition(
                format!("{what} would be bound to the key of a person, as the policy says"),
                "leave canaries out: a record of nobody has no subject key",
            );
            self.at(file, Err(error))?;
        }
        match record_id {
            Some(id) if binds.record_id => {
                self.at(id, RecordId::new(id.get_ref()).map(|_| ()))?;
            }
            Some(id) => {
                let error = Error::definition(
                    format!("{what} has a record id, and the policy binds to none"),
                    "leave `record_id` out of it",
                );
                self.at(id, Err(error))?;
            }
            None if binds.record_id => {
                let error = Error::definition(
                    format!("{what} has no record id, and the policy binds to one"),
                    "give the `record_id` under which its row is stored",
                );
                self.at(file, Err(error))?;
            }
            None => {}
        }
        Ok(CanaryRule {
            name: name.get_ref().clone(),
            record_id: record_id.as_ref().map(|id| id.get_ref().clone()),
            record: self.record(&what, record)?,
        })
    }

    /// The record, where it is one that can be protected.
    fn record(
        &self,
        what: &str,
        record: &Spanned<BTreeMap<String, Spanned<Value>>>,
    ) -> Result<BTreeMap<String, CanaryValue>> {
        let mut values = BTreeMap::new();
        for (name, value) in record.get_ref() {
            let field = &self.schema.fields()[self.at(value, self.position(name))?];
            let taken = self.at(value, canary_value(what, field, value.get_ref()))?;
            values.insert(name.clone(), taken);
        }
        let fields = self.schema.fields();
        let mut required = self.schema.required().iter().map(|&at| fields[at].name());
        if let Some(name) = required.find(|name| !values.contains_key(*name)) {
            let error = Error::definition(
                format!("{what} lacks field {name:?}, which is not optional"),
                "give it a value that looks like any other",
            );
            self.at(record, Err(error))?;
        }
        Ok(values)
    }
}

/// The value of a canary's field, where it is of the field's type and fits its width.
fn canary_value(what: &str, field: &Field, value: &Value) -> Result<CanaryValue> {
    let wrong = || {
        Error::definition(
            format!(
                "{what} has a value of field {:?} that is not {}",
                field.name(),
                field.value_type().noun()
            ),
            "give a value of the field's type: text and dates in quotes, integers and booleans without",
        )
    };
    let value = match value {
        Value::String(text) => CanaryValue::Text(text.clone()),
        Value::Integer(integer) => CanaryValue::Integer(*integer),
        Value::Boolean(boolean) => CanaryValue::Boolean(*boolean),
        _ => return Err(wrong()),
    };
    let fits = match (field.value_type(), &value) {
        (ValueType::Json, _) | (ValueType::Text, CanaryValue::Text(_)) => true,
        (ValueType::Integer, CanaryValue::Integer(_)) => true,
        (ValueType::Boolean, CanaryValue::Boolean(_)) => true,
        (ValueType::Date, CanaryValue::Text(text)) => calendar::is_date(text.as_bytes()),
        (ValueType::DateTime, CanaryValue::Text(text)) => calendar::is_date_time(text.as_bytes()),
        _ => false,
    };
    if !fits {
        return Err(wrong());
    }
    let text = match &value {
        // As it is sealed: in quotes, with escapes.
        CanaryValue::Text(text) if field.value_type() == ValueType::Json => {
            serde_json::Value::from(text.as_str()).to_string()
        }
        CanaryValue::Text(text) => text.clone(),
        CanaryValue::Integer(integer) => integer.to_string(),
        CanaryValue::Boolean(boolean) => boolean.to_string(),
    };
    if text.len() > field.width() {
        return Err(Error::definition(
            format!(
                "{what} has a value of field {:?} that is longer than its width of {} bytes",
                field.name(),
                field.width()
            ),
            "shorten the value",
        ));
    }
    Ok(value)
}

/// The text of a policy without its canaries, else byte for byte.
pub(in crate::policy) fn without(text: &str) -> Result<String> {
    let mut rest: Table = toml_file::parse(text)?;
    let file = DeTable::parse(text).map_err(|_| apart())?;
    let Some(canaries) = file.get_ref().get(KEY) else {
        return Ok(text.to_owned());
    };
    let mut places = vec![canaries.span()];
    if let DeValue::Array(each) = canaries.get_ref() {
        places.extend(each.iter().map(|canary| canary.span().start..end(canary)));
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        let lines = lines(text, place);
        kept.push_str(text.get(from..lines.start).unwrap_or_default());
        from = from.max(lines.end);
    }
    kept.push_str(&text[from..]);
    // Tables of a canary may stand apart from it, with others between them.
    rest.remove(KEY);
    if toml::from_str::<Table>(&kept).ok() == Some(rest) {
        Ok(kept)
    } else {
        Err(apart().at_line(Lines::new(text).of(canaries)))
    }
}

fn apart() -> Error {
    Error::definition(
        "the canaries cannot be told from what stands around them",
        "write each as one [[canary]] with its record on a line: record = { … }",
    )
}

/// Where the last part of a value ends.
fn end(value: &Spanned<DeValue<'_>>) -> usize {
    let inside = match value.get_ref() {
        DeValue::Table(table) => table.iter().map(|(_, value)| end(value)).max(),
        DeValue::Array(array) => array.iter().map(end).max(),
        _ => None,
    };
    value.span().end.max(inside.unwrap_or(0))
}

/// The whole lines that a place is on.
fn lines(text: &str, place: Range<usize>) -> Range<usize> {
    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[place.end..]
        .find('\n')
        .map_or(text.len(), |at| place.end + at + 1);
    start..end
}
