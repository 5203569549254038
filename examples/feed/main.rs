//! A screen in a live feed of HL7 v2 messages: it takes them by MLLP, protects them, hands them on and answers for them.
//!
//! ```sh
//! cargo run --release --features hl7v2 --example feed -- demo
//! ```
//!
//! shows all of it in a few seconds: a sender of messages of invented people, the screen, and a receiver, each a process of its own,
//! of which two are killed on the way. `--help` lists the commands.
//!
//! ```text
//! sender ──message──▶ screen ──protected message──▶ receiver
//!        ◀──AA───────        ◀──AA────────────────
//! ```
//!
//! What makes it lose and double nothing, whichever side is killed when:
//!
//! - The screen answers `AA` once the protected message is on disk, in a journal. A message without that answer is still the sender's, which
//!   sends it again; the journal knows by a keyed digest what it has already.
//! - What is in the journal is handed on until the receiver answers `AA`, after a crash with the same bytes and so the same MSH-10, by
//!   which a receiver notices what it has already.
//! - A sender's messages are handed on one by one, in their order.
//!
//! It listens on the loopback address: between machines, MLLP wants TLS in front of it.

mod ack;
mod demo;
mod forward;
mod journal;
mod line;
mod messages;
mod options;
mod receive;
mod screen;
mod send;

use std::{
    env,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use line::{PATIENCE, Pause};
use options::Options;

/// Whatever went wrong, in words.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "\
usage: feed COMMAND

  demo       all of it, in a few seconds, in a temporary folder

  screen     protects messages and hands them on
    --listen ADDRESS          where messages come in, such as 127.0.0.1:2575
    --forward ADDRESS         where they go
    --journal FOLDER          what was answered for and not handed on yet
    --passphrase-file FILE    the passphrase of the keyring, in a file that nobody else can read
    --keyring FILE            without it one in FOLDER, made the first time
    --policy FILE             without it examples/policies/hl7-feed.toml
    --profile FILE            without it the bundled one
    --reveal                  the other way: protected messages come in, and what they were goes on

  receive    keeps what it gets, each message once
    --listen ADDRESS
    --into FILE

  send       makes messages of invented people
    --to ADDRESS
    --messages N | --seconds S | --until-closed (its standard input)
    --connections C           so many senders at a time, 1 without it
    --rate R                  messages a second of all of them; without it, as fast as they are answered
    --seed K                  what they are made from; without it, another one each time

Where ADDRESS has port 0, the system chooses one, and the first line of the output tells it.
";

fn main() -> ExitCode {
    let mut options = Options::new(env::args().skip(1));
    let command = options.command();
    let wants_help = options.has("--help") || options.has("-h");
    let done = match command.as_deref() {
        Some("--help" | "-h" | "help") => {
            say(USAGE);
            Ok(())
        }
        Some(_) if wants_help => {
            say(USAGE);
            Ok(())
        }
        Some("demo") => options.end().and_then(|()| demo::run()),
        Some("screen") => screen::run(options),
        Some("receive") => receive::run(options),
        Some("send") => send::run(options),
        _ => Err("there is no such command; --help lists them".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Listens, and tells where.
fn listen(address: SocketAddr) -> Result<TcpListener> {
    let mut pause = Pause::new();
    let begin = Instant::now();
    let listener = loop {
        match TcpListener::bind(address) {
            // One that was killed a moment ago may hold it still.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && begin.elapsed() < PATIENCE =>
            {
                pause.wait();
            }
            bound => break bound?,
        }
    };
    say(&format!("listening on {}", listener.local_addr()?));
    Ok(listener)
}

/// Prints on the standard output, at once: others wait for it.
fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{}", text.trim_end());
    let _ = stdout.flush();
}

/// Prints on the standard error. Whether anybody reads it or not, the work goes on.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "feed: {text}");
}

/// What stands behind a lock is changed in one step each time, so that a thread that panicked leaves it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
