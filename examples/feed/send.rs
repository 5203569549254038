//! A sender that sends each message until it is answered for, and tells how long that took.

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{
    Result,
    ack::Answer,
    line::{Line, Pause},
    messages,
    options::Options,
    say,
};

/// What is sent where, and until when.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) to: SocketAddr,
    pub(crate) senders: usize,
    pub(crate) seed: u64,
    /// Of all senders.
    pub(crate) messages: Option<u64>,
    pub(crate) seconds: Option<f64>,
    /// Messages a second of all senders.
    pub(crate) rate: Option<f64>,
}

/// What was sent.
#[derive(Default)]
pub(crate) struct Sent {
    /// Messages that were answered for, of each sender.
    pub(crate) accepted: Vec<u64>,
    pub(crate) refused: u64,
    pub(crate) again: u64,
    pub(crate) took: Duration,
    /// From when a message was sent, or was to be sent, to its answer; ascending.
    waits: Vec<Duration>,
}

pub(crate) fn run(mut options: Options) -> Result<()> {
    let until_closed = options.has("--until-closed");
    let plan = Plan {
        to: options.needed("--to")?,
        senders: options.value("--connections")?.unwrap_or(1),
        seed: options.value("--seed")?.unwrap_or_else(seed),
        messages: options.value("--messages")?,
        seconds: options.value("--seconds")?,
        rate: options.value("--rate")?,
    };
    options.end()?;
    if plan.messages.is_none() && plan.seconds.is_none() && !until_closed {
        return Err("say when to stop: --messages, --seconds or --until-closed".into());
    }
    let stopped = Arc::new(AtomicBool::new(false));
    if until_closed {
        let stopped = Arc::clone(&stopped);
        thread::spawn(move || {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            stopped.store(true, Ordering::Relaxed);
        });
    }
    let sent = send(&plan, &stopped, io::stderr().is_terminal())?;
    say(&sent.in_words(plan.rate.is_some()));
    match sent.refused {
        0 => Ok(()),
        refused => Err(format!("{refused} messages were refused").into()),
    }
}

/// Another one each time.
pub(crate) fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_micros() as u64)
}

/// Sends, and tells on a terminal how far it is where `is_told`.
pub(crate) fn send(plan: &Plan, stopped: &Arc<AtomicBool>, is_told: bool) -> Result<Sent> {
    let start = Instant::now();
    let so_far = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (1..=plan.senders)
        .map(|sender| {
            let (plan, stopped, so_far) = (plan.clone(), Arc::clone(stopped), Arc::clone(&so_far));
            thread::spawn(move || Sender::new(&plan, sender, start, &stopped, &so_far).run())
        })
        .collect();
    while is_told && threads.iter().any(|thread| !thread.is_finished()) {
        let (sent, seconds) = (
            so_far.load(Ordering::Relaxed),
            start.elapsed().as_secs_f64(),
        );
        let _ = write!(
            io::stderr(),
            "\r{sent} messages, {:.0} a second ",
            sent as f64 / seconds
        );
        thread::sleep(Duration::from_millis(200));
    }
    if is_told {
        // The line is cleared: what follows tells the same.
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    let mut all = Sent::default();
    for thread in threads {
        let sent = thread.join().map_err(|_| "a sender panicked")?;
        all.accepted.extend(sent.accepted);
        all.refused += sent.refused;
        all.again += sent.again;
        all.waits.extend(sent.waits);
    }
    all.waits.sort_unstable();
    all.took = start.elapsed();
    Ok(all)
}

struct Sender<'a> {
    plan: &'a Plan,
    sender: usize,
    start: Instant,
    stopped: &'a AtomicBool,
    so_far: &'a AtomicU64,
    line: Option<Line>,
    sent: Sent,
}

impl<'a> Sender<'a> {
    fn new(
        plan: &'a Plan,
        sender: usize,
        start: Instant,
        stopped: &'a AtomicBool,
        so_far: &'a AtomicU64,
    ) -> Self {
        Self {
            plan,
            sender,
            start,
            stopped,
            so_far,
            line: None,
            sent: Sent::default(),
        }
    }

    fn run(mut self) -> Sent {
        let mut accepted = 0;
        for number in 1.. {
            // Of so many messages each sender has its part.
            let is_enough = self.plan.messages.is_some_and(|messages| {
                (number - 1) * self.plan.senders as u64 + self.sender as u64 > messages
            });
            let is_late = self
                .plan
                .seconds
                .is_some_and(|seconds| self.start.elapsed().as_secs_f64() >= seconds);
            if is_enough || is_late || self.stopped.load(Ordering::Relaxed) {
                break;
            }
            let due = self.wait_for(number);
            match self.deliver(number) {
                Answer::Accepted => accepted += 1,
                _ => self.sent.refused += 1,
            }
            self.sent.waits.push(due.elapsed());
            self.so_far.fetch_add(1, Ordering::Relaxed);
        }
        self.sent.accepted = vec![accepted];
        self.sent
    }

    /// Waits until a message is to be sent. Where an earlier one took long it was due before, and its time counts from then: people
    /// wait from when they press the button.
    fn wait_for(&self, number: u64) -> Instant {
        let Some(rate) = self.plan.rate else {
            return Instant::now();
        };
        let seconds = (number - 1) as f64 * self.plan.senders as f64 / rate;
        let due = self.start + Duration::from_secs_f64(seconds);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due
    }

    /// Sends a message until it is answered for, or told to be wrong.
    fn deliver(&mut self, number: u64) -> Answer {
        let message = messages::message(self.plan.seed, self.sender, number);
        let id = messages::id(self.plan.seed, self.sender, number);
        let mut pause = Pause::new();
        loop {
            match self.try_once(&message, id.as_bytes()) {
                Ok(answer @ (Answer::Accepted | Answer::Wrong)) => return answer,
                Ok(Answer::NotNow) => {}
                Err(_) => self.line = None,
            }
            self.sent.again += 1;
            pause.wait();
        }
    }

    fn try_once(&mut self, message: &[u8], id: &[u8]) -> io::Result<Answer> {
        let line = match &mut self.line {
            Some(line) => line,
            empty => empty.insert(Line::connect(self.plan.to)?),
        };
        line.deliver(message, id)
    }
}

impl Sent {
    pub(crate) fn in_words(&self, from_due: bool) -> String {
        let all: u64 = self.accepted.iter().sum();
        let seconds = self.took.as_secs_f64();
        let mut text = format!(
            "{all} messages of {} in {seconds:.1} s, {:.0} a second; {} tries again, {} refused\n",
            match self.accepted.len() {
                1 => "1 sender".to_owned(),
                senders => format!("{senders} senders"),
            },
            all as f64 / seconds,
            self.again,
            self.refused
        );
        let from = if from_due { "when it is due" } else { "send" };
        text += &format!(
            "from {from} to answer: p50 {:.2} ms, p99 {:.2} ms, at most {:.2} ms\n",
            self.quantile(0.5),
            self.quantile(0.99),
            self.quantile(1.0)
        );
        for (sender, accepted) in (1..).zip(&self.accepted) {
            text += &format!("sender {sender}: {accepted}\n");
        }
        text
    }

    /// In milliseconds.
    fn quantile(&self, part: f64) -> f64 {
        let last = self.waits.len().saturating_sub(1) as f64;
        let wait = self.waits.get((last * part).round() as usize);
        wait.map_or(0.0, |wait| wait.as_secs_f64() * 1_000.0)
    }
}
