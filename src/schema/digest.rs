//! The digest of a schema.

use super::{Determines, Field, Inner};
use crate::{digest::Digester, id::Digest};

/// SHA-256 over every part that the crate acts on, each behind its length.
pub(super) fn digest(schema: &Inner) -> Digest {
    let mut digest = Digester::new("paravent/schema/1");
    digest.text(&schema.name);
    digest.number(usize::from(schema.phone_region.is_some()));
    if let Some(region) = &schema.phone_region {
        digest.text(region.country_code());
        digest.text(region.international_prefix());
        digest.text(region.trunk_prefix());
    }
    digest.number(schema.fields.len());
    for field in &schema.fields {
        digest.text(&field.name);
        digest.number(usize::from(field.id.number()));
        digest.number(usize::from(field.scope.number()));
        // Scopes of its own also by name, which is what policies open.
        if let Some((name, _)) = schema
            .scopes
            .iter()
            .find(|&&(_, scope)| scope == field.scope)
        {
            digest.text(name);
        }
        digest.number(field.width());
        digest.text(field.role.name());
        digest.text(field.value_type.name());
        digest.text(field.class.name());
        digest.number(usize::from(field.optional));
    }
    let mut facts: Vec<&Determines> = schema.determines.iter().collect();
    facts.sort_by_key(|fact| (&fact.gives, &fact.fields, fact.exact, fact.tenant));
    digest.number(facts.len());
    for fact in &facts {
        digest.number(fact.fields.len());
        fact.fields.iter().for_each(|field| digest.text(field));
        digest.text(fact.gives.as_deref().unwrap_or("*"));
    }
    add_statistics(&mut digest, &schema.fields);
    for (number, fact) in facts.iter().enumerate() {
        for (label, is) in [("exact", fact.exact), ("tenant", fact.tenant)] {
            if is {
                digest.text(label);
                digest.number(number);
            }
        }
    }
    digest.finish()
}

/// What is said of values, behind labels: older files say nothing of them, and their digests stay.
fn add_statistics(digest: &mut Digester, fields: &[Field]) {
    for field in fields {
        let number = usize::from(field.id.number());
        for (label, count) in [("values", field.values), ("days", field.days)] {
            if let Some(count) = count {
                digest.text(label);
                digest.number(number);
                digest.count(count);
            }
        }
        if !field.frequencies_known {
            digest.text("unknown frequencies");
            digest.number(number);
        }
        if field.shaped {
            digest.text("shaped");
            digest.number(number);
        }
    }
}
