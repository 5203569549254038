//! What changed its place on the way is refused, and never gets what is another's.

use serde_json::Value;

use crate::kit::{BOUND, Kit, NOTHING, parse};

const APPOINTMENT: &str = r#"{"resourceType":"Appointment","id":"7","status":"booked","participant":[
    {"actor":{"reference":"Patient/23","display":"Martin"},"type":[{"text":"guest"}],"extension":[{"url":"first"}],"status":"accepted"},
    {"actor":{"reference":"Practitioner/9","display":"Dr Morvan"},"type":[{"text":"host"}],"extension":[{"url":"second"}],"status":"accepted"}],
    "requestedPeriod":[{"start":"2026-12-01"}]}"#;

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"batch","entry":[
    {"fullUrl":"https://a.example/Patient/1","link":[{"relation":"one"}],"resource":{"resourceType":"Patient","id":"1","gender":"male"}},
    {"fullUrl":"https://a.example/Patient/2","link":[{"relation":"two"}],"resource":{"resourceType":"Patient","id":"2","gender":"female"}}]}"#;

/// Every choice of scopes either refuses what `change` made, or puts nothing back into it that is in the array.
fn is_refused(document: &str, array: &str, change: impl Fn(&mut Vec<Value>)) {
    let kit = Kit::new(NOTHING);
    let mut moved = parse(&kit.protect(document));
    change(moved.pointer_mut(array).unwrap().as_array_mut().unwrap());
    let moved = moved.to_string();
    assert!(
        kit.revealer
            .reveal(moved.as_bytes())
            .unwrap_err()
            .is_message()
    );
    for scope in ["identity", "care", "rest"] {
        match kit.only(&[scope]).reveal(moved.as_bytes()) {
            Err(error) => assert!(error.is_message(), "{scope} {error}"),
            Ok(revealed) => {
                let revealed: Value = serde_json::from_slice(revealed.as_bytes()).unwrap();
                let shown = revealed.pointer(array).unwrap();
                let words = [
                    "Martin", "Morvan", "guest", "host", "first", "second", "one", "two",
                ];
                for word in words {
                    let is_back = shown.to_string().contains(&format!("\"{word}"));
                    assert!(!is_back, "{scope} puts {word} back: {shown}");
                }
            }
        }
    }
}

#[test]
fn participants_that_changed_places_are_refused() {
    is_refused(APPOINTMENT, "/participant", |items| items.swap(0, 1));
}

#[test]
fn a_participant_that_was_put_between_is_refused() {
    is_refused(APPOINTMENT, "/participant", |items| {
        items.insert(0, serde_json::json!({"status": "accepted"}));
    });
    is_refused(APPOINTMENT, "/participant", |items| {
        items.push(serde_json::json!({"status": "accepted"}));
    });
    is_refused(APPOINTMENT, "/participant", |items| {
        items.pop();
    });
}

#[test]
fn entries_that_changed_places_are_refused() {
    is_refused(BUNDLE, "/entry", |items| items.swap(0, 1));
    is_refused(BUNDLE, "/entry", |items| items.rotate_left(1));
}

#[test]
fn a_reference_that_was_changed_is_refused() {
    let kit = Kit::new(NOTHING);
    let mut changed = parse(&kit.protect(APPOINTMENT));
    *changed
        .pointer_mut("/participant/0/actor/reference")
        .unwrap() = "Patient/other".into();
    let changed = changed.to_string();
    assert!(
        kit.revealer
            .reveal(changed.as_bytes())
            .unwrap_err()
            .is_message()
    );
    // A status that is shown may change.
    let mut changed = parse(&kit.protect(APPOINTMENT));
    changed["status"] = "cancelled".into();
    let restored = kit.revealer.reveal(changed.to_string().as_bytes()).unwrap();
    assert_eq!(restored.is_original(), Some(false));
}

/// Swaps two elements of what is protected, and says whether all of it is still the original: where bytes differ it never is.
fn swapped_is_original(document: &str, array: &str) -> Option<bool> {
    let kit = Kit::new(NOTHING);
    let protected = kit.protect(document);
    // As text, so that white space moves with what it is around.
    let [first, second] = elements(&protected, array);
    let mut swapped = protected.clone();
    swapped.replace_range(second.clone(), &protected[first.clone()]);
    swapped.replace_range(first, &protected[second]);
    let restored = kit.revealer.reveal(swapped.as_bytes()).unwrap();
    let is_same = restored.as_bytes() == document.as_bytes();
    assert_eq!(restored.is_original(), Some(is_same), "{swapped}");
    restored.is_original()
}

/// Where the first two elements of the array of that name stand.
fn elements(text: &str, array: &str) -> [std::ops::Range<usize>; 2] {
    let mut at = text.find(&format!("\"{array}\":[")).unwrap() + array.len() + 4;
    [(); 2].map(|()| {
        let start = at;
        let mut stream =
            serde_json::Deserializer::from_str(&text[start..]).into_iter::<serde_json::Value>();
        assert!(stream.next().unwrap().is_ok());
        let value = start + stream.byte_offset();
        let end = value + text[value..].find([',', ']']).unwrap();
        at = end + 1;
        start..end
    })
}

/// Elements that have neither id nor reference are told apart by nothing but what the original was.
#[test]
fn what_was_put_together_of_swapped_elements_is_not_the_original() {
    let participants = r#"{"resourceType":"Appointment","status":"booked","participant":[
        {"type":[{"text":"guest"}],"status":"accepted"},{"type":[{"text":"host"}],"status":"tentative"}]}"#;
    assert_eq!(
        swapped_is_original(participants, "participant"),
        Some(false)
    );
    let entries = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"link":[{"relation":"one"}],"resource":{"resourceType":"Patient","gender":"male"}},
        {"link":[{"relation":"two"}],"resource":{"resourceType":"Patient","gender":"female"}}]}"#;
    assert_eq!(swapped_is_original(entries, "entry"), Some(false));
    // Even where nothing of the Bundle itself stands beside them.
    let bare = r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","gender":"male"}},{"resource":{"resourceType":"Patient","gender":"female"}}]}"#;
    assert_eq!(swapped_is_original(bare, "entry"), Some(false));
    let identifiers = |first: &str| {
        format!(
            r#"{{"resourceType":"Patient","identifier":[{first}"value":"1","assigner":{{"display":"a"}}}},{{"value":"2","assigner":{{"display":"b"}}}}]}}"#
        )
    };
    assert_eq!(
        swapped_is_original(&identifiers("  {"), "identifier"),
        Some(false)
    );
    // What is shown of both is the same: nothing was changed.
    assert_eq!(
        swapped_is_original(&identifiers("{"), "identifier"),
        Some(true)
    );
}

/// Two resources exchanged whole, with the entries' own parts where they were.
#[test]
fn a_bundle_whose_resources_were_exchanged_is_not_the_original() {
    let kit = Kit::new(NOTHING);
    let document = r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","gender":"male"}},{"resource":{"resourceType":"Patient","gender":"female"}}]}"#;
    let mut other = parse(&kit.protect(document));
    let foreign = parse(&kit.protect(r#"{"resourceType":"Patient","gender":"male"}"#));
    let place = other.pointer_mut("/entry/1/resource").unwrap();
    *place = foreign;
    let restored = kit.revealer.reveal(other.to_string().as_bytes()).unwrap();
    assert_eq!(restored.is_original(), Some(false));
    // The same bytes under another seal are the original.
    let again = parse(&kit.protect(r#"{"resourceType":"Patient","gender":"female"}"#));
    let mut renewed = kit.protect(document);
    let [_, second] = elements(&renewed, "entry");
    renewed.replace_range(second, &format!("{{\"resource\":{again}}}"));
    let restored = kit.revealer.reveal(renewed.as_bytes()).unwrap();
    assert_eq!(restored.as_bytes(), document.as_bytes());
    assert_eq!(restored.is_original(), Some(true));
}

#[test]
fn resources_without_id_are_bound_to_their_address() {
    let document = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"resource":{"resourceType":"Patient","gender":"male"},"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111"},
        {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Patient","gender":"female"}}]}"#;
    let kit = Kit::new(BOUND);
    kit.round_trip(document.as_bytes());
    let mut swapped = parse(&kit.protect(document));
    let first = swapped["entry"][0]["resource"].take();
    let second = std::mem::replace(&mut swapped["entry"][1]["resource"], first);
    swapped["entry"][0]["resource"] = second;
    let error = kit
        .revealer
        .reveal(swapped.to_string().as_bytes())
        .unwrap_err();
    assert!(error.is_tampered(), "{error}");
}

#[test]
fn resources_in_contained_bundles_come_back() {
    let kit = Kit::new(NOTHING);
    let bundle = BUNDLE.replacen("\"type\"", "\"id\":\"b\",\"type\"", 1);
    let document = format!(
        r##"{{"resourceType":"Appointment","id":"1","status":"booked","contained":[{bundle}],"slot":[{{"reference":"#b"}}]}}"##
    );
    kit.round_trip(document.as_bytes());
    let protected = kit.protect(&document);
    assert!(
        kit.reveal_only(&["identity"], &protected)
            .contains("female")
    );
}

/// Seals stand deeper than what they are for.
#[test]
fn bundles_in_bundles_come_back() {
    let kit = Kit::new(NOTHING);
    for depth in [1, 20] {
        let mut document = r#"{"resourceType":"Patient","gender":"male"}"#.to_owned();
        for _ in 0..depth {
            document = format!(
                r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{document}}}]}}"#
            );
        }
        kit.round_trip(document.as_bytes());
    }
}

/// A server's answer to a search is not sealed itself.
#[test]
fn a_searchset_around_sealed_resources_tells_whether_they_are_original() {
    let kit = Kit::new(NOTHING);
    let patient = |id: &str| {
        kit.protect(&format!(
            "{{\"resourceType\":\"Patient\", \"id\":\"{id}\",\"gender\":\"male\"}}\n"
        ))
    };
    let (first, second) = (patient("1"), patient("2"));
    let set = |second: &str| {
        let entries = format!(
            r#"{{"resource":{}}},{{"resource":{}}}"#,
            first.trim(),
            second.trim()
        );
        let set =
            format!(r#"{{"resourceType":"Bundle", "link":[ ],"x":{{ }},"entry":[{entries}]}}"#);
        let restored = kit.revealer.reveal(set.as_bytes()).unwrap();
        assert!(
            restored
                .as_bytes()
                .starts_with(br#"{"resourceType":"Bundle", "link":[ ],"x":{ },"entry":["#)
        );
        restored.is_original()
    };
    assert_eq!(set(&second), Some(true));
    let other = second.replacen("\"resourceType\":", "\"resourceType\": ", 1);
    assert_eq!(set(&other), Some(false));
    let alone = kit.revealer.reveal(second.trim().as_bytes()).unwrap();
    assert_eq!(alone.is_original(), Some(false), "the line end is lost");
}

/// Found by changing bytes: a Bundle whose seal holds no record any more is not the original, though all inside of it are.
#[test]
fn a_bundle_that_lost_its_records_is_not_the_original() {
    let kit = Kit::new(NOTHING);
    let document = r#"{"resourceType":"Bundle","type":"batch","total":4711,"entry":[{"resource":{"resourceType":"Patient","gender":"male"}}]}"#;
    let protected = kit.protect(document);
    let (inside, own) = protected.split_at(protected.rfind("\"meta\"").unwrap());
    for (record, other) in [
        (r#""url":"record""#, r#""urls":"record""#),
        (r#""url":"record""#, r#""url":"recorded""#),
    ] {
        assert_eq!(own.matches(record).count(), 1);
        let changed = [inside, &own.replace(record, other)].concat();
        let restored = kit.revealer.reveal(changed.as_bytes()).unwrap();
        assert_ne!(restored.as_bytes(), document.as_bytes());
        assert_eq!(restored.is_original(), Some(false));
        // Nor where it is inside of what a server made.
        let answer = format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{changed}}}]}}"#);
        let restored = kit.revealer.reveal(answer.as_bytes()).unwrap();
        assert_eq!(restored.is_original(), Some(false));
    }
}

/// References to contained resources and members of sealed objects are looked up, not searched for.
#[test]
fn many_contained_resources_and_members_take_no_time_of_their_square() {
    let kit = Kit::new(NOTHING);
    let number = 24_000;
    let list = |make: &dyn Fn(usize) -> String| (0..number).map(make).collect::<Vec<_>>().join(",");
    let contained = list(&|at| format!(r#"{{"resourceType":"Location","id":"l{at}"}}"#));
    let actors = list(&|at| format!("{{\"actor\":{{\"reference\":\"#l{at}\"}}}}"));
    let members = list(&|at| format!(r#""m{at}":1"#));
    let document = format!(
        r#"{{"resourceType":"Appointment","contained":[{contained}],"participant":[{actors}],{members}}}"#
    );
    let start = std::time::Instant::now();
    kit.round_trip(document.as_bytes());
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
