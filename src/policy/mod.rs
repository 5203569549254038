//! What one domain gets of a schema.

mod file;
mod grant;
mod transform;

use std::{fmt, sync::Arc};

use crate::{
    digest::Digester,
    error::Result,
    id::{Digest, Domain, Scope},
    schema::{Field, Schema},
    wire::envelope::Flags,
};

/// What one domain gets: the scopes it may open, the fields it is shown in clear, its pseudonyms. Cheap to clone.
///
/// It is a TOML file that a data-protection officer reads and signs. Whatever it does not list is only sealed;
/// whatever weakens privacy is written out with its reason.
///
/// # Security
///
/// A policy that loads is well-formed; whether what it opens and shows puts an identity next to a specialty is
/// for its author to see until the linkage proof is part of this crate.
///
/// # Examples
///
/// ```
/// use paravent::{Policy, Schema, Scope};
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
/// "#, &Schema::appointment())?;
/// assert_eq!(policy.opens(), [Scope::CONTACT]);
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    domain: Domain,
    schema: Schema,
    opens: Vec<Scope>,
    binds: Flags,
    shows: Vec<usize>,
    pseudonyms: Vec<PseudonymRule>,
    digest: Digest,
}

/// One pseudonym of a policy.
pub(crate) struct PseudonymRule {
    pub(crate) name: Arc<str>,
    /// Positions in [`Schema::fields`], in the order in which they are encoded.
    pub(crate) of: Vec<usize>,
    /// Whether a part that is null makes the pseudonym null, which shows presence.
    pub(crate) null_gives_null: bool,
    /// Whether it is bound to the subject key.
    pub(crate) erasable: bool,
}

impl Policy {
    /// The policy in a TOML text, for records of `schema`.
    ///
    /// | key | |
    /// |---|---|
    /// | `domain` | 1 to 64 characters of `a-z 0-9 . _ -` |
    /// | `schema` | the schema's name |
    /// | `record_id` | `"bound"`: every seal is bound to the id its row is stored under; `"unbound"` |
    /// | `subject_key` | `"bound"`: every seal is bound to a key of the person; `"unbound"`, the default |
    /// | `[open.SCOPE]` | `reason`: the domain's grant opens this scope in every row |
    /// | `[show.FIELD]` | `as = "keep"` with a `reason`: shown in clear; `as = "redact"`: as if it were not listed |
    /// | `[pseudonym.NAME]` | `of`: the fields it stands for, in order; `reason`; `null = "null"`: a part that is null makes it null, where the default `"refuse"` makes that an error; `erasable = true`: bound to the subject key |
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) with the [line](crate::Error::line) of the first rule
    /// broken; also where the file is for another schema.
    pub fn from_toml(text: &str, schema: &Schema) -> Result<Self> {
        file::read(text, schema).map(|mut inner| {
            inner.digest = digest(&inner);
            Self(Arc::new(inner))
        })
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

    /// The fields shown in clear, in ascending number.
    pub fn shows(&self) -> impl Iterator<Item = &Field> {
        self.0
            .shows
            .iter()
            .map(|&position| &self.0.schema.fields()[position])
    }

    /// The names of the pseudonyms, sorted.
    pub fn pseudonyms(&self) -> impl Iterator<Item = &str> {
        self.0.pseudonyms.iter().map(|rule| &*rule.name)
    }

    /// Whether every seal is bound to the id that its row is stored under.
    pub fn binds_record_id(&self) -> bool {
        self.0.binds.record_id
    }

    /// Whether every seal is bound to a key of the person.
    pub fn binds_subject_key(&self) -> bool {
        self.0.binds.subject_key
    }

    /// Its stable digest, over its meaning and its schema's: reasons and layout do not change it.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    pub(crate) fn binds(&self) -> Flags {
        self.0.binds
    }

    pub(crate) fn shown_positions(&self) -> &[usize] {
        &self.0.shows
    }

    pub(crate) fn pseudonym_rules(&self) -> &[PseudonymRule] {
        &self.0.pseudonyms
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

fn digest(policy: &Inner) -> Digest {
    let mut digest = Digester::new("paravent/policy/1");
    digest.bytes(policy.schema.digest().as_bytes());
    digest.text(policy.domain.as_str());
    digest.number(policy.opens.len());
    policy
        .opens
        .iter()
        .for_each(|scope| digest.number(usize::from(scope.number())));
    digest.number(usize::from(policy.binds.record_id));
    digest.number(usize::from(policy.binds.subject_key));
    digest.number(policy.shows.len());
    for &position in &policy.shows {
        digest.number(usize::from(policy.schema.fields()[position].id().number()));
        digest.text("keep");
    }
    digest.number(policy.pseudonyms.len());
    for rule in &policy.pseudonyms {
        digest.text(&rule.name);
        digest.number(rule.of.len());
        for &position in &rule.of {
            digest.number(usize::from(policy.schema.fields()[position].id().number()));
        }
        digest.number(usize::from(rule.null_gives_null));
        digest.number(usize::from(rule.erasable));
    }
    digest.finish()
}
