//! `paravent schema`: the fields of a schema and the facts between them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use paravent::{Determines, Field, Schema};
use serde_json::{Value, json};

use crate::{
    failure::{Exit, Failure, Outcome},
    output,
    policy::pages::files,
    settings::{self, Settings},
};

const AFTER: &str = "\
Two schemas are bundled: appointment, the fields of rows, and scheduling, those
of HL7 v2 messages and FHIR resources. A policy names its schema, and needs no
file of a bundled one.

EXAMPLES
    paravent schema show
    paravent schema show scheduling
    paravent schema show schema.toml --json

  To begin a schema of one's own:

    paravent schema show scheduling --toml > schema.toml
";

/// Show a schema: its fields, and the facts of the world between them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct SchemaArguments {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    Show(ShowArguments),
}

/// Show the fields of a schema and the facts between them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
struct ShowArguments {
    /// The schema: a file, or "appointment" or "scheduling"; without it, that of the configuration or the bundled one of appointments
    #[arg(value_name = "SCHEMA")]
    schema: Option<PathBuf>,
    /// Print its file, as it is written
    #[arg(long)]
    toml: bool,
}

pub(crate) fn run(arguments: &SchemaArguments, settings: &Settings) -> Outcome {
    let SchemaCommand::Show(arguments) = &arguments.command;
    let config = settings.config()?;
    let given = arguments.schema.as_deref();
    let bundled = given.and_then(Path::to_str).and_then(Schema::bundled_text);
    let schema = match bundled {
        Some(text) => Schema::from_toml(text).map_err(|error| Failure::definition(&error))?,
        None => settings::schema(&config, given)?,
    };
    let text = || match (bundled, given.or(config.schema_path())) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(path)) => {
            files::bounded(path).map_err(|error| Failure::file("reading", path, &error))
        }
        (None, None) => Ok(Schema::bundled_text(schema.name())
            .unwrap_or_default()
            .to_owned()),
    };
    match (settings.json, arguments.toml) {
        (true, false) => output::print_json(&for_machines(&schema))?,
        (false, false) => output::print(&page(&schema))?,
        (true, true) => output::print_json(&json!({ "name": schema.name(), "toml": text()? }))?,
        (false, true) => output::print(&text()?)?,
    }
    Ok(Exit::Done)
}

fn page(schema: &Schema) -> String {
    let header = [
        "number", "field", "scope", "role", "type", "class", "width", "values",
    ];
    let rows = schema.fields().iter().map(|field| {
        let optional = if field.is_optional() {
            ", optional"
        } else {
            ""
        };
        let values = field.values().map(|values| values.to_string());
        [
            field.id().number().to_string(),
            format!("{}{optional}", field.name()),
            scope(schema, field).to_owned(),
            field.role().name().to_owned(),
            field.value_type().name().to_owned(),
            field.class().name().to_owned(),
            field.width().to_string(),
            values.unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = [header.map(str::to_owned)]
        .into_iter()
        .chain(rows)
        .collect();
    let mut text = format!("schema {}\n\n{}", schema.name(), output::table(&rows));
    for (number, fact) in schema.determines().iter().enumerate() {
        if number == 0 {
            text.push('\n');
        }
        text.push_str(&in_words(fact));
    }
    text
}

fn in_words(fact: &Determines) -> String {
    let conditions: String = [
        (fact.is_exact(), ", from exact values"),
        (fact.needs_practice(), ", where the practice is known"),
    ]
    .into_iter()
    .filter_map(|(holds, words)| holds.then_some(words))
    .collect();
    format!(
        "{} gives {} through {}{conditions}\n",
        fact.fields().join(" with "),
        fact.gives().unwrap_or("every field"),
        fact.through()
    )
}

fn for_machines(schema: &Schema) -> Value {
    let fields = schema.fields().iter().map(|field| {
        json!({
            "number": field.id().number(),
            "name": field.name(),
            "scope": scope(schema, field),
            "role": field.role().name(),
            "type": field.value_type().name(),
            "class": field.class().name(),
            "width": field.width(),
            "optional": field.is_optional(),
            "values": field.values(),
            "days": field.days(),
            "frequencies_known": field.has_known_frequencies(),
        })
    });
    let facts = schema.determines().iter().map(|fact| {
        json!({
            "fields": fact.fields(),
            "gives": fact.gives().unwrap_or("*"),
            "through": fact.through(),
            "exact": fact.is_exact(),
            "tenant": fact.needs_practice(),
        })
    });
    json!({
        "name": schema.name(),
        "digest": schema.digest(),
        "fields": fields.collect::<Value>(),
        "determines": facts.collect::<Value>(),
    })
}

/// A field's scope has a name.
fn scope<'a>(schema: &'a Schema, field: &Field) -> &'a str {
    schema.name_of(field.scope()).unwrap_or_default()
}
