//! What a transfer has allocated at most does not grow with the number of rows.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "common/appointments.rs"]
mod appointments;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::{self, Read},
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use appointments::{UNBOUND, policy};
use paravent::{CsvFormat, Format, Keyring, Protector, Transfer};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts what is allocated and the most that was.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every block comes from `System` under the same layout and goes back to it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

const HEADER: &str = "last_name,first_name,age,sex,phone,email,start,practitioner,specialty\n";
const ROW: &str = "Lefèvre,Zoé,34,female,06 39 98 12 34,zoe@example.org,2020-07-21T09:30:00+02:00,Dr Martin,Dermatologie\n";

/// A file of so many rows that is nowhere.
struct Rows {
    left: usize,
    text: &'static [u8],
}

impl Read for Rows {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < to.len() && (self.left > 0 || !self.text.is_empty()) {
            if self.text.is_empty() {
                self.left -= 1;
                self.text = ROW.as_bytes();
            }
            done += self.text.read(&mut to[done..])?;
        }
        Ok(done)
    }
}

#[test]
fn memory_is_the_same_for_few_and_many_rows() {
    let policy = policy("archive", UNBOUND);
    let protector = Protector::new(&Keyring::generate().unwrap(), &policy).unwrap();
    let most = |rows: usize| {
        let before = NOW.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let transfer = Transfer::protect(&protector)
            .from(Format::Csv(CsvFormat::default()))
            .window(NonZeroUsize::new(1_000).unwrap())
            .jobs(NonZeroUsize::new(2).unwrap());
        let input = Rows {
            left: rows,
            text: HEADER.as_bytes(),
        };
        let summary = transfer.run(input, io::sink()).unwrap();
        assert_eq!(summary.rows(), rows as u64);
        MOST.load(Ordering::Relaxed) - before
    };
    let few = most(10_000);
    let many = most(100_000);
    // Which buffers are in use at once is a matter of threads; each has a few hundred KiB.
    assert!(few < 16 << 20, "{few}");
    assert!(many < few + (2 << 20), "{few}, then {many}");
}
