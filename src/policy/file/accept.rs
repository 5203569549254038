//! What somebody answers for: `[[accept]]`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::{
    error::{Error, Result},
    id::{Digest, Domain},
    policy::Acceptance,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptFile {
    finding: Spanned<String>,
    #[serde(default)]
    with: Vec<Spanned<String>>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    until: Spanned<String>,
}

impl Reader<'_> {
    pub(super) fn acceptance(
        &self,
        file: &Spanned<AcceptFile>,
        own: &Domain,
    ) -> Result<Acceptance> {
        let AcceptFile {
            finding,
            with,
            reason,
            owner,
            until,
        } = file.get_ref();
        self.reason(reason)?;
        self.text(
            "an owner",
            "name who answers for the acceptance: a person or an office",
            owner,
        )?;
        Ok(Acceptance {
            finding: self.at(finding, digest(finding.get_ref()))?,
            with: self.with(with, own)?,
            reason: reason.get_ref().clone(),
            owner: owner.get_ref().clone(),
            until: self.at(until, full_date(until.get_ref()))?,
            line: self.lines.of(file),
        })
    }

    /// Sorted.
    fn with(&self, names: &[Spanned<String>], own: &Domain) -> Result<Vec<Domain>> {
        let mut domains = BTreeSet::new();
        for name in names {
            let domain = self.at(name, Domain::new(name.get_ref()))?;
            if domain == *own {
                let error = Error::definition(
                    format!(
                        "an acceptance is with {:?}, the policy's own domain",
                        own.as_str()
                    ),
                    "list the other domains only",
                );
                self.at(name, Err(error))?;
            }
            if domains.contains(&domain) {
                let error = Error::definition(
                    format!("an acceptance is with {:?} twice", domain.as_str()),
                    "list each domain once",
                );
                self.at(name, Err(error))?;
            }
            domains.insert(domain);
        }
        Ok(domains.into_iter().collect())
    }
}

fn digest(text: &str) -> Result<Digest> {
    Digest::from_hex(text).ok_or_else(|| {
        Error::definition(
            "an acceptance names a finding by something else than 64 hexadecimal digits",
            "copy the digest that the finding was printed with",
        )
    })
}

/// RFC 3339 `full-date`; the date library would take more than it.
fn full_date(text: &str) -> Result<Date> {
    let shaped = text.bytes().enumerate().all(|(i, byte)| match i {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    text.parse().ok().filter(|_| shaped).ok_or_else(|| {
        Error::definition(
            "an acceptance ends on something else than a date",
            "write the last day as \"2027-06-30\"",
        )
    })
}
