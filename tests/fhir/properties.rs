//! Any document that is taken comes back byte for byte.

use proptest::prelude::*;

use crate::kit::{Kit, NOTHING};

const NAMES: [&str; 24] = [
    "id",
    "meta",
    "contained",
    "extension",
    "_start",
    "start",
    "status",
    "participant",
    "actor",
    "reference",
    "identifier",
    "display",
    "type",
    "entry",
    "resource",
    "fullUrl",
    "request",
    "url",
    "system",
    "value",
    "name",
    "link",
    "other",
    "text",
];

fn space() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-12.50e+3".to_owned()),
        Just(r#""booked""#.to_owned()),
        Just(r#""seealso""#.to_owned()),
        Just(r#""Patient\/1""#.to_owned()),
        Just(r##""#a""##.to_owned()),
        Just(r#""urn:uuid:0""#.to_owned()),
        Just(r#""http://a/Slot/2/_history/3""#.to_owned()),
        Just(r#""\ud83d\ude00\u0000\"""#.to_owned()),
        "[a-zé ]{0,9}".prop_map(|text| format!("\"{text}\"")),
    ]
}

fn resource_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Appointment",
        "Patient",
        "Bundle",
        "Slot",
        "Location",
        "Practitioner",
        "Provenance",
    ])
}

/// An object of distinct names, with white space; sometimes a resource.
fn object(values: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..6).prop_shuffle();
    let member = (space(), space(), space(), values);
    (
        names,
        prop::collection::vec(member, 6),
        prop::option::of(resource_type()),
        0_usize..4,
    )
        .prop_map(|(names, members, of_type, at)| {
            let mut chunks: Vec<String> = names
                .iter()
                .zip(members)
                .map(|(name, (a, b, c, value))| format!("{a}\"{name}\"{b}:{value}{c}"))
                .collect();
            if let Some(of_type) = of_type {
                chunks.insert(
                    at.min(chunks.len()),
                    format!("\"resourceType\" :\"{of_type}\""),
                );
            }
            format!("{{{}}}", chunks.join(","))
        })
}

fn value() -> impl Strategy<Value = String> {
    leaf().prop_recursive(5, 64, 6, |inner| {
        let items = prop::collection::vec((space(), inner.clone(), space()), 0..4);
        let array = items.prop_map(|items| {
            let chunks: Vec<String> = items
                .into_iter()
                .map(|(a, value, b)| a + &value + &b)
                .collect();
            format!("[{}]", chunks.join(","))
        });
        prop_oneof![array, object(inner)]
    })
}

fn document() -> impl Strategy<Value = String> {
    (
        resource_type(),
        object(value()),
        space(),
        space(),
        any::<bool>(),
    )
        .prop_map(|(of_type, object, before, after, mark)| {
            let rest = object.strip_prefix('{').unwrap();
            let rest = rest.replacen(
                "\"resourceType\"",
                "\"other\"",
                usize::from(rest.starts_with("\"resourceType\"")),
            );
            let comma = if rest == "}" { "" } else { "," };
            let mark = if mark { "\u{feff}" } else { "" };
            format!("{mark}{before}{{\"resourceType\":\"{of_type}\"{comma}{rest}{after}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn documents_come_back(document in document()) {
        thread_local!(static KIT: Kit = Kit::new(NOTHING));
        KIT.with(|kit| {
            let Ok(protected) = kit.protector.protect(document.as_bytes()) else {
                return Ok(());
            };
            let restored = kit.revealer.reveal(&protected).unwrap();
            prop_assert_eq!(std::str::from_utf8(restored.as_bytes()).unwrap(), &document);
            prop_assert_eq!(restored.is_original(), Some(true));
            for scopes in [&["identity"][..], &["care", "rest"], &["schedule", "contact", "identity", "rest"]] {
                let revealed = kit.reveal_only(scopes, std::str::from_utf8(&protected).unwrap());
                let revealed = revealed.trim_start_matches('\u{feff}');
                prop_assert!(serde_json::from_str::<serde_json::Value>(revealed).is_ok(), "{}", revealed);
            }
            Ok(())
        })?;
    }
}

/// Most documents are taken, or the property would say nothing.
#[test]
fn generated_documents_are_mostly_taken() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let kit = Kit::new(NOTHING);
    let mut runner = TestRunner::deterministic();
    let taken = (0..300)
        .filter(|_| {
            let document = document().new_tree(&mut runner).unwrap().current();
            kit.protector.protect(document.as_bytes()).is_ok()
        })
        .count();
    assert!(taken > 150, "{taken}");
}
