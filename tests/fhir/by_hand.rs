//! Parts that protecting never writes, sealed by somebody who has the keys.

use std::time::{Duration, Instant};

use paravent::{Binding, Error, Protector, fhir::Restored};
use serde::Serialize;

use crate::kit::{Kit, NOTHING};

#[derive(Serialize)]
struct Parts<'a> {
    identity_parts: &'a str,
    contact_parts: &'a str,
    schedule_parts: &'a str,
    care_parts: &'a str,
    rest_parts: &'a str,
}

/// Reveals a Patient with these members and these parts of the scope `rest`: places, and what stood there.
fn reveal(members: &str, parts: impl Iterator<Item = (String, String)>) -> Result<Restored, Error> {
    let kit = Kit::new(NOTHING);
    let entries: String = parts
        .map(|(place, text)| format!("{place} {}:{text}", text.len()))
        .collect();
    let sealing = Protector::new(&kit.keyring, &kit.checked).unwrap();
    let sealing = sealing.bind(Binding::NONE);
    assert!(entries.is_ascii());
    let pieces: Vec<&[u8]> = match entries.is_empty() {
        true => vec![b""],
        false => entries.as_bytes().chunks(32_000).collect(),
    };
    let number = pieces.len();
    let records: Vec<String> = (0..number)
        .map(|at| {
            let none = format!("u{at}/{number} x ");
            let rest = format!("{none}{}", std::str::from_utf8(pieces[at]).unwrap());
            let parts = Parts {
                identity_parts: &none,
                contact_parts: &none,
                schedule_parts: &none,
                care_parts: &none,
                rest_parts: &rest,
            };
            let record = sealing.protect(&parts).unwrap();
            format!(r#"{{"url":"record","valueString":"{}"}}"#, record.sealed())
        })
        .collect();
    let document = format!(
        r#"{{"resourceType":"Patient",{members}"meta":{{"extension":[{{"url":"urn:paravent:sealed","extension":[{}]}}]}}}}"#,
        records.join(",")
    );
    kit.revealer.reveal(document.as_bytes())
}

#[test]
fn parts_come_back_and_are_not_the_original() {
    let none = reveal("", std::iter::empty()).unwrap();
    assert_eq!(none.as_bytes(), br#"{"resourceType":"Patient"}"#);
    assert_eq!(none.is_original(), Some(false));
    let part = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    let parts = [part(":a=b", ""), part(":1=b", r#""a":1"#)];
    let back = reveal(r#""a":"b","#, parts.into_iter()).unwrap();
    assert_eq!(back.as_bytes(), br#"{"resourceType":"Patient","a":1}"#);
    assert_eq!(back.is_original(), Some(false));
}

#[test]
fn a_name_that_would_be_there_twice_is_refused() {
    let part = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    for parts in [
        [part(":1", r#""a":1"#), part(":2", r#""a":2"#)],
        [part(":1", r#""a":1"#), part(":1", r#""\u0061":1"#)],
        [part(":1=b", r#""a":1"#), part(":2=b", r#""a":1"#)],
    ] {
        let error = reveal(r#""a":"b","#, parts.into_iter()).unwrap_err();
        assert!(error.is_message(), "{error}");
    }
}

/// What must stand in an object is looked up, not searched for.
#[test]
fn very_many_parts_of_one_object_take_no_time_of_their_square() {
    let number = 60_000;
    let members: String = (0..number).map(|at| format!(r#""m{at}":"v","#)).collect();
    let last = format!("m{}", number - 1);
    let same = (0..number).map(|_| (format!(":{last}=v"), String::new()));
    let each = (0..number).map(|at| (format!(":m{at}=v"), String::new()));
    let back = (0..number).map(|at| (format!(":{}=v", at + 1), format!(r#""m{at}":1"#)));
    let start = Instant::now();
    let restored = reveal(&members, same.chain(each).chain(back)).unwrap();
    assert_eq!(restored.is_original(), Some(false));
    let begin = br#"{"resourceType":"Patient","m0":1,"m1":1,"#;
    assert!(restored.as_bytes().starts_with(begin));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
}
