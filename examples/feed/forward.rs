//! The messages of one sender, from its journal to the receiver.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use paravent::hl7v2::message_id;

use crate::{
    Result,
    ack::Answer,
    complain,
    journal::{Done, Entry, Journal},
    line::{Line, Pause},
    lock,
    screen::Way,
};

/// So many messages wait for the receiver. Then the sender waits, and after a while is told to come again.
const MOST_WAITING: usize = 1_000;

/// Less than a sender's patience.
const A_WHILE: Duration = Duration::from_secs(1);

/// The messages of one sender, in their order: the order of a connection, and from one connection of a sender to its next.
pub(crate) struct Lane {
    /// Held while a message is looked up, protected and written, so that a message that comes on two connections at once is
    /// taken once.
    pub(crate) journal: Mutex<Journal>,
    waiting: Mutex<VecDeque<Arc<Entry>>>,
    came: Condvar,
    went: Condvar,
    path: PathBuf,
}

impl Lane {
    /// Opens a journal, and hands on what it has from now on.
    pub(crate) fn open(path: &Path, to: SocketAddr, way: &Arc<Way>) -> Result<Arc<Self>> {
        let (journal, pending) = Journal::open(path.to_owned())?;
        let mut done = Done::open(path)?;
        let lane = Arc::new(Self {
            journal: Mutex::new(journal),
            waiting: Mutex::new(pending.into()),
            came: Condvar::new(),
            went: Condvar::new(),
            path: path.to_owned(),
        });
        let (of_thread, way) = (Arc::clone(&lane), Arc::clone(way));
        std::thread::spawn(move || of_thread.hand_on(to, &way, &mut done));
        Ok(lane)
    }

    /// Whether there is room for a message, or is within a while.
    pub(crate) fn has_room(&self) -> bool {
        let waiting = lock(&self.waiting);
        let waited = self
            .went
            .wait_timeout_while(waiting, A_WHILE, |waiting| waiting.len() >= MOST_WAITING);
        let (waiting, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(waiting);
        !waited.timed_out()
    }

    /// Takes a message that is in the journal, whose lock the caller holds: so they come in its order.
    pub(crate) fn push(&self, entry: Arc<Entry>, journal: &mut Journal) {
        let pending = {
            let mut waiting = lock(&self.waiting);
            waiting.push_back(entry);
            self.came.notify_one();
            // Those that the receiver answers for meanwhile are written once more, and skipped by their number.
            journal
                .is_long()
                .then(|| waiting.iter().cloned().collect::<Vec<_>>())
        };
        if let Some(pending) = pending
            && let Err(error) = journal.shorten(&pending)
        {
            complain(&format!("{}: {error}", self.path.display()));
        }
    }

    fn hand_on(&self, to: SocketAddr, way: &Way, done: &mut Done) {
        let mut line = None;
        let mut pause = Pause::new();
        let mut told = String::new();
        loop {
            let entry = self.first();
            match deliver(&mut line, to, way, &entry).and_then(|()| Ok(done.mark(entry.number)?)) {
                Ok(()) => {
                    lock(&self.waiting).pop_front();
                    self.went.notify_all();
                    pause = Pause::new();
                }
                Err(error) => {
                    // The next ones wait: leaving one out would lose it, and sending them first would turn the order.
                    line = None;
                    let error = format!("handing on waits: {error}");
                    if error != told {
                        complain(&error);
                        told = error;
                    }
                    pause.wait();
                }
            }
        }
    }

    /// The first message that waits, once there is one.
    fn first(&self) -> Arc<Entry> {
        let mut waiting = lock(&self.waiting);
        loop {
            if let Some(first) = waiting.front() {
                return Arc::clone(first);
            }
            waiting = self
                .came
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Sends a message; returns once the receiver has answered for it.
fn deliver(line: &mut Option<Line>, to: SocketAddr, way: &Way, entry: &Entry) -> Result<()> {
    let message = way.out(&entry.message)?;
    let line = match line {
        Some(line) => line,
        None => line.insert(Line::connect(to)?),
    };
    match line.deliver(&message, message_id(&message)?)? {
        Answer::Accepted => Ok(()),
        Answer::Wrong => Err("the receiver refuses a message; somebody has to look there".into()),
        Answer::NotNow => Err(io::Error::from(io::ErrorKind::ResourceBusy).into()),
    }
}
