//! `paravent policy plant`: the rows of a policy's canaries.

use std::{collections::BTreeMap, io::Write as _, path::PathBuf};

use clap::Args;
use paravent::{Protected, Protector};
use serde::Serialize;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys,
    output::{self, Output, Readers},
    settings::{self, Settings},
};

const AFTER: &str = "\
One JSON object a line, as `paravent protect` writes rows, with the record id
under the column of the policy's `[source]`. Mix them among the rows of the
domain, at places that do not tell them, and give the connector the policy as
`paravent policy strip` prints it. The policy is checked as `paravent protect`
does.

EXAMPLES
    paravent policy plant policies/support-desk.toml -o planted.ndjson
    paravent policy plant policies/support-desk.toml >> rows.ndjson
";

/// Print the rows of a policy's canaries, protected, to be mixed among the others
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(super) struct PlantArguments {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write to this file, or to the standard output by -
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

/// A canary as a row of a file.
#[derive(Serialize)]
struct Row<'c> {
    #[serde(flatten)]
    id: BTreeMap<&'c str, &'c str>,
    #[serde(flatten)]
    row: &'c Protected,
}

pub(super) fn run(arguments: &PlantArguments, settings: &Settings) -> Outcome {
    let file = &arguments.output;
    let config = settings.config()?;
    // Before anybody types a passphrase; writing looks again.
    if !output::is_stream(file) {
        output::check_free(file, false)?;
    }
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let policy = settings::checked_policy(&arguments.file, &config, &schema, settings.today)?;
    let wrong = |what: &str, advice: &str| {
        Err(Failure::new(Exit::Input, "definition", what, advice).at(arguments.file.display()))
    };
    let column = policy.policy().record_id_column();
    if policy.policy().canaries().next().is_none() {
        return wrong(
            "the policy has no canary",
            "write one in it under [[canary]]; a copy for a connector has none",
        );
    }
    if policy.policy().binds_record_id() && column.is_none() {
        return wrong(
            "the policy binds seals to a record id, and does not say which column holds it",
            "add `record_id` under `[source]`",
        );
    }
    let source = arguments.passphrase.source();
    let given = arguments.keyring.as_deref();
    let keyring = keys::sealing_keyring(given, &source, &config, settings.today)?;
    let canaries = Protector::new(&keyring, &policy)?.canaries()?;
    drop(keyring);
    let mut output = Output::open(file, Readers::Umask, false)?;
    for canary in &canaries {
        let row = Row {
            id: column.zip(canary.record_id()).into_iter().collect(),
            row: canary.row(),
        };
        output.write_all(output::json(&row)?.as_bytes())?;
    }
    output.finish()?;
    Ok(Exit::Done)
}
