//! What an audit allocates for a table of many rows grows no faster than they do.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::{self, Read, Write},
    sync::atomic::{AtomicUsize, Ordering},
};

use paravent::{
    CsvFormat, Format,
    audit::{self, Table},
};

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

/// The sealed column of the nine fields has about as many characters.
const SEALED: usize = 700;

/// A leak of so many rows in CSV that is nowhere: four rows a person, every seal and one in four pseudonyms another.
struct Leaked {
    row: u64,
    rows: u64,
    line: Vec<u8>,
    read: usize,
}

impl Leaked {
    fn new(rows: u64) -> Self {
        Self {
            row: 0,
            rows,
            line: b"age,patient,sealed,sex,specialty,start\n".to_vec(),
            read: 0,
        }
    }

    fn next(&mut self) {
        self.line.clear();
        self.read = 0;
        if self.row == self.rows {
            return;
        }
        let row = self.row;
        // An odd factor gives each number another one, in an order that looks like none.
        let mixed = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let person = mixed(row / 4);
        let age = ["0-17", "18-39", "40-64", "65+", ""][(person >> 60) as usize % 5];
        let sex = ["female", "male", "other"][(person >> 50) as usize % 3];
        let visit = mixed(row) >> 32;
        writeln!(
            self.line,
            "{age},t1.{person:043x},p1.{:0SEALED$x},{sex},Specialty {},2020-Q{}",
            mixed(row),
            visit % 40,
            visit % 4 + 1
        )
        .unwrap();
        self.row += 1;
    }
}

impl Read for Leaked {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.read == self.line.len() {
            self.next();
        }
        let count = (&self.line[self.read..]).read(to)?;
        self.read += count;
        Ok(count)
    }
}

/// The most that was allocated to read a leak of so many rows and to count its values and classes.
fn most(rows: u64) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let table = Table::read(Format::Csv(CsvFormat::default()), Leaked::new(rows)).unwrap();
    assert_eq!(table.rows() as u64, rows);

    let figures = |quasi: &[&str]| audit::classes(&table, quasi, "specialty").unwrap();
    assert_eq!(figures(&["sealed"]).unique, rows);
    let patients = figures(&["patient"]);
    assert_eq!((patients.classes, patients.k), (rows / 4, 4));
    for (column, different) in [("age", 5), ("sex", 3), ("start", 4), ("specialty", 40)] {
        assert_eq!(figures(&[column]).classes, different);
    }
    let shown = figures(&["age", "sex", "start"]);
    assert_eq!((shown.classes, shown.l), (60, 10));
    assert_eq!(figures(&["age", "sex", "start", "patient", "sealed"]).k, 1);
    MOST.load(Ordering::Relaxed) - before
}

/// One test, since others beside it would be counted, too. A million rows in optimised builds: others take minutes for them.
#[test]
fn memory_grows_with_the_rows_and_no_faster() {
    let few = most(50_000);
    let many = most(200_000);
    println!("50,000 rows: {few} bytes; 200,000 rows: {many} bytes");
    // Hash tables double, so that some rows cost twice what others do.
    assert!(many < 4 * few + few / 2, "{few}, then {many}");
    assert!(many < 200_000 * 2_147, "{many}");
    if cfg!(not(debug_assertions)) {
        let million = most(1_000_000);
        println!("1,000,000 rows: {million} bytes");
        assert!(million < 2 << 30, "{million}");
    }
}
