//! Messages through `protect` and `reveal`: their files, and what is told of them. What is done to a message is in one module a format.

mod fhir;
mod hl7v2;

use std::{
    cell::Cell,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use paravent::{
    CheckedPolicy, Keyring, Revealer,
    hl7v2::{FileSummary, Refused},
};
use serde_json::json;

use crate::{
    arguments::{self, RowArguments, Rows},
    failure::{Exit, Failure, Outcome},
    output::{self, Readers},
    policy::pages::{files, page::grouped},
    progress::Way,
    rows::{self, Files, Formats},
    settings::Settings,
};

/// What a file holds, as far as arguments and names say it.
pub(crate) enum Content {
    Rows(Formats),
    Messages(Kind),
}

impl Content {
    /// Before anybody types a passphrase; `has_window` where one for rows was given.
    pub(crate) fn of(arguments: &RowArguments, has_window: bool) -> Result<Self, Failure> {
        let by_name = || rows::by_name(&arguments.input) == Some(Rows::Hl7v2);
        let kind = match arguments.format {
            Some(arguments::Content::Fhir) => Kind::Fhir,
            Some(arguments::Content::Hl7v2) => Kind::Hl7v2,
            None if by_name() => Kind::Hl7v2,
            _ => return Formats::of(arguments).map(Self::Rows),
        };
        let for_rows = [
            (has_window, "--window"),
            (arguments.output_format.is_some(), "--output-format"),
            (arguments.delimiter.is_some(), "--delimiter"),
            (arguments.encoding.is_some(), "--encoding"),
            (arguments.jobs.get() > 1, "--jobs"),
        ];
        match for_rows.iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(Failure::usage(
                format!("{option} is for rows"),
                "leave it out: messages stay in their order, and are written as they are read",
            )),
            None => Ok(Self::Messages(kind)),
        }
    }
}

/// A format of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fhir,
    Hl7v2,
}

impl Kind {
    /// What protects messages, by the profile in a file or the bundled one.
    pub(crate) fn protector(
        self,
        keyring: &Keyring,
        policy: &CheckedPolicy,
        profile: Option<&Path>,
    ) -> Result<Turn, Failure> {
        match self {
            Self::Fhir => fhir::protector(keyring, policy, profile),
            Self::Hl7v2 => hl7v2::protector(keyring, policy, profile),
        }
    }

    /// Whether bytes that were written at once are a message.
    fn is_message(self, written: &[u8]) -> bool {
        match self {
            Self::Fhir => written.contains(&b'{'),
            Self::Hl7v2 => written.starts_with(b"MSH"),
        }
    }

    /// What messages end in that stand one behind the other.
    fn line_end(self) -> &'static [u8] {
        match self {
            Self::Fhir => b"\n",
            Self::Hl7v2 => b"\r",
        }
    }

    /// What reveals them.
    pub(crate) fn revealer(self, revealer: Revealer) -> Result<Turn, Failure> {
        match self {
            Self::Fhir => fhir::revealer(revealer),
            Self::Hl7v2 => hl7v2::revealer(revealer),
        }
    }
}

/// What gets a message that cannot be turned, and ends it by an error.
type Refuse<'a> = &'a mut dyn FnMut(Refused<'_>) -> paravent::Result<()>;

/// Takes all of a file of messages through.
pub(crate) type Turn =
    Box<dyn Fn(&mut dyn Read, &mut dyn Write, Refuse<'_>) -> paravent::Result<FileSummary>>;

/// A profile's file.
fn profile_text(path: &Path) -> Result<String, Failure> {
    files::bounded(path).map_err(|error| Failure::file("reading", path, &error).exits(Exit::Input))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Protect,
    Reveal,
}

/// Refused messages that are told one by one.
const LISTED: u64 = 5;

/// Takes the messages through.
pub(crate) fn run(
    arguments: &RowArguments,
    kind: Kind,
    turn: &Turn,
    direction: Direction,
    settings: &Settings,
) -> Outcome {
    let (readers, done) = match direction {
        Direction::Protect => (Readers::Umask, "protected"),
        Direction::Reveal => (Readers::Owner, "revealed"),
    };
    let Files {
        input,
        mut output,
        mut bad,
    } = Files::open(arguments, readers)?;
    let name = rows::name(&arguments.input);
    let way = Way::messages(input.size, settings.quiet || rows::is_shown(arguments));
    let bytes = Cell::new(0);
    let mut from = Counted {
        reader: input.reader,
        bytes: &bytes,
    };
    let mut to = Told {
        output: &mut output,
        kind,
        way: &way,
        bytes: &bytes,
        messages: 0,
    };
    let (mut told, mut broken) = (Vec::new(), None);
    let mut refused = 0;
    let counts = turn(&mut from, &mut to, &mut |one| {
        let Refused { message, error } = one;
        let Some(bad) = bad.as_mut().filter(|_| !error.is_io()) else {
            return Err(error);
        };
        let end: &[u8] = match message.last() {
            Some(b'\r' | b'\n') => b"",
            _ => kind.line_end(),
        };
        if let Err(failed) = bad.write_all(message).and_then(|()| bad.write_all(end)) {
            broken = Some(Failure::from(failed));
            return Err(error);
        }
        refused += 1;
        if refused <= LISTED {
            told.push(Failure::from(&error).at(&name));
        }
        Ok(())
    });
    let took = way.elapsed();
    drop(way);
    for failure in told {
        output::complain(&failure.text(settings.json));
    }
    if refused > LISTED && !settings.json {
        settings.note(&format!("{} more are refused", counted(refused - LISTED)));
    }
    if let Some(failure) = broken {
        return Err(failure);
    }
    let counts = counts.map_err(|error| {
        let failure = Failure::from(&error);
        match failure.exit() {
            Exit::Input | Exit::Keys => failure.at(name),
            _ => failure,
        }
    })?;
    // Whoever finds the output finds what is missing in it.
    if let Some(bad) = bad {
        bad.finish()?;
    }
    output.finish()?;
    tell(done, &counts, took, arguments, settings)?;
    Ok(match counts.refused + counts.changed {
        0 => Exit::Done,
        _ => Exit::Partial,
    })
}

fn tell(
    done: &str,
    counts: &FileSummary,
    took: Duration,
    arguments: &RowArguments,
    settings: &Settings,
) -> Result<(), Failure> {
    let FileSummary {
        messages,
        refused,
        changed,
        ..
    } = *counts;
    let seconds = took.as_secs_f64();
    if settings.json {
        let text = output::json(&json!({
            "messages": messages,
            "quarantined": refused,
            "changed": changed,
            "seconds": seconds,
        }))?;
        // The standard output may have the messages.
        return if output::is_stream(&arguments.output) {
            output::complain(&text);
            Ok(())
        } else {
            output::print(&text)
        };
    }
    if changed > 0 {
        let (what, were) = match changed {
            1 => ("1 message is".to_owned(), "it was"),
            changed => (format!("{} messages are", grouped(changed)), "they were"),
        };
        output::complain(&format!(
            "paravent: {what} not byte for byte what was protected: {were} changed on the way\n"
        ));
    }
    let mut line = format!("{done} {} in {seconds:.1} s", counted(messages));
    if refused > 0 {
        line.push_str(&format!("; {} in quarantine", counted(refused)));
    }
    settings.note(&line);
    Ok(())
}

/// "1 message", "12,000 messages".
fn counted(messages: u64) -> String {
    match messages {
        1 => "1 message".to_owned(),
        messages => format!("{} messages", grouped(messages)),
    }
}

/// Counts what is read.
struct Counted<'a> {
    reader: Box<dyn Read + Send>,
    bytes: &'a Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

/// Tells how far it is, with each message that is written.
struct Told<'a> {
    output: &'a mut dyn Write,
    kind: Kind,
    way: &'a Way,
    bytes: &'a Cell<u64>,
    messages: u64,
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write_all(bytes)?;
        if self.kind.is_message(bytes) {
            self.messages += 1;
            self.way.tell(self.messages, self.bytes.get());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
