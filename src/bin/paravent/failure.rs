//! What went wrong, and the exit code that says so.

use std::{fmt::Display, io, path::Path, process::ExitCode};

use paravent::Error;
use serde_json::json;

use crate::output;

/// What a command returns.
pub(crate) type Outcome = Result<Exit, Failure>;

/// The exit codes. `--help` and the manual list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Machine = 1,
    Usage = 2,
    Input = 3,
    Refused = 4,
    Keys = 5,
    Partial = 6,
    /// An audit: leaked rows link people, or their digests give away telephone numbers.
    Links = 7,
    /// An audit: a control failed.
    Blind = 8,
    /// An audit: too few rows to tell.
    TooFew = 9,
    /// A release: its quota is spent.
    Spent = 10,
    /// Nobody reads the output any more: 128 and the number of SIGPIPE.
    Closed = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// One thing that went wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    advice: String,
    line: Option<usize>,
    /// That of a message in its file, from 1.
    number: Option<usize>,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            advice: advice.into(),
            line: None,
            number: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message, advice)
    }

    /// Something that could not be done to a file.
    pub(crate) fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        let mut failure = Self::from(error);
        let path = output::one_line(&path.display().to_string());
        failure.message = format!("{doing} {path} failed: {}", failure.message);
        failure
    }

    /// A schema, a policy or a configuration that does not load, for whatever reason.
    pub(crate) fn definition(error: &Error) -> Self {
        Self::from(error).exits(Exit::Input)
    }

    /// A key file that does not open, for whatever reason.
    pub(crate) fn key_file(path: &Path, error: &Error) -> Self {
        let exit = match error.code() {
            "memory" | "entropy" => Exit::Machine,
            _ => Exit::Keys,
        };
        let failure = Self::from(error).exits(exit);
        match error.file() {
            Some(_) => failure,
            None => failure.at(path.display()),
        }
    }

    /// What is wrong with a row, which is counted from 1, as people do.
    pub(crate) fn row(error: &Error) -> Self {
        let mut failure = Self::from(error);
        if let Some(row) = error.row() {
            let counted = format!("row {row}, counted from 0: ");
            if let Some(rest) = failure.message.strip_prefix(&counted) {
                failure.message = format!("row {}: {rest}", row + 1);
            }
        }
        failure
    }

    /// What it is about, in front of the message.
    pub(crate) fn at(mut self, place: impl Display) -> Self {
        let place = output::one_line(&place.to_string());
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// The line of the input that it is about, from 1.
    pub(crate) fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self.at(format!("line {line}"))
    }

    pub(crate) fn exits(mut self, exit: Exit) -> Self {
        if self.exit != Exit::Closed {
            self.exit = exit;
        }
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// For the standard error: a line or more, or one JSON object. Nothing where nobody reads the output any more.
    pub(crate) fn text(&self, json: bool) -> String {
        if self.exit == Exit::Closed {
            return String::new();
        }
        if !json {
            let Self {
                message, advice, ..
            } = self;
            // Below a message of several lines it has one of its own.
            let between = match (advice.is_empty(), message.contains('\n')) {
                (true, _) => "",
                (false, true) => "\n  ",
                (false, false) => "; ",
            };
            let whole = output::lines(&format!("{message}{between}{advice}"));
            let named = |line: &str| match line.starts_with(' ') {
                true => format!("{line}\n"),
                false => format!("paravent: {line}\n"),
            };
            return whole.lines().map(named).collect();
        }
        let mut object = json!({
            "error": self.code,
            "message": self.message,
            "advice": self.advice,
        });
        if let Some(number) = self.number {
            object["message_number"] = number.into();
        }
        if let Some(line) = self.line {
            object["line"] = line.into();
        }
        format!("{object}\n")
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let closed = std::error::Error::source(error)
            .and_then(|source| source.downcast_ref::<io::Error>())
            .is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe);
        let whole = error.to_string();
        let message = whole
            .strip_suffix(error.advice())
            .and_then(|message| message.strip_suffix("; "))
            .unwrap_or(&whole);
        Self {
            exit: if closed { Exit::Closed } else { exit(error) },
            code: error.code(),
            message: message.to_owned(),
            advice: error.advice().to_owned(),
            line: error.line(),
            number: error.message_number(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&io::Error> for Failure {
    fn from(error: &io::Error) -> Self {
        let exit = match error.kind() {
            io::ErrorKind::BrokenPipe => Exit::Closed,
            _ => Exit::Machine,
        };
        Self::new(
            exit,
            "io",
            error.to_string(),
            "check the path and its permissions, and when writing the space left",
        )
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

fn exit(error: &Error) -> Exit {
    // Of a log, whoever wrote it: it is read, and not opened.
    if matches!(error.code(), "log-other-keyring" | "log-version") {
        return Exit::Input;
    }
    let keys = error.is_wrong_passphrase()
        || error.is_share()
        || error.is_ended()
        || error.is_other_policy()
        || error.is_other_schema()
        || error.is_unknown_epoch()
        || error.is_wrong_key()
        || error.is_damaged()
        || error.is_newer_version()
        || error.is_used_up()
        || matches!(
            error.code(),
            "key-file-exposed"
                | "passphrase-exposed"
                | "no-passphrase"
                | "key-file-holds"
                | "empty-passphrase"
                | "not-opened"
        );
    if keys {
        Exit::Keys
    } else if error.is_quota() {
        Exit::Spent
    } else if error.is_refused() {
        Exit::Refused
    } else if error.code() == "file-exists" || error.is_misuse() || error.is_request() {
        Exit::Usage
    } else if error.is_io() || error.is_stopped() || error.is_clock() {
        Exit::Machine
    } else {
        Exit::Input
    }
}
