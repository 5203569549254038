//! The writable memory of another process, and which needles stand where in it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    os::unix::fs::FileExt,
};

use crate::secrets::Needle;

/// What code has to find of a needle before it counts: a half of a register that was spilled.
const PIECE: usize = 8;

const PAGE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    /// The allocator's: `[heap]`, and mappings without a file, which also hold thread-locals.
    Heap,
    /// `.data` and `.bss` of the executable and its libraries.
    Data,
    /// A stack, from the frame that made the call upwards.
    Frames,
    /// A stack, below that frame: what calls left there.
    Below,
}

/// What was found of one group in one region.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) bytes: usize,
    /// Whether one of its forms that code keeps is there from end to end.
    pub(crate) whole: bool,
    /// How far below the calling frame it reaches, in bytes.
    pub(crate) depth: usize,
}

pub(crate) type Findings = BTreeMap<(Region, &'static str), Found>;

/// Looks through all that process `pid` can write to. `frames` are the addresses at which its calls were made, one a
/// stack.
pub(crate) fn scan(pid: u32, frames: &[usize], needles: &[Needle]) -> Findings {
    let pieces = Pieces::new(needles);
    // A parent may read its child under every setting of `kernel.yama.ptrace_scope` below 2.
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap_or_else(|error| {
        panic!("the child's memory cannot be read, see kernel.yama.ptrace_scope: {error}")
    });
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let (mut findings, mut hits) = (Findings::new(), BTreeSet::new());
    let mut looked = 0;
    for line in maps.lines() {
        let mut columns = line.split_ascii_whitespace();
        let (range, rights) = (columns.next().unwrap(), columns.next().unwrap());
        let path = columns.nth(3).unwrap_or("");
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; end - start];
        memory
            .read_exact_at(&mut bytes, start as u64)
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        looked += bytes.len();
        let frame = frames
            .iter()
            .copied()
            .find(|frame| (start..end).contains(frame));
        for (at, which, part) in pieces.find(&bytes) {
            let address = start + at;
            let region = match frame {
                Some(frame) if address < frame => Region::Below,
                Some(_) => Region::Frames,
                None if path.starts_with('/') => Region::Data,
                None => Region::Heap,
            };
            let found: &mut Found = findings.entry((region, needles[which].group)).or_default();
            if hits.insert((address, needles[which].group)) {
                found.bytes += PIECE;
            }
            if let (Region::Below, Some(frame)) = (region, frame) {
                found.depth = found.depth.max(frame - address);
            }
            let needle = &needles[which];
            found.whole |= needle.kept && part == 0 && bytes[at..].starts_with(&needle.bytes);
        }
    }
    assert!(
        looked > 100 * PAGE,
        "only {looked} bytes were looked through"
    );
    findings
}

struct Pieces {
    /// Needle and place in it, by their bytes.
    known: HashMap<[u8; PIECE], (usize, usize)>,
    /// Whether a piece begins with these two bytes.
    begins: Vec<bool>,
}

impl Pieces {
    fn new(needles: &[Needle]) -> Self {
        let mut pieces = Self {
            known: HashMap::new(),
            begins: vec![false; 1 << 16],
        };
        for (which, needle) in needles.iter().enumerate() {
            for (i, piece) in needle.bytes.chunks_exact(PIECE).enumerate() {
                let piece: [u8; PIECE] = piece.try_into().unwrap();
                pieces.begins[usize::from(u16::from_le_bytes([piece[0], piece[1]]))] = true;
                pieces.known.entry(piece).or_insert((which, PIECE * i));
            }
        }
        pieces
    }

    /// Place, needle and part of the needle.
    fn find(&self, bytes: &[u8]) -> Vec<(usize, usize, usize)> {
        let mut found = Vec::new();
        for start in (0..bytes.len()).step_by(PAGE) {
            let page = &bytes[start..(start + PAGE + PIECE - 1).min(bytes.len())];
            if *page == [0; PAGE + PIECE - 1][..page.len()] {
                continue;
            }
            for (at, window) in page.windows(PIECE).enumerate() {
                if self.begins[usize::from(u16::from_le_bytes([window[0], window[1]]))]
                    && let Some(&(which, part)) = self.known.get(window)
                {
                    found.push((start + at, which, part));
                }
            }
        }
        found
    }
}
