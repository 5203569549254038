//! Known answers of the second implementation, `tests/data/v1.json`, which policies made by hand reach already.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vectors {
    roots: Roots,
    derived: Vec<Derived>,
    #[cfg(feature = "reversible")]
    reversible: Vec<Stand>,
    #[cfg(feature = "phone")]
    phone_ff1: Vec<Phone>,
    shifted: Vec<Shifted>,
}

#[derive(Deserialize)]
struct Roots {
    generation: u32,
    linkage: String,
}

#[derive(Deserialize)]
struct Derived {
    domain: String,
    name: String,
    parts: Vec<(String, String)>,
    index_9: String,
    index_32: String,
    date_shift_26_weeks: i64,
}

#[cfg(feature = "reversible")]
#[derive(Deserialize)]
struct Stand {
    domain: String,
    name: String,
    width: usize,
    value: String,
    text: String,
}

#[cfg(feature = "phone")]
#[derive(Deserialize)]
struct Phone {
    domain: String,
    name: String,
    phone: String,
    out: String,
}

#[derive(Deserialize)]
struct Shifted {
    domain: String,
    name: String,
    weeks: u16,
    subject: Vec<(String, String)>,
    date: String,
    out: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/data/v1.json")).unwrap()
}

fn known_keyring(vectors: &Vectors) -> Keyring {
    let generation = Generation::new(vectors.roots.generation).unwrap();
    let linkage = data_encoding::HEXLOWER
        .decode(vectors.roots.linkage.as_bytes())
        .unwrap();
    let linkage = Secret::fill(|bytes| bytes.copy_from_slice(&linkage));
    Keyring {
        linkage: BTreeMap::from([(generation, linkage)]),
        ..keyring(1)
    }
}

/// Text fields of these classes named `f0` and so on, then one more.
fn schema_of(parts: &[(String, String)], name: &str, width: usize, rest: &str) -> Schema {
    let mut text = String::from(
        "name = \"tests\"\n[phone_region]\ncountry_code = \"33\"\ninternational_prefix = \"00\"\ntrunk_prefix = \"0\"\n",
    );
    let parts = parts.iter().enumerate().map(|(i, (class, _))| {
        (
            format!("f{i}"),
            1000,
            format!("type = \"text\"\nclass = \"{class}\""),
        )
    });
    let fields = parts.chain([(name.to_owned(), width, rest.to_owned())]);
    for (i, (name, width, rest)) in fields.enumerate() {
        text += &format!(
            "[[field]]\nname = \"{name}\"\nnumber = {}\nscope = \"identity\"\nwidth = {width}\noptional = true\n{rest}\n",
            i + 1
        );
    }
    Schema::from_toml(&text).unwrap()
}

fn record_of(parts: &[(String, String)], name: &str, value: &str) -> BTreeMap<String, String> {
    let parts = parts.iter().enumerate();
    parts
        .map(|(i, (_, value))| (format!("f{i}"), value.clone()))
        .chain([(name.to_owned(), value.to_owned())])
        .collect()
}

fn protect(
    keyring: &Keyring,
    schema: &Schema,
    domain: &str,
    shows: Vec<Show>,
    indexes: Vec<IndexRule>,
    record: &BTreeMap<String, String>,
) -> Value {
    let head = HEAD.replace("billing", domain);
    let policy = Policy::by_hand(&head, schema, shows, indexes).unwrap();
    let row = protector_of(keyring, policy).protect(record).unwrap();
    serde_json::to_value(row).unwrap()
}

#[test]
fn indexes_and_the_weeks_of_a_person() {
    let vectors = vectors();
    let keyring = known_keyring(&vectors);
    assert!(!vectors.derived.is_empty());
    for case in &vectors.derived {
        let of: Vec<usize> = (0..case.parts.len()).collect();
        // The shift is that of a field `start`, whatever the name.
        let schema = schema_of(&case.parts, "start", 10, "type = \"date\"");
        let shift = Show {
            position: of.len(),
            transform: Transform::Shift {
                weeks: 26,
                subject: of.clone(),
            },
            erasable: false,
        };
        let day = jiff::civil::date(2020, 7, 21);
        let record = record_of(&case.parts, "start", &day.to_string());
        let row = protect(
            &keyring,
            &schema,
            &case.domain,
            vec![shift],
            Vec::new(),
            &record,
        );
        let moved: jiff::civil::Date = row["start"].as_str().unwrap().parse().unwrap();
        let days = (moved - day).get_days();
        assert_eq!(
            i64::from(days),
            case.date_shift_26_weeks,
            "{:?}",
            case.parts
        );

        let schema = schema_of(&case.parts, "rest", 10, "type = \"date\"");
        for (bits, expected) in [(9, &case.index_9), (32, &case.index_32)] {
            let rule = IndexRule {
                name: case.name.as_str().into(),
                of: of.clone(),
                ..index("x", &[], bits)
            };
            let record = record_of(&case.parts, "rest", "2020-07-21");
            let row = protect(
                &keyring,
                &schema,
                &case.domain,
                Vec::new(),
                vec![rule],
                &record,
            );
            assert_eq!(row[&case.name], Value::from(expected.as_str()));
        }
    }
}

#[test]
fn dates_are_shifted() {
    let vectors = vectors();
    let keyring = known_keyring(&vectors);
    assert!(!vectors.shifted.is_empty());
    for case in &vectors.shifted {
        for (kind, width, value) in [
            ("date", 10, case.date.clone()),
            ("date-time", 32, format!("{}T23:59:60-11:00", case.date)),
        ] {
            let kind = format!("type = \"{kind}\"");
            let schema = schema_of(&case.subject, &case.name, width, &kind);
            let shift = Show {
                position: case.subject.len(),
                transform: Transform::Shift {
                    weeks: case.weeks,
                    subject: (0..case.subject.len()).collect(),
                },
                erasable: false,
            };
            let record = record_of(&case.subject, &case.name, &value);
            let row = protect(
                &keyring,
                &schema,
                &case.domain,
                vec![shift],
                Vec::new(),
                &record,
            );
            assert_eq!(row[&case.name], Value::from(case.out.as_str()));
        }
    }
}

#[cfg(feature = "reversible")]
#[test]
fn reversible_stand_ins() {
    let vectors = vectors();
    let keyring = known_keyring(&vectors);
    assert!(!vectors.reversible.is_empty());
    for case in &vectors.reversible {
        let schema = schema_of(
            &[],
            &case.name,
            case.width,
            "type = \"text\"\nclass = \"exact\"",
        );
        let rule = || Show {
            position: 0,
            transform: Transform::Reversible,
            erasable: false,
        };
        let record = record_of(&[], &case.name, &case.value);
        let row = protect(
            &keyring,
            &schema,
            &case.domain,
            vec![rule()],
            Vec::new(),
            &record,
        );
        assert_eq!(row[&case.name], Value::from(case.text.as_str()));

        let head = HEAD.replace("billing", &case.domain);
        let policy = Policy::by_hand(&head, &schema, vec![rule()], Vec::new()).unwrap();
        let query = Query::new(&keyring, &policy).unwrap();
        let clear = query
            .reverse(&case.name, &case.text.parse().unwrap())
            .unwrap();
        assert_eq!(clear, [(keyring.generation(), case.value.clone())]);
    }
}

#[cfg(feature = "phone")]
#[test]
fn stand_ins_in_the_shape_of_a_number() {
    let vectors = vectors();
    let keyring = known_keyring(&vectors);
    assert!(!vectors.phone_ff1.is_empty());
    for case in &vectors.phone_ff1 {
        let schema = schema_of(&[], &case.name, 24, "type = \"text\"\nclass = \"phone\"");
        let rule = Show {
            position: 0,
            transform: Transform::Phone,
            erasable: false,
        };
        let record = record_of(&[], &case.name, &case.phone);
        let row = protect(
            &keyring,
            &schema,
            &case.domain,
            vec![rule],
            Vec::new(),
            &record,
        );
        assert_eq!(row[&case.name], Value::from(case.out.as_str()));
    }
}
