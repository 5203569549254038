//! What is JSON and what is not, and that chunks lose no byte.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::{strings::is_plain, *};

const LIMITS: Limits = Limits {
    bytes: 1 << 20,
    values: 1000,
    depth: 64,
};

fn scan(text: &str) -> Result<Document<'_>> {
    parse(text.as_bytes(), &LIMITS, &|name| name == "known")
}

fn refused(text: &str) -> String {
    match scan(text) {
        Ok(_) => panic!("{text:?} was taken"),
        Err(error) => error.to_string(),
    }
}

/// What the chunks of a tree say together.
fn printed(value: &Value<'_>) -> String {
    let (open, chunks, close) = match &value.kind {
        Kind::Object(members) => {
            let chunk = |member: &Member<'_>| {
                assert_eq!(name_of(member.chunk).unwrap(), member.name);
                format!(
                    "{}{}{}",
                    member.before(),
                    printed(&member.value),
                    member.after()
                )
            };
            ("{", members.iter().map(chunk).collect::<Vec<_>>(), "}")
        }
        Kind::Array(items) => {
            let chunk = |item: &Item<'_>| {
                format!("{}{}{}", item.before(), printed(&item.value), item.after())
            };
            ("[", items.iter().map(chunk).collect(), "]")
        }
        _ => return value.text.to_owned(),
    };
    match chunks.is_empty() {
        true => value.text.to_owned(),
        false => format!("{open}{}{close}", chunks.join(",")),
    }
}

#[test]
fn chunks_are_the_whole_text() {
    for text in [
        "{}",
        "\u{feff} { } \r\n",
        "{ \"a\" : [ 1 , -2.5e+3 , \"\\ud83d\\ude00\\n\" ] , \"b\":{\"c\":null ,\"d\":true} }\n",
        "[[],[ ],{}]",
        "0",
    ] {
        let document = scan(text).unwrap();
        let whole = [document.before, &printed(&document.root), document.after].concat();
        assert_eq!(whole, text);
    }
}

#[test]
fn escapes_are_read() {
    let document = scan(r#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z""#).unwrap();
    let read = document.root.string().unwrap();
    assert_eq!(&*read, "a\"\\/\u{8}\u{c}\n\r\té😀z");
    let mut printed = String::new();
    print_string(&read, &mut printed);
    assert_eq!(&*scan(&printed).unwrap().root.string().unwrap(), &*read);
}

#[test]
fn texts_that_are_not_json_are_refused() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\"}",
        "{\"a\" 1}",
        "01",
        "1.",
        "-",
        "1e",
        "+1",
        ".5",
        "nul",
        "tru",
        "'a'",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "1 2",
        "{} {}",
        "[1 2]",
        "\u{feff}\u{feff}{}",
        "NaN",
    ] {
        refused(text);
    }
    assert!(parse(b"\"\xff\"", &LIMITS, &|_| true).is_err());
}

#[test]
fn errors_name_bytes_and_known_elements_only() {
    let error = refused(r#"{"known":[{"Martin":"x","y":tru}]}"#);
    assert!(error.contains("at byte 28 in known.0.@1"), "{error}");
    let error = refused(r#"{"known":1,"kno\u0077n":2}"#);
    assert!(
        error.contains("a name twice at byte 23 in known"),
        "{error}"
    );
}

/// Eight bytes at a time, whatever stands at each of them.
#[test]
fn every_byte_ends_a_string_wherever_it_stands() {
    for at in 0..20 {
        for byte in 0..=0x7f_u8 {
            let mut text = "é".repeat(3) + &"a".repeat(20);
            text.insert(6 + at, char::from(byte));
            let document = format!("[\"{text}\"]");
            let taken = scan(&document).is_ok();
            assert_eq!(taken, is_plain(byte), "{byte} at {at}");
        }
    }
}

#[test]
fn size_is_bounded() {
    let few = Limits {
        depth: 64,
        bytes: 10,
        values: 3,
    };
    let scan = |text: &'static str| parse(text.as_bytes(), &few, &|_| true);
    assert!(scan("[1,2]").is_ok());
    assert!(scan("[1,2,3]").is_err());
    assert!(scan("\"12345678\"").is_ok());
    assert!(scan("\"123456789\"").is_err());
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(scan(&nested(64)).is_ok());
    assert!(refused(&nested(65)).contains("64 deep"));
    assert!(refused(&"[".repeat(100_000)).contains("64 deep"));
}

#[test]
fn many_members_are_compared_too() {
    let members: Vec<String> = (0..100).map(|n| format!("\"m{n}\":{n}")).collect();
    assert!(scan(&format!("{{{}}}", members.join(","))).is_ok());
    assert!(refused(&format!("{{{},\"m7\":0}}", members.join(","))).contains("twice"));
    assert!(refused(&format!("{{{},\"m99\":0}}", members.join(","))).contains("twice"));
}
