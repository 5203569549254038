//! `paravent release`: what a policy releases of one record, with a reason.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use jiff::Timestamp;
use paravent::{
    Binding, Broker, Config, Log, Policy, Protected, RecordId, Request, SealedRecord, Share,
};
use serde_json::{Map, Value};

use crate::{
    arguments::{PassphraseArguments, SharePassphraseArguments},
    failure::{Exit, Failure, Outcome},
    keys, log, output,
    passphrase::Source,
    rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
The policy is checked as `paravent protect` does. Who asks, for which of the
policy's purposes and why is in the log, and on disk there, before anything is
printed; so is what was refused. What is printed is one JSON object with the
fields of `[release.NAME]`.

The row is a sealed text, p1.…, or a protected row as one JSON object, which
has its record id under the column of the policy's `[source]`.

Where a release takes two people, --grant is the key file and each --share the
share of one of them, as `paravent grant split` wrote them. The requester is
one of the two, by the name that is in the share.

A canary is released like any other record, and raises an alarm in the log:
see `paravent log show`.

EXIT CODES
  2      no such release, a purpose that is not listed, no reason, one person
         where it takes two
  3      not a row, or a log that is not as it was written
  5      a row of another domain or keyring; shares that do not open the grant
  10     the quota is spent; the message says whose

EXAMPLES
    paravent release phone --policy policies/support-desk.toml \\
      --requester a.martin --purpose \"call back\" --reason \"ticket 4711\" \\
      --row p1.AQEBAAAAAAF… --record-id 7d1f0a52

  The row from the standard input, and a second person:

    paravent release contact --policy policies/support-desk.toml \\
      --requester \"first desk\" --purpose \"call back\" --reason \"ticket 4711\" \\
      --grant contact/grant.key --share contact/share-1.key \\
      --share contact/share-3.key < row.ndjson
";

/// In two lines, as it would be too long for one.
const USAGE: &str = "paravent release [OPTIONS] --policy <FILE> --requester <WHO>
                        --purpose <TEXT> --reason <TEXT> <NAME>";

/// Release fields of one record for a purpose and a reason, which the log notes first
#[derive(Debug, Args)]
#[command(after_long_help = AFTER, override_usage = USAGE)]
pub(crate) struct ReleaseArguments {
    /// The name of the release in the policy: a scope or a field
    #[arg(value_name = "NAME")]
    name: String,
    /// The policy that the row is protected under
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Who asks: the account that was authenticated
    #[arg(long, value_name = "WHO")]
    requester: String,
    /// The purpose, one of those that the policy lists
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Why, in a line, such as the number of a ticket
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The row; without it, it is read from the standard input
    #[arg(long, value_name = "ROW")]
    row: Option<String>,
    /// The id that the row is stored under, where it does not say that itself
    #[arg(long, value_name = "ID")]
    record_id: Option<String>,
    /// The log, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The log's second place, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// The key file of the grant that two shares open
    #[arg(long, value_name = "FILE", requires = "share")]
    grant: Option<PathBuf>,
    /// A share of the grant; there are two
    #[arg(long, value_name = "FILE", requires = "grant")]
    share: Vec<PathBuf>,
    #[command(flatten)]
    share_passphrases: SharePassphraseArguments,
}

pub(crate) fn run(arguments: &ReleaseArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let log = log::path(arguments.log.as_deref(), &config)?;
    let heads = log::heads(arguments.heads.as_deref(), &config)?;
    let source = arguments.passphrase.source();
    let share_sources = arguments.share_passphrases.sources(arguments.share.len())?;
    if !matches!(arguments.share.len(), 0 | 2) {
        return Err(Failure::usage(
            "the grant opens by two shares",
            "give --share twice, once for each of the two people",
        ));
    }
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let policy = settings::checked_policy(&arguments.policy, &config, &schema, settings.today)?;
    if arguments.row.is_none() {
        for source in share_sources.iter().chain([&source]) {
            rows::check_input("-".as_ref(), source)?;
        }
    }
    let (row, id) = row(arguments, policy.policy())?;
    let binding = match &id {
        Some(id) => Binding::record(RecordId::new(id).map_err(|error| {
            Failure::from(error).exits(match arguments.record_id {
                Some(_) => Exit::Usage,
                None => Exit::Input,
            })
        })?),
        None => Binding::NONE,
    };
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let two = two_people(arguments, &share_sources, &config)?;

    let now = Timestamp::now();
    let log = Log::open(&log, &heads, &keyring, now)?;
    let broker = Broker::new(&keyring, [&policy], Arc::new(log))?;
    // What it holds is in the broker, as far as it is needed.
    drop(keyring);
    let mut request = Request::new(&arguments.requester, now)
        .purpose(&arguments.purpose)
        .reason(&arguments.reason);
    if let Some((grant, [first, second])) = &two {
        request = request.shares(grant, first, second);
    }
    let domain = policy.policy().domain();
    let released: Map<String, Value> =
        broker.release(domain, binding, &row, &arguments.name, &request)?;
    output::print_json(&released)?;
    Ok(Exit::Done)
}

/// The grant's key file, and the shares of two people, where they are given.
fn two_people(
    arguments: &ReleaseArguments,
    sources: &[Source],
    config: &Config,
) -> Result<Option<(String, [Share; 2])>, Failure> {
    let (Some(grant), [first, second], [of_first, of_second]) =
        (&arguments.grant, &*arguments.share, sources)
    else {
        return Ok(None);
    };
    let text = keys::text(grant)?;
    let shares = [
        keys::share(first, of_first, config)?,
        keys::share(second, of_second, config)?,
    ];
    Ok(Some((text, shares)))
}

/// The one row, and its record id as far as somebody says it.
fn row(
    arguments: &ReleaseArguments,
    policy: &Policy,
) -> Result<(SealedRecord, Option<String>), Failure> {
    let said = match &arguments.row {
        Some(row) => parsed(row, policy).map_err(|failure| failure.at("--row"))?,
        None => {
            let mut found = None;
            rows::lines(|number, line| match (&found, line.trim()) {
                (_, "") => Ok(()),
                (None, line) => {
                    let row = parsed(line, policy).map_err(|failure| failure.at_line(number))?;
                    found = Some(row);
                    Ok(())
                }
                (Some(_), _) => Err(no_row("there is a second row").at_line(number)),
            })?;
            found.ok_or_else(|| no_row("there is no row").at(rows::name("-".as_ref())))?
        }
    };
    let (row, id) = said;
    Ok((row, arguments.record_id.clone().or(id)))
}

/// A sealed text, or the object of a protected row.
fn parsed(text: &str, policy: &Policy) -> Result<(SealedRecord, Option<String>), Failure> {
    if !text.starts_with('{') {
        return Ok((text.parse()?, None));
    }
    // What the parser says of it may hold a value.
    let row: Protected = serde_json::from_str(text)
        .map_err(|_| no_row("this is no protected row: no JSON object with one `sealed`"))?;
    let id = policy.record_id_column().and_then(|name| row.shown(name));
    let id = match id.map(serde_json::to_value) {
        Some(Ok(Value::String(id))) => Some(id),
        Some(Ok(Value::Number(id))) => Some(id.to_string()),
        _ => None,
    };
    Ok((row.sealed().clone(), id))
}

fn no_row(what: &str) -> Failure {
    Failure::new(
        Exit::Input,
        "input",
        what,
        "give one row: each record is released for a reason of its own",
    )
}
