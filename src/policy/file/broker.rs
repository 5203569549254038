//! What a broker does: `[release.NAME]` and `[render.NAME]`.

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::{
    error::{Error, Result},
    id::{Domain, check_name},
    policy::{Quota, Release, Render, template},
    toml_file::hint,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseFile {
    reason: Spanned<String>,
    purposes: Spanned<Vec<Spanned<String>>>,
    per_hour: Spanned<i64>,
    detect_hours: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RenderFile {
    to: Spanned<String>,
    template: Spanned<String>,
    gateway: Spanned<String>,
    reason: Spanned<String>,
    per_hour: Spanned<i64>,
    detect_hours: Spanned<i64>,
}

impl Reader<'_> {
    pub(super) fn release(&self, name: &str, file: &Spanned<ReleaseFile>) -> Result<Release> {
        let fields = self.at(file, self.released(name))?;
        let what = format!("release {name:?}");
        let ReleaseFile {
            reason,
            purposes,
            per_hour,
            detect_hours,
        } = file.get_ref();
        self.reason(reason)?;
        if purposes.get_ref().is_empty() {
            let error = Error::definition(
                format!("{what} has no purposes"),
                "list what it may be asked for",
            );
            self.at(purposes, Err(error))?;
        }
        for purpose in purposes.get_ref() {
            self.text(
                &format!("a purpose of {what}"),
                "say in words what it may be asked for",
                purpose,
            )?;
        }
        Ok(Release {
            name: name.to_owned(),
            fields,
            purposes: purposes
                .get_ref()
                .iter()
                .map(|purpose| purpose.get_ref().clone())
                .collect(),
            quota: self.quota(&what, per_hour, detect_hours)?,
        })
    }

    pub(super) fn render(&self, name: &str, file: &Spanned<RenderFile>) -> Result<Render> {
        self.at(file, check_name("a render's name", name))?;
        let what = format!("render {name:?}");
        let RenderFile {
            to,
            template,
            gateway,
            reason,
            per_hour,
            detect_hours,
        } = file.get_ref();
        self.reason(reason)?;
        let to = self.at(to, self.position(to.get_ref()))?;
        let fields = self.at(template, self.template(&what, template.get_ref()))?;
        let gateway = Domain::new(gateway.get_ref()).map_err(|_| {
            Error::definition(
                format!("the gateway of {what} is not the name of a domain"),
                "use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'",
            )
        });
        Ok(Render {
            name: name.to_owned(),
            to,
            template: template.get_ref().clone(),
            fields,
            gateway: self.at(&file.get_ref().gateway, gateway)?,
            quota: self.quota(&what, per_hour, detect_hours)?,
        })
    }

    /// The positions of what is released under this name, ascending.
    fn released(&self, name: &str) -> Result<Vec<usize>> {
        match (self.scope(name), self.schema.position(name)) {
            (Some(_), Some(_)) => Err(Error::definition(
                format!("the policy releases {name:?}, which is a scope and a field"),
                "give the field another name in the schema",
            )),
            (None, Some(position)) => Ok(vec![position]),
            (Some(scope), None) => {
                let fields = self.schema.fields().iter().enumerate();
                Ok(fields
                    .filter(|(_, field)| field.scope() == scope)
                    .map(|(position, _)| position)
                    .collect())
            }
            (None, None) => Err(Error::definition(
                format!(
                    "the policy releases {name:?}, which is no scope and no field of the schema{}",
                    hint(name, self.schema.scope_names().chain(self.field_names()))
                ),
                "release scopes or fields of the schema",
            )),
        }
    }

    /// The positions of the fields that a template names, ascending.
    fn template(&self, what: &str, text: &str) -> Result<Vec<usize>> {
        let wrong = |fault| {
            Error::definition(
                format!("the template of {what} {fault}"),
                "write {field} for a field's value, {{ and }} for braces",
            )
        };
        if text.trim().is_empty() {
            return Err(wrong("is empty"));
        }
        let mut positions = Vec::new();
        for name in template::fields(text) {
            let position = self.position(name.map_err(wrong)?)?;
            if !positions.contains(&position) {
                positions.push(position);
            }
        }
        positions.sort_unstable();
        Ok(positions)
    }

    fn quota(
        &self,
        what: &str,
        per_hour: &Spanned<i64>,
        detect_hours: &Spanned<i64>,
    ) -> Result<Quota> {
        Ok(Quota {
            per_hour: self.count(&format!("`per_hour` of {what}"), per_hour)?,
            detect_hours: self.count(&format!("`detect_hours` of {what}"), detect_hours)?,
        })
    }
}
