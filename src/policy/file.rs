//! The TOML file of a policy, and every rule it is held to.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Inner, PseudonymRule, transform::Show};
use crate::{
    error::{Error, Result},
    id::{Digest, Domain, Scope, check_name},
    schema::{RESERVED, Schema},
    toml_file::{self, Lines},
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
    #[serde(default)]
    open: BTreeMap<String, Spanned<OpenFile>>,
    #[serde(default)]
    show: BTreeMap<String, Spanned<ShowFile>>,
    #[serde(default)]
    pseudonym: BTreeMap<String, Spanned<PseudonymFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenFile {
    reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShowFile {
    #[serde(rename = "as")]
    show: Spanned<String>,
    reason: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PseudonymFile {
    of: Spanned<Vec<String>>,
    reason: Spanned<String>,
    null: Option<Spanned<String>>,
    #[serde(default)]
    erasable: bool,
}

struct Reader<'a> {
    lines: Lines<'a>,
    schema: &'a Schema,
}

impl Reader<'_> {
    fn read(&self, file: File) -> Result<Inner> {
        let domain = self.at(&file.domain, Domain::new(file.domain.get_ref()))?;
        self.at(&file.schema, self.check_schema(file.schema.get_ref()))?;
        let binds = Flags {
            record_id: self.bound("record_id", &file.record_id)?,
            subject_key: match &file.subject_key {
                Some(text) => self.bound("subject_key", text)?,
                None => false,
            },
        };
        let opens = file
            .open
            .iter()
            .map(|(name, open)| self.open(name, open))
            .collect::<Result<Vec<_>>>()?;
        let shows = file
            .show
            .iter()
            .map(|(name, show)| self.show(name, show))
            .collect::<Result<Vec<_>>>()?;
        let pseudonyms = file
            .pseudonym
            .iter()
            .map(|(name, pseudonym)| self.pseudonym(name, pseudonym, binds))
            .collect::<Result<Vec<_>>>()?;
        let mut inner = Inner {
            domain,
            schema: self.schema.clone(),
            opens,
            binds,
            shows: shows.into_iter().flatten().collect(),
            pseudonyms,
            digest: Digest::from_bytes([0; 32]),
        };
        inner.opens.sort_unstable();
        inner.shows.sort_unstable();
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

    fn bound(&self, key: &str, text: &Spanned<String>) -> Result<bool> {
        let bound = match text.get_ref().as_str() {
            "bound" => Ok(true),
            "unbound" => Ok(false),
            _ => Err(Error::definition(
                format!("`{key}` is neither \"bound\" nor \"unbound\""),
                "use \"bound\" or \"unbound\"",
            )),
        };
        self.at(text, bound)
    }

    fn open(&self, name: &str, open: &Spanned<OpenFile>) -> Result<Scope> {
        self.reason(&open.get_ref().reason)?;
        let scope = self
            .schema
            .scope(name)
            .filter(|&scope| self.schema.scope_set().contains(scope));
        let scope = scope.ok_or_else(|| {
            Error::definition(
                format!("the policy opens {name:?}, and no field of the schema has that scope"),
                "open scopes that the schema's fields have",
            )
        });
        self.at(open, scope)
    }

    fn show(&self, name: &str, file: &Spanned<ShowFile>) -> Result<Option<usize>> {
        let position = self.at(file, self.position(name))?;
        let ShowFile { show, reason } = file.get_ref();
        let show = self.at(
            show,
            Show::from_name(show.get_ref()).ok_or_else(|| {
                Error::definition(
                    format!("field {name:?} is shown in an unknown way"),
                    "use \"keep\" or \"redact\"",
                )
            }),
        )?;
        if show == Show::Redact {
            return Ok(None);
        }
        match reason {
            Some(reason) => self.reason(reason)?,
            None => self.at(
                file,
                Err(Error::definition(
                    format!("field {name:?} is kept in clear without a reason"),
                    "give a reason, or redact it",
                )),
            )?,
        }
        Ok(Some(position))
    }

    fn pseudonym(
        &self,
        name: &str,
        file: &Spanned<PseudonymFile>,
        binds: Flags,
    ) -> Result<PseudonymRule> {
        self.at(file, self.pseudonym_name(name))?;
        let PseudonymFile {
            of,
            reason,
            null,
            erasable,
        } = file.get_ref();
        self.reason(reason)?;
        if of.get_ref().is_empty() {
            let error = Error::definition(
                format!("pseudonym {name:?} has no fields"),
                "list the fields it stands for",
            );
            return self.at(of, Err(error));
        }
        if of
            .get_ref()
            .iter()
            .enumerate()
            .any(|(i, field)| of.get_ref()[..i].contains(field))
        {
            let error = Error::definition(
                format!("pseudonym {name:?} has a field twice"),
                "list each field once",
            );
            return self.at(of, Err(error));
        }
        let positions = of
            .get_ref()
            .iter()
            .map(|field| self.position(field))
            .collect::<Result<Vec<_>>>();
        let null_gives_null = match null {
            None => false,
            Some(text) => self.at(
                text,
                match text.get_ref().as_str() {
                    "refuse" => Ok(false),
                    "null" => Ok(true),
                    _ => Err(Error::definition(
                        format!("pseudonym {name:?} has an unknown `null`"),
                        "use \"refuse\" or \"null\"",
                    )),
                },
            )?,
        };
        if *erasable && !binds.subject_key {
            let error = Error::definition(
                format!("pseudonym {name:?} is erasable, and the policy binds to no subject key"),
                "set `subject_key = \"bound\"`, or leave `erasable` out",
            );
            return self.at(file, Err(error));
        }
        Ok(PseudonymRule {
            name: name.into(),
            of: self.at(of, positions)?,
            null_gives_null,
            erasable: *erasable,
        })
    }

    fn pseudonym_name(&self, name: &str) -> Result<()> {
        check_name("a pseudonym's name", name)?;
        if RESERVED.contains(&name) || self.schema.field(name).is_some() {
            return Err(Error::definition(
                format!("pseudonym {name:?} has a name that the protected record uses already"),
                "choose a name that is neither a field's nor \"sealed\" nor \"cells\"",
            ));
        }
        Ok(())
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.schema.position(name).ok_or_else(|| {
            Error::definition(
                format!("the policy names the field {name:?}, which the schema does not list"),
                "name fields of the schema",
            )
        })
    }

    fn reason(&self, reason: &Spanned<String>) -> Result<()> {
        let empty = reason.get_ref().trim().is_empty();
        let error = || Error::definition("a reason is empty", "say why in a sentence");
        self.at(reason, if empty { Err(error()) } else { Ok(()) })
    }

    fn at<S, T>(&self, place: &Spanned<S>, result: Result<T>) -> Result<T> {
        self.lines.at(place, result)
    }
}
