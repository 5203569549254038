//! Where passphrases come from: a file descriptor, a file, a credentials folder, the terminal; never the arguments.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use paravent::{Config, Passphrase};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::{
    failure::{Exit, Failure},
    output,
};

const TERMINAL: &str = "/dev/tty";

const WAYS: &str = "give it by a file descriptor (--passphrase-fd), a file (--passphrase-file), a credentials folder \
    (`credentials` in paravent.toml, or systemd's) or at a terminal";

/// The terminal as it was before its echo was switched off.
static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// What the arguments say of one passphrase.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) fd: Option<u32>,
    pub(crate) file: Option<PathBuf>,
}

impl Source {
    /// Whether the arguments say where it is.
    pub(crate) fn is_given(&self) -> bool {
        self.fd.is_some() || self.file.is_some()
    }

    fn read(&self) -> Option<Result<Passphrase, Failure>> {
        match (self.fd, &self.file) {
            (Some(fd), _) => Some(from_descriptor(fd)),
            (None, Some(path)) => Some(from_file(path)),
            (None, None) => None,
        }
    }
}

/// The passphrase of a key file that is there, asked for at the terminal where nothing else says it.
pub(crate) fn of(source: &Source, config: &Config, key_file: &Path) -> Result<Passphrase, Failure> {
    match said(source, config, key_file)? {
        Some(passphrase) => Ok(passphrase),
        None => {
            let question = format!("Passphrase of {}: ", key_file.display());
            prompt(key_file, &question).and_then(checked)
        }
    }
}

/// The passphrase of a new key file; asked for twice, since one that was mistyped opens nothing.
pub(crate) fn new(
    source: &Source,
    config: &Config,
    key_file: &Path,
) -> Result<Passphrase, Failure> {
    new_for(source, config, key_file, &key_file.display().to_string())
}

/// The same, asking by another name than the file's.
pub(crate) fn new_for(
    source: &Source,
    config: &Config,
    key_file: &Path,
    name: &str,
) -> Result<Passphrase, Failure> {
    if let Some(passphrase) = said(source, config, key_file)? {
        if !source.is_given() {
            // It may be that of another file of this name, of which this one is to be the backup.
            output::complain(&format!(
                "paravent: {name} gets the passphrase that the credentials folder has for files of this name\n"
            ));
        }
        return Ok(passphrase);
    }
    let first = prompt(key_file, &format!("New passphrase for {name}: "))?;
    if first.is_empty() {
        return checked(first);
    }
    let second = prompt(key_file, "The same again: ")?;
    if *first != *second {
        return Err(Failure::new(
            Exit::Keys,
            "passphrases-differ",
            "the two passphrases are not the same",
            "run it again",
        ));
    }
    checked(first)
}

/// The passphrase of a key file, where the arguments or a credentials folder have it.
pub(crate) fn said(
    source: &Source,
    config: &Config,
    key_file: &Path,
) -> Result<Option<Passphrase>, Failure> {
    match source.read() {
        Some(passphrase) => passphrase.map(Some),
        None => config
            .passphrase(key_file)
            .map_err(|error| Failure::from(error).exits(Exit::Keys)),
    }
}

/// Switches the echo on again, where it was off. For a process that ends.
pub(crate) fn restore_terminal() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((terminal, settings)) = before.take() {
        // What asks hides what is typed once more after the question, and may be about to: the echo stays on after a while.
        for _ in 0..20 {
            // There is no other way left to tell.
            let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
            thread::sleep(Duration::from_millis(5));
        }
        let _ = (&terminal).write_all(b"\n");
    }
}

fn from_descriptor(fd: u32) -> Result<Passphrase, Failure> {
    // The standard input's own buffer would keep it.
    let file = match fd {
        0 => output::stdin(),
        // A number alone is no descriptor that one owns; this one is.
        _ => File::open(format!("/dev/fd/{fd}")),
    };
    file.map_err(Failure::from)
        .and_then(|file| Passphrase::from_reader(file).map_err(Failure::from))
        .map_err(|failure| {
            failure
                .at(format!("file descriptor {fd}"))
                .exits(Exit::Keys)
        })
}

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    Passphrase::load(path).map_err(|error| Failure::from(error).exits(Exit::Keys))
}

fn checked(mut typed: Zeroizing<String>) -> Result<Passphrase, Failure> {
    // Moved on, not copied.
    Passphrase::new(std::mem::take(&mut *typed)).map_err(Failure::from)
}

/// What is typed at the terminal, unseen.
fn prompt(key_file: &Path, text: &str) -> Result<Zeroizing<String>, Failure> {
    let missing = |message: &str| {
        Failure::new(Exit::Keys, "no-passphrase", message, WAYS).at(key_file.display())
    };
    let nowhere = || missing("there is no passphrase, and no terminal to ask at");
    let terminal = File::options()
        .read(true)
        .write(true)
        .open(TERMINAL)
        .map_err(|_| nowhere())?;
    let settings = tcgetattr(&terminal).map_err(|_| nowhere())?;
    let before = |now| *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = now;
    // Before the question, too: whoever types ahead of it is not to see it.
    let mut unseen = settings.clone();
    unseen.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &unseen).map_err(|_| nowhere())?;
    before(Some((terminal, settings)));
    let typed = rpassword::prompt_password(text);
    if matches!(&typed, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
        // The signal that came of it ends the process.
        thread::sleep(Duration::from_secs(1));
    }
    let shown = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((terminal, settings)) = shown {
        // Where that fails there is no terminal any more.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
    }
    typed
        .map(Zeroizing::new)
        .map_err(|_| missing("no passphrase was typed"))
}
