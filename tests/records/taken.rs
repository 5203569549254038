//! What is taken as a record.

use super::*;

#[test]
fn typed_appointments() {
    let kit = Kit::of(&Schema::appointment(), "");
    let least = Appointment {
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Appointment::default()
    };
    kit.same(&least);
    for sex in [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown] {
        kit.same(&Appointment {
            last_name: "d’Épinay-Ÿ".into(),
            first_name: "Zoé".into(),
            age: Some(u8::MAX),
            sex: Some(sex),
            phone: Some("06 39 98 12 34".into()),
            email: Some("zoe@example.org".into()),
            practitioner: "Dr Lefèvre".into(),
            specialty: "Dermatologie".into(),
            ..least.clone()
        });
    }
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Visit {
    #[serde(rename = "visit-number")]
    number: u32,
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    #[serde(flatten)]
    who: Who,
    address: Option<Address>,
    kind: Kind,
    reference: Reference,
    day: Day,
    at: String,
    urgent: bool,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Who {
    name: String,
    initial: char,
    age: Option<u8>,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Address {
    city: String,
    place: Option<Place>,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Place {
    zip: String,
    floor: i8,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    FirstVisit,
    #[serde(rename = "again")]
    FollowUp,
}

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Reference(Digits);

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
#[serde(transparent)]
struct Digits(i64);

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
struct Day(String);

const VISIT: [(&str, &str, usize); 14] = [
    ("schedule/visit-number!", "integer", 10),
    ("note", "text", 20),
    ("remark", "text", 20),
    ("identity/name!", "text", 20),
    ("identity/initial!", "text", 4),
    ("identity/age", "integer", 3),
    ("contact/address.city", "text", 20),
    ("contact/address.place.zip", "text", 8),
    ("contact/address.place.floor", "integer", 4),
    ("kind!", "text", 12),
    ("reference!", "integer", 20),
    ("schedule/day!", "date", 10),
    ("schedule/at!", "date-time", 40),
    ("urgent!", "boolean", 5),
];

fn visit() -> Visit {
    Visit {
        number: u32::MAX,
        note: Some(String::new()),
        remark: None,
        who: Who {
            name: "Zoé".into(),
            initial: 'É',
            age: None,
        },
        address: Some(Address {
            city: "Besançon".into(),
            place: Some(Place {
                zip: "25000".into(),
                floor: -1,
            }),
        }),
        kind: Kind::FollowUp,
        reference: Reference(Digits(i64::MIN)),
        day: Day("2020-02-29".into()),
        at: "2020-07-21t09:30:00.000-00:00".into(),
        urgent: true,
    }
}

#[test]
fn structs_renamed_optional_flattened_nested() {
    let kit = Kit::new(&VISIT);
    kit.same(&visit());
    kit.same(&Visit {
        note: None,
        remark: Some("a remark".into()),
        who: Who {
            age: Some(0),
            ..visit().who
        },
        address: None,
        kind: Kind::FirstVisit,
        urgent: false,
        ..visit()
    });
    kit.same(&Visit {
        address: Some(Address {
            city: String::new(),
            place: None,
        }),
        ..visit()
    });
    kit.same(&Some(visit()));
}

#[test]
fn a_nested_struct_and_dotted_names_are_one() {
    let kit = Kit::new(&VISIT);
    let value = kit.both::<Value>(&visit()).unwrap();
    assert_eq!(value["address"]["place"]["floor"], -1);
    assert_eq!(kit.both::<Visit>(&value).unwrap(), visit());
    let mut flat = value.as_object().unwrap().clone();
    flat.remove("address");
    for (name, inner) in [
        ("address.city", json!("Besançon")),
        ("address.place.zip", json!("25000")),
        ("address.place.floor", json!(-1)),
    ] {
        flat.insert(name.into(), inner);
    }
    assert_eq!(kit.both::<Visit>(&flat).unwrap(), visit());
}

#[test]
fn integers_of_every_width_within_64_bits() {
    macro_rules! widths {
        ($($integer:ty: $($value:expr),*;)*) => {$(
            for n in [$($value),*] {
                one("integer").same(&One::<$integer> { n });
                one("integer").same(&One::<Option<$integer>> { n: Some(n) });
            }
        )*};
    }
    widths! {
        i8: i8::MIN, -1, 0, i8::MAX;
        i16: i16::MIN, i16::MAX;
        i32: i32::MIN, i32::MAX;
        i64: i64::MIN, i64::MAX;
        i128: i64::MIN.into(), i64::MAX.into();
        isize: isize::MIN, isize::MAX;
        u8: 0, u8::MAX;
        u16: u16::MAX;
        u32: u32::MAX;
        u64: 0, i64::MAX as u64;
        u128: 0, i64::MAX as u128;
        usize: 0, 7;
    }
}

#[test]
fn integers_beyond_64_bits_are_refused() {
    let kit = one("integer");
    let errors = [
        kit.refused(&One { n: 1u64 << 63 }),
        kit.refused(&One { n: u64::MAX }),
        kit.refused(&One { n: u128::MAX }),
        kit.refused(&One {
            n: i128::from(i64::MIN) - 1,
        }),
        kit.refused(&One {
            n: i128::from(i64::MAX) + 1,
        }),
        kit.refused(&json!({ "n": u64::MAX })),
        kit.refused(&JsonRecord::parse(r#"{"n":9223372036854775808}"#).unwrap()),
    ];
    for error in errors {
        assert_eq!(error.field(), Some("n"));
        assert!(error.to_string().contains("beyond 64 bits"), "{error}");
    }
}

#[test]
fn maps_and_values() {
    let kit = Kit::new(&[
        ("name!", "text", 20),
        ("identity/age", "integer", 3),
        ("place.city", "text", 20),
    ]);
    let value = json!({ "name": "Zoé", "age": 7, "place": { "city": "Lyon" } });
    kit.same(&value);
    kit.same::<Map<String, Value>>(value.as_object().unwrap());
    kit.same::<BTreeMap<String, Value>>(&serde_json::from_value(value.clone()).unwrap());
    kit.same::<HashMap<String, Value>>(&serde_json::from_value(value).unwrap());
    kit.same(&HashMap::from([("name".to_owned(), "Zoé".to_owned())]));

    // Null is left out.
    let nulls = BTreeMap::from([("name", Some("Zoé")), ("place.city", None), ("age", None)]);
    assert_eq!(kit.both::<Value>(&nulls).unwrap(), json!({ "name": "Zoé" }));
    let nulls = json!({ "name": "Zoé", "place": null, "age": null });
    assert_eq!(kit.both::<Value>(&nulls).unwrap(), json!({ "name": "Zoé" }));
    assert_eq!(
        kit.both::<BTreeMap<String, IgnoredAny>>(&json!({ "name": "Zoé", "place": {} }))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn keys_that_are_characters_or_unit_variants() {
    let kit = Kit::new(&[
        ("n", "text", 9),
        ("first-visit", "text", 9),
        ("again", "text", 9),
    ]);
    kit.same(&BTreeMap::from([('n', "x".to_owned())]));
    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    #[serde(rename_all = "kebab-case")]
    enum Key {
        N,
        FirstVisit,
    }
    kit.same(&BTreeMap::from([
        (Key::N, "x".to_owned()),
        (Key::FirstVisit, String::new()),
    ]));
}

#[test]
fn keys_that_are_newtypes() {
    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    struct Wrapped(String);
    one("text").same(&BTreeMap::from([(Wrapped("n".into()), "x".to_owned())]));
}

#[test]
fn unit_variants_in_fields_of_type_text_date_and_date_time() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum When {
        #[serde(rename = "2020-07-21")]
        Day,
        #[serde(rename = "2020-07-21T09:30:00Z")]
        Moment,
    }
    one("text").same(&One { n: When::Day });
    one("date").same(&One { n: When::Day });
    one("date-time").same(&One { n: When::Moment });
}

/// A field that stood at a place under the last schema stands elsewhere under another one.
#[test]
fn one_type_under_two_schemas_in_turn() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Pair {
        a: String,
        b: String,
    }

    let pair = Pair {
        a: "first".into(),
        b: "second".into(),
    };
    let kits = [
        Kit::new(&[("a", "text", 9), ("b", "text", 9)]),
        Kit::new(&[("b", "text", 9), ("a", "text", 9)]),
    ];
    for kit in kits.iter().cycle().take(6) {
        kit.same(&pair);
    }
}

/// The same text in memory may be the key of a field inside and of one at the top, at the same step of two records.
#[test]
fn a_key_inside_is_not_one_at_the_top() {
    #[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
    struct Inner {
        x: String,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
    struct Outer {
        #[serde(skip_serializing_if = "Option::is_none")]
        n: Option<Inner>,
        #[serde(skip_serializing_if = "Option::is_none")]
        x: Option<String>,
    }

    let kit = Kit::new(&[("x", "text", 9), ("n.x", "text", 9)]);
    let inside = Outer {
        n: Some(Inner { x: "inside".into() }),
        x: None,
    };
    let at_the_top = Outer {
        n: None,
        x: Some("top".into()),
    };
    for record in [&inside, &at_the_top, &inside, &at_the_top, &at_the_top] {
        kit.same(record);
    }
}

#[test]
fn keys_and_values_may_come_apart() {
    struct Apart;

    impl Serialize for Apart {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for (key, value) in [("b", "second"), ("a", "first")] {
                map.serialize_key(key)?;
                map.serialize_value(value)?;
            }
            map.end()
        }
    }

    let kit = Kit::new(&[("a", "text", 9), ("b", "text", 9)]);
    let whole = json!({ "a": "first", "b": "second" });
    assert_eq!(kit.both::<Value>(&Apart).unwrap(), whole);
}

#[test]
fn a_record_that_is_no_struct_is_refused() {
    #[derive(Serialize)]
    struct Unit;

    let kit = Kit::new(&[("a", "text", 9)]);
    kit.refused(&Unit);
    kit.refused(&());
    kit.refused(&None::<Value>);
    kit.refused(&"text");
    kit.refused(&BTreeMap::from([(Some("a"), "x")]));
}

/// Number and length take three bytes of the group's sixteen.
#[test]
fn a_group_may_be_full_to_its_last_byte() {
    let kit = Kit::new(&[("a", "text", 13)]);
    kit.same(&BTreeMap::from([("a".to_owned(), "x".repeat(13))]));
}

/// A length of two bytes, the width, a tag of sixteen.
#[test]
fn cells_are_as_wide_as_their_field() {
    let kit = Kit::new(&[("a", "text", 1), ("b", "text", 300)]);
    let row = kit.protector.protect_row(&json!({ "a": "x" })).unwrap();
    let sizes: Vec<usize> = row.cells().map(|(_, cell)| cell.as_bytes().len()).collect();
    assert_eq!(sizes, [2 + 1 + 16, 2 + 300 + 16]);
}

#[test]
fn values_at_their_width_to_the_byte() {
    let kit = Kit::new(&[("n", "text", 5), ("wide", "text", 65_000)]);
    for fits in ["", "\0", "\0\0\0\0\0", "12345", "éé1", "€é", "😀1", " x \n"] {
        kit.same(&One { n: fits.to_owned() });
    }
    for over in ["123456", "ééé", "€€", "😀é", "éé\0\0"] {
        let error = kit.refused(&One { n: over });
        assert!(error.is_too_wide());
        assert_eq!(error.field(), Some("n"));
        assert_eq!(
            error.to_string().split(';').next(),
            Some("the value of field \"n\" is longer than its width of 5 bytes")
        );
    }
    kit.same(&BTreeMap::from([("wide".to_owned(), "é".repeat(32_500))]));
    assert!(
        kit.refused(&BTreeMap::from([("wide", "x".repeat(65_001))]))
            .is_too_wide()
    );
    // Integers and JSON have widths too.
    let kit = Kit::new(&[("integer", "integer", 3), ("json", "json", 3)]);
    for (name, fits, over) in [
        ("integer", json!(-99), json!(1000)),
        ("json", json!([7]), json!([10])),
    ] {
        kit.same(&json!({ name: fits }));
        let error = kit.refused(&json!({ name: over }));
        assert!(
            error.is_too_wide() && error.field() == Some(name),
            "{error}"
        );
    }
}

#[test]
fn a_record_whose_serialize_protects_another_one() {
    struct Nested<'a>(&'a Kit);

    impl Serialize for Nested<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("a", "outer")?;
            self.0.same(&json!({ "a": "inner", "b": "inner" }));
            map.serialize_entry("b", "outer")?;
            map.end()
        }
    }

    let kit = Kit::new(&[("a", "text", 9), ("b", "text", 9)]);
    assert_eq!(
        kit.both::<Value>(&Nested(&kit)).unwrap(),
        json!({ "a": "outer", "b": "outer" })
    );
}

#[test]
fn nothing_stays_of_a_record_that_failed_or_panicked() {
    struct Panics;

    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("a", "stale")?;
            panic!("a record type's own panic");
        }
    }

    let kit = Kit::new(&[("a", "text", 9), ("b", "text", 9)]);
    let empty = || assert_eq!(kit.both::<Value>(&json!({})).unwrap(), json!({}));
    kit.refused(&InOrder(&[("a", "stale"), ("c", "unknown")]));
    empty();
    catch_unwind(AssertUnwindSafe(|| {
        kit.protector.protect(&Panics).map(drop)
    }))
    .unwrap_err();
    empty();
}

/// What a record's own code does not pass on is refused all the same.
#[test]
fn errors_and_panics_that_a_record_swallows_are_not_lost() {
    /// Serializes as its closure says.
    struct By<F>(F);

    impl<F: Fn()> Serialize for By<F> {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            (self.0)();
            Err(serde::ser::Error::custom("of the test"))
        }
    }

    /// A struct that panics when it has begun.
    struct Begins;

    impl Serialize for Begins {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut inner = serializer.serialize_struct("Begins", 1)?;
            inner.serialize_field("x", "inner")?;
            panic!("a record type's own panic");
        }
    }

    /// A struct by the name under which `serde_json` hands over text, whose text is too wide or never comes.
    struct Raw(Option<&'static str>);

    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut raw = serializer.serialize_struct("$serde_json::private::RawValue", 1)?;
            if let Some(text) = self.0 {
                let _ = raw.serialize_field("$serde_json::private::RawValue", text);
            }
            raw.end()
        }
    }

    struct Swallows(Case);

    #[derive(Clone, Copy, Debug)]
    enum Case {
        Field,
        Unknown,
        Twice,
        Panic,
        Nested,
        Key,
        Json,
        JsonPanic,
        Raw(Option<&'static str>),
    }

    fn ignore<E>(work: impl FnOnce() -> Result<(), E>) {
        let _ = catch_unwind(AssertUnwindSafe(work)).map(drop);
    }

    impl Serialize for Swallows {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let Case::Twice = self.0 {
                let mut visit = serializer.serialize_struct("Visit", 2)?;
                visit.serialize_field("n", &json!({ "x": "once" }))?;
                ignore(|| visit.serialize_field("n", &json!({ "y": "lost" })));
                return visit.end();
            }
            let mut map = serializer.serialize_map(None)?;
            let fails = By(|| {});
            let panics = By(|| panic!("a record type's own panic"));
            match self.0 {
                Case::Field => ignore(|| map.serialize_entry("x", &fails)),
                Case::Twice => unreachable!("a struct"),
                Case::Unknown => ignore(|| map.serialize_entry("unknown", "lost")),
                Case::Panic => ignore(|| map.serialize_entry("x", &panics)),
                Case::Nested => ignore(|| map.serialize_entry("n", &Begins)),
                Case::Key => ignore(|| map.serialize_entry(&7, "lost")),
                Case::Json => ignore(|| map.serialize_entry("j", &("kept", &fails))),
                Case::JsonPanic => ignore(|| map.serialize_entry("j", &("kept", &panics))),
                Case::Raw(text) => ignore(|| map.serialize_entry("x", &Raw(text))),
            }
            let _ = map.serialize_entry("y", "after");
            map.end()
        }
    }

    let kit = Kit::new(&[
        ("x", "text", 9),
        ("y", "text", 9),
        ("n.x", "text", 9),
        ("n.y", "text", 9),
        ("j", "json", 40),
    ]);
    for case in [
        Case::Field,
        Case::Unknown,
        Case::Twice,
        Case::Panic,
        Case::Nested,
        Case::Key,
        Case::Json,
        Case::JsonPanic,
        Case::Raw(None),
        Case::Raw(Some("\"wider than nine\"")),
    ] {
        kit.refused(&Swallows(case));
    }
    let after = json!({ "y": "after" });
    assert_eq!(kit.both::<Value>(&after).unwrap(), after);
}

/// A record handed over as the text of a `RawValue` that never comes, or is none.
#[test]
fn a_record_whose_text_does_not_come_is_refused() {
    struct NoText(bool);

    impl Serialize for NoText {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut raw = serializer.serialize_struct("$serde_json::private::RawValue", 1)?;
            if self.0 {
                let _ = raw.serialize_field("$serde_json::private::RawValue", "[]");
            }
            raw.end()
        }
    }

    let kit = Kit::new(&[("a", "text", 9)]);
    kit.refused(&NoText(false));
    kit.refused(&NoText(true));
}
