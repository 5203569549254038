//! What of a message passes, who may open what is taken out, what is read of it: a file that a data-protection officer reads.

mod file;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use super::path::Part;
use crate::{error::Result, id::Scope, schema::Schema};

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
///     segments = ["MSH", "AIP"]
///     [keep]
///     "AIP-4.1" = ["CARDIO"]
///     [fields]
///     specialty = ["AIP-4.1"]
/// "#, &Schema::scheduling()).unwrap_err();
/// assert_eq!(error.line(), Some(9));
/// assert!(error.to_string().contains("the policy shows"));
/// ```
#[derive(Clone)]
pub struct Profile(Arc<Inner>);

struct Inner {
    name: String,
    schema: Schema,
    messages: Vec<Vec<u8>>,
    versions: Vec<Vec<u8>>,
    /// The names of segments that pass.
    names: Vec<[u8; 3]>,
    /// Where neither a time nor MSH-7 says its offset from UTC.
    offset: Option<String>,
    unlisted: Scope,
    segments: BTreeMap<[u8; 3], SegmentRules>,
    fields: Vec<FieldSource>,
}

/// What is done with a segment.
pub(super) struct SegmentRules {
    /// Who may open what of it no other rule names.
    scope: Scope,
    /// By the number of the field.
    fields: Numbered<FieldRules>,
}

/// What is done with a field.
pub(super) struct FieldRules {
    /// Who may open what of it no component's rule names.
    pub(super) scope: Scope,
    /// By the number of the component.
    pub(super) components: Numbered<ComponentRules>,
    /// Whether what is taken out of it is for several scopes.
    pub(super) mixed: bool,
}

/// Rules by number, which is at most 255: each of a message's parts asks for its own.
pub(super) struct Numbered<T>(Vec<Option<T>>);

impl<T> Numbered<T> {
    const EMPTY: Self = Self(Vec::new());

    pub(super) fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number)?.as_ref()
    }

    fn entry(&mut self, number: u16, new: impl FnOnce() -> T) -> &mut T {
        let number = usize::from(number);
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        self.0[number].get_or_insert_with(new)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let numbered = self.0.iter().enumerate();
        numbered.filter_map(|(number, rules)| Some((number, rules.as_ref()?)))
    }

    /// The highest number that has rules, 0 where none has.
    pub(super) fn last(&self) -> usize {
        self.0.len().saturating_sub(1)
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
    /// The number of a segment among those of its name, or of its group: no higher than how many there are so far.
    SetId,
    /// How many messages or batches there are.
    Count,
}

/// The most digits that pass: eight may be a date.
const MOST_DIGITS: usize = 7;

impl Keep {
    /// Whether `value` passes, in a segment that is the `ordinal`th of its name, from 1.
    pub(super) fn takes(&self, value: &[u8], ordinal: usize) -> bool {
        let number = || {
            let is_short = value.len() <= MOST_DIGITS && value.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(value).ok().filter(|_| is_short)?;
            text.parse::<usize>().ok()
        };
        match self {
            Self::Values(values) => values.iter().any(|kept| kept == value),
            Self::SetId => number().is_some_and(|number| (1..=ordinal).contains(&number)),
            Self::Count => number().is_some(),
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
        static SIU: LazyLock<Profile> = LazyLock::new(|| {
            match Profile::from_toml(Profile::siu_text(), &Schema::scheduling()) {
                Ok(profile) => profile,
                Err(_) => unreachable!("the bundled profile loads"),
            }
        });
        SIU.clone()
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
    /// | `name` | its name, 1 to 64 characters of `a-z 0-9 . _ -` |
    /// | `schema` | the schema's name |
    /// | `unlisted` | the scope that what no rule names is sealed for |
    /// | `segments` | the names of segments that pass; any other is named `ZZZ` |
    /// | `offset` | `"+0100"`: the offset from UTC of times where neither they nor MSH-7 say it; without it such times are not read |
    /// | `messages` | the types that are taken, `["SIU^S12"]`; all others are refused |
    /// | `versions` | the versions of MSH-12 that are taken |
    /// | `[seal]` | `SCOPE = ["PID"]`: who may open what is taken out of these parts |
    /// | `[keep]` | `"AIP-2" = ["A", "D"]`: a part passes where it is one of these values; `"set-id"`: where it is a number no higher than that of the segments of its name so far; `"count"`: up to 7 digits, in BTS and FTS. For other parts than event, status and action codes a list takes its reason: `{ values = ["F"], reason = "…" }` |
    /// | `[write]` | `"MSH-3.1" = "SCREEN"`: what is written in a field that was not empty |
    /// | `[fields]` | `start = ["TQ1-7.1", "SCH-11.4"]`: where a field of the schema is read: the first part that has a value, in the first segment of its name; parts of one field with a space between them are joined by one; down to sub-components |
    /// | `[show]` | `"PID-3.1" = "patient"`: where the field, pseudonym or index of that name is written, where the policy has it |
    ///
    /// What a field is read from is sealed for the field's scope, since the check of policies takes a scope's
    /// [shaped](crate::Field::is_shaped) field to give its other fields and no more. The scope of what is unlisted has one that gives everything.
    ///
    /// A part that a field is read from is kept only where the field's role is neutral: others are shown by the policy, with its reason, and so
    /// that its check knows of it. A part of a field is shown where it says what the field does, a pseudonym or an index in the first segment of
    /// its name. Only the first repetition of a field is written into.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) with the [line](crate::Error::line) of the first rule broken; also where the file
    /// is for another schema or larger than 1 MiB (1,048,576 bytes).
    pub fn from_toml(text: &str, schema: &Schema) -> Result<Self> {
        file::read(text, schema).map(|inner| Self(Arc::new(inner)))
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

    /// The rules of a segment.
    pub(super) fn segment(&self, name: &[u8]) -> Option<&SegmentRules> {
        let name = <[u8; 3]>::try_from(name).ok()?;
        self.0.segments.get(&name)
    }

    /// The rules of a field of a segment that has these, or the scope of all of it.
    pub(super) fn field<'a>(
        &self,
        segment: Option<&'a SegmentRules>,
        number: usize,
    ) -> std::result::Result<&'a FieldRules, Scope> {
        let rules = segment.ok_or(self.0.unlisted)?;
        rules.fields.get(number).ok_or(rules.scope)
    }

    fn of_id(&self) -> Option<&ComponentRules> {
        self.segment(b"MSH")?.fields.get(10)?.components.get(1)
    }

    /// What of the policy is shown in MSH-10.
    pub(super) fn shown_as_id(&self) -> Option<&str> {
        self.of_id()?.show.as_ref().map(|show| &*show.name)
    }

    /// Whether MSH-10 may have what is neither shown nor a new id.
    pub(super) fn has_own_id(&self) -> bool {
        let keeps = |rules: &ComponentRules| rules.keep.is_some() || rules.write.is_some();
        self.of_id().is_some_and(keeps)
    }

    /// Whether segments of this name pass with it.
    pub(super) fn lists_segment(&self, name: &[u8]) -> bool {
        <[u8; 3]>::try_from(name).is_ok_and(|name| self.0.names.contains(&name))
    }

    pub(super) fn offset(&self) -> Option<&str> {
        self.0.offset.as_deref()
    }

    /// Every part where something of the policy is shown.
    pub(super) fn shows(&self) -> impl Iterator<Item = &Show> {
        let segments = self.0.segments.values();
        let fields = segments.flat_map(|of| of.fields.iter());
        fields
            .flat_map(|(_, of)| of.components.iter())
            .filter_map(|(_, rules)| rules.show.as_ref())
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
