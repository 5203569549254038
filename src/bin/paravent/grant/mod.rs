//! `paravent grant`: what one connector may open, and which grants are due.

mod split;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use paravent::{Config, Date, Domain, Due, Epoch, GrantRegister, Issued, Keyring};
use serde::Serialize;
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Failure, Outcome},
    keys,
    output::{self, NewFile, Readers},
    passphrase::{self, Source},
    settings::{self, Settings},
};

const AFTER: &str = "\
The policy is checked as `paravent protect` does. What is issued is noted in
the register of the configuration (`grants`), never with a key. A grant is
issued anew at each epoch, under a new file name.

EXAMPLES
  A grant until the middle of next year, its passphrase asked for twice:

    paravent grant --policy policies/sms-reminders.toml \\
      --owner \"Reminders team\" --until 2027-06-30 -o sms-reminders.grant

  Without a terminal:

    paravent grant --policy policies/sms-reminders.toml \\
      --owner \"Reminders team\" --until 2027-06-30 -o sms-reminders.grant \\
      --passphrase-file keyring.txt --grant-passphrase-file connector.txt

  What is due in the next three months, and why:

    paravent grant list --within 90

  A grant that two people open together, for `paravent release`:

    paravent grant split contact --policy policies/support-desk.toml \\
      --holder \"first desk\" --holder \"second desk\" -o contact
";

const AFTER_LIST: &str = "\
A grant is due where it has ended, ends within the days asked for, was made
for another policy than its domain has now, or does not open the active epoch.
The last is known where the keyring opens without asking: with a passphrase by
option or in a credentials folder. The exit code is 0 whether one is due or
not.

EXAMPLES
    paravent grant list
    paravent grant list --within 90 --json
";

/// Issue a grant: the keys that one connector may open, in a key file of its own
#[derive(Debug, Args)]
#[command(after_long_help = AFTER, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct GrantArguments {
    #[command(subcommand)]
    command: Option<GrantCommand>,
    /// The policy whose open scopes are granted
    #[arg(long, value_name = "FILE", required = true)]
    policy: Option<PathBuf>,
    /// Who answers for it: a team, a person
    #[arg(long, value_name = "TEXT", required = true)]
    owner: Option<String>,
    /// Its last day, such as 2027-06-30, in UTC
    #[arg(long, value_name = "DATE", required = true)]
    until: Option<Date>,
    /// The key file to write; one that is there stays
    #[arg(long, short, value_name = "FILE", required = true)]
    output: Option<PathBuf>,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Read the passphrase of the new grant from this file descriptor
    #[arg(long, value_name = "N", conflicts_with = "grant_passphrase_file")]
    grant_passphrase_fd: Option<u32>,
    /// Read the passphrase of the new grant from this file, which nobody else may be able to read
    #[arg(long, value_name = "FILE")]
    grant_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum GrantCommand {
    List(ListArguments),
    Split(split::SplitArguments),
}

/// List the grants that were issued, those that are due with why
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_LIST)]
struct ListArguments {
    /// Call a grant due that ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    within: u32,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &GrantArguments, settings: &Settings) -> Outcome {
    let GrantArguments {
        command: None,
        policy: Some(policy),
        owner: Some(owner),
        until: Some(until),
        output: Some(file),
        ..
    } = arguments
    else {
        return match &arguments.command {
            Some(GrantCommand::List(list)) => run_list(list, settings),
            Some(GrantCommand::Split(arguments)) => split::run(arguments, settings),
            None => Err(Failure::usage("there is nothing to grant", "see --help")),
        };
    };
    let config = settings.config()?;
    let today = settings.today;
    // Before anybody types a passphrase; writing looks again.
    output::check_free(file, false)?;
    if *until < today {
        return Err(Failure::usage(
            format!("the grant would have ended on {until}"),
            "give a last day that is to come",
        ));
    }
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let policy = settings::checked_policy(policy, &config, &schema, today)?;
    let source = arguments.passphrase.source();
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let grant = keyring
        .grant(&policy)
        .and_then(|grant| grant.with_term(owner, *until))
        .map_err(|error| Failure::from(error).exits(Exit::Usage))?;
    let source = Source {
        fd: arguments.grant_passphrase_fd,
        file: arguments.grant_passphrase_file.clone(),
    };
    let passphrase = passphrase::new(&source, &config, file)?;
    let text = grant.to_key_file(&passphrase)?;

    // It has no name before it is in the register, so that none is out of its sight.
    let written = NewFile::create(file, Readers::Owner, false)?.written(text.as_bytes())?;
    let name = file.display().to_string();
    if let Some(path) = config.grants_path() {
        GrantRegister::open(path).record(&grant, &name, today, keyring.active_epoch())?;
    }
    written.finish()?;

    let scopes: Vec<&str> = grant
        .scopes()
        .iter()
        .filter_map(|&scope| schema.name_of(scope))
        .collect();
    if settings.json {
        output::print_json(&json!({
            "file": name,
            "domain": grant.domain(),
            "scopes": scopes,
            "owner": grant.owner(),
            "until": grant.until(),
            "epoch": keyring.active_epoch().number(),
            "policy": grant.policy_digest(),
            "register": config.grants_path(),
        }))?;
    } else {
        let register = match config.grants_path() {
            Some(path) => format!("; noted in {}", path.display()),
            None => String::new(),
        };
        output::print(&format!(
            "{name}: a grant of {} for domain {}, until {}{register}\n",
            scopes.join(", "),
            grant.domain(),
            until
        ))?;
    }
    Ok(Exit::Done)
}

/// One line of the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    issued: Issued,
    due: Option<Due>,
}

fn run_list(arguments: &ListArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let path = config.grants_path().ok_or_else(|| {
        Failure::usage(
            "no register of grants is said",
            "name it by `grants` in paravent.toml or by PARAVENT_GRANTS",
        )
    })?;
    let register = GrantRegister::open(path);
    let broken = register.broken_lines()?;
    let active = active_epoch(arguments, &config)?;
    let policies = match config.policies_path() {
        Some(_) => Some(
            config
                .read_schema()
                .and_then(|schema| config.read_policies(&schema))
                .map_err(|error| Failure::definition(&error))?,
        ),
        None => None,
    };
    let list = register.list()?.into_iter().map(|issued| {
        let policy = policies
            .iter()
            .flat_map(|set| set.policies())
            .find(|policy| *policy.domain() == issued.domain)
            .map(|policy| policy.digest());
        let due = issued.due(settings.today, arguments.within, active, policy);
        Listed { issued, due }
    });
    let list: Vec<Listed> = list.collect();
    let mut closed: Vec<&str> = Vec::new();
    if let Some(set) = &policies {
        let is_open = |domain: &Domain| {
            set.policies()
                .iter()
                .any(|policy| policy.domain() == domain)
        };
        let domains = list.iter().map(|listed| &listed.issued.domain);
        closed.extend(
            domains
                .filter(|domain| !is_open(domain))
                .map(Domain::as_str),
        );
        closed.dedup();
    }
    if settings.json {
        output::print_json(&json!({
            "grants": list,
            "active_epoch": active.map(Epoch::number),
            "broken_lines": broken,
            "without_policy": closed,
        }))?;
        return Ok(Exit::Done);
    }
    output::print(&page(&list, active))?;
    if !closed.is_empty() {
        settings.note(&format!(
            "domains that have no policy any more: {}",
            closed.join(", ")
        ));
    }
    if !broken.is_empty() {
        let lines: Vec<String> = broken.iter().map(usize::to_string).collect();
        settings.note(&format!(
            "{}: lines that hold no grant: {}",
            path.display(),
            lines.join(", ")
        ));
    }
    Ok(Exit::Done)
}

/// The active epoch, where the keyring opens without asking.
fn active_epoch(arguments: &ListArguments, config: &Config) -> Result<Option<Epoch>, Failure> {
    let source = arguments.passphrase.source();
    let given = arguments.keyring.as_deref();
    let asked = given.is_some() || source.is_given();
    let Some(path) = given
        .or(config.keyring_path())
        .filter(|path| asked || path.exists())
    else {
        return Ok(None);
    };
    let Some(passphrase) = passphrase::said(&source, config, path)? else {
        return Ok(None);
    };
    let keyring =
        Keyring::load(path, &passphrase).map_err(|error| Failure::key_file(path, &error))?;
    Ok(Some(keyring.active_epoch()))
}

fn page(list: &[Listed], active: Option<Epoch>) -> String {
    if list.is_empty() {
        return "no grant was issued\n".to_owned();
    }
    let header = ["domain", "file", "owner", "until", "epoch", "due"].map(str::to_owned);
    let rows = list.iter().map(|Listed { issued, due }| {
        [
            issued.domain.to_string(),
            output::one_line(&issued.file),
            issued
                .owner
                .as_deref()
                .map(output::one_line)
                .unwrap_or_default(),
            issued
                .until
                .map(|until| until.to_string())
                .unwrap_or_default(),
            issued.epoch.to_string(),
            due.map(|due| due.to_string()).unwrap_or_default(),
        ]
    });
    let mut text = output::table(&[header].into_iter().chain(rows).collect::<Vec<_>>());
    let due = list.iter().filter(|listed| listed.due.is_some()).count();
    text.push_str(&format!("\n{due} of {} due", list.len()));
    text.push_str(match active {
        Some(_) => "\n",
        None => "; the epoch was not looked at, as the keyring did not open without asking\n",
    });
    text
}
