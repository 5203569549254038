//! HL7 v2 messages, profiles, and what may be sealed in the place of parts.

use std::sync::LazyLock;

use paravent::{
    Protector, RecordId, Revealer, Schema,
    hl7v2::{self, Frames, MessageProtector, MessageRevealer, Profile},
    test_kit,
};

use super::{accepted::accepted, check::assert_definition_error, parts};

const POLICY: &str = r#"
    domain = "fuzz"
    schema = "scheduling"
    record_id = "bound"
    [pseudonym.patient]
    of = ["patient_id"]
    null = "null"
    reason = "a test"
    [show.start]
    as = "truncate"
    to = "day"
    reason = "a test"
    [show.practitioner]
    as = "keep"
    reason = "a test"
    [show.last_name]
    as = "mask"
    first = 1
    last = 0
    reason = "a test"
"#;

struct Messages {
    protector: MessageProtector,
    revealer: MessageRevealer,
    by_hand: Protector,
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| messages(Profile::siu()).unwrap());

fn messages(profile: Profile) -> paravent::Result<Messages> {
    let checked = accepted(POLICY, &Schema::scheduling())?;
    let keyring = test_kit::keyring();
    let revealer = Revealer::backend(&keyring, checked.policy())?;
    Ok(Messages {
        protector: MessageProtector::new(&keyring, &checked, profile)?,
        revealer: MessageRevealer::new(revealer)?,
        by_hand: Protector::new(&keyring, &checked)?,
    })
}

/// Bytes that may be a message or a file of them: what is protected comes back.
pub fn hl7v2(data: &[u8]) {
    both_ways(&MESSAGES, data);
    let (mut protected, mut refused) = (Vec::new(), 0);
    let summary = MESSAGES.protector.protect_file(data, &mut protected, |of| {
        assert!(of.error.is_message() || of.error.is_record());
        assert!(of.error.line().is_some());
        refused += 1;
        Ok(())
    });
    match summary {
        Ok(summary) => assert_eq!(summary.refused, refused),
        Err(error) => return assert!(error.is_message()),
    }
    if refused == 0 {
        let mut restored = Vec::new();
        let summary = MESSAGES
            .revealer
            .reveal_file(&protected[..], &mut restored, |of| Err(of.error));
        assert_eq!(summary.unwrap().changed, 0);
        assert_eq!(restored, data);
    }
}

fn both_ways(messages: &Messages, data: &[u8]) {
    match messages.protector.protect(data) {
        Ok(protected) => {
            let restored = messages.revealer.reveal(&protected).unwrap();
            assert_eq!(restored.as_bytes(), data);
            assert_eq!(restored.is_original(), Some(true));
        }
        Err(error) => assert!(error.is_message() || error.is_record(), "{error}"),
    }
}

/// The text of a profile, by which a message comes back.
pub fn hl7v2_profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let made = Profile::from_toml(text, &Schema::scheduling()).and_then(messages);
    match made {
        Ok(messages) => both_ways(&messages, MESSAGE),
        Err(error) => assert_definition_error(&error, text),
    }
}

const MESSAGE: &[u8] = b"MSH|^~\\&|A|B|||202611241130+0100||SIU^S12|17|P|2.5\rSCH|1|2|||||||||^^30^202611280930\rPID|1||4711^^^X~8||MARTIN&de^ZOE\rAIP|1|A|7^LEFEVRE^ANNE\r";

/// A byte that says how, and bytes that may be a protected message, frames, or what is sealed in the place of parts.
pub fn hl7v2_reveal(data: &[u8]) {
    let Some((how, bytes)) = data.split_first() else {
        return;
    };
    match how % 3 {
        0 => {
            let _ = (hl7v2::record_of(bytes), hl7v2::message_id(bytes));
            let _ = MESSAGES.revealer.reveal(bytes);
            let _ = MESSAGES.revealer.reveal_file(bytes, Vec::new(), |_| Ok(()));
        }
        1 => {
            let mut frames = Frames::new(bytes);
            while let Ok(Some(message)) = frames.read() {
                assert!(message.len() < bytes.len());
            }
        }
        _ => sealed_by_hand(bytes),
    }
}

/// Whoever has the keys can seal anything as parts.
fn sealed_by_hand(bytes: &[u8]) {
    let id = RecordId::new("17").unwrap();
    let Some(row) = parts::sealed(&MESSAGES.by_hand, id, bytes) else {
        return;
    };
    let head = "MSH|^~\\&|||||||SIU^S12|17|P|2.5\rPID|1||^~|\rZPV|1|1|";
    let message = format!("{head}{}\r", row.sealed());
    match MESSAGES.revealer.reveal(message.as_bytes()) {
        Ok(restored) => assert!(restored.as_bytes().len() <= 3 * (4 << 20)),
        Err(error) => assert!(error.is_message(), "{error}"),
    }
}
