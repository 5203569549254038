//! Canaries: what they may be, that they enter no digest, and how they are protected and taken out of a file.

use paravent::RecordId;

use super::{
    refused::{Case, check},
    *,
};

const BOUND: &str = "domain = \"desk\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n";

const FREE: &str = "domain = \"desk\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";

const NOBODY: &str = r#"[[canary]]
name = "nobody"
record_id = "rdv-1"
record = { last_name = "Vasseur", first_name = "Ode", age = 41, start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morel", specialty = "Dermatologie" }
"#;

fn error(text: &str) -> String {
    match load(text) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn are_records_as_any_other() {
    let text = format!("{BOUND}{NOBODY}");
    let policy = load(&text).unwrap();
    assert!(policy.canaries().eq(["nobody"]));
    assert_eq!(load(BOUND).unwrap().canaries().count(), 0);
    let keyring = Keyring::generate().unwrap();
    let checked = accepted(&text, &Schema::appointment()).unwrap();
    let protector = Protector::new(&keyring, &checked).unwrap();
    let canaries = protector.canaries().unwrap();
    let [canary] = &*canaries else {
        panic!("{canaries:?}");
    };
    assert_eq!(
        (canary.name(), canary.record_id()),
        ("nobody", Some("rdv-1"))
    );
    assert!(!format!("{canary:?}").contains("rdv-1"));
    let revealer = Revealer::backend(&keyring, &policy).unwrap();
    let binding = Binding::record(RecordId::new("rdv-1").unwrap());
    let record: Value = revealer.bind(binding).reveal(canary.row()).unwrap();
    assert_eq!(record["last_name"], "Vasseur");
    assert_eq!(record["age"], 41);
    assert_eq!(record["start"], "2026-12-03T10:15:00+01:00");

    // As a person's row is: of one length, and with what the policy shows and derives.
    let binding = Binding::record(RecordId::new("rdv-2").unwrap());
    let row = protector.bind(binding).protect(&zoe()).unwrap();
    assert_eq!(
        row.sealed().as_bytes().len(),
        canary.row().sealed().as_bytes().len()
    );
}

#[test]
fn of_every_type_are_protected() {
    let fields = [
        ("text", "text", "\"Zoé\""),
        ("at.integer", "integer", "-7"),
        ("at.boolean", "boolean", "true"),
        ("date", "date", "\"2026-12-03\""),
        ("json", "json", "\"a\\\"b\""),
        ("json_number", "json", "7"),
    ];
    let schema: String = (1..)
        .zip(fields)
        .map(|(number, (name, value_type, _))| {
            let class = if value_type == "text" { "class = \"text\"\n" } else { "" };
            format!("[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"care\"\nwidth = 10\ntype = \"{value_type}\"\n{class}")
        })
        .collect();
    let schema = Schema::from_toml(&format!("name = \"all\"\n{schema}")).unwrap();
    let record: Vec<String> = fields
        .iter()
        .map(|(name, _, value)| format!("{name:?} = {value}"))
        .collect();
    let text = format!(
        "domain = \"d\"\nschema = \"all\"\nrecord_id = \"unbound\"\n[[canary]]\nname = \"c\"\nrecord = {{ {} }}\n",
        record.join(", ")
    );
    let checked = accepted(&text, &schema).unwrap();
    let keyring = Keyring::generate().unwrap();
    let canaries = Protector::new(&keyring, &checked)
        .unwrap()
        .canaries()
        .unwrap();
    let revealed: Value = Revealer::backend(&keyring, checked.policy())
        .unwrap()
        .reveal(canaries[0].row())
        .unwrap();
    assert_eq!(
        revealed,
        json!({
            "text": "Zoé", "at": { "integer": -7, "boolean": true }, "date": "2026-12-03",
            "json": "a\"b", "json_number": 7,
        })
    );
}

#[test]
fn do_not_enter_the_digest() {
    let digest = |text: &str| load(text).unwrap().digest();
    assert_eq!(digest(&format!("{BOUND}{NOBODY}")), digest(BOUND));
    let free = NOBODY.replace("record_id = \"rdv-1\"\n", "");
    assert_eq!(digest(&format!("{FREE}{free}")), digest(FREE));
}

#[test]
fn each_rule_has_its_error_and_its_line() {
    let types =
        "give a value of the field's type: text and dates in quotes, integers and booleans without";
    for (from, to, message) in [
        ("\"nobody\"", "\"Nobody\"", "line 5: a canary's name has a character that names cannot have; use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'".to_owned()),
        ("name = \"nobody\"\n", "", "line 4: missing key `name`; mend it there; the documentation of `from_toml` lists the keys".to_owned()),
        ("record_id = \"rdv-1\"\n", "", "line 4: canary \"nobody\" has no record id, and the policy binds to one; give the `record_id` under which its row is stored".to_owned()),
        ("\"rdv-1\"", "\"\"", "line 6: the record id is empty; give an id of 1 to 1024 bytes".to_owned()),
        ("record = {", "records = {", "line 7: unknown key `records`, expected one of `name`, `record_id`, `record` (did you mean \"record\"?); mend it there; the documentation of `from_toml` lists the keys".to_owned()),
        ("specialty = ", "speciality = ", "line 7: the policy names the field \"speciality\", which the schema does not list (did you mean \"specialty\"?); name fields of the schema".to_owned()),
        (", specialty = \"Dermatologie\"", "", "line 7: canary \"nobody\" lacks field \"specialty\", which is not optional; give it a value that looks like any other".to_owned()),
        ("age = 41", "age = \"41\"", format!("line 7: canary \"nobody\" has a value of field \"age\" that is not an integer; {types}")),
        ("age = 41", "age = 41.0", format!("line 7: canary \"nobody\" has a value of field \"age\" that is not an integer; {types}")),
        ("age = 41", "age = true", format!("line 7: canary \"nobody\" has a value of field \"age\" that is not an integer; {types}")),
        ("age = 41", "age = [41]", format!("line 7: canary \"nobody\" has a value of field \"age\" that is not an integer; {types}")),
        ("age = 41", "age = 123456789", "line 7: canary \"nobody\" has a value of field \"age\" that is longer than its width of 8 bytes; shorten the value".to_owned()),
        ("\"Ode\"", "7", format!("line 7: canary \"nobody\" has a value of field \"first_name\" that is not text; {types}")),
        ("\"2026-12-03T10:15:00+01:00\"", "2026-12-03T10:15:00+01:00", format!("line 7: canary \"nobody\" has a value of field \"start\" that is not an RFC 3339 date-time; {types}")),
        ("\"2026-12-03T10:15:00+01:00\"", "\"2026-12-03\"", format!("line 7: canary \"nobody\" has a value of field \"start\" that is not an RFC 3339 date-time; {types}")),
        ("\"Ode\"", &format!("\"{}\"", "é".repeat(25)), "line 7: canary \"nobody\" has a value of field \"first_name\" that is longer than its width of 48 bytes; shorten the value".to_owned()),
    ] {
        assert_eq!(NOBODY.matches(from).count(), 1, "{from}");
        assert_eq!(error(&format!("{BOUND}{}", NOBODY.replace(from, to))), message);
    }
    let long = format!("\"{}\"", "x".repeat(1025));
    let long = NOBODY.replace("\"rdv-1\"", &long);
    assert!(
        error(&format!("{BOUND}{long}"))
            .starts_with("line 6: the record id is longer than 1024 bytes")
    );
    assert_eq!(
        error(&format!("{FREE}{NOBODY}")),
        "line 6: canary \"nobody\" has a record id, and the policy binds to none; leave `record_id` out of it"
    );
    assert_eq!(
        error(&format!("{BOUND}{NOBODY}{NOBODY}")),
        "line 9: canary \"nobody\" has the name of another; give each canary a name and a record id of its own"
    );
    let other = NOBODY.replace("\"nobody\"", "\"noone\"");
    assert_eq!(
        error(&format!("{BOUND}{NOBODY}{other}")),
        "line 10: canary \"noone\" has the record id of another; give each canary a name and a record id of its own"
    );
    // The head of these binds to a subject key.
    const SUBJECT: &[Case] = &[(
        "[[canary]]\nname = \"c\"\nrecord = { name = \"x\" }",
        5,
        "canary \"c\" would be bound to the key of a person, as the policy says; leave canaries out: a record of nobody has no subject key",
    )];
    check(SUBJECT);
}

#[test]
fn are_at_most_64() {
    let many = |count: usize| {
        let each = (0..count).map(|number| {
            NOBODY
                .replace("nobody", &format!("c{number}"))
                .replace("rdv-1", &format!("rdv-{number}"))
        });
        BOUND.to_owned() + &each.collect::<String>()
    };
    assert_eq!(load(&many(64)).unwrap().canaries().count(), 64);
    assert_eq!(
        error(&many(65)),
        "line 260: the policy has 65 canaries, more than 64; plant fewer: one that is released is enough to tell"
    );
}

#[test]
fn are_taken_out_of_a_file_byte_for_byte() {
    let open = "# Why.\n[open.contact] # here\nreason = \"\"\"\n[[canary]]\nname = \"x\"\n\"\"\"\n";
    let long = NOBODY
        .replace("\"nobody\"", "\"noone\" # another")
        .replace(
            "record = { last_name",
            "record = {\n  # of nobody\n  last_name",
        )
        .replace("rdv-1", "rdv-2");
    let table = "[[canary]]\nname = \"third\"\nrecord_id = \"rdv-3\"\n[canary.record]\nlast_name = \"Vasseur\"\n";
    let tail = "\n# The end.\n[show.age]\nas = \"redact\"";
    for (text, expected) in [
        (BOUND.to_owned(), BOUND.to_owned()),
        (format!("{BOUND}{NOBODY}"), BOUND.to_owned()),
        (
            format!("{BOUND}# Above.\n{NOBODY}# Below.\n{open}{long}{tail}"),
            format!("{BOUND}# Above.\n# Below.\n{open}{tail}"),
        ),
        (
            format!("{BOUND}{table}{open}{NOBODY}{long}"),
            format!("{BOUND}{open}"),
        ),
        (
            format!("{BOUND}canary = [ # some\n  {{ name = \"a\" }},\n] # c\nknows = []\n{open}"),
            format!("{BOUND}knows = []\n{open}"),
        ),
        (
            format!("{BOUND}{NOBODY}{open}").replace('\n', "\r\n"),
            format!("{BOUND}{open}").replace('\n', "\r\n"),
        ),
        (format!("{BOUND}{}", NOBODY.trim_end()), BOUND.to_owned()),
    ] {
        assert_eq!(Policy::without_canaries(&text).unwrap(), expected, "{text}");
    }
}

#[test]
fn that_cannot_be_told_from_the_rest_stay() {
    let apart = format!(
        "{BOUND}[[canary]]\nname = \"c\"\n[open.contact]\nreason = \"x\"\n[canary.record]\nage = 1\n"
    );
    let error = Policy::without_canaries(&apart).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4: the canaries cannot be told from what stands around them; write each as one [[canary]] with its record on a line: record = { … }"
    );
    let broken = Policy::without_canaries("domain = \"d\"\nschema").unwrap_err();
    assert_eq!((broken.is_definition(), broken.line()), (true, Some(2)));
}
