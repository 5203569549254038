//! Keyed stand-ins: `[pseudonym.NAME]` and `[index.NAME]`.

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::{
    error::{Error, Result},
    id::check_name,
    policy::{Background, IndexRule, PseudonymRule},
    schema::RESERVED,
    toml_file::hint,
    wire::envelope::Flags,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PseudonymFile {
    of: Spanned<Vec<Spanned<String>>>,
    reason: Spanned<String>,
    null: Option<Spanned<String>>,
    #[serde(default)]
    erasable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexFile {
    of: Spanned<Vec<Spanned<String>>>,
    bits: Spanned<i64>,
    distinct: Spanned<i64>,
    #[serde(default)]
    queried: bool,
    reason: Spanned<String>,
    null: Option<Spanned<String>>,
    #[serde(default)]
    erasable: bool,
}

impl Reader<'_> {
    pub(super) fn pseudonym(
        &self,
        name: &str,
        file: &Spanned<PseudonymFile>,
        binds: Flags,
    ) -> Result<PseudonymRule> {
        self.at(file, self.key_name("pseudonym", "a pseudonym's name", name))?;
        let what = format!("pseudonym {name:?}");
        let PseudonymFile {
            of,
            reason,
            null,
            erasable,
        } = file.get_ref();
        self.reason(reason)?;
        let of = self.of(&what, of)?;
        let null_gives_null = self.null(&what, null.as_ref())?;
        self.erasable(&what, file, *erasable, binds)?;
        Ok(PseudonymRule {
            name: name.into(),
            of,
            null_gives_null,
            erasable: *erasable,
        })
    }

    pub(super) fn index(
        &self,
        name: &str,
        file: &Spanned<IndexFile>,
        background: &Background,
        binds: Flags,
    ) -> Result<IndexRule> {
        self.at(file, self.key_name("index", "an index's name", name))?;
        let what = format!("index {name:?}");
        let IndexFile {
            of,
            bits,
            distinct,
            queried,
            reason,
            null,
            erasable,
        } = file.get_ref();
        self.reason(reason)?;
        let of = self.of(&what, of)?;
        let bits = self.number(&format!("`bits` of {what}"), bits, 1..=32)? as u8;
        let distinct = self.count(&format!("`distinct` of {what}"), distinct)?;
        let null_gives_null = self.null(&what, null.as_ref())?;
        self.erasable(&what, file, *erasable, binds)?;
        if background.subjects.is_none() {
            let error = Error::definition(
                format!("{what} has no number of people to be measured against"),
                "state `subjects` under [holds]: how many people the rows are of",
            );
            self.at(file, Err(error))?;
        }
        Ok(IndexRule {
            name: name.into(),
            of,
            bits,
            distinct,
            queried: *queried,
            null_gives_null,
            erasable: *erasable,
        })
    }

    fn key_name(&self, kind: &str, what: &str, name: &str) -> Result<()> {
        check_name(what, name)?;
        if RESERVED.contains(&name) || self.schema.field(name).is_some() {
            return Err(Error::definition(
                format!("{kind} {name:?} has a name that the protected record uses already"),
                "choose a name that is neither a field's nor \"sealed\" nor \"cells\"",
            ));
        }
        Ok(())
    }

    fn of(&self, what: &str, of: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<usize>> {
        if of.get_ref().is_empty() {
            let error = Error::definition(
                format!("{what} has no fields"),
                "list the fields it stands for",
            );
            return self.at(of, Err(error));
        }
        self.positions(what, of.get_ref())
    }

    fn null(&self, what: &str, null: Option<&Spanned<String>>) -> Result<bool> {
        let Some(text) = null else {
            return Ok(false);
        };
        let word = text.get_ref();
        let parsed = match word.as_str() {
            "refuse" => Ok(false),
            "null" => Ok(true),
            _ => Err(Error::definition(
                format!(
                    "{what} has an unknown `null`{}",
                    hint(word, ["refuse", "null"])
                ),
                "use \"refuse\" or \"null\"",
            )),
        };
        self.at(text, parsed)
    }
}
