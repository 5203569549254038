//! Readers, writers and observers that fail, stop or panic: the run ends, and no thread waits for ever.

use std::{
    error::Error as _,
    io::{self, Read, Write},
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

use super::*;

/// Rows without end, for so many reads.
struct Endless {
    left: usize,
    then: fn() -> io::Result<usize>,
    text: &'static [u8],
}

impl Endless {
    fn new(reads: usize, then: fn() -> io::Result<usize>) -> Self {
        Self {
            left: reads,
            then,
            text: HEADER.as_bytes(),
        }
    }
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return (self.then)();
        }
        self.left -= 1;
        let mut done = 0;
        while done < to.len() {
            let (now, rest) = self.text.split_at(self.text.len().min(to.len() - done));
            to[done..][..now.len()].copy_from_slice(now);
            done += now.len();
            self.text = if rest.is_empty() {
                ZOE.as_bytes()
            } else {
                rest
            };
        }
        Ok(done)
    }
}

/// Takes so many writes.
struct Full(usize, fn() -> io::Error);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err((self.1)());
        }
        self.0 -= 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn source(error: &Error) -> io::ErrorKind {
    error
        .source()
        .unwrap()
        .downcast_ref::<io::Error>()
        .unwrap()
        .kind()
}

#[test]
fn a_reader_that_fails_ends_the_run() {
    let domain = Domain::new(UNBOUND);
    for reads in [0, 1, 2, 10] {
        for jobs in [1, 4] {
            let input = Endless::new(reads, || Err(io::ErrorKind::ConnectionReset.into()));
            let error = domain
                .protecting()
                .window(rows(500))
                .jobs(rows(jobs))
                .run(input, io::sink())
                .unwrap_err();
            assert!(error.is_io(), "{error}");
            assert_eq!(source(&error), io::ErrorKind::ConnectionReset);
        }
    }
}

#[test]
fn a_reader_that_is_interrupted_goes_on() {
    struct Interrupted<'a>(&'a [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let length = to.len().min(7);
            self.0.read(&mut to[..length])
        }
    }

    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + &ZOE.repeat(50);
    let mut output = Vec::new();
    let input = Interrupted(clear.as_bytes(), false);
    let summary = domain.protecting().run(input, &mut output).unwrap();
    assert_eq!(summary.rows(), 50);
    assert_eq!(text(domain.revealing(), output), clear);
}

#[test]
fn a_writer_that_fails_ends_the_run() {
    let domain = Domain::new(UNBOUND);
    for writes in [0, 1, 5] {
        for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
            let make = match kind {
                io::ErrorKind::BrokenPipe => || io::ErrorKind::BrokenPipe.into(),
                _ => || io::ErrorKind::StorageFull.into(),
            };
            // Rows go on for ever: only the writer ends it.
            let input = Endless::new(usize::MAX, || Ok(0));
            let transfer = domain.protecting().window(rows(500)).jobs(rows(3));
            let error = transfer.run(input, Full(writes, make)).unwrap_err();
            assert!(error.is_io(), "{error}");
            assert_eq!(source(&error), kind);
        }
    }
}

#[test]
fn a_quarantine_that_fails_ends_the_run() {
    let domain = Domain::new(UNBOUND);
    let mut full = Full(1, || io::ErrorKind::StorageFull.into());
    let file = HEADER.to_owned() + &"a\n".repeat(20_000);
    let transfer = domain.protecting().quarantine(&mut full);
    let error = transfer.run(file.as_bytes(), io::sink()).unwrap_err();
    assert!(
        error.is_io() && error.to_string().contains("quarantined"),
        "{error}"
    );
}

#[test]
fn an_observer_is_told_and_stops() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + &ZOE.repeat(3000);
    let (seen, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
    let observer = |progress: &paravent::Progress| {
        assert!(progress.rows > seen.swap(progress.rows, Ordering::Relaxed));
        assert!(progress.bytes >= bytes.swap(progress.bytes, Ordering::Relaxed));
        ControlFlow::Continue(())
    };
    run(domain.protecting().observe(&observer).jobs(rows(2)), &clear).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 3000);
    assert_eq!(bytes.load(Ordering::Relaxed), clear.len() as u64);

    let stop = |progress: &paravent::Progress| match progress.rows {
        5_000.. => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let input = Endless::new(usize::MAX, || Ok(0));
    let transfer = domain
        .protecting()
        .observe(&stop)
        .window(rows(500))
        .jobs(rows(2));
    let error = transfer.run(input, io::sink()).unwrap_err();
    assert!(error.is_stopped(), "{error}");
}

#[test]
fn a_panic_ends_all_threads() {
    struct Panics(usize);

    impl Write for Panics {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(self.0 > 0, "the writer panics");
            self.0 -= 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let domain = Domain::new(UNBOUND);
    let panicked = |work: &dyn Fn()| {
        let payload = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    };
    for jobs in [1, 4] {
        for reads in [1, 10] {
            let told = panicked(&|| {
                let input = Endless::new(reads, || panic!("the reader panics"));
                let _ = domain
                    .protecting()
                    .window(rows(500))
                    .jobs(rows(jobs))
                    .run(input, io::sink());
            });
            assert_eq!(told.as_deref(), Some("the reader panics"));
        }
        let told = panicked(&|| {
            let input = Endless::new(usize::MAX, || Ok(0));
            let _ = domain
                .protecting()
                .window(rows(500))
                .jobs(rows(jobs))
                .run(input, Panics(3));
        });
        assert_eq!(told.as_deref(), Some("the writer panics"));
        let observer = |progress: &paravent::Progress| {
            assert!(progress.rows < 1500, "the observer panics");
            ControlFlow::Continue(())
        };
        let told = panicked(&|| {
            let input = Endless::new(usize::MAX, || Ok(0));
            let transfer = domain
                .protecting()
                .window(rows(500))
                .jobs(rows(jobs))
                .observe(&observer);
            let _ = transfer.run(input, io::sink());
        });
        assert_eq!(told.as_deref(), Some("the observer panics"));
    }
}

/// Rows that come slowly are revealed as they come.
#[test]
fn in_order_nobody_waits_for_more_rows() {
    use std::sync::mpsc::{Receiver, Sender, channel};

    struct Slow {
        text: Receiver<String>,
    }

    impl Read for Slow {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let Ok(text) = self.text.recv() else {
                return Ok(0);
            };
            to[..text.len()].copy_from_slice(text.as_bytes());
            Ok(text.len())
        }
    }

    struct Told(Sender<String>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let domain = Domain::new(UNBOUND);
    let protected = text(
        domain.protecting().to(Format::Ndjson),
        HEADER.to_owned() + ZOE,
    );
    let (rows, slow) = channel();
    let (told, answers) = channel();
    std::thread::scope(|scope| {
        let transfer = domain.revealing().from(Format::Ndjson);
        let run = scope.spawn(|| transfer.run(Slow { text: slow }, Told(told)));
        for _ in 0..3 {
            rows.send(protected.clone()).unwrap();
            let answer = answers.iter().find(|text| !text.is_empty()).unwrap();
            assert!(answer.starts_with("{\"last_name\":\"Lefèvre\""), "{answer}");
        }
        drop(rows);
        assert_eq!(run.join().unwrap().unwrap().rows(), 3);
    });
}
