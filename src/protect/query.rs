//! What the backend asks a domain's rows for, and what they mean.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

#[cfg(feature = "reversible")]
use super::reverse::{ReverseKey, reverse};
use super::{
    binding::Binding,
    derive::{IndexKey, Parts, PseudonymKey, encode},
    record,
    workspace::Workspace,
};
#[cfg(feature = "reversible")]
use crate::wire::Reversible;
use crate::{
    error::{Error, Kind, PartUser, Result},
    id::Generation,
    key::{Keyring, SubjectKey},
    policy::Policy,
    wire::{Index, Pseudonym},
};

/// What to look for in a domain's rows: indexes and pseudonyms as its policy makes them, under every generation of the
/// keyring. And the way back from reversible stand-ins.
///
/// For the backend, which has the keyring. `Send` and `Sync`: make one a policy and share it.
///
/// # Security
///
/// An answer tests a guess against the rows: whoever may ask without bound finds every value. Keep the questions of a
/// domain in the backend, and count them.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Date, Keyring, Policy, Protector, Query, Schema};
/// use serde_json::json;
///
/// let policy = Policy::from_toml(r#"
///     domain = "billing"
///     schema = "appointment"
///     record_id = "unbound"
///
///     [pseudonym.patient]
///     of = ["last_name", "first_name"]
///     reason = "one invoice a person"
///
///     [tenancy]
///     specialties = 12
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let appointment = Appointment {
///     last_name: "Martin".to_owned(),
///     first_name: "Zoé".to_owned(),
///     start: "2020-07-21T09:30:00+02:00".to_owned(),
///     ..Appointment::default()
/// };
/// let row = Protector::new(&keyring, &checked)?.protect(&appointment)?;
///
/// let query = Query::new(&keyring, &policy)?;
/// let found = query.pseudonym("patient", &json!({ "last_name": "MARTIN", "first_name": "Zoe" }))?;
/// assert_eq!(found, [(keyring.generation(), row.pseudonym("patient").unwrap())]);
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Query {
    policy: Policy,
    /// Ascending.
    generations: Vec<Linkage>,
}

/// The keys of one generation.
struct Linkage {
    generation: Generation,
    /// One a pseudonym of the policy.
    pseudonyms: Vec<PseudonymKey>,
    /// One an index of the policy.
    indexes: Vec<IndexKey>,
    /// One a reversible field of the policy.
    #[cfg(feature = "reversible")]
    reversibles: Vec<ReverseKey>,
}

impl Query {
    /// The questions of the policy's domain, under every generation of the keyring.
    ///
    /// # Errors
    ///
    /// None yet: a keyring has the linkage roots of every domain. One that is cut down to other domains, which the format
    /// provides for, will have no key to ask with.
    pub fn new(keyring: &Keyring, policy: &Policy) -> Result<Self> {
        let generations = keyring.linkage_keys(policy.domain());
        let linkage = |(generation, key)| Linkage {
            generation,
            pseudonyms: policy
                .pseudonym_rules()
                .iter()
                .map(|rule| PseudonymKey::new(&key, rule))
                .collect(),
            indexes: policy
                .index_rules()
                .iter()
                .map(|rule| IndexKey::new(&key, rule))
                .collect(),
            #[cfg(feature = "reversible")]
            reversibles: ReverseKey::all(policy, &key),
        };
        Ok(Self {
            policy: policy.clone(),
            generations: generations.map(linkage).collect(),
        })
    }

    /// The policy it asks by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same questions with the subject key of the person that is looked for, which what is erasable needs. A record id
    /// is not looked at.
    pub fn bind<'a>(&'a self, binding: Binding<'a>) -> BoundQuery<'a> {
        BoundQuery {
            query: self,
            binding,
        }
    }

    /// The index of this name that rows of `part` have, for every generation of the keyring, ascending.
    ///
    /// `part` is a struct or map with the fields that the index is made of; it may lack all others.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where the policy has no index of this name, or where it is erasable and no subject key is
    /// bound; [`Error::is_record`] where `part` does not fit the schema, lacks a field of the index, or has it null.
    pub fn index<T: Serialize + ?Sized>(
        &self,
        name: &str,
        part: &T,
    ) -> Result<Vec<(Generation, Index)>> {
        self.bind(Binding::NONE).index(name, part)
    }

    /// The pseudonym of this name that rows of `part` have, for every generation of the keyring, ascending.
    ///
    /// # Errors
    ///
    /// As [`index`](Query::index).
    pub fn pseudonym<T: Serialize + ?Sized>(
        &self,
        name: &str,
        part: &T,
    ) -> Result<Vec<(Generation, Pseudonym)>> {
        self.bind(Binding::NONE).pseudonym(name, part)
    }

    /// Every pseudonym that rows of `record` have, by its name, for every generation of the keyring, ascending: while rows
    /// of an older one are left, a person is found by either. One that is null is left out.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where one is erasable and no subject key is bound; [`Error::is_record`] where `record` does not
    /// fit the schema, or lacks what the policy refuses to be without.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Keyring, Policy, Query, Schema};
    /// use serde_json::json;
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "billing"
    ///     schema = "appointment"
    ///     record_id = "unbound"
    ///     [pseudonym.patient]
    ///     of = ["last_name", "first_name"]
    ///     reason = "one invoice a person"
    /// "#, &Schema::appointment())?;
    /// let mut keyring = Keyring::generate()?;
    /// let first = keyring.generation();
    /// let second = keyring.start_generation()?;
    ///
    /// let person = json!({ "last_name": "Martin", "first_name": "Zoé" });
    /// let query = Query::new(&keyring, &policy)?;
    /// let pseudonyms = query.pseudonyms(&person)?;
    /// let generations: Vec<_> = pseudonyms["patient"].iter().map(|(generation, _)| *generation).collect();
    /// assert_eq!(generations, [first, second]);
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn pseudonyms<T: Serialize + ?Sized>(
        &self,
        record: &T,
    ) -> Result<BTreeMap<&str, Vec<(Generation, Pseudonym)>>> {
        self.bind(Binding::NONE).pseudonyms(record)
    }

    /// The value that the reversible stand-in of a field stands for, under each generation whose key it authenticates:
    /// mostly one.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where the policy does not show the field as reversible, or where it is erasable and no subject
    /// key is bound; [`Error::is_wrong_key`] where no key turns it back, since it was changed or made under others;
    /// [`Error::is_plaintext`] where what was authentic is no value.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe.
    #[cfg(feature = "reversible")]
    pub fn reverse(&self, field: &str, stand_in: &Reversible) -> Result<Vec<(Generation, String)>> {
        self.bind(Binding::NONE).reverse(field, stand_in)
    }

    /// What `make` makes of the encoded parts, for each generation.
    fn ask<T: Serialize + ?Sized, V>(
        &self,
        parts: &Parts<'_>,
        part: &T,
        make: impl Fn(&Linkage, &[u8]) -> V,
    ) -> Result<Vec<(Generation, V)>> {
        Workspace::lend(|work| {
            let schema = self.policy.schema();
            record::collect(part, schema, &mut work.draft, &mut work.reading)?;
            encode(parts, &self.policy, work)?;
            Ok(self.make_each(work, make))
        })
    }

    /// What `make` makes of what is encoded in `work`, for each generation.
    fn make_each<V>(
        &self,
        work: &Workspace,
        make: impl Fn(&Linkage, &[u8]) -> V,
    ) -> Vec<(Generation, V)> {
        let made = self.generations.iter().map(|linkage| {
            let value = make(linkage, work.encoded.bytes());
            (linkage.generation, value)
        });
        made.collect()
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generations = self.generations.iter().map(|linkage| linkage.generation);
        f.debug_struct("Query")
            .field("policy", &self.policy)
            .field("generations", &generations.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A [`Query`] with a subject key.
#[derive(Clone, Copy, Debug)]
pub struct BoundQuery<'a> {
    query: &'a Query,
    binding: Binding<'a>,
}

impl<'a> BoundQuery<'a> {
    /// As [`Query::index`].
    ///
    /// # Errors
    ///
    /// As [`Query::index`].
    pub fn index<T: Serialize + ?Sized>(
        &self,
        name: &str,
        part: &T,
    ) -> Result<Vec<(Generation, Index)>> {
        let rules = self.query.policy.index_rules();
        let position = rules.iter().position(|rule| &*rule.name == name);
        let position = position.ok_or_else(|| no_such_rule("index", name))?;
        let rule = &rules[position];
        let subject = self.subject(rule.erasable)?;
        self.query
            .ask(&parts(&rule.of, name), part, |linkage, message| {
                linkage.indexes[position].make(message, subject)
            })
    }

    /// As [`Query::pseudonym`].
    ///
    /// # Errors
    ///
    /// As [`Query::pseudonym`].
    pub fn pseudonym<T: Serialize + ?Sized>(
        &self,
        name: &str,
        part: &T,
    ) -> Result<Vec<(Generation, Pseudonym)>> {
        let rules = self.query.policy.pseudonym_rules();
        let position = rules.iter().position(|rule| &*rule.name == name);
        let position = position.ok_or_else(|| no_such_rule("pseudonym", name))?;
        let rule = &rules[position];
        let subject = self.subject(rule.erasable)?;
        self.query
            .ask(&parts(&rule.of, name), part, |linkage, message| {
                linkage.pseudonyms[position].make(message, subject)
            })
    }

    /// As [`Query::pseudonyms`].
    ///
    /// # Errors
    ///
    /// As [`Query::pseudonyms`].
    pub fn pseudonyms<T: Serialize + ?Sized>(
        &self,
        record: &T,
    ) -> Result<BTreeMap<&'a str, Vec<(Generation, Pseudonym)>>> {
        let query = self.query;
        Workspace::lend(|work| {
            let schema = query.policy.schema();
            record::collect(record, schema, &mut work.draft, &mut work.reading)?;
            let mut all = BTreeMap::new();
            for (position, rule) in query.policy.pseudonym_rules().iter().enumerate() {
                let subject = self.subject(rule.erasable)?;
                if !encode(&Parts::of_pseudonym(rule), &query.policy, work)? {
                    continue;
                }
                let made = query.make_each(work, |linkage, message| {
                    linkage.pseudonyms[position].make(message, subject)
                });
                all.insert(&*rule.name, made);
            }
            Ok(all)
        })
    }

    /// As [`Query::reverse`].
    ///
    /// # Errors
    ///
    /// As [`Query::reverse`].
    ///
    /// # Security
    ///
    /// As [`Query::reverse`].
    #[cfg(feature = "reversible")]
    pub fn reverse(&self, field: &str, stand_in: &Reversible) -> Result<Vec<(Generation, String)>> {
        let policy = &self.query.policy;
        let (position, rule) = policy
            .reversible_rules()
            .enumerate()
            .find(|(_, rule)| policy.schema().fields()[rule.position].name() == field)
            .ok_or_else(|| no_such_rule("reversible field", field))?;
        let subject = self.subject(rule.erasable)?;
        let keys = self.query.generations.iter();
        let keys = keys.map(|linkage| (linkage.generation, &linkage.reversibles[position]));
        let field = &policy.schema().fields()[rule.position];
        Workspace::lend(|work| reverse(field, stand_in, keys, subject, work))
    }

    /// The subject key, where what is asked for is erasable.
    fn subject(&self, erasable: bool) -> Result<Option<&SubjectKey>> {
        let subject = self.binding.subject_key();
        if erasable && subject.is_none() {
            return Err(Error::new(|| Kind::Binding {
                what: "a subject key",
                wanted: true,
            }));
        }
        Ok(subject)
    }
}

/// What is looked for is never null: rows where it is have nothing to be found by.
fn parts<'a>(of: &'a [usize], name: &'a str) -> Parts<'a> {
    Parts {
        of,
        null_gives_null: false,
        user: PartUser::Query,
        name,
    }
}

fn no_such_rule(what: &'static str, name: &str) -> Error {
    Error::new(|| Kind::NoSuchRule {
        what,
        name: name.to_owned(),
    })
}
