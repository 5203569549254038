//! `paravent attribute`: whose leaked rows are, by their commitments.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;
use paravent::{Domain, Keyring};
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys, output, rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
After a leak: which connector lost this row? Each domain seals under keys of
its own, and each sealed row has a commitment to its key. The keyring derives
the keys of all domains that are named, and says whose it is. Nothing is
opened, and a row that was cut or changed elsewhere is told all the same.

The domains are those of the policies of the configuration, of --policy and of
--domain. Rows that are bound to the keys of people tell their domain to the
library only, which is given the person's key.

EXIT CODES
  0      each row is of one of the domains
  3      a text is no sealed row
  5      a row is of none of the domains, of another keyring, or of an epoch
         that the keyring does not hold

EXAMPLES
    paravent attribute p1.AQEBAAAAAAF… --domain sms-reminders
    cut -d, -f1 stolen.csv | tail -n +2 | paravent attribute -
";

/// Tell which connector leaked rows are of, without opening them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct AttributeArguments {
    /// Sealed rows, p1.…; - for those of the standard input, one a line, as without any
    #[arg(value_name = "ROW")]
    rows: Vec<String>,
    /// A policy whose domain it may be; may be given several times
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A domain that it may be; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &AttributeArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let mut domains: BTreeSet<Domain> = BTreeSet::new();
    for name in &arguments.domain {
        let domain = Domain::new(name);
        domains.insert(domain.map_err(|error| Failure::from(&error).exits(Exit::Usage))?);
    }
    for path in &arguments.policy {
        domains.insert(settings::policy(path, &schema)?.domain().clone());
    }
    if config.policies_path().is_some() {
        let policies = config.read_policies(&schema);
        let policies = policies.map_err(|error| Failure::definition(&error))?;
        domains.extend(
            policies
                .policies()
                .iter()
                .map(|policy| policy.domain().clone()),
        );
    }
    if domains.is_empty() {
        return Err(Failure::usage(
            "no domain is named that a row may be of",
            "name them by --domain or --policy, or the folder of policies in paravent.toml",
        ));
    }
    let keyring = keys::keyring(
        arguments.keyring.as_deref(),
        &arguments.passphrase.source(),
        &config,
    )?;
    let stream =
        matches!(&*arguments.rows, [] | [_]) && arguments.rows.iter().all(|row| row == "-");
    let mut exit = Exit::Done;
    let mut tell = |text: &str, place: &dyn Fn(Failure) -> Failure| {
        match told(&keyring, text, &domains, settings).map_err(place)? {
            true => {}
            false => exit = Exit::Keys,
        }
        Ok::<(), Failure>(())
    };
    if stream {
        rows::lines(|number, line| tell(line, &|failure| failure.at_line(number)))?;
    } else {
        for (number, text) in arguments.rows.iter().enumerate() {
            tell(text, &|failure| failure.at(format!("row {}", number + 1)))?;
        }
    }
    Ok(exit)
}

/// Tells whose one row is, and whether it is of one of the domains.
fn told(
    keyring: &Keyring,
    text: &str,
    domains: &BTreeSet<Domain>,
    settings: &Settings,
) -> Result<bool, Failure> {
    let found = keyring.attribute(text, None, domains).map_err(|error| {
        let failure = Failure::from(&error);
        match error.is_malformed() || error.is_unsupported() {
            true => failure.exits(Exit::Input),
            false => failure,
        }
    })?;
    match &found {
        Some(found) if settings.json => output::print_json(&json!({
            "domain": found.domain.as_str(),
            "epoch": found.epoch.number(),
        }))?,
        Some(found) => output::print(&format!(
            "{}, epoch {}\n",
            found.domain,
            found.epoch.number()
        ))?,
        None if settings.json => output::print_json(&json!({ "domain": null }))?,
        None => output::print(&match domains.len() {
            1 => "not of this domain, or of another keyring\n".to_owned(),
            many => format!("of none of {many} domains, or of another keyring\n"),
        })?,
    }
    Ok(found.is_some())
}
