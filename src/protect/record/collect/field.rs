//! The values of fields.

use std::fmt;

use serde::{
    Serialize, Serializer,
    de::{Deserializer as _, Visitor},
    ser::{Impossible, SerializeStruct},
};

use super::super::{Fault, NUMBER, RAW_VALUE};
use crate::{error::Kind, protect::draft::Draft, schema::Field};

/// Takes one value of a type other than json.
pub(super) struct FieldSerializer<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) position: usize,
    pub(super) field: &'a Field,
    /// Whether text is the JSON text of the value.
    pub(super) raw: bool,
}

impl FieldSerializer<'_> {
    fn refuse(&self, found: &'static str) -> Fault {
        Fault::new(|| Kind::Shape {
            field: Some(self.field.name().to_owned()),
            found,
        })
    }

    #[inline]
    fn integer(self, integer: Option<i64>) -> std::result::Result<(), Fault> {
        match integer {
            Some(integer) => Ok(self.draft.set_integer(self.position, self.field, integer)?),
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
    look_through!();

    refuse! {
        serialize_f32(f32) "a float";
        serialize_f64(f64) "a float";
        serialize_bytes(&[u8]) "bytes";
        serialize_unit_struct(&'static str) "a unit struct";
    }

    fn serialize_bool(self, boolean: bool) -> std::result::Result<(), Fault> {
        Ok(self.draft.set_boolean(self.position, self.field, boolean)?)
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

    #[inline]
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

    #[inline]
    fn serialize_str(self, text: &str) -> std::result::Result<(), Fault> {
        if self.raw {
            return self.json(text);
        }
        Ok(self.draft.set_text(self.position, self.field, text)?)
    }

    #[inline]
    fn serialize_none(self) -> std::result::Result<(), Fault> {
        self.draft.set_null(self.position);
        Ok(())
    }

    fn serialize_unit(self) -> std::result::Result<(), Fault> {
        self.serialize_none()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> std::result::Result<(), Fault> {
        self.serialize_str(variant)
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Self::SerializeMap, Fault> {
        Err(self.refuse("a map"))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> std::result::Result<RawField<'a>, Fault> {
        if name == RAW_VALUE || name == NUMBER {
            Ok(RawField(Some(self)))
        } else {
            Err(self.refuse("a struct"))
        }
    }
}

/// A value that comes as its JSON text.
pub(super) struct RawField<'a>(Option<FieldSerializer<'a>>);

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
            None => Err(Fault::new(|| Kind::Serialize)),
        }
    }

    fn end(self) -> std::result::Result<(), Fault> {
        Ok(())
    }
}

impl FieldSerializer<'_> {
    fn json(self, text: &str) -> std::result::Result<(), Fault> {
        match text.as_bytes().first() {
            Some(b'[') => return Err(self.refuse("a sequence")),
            Some(b'{') => return Err(self.refuse("a map")),
            Some(b'-' | b'0'..=b'9') => return self.number(text),
            _ => {}
        }
        let field = self.field;
        let scalar = Scalar(FieldSerializer { raw: false, ..self });
        match serde_json::Deserializer::from_str(text).deserialize_any(scalar) {
            Ok(taken) => taken,
            Err(_) => {
                let (field, found) = (Some(field.name().to_owned()), "text that is not Unicode");
                Err(Fault::new(|| Kind::Shape { field, found }))
            }
        }
    }

    /// By hand, since what `serde_json` makes of a number depends on its features.
    fn number(self, text: &str) -> std::result::Result<(), Fault> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if text == "-0" || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.refuse("a float"));
        }
        self.integer(text.parse().ok())
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

    fn visit_str<E>(self, text: &str) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_str(text))
    }

    fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
        Ok(self.0.serialize_none())
    }
}
