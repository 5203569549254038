//! The example's processes.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use paravent::{
    Keyring, Passphrase, Policy, Revealer, Schema,
    hl7v2::{Frames, MessageRevealer},
};
use tempfile::TempDir;

use super::{journal, program::program};

const PASSPHRASE: &str = "correct horse battery staple";

/// One of them. It ends with the test.
pub(super) struct Process {
    pub(super) child: Child,
    /// Where it listens.
    pub(super) address: String,
}

impl Process {
    /// One that listens.
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ");
        Self {
            child,
            address: address.expect("it listens").to_owned(),
        }
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// A folder for a screen and a receiver.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let mut options = fs::OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(place.at("passphrase")).unwrap();
        std::io::Write::write_all(&mut file, PASSPHRASE.as_bytes()).unwrap();
        place
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn word(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    pub(super) fn receiver(&self, listen: &str) -> Process {
        let into = self.word("kept.hl7");
        Process::start(&["receive", "--listen", listen, "--into", &into])
    }

    pub(super) fn screen(&self, listen: &str, forward: &str) -> Process {
        let words = self.of_screen(listen, forward, "journal");
        Process::start(&words.iter().map(|word| &**word).collect::<Vec<_>>())
    }

    /// One that reveals, with a journal of its own and the same keyring.
    pub(super) fn revealing_screen(&self, forward: &str) -> Process {
        fs::create_dir(self.at("back")).unwrap();
        fs::copy(
            self.at("journal/feed.keyring"),
            self.at("back/feed.keyring"),
        )
        .unwrap();
        let mut words = self.of_screen("127.0.0.1:0", forward, "back");
        words.push("--reveal".to_owned());
        Process::start(&words.iter().map(|word| &**word).collect::<Vec<_>>())
    }

    pub(super) fn of_screen(&self, listen: &str, forward: &str, journal: &str) -> Vec<String> {
        let (journal, passphrase) = (self.word(journal), self.word("passphrase"));
        [
            "screen",
            "--listen",
            listen,
            "--forward",
            forward,
            "--journal",
            &*journal,
            "--passphrase-file",
            &*passphrase,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// The messages that the receiver has, but for one that is half written.
    pub(super) fn kept(&self) -> Vec<Vec<u8>> {
        let mut bytes = fs::read(self.at("kept.hl7")).unwrap_or_default();
        let end = bytes.windows(2).rposition(|pair| pair == b"\x1C\r");
        bytes.truncate(end.map_or(0, |end| end + 2));
        let mut frames = Frames::new(&bytes[..]);
        std::iter::from_fn(|| frames.read().unwrap()).collect()
    }

    /// What the journals of the screen hold.
    pub(super) fn journals(&self) -> Vec<journal::Found> {
        let entries = fs::read_dir(self.at("journal")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "journal"))
            .map(|path| journal::look(&path).unwrap())
            .collect()
    }

    /// Waits until the receiver has answered for all that the screen has.
    pub(super) fn wait(&self) {
        let begin = std::time::Instant::now();
        while self
            .journals()
            .iter()
            .any(|found| !found.pending.is_empty())
        {
            assert!(
                begin.elapsed().as_secs() < 30,
                "the receiver gets no message"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    pub(super) fn revealer(&self) -> MessageRevealer {
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let keyring = Keyring::load(self.at("journal/feed.keyring"), &passphrase).unwrap();
        let text = fs::read_to_string("examples/policies/hl7-feed.toml").unwrap();
        let policy = Policy::from_toml(&text, &Schema::scheduling()).unwrap();
        MessageRevealer::new(Revealer::backend(&keyring, &policy).unwrap()).unwrap()
    }
}
