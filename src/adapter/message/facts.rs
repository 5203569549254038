//! What a schema has to say of the parts of messages, so that the check of policies knows what they tell.

use crate::{
    error::{Error, Result},
    id::Scope,
    schema::Schema,
};

/// Refuses a scope for what no rule lists whose parts do not give everything.
pub(crate) fn check_unlisted(schema: &Schema, scope: Scope) -> Result<()> {
    let is_parts = |name: &String| {
        let field = schema.field(name);
        field.is_some_and(|field| field.is_shaped() && field.scope() == scope)
    };
    let mut facts = schema.determines().iter();
    if facts.any(|fact| fact.gives().is_none() && fact.fields().iter().all(is_parts)) {
        return Ok(());
    }
    Err(Error::definition(
        format!(
            "the schema does not say that the parts of scope {:?} give everything, as what no rule lists may",
            schema.scope_name(scope)
        ),
        "add a fact to the schema, its shaped field of that scope giving \"*\", or take another scope",
    ))
}

/// Refuses to seal for a scope what a field of another one is read from: whoever opens the scope would know that field, too.
pub(crate) fn check_field(schema: &Schema, scope: Scope, name: &str) -> Result<()> {
    if schema
        .field(name)
        .is_none_or(|field| field.scope() == scope)
        || check_unlisted(schema, scope).is_ok()
    {
        return Ok(());
    }
    Err(Error::definition(
        format!(
            "field {name:?} is read from a part that is sealed for scope {:?}",
            schema.scope_name(scope)
        ),
        "seal the part for the scope of the field",
    ))
}
