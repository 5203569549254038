//! The keys of maps.

use serde::{Serialize, Serializer, ser::Impossible};

use super::Fault;
use crate::error::Kind;

/// Hands the text of a map's key to a closure.
pub(super) struct KeySerializer<F>(pub(super) F);

impl<F> KeySerializer<F> {
    /// Whatever the key is, it is the map that is wrong.
    fn refuse(&self, _: &'static str) -> Fault {
        Fault::new(|| Kind::Shape {
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
        serialize_i128(i128) "";
        serialize_u8(u8) "";
        serialize_u16(u16) "";
        serialize_u32(u32) "";
        serialize_u64(u64) "";
        serialize_u128(u128) "";
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
