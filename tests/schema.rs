//! What a schema file may say: every rule with its error and line, and what its digest depends on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::{Duration, Instant},
};

use paravent::{Class, Field, PhoneRegion, Role, Schema, Scope, ValueType};
use serde_json::Value;

/// A schema with every key there is. The cases below change one of its lines.
const GOOD: &str = r#"name = "good"

[scopes]
billing = 16
cover = 63

[phone_region]
country_code = "33"
international_prefix = "00"
trunk_prefix = "0"

[[field]]
name = "who"
number = 1
scope = "identity"
role = "identifier"
width = 48
type = "text"
class = "name"

[[field]]
name = "place.city"
number = 255
scope = "billing"
width = 65000
type = "json"
optional = true

[[determines]]
fields = ["who"]
gives = "place.city"
through = "a directory"
"#;

fn with(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    GOOD.replace(from, to)
}

/// What is wrong with a text, else nothing.
fn wrong(toml: &str, line: Option<usize>, message: &str) -> Option<String> {
    let error = match Schema::from_toml(toml) {
        Ok(_) => return Some(format!("loads: {message}")),
        Err(error) => error,
    };
    let right =
        error.is_definition() && error.line() == line && error.to_string().contains(message);
    (!right).then(|| format!("line {:?}, not {line:?}: {error}", error.line()))
}

#[test]
fn a_good_schema_says_what_it_was_given() {
    let schema = Schema::from_toml(GOOD).unwrap();
    assert_eq!(schema.name(), "good");
    let billing = Scope::new(16).unwrap();
    assert_eq!(schema.scope("billing"), Some(billing));
    assert_eq!(schema.scope("cover"), Some(Scope::new(63).unwrap()));
    assert_eq!(schema.scope("care"), Some(Scope::CARE));
    assert_eq!(schema.scope("nobody"), None);
    assert!(schema.scopes().eq([Scope::IDENTITY, billing]));
    assert_eq!(schema.phone_region(), Some(&PhoneRegion::france()));

    let who = schema.field("who").unwrap();
    assert_eq!((who.id().number(), who.scope()), (1, Scope::IDENTITY));
    assert_eq!((who.role(), who.width()), (Role::Identifier, 48));
    assert_eq!(
        (who.value_type(), who.class()),
        (ValueType::Text, Class::Name)
    );
    assert!(!who.is_optional());
    let city = schema.field("place.city").unwrap();
    assert_eq!((city.id().number(), city.scope()), (255, billing));
    assert_eq!((city.role(), city.width()), (Role::Sensitive, 65_000));
    assert_eq!(
        (city.value_type(), city.class()),
        (ValueType::Json, Class::Exact)
    );
    assert!(city.is_optional());
    assert!(schema.field("place").is_none());

    let [fact] = schema.determines() else {
        panic!("one fact");
    };
    assert_eq!(fact.fields(), ["who"]);
    assert_eq!(
        (fact.gives(), fact.through()),
        (Some("place.city"), "a directory")
    );
}

/// A line of [`GOOD`], what stands there instead, the line of the error, a part of its message.
#[rustfmt::skip]
const CASES: &[(&str, &str, usize, &str)] = &[
    // Names.
    (r#"name = "good""#, r#"name = """#, 1, "the schema's name is empty"),
    (r#"name = "good""#, r#"name = "Good""#, 1, "the schema's name has a character that names cannot have"),
    (r#"name = "good""#, r#"name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#, 1, "the schema's name is longer than 64 bytes"),
    (r#"name = "who""#, r#"name = """#, 13, "a field's name is empty"),
    (r#"name = "who""#, r#"name = "prénom""#, 13, "a field's name has a character that names cannot have"),
    (r#"name = "who""#, r#"name = "the who""#, 13, "a field's name has a character that names cannot have"),
    (r#"name = "who""#, r#"name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#, 13, "a field's name is longer than 64 bytes"),
    (r#"name = "who""#, r#"name = "sealed""#, 13, r#""sealed" is a name that protected records use"#),
    (r#"name = "place.city""#, r#"name = "cells""#, 22, r#""cells" is a name that protected records use"#),
    (r#"name = "place.city""#, r#"name = "who""#, 22, r#"field "who" is listed twice"#),
    (r#"name = "place.city""#, r#"name = "who.first""#, 22, r#"field "who.first" and field "who" are one inside the other"#),
    (r#"name = "who""#, r#"name = "place.city.zip""#, 22, r#"field "place.city" and field "place.city.zip" are one inside the other"#),
    (r#"name = "place.city""#, r#"name = ".city""#, 22, r#"field ".city" has an empty step between its dots"#),
    (r#"name = "place.city""#, r#"name = "place.""#, 22, r#"field "place." has an empty step between its dots"#),
    (r#"name = "place.city""#, r#"name = "place..city""#, 22, r#"field "place..city" has an empty step between its dots"#),
    // Numbers.
    ("number = 1", "number = 0", 14, "0 is not a field number"),
    ("number = 1", "number = 256", 14, "256 is not a field number"),
    ("number = 1", "number = -1", 14, "-1 is not a field number"),
    ("number = 1", "number = 257", 14, "257 is not a field number"),
    ("number = 255", "number = 1", 23, r#"field number 1 is used twice, first by "who""#),
    ("number = 1", "number = 1.0", 14, "expected i64"),
    ("number = 1", "number = \"1\"", 14, "expected i64"),
    ("number = 1", "number = 9223372036854775808", 14, ""),
    ("number = 1", "", 12, "number"),
    // Scopes.
    (r#"scope = "identity""#, r#"scope = "Identity""#, 15, r#"field "who" has an unknown scope"#),
    (r#"scope = "identity""#, r#"scope = "1""#, 15, r#"field "who" has an unknown scope"#),
    (r#"scope = "billing""#, r#"scope = "bills""#, 24, r#"field "place.city" has an unknown scope"#),
    (r#"scope = "identity""#, "", 12, "scope"),
    ("billing = 16", "billing = 15", 4, r#"scope "billing" has the number 15"#),
    ("billing = 16", "billing = 64", 4, r#"scope "billing" has the number 64"#),
    ("billing = 16", "billing = 4", 4, r#"scope "billing" has the number 4"#),
    ("billing = 16", "billing = 272", 4, r#"scope "billing" has the number 272"#),
    ("billing = 16", "billing = -1", 4, r#"scope "billing" has the number -1"#),
    ("billing = 16", "billing = \"16\"", 4, "expected i64"),
    ("cover = 63", "cover = 16", 5, "scope number 16 is used twice"),
    ("cover = 63", "care = 63", 5, r#""care" is a scope of every schema"#),
    ("cover = 63", "Cover = 63", 5, "a scope's name has a character that names cannot have"),
    ("cover = 63", "\"\" = 63", 5, "a scope's name is empty"),
    ("cover = 63", "billing = 63", 5, "duplicate key"),
    // Roles.
    (r#"role = "identifier""#, r#"role = "identifies""#, 16, r#"field "who" has an unknown role"#),
    (r#"role = "identifier""#, r#"role = "Sensitive""#, 16, r#"field "who" has an unknown role"#),
    // Widths.
    ("width = 48", "width = 0", 17, r#"field "who" has a width of 0"#),
    ("width = 48", "width = -1", 17, r#"field "who" has a width of -1"#),
    ("width = 48", "width = 65001", 17, r#"field "who" has a width of 65001"#),
    ("width = 48", "width = 65584", 17, r#"field "who" has a width of 65584"#),
    ("width = 48", "width = 4294967344", 17, r#"field "who" has a width of 4294967344"#),
    ("width = 48", "width = 4.8", 17, "expected i64"),
    ("width = 48", "", 12, "width"),
    // Types and classes.
    (r#"type = "text""#, r#"type = "Text""#, 18, r#"field "who" has an unknown type"#),
    (r#"type = "text""#, r#"type = "float""#, 18, r#"field "who" has an unknown type"#),
    (r#"type = "text""#, "", 12, "type"),
    (r#"class = "name""#, r#"class = "names""#, 19, r#"field "who" has an unknown class"#),
    (r#"class = "name""#, "", 18, r#"field "who" is text and has no class"#),
    (r#"type = "text""#, r#"type = "integer""#, 19, r#"field "who" has class "name" and is not text"#),
    (r#"type = "text""#, r#"type = "date-time""#, 19, r#"field "who" has class "name" and is not text"#),
    (r#"type = "json""#, "type = \"json\"\nclass = \"text\"", 27, r#"field "place.city" has class "text" and is not text"#),
    (r#"type = "json""#, "type = \"date\"\nclass = \"phone\"", 27, r#"field "place.city" has class "phone" and is not text"#),
    ("optional = true", "optional = \"yes\"", 27, "boolean"),
    // Telephone regions.
    (r#"country_code = "33""#, r#"country_code = """#, 7, "the country code is not 1 to 3 digits from 1"),
    (r#"country_code = "33""#, r#"country_code = "033""#, 7, "the country code is not 1 to 3 digits from 1"),
    (r#"country_code = "33""#, r#"country_code = "3333""#, 7, "the country code is not 1 to 3 digits from 1"),
    (r#"country_code = "33""#, r#"country_code = "+33""#, 7, "the country code is not 1 to 3 digits from 1"),
    (r#"country_code = "33""#, "country_code = 33", 8, "string"),
    (r#"international_prefix = "00""#, r#"international_prefix = """#, 7, "the international prefix is not 1 to 8 digits"),
    (r#"international_prefix = "00""#, r#"international_prefix = "0x""#, 7, "the international prefix is not 1 to 8 digits"),
    (r#"trunk_prefix = "0""#, r#"trunk_prefix = "000000000""#, 7, "the trunk prefix is not 0 to 8 digits"),
    (r#"trunk_prefix = "0""#, "", 7, "trunk_prefix"),
    // Facts.
    (r#"fields = ["who"]"#, r#"fields = ["whom"]"#, 30, r#"a fact names the field "whom", which the schema does not list"#),
    (r#"fields = ["who"]"#, r#"fields = ["who", "whom"]"#, 30, r#"a fact names the field "whom", which the schema does not list"#),
    (r#"fields = ["who"]"#, "fields = []", 30, "a fact has no fields"),
    (r#"fields = ["who"]"#, "fields = \"who\"", 30, "expected a list"),
    (r#"gives = "place.city""#, r#"gives = "place""#, 31, r#"a fact names the field "place", which the schema does not list"#),
    (r#"gives = "place.city""#, r#"gives = "who""#, 31, "a fact gives a field that it needs"),
    (r#"through = "a directory""#, "", 29, "through"),
    (r#"through = "a directory""#, "through = \"a directory\"\nexact = 1", 33, "boolean"),
    (r#"through = "a directory""#, "through = \"a directory\"\ntenant = \"yes\"", 33, "boolean"),
    (r#"gives = "place.city""#, r#"gives = "**""#, 31, r#"a fact names the field "**", which the schema does not list"#),
    (r#"gives = "place.city""#, r#"gives = "plac.city""#, 31, r#"which the schema does not list (did you mean "place.city"?)"#),
    (r#"fields = ["who"]"#, r#"fields = ["*"]"#, 30, r#"a fact names the field "*", which the schema does not list"#),
    // What is said of values.
    ("width = 48", "width = 48\nvalues = 0", 18, r#"`values` of field "who" is 0, not 1 or more; give a number in that range"#),
    ("width = 48", "width = 48\nvalues = -1", 18, r#"`values` of field "who" is -1, not 1 or more"#),
    ("width = 48", "width = 48\nvalues = 1.5", 18, "expected i64"),
    ("width = 48", "width = 48\ndays = 9", 18, r#"field "who" has `days`, and it is text; leave it out: `days` is for dates and date-times"#),
    ("width = 65000", "width = 65000\ndays = 9", 26, r#"field "place.city" has `days`, and it is a JSON value"#),
    (r#"type = "json""#, "type = \"date\"\ndays = 0", 27, r#"`days` of field "place.city" is 0, not 1 or more"#),
    ("width = 48", "width = 48\nfrequencies = \"unknwon\"", 18, r#"field "who" has unknown `frequencies` (did you mean "unknown"?); use "known" or "unknown""#),
    ("width = 48", "width = 48\nfrequencies = false", 18, "string"),
    ("width = 48", "width = 48\nvalue = 5", 18, r#"(did you mean "values"?)"#),
    // Words that are near.
    (r#"scope = "billing""#, r#"scope = "biling""#, 24, r#"field "place.city" has an unknown scope (did you mean "billing"?)"#),
    (r#"scope = "identity""#, r#"scope = "identty""#, 15, r#"field "who" has an unknown scope (did you mean "identity"?)"#),
    (r#"role = "identifier""#, r#"role = "identifer""#, 16, r#"field "who" has an unknown role (did you mean "identifier"?)"#),
    (r#"type = "json""#, r#"type = "jsno""#, 26, r#"field "place.city" has an unknown type (did you mean "json"?)"#),
    (r#"class = "name""#, r#"class = "nmae""#, 19, r#"field "who" has an unknown class (did you mean "name"?)"#),
    ("[[determines]]", "[[determins]]", 29, r#"(did you mean "determines"?)"#),
    // Keys that are not in the table.
    (r#"name = "good""#, "name = \"good\"\nversion = 1", 2, "unknown key `version`"),
    (r#"role = "identifier""#, r#"rôle = "identifier""#, 16, ""),
    (r#"role = "identifier""#, r#"roles = "identifier""#, 16, "unknown key `roles`"),
    (r#"trunk_prefix = "0""#, "trunk_prefix = \"0\"\nname = \"France\"", 11, "unknown key `name`"),
    (r#"through = "a directory""#, "through = \"a directory\"\nwhy = 1", 33, "unknown key `why`"),
    ("[[determines]]", "[[determine]]", 29, "unknown key `determine`"),
    // What is not TOML.
    ("number = 1", "number : 1", 14, ""),
    ("number = 1", "number = ", 14, ""),
    ("number = 1", "number = 1 2", 14, ""),
    ("number = 1", "number = 1\nnumber = 2", 15, "duplicate key"),
    ("[[field]]\nname = \"who\"", "[field]\nname = \"who\"", 21, "duplicate key"),
    ("[scopes]", "[scopes", 3, ""),
    ("[scopes]", "\u{0}", 3, ""),
    (r#"name = "good""#, r#"name = "good"#, 1, ""),
];

#[test]
fn every_rule_has_its_error_and_its_line() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|&(from, to, line, message)| {
            // Whole lines, to their end.
            wrong(
                &with(&format!("{from}\n"), &format!("{to}\n")),
                Some(line),
                message,
            )
            .map(|wrong| format!("{from} -> {to}: {wrong}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_phone_needs_a_region() {
    let region = &GOOD[GOOD.find("[phone_region]").unwrap()..GOOD.find("[[field]]").unwrap()];
    let phone = with(r#"class = "name""#, r#"class = "phone""#);
    Schema::from_toml(&phone).unwrap();
    let message = r#"field "who" has class "phone", and the schema has no phone region"#;
    assert_eq!(wrong(&phone.replace(region, ""), Some(14), message), None);
}

#[test]
fn a_group_has_at_most_65520_bytes() {
    let schema = |width: u32| {
        with(r#"scope = "identity""#, r#"scope = "billing""#)
            .replace("width = 48", &format!("width = {width}"))
    };
    // 3 + 65000 + 3 + 514 = 65520.
    Schema::from_toml(&schema(514)).unwrap();
    let error = Schema::from_toml(&schema(515)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("take 65536 bytes, more than 65520"),
        "{error}"
    );
    // The line of one of the two fields.
    assert!(
        error.line().is_some_and(|line| (12..28).contains(&line)),
        "{error}"
    );
}

#[test]
fn a_schema_has_a_field() {
    for (toml, line, message) in [
        ("", Some(1), "missing key `name`"),
        ("# nothing\n\n", Some(1), "missing key `name`"),
        ("name = \"empty\"", None, "the schema has no field"),
        (
            "name = \"empty\"\nfield = []",
            None,
            "the schema has no field",
        ),
        ("\u{feff}name = 1", Some(1), "string"),
    ] {
        assert_eq!(wrong(toml, line, message), None, "{toml:?}");
    }
}

#[test]
fn a_huge_file_loads_or_is_refused_in_time() {
    let field = |number: usize| {
        format!(
            "[[field]]\nname = \"f{number}\"\nnumber = {number}\nscope = \"care\"\nwidth = 200\ntype = \"date\"\n"
        )
    };
    let fields =
        |last: usize| "name = \"huge\"\n".to_owned() + &(1..=last).map(field).collect::<String>();
    let fact = "[[determines]]\nfields = [\"f1\"]\ngives = \"f2\"\nthrough = \"x\"\n";
    let start = Instant::now();
    assert_eq!(Schema::from_toml(&fields(255)).unwrap().fields().len(), 255);
    assert_eq!(
        wrong(
            &fields(10_000),
            Some(255 * 6 + 4),
            "256 is not a field number"
        ),
        None
    );
    let facts = fields(2) + &fact.repeat(2000);
    assert_eq!(Schema::from_toml(&facts).unwrap().determines().len(), 2000);
    let comment = "# a comment\n".repeat(80_000) + GOOD;
    assert_eq!(
        Schema::from_toml(&comment).unwrap(),
        Schema::from_toml(GOOD).unwrap()
    );
    assert_eq!(
        wrong(&format!("{comment}x = 1"), Some(80_033), "unknown key `x`"),
        None
    );
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn values_days_frequencies_and_facts_are_as_written() {
    let said = with(
        r#"class = "name""#,
        "class = \"name\"\nvalues = 200_000\nfrequencies = \"known\"",
    )
    .replace(
        r#"type = "json""#,
        "type = \"date\"\nvalues = 9223372036854775807\ndays = 1096\nfrequencies = \"unknown\"",
    );
    let all = "[[determines]]\nfields = [\"place.city\"]\ngives = \"*\"\nthrough = \"x\"\nexact = true\ntenant = true\n";
    // A circle.
    let back = "[[determines]]\nfields = [\"place.city\"]\ngives = \"who\"\nthrough = \"x\"\n";
    let schema = Schema::from_toml(&format!("{said}{all}{back}")).unwrap();
    let who = schema.field("who").unwrap();
    assert_eq!((who.values(), who.days()), (Some(200_000), None));
    assert!(who.has_known_frequencies());
    let city = schema.field("place.city").unwrap();
    assert_eq!(
        (city.values(), city.days()),
        (Some(i64::MAX as u64), Some(1096))
    );
    assert!(!city.has_known_frequencies());
    let facts: Vec<_> = schema
        .determines()
        .iter()
        .map(|fact| (fact.gives(), fact.is_exact(), fact.needs_practice()))
        .collect();
    assert_eq!(
        facts,
        [
            (Some("place.city"), false, false),
            (None, true, true),
            (Some("who"), false, false)
        ]
    );
    let plain = Schema::from_toml(GOOD).unwrap();
    let who = plain.field("who").unwrap();
    assert_eq!((who.values(), who.days()), (None, None));
    assert!(who.has_known_frequencies());
}

#[test]
fn a_file_over_1_mib_is_refused_before_it_is_parsed() {
    let padded = |size: usize| format!("{GOOD}#{}", "x".repeat(size - 1 - GOOD.len()));
    Schema::from_toml(&padded(1 << 20)).unwrap();
    let message =
        "the file has 1048577 bytes, more than 1048576; give a schema or a policy of at most 1 MiB";
    assert_eq!(wrong(&padded((1 << 20) + 1), None, message), None);
    assert_eq!(wrong(&"[".repeat((1 << 20) + 1), None, message), None);
}

#[test]
fn a_deep_file_is_refused() {
    for toml in [
        "name = ".to_owned() + &"[".repeat(50_000),
        "name = ".to_owned() + &"{a=".repeat(50_000),
        "a.".repeat(50_000) + "a = 1",
        format!("[{}a]", "a.".repeat(50_000)),
    ] {
        assert!(Schema::from_toml(&toml).is_err_and(|error| error.is_definition()));
    }
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let good = Schema::from_toml(GOOD).unwrap();
    let windows = GOOD.replace('\n', "\r\n");
    assert_eq!(Schema::from_toml(&windows).unwrap(), good);
    assert_eq!(Schema::from_toml(&format!("\u{feff}{GOOD}")).unwrap(), good);
    let error = windows.replace("number = 255", "number = 256");
    assert_eq!(wrong(&error, Some(23), "256 is not a field number"), None);
}

mod digest {
    use super::*;

    fn digest(toml: &str) -> String {
        Schema::from_toml(toml).unwrap().digest().to_string()
    }

    #[test]
    fn comments_order_layout_and_defaults_do_not_change_it() {
        let good = digest(GOOD);
        let (head, rest) = GOOD.split_once("[[field]]").unwrap();
        let (who, rest) = rest.split_once("[[field]]").unwrap();
        let (city, facts) = rest.split_once("[[determines]]").unwrap();
        let second =
            "[[determines]]\nfields = [\"place.city\"]\ngives = \"who\"\nthrough = \"x\"\n";
        let inline = r#"
            phone_region = {trunk_prefix='0',international_prefix='00',country_code='33'}
            determines = [{fields=['who'],gives='place.city',through='a directory'}]
            field = [
                {number=1,name='who',scope='identity',role='identifier',width=0x30,type='text',class='name'},
                {number=255,name='place.city',scope='billing',width=65_000,type='json',optional=true},
            ]
            scopes.billing = 16
            scopes.cover = 63
            name = 'good'
        "#;
        for (what, same) in [
            ("a comment", with("[scopes]", "# scopes\n[scopes] # here")),
            ("white space", GOOD.replace(" = ", "\t=   ")),
            (
                "the order of fields",
                format!("{head}[[field]]{city}[[field]]{who}[[determines]]{facts}"),
            ),
            (
                "facts first",
                format!(
                    "{}[[determines]]{facts}[scopes]{}",
                    &head[..head.find("[scopes]").unwrap()],
                    &GOOD[GOOD.find("[scopes]").unwrap() + 8..GOOD.find("[[determines]]").unwrap()]
                ),
            ),
            ("inline", inline.to_owned()),
            (
                "a role by default",
                with("width = 65000", "width = 65000\nrole = \"sensitive\""),
            ),
            (
                "a class by default",
                with("width = 65000", "width = 65000\nclass = \"exact\""),
            ),
            (
                "known frequencies by default",
                with("width = 48", "width = 48\nfrequencies = \"known\""),
            ),
            (
                "facts that survive by default",
                with(
                    "through = \"a directory\"",
                    "through = \"a phone book\"\nexact = false\ntenant = false",
                ),
            ),
            (
                "optional by default",
                with("width = 48", "width = 48\noptional = false"),
            ),
        ] {
            assert_eq!(digest(&same), good, "{what}");
        }
        assert_eq!(
            digest(&format!("{GOOD}{second}")),
            digest(&format!(
                "{head}{second}[[field]]{who}[[field]]{city}[[determines]]{facts}"
            )),
            "the order of facts"
        );
        assert_eq!(
            Schema::from_toml(GOOD).unwrap().digest().as_bytes().len() * 2,
            good.len()
        );
    }

    #[test]
    fn whatever_the_crate_acts_on_changes_it() {
        let region = "[phone_region]\ncountry_code = \"33\"\ninternational_prefix = \"00\"\ntrunk_prefix = \"0\"\n";
        let fact = "[[determines]]\nfields = [\"who\"]\ngives = \"place.city\"\nthrough = \"a directory\"\n";
        let changes = [
            (r#"name = "good""#, r#"name = "better""#),
            (r#"country_code = "33""#, r#"country_code = "32""#),
            (
                r#"international_prefix = "00""#,
                r#"international_prefix = "011""#,
            ),
            (r#"trunk_prefix = "0""#, r#"trunk_prefix = """#),
            (region, ""),
            (r#"name = "who""#, r#"name = "whom""#),
            ("number = 1\n", "number = 2\n"),
            (r#"scope = "identity""#, r#"scope = "care""#),
            ("billing = 16", "billing = 17"),
            (r#"role = "identifier""#, r#"role = "neutral""#),
            (r#"role = "identifier""#, r#"role = "quasi-identifier""#),
            (r#"role = "identifier""#, r#"role = "sensitive""#),
            ("width = 48", "width = 49"),
            (r#"type = "json""#, r#"type = "date""#),
            (r#"type = "json""#, r#"type = "integer""#),
            (r#"class = "name""#, r#"class = "text""#),
            (r#"class = "name""#, r#"class = "exact""#),
            ("optional = true", "optional = false"),
            (fact, ""),
            ("width = 48", "width = 48\nvalues = 48"),
            ("width = 48", "width = 48\nvalues = 49"),
            ("width = 48", "width = 48\nfrequencies = \"unknown\""),
            ("width = 65000", "width = 65000\nvalues = 48"),
            (r#"type = "json""#, "type = \"date\"\ndays = 48"),
            (r#"type = "json""#, "type = \"date\"\nvalues = 48"),
            (r#"gives = "place.city""#, r#"gives = "*""#),
            (
                "through = \"a directory\"",
                "through = \"a directory\"\nexact = true",
            ),
            (
                "through = \"a directory\"",
                "through = \"a directory\"\ntenant = true",
            ),
            (
                "through = \"a directory\"",
                "through = \"a directory\"\nexact = true\ntenant = true",
            ),
            (
                "[[determines]]",
                "[[field]]\nname=\"x\"\nnumber=3\nscope=\"care\"\nwidth=1\ntype=\"date\"\n[[determines]]",
            ),
        ];
        let mut digests: BTreeSet<String> = changes
            .iter()
            .map(|(from, to)| {
                // A renamed field is renamed in the fact too.
                let mut toml = with(from, to);
                if *to == r#"name = "whom""# {
                    toml = toml.replace("[\"who\"]", "[\"whom\"]");
                }
                digest(&toml)
            })
            .collect();
        digests.insert(digest(GOOD));
        digests.insert(digest(&with(
            "fields = [\"who\"]\ngives = \"place.city\"",
            "fields = [\"place.city\"]\ngives = \"who\"",
        )));
        assert_eq!(digests.len(), changes.len() + 2);
    }

    /// Rows and grants outlive releases, and this is what tells theirs.
    #[test]
    fn of_the_appointment_is_known() {
        assert_eq!(
            Schema::appointment().digest().to_string(),
            "c92a1c1cfa8a10995ff45aaf8a8058ac2bc01d8a21add31be4f2169ac917c371"
        );
        // As it was before it said anything of values.
        assert_eq!(
            digest(include_str!("data/compat/v1/appointment.toml")),
            "4890201df0846568656acb81d5ee020904ed7890f6fcfb4d50e548d139c17512"
        );
    }

    /// The order of facts means nothing, also where they differ only in what they need.
    #[test]
    fn facts_are_told_apart_in_any_order() {
        let fact = |rest: &str| {
            format!(
                "[[determines]]\nfields = [\"who\"]\ngives = \"place.city\"\nthrough = \"x\"\n{rest}"
            )
        };
        let [plain, exact, tenant] = ["", "exact = true\n", "tenant = true\n"].map(fact);
        let of = |facts: [&String; 3]| {
            digest(
                &facts
                    .into_iter()
                    .fold(GOOD.to_owned(), |all, fact| all + fact),
            )
        };
        let all = of([&plain, &exact, &tenant]);
        assert_eq!(of([&tenant, &plain, &exact]), all);
        assert_eq!(of([&exact, &tenant, &plain]), all);
        assert_ne!(of([&exact, &exact, &plain]), all);
        assert_ne!(
            of([&plain, &plain, &fact("exact = true\ntenant = true\n")]),
            all
        );
    }
}

mod appointment {
    use super::*;

    fn class_of(field: &Field) -> &str {
        ["text", "name", "email", "phone", "exact"]
            .into_iter()
            .find(|known| *known == field.class().name())
            .unwrap()
    }

    /// A schema's rows in the documentation.
    fn rows(schema: &Schema, optional: &str) -> Vec<String> {
        let row = |field: &Field| {
            format!(
                "{} | `{}`{} | {} | {} | {} | {} | {} | {} | {}",
                field.id().number(),
                field.name(),
                if field.is_optional() { optional } else { "" },
                schema.name_of(field.scope()).unwrap(),
                field.role().name(),
                field.width(),
                field.value_type().name(),
                class_of(field),
                field
                    .values()
                    .map_or_else(String::new, |values| values.to_string()),
                if field.has_known_frequencies() {
                    "known"
                } else {
                    "unknown"
                },
            )
        };
        schema.fields().iter().map(row).collect()
    }

    /// The rows of the tables in the documentation of the bundled schemas.
    #[test]
    fn is_what_its_table_says() {
        let source =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs")).unwrap();
        let table: Vec<&str> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("/// | ")?.strip_suffix(" |"))
            .filter(|row| row.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        let schema = Schema::appointment();
        // All of the other one are optional.
        let rows = [rows(&schema, ", optional"), rows(&Schema::scheduling(), "")].concat();
        assert_eq!(rows, table);
        assert_eq!(schema.phone_region(), Some(&PhoneRegion::france()));
        let days = schema.fields().iter().filter_map(|field| field.days());
        assert!(days.eq([1096]));
        let facts: Vec<(String, Option<&str>, bool, bool)> = schema
            .determines()
            .iter()
            .map(|fact| {
                (
                    fact.fields().join(", "),
                    fact.gives(),
                    fact.is_exact(),
                    fact.needs_practice(),
                )
            })
            .collect();
        let known = [
            ("practitioner", "specialty", false),
            ("start", "practitioner", true),
            ("email", "last_name", false),
            ("email", "first_name", false),
        ];
        assert_eq!(
            facts,
            known.map(|(from, to, both)| (from.to_owned(), Some(to), both, both))
        );
    }

    /// The second implementation's known answers are of this schema.
    #[test]
    fn has_the_numbers_scopes_and_widths_of_the_vectors() {
        let vectors =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/v1.json")).unwrap();
        let vectors: Value = serde_json::from_str(&vectors).unwrap();
        let expected: BTreeMap<u8, Vec<(u8, usize)>> =
            serde_json::from_value(vectors["schema"].clone()).unwrap();
        let mut found: BTreeMap<u8, Vec<(u8, usize)>> = BTreeMap::new();
        for field in Schema::appointment().fields() {
            found
                .entry(field.scope().number())
                .or_default()
                .push((field.id().number(), field.width()));
        }
        assert_eq!(found, expected);
    }
}
