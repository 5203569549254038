//! What one domain gets of a schema.

mod digest;
mod file;
mod grant;
mod linkage;
mod plan;
mod rules;
// Only a broker fills them.
#[cfg_attr(not(feature = "broker"), allow(dead_code))]
mod template;
mod transform;

use std::{fmt, sync::Arc};

#[cfg(feature = "audit")]
pub(crate) use linkage::shown_bits;
pub use linkage::{
    Accepted, Chain, CheckedPolicy, Diff, FieldReport, FieldStep, Finding, FindingKind, Gain,
    PolicySet, Report, Step,
};
pub use plan::IndexPlan;
pub(crate) use rules::{
    Acceptance, Background, CanaryRule, CanaryValue, IndexRule, PseudonymRule, Quota, Release,
    Render, Share, Show, Source,
};
pub(crate) use transform::{Buckets, NoBucket, Unfit, local_date, shifted};
pub use transform::{Period, Transform};

#[cfg(feature = "broker")]
use crate::error::{Error, Kind};
use crate::{
    error::Result,
    id::{Digest, Domain, Scope},
    schema::{Field, Schema},
    wire::envelope::Flags,
};

/// What one domain gets: the scopes it may open, what it is shown of fields, its pseudonyms and indexes, what a broker
/// does for it. Cheap to clone.
///
/// It is a TOML file that a data-protection officer reads and signs. Whatever it does not list is only sealed;
/// whatever weakens privacy is written out with its reason.
///
/// # Security
///
/// A policy that loads is well-formed. Whether a leak of what it opens and shows puts an identity next to a specialty is
/// what [`check`](Policy::check) tells; protecting and granting need a policy that passed it.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Policy, Schema, Scope};
///
/// let policy = Policy::from_toml(r#"
///     domain = "sms-reminders"
///     schema = "appointment"
///     record_id = "unbound"
///
///     [open.contact]
///     reason = "the gateway sends to the phone"
///
///     [pseudonym.patient]
///     of = ["last_name", "first_name", "phone"]
///     reason = "one reminder a person and day"
///
///     [tenancy]
///     specialties = 12
/// "#, &Schema::appointment())?;
/// assert_eq!(policy.opens(), [Scope::CONTACT]);
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// assert_eq!(checked.policy().domain().as_str(), "sms-reminders");
/// # Ok::<(), paravent::Error>(())
/// ```
///
/// For statistics, fields can be shown coarser than they are:
///
/// ```
/// use paravent::{Period, Policy, Schema, Transform};
///
/// let policy = Policy::from_toml(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "bound"
///
///     [holds]
///     rows = 500_000
///     subjects = 120_000
///
///     [show.age]
///     as = "bands"
///     edges = [0, 18, 40, 65]
///     reason = "visits by age: 0-17, 18-39, 40-64, 65+"
///
///     [show.start]
///     as = "truncate"
///     to = "month"
///     reason = "visits a month"
///
///     [show.specialty]
///     as = "bucket"
///     lists = { heart = ["Cardiologie"], skin = ["Dermatologie", "Vénérologie"] }
///     other = "rest"
///     reason = "what the two wards are asked for"
/// "#, &Schema::appointment())?;
/// let shows: Vec<_> = policy.shows().map(|(field, shown)| (field.name(), shown)).collect();
/// assert_eq!(shows[0], ("age", &Transform::Bands { edges: vec![0, 18, 40, 65] }));
/// assert_eq!(shows[1], ("start", &Transform::Truncate(Period::Month)));
/// assert_eq!(shows[2].0, "specialty");
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

/// The domain of what a broker's log has sealed: no policy's.
pub(crate) const LOG_DOMAIN: &str = "paravent.log";

struct Inner {
    domain: Domain,
    schema: Schema,
    background: Background,
    /// Ascending.
    opens: Vec<Scope>,
    binds: Flags,
    /// In ascending position.
    shows: Vec<Show>,
    pseudonyms: Vec<PseudonymRule>,
    indexes: Vec<IndexRule>,
    releases: Vec<Release>,
    renders: Vec<Render>,
    source: Source,
    acceptances: Vec<Acceptance>,
    canaries: Vec<CanaryRule>,
    digest: Digest,
}

impl Policy {
    /// The policy in a TOML text, for records of `schema`.
    ///
    /// | key | |
    /// |---|---|
    /// | `domain` | who gets it: 1 to 64 characters of `a-z 0-9 . _ -`, but not `paravent.log`, which is that of a broker's log |
    /// | `schema` | the schema's name |
    /// | `record_id` | `"bound"`: every seal is bound to the id its row is stored under; `"unbound"` |
    /// | `subject_key` | `"bound"`: every seal is bound to a key of the person; `"unbound"`, the default |
    /// | `goes_to` | where the rows go, in words |
    /// | `knows` | fields of a row that the domain's people know besides, `["start"]` |
    /// | `shares` | what of a row other domains have too: `"record-id"`, `"sealing"`, `"order"` |
    /// | `[holds]` | how much one leak holds: the third table below |
    /// | `[tenancy]` | `specialties`, `practices`: how many stand behind the domain |
    /// | `[open.SCOPE]` | `reason`: the domain's grant opens this scope in every row |
    /// | `[show.FIELD]` | `as`: how the field is shown beside its seal, by the next table; `reason`, for all but `redact` |
    /// | `[pseudonym.NAME]` | `of`: the fields it stands for, in order; `reason`; `null = "null"`: a part that is null makes it null, where the default `"refuse"` makes that an error; `erasable = true`: bound to the subject key |
    /// | `[index.NAME]` | a short value for look-ups, with collisions: `of`, `reason`, `null`, `erasable` as for pseudonyms; `bits`, 1 to 32; `distinct`: how many different values there are; `queried = true`: the domain itself may ask what to look for. Needs `subjects` under `[holds]` |
    /// | `[release.NAME]` | NAME is a scope or a field, which a broker reveals one record a call: `reason`; `purposes`, what it may be asked for; `two_persons = true`: each call needs two people; `per_hour`, the most records an hour; `per_requester`, the most of them that one requester gets, by default all; `detect_hours`, until a misuse is noticed |
    /// | `[render.NAME]` | a message that a broker fills and sends: `to`, the field with the address, not of type json; `template`, of which more below; `gateway`, the domain that carries it and so reads it; `reason`; `per_hour`, `per_requester`, `detect_hours` as for releases |
    /// | `[source]` | how files of rows are read: the fourth table below |
    /// | `[[accept]]` | somebody answers for a finding of the check: `finding`, its digest of 64 hexadecimal digits; `with`, the other domains of a set that colludes; `reason`; `owner`; `until`, the last day, `"2027-06-30"` |
    /// | `[[canary]]` | a record of nobody, for which a broker raises an alarm; at most 64: `name`; `record`, its fields' values in one table, `{ last_name = "Vasseur", … }`; `record_id`, where seals are bound to one. None where seals are bound to a subject key. They do not enter the digest: give the connector the file [without them](Policy::without_canaries) |
    ///
    /// In a `template`, `{field}` stands for the value of a field, at its width in the schema at most, `{field:20}` for
    /// at most 20 bytes of it, and `{{` and `}}` for braces. A longer value is cut and ends in "…"; null is nothing; control
    /// characters are spaces. All messages of a template have one length, its text and those widths, with spaces at their
    /// end: at most 4,096 bytes. So its number of bytes tells nothing of what is hidden. An SMS is 160 characters of GSM 03.38, and 70
    /// where one is outside of that, such as "…": give fields room. A template has no control characters but `\n` and no
    /// fields of type json.
    ///
    /// Names of pseudonyms and indexes are keys of the protected record beside the shown fields, so that none is that
    /// of another, of a field, `sealed` or `cells`.
    ///
    /// | `as` | for | what is shown |
    /// |---|---|---|
    /// | `"keep"` | any field | the value in clear |
    /// | `"redact"` | any field | nothing, as if the field were not listed |
    /// | `"bands"` | integers | the band it falls in, by `edges = [0, 18, 40, 65]`, 1 to 256 and ascending: `0-17`, …, `65+`; a value below the first is an error |
    /// | `"truncate"` | dates, date-times | its period: `to` is `"day"`, `"week"`, `"month"`, `"quarter"` or `"year"` |
    /// | `"truncate"` | text of class text or exact | its first `to` characters, 1 to 64; a shorter value is an error |
    /// | `"round"` | integers | the nearest multiple of `to`, 2 to 1,000,000,000 |
    /// | `"shift"` | dates, date-times | the date moved by up to `weeks`, 1 to 520, the same for all rows of a person; `subject` lists the fields that tell the person |
    /// | `"mask"` | text | the `first` and `last` characters, each at most 64, with asterisks between |
    /// | `"reversible"` | all but json | a stand-in that the keyring turns back; protecting needs the crate's feature `reversible` |
    /// | `"phone"` | text of class phone | a stand-in in the shape of a number; protecting needs the crate's feature `phone` |
    /// | `"bucket"` | text | the name of the list it is on: `lists = { skin = ["Dermatologie"] }`; `other` for values on none, which are an error without it. Each value is listed once; values are compared in the class's normal form |
    ///
    /// `erasable = true` binds `shift`, `reversible` and `phone` to the subject key.
    ///
    /// | key of `[holds]` | |
    /// |---|---|
    /// | `rows` | the most rows that one leak holds |
    /// | `subjects` | the people in them, at most `rows` |
    /// | `visits` | the most rows of one person |
    /// | `k` | how many people are to share what is shown of one: 20, or more |
    ///
    /// What `[holds]` and `[tenancy]` do not state is taken at its worst.
    ///
    /// | key of `[source]` | |
    /// |---|---|
    /// | `record_id` | the column with the id of each row, where seals are bound to it; the id stands in clear in the protected file |
    /// | `drop` | columns that are read and left out, `["Remarks"]`; every other column that is not known is refused |
    /// | `[source.columns]` | `last_name = "Nom"`: a field's column, where that has not the field's own name |
    ///
    /// In NDJSON they are keys of each row's object.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) with the [line](crate::Error::line) of the first rule
    /// broken; also where the file is for another schema or larger than 1 MiB (1,048,576 bytes). An unknown name comes with
    /// the nearest known one, where one is near.
    pub fn from_toml(text: &str, schema: &Schema) -> Result<Self> {
        file::read(text, schema).map(|mut inner| {
            inner.digest = digest::of(&inner);
            Self(Arc::new(inner))
        })
    }

    /// The policy by which a broker's log seals what it has of calls: it shows nothing and opens nothing.
    #[cfg(feature = "broker")]
    pub(crate) fn of_the_log(schema: &Schema) -> Result<Self> {
        let text = format!(
            "domain = \"log\"\nschema = \"{}\"\nrecord_id = \"unbound\"\n",
            schema.name()
        );
        let mut inner = file::read(&text, schema)?;
        inner.domain = Domain::new(LOG_DOMAIN)?;
        inner.digest = digest::of(&inner);
        Ok(Self(Arc::new(inner)))
    }

    /// Who gets it.
    pub fn domain(&self) -> &Domain {
        &self.0.domain
    }

    /// What records it is for.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// The scopes that the domain's grant opens, ascending.
    pub fn opens(&self) -> &[Scope] {
        &self.0.opens
    }

    /// The fields that are shown and how, in ascending number.
    pub fn shows(&self) -> impl Iterator<Item = (&Field, &Transform)> {
        let fields = self.0.schema.fields();
        self.0
            .shows
            .iter()
            .map(|show| (&fields[show.position], &show.transform))
    }

    /// The names of the pseudonyms, sorted.
    pub fn pseudonyms(&self) -> impl Iterator<Item = &str> {
        self.0.pseudonyms.iter().map(|rule| &*rule.name)
    }

    /// The names of the indexes, sorted.
    pub fn indexes(&self) -> impl Iterator<Item = &str> {
        self.0.indexes.iter().map(|rule| &*rule.name)
    }

    /// The names of the canaries, in their order. [`Protector::canaries`](crate::Protector::canaries) protects them.
    pub fn canaries(&self) -> impl Iterator<Item = &str> {
        self.0.canaries.iter().map(|rule| &*rule.name)
    }

    /// The text of a policy file without its `[[canary]]` tables, else byte for byte: for whoever must not know which
    /// rows are canaries, such as the connector. Its digest is the same.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) where the text is not TOML, is larger than 1 MiB, or has tables of
    /// other kinds between those of a canary.
    ///
    /// # Security
    ///
    /// Comments stay, but for those inside a canary and on its lines: what stands above a canary must not tell of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Policy, Schema};
    ///
    /// let schema = Schema::appointment();
    /// let text = r#"
    ///     domain = "support-desk"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    ///
    ///     [[canary]]
    ///     name = "nobody"
    ///     record = { last_name = "Vasseur", first_name = "Ode", start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morel", specialty = "Dermatologie" }
    /// "#;
    /// let stripped = Policy::without_canaries(text)?;
    /// assert!(!stripped.contains("Vasseur"));
    ///
    /// let (policy, copy) = (Policy::from_toml(text, &schema)?, Policy::from_toml(&stripped, &schema)?);
    /// assert!(policy.canaries().eq(["nobody"]) && copy.canaries().eq([""; 0]));
    /// assert_eq!(policy.digest(), copy.digest());
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn without_canaries(text: &str) -> Result<String> {
        file::without_canaries(text)
    }

    /// Where the domain's rows go, in the policy's words.
    pub fn goes_to(&self) -> Option<&str> {
        self.0.background.goes_to.as_deref()
    }

    /// Whether every seal is bound to the id that its row is stored under.
    pub fn binds_record_id(&self) -> bool {
        self.0.binds.record_id
    }

    /// The column of files of rows in which the record id is, where `[source]` names one.
    pub fn record_id_column(&self) -> Option<&str> {
        self.0.source.record_id.as_deref()
    }

    /// Whether every seal is bound to a key of the person.
    pub fn binds_subject_key(&self) -> bool {
        self.0.binds.subject_key
    }

    /// Its stable digest, over its meaning and its schema's. Layout, comments, reasons, owners, acceptances, canaries
    /// and where the rows go do not change it.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    pub(crate) fn binds(&self) -> Flags {
        self.0.binds
    }

    pub(crate) fn show_rules(&self) -> &[Show] {
        &self.0.shows
    }

    /// The fields that are shown by a stand-in that is turned back.
    #[cfg(feature = "reversible")]
    pub(crate) fn reversible_rules(&self) -> impl Iterator<Item = &Show> {
        let is_reversible = |show: &&Show| show.transform == Transform::Reversible;
        self.0.shows.iter().filter(is_reversible)
    }

    pub(crate) fn pseudonym_rules(&self) -> &[PseudonymRule] {
        &self.0.pseudonyms
    }

    pub(crate) fn index_rules(&self) -> &[IndexRule] {
        &self.0.indexes
    }

    pub(crate) fn background(&self) -> &Background {
        &self.0.background
    }

    pub(crate) fn releases(&self) -> &[Release] {
        &self.0.releases
    }

    /// The release of this name, and its place among the releases.
    #[cfg(feature = "broker")]
    pub(crate) fn release(&self, name: &str) -> Result<(usize, &Release)> {
        let mut releases = self.0.releases.iter().enumerate();
        releases
            .find(|(_, release)| release.name == name)
            .ok_or_else(|| no_such_rule("release", name))
    }

    /// The message of this name, and its place among the messages.
    #[cfg(feature = "broker")]
    pub(crate) fn message(&self, name: &str) -> Result<(usize, &Render)> {
        let mut renders = self.0.renders.iter().enumerate();
        renders
            .find(|(_, render)| render.name == name)
            .ok_or_else(|| no_such_rule("render", name))
    }

    pub(crate) fn renders(&self) -> &[Render] {
        &self.0.renders
    }

    pub(crate) fn canary_rules(&self) -> &[CanaryRule] {
        &self.0.canaries
    }

    pub(crate) fn source(&self) -> &Source {
        &self.0.source
    }

    pub(crate) fn acceptances(&self) -> &[Acceptance] {
        &self.0.acceptances
    }

    /// One a field of the schema: whether something is made, shown, released or rendered of it.
    #[cfg(any(feature = "fhir", feature = "hl7v2"))]
    pub(crate) fn used_fields(&self) -> Vec<bool> {
        let Inner {
            shows,
            pseudonyms,
            indexes,
            releases,
            renders,
            ..
        } = &*self.0;
        let shifted = shows.iter().flat_map(|show| match &show.transform {
            Transform::Shift { subject, .. } => &subject[..],
            _ => &[],
        });
        let used = shows
            .iter()
            .map(|show| &show.position)
            .chain(shifted)
            .chain(pseudonyms.iter().flat_map(|rule| &rule.of))
            .chain(indexes.iter().flat_map(|rule| &rule.of))
            .chain(releases.iter().flat_map(|release| &release.fields))
            .chain(
                renders
                    .iter()
                    .flat_map(|render| render.fields.iter().chain([&render.to])),
            );
        let mut fields = vec![false; self.schema().fields().len()];
        used.for_each(|&position| fields[position] = true);
        fields
    }
}

#[cfg(feature = "broker")]
fn no_such_rule(what: &'static str, name: &str) -> Error {
    Error::new(|| Kind::NoSuchRule {
        what,
        name: name.to_owned(),
    })
}

#[cfg(test)]
impl Policy {
    /// A policy from a file, and rules as no file was read for.
    pub(crate) fn by_hand(
        text: &str,
        schema: &Schema,
        shows: Vec<Show>,
        indexes: Vec<IndexRule>,
    ) -> Result<Self> {
        let mut inner = file::read(text, schema)?;
        inner.shows.extend(shows);
        inner.shows.sort_unstable_by_key(|show| show.position);
        inner.indexes.extend(indexes);
        Ok(Self(Arc::new(inner)))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("domain", &self.0.domain)
            .field("schema", &self.0.schema.name())
            .field("opens", &self.0.opens)
            .field("digest", &self.0.digest)
            .finish_non_exhaustive()
    }
}
