//! What a schema has to say of the parts of messages, so that the check of policies knows what they tell.

use crate::{
    error::{Error, Result},
    id::Scope,
    schema::Schema,
};

/// Refuses a scope for what no rule lists whose parts do not give everything.
pub(crate) fn check_unlisted(schema: &Schema, scope: Scope) -> Result<()> {
    if gives(schema, scope, None) {
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

/// Refuses to seal for a scope what the field `name` is read from, where the scope's parts do not give that field.
pub(crate) fn check_field(schema: &Schema, scope: Scope, name: &str) -> Result<()> {
    if gives(schema, scope, Some(name)) || gives(schema, scope, None) {
        return Ok(());
    }
    Err(Error::definition(
        format!(
            "field {name:?} is read from a part that is sealed for scope {:?}, and the schema does not say that the parts of that scope give it",
            schema.scope_name(scope)
        ),
        "seal the part for the scope of the field, or add a fact to the schema, its shaped field giving the other",
    ))
}

/// Whether a fact says that a scope's shaped field gives this field; `None` for all of them.
fn gives(schema: &Schema, scope: Scope, field: Option<&str>) -> bool {
    let is_parts = |name: &String| {
        let field = schema.field(name);
        field.is_some_and(|field| field.is_shaped() && field.scope() == scope)
    };
    schema
        .determines()
        .iter()
        .any(|fact| fact.gives() == field && fact.fields().iter().all(is_parts))
}
