//! Resources inside of another one.

use std::collections::BTreeMap;

use super::{Level, Walk, append};
use crate::{
    adapter::fhir::{
        json::{Decoded, Item, Kind, Member, Value},
        profile::{Node, NodeKind, Type},
        protect::ResourceProtector,
        scene::Scene,
    },
    error::Result,
};

impl<'p> Walk<'p, '_> {
    /// Writes resources that are inside of another one; their parts are those of their container. FHIR wants each to be referred to, or to
    /// refer to its container (`dom-3`): where only what is taken out does, the resource is taken out whole.
    pub(super) fn contained<'d>(
        &mut self,
        sealing: &ResourceProtector,
        container: (&Value<'d>, &'p Type),
        member: &Member<'d>,
        index: usize,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<bool> {
        let default = self.profile.default_scope();
        let items = match &member.value.kind {
            Kind::Array(items) if !items.is_empty() => items,
            _ => return Ok(self.take(scene, index, member, default)),
        };
        let mut inside = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let of_type = self.type_of(&item.value, || scene.element("contained", at))?;
            scene.read_fields(&item.value, of_type, sealing.policy().schema(), false);
            inside.push((item, of_type));
        }
        let stay = stay(container, &inside);
        let of = stay.iter().filter(|stays| **stays).count();
        if of == 0 {
            return Ok(self.take(scene, index, member, default));
        }
        out.push_str(member.before());
        out.push('[');
        scene.inside("contained", |scene| -> Result<()> {
            let mut at = 0;
            for (index, ((item, of_type), stays)) in inside.into_iter().zip(stay).enumerate() {
                if !stays {
                    scene.take_between(default, index, of, item.chunk);
                    continue;
                }
                if at > 0 {
                    out.push(',');
                }
                out.push_str(item.before());
                scene.item(at, of, |scene| {
                    self.contained_resource(sealing, &item.value, of_type, scene, out)
                })?;
                out.push_str(item.after());
                at += 1;
            }
            Ok(())
        })?;
        out.push(']');
        out.push_str(member.after());
        Ok(true)
    }

    fn contained_resource<'d>(
        &mut self,
        sealing: &ResourceProtector,
        value: &Value<'d>,
        of_type: &'p Type,
        scene: &mut Scene<'d, 'p>,
        out: &mut String,
    ) -> Result<()> {
        out.push('{');
        let start = out.len();
        let level = Level::Contained(of_type);
        let top = self.members(sealing, value, &of_type.root, &level, scene, out)?;
        append(&top.marks, start, out);
        out.push('}');
        Ok(())
    }
}

/// Which of the resources inside of `container` what is left of it refers to, or refer to it. What only resources refer to that are taken
/// out is taken out, too.
fn stay(container: (&Value<'_>, &Type), inside: &[(&Item<'_>, &Type)]) -> Vec<bool> {
    let of_container = shown_fragments(container.0, container.1);
    let of_inside: Vec<Vec<Decoded<'_>>> = inside
        .iter()
        .map(|(item, of_type)| shown_fragments(&item.value, of_type))
        .collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for fragment in of_container.iter().chain(of_inside.iter().flatten()) {
        *times.entry(&fragment[1..]).or_default() += 1;
    }
    let ids: Vec<Decoded<'_>> = inside
        .iter()
        .map(|(item, _)| item.value.member("id").and_then(Value::string))
        .map(Option::unwrap_or_default)
        .collect();
    let mut of_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        of_id.entry(id).or_default().push(at);
    }
    let mut stay = vec![true; inside.len()];
    let mut open: Vec<usize> = (0..inside.len()).collect();
    while let Some(at) = open.pop() {
        let id: &str = &ids[at];
        let is_meant = !id.is_empty() && times.get(id).is_some_and(|times| *times > 0);
        let means_container = of_inside[at].iter().any(|fragment| **fragment == *"#");
        if !stay[at] || is_meant || means_container {
            continue;
        }
        stay[at] = false;
        for fragment in &of_inside[at] {
            let id = &fragment[1..];
            if let Some(times) = times.get_mut(id) {
                *times -= 1;
                // Those of this id are no longer referred to, unless by others.
                if *times == 0 {
                    open.extend(of_id.get(id).into_iter().flatten());
                }
            }
        }
    }
    stay
}

/// The references to contained resources, and to the container, that are shown with new ids.
fn shown_fragments<'d>(value: &Value<'d>, of_type: &Type) -> Vec<Decoded<'d>> {
    let mut fragments = Vec::new();
    collect_fragments(value, &of_type.root, &mut fragments);
    fragments
}

fn collect_fragments<'d>(value: &Value<'d>, node: &Node, fragments: &mut Vec<Decoded<'d>>) {
    match (&node.kind, &value.kind) {
        // What is sealed for itself contains its own.
        (NodeKind::Resource, _) => {}
        (_, Kind::Array(items)) => {
            // What is no object in an array is taken out.
            let objects = items.iter().filter(|item| item.value.members().is_some());
            objects.for_each(|item| collect_fragments(&item.value, node, fragments));
        }
        (NodeKind::Reference, _) => {
            let reference = value.member("reference").and_then(Value::string);
            fragments.extend(reference.filter(|text| text.starts_with('#')));
        }
        _ => {
            for member in value.members().unwrap_or_default() {
                if let Some(child) = node.child(&member.name)
                    && child.refers
                {
                    collect_fragments(&member.value, child, fragments);
                }
            }
        }
    }
}
