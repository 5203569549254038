//! `paravent keygen`: a new keyring, or the same keys in a new file.

use std::path::PathBuf;

use clap::Args;
use paravent::Keyring;
use serde_json::json;

use crate::{
    arguments::PassphraseArguments,
    failure::{Exit, Outcome},
    keys,
    output::{self, NewFile, Readers},
    passphrase::{self, Source},
    settings::Settings,
};

const AFTER: &str = "\
A key file that is there stays, since keys that are lost are data that is
lost. For a new epoch see `paravent rotate`.

EXAMPLES
  A new keyring, its passphrase asked for twice:

    paravent keygen backend.keyring

  A copy under another passphrase, for the safe:

    paravent keygen safe.keyring --from backend.keyring
";

/// Make a keyring: new keys, or those of another file under another passphrase
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct KeygenArguments {
    /// The key file to write; one that is there stays
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take the keys of this keyring
    #[arg(long, value_name = "KEYRING")]
    from: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Read the passphrase of KEYRING from this file descriptor
    #[arg(
        long,
        value_name = "N",
        requires = "from",
        conflicts_with = "from_passphrase_file"
    )]
    from_passphrase_fd: Option<u32>,
    /// Read the passphrase of KEYRING from this file, which nobody else may be able to read
    #[arg(long, value_name = "FILE", requires = "from")]
    from_passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(arguments: &KeygenArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let file = &arguments.file;
    // Before anybody types a passphrase; writing looks again.
    output::check_free(file, false)?;
    let keyring = match &arguments.from {
        None => Keyring::generate()?,
        Some(from) => {
            let source = Source {
                fd: arguments.from_passphrase_fd,
                file: arguments.from_passphrase_file.clone(),
            };
            keys::keyring(Some(from), &source, &config)?
        }
    };
    let passphrase = passphrase::new(&arguments.passphrase.source(), &config, file)?;
    let text = keyring.to_key_file(&passphrase)?;
    NewFile::write_whole(file, Readers::Owner, false, text.as_bytes())?;

    let epochs: Vec<u32> = keyring.epochs().map(|epoch| epoch.number()).collect();
    let active = keyring.active_epoch();
    if settings.json {
        output::print_json(&json!({
            "file": file.display().to_string(),
            "active_epoch": active.number(),
            "epochs": epochs,
            "generation": keyring.generation().number(),
        }))?;
    } else {
        output::print(&format!(
            "{}: a keyring whose active epoch is {active}\n",
            file.display()
        ))?;
    }
    Ok(Exit::Done)
}
