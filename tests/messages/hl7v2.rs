//! Errors of HL7 v2 messages.

use paravent::hl7v2::{Frames, MessageProtector, MessageRevealer, Profile, message_id};

use super::*;

const POLICY: &str = r#"
    domain = "archive"
    schema = "scheduling"
    record_id = "unbound"
"#;

const HEAD: &str = "MSH|^~\\&|||||||SIU^S12|1|P|2.5\r";

pub(super) fn errors_of_messages() -> Vec<(&'static str, Error)> {
    let schema = Schema::scheduling();
    let policy = Policy::from_toml(POLICY, &schema).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let keyring = test_kit::keyring();
    let protector = MessageProtector::new(&keyring, &checked, Profile::siu()).unwrap();
    let revealer = Revealer::backend(&keyring, &policy).unwrap();
    let revealer = MessageRevealer::new(revealer).unwrap();
    let bad = |message: &str| protector.protect(message.as_bytes()).unwrap_err();
    let message = format!("{HEAD}PID|1||MARKEDVALUEmarkedvalue\r");
    let protected = String::from_utf8(protector.protect(message.as_bytes()).unwrap()).unwrap();
    let changed = |was: &str, is: &str| {
        let message = protected.replacen(was, is, 1);
        assert_ne!(message, protected);
        revealer.reveal(message.as_bytes()).unwrap_err()
    };
    let kept = "[keep]\n\"MSH-10\" = { values = [\"1\"], reason = \"a test\" }\n";
    let text = Profile::siu_text().replace("[keep]\n", kept);
    let profile = Profile::from_toml(&text, &schema).unwrap();
    let bound = Policy::from_toml(&POLICY.replace("unbound", "bound"), &schema).unwrap();
    let bound = bound.check(Date::constant(2026, 11, 24)).unwrap();
    vec![
        ("Message/empty", bad("")),
        ("Message/no header", bad("PID|MARKEDVALUEmarkedvalue\r")),
        (
            "Message/header of a batch",
            bad("BHS|^~\\&|MARKEDVALUEmarkedvalue\r"),
        ),
        (
            "Message/delimiters",
            bad("MSH|^^\\&|MARKEDVALUEmarkedvalue\r"),
        ),
        ("Message/short segment", bad(&format!("{HEAD}PI\r"))),
        (
            "Message/no name",
            bad(&format!("{HEAD}MARKEDVALUEmarkedvalue\r")),
        ),
        ("Message/header inside", bad(&format!("{HEAD}{HEAD}"))),
        (
            "Message/frame inside",
            bad(&format!("{HEAD}NTE|\u{b}MARKEDVALUEmarkedvalue\r")),
        ),
        (
            "Message/type",
            bad("MSH|^~\\&|||||||MARKEDVALUEmarkedvalue|1|P|2.5\r"),
        ),
        (
            "Message/version",
            bad("MSH|^~\\&|||||||SIU^S12|1|P|MARKEDVALUEmarkedvalue\r"),
        ),
        (
            "Message/character set",
            bad("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||MARKEDVALUEmarkedvalue\r"),
        ),
        ("Message/too large", bad(&"x".repeat((4 << 20) + 1))),
        (
            "Message/too large once protected",
            bad(&format!("{HEAD}OBX|1|{}\r", "x".repeat(1 << 20))),
        ),
        (
            "Message/protected already",
            protector.protect(protected.as_bytes()).unwrap_err(),
        ),
        (
            "Message/not protected",
            revealer.reveal(message.as_bytes()).unwrap_err(),
        ),
        ("Message/misplaced", changed("ZPV|1|", "ZPV|2|")),
        ("Message/other segments", changed("PID|1|", "NTE|1|")),
        (
            "Message/no id",
            message_id(b"MSH|^~\\&|||||||SIU^S12||P|2.5\r").unwrap_err(),
        ),
        (
            "Message/outside of frames",
            Frames::new(&b"MARKEDVALUEmarkedvalue"[..])
                .read()
                .unwrap_err(),
        ),
        (
            "Message/frame without end",
            Frames::new(&b"\x0BMARKEDVALUEmarkedvalue"[..])
                .read()
                .unwrap_err(),
        ),
        (
            "Message/number in a file",
            in_a_file(
                &protector,
                format!("{message}{message}MSH|^~\\&|||||||ADT^A01|3|P|2.5\r"),
            ),
        ),
        (
            "Message/header of a file",
            in_a_file(&protector, format!("{message}BHS|^^\\&\r")),
        ),
        ("Message/no id bound to", no_id_bound_to()),
        (
            "Definition/other schema",
            MessageProtector::new(&keyring, &super::policy(""), Profile::siu()).unwrap_err(),
        ),
        (
            "Definition/schema of rows",
            MessageRevealer::new(super::revealer("")).unwrap_err(),
        ),
        (
            "Definition/id kept and bound",
            MessageProtector::new(&keyring, &bound, profile).unwrap_err(),
        ),
    ]
    .into_iter()
    .chain(errors_of_seals(&protected))
    .collect()
}

/// The first error of a file.
fn in_a_file(protector: &MessageProtector, file: String) -> Error {
    let told = protector.protect_file(file.as_bytes(), Vec::new(), |refused| Err(refused.error));
    told.unwrap_err()
}

/// Revealing a message without its id, where seals are bound to it.
fn no_id_bound_to() -> Error {
    let policy = Policy::from_toml(&POLICY.replace("unbound", "bound"), &Schema::scheduling());
    let policy = policy.unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let keyring = test_kit::keyring();
    let protector = MessageProtector::new(&keyring, &checked, Profile::siu()).unwrap();
    let protected = protector.protect(HEAD.as_bytes()).unwrap();
    let protected = String::from_utf8(protected).unwrap();
    let fields: Vec<&str> = protected.split('|').collect();
    let protected = protected.replacen(fields[9], "", 1);
    let revealer = MessageRevealer::new(Revealer::backend(&keyring, &policy).unwrap()).unwrap();
    revealer.reveal(protected.as_bytes()).unwrap_err()
}

/// Errors of the seals of a message: said in its words, and not in those of rows.
fn errors_of_seals(protected: &str) -> Vec<(&'static str, Error)> {
    let schema = Schema::scheduling();
    let policy = Policy::from_toml(POLICY, &schema).unwrap();
    let (before, text) = protected.split_once("ZPV|1|1|").unwrap();
    let text = text.trim_end();
    let reveal = |keyring: &Keyring, policy: &Policy, text: &str| {
        let revealer = MessageRevealer::new(Revealer::backend(keyring, policy).unwrap()).unwrap();
        let message = format!("{before}ZPV|1|1|{text}\r");
        revealer.reveal(message.as_bytes()).unwrap_err()
    };
    let keyring = test_kit::keyring();
    let record: SealedRecord = text.parse().unwrap();
    let of_bytes = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = record.as_bytes().to_vec();
        change(&mut bytes);
        let text = format!("p1.{}", BASE64URL_NOPAD.encode(&bytes));
        reveal(&keyring, &policy, &text)
    };
    let other = |was: &str, is: &str| {
        let policy = Policy::from_toml(&POLICY.replace(was, is), &schema).unwrap();
        reveal(&keyring, &policy, text)
    };
    let closed = |close: &dyn Fn(&mut Keyring)| {
        let mut keyring = test_kit::keyring();
        keyring.start_epoch(TODAY).unwrap();
        close(&mut keyring);
        reveal(&keyring, &policy, text)
    };
    let rest = schema.scope("rest").unwrap();
    let withheld = record.withhold(&[rest]).unwrap().to_string();
    let protector = {
        let text = POLICY.to_owned()
            + "[pseudonym.patient]\nof = [\"patient_id\"]\nnull = \"null\"\nreason = \"x\"\n";
        let policy = Policy::from_toml(&text, &schema).unwrap();
        let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
        MessageProtector::new(&keyring, &checked, Profile::siu()).unwrap()
    };
    let wide = format!("{HEAD}PID|1||{}\r", MARK.repeat(4));
    vec![
        (
            "TooWide/message",
            protector.protect(wide.as_bytes()).unwrap_err(),
        ),
        ("Text/message", reveal(&keyring, &policy, "p2.AAAA")),
        ("Profile/message", of_bytes(&|bytes| bytes[2] = 2)),
        (
            "Structure/message",
            of_bytes(&|bytes| bytes.truncate(bytes.len() - 3)),
        ),
        ("Mismatch/message", other("unbound", "bound")),
        (
            "EpochDisabled/message",
            closed(&|keyring| keyring.disable_epoch(Epoch::FIRST).unwrap()),
        ),
        (
            "EpochDestroyed/message",
            closed(&|keyring| {
                keyring.destroy_epoch(Epoch::FIRST).unwrap();
            }),
        ),
        ("MissingScope/message", reveal(&keyring, &policy, &withheld)),
        (
            "ForeignScope/message",
            of_bytes(&|bytes| {
                let group = record_group(bytes);
                let start = bytes.len();
                bytes.extend_from_within(32..32 + group);
                bytes[start] = 63;
            }),
        ),
        ("WrongKey/message", other("archive", "archives")),
        (
            "Tampered/message",
            of_bytes(&|bytes| {
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
            }),
        ),
    ]
}

/// The length of the first group of a sealed record.
fn record_group(bytes: &[u8]) -> usize {
    35 + usize::from(u16::from_be_bytes([bytes[33], bytes[34]]))
}
