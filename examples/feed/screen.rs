//! The screen: takes messages, protects them, and answers once they are on disk.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::{self, File},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use paravent::{
    Keyring, Passphrase, Policy, Query, Revealer, Schema,
    hl7v2::{Frames, MessageProtector, MessageRevealer, Profile, frame},
};
use sha2::{Digest as _, Sha256};

use crate::{
    Result,
    ack::{self, Answer},
    complain,
    forward::Lane,
    lock,
    options::Options,
};

/// What of a message the receiver is shown.
const POLICY: &str = include_str!("../policies/hl7-feed.toml");

/// By what the journal knows a message again: a keyed digest, of no use without the keyring.
///
/// The policy of the feed could show such a digest in MSH-10 instead of a random id, so that receivers notice doubles of the sender by
/// themselves. But then seals could not be bound to MSH-10, and one could be moved into another message unnoticed.
const OWN_SCHEMA: &str = r#"
    name = "feed-journal"
    [[field]]
    name = "what"
    number = 1
    scope = "schedule"
    width = 64
    type = "text"
    class = "exact"
    frequencies = "unknown"
"#;
const OWN_POLICY: &str = r#"
    domain = "feed-journal"
    schema = "feed-journal"
    record_id = "unbound"
    [pseudonym.message]
    of = ["what"]
    reason = "a message that the sender sends again is known"
    [pseudonym.sender]
    of = ["what"]
    reason = "the name of a journal tells no practice"
"#;

/// So many senders at a time, each with a journal and a connection to the receiver.
const MOST_SENDERS: usize = 64;

/// A connection on which nothing came for so long is closed. Who sends again opens another one.
const IDLE: Duration = Duration::from_secs(600);

pub(crate) fn run(mut options: Options) -> Result<()> {
    let listen: SocketAddr = options.needed("--listen")?;
    let forward: SocketAddr = options.needed("--forward")?;
    let folder: PathBuf = options.needed("--journal")?;
    let passphrase: PathBuf = options.needed("--passphrase-file")?;
    let keyring: Option<PathBuf> = options.value("--keyring")?;
    let policy: Option<PathBuf> = options.value("--policy")?;
    let profile: Option<PathBuf> = options.value("--profile")?;
    let reveals = options.has("--reveal");
    options.end()?;

    fs::create_dir_all(&folder)?;
    // Two screens on one journal would each hand on what the other does.
    let held = File::create(folder.join("lock"))?;
    held.try_lock()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let passphrase = Passphrase::load(&passphrase)?;
    let keyring = match keyring {
        Some(path) => Keyring::load(path, &passphrase)?,
        None => own_keyring(&folder, &passphrase)?,
    };
    let policy = match policy {
        Some(path) => Policy::from_toml(&fs::read_to_string(path)?, &Schema::scheduling())?,
        None => bundled_policy()?,
    };
    let way = if reveals {
        Way::Reveal(Box::new(MessageRevealer::new(Revealer::backend(
            &keyring, &policy,
        )?)?))
    } else {
        let profile = match profile {
            Some(path) => Profile::from_toml(&fs::read_to_string(path)?, policy.schema())?,
            None => Profile::siu(),
        };
        let checked = policy.check(TimeZone::UTC.to_datetime(Timestamp::now()).date())?;
        Way::Protect(Box::new(MessageProtector::new(
            &keyring, &checked, profile,
        )?))
    };
    let screen = Arc::new(Screen::open(&keyring, way, folder, forward)?);
    // What they hold is in the screen, as far as it is needed.
    drop((keyring, passphrase));
    for stream in crate::listen(listen)?.incoming() {
        let screen = Arc::clone(&screen);
        match stream {
            Ok(stream) => {
                std::thread::spawn(move || {
                    if let Err(error) = screen.serve(&stream) {
                        complain(&format!("a connection ended: {error}"));
                    }
                });
            }
            // Such as too many open files: it passes.
            Err(error) => {
                complain(&error.to_string());
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
    Ok(())
}

/// The keyring in the folder, made the first time: what was sealed before a restart has to open after it.
pub(crate) fn own_keyring(folder: &Path, passphrase: &Passphrase) -> Result<Keyring> {
    let path = folder.join("feed.keyring");
    if !path.exists() {
        Keyring::generate()?.save(&path, passphrase)?;
    }
    Ok(Keyring::load(&path, passphrase)?)
}

/// The policy of the feed.
pub(crate) fn bundled_policy() -> Result<Policy> {
    Ok(Policy::from_toml(POLICY, &Schema::scheduling())?)
}

/// Which way messages go.
pub(crate) enum Way {
    /// They are protected as they come, and so they are in the journal.
    Protect(Box<MessageProtector>),
    /// They come protected, and so they are in the journal: nothing in clear is on this disk.
    Reveal(Box<MessageRevealer>),
}

impl Way {
    /// What the journal keeps of a message.
    fn kept(&self, message: &[u8]) -> paravent::Result<Vec<u8>> {
        match self {
            Self::Protect(protector) => protector.protect(message),
            // Who sends what does not open is told now, not never.
            Self::Reveal(revealer) => revealer.reveal(message).map(|_| message.to_vec()),
        }
    }

    /// What is handed on of it.
    pub(crate) fn out<'m>(&self, kept: &'m [u8]) -> paravent::Result<Cow<'m, [u8]>> {
        match self {
            Self::Protect(_) => Ok(Cow::Borrowed(kept)),
            Self::Reveal(revealer) => Ok(Cow::Owned(revealer.reveal(kept)?.as_bytes().to_vec())),
        }
    }
}

struct Screen {
    way: Arc<Way>,
    own: Query,
    folder: PathBuf,
    forward: SocketAddr,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

impl Screen {
    fn open(keyring: &Keyring, way: Way, folder: PathBuf, forward: SocketAddr) -> Result<Self> {
        let own = Policy::from_toml(OWN_POLICY, &Schema::from_toml(OWN_SCHEMA)?)?;
        let screen = Self {
            way: Arc::new(way),
            own: Query::new(keyring, &own)?,
            folder,
            forward,
            lanes: Mutex::default(),
        };
        // What was answered for before goes first, whether its sender comes back or not.
        for found in fs::read_dir(&screen.folder)? {
            let path = found?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "journal")
                && let Some(name) = path.file_stem().and_then(|name| name.to_str())
            {
                let lane = Lane::open(&path, forward, &screen.way)?;
                lock(&screen.lanes).insert(name.to_owned(), lane);
            }
        }
        Ok(screen)
    }

    /// Takes and answers the messages of a connection.
    fn serve(&self, stream: &TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(IDLE))?;
        let mut frames = Frames::new(stream);
        // Where one ends by half, the sender gets no answer, and sends it again.
        while let Some(message) = frames.read()? {
            let (answer, reason) = match self.take(&message) {
                Ok(()) => (Answer::Accepted, ""),
                Err(refused) => {
                    complain(&format!("a message was refused: {}", refused.why));
                    (refused.answer, refused.code)
                }
            };
            let ack = frame(&ack::of(&message, answer, reason));
            std::io::Write::write_all(&mut &*stream, &ack)?;
        }
        Ok(())
    }

    /// Takes a message. It is on disk when this returns, and was perhaps before.
    fn take(&self, message: &[u8]) -> std::result::Result<(), Refused> {
        let lane = self.lane(message)?;
        let digests = self.digests("message", message)?;
        if !lane.has_room() {
            return Err(Refused::not_now("busy", "the receiver is too far behind"));
        }
        let mut journal = lock(&lane.journal);
        if digests.iter().any(|digest| journal.has_seen(digest)) {
            return Ok(());
        }
        let kept = self.way.kept(message)?;
        let digest = digests.into_iter().next_back().unwrap_or_default();
        let entry = journal
            .append(digest, kept)
            .map_err(|error| Refused::not_now("disk", &error.to_string()))?;
        lane.push(entry, &mut journal);
        Ok(())
    }

    /// The lane of who sends a message: an application of a facility, MSH-3 and MSH-4.
    ///
    /// Not that of the connection: a sender that connects anew goes on behind what it sent before.
    fn lane(&self, message: &[u8]) -> std::result::Result<Arc<Lane>, Refused> {
        let header = ack::header(message);
        let sender = header.get(2..4).unwrap_or_default().join(&b'|');
        // That of the first generation, which stays.
        let name = self.digests("sender", &sender)?.swap_remove(0);
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.get(&name) {
            return Ok(Arc::clone(lane));
        }
        if lanes.len() >= MOST_SENDERS {
            return Err(Refused::not_now("senders", "there are too many senders"));
        }
        let path = self.folder.join(format!("{name}.journal"));
        let lane = Lane::open(&path, self.forward, &self.way)
            .map_err(|error| Refused::not_now("disk", &error.to_string()))?;
        lanes.insert(name, Arc::clone(&lane));
        Ok(lane)
    }

    /// The keyed digest of some bytes, under every generation of the keyring; the last is the one that is used.
    fn digests(&self, name: &str, bytes: &[u8]) -> paravent::Result<Vec<String>> {
        let plain: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let found = self
            .own
            .pseudonym(name, &serde_json::json!({ "what": plain }))?;
        Ok(found.iter().map(|(_, digest)| digest.to_string()).collect())
    }
}

/// Why a message is not taken.
struct Refused {
    answer: Answer,
    /// For the sender.
    code: &'static str,
    /// For whoever looks after the screen.
    why: String,
}

impl Refused {
    fn not_now(code: &'static str, why: &str) -> Self {
        Self {
            answer: Answer::NotNow,
            code,
            why: why.to_owned(),
        }
    }
}

impl From<paravent::Error> for Refused {
    fn from(error: paravent::Error) -> Self {
        // The machine may be better in a while, and a message that is wrong will not.
        let passes = error.is_io() || error.is_used_up();
        Self {
            answer: if passes {
                Answer::NotNow
            } else {
                Answer::Wrong
            },
            code: error.code(),
            why: error.to_string(),
        }
    }
}
