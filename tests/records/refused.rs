//! What is refused, with its field.

use super::*;

struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(MARK.as_bytes())
    }
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Pair(&'static str, u8);

#[derive(Serialize)]
struct Fields {
    inner: &'static str,
}

#[derive(Serialize)]
enum Variant {
    Newtype(&'static str),
    Tuple(&'static str, u8),
    Struct { inner: &'static str },
}

/// Each shape that no field can hold, with its name in the error.
macro_rules! shapes {
    ($check:ident) => {
        $check(1.5f32, "a float");
        $check(f64::NAN, "a float");
        $check(Bytes, "bytes");
        $check([MARK], "a tuple");
        $check(vec![MARK], "a sequence");
        $check((MARK, 1), "a tuple");
        $check(Pair(MARK, 1), "a tuple");
        $check(Variant::Newtype(MARK), "an enum variant with data");
        $check(Variant::Tuple(MARK, 1), "an enum variant with data");
        $check(Variant::Struct { inner: MARK }, "an enum variant with data");
    };
}

#[test]
fn shapes_that_no_field_can_hold() {
    fn check(n: impl Serialize, found: &str) {
        for value_type in ["text", "integer", "boolean", "date", "date-time"] {
            let kit = one(value_type);
            for error in [
                kit.refused(&One { n: &n }),
                kit.refused(&One { n: Some(&n) }),
                kit.refused(&BTreeMap::from([("n", &n)])),
            ] {
                assert_eq!(error.field(), Some("n"), "{error}");
                assert!(error.to_string().contains(found), "{found}: {error}");
            }
        }
    }
    shapes!(check);
    check(BTreeMap::from([(MARK, 1)]), "a map");
    check(Fields { inner: MARK }, "a struct");
    check(Unit, "a unit struct");
}

#[test]
fn shapes_that_no_nested_record_can_have() {
    fn check(at: impl Serialize, found: &str) {
        let kit = Kit::new(&[("at.n", "text", 9)]);
        let error = kit.refused(&BTreeMap::from([("at", at)]));
        assert_eq!(error.field(), Some("at"), "{found}: {error}");
        // Where a record should be, a float is a number like others.
        let found = found.replace("a float", "a number");
        assert!(error.to_string().contains(&found), "{found}: {error}");
    }
    shapes!(check);
    check(true, "a boolean");
    check(7u8, "a number");
    check('x', "text");
    check(MARK, "text");
    check(Sex::Female, "text");
    check(raw("\"MARKEDVALUE\""), "JSON that is not an object");
}

#[test]
fn shapes_that_no_record_can_have() {
    fn check(record: impl Serialize, found: &str) {
        let error = one("text").refused(&record);
        assert_eq!(error.field(), None, "{error}");
        let found = found.replace("a float", "a number");
        assert!(error.to_string().contains(&found), "{found}: {error}");
    }
    shapes!(check);
    check(true, "a boolean");
    check(7i64, "a number");
    check('x', "text");
    check(MARK, "text");
    check((), "null");
    check(None::<One<String>>, "null");
    check(Value::Null, "null");
    check(raw("null"), "null");
    check(raw("[\"MARKEDVALUE\"]"), "JSON that is not an object");
    let keys = "keys that are not text";
    check(BTreeMap::from([(1, MARK)]), keys);
    check(BTreeMap::from([(true, MARK)]), keys);
    check(BTreeMap::from([(None::<u8>, MARK)]), keys);
    check(BTreeMap::from([((1, 2), MARK)]), keys);
}

#[test]
fn integers_of_128_bits_where_a_record_should_be() {
    let kit = Kit::new(&[("at.n", "text", 9)]);
    for (error, field) in [
        (kit.refused(&7i128), None),
        (kit.refused(&u128::MAX), None),
        (kit.refused(&BTreeMap::from([("at", 7i128)])), Some("at")),
        (
            kit.refused(&BTreeMap::from([("at", u128::MAX)])),
            Some("at"),
        ),
    ] {
        assert_eq!(error.field(), field, "{error}");
        assert!(error.to_string().contains("a number"), "{error}");
    }
    let error = kit.refused(&BTreeMap::from([(1i128, MARK)]));
    assert!(
        error.to_string().contains("keys that are not text"),
        "{error}"
    );
}

#[test]
fn a_nested_map_with_keys_that_are_not_text() {
    let kit = Kit::new(&[("at.n", "text", 9)]);
    let error = kit.refused(&BTreeMap::from([("at", BTreeMap::from([(1, MARK)]))]));
    assert_eq!(error.field(), Some("at"), "{error}");
    assert!(
        error.to_string().contains("keys that are not text"),
        "{error}"
    );
}

#[test]
fn values_of_another_type() {
    for (value_type, values, message) in [
        ("text", vec![json!(7), json!(true)], "is not text"),
        (
            "integer",
            vec![json!("7"), json!(true)],
            "is not an integer",
        ),
        ("boolean", vec![json!("true"), json!(1)], "is not a boolean"),
        (
            "date",
            vec![
                json!(MARK),
                json!(20200721),
                json!("2020-07-21T09:30:00Z"),
                json!(""),
            ],
            "is not an RFC 3339 date",
        ),
        (
            "date-time",
            vec![
                json!(MARK),
                json!(0),
                json!("2020-07-21"),
                json!("2020-07-21T09:30:00"),
            ],
            "is not an RFC 3339 date-time",
        ),
    ] {
        for n in values {
            let error = one(value_type).refused(&One { n });
            assert_eq!(error.field(), Some("n"));
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}

#[test]
fn unknown_fields_even_where_they_are_null() {
    let kit = Kit::new(&[("n", "text", 9), ("at.n", "text", 9)]);
    for (record, field) in [
        (json!({ "m": MARK }), "m"),
        (json!({ "m": null }), "m"),
        (json!({ "N": MARK }), "N"),
        (json!({ "n ": MARK }), "…"),
        (json!({ "Martin, Zoé": 1 }), "…"),
        (json!({ "at.m": MARK }), "at.m"),
        (json!({ "at": { "m": null } }), "at.m"),
        (json!({ "at": { "at": { "n": MARK } } }), "at.at"),
        (json!({ "a": { "t.n": MARK } }), "a"),
        (json!({ "at.": MARK }), "at."),
        (json!({ "at": { "": MARK } }), "at."),
    ] {
        let error = kit.refused(&record);
        assert!(error.is_unknown_field(), "{record}: {error}");
        assert_eq!(error.field(), Some(field), "{record}: {error}");
    }
}

/// Where a map's key stood in the record before, the order of fields has no key of a struct, but an empty text.
#[test]
fn an_empty_key_where_that_of_a_map_was() {
    #[derive(Serialize)]
    struct Empty {
        #[serde(rename = "")]
        empty: &'static str,
    }

    let kit = Kit::new(&[("n", "text", 9)]);
    kit.same(&json!({ "n": "known" }));
    let error = kit.refused(&Empty { empty: MARK });
    assert!(error.is_unknown_field(), "{error}");
    assert_eq!(error.field(), Some(""), "{error}");
}

#[test]
fn missing_fields_that_are_not_optional() {
    let kit = Kit::new(&[
        ("identity/a!", "text", 9),
        ("b", "text", 20),
        ("at.c!", "integer", 9),
    ]);
    for (record, field) in [
        (json!({}), "a"),
        (json!({ "b": MARK }), "a"),
        (json!({ "a": null, "at": { "c": 1 } }), "a"),
        (json!({ "a": "" }), "at.c"),
        (json!({ "a": "", "at": null }), "at.c"),
        (json!({ "a": "", "at": {} }), "at.c"),
        (json!({ "a": "", "at": { "c": null } }), "at.c"),
    ] {
        let error = kit.refused(&record);
        assert!(error.is_missing_field(), "{record}: {error}");
        assert_eq!(error.field(), Some(field), "{record}: {error}");
    }
    kit.same(&json!({ "a": "", "at": { "c": 0 } }));
}

#[test]
fn fields_that_are_there_twice() {
    #[derive(Serialize)]
    struct Flattened {
        n: &'static str,
        #[serde(flatten)]
        one: One<Option<&'static str>>,
    }

    struct Custom;

    impl Serialize for Custom {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut record = serializer.serialize_struct("Custom", 2)?;
            record.serialize_field("n", &None::<&str>)?;
            record.serialize_field("n", MARK)?;
            record.end()
        }
    }

    let kit = Kit::new(&[("n", "text", 20), ("at.n", "text", 20)]);
    let flattened = Flattened {
        n: MARK,
        one: One { n: None },
    };
    let nulls = [
        ("n", json!(null)),
        ("at.n", json!(null)),
        ("n", json!(null)),
    ];
    let dotted = [("at.n", json!(MARK)), ("at", json!({ "n": MARK }))];
    for (error, field) in [
        (kit.refused(&flattened), "n"),
        (kit.refused(&Custom), "n"),
        (kit.refused(&InOrder(&[("n", MARK), ("n", MARK)])), "n"),
        (kit.refused(&InOrder(&nulls)), "n"),
        (kit.refused(&InOrder(&dotted)), "at.n"),
    ] {
        assert!(error.is_duplicate_field(), "{error}");
        assert_eq!(error.field(), Some(field), "{error}");
    }
}

#[test]
fn errors_of_the_record_type_itself_are_not_repeated() {
    struct Fails;

    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(MARK))
        }
    }

    one("text").refused(&Fails);
    one("text").refused(&One { n: Fails });
}

/// A record whose own code goes on after a field was refused.
#[test]
fn a_refusal_that_the_record_swallows() {
    struct Swallows;
    impl Serialize for Swallows {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(None)?;
            let _ = map.serialize_entry("m", MARK);
            let _ = map.serialize_entry("n", "x");
            map.end()
        }
    }
    let kit = Kit::new(&[("n", "text", 9)]);
    kit.refused(&Swallows);
    kit.protector.protect(&json!({ "n": "x" })).unwrap();
}

/// A struct is no text, whatever is in it: only `serde_json` hands over text in one.
#[test]
fn a_struct_that_holds_json_text_is_refused_in_a_field() {
    #[derive(Serialize)]
    struct Inner {
        text: &'static str,
    }

    let kit = Kit::new(&[("n", "text", 9)]);
    let record = One {
        n: Inner { text: "\"x\"" },
    };
    assert_eq!(kit.refused(&record).field(), Some("n"));
}
