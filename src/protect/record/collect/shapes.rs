//! What records, fields and keys have in common: what none of them can be, and what is looked through.

/// Refuses, with the name of what it is, each shape that neither a record nor a field can have.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) $found:literal;)*) => {
        $(fn $method(self, $(_: $argument),*) -> std::result::Result<Self::Ok, Fault> {
            Err(self.refuse($found))
        })*
    };
}

/// Refuses sequences, tuples and enum variants with data.
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

/// Takes an option and a newtype as what is in them.
macro_rules! look_through {
    () => {
        fn serialize_some<T: Serialize + ?Sized>(
            self,
            value: &T,
        ) -> std::result::Result<(), Fault> {
            value.serialize(self)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> std::result::Result<(), Fault> {
            value.serialize(self)
        }
    };
}
