//! How files of rows are read: `[source]`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::{
    error::{Error, Result},
    policy::{IndexRule, PseudonymRule, Source},
    schema::RESERVED,
    wire::envelope::Flags,
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    record_id: Option<Spanned<String>>,
    #[serde(default)]
    drop: Vec<Spanned<String>>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, Spanned<String>>,
}

impl Reader<'_> {
    pub(super) fn source(
        &self,
        file: &SourceFile,
        binds: Flags,
        pseudonyms: &[PseudonymRule],
        indexes: &[IndexRule],
    ) -> Result<Source> {
        let mut columns = BTreeMap::new();
        for (field, header) in &file.columns {
            let position = self.at(field, self.position(field.get_ref()))?;
            self.text("a column", "say the column's header", header)?;
            let name = header.get_ref();
            let own = self.schema.fields()[position].name();
            if name != own && self.schema.position(name).is_some() {
                let error = Error::definition(
                    format!("the column of field {own:?} has the name of another field"),
                    "rename the column in the file, so that nobody takes one field for the other",
                );
                return self.at(header, Err(error));
            }
            if columns.values().any(|taken| taken == name) {
                let error = Error::definition(
                    format!("the column of field {own:?} is that of another field too"),
                    "give each field a column of its own",
                );
                return self.at(header, Err(error));
            }
            columns.insert(position, name.clone());
        }
        let mut source = Source {
            record_id: None,
            drop: Vec::new(),
            columns,
        };
        let stands_in = |name: &str| {
            RESERVED.contains(&name)
                || pseudonyms.iter().any(|rule| &*rule.name == name)
                || indexes.iter().any(|rule| &*rule.name == name)
        };
        for header in file.columns.values() {
            if stands_in(header.get_ref()) {
                let error = Error::definition(
                    "a column has the name of something that protected rows have",
                    "rename the column, or the pseudonym or index",
                );
                return self.at(header, Err(error));
            }
        }
        if let Some(header) = &file.record_id {
            self.text("`record_id`", "say the column's header", header)?;
            let name = header.get_ref();
            let what = if !binds.record_id {
                Some("`record_id` names a column, and the policy binds to no record id")
            } else if stands_in(name) {
                Some("the record id has the name of something that protected rows have")
            } else if source.field(self.schema, name).is_some()
                || self.schema.position(name).is_some()
            {
                // It is written in clear beside the seal.
                Some("the record id is the column of a field")
            } else {
                None
            };
            if let Some(what) = what {
                let error = Error::definition(
                    what,
                    "set `record_id = \"bound\"` at the top, and name a column with ids that tell nothing",
                );
                return self.at(header, Err(error));
            }
            source.record_id = Some(name.clone());
        }
        for header in &file.drop {
            let name = header.get_ref();
            let what = if source.field(self.schema, name).is_some() {
                Some("`drop` has the column of a field")
            } else if source.record_id.as_ref() == Some(name) {
                Some("`drop` has the column of the record id")
            } else if source.drop.contains(name) {
                Some("`drop` has a column twice")
            } else {
                None
            };
            if let Some(what) = what {
                let error = Error::definition(what, "list each column that is left out once");
                return self.at(header, Err(error));
            }
            source.drop.push(name.clone());
        }
        source.drop.sort_unstable();
        Ok(source)
    }
}
