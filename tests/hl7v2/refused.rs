//! What is refused, each with words of its own; and nothing panics or takes long.

use std::time::{Duration, Instant};

use paravent::{
    Date, Policy, Protector, Revealer, Schema,
    hl7v2::{MessageProtector, MessageRevealer, Profile, message_id, record_of},
};

use crate::{Domain, FEED, MESSAGE, SEALED};

const HEAD: &str = "MSH|^~\\&|||||||SIU^S12|1|P|2.5\r";

/// In builds that are not optimised, on a machine with other work.
const SECONDS: Duration = Duration::from_secs(20);

fn refused(message: &[u8]) -> String {
    let error = Domain::new(FEED).protector.protect(message).unwrap_err();
    assert!(error.is_message(), "{error}");
    error.to_string()
}

#[test]
fn each_bad_message_in_its_own_words() {
    let with = |segments: &str| HEAD.to_owned() + segments;
    let of = |head: &str| head.to_owned() + "PID|1\r";
    let named = "; end each segment with a carriage return, and escape line ends inside of fields";
    let delimiters = "segment 1 is a header without usable delimiters; begin it as in `MSH|^~\\&|`, with five different characters that are neither letters, digits nor any of `-_.:+`, or with six";
    let routed = "the type in MSH-9 is none that the profile takes; route it elsewhere, or list its type in a profile that says what of it may pass";
    let version = "the version in MSH-12 is none that the profile takes; list the version in the profile where its messages are of the same form";
    let set = "the character set in MSH-18 is none that is read; let the sender write UTF-8 or a part of ISO 8859: in others a byte inside of a character may look like a delimiter";
    let empty = "the message is empty; give a message that begins with its MSH segment";
    let no_header = "the message does not begin with a header segment; give a message that begins with its MSH segment, without what frames it";
    for (message, words) in [
        (String::new(), empty.to_owned()),
        ("\r\n\r\n".to_owned(), empty.to_owned()),
        ("\u{feff}".to_owned(), empty.to_owned()),
        ("PID|1\r".to_owned(), no_header.to_owned()),
        ("msh|^~\\&|".to_owned(), no_header.to_owned()),
        (" MSH|^~\\&|".to_owned(), no_header.to_owned()),
        ("\u{b}MSH|^~\\&|".to_owned(), no_header.to_owned()),
        (
            "BHS|^~\\&|\r".to_owned(),
            "the message does not begin with an MSH segment; protect the header of a batch or a file with the file that it is in".to_owned(),
        ),
        ("MSH".to_owned(), delimiters.to_owned()),
        ("MSH|".to_owned(), delimiters.to_owned()),
        ("MSH|^~\\".to_owned(), delimiters.to_owned()),
        ("MSH|^~\\&#!|".to_owned(), delimiters.to_owned()),
        (of("MSHA^~\\&A\r"), delimiters.to_owned()),
        (of("MSH|^~\\A|\r"), delimiters.to_owned()),
        (of("MSH|^^\\&|\r"), delimiters.to_owned()),
        (of("MSH|^~\\^|\r"), delimiters.to_owned()),
        (of("MSH|^~\\&&|\r"), delimiters.to_owned()),
        (of("MSH|^~\\ |\r"), delimiters.to_owned()),
        (of("MSH-^~\\&-\r"), delimiters.to_owned()),
        (of("MSH|.~\\&|\r"), delimiters.to_owned()),
        (of("MSH|\u{e9}~\\&|\r"), delimiters.to_owned()),
        (with("PI"), format!("segment 2 is shorter than a name{named}")),
        (with("PID|1\rX\r"), format!("segment 3 is shorter than a name{named}")),
        (with("pid|1"), format!("segment 2 does not begin with a name of three letters and digits{named}")),
        (with("1ID|1"), format!("segment 2 does not begin with a name of three letters and digits{named}")),
        (with("PIDX|1"), format!("segment 2 does not begin with a name of three letters and digits{named}")),
        (with("PID^1"), format!("segment 2 does not begin with a name of three letters and digits{named}")),
        (with("NTE|1||a line\rand another"), format!("segment 3 does not begin with a name of three letters and digits{named}")),
        (with(HEAD), "segment 2 is a header inside of a message; give one message a call".to_owned()),
        (with("BHS|^~\\&|"), "segment 2 is a header inside of a message; give one message a call".to_owned()),
        (with("PID|\u{b}"), "segment 2 holds a character that frames messages; give the message without what frames it".to_owned()),
        (with("PID|1\u{1c}\r"), "segment 2 holds a character that frames messages; give the message without what frames it".to_owned()),
        (with("ZPV|1|1|p1.A"), "the message has a ZPV segment: it is protected already; protect what the sender sends, once".to_owned()),
        (of("MSH|^~\\&|||||||ADT^A01|1|P|2.5\r"), routed.to_owned()),
        (of("MSH|^~\\&|||||||SIU|1|P|2.5\r"), routed.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S25|1|P|2.5\r"), routed.to_owned()),
        (of("MSH|^~\\&|||||||siu^s12|1|P|2.5\r"), routed.to_owned()),
        (of("MSH|^~\\&|||||||SIU&S12|1|P|2.5\r"), routed.to_owned()),
        (of("MSH|^~\\&\r"), routed.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.1\r"), version.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.50\r"), version.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|\r"), version.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P\r"), version.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||ISO IR87\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||GB 18030-2000\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||JAS2020\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||BIG-5\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||UNICODE UTF-16\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||8859/1~ISO IR87\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||8859/8-i\r"), set.to_owned()),
        (of("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||8859/\r"), set.to_owned()),
    ] {
        assert_eq!(refused(message.as_bytes()), words, "{message:?}");
    }
}

/// A message of a type that a profile lists is taken by an explicit choice.
#[test]
fn other_types_pass_by_choice_alone() {
    let text = Profile::siu_text().replace("\"SIU^S26\",", "\"SIU^S26\", \"ADT^A01\",");
    let profile = Profile::from_toml(&text, &Schema::scheduling()).unwrap();
    let domain = Domain::with(SEALED, profile);
    let message = MESSAGE.replace("SIU^S12^SIU_S12", "ADT^A01");
    let protected = domain.protect(message.as_bytes());
    assert!(String::from_utf8_lossy(&protected).contains("|ADT^A01|"));
    let restored = domain.backend.reveal(&protected).unwrap();
    assert_eq!(restored.as_bytes(), message.as_bytes());
}

#[test]
fn large_messages() {
    let large = format!("{HEAD}OBX|1|{}\r", "A".repeat(10 << 20));
    let words = "the message has more than 4194304 bytes; send large documents by reference, outside of scheduling messages";
    let start = Instant::now();
    assert_eq!(refused(large.as_bytes()), words);
    assert_eq!(refused(&large.as_bytes()[..(4 << 20) + 1]), words);
    let once_protected = "the message would have more than 4194304 bytes once it is protected; send large documents by reference, outside of scheduling messages";
    assert_eq!(refused(&large.as_bytes()[..4 << 20]), once_protected);
    // What fits, but for its delimiters.
    let wide = format!("{HEAD}OBX|1|{}A\r", "|".repeat((4 << 20) - 100));
    assert_eq!(refused(wide.as_bytes()), words);
    let domain = Domain::new(FEED);
    assert!(domain.backend.reveal(large.as_bytes()).is_err());
    assert!(start.elapsed() < SECONDS, "{:?}", start.elapsed());
}

/// Found by testing: numbers of components were counted in 16 bits; the first segment of a name was looked for, and fields counted from
/// the first, for each part anew.
#[test]
fn very_many_parts() {
    let many =
        |part: &str, number: usize| HEAD.to_owned() + part + &part[3..].repeat(number) + "\r";
    let (domain, start) = (Domain::new(FEED), Instant::now());
    for message in [
        many("PID|1||4711||A^", 100_000),
        HEAD.to_owned() + "PID|1||4711||" + &"^".repeat(100_000) + "A\r",
        HEAD.to_owned() + "PID|1||4711" + &"^".repeat(100_000) + "~7\r",
        HEAD.to_owned() + "PID|1||" + &"4711~".repeat(100_000) + "\r",
        HEAD.to_owned() + "PID|1||4711||" + &"A&".repeat(100_000) + "\r",
        HEAD.to_owned() + "SCH" + &"|".repeat(11) + &"^".repeat(70_000) + "A\r",
        HEAD.to_owned() + "SCH" + &"|".repeat(11) + &"~".repeat(100_000) + "30^M\r",
        HEAD.to_owned() + "OBX" + &"|".repeat(100_000) + "A\r",
        HEAD.to_owned() + "OBX" + &"|A".repeat(25_000) + "\r",
        HEAD.to_owned() + &"PID|1\r".repeat(100_000),
        HEAD.to_owned() + &"ZZZ\r".repeat(100_000) + &"PID|||1\r".repeat(20_000),
        HEAD.to_owned() + "NTE|1||" + &"\\E\\".repeat(100_000) + "\r",
        HEAD.to_owned() + "PID|1||4711||X" + &"\\E\\".repeat(20) + "\r",
    ] {
        let began = Instant::now();
        match domain.protector.protect(message.as_bytes()) {
            Ok(protected) => {
                let restored = domain.backend.reveal(&protected).unwrap();
                assert!(restored.as_bytes() == message.as_bytes());
            }
            Err(error) => assert!(error.is_message() || error.is_record(), "{error}"),
        }
        assert!(began.elapsed() < SECONDS, "{:?}", &message[..80]);
    }
    assert!(start.elapsed() < SECONDS * 3, "{:?}", start.elapsed());
}

#[test]
fn nul_and_other_bytes_come_back() {
    let domain = Domain::new(FEED);
    for byte in (0..=u8::MAX).filter(|byte| ![b'\r', b'\n', 0x0B, 0x1C].contains(byte)) {
        let message = [
            MESSAGE.trim_end().as_bytes(),
            &[byte; 3],
            b"\rPID|2||",
            &[byte],
            b"\r",
        ]
        .concat();
        let protected = domain.protect(&message);
        assert!(
            domain.backend.reveal(&protected).unwrap().as_bytes() == message,
            "{byte}"
        );
    }
}

#[test]
fn what_is_read_and_does_not_fit_is_told_by_its_field() {
    let message = MESSAGE.replace("4711", &"x".repeat(65));
    let error = Domain::new(FEED)
        .protector
        .protect(message.as_bytes())
        .unwrap_err();
    assert!(error.is_record());
    assert_eq!(error.field(), Some("patient_id"));
    assert!(!error.to_string().contains("xx"));
}

#[test]
fn every_truncation_of_a_message_is_refused_or_comes_back() {
    let domain = Domain::new(FEED);
    let mut taken = 0;
    for length in 0..MESSAGE.len() {
        let message = &MESSAGE.as_bytes()[..length];
        match domain.protector.protect(message) {
            Ok(protected) => {
                assert!(domain.backend.reveal(&protected).unwrap().as_bytes() == message);
                taken += 1;
            }
            Err(error) => assert!(error.is_message() || error.is_record(), "{error}"),
        }
    }
    assert!(taken > 500, "{taken}");
}

#[test]
fn every_truncation_of_a_protected_message_is_refused_or_tells_that_it_is_none() {
    let domain = Domain::new(FEED);
    let protected = domain.protect(MESSAGE.as_bytes());
    let whole = protected.len();
    for length in 0..whole {
        match domain.backend.reveal(&protected[..length]) {
            // Only the end of the last line is missing.
            Ok(restored) => {
                assert_eq!(length, whole - 1);
                assert_eq!(restored.is_original(), Some(false));
            }
            Err(error) => assert!(!error.to_string().contains("MARTIN")),
        }
        let _ = (
            record_of(&protected[..length]),
            message_id(&protected[..length]),
        );
    }
}

fn reveal(domain: &Domain, message: &str) -> String {
    let error = domain.backend.reveal(message.as_bytes()).unwrap_err();
    assert!(error.is_message(), "{error}");
    error.to_string()
}

const MISPLACED: &str = "the ZPV segments of the message are not all there, in their order, at its end; reveal the message as it was protected";
const NOT_WHOLE: &str = "the sealed parts of the message are not whole, or of several messages; reveal the message as it was protected, with every piece in its order";
const OTHER_SEGMENTS: &str = "the message has not the id or not the segments that it was protected with, in their order; reveal the message with its own ZPV segments, its MSH-10 and all its segments; what is between their delimiters may have changed";

/// Enough for several records, and several segments for each.
fn several_records() -> String {
    MESSAGE.to_owned() + "OBX|1||" + &"document ".repeat(8_000) + "\r"
}

#[test]
fn sealed_segments_that_are_not_all_there_in_their_order() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        let text = several_records();
        let protected = String::from_utf8(domain.protect(text.as_bytes())).unwrap();
        assert_eq!(
            domain
                .backend
                .reveal(protected.as_bytes())
                .unwrap()
                .as_bytes(),
            text.as_bytes()
        );
        let first = protected.find("ZPV|").unwrap();
        let (message, sealed) = protected.split_at(first);
        let segments: Vec<&str> = sealed.split_inclusive('\r').collect();
        assert!(segments.len() > 16, "{}", segments.len());
        let put = |segments: &[&str]| message.to_owned() + &segments.concat();
        assert_eq!(
            reveal(&domain, message),
            "the message has no ZPV segment; reveal messages that were protected"
        );
        for at in 0..segments.len() {
            let mut without = segments.clone();
            without.remove(at);
            let last = at == segments.len() - 1;
            if !last {
                assert_eq!(reveal(&domain, &put(&without)), MISPLACED);
            } else {
                assert!(domain.backend.reveal(put(&without).as_bytes()).is_err());
            }
            let mut twice = segments.clone();
            twice.insert(at, segments[at]);
            assert_eq!(reveal(&domain, &put(&twice)), MISPLACED);
            if at > 0 {
                let mut swapped = segments.clone();
                swapped.swap(at, at - 1);
                assert_eq!(reveal(&domain, &put(&swapped)), MISPLACED);
            }
        }
        // Before another segment, or with one behind.
        let moved = sealed.to_owned() + message;
        assert!(domain.backend.reveal(moved.as_bytes()).is_err());
        assert_eq!(reveal(&domain, &(protected.clone() + "ZZZ|1\r")), MISPLACED);
        // Numbered anew, so that records change places, or one is left out.
        let records = |order: &[usize]| {
            let texts: Vec<String> = (1..=4)
                .map(|record| {
                    let of =
                        |segment: &&&str| segment.split('|').nth(2) == Some(&record.to_string());
                    let text =
                        |segment: &&str| segment.trim_end().split('|').nth(3).unwrap().to_owned();
                    segments.iter().filter(of).map(text).collect()
                })
                .collect();
            let renumbered = order
                .iter()
                .zip(1..)
                .map(|(&record, number)| format!("ZPV|{number}|{number}|{}\r", texts[record]));
            message.to_owned() + &renumbered.collect::<String>()
        };
        assert!(
            domain
                .backend
                .reveal(records(&[0, 1, 2, 3]).as_bytes())
                .is_ok()
        );
        for order in [
            &[1, 0, 2, 3][..],
            &[0, 1, 2],
            &[0, 1, 2, 2],
            &[0, 0, 1, 2, 3],
            &[3],
            &[0],
        ] {
            assert_eq!(reveal(&domain, &records(order)), NOT_WHOLE, "{order:?}");
        }
        // Set ids and record numbers that are none.
        for (was, is) in [
            ("ZPV|1|1|", "ZPV|0|1|"),
            ("ZPV|1|1|", "ZPV|1|0|"),
            ("ZPV|1|1|", "ZPV|1|x|"),
            ("ZPV|1|1|", "ZPV|1|2|"),
            ("ZPV|1|1|", "ZPV||1|"),
            ("ZPV|1|1|p", "ZPV|1|1\rZZZ|p"),
        ] {
            assert_eq!(
                reveal(&domain, &protected.replacen(was, is, 1)),
                MISPLACED,
                "{is}"
            );
        }
        assert!(
            domain
                .backend
                .reveal(protected.replacen("|p1.", "|p2.", 1).as_bytes())
                .is_err()
        );
        assert!(
            domain
                .backend
                .reveal(protected.replacen("|p1.", "|", 1).as_bytes())
                .is_err()
        );
    }
}

#[test]
fn segments_that_were_removed_added_or_swapped_on_the_way() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        let protected = String::from_utf8(domain.protect(MESSAGE.as_bytes())).unwrap();
        let segments: Vec<&str> = protected.split_inclusive('\r').collect();
        let sealed = segments
            .iter()
            .position(|segment| segment.starts_with("ZPV"))
            .unwrap();
        for at in 1..sealed {
            let mut without = segments.clone();
            without.remove(at);
            assert_eq!(reveal(&domain, &without.concat()), OTHER_SEGMENTS);
            let mut added = segments.clone();
            added.insert(at, "ZXX|1\r");
            assert_eq!(reveal(&domain, &added.concat()), OTHER_SEGMENTS);
            let mut swapped = segments.clone();
            swapped.swap(at, at.max(2) - 1);
            if at > 1 {
                assert_eq!(reveal(&domain, &swapped.concat()), OTHER_SEGMENTS);
            }
            // Who opens one scope is told, too.
            let only = domain.only(&[paravent::Scope::CONTACT]);
            let error = only.reveal(without.concat().as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), OTHER_SEGMENTS);
        }
    }
}

/// Found by reading: an engine that leaves out what is empty at the end of a segment or a field made a message unreadable.
#[test]
fn empty_fields_and_components_that_were_left_out_on_the_way_are_there_again() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        let protected = String::from_utf8(domain.protect(MESSAGE.as_bytes())).unwrap();
        let trimmed: String = protected
            .split_inclusive('\r')
            .map(|segment| {
                let fields = segment.trim_end().split('|').map(|field| match field {
                    "^~\\&" => field,
                    _ => field.trim_end_matches(['^', '~']),
                });
                let segment = fields.collect::<Vec<_>>().join("|");
                segment.trim_end_matches('|').to_owned() + "\r"
            })
            .collect();
        assert!(trimmed.len() < protected.len());
        let restored = domain.backend.reveal(trimmed.as_bytes()).unwrap();
        // Fields that were empty before they were protected stay out.
        let was: Vec<&str> = MESSAGE
            .split('\r')
            .map(|segment| segment.trim_end_matches('|'))
            .collect();
        let is = std::str::from_utf8(restored.as_bytes()).unwrap();
        assert_eq!(is.split('\r').collect::<Vec<_>>(), was);
    }
}

#[test]
fn other_messages_keys_domains_and_policies() {
    let domain = Domain::new(FEED);
    let (one, other) = (
        domain.protect(MESSAGE.as_bytes()),
        domain.protect(MESSAGE.replace("4711", "815").as_bytes()),
    );
    let split = |message: &[u8]| -> (String, String) {
        let text = String::from_utf8(message.to_vec()).unwrap();
        let (message, sealed) = text.split_at(text.find("ZPV|").unwrap());
        (message.to_owned(), sealed.to_owned())
    };
    // The sealed parts of another message, where seals are bound to the id.
    let mixed = split(&one).0 + &split(&other).1;
    let error = domain.backend.reveal(mixed.as_bytes()).unwrap_err();
    assert!(error.is_tampered(), "{error}");
    // Where they are not, the message tells that it is another one.
    let unbound = Domain::new(SEALED);
    let (one, other) = (
        unbound.protect(MESSAGE.as_bytes()),
        unbound.protect(MESSAGE.replace("NORMAL", "URGENT").as_bytes()),
    );
    let mixed = split(&one).0 + &split(&other).1;
    assert_eq!(reveal(&unbound, &mixed), OTHER_SEGMENTS);
    // Records of two messages in one.
    let long = unbound.protect(several_records().as_bytes());
    let (message, sealed) = split(&long);
    let at = sealed.rfind("|4|").unwrap();
    let start = sealed[..at].rfind("ZPV").unwrap();
    let again = split(&unbound.protect(several_records().as_bytes())).1;
    assert_eq!(sealed.len(), again.len());
    let mixed = message + &sealed[..start] + &again[start..];
    assert!(unbound.backend.reveal(mixed.as_bytes()).is_err());

    let keyring = paravent::Keyring::generate().unwrap();
    let protected = domain.protect(MESSAGE.as_bytes());
    let revealer = Revealer::backend(&keyring, domain.policy.policy()).unwrap();
    let stranger = MessageRevealer::new(revealer).unwrap();
    let error = stranger.reveal(&protected).unwrap_err();
    assert!(error.is_wrong_key() || error.is_unknown_epoch(), "{error}");
    let other = Domain::new(&FEED.replace("\"practice-feed\"", "\"other-feed\""));
    let error = other.backend.reveal(&protected).unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
    // One that binds no ids does not open what is bound to one.
    let other = Domain::new(&FEED.replace("\"bound\"", "\"unbound\""));
    assert!(other.backend.reveal(&protected).is_err());
    // A message of an epoch that the keyring does not have.
    let mut later = paravent::test_kit::keyring();
    later.start_epoch(Date::constant(2026, 11, 25)).unwrap();
    let protector = MessageProtector::new(&later, &domain.policy, Profile::siu()).unwrap();
    let newer = protector.protect(MESSAGE.as_bytes()).unwrap();
    let error = domain.backend.reveal(&newer).unwrap_err();
    assert!(error.is_unknown_epoch(), "{error}");
    let revealer = Revealer::backend(&later, domain.policy.policy()).unwrap();
    let backend = MessageRevealer::new(revealer).unwrap();
    assert_eq!(
        backend.reveal(&newer).unwrap().as_bytes(),
        MESSAGE.as_bytes()
    );
    assert_eq!(
        backend.reveal(&protected).unwrap().as_bytes(),
        MESSAGE.as_bytes()
    );
}

/// A record of the schema that was sealed by hand holds no parts.
#[test]
fn a_record_that_is_no_message() {
    let domain = Domain::new(SEALED);
    #[derive(serde::Serialize)]
    struct Visit {
        patient_id: &'static str,
        identity_parts: Option<&'static str>,
    }
    let protector = Protector::new(&domain.keyring, &domain.policy).unwrap();
    let put = |identity_parts| {
        let row = protector
            .protect(&Visit {
                patient_id: "4711",
                identity_parts,
            })
            .unwrap();
        format!("{HEAD}PID|1\rZPV|1|1|{}\r", row.sealed())
    };
    let parts = [
        None,
        Some(""),
        Some("u0/1 "),
        Some("u0/1 id 2.1 4:PAT"),
        Some("x0/1 id "),
        Some("u1/1 id "),
        Some("u0/x id "),
    ];
    for parts in parts {
        assert_eq!(reveal(&domain, &put(parts)), NOT_WHOLE, "{parts:?}");
    }
}

#[test]
fn what_stands_where_no_schema_or_policy_for_messages_is() {
    let appointment = Schema::appointment();
    let policy = Policy::from_toml(
        "domain = \"a\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n",
        &appointment,
    )
    .unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let keyring = paravent::test_kit::keyring();
    let error = MessageProtector::new(&keyring, &checked, Profile::siu()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the profile maps messages to another schema than the policy's; load both with one schema"
    );
    let revealer = Revealer::backend(&keyring, &policy).unwrap();
    let error = MessageRevealer::new(revealer).unwrap_err();
    assert!(error.is_definition());
    assert!(
        error.to_string().starts_with(
            "the policy is for the schema \"appointment\", which has not one shaped field"
        ),
        "{error}"
    );
    let bound = SEALED.to_owned() + "subject_key = \"bound\"\n";
    let policy = Policy::from_toml(&bound, &Schema::scheduling()).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let error = MessageProtector::new(&keyring, &checked, Profile::siu()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy binds seals to a subject key, and no message has one; leave `subject_key` out of policies for messages"
    );
}
