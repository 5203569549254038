//! What is told of a file of messages without keys.

use std::{
    collections::{HashMap, hash_map::Entry},
    io::Read,
    path::Path,
};

use paravent::{Inspected, Schema, fhir, hl7v2, hl7v2::InspectedMessage};
use serde_json::json;

use super::Kind;
use crate::{
    failure::{Exit, Failure},
    output,
    policy::pages::page::grouped,
    settings::{self, Settings},
};

impl Kind {
    /// What a file is that begins like this; `None` where it holds no messages.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning);
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0B;
        let start = text.iter().position(|byte| !is_blank(byte))?;
        let text = &text[start..];
        let headers: [&[u8]; 3] = [b"MSH", b"FHS", b"BHS"];
        if headers.iter().any(|name| text.starts_with(name)) {
            return Some(Self::Hl7v2);
        }
        text.starts_with(b"{").then_some(Self::Fhir)
    }

    /// "1 HL7 v2 message", "12,000 documents of FHIR".
    fn counted(self, messages: u64) -> String {
        let plural = if messages == 1 { "" } else { "s" };
        let messages = grouped(messages);
        match self {
            Self::Fhir => format!("{messages} document{plural} of FHIR"),
            Self::Hl7v2 => format!("{messages} HL7 v2 message{plural}"),
        }
    }
}

/// What was found in a file.
#[derive(Default)]
struct Found {
    /// Messages that have a seal.
    protected: u64,
    /// What begins or ends a batch and has one.
    envelopes: u64,
    /// Seals that are alike, and how many there are.
    seals: Vec<(Inspected, u64)>,
    /// Where each of them is by all that is told of it: a file may have as many that differ as it likes.
    places: HashMap<String, usize>,
}

impl Found {
    fn add(&mut self, message: InspectedMessage, schema: &Schema) {
        if message.is_envelope {
            self.envelopes += 1;
        } else if !message.seals.is_empty() {
            self.protected += 1;
        }
        for seal in message.seals {
            let seal = seal.with_names(schema);
            match self.places.entry(format!("{seal:?}")) {
                Entry::Occupied(place) => self.seals[*place.get()].1 += 1,
                Entry::Vacant(place) => {
                    place.insert(self.seals.len());
                    self.seals.push((seal, 1));
                }
            }
        }
    }
}

/// Tells what the messages of a file are.
pub(crate) fn run(
    path: &Path,
    kind: Kind,
    from: impl Read,
    settings: &Settings,
) -> Result<(), Failure> {
    let schema = schema(settings)?;
    let mut found = Found::default();
    let tell = |message| found.add(message, &schema);
    let summary = match kind {
        Kind::Fhir => fhir::inspect_file(from, tell),
        Kind::Hl7v2 => hl7v2::inspect_file(from, tell),
    };
    let summary = summary.map_err(|error| {
        let failure = Failure::from(&error).at(path.display());
        match error.is_io() {
            true => failure,
            false => failure.exits(Exit::Input),
        }
    })?;
    if settings.json {
        let seals = found.seals.iter().map(|(seal, number)| {
            let mut object = json!(seal);
            object["seals"] = (*number).into();
            object
        });
        output::print_json(&json!({
            "kind": "messages",
            "format": kind.name(),
            "messages": summary.messages,
            "protected": found.protected,
            "envelopes": found.envelopes,
            "seals": seals.collect::<Vec<_>>(),
        }))
    } else {
        output::print(&page(kind, summary.messages, &found))
    }
}

/// The schema that names the scopes of messages: that of the configuration, where it is one for them.
fn schema(settings: &Settings) -> Result<Schema, Failure> {
    let own = settings::schema(&settings.config()?, None)?;
    let is_for_messages = own.fields().iter().any(paravent::Field::is_shaped);
    Ok(match is_for_messages {
        true => own,
        false => Schema::scheduling(),
    })
}

fn page(kind: Kind, messages: u64, found: &Found) -> String {
    let protected = match found.protected {
        0 if messages == 1 => "not protected".to_owned(),
        0 => "none of them protected".to_owned(),
        all if all == messages => "protected".to_owned(),
        some => format!("{} of them protected", grouped(some)),
    };
    let mut text = format!("{}, {protected}\n", kind.counted(messages));
    if found.envelopes > 0 {
        let of = match found.envelopes {
            1 => "segment that begins or ends a batch has a seal",
            _ => "segments that begin or end batches have seals",
        };
        text.push_str(&format!("{} {of}\n", grouped(found.envelopes)));
    }
    for (seal, number) in &found.seals {
        let seals = match number {
            1 => "1 seal:".to_owned(),
            number => format!("{} seals, each", grouped(*number)),
        };
        let seal = seal.to_string().replace('\n', "\n  ");
        text.push_str(&format!("  {seals} {seal}\n"));
    }
    text
}
