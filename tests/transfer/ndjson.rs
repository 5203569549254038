//! NDJSON, there, back and across.

use super::*;
use serde_json::{Value, json};

const ZOE_JSON: &str = r#"{"last_name":"Lefèvre","first_name":"Zoé","age":34,"start":"2020-07-21T09:30:00+02:00","practitioner":"Dr \"M\",\n","specialty":"Dermatologie"}"#;

fn values(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_object_comes_back_as_it_was() {
    let domain = Domain::new(UNBOUND);
    let input = format!("{ZOE_JSON}\r\n\n  \n{ZOE_JSON}");
    let (protected, summary) = run(domain.protecting().from(Format::Ndjson), &input).unwrap();
    assert_eq!(
        (summary.rows(), summary.delimiter(), summary.encoding()),
        (2, None, None)
    );
    assert!(
        protected
            .lines()
            .all(|line| line.starts_with("{\"sealed\":\"p1."))
    );
    // As the library's own form.
    let row: paravent::Protected = serde_json::from_str(protected.lines().next().unwrap()).unwrap();
    let back: paravent::Appointment = domain.revealer.reveal(&row).unwrap();
    assert_eq!(back.age, Some(34));

    let revealed = values(&text(domain.revealing().from(Format::Ndjson), protected));
    let mut expected: Value = serde_json::from_str(ZOE_JSON).unwrap();
    for null in ["sex", "phone", "email"] {
        expected[null] = Value::Null;
    }
    assert_eq!(revealed, [expected.clone(), expected]);
}

#[test]
fn keys_are_renamed_and_left_out_as_the_policy_says() {
    let domain = Domain::new(
        "record_id = \"unbound\"\n[source]\ndrop = [\"note\"]\n[source.columns]\nlast_name = \"Nom\"\n",
    );
    let renamed =
        ZOE_JSON
            .replace("last_name", "Nom")
            .replacen('{', "{\"note\":{\"x\":[1]},\"note\":2,", 1);
    let protected = text(domain.protecting().from(Format::Ndjson), &renamed);
    let revealed = values(&text(domain.revealing().from(Format::Ndjson), protected));
    assert_eq!(revealed[0]["Nom"], "Lefèvre");
    assert_eq!(revealed[0].get("note"), None);
    for (input, code) in [
        (ZOE_JSON.to_owned(), "unknown-field"),
        (
            renamed.replacen('{', "{\"last_name\":null,", 1),
            "unknown-field",
        ),
        (
            renamed.replacen('{', "{\"Nom\":null,", 1),
            "duplicate-field",
        ),
        (renamed.replacen('{', "{\"other\":1,", 1), "unknown-field"),
    ] {
        let error = refused(domain.protecting().from(Format::Ndjson), input);
        assert_eq!((error.code(), error.line()), (code, Some(1)), "{error}");
    }
}

#[test]
fn what_is_no_object_is_a_bad_row() {
    let domain = Domain::new(UNBOUND);
    let mut long = ZOE_JSON.replace("Zoé", &"x".repeat(49));
    long.push('\n');
    let file = format!(
        "{ZOE_JSON}\n[1]\n{{\"age\":\n7\n{long}\n{{}}\n{ZOE_JSON} {ZOE_JSON}\nnull\n{ZOE_JSON}\n"
    );
    let mut told = Vec::new();
    let transfer = domain
        .protecting()
        .from(Format::Ndjson)
        .quarantine(&mut told);
    let (_, summary) = run(transfer, &file).unwrap();
    assert_eq!((summary.rows(), summary.quarantined()), (2, 7));
    assert_eq!(
        String::from_utf8(told).unwrap(),
        "{\"line\":2,\"error\":\"json\"}\n{\"line\":3,\"error\":\"json\"}\n{\"line\":4,\"error\":\"json\"}\n\
         {\"line\":5,\"error\":\"too-wide\",\"field\":\"first_name\"}\n\
         {\"line\":7,\"error\":\"missing-field\",\"field\":\"last_name\"}\n{\"line\":8,\"error\":\"json\"}\n\
         {\"line\":9,\"error\":\"json\"}\n"
    );
    let mut bytes = b"{\"last_name\":\"\xE9\"}\n".to_vec();
    bytes.extend(ZOE_JSON.as_bytes());
    let error = refused(domain.protecting().from(Format::Ndjson), &bytes);
    assert_eq!((error.code(), error.line()), ("input", Some(1)), "{error}");
}

#[test]
fn a_line_has_16_mib_at_most() {
    let domain = Domain::new(UNBOUND);
    let mut told = Vec::new();
    let transfer = domain
        .protecting()
        .from(Format::Ndjson)
        .quarantine(&mut told);
    let error = refused(
        transfer,
        format!("{ZOE_JSON}\n{{\"a\":\"{}", "x".repeat(17 << 20)),
    );
    assert!(error.is_input() && error.line() == Some(2), "{error}");
    // One that is no longer is a row like others.
    let wide = format!("{{\"last_name\":\"{}\"}}", "x".repeat(15 << 20));
    assert!(refused(domain.protecting().from(Format::Ndjson), wide).is_too_wide());
}

#[test]
fn an_empty_file_has_no_rows() {
    let domain = Domain::new(UNBOUND);
    for input in ["", "\n\n", "\u{FEFF}"] {
        let (protected, summary) = run(domain.protecting().from(Format::Ndjson), input).unwrap();
        assert_eq!((&*protected, summary.rows()), ("", 0));
    }
}

#[test]
fn formats_are_crossed() {
    let domain = visits(
        "[show.count]\nas = \"keep\"\nreason = \"x\"\n[show.text]\nas = \"keep\"\nreason = \"x\"\n",
    );
    let table = "text,count,paid,day,extra,at.place\na,-7,true,2020-07-21,\"{\"\"k\"\":1}\",home\n\"b,\"\"\",,,,,\n";
    let transfer = |reveal: bool, from: Format, to: Format, input: &str| {
        let transfer = if reveal {
            domain.revealing()
        } else {
            domain.protecting()
        };
        text(transfer.from(from).to(to).window(rows(1)), input)
    };
    let protected = transfer(false, csv(), Format::Ndjson, table);
    let lines = values(&protected);
    assert_eq!(
        (&lines[0]["count"], &lines[0]["text"]),
        (&json!(-7), &json!("a"))
    );
    assert_eq!(
        (&lines[1]["count"], &lines[1]["text"]),
        (&json!(null), &json!("b,\""))
    );
    assert_eq!(transfer(true, Format::Ndjson, csv(), &protected), table);

    let clear = transfer(true, Format::Ndjson, Format::Ndjson, &protected);
    let lines = values(&clear);
    assert_eq!(
        lines[0],
        json!({ "text": "a", "count": -7, "paid": true, "day": "2020-07-21", "extra": { "k": 1 }, "at": { "place": "home" } })
    );
    let protected = transfer(false, Format::Ndjson, csv(), &clear);
    assert!(
        protected.starts_with("text,count,sealed\na,-7,p1."),
        "{protected}"
    );
    assert_eq!(transfer(true, csv(), csv(), &protected), table);
    assert_eq!(transfer(true, csv(), Format::Ndjson, &protected), clear);
    // One key of that name too.
    let nested = clear.replace("\"at\":{\"place\":\"home\"}", "\"at.place\":\"home\"");
    assert_ne!(nested, clear);
    assert_eq!(
        transfer(
            true,
            csv(),
            csv(),
            &transfer(false, Format::Ndjson, csv(), &nested)
        ),
        table
    );
}

/// A connector opens one scope: what is shown of the others stays what it is, in either format.
#[test]
fn what_is_shown_keeps_its_type() {
    let domain = visits(
        "[open.care]\nreason = \"x\"\n[show.count]\nas = \"round\"\nto = 10\nreason = \"x\"\n\
         [show.text]\nas = \"keep\"\nreason = \"x\"\n[show.extra]\nas = \"keep\"\nreason = \"x\"\n",
    );
    let table = "text,count,extra\n12,34,\"[1,2]\"\n,,\n";
    let protected = text(domain.protecting().window(rows(1)), table);
    let connector = domain.connector();
    let clear = text(
        Transfer::reveal(&connector).from(csv()).to(Format::Ndjson),
        &protected,
    );
    assert_eq!(
        clear,
        "{\"text\":\"12\",\"count\":30,\"extra\":[1,2],\"paid\":null,\"day\":null}\n\
         {\"text\":null,\"count\":null,\"extra\":null,\"paid\":null,\"day\":null}\n"
    );
    let protected = text(
        domain.protecting().window(rows(1)).to(Format::Ndjson),
        table,
    );
    assert_eq!(
        text(
            Transfer::reveal(&connector).from(Format::Ndjson),
            &protected
        ),
        clear
    );
    let held = protected.replace("\"sealed\"", "\"state\":\"sent\",\"sealed\"");
    let revealed = text(Transfer::reveal(&connector).from(Format::Ndjson), &held);
    assert_eq!(values(&revealed)[0]["state"], "sent");
    // A table has no column for it.
    let error = refused(
        Transfer::reveal(&connector).from(Format::Ndjson).to(csv()),
        &held,
    );
    assert!(error.is_input() && error.line() == Some(1), "{error}");
    for (from, to) in [
        ("\"state\":\"sent\"", "\"count\":1"),
        ("\"state\":\"sent\"", "\"sealed\":\"p1.\""),
    ] {
        let error = refused(
            Transfer::reveal(&connector).from(Format::Ndjson),
            held.replace(from, to),
        );
        assert!(error.is_duplicate_field(), "{error}");
    }
    let error = refused(
        Transfer::reveal(&connector).from(Format::Ndjson),
        "{\"sealed\":7}\n",
    );
    assert!(error.is_input(), "{error}");
}

/// Fields of one object stand together, however the schema numbers them, and as the library reveals them.
#[test]
fn names_with_dots_are_objects() {
    let field = |(i, name): (usize, &str)| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {}\nscope = \"identity\"\nrole = \"neutral\"\nwidth = 8\n\
             type = \"text\"\nclass = \"text\"\noptional = true\n",
            i + 1
        )
    };
    let names = ["a.b.c", "x", "a.d", "a.b.e", "y.z", "mapped.name"];
    let fields: String = names.into_iter().enumerate().map(field).collect();
    let schema = Schema::from_toml(&format!("name = \"nested\"\n{fields}")).unwrap();
    let policy = "domain = \"archive\"\nschema = \"nested\"\nrecord_id = \"unbound\"\n\
        [source.columns]\n\"mapped.name\" = \"m.n\"\n";
    let domain = Domain::of(accepted(policy, &schema).unwrap());
    let clear = "{\"a\":{\"b\":{\"c\":\"1\",\"e\":\"2\"},\"d\":\"3\"},\"x\":\"4\",\"y\":{\"z\":null},\"m.n\":\"5\"}\n";
    for between in [csv(), Format::Ndjson] {
        let protecting = domain.protecting().from(Format::Ndjson);
        let protected = text(protecting.to(between.clone()), clear);
        let revealing = domain.revealing().from(between);
        assert_eq!(text(revealing.to(Format::Ndjson), &protected), clear);
        // What stands beside them has a key of its own.
        let held = protected
            .replacen("sealed", "a,sealed", 1)
            .replacen("p1.", "1,p1.", 1);
        if held.starts_with("a,") {
            let error = refused(domain.revealing().to(Format::Ndjson), held);
            assert!(error.is_input(), "{error}");
        }
    }
}

/// It was left out, as if the policy showed that field.
#[test]
fn what_a_connector_added_under_the_key_of_a_field_is_not_lost() {
    let ndjson = || Format::Ndjson;
    let named = "record_id = \"unbound\"\n[source.columns]\nlast_name = \"Nom\"\n";
    let domain = Domain::new(named);
    let clear = ZOE_JSON.replace("last_name", "Nom");
    let protected = text(domain.protecting().from(ndjson()), clear);
    let held = protected.replacen('{', "{\"last_name\":\"mine\",", 1);
    let revealed = text(domain.revealing().from(ndjson()), &held);
    assert!(
        revealed.starts_with("{\"last_name\":\"mine\",\"Nom\":\"Lefèvre\","),
        "{revealed}"
    );
    // Columns are those that the policy knows.
    let to_csv = domain.revealing().from(ndjson()).to(csv());
    assert!(refused(to_csv, &held).is_input());
    // Under the field's own name there is no room for both.
    let domain = Domain::new(UNBOUND);
    let protected = text(domain.protecting().from(ndjson()), ZOE_JSON);
    let held = protected.replacen('{', "{\"last_name\":\"mine\",", 1);
    assert!(refused(domain.revealing().from(ndjson()), &held).is_input());
}
