//! HL7 v2 messages: what passes a screen, what comes back, what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod canaries;
mod corpus;
mod files;
mod joined;
mod large;
mod partial;
mod parts;
mod peers;
mod profile;
mod refused;
mod schema;
mod shown;
mod spelled;
mod wide;

#[path = "../common/accepted.rs"]
mod accepted;
#[path = "../common/needles.rs"]
mod needles;

use paravent::{
    CheckedPolicy, Keyring, Revealer, Schema, Scope,
    hl7v2::{MessageProtector, MessageRevealer, Profile},
};

/// What the domain of most tests gets.
pub(crate) const FEED: &str = r#"
    domain = "practice-feed"
    schema = "scheduling"
    record_id = "bound"

    [holds]
    rows = 500_000
    subjects = 120_000
    visits = 60

    [tenancy]
    specialties = 12
    practices = 40

    [pseudonym.patient]
    of = ["patient_id"]
    null = "null"
    reason = "the visits of one patient are found"

    [pseudonym.appointment]
    of = ["appointment_id"]
    null = "null"
    reason = "a change finds its appointment"

    [show.start]
    as = "truncate"
    to = "day"
    reason = "the day of each visit"

    [show.sent]
    as = "truncate"
    to = "month"
    reason = "old messages are deleted"
"#;

/// The same that shows nothing.
pub(crate) const SEALED: &str = r#"
    domain = "archive"
    schema = "scheduling"
    record_id = "unbound"
"#;

/// Both sides of a domain.
pub(crate) struct Domain {
    pub(crate) keyring: Keyring,
    pub(crate) policy: CheckedPolicy,
    pub(crate) protector: MessageProtector,
    pub(crate) backend: MessageRevealer,
}

impl Domain {
    pub(crate) fn new(text: &str) -> Self {
        Self::with(text, Profile::siu())
    }

    pub(crate) fn with(text: &str, profile: Profile) -> Self {
        let (keyring, policy) = (
            paravent::test_kit::keyring(),
            accepted::accepted(text, &Schema::scheduling()).unwrap(),
        );
        let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
        Self {
            protector: MessageProtector::new(&keyring, &policy, profile).unwrap(),
            backend: MessageRevealer::new(revealer).unwrap(),
            keyring,
            policy,
        }
    }

    /// A revealer of some scopes.
    pub(crate) fn only(&self, scopes: &[Scope]) -> MessageRevealer {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        MessageRevealer::new(revealer.only(scopes).unwrap()).unwrap()
    }

    pub(crate) fn protect(&self, message: &[u8]) -> Vec<u8> {
        self.protector.protect(message).unwrap()
    }
}

/// A message with something in every kind of place.
pub(crate) const MESSAGE: &str = "MSH|^~\\&|AGENDA|CARDIO CENTRE^1.2.3^ISO|SCREEN|HOME|202611241130+0100||SIU^S12^SIU_S12|MSG-17|P|2.5.1|||AL|NE||UNICODE UTF-8\r\
    SCH|A-1^AGENDA|B-2^AGENDA|||||CHECK^Coronary check^L|NORMAL|30|min|^^30^202611280930+0100^202611281000+0100|||||1001^LEFEVRE^ANNE|||||||||Booked\r\
    TQ1|1||||||20261128093000+0100|20261128100000+0100\r\
    NTE|1||Please ask for the last \\T\\ the first ECG\r\
    PID|1||4711^^^CLINIC^PI~1880577123456^^^INS-NIR||MARTIN&de^ZO\u{c9}^^^^^L||19880517|F|||12 RUE DE LA PAIX^^PARIS^^75002^FRA||0639981234^PRN^CP~^NET^Internet^zoe.martin@example.fr\r\
    PV1|1|O|CARDIO^ROOM 3||||1001^LEFEVRE^ANNE||||||||||||V-99\r\
    DG1|1||I20.9^Angina pectoris^ICD10\r\
    RGS|1|A\r\
    AIS|1|A|ECG^Electrocardiogram^L|20261128093000+0100|||30|min||Booked\r\
    AIL|1|A|^^^CARDIO CENTRE||||\r\
    AIP|1|A|1001^LEFEVRE^ANNE|CARD^Cardiology^L||20261128093000+0100|||30|min||Booked\r\
    ZAP|free text of our own|and more\r";
