//! References: what is shown of them, and for which scope the rest is sealed.

use super::{MASKED, Walk, replace, separate};
use crate::{
    adapter::fhir::{
        json::{Decoded, Kind, Member, Value},
        profile::{Node, Type},
        references::{REFERENCE_SYSTEM, Spelling, absolute},
        scene::Scene,
    },
    error::Result,
    id::Scope,
};

impl<'p> Walk<'p, '_> {
    /// Writes a `Reference`: whom it is of decides for which scope the reference, the identifier and a person's name are sealed. All
    /// else in it is text of the sender that says what it likes.
    pub(super) fn reference<'d>(
        &mut self,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<()> {
        let new = match value.member("reference").and_then(Value::string) {
            Some(text) => self.rewrite(&text, false, scene)?,
            None => None,
        };
        let stated = value.member("type").and_then(Value::string);
        let stated = stated.and_then(|name| self.profile.of_type(&name));
        let of_target = new.as_ref().and_then(|new| new.target);
        let of_type = of_target.or(stated);
        let scope = of_type.map_or(node.scope, |of_type| of_type.scope);
        let of_system = of_type.map_or(scope, Type::system_scope);
        let is_name = scope == Scope::IDENTITY || scope == Scope::CARE;
        out.push('{');
        let start = out.len();
        for (index, member) in value.members().unwrap_or_default().iter().enumerate() {
            let length = separate(out, start);
            let is_written = match (&*member.name, &new) {
                ("reference", Some(new)) => {
                    let scope = self.scope_of(new, scope);
                    match new.is_one {
                        true => scene.replace(scope, index, member, &new.text),
                        false => scene.take(scope, index, member.chunk),
                    }
                    replace(member, &new.text, out);
                    true
                }
                ("type", _) if stated.is_some() => {
                    out.push_str(member.chunk);
                    true
                }
                ("identifier", _) => {
                    self.identifier(member, index, (scope, of_system), scene, out)?
                }
                ("display", _) if is_name && matches!(member.value.kind, Kind::String) => {
                    self.take(scene, index, member, scope)
                }
                _ => self.take(scene, index, member, self.profile.default_scope()),
            };
            if !is_written {
                out.truncate(length);
            }
        }
        if out.len() == start {
            out.push_str(MASKED);
        }
        out.push('}');
        Ok(())
    }

    /// Writes the business identifier of a reference, or takes it out; whether anything was written. Its system has a scope of its own.
    fn identifier<'d>(
        &mut self,
        member: &Member<'d>,
        index: usize,
        (scope, of_system): (Scope, Scope),
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<bool> {
        let default = self.profile.default_scope();
        let Some((system, value)) = identifier(&member.value) else {
            return Ok(self.take(scene, index, member, default));
        };
        let new = self.references.identifier(&system, &value)?;
        out.push_str(member.before());
        out.push('{');
        let start = out.len();
        scene.inside("identifier", |scene| {
            let members = member.value.members().unwrap_or_default();
            for (index, member) in members.iter().enumerate() {
                let shown = match &*member.name {
                    "system" => {
                        scene.take(of_system, index, member.chunk);
                        REFERENCE_SYSTEM
                    }
                    "value" => {
                        scene.replace(scope, index, member, new);
                        new
                    }
                    _ => {
                        scene.take(default, index, member.chunk);
                        continue;
                    }
                };
                separate(out, start);
                replace(member, shown, out);
            }
        });
        out.push('}');
        out.push_str(member.after());
        Ok(true)
    }

    /// The scope of what a new reference stands for: `usual`, where it said no more than which resource it is.
    pub(super) fn scope_of(&self, new: &Rewritten<'_>, usual: Scope) -> Scope {
        match new.tells_more {
            true => self.profile.default_scope(),
            false => usual,
        }
    }

    /// A reference with the new id; `None` where it is in no known spelling.
    pub(super) fn rewrite(
        &mut self,
        text: &str,
        is_location: bool,
        scene: &Scene<'_, 'p>,
    ) -> Result<Option<Rewritten<'p>>> {
        let Some(spelling) = Spelling::of(text, self.profile) else {
            return Ok(None);
        };
        let tells_more = spelling.tells_more(text);
        let is_one = !matches!(spelling, Spelling::Fragment("") | Spelling::OfType(_));
        let type_of = |name: &str| self.profile.of_type(name);
        let (text, target) = match spelling {
            Spelling::Fragment("") => ("#".to_owned(), None),
            Spelling::Fragment(id) => {
                let target = scene.contained.get(id);
                let target = target.and_then(|name| type_of(name));
                let new = self.references.fragment(scene.number, id)?;
                (["#", new].concat(), target)
            }
            Spelling::Urn => {
                let target = self.references.type_at(text).and_then(type_of);
                (self.references.urn(text)?.to_owned(), target)
            }
            Spelling::Relative(of_type, id) => {
                let new = self
                    .references
                    .id(&scene.base, of_type, id, self.stand_ins)?;
                ([&of_type.name, "/", new].concat(), Some(of_type))
            }
            Spelling::Absolute(base, of_type, id) => {
                let new = self.references.id(base, of_type, id, self.stand_ins)?;
                (absolute(&of_type.name, new), Some(of_type))
            }
            Spelling::OfType(of_type) if is_location => (of_type.name.clone(), Some(of_type)),
            Spelling::OfType(_) => return Ok(None),
        };
        Ok(Some(Rewritten {
            text,
            target,
            tells_more,
            is_one,
        }))
    }
}

/// A reference as it is shown.
pub(super) struct Rewritten<'p> {
    pub(super) text: String,
    /// The type of its target, where it is known.
    pub(super) target: Option<&'p Type>,
    tells_more: bool,
    /// Whether it means one resource, and so stands nowhere else by chance.
    pub(super) is_one: bool,
}

/// The system and value of a business identifier, where it has a value.
pub(super) fn identifier<'d>(value: &Value<'d>) -> Option<(Decoded<'d>, Decoded<'d>)> {
    let system = value.member("system").and_then(Value::string);
    let value = value.member("value").and_then(Value::string)?;
    Some((system.unwrap_or_default(), value))
}
