//! Pairs of key and nonce as GCM sees them, read from what was sealed, and how many of them were there before.

use std::collections::HashSet;

use paravent::{SealedRecord, SealedRow};

/// Numbers and scopes of the fields of [`super::traffic`]'s schema.
pub(crate) const FIELDS: [(u8, u8); 5] = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4)];

/// One sealing: domain, the 24 bytes of its header's nonce, profile.
///
/// Nonces of one domain that differ in more than the last byte, which cells XOR with their field number, have no pair in
/// common; so that entries in ascending order stand beside those that may.
pub(crate) type Entry = [u8; 26];

/// Domain and nonce up to the last byte.
const HEAD: usize = 24;

pub(crate) fn of_record(domain: u8, sealed: &SealedRecord) -> Entry {
    entry(domain, sealed.as_bytes())
}

pub(crate) fn of_row(domain: u8, sealed: &SealedRow) -> Entry {
    entry(domain, sealed.as_bytes())
}

fn entry(domain: u8, sealed: &[u8]) -> Entry {
    let mut entry = [domain; 26];
    entry[1..25].copy_from_slice(&sealed[8..32]);
    entry[25] = sealed[2];
    entry
}

/// The keys, told apart by their scope, and the last bytes of the nonces that one sealing uses: a record one for each
/// scope, a row one for each field.
fn pairs(entry: &Entry) -> impl Iterator<Item = (u8, u8)> {
    let (last, is_row) = (entry[24], entry[25] == 2);
    let fields = FIELDS
        .iter()
        .map(move |&(number, scope)| (scope, last ^ number));
    let groups = (1..=4).map(move |scope| (scope, last));
    fields
        .filter(move |_| is_row)
        .chain(groups.filter(move |_| !is_row))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) seals: usize,
    pub(crate) pairs: usize,
    /// Pairs that were there before.
    pub(crate) repeats: usize,
}

/// Exact: nothing is hashed down.
pub(crate) fn count(entries: &mut [Entry]) -> Count {
    entries.sort_unstable();
    let mut count = Count {
        seals: entries.len(),
        pairs: 0,
        repeats: 0,
    };
    let mut seen = HashSet::new();
    for together in entries.chunk_by(|a, b| a[..HEAD] == b[..HEAD]) {
        seen.clear();
        for pair in together.iter().flat_map(pairs) {
            count.pairs += 1;
            count.repeats += usize::from(!seen.insert(pair));
        }
    }
    count
}
