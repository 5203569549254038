//! What types revealed fields fit into.

use super::*;

#[derive(Deserialize, PartialEq, Debug)]
struct Care {
    practitioner: String,
    specialty: String,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct OnlyCare {
    #[allow(dead_code)]
    practitioner: String,
    #[allow(dead_code)]
    specialty: String,
}

fn appointment() -> Value {
    json!({
        "last_name": MARK, "first_name": "Zoé", "age": 34, "start": "2020-07-21T09:30:00+02:00",
        "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
    })
}

fn only(scopes: &[Scope]) -> (Protected, Revealer) {
    let kit = Kit::of(&Schema::appointment(), "");
    let row = kit.protector.protect(&appointment()).unwrap();
    (row, kit.revealer.only(scopes).unwrap())
}

#[test]
fn some_scopes_into_a_struct_of_their_fields() {
    let (row, revealer) = only(&[Scope::CARE]);
    let care = Care {
        practitioner: "Dr Lefèvre".into(),
        specialty: "Dermatologie".into(),
    };
    assert_eq!(revealer.reveal::<Care>(&row).unwrap(), care);
    assert_eq!(
        revealer.reveal::<Value>(&row).unwrap(),
        json!({ "practitioner": "Dr Lefèvre", "specialty": "Dermatologie" })
    );
    revealer.reveal::<OnlyCare>(&row).unwrap();

    #[derive(Deserialize, PartialEq, Debug)]
    struct AndMaybe {
        specialty: String,
        last_name: Option<String>,
        #[serde(default)]
        age: u8,
    }
    let maybe: AndMaybe = revealer.reveal(&row).unwrap();
    assert_eq!((maybe.last_name, maybe.age), (None, 0));

    let (row, revealer) = only(&[Scope::SCHEDULE, Scope::IDENTITY]);
    assert_eq!(
        revealer.reveal::<Value>(&row).unwrap(),
        json!({ "last_name": MARK, "first_name": "Zoé", "age": 34, "start": "2020-07-21T09:30:00+02:00" })
    );
}

#[test]
fn a_struct_that_needs_more_or_takes_less_names_the_field() {
    let (row, revealer) = only(&[Scope::IDENTITY]);
    let error = revealer.reveal::<Care>(&row).unwrap_err();
    assert!(error.is_target());
    assert!(
        error
            .to_string()
            .contains("\"practitioner\" is null or not among"),
        "{error}"
    );

    let (row, revealer) = only(&[Scope::CARE, Scope::SCHEDULE]);
    let error = revealer.reveal::<OnlyCare>(&row).unwrap_err();
    assert!(error.is_target());
    assert!(
        error.field() == Some("start") && error.to_string().contains("no place for it"),
        "{error}"
    );
}

#[test]
fn a_type_that_does_not_fit_names_the_field_and_no_value() {
    #[derive(Deserialize, PartialEq, Debug)]
    #[allow(dead_code)]
    enum Variant {
        A,
        B(u8),
    }

    struct Refuses;

    impl<'de> Deserialize<'de> for Refuses {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(text))
        }
    }

    let kit = Kit::new(&[
        ("text", "text", 20),
        ("integer", "integer", 20),
        ("boolean", "boolean", 20),
        ("json", "json", 60),
        ("at.text", "text", 20),
    ]);
    macro_rules! unfit {
        ($($name:literal $value:tt as $($target:ty),*;)*) => {$($(
            let error = kit.unfit::<BTreeMap<String, $target>>(&json!({ $name: $value }));
            assert_eq!(error.field(), Some($name), "{error}");
            let error = kit.unfit::<BTreeMap<String, Option<$target>>>(&json!({ $name: $value }));
            assert_eq!(error.field(), Some($name), "{error}");
        )*)*};
    }
    unfit! {
        "text" "MARKEDVALUE" as i64, bool, f64, char, (), Vec<u8>, Variant, Refuses, BTreeMap<String, u8>, [u8; 3];
        "text" "B" as Variant;
        "integer" 300 as u8, bool, String, char, (), Variant, Vec<u8>;
        "integer" (-1) as u64, u128;
        "boolean" true as u8, String, Variant;
        "json" ["MARKEDVALUE", 1] as String, Vec<u8>, (String, u8, u8), Variant, BTreeMap<String, u8>;
        "json" {"MARKEDVALUE": "MARKEDVALUE"} as BTreeMap<String, u8>, Variant, OnlyCare;
        "json" "MARKEDVALUE" as Refuses, Variant, u8;
        "json" 1.5 as u8, String;
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct At {
        at: One<u8>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Text {
        text: u8,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Nested {
        at: Text,
    }
    let error = kit.unfit::<Nested>(&json!({ "at": { "text": MARK } }));
    assert_eq!(error.field(), Some("at.text"));
    let error = kit.unfit::<At>(&json!({ "at": { "text": MARK } }));
    assert!(error.to_string().contains("\"n\" is null"), "{error}");
}

#[test]
fn records_into_what_is_not_a_struct_or_map() {
    let kit = one("text");
    kit.unfit::<String>(&json!({ "n": MARK }));
    kit.unfit::<Vec<String>>(&json!({ "n": MARK }));
    kit.unfit::<Option<u8>>(&json!({ "n": MARK }));
    kit.unfit::<BTreeMap<u8, String>>(&json!({ "n": MARK }));
    assert_eq!(
        kit.both::<IgnoredAny>(&json!({ "n": MARK })).unwrap(),
        IgnoredAny
    );
}

#[test]
fn a_cell_into_a_type_that_does_not_fit_names_the_field() {
    let kit = Kit::new(&[("n", "integer", 20), ("null", "text", 20)]);
    let row = kit.protector.protect_row(&json!({ "n": -300 })).unwrap();
    macro_rules! cell {
        ($name:literal as $target:ty) => {{
            let cell = row.cell($name).unwrap();
            kit.revealer
                .reveal_cell::<$target>(row.sealed(), $name, cell)
        }};
    }
    assert_eq!(cell!("n" as i16).unwrap(), -300);
    assert_eq!(cell!("n" as Option<i64>).unwrap(), Some(-300));
    assert_eq!(cell!("n" as Value).unwrap(), json!(-300));
    assert_eq!(cell!("null" as Option<String>).unwrap(), None);
    cell!("null" as ()).unwrap();
    for error in [
        cell!("n" as u8).unwrap_err(),
        cell!("n" as String).unwrap_err(),
        cell!("null" as String).unwrap_err(),
    ] {
        assert!(error.is_target(), "{error}");
        assert!(matches!(error.field(), Some("n" | "null")), "{error}");
        assert!(!error.to_string().contains("300"), "{error}");
    }
}

/// A target's own code may name a value as a field that it does not know.
#[test]
fn a_value_that_a_target_names_as_a_field_is_not_told() {
    struct Names;

    impl<'de> Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let record = BTreeMap::<String, String>::deserialize(deserializer)?;
            let value = record.values().next().unwrap();
            Err(serde::de::Error::unknown_field(value, &[]))
        }
    }

    let kit = Kit::new(&[("a", "text", 99), ("b.c", "text", 99)]);
    let error = kit.unfit::<Names>(&json!({ "a": MARK }));
    assert_eq!(error.field(), None);
}
