//! Rows through threads: one reads and shuffles blocks of rows, some work on parts of them, the caller's takes what they
//! made in the order of the parts.
//!
//! All that is handed on is used again, and there is only so much of it, so that memory does not grow with the file.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    ops::Range,
    panic,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, Builder},
};

use rand::{
    SeedableRng,
    rngs::{ChaCha20Rng, SysRng},
    seq::SliceRandom,
};
use zeroize::Zeroize;

use super::{
    block::{Block, Row},
    read::Rows,
};
use crate::error::{Error, Kind, Result};

/// How many blocks there are: one is read and one waits for what comes behind it, while two are worked on.
const BLOCKS: usize = 4;

/// How many rows are worked on at once.
const PART: usize = 256;

/// How many rows a block has where their order is kept.
const ORDERED: usize = 2048;

/// The most threads that work: each has buffers of its own.
const MOST_JOBS: usize = 256;

/// What a buffer may hold that is used again, 4 MiB.
const KEPT: usize = 4 << 20;

/// What a row may become beside six times its size, 64 KiB: a control character is six in JSON, and there are keys.
const SPARE: usize = 64 * 1024;

/// What is made of each row.
pub(super) trait Work: Sync {
    /// What each thread has of its own.
    type State;

    fn start(&self) -> Self::State;

    /// Appends what is written for `row`. What stands there after an error is taken back.
    fn run(&self, row: Row<'_>, state: &mut Self::State, out: &mut String) -> Result<()>;
}

/// What was made of a part of a block.
#[derive(Default)]
pub(super) struct Output {
    pub(super) text: String,
    /// The rows in `text`.
    pub(super) rows: u64,
    /// The rows that failed, with their lines.
    pub(super) failures: Vec<(usize, Error)>,
    /// How much of the input was read up to here.
    pub(super) read: u64,
    /// Whether it is the last part of its block.
    pub(super) is_last: bool,
}

impl Drop for Output {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// A part of a block.
struct Part {
    number: u64,
    block: Arc<Block>,
    rows: Range<usize>,
    read: u64,
    is_last: bool,
}

enum Message {
    Done(u64, Output),
    Panicked,
}

/// Hands what `work` makes of all rows to `take`, in order; rows are shuffled within `window`, if there is one. Returns within
/// how many rows each was shuffled, at least.
pub(super) fn run<R: Read + Send, W: Work>(
    rows: Rows<R>,
    work: &W,
    jobs: usize,
    window: Option<usize>,
    mut take: impl FnMut(&mut Output) -> Result<()>,
) -> Result<Option<usize>> {
    let shuffle = match window {
        Some(rows) => Some(Shuffle {
            rows,
            random: ChaCha20Rng::try_from_rng(&mut SysRng)
                .map_err(|_| Error::new(|| Kind::Entropy))?,
        }),
        None => None,
    };
    let jobs = jobs.min(MOST_JOBS);
    let stop = AtomicBool::new(false);
    let (free_blocks, blocks) = channel();
    for _ in 0..BLOCKS {
        let _ = free_blocks.send(Block::default());
    }
    let (free_outputs, outputs) = channel();
    for _ in 0..2 * jobs + 2 {
        let _ = free_outputs.send(Output::default());
    }
    let (parts, parts_to_do) = channel();
    let (done, results) = channel();
    let queue = Mutex::new(Queue {
        outputs,
        parts: parts_to_do,
    });
    let (queue, stop) = (&queue, &stop);
    thread::scope(|scope| {
        let reader = Builder::new()
            .spawn_scoped(scope, move || read(rows, shuffle, &blocks, &parts, stop))
            .map_err(no_thread)?;
        let mut workers = Vec::new();
        for _ in 0..jobs {
            let (done, free_blocks) = (done.clone(), free_blocks.clone());
            let work_on = move || work_on(work, queue, &done, &free_blocks);
            match Builder::new().spawn_scoped(scope, work_on) {
                Ok(worker) => workers.push(worker),
                Err(error) if workers.is_empty() => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(no_thread(error));
                }
                // Those that are there do all of it.
                Err(_) => break,
            }
        }
        drop((done, free_blocks));
        let taken = take_in_order(&results, &free_outputs, &mut take);
        stop.store(true, Ordering::Relaxed);
        // Whoever waits for one of these wakes up.
        drop((results, free_outputs));
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|payload| panic::resume_unwind(payload));
        }
        let read = reader
            .join()
            .unwrap_or_else(|payload| panic::resume_unwind(payload));
        taken.and(read)
    })
}

fn no_thread(source: io::Error) -> Error {
    Error::new(|| Kind::Io {
        doing: "starting a thread",
        source,
    })
}

struct Shuffle {
    rows: usize,
    random: ChaCha20Rng,
}

/// Reads all rows, and hands them on in parts.
fn read<R: Read>(
    mut rows: Rows<R>,
    mut shuffle: Option<Shuffle>,
    blocks: &Receiver<Block>,
    parts: &Sender<Part>,
    stop: &AtomicBool,
) -> Result<Option<usize>> {
    let limit = shuffle.as_ref().map_or(ORDERED, |shuffle| shuffle.rows);
    let mut window: Option<usize> = None;
    let mut spare = None;
    // A whole window. Behind it may be too few rows for one of their own.
    let mut held: Option<Block> = None;
    let mut handing = Handing {
        parts,
        number: 0,
        before: 0,
    };
    while let Some(mut block) = spare.take().or_else(|| blocks.recv().ok()) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        block.begin();
        let read = loop {
            match rows.read(&mut block) {
                Ok(true) if block.rows().len() >= limit || block.is_full() => break Ok(true),
                // Whoever writes slowly is not kept waiting for rows that are through.
                Ok(true) if shuffle.is_none() && rows.may_wait() => break Ok(true),
                Ok(true) => {}
                Ok(false) => break Ok(false),
                Err(error) => break Err(error),
            }
        };
        let whole = matches!(read, Ok(true));
        let next = match &mut shuffle {
            None => Some(block),
            Some(_) if whole => held.replace(block),
            Some(_) => match held.take() {
                Some(mut held) => {
                    held.append(&block);
                    Some(held)
                }
                None => Some(block),
            },
        };
        if let Some(mut block) = next {
            if let Some(shuffle) = &mut shuffle {
                block.rows_mut().shuffle(&mut shuffle.random);
                let count = block.rows().len();
                window = Some(window.map_or(count, |window| window.min(count)));
            }
            match handing.hand_on(block, rows.bytes_read()) {
                Some(free) => spare = free,
                None => return Ok(None),
            }
        }
        if !read? {
            break;
        }
    }
    Ok(window)
}

/// Hands blocks on, part by part.
struct Handing<'a> {
    parts: &'a Sender<Part>,
    number: u64,
    /// How much of the input was read for the blocks before.
    before: u64,
}

impl Handing<'_> {
    /// `None` where nobody takes parts any more, else the block where the workers are through with it already: nobody else
    /// has it then.
    fn hand_on(&mut self, block: Block, now: u64) -> Option<Option<Block>> {
        let count = block.rows().len();
        let block = Arc::new(block);
        for start in (0..count).step_by(PART) {
            let end = (start + PART).min(count);
            let part = Part {
                number: self.number,
                block: block.clone(),
                rows: start..end,
                read: self.before + (now - self.before) * end as u64 / count as u64,
                is_last: end == count,
            };
            self.number += 1;
            self.parts.send(part).ok()?;
        }
        self.before = now;
        Some(Arc::into_inner(block))
    }
}

/// What workers take from: an output first, so that earlier parts have theirs.
struct Queue {
    outputs: Receiver<Output>,
    parts: Receiver<Part>,
}

impl Queue {
    fn next(&self) -> Option<(Output, Part)> {
        let output = self.outputs.recv().ok()?;
        Some((output, self.parts.recv().ok()?))
    }
}

fn work_on<W: Work>(
    work: &W,
    queue: &Mutex<Queue>,
    done: &Sender<Message>,
    free_blocks: &Sender<Block>,
) {
    /// Tells the caller's thread that this one ends by a panic: the others would wait for its part.
    struct Guard<'a>(&'a Sender<Message>);

    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                let _ = self.0.send(Message::Panicked);
            }
        }
    }

    let _guard = Guard(done);
    let mut state = work.start();
    let next = || {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.next()
    };
    while let Some((mut output, part)) = next() {
        for &place in &part.block.rows()[part.rows] {
            let row = part.block.row(place);
            make_room(&mut output.text, SPARE + 6 * row.size());
            let start = output.text.len();
            match work.run(row, &mut state, &mut output.text) {
                Ok(()) => output.rows += 1,
                Err(error) => {
                    output.text.truncate(start);
                    output
                        .failures
                        .push((row.line, error.at_file_line(row.line)));
                }
            }
        }
        (output.read, output.is_last) = (part.read, part.is_last);
        if let Some(block) = Arc::into_inner(part.block) {
            let _ = free_blocks.send(block);
        }
        if done.send(Message::Done(part.number, output)).is_err() {
            return;
        }
    }
}

/// Lets `text` grow by `bytes` without leaving a copy of it behind, which may be in clear.
fn make_room(text: &mut String, bytes: usize) {
    if text.capacity() - text.len() < bytes {
        let mut more = String::with_capacity((2 * text.capacity()).max(text.len() + bytes));
        more.push_str(text);
        text.zeroize();
        *text = more;
    }
}

/// Takes what is done in the order of the parts, and gives it back to be used again.
fn take_in_order(
    results: &Receiver<Message>,
    free_outputs: &Sender<Output>,
    take: &mut impl FnMut(&mut Output) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    while let Ok(Message::Done(number, output)) = results.recv() {
        early.insert(number, output);
        while let Some(mut output) = early.remove(&next) {
            next += 1;
            take(&mut output)?;
            if output.text.capacity() > KEPT {
                output.text.zeroize();
                output.text = String::new();
            }
            output.text.clear();
            output.failures.clear();
            output.rows = 0;
            let _ = free_outputs.send(output);
        }
    }
    Ok(())
}

#[cfg(all(test, feature = "ndjson"))]
mod tests {
    use super::*;
    use crate::adapter::rows::{bytes::Bytes, ndjson::Lines};

    struct Nothing;

    impl Work for Nothing {
        type State = ();

        fn start(&self) {}

        fn run(&self, _: Row<'_>, (): &mut (), out: &mut String) -> Result<()> {
            out.push('x');
            Ok(())
        }
    }

    /// Workers that are through before the reader lets go of a block: it was lost, and the third one stopped everything.
    #[test]
    fn no_block_is_lost() {
        let text = "1\n".repeat(100_000);
        for (jobs, window) in [(1, 1), (2, 2), (4, 3)] {
            let rows = Rows::Ndjson(Lines::open(Bytes::open(text.as_bytes()).unwrap()));
            let mut written = 0;
            let take = |output: &mut Output| {
                written += output.text.len();
                Ok(())
            };
            let found = run(rows, &Nothing, jobs, Some(window), take).unwrap();
            assert_eq!((found, written), (Some(window), 100_000));
        }
    }
}
