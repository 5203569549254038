//! `paravent grant split`: a grant that any two of its holders open together.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::{
    arguments::{PassphraseArguments, SharePassphraseArguments},
    failure::{Exit, Failure, Outcome},
    folder::{self, NewFolder},
    keys, output, passphrase,
    settings::{self, Settings},
};

/// The key file of the grant, in the folder.
const GRANT: &str = "grant.key";

const AFTER: &str = "\
The release has `two_persons = true` in the policy, which is checked as
`paravent protect` does. In the new folder, which is made whole or not at all,
are grant.key and one share a holder: share-1.key, share-2.key and so on, in
the order of --holder. Give each holder their share, let them choose its
passphrase, and keep grant.key where `paravent release` is called. Any two
shares open it, one alone tells nothing; nothing else opens it.

After `paravent rotate`, split anew: it opens the epochs that there are now.

EXAMPLES
    paravent grant split contact --policy policies/support-desk.toml \\
      --holder \"first desk\" --holder \"second desk\" --holder \"night desk\" \\
      -o contact
";

/// Split a grant among holders, of whom any two open it together
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(super) struct SplitArguments {
    /// The name of the release in the policy: a scope or a field
    #[arg(value_name = "NAME")]
    name: String,
    /// The policy that releases it
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Who holds a share, as the one who asks is named at `paravent release`; 2 to 16 of them
    #[arg(long, value_name = "WHO", required = true)]
    holder: Vec<String>,
    /// The folder to make; one that is there stays as it is
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
    /// The keyring, if not that of the configuration
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    #[command(flatten)]
    share_passphrases: SharePassphraseArguments,
}

pub(super) fn run(arguments: &SplitArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let folder = &arguments.output;
    // Before anybody types a passphrase; the end looks again.
    folder::check_free(folder)?;
    let sources = arguments
        .share_passphrases
        .sources(arguments.holder.len())?;
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let policy = settings::checked_policy(&arguments.policy, &config, &schema, settings.today)?;
    let source = arguments.passphrase.source();
    let keyring = keys::keyring(arguments.keyring.as_deref(), &source, &config)?;
    let holders: Vec<&str> = arguments.holder.iter().map(String::as_str).collect();
    let split = keyring
        .split_release(&policy, &arguments.name, &holders)
        .map_err(|error| match error.is_definition() {
            true => Failure::from(error).exits(Exit::Usage),
            false => Failure::from(error),
        })?;
    drop(keyring);
    let shares = split.shares().iter().zip(&sources).enumerate();
    let shares = shares.map(|(number, (share, source))| {
        let name = format!("share-{}.key", number + 1);
        let whose = format!("{name} of {}", output::one_line(share.holder()));
        let passphrase = passphrase::new_for(source, &config, &folder.join(&name), &whose)?;
        Ok((name, share.to_key_file(&passphrase)?))
    });
    let shares: Vec<(String, String)> = shares.collect::<Result<_, Failure>>()?;

    let made = NewFolder::create(folder)?;
    made.write(GRANT, split.key_file(), 0o600)?;
    for (name, text) in &shares {
        made.write(name, text, 0o600)?;
    }
    made.finish(&[])?;

    let domain = policy.policy().domain();
    let shares = || shares.iter().map(|(name, _)| name).zip(&holders);
    if settings.json {
        let shares = shares().map(|(name, holder)| json!({ "file": name, "holder": holder }));
        output::print_json(&json!({
            "folder": folder.display().to_string(),
            "grant": GRANT,
            "domain": domain,
            "release": arguments.name,
            "shares": shares.collect::<Vec<_>>(),
        }))?;
    } else {
        let mut text = format!(
            "{}: {GRANT}, a grant of {} for domain {domain}, which two of these open:\n",
            folder.display(),
            arguments.name
        );
        for (name, holder) in shares() {
            text.push_str(&format!("  {name}  {}\n", output::one_line(holder)));
        }
        output::print(&text)?;
    }
    Ok(Exit::Done)
}
