//! What errors say: what was wrong and where, and what to do. Each message has its line in `tests/data/messages.txt`.

use std::{fmt, io};

use super::{Error, Kind, PartUser, log::DiskTrouble};
use crate::id::Scope;

impl Error {
    /// One sentence on what to do.
    pub fn advice(&self) -> &'static str {
        if let Some(advice) = self.advice_of_message() {
            return advice;
        }
        match &self.0.kind {
            Kind::UnknownField { .. } => {
                "add it to the schema, rename it with `#[serde(rename = \"…\")]`, or leave it out of the record"
            }
            Kind::MissingField { .. } => "give a value or make the field optional in the schema",
            Kind::DuplicateField { .. } => "give each field once",
            Kind::TooWide { .. } => {
                "shorten the value, or widen the field in the schema and seal its rows anew"
            }
            Kind::WrongType { .. } => {
                "give a value of the field's type or change the type in the schema"
            }
            Kind::Shape { field: Some(_), .. } => {
                "give a value of the field's type, or a struct where its name is the first step of others"
            }
            Kind::Shape { field: None, .. } => "give a struct, or a map with text keys",
            Kind::NotNormalizable { .. } => {
                "mend the value, or leave the field out of what is derived of it"
            }
            Kind::EmptyPart { user, .. } => match user {
                PartUser::Pseudonym => {
                    "give the value, or set `null = \"null\"` for this pseudonym in the policy"
                }
                PartUser::Index => {
                    "give the value, or set `null = \"null\"` for this index in the policy"
                }
                PartUser::Shift => {
                    "give the value, or take other fields as `subject` of this shift in the policy"
                }
                PartUser::Query => "give every field that it is made of",
            },
            Kind::NotShown { .. } => {
                "mend the value, or show the field in another way in the policy"
            }
            Kind::Json { .. } => "give one JSON object a record",
            Kind::Serialize => "mend the record type's Serialize implementation",
            Kind::Binding { wanted: true, .. } => "pass it through `bind`",
            Kind::Binding { wanted: false, .. } => "leave the binding out or change the policy",
            Kind::NotOpened { .. } => "ask only for the scopes that the policy opens",
            Kind::NothingLeft => "keep at least one scope",
            Kind::NoSuchField { .. } => "use a field name of the schema",
            Kind::NoSuchRule { .. } => "use a name of the policy",
            Kind::NoSuchDomain { .. } => "put its policy into the folder of policies, and reload",
            Kind::Text { .. } => "pass the text as it was written, without white space or padding",
            Kind::Unsupported { .. } => "read it with the release that wrote it or a newer one",
            Kind::Profile { .. } => "parse records as SealedRecord and row columns as SealedRow",
            Kind::Mismatch { .. } => "open it with the policy under which it was sealed",
            Kind::Structure { .. } => {
                "fetch the row again from where it is kept: it was cut, joined or damaged"
            }
            Kind::SubjectKeyNeeded => "give the subject key of the person whose row it is",
            Kind::UnknownEpoch { .. } => "use a keyring or grant that holds this epoch",
            Kind::EpochDisabled { .. } => "enable it again, where its rows are to be opened",
            Kind::EpochDestroyed { .. } => "its rows are erased: remove them",
            Kind::MissingScope { .. } => "ask for a row from which this scope was not withheld",
            Kind::MissingCell { .. } => "give the cell of every column, also of null values",
            Kind::ForeignScope { .. } => "open it with the schema under which it was sealed",
            Kind::WrongKey { .. } => {
                "use the keyring, domain and subject key under which it was sealed"
            }
            Kind::NotTurnedBack { .. } => {
                "use the keyring, domain and subject key under which it was made, and its text as it was made"
            }
            Kind::Tampered { .. } => {
                "check the record id, row and column it is read from; if they are right, it was changed"
            }
            Kind::Plaintext { .. } => "open it with the schema under which it was sealed",
            Kind::Target { .. } => "receive the fields in a type that fits the schema",
            Kind::Audit { advice, .. }
            | Kind::Input { advice, .. }
            | Kind::Message { advice, .. }
            | Kind::Migration { advice, .. }
            | Kind::Resealing { advice, .. }
            | Kind::Definition { advice, .. } => advice,
            Kind::Stopped => "run it again",
            Kind::PlainRow { until: None } => {
                "protect it first, or accept rows in clear until a date"
            }
            Kind::PlainRow { until: Some(_) } => "protect what is left in clear",
            Kind::UnsealedRow => "protect it with `paravent migrate` first",
            Kind::HalfProtected { .. } => {
                "protect the row anew where its values in clear are newer, or else take them away"
            }
            Kind::Unaccounted { .. } => "protect the row anew from its record",
            Kind::Log { fault, .. } => fault.advice(),
            Kind::LogDisk { source, .. } => DiskTrouble::of(source).advice(),
            Kind::ClockBack { .. } => {
                "set the clock, or rotate the log where its last time is wrong"
            }
            Kind::Quota { .. } => "ask again later, or raise the quota in the policy",
            Kind::GrantEnded { .. } => "ask its owner for one that was issued anew",
            Kind::KeyFileExposed => "give it mode 0600, and new keys if others read it",
            Kind::PassphraseExposed => {
                "give it mode 0600, and change the passphrase if others read it"
            }
            Kind::NoPassphrase => {
                "put it in the credentials folder, in a file that is named as the key file"
            }
            Kind::OtherSchema => "load the schema under which it was made, or issue the grant anew",
            Kind::Refused { .. } => {
                "change the policy; where the job cannot be done otherwise, add [[accept]] with `finding`, `reason`, `owner` and `until`, and for a set of domains `with`"
            }
            Kind::OtherPolicy => "load the policy under which it was made, or issue the grant anew",
            Kind::EpochsExhausted => "start a new keyring",
            Kind::GenerationsExhausted => "destroy a generation that no row shows any more",
            Kind::Request { advice, .. } => advice,
            Kind::UnknownPurpose { .. } => "state one of them, letter by letter",
            Kind::TwoPersons { .. } => "bring the shares of two holders, and the grant's key file",
            Kind::NotHolder => "let one of the two holders ask, by the name in the share",
            Kind::NotSent => "look at the sink and at the record's address",
            Kind::EpochActive { .. } => "start another epoch first",
            Kind::EpochEnded { .. } => "start a new epoch, or set a later end",
            Kind::ClockBeforeEpoch { .. } => "set the clock right",
            Kind::KeyUsedUp { .. } => "start a new epoch, and make the protector anew",
            Kind::GenerationLive { .. } => "start another generation first, and reseal the rows",
            Kind::UnknownGeneration { .. } => "give a generation that the keyring holds",
            Kind::KeyringEpochs { .. } => "restore it from a backup",
            Kind::LogUnknown => "look for it in the log, and ask again where it is not there",
            Kind::KeyringOlder => {
                "restore the newest copy: later epochs, generations and erasures are in it"
            }
            Kind::KeyFileForm { .. } => "give a file that this crate wrote",
            Kind::KeyFileVersion => "read it with a newer release",
            Kind::KeyFileHolds { .. } => {
                "load it as what its first word says: a keyring, a grant or a share"
            }
            Kind::OtherSplit => {
                "give two shares that were made together: their split ids are the same"
            }
            Kind::SameShare => "give the shares of two holders",
            Kind::SharesOfOther => "give the grant's key file that was made with the shares",
            Kind::Passphrase => "check the passphrase, and that it is this file's",
            Kind::EmptyPassphrase => "give a passphrase of at least one character",
            Kind::KeyFileDamaged { .. } => "restore it from a backup",
            Kind::KeyFileCost => "do not trust this file: this crate never writes such parameters",
            Kind::FileExists => "choose another path: key files are never overwritten",
            Kind::Io { source, .. } => match source.kind() {
                // There was no space to be had.
                io::ErrorKind::NotFound
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::InvalidFilename => "check the path and its permissions",
                _ => "check the path and its permissions, and when writing the space left",
            },
            Kind::Memory => "free some memory: a key file takes 48 MiB for a moment",
            Kind::Entropy => "check that the system's random source works",
        }
    }

    /// The same in words of messages, where it has others for rows.
    fn advice_of_message(&self) -> Option<&'static str> {
        if !self.0.is_of_message {
            return None;
        }
        Some(match &self.0.kind {
            Kind::TooWide { .. } => {
                "shorten the value in the message, or widen the field in the schema"
            }
            Kind::Text { .. } | Kind::Profile { .. } => {
                "reveal the message with the seals that it was protected with, as they were written"
            }
            Kind::Structure { .. } => {
                "fetch the message again from where it is kept: its seals were cut, joined or damaged"
            }
            Kind::EpochDisabled { .. } => "enable it again, where its messages are to be revealed",
            Kind::EpochDestroyed { .. } => "what was sealed of its messages is erased: remove them",
            Kind::MissingScope { .. } => "reveal a message from which this scope was not withheld",
            Kind::WrongKey { .. } => {
                "use the keyring, and the policy of the domain, under which the message was protected"
            }
            Kind::Tampered { .. } => {
                "check that the message has its own seals, and where the policy binds them its own id, in MSH-10 or of the resource; if so, they were changed"
            }
            _ => return None,
        })
    }

    /// What was wrong, and where.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.scope_name.as_deref();
        let scope_name = |scope: &Scope| match name {
            Some(name) => format!("scope {name}"),
            None => scope.to_string(),
        };
        let sealed = match self.0.is_of_message {
            true => "a seal of the message",
            false => "the row",
        };
        match &self.0.kind {
            Kind::Text { form } if self.0.is_of_message => {
                write!(f, "the text of {sealed} is not a canonical {form}")
            }
            Kind::Structure { what } if self.0.is_of_message => {
                write!(f, "{sealed} is malformed: {what}")
            }
            Kind::Profile { found, expected } if self.0.is_of_message => {
                write!(f, "{sealed} is a sealed {found}, not a sealed {expected}")
            }
            Kind::UnknownField { field } => write!(f, "field {field:?} is not in the schema"),
            Kind::MissingField { field } => {
                write!(f, "field {field:?} is missing and not optional")
            }
            Kind::DuplicateField { field } => write!(f, "field {field:?} is there twice"),
            Kind::TooWide { field, width } => {
                write!(
                    f,
                    "the value of field {field:?} is longer than its width of {width} bytes"
                )
            }
            Kind::WrongType { field, expected } => {
                write!(f, "the value of field {field:?} is not {expected}")
            }
            Kind::Shape {
                field: Some(field),
                found,
            } => {
                write!(f, "field {field:?} holds {found}, which it cannot hold")
            }
            Kind::Shape { field: None, found } => write!(
                f,
                "the record is {found}, not a struct or map with text keys"
            ),
            Kind::NotNormalizable {
                field: Some(field),
                class,
                why,
            } => {
                write!(
                    f,
                    "the value of field {field:?} cannot be normalised as {class}: {why}"
                )
            }
            Kind::NotNormalizable {
                field: None,
                class,
                why,
            } => {
                write!(f, "the value cannot be normalised as {class}: {why}")
            }
            Kind::EmptyPart { field, user, name } => {
                let user = match user {
                    PartUser::Pseudonym => "pseudonym",
                    PartUser::Index => "index",
                    PartUser::Shift => "the shift of field",
                    PartUser::Query => "the query for",
                };
                write!(
                    f,
                    "field {field:?} is null or empty, and {user} {name:?} needs it"
                )
            }
            Kind::NotShown {
                field,
                transform,
                why,
            } => {
                write!(
                    f,
                    "the value of field {field:?} cannot be shown by `{transform}`: {why}"
                )
            }
            Kind::Json {
                line,
                column,
                broken: true,
            } => {
                write!(f, "the text is not JSON, at line {line}, column {column}")
            }
            Kind::Json { broken: false, .. } => f.write_str("the JSON text is not an object"),
            Kind::Serialize => {
                f.write_str("the record could not be serialised, for a reason its type knows")
            }
            Kind::Binding { what, wanted: true } => {
                write!(f, "the policy binds seals to {what}, and none was given")
            }
            Kind::Binding {
                what,
                wanted: false,
            } => {
                write!(
                    f,
                    "{what} was given, and the policy does not bind seals to one"
                )
            }
            Kind::NotOpened { scope } => write!(f, "there is no key for {}", scope_name(scope)),
            Kind::NothingLeft => f.write_str("no scope would be left"),
            Kind::NoSuchField { field } => write!(
                f,
                "the call names field {field:?}, which the schema does not list"
            ),
            Kind::NoSuchRule { what, name } => write!(f, "the policy has no {what} {name:?}"),
            Kind::NoSuchDomain { domain } => {
                write!(f, "there is no policy for domain {:?}", domain.as_str())
            }
            Kind::Text { form } => write!(f, "the text is not a canonical {form}"),
            Kind::Unsupported { what, found } => {
                write!(f, "{what} {found} is not one this release reads")
            }
            Kind::Profile { found, expected } => {
                write!(f, "this is a sealed {found}, not a sealed {expected}")
            }
            Kind::Mismatch { what } => write!(f, "{sealed} {what}, against its policy"),
            Kind::Structure { what } => write!(f, "the sealed bytes are malformed: {what}"),
            Kind::SubjectKeyNeeded => {
                f.write_str("the row is bound to the key of a person, and none was given")
            }
            Kind::UnknownEpoch { epoch } => write!(f, "there is no key for epoch {epoch}"),
            Kind::EpochDisabled { epoch } => write!(f, "epoch {epoch} is disabled"),
            Kind::EpochDestroyed { epoch } => write!(f, "epoch {epoch} was destroyed"),
            Kind::ForeignScope { scope } => {
                write!(
                    f,
                    "{sealed} holds {}, which no field of the schema has",
                    scope_name(scope)
                )
            }
            Kind::MissingScope { scope } => {
                write!(f, "{sealed} does not hold {}", scope_name(scope))
            }
            Kind::MissingCell { field } => {
                write!(f, "the row does not hold the cell of field {field:?}")
            }
            Kind::WrongKey { scope } => {
                write!(f, "{} was sealed under another key", scope_name(scope))
            }
            Kind::NotTurnedBack { field } => {
                write!(f, "no key turns the stand-in of field {field:?} back")
            }
            Kind::Tampered {
                scope,
                field: Some(field),
            } => {
                write!(
                    f,
                    "the cell of field {field:?} in {} is not what was sealed here",
                    scope_name(scope)
                )
            }
            Kind::Tampered { scope, field: None } => {
                write!(f, "{} is not what was sealed here", scope_name(scope))
            }
            Kind::Plaintext {
                scope,
                field: Some(field),
                what,
            } => {
                write!(
                    f,
                    "field {field:?} in {} was sealed wrongly: {what}",
                    scope_name(scope)
                )
            }
            Kind::Plaintext {
                scope,
                field: None,
                what,
            } => write!(f, "{} was sealed wrongly: {what}", scope_name(scope)),
            Kind::Target {
                field: Some(field),
                what,
            } => write!(f, "field {field:?} does not fit the type asked for: {what}"),
            Kind::Target { field: None, what } => {
                write!(f, "the fields do not fit the type asked for: {what}")
            }
            Kind::Audit { what, .. }
            | Kind::Input { what, .. }
            | Kind::Message { what, .. } => f.write_str(what),
            Kind::Stopped => f.write_str("it was stopped before all rows were through"),
            Kind::PlainRow { until: None } => f.write_str("the row is in clear"),
            Kind::PlainRow { until: Some(until) } => write!(
                f,
                "the row is in clear, and such rows were taken until {until}"
            ),
            Kind::HalfProtected { field } => write!(
                f,
                "the row is sealed, and field {field:?} stands beside the seal in clear"
            ),
            Kind::Unaccounted { column, what } => write!(f, "column {column} {what}"),
            Kind::Migration { what, .. } | Kind::Resealing { what, .. } => f.write_str(what),
            Kind::UnsealedRow => f.write_str("the row is in clear, and has no seal to make anew"),
            Kind::Log { fault, n } => fault.describe(*n, f),
            Kind::LogDisk { place, source } => place.describe(source, f),
            Kind::ClockBack { seconds } => {
                write!(
                    f,
                    "the time is {seconds} seconds before the latest in the log"
                )
            }
            Kind::Quota {
                domain,
                name,
                per_hour,
                of_requester,
            } => {
                let whose = if *of_requester {
                    "the requester's quota"
                } else {
                    "the quota"
                };
                write!(
                    f,
                    "{whose} of {name:?} in domain {domain:?} is spent, {per_hour} an hour"
                )
            }
            Kind::Request { what, .. } => f.write_str(what),
            Kind::UnknownPurpose { name, listed } => {
                write!(
                    f,
                    "the purpose is none that the policy lists for {name:?}: {listed}"
                )
            }
            Kind::TwoPersons { name } => write!(f, "release {name:?} takes two people"),
            Kind::NotHolder => f.write_str("the requester holds neither of the shares"),
            Kind::NotSent => f.write_str("the message was not sent"),
            Kind::GrantEnded { until } => write!(f, "the grant ended on {until}"),
            Kind::KeyFileExposed => f.write_str("others can read or change the key file"),
            Kind::PassphraseExposed => f.write_str("others can read or change the passphrase"),
            Kind::NoPassphrase => f.write_str("there is no passphrase for the key file"),
            Kind::Definition {
                what,
                line: Some(line),
                ..
            } => write!(f, "line {line}: {what}"),
            Kind::Definition {
                what, line: None, ..
            } => f.write_str(what),
            Kind::OtherSchema => f.write_str("the grant was made under another schema"),
            Kind::Refused {
                finding,
                digest,
                others,
            } => {
                write!(f, "the check refuses: {finding} [{digest}]")?;
                match others {
                    0 => Ok(()),
                    others => write!(f, ", and {others} more"),
                }
            }
            Kind::OtherPolicy => f.write_str("the grant was made under another policy"),
            Kind::EpochsExhausted => f.write_str("the last possible epoch is in use"),
            Kind::GenerationsExhausted => {
                f.write_str("the keyring holds as many generations as it can")
            }
            Kind::EpochActive { epoch } => write!(f, "epoch {epoch} is the active one"),
            Kind::EpochEnded { epoch, not_after } => {
                write!(f, "epoch {epoch} was to seal until {not_after}")
            }
            Kind::ClockBeforeEpoch { since } => {
                write!(
                    f,
                    "the active epoch began on {since}, which is later than today"
                )
            }
            Kind::KeyUsedUp { epoch } => write!(
                f,
                "a key of epoch {epoch} has sealed 2^47 rows, as many as one key may"
            ),
            Kind::GenerationLive { generation } => {
                write!(f, "new pseudonyms are of generation {generation}")
            }
            Kind::UnknownGeneration { generation } => {
                write!(f, "there is no key for generation {generation}")
            }
            Kind::KeyringEpochs { what } => write!(f, "the keyring {what}"),
            Kind::LogUnknown => f.write_str("a thread that wrote to the log has panicked, and whether the entry stands there is not known"),
            Kind::KeyringOlder => f.write_str("the keyring is older than the one in use"),
            Kind::KeyFileForm { what } => write!(f, "this is not a key file: {what}"),
            Kind::KeyFileVersion => f.write_str("the key file has a newer version"),
            Kind::KeyFileHolds { expected } => write!(f, "the key file does not hold a {expected}"),
            Kind::OtherSplit => f.write_str("the shares are of two splits"),
            Kind::SameShare => f.write_str("the same share is there twice"),
            Kind::SharesOfOther => f.write_str("the shares do not open this key file"),
            Kind::Passphrase => f.write_str("the passphrase does not open this key file"),
            Kind::EmptyPassphrase => f.write_str("the passphrase is empty"),
            Kind::KeyFileDamaged { what } => write!(f, "the key file is damaged: {what}"),
            Kind::KeyFileCost => f.write_str(
                "the key file's Argon2id parameters are outside what this release accepts",
            ),
            Kind::FileExists => f.write_str("there is a file already"),
            Kind::Io { doing, source } => match source.raw_os_error() {
                Some(code) => write!(f, "{doing} failed: {}", io::Error::from_raw_os_error(code)),
                None => write!(f, "{doing} failed: {}", source.kind()),
            },
            Kind::Memory => f.write_str("there is not enough memory to stretch the passphrase"),
            Kind::Entropy => f.write_str("the system gave no random bytes"),
        }
    }
}
