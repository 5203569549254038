//! From any `Serialize` to values: each field is found, typed and checked as it passes.

#[macro_use]
mod shapes;
mod field;
mod key;

use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeMap, SerializeStruct},
};

use self::{field::FieldSerializer, key::KeySerializer};
use super::{Fault, JsonRecord, RAW_VALUE};
use crate::{
    error::{Error, Kind, Result},
    protect::draft::Draft,
    schema::{Field, Schema, ValueType},
};

/// The order in which the last record's fields came, and how far the present one has been read: records of one type come
/// in one order, so that most fields are found by one comparison.
#[derive(Default)]
pub(crate) struct Reading {
    /// Whose fields they were.
    schema: Option<Schema>,
    steps: Vec<Step>,
    /// The structs inside this record that have been entered, by their first field and the length of their path.
    entered: Vec<(usize, usize)>,
    /// The names of the structs around the present field, joined by dots; empty at the top.
    path: String,
    /// Whether something was refused or began and did not end: a record's own code may go on after an error, and after
    /// a panic that it catches; the call does not.
    failed: bool,
}

/// One field of the last record.
#[derive(Clone, Copy, Default)]
struct Step {
    position: usize,
    /// The key of a struct's field at the top: the same text at the same place in memory is the same key. Empty where it
    /// was another one. Not an `Option`: the bytes that its `None` leaves unused are what stood on the stack before, such as
    /// round keys.
    key: &'static str,
}

/// A key of a record.
#[derive(Clone, Copy)]
enum Key<'k> {
    OfStruct(&'static str),
    OfMap(&'k str),
}

impl<'k> Key<'k> {
    fn text(self) -> &'k str {
        match self {
            Self::OfStruct(key) => key,
            Self::OfMap(key) => key,
        }
    }
}

/// Fills `draft` with the fields of `record`.
pub(crate) fn collect<T: Serialize + ?Sized>(
    record: &T,
    schema: &Schema,
    draft: &mut Draft,
    reading: &mut Reading,
) -> Result<()> {
    draft.begin(schema);
    if !reading.schema.as_ref().is_some_and(|last| last.is(schema)) {
        reading.schema = Some(schema.clone());
        reading.steps.clear();
    }
    reading.entered.clear();
    reading.path.clear();
    reading.failed = false;
    let mut collector = Collector {
        schema,
        draft,
        reading,
        step: 0,
        key: String::new(),
    };
    let collected = record.serialize(RecordSerializer {
        collector: &mut collector,
        raw: false,
    });
    collected.map_err(|Fault(error)| error)?;
    if reading.failed || !reading.path.is_empty() {
        Err(Error::new(|| Kind::Serialize))
    } else {
        Ok(())
    }
}

struct Collector<'a> {
    schema: &'a Schema,
    draft: &'a mut Draft,
    reading: &'a mut Reading,
    step: usize,
    /// A map's key between `serialize_key` and `serialize_value`.
    key: String,
}

impl Collector<'_> {
    /// Takes a member of the struct whose path has `depth` bytes.
    #[inline]
    fn take<T: Serialize + ?Sized>(
        &mut self,
        depth: usize,
        key: Key<'_>,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        // A longer path is that of a struct inside, which panicked.
        if self.reading.failed || self.reading.path.len() != depth {
            return Err(self.fail(Fault::new(|| Kind::Serialize)));
        }
        let taken = match self.recall(key) {
            Some(position) => self.take_field(position, value),
            None => self.take_member(key, value),
        };
        self.reading.failed |= taken.is_err();
        taken
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.reading.failed = true;
        fault
    }

    fn take_member<T: Serialize + ?Sized>(
        &mut self,
        key: Key<'_>,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        if let Some(position) = self.search(key) {
            return self.take_field(position, value);
        }
        let outer = self.reading.path.len();
        if outer > 0 {
            self.reading.path.push('.');
        }
        self.reading.path.push_str(key.text());
        let inside = |field: &Field| is_inside(field.name(), &self.reading.path);
        let Some(first) = self.schema.fields().iter().position(inside) else {
            return Err(Fault::new(|| Kind::UnknownField {
                field: printable(&self.reading.path),
            }));
        };
        let this = (first, self.reading.path.len());
        if self.reading.entered.contains(&this) {
            return Err(Fault::new(|| Kind::DuplicateField {
                field: std::mem::take(&mut self.reading.path),
            }));
        }
        self.reading.entered.push(this);
        value.serialize(RecordSerializer {
            collector: self,
            raw: false,
        })?;
        self.reading.path.truncate(outer);
        Ok(())
    }

    #[inline]
    fn take_field<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        let field = &self.schema.fields()[position];
        self.draft.check_absent(position, field)?;
        // Until it has been taken.
        self.reading.failed = true;
        if field.value_type() == ValueType::Json {
            self.draft.set_json(position, field, value)?;
        } else {
            value.serialize(FieldSerializer {
                draft: self.draft,
                position,
                field,
                raw: false,
            })?;
        }
        self.reading.failed = self.draft.is_absent(position);
        if self.reading.failed {
            return Err(Fault::new(|| Kind::Serialize));
        }
        Ok(())
    }

    /// Names the struct that is being read, where a fault names nothing.
    fn refuse_key(&mut self, fault: Fault) -> Fault {
        let fault = self.fail(fault);
        if self.reading.path.is_empty() {
            fault
        } else {
            Fault(fault.0.in_field(&self.reading.path))
        }
    }

    /// The position of a key that stood here in the last record too.
    #[inline]
    fn recall(&mut self, key: Key<'_>) -> Option<usize> {
        match (key, self.reading.steps.get(self.step)) {
            (
                Key::OfStruct(key),
                Some(&Step {
                    position,
                    key: last,
                }),
            ) if std::ptr::eq(key, last) && !key.is_empty() && self.reading.path.is_empty() => {
                self.step += 1;
                Some(position)
            }
            _ => None,
        }
    }

    fn search(&mut self, key: Key<'_>) -> Option<usize> {
        let known = self.reading.steps.get(self.step).copied();
        self.step += 1;
        let fields = self.schema.fields();
        let path = &self.reading.path;
        let is_it = |field: &Field| is_joined(field.name(), path, key.text());
        let position = match known {
            Some(Step { position, .. }) if fields.get(position).is_some_and(is_it) => position,
            _ => fields.iter().position(is_it)?,
        };
        let key = match key {
            Key::OfStruct(key) if path.is_empty() => key,
            _ => "",
        };
        let steps = &mut self.reading.steps;
        if self.step <= fields.len() {
            steps.resize(steps.len().max(self.step), Step::default());
            steps[self.step - 1] = Step { position, key };
        }
        Some(position)
    }
}

/// Whether `name` is `path`, a dot and `key`, or `key` where the path is empty.
fn is_joined(name: &str, path: &str, key: &str) -> bool {
    if path.is_empty() {
        return name == key;
    }
    name.strip_prefix(path)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|rest| rest == key)
}

/// A key as errors name it, where it looks like a name: whatever else stands in its place may be a value.
pub(crate) fn printable(key: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if key.len() <= 64 && key.bytes().all(is_name) {
        key.to_owned()
    } else {
        "…".to_owned()
    }
}

/// Whether the field of this name is in the struct at `path`.
pub(crate) fn is_inside(name: &str, path: &str) -> bool {
    name.strip_prefix(path)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// Takes a struct or map: the record, or one inside it.
struct RecordSerializer<'c, 'a> {
    collector: &'c mut Collector<'a>,
    /// Whether text is the JSON text of the record.
    raw: bool,
}

impl RecordSerializer<'_, '_> {
    fn refuse(&self, found: &'static str) -> Fault {
        let path = &self.collector.reading.path;
        Fault::new(|| Kind::Shape {
            field: (!path.is_empty()).then(|| path.clone()),
            found,
        })
    }
}

impl<'c, 'a> Serializer for RecordSerializer<'c, 'a> {
    type Ok = ();
    type Error = Fault;
    type SerializeMap = Fields<'c, 'a>;
    type SerializeStruct = Fields<'c, 'a>;

    refuse_compounds!();
    look_through!();

    refuse! {
        serialize_bool(bool) "a boolean";
        serialize_i8(i8) "a number";
        serialize_i16(i16) "a number";
        serialize_i32(i32) "a number";
        serialize_i64(i64) "a number";
        serialize_i128(i128) "a number";
        serialize_u8(u8) "a number";
        serialize_u16(u16) "a number";
        serialize_u32(u32) "a number";
        serialize_u64(u64) "a number";
        serialize_u128(u128) "a number";
        serialize_f32(f32) "a number";
        serialize_f64(f64) "a number";
        serialize_char(char) "text";
        serialize_bytes(&[u8]) "bytes";
        serialize_unit_variant(&'static str, u32, &'static str) "text";
    }

    fn serialize_str(self, text: &str) -> std::result::Result<(), Fault> {
        if !self.raw {
            return Err(self.refuse("text"));
        }
        if text == "null" {
            return self.serialize_none();
        }
        let record =
            JsonRecord::parse(text).map_err(|_| self.refuse("JSON that is not an object"))?;
        record.serialize(RecordSerializer {
            collector: self.collector,
            raw: false,
        })
    }

    /// A struct that is not there leaves its fields null; the record itself has to be there.
    fn serialize_none(self) -> std::result::Result<(), Fault> {
        if self.collector.reading.path.is_empty() {
            Err(self.refuse("null"))
        } else {
            Ok(())
        }
    }

    fn serialize_unit(self) -> std::result::Result<(), Fault> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> std::result::Result<(), Fault> {
        Err(self.refuse("a unit struct"))
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Fields<'c, 'a>, Fault> {
        Ok(Fields {
            depth: self.collector.reading.path.len(),
            collector: self.collector,
            text: Text::None,
        })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> std::result::Result<Fields<'c, 'a>, Fault> {
        Ok(Fields {
            depth: self.collector.reading.path.len(),
            collector: self.collector,
            text: if name == RAW_VALUE {
                Text::Expected
            } else {
                Text::None
            },
        })
    }
}

/// The members of a struct or map.
struct Fields<'c, 'a> {
    collector: &'c mut Collector<'a>,
    /// The length of the path that leads to it.
    depth: usize,
    text: Text,
}

/// Whether the members come as JSON text.
#[derive(PartialEq, Eq)]
enum Text {
    None,
    Expected,
    Taken,
}

impl SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        if self.text == Text::None {
            return self.collector.take(self.depth, Key::OfStruct(key), value);
        }
        let taken = value.serialize(RecordSerializer {
            collector: self.collector,
            raw: true,
        });
        taken.map_err(|fault| self.collector.fail(fault))?;
        self.text = Text::Taken;
        Ok(())
    }

    fn skip_field(&mut self, _: &'static str) -> std::result::Result<(), Fault> {
        // So that the fields behind it stand where they stood.
        self.collector.step += 1;
        Ok(())
    }

    fn end(self) -> std::result::Result<(), Fault> {
        match self.text {
            Text::Expected => Err(self.collector.fail(Fault::new(|| Kind::Serialize))),
            Text::None | Text::Taken => Ok(()),
        }
    }
}

impl SerializeMap for Fields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> std::result::Result<(), Fault> {
        let mut text = String::new();
        key.serialize(KeySerializer(|key: &str| {
            text.push_str(key);
            Ok(())
        }))
        .map_err(|fault| self.collector.refuse_key(fault))?;
        self.collector.key = text;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        let key = std::mem::take(&mut self.collector.key);
        self.collector.take(self.depth, Key::OfMap(&key), value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> std::result::Result<(), Fault> {
        let (collector, depth) = (&mut *self.collector, self.depth);
        key.serialize(KeySerializer(|key: &str| {
            collector.take(depth, Key::OfMap(key), value)
        }))
        .map_err(|fault| self.collector.refuse_key(fault))
    }

    fn end(self) -> std::result::Result<(), Fault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Appointment, Sex};

    /// Fields that stand where they stood are not looked for by name: else every record is as slow as a type's first.
    #[test]
    fn the_fields_of_a_struct_are_remembered_by_their_place() {
        let (schema, mut draft, mut reading) =
            (Schema::appointment(), Draft::default(), Reading::default());
        let appointment = Appointment {
            age: Some(34),
            sex: Some(Sex::Other),
            phone: Some("06 39 98 12 34".into()),
            email: Some("zoe@example.org".into()),
            start: "2020-07-21T09:30:00+02:00".into(),
            ..Appointment::default()
        };
        collect(&appointment, &schema, &mut draft, &mut reading).unwrap();
        let keys: Vec<&str> = reading
            .steps
            .iter()
            .map(|step| step.key)
            .filter(|key| !key.is_empty())
            .collect();
        let names: Vec<&str> = schema.fields().iter().map(Field::name).collect();
        assert_eq!(keys, names);

        let mut collector = Collector {
            schema: &schema,
            draft: &mut draft,
            reading: &mut reading,
            step: 0,
            key: String::new(),
        };
        for (position, key) in keys.into_iter().enumerate().take(2) {
            assert_eq!(collector.recall(Key::OfStruct(key)), Some(position));
        }
        let mut fields = Fields {
            collector: &mut collector,
            depth: 0,
            text: Text::None,
        };
        fields.skip_field("age").unwrap();
        assert_eq!(collector.step, 3);
    }
}
