//! The TOML file of a policy, and every rule it is held to.

mod accept;
mod background;
mod broker;
mod bucket;
mod canary;
mod keyed;
mod show;
mod source;

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::Deserialize;
use toml::Spanned;

pub(super) use self::canary::without as without_canaries;
use self::{
    accept::AcceptFile,
    background::{HoldsFile, TenancyFile},
    broker::{ReleaseFile, RenderFile},
    canary::CanaryFile,
    keyed::{IndexFile, PseudonymFile},
    show::ShowFile,
    source::SourceFile,
};
use super::{Inner, LOG_DOMAIN, PseudonymRule};
use crate::{
    error::{Error, Result},
    id::{Digest, Domain, Scope},
    schema::Schema,
    toml_file::{self, Lines, hint, within},
    wire::envelope::Flags,
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
    domain: Spanned<String>,
    schema: Spanned<String>,
    record_id: Spanned<String>,
    subject_key: Option<Spanned<String>>,
    goes_to: Option<Spanned<String>>,
    #[serde(default)]
    knows: Vec<Spanned<String>>,
    #[serde(default)]
    shares: Vec<Spanned<String>>,
    #[serde(default)]
    holds: HoldsFile,
    #[serde(default)]
    tenancy: TenancyFile,
    #[serde(default)]
    open: BTreeMap<String, Spanned<OpenFile>>,
    #[serde(default)]
    show: BTreeMap<String, Spanned<ShowFile>>,
    #[serde(default)]
    pseudonym: BTreeMap<String, Spanned<PseudonymFile>>,
    #[serde(default)]
    index: BTreeMap<String, Spanned<IndexFile>>,
    #[serde(default)]
    release: BTreeMap<String, Spanned<ReleaseFile>>,
    #[serde(default)]
    render: BTreeMap<String, Spanned<RenderFile>>,
    #[serde(default)]
    source: SourceFile,
    #[serde(default)]
    accept: Vec<Spanned<AcceptFile>>,
    #[serde(default)]
    canary: Vec<Spanned<CanaryFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenFile {
    reason: Spanned<String>,
}

struct Reader<'a> {
    lines: Lines,
    schema: &'a Schema,
}

impl Reader<'_> {
    fn read(&self, file: File) -> Result<Inner> {
        let domain = self.at(&file.domain, Domain::new(file.domain.get_ref()))?;
        if domain.as_str() == LOG_DOMAIN {
            let error = Error::definition(
                format!("domain {LOG_DOMAIN:?} is that of a broker's log"),
                "give it another name",
            );
            return self.at(&file.domain, Err(error));
        }
        self.at(&file.schema, self.check_schema(file.schema.get_ref()))?;
        let binds = Flags {
            record_id: self.bound("record_id", &file.record_id)?,
            subject_key: match &file.subject_key {
                Some(text) => self.bound("subject_key", text)?,
                None => false,
            },
        };
        let background = self.background(&file)?;
        let opens = each(&file.open, |name, open| self.open(name, open))?;
        let shows = each(&file.show, |name, show| self.show(name, show, binds))?;
        let pseudonyms = each(&file.pseudonym, |name, pseudonym| {
            self.pseudonym(name, pseudonym, binds)
        })?;
        let indexes = each(&file.index, |name, index| {
            self.check_not_pseudonym(name, index, &pseudonyms)?;
            self.index(name, index, &background, binds)
        })?;
        let releases = each(&file.release, |name, release| self.release(name, release))?;
        let renders = each(&file.render, |name, render| self.render(name, render))?;
        self.check_two_persons(&file.release, &releases, &renders, &opens)?;
        let source = self.source(&file.source, binds, &pseudonyms, &indexes)?;
        let acceptances = file
            .accept
            .iter()
            .map(|accept| self.acceptance(accept, &domain))
            .collect::<Result<Vec<_>>>()?;
        let mut inner = Inner {
            domain,
            schema: self.schema.clone(),
            background,
            opens,
            binds,
            shows: shows.into_iter().flatten().collect(),
            pseudonyms,
            indexes,
            releases,
            renders,
            source,
            acceptances,
            canaries: self.canaries(&file.canary, binds)?,
            digest: Digest::from_bytes([0; 32]),
        };
        inner.opens.sort_unstable();
        inner.shows.sort_unstable_by_key(|show| show.position);
        Ok(inner)
    }

    fn check_schema(&self, name: &str) -> Result<()> {
        if name == self.schema.name() {
            return Ok(());
        }
        Err(Error::definition(
            format!(
                "the policy is for schema {name:?}, not for {:?}",
                self.schema.name()
            ),
            "load it with its own schema",
        ))
    }

    fn check_not_pseudonym(
        &self,
        name: &str,
        index: &Spanned<IndexFile>,
        pseudonyms: &[PseudonymRule],
    ) -> Result<()> {
        let taken = pseudonyms
            .binary_search_by(|rule| (*rule.name).cmp(name))
            .is_ok();
        if !taken {
            return Ok(());
        }
        let error = Error::definition(
            format!("index {name:?} has the name of a pseudonym"),
            "give each pseudonym and each index a name of its own",
        );
        self.at(index, Err(error))
    }

    fn bound(&self, key: &str, text: &Spanned<String>) -> Result<bool> {
        let word = text.get_ref();
        let bound = match word.as_str() {
            "bound" => Ok(true),
            "unbound" => Ok(false),
            _ => Err(Error::definition(
                format!(
                    "`{key}` is neither \"bound\" nor \"unbound\"{}",
                    hint(word, ["bound", "unbound"])
                ),
                "use \"bound\" or \"unbound\"",
            )),
        };
        self.at(text, bound)
    }

    fn open(&self, name: &str, open: &Spanned<OpenFile>) -> Result<Scope> {
        self.reason(&open.get_ref().reason)?;
        if let Some(field) = self.schema.field(name) {
            let scope = self.schema.scope_name(field.scope());
            let error = Error::definition(
                format!("the policy opens {name:?}, which is a field of scope {scope:?}"),
                "open its scope, which opens all fields of it, or show the field",
            );
            return self.at(open, Err(error));
        }
        let scope = self.scope(name).ok_or_else(|| {
            Error::definition(
                format!(
                    "the policy opens {name:?}, and no field of the schema has that scope{}",
                    hint(name, self.schema.scope_names())
                ),
                "open scopes that the schema's fields have",
            )
        });
        self.at(open, scope)
    }

    /// The scope of this name, where a field has it.
    fn scope(&self, name: &str) -> Option<Scope> {
        self.schema
            .scope(name)
            .filter(|&scope| self.schema.scope_set().contains(scope))
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.schema.position(name).ok_or_else(|| {
            Error::definition(
                format!(
                    "the policy names the field {name:?}, which the schema does not list{}",
                    hint(name, self.field_names())
                ),
                "name fields of the schema",
            )
        })
    }

    fn field_names(&self) -> impl Iterator<Item = &str> {
        self.schema.fields().iter().map(|field| field.name())
    }

    /// The positions of named fields, in their order; a field that is there twice is said of `what`.
    fn positions(&self, what: &str, names: &[Spanned<String>]) -> Result<Vec<usize>> {
        // No longer than the schema, since each field is there once.
        let mut positions = Vec::new();
        for name in names {
            let position = self.at(name, self.position(name.get_ref()))?;
            if positions.contains(&position) {
                let error =
                    Error::definition(format!("{what} has a field twice"), "list each field once");
                return self.at(name, Err(error));
            }
            positions.push(position);
        }
        Ok(positions)
    }

    fn number(&self, what: &str, number: &Spanned<i64>, range: RangeInclusive<i64>) -> Result<u64> {
        self.at(number, within(what, *number.get_ref(), range))
    }

    fn count(&self, what: &str, number: &Spanned<i64>) -> Result<u64> {
        self.number(what, number, 1..=i64::MAX)
    }

    fn reason(&self, reason: &Spanned<String>) -> Result<()> {
        self.text("a reason", "say why in a sentence", reason)
    }

    fn text(&self, what: &str, advice: &'static str, text: &Spanned<String>) -> Result<()> {
        let empty = text.get_ref().trim().is_empty();
        let error = || Error::definition(format!("{what} is empty"), advice);
        self.at(text, if empty { Err(error()) } else { Ok(()) })
    }

    /// Refuses `erasable` in a policy whose seals are bound to no person.
    fn erasable<S>(
        &self,
        what: &str,
        place: &Spanned<S>,
        erasable: bool,
        binds: Flags,
    ) -> Result<()> {
        if !erasable || binds.subject_key {
            return Ok(());
        }
        let error = Error::definition(
            format!("{what} is erasable, and the policy binds to no subject key"),
            "set `subject_key = \"bound\"`, or leave `erasable` out",
        );
        self.at(place, Err(error))
    }

    fn at<S, T>(&self, place: &Spanned<S>, result: Result<T>) -> Result<T> {
        self.lines.at(place, result)
    }
}

/// What `read` makes of each table.
fn each<F, T>(
    tables: &BTreeMap<String, Spanned<F>>,
    read: impl Fn(&str, &Spanned<F>) -> Result<T>,
) -> Result<Vec<T>> {
    tables
        .iter()
        .map(|(name, table)| read(name, table))
        .collect()
}
