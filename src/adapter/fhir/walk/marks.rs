//! What stands where something was taken out.

use super::{MASKED, Walk, rewrite::identifier};
use crate::{
    adapter::fhir::{
        json::{Kind, Member, Value},
        profile::Node,
        references::REFERENCE_SYSTEM,
    },
    error::Result,
};

impl<'p> Walk<'p, '_> {
    /// What is to stand for elements that FHIR wants to be there and that were taken out.
    pub(super) fn marks(
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
                Some(Kind::Object(_)) => ["\"", name, "\":{", MASKED, "}"].concat(),
                Some(Kind::Array(_)) => ["\"", name, "\":[{", MASKED, "}]"].concat(),
                _ => ["\"_", name, "\":{", MASKED, "}"].concat(),
            };
            marks.push((name, mark));
        }
        marks
    }

    /// The new value of a business identifier that is taken out in parts, where a reference names it.
    pub(super) fn named(&mut self, value: &Value<'_>) -> Result<Option<String>> {
        match identifier(value) {
            Some((system, value)) if self.references.is_named(&system, &value) => Ok(Some(
                self.references.identifier(&system, &value)?.to_owned(),
            )),
            _ => Ok(None),
        }
    }

    /// Shows the new values of business identifiers that references name.
    pub(super) fn mark_identifier(
        &mut self,
        value: &Value<'_>,
        root: &'p Node,
        marks: &mut Vec<(&'p str, String)>,
    ) -> Result<()> {
        const NAME: &str = "identifier";
        let Some(identifiers) = value.member(NAME) else {
            return Ok(());
        };
        let taken = root
            .child(NAME)
            .is_none_or(|node| node.takes_whole(identifiers));
        if !self.references.names_any() || !taken {
            return Ok(());
        }
        let mut shown = String::new();
        let mut show = |value: &Value<'_>| -> Result<()> {
            if let Some(new) = self.named(value)? {
                if !shown.is_empty() {
                    shown.push(',');
                }
                // As the reference, which has no system where there is none.
                shown.push('{');
                if value.member("system").is_some() {
                    for text in [r#""system":""#, REFERENCE_SYSTEM, r#"","#] {
                        shown.push_str(text);
                    }
                }
                for text in [r#""value":""#, &new, r#""}"#] {
                    shown.push_str(text);
                }
            }
            Ok(())
        };
        let (open, close) = match &identifiers.kind {
            Kind::Array(items) => {
                items.iter().try_for_each(|item| show(&item.value))?;
                ("[", "]")
            }
            _ => {
                show(identifiers)?;
                ("", "")
            }
        };
        if !shown.is_empty() {
            marks.retain(|(name, _)| *name != NAME);
            marks.push((NAME, format!(r#""{NAME}":{open}{shown}{close}"#)));
        }
        Ok(())
    }
}
