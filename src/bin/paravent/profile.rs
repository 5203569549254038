//! `paravent profile`: what of messages passes.

use clap::{Args, Subcommand};
use paravent::{fhir, hl7v2};
use serde_json::json;

use crate::{
    failure::{Exit, Outcome},
    messages::Kind,
    output,
    settings::Settings,
};

const AFTER: &str = "\
A profile says what of messages passes, who may open what is taken out, and
where the fields of the schema are read and shown. `paravent protect` takes the
bundled one of the format; one of your own is a file for --profile.

EXAMPLES
    paravent profile show hl7v2

  To begin a profile of one's own:

    paravent profile show hl7v2 > own.toml
    paravent protect feed.hl7 --policy policies/practice-feed.toml \\
      --profile own.toml -o screened.hl7
";

/// Show the bundled profiles: what of messages passes
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ProfileArguments {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    Show(ShowArguments),
}

/// Print the file of a bundled profile, to begin one of your own with
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
struct ShowArguments {
    /// What the messages are
    #[arg(value_name = "FORMAT", value_enum)]
    format: Kind,
}

pub(crate) fn run(arguments: &ProfileArguments, settings: &Settings) -> Outcome {
    let ProfileCommand::Show(ShowArguments { format }) = &arguments.command;
    let (name, text) = match format {
        Kind::Fhir => (
            fhir::Profile::r4().name().to_owned(),
            fhir::Profile::r4_text(),
        ),
        Kind::Hl7v2 => (
            hl7v2::Profile::siu().name().to_owned(),
            hl7v2::Profile::siu_text(),
        ),
    };
    if settings.json {
        output::print_json(&json!({ "name": name, "toml": text }))?;
    } else {
        output::print(text)?;
    }
    Ok(Exit::Done)
}
