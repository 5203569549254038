//! All of it in a few seconds: a sender, the screen and a receiver, of which two are killed on the way.

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

use paravent::{
    Passphrase, Revealer,
    hl7v2::{Frames, MessageRevealer},
};

use crate::{
    Result, messages, receive, say, screen,
    send::{self, Plan},
};

const SENDERS: usize = 2;
const MESSAGES: u64 = 600;

pub(crate) fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (journal, kept, secret) = (
        folder.path().join("journal"),
        folder.path().join("kept.hl7"),
        folder.path().join("passphrase"),
    );
    let passphrase = "of a demonstration, which keeps nothing";
    write_secret(&secret, passphrase)?;
    let word = |path: &Path| path.display().to_string();
    let receive = |port: &str| {
        let listen = format!("127.0.0.1:{port}");
        Process::start(&["receive", "--listen", &listen, "--into", &word(&kept)])
    };
    let mut receiver = receive("0")?;
    let forward = receiver.address.to_string();
    let protect = |port: &str| {
        let listen = format!("127.0.0.1:{port}");
        Process::start(&[
            "screen",
            "--listen",
            &listen,
            "--forward",
            &forward,
            "--journal",
            &word(&journal),
            "--passphrase-file",
            &word(&secret),
        ])
    };
    let mut screen = protect("0")?;
    say(&format!(
        "{MESSAGES} messages of {SENDERS} senders go through the screen to a receiver; both are killed on the way"
    ));

    let plan = Plan {
        to: screen.address,
        senders: SENDERS,
        seed: send::seed(),
        messages: Some(MESSAGES),
        seconds: None,
        rate: Some(200.0),
    };
    let sending = {
        let plan = plan.clone();
        thread::spawn(move || send::send(&plan, &Arc::new(AtomicBool::new(false)), false))
    };
    thread::sleep(Duration::from_millis(700));
    let port = screen.address.port().to_string();
    screen.kill()?;
    screen = protect(&port)?;
    thread::sleep(Duration::from_millis(700));
    let port = receiver.address.port().to_string();
    receiver.kill()?;
    receiver = receive(&port)?;
    let sent = sending.join().map_err(|_| "the senders panicked")??;
    say(&sent.in_words(true));

    let keyring = screen::own_keyring(&journal, &Passphrase::new(passphrase)?)?;
    let revealer = MessageRevealer::new(Revealer::backend(&keyring, &screen::bundled_policy()?)?)?;
    let deadline = Instant::now() + Duration::from_secs(20);
    let protected = loop {
        let protected = messages_in(&kept)?;
        if protected.len() as u64 >= MESSAGES || Instant::now() > deadline {
            break protected;
        }
        thread::sleep(Duration::from_millis(50));
    };
    drop((screen, receiver));

    let mut times: HashMap<Vec<u8>, u64> = HashMap::new();
    for message in &protected {
        let revealed = revealer.reveal(message)?;
        *times.entry(revealed.as_bytes().to_vec()).or_default() += 1;
    }
    let (mut lost, mut doubled, mut clear) = (0, 0, 0);
    for (sender, &accepted) in (1..).zip(&sent.accepted) {
        for number in 1..=accepted {
            match times.get(&messages::message(plan.seed, sender, number)) {
                None => lost += 1,
                Some(1) => {}
                Some(_) => doubled += 1,
            }
        }
    }
    for message in &protected {
        let text = String::from_utf8_lossy(message);
        let mut words = messages::SURNAMES.iter().chain(&messages::SERVICES);
        clear += usize::from(words.any(|word| text.contains(word)));
    }
    if let Some(message) = protected.first() {
        let text = String::from_utf8_lossy(message);
        say("\nThe first message at the receiver:\n");
        for segment in text.split('\r').filter(|segment| !segment.is_empty()) {
            let short: String = segment.chars().take(100).collect();
            let more = if short.len() < segment.len() {
                "…"
            } else {
                ""
            };
            say(&format!("  {short}{more}"));
        }
    }
    say(&format!(
        "\n{} messages at the receiver: {lost} lost, {doubled} doubled, {clear} with a name or a specialty in clear",
        protected.len()
    ));
    match (lost, doubled, clear) {
        (0, 0, 0) => Ok(()),
        _ => Err("the screen did not keep what it promises".into()),
    }
}

/// The messages in the receiver's file.
fn messages_in(path: &Path) -> Result<Vec<Vec<u8>>> {
    let whole = receive::whole(path)?;
    let mut frames = Frames::new(&whole[..]);
    let mut messages = Vec::new();
    while let Some(message) = frames.read()? {
        messages.push(message);
    }
    Ok(messages)
}

/// A file that nobody else can read.
fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())?;
    Ok(())
}

/// This program once more, with another command. It ends with this one.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on ");
        let address = address.and_then(|address| address.parse().ok());
        let mut started = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        match address {
            Some(address) => started.address = address,
            // Dropped, it ends.
            None => return Err(format!("{} did not start", arguments[0]).into()),
        }
        Ok(started)
    }

    fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
