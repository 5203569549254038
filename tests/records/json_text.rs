//! Records given as JSON text.

use super::*;

const FIELDS: [(&str, &str, usize); 7] = [
    ("name", "text", 40),
    ("age", "integer", 20),
    ("urgent", "boolean", 5),
    ("day", "date", 10),
    ("place.city", "text", 40),
    ("place.zip", "text", 10),
    ("extra", "json", 1000),
];

#[test]
fn objects_are_records() {
    let kit = Kit::new(&FIELDS);
    for (text, expected) in [
        ("{}", json!({})),
        (" {\n} ", json!({})),
        (
            r#"{"name":"Zoé","age":-7,"urgent":false,"day":"2020-02-29"}"#,
            json!({ "name": "Zoé", "age": -7, "urgent": false, "day": "2020-02-29" }),
        ),
        (
            r#"{ "n\u0061me" : "\u00e9\"\\\n\ud83d\ude00" }"#,
            json!({ "name": "é\"\\\n😀" }),
        ),
        (
            r#"{"place" : { "c\u0069ty" : "Lyon", "zip": null }}"#,
            json!({ "place": { "city": "Lyon" } }),
        ),
        (
            r#"{"place":null,"age":null,"extra":null,"name":""}"#,
            json!({ "name": "" }),
        ),
        (
            r#"{"place.city":"Lyon","age":0}"#,
            json!({ "place": { "city": "Lyon" }, "age": 0 }),
        ),
        (r#"{"extra":{"a":1,"a":2}}"#, json!({ "extra": { "a": 2 } })),
    ] {
        let record = JsonRecord::parse(text).unwrap();
        assert_eq!(kit.both::<Value>(&record).unwrap(), expected, "{text}");
        // The same text unparsed.
        assert_eq!(kit.both::<Value>(&raw(text)).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_not_one_object_is_refused_with_its_line() {
    for (text, line) in [
        ("", 1),
        ("null", 1),
        ("[]", 1),
        ("\"MARKEDVALUE\"", 1),
        ("{} {}", 1),
        ("{\"name\": \"MARKEDVALUE\"", 1),
        ("{\n\"name\": MARKEDVALUE}", 2),
        ("{\n\n\"name\" \"MARKEDVALUE\"}", 3),
        ("{'name': 1}", 1),
        ("{\"name\": 1,}", 1),
        ("{1: 2}", 1),
        ("\u{feff}{}", 1),
    ] {
        let error = JsonRecord::parse(text).unwrap_err();
        assert!(error.is_record(), "{text}: {error}");
        assert_eq!(error.line(), Some(line), "{text}: {error}");
        assert!(!error.to_string().contains(MARK), "{error}");
    }
}

/// Each refusal names its field, and says what is wrong with it.
#[test]
fn values_that_do_not_fit_are_refused_with_their_field() {
    let kit = Kit::new(&FIELDS);
    let mut wrong = Vec::new();
    for (text, field, message) in [
        (r#"{"age":1.0}"#, "age", "a float"),
        (r#"{"age":1e5}"#, "age", "a float"),
        (r#"{"age":-0}"#, "age", "a float"),
        (r#"{"age":99999999999999999999}"#, "age", "beyond 64 bits"),
        (r#"{"age":1e999}"#, "age", "a float"),
        (r#"{"age":9223372036854775808}"#, "age", "beyond 64 bits"),
        (r#"{"age":"7"}"#, "age", "is not an integer"),
        (r#"{"name":7}"#, "name", "is not text"),
        (r#"{"name":true}"#, "name", "is not text"),
        (r#"{"name":[]}"#, "name", "a sequence"),
        (r#"{"name":["MARKEDVALUE"]}"#, "name", "a sequence"),
        (r#"{"name":{}}"#, "name", "a map"),
        (r#"{"name":{"MARKEDVALUE":1}}"#, "name", "a map"),
        (r#"{"name":"\ud800"}"#, "name", ""),
        (r#"{"urgent":"true"}"#, "urgent", "is not a boolean"),
        (r#"{"day":"21/07/2020"}"#, "day", "RFC 3339 date"),
        (r#"{"place":"MARKEDVALUE"}"#, "place", "not an object"),
        (r#"{"place":["MARKEDVALUE"]}"#, "place", "not an object"),
        (r#"{"place":{"city":7}}"#, "place.city", "is not text"),
        (
            r#"{"place":{"land":null}}"#,
            "place.land",
            "not in the schema",
        ),
        (r#"{"land":null}"#, "land", "not in the schema"),
        (r#"{"Name":""}"#, "Name", "not in the schema"),
        (r#"{"":""}"#, "", "not in the schema"),
    ] {
        let error = kit.refused(&JsonRecord::parse(text).unwrap());
        if error.field() != Some(field) || !error.to_string().contains(message) {
            wrong.push(format!("{text}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let kit = Kit::new(&FIELDS);
    for (text, field) in [
        (r#"{"name":"a","name":"a"}"#, "name"),
        (r#"{"name":"a","n\u0061me":"b"}"#, "name"),
        (r#"{"name":null,"name":"a"}"#, "name"),
        (r#"{"name":null,"name":null}"#, "name"),
        (r#"{"extra":[1],"extra":null}"#, "extra"),
        (r#"{"place":{"city":"a","city":"a"}}"#, "place.city"),
        (r#"{"place":{"city":"a"},"place.city":"a"}"#, "place.city"),
    ] {
        let error = kit.refused(&JsonRecord::parse(text).unwrap());
        assert!(error.is_duplicate_field(), "{text}: {error}");
        assert_eq!(error.field(), Some(field), "{text}: {error}");
    }
}

#[test]
fn a_nested_object_that_is_there_twice_is_refused() {
    let kit = Kit::new(&FIELDS);
    for text in [
        r#"{"place":{"city":"a"},"place":{"zip":"b"}}"#,
        r#"{"place":{"city":"a"},"place":null}"#,
        r#"{"place":null,"place":{"city":"a"}}"#,
        r#"{"place":{"city":"a"},"place":{"city":"a"}}"#,
        r#"{"place":{},"place":{}}"#,
    ] {
        let error = kit.refused(&JsonRecord::parse(text).unwrap());
        assert!(error.is_duplicate_field(), "{text}: {error}");
        assert_eq!(error.field(), Some("place"), "{text}: {error}");
    }
}
