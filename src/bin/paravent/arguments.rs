//! What the command is told, and what its manual says.

use std::{
    ffi::{OsStr, OsString},
    num::NonZeroUsize,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser},
};

use paravent::Epoch;

use crate::{
    attribute::AttributeArguments,
    audit::AuditArguments,
    epoch::EpochArguments,
    failure::Failure,
    grant::GrantArguments,
    init::InitArguments,
    inspect::InspectArguments,
    keygen::KeygenArguments,
    log::LogArguments,
    manual::{CompletionsArguments, ManArguments},
    migrate::MigrateArguments,
    passphrase::Source,
    policy::PolicyArguments,
    profile::ProfileArguments,
    protect::ProtectArguments,
    release::ReleaseArguments,
    reseal::ResealArguments,
    reveal::RevealArguments,
    rotate::RotateArguments,
    schema::SchemaArguments,
    verify::VerifyArguments,
};

const AFTER: &str = "\
EXAMPLES
  From nothing to a first protected file:

    paravent init clinic
    cd clinic
    paravent policy check
    paravent protect appointments.csv --policy policies/statistics.toml \\
      -o statistics.csv
    paravent reveal statistics.csv --policy policies/statistics.toml

  A connector's grant, and what it opens:

    paravent grant --policy policies/sms-reminders.toml \\
      --owner \"Reminders team\" --until 2027-06-30 -o sms-reminders.grant
    paravent reveal rows.csv --policy sms-reminders.toml \\
      --grant sms-reminders.grant

  One record, for a reason that stands in the log:

    paravent release phone --policy policies/support-desk.toml \\
      --requester a.martin --purpose \"call back\" --reason \"ticket 4711\" \\
      < row.ndjson

  From nothing to protected HL7 v2 messages, and what they were:

    paravent init clinic --schema scheduling
    cd clinic
    paravent protect appointments.hl7 --policy policies/practice-feed.toml \\
      -o screened.hl7
    paravent reveal screened.hl7 --policy policies/practice-feed.toml

  What a thief of a connector's rows would learn:

    paravent audit rows.csv --truth appointments.csv --html report.html

CONFIGURATION
paravent.toml in the working folder, or the file of --config, says where
things are: schema, policies, keyring, grants, log, heads, credentials. The
variables PARAVENT_SCHEMA, PARAVENT_POLICIES, PARAVENT_KEYRING,
PARAVENT_GRANTS, PARAVENT_LOG, PARAVENT_HEADS and PARAVENT_CREDENTIALS stand
over it, and options of a command over both.

PASSPHRASES
A passphrase is read from a file descriptor (--passphrase-fd), from a file
that nobody else can read (--passphrase-file), from a file named as the key
file in the credentials folder or in the one that systemd names by
CREDENTIALS_DIRECTORY, or it is typed at the terminal: the first that is
there. One line break at its end is dropped. No argument and no variable
holds a passphrase.

FILES
What is written is whole or not there at all, whatever ends the command. No
file is replaced without --force. Files with values in clear, key files and
quarantines have mode 0600. On the standard output, and into pipes and
devices, bytes go as they come.

EXIT CODES
  0      done
  1      the machine: reading or writing failed on the way, the disk is full,
         there were no random bytes
  2      wrong arguments, or a file that is there already
  3      bad input: rows, messages, or a file of them, a schema, a policy, a
         profile or a configuration that does not open or load; a broker's log
         that is not as it was written
  4      the check refuses the policy
  5      no key: none found, a wrong passphrase, a file that others can read,
         a grant that ended or is of another policy, rows of another key
  6      done in part: some rows or messages are in quarantine, or messages
         that were revealed had been changed on the way
  7      the audit found that leaked rows link people to what they came for
  8      the audit is blind: one of its controls failed
  9      the audit had too few rows to tell, or no true rows to score by
  10     the quota of a release is spent
  128+n  ended by signal n; 141 where nobody reads the output any more
";

/// Keyed pseudonyms and field-level encryption for appointment records
///
/// Rows that leak from a connector are not to put an identity next to a specialty. `protect` seals each field of a row under
/// a key of its scope and shows what a policy says; `reveal` turns it back, as far as the keys of a grant go; `policy check`
/// refuses policies under which a leak would link. What the command does, the library does.
#[derive(Debug, Parser)]
#[command(name = "paravent", version, after_long_help = AFTER, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Read where things are from this file, not from paravent.toml in the working folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Give results and errors as one JSON object each
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell no progress and no summary
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArguments),
    Keygen(KeygenArguments),
    Rotate(RotateArguments),
    Epoch(EpochArguments),
    Grant(GrantArguments),
    Policy(PolicyArguments),
    Protect(ProtectArguments),
    Reveal(RevealArguments),
    Release(ReleaseArguments),
    Log(LogArguments),
    Migrate(MigrateArguments),
    Reseal(ResealArguments),
    Verify(VerifyArguments),
    Audit(AuditArguments),
    Inspect(InspectArguments),
    Attribute(AttributeArguments),
    Schema(SchemaArguments),
    Profile(ProfileArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Whence the passphrase of a key file is.
#[derive(Clone, Debug, Args)]
pub(crate) struct PassphraseArguments {
    /// Read the passphrase from this file descriptor, such as 3
    #[arg(long, value_name = "N", conflicts_with = "passphrase_file")]
    passphrase_fd: Option<u32>,
    /// Read the passphrase from this file, which nobody else may be able to read
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArguments {
    pub(crate) fn source(&self) -> Source {
        Source {
            fd: self.passphrase_fd,
            file: self.passphrase_file.clone(),
        }
    }
}

/// Whence the passphrases of shares are, one after the other.
#[derive(Clone, Debug, Args)]
pub(crate) struct SharePassphraseArguments {
    /// Read the passphrase of a share from this file descriptor; once for each share, in their order
    #[arg(long, value_name = "N", conflicts_with = "share_passphrase_file")]
    share_passphrase_fd: Vec<u32>,
    /// Read the passphrase of a share from this file, which nobody else may be able to read; once for each share, in their order
    #[arg(long, value_name = "FILE")]
    share_passphrase_file: Vec<PathBuf>,
}

impl SharePassphraseArguments {
    /// One for each of so many shares.
    pub(crate) fn sources(&self, shares: usize) -> Result<Vec<Source>, Failure> {
        let files = self.share_passphrase_file.iter().map(|file| Source {
            fd: None,
            file: Some(file.clone()),
        });
        let fds = self.share_passphrase_fd.iter().map(|&fd| Source {
            fd: Some(fd),
            file: None,
        });
        let given: Vec<Source> = files.chain(fds).collect();
        match given.len() {
            0 => Ok(vec![Source::default(); shares]),
            all if all == shares => Ok(given),
            _ => Err(Failure::usage(
                "there are not as many passphrases as shares",
                "give --share-passphrase-file or --share-passphrase-fd once for each share, or not at all",
            )),
        }
    }
}

/// How rows or messages are read and written.
#[derive(Clone, Debug, Args)]
pub(crate) struct RowArguments {
    /// The rows or messages: a file, or - for the standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// The policy that they are protected under
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// Write to this file, or to the standard output by -
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// What they are; without it, what the file's name ends with: .csv, .tsv, .ndjson, .jsonl, .hl7
    #[arg(long, value_enum)]
    pub(crate) format: Option<Content>,
    /// What is written of rows; without it, what the output's name ends with, else as the rows are read
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) output_format: Option<Rows>,
    /// What stands between the columns of the CSV that is read: one character, or "tab"; without it, it is found
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// How the CSV that is read is encoded; without it, it is found
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<Encoded>,
    /// Work on rows in so many threads, 256 at most
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) jobs: NonZeroUsize,
    /// At a bad row: stop and write no file, or leave it out and note its line and what is wrong, never the row, in FILE; of messages
    /// FILE gets those that are left out, as they are
    #[arg(long, value_name = "stop|quarantine FILE", default_value = "stop",
        value_parser = OsStringValueParser::new().try_map(|word| on_error(&word)))]
    pub(crate) on_error: OnError,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) keyring: Option<PathBuf>,
}

/// How rows are read where none are written elsewhere.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadArguments {
    /// What the rows are; without it, what the file's name ends with: .csv, .tsv, .ndjson, .jsonl
    #[arg(long, value_enum)]
    pub(crate) format: Option<Rows>,
    /// What stands between the columns of CSV: one character, or "tab"; without it, it is found
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// How CSV is encoded; without it, it is found
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<Encoded>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) keyring: Option<PathBuf>,
}

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rows {
    /// Comma-separated values, whatever separates them
    Csv,
    /// One JSON object a line
    Ndjson,
    /// They are no rows: here so that the command can say what takes them.
    #[value(name = "fhir", hide = true)]
    Fhir,
    #[value(name = "hl7v2", hide = true)]
    Hl7v2,
}

/// What is protected and revealed: a format of rows, or of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Content {
    /// Comma-separated values, whatever separates them
    Csv,
    /// One JSON object a line
    Ndjson,
    /// FHIR R4 resources in JSON: a Bundle or a resource, or one a line
    #[value(name = "fhir")]
    Fhir,
    /// HL7 v2 scheduling messages (SIU): one or more, with or without batches and MLLP frames
    #[value(name = "hl7v2")]
    Hl7v2,
}

/// An encoding of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoded {
    /// UTF-8, with or without a byte-order mark
    #[value(name = "utf-8")]
    Utf8,
    /// Windows-1252
    #[value(name = "windows-1252")]
    Windows1252,
}

/// What becomes of bad rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnError {
    Stop,
    Quarantine(PathBuf),
}

/// `--on-error quarantine FILE` as one argument, since only one of its words takes a file.
pub(crate) fn joined(given: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut given = given.into_iter().peekable();
    while let Some(argument) = given.next() {
        if argument == "--" {
            joined.push(argument);
            joined.extend(given);
            break;
        }
        let waits = joined.last().is_some_and(|last| last == "--on-error");
        if (waits && argument == "quarantine") || argument == "--on-error=quarantine" {
            if waits {
                joined.pop();
            }
            let mut whole = OsString::from("--on-error=quarantine");
            // An option behind it is one, and the file was forgotten.
            if let Some(file) = given.next_if(|file| !file.as_bytes().starts_with(b"-")) {
                whole.push("=");
                whole.push(file);
            }
            joined.push(whole);
        } else {
            joined.push(argument);
        }
    }
    joined
}

fn on_error(word: &OsStr) -> Result<OnError, String> {
    match word.as_bytes().strip_prefix(b"quarantine=") {
        Some(file) if !file.is_empty() => Ok(OnError::Quarantine(OsStr::from_bytes(file).into())),
        None if word == "stop" => Ok(OnError::Stop),
        _ => Err("it is stop, or quarantine with a FILE behind".to_owned()),
    }
}

/// The number of an epoch.
pub(crate) fn epoch(word: &str) -> Result<Epoch, String> {
    let number = word.parse().ok().and_then(Epoch::new);
    number.ok_or_else(|| "it is a number from 1".to_owned())
}

pub(crate) fn delimiter(word: &str) -> Result<u8, String> {
    match word.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err(
            "it is one ASCII character that is no quote and no line break, or \"tab\"".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_quarantine_takes_its_file() {
        let joined = |words: &str| -> Vec<String> {
            joined(words.split(' ').map(OsString::from))
                .into_iter()
                .map(|word| word.into_string().unwrap())
                .collect()
        };
        assert_eq!(
            joined("protect --on-error quarantine bad.ndjson in.csv"),
            ["protect", "--on-error=quarantine=bad.ndjson", "in.csv"]
        );
        assert_eq!(
            joined("protect --on-error=quarantine bad.ndjson in.csv"),
            ["protect", "--on-error=quarantine=bad.ndjson", "in.csv"]
        );
        for untouched in [
            "protect --on-error stop in.csv",
            "protect quarantine in.csv",
            "protect -- --on-error quarantine in.csv",
            "protect --on-error=quarantine --force in.csv",
        ] {
            assert_eq!(joined(untouched).join(" "), untouched);
        }
        assert_eq!(
            on_error(OsStr::new("quarantine=bad.ndjson")),
            Ok(OnError::Quarantine("bad.ndjson".into()))
        );
        assert_eq!(on_error(OsStr::new("stop")), Ok(OnError::Stop));
        for wrong in ["", "quarantine", "quarantine=", "go"] {
            assert!(on_error(OsStr::new(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_delimiter_is_one_character() {
        assert_eq!(delimiter(";"), Ok(b';'));
        assert_eq!(delimiter("tab"), Ok(b'\t'));
        for wrong in ["", ";;", "\"", "é", "\n"] {
            assert!(delimiter(wrong).is_err(), "{wrong:?}");
        }
    }
}
