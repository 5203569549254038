//! The groups of errors that a caller tells apart.

use super::{Error, Kind, LogFault};

impl Error {
    /// Whether the record does not fit the schema or the policy: an unknown, missing or duplicate field,
    /// a value over its width or of another type, a part of a pseudonym that is missing, a value that cannot be shown as
    /// the policy says.
    pub fn is_record(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::UnknownField { .. }
                | Kind::MissingField { .. }
                | Kind::DuplicateField { .. }
                | Kind::TooWide { .. }
                | Kind::WrongType { .. }
                | Kind::Shape { .. }
                | Kind::NotNormalizable { .. }
                | Kind::EmptyPart { .. }
                | Kind::NotShown { .. }
                | Kind::Json { .. }
                | Kind::Serialize
        )
    }

    /// Whether the record has a field that the schema does not list.
    pub fn is_unknown_field(&self) -> bool {
        matches!(self.0.kind, Kind::UnknownField { .. })
    }

    /// Whether the record lacks a field that is not optional.
    pub fn is_missing_field(&self) -> bool {
        matches!(self.0.kind, Kind::MissingField { .. })
    }

    /// Whether the record has a field twice.
    pub fn is_duplicate_field(&self) -> bool {
        matches!(self.0.kind, Kind::DuplicateField { .. })
    }

    /// Whether a value is longer than its field's width.
    pub fn is_too_wide(&self) -> bool {
        matches!(self.0.kind, Kind::TooWide { .. })
    }

    /// Whether the call itself was wrong: a record id or subject key that the policy does not expect or
    /// that it misses, a scope that the grant does not open, a field that the schema does not have, a pseudonym, index or
    /// release that the policy does not have, a domain that the service has no policy for, a key file of another kind, a passphrase
    /// that is empty or missing, an epoch beyond the last, the active epoch where another was to be said, a keyring older than
    /// the one that is in use.
    pub fn is_misuse(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Binding { .. }
                | Kind::SubjectKeyNeeded
                | Kind::NotOpened { .. }
                | Kind::NothingLeft
                | Kind::NoSuchField { .. }
                | Kind::NoSuchRule { .. }
                | Kind::NoSuchDomain { .. }
                | Kind::KeyFileHolds { .. }
                | Kind::EmptyPassphrase
                | Kind::NoPassphrase
                | Kind::EpochsExhausted
                | Kind::GenerationsExhausted
                | Kind::EpochActive { .. }
                | Kind::GenerationLive { .. }
                | Kind::UnknownGeneration { .. }
                | Kind::KeyringOlder
        )
    }

    /// Whether a scope was asked for that the holder has no key for.
    pub fn is_not_opened(&self) -> bool {
        matches!(self.0.kind, Kind::NotOpened { .. })
    }

    /// Whether the sealed bytes or text are not of the format: cut, extended, re-ordered, not canonical.
    pub fn is_malformed(&self) -> bool {
        matches!(self.0.kind, Kind::Text { .. } | Kind::Structure { .. })
    }

    /// Whether the sealed bytes name a version, suite, profile or flag that is not read here: by this release, or by the
    /// type they were parsed as.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.0.kind, Kind::Unsupported { .. } | Kind::Profile { .. })
    }

    /// Whether the row or the grant was made under another policy than the one given.
    pub fn is_other_policy(&self) -> bool {
        matches!(self.0.kind, Kind::OtherPolicy | Kind::Mismatch { .. })
    }

    /// Whether the row or the grant was made under another schema than the one given.
    pub fn is_other_schema(&self) -> bool {
        matches!(self.0.kind, Kind::OtherSchema | Kind::ForeignScope { .. })
    }

    /// Whether the epoch is not in the keyring or grant, or opens nothing there any more: disabled, or destroyed.
    pub fn is_unknown_epoch(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::UnknownEpoch { .. } | Kind::EpochDisabled { .. } | Kind::EpochDestroyed { .. }
        )
    }

    /// Whether the row or the table lacks a scope or a cell that was asked for.
    pub fn is_missing_scope(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::MissingScope { .. } | Kind::MissingCell { .. }
        )
    }

    /// Whether the commitment does not match: another key, domain or subject key sealed this. Also whether no key turns
    /// a reversible stand-in back, which tells no wrong key from a changed text, and whether a log was begun with another
    /// keyring.
    pub fn is_wrong_key(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::WrongKey { .. }
                | Kind::NotTurnedBack { .. }
                | Kind::Log {
                    fault: LogFault::OtherKeyring,
                    ..
                }
        )
    }

    /// Whether the tag does not match: changed, moved to another row, column or record id, or cut.
    pub fn is_tampered(&self) -> bool {
        matches!(self.0.kind, Kind::Tampered { .. })
    }

    /// Whether what was sealed is authentic and yet not of the format or of the schema's types.
    pub fn is_plaintext(&self) -> bool {
        matches!(self.0.kind, Kind::Plaintext { .. })
    }

    /// Whether the type that was to receive the fields does not fit them.
    pub fn is_target(&self) -> bool {
        matches!(self.0.kind, Kind::Target { .. })
    }

    /// Whether rows that were given to an audit do not do: ragged, without rows, of other people than the truth.
    pub fn is_audit(&self) -> bool {
        matches!(self.0.kind, Kind::Audit { .. })
    }

    /// Whether a file of rows is not of its form: its header, encoding or quotes, or a row longer than any.
    pub fn is_input(&self) -> bool {
        matches!(self.0.kind, Kind::Input { .. })
    }

    /// Whether a message of HL7 v2 or FHIR is malformed, larger than what is read, of a type that the profile does not take, or
    /// not as it was protected.
    pub fn is_message(&self) -> bool {
        matches!(self.0.kind, Kind::Message { .. })
    }

    /// Whether it was stopped from outside before all rows were through.
    pub fn is_stopped(&self) -> bool {
        matches!(self.0.kind, Kind::Stopped)
    }

    /// Whether a row is in clear where no such row is taken, or not any more.
    pub fn is_plain_row(&self) -> bool {
        matches!(self.0.kind, Kind::PlainRow { .. } | Kind::UnsealedRow)
    }

    /// Whether a row is sealed and a field that its policy does not show stands beside the seal in clear.
    pub fn is_half_protected(&self) -> bool {
        matches!(self.0.kind, Kind::HalfProtected { .. })
    }

    /// Whether a protected row shows what protecting its record does not give: a value in clear, or a stand-in of another
    /// record.
    pub fn is_unaccounted(&self) -> bool {
        matches!(self.0.kind, Kind::Unaccounted { .. })
    }

    /// Whether a migration cannot begin, go on, be undone or be sealed off as its files are.
    pub fn is_migration(&self) -> bool {
        matches!(self.0.kind, Kind::Migration { .. })
    }

    /// Whether a resealing cannot begin, go on or end as its files are.
    pub fn is_resealing(&self) -> bool {
        matches!(self.0.kind, Kind::Resealing { .. })
    }

    /// Whether the broker's log is not as it was written: an entry is altered, removed, not in its place or too long, the
    /// log is cut off, or its second place is altered, empty or that of another log. [`Error::code`] tells them apart.
    pub fn is_log(&self) -> bool {
        matches!(self.0.kind, Kind::Log { fault, .. }
            if !matches!(fault, LogFault::OtherKeyring | LogFault::NewerVersion))
    }

    /// Whether so many records were released within an hour as the quota of the domain or of the requester allows: by
    /// [`Error::code`] `quota-of-domain` or `quota-of-requester`. It is any hour up to the call, and what was refused does not count.
    pub fn is_quota(&self) -> bool {
        matches!(self.0.kind, Kind::Quota { .. })
    }

    /// Whether a broker was asked wrongly: without a requester, a reason or one of the policy's purposes, by one person where it
    /// takes two, or by another than the holder of a share. [`Error::code`] tells them apart: `request` for a requester or a reason
    /// that is missing or no line, `unknown-purpose`, `two-persons`, `not-holder`.
    pub fn is_request(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Request { .. }
                | Kind::UnknownPurpose { .. }
                | Kind::TwoPersons { .. }
                | Kind::NotHolder
        )
    }

    /// Whether a broker's message was not sent, after it was noted in the log.
    pub fn is_not_sent(&self) -> bool {
        matches!(self.0.kind, Kind::NotSent)
    }

    /// Whether the grant has ended, or the active epoch has.
    pub fn is_ended(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::GrantEnded { .. } | Kind::EpochEnded { .. }
        )
    }

    /// Whether the time that was given is before one that was given earlier: a clock that was set back.
    pub fn is_clock(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::ClockBeforeEpoch { .. } | Kind::ClockBack { .. }
        )
    }

    /// Whether a key has sealed as much as one key may.
    pub fn is_used_up(&self) -> bool {
        matches!(self.0.kind, Kind::KeyUsedUp { .. })
    }

    /// Whether a schema, a policy, a domain, a record id or another name breaks a rule.
    pub fn is_definition(&self) -> bool {
        matches!(self.0.kind, Kind::Definition { .. })
    }

    /// Whether the check of policies found something that nobody has accepted.
    pub fn is_refused(&self) -> bool {
        matches!(self.0.kind, Kind::Refused { .. })
    }

    /// Whether a key file did not open under this passphrase.
    pub fn is_wrong_passphrase(&self) -> bool {
        matches!(self.0.kind, Kind::Passphrase)
    }

    /// Whether two shares do not open a grant together: they are of two splits, one of them is there twice, or the grant's
    /// key file is another split's.
    pub fn is_share(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::OtherSplit | Kind::SameShare | Kind::SharesOfOther
        )
    }

    /// Whether a key file is damaged or is not one.
    pub fn is_damaged(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::KeyFileDamaged { .. }
                | Kind::KeyFileForm { .. }
                | Kind::KeyFileCost
                | Kind::KeyringEpochs { .. }
        )
    }

    /// Whether a key file or a log was written by a newer release.
    pub fn is_newer_version(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::KeyFileVersion
                | Kind::Log {
                    fault: LogFault::NewerVersion,
                    ..
                }
        )
    }

    /// Whether a file could not be read or written, others can read a key file or a passphrase, or the system gave no random
    /// bytes or no memory.
    pub fn is_io(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::Io { .. }
                | Kind::LogDisk { .. }
                | Kind::Entropy
                | Kind::LogUnknown
                | Kind::FileExists
                | Kind::KeyFileExposed
                | Kind::PassphraseExposed
                | Kind::Memory
        )
    }
}
