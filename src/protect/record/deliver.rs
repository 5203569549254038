//! From values to any `Deserialize`: a map of the revealed fields, nested where their names have dots.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, VariantAccess,
        Visitor,
    },
    forward_to_deserialize_any,
};

use super::Fault;
use crate::{
    error::Result,
    protect::values::Values,
    schema::{Field, Schema, ValueType},
};

/// Builds a `T` of the fields that `values` holds.
pub(crate) fn deliver<T: DeserializeOwned>(schema: &Schema, values: &Values) -> Result<T> {
    let record = RecordDeserializer {
        schema,
        values,
        path: "",
    };
    let is_part = |field: &Field, name: &str| {
        field.name() == name || field.name().split('.').any(|step| step == name)
    };
    let known = |name: &str| schema.fields().iter().any(|field| is_part(field, name));
    T::deserialize(record).map_err(|Fault(error)| error.keep_field(known))
}

/// Builds a `T` of one field's value, or of null.
pub(crate) fn deliver_value<T: DeserializeOwned>(field: &Field, text: Option<&str>) -> Result<T> {
    let value = match text {
        Some(text) => T::deserialize(ValueDeserializer { field, text }),
        None => T::deserialize(().into_deserializer()),
    };
    value.map_err(|Fault(error)| error.in_field(field.name()))
}

/// The fields whose names begin with `path`, as a map.
#[derive(Clone, Copy)]
struct RecordDeserializer<'de> {
    schema: &'de Schema,
    values: &'de Values,
    /// Empty, or ends in a dot.
    path: &'de str,
}

impl<'de> Deserializer<'de> for RecordDeserializer<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        visitor.visit_map(Members {
            record: self,
            next: 0,
            pending: false,
            inner: "",
        })
    }

    fn deserialize_option<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// What the last key belongs to is kept in plain words: an `Option` of it would be copied whole, just after its parts were
/// written, and processors stall on that.
struct Members<'de> {
    record: RecordDeserializer<'de>,
    /// The position after that of the last key's field.
    next: usize,
    /// Whether a key came whose value was not asked for yet.
    pending: bool,
    /// The path of the struct that the last key stands for; empty where it stands for the field.
    inner: &'de str,
}

impl<'de> Members<'de> {
    /// The next key; a struct of several fields comes once, at its first.
    #[inline]
    fn advance(&mut self) -> Option<&'de str> {
        let RecordDeserializer {
            schema,
            values,
            path,
        } = self.record;
        while let Some(field) = schema.fields().get(self.next) {
            let position = self.next;
            self.next += 1;
            if !values.has(position) {
                continue;
            }
            let Some(rest) = after(field, path) else {
                continue;
            };
            self.inner = "";
            if field.is_nested()
                && let Some((key, _)) = rest.split_once('.')
            {
                let inner = &field.name()[..path.len() + key.len() + 1];
                let is_inside =
                    |i: usize| schema.fields()[i].name().starts_with(inner) && values.has(i);
                if (0..position).any(is_inside) {
                    continue;
                }
                self.inner = inner;
                return Some(key);
            }
            return Some(rest);
        }
        None
    }
}

/// What follows `path` in the field's name. Comparing with nothing is not free: the C library's `memcmp` of no bytes at
/// no address takes some 60 ns on processors with AVX-512.
fn after<'de>(field: &'de Field, path: &str) -> Option<&'de str> {
    match (path, field.is_nested()) {
        ("", _) => Some(field.name()),
        (_, true) => field.name().strip_prefix(path),
        (_, false) => None,
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> std::result::Result<Option<K::Value>, Fault> {
        let Some(key) = self.advance() else {
            return Ok(None);
        };
        self.pending = true;
        seed.deserialize(Name(key)).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> std::result::Result<S::Value, Fault> {
        if !std::mem::take(&mut self.pending) {
            return Err(Fault::target("its type asks for a value before its key"));
        }
        if !self.inner.is_empty() {
            return seed.deserialize(RecordDeserializer {
                path: self.inner,
                ..self.record
            });
        }
        let RecordDeserializer { schema, values, .. } = self.record;
        let position = self.next - 1;
        let (field, text) = (&schema.fields()[position], values.get(position));
        let Some(text) = text else {
            unreachable!("a key stands for a value");
        };
        seed.deserialize(ValueDeserializer { field, text })
            .map_err(|Fault(error)| Fault(error.in_field(field.name())))
    }
}

/// One value, as the type that the schema says.
#[derive(Clone, Copy)]
struct ValueDeserializer<'de> {
    field: &'de Field,
    text: &'de str,
}

impl<'de> ValueDeserializer<'de> {
    fn json(&self) -> serde_json::Deserializer<serde_json::de::StrRead<'de>> {
        serde_json::Deserializer::from_str(self.text)
    }

    fn is_json(&self) -> bool {
        self.field.value_type() == ValueType::Json
    }
}

/// What `serde_json` says of a value may hold it.
fn json_fault(_: serde_json::Error) -> Fault {
    Fault::target("the JSON value does not fit")
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        match self.field.value_type() {
            ValueType::Text | ValueType::Date | ValueType::DateTime => {
                visitor.visit_borrowed_str(self.text)
            }
            ValueType::Integer => match self.text.parse() {
                Ok(integer) => visitor.visit_i64(integer),
                Err(_) => Err(Fault::target("it is not an integer")),
            },
            ValueType::Boolean => visitor.visit_bool(self.text == "true"),
            ValueType::Json => self.json().deserialize_any(visitor).map_err(json_fault),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        if self.is_json() {
            return self
                .json()
                .deserialize_newtype_struct(name, visitor)
                .map_err(json_fault);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        match self.field.value_type() {
            ValueType::Json => self
                .json()
                .deserialize_enum(name, variants, visitor)
                .map_err(json_fault),
            ValueType::Text | ValueType::Date | ValueType::DateTime => {
                visitor.visit_enum(Name(self.text))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        if self.is_json() {
            return self.json().deserialize_i128(visitor).map_err(json_fault);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        if self.is_json() {
            return self.json().deserialize_u128(visitor).map_err(json_fault);
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A key, or the name of a unit variant.
#[derive(Clone, Copy)]
struct Name<'de>(&'de str);

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Name<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> std::result::Result<(S::Value, Self), Fault> {
        Ok((seed.deserialize(self)?, self))
    }
}

impl<'de> VariantAccess<'de> for Name<'de> {
    type Error = Fault;

    fn unit_variant(self) -> std::result::Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        _: S,
    ) -> std::result::Result<S::Value, Fault> {
        Err(Fault::target("its variant has data"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _: usize,
        _: V,
    ) -> std::result::Result<V::Value, Fault> {
        Err(Fault::target("its variant has data"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> std::result::Result<V::Value, Fault> {
        Err(Fault::target("its variant has data"))
    }
}
