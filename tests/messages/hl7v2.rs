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
            "Definition/id kept and bound",
            MessageProtector::new(&keyring, &bound, profile).unwrap_err(),
        ),
    ]
}
