//! The files of an audit: what leaked, under which policies, and what opens it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use paravent::{
    Config, Error, Policy, Revealer, Schema,
    audit::{Audited, Leak, Origin, Table},
};

use super::AuditArguments;
use crate::{
    arguments::Rows,
    failure::{Exit, Failure},
    keys,
    policy::pages::page::grouped,
    rows::{self, Input},
    settings,
};

/// What an audit refused, with the file that it is about.
pub(super) fn refused(error: &Error, given: &[Given], arguments: &AuditArguments) -> Failure {
    let failure = Failure::row(error);
    let path = match error.audited() {
        Some(Audited::Leak(name)) => {
            let leak = given.iter().find(|leak| leak.name == *name);
            leak.map(|leak| &leak.path)
        }
        Some(Audited::Truth) => arguments.truth.as_ref(),
        Some(Audited::Reference) => arguments.reference.as_ref(),
        _ => None,
    };
    match path {
        Some(path) => failure.at(rows::name(path)),
        None => failure,
    }
}

/// A leak as it was named.
pub(super) struct Given {
    name: String,
    /// Whether the name was said.
    said: bool,
    pub(super) path: PathBuf,
}

impl Given {
    pub(super) fn new(word: &str) -> Result<Self, Failure> {
        // A path with a folder in it may have the sign in a name.
        if let Some((name, path)) = word.split_once('=').filter(|(name, _)| !name.contains('/')) {
            if name.is_empty() || path.is_empty() {
                return Err(Failure::usage(
                    format!("{word:?} is no leak"),
                    "give FILE or NAME=FILE",
                ));
            }
            return Ok(Self {
                name: name.to_owned(),
                said: true,
                path: path.into(),
            });
        }
        let path = PathBuf::from(word);
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: stem.to_string_lossy().into_owned(),
            said: false,
            path,
        })
    }

    pub(super) fn read(
        &self,
        policy: Option<&Policy>,
        revealer: Option<Revealer>,
        true_rows: Option<usize>,
        arguments: &AuditArguments,
    ) -> Result<Leak, Failure> {
        let place = || rows::name(&self.path);
        let table = read(&self.path, arguments)?;
        let count = table.rows();
        let mut leak = Leak::new(&*self.name, table);
        if let Some(policy) = policy {
            leak = leak.with_policy(policy);
        }
        if let Some(revealer) = revealer {
            leak = leak
                .opened_by(&revealer)
                .map_err(|error| Failure::row(&error).at(place()))?;
        }
        if let Some(column) = &arguments.id {
            leak = leak.with_origin(Origin::Column(column.clone()));
        }
        if let Some(true_rows) = true_rows.filter(|_| arguments.in_order) {
            if count != true_rows {
                let what = format!(
                    "it has {}, and the truth {}",
                    rows::counted(count as u64),
                    grouped(true_rows as u64)
                );
                let failure = Failure::new(
                    Exit::Input,
                    "audit",
                    what,
                    "--in-order is for leaks with one row for each of the truth",
                );
                return Err(failure.at(place()));
            }
            leak = leak.with_origin(Origin::Rows((0..count).collect()));
        }
        Ok(leak)
    }
}

pub(super) fn named(arguments: &AuditArguments) -> Result<Vec<Given>, Failure> {
    let given: Vec<Given> = arguments
        .leaks
        .iter()
        .map(|word| Given::new(word))
        .collect::<Result<_, _>>()?;
    let mut names = BTreeSet::new();
    match given.iter().find(|leak| !names.insert(&*leak.name)) {
        Some(leak) => Err(Failure::usage(
            format!("two leaks are called {:?}", leak.name),
            "give one of them another name: NAME=FILE",
        )),
        None => Ok(given),
    }
}

/// The policy of each leak, where there is one. The only leak gets the name of its policy's domain, unless it was named.
pub(super) fn policies(
    arguments: &AuditArguments,
    given: &mut [Given],
    config: &Config,
    schema: &Schema,
) -> Result<Vec<Option<Policy>>, Failure> {
    let said: Vec<(&PathBuf, Policy)> = arguments
        .policy
        .iter()
        .map(|path| Ok((path, settings::policy(path, schema)?)))
        .collect::<Result<_, Failure>>()?;
    if let ([leak], [(_, policy)]) = (&mut *given, &*said) {
        if !leak.said {
            leak.name = policy.domain().as_str().to_owned();
        }
        return Ok(vec![Some(policy.clone())]);
    }
    let is_of = |policy: &Policy, leak: &Given| policy.domain().as_str() == leak.name;
    if let Some((path, policy)) = said
        .iter()
        .find(|(_, policy)| !given.iter().any(|leak| is_of(policy, leak)))
    {
        return Err(Failure::usage(
            format!(
                "{}: no leak is called {:?}",
                path.display(),
                policy.domain().as_str()
            ),
            "name the leak after the policy's domain: NAME=FILE",
        ));
    }
    let configured = match config.policies_path() {
        Some(_) => config
            .read_policies(schema)
            .map_err(|error| Failure::definition(&error))?
            .policies()
            .to_vec(),
        None => Vec::new(),
    };
    let policy = |leak: &Given| {
        let mut of: Vec<&Policy> = said.iter().map(|(_, policy)| policy).collect();
        of.retain(|policy| is_of(policy, leak));
        if of.is_empty() {
            of = configured
                .iter()
                .filter(|policy| is_of(policy, leak))
                .collect();
        }
        match &*of {
            [] => Ok(None),
            [policy] => Ok(Some((*policy).clone())),
            _ => Err(Failure::usage(
                format!("leak {:?} has several policies", leak.name),
                "say by --policy under which one its rows were protected",
            )),
        }
    };
    given.iter().map(policy).collect()
}

/// What opens the rows of each leak, where a grant does: also one that has ended, since a thief is not bound by that.
pub(super) fn revealers(
    arguments: &AuditArguments,
    policies: &[Option<Policy>],
    config: &Config,
) -> Result<Vec<Option<Revealer>>, Failure> {
    let source = arguments.passphrase.source();
    if arguments.grant.len() > 1 && source.fd.is_some() {
        return Err(Failure::usage(
            "one file descriptor gives one passphrase, and there are several grants",
            "give the passphrases in a credentials folder, or one that all have by --passphrase-file",
        ));
    }
    let mut revealers: Vec<Option<Revealer>> = policies.iter().map(|_| None).collect();
    for path in &arguments.grant {
        let grant = keys::grant(path, &source, config)?;
        let of = |policy: &Option<Policy>| {
            policy
                .as_ref()
                .is_some_and(|policy| policy.domain() == grant.domain())
        };
        let leak = policies.iter().position(of);
        let Some((slot, policy)) = leak.and_then(|leak| {
            let policy = policies[leak].as_ref()?;
            Some((&mut revealers[leak], policy))
        }) else {
            return Err(Failure::usage(
                format!(
                    "{}: no leak is of the grant's domain {:?}",
                    path.display(),
                    grant.domain().as_str()
                ),
                format!(
                    "name its rows {}=FILE, and give their policy by --policy",
                    grant.domain().as_str()
                ),
            ));
        };
        if slot.is_some() {
            return Err(Failure::usage(
                format!("{}: there is another grant of its domain", path.display()),
                "give one grant a leak",
            ));
        }
        let revealer = Revealer::new(&grant, policy);
        *slot = Some(revealer.map_err(|error| Failure::key_file(path, &error))?);
    }
    Ok(revealers)
}

pub(super) fn read(path: &Path, arguments: &AuditArguments) -> Result<Table, Failure> {
    let kind = arguments.format.or_else(|| rows::by_name(path));
    let (delimiter, encoding) = match kind {
        // They are of the files of CSV among them.
        Some(Rows::Ndjson | Rows::Fhir | Rows::Hl7v2) => (None, None),
        _ => (arguments.delimiter, arguments.encoding),
    };
    let format = rows::read_as(path, arguments.format, delimiter, encoding)
        .map_err(|failure| failure.at(path.display()))?;
    let input = Input::open(path)?;
    Table::read(format, input.reader).map_err(|error| {
        let failure = Failure::from(&error);
        match failure.exit() {
            Exit::Input => failure.at(rows::name(path)),
            _ => failure,
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_leak_has_the_name_that_was_said_or_its_file_s() {
        let named = |word| Given::new(word).map(|leak| (leak.name, leak.path));
        for (word, name, path) in [
            ("out/rows.csv", "rows", "out/rows.csv"),
            ("sms=out/rows.csv", "sms", "out/rows.csv"),
            ("./a=b.csv", "a=b", "./a=b.csv"),
            ("sms=a=b.csv", "sms", "a=b.csv"),
        ] {
            let (found, of) = named(word).unwrap();
            assert_eq!((&*found, of), (name, PathBuf::from(path)));
        }
        assert!(named("=rows.csv").is_err() && named("sms=").is_err());
    }
}
