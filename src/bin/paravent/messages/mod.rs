//! Messages through `protect` and `reveal`: their files, and what is told of them. What is done to a message is in one module a format.

mod fhir;
mod hl7v2;
pub(crate) mod inspected;

use std::{
    cell::Cell,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use clap::ValueEnum;
use paravent::{
    CheckedPolicy, Field, Keyring, Policy, Revealer, Schema,
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

impl Content {
    /// Refuses a file that is one of rows by its name alone, as `.ndjson`, where the policy is for messages: FHIR resources have that name, too.
    pub(crate) fn check_policy(
        &self,
        arguments: &RowArguments,
        policy: &Policy,
    ) -> Result<(), Failure> {
        let is_guessed =
            arguments.format.is_none() && rows::by_name(&arguments.input) == Some(Rows::Ndjson);
        let is_for_messages = policy.schema().fields().iter().any(Field::is_shaped);
        match matches!(self, Self::Rows(_)) && is_guessed && is_for_messages {
            false => Ok(()),
            true => Err(Failure::usage(
                "the input's name may be that of rows or of FHIR resources, and the policy is for messages",
                "say what is in it by --format fhir or ndjson",
            )
            .at(arguments.input.display())),
        }
    }
}

/// A format of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// FHIR R4 resources in JSON
    #[value(name = "fhir")]
    Fhir,
    /// HL7 v2 scheduling messages (SIU)
    #[value(name = "hl7v2")]
    Hl7v2,
}

impl Kind {
    /// The profile in a file or the bundled one, for the policy in the file `of`.
    pub(crate) fn profile(
        self,
        file: Option<&Path>,
        policy: &Policy,
        of: &Path,
    ) -> Result<Profile, Failure> {
        let schema = policy.schema();
        if file.is_none() && schema.name() != BUNDLED {
            return Err(Failure::new(
                Exit::Input,
                "definition",
                format!(
                    "the policy is for the schema {:?}, and the bundled profile for {BUNDLED:?}",
                    schema.name()
                ),
                "take a policy for messages, such as `paravent init --schema scheduling` makes, or give a profile for your schema by --profile",
            )
            .at(of.display()));
        }
        let text = file.map(profile_text).transpose()?;
        self.read_profile(text.as_deref(), schema)
            .map_err(|error| match file {
                Some(path) => self
                    .not_read(&error, text.as_deref(), schema)
                    .at(path.display()),
                None => Failure::definition(&error).at("the bundled profile"),
            })
    }

    fn read_profile(self, text: Option<&str>, schema: &Schema) -> paravent::Result<Profile> {
        match self {
            Self::Fhir => fhir::profile(text, schema).map(Profile::Fhir),
            Self::Hl7v2 => hl7v2::profile(text, schema).map(Profile::Hl7v2),
        }
    }

    /// What is said of a profile that does not load: it may be one of the other format.
    fn not_read(self, error: &paravent::Error, text: Option<&str>, schema: &Schema) -> Failure {
        let failure = Failure::definition(error);
        let other = match self {
            Self::Fhir => Self::Hl7v2,
            Self::Hl7v2 => Self::Fhir,
        };
        match other.read_profile(text, schema) {
            Ok(_) => Failure::new(
                failure.exit(),
                "definition",
                format!("it is a profile for {}", other.plural()),
                "give one for what is to be protected: `paravent profile show` prints the bundled ones",
            ),
            Err(_) => failure,
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
    pub(crate) fn revealer(self, revealer: Revealer) -> Result<Task, Failure> {
        let turn = match self {
            Self::Fhir => fhir::revealer(revealer),
            Self::Hl7v2 => hl7v2::revealer(revealer),
        };
        Ok(Task {
            turn: turn?,
            direction: Direction::Reveal,
            not_shown: Vec::new(),
        })
    }

    /// What is said of a file that begins as one of this format, and was read as one of the other.
    fn meant(self) -> Failure {
        Failure::new(
            Exit::Input,
            "message",
            format!("it begins as a file of {}", self.plural()),
            format!(
                "say so by --format {}, or give the file that was meant",
                self.name()
            ),
        )
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Fhir => "FHIR resources",
            Self::Hl7v2 => "HL7 v2 messages",
        }
    }

    /// As `--format` names it.
    fn name(self) -> &'static str {
        match self {
            Self::Fhir => "fhir",
            Self::Hl7v2 => "hl7v2",
        }
    }

    /// Where a profile says what is shown.
    fn place(self) -> &'static str {
        match self {
            Self::Fhir => "under `fields` of a resource",
            Self::Hl7v2 => "under [show]",
        }
    }
}

/// The schema of the bundled profiles.
const BUNDLED: &str = "scheduling";

/// What of messages passes.
pub(crate) enum Profile {
    Fhir(paravent::fhir::Profile),
    Hl7v2(paravent::hl7v2::Profile),
}

impl Profile {
    /// What protects messages by it.
    pub(crate) fn protector(
        self,
        keyring: &Keyring,
        policy: &CheckedPolicy,
    ) -> Result<Task, Failure> {
        match self {
            Self::Fhir(profile) => fhir::protector(keyring, policy, profile),
            Self::Hl7v2(profile) => hl7v2::protector(keyring, policy, profile),
        }
    }
}

/// What gets a message that cannot be turned, and ends it by an error.
type Refuse<'a> = &'a mut dyn FnMut(Refused<'_>) -> paravent::Result<()>;

/// Takes all of a file of messages through.
type Turn = Box<dyn Fn(&mut dyn Read, &mut dyn Write, Refuse<'_>) -> paravent::Result<FileSummary>>;

/// What happens to messages.
pub(crate) struct Task {
    turn: Turn,
    direction: Direction,
    /// What the policy shows and the profile has no place for, by name.
    not_shown: Vec<String>,
}

/// A profile's file.
fn profile_text(path: &Path) -> Result<String, Failure> {
    files::bounded(path).map_err(|error| Failure::file("reading", path, &error).exits(Exit::Input))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Protect,
    Reveal,
}

/// Refused messages that are told one by one.
const LISTED: u64 = 5;

/// Takes the messages through.
pub(crate) fn run(
    arguments: &RowArguments,
    kind: Kind,
    task: &Task,
    settings: &Settings,
) -> Outcome {
    if !settings.json {
        warn_of_shown(kind, &task.not_shown);
    }
    let (readers, done) = match task.direction {
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
        begins_as: None,
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
    let counts = (task.turn)(&mut from, &mut to, &mut |one| {
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
    let other = from.begins_as.filter(|begun| *begun != kind);
    let counts = counts.map_err(|error| {
        let failure = Failure::from(&error);
        match (failure.exit(), other) {
            (Exit::Input, Some(other)) => other.meant().at(&name),
            (Exit::Input | Exit::Keys, _) => failure.at(&name),
            _ => failure,
        }
    })?;
    // Whoever finds the output finds what is missing in it.
    if let Some(bad) = bad {
        bad.finish()?;
    }
    output.finish()?;
    if settings.json {
        tell_machines(&counts, &task.not_shown, took, arguments)?;
    } else {
        warn_of_none(&counts, &name);
        tell(done, &counts, took, settings);
    }
    Ok(match counts.refused + counts.changed {
        0 => Exit::Done,
        _ => Exit::Partial,
    })
}

/// Tells what the policy shows and no message will have.
fn warn_of_shown(kind: Kind, not_shown: &[String]) {
    if let [_, ..] = not_shown {
        output::complain(&format!(
            "paravent: the policy shows {}, and the profile has no place for it; say where {} of a profile of your own, or take it from the policy\n",
            not_shown.join(", "),
            kind.place()
        ));
    }
}

/// Tells of a file that holds no message: it may be another one than was meant.
fn warn_of_none(counts: &FileSummary, name: &str) {
    if counts.messages + counts.refused == 0 {
        output::complain(&format!(
            "paravent: {}: there is no message in it; see whether it is the file that was meant\n",
            output::one_line(name)
        ));
    }
}

fn tell_machines(
    counts: &FileSummary,
    not_shown: &[String],
    took: Duration,
    arguments: &RowArguments,
) -> Result<(), Failure> {
    let mut object = json!({
        "messages": counts.messages,
        "quarantined": counts.refused,
        "changed": counts.changed,
        "seconds": took.as_secs_f64(),
    });
    if !not_shown.is_empty() {
        object["not_shown"] = json!(not_shown);
    }
    let text = output::json(&object)?;
    // The standard output may have the messages.
    if output::is_stream(&arguments.output) {
        output::complain(&text);
        Ok(())
    } else {
        output::print(&text)
    }
}

fn tell(done: &str, counts: &FileSummary, took: Duration, settings: &Settings) {
    let FileSummary {
        messages,
        refused,
        changed,
        ..
    } = *counts;
    if changed > 0 {
        let (what, were) = match changed {
            1 => ("1 message is".to_owned(), "it was"),
            changed => (format!("{} messages are", grouped(changed)), "they were"),
        };
        output::complain(&format!(
            "paravent: {what} not byte for byte what was protected: {were} changed on the way\n"
        ));
    }
    let mut line = format!(
        "{done} {} in {:.1} s",
        counted(messages),
        took.as_secs_f64()
    );
    if refused > 0 {
        line.push_str(&format!("; {} in quarantine", counted(refused)));
    }
    settings.note(&line);
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
    /// What the first bytes are of.
    begins_as: Option<Kind>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if self.bytes.get() == 0 {
            self.begins_as = Kind::of(&buffer[..read]);
        }
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
