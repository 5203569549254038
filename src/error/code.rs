//! A word for each kind of error: for counters, quarantined rows and machines.

use super::{Error, Kind, log::DiskTrouble};

impl Error {
    /// A word for the kind of error, the same in every release: `"too-wide"`. For counters and logs; it holds no name and
    /// no value.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::Domain;
    ///
    /// assert_eq!(Domain::new("SMS reminders").unwrap_err().code(), "definition");
    /// ```
    pub fn code(&self) -> &'static str {
        match &self.0.kind {
            Kind::UnknownField { .. } => "unknown-field",
            Kind::MissingField { .. } => "missing-field",
            Kind::DuplicateField { .. } => "duplicate-field",
            Kind::TooWide { .. } => "too-wide",
            Kind::WrongType { .. } => "wrong-type",
            Kind::Shape { .. } => "shape",
            Kind::NotNormalizable { .. } => "not-normalizable",
            Kind::EmptyPart { .. } => "empty-part",
            Kind::NotShown { .. } => "not-shown",
            Kind::Json { .. } => "json",
            Kind::Serialize => "serialize",
            Kind::Binding { .. } => "binding",
            Kind::NotOpened { .. } => "not-opened",
            Kind::NothingLeft => "nothing-left",
            Kind::NoSuchField { .. } => "no-such-field",
            Kind::NoSuchRule { .. } => "no-such-rule",
            Kind::NoSuchDomain { .. } => "no-such-domain",
            Kind::Text { .. } => "text-form",
            Kind::Unsupported { .. } => "unsupported",
            Kind::Profile { .. } => "profile",
            Kind::Mismatch { .. } => "mismatch",
            Kind::Structure { .. } => "malformed",
            Kind::SubjectKeyNeeded => "subject-key-needed",
            Kind::UnknownEpoch { .. } => "unknown-epoch",
            Kind::EpochDisabled { .. } => "epoch-disabled",
            Kind::EpochDestroyed { .. } => "epoch-destroyed",
            Kind::MissingScope { .. } => "missing-scope",
            Kind::ForeignScope { .. } => "foreign-scope",
            Kind::MissingCell { .. } => "missing-cell",
            Kind::WrongKey { .. } => "wrong-key",
            Kind::NotTurnedBack { .. } => "not-turned-back",
            Kind::Tampered { .. } => "tampered",
            Kind::Plaintext { .. } => "plaintext",
            Kind::Target { .. } => "target",
            Kind::Audit { .. } => "audit",
            Kind::Input { .. } => "input",
            Kind::Message { .. } => "message",
            Kind::Stopped => "stopped",
            Kind::PlainRow { .. } => "plain-row",
            Kind::HalfProtected { .. } => "half-protected",
            Kind::Unaccounted { .. } => "unaccounted",
            Kind::Migration { .. } => "migration",
            Kind::Resealing { .. } => "resealing",
            Kind::UnsealedRow => "unsealed-row",
            Kind::Definition { .. } => "definition",
            Kind::Refused { .. } => "refused",
            Kind::OtherSchema => "other-schema",
            Kind::OtherPolicy => "other-policy",
            Kind::Log { fault, .. } => fault.code(),
            Kind::LogDisk { place, source } => place.code(DiskTrouble::of(source)),
            Kind::ClockBack { .. } => "clock-back",
            Kind::Quota {
                of_requester: false,
                ..
            } => "quota-of-domain",
            Kind::Quota {
                of_requester: true, ..
            } => "quota-of-requester",
            Kind::Request { .. } => "request",
            Kind::UnknownPurpose { .. } => "unknown-purpose",
            Kind::TwoPersons { .. } => "two-persons",
            Kind::NotHolder => "not-holder",
            Kind::NotSent => "not-sent",
            Kind::GrantEnded { .. } => "grant-ended",
            Kind::KeyFileExposed => "key-file-exposed",
            Kind::PassphraseExposed => "passphrase-exposed",
            Kind::NoPassphrase => "no-passphrase",
            Kind::EpochsExhausted => "epochs-exhausted",
            Kind::GenerationsExhausted => "generations-exhausted",
            Kind::EpochActive { .. } => "epoch-active",
            Kind::EpochEnded { .. } => "epoch-ended",
            Kind::ClockBeforeEpoch { .. } => "clock-before-epoch",
            Kind::KeyUsedUp { .. } => "key-used-up",
            Kind::GenerationLive { .. } => "generation-live",
            Kind::UnknownGeneration { .. } => "unknown-generation",
            Kind::KeyringEpochs { .. } => "keyring-epochs",
            Kind::LogUnknown => "log-unknown",
            Kind::KeyringOlder => "keyring-older",
            Kind::KeyFileForm { .. } => "key-file-form",
            Kind::KeyFileVersion => "key-file-version",
            Kind::KeyFileHolds { .. } => "key-file-holds",
            Kind::OtherSplit => "other-split",
            Kind::SameShare => "same-share",
            Kind::SharesOfOther => "shares-of-other",
            Kind::Passphrase => "wrong-passphrase",
            Kind::EmptyPassphrase => "empty-passphrase",
            Kind::KeyFileDamaged { .. } => "key-file-damaged",
            Kind::KeyFileCost => "key-file-cost",
            Kind::FileExists => "file-exists",
            Kind::Memory => "memory",
            Kind::Io { .. } => "io",
            Kind::Entropy => "entropy",
        }
    }
}
