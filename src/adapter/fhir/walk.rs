//! The walk through a resource: what is kept is written, and what is not becomes parts.

mod contained;
mod marks;
mod rewrite;

use zeroize::Zeroizing;

use self::rewrite::identifier;
use super::{
    digest::Inner,
    json::{self, Item, Kind, Member, Value},
    profile::{Node, NodeKind, Profile, Type},
    protect::{ResourceProtector, StandIns},
    references::{REFERENCE_SYSTEM, References, base_of},
    scene::Scene,
};
use crate::{
    error::{Error, Result},
    id::Scope,
};

macro_rules! absent {
    () => {
        "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    };
}

/// The extension of FHIR that says why a value is not there.
pub(super) const ABSENT: &str = absent!();

/// What stands in an element that was emptied, or must be there: it was masked.
pub(super) const MASKED: &str = concat!(
    r#""extension":[{"url":""#,
    absent!(),
    r#"","valueCode":"masked"}]"#
);

/// Where a resource is.
pub(super) struct Around<'a> {
    /// In the document, for errors.
    pub(super) place: &'a str,
    /// The server that relative references are of.
    pub(super) base: &'a str,
    /// The address that is shown beside it.
    pub(super) url: Option<&'a str>,
    /// Whether the resource is all of the document.
    pub(super) is_document: bool,
}

/// The walk through one document.
pub(super) struct Walk<'p, 'r> {
    document: &'r [u8],
    profile: &'p Profile,
    references: &'r mut References,
    stand_ins: Option<&'p StandIns>,
    scenes: usize,
    /// How many resources were surveyed.
    resources: usize,
}

/// What an object is.
enum Level<'p> {
    /// A resource that is sealed for itself.
    Resource(&'p Type),
    /// One inside of it.
    Contained(&'p Type),
    Element,
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
        document: &'r [u8],
        profile: &'p Profile,
        references: &'r mut References,
        stand_ins: Option<&'p StandIns>,
    ) -> Self {
        Self {
            document,
            profile,
            references,
            stand_ins,
            scenes: 0,
            resources: 0,
        }
    }

    pub(super) fn document(&self) -> &'r [u8] {
        self.document
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
    pub(super) fn type_of(
        &self,
        value: &Value<'_>,
        place: impl FnOnce() -> String,
    ) -> Result<&'p Type> {
        let at = || match place().as_str() {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        let Some(name) = value.resource_type() else {
            return Err(Error::message(
                format!("there is no FHIR resource{}", at()),
                "give an object with its `resourceType`",
            ));
        };
        self.profile.of_type(&name).ok_or_else(|| {
            Error::message(
                format!(
                    "the resource{} is of a type that the profile does not take",
                    at()
                ),
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
        out: &mut String,
    ) -> Result<Top<'p>> {
        out.push('{');
        let level = Level::Resource(of_type);
        let top = self.members(sealing, value, &of_type.root, &level, scene, out)?;
        scene.check()?;
        out.push('}');
        Ok(top)
    }

    /// Writes what is left of an object's members.
    fn members<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        node: &'p Node,
        level: &Level<'p>,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<Top<'p>> {
        let members = value.members().unwrap_or_default();
        let default = self.profile.default_scope();
        let start = out.len();
        let mut top = Top {
            id: None,
            marks: Vec::new(),
        };
        let named = match node.identifies && matches!(level, Level::Element) {
            true => self.named(value)?,
            false => None,
        };
        let mut written = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let length = separate(out, start);
            let is_written = match (level, &*member.name) {
                (Level::Element, "system") if named.is_some() => {
                    let child = node.child(&member.name).unwrap_or(node);
                    scene.take(child.scope, index, member.chunk);
                    replace(member, REFERENCE_SYSTEM, out);
                    true
                }
                (Level::Element, "value") if named.is_some() => {
                    let child = node.child(&member.name).unwrap_or(node);
                    let new = named.as_deref().unwrap_or_default();
                    scene.replace(child.scope, index, member, new);
                    replace(member, new, out);
                    true
                }
                (Level::Resource(_) | Level::Contained(_), "resourceType") => {
                    out.push_str(member.chunk);
                    true
                }
                (Level::Resource(of_type) | Level::Contained(of_type), "id") => {
                    match member.value.string() {
                        Some(id) => {
                            let new = match level {
                                Level::Resource(_) => {
                                    self.references
                                        .id(&scene.base, of_type, &id, self.stand_ins)?
                                }
                                _ => self.references.fragment(scene.number, &id)?,
                            };
                            scene.replace(of_type.scope, index, member, new);
                            replace(member, new, out);
                            top.id = Some(new.to_owned());
                            true
                        }
                        None => self.take(scene, index, member, default),
                    }
                }
                (Level::Resource(of_type), "contained") => {
                    self.contained(sealing, (value, of_type), member, index, scene, out)?
                }
                (Level::Resource(_), "meta") | (Level::Contained(_), "meta" | "contained") => {
                    self.take(scene, index, member, default)
                }
                _ => self.member(sealing, member, index, node, scene, out)?,
            };
            if !is_written {
                out.truncate(length);
            }
            if node.has_masked {
                written.push(is_written);
            }
        }
        top.marks = self.marks(members, node, &written);
        if named.is_some() && value.member("system").is_none() {
            // As it stands in the references that name it.
            let system = ["\"system\":\"", REFERENCE_SYSTEM, "\""].concat();
            top.marks.push(("system", system));
        }
        if !matches!(level, Level::Element) {
            self.mark_identifier(value, node, &mut top.marks)?;
        }
        Ok(top)
    }

    /// Writes an element that rules say something inside of.
    fn object<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<()> {
        let around = match node.has_resource {
            true => Some(self.enter(value, node, scene)?),
            false => None,
        };
        out.push('{');
        let start = out.len();
        let top = self.members(sealing, value, node, &Level::Element, scene, out)?;
        append(&top.marks, start, out);
        if out.len() == start {
            out.push_str(MASKED);
        }
        out.push('}');
        if let Some((base, url)) = around {
            scene.base = base;
            scene.url = url;
        }
        Ok(())
    }

    /// Notes the server and the new address of the resource in this element; gives those around it.
    fn enter(
        &mut self,
        value: &Value<'_>,
        node: &'p Node,
        scene: &mut Scene<'_, 'p>,
    ) -> Result<(Zeroizing<String>, Option<String>)> {
        let stated = value.member("fullUrl");
        let url = stated.and_then(Value::string);
        let base = match url.as_ref().map_or("", |url| base_of(url, self.profile)) {
            "" => self.references.base(),
            base => base,
        };
        let base = Zeroizing::new(base.to_owned());
        let base = std::mem::replace(&mut scene.base, base);
        let child = node.child("fullUrl").filter(|child| !child.whole);
        let shown = match (child.map(|child| &child.kind), &url) {
            (Some(NodeKind::Location), Some(url)) => {
                self.rewrite(url, true, scene)?.map(|new| new.text)
            }
            (Some(NodeKind::Kept(values)), Some(url))
                if values.iter().any(|kept| **kept == **url) =>
            {
                Some(url.to_string())
            }
            _ => None,
        };
        Ok((base, std::mem::replace(&mut scene.url, shown)))
    }

    /// Writes what is left of a member, or takes it out; whether anything was written.
    fn member<'d>(
        &mut self,
        sealing: &ResourceProtector,
        member: &Member<'d>,
        index: usize,
        around: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
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
                out.push_str(member.chunk);
                return Ok(true);
            }
            (NodeKind::Location, Kind::String) => {
                let text = member.value.string();
                if let Some(text) = text
                    && let Some(new) = self.rewrite(&text, true, scene)?
                {
                    let scope =
                        self.scope_of(&new, new.target.map_or(node.scope, |of_type| of_type.scope));
                    match new.is_one {
                        true => scene.replace(scope, index, member, &new.text),
                        false => scene.take(scope, index, member.chunk),
                    }
                    replace(member, &new.text, out);
                    return Ok(true);
                }
            }
            (NodeKind::Resource, Kind::Object(_)) => {
                out.push_str(member.before());
                let place = scene.inside(name, |scene| scene.here());
                let around = Around {
                    place: &place,
                    base: &scene.base,
                    url: scene.url.as_deref(),
                    is_document: false,
                };
                let digest = sealing.resource(self, &member.value, &around, out)?;
                let range = member.value.range_in(self.document);
                scene.inner.push(Inner { range, digest });
                out.push_str(member.after());
                return Ok(true);
            }
            (NodeKind::Plain | NodeKind::Reference, Kind::Object(inner)) if !inner.is_empty() => {
                out.push_str(member.before());
                scene.inside(name, |scene| {
                    self.element(sealing, &member.value, node, scene, out)
                })?;
                out.push_str(member.after());
                return Ok(true);
            }
            (NodeKind::Plain | NodeKind::Reference, Kind::Array(items)) if !items.is_empty() => {
                out.push_str(member.before());
                scene.inside(name, |scene| self.items(sealing, items, node, scene, out))?;
                out.push_str(member.after());
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
        out: &mut String,
    ) -> Result<()> {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(item.before());
            match item.value.members() {
                Some(members) if !members.is_empty() => {
                    scene.item(at, items.len(), |scene| {
                        self.element(sealing, &item.value, node, scene, out)
                    })?;
                }
                _ => {
                    scene.check()?;
                    scene.take_item(node.scope, at, items.len(), item.chunk);
                    out.push('{');
                    out.push_str(MASKED);
                    out.push('}');
                }
            }
            out.push_str(item.after());
        }
        out.push(']');
        Ok(())
    }

    fn element<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        node: &'p Node,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<()> {
        match node.kind {
            NodeKind::Reference => self.reference(value, node, scene, out),
            _ => self.object(sealing, value, node, scene, out),
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
fn separate(out: &mut String, start: usize) -> usize {
    let length = out.len();
    if length > start {
        out.push(',');
    }
    length
}

/// Writes the member with another text.
fn replace(member: &Member<'_>, text: &str, out: &mut String) {
    out.push_str(member.before());
    json::print_string(text, out);
    out.push_str(member.after());
}

fn append(marks: &[(&str, String)], start: usize, out: &mut String) {
    for (_, mark) in marks {
        separate(out, start);
        out.push_str(mark);
    }
}
