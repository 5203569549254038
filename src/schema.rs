//! The truth about a kind of record: each field's number, scope, role, width, type and class, and what determines what.

pub(crate) mod calendar;
mod class;
mod digest;
mod field;
mod file;

use std::{fmt, ops::Range, sync::Arc};

use serde::Deserialize;

pub use class::{Class, PhoneRegion};
pub use field::{Field, Role, ValueType};

use crate::{
    error::{Error, Kind, Result},
    id::{Digest, Scope, ScopeSet},
    toml_file,
    wire::envelope,
};

/// Names that the flat form of a protected record uses itself.
pub(crate) const RESERVED: [&str; 2] = ["sealed", "cells"];

/// A fact of the world: who knows these fields of a row knows another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determines {
    fields: Vec<String>,
    gives: Option<String>,
    through: String,
    exact: bool,
    tenant: bool,
}

impl Determines {
    /// The fields that one needs.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The field they give; `None` where they give every field, as free text does.
    pub fn gives(&self) -> Option<&str> {
        self.gives.as_deref()
    }

    /// Whether it needs the exact values: others survive truncation and masks.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Whether it also needs to know the practice, which a leak of a domain with one practice tells.
    pub fn needs_practice(&self) -> bool {
        self.tenant
    }

    /// Through what: a public directory, a booking calendar.
    pub fn through(&self) -> &str {
        &self.through
    }
}

/// One group of a record: a scope of the schema, with its fields in ascending number.
pub(crate) struct Group {
    pub(crate) scope: Scope,
    /// Positions in [`Schema::fields`].
    pub(crate) fields: Vec<usize>,
    /// Where its plaintext lies in a record: the same for every row, and a multiple of 16 long.
    pub(crate) plaintext: Range<usize>,
}

/// The fields of a kind of record, and the facts between them. Cheap to clone.
///
/// # Examples
///
/// ```
/// use paravent::{Schema, Scope};
///
/// let schema = Schema::from_toml(r#"
///     name = "vaccination"
///
///     [[field]]
///     name = "last_name"
///     number = 1
///     scope = "identity"
///     role = "identifier"
///     width = 48
///     type = "text"
///     class = "name"
///
///     [[field]]
///     name = "vaccine"
///     number = 2
///     scope = "care"
///     width = 24
///     type = "text"
///     class = "text"
/// "#)?;
/// assert_eq!(schema.field("vaccine").map(|field| field.scope()), Some(Scope::CARE));
///
/// let error = Schema::from_toml("name = \"vaccination\"\nfields = 3").unwrap_err();
/// assert_eq!(error.line(), Some(2));
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone)]
pub struct Schema(Arc<Inner>);

struct Inner {
    name: String,
    fields: Vec<Field>,
    groups: Vec<Group>,
    scope_set: ScopeSet,
    required: Vec<usize>,
    determines: Vec<Determines>,
    phone_region: Option<PhoneRegion>,
    scopes: Vec<(String, Scope)>,
    positions: Box<[u8; 256]>,
    digest: Digest,
}

/// The texts of the bundled schemas.
const APPOINTMENT: &str = include_str!("schema/appointment.toml");
const SCHEDULING: &str = include_str!("schema/scheduling.toml");

impl Schema {
    /// The nine fields of the breach of July 2020: name, age, sex, phone, e-mail, start, practitioner, specialty.
    ///
    /// | number | field | scope | role | width | type | class | values | frequencies |
    /// |---|---|---|---|---|---|---|---|---|
    /// | 1 | `last_name` | identity | identifier | 48 | text | name | 200000 | known |
    /// | 2 | `first_name` | identity | identifier | 48 | text | name | 20000 | known |
    /// | 3 | `age`, optional | identity | quasi-identifier | 8 | integer | exact | 121 | known |
    /// | 4 | `sex`, optional | identity | quasi-identifier | 8 | text | text | 3 | known |
    /// | 5 | `phone`, optional | contact | identifier | 24 | text | phone | 200000000 | unknown |
    /// | 6 | `email`, optional | contact | identifier | 72 | text | email | 100000000 | unknown |
    /// | 7 | `start` | schedule | quasi-identifier | 32 | date-time | exact | 105216 | known |
    /// | 8 | `practitioner` | care | sensitive | 64 | text | name | 200000 | known |
    /// | 9 | `specialty` | care | sensitive | 64 | text | text | 60 | known |
    ///
    /// The starts are the quarter hours of 1,096 days. A practitioner determines the specialty through a public directory;
    /// an exact start determines the practitioner through public booking calendars, where the practice is known; and an
    /// e-mail address often holds the name. The telephone region is France.
    pub fn appointment() -> Self {
        match Self::from_toml(APPOINTMENT) {
            Ok(schema) => schema,
            Err(_) => unreachable!("the bundled schema loads"),
        }
    }

    /// What messages of scheduling hold: HL7 v2 SIU, and the FHIR resources around an appointment.
    ///
    /// | number | field | scope | role | width | type | class | values | frequencies |
    /// |---|---|---|---|---|---|---|---|---|
    /// | 1 | `patient_id` | identity | identifier | 64 | text | exact | 100000000 | unknown |
    /// | 2 | `national_id` | identity | identifier | 32 | text | exact | 100000000 | unknown |
    /// | 3 | `last_name` | identity | identifier | 64 | text | name | 200000 | known |
    /// | 4 | `first_name` | identity | identifier | 64 | text | name | 20000 | known |
    /// | 5 | `birth_date` | identity | quasi-identifier | 16 | date | exact | 40000 | known |
    /// | 6 | `sex` | identity | quasi-identifier | 16 | text | text | 4 | known |
    /// | 7 | `phone` | contact | identifier | 32 | text | phone | 200000000 | unknown |
    /// | 8 | `email` | contact | identifier | 80 | text | email | 100000000 | unknown |
    /// | 9 | `postcode` | contact | quasi-identifier | 16 | text | exact | 6300 | known |
    /// | 10 | `appointment_id` | schedule | neutral | 64 | text | exact | 100000000 | unknown |
    /// | 11 | `message_id` | schedule | neutral | 64 | text | exact | 100000000 | unknown |
    /// | 12 | `sent` | schedule | neutral | 40 | date-time | exact |  | known |
    /// | 13 | `start` | schedule | quasi-identifier | 40 | date-time | exact | 105216 | known |
    /// | 14 | `end` | schedule | quasi-identifier | 40 | date-time | exact | 105216 | known |
    /// | 15 | `status` | schedule | neutral | 32 | text | exact | 12 | known |
    /// | 16 | `practitioner` | care | sensitive | 128 | text | name | 200000 | known |
    /// | 17 | `practitioner_id` | care | sensitive | 64 | text | exact | 200000 | known |
    /// | 18 | `specialty` | care | sensitive | 128 | text | text | 60 | known |
    /// | 19 | `service` | care | sensitive | 128 | text | text | 2000 | known |
    /// | 20 | `place` | care | sensitive | 128 | text | text | 100000 | known |
    /// | 21 | `reason` | care | sensitive | 128 | text | text | 10000 | known |
    /// | 201 | `identity_parts` | identity | identifier | 32768 | text | exact |  | unknown |
    /// | 202 | `contact_parts` | contact | identifier | 32768 | text | exact |  | unknown |
    /// | 203 | `schedule_parts` | schedule | quasi-identifier | 32768 | text | exact |  | unknown |
    /// | 204 | `care_parts` | care | sensitive | 32768 | text | exact |  | unknown |
    /// | 205 | `rest_parts` | rest | sensitive | 32768 | text | exact |  | unknown |
    ///
    /// All are optional. A field `…_parts` is [shaped](Field::is_shaped): it has the parts of a message that were taken out for
    /// its scope, as they were. The scope `rest`, number 16, is for what no rule lists and for free text, which tells everything:
    /// no policy should open it. The telephone region is France.
    pub fn scheduling() -> Self {
        match Self::from_toml(SCHEDULING) {
            Ok(schema) => schema,
            Err(_) => unreachable!("the bundled schema loads"),
        }
    }

    /// The bundled schema of this name: `"appointment"` or `"scheduling"`.
    pub fn bundled(name: &str) -> Option<Self> {
        match name {
            "appointment" => Some(Self::appointment()),
            "scheduling" => Some(Self::scheduling()),
            _ => None,
        }
    }

    /// The text of the bundled schema of this name, to begin an own one with.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::Schema;
    ///
    /// let text = Schema::bundled_text("scheduling").ok_or("it is bundled")?;
    /// let own = Schema::from_toml(&text.replacen("values = 60\n", "values = 12\n", 1))?;
    /// assert_ne!(own.digest(), Schema::scheduling().digest());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bundled_text(name: &str) -> Option<&'static str> {
        match name {
            "appointment" => Some(APPOINTMENT),
            "scheduling" => Some(SCHEDULING),
            _ => None,
        }
    }

    /// The schema that the text of a policy is for: this one where the text names it, else the [bundled](Schema::bundled) one of the name
    /// that is there; this one, which the policy does not load with, where there is none of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Policy, Schema};
    ///
    /// let text = "domain = \"feed\"\nschema = \"scheduling\"\nrecord_id = \"bound\"\n";
    /// let schema = Schema::appointment().for_policy(text);
    /// assert_eq!(schema.name(), "scheduling");
    /// assert_eq!(Policy::from_toml(text, &schema)?.domain().as_str(), "feed");
    /// # Ok::<(), paravent::Error>(())
    /// ```
    #[must_use]
    pub fn for_policy(&self, text: &str) -> Self {
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }

        let named = toml_file::parse::<Named>(text).ok();
        named
            .filter(|named| named.schema != self.name())
            .and_then(|named| Self::bundled(&named.schema))
            .unwrap_or_else(|| self.clone())
    }

    /// The schema in a TOML text.
    ///
    /// | key | |
    /// |---|---|
    /// | `name` | 1 to 64 characters of `a-z 0-9 . _ -` |
    /// | `[scopes]` | scopes beyond the four known ones, `billing = 16`, numbered 16 to 63 |
    /// | `[phone_region]` | `country_code = "33"`, `international_prefix = "00"`, `trunk_prefix = "0"`, as text: needed for class `phone` |
    /// | `[[field]]` | one field: the keys of the next table |
    /// | `[[determines]]` | one fact of the world: the keys of the last table |
    ///
    /// | key of `[[field]]` | |
    /// |---|---|
    /// | `name` | 1 to 64 characters of `a-z 0-9 . _ -`; a dot is a step into a nested struct |
    /// | `number` | 1 to 255, never used again for another field |
    /// | `scope` | `identity`, `contact`, `schedule`, `care`, or one of `[scopes]` |
    /// | `width` | the most bytes a value has, 1 to 65,000 |
    /// | `type` | what its values are |
    /// | `role` | what it says about a person; `sensitive` by default |
    /// | `class` | how values are made equal for pseudonyms; needed for text, `exact` by default for all else |
    /// | `optional` | whether a record may lack it; `false` by default |
    /// | `values` | how many different values there are, from 1: 121 for an age. What is not stated is taken at its worst |
    /// | `days` | for dates and date-times: how many days they span, from 1 |
    /// | `shaped` | `true`: in messages its length is told, up to the next power of two, [`Field::is_shaped`]; for optional text of class exact whose width is a power of two, 64 to 32,768 |
    /// | `frequencies` | `"known"`, the default: it can be known how often each value occurs, as for closed vocabularies, names, postcodes; `"unknown"`, which has to hold of the most frequent value, too |
    ///
    /// | key of `[[determines]]` | |
    /// |---|---|
    /// | `fields` | the fields that one needs to know, `["practitioner"]` |
    /// | `gives` | the field that they give, `"specialty"`; `"*"` for every field, as free text does |
    /// | `through` | through what, `"public directory"` |
    /// | `exact` | `true`: needs exact values; by default truncated and masked ones will do |
    /// | `tenant` | `true`: needs the practice too, which rows of a domain with one practice tell |
    ///
    /// Facts may be circular. They are for the check of policies, and change nothing in what is sealed.
    ///
    /// Roles are `identifier`, `quasi-identifier`, `sensitive` and `neutral`; types `text`, `integer`, `boolean`, `date`,
    /// `date-time` and `json`; classes `text`, `name`, `email`, `phone` and `exact`. A width counts bytes of UTF-8, and for
    /// the other types bytes of the value's text: digits, offsets, braces.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] with the [line](Error::line) of the first rule broken: names, numbers 1 to 255 used
    /// once, widths 1 to 65,000, groups of at most 65,520 bytes, known words, and no key that is not in the tables. Also
    /// for a text over 1 MiB (1,048,576 bytes).
    pub fn from_toml(text: &str) -> Result<Self> {
        file::read(text).map(Self::new)
    }

    fn new(mut inner: Inner) -> Self {
        inner.digest = digest::digest(&inner);
        Self(Arc::new(inner))
    }

    /// The same with shaped fields of so many bytes, for one record. Its digest is this one's, for whose readers it writes.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    pub(crate) fn narrowed(&self, width: u16) -> Self {
        let mut fields = self.0.fields.clone();
        for field in fields.iter_mut().filter(|field| field.shaped) {
            field.width = field.width.min(width);
        }
        Self(Arc::new(Inner {
            name: self.0.name.clone(),
            groups: file::groups(&fields),
            fields,
            scope_set: self.0.scope_set,
            required: self.0.required.clone(),
            determines: self.0.determines.clone(),
            phone_region: self.0.phone_region.clone(),
            scopes: self.0.scopes.clone(),
            positions: self.0.positions.clone(),
            digest: self.0.digest,
        }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its fields, in ascending number.
    pub fn fields(&self) -> &[Field] {
        &self.0.fields
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.position(name).map(|position| &self.0.fields[position])
    }

    /// The facts between its fields.
    pub fn determines(&self) -> &[Determines] {
        &self.0.determines
    }

    /// How telephone numbers are written, where the schema says so.
    pub fn phone_region(&self) -> Option<&PhoneRegion> {
        self.0.phone_region.as_ref()
    }

    /// The scopes that have a field, ascending.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.0.groups.iter().map(|group| group.scope)
    }

    /// The scope of this name: one of the four, or one that the schema declares.
    pub fn scope(&self, name: &str) -> Option<Scope> {
        scope_named(&self.0.scopes, name)
    }

    /// The name of this scope: one of the four, or one that the schema declares.
    pub fn name_of(&self, scope: Scope) -> Option<&str> {
        let own = self.0.scopes.iter().map(|(name, scope)| (&**name, *scope));
        Scope::KNOWN
            .into_iter()
            .chain(own)
            .find_map(|(name, known)| (known == scope).then_some(name))
    }

    /// The name of a scope that has a field.
    pub(crate) fn scope_name(&self, scope: Scope) -> &str {
        match self.name_of(scope) {
            Some(name) => name,
            None => unreachable!("a field's scope has a name"),
        }
    }

    /// The names of the scopes that have a field, ascending.
    pub(crate) fn scope_names(&self) -> impl Iterator<Item = &str> {
        let own = self.0.scopes.iter().map(|(name, scope)| (&**name, *scope));
        let mut names: Vec<(&str, Scope)> = Scope::KNOWN.into_iter().chain(own).collect();
        names.retain(|&(_, scope)| self.0.scope_set.contains(scope));
        names.sort_unstable_by_key(|&(_, scope)| scope);
        names.into_iter().map(|(name, _)| name)
    }

    /// Its stable digest: the same for the same meaning, whatever the layout of the file.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Whether this is the same one, not only an equal one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.0.groups
    }

    pub(crate) fn scope_set(&self) -> ScopeSet {
        self.0.scope_set
    }

    /// The length of a sealed record.
    pub(crate) fn sealed_size(&self) -> usize {
        envelope::sealed_size(self.0.groups.last().map(|group| group.plaintext.end))
    }

    /// The positions of the fields that a record may not lack.
    pub(crate) fn required(&self) -> &[usize] {
        &self.0.required
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.0.fields.iter().position(|field| field.name == name)
    }

    /// The position of the named field, or an error that names it.
    pub(crate) fn expect_position(&self, name: &str) -> Result<usize> {
        self.position(name).ok_or_else(|| {
            Error::new(|| Kind::NoSuchField {
                field: name.to_owned(),
            })
        })
    }

    pub(crate) fn position_of_id(&self, number: u8) -> Option<usize> {
        let position = usize::from(self.0.positions[usize::from(number)]);
        (position < self.0.fields.len()).then_some(position)
    }
}

/// For each number its field's position, or [`NO_FIELD`].
fn positions(fields: &[Field]) -> Box<[u8; 256]> {
    let mut positions = Box::new([NO_FIELD; 256]);
    for (position, field) in (0..NO_FIELD).zip(fields) {
        positions[usize::from(field.id.number())] = position;
    }
    positions
}

/// Beyond every position: numbers are 1 to 255, so that there are at most 255 fields.
const NO_FIELD: u8 = 255;

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for Schema {}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("name", &self.0.name)
            .field(
                "fields",
                &self.0.fields.iter().map(Field::name).collect::<Vec<_>>(),
            )
            .field("digest", &self.0.digest)
            .finish()
    }
}

fn scope_named(own: &[(String, Scope)], name: &str) -> Option<Scope> {
    Scope::from_name(name).or_else(|| {
        own.iter()
            .find(|(own, _)| own == name)
            .map(|&(_, scope)| scope)
    })
}
