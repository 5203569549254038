//! The walk through a resource: what is kept is written, and what is not becomes parts.

use zeroize::Zeroizing;

use super::{
    json::{self, Decoded, Item, Kind, Member, Value},
    profile::{Node, NodeKind, Profile, Type},
    protect::{ResourceProtector, StandIns},
    references::{REFERENCE_SYSTEM, References, Spelling, absolute, base_of},
    scene::Scene,
};
use crate::{
    error::{Error, Result},
    id::Scope,
};

/// What stands in an element that was emptied, or must be there: it was masked.
pub(super) const MASKED: &str = r#""extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]"#;

/// The walk through one document.
pub(super) struct Walk<'p, 'r> {
    profile: &'p Profile,
    references: &'r mut References,
    stand_ins: Option<&'p StandIns>,
    scenes: usize,
    /// How many resources were surveyed.
    resources: usize,
}

/// What was written of a resource.
pub(super) struct Top<'p> {
    /// The id that it has now.
    pub(super) id: Option<String>,
    /// Members that are to stand at its end, by the name of the element that they stand for.
    pub(super) marks: Vec<(&'p str, String)>,
}

impl<'p, 'r> Walk<'p, 'r> {
    pub(super) fn new(
        profile: &'p Profile,
        references: &'r mut References,
        stand_ins: Option<&'p StandIns>,
    ) -> Self {
        Self {
            profile,
            references,
            stand_ins,
            scenes: 0,
            resources: 0,
        }
    }

    /// The server of what names none.
    pub(super) fn base(&self) -> Zeroizing<String> {
        Zeroizing::new(self.references.base().to_owned())
    }

    pub(super) fn resources(&self) -> usize {
        self.resources
    }

    pub(super) fn next_scene(&mut self) -> usize {
        self.scenes += 1;
        self.scenes
    }

    /// The rules for a resource.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where it is none, or of a type that the profile does not take.
    pub(super) fn type_of(&self, value: &Value<'_>, place: &str) -> Result<&'p Type> {
        let at = match place {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        let Some(name) = value.resource_type() else {
            return Err(Error::message(
                format!("there is no FHIR resource{at}"),
                "give an object with its `resourceType`",
            ));
        };
        self.profile.of_type(&name).ok_or_else(|| {
            Error::message(
                format!("the resource{at} is of a type that the profile does not take"),
                "give the profile a table for the type, or leave the resource out",
            )
        })
    }

    /// Notes what has to be known of a document before any of it is written.
    pub(super) fn survey(&mut self, resource: &Value<'_>) -> Result<()> {
        let of_type = resource
            .resource_type()
            .and_then(|name| self.profile.of_type(&name));
        let Some(of_type) = of_type else {
            return Ok(());
        };
        self.resources += 1;
        if let Some(Kind::Array(items)) = resource.member("contained").map(|value| &value.kind) {
            for item in items {
                self.survey(&item.value)?;
            }
        }
        self.survey_element(resource, &of_type.root)
    }

    fn survey_element(&mut self, value: &Value<'_>, node: &Node) -> Result<()> {
        let members = match &value.kind {
            Kind::Array(items) => {
                let mut items = items.iter();
                return items.try_for_each(|item| self.survey_element(&item.value, node));
            }
            Kind::Object(members) => members,
            _ => return Ok(()),
        };
        match node.kind {
            NodeKind::Reference => {
                if let Some((system, value)) = value.member("identifier").and_then(identifier) {
                    self.references.name_identifier(&system, &value);
                }
                return Ok(());
            }
            NodeKind::Resource => return self.survey(value),
            _ => {}
        }
        if node.has_resource
            && let Some(url) = value.member("fullUrl").and_then(Value::string)
        {
            let base = base_of(&url, self.profile);
            if !base.is_empty() {
                self.references.name_base(base);
            }
            let is_urn = url.starts_with("urn:");
            for member in members.iter().filter(|_| is_urn) {
                if node
                    .child(&member.name)
                    .is_some_and(|child| child.kind == NodeKind::Resource)
                    && let Some(of_type) = member.value.resource_type()
                {
                    self.references.place(&url, &of_type);
                }
            }
        }
        for member in members {
            if let Some(child) = node.child(&member.name)
                && child.refers
            {
                self.survey_element(&member.value, child)?;
            }
        }
        Ok(())
    }

    /// Writes a resource that is sealed for itself, without `meta`.
    pub(super) fn top<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        of_type: &'p Type,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<Top<'p>> {
        let members = value.members().unwrap_or_default();
        let root = &of_type.root;
        out.push(b'{');
        let start = out.len();
        let mut top = Top {
            id: None,
            marks: Vec::new(),
        };
        let mut written = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let length = separate(out, start);
            let is_written = match &*member.name {
                "resourceType" => {
                    out.extend_from_slice(member.chunk.as_bytes());
                    true
                }
                "id" => match member.value.string() {
                    Some(id) => {
                        let new = self
                            .references
                            .id(&scene.base, of_type, &id, self.stand_ins)?;
                        scene.take(of_type.scope, index, member.chunk);
                        replace(member, new, out);
                        top.id = Some(new.to_owned());
                        true
                    }
                    None => self.take(scene, index, member, self.profile.default_scope()),
                },
                "meta" => self.take(scene, index, member, self.profile.default_scope()),
                "contained" => self.contained(sealing, member, index, scene, out)?,
                _ => self.member(sealing, member, index, root, scene, out)?,
            };
            if !is_written {
                out.truncate(length);
            }
            if root.has_masked {
                written.push(is_written);
            }
        }
        scene.check()?;
        top.marks = self.marks(members, root, &written);
        self.mark_identifier(value, root, &mut top.marks);
        out.push(b'}');
        Ok(top)
    }

    /// Writes resources that are inside of another one; their parts are those of their container.
    fn contained<'d>(
        &mut self,
        sealing: &ResourceProtector,
        member: &Member<'d>,
        index: usize,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let items = match &member.value.kind {
            Kind::Array(items) if !items.is_empty() => items,
            _ => return Ok(self.take(scene, index, member, self.profile.default_scope())),
        };
        out.extend_from_slice(member.before().as_bytes());
        out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(item.before().as_bytes());
            scene.inside(&format!("contained.{at}"), |scene| {
                let of_type = self.type_of(&item.value, &scene.here())?;
                scene.read_fields(&item.value, of_type, sealing.policy().schema(), false);
                self.contained_resource(sealing, &item.value, of_type, scene, out)
            })?;
            out.extend_from_slice(item.after().as_bytes());
        }
        out.push(b']');
        out.extend_from_slice(member.after().as_bytes());
        Ok(true)
    }

    fn contained_resource<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        of_type: &'p Type,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let members = value.members().unwrap_or_default();
        out.push(b'{');
        let start = out.len();
        let mut written = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let length = separate(out, start);
            let is_written = match &*member.name {
                "resourceType" => {
                    out.extend_from_slice(member.chunk.as_bytes());
                    true
                }
                "id" => match member.value.string() {
                    Some(id) => {
                        let new = self.references.fragment(scene.number, &id)?;
                        scene.take(of_type.scope, index, member.chunk);
                        replace(member, new, out);
                        true
                    }
                    None => self.take(scene, index, member, self.profile.default_scope()),
                },
                "meta" | "contained" => {
                    self.take(scene, index, member, self.profile.default_scope())
                }
                _ => self.member(sealing, member, index, &of_type.root, scene, out)?,
            };
            if !is_written {
                out.truncate(length);
            }
            if of_type.root.has_masked {
                written.push(is_written);
            }
        }
        let mut marks = self.marks(members, &of_type.root, &written);
        self.mark_identifier(value, &of_type.root, &mut marks);
        append(&marks, start, out);
        out.push(b'}');
        Ok(())
    }

    /// Writes an element that rules say something inside of.
    fn object<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let members = value.members().unwrap_or_default();
        let around = node.has_resource.then(|| {
            let url = value.member("fullUrl").and_then(Value::string);
            let stated = url.as_ref().map_or("", |url| base_of(url, self.profile));
            let base = match stated {
                "" => self.references.base(),
                stated => stated,
            };
            std::mem::replace(&mut scene.base, base.to_owned())
        });
        let named = match node.identifies {
            true => self.named(value)?,
            false => None,
        };
        out.push(b'{');
        let start = out.len();
        let mut written = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let length = separate(out, start);
            let new = named.as_deref().and_then(|new| match &*member.name {
                "system" => Some(REFERENCE_SYSTEM),
                "value" => Some(new),
                _ => None,
            });
            let is_written = match new {
                Some(new) => {
                    let child = node.child(&member.name).unwrap_or(node);
                    scene.take(child.scope, index, member.chunk);
                    replace(member, new, out);
                    true
                }
                None => self.member(sealing, member, index, node, scene, out)?,
            };
            if !is_written {
                out.truncate(length);
            }
            if node.has_masked {
                written.push(is_written);
            }
        }
        append(&self.marks(members, node, &written), start, out);
        if out.len() == start {
            out.extend_from_slice(MASKED.as_bytes());
        }
        out.push(b'}');
        if let Some(around) = around {
            scene.base = around;
        }
        Ok(())
    }

    /// Writes what is left of a member, or takes it out; whether anything was written.
    fn member<'d>(
        &mut self,
        sealing: &ResourceProtector,
        member: &Member<'d>,
        index: usize,
        around: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let name = member.name.strip_prefix('_').unwrap_or(&member.name);
        let Some(node) = around.child(name) else {
            return Ok(self.take(scene, index, member, around.scope));
        };
        // What stands beside a primitive value, an extension or an id, is never kept.
        let is_beside = name.len() < member.name.len();
        if is_beside || node.takes_whole(&member.value) {
            return Ok(self.take(scene, index, member, node.scope));
        }
        match (&node.kind, &member.value.kind) {
            (NodeKind::Kept(values), _) if is_kept(&member.value, values) => {
                out.extend_from_slice(member.chunk.as_bytes());
                return Ok(true);
            }
            (NodeKind::Location, Kind::String) => {
                let text = member.value.string();
                if let Some(text) = text
                    && let Some((new, scope)) = self.rewrite(&text, true, scene)?
                {
                    scene.take(scope.unwrap_or(node.scope), index, member.chunk);
                    replace(member, &new, out);
                    return Ok(true);
                }
            }
            (NodeKind::Resource, Kind::Object(_)) => {
                out.extend_from_slice(member.before().as_bytes());
                let (place, base) = scene.inside(name, |scene| (scene.here(), scene.base.clone()));
                sealing.resource(self, &member.value, &place, &base, None, out)?;
                out.extend_from_slice(member.after().as_bytes());
                return Ok(true);
            }
            (NodeKind::Plain | NodeKind::Reference, Kind::Object(inner)) if !inner.is_empty() => {
                out.extend_from_slice(member.before().as_bytes());
                scene.inside(name, |scene| {
                    self.element(sealing, &member.value, node, scene, out)
                })?;
                out.extend_from_slice(member.after().as_bytes());
                return Ok(true);
            }
            (NodeKind::Plain | NodeKind::Reference, Kind::Array(items)) if !items.is_empty() => {
                out.extend_from_slice(member.before().as_bytes());
                scene.inside(name, |scene| self.items(sealing, items, node, scene, out))?;
                out.extend_from_slice(member.after().as_bytes());
                return Ok(true);
            }
            _ => {}
        }
        Ok(self.take(scene, index, member, node.scope))
    }

    fn items<'d>(
        &mut self,
        sealing: &ResourceProtector,
        items: &[Item<'d>],
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(item.before().as_bytes());
            match item.value.members() {
                Some(members) if !members.is_empty() => {
                    scene.at(at, |scene| {
                        self.element(sealing, &item.value, node, scene, out)
                    })?;
                }
                _ => {
                    scene.check()?;
                    scene.take(node.scope, at, item.chunk);
                    out.push(b'{');
                    out.extend_from_slice(MASKED.as_bytes());
                    out.push(b'}');
                }
            }
            out.extend_from_slice(item.after().as_bytes());
        }
        out.push(b']');
        Ok(())
    }

    fn element<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match node.kind {
            NodeKind::Reference => self.reference(value, node, scene, out),
            _ => self.object(sealing, value, node, scene, out),
        }
    }

    /// Writes a `Reference`: whom it is of decides for which scope its parts are sealed.
    fn reference<'d>(
        &mut self,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let new = match value.member("reference").and_then(Value::string) {
            Some(text) => self.rewrite(&text, false, scene)?,
            None => None,
        };
        let stated = value.member("type").and_then(Value::string);
        let stated = stated.and_then(|name| self.profile.of_type(&name));
        let of_target = new.as_ref().and_then(|(_, scope)| *scope);
        let scope = of_target
            .or(stated.map(|of_type| of_type.scope))
            .unwrap_or(node.scope);
        out.push(b'{');
        let start = out.len();
        for (index, member) in value.members().unwrap_or_default().iter().enumerate() {
            let length = separate(out, start);
            match (&*member.name, &new) {
                ("reference", Some((new, _))) => {
                    scene.take(scope, index, member.chunk);
                    replace(member, new, out);
                }
                ("type", _) if stated.is_some() => out.extend_from_slice(member.chunk.as_bytes()),
                ("identifier", _) => {
                    scene.take(scope, index, member.chunk);
                    match identifier(&member.value) {
                        Some((system, value)) => {
                            let new = self.references.identifier(&system, &value)?;
                            out.extend_from_slice(member.before().as_bytes());
                            print_identifier(new, out);
                            out.extend_from_slice(member.after().as_bytes());
                        }
                        None => out.truncate(length),
                    }
                }
                _ => {
                    scene.take(scope, index, member.chunk);
                    out.truncate(length);
                }
            }
        }
        if out.len() == start {
            out.extend_from_slice(MASKED.as_bytes());
        }
        out.push(b'}');
        Ok(())
    }

    /// A reference with the new id, and the scope of its target where its type is known; `None` where it is in no known spelling.
    fn rewrite(
        &mut self,
        text: &str,
        is_location: bool,
        scene: &Scene<'_, 'p>,
    ) -> Result<Option<(String, Option<Scope>)>> {
        let Some(spelling) = Spelling::of(text, self.profile) else {
            return Ok(None);
        };
        let type_of = |name: &str| self.profile.of_type(name);
        let scope_of = |name: &str| type_of(name).map(|of_type| of_type.scope);
        Ok(Some(match spelling {
            Spelling::Fragment("") => ("#".to_owned(), None),
            Spelling::Fragment(id) => {
                let mut contained = scene.contained.iter();
                let target = contained.find(|(of, _)| **of == *id);
                let scope = target.and_then(|(_, name)| scope_of(name));
                let new = self.references.fragment(scene.number, id)?;
                (["#", new].concat(), scope)
            }
            Spelling::Urn => {
                let scope = self.references.type_at(text).and_then(scope_of);
                (self.references.urn(text)?.to_owned(), scope)
            }
            Spelling::Relative(name, id) => {
                let Some(of_type) = type_of(name) else {
                    return Ok(None);
                };
                let new = self
                    .references
                    .id(&scene.base, of_type, id, self.stand_ins)?;
                ([name, "/", new].concat(), Some(of_type.scope))
            }
            Spelling::Absolute(base, name, id) => {
                let Some(of_type) = type_of(name) else {
                    return Ok(None);
                };
                let new = self.references.id(base, of_type, id, self.stand_ins)?;
                (absolute(name, new), Some(of_type.scope))
            }
            Spelling::OfType(name) if is_location => (name.to_owned(), scope_of(name)),
            Spelling::OfType(_) => return Ok(None),
        }))
    }

    /// What is to stand for elements that FHIR wants to be there and that were taken out.
    fn marks(
        &self,
        members: &[Member<'_>],
        node: &'p Node,
        written: &[bool],
    ) -> Vec<(&'p str, String)> {
        let mut marks = Vec::new();
        if !node.has_masked {
            return marks;
        }
        for name in node.masked() {
            let of = |member: &Member<'_>| {
                member.name == name || member.name.strip_prefix('_') == Some(name)
            };
            let mut found = members
                .iter()
                .zip(written)
                .filter(|(member, _)| of(member))
                .peekable();
            if found.peek().is_none() || found.clone().any(|(_, written)| *written) {
                continue;
            }
            let value = found.find(|(member, _)| member.name == name);
            let mark = match value.map(|(member, _)| &member.value.kind) {
                Some(Kind::Object(_)) => format!(r#""{name}":{{{MASKED}}}"#),
                Some(Kind::Array(_)) => format!(r#""{name}":[{{{MASKED}}}]"#),
                _ => format!(r#""_{name}":{{{MASKED}}}"#),
            };
            marks.push((name, mark));
        }
        marks
    }

    /// Shows the new values of business identifiers that references name.
    fn mark_identifier(
        &mut self,
        value: &Value<'_>,
        root: &'p Node,
        marks: &mut Vec<(&'p str, String)>,
    ) {
        const NAME: &str = "identifier";
        let Some(identifiers) = value.member(NAME) else {
            return;
        };
        let taken = root
            .child(NAME)
            .is_none_or(|node| node.takes_whole(identifiers));
        if !self.references.names_any() || !taken {
            return;
        }
        let mut shown = Vec::new();
        let mut show = |value: &Value<'_>| {
            if let Some((system, value)) = identifier(value)
                && self.references.is_named(&system, &value)
                && let Ok(new) = self.references.identifier(&system, &value)
            {
                if !shown.is_empty() {
                    shown.push(b',');
                }
                print_identifier(new, &mut shown);
            }
        };
        let (open, close) = match &identifiers.kind {
            Kind::Array(items) => {
                items.iter().for_each(|item| show(&item.value));
                ("[", "]")
            }
            _ => {
                show(identifiers);
                ("", "")
            }
        };
        if !shown.is_empty() {
            marks.retain(|(name, _)| *name != NAME);
            let shown = String::from_utf8_lossy(&shown);
            marks.push((NAME, format!(r#""{NAME}":{open}{shown}{close}"#)));
        }
    }

    /// The new value of a business identifier that is taken out in parts, where a reference names it.
    fn named(&mut self, value: &Value<'_>) -> Result<Option<String>> {
        match identifier(value) {
            Some((system, value)) if self.references.is_named(&system, &value) => Ok(Some(
                self.references.identifier(&system, &value)?.to_owned(),
            )),
            _ => Ok(None),
        }
    }

    fn take(
        &self,
        scene: &mut Scene<'_, 'p>,
        index: usize,
        member: &Member<'_>,
        scope: Scope,
    ) -> bool {
        scene.take(scope, index, member.chunk);
        false
    }
}

/// The system and value of a business identifier, where it has a value.
fn identifier<'d>(value: &Value<'d>) -> Option<(Decoded<'d>, Decoded<'d>)> {
    let system = value.member("system").and_then(Value::string);
    let value = value.member("value").and_then(Value::string)?;
    Some((system.unwrap_or_default(), value))
}

fn print_identifier(new: &str, out: &mut Vec<u8>) {
    let identifier = format!(r#"{{"system":"{REFERENCE_SYSTEM}","value":"{new}"}}"#);
    out.extend_from_slice(identifier.as_bytes());
}

fn is_kept(value: &Value<'_>, values: &[String]) -> bool {
    let listed = |text: &str| values.iter().any(|value| value == text);
    match &value.kind {
        Kind::String => value.string().is_some_and(|text| listed(&text)),
        Kind::Boolean | Kind::Number => listed(value.text),
        Kind::Array(items) => {
            let is_leaf = |item: &Item<'_>| !matches!(item.value.kind, Kind::Array(_));
            !items.is_empty()
                && items
                    .iter()
                    .all(|item| is_leaf(item) && is_kept(&item.value, values))
        }
        Kind::Object(_) | Kind::Null => false,
    }
}

/// A comma where something was written since `start`; returns where that was.
fn separate(out: &mut Vec<u8>, start: usize) -> usize {
    let length = out.len();
    if length > start {
        out.push(b',');
    }
    length
}

/// Writes the member with another text.
fn replace(member: &Member<'_>, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(member.before().as_bytes());
    json::print_string(text, out);
    out.extend_from_slice(member.after().as_bytes());
}

fn append(marks: &[(&str, String)], start: usize, out: &mut Vec<u8>) {
    for (_, mark) in marks {
        separate(out, start);
        out.extend_from_slice(mark.as_bytes());
    }
}
