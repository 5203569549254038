//! From any `Serialize` to values: each field is found, typed and checked as it passes.

use std::fmt;

use serde::{
    Serialize, Serializer,
    de::{Deserializer as _, MapAccess, SeqAccess, Visitor},
    ser::{Impossible, SerializeMap, SerializeStruct},
};

use super::{Fault, JsonRecord, RAW_VALUE};
use crate::{
    error::{Kind, Result},
    protect::values::Values,
    schema::{Field, Schema, ValueType},
};

/// The order in which the last record's fields came: records of one type come in one order, so that most fields are
/// found by one comparison. Only ever a guess.
#[derive(Default)]
pub(crate) struct Order(Vec<usize>);

/// Fills `values` with the fields of `record`.
pub(crate) fn collect<T: Serialize + ?Sized>(
    record: &T,
    schema: &Schema,
    values: &mut Values,
    order: &mut Order,
) -> Result<()> {
    values.begin(schema);
    let mut collector = Collector {
        schema,
        values,
        order,
        step: 0,
        path: String::new(),
        key: String::new(),
    };
    record
        .serialize(RecordSerializer {
            collector: &mut collector,
            raw: false,
        })
        .map_err(|Fault(error)| error)
}

struct Collector<'a> {
    schema: &'a Schema,
    values: &'a mut Values,
    order: &'a mut Order,
    step: usize,
    /// The names of the structs around this one, joined by dots; empty at the top.
    path: String,
    /// A map's key between `serialize_key` and `serialize_value`.
    key: String,
}

impl Collector<'_> {
    fn take<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        if let Some(position) = self.find(key) {
            return self.take_field(position, value);
        }
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        let nested = self
            .schema
            .fields()
            .iter()
            .any(|field| is_inside(field.name(), &self.path));
        if !nested {
            return Err(Fault::new(Kind::UnknownField {
                field: std::mem::take(&mut self.path),
            }));
        }
        value.serialize(RecordSerializer {
            collector: self,
            raw: false,
        })?;
        self.path.truncate(outer);
        Ok(())
    }

    fn take_field<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        let field = &self.schema.fields()[position];
        self.values.check_absent(position, field)?;
        if field.value_type() == ValueType::Json {
            return Ok(self.values.set_json(position, field, value)?);
        }
        value.serialize(FieldSerializer {
            values: self.values,
            position,
            field,
            raw: false,
        })
    }

    fn find(&mut self, key: &str) -> Option<usize> {
        let fields = self.schema.fields();
        let step = self.step;
        self.step += 1;
        if let Some(&guess) = self.order.0.get(step)
            && fields
                .get(guess)
                .is_some_and(|field| is_joined(field.name(), &self.path, key))
        {
            return Some(guess);
        }
        let found = fields
            .iter()
            .position(|field| is_joined(field.name(), &self.path, key))?;
        if step < fields.len() {
            self.order
                .0
                .resize(self.order.0.len().max(step + 1), usize::MAX);
            self.order.0[step] = found;
        }
        Some(found)
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

fn is_inside(name: &str, path: &str) -> bool {
    name.strip_prefix(path)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// Refuses, with the name of what it is, each shape that neither a record nor a field can have.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) $found:literal;)*) => {
        $(fn $method(self, $(_: $argument),*) -> std::result::Result<Self::Ok, Fault> {
            Err(self.refuse($found))
        })*
    };
}

macro_rules! refuse_compounds {
    () => {
        type SerializeSeq = Impossible<(), Fault>;
        type SerializeTuple = Impossible<(), Fault>;
        type SerializeTupleStruct = Impossible<(), Fault>;
        type SerializeTupleVariant = Impossible<(), Fault>;
        type SerializeStructVariant = Impossible<(), Fault>;

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> std::result::Result<(), Fault> {
            Err(self.refuse("an enum variant with data"))
        }

        fn serialize_seq(self, _: Option<usize>) -> std::result::Result<Self::SerializeSeq, Fault> {
            Err(self.refuse("a sequence"))
        }

        fn serialize_tuple(self, _: usize) -> std::result::Result<Self::SerializeTuple, Fault> {
            Err(self.refuse("a tuple"))
        }

        fn serialize_tuple_struct(
            self,
            _: &'static str,
            _: usize,
        ) -> std::result::Result<Self::SerializeTupleStruct, Fault> {
            Err(self.refuse("a tuple"))
        }

        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> std::result::Result<Self::SerializeTupleVariant, Fault> {
            Err(self.refuse("an enum variant with data"))
        }

        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> std::result::Result<Self::SerializeStructVariant, Fault> {
            Err(self.refuse("an enum variant with data"))
        }
    };
}

/// Takes a struct or map: the record, or one inside it.
struct RecordSerializer<'c, 'a> {
    collector: &'c mut Collector<'a>,
    /// Whether text is the JSON text of the record.
    raw: bool,
}

impl RecordSerializer<'_, '_> {
    fn refuse(&self, found: &'static str) -> Fault {
        let path = &self.collector.path;
        Fault::new(Kind::Shape {
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

    refuse! {
        serialize_bool(bool) "a boolean";
        serialize_i8(i8) "a number";
        serialize_i16(i16) "a number";
        serialize_i32(i32) "a number";
        serialize_i64(i64) "a number";
        serialize_u8(u8) "a number";
        serialize_u16(u16) "a number";
        serialize_u32(u32) "a number";
        serialize_u64(u64) "a number";
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
        if self.collector.path.is_empty() {
            Err(self.refuse("null"))
        } else {
            Ok(())
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> std::result::Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> std::result::Result<(), Fault> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> std::result::Result<(), Fault> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Fields<'c, 'a>, Fault> {
        Ok(Fields {
            collector: self.collector,
            raw: false,
        })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> std::result::Result<Fields<'c, 'a>, Fault> {
        Ok(Fields {
            collector: self.collector,
            raw: name == RAW_VALUE,
        })
    }
}

/// The members of a struct or map.
struct Fields<'c, 'a> {
    collector: &'c mut Collector<'a>,
    raw: bool,
}

impl SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        if self.raw {
            return value.serialize(RecordSerializer {
                collector: self.collector,
                raw: true,
            });
        }
        self.collector.take(key, value)
    }

    fn end(self) -> std::result::Result<(), Fault> {
        Ok(())
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
        }))?;
        self.collector.key = text;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        let key = std::mem::take(&mut self.collector.key);
        self.collector.take(&key, value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> std::result::Result<(), Fault> {
        key.serialize(KeySerializer(|key: &str| self.collector.take(key, value)))
    }

    fn end(self) -> std::result::Result<(), Fault> {
        Ok(())
    }
}

/// Hands the text of a map's key to a closure.
struct KeySerializer<F>(F);

impl<F> KeySerializer<F> {
    fn refuse(&self, _: &'static str) -> Fault {
        Fault::new(Kind::Shape {
            field: None,
            found: "a map with keys that are not text",
        })
    }
}

impl<F: FnOnce(&str) -> std::result::Result<(), Fault>> Serializer for KeySerializer<F> {
    type Ok = ();
    type Error = Fault;
    type SerializeMap = Impossible<(), Fault>;
    type SerializeStruct = Impossible<(), Fault>;

    refuse_compounds!();

    refuse! {
        serialize_bool(bool) "";
        serialize_i8(i8) "";
        serialize_i16(i16) "";
        serialize_i32(i32) "";
        serialize_i64(i64) "";
        serialize_u8(u8) "";
        serialize_u16(u16) "";
        serialize_u32(u32) "";
        serialize_u64(u64) "";
        serialize_f32(f32) "";
        serialize_f64(f64) "";
        serialize_bytes(&[u8]) "";
        serialize_none() "";
        serialize_unit() "";
        serialize_unit_struct(&'static str) "";
    }

    fn serialize_str(self, key: &str) -> std::result::Result<(), Fault> {
        self.0(key)
    }

    fn serialize_char(self, key: char) -> std::result::Result<(), Fault> {
        self.0(key.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> std::result::Result<(), Fault> {
        self.0(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> std::result::Result<(), Fault> {
        Err(self.refuse(""))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> std::result::Result<(), Fault> {
        key.serialize(self)
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Self::SerializeMap, Fault> {
        Err(self.refuse(""))
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeStruct, Fault> {
        Err(self.refuse(""))
    }
}

/// Takes one value of a type other than json.
struct FieldSerializer<'a> {
    values: &'a mut Values,
    position: usize,
    field: &'a Field,
    /// Whether text is the JSON text of the value.
    raw: bool,
}

impl FieldSerializer<'_> {
    fn refuse(&self, found: &'static str) -> Fault {
        Fault::new(Kind::Shape {
            field: Some(self.field.name().to_owned()),
            found,
        })
    }

    fn integer(self, integer: Option<i64>) -> std::result::Result<(), Fault> {
        match integer {
            Some(integer) => Ok(self
                .values
                .set_integer(self.position, self.field, integer)?),
            None => Err(self.refuse("an integer beyond 64 bits with a sign")),
        }
    }
}

impl<'a> Serializer for FieldSerializer<'a> {
    type Ok = ();
    type Error = Fault;
    type SerializeMap = Impossible<(), Fault>;
    type SerializeStruct = RawField<'a>;

    refuse_compounds!();

    refuse! {
        serialize_f32(f32) "a float";
        serialize_f64(f64) "a float";
        serialize_bytes(&[u8]) "bytes";
        serialize_unit_struct(&'static str) "a unit struct";
    }

    fn serialize_bool(self, boolean: bool) -> std::result::Result<(), Fault> {
        Ok(self
            .values
            .set_boolean(self.position, self.field, boolean)?)
    }

    fn serialize_i8(self, integer: i8) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_i16(self, integer: i16) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_i32(self, integer: i32) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_i64(self, integer: i64) -> std::result::Result<(), Fault> {
        self.integer(Some(integer))
    }

    fn serialize_i128(self, integer: i128) -> std::result::Result<(), Fault> {
        self.integer(integer.try_into().ok())
    }

    fn serialize_u8(self, integer: u8) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_u16(self, integer: u16) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_u32(self, integer: u32) -> std::result::Result<(), Fault> {
        self.integer(Some(integer.into()))
    }

    fn serialize_u64(self, integer: u64) -> std::result::Result<(), Fault> {
        self.integer(integer.try_into().ok())
    }

    fn serialize_u128(self, integer: u128) -> std::result::Result<(), Fault> {
        self.integer(integer.try_into().ok())
    }

    fn serialize_char(self, text: char) -> std::result::Result<(), Fault> {
        self.serialize_str(text.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> std::result::Result<(), Fault> {
        if self.raw {
            return self.json(text);
        }
        Ok(self.values.set_text(self.position, self.field, text)?)
    }

    fn serialize_none(self) -> std::result::Result<(), Fault> {
        self.values.set_null(self.position);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> std::result::Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> std::result::Result<(), Fault> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> std::result::Result<(), Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Self::SerializeMap, Fault> {
        Err(self.refuse("a map"))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> std::result::Result<RawField<'a>, Fault> {
        if name == RAW_VALUE {
            Ok(RawField(Some(self)))
        } else {
            Err(self.refuse("a struct"))
        }
    }
}

/// A value that comes as its JSON text.
struct RawField<'a>(Option<FieldSerializer<'a>>);

impl SerializeStruct for RawField<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> std::result::Result<(), Fault> {
        match self.0.take() {
            Some(field) => value.serialize(FieldSerializer { raw: true, ..field }),
            None => Err(Fault::new(Kind::Serialize)),
        }
    }

    fn end(self) -> std::result::Result<(), Fault> {
        Ok(())
    }
}

impl FieldSerializer<'_> {
    fn json(self, text: &str) -> std::result::Result<(), Fault> {
        let scalar = Scalar(FieldSerializer { raw: false, ..self });
        match serde_json::Deserializer::from_str(text).deserialize_any(scalar) {
            Ok(taken) => taken,
            Err(_) => Err(Fault::new(Kind::Serialize)),
        }
    }
}

/// Passes a JSON scalar on; the result of that is its value, so that no error of ours becomes one of `serde_json`.
struct Scalar<'a>(FieldSerializer<'a>);

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = std::result::Result<(), Fault>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, boolean: bool) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_bool(boolean))
    }

    fn visit_i64<E>(self, integer: i64) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_i64(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_u64(integer))
    }

    fn visit_f64<E>(self, float: f64) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_f64(float))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_str(text))
    }

    fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_none())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> std::result::Result<Self::Value, A::Error> {
        Ok(Err(self.0.refuse("a sequence")))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> std::result::Result<Self::Value, A::Error> {
        Ok(Err(self.0.refuse("a map")))
    }
}
