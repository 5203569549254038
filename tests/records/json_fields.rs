//! Fields of type json.

use super::*;

const TEXTS: [&str; 14] = [
    "1.0",
    "1e5",
    "-0",
    "12345678901234567890123",
    "[1,  2]",
    "[]",
    "{ \"b\" : 1, \"a\":\t[ ] , \"b\":2 }",
    "\"text\"",
    "\"\\u00e9 é\"",
    "\"\\ud800\"",
    "\"null\"",
    "true",
    "[null]",
    "{\"a\":[{\"b\":[1.50]}]}",
];

#[test]
fn raw_values_come_back_verbatim() {
    let kit = Kit::new(&[("n", "json", 1000)]);
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(kit.refused(&One { n: raw(&deep(128)) }).field(), Some("n"));
    let deep = deep(127);
    for text in TEXTS.into_iter().chain([deep.as_str()]) {
        let record = One { n: raw(text) };
        let row = kit.protector.protect(&record).unwrap();
        let revealed: One<Box<RawValue>> = kit.revealer.reveal(&row).unwrap();
        assert_eq!(revealed.n.get(), text);
        let map: BTreeMap<String, Box<RawValue>> = kit.revealer.reveal(&row).unwrap();
        assert_eq!(map["n"].get(), text);

        let record = format!("{{ \"n\" :  {text} }}");
        let row = kit
            .protector
            .protect_row(&JsonRecord::parse(&record).unwrap())
            .unwrap();
        let cell = row.cell("n").unwrap();
        let cell: Option<Box<RawValue>> =
            kit.revealer.reveal_cell(row.sealed(), "n", cell).unwrap();
        assert_eq!(cell.unwrap().get(), text);
    }
}

/// What stands in text, behind an escape, or side by side is no depth.
#[test]
fn depth_is_counted_as_readers_count_it() {
    let kit = Kit::new(&[("n", "json", 1000)]);
    let many = |piece: &str| piece.repeat(200);
    for text in [
        format!("\"{}\"", many("[")),
        format!("\"\\\"{}\"", many("[")),
        format!("[\"\\\\\",\"{}\"]", many("{")),
        format!("[{}[]]", many("[],")),
    ] {
        kit.same(&One {
            n: serde_json::from_str::<Value>(&text).unwrap(),
        });
    }
    let in_text_too = format!("{}\"\\\\\"{}", "[".repeat(128), "]".repeat(128));
    kit.refused(&One {
        n: raw(&in_text_too),
    });
}

#[test]
fn null_that_is_written_before_an_error_is_no_null() {
    struct Nothing;

    impl Serialize for Nothing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()?;
            Err(serde::ser::Error::custom("of the test"))
        }
    }

    let kit = Kit::new(&[("n", "json", 1000)]);
    assert_eq!(kit.refused(&One { n: Nothing }).field(), Some("n"));
}

#[test]
fn any_value_is_kept_as_its_compact_text() {
    let kit = Kit::new(&[("n", "json", 1000)]);
    #[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
    enum Shape {
        Unit,
        Newtype(f64),
        Tuple(u8, char),
        Struct { inner: Vec<Option<bool>> },
    }
    kit.same(&One {
        n: vec![1u64 << 63, 0],
    });
    kit.same(&One { n: 1.5f64 });
    kit.same(&One { n: u64::MAX });
    kit.same(&One {
        n: "text".to_owned(),
    });
    kit.same(&One { n: String::new() });
    kit.same(&One {
        n: (1u8, 'x', None::<bool>),
    });
    kit.same(&One {
        n: json!({ "a": [1, 2.5, null, { "b": "é" }] }),
    });
    kit.same(&One {
        n: BTreeMap::from([(7u8, [0u8; 3])]),
    });
    for n in [
        Shape::Unit,
        Shape::Newtype(0.1),
        Shape::Tuple(1, 'é'),
        Shape::Struct {
            inner: vec![None, Some(true)],
        },
    ] {
        kit.same(&One { n: n.clone() });
        kit.same(&One { n: Some(n) });
    }
    let row = kit
        .protector
        .protect(&json!({ "n": { "b": 1, "a": [1, 2] } }))
        .unwrap();
    let n: One<Box<RawValue>> = kit.revealer.reveal(&row).unwrap();
    assert_eq!(n.n.get(), r#"{"a":[1,2],"b":1}"#);
}

#[test]
fn null_is_null() {
    let kit = Kit::new(&[("n", "json", 1000)]);
    kit.same(&One { n: None::<Vec<u8>> });
    for null in [
        kit.both::<Value>(&One { n: () }).unwrap(),
        kit.both(&One { n: raw("null") }).unwrap(),
        kit.both(&JsonRecord::parse("{\"n\": null }").unwrap())
            .unwrap(),
    ] {
        assert_eq!(null, json!({}));
    }
    let kit = Kit::new(&[("n!", "json", 1000)]);
    assert!(kit.refused(&One { n: raw("null") }).is_missing_field());
}

#[test]
fn a_value_that_cannot_be_json_is_refused_with_its_field() {
    let kit = Kit::new(&[("n", "json", 1000)]);
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(MARK))
        }
    }
    for error in [
        kit.refused(&One { n: Fails }),
        kit.refused(&One {
            n: BTreeMap::from([(Some(vec![1]), 1)]),
        }),
    ] {
        assert_eq!(error.field(), Some("n"), "{error}");
    }
}
