//! What a record may be, in both directions: protected, then revealed into the same type.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
};

use paravent::{
    Appointment, Error, JsonRecord, Keyring, Protected, Protector, Revealer, Schema, Scope, Sex,
    Shown,
};
use proptest::prelude::*;
use serde::{
    Deserialize, Serialize, Serializer,
    de::{DeserializeOwned, IgnoredAny},
    ser::{SerializeMap, SerializeStruct},
};
use serde_json::{Map, Value, json, value::RawValue};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;
mod flat_form;
mod json_fields;
mod json_text;
mod refused;
mod revealed;
mod taken;

/// Stands in values, and so never in an error.
const MARK: &str = "MARKEDVALUE";

/// A protector and the backend's revealer of one schema.
struct Kit {
    protector: Protector,
    revealer: Revealer,
}

impl Kit {
    /// A schema of these fields: name, type, width. They are optional but for those with `!` behind the name, and in
    /// scope care but for those with another scope's name and `/` before it.
    fn new(fields: &[(&str, &str, usize)]) -> Self {
        Self::with_policy(fields, "")
    }

    fn with_policy(fields: &[(&str, &str, usize)], policy: &str) -> Self {
        let mut schema = String::from("name = \"records\"\n");
        for (i, (name, value_type, width)) in fields.iter().enumerate() {
            let (scope, name) = name.split_once('/').unwrap_or(("care", name));
            let (name, optional) = match name.strip_suffix('!') {
                Some(name) => (name, false),
                None => (name, true),
            };
            schema += &format!(
                "[[field]]\nname = \"{name}\"\nnumber = {}\nscope = \"{scope}\"\nwidth = {width}\n\
                 type = \"{value_type}\"\nclass = \"exact\"\noptional = {optional}\n",
                i + 1
            );
        }
        Self::of(&Schema::from_toml(&schema).unwrap(), policy)
    }

    fn of(schema: &Schema, policy: &str) -> Self {
        let head = format!(
            "domain = \"records\"\nschema = \"{}\"\nrecord_id = \"unbound\"\n",
            schema.name()
        );
        let policy = accepted(&(head + policy), schema).unwrap();
        let keyring = Keyring::generate().unwrap();
        Self {
            protector: Protector::new(&keyring, &policy).unwrap(),
            revealer: Revealer::backend(&keyring, policy.policy()).unwrap(),
        }
    }

    /// Protects in both profiles, and reveals both, which must agree.
    fn both<T: DeserializeOwned + PartialEq + Debug>(
        &self,
        record: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let whole: T = self.revealer.reveal(&self.protector.protect(record)?)?;
        let row = self.protector.protect_row(record)?;
        let cells: T = self.revealer.reveal_row(row.sealed(), row.cells())?;
        assert_eq!(whole, cells);
        Ok(whole)
    }

    #[track_caller]
    fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(&self, record: &T) {
        assert_eq!(&self.both::<T>(record).unwrap(), record);
    }

    /// The error of a record that is refused, the same in both profiles, and without a value.
    #[track_caller]
    fn refused(&self, record: &(impl Serialize + ?Sized)) -> Error {
        let error = self.protector.protect(record).unwrap_err();
        assert!(error.is_record(), "{error}");
        assert!(!error.to_string().contains(MARK), "{error}");
        let row = self.protector.protect_row(record).unwrap_err();
        assert_eq!(row.to_string(), error.to_string());
        error
    }

    /// The error of fields that do not fit `T`, without a value.
    #[track_caller]
    fn unfit<T: DeserializeOwned>(&self, record: &(impl Serialize + ?Sized)) -> Error {
        let row = self.protector.protect(record).unwrap();
        let error = self.revealer.reveal::<T>(&row).map(drop).unwrap_err();
        assert!(error.is_target(), "{error}");
        assert!(!error.to_string().contains(MARK), "{error}");
        error
    }
}

/// A record of one field.
#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct One<T> {
    n: T,
}

fn one(value_type: &str) -> Kit {
    Kit::new(&[("n", value_type, 40)])
}

/// A map that is serialised in the order it is given, whatever is in it.
struct InOrder<'a, V>(&'a [(&'a str, V)]);

impl<V: Serialize> Serialize for InOrder<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// Values of all types for one of six fields, and their order.
const ANY: [(&str, &str, usize); 8] = [
    ("identity/a", "text", 40),
    ("b", "integer", 20),
    ("schedule/c.a", "boolean", 5),
    ("c.b.a", "json", 100),
    ("identity/c.b.b", "text", 40),
    ("d", "text", 40),
    ("contact/e", "text", 40),
    ("f", "date", 10),
];

fn any_record() -> impl Strategy<Value = Value> {
    let text = || proptest::option::of("\\PC{0,10}".prop_map(Value::from));
    let all = (
        text(),
        proptest::option::of(any::<i64>().prop_map(Value::from)),
        proptest::option::of(any::<bool>().prop_map(Value::from)),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::from)),
        text(),
        text(),
        text(),
        proptest::option::of("20[0-9]{2}-0[1-9]-1[0-9]".prop_map(Value::from)),
    );
    all.prop_map(|(a, b, ca, cba, cbb, d, e, f)| {
        let members = |members: Vec<(&str, Option<Value>)>| -> Option<Value> {
            let members: Map<String, Value> = members
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect();
            (!members.is_empty()).then_some(members.into())
        };
        let cb = members(vec![("a", cba), ("b", cbb)]);
        let c = members(vec![("a", ca), ("b", cb)]);
        members(vec![
            ("a", a),
            ("b", b),
            ("c", c),
            ("d", d),
            ("e", e),
            ("f", f),
        ])
        .unwrap_or(json!({}))
    })
}

/// Serialises a value's objects with their members in an order drawn from `seed`.
struct Shuffled<'a>(&'a Value, u64);

impl Serialize for Shuffled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, seed) = self;
        let Some(members) = value.as_object() else {
            return value.serialize(serializer);
        };
        let mut members: Vec<(&String, &Value)> = members.iter().collect();
        let mut draw = *seed;
        for i in (1..members.len()).rev() {
            draw = draw
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            members.swap(i, (draw >> 33) as usize % (i + 1));
        }
        let nested = members
            .iter()
            .map(|(key, value)| (key, Shuffled(value, draw)));
        serializer.collect_map(nested)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One protector for all of them: what it remembers of one record's order never shows in the next.
    #[test]
    fn the_order_of_fields_does_not_matter(
        records in proptest::collection::vec((any_record(), any::<u64>()), 1..12)
    ) {
        let kit = Kit::new(&ANY);
        for (record, seed) in &records {
            prop_assert_eq!(&kit.both::<Value>(&Shuffled(record, *seed)).unwrap(), record);
        }
    }

    #[test]
    fn any_text_within_its_width(
        texts in proptest::collection::vec((proptest::option::of(".{0,20}"), any::<bool>()), 3..4)
    ) {
        let width = 40;
        let kit = Kit::new(&[("a", "text", width), ("identity/b", "text", width), ("c", "text", width)]);
        let record: BTreeMap<String, String> = ["a", "b", "c"]
            .into_iter()
            .zip(texts)
            .filter_map(|(name, (text, fill))| {
                let mut text = text?;
                while text.len() > width {
                    text.pop();
                }
                if fill {
                    text.extend(std::iter::repeat_n('\0', width - text.len()));
                }
                Some((name.to_owned(), text))
            })
            .collect();
        prop_assert_eq!(&kit.both::<BTreeMap<String, String>>(&record).unwrap(), &record);
        let optional: BTreeMap<&str, Option<&String>> =
            ["a", "b", "c"].into_iter().map(|name| (name, record.get(name))).collect();
        prop_assert_eq!(&kit.both::<BTreeMap<String, String>>(&optional).unwrap(), &record);
    }

    #[test]
    fn any_json_text_stays_verbatim(value in any_record(), pretty: bool) {
        let kit = Kit::new(&[("n", "json", 4000)]);
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let row = kit.protector.protect(&One { n: raw(&text) }).unwrap();
        let revealed: One<Box<RawValue>> = kit.revealer.reveal(&row).unwrap();
        prop_assert_eq!(revealed.n.get(), text);
    }
}
