//! Records of people that do not exist, whose values differ in every field as far as it has different ones.

use serde_json::{Map, Value};

use crate::{
    policy::{Policy, Transform},
    schema::{Class, Field, ValueType},
};

/// Somebody made up.
#[derive(Clone, Copy)]
pub(super) struct Person(pub(super) usize);

/// How long a text is where there is room.
const LETTERS: usize = 6;

/// The values of a record, one a field, as text; `None` where an optional one is left out.
pub(super) fn texts(policy: &Policy, person: Person, visit: usize) -> Vec<Option<String>> {
    let fields = policy.schema().fields().iter().enumerate();
    fields
        .map(|(at, field)| {
            let number = if field.is_of_person() {
                person.0
            } else {
                visit
            };
            // Fields are not all missing in the same records.
            let is_missing = field.is_optional() && number == 1 + at % 3 && !is_needed(policy, at);
            (!is_missing).then(|| text(policy, at, field, number))
        })
        .collect()
}

/// Whether protecting refuses a record without the field.
fn is_needed(policy: &Policy, at: usize) -> bool {
    let shifts = policy
        .show_rules()
        .iter()
        .any(|show| match &show.transform {
            Transform::Shift { subject, .. } => subject.contains(&at),
            _ => false,
        });
    let pseudonyms = policy.pseudonym_rules().iter();
    let indexes = policy.index_rules().iter();
    let mut stand_ins = pseudonyms
        .map(|rule| (&rule.of, rule.null_gives_null))
        .chain(indexes.map(|rule| (&rule.of, rule.null_gives_null)));
    shifts || stand_ins.any(|(of, null_gives_null)| !null_gives_null && of.contains(&at))
}

/// The record of these values.
pub(super) fn record(policy: &Policy, texts: &[Option<String>]) -> Value {
    let mut record = Map::new();
    for (field, text) in policy.schema().fields().iter().zip(texts) {
        let value = match (text, field.value_type()) {
            (None, _) => Value::Null,
            (Some(text), ValueType::Integer | ValueType::Boolean | ValueType::Json) => {
                serde_json::from_str(text).unwrap_or(Value::Null)
            }
            (Some(text), _) => Value::String(text.clone()),
        };
        put(&mut record, field.name(), value);
    }
    Value::Object(record)
}

/// A dot is a step into an object.
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = object
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The value of this number, less than 26: others have another one, in every character and by every transform.
fn text(policy: &Policy, at: usize, field: &Field, number: usize) -> String {
    let mut shows = policy.show_rules().iter();
    let shown = shows.find(|show| show.position == at);
    let shown = shown.map(|show| &show.transform);
    match (field.value_type(), shown) {
        (ValueType::Text, Some(Transform::Bucket { lists, other })) => {
            let lists = lists.iter().map(|(_, values)| values.as_slice());
            // What is on no list.
            let mut lists: Vec<&[String]> = lists.collect();
            lists.extend(other.is_some().then_some(&[] as &[String]));
            let list = lists[number % lists.len()];
            let turn = number / lists.len();
            match list.get(turn.checked_rem(list.len()).unwrap_or(0)) {
                Some(value) => value.clone(),
                None => letters(field, shown, number),
            }
        }
        (ValueType::Text, _) if field.class() == Class::Phone => {
            let region = policy.schema().phone_region();
            let country = region.map_or("1", |region| region.country_code());
            let digit = (number % 9 + 1).to_string();
            format!("+{country}{}", digit.repeat(9))
        }
        (ValueType::Text, _) => letters(field, shown, number),
        (ValueType::Integer, Some(Transform::Bands { edges })) => {
            edges[number % edges.len()].to_string()
        }
        (ValueType::Integer, Some(Transform::Round(to))) => {
            (*to as i128 * number as i128).to_string()
        }
        (ValueType::Integer | ValueType::Json, _) => number.to_string(),
        (ValueType::Boolean, _) => number.is_multiple_of(2).to_string(),
        (ValueType::Date, _) => date(number),
        (ValueType::DateTime, _) => format!(
            "{}T{:02}:{:02}:00Z",
            date(number),
            (8 + number) % 24,
            10 + number
        ),
    }
}

fn letters(field: &Field, shown: Option<&Transform>, number: usize) -> String {
    let needed = match shown {
        Some(Transform::Prefix(first)) => *first,
        Some(Transform::Mask { first, last }) => first + last + 1,
        _ => 1,
    };
    let letter = char::from(b'a' + (number % 26) as u8);
    let length = needed.max(LETTERS).min(field.width());
    String::from(letter).repeat(length)
}

/// Another day, week, month, quarter and year each.
fn date(number: usize) -> String {
    let month = 1 + number * 5 % 12;
    format!("{:04}-{month:02}-{:02}", 2020 + number, 1 + number)
}
