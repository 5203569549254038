//! No value, key or passphrase in any message.

use super::{errors::load, *};

/// Whether a message holds the mark, as it is or in a usual encoding of bytes.
fn is_marked(message: &str) -> bool {
    let lower = message.to_lowercase();
    let (first, second) = MARK.as_bytes().split_at(11);
    let list = format!("{:?}", &first[..5]);
    let plain = [
        MARK[..11].to_lowercase(),
        HEXLOWER.encode(first),
        HEXLOWER.encode(second),
        list.trim_matches(['[', ']']).to_owned(),
        MARKED_NUMBER.to_string(),
    ];
    let encoded = (0..5).any(|before| {
        // Without the characters that its ends share with what stands around it.
        let bytes = [&[0; 5][..before], first, second].concat();
        [BASE64_NOPAD, BASE64URL_NOPAD, BASE32_NOPAD]
            .map(|base| base.encode(&bytes))
            .iter()
            .map(|text| &text[8..text.len() - 8])
            .any(|inner| message.contains(inner) || lower.contains(&inner.to_lowercase()))
    });
    encoded || plain.iter().any(|mark| lower.contains(mark))
}

#[track_caller]
fn assert_silent(message: &str) {
    assert!(!is_marked(message), "{message}");
}

#[track_caller]
fn assert_silent_error(error: &Error) {
    assert_silent(&error.to_string());
    assert_silent(&format!("{error:?}"));
    assert_silent(error.advice());
    assert_silent(error.field().unwrap_or_default());
    let mut source = error.source();
    while let Some(error) = source {
        assert_silent(&format!("{error} {error:?}"));
        source = error.source();
    }
}

#[test]
fn the_search_for_marks_finds_them() {
    let bytes = format!("x{MARK}y");
    for message in [
        bytes.clone(),
        bytes.to_lowercase(),
        format!("{:?}", bytes.as_bytes()),
        HEXLOWER.encode(bytes.as_bytes()),
        HEXLOWER.encode(bytes.as_bytes()).to_uppercase(),
        BASE64_NOPAD.encode(bytes.as_bytes()),
        BASE64URL_NOPAD.encode(format!("xx{bytes}").as_bytes()),
        BASE32_NOPAD.encode(bytes.as_bytes()).to_lowercase(),
        format!("{:?}", Some(MARKED_NUMBER)),
    ] {
        assert!(is_marked(&message), "{message}");
    }
    assert!(!is_marked("field \"text\" is not in the schema"));
}

#[test]
fn no_error_and_no_debug_of_the_snapshot_holds_a_value() {
    ERRORS
        .iter()
        .for_each(|(_, error)| assert_silent_error(error));
    debugs().iter().for_each(|(_, debug)| assert_silent(debug));
}

#[test]
fn no_error_of_a_record_holds_a_value() {
    #[derive(Serialize)]
    enum Variant {
        Newtype(&'static str),
        Struct { inner: &'static str },
    }
    fn refused(record: impl Serialize) {
        for rest in ["", &pseudonym_of("text"), &pseudonym_of("phone")] {
            let protector = protector(rest);
            let row = protector.protect(&record).map(drop);
            let columns = protector.protect_row(&record).map(drop);
            assert_silent_error(&row.unwrap_err());
            assert_silent_error(&columns.unwrap_err());
        }
    }
    let long = MARK.repeat(5000);
    for (field, value) in [
        ("text", json!(long)),
        ("text", json!([MARK])),
        ("text", json!({ MARK: MARK })),
        ("text", json!(MARKED_NUMBER)),
        ("text", json!(MARKED_NUMBER as f64 + 0.5)),
        ("integer", json!(MARK)),
        ("integer", json!(MARKED_NUMBER as f64)),
        ("boolean", json!(MARK)),
        ("boolean", json!(MARKED_NUMBER)),
        ("date", json!(MARK)),
        ("moment", json!(MARK)),
        ("json", json!([long])),
        ("at", json!(MARK)),
        ("at", json!([MARK])),
        ("at", json!({ "text": long })),
        ("at", json!({ "text": { MARK: MARK } })),
    ] {
        refused(json!({ field: value }));
        let text = json!({ field: value }).to_string();
        refused(JsonRecord::parse(&text).unwrap());
        refused(RawValue::from_string(text).unwrap());
    }
    refused(BTreeMap::from([("text", Bytes)]));
    refused(BTreeMap::from([("text", Fails)]));
    refused(BTreeMap::from([("json", Fails)]));
    refused(BTreeMap::from([("at", Fails)]));
    refused(BTreeMap::from([("text", Variant::Newtype(MARK))]));
    refused(BTreeMap::from([("text", Variant::Struct { inner: MARK })]));
    refused(BTreeMap::from([("text", (MARK, MARK))]));
    refused(BTreeMap::from([(vec![MARK], MARK)]));
    refused(BTreeMap::from([(Some(MARK), MARK)]));
    refused(BTreeMap::from([(MARKED_NUMBER, MARK)]));
    refused(BTreeMap::from([(
        "json",
        BTreeMap::from([(vec![MARK], MARK)]),
    )]));
    refused(Fails);
    refused(Bytes);
    refused(MARK);
    refused([MARK]);
    refused(MARKED_NUMBER);
    refused(Variant::Newtype(MARK));
    for (field, value) in [
        ("text", format!("{MARK}\0")),
        ("text", format!("{MARK}\u{378}")),
        ("phone", MARK.to_owned()),
        ("phone", MARKED_NUMBER.to_string() + "x"),
        ("at.text", MARK.to_owned() + &"\u{FDFA}".repeat(3000)),
    ] {
        let record = BTreeMap::from([(field, value)]);
        let error = protector(&pseudonym_of(field))
            .protect(&record)
            .unwrap_err();
        assert_silent_error(&error);
    }
    for class in [Class::Text, Class::Name, Class::Email, Class::Phone] {
        let error = class
            .normalize(&format!("{MARK}\0"), Some(&PhoneRegion::france()))
            .unwrap_err();
        assert_silent_error(&error);
    }
    for text in [
        MARK.to_owned(),
        format!("\"{MARK}\""),
        format!("[\"{MARK}\"]"),
        format!("{{\"text\": \"{MARK}\""),
        format!("{{\"text\": {MARK}}}"),
        format!("{{\"text\": \"{MARK}\\x\"}}"),
        format!("{{{MARK}: 1}}"),
        format!("{{\"text\": \"\"}} {MARK}"),
        format!("{{{MARKED_NUMBER}: {MARKED_NUMBER}}}"),
    ] {
        assert_silent_error(&JsonRecord::parse(&text).unwrap_err());
    }
}

#[test]
fn no_error_of_a_type_that_does_not_fit_holds_a_value() {
    #[derive(Deserialize)]
    #[serde(tag = "text")]
    #[allow(dead_code)]
    enum Tagged {
        A,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Untagged {
        A { text: u8 },
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Variant {
        A,
        B(u8),
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Flattened {
        #[serde(flatten)]
        inner: One<u8>,
    }
    let text = json!({ "text": MARK });
    let json = json!({ "json": { MARK: [MARK, MARKED_NUMBER] } });
    let number = json!({ "integer": MARKED_NUMBER });
    for error in [
        unfit::<One<u8>>(&text),
        unfit::<One<bool>>(&text),
        unfit::<One<char>>(&text),
        unfit::<One<Variant>>(&text),
        unfit::<One<Fails>>(&text),
        unfit::<One<Vec<u8>>>(&text),
        unfit::<One<BTreeMap<String, u8>>>(&text),
        unfit::<One<std::net::IpAddr>>(&text),
        unfit::<Tagged>(&text),
        unfit::<Untagged>(&text),
        unfit::<Flattened>(&text),
        unfit::<String>(&text),
        unfit::<Fails>(&text),
        unfit::<BTreeMap<String, u8>>(&json),
        unfit::<BTreeMap<String, String>>(&json),
        unfit::<BTreeMap<String, Fails>>(&json),
        unfit::<BTreeMap<String, Variant>>(&json),
        unfit::<BTreeMap<String, BTreeMap<u8, u8>>>(&json),
        unfit::<BTreeMap<String, BTreeMap<String, Vec<u8>>>>(&json),
        unfit::<BTreeMap<String, u8>>(&number),
        unfit::<BTreeMap<String, String>>(&number),
        unfit::<BTreeMap<String, char>>(&number),
        unfit::<BTreeMap<String, Fails>>(&number),
        unfit::<BTreeMap<String, std::num::NonZeroU8>>(&number),
    ] {
        assert_silent_error(&error);
    }
    let row = protector("")
        .protect_row(&json!({ "text": MARK, "json": [MARK], "integer": MARKED_NUMBER }))
        .unwrap();
    for field in ["text", "json", "integer"] {
        let cell = row.cell(field).unwrap();
        let revealer = revealer("");
        assert_silent_error(
            &revealer
                .reveal_cell::<u8>(row.sealed(), field, cell)
                .unwrap_err(),
        );
        assert_silent_error(
            &revealer
                .reveal_cell::<Fails>(row.sealed(), field, cell)
                .map(drop)
                .unwrap_err(),
        );
    }
}

/// Nor how long it is.
#[test]
fn no_error_tells_the_length_of_a_value() {
    for (field, values) in [
        ("text", ["x".repeat(41), "x".repeat(4000)]),
        ("integer", ["7".to_owned(), "777".to_owned()]),
        ("json", ["x".repeat(101), "x".repeat(1010)]),
        ("date", ["x".to_owned(), "xx".to_owned()]),
    ] {
        let [short, long] = values.map(|value| refused(&json!({ field: value })).to_string());
        assert_eq!(short, long);
    }
}

/// A key inside a JSON value is part of the value.
#[test]
fn no_error_of_a_flattened_struct_holds_a_key_of_a_json_value() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        known: Option<u8>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        json: Strict,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    assert_silent_error(&unfit::<Inner>(&json!({ "json": { MARK: 1 } })));
    assert_silent_error(&unfit::<Outer>(&json!({ "json": { MARK: 1 } })));
}

/// Such a type reports its own values as fields that it does not know.
#[test]
fn no_error_of_a_field_identifier_holds_a_value() {
    #[derive(Deserialize)]
    #[serde(field_identifier, rename_all = "lowercase")]
    #[allow(dead_code)]
    enum Known {
        Female,
        Male,
    }
    assert_silent_error(&unfit::<One<Known>>(&json!({ "text": MARK })));
}

#[test]
fn no_error_of_keys_names_and_texts_holds_them() {
    let long = MARK.repeat(60);
    let encoded = BASE64URL_NOPAD.encode(long.as_bytes());
    for text in [
        long.clone(),
        format!("p1.{long}"),
        format!("p1.{encoded}"),
        format!("c1.{long}!"),
        format!("t1.{long}"),
    ] {
        assert_silent_error(&text.parse::<SealedRecord>().unwrap_err());
        assert_silent_error(&text.parse::<SealedRow>().unwrap_err());
        assert_silent_error(&text.parse::<SealedCell>().unwrap_err());
        assert_silent_error(&text.parse::<Pseudonym>().unwrap_err());
        let json = json!({ "text": MARK, "sealed": text });
        let error = serde_json::from_value::<paravent::Protected>(json).unwrap_err();
        assert_silent(&format!("{error} {error:?}"));
    }
    assert_silent_error(&SealedRecord::from_bytes(long.as_bytes()).unwrap_err());
    assert_silent_error(&RecordId::new(&long).unwrap_err());
    assert_silent_error(&Domain::new(MARK).unwrap_err());
    for text in [
        MARK.to_owned(),
        format!("paravent-{MARK}"),
        format!("paravent-{MARK}-1.{MARK}"),
        format!("paravent-keyring-{MARK}.{MARK}"),
        format!("paravent-keyring-1.{MARK}"),
        format!("paravent-keyring-1.{encoded}"),
        format!("paravent-keyring-2.{MARK}"),
        format!("paravent-grant-1.{MARK}"),
    ] {
        assert_silent_error(&load(&text));
    }
}
