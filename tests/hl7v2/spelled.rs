//! However a message is spelled: nothing in it passes, and it comes back as it was.

use paravent::hl7v2::{MessageRevealer, record_of};
use serde::Deserialize;

use crate::{Domain, FEED, MESSAGE, SEALED, needles, parts::field};

/// What is read of a message.
#[derive(Debug, Default, PartialEq, Deserialize)]
struct Read {
    patient_id: Option<String>,
    last_name: Option<String>,
    start: Option<String>,
    practitioner: Option<String>,
    place: Option<String>,
}

/// Protects and reveals, and gives what was read.
fn both_ways(domain: &Domain, message: &[u8]) -> Read {
    let protected = domain.protect(message);
    let restored = domain.backend.reveal(&protected).unwrap();
    assert!(
        restored.as_bytes() == message,
        "{:?}",
        String::from_utf8_lossy(message)
    );
    assert_eq!(restored.is_original(), Some(true));
    let revealer: &MessageRevealer = &domain.backend;
    revealer
        .revealer()
        .reveal(&record_of(&protected).unwrap())
        .unwrap()
}

fn read(message: impl AsRef<[u8]>) -> Read {
    both_ways(&Domain::new(SEALED), message.as_ref())
}

fn of_name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn other_delimiters() {
    let usual = MESSAGE.replace("\\T\\", "");
    // From the usual ones to these, one for one.
    for delimiters in ["#*~!%", "|^~\\&#", "$@;?'", "&|^~\\", "/=\"<>"] {
        let signs = delimiters.as_bytes();
        let message: Vec<u8> = usual
            .bytes()
            .filter(|byte| !signs[..5].contains(byte) || b"|^~\\&".contains(byte))
            .map(
                |byte| match b"|^~\\&".iter().position(|&sign| sign == byte) {
                    Some(position) => signs[position],
                    None => byte,
                },
            )
            .collect();
        // The fifth encoding character stands behind the others.
        let message = match signs.get(5) {
            Some(&fifth) => [&message[..8], &[fifth], &message[8..]].concat(),
            None => message,
        };
        let read = read(&message);
        assert_eq!(read.patient_id, of_name("4711"), "{delimiters}");
        assert_eq!(read.last_name, of_name("MARTIN"), "{delimiters}");
        let protected = Domain::new(FEED).protect(&message);
        for gone in ["MARTIN", "LEFEVRE", "CARDIO", "0639981234"] {
            assert!(needles::found_in(&protected, gone).is_empty());
        }
    }
}

fn pid5(set: &str, name: &[u8]) -> Vec<u8> {
    let head = format!("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||{set}\rPID|1||4711||");
    [head.as_bytes(), name, b"\r"].concat()
}

#[test]
fn escape_sequences_are_read() {
    for (escaped, plain) in [
        (&b"A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F"[..], "A|B^C&D~E\\F"),
        (b"A\\X42\\C", "ABC"),
        (b"A\\X4243\\D", "ABCD"),
        (b"\\H\\BOLD\\N\\", "BOLD"),
        (b"A\\.br\\B", "A B"),
        // Sequences that are none, and one without its end.
        (b"A\\X4\\B", "AB"),
        (b"A\\XZZ\\B", "AB"),
        (b"A\\Z99\\B", "AB"),
        (b"A\\B", "AB"),
        (b"A\\\\B", "AB"),
        (b"\\XC389\\", "\u{c9}"),
    ] {
        assert_eq!(
            read(pid5("UNICODE UTF-8", escaped)).last_name,
            of_name(plain)
        );
    }
}

#[test]
fn character_sets_of_one_byte_are_read() {
    for (set, bytes, plain) in [
        ("8859/1", &b"ZO\xC9"[..], "ZO\u{c9}"),
        ("8859/15", b"\xBCUVRE \xA4", "\u{152}UVRE \u{20ac}"),
        ("8859/2", b"\xA3\xF3d\xBC", "\u{141}\u{f3}d\u{17a}"),
        ("8859/5", b"\xB8\xD2", "\u{418}\u{432}"),
        (
            "UNICODE UTF-8",
            "Zo\u{e9} \u{1f600}".as_bytes(),
            "Zo\u{e9} \u{1f600}",
        ),
        ("UTF-8", "\u{e9}".as_bytes(), "\u{e9}"),
        ("ASCII", b"ZOE", "ZOE"),
        ("", "Zo\u{e9}".as_bytes(), "Zo\u{e9}"),
        // What is no UTF-8, and nothing said.
        ("", b"Zo\xE9", "Zo\u{e9}"),
        ("8859/1~UNICODE UTF-8", b"\xE9", "\u{e9}"),
    ] {
        let message = pid5(set, bytes);
        assert_eq!(read(&message).last_name, of_name(plain), "{set}");
        // What MSH-18 says stays.
        let protected = Domain::new(FEED).protect(&message);
        assert_eq!(field(&protected, "MSH-18"), set);
        assert!(!protected.windows(bytes.len()).any(|window| window == bytes) || bytes.len() < 3);
    }
    // Bytes that are none of the set are not read, and come back.
    assert_eq!(read(pid5("UNICODE UTF-8", b"Zo\xE9")).last_name, None);
    assert_eq!(read(pid5("8859/6", b"\xA1\xFF")).last_name, None);
}

#[test]
fn a_byte_order_mark_and_blank_lines_stay() {
    let (head, rest) = MESSAGE.split_once('\r').unwrap();
    for message in [
        format!("\u{feff}{MESSAGE}"),
        format!("\r\n{MESSAGE}"),
        format!("\n\n\r{MESSAGE}\r\n\r\n"),
        format!("{head}\r\r\n\n{rest}"),
        format!("{head}\n\r{rest}\n\r"),
        MESSAGE.trim_end().to_owned(),
        MESSAGE.trim_end().replace('\r', "\n"),
        MESSAGE.replace('\r', "\n") + "\r",
        MESSAGE.replace('\r', "\r\n"),
        MESSAGE.trim_end().replace('\r', "\r\n"),
        head.to_owned(),
        format!("{head}\r"),
        format!("{head}\n\n"),
    ] {
        let read = read(&message);
        assert_eq!(read.patient_id.is_some(), message.contains("PID"));
    }
}

/// Found by reading: the end of the last `ZPV` segment and a blank line behind it were one line end, and the blank line was lost.
#[test]
fn mixed_line_ends_stay() {
    let (head, rest) = MESSAGE.trim_end().split_once('\r').unwrap();
    let ends = ["\r", "\n", "\r\n", ""];
    for first in &ends[..3] {
        for last in ends {
            for blank in ["", "\n", "\r", "\r\n", "\n\n\r"] {
                read(format!("{head}{first}{rest}{last}{blank}"));
            }
        }
    }
}

#[test]
fn every_version_and_few_fields() {
    for version in [
        "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1",
        "2.8.2",
    ] {
        for event in (12..=26).filter(|event| *event != 25) {
            let message = format!(
                "MSH|^~\\&|A|B|C|D|199501011200||SIU^S{event}|1|P|{version}\rSCH|1\rPID||4711\rRGS\rAIP\r"
            );
            let read = read(&message);
            assert_eq!(read.patient_id, of_name("4711"), "{version}");
            let protected = Domain::new(FEED).protect(message.as_bytes());
            assert_eq!(field(&protected, "MSH-9"), format!("SIU^S{event}"));
            assert_eq!(field(&protected, "MSH-12"), version);
        }
    }
    let components = "MSH|^~\\&|||||||SIU^S12^SIU_S12|1|P^T|2.5.1^FRA^2.5\rPID|1||4711\r";
    let protected = Domain::new(FEED).protect(components.as_bytes());
    assert_eq!(field(&protected, "MSH-12"), "2.5.1");
    read(components);
}

#[test]
fn nulls_and_parts_of_parts() {
    let null = read(pid5("", b"\"\"^\"\""));
    assert_eq!(null.last_name, None);
    assert_eq!(
        read(pid5("", b"MARTIN&de&la^ZOE")).last_name,
        of_name("MARTIN")
    );
    assert_eq!(read(pid5("", b"&de")).last_name, None);
    let repeated = "MSH|^~\\&|||||||SIU^S12|1|P|2.5\rPID|1||^^^X~\"\"~4711~4712|||\rPID|2||9\r";
    assert_eq!(read(repeated).patient_id, of_name("4711"));
}

#[test]
fn resources_without_practitioner() {
    let message = "MSH|^~\\&|||||||SIU^S12|1|P|2.5\rSCH|1\rAIG|1|A|7^ROOM^L|D^Doctor^L\rAIG|2|A|8^ECG\rAIG|3|A|9^DR HOUSE\r";
    let read = read(message);
    assert_eq!(read.practitioner, None);
    let protected = Domain::new(FEED).protect(message.as_bytes());
    assert!(needles::found_in(&protected, "DR HOUSE").is_empty());
    let text = String::from_utf8(protected).unwrap();
    assert!(
        text.contains("\rAIG|1|A||\rAIG|2|A|\rAIG|3|A|\rZPV"),
        "{text}"
    );
}

#[test]
fn times_are_read_as_they_are_written() {
    let message = |sent: &str, start: &str| {
        format!("MSH|^~\\&|||||{sent}||SIU^S12|1|P|2.5\rTQ1|1||||||{start}\r")
    };
    for (sent, start, plain) in [
        ("", "202611280930+0100", Some("2026-11-28T09:30:00+01:00")),
        (
            "202611241130+0100",
            "202611280930",
            Some("2026-11-28T09:30:00+01:00"),
        ),
        (
            "20261124113059.123-0330",
            "20261128093059",
            Some("2026-11-28T09:30:59-03:30"),
        ),
        (
            "202611241130+0100",
            "20261128093059.1234+0200",
            Some("2026-11-28T09:30:59+02:00"),
        ),
        ("202611241130", "202611280930", None),
        ("202611241130+01", "202611280930", None),
        ("202611241130+0100", "20261128", None),
        ("202611241130+0100", "2026112809", None),
        ("202611241130+0100", "202613280930", None),
        ("202611241130+0100", "202611280930+9900", None),
        ("202611241130+0100", "2026-11-28T09:30", None),
        ("202611241130+0100", "tomorrow at nine", None),
        (
            "202611241130+0100",
            "\u{661}\u{662}\u{663}\u{664}\u{661}\u{662}",
            None,
        ),
        ("202611241130+\u{e9}\u{e9}", "202611280930", None),
        ("202611241130+0100", "202611280930+\u{e9}\u{e9}", None),
        (
            "202611241130+0100",
            "202611280930\u{e9}\u{e9}",
            Some("2026-11-28T09:30:00+01:00"),
        ),
    ] {
        let read = read(message(sent, start));
        assert_eq!(read.start.as_deref(), plain, "{sent} {start}");
    }
}

/// Of a component with parts the first is its name, the others say whose name that is.
#[test]
fn of_a_place_with_parts_the_first_is_read_and_shown() {
    let domain =
        Domain::new(&(SEALED.to_owned() + "[show.place]\nas = \"keep\"\nreason = \"x\"\n"));
    let message = "MSH|^~\\&|||||||SIU^S12|1|P|2.5\rAIL|1|A|^^^HERE&1.2&ISO\r";
    let read = both_ways(&domain, message.as_bytes());
    assert_eq!(read.place, of_name("HERE"));
    let protected = domain.protect(message.as_bytes());
    assert_eq!(field(&protected, "AIL-3.4"), "HERE");
}
