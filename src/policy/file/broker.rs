//! What a broker does: `[release.NAME]` and `[render.NAME]`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::{
    error::{Error, Result},
    id::{Domain, Scope, breaks_line, check_name},
    policy::{
        Quota, Release, Render,
        template::{self, Piece, Template},
    },
    schema::{Field, ValueType},
    toml_file::{hint, within},
};

/// The most bytes of a message.
const MAX_MESSAGE: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseFile {
    reason: Spanned<String>,
    purposes: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    two_persons: bool,
    per_hour: Spanned<i64>,
    per_requester: Option<Spanned<i64>>,
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
    per_requester: Option<Spanned<i64>>,
    detect_hours: Spanned<i64>,
}

impl Reader<'_> {
    pub(super) fn release(&self, name: &str, file: &Spanned<ReleaseFile>) -> Result<Release> {
        let fields = self.at(file, self.released(name))?;
        let what = format!("release {name:?}");
        let ReleaseFile {
            reason,
            purposes,
            two_persons,
            per_hour,
            per_requester,
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
            two_persons: *two_persons,
            quota: self.quota(&what, per_hour, per_requester.as_ref(), detect_hours)?,
        })
    }

    /// Refuses what takes two people, and one of them gets in another way.
    pub(super) fn check_two_persons(
        &self,
        files: &BTreeMap<String, Spanned<ReleaseFile>>,
        releases: &[Release],
        renders: &[Render],
        opens: &[Scope],
    ) -> Result<()> {
        let scope_of = |position: usize| self.schema.fields()[position].scope();
        for shared in releases.iter().filter(|release| release.two_persons) {
            let refuse = |how: String| {
                let error = Error::definition(
                    format!("release {:?} takes two people, and {how}", shared.name),
                    "take the other away, or let it take one",
                );
                match files.get(&shared.name) {
                    Some(file) => self.at(file, Err(error)),
                    None => Err(error),
                }
            };
            if let Some(&scope) = opens
                .iter()
                .find(|scope| shared.fields.iter().any(|&at| scope_of(at) == **scope))
            {
                refuse(format!("the grant opens {scope} to one"))?;
            }
            let overlaps = |other: &&Release| {
                !other.two_persons && other.fields.iter().any(|at| shared.fields.contains(at))
            };
            if let Some(other) = releases.iter().find(overlaps) {
                refuse(format!("release {:?} gives of it to one", other.name))?;
            }
            let sends = |render: &&Render| {
                let is_shared = |at| shared.fields.contains(at);
                is_shared(&render.to) || render.fields.iter().any(is_shared)
            };
            if let Some(render) = renders.iter().find(sends) {
                refuse(format!("render {:?} sends of it for one", render.name))?;
            }
        }
        Ok(())
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
            per_requester,
            detect_hours,
        } = file.get_ref();
        self.reason(reason)?;
        let to = self.at(to, self.address(&what, to.get_ref()))?;
        let template = self.at(template, self.template(&what, template.get_ref()))?;
        let gateway = Domain::new(gateway.get_ref()).map_err(|_| {
            Error::definition(
                format!("the gateway of {what} is not the name of a domain"),
                "use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'",
            )
        });
        Ok(Render {
            name: name.to_owned(),
            to,
            fields: template.fields(),
            template,
            gateway: self.at(&file.get_ref().gateway, gateway)?,
            quota: self.quota(&what, per_hour, per_requester.as_ref(), detect_hours)?,
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

    /// The position of the field with the address.
    fn address(&self, what: &str, name: &str) -> Result<usize> {
        let position = self.position(name)?;
        if self.field(position).value_type() == ValueType::Json {
            return Err(Error::definition(
                format!("{what} is sent to field {name:?}, which is of type json"),
                "send to a field with an address, such as a telephone number",
            ));
        }
        Ok(position)
    }

    fn template(&self, what: &str, text: &str) -> Result<Template> {
        let wrong = |fault| {
            Error::definition(
                format!("the template of {what} {fault}"),
                "write {field} for a field's value, {field:20} for at most 20 bytes of it, {{ and }} for braces",
            )
        };
        if text.trim().is_empty() {
            return Err(wrong("is empty"));
        }
        if text.chars().any(|c| c != '\n' && breaks_line(c)) {
            return Err(Error::definition(
                format!("the template of {what} has a control character"),
                "break its lines by \\n, and leave other control characters out",
            ));
        }
        let mut template = Template::new(text);
        for piece in template::pieces(text) {
            match piece.map_err(wrong)? {
                Piece::Fixed(text) => template.push_fixed(text),
                Piece::Value { name, width } => {
                    let position = self.position(name)?;
                    let width = self.value_width(what, self.field(position), width)?;
                    template.push_value(position, width);
                }
            }
        }
        if template.length() > MAX_MESSAGE {
            return Err(Error::definition(
                format!(
                    "the messages of {what} have {} bytes, more than {MAX_MESSAGE}",
                    template.length()
                ),
                "give its fields less room, such as {field:20}, or shorten its text",
            ));
        }
        Ok(template)
    }

    /// The most bytes that a field's value takes in a message: its own width, where none is stated.
    fn value_width(&self, what: &str, field: &Field, stated: Option<i64>) -> Result<usize> {
        let name = field.name();
        if field.value_type() == ValueType::Json {
            return Err(Error::definition(
                format!("the template of {what} names field {name:?}, which is of type json"),
                "name fields whose values can be read in a message",
            ));
        }
        let Some(stated) = stated else {
            return Ok(field.width());
        };
        let what = format!("the width of field {name:?} in the template of {what}");
        // No field is wider than 65,000 bytes.
        within(&what, stated, 1..=field.width() as i64).map(|width| width as usize)
    }

    fn field(&self, position: usize) -> &Field {
        &self.schema.fields()[position]
    }

    fn quota(
        &self,
        what: &str,
        per_hour: &Spanned<i64>,
        per_requester: Option<&Spanned<i64>>,
        detect_hours: &Spanned<i64>,
    ) -> Result<Quota> {
        let most = self.count(&format!("`per_hour` of {what}"), per_hour)?;
        Ok(Quota {
            per_hour: most,
            per_requester: match per_requester {
                Some(number) => {
                    let what = format!("`per_requester` of {what}");
                    self.number(&what, number, 1..=*per_hour.get_ref())?
                }
                None => most,
            },
            detect_hours: self.count(&format!("`detect_hours` of {what}"), detect_hours)?,
        })
    }
}
