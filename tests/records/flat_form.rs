//! The flat JSON of a protected record.

use super::*;

const POLICY: &str = r#"
    [show.integer]
    as = "keep"
    reason = "shown"
    [show.text]
    as = "keep"
    reason = "shown"
    [show.hidden]
    as = "redact"
    [show.boolean]
    as = "keep"
    reason = "shown"
    [show.date]
    as = "keep"
    reason = "shown"
    [show."at.null"]
    as = "keep"
    reason = "shown"
    [pseudonym.z-person]
    of = ["text", "hidden"]
    reason = "counted"
    [pseudonym.a-person]
    of = ["text"]
    reason = "counted"
    null = "null"
"#;

fn kit() -> Kit {
    let fields = [
        ("text", "text", 40),
        ("boolean", "boolean", 5),
        ("hidden", "text", 40),
        ("integer", "integer", 20),
        ("date", "date", 10),
        ("at.null", "text", 10),
    ];
    Kit::with_policy(&fields, POLICY)
}

fn row() -> Protected {
    let record = json!({
        "date": "2020-07-21", "integer": -7, "text": "Zoé\n\"", "hidden": MARK, "boolean": true,
    });
    kit().protector.protect(&record).unwrap()
}

fn keys(json: &str) -> Vec<String> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap();
    let mut keys: Vec<String> = members.keys().cloned().collect();
    keys.sort_by_key(|key| json.find(&format!("\"{key}\":")).unwrap());
    keys
}

#[test]
fn shown_fields_then_pseudonyms_then_sealed_and_nothing_else() {
    let text = serde_json::to_string(&row()).unwrap();
    assert_eq!(
        keys(&text),
        [
            "text", "boolean", "integer", "date", "at.null", "a-person", "z-person", "sealed"
        ]
    );
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["text"], "Zoé\n\"");
    assert_eq!(value["boolean"], true);
    assert_eq!(value["integer"], -7);
    assert_eq!(value["date"], "2020-07-21");
    assert_eq!(value["at.null"], Value::Null);
    for name in ["a-person", "z-person"] {
        let pseudonym = value[name].as_str().unwrap();
        assert!(
            pseudonym.starts_with("t1.") && pseudonym.len() == 29,
            "{pseudonym}"
        );
    }
    assert_ne!(value["a-person"], value["z-person"]);
    assert!(value["sealed"].as_str().unwrap().starts_with("p1."));
    assert!(!text.contains(MARK));
}

#[test]
fn values_that_it_shows_are_typed() {
    let row = row();
    assert_eq!(row.shown("text"), Some(Shown::Text("Zoé\n\"")));
    assert_eq!(row.shown("boolean"), Some(Shown::Boolean(true)));
    assert_eq!(row.shown("integer"), Some(Shown::Integer(-7)));
    assert_eq!(row.shown("date"), Some(Shown::Text("2020-07-21")));
    assert_eq!(row.shown("at.null"), Some(Shown::Null));
    assert_eq!(
        row.shown("a-person"),
        row.pseudonym("a-person").map(Shown::Pseudonym)
    );
    for name in ["hidden", "sealed", "nobody"] {
        assert_eq!(row.shown(name), None);
    }
    let nobody = kit()
        .protector
        .protect(&json!({ "hidden": "x", "text": null }));
    let error = nobody.unwrap_err();
    assert_eq!(error.field(), Some("text"), "{error}");
}

#[test]
fn the_row_profile_shows_the_same_beside_its_cells() {
    let record = json!({ "text": "Zoé", "hidden": MARK, "integer": 7 });
    let row = kit().protector.protect_row(&record).unwrap();
    let text = serde_json::to_string(&row).unwrap();
    assert_eq!(
        keys(&text),
        [
            "text", "boolean", "integer", "date", "at.null", "a-person", "z-person", "sealed",
            "cells"
        ]
    );
    let value: Value = serde_json::from_str(&text).unwrap();
    let cells = value["cells"].as_object().unwrap();
    assert_eq!(
        cells.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        row.cells().map(|(name, _)| name).collect()
    );
    for (name, cell) in row.cells() {
        assert_eq!(cells[name], cell.to_string());
    }
    assert_eq!(value["sealed"], row.sealed().to_string());
    assert!(!text.contains(MARK));
    assert_eq!(row.shown("integer"), Some(Shown::Integer(7)));
    assert_eq!(row.shown("hidden"), None);
}

/// Formats such as MessagePack write that number before the entries.
#[test]
fn serializers_are_told_how_many_entries_come() {
    use serde_test::{Token, assert_ser_tokens};

    fn token(text: &str) -> Token {
        Token::Str(text.to_owned().leak())
    }

    let kit = one("integer");
    let record = json!({"n": 7});
    let row = kit.protector.protect(&record).unwrap();
    let sealed = token(&row.sealed().to_string());
    let map = |length| Token::Map { len: Some(length) };
    assert_ser_tokens(&row, &[map(1), Token::Str("sealed"), sealed, Token::MapEnd]);

    let row = kit.protector.protect_row(&record).unwrap();
    let (sealed, cell) = (row.sealed().to_string(), row.cell("n").unwrap().to_string());
    let cells = [map(1), Token::Str("n"), token(&cell), Token::MapEnd];
    let head = [
        map(2),
        Token::Str("sealed"),
        token(&sealed),
        Token::Str("cells"),
    ];
    assert_ser_tokens(&row, &[&head[..], &cells, &[Token::MapEnd]].concat());
}

#[test]
fn parsing_takes_what_was_printed() {
    let row = row();
    let text = serde_json::to_string(&row).unwrap();
    let parsed: Protected = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&parsed).unwrap(), text);
    assert_eq!(parsed.sealed(), row.sealed());
    for name in ["a-person", "z-person"] {
        assert_eq!(parsed.pseudonym(name), row.pseudonym(name));
    }
    for name in ["text", "boolean", "integer", "date", "at.null", "hidden"] {
        assert_eq!(parsed.shown(name), row.shown(name), "{name}");
    }
    let value: Protected = serde_json::from_value(serde_json::to_value(&row).unwrap()).unwrap();
    assert_eq!(value.sealed(), row.sealed());
}

#[test]
fn a_parsed_row_equals_the_one_that_was_printed() {
    let row = row();
    let text = serde_json::to_string(&row).unwrap();
    assert_eq!(serde_json::from_str::<Protected>(&text).unwrap(), row);
}

#[test]
fn json_that_it_shows_stays_verbatim_through_parsing() {
    let policy = "[show.n]\nas = \"keep\"\nreason = \"shown\"\n";
    let kit = Kit::with_policy(&[("n", "json", 100)], policy);
    for text in [
        "[1, 2]",
        "{\"b\":1,\"a\":1.0}",
        "1e5",
        "12345678901234567890123",
        "\"é\"",
        "7",
        "true",
    ] {
        let row = kit.protector.protect(&One { n: raw(text) }).unwrap();
        assert_eq!(row.shown("n"), Some(Shown::Json(text)));
        let printed = serde_json::to_string(&row).unwrap();
        assert!(
            printed.starts_with(&format!("{{\"n\":{text},\"sealed\":")),
            "{printed}"
        );
        let parsed: Protected = serde_json::from_str(&printed).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), printed);
    }
}

#[test]
fn parsing_refuses_all_else() {
    let row = row();
    let sealed = row.sealed().to_string();
    let cells = kit()
        .protector
        .protect_row(&json!({ "text": "x", "hidden": "x" }))
        .unwrap();
    let column = cells.sealed().to_string();
    let (body, last) = sealed.split_at(sealed.len() - 1);
    // Some bits of the last character are no data, so that its neighbour is not canonical.
    assert_ne!(row.sealed().as_bytes().len() % 3, 0);
    let neighbour = char::from(last.as_bytes()[0] ^ 1);
    for (text, why) in [
        ("{}".to_owned(), "no sealed"),
        (r#"{"integer":7}"#.to_owned(), "no sealed"),
        (r#"{"sealed":null}"#.to_owned(), "null"),
        (r#"{"sealed":7}"#.to_owned(), "a number"),
        (r#"{"sealed":""}"#.to_owned(), "empty"),
        (r#"{"sealed":"p1."}"#.to_owned(), "no header"),
        (format!("[\"{sealed}\"]"), "a sequence"),
        (format!("\"{sealed}\""), "text"),
        (format!(r#"{{"sealed":["{sealed}"]}}"#), "in a sequence"),
        (
            format!(r#"{{"sealed":"{sealed}","sealed":"{sealed}"}}"#),
            "sealed twice",
        ),
        (
            format!(r#"{{"sealed":"{sealed}","a":1,"a":1}}"#),
            "a name twice",
        ),
        (
            format!(r#"{{"a":1,"sealed":"{sealed}","\u0061":null}}"#),
            "a name twice, escaped",
        ),
        (
            format!(r#"{{"sealed":"{sealed}","\u0073ealed":"{sealed}"}}"#),
            "sealed twice, escaped",
        ),
        (format!(r#"{{"sealed":"{sealed}="}}"#), "padding"),
        (format!(r#"{{"sealed":" {sealed}"}}"#), "space before"),
        (format!(r#"{{"sealed":"{sealed}\n"}}"#), "line break behind"),
        (format!(r#"{{"sealed":"P{}"}}"#, &sealed[1..]), "upper case"),
        (
            format!(r#"{{"sealed":"c{}"}}"#, &sealed[1..]),
            "another form",
        ),
        (format!(r#"{{"sealed":"{body}"}}"#), "cut"),
        (
            format!(r#"{{"sealed":"{sealed}A"}}"#),
            "longer by a character",
        ),
        (
            format!(r#"{{"sealed":"{body}{neighbour}"}}"#),
            "trailing bits",
        ),
        (format!(r#"{{"sealed":"{column}"}}"#), "a row column"),
        (serde_json::to_string(&cells).unwrap(), "a row"),
        (format!(r#"{{"sealed":"{sealed}"}} {{}}"#), "text behind"),
    ] {
        let error = serde_json::from_str::<Protected>(&text).map(drop);
        assert!(error.is_err(), "{why}");
    }
    // What is refused above differs from this in one thing only.
    serde_json::from_str::<Protected>(&format!(r#"{{"sealed":"{sealed}","a":1}}"#)).unwrap();
}

/// Whoever fills a shown field must not forge rows of an export with one row a line.
#[test]
fn json_that_it_shows_stays_on_one_line() {
    let policy = "[show.n]\nas = \"keep\"\nreason = \"shown\"\n";
    let kit = Kit::with_policy(&[("n", "json", 100)], policy);
    let record = One {
        n: raw("[\n{\"sealed\":\"p1.x\"}\r\n]"),
    };
    let protected = kit.protector.protect(&record).unwrap();
    assert_eq!(
        protected.shown("n"),
        Some(Shown::Json("[ {\"sealed\":\"p1.x\"}  ]"))
    );
    assert!(
        !serde_json::to_string(&protected)
            .unwrap()
            .contains(['\n', '\r'])
    );
}

#[test]
fn protected_records_are_equal_where_all_they_show_and_hold_is() {
    let kit = Kit::of(
        &Schema::appointment(),
        "[show.age]\nas = \"keep\"\nreason = \"report\"\n",
    );
    let visit = |age: u8| json!({ "last_name": "", "first_name": "", "age": age, "start": "2020-07-21T09:30:00Z", "practitioner": "", "specialty": "" });
    let row = kit.protector.protect(&visit(34)).unwrap();
    assert_eq!(row, row.clone());
    assert_ne!(
        row,
        kit.protector.protect(&visit(34)).unwrap(),
        "sealed anew"
    );
    let mut shown_otherwise = serde_json::to_value(&row).unwrap();
    shown_otherwise["age"] = json!(35);
    let shown_otherwise: Protected = serde_json::from_value(shown_otherwise).unwrap();
    assert_eq!(row.sealed(), shown_otherwise.sealed());
    assert_ne!(row, shown_otherwise);

    let cells = kit.protector.protect_row(&visit(34)).unwrap();
    assert_eq!(cells, cells.clone());
    assert_eq!(cells.pseudonym("age"), None);
}

#[test]
fn what_is_no_protected_record_is_told_what_one_is() {
    for text in ["3", "[]", "null"] {
        let error = serde_json::from_str::<Protected>(text).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected a protected record: an object with `sealed`"),
            "{error}"
        );
    }
}
