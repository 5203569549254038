//! What of a message passes, who may open what is taken out, what is read of it: a file that a data-protection officer reads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::Deserialize;
use toml::Spanned;

use super::path::Part;
use crate::{
    error::{Error, Result},
    id::Scope,
    schema::{Role, Schema, ValueType},
    toml_file::{self, Lines, hint, within},
};

/// How messages are mapped to a schema, and what of them passes. Cheap to clone.
///
/// Whatever no rule names is taken out of a message and sealed. So a profile that lacks a rule shows less, never more; what
/// passes is on a list of values, written out in the profile.
///
/// # Examples
///
/// ```
/// use paravent::{Schema, hl7v2::Profile};
///
/// assert_eq!(Profile::siu().name(), "siu");
///
/// let error = Profile::from_toml(r#"
///     name = "mine"
///     schema = "scheduling"
///     unlisted = "rest"
///     messages = ["SIU^S12"]
///     versions = ["2.5.1"]
///     [keep]
///     "AIP-4.1" = ["CARDIO"]
///     [fields]
///     specialty = ["AIP-4.1"]
/// "#, &Schema::scheduling()).unwrap_err();
/// assert_eq!(error.line(), Some(8));
/// assert!(error.to_string().contains("the policy shows"));
/// ```
#[derive(Clone)]
pub struct Profile(Arc<Inner>);

struct Inner {
    name: String,
    schema: Schema,
    messages: Vec<Vec<u8>>,
    versions: Vec<Vec<u8>>,
    unlisted: Scope,
    segments: HashMap<[u8; 3], SegmentRules>,
    fields: Vec<FieldSource>,
}

/// What is done with a segment.
pub(super) struct SegmentRules {
    /// Who may open what of it no other rule names.
    scope: Scope,
    /// By the number of the field.
    fields: BTreeMap<u16, FieldRules>,
}

/// What is done with a field.
pub(super) struct FieldRules {
    /// Who may open what of it no component's rule names.
    pub(super) scope: Scope,
    /// By the number of the component.
    pub(super) components: BTreeMap<u16, ComponentRules>,
    /// Whether what is taken out of it is for several scopes.
    pub(super) mixed: bool,
}

impl FieldRules {
    /// The rules of the component of this number, which a message may have more of than a profile can name.
    pub(super) fn component(&self, number: usize) -> Option<&ComponentRules> {
        self.components.get(&u16::try_from(number).ok()?)
    }
}

/// What is done with a component.
#[derive(Default)]
pub(super) struct ComponentRules {
    pub(super) scope: Option<Scope>,
    pub(super) keep: Option<Keep>,
    pub(super) show: Option<Show>,
    pub(super) write: Option<String>,
}

/// What passes as it is.
pub(super) enum Keep {
    /// One of these.
    Values(Vec<Vec<u8>>),
    /// Up to so many digits.
    Digits(usize),
}

impl Keep {
    pub(super) fn takes(&self, value: &[u8]) -> bool {
        match self {
            Self::Values(values) => values.iter().any(|kept| kept == value),
            Self::Digits(most) => value.len() <= *most && value.iter().all(u8::is_ascii_digit),
        }
    }
}

/// What of the policy is shown.
pub(super) struct Show {
    pub(super) name: String,
    /// The position of the schema's field of that name, where it is no pseudonym or index.
    pub(super) field: Option<usize>,
}

/// Where a field of the schema is read: the first of the alternatives that has a value, its parts joined by spaces.
pub(super) struct FieldSource {
    /// The position in the schema.
    pub(super) position: usize,
    pub(super) alternatives: Vec<Vec<Part>>,
}

impl Profile {
    /// The bundled one: messages SIU^S12 to S26 of HL7 v2.2 to v2.8, for [`Schema::scheduling`].
    pub fn siu() -> Self {
        match Self::from_toml(Self::siu_text(), &Schema::scheduling()) {
            Ok(profile) => profile,
            Err(_) => unreachable!("the bundled profile loads"),
        }
    }

    /// The text of the bundled one, to begin an own one with.
    pub fn siu_text() -> &'static str {
        include_str!("siu.toml")
    }

    /// The profile in a TOML text, for messages of `schema`.
    ///
    /// A part is a segment, `"PID"`, a field, `"PID-5"`, or a component, `"PID-5.1"`; of several rules that name it the longest holds. A
    /// field of one component is its first component.
    ///
    /// | key | |
    /// |---|---|
    /// | `name` | its name, 1 to 64 characters |
    /// | `schema` | the schema's name |
    /// | `unlisted` | the scope that what no rule names is sealed for |
    /// | `messages` | the types that are taken, `["SIU^S12"]`; all others are refused |
    /// | `versions` | the versions of MSH-12 that are taken |
    /// | `[seal]` | `SCOPE = ["PID"]`: who may open what is taken out of these parts |
    /// | `[keep]` | `"SCH-25.1" = ["Booked"]`: a part passes where it is one of these values; `{ digits = 4 }`: where it is up to so many digits, at most 7 |
    /// | `[write]` | `"MSH-3.1" = "SCREEN"`: what is written in a field that was not empty |
    /// | `[fields]` | `start = ["TQ1-7.1", "SCH-11.4"]`: where a field of the schema is read, the first that has a value; parts with a space between them are joined by one; down to sub-components |
    /// | `[show]` | `"PID-3.1" = "patient"`: where the field, pseudonym or index of that name is written, where the policy has it |
    ///
    /// A part that a field is read from is kept only where the field's role is neutral: others are shown by the policy, with its reason, and so
    /// that its check knows of it. A part of a field is shown where it says what the field does, a pseudonym or an index in the first segment of
    /// its name. Only the first repetition of a field is written into.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] with the [line](Error::line) of the first rule broken; also where the file is for another schema or larger
    /// than 1 MiB (1,048,576 bytes).
    pub fn from_toml(text: &str, schema: &Schema) -> Result<Self> {
        let file: File = toml_file::parse(text)?;
        Reader {
            lines: Lines::new(text),
            schema,
        }
        .read(file)
        .map(|inner| Self(Arc::new(inner)))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The schema that it maps messages to.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    pub(super) fn unlisted(&self) -> Scope {
        self.0.unlisted
    }

    pub(super) fn takes_message(&self, message: &[u8]) -> bool {
        self.0.messages.iter().any(|taken| taken == message)
    }

    pub(super) fn takes_version(&self, version: &[u8]) -> bool {
        self.0.versions.iter().any(|taken| taken == version)
    }

    pub(super) fn sources(&self) -> &[FieldSource] {
        &self.0.fields
    }

    /// The rules of a field, or the scope of all of it.
    pub(super) fn rules(
        &self,
        segment: &[u8],
        field: u16,
    ) -> std::result::Result<&FieldRules, Scope> {
        self.rules_in(self.segment(segment), field)
    }

    /// The rules of a segment, for [`rules_in`](Self::rules_in).
    pub(super) fn segment(&self, name: &[u8]) -> Option<&SegmentRules> {
        let name = <[u8; 3]>::try_from(name).ok()?;
        self.0.segments.get(&name)
    }

    /// The rules of a field of a segment that has these, or the scope of all of it.
    pub(super) fn rules_in<'a>(
        &self,
        segment: Option<&'a SegmentRules>,
        field: u16,
    ) -> std::result::Result<&'a FieldRules, Scope> {
        let rules = segment.ok_or(self.0.unlisted)?;
        rules.fields.get(&field).ok_or(rules.scope)
    }

    /// What of the policy is shown in MSH-10.
    pub(super) fn shown_as_id(&self) -> Option<&str> {
        let rules = self.rules(b"MSH", 10).ok()?.components.get(&1)?;
        rules.show.as_ref().map(|show| &*show.name)
    }

    /// Whether MSH-10 may have what is neither shown nor a new id.
    pub(super) fn has_own_id(&self) -> bool {
        let rules = self.rules(b"MSH", 10).ok();
        let rules = rules.and_then(|rules| rules.components.get(&1));
        rules.is_some_and(|rules| rules.keep.is_some() || rules.write.is_some())
    }

    /// Every part where something of the policy is shown.
    pub(super) fn shows(&self) -> impl Iterator<Item = &Show> {
        let fields = self
            .0
            .segments
            .values()
            .flat_map(|rules| rules.fields.values());
        fields
            .flat_map(|rules| rules.components.values())
            .filter_map(|rules| rules.show.as_ref())
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.0.name)
            .field("schema", &self.0.schema)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    schema: Spanned<String>,
    unlisted: Spanned<String>,
    messages: Vec<Spanned<String>>,
    versions: Vec<String>,
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
#[serde(untagged)]
enum KeepFile {
    Values(Vec<String>),
    Digits { digits: i64 },
}

/// The most digits that pass: eight may be a date.
const MOST_DIGITS: i64 = 7;

/// Turns the file into a profile, rule by rule.
struct Reader<'a> {
    lines: Lines,
    schema: &'a Schema,
}

/// The rules of a part, by the part itself.
type Rules = BTreeMap<Part, ComponentRules>;

impl Reader<'_> {
    fn read(self, file: File) -> Result<Inner> {
        self.lines.at(
            &file.name,
            crate::id::check_name("the profile's name", file.name.get_ref()),
        )?;
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
        for (part, keep) in file.keep {
            self.check_kept(&part, &fields)?;
            let keep = match keep {
                KeepFile::Values(values) => {
                    Keep::Values(values.into_iter().map(String::into_bytes).collect())
                }
                KeepFile::Digits { digits } => {
                    let digits = within("`digits`", digits, 1..=MOST_DIGITS);
                    Keep::Digits(self.lines.at(&part, digits)? as usize)
                }
            };
            rules.entry(self.part(&part, true)?).or_default().keep = Some(keep);
        }
        for (part, text) in file.write {
            let rule = rules.entry(self.part(&part, true)?).or_default();
            rule.write = Some(text.into_inner());
        }
        for (part, name) in file.show {
            let rule = rules.entry(self.part(&part, true)?).or_default();
            let name = name.into_inner();
            rule.show = Some(Show {
                field: self.schema.position(&name),
                name,
            });
        }
        for message in &file.messages {
            if !message.get_ref().contains('^') {
                let error = Error::definition(
                    "a message type is not of two parts",
                    "write type and event, as in \"SIU^S12\"",
                );
                return self.lines.at(message, Err(error));
            }
        }
        Ok(Inner {
            name: file.name.into_inner(),
            schema: self.schema.clone(),
            messages: file
                .messages
                .into_iter()
                .map(|message| message.into_inner().into_bytes())
                .collect(),
            versions: file.versions.into_iter().map(String::into_bytes).collect(),
            unlisted,
            segments: segments(rules, unlisted),
            fields,
        })
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
                match parts.iter().all(|part| part.field > 0) {
                    true => Ok(parts),
                    false => {
                        let error = Error::definition(
                            format!("field {:?} is read from a whole segment", field.name()),
                            "name a field or a component of it",
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
    fn check_kept(&self, name: &Spanned<String>, fields: &[FieldSource]) -> Result<()> {
        let part = self.part(name, true)?;
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

/// Sorts the rules by segment and field, with the scope that holds for each.
fn segments(rules: Rules, unlisted: Scope) -> HashMap<[u8; 3], SegmentRules> {
    let mut segments: HashMap<[u8; 3], SegmentRules> = HashMap::new();
    // Ascending, so that a segment's own rule comes before those of its fields, and a field's before those of its components.
    for (part, rule) in rules {
        let segment = segments
            .entry(part.segment)
            .or_insert_with(|| SegmentRules {
                scope: unlisted,
                fields: BTreeMap::new(),
            });
        let scope = segment.scope;
        if part.field == 0 {
            segment.scope = rule.scope.unwrap_or(unlisted);
            continue;
        }
        let field = segment
            .fields
            .entry(part.field)
            .or_insert_with(|| FieldRules {
                scope,
                components: BTreeMap::new(),
                mixed: false,
            });
        if part.component == 0 {
            field.scope = rule.scope.unwrap_or(scope);
            continue;
        }
        field.mixed |= rule.scope.is_some_and(|scope| scope != field.scope);
        field.components.insert(part.component, rule);
    }
    segments
}
