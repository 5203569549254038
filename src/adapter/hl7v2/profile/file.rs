//! The file of a profile, and every rule it is held to.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use toml::Spanned;

use super::{ComponentRules, FieldRules, FieldSource, Inner, Keep, Numbered, SegmentRules, Show};
use crate::{
    adapter::{
        hl7v2::{
            path::Part,
            sealed,
            text::{self, CharacterSet},
        },
        message::{check_field, check_unlisted},
    },
    error::{Error, Result},
    id::{Scope, check_name},
    schema::{Role, Schema, ValueType},
    toml_file::{self, Lines, hint},
};

pub(super) fn read(text: &str, schema: &Schema) -> Result<Inner> {
    let file: File = toml_file::parse(text)?;
    Reader {
        lines: Lines::new(text),
        schema,
    }
    .read(file)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    schema: Spanned<String>,
    unlisted: Spanned<String>,
    messages: Vec<Spanned<String>>,
    versions: Vec<String>,
    segments: Vec<Spanned<String>>,
    offset: Option<Spanned<String>>,
    #[serde(default)]
    seal: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    keep: BTreeMap<Spanned<String>, KeepFile>,
    #[serde(default)]
    write: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    fields: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    show: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "what is kept is neither a list of values in quotes, nor \"set-id\" or \"count\", nor a table of such `values` and a `reason`"
)]
enum KeepFile {
    Values(Vec<String>),
    Word(String),
    WithReason { values: Vec<String>, reason: String },
}

/// The fields whose closed lists are known to tell nothing of a person: type, processing and acknowledgement of a message, action codes
/// (HL7 table 0206), status (0278).
const STRUCTURE: [(&[u8; 3], &[u16]); 7] = [
    (b"MSH", &[9, 11, 15, 16, 17, 19]),
    (b"SCH", &[25]),
    (b"RGS", &[2]),
    (b"AIS", &[2, 10]),
    (b"AIG", &[2, 14]),
    (b"AIL", &[2, 12]),
    (b"AIP", &[2, 12]),
];

/// Turns the file into a profile, rule by rule.
struct Reader<'a> {
    lines: Lines,
    schema: &'a Schema,
}

/// The rules of a part, by the part itself.
type Rules = BTreeMap<Part, ComponentRules>;

impl Reader<'_> {
    fn read(self, file: File) -> Result<Inner> {
        let name = file.name.get_ref();
        self.lines
            .at(&file.name, check_name("the profile's name", name))?;
        if file.schema.get_ref() != self.schema.name() {
            let error = Error::definition(
                format!(
                    "the profile is for another schema than {:?}",
                    self.schema.name()
                ),
                "load it with the schema that it names",
            );
            return self.lines.at(&file.schema, Err(error));
        }
        let unlisted = self.scope(&file.unlisted)?;
        self.lines
            .at(&file.unlisted, check_unlisted(self.schema, unlisted))?;
        let mut rules = Rules::new();
        for (scope, parts) in &file.seal {
            let sealed_for = self.scope(scope)?;
            for part in parts {
                let rule = rules.entry(self.part(part, false)?).or_default();
                if rule.scope.replace(sealed_for).is_some() {
                    return self.twice(part, "sealed");
                }
            }
        }
        let fields = self.fields(&file)?;
        self.keep(file.keep, &fields, &mut rules)?;
        for (part, text) in file.write {
            let rule = rules.entry(self.part(&part, true)?).or_default();
            if rule.write.replace(text.into_inner()).is_some() {
                return self.twice(&part, "written");
            }
        }
        for (part, name) in file.show {
            let rule = rules.entry(self.part(&part, true)?).or_default();
            let name = name.into_inner();
            let show = Show {
                field: self.schema.position(&name),
                name,
            };
            if rule.show.replace(show).is_some() {
                return self.twice(&part, "shown");
            }
        }
        for message in &file.messages {
            let mut parts = message.get_ref().split('^');
            let is_type = parts.clone().count() == 2 && parts.all(|part| !part.is_empty());
            if !is_type {
                let error = Error::definition(
                    "a message type is not of two parts",
                    "write type and event, as in \"SIU^S12\", and the structure, if it is to pass, under [keep] as \"MSH-9.3\"",
                );
                return self.lines.at(message, Err(error));
            }
        }
        let messages = file
            .messages
            .into_iter()
            .map(|message| message.into_inner().into_bytes());
        let messages: Vec<Vec<u8>> = messages.collect();
        let versions: Vec<Vec<u8>> = file.versions.into_iter().map(String::into_bytes).collect();
        keep_what_is_checked(&messages, &versions, &mut rules);
        let names = file.segments.iter().map(|name| {
            let part = self.lines.at(name, Part::parse(name.get_ref()))?;
            match part.field {
                0 if part.segment != sealed::NAME => Ok(part.segment),
                _ => {
                    let error = Error::definition(
                        format!("{:?} is no name of a segment that can pass", name.get_ref()),
                        "list segments, such as \"PID\", and not ZPV, which has what is sealed",
                    );
                    self.lines.at(name, Err(error))
                }
            }
        });
        let names = names.collect::<Result<_>>()?;
        let segments = segments(rules, unlisted);
        for (name, alternatives) in &file.fields {
            for text in alternatives {
                for part in text.get_ref().split(' ') {
                    let scope = scope_of(&segments, unlisted, Part::parse(part)?);
                    let checked = check_field(self.schema, scope, name.get_ref());
                    self.lines.at(text, checked)?;
                }
            }
        }
        Ok(Inner {
            name: file.name.into_inner(),
            schema: self.schema.clone(),
            messages,
            versions,
            names,
            offset: match file.offset {
                Some(offset) => Some(self.lines.at(&offset, check_offset(offset.get_ref()))?),
                None => None,
            },
            unlisted,
            segments,
            fields,
        })
    }

    fn keep(
        &self,
        keep: BTreeMap<Spanned<String>, KeepFile>,
        fields: &[FieldSource],
        rules: &mut Rules,
    ) -> Result<()> {
        for (name, keep) in keep {
            let part = self.part(&name, true)?;
            self.check_kept(&name, part, fields)?;
            let bytes = |values: Vec<String>| values.into_iter().map(String::into_bytes).collect();
            let is_structure = || {
                let mut known = STRUCTURE.iter();
                known.any(|(segment, fields)| {
                    **segment == part.segment && fields.contains(&part.field)
                })
            };
            let keep = match keep {
                KeepFile::Values(values) if is_structure() => Ok(Keep::Values(bytes(values))),
                KeepFile::WithReason { values, reason } if !reason.trim().is_empty() => {
                    Ok(Keep::Values(bytes(values)))
                }
                KeepFile::Values(_) | KeepFile::WithReason { .. } => Err(Error::definition(
                    format!("{} is kept without a reason", name.get_ref()),
                    "say why it may pass: { values = […], reason = \"…\" }",
                )),
                KeepFile::Word(word) => match (&*word, part.field, &part.segment) {
                    ("set-id", 1, _) => Ok(Keep::SetId),
                    ("count", 1, b"BTS" | b"FTS") => Ok(Keep::Count),
                    _ => Err(Error::definition(
                        format!("{} is kept as what it cannot be", name.get_ref()),
                        "use a list of values, \"set-id\" for the first field of a segment, or \"count\" for that of BTS and FTS",
                    )),
                },
            };
            let keep = self.lines.at(&name, keep)?;
            if rules.entry(part).or_default().keep.replace(keep).is_some() {
                return self.twice(&name, "kept");
            }
        }
        Ok(())
    }

    fn scope(&self, name: &Spanned<String>) -> Result<Scope> {
        let known = self.schema.scope(name.get_ref()).ok_or_else(|| {
            Error::definition(
                format!(
                    "{:?} is no scope of the schema{}",
                    name.get_ref(),
                    hint(name.get_ref(), self.schema.scope_names())
                ),
                "use a scope that has a field in the schema",
            )
        });
        let scope = self.lines.at(name, known)?;
        if self.schema.scope_set().contains(scope) {
            return Ok(scope);
        }
        let error = Error::definition(
            format!("no field of the schema is in scope {:?}", name.get_ref()),
            "use a scope that has a field in the schema",
        );
        self.lines.at(name, Err(error))
    }

    /// The part of this name; one that text is written to is a component.
    fn part(&self, name: &Spanned<String>, of_text: bool) -> Result<Part> {
        let mut part = self.lines.at(name, Part::parse(name.get_ref()))?;
        let refused = match (of_text, part) {
            (
                _,
                Part {
                    subcomponent: 1.., ..
                },
            ) => Some("rules are for components, not for parts of them"),
            (true, Part { field: 0, .. }) => {
                Some("what is kept, written or shown is a field or a component")
            }
            (
                _,
                Part {
                    segment: [b'M', b'S', b'H'],
                    field: 1 | 2,
                    ..
                },
            ) => Some("MSH-1 and MSH-2 are the delimiters, which stay"),
            (
                _,
                Part {
                    segment: [b'M', b'S', b'H'],
                    field: 10,
                    component,
                    ..
                },
            ) if component > u16::from(of_text) => {
                Some("MSH-10 is the id of the message, which is one component")
            }
            _ => None,
        };
        if let Some(why) = refused {
            let error = Error::definition(
                format!("the rule for {} cannot be: {why}", name.get_ref()),
                "name a component, such as \"PID-5.1\"",
            );
            return self.lines.at(name, Err(error));
        }
        if of_text {
            part.component = part.component.max(1);
        }
        Ok(part)
    }

    fn twice<T>(&self, part: &Spanned<String>, what: &str) -> Result<T> {
        let error = Error::definition(
            format!("{:?} is {what} twice", part.get_ref()),
            "name each part once",
        );
        self.lines.at(part, Err(error))
    }

    fn fields(&self, file: &File) -> Result<Vec<FieldSource>> {
        let field = |(name, alternatives): (&Spanned<String>, &Vec<Spanned<String>>)| {
            let position = self.schema.position(name.get_ref()).ok_or_else(|| {
                let names = self.schema.fields().iter().map(|field| field.name());
                Error::definition(
                    format!(
                        "{:?} is no field of the schema{}",
                        name.get_ref(),
                        hint(name.get_ref(), names)
                    ),
                    "use a field of the schema",
                )
            });
            let position = self.lines.at(name, position)?;
            let field = &self.schema.fields()[position];
            let is_read = matches!(
                field.value_type(),
                ValueType::Text | ValueType::Date | ValueType::DateTime
            );
            if !is_read || field.is_shaped() {
                let error = Error::definition(
                    format!("field {:?} cannot be read from a message", field.name()),
                    "read fields of type text, date or date-time that are not shaped",
                );
                return self.lines.at(name, Err(error));
            }
            let parts = |alternative: &Spanned<String>| {
                let parts = alternative.get_ref().split(' ');
                let parts: Result<Vec<Part>> = parts.map(Part::parse).collect();
                let parts = self.lines.at(alternative, parts)?;
                let of_one = |part: &Part| {
                    part.field > 0
                        && (part.segment, part.field) == (parts[0].segment, parts[0].field)
                };
                match parts.iter().all(of_one) {
                    true => Ok(parts),
                    false => {
                        let error = Error::definition(
                            format!(
                                "field {:?} is read from a whole segment, or from several fields",
                                field.name()
                            ),
                            "name a field or components of it",
                        );
                        self.lines.at(alternative, Err(error))
                    }
                }
            };
            Ok(FieldSource {
                position,
                alternatives: alternatives.iter().map(parts).collect::<Result<_>>()?,
            })
        };
        file.fields.iter().map(field).collect()
    }

    /// Refuses a part that passes although it says something of a person, unknown to the check of policies.
    fn check_kept(&self, name: &Spanned<String>, part: Part, fields: &[FieldSource]) -> Result<()> {
        let is_read = |source: &&FieldSource| {
            let mut parts = source.alternatives.iter().flatten();
            parts.any(|read| {
                let component = read.component.max(1);
                (read.segment, read.field, component) == (part.segment, part.field, part.component)
            })
        };
        let told = fields
            .iter()
            .filter(is_read)
            .map(|source| &self.schema.fields()[source.position]);
        match told.clone().find(|field| field.role() != Role::Neutral) {
            None => Ok(()),
            Some(field) => {
                let error = Error::definition(
                    format!(
                        "{} is kept, and the field {:?} is read from it: that is for what the policy shows",
                        name.get_ref(),
                        field.name()
                    ),
                    "take it from [keep], put it under [show], and let the policy say how it is shown and why",
                );
                self.lines.at(name, Err(error))
            }
        }
    }
}

/// The scope that a part is sealed for.
fn scope_of(segments: &BTreeMap<[u8; 3], SegmentRules>, unlisted: Scope, part: Part) -> Scope {
    let Some(segment) = segments.get(&part.segment) else {
        return unlisted;
    };
    let Some(field) = segment.fields.get(part.field.into()) else {
        return segment.scope;
    };
    let component = field.components.get(part.component.max(1).into());
    component
        .and_then(|rules| rules.scope)
        .unwrap_or(field.scope)
}

/// Sorts the rules by segment and field, with the scope that holds for each.
fn segments(rules: Rules, unlisted: Scope) -> BTreeMap<[u8; 3], SegmentRules> {
    let mut segments: BTreeMap<[u8; 3], SegmentRules> = BTreeMap::new();
    // Ascending, so that a segment's own rule comes before those of its fields, and a field's before those of its components.
    for (part, rule) in rules {
        let segment = segments
            .entry(part.segment)
            .or_insert_with(|| SegmentRules {
                scope: unlisted,
                fields: Numbered::EMPTY,
            });
        let scope = segment.scope;
        if part.field == 0 {
            segment.scope = rule.scope.unwrap_or(unlisted);
            continue;
        }
        let field = segment.fields.entry(part.field, || FieldRules {
            scope,
            components: Numbered::EMPTY,
            mixed: false,
        });
        if part.component == 0 {
            field.scope = rule.scope.unwrap_or(scope);
            continue;
        }
        field.mixed |= rule.scope.is_some_and(|scope| scope != field.scope);
        field.components.entry(part.component, || rule);
    }
    segments
}

/// Lets type, version and character set pass, which are checked before.
fn keep_what_is_checked(messages: &[Vec<u8>], versions: &[Vec<u8>], rules: &mut Rules) {
    let half = |which: usize| {
        let halves = messages
            .iter()
            .filter_map(move |message| message.split(|&byte| byte == b'^').nth(which));
        halves.map(<[u8]>::to_vec).collect()
    };
    let sets = CharacterSet::NAMES
        .iter()
        .map(|name| name.as_bytes().to_vec());
    for (field, component, values) in [
        (9, 1, half(0)),
        (9, 2, half(1)),
        (12, 1, versions.to_vec()),
        (18, 1, sets.collect()),
    ] {
        let part = Part {
            segment: *b"MSH",
            field,
            component,
            subcomponent: 0,
        };
        rules.entry(part).or_default().keep = Some(Keep::Values(values));
    }
}

/// Refuses an offset with which no time would be read.
fn check_offset(offset: &str) -> Result<String> {
    let noon = || Cow::Borrowed("202601011200").into();
    let is_read = || text::value(noon(), ValueType::DateTime, Some(offset)).is_some();
    match text::offset(offset) {
        Some(whole) if whole == offset && is_read() => Ok(whole.to_owned()),
        _ => Err(Error::definition(
            "`offset` is no offset from UTC",
            "write sign, hours and minutes, as in \"+0100\"",
        )),
    }
}
