//! Long parts: what their sizes tell, and how many records they need.

use std::{collections::BTreeSet, sync::Arc, thread};

use paravent::{
    Binding, Date, RecordId, Resealer,
    hl7v2::{message_id, record_of},
};
use proptest::prelude::*;

use crate::{Domain, FEED, MESSAGE, SEALED};

fn with_note(length: usize) -> String {
    format!("{MESSAGE}NTE|2||{}\r", "n".repeat(length))
}

/// How many characters the sealed records of a message have.
fn sealed(protected: &[u8]) -> usize {
    let text = std::str::from_utf8(protected).unwrap();
    let texts = text
        .split('\r')
        .filter_map(|segment| segment.strip_prefix("ZPV|"));
    texts
        .map(|text| text.rsplit('|').next().unwrap().len())
        .sum()
}

/// The sealed records, put together from their segments.
fn records(protected: &[u8]) -> usize {
    let text = std::str::from_utf8(protected).unwrap();
    let of = text
        .split('\r')
        .filter_map(|segment| segment.strip_prefix("ZPV|"));
    let numbers: BTreeSet<&str> = of.map(|text| text.split('|').nth(1).unwrap()).collect();
    numbers.len()
}

#[test]
fn sizes_double() {
    let domain = Domain::new(SEALED);
    let sizes: BTreeSet<usize> = (0..34_000)
        .step_by(61)
        .map(|length| sealed(&domain.protect(with_note(length).as_bytes())))
        .collect();
    let sizes: Vec<usize> = sizes.into_iter().collect();
    // 512, 1,024, and so on to 32,768 bytes a scope, and two records of those.
    assert!((6..=8).contains(&sizes.len()), "{sizes:?}");
    for pair in sizes.windows(2) {
        let ratio = pair[1] as f64 / pair[0] as f64;
        assert!((1.3..=2.05).contains(&ratio), "{sizes:?}");
    }
}

/// Of two notes that differ by a character the sizes are the same, but where a power of two is passed.
#[test]
fn a_character_more_tells_nothing_but_at_a_power_of_two() {
    let domain = Domain::new(SEALED);
    let size = |length| sealed(&domain.protect(with_note(length).as_bytes()));
    let mut steps = 0;
    let mut low = 0;
    while low < 33_000 {
        let (from, mut below, mut above) = (size(low), low, (2 * low + 400).min(40_000));
        if size(above) == from {
            low = above;
            continue;
        }
        while above - below > 1 {
            let middle = below.midpoint(above);
            match size(middle) == from {
                true => below = middle,
                false => above = middle,
            }
        }
        assert!(size(below) == from && size(above) > from);
        assert!(size(above) as f64 / from as f64 <= 2.05);
        steps += 1;
        low = above;
    }
    assert!(steps >= 6, "{steps}");
}

#[test]
fn the_longest_scope_sets_the_width_of_all() {
    let domain = Domain::new(SEALED);
    let in_rest = sealed(&domain.protect(with_note(5_000).as_bytes()));
    let long = "n".repeat(5_000);
    // In the scopes identity, contact, care, schedule.
    for (was, is) in [
        ("^^^^^L||1988", format!("^^^^^{long}||1988")),
        ("12 RUE DE LA PAIX", long.clone()),
        ("NORMAL", long.clone()),
        ("A-1^AGENDA", format!("A-1^{long}")),
    ] {
        let message = MESSAGE.replacen(was, &is, 1);
        assert!(message.len() > 5_000);
        let protected = domain.protect(message.as_bytes());
        assert_eq!(sealed(&protected), in_rest, "{was}");
    }
}

#[test]
fn several_records_come_back() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        for (length, number) in [
            (32_000, 1),
            (33_000, 2),
            (65_000, 2),
            (66_000, 4),
            (200_000, 8),
            (500_000, 16),
        ] {
            let message = with_note(length);
            let protected = domain.protect(message.as_bytes());
            assert_eq!(records(&protected), number, "{length}");
            assert!(domain.backend.reveal(&protected).unwrap().as_bytes() == message.as_bytes());
            // No segment is longer than what engines take.
            let text = String::from_utf8(protected).unwrap();
            assert!(text.split('\r').all(|segment| segment.len() < 30_100));
        }
        let error = domain
            .protector
            .protect(with_note(540_000).as_bytes())
            .unwrap_err();
        assert!(error.is_message());
    }
}

/// Characters of several bytes, and bytes that are no characters, where a piece ends.
#[test]
fn pieces_are_cut_between_characters() {
    let domain = Domain::new(SEALED);
    for note in ["\u{1f600}", "\u{e9}", "\u{20ac}"] {
        for shift in 0..4 {
            let message = MESSAGE.replace("free text", &("x".repeat(shift) + &note.repeat(40_000)));
            let protected = domain.protect(message.as_bytes());
            assert!(domain.backend.reveal(&protected).unwrap().as_bytes() == message.as_bytes());
        }
    }
    let latin = [MESSAGE.as_bytes(), b"NTE|3||", &[0xE9; 70_000], b"\r"].concat();
    let protected = domain.protect(&latin);
    assert!(domain.backend.reveal(&protected).unwrap().as_bytes() == latin);
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().is_original(),
        Some(true)
    );
}

#[test]
fn resealed_records_keep_their_length_and_open() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        for message in [MESSAGE.to_owned(), with_note(5_000)] {
            let protected = String::from_utf8(domain.protect(message.as_bytes())).unwrap();
            let mut keyring = paravent::test_kit::keyring();
            keyring.start_epoch(Date::constant(2026, 11, 25)).unwrap();
            let resealer = Resealer::new(&keyring, &domain.policy).unwrap();
            let id = String::from_utf8(message_id(protected.as_bytes()).unwrap().to_vec()).unwrap();
            let binding = match policy {
                FEED => Binding::record(RecordId::new(&id).unwrap()),
                _ => Binding::NONE,
            };
            let record = record_of(protected.as_bytes()).unwrap();
            let resealed = resealer.bind(binding).reseal_sealed(&record).unwrap();
            let (was, is) = (record.to_string(), resealed.to_string());
            assert_eq!(was.len(), is.len());
            assert_ne!(was, is);
            let mut again = protected.clone();
            let texts: String = protected
                .split('\r')
                .filter(|segment| segment.starts_with("ZPV"))
                .map(|segment| segment.rsplit('|').next().unwrap())
                .collect();
            assert_eq!(texts, was);
            let mut at = 0;
            for segment in protected
                .split('\r')
                .filter(|segment| segment.starts_with("ZPV"))
            {
                let text = segment.rsplit('|').next().unwrap();
                again = again.replace(text, &is[at..at + text.len()]);
                at += text.len();
            }
            let revealer = paravent::Revealer::backend(&keyring, domain.policy.policy()).unwrap();
            let backend = paravent::hl7v2::MessageRevealer::new(revealer).unwrap();
            let restored = backend.reveal(again.as_bytes()).unwrap();
            assert!(restored.as_bytes() == message.as_bytes());
            assert_eq!(restored.is_original(), Some(true));
        }
    }
}

#[test]
fn one_protector_for_eight_threads() {
    let domain = Arc::new(Domain::new(FEED));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let domain = Arc::clone(&domain);
            thread::spawn(move || -> Vec<String> {
                (0..25)
                    .map(|number| {
                        let message = MESSAGE.replace("4711", &format!("P{thread}x{number}"));
                        let protected = domain.protect(message.as_bytes());
                        let restored = domain.backend.reveal(&protected).unwrap();
                        assert!(restored.as_bytes() == message.as_bytes());
                        String::from_utf8(message_id(&protected).unwrap().to_vec()).unwrap()
                    })
                    .collect()
            })
        })
        .collect();
    let ids: BTreeSet<String> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(ids.len(), 200);
}

/// Bytes that neither end segments nor frame messages.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => any::<u8>(),
        3 => prop::sample::select(b"|^~\\&".to_vec()),
        3 => prop::sample::select(b"0123456789A".to_vec()),
    ];
    let byte = byte.prop_map(|byte| match byte {
        b'\r' | b'\n' | 0x0B | 0x1C => b'x',
        byte => byte,
    });
    prop::collection::vec(byte, 0..most)
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        4 => prop::sample::select(vec!["PID", "SCH", "AIP", "AIS", "AIG", "AIL", "TQ1", "PV1", "NTE", "OBX", "DG1", "RGS", "NK1"]).prop_map(str::to_owned),
        1 => "[A-YA-Z][A-Z0-9]{2}".prop_filter("a header or a seal", |name| !["MSH", "BHS", "FHS", "ZPV"].contains(&&**name)),
    ];
    let line_end = prop::sample::select(vec!["\r", "\n", "\r\n", "\r\r", "\n\n"]);
    let segment = (name, bytes(60), line_end.clone());
    let signs =
        prop::sample::subsequence(b"!\"#$%&'()*,/;<=>?@[\\]^`{|}~".to_vec(), 6).prop_shuffle();
    let set = prop::sample::select(vec!["", "8859/1", "UNICODE UTF-8", "8859/15", "ASCII"]);
    let head = (bytes(20), bytes(12), prop::option::of(signs), set, line_end);
    let segments = prop::collection::vec(segment, 0..12);
    (head, segments, prop::bool::ANY).prop_map(
        |((sender, id, signs, set, head_end), segments, ended)| {
            let clean = |text: Vec<u8>| -> Vec<u8> {
                text.into_iter().filter(|byte| *byte != b'|').collect()
            };
            let mut message = [&b"MSH|^~\\&|"[..], &clean(sender), b"||||||"].concat();
            message.extend_from_slice(b"SIU^S12|");
            message.extend(clean(id));
            message.extend_from_slice(b"|P|2.5||||||");
            message.extend_from_slice(set.as_bytes());
            message.extend_from_slice(head_end.as_bytes());
            for (name, rest, line_end) in segments {
                message.extend_from_slice(name.as_bytes());
                message.push(b'|');
                message.extend(rest);
                message.extend_from_slice(line_end.as_bytes());
            }
            if !ended {
                message.truncate(message.trim_ascii_end().len());
            }
            let Some(signs) = signs else {
                return message;
            };
            // One for one, so that none of the new ones stands for what was none.
            message
                .into_iter()
                .map(
                    |byte| match b"|^~\\&".iter().position(|&sign| sign == byte) {
                        Some(position) => signs[position],
                        None if signs.contains(&byte) => b'y',
                        None => byte,
                    },
                )
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_comes_back(message in message()) {
        for policy in [FEED, SEALED] {
            thread_local! {
                static DOMAINS: [Domain; 2] = [Domain::new(FEED), Domain::new(SEALED)];
            }
            DOMAINS.with(|domains| {
                let domain = &domains[usize::from(policy == SEALED)];
                match domain.protector.protect(&message) {
                    Ok(protected) => {
                        let restored = domain.backend.reveal(&protected).unwrap();
                        prop_assert!(restored.as_bytes() == message);
                        prop_assert_eq!(restored.is_original(), Some(true));
                        // Each scope on its own is let back without an error.
                        let scopes = domain.policy.policy().schema().scopes();
                        for scope in scopes {
                            prop_assert!(domain.only(&[scope]).reveal(&protected).is_ok());
                        }
                    }
                    Err(error) => prop_assert!(error.is_message() || error.is_record(), "{}", error),
                }
                Ok(())
            })?;
        }
    }
}
