//! Digests as they stand in cells, and a quick look-up among them.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The longest digest, in bytes.
pub(super) const MOST: usize = 64;

/// A function that people take for protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    pub(super) const ALL: [Self; 4] = [Self::Sha256, Self::Md5, Self::Sha1, Self::Sha512];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// In bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Writes the digest of `text` to the beginning of `to`, and returns its length.
    pub(super) fn digest(self, text: &[u8], to: &mut [u8; MOST]) -> usize {
        match self {
            Self::Md5 => write(&Md5::digest(text), to),
            Self::Sha1 => write(&Sha1::digest(text), to),
            Self::Sha256 => write(&Sha256::digest(text), to),
            Self::Sha512 => write(&Sha512::digest(text), to),
        }
    }
}

fn write(digest: &[u8], to: &mut [u8; MOST]) -> usize {
    to[..digest.len()].copy_from_slice(digest);
    digest.len()
}

/// A digest, perhaps cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) bytes: [u8; MOST],
    pub(super) length: usize,
}

/// Fewer hexadecimal digits are not taken for a digest.
const LEAST_DIGITS: usize = 8;

/// What the cell is the text of, if it looks like a digest: hexadecimal digits, at least eight, or base64 of a whole digest,
/// behind a short word and a sign or not.
pub(super) fn parse(cell: &str) -> Option<Found> {
    const LONGEST_WORD: usize = 16;
    let behind_word = |text: &str| {
        let before = cell.len() - text.len();
        before <= LONGEST_WORD + 1
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && Algorithm::ALL.iter().any(|a| 2 * a.length() == text.len())
    };
    let text = match (
        cell.split_once(':'),
        cell.rsplit_once(['-', '_', '/', '.', '#']),
    ) {
        (Some((word, text)), _) if word.len() <= LONGEST_WORD => text,
        // Signs of base64 and of UUIDs, where no whole digest follows.
        (_, Some((_, text))) if behind_word(text) => text,
        _ => cell,
    };
    let text = match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        Some((word, text)) if word.len() <= LONGEST_WORD => text,
        _ => text,
    };
    let text = ["0x", "\\x"]
        .iter()
        .find_map(|before| text.strip_prefix(before))
        .unwrap_or(text);
    if (LEAST_DIGITS..=2 * MOST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        // Of an odd number of digits the last one is passed over.
        let whole = text.len() / 2 * 2;
        return HEXLOWER_PERMISSIVE
            .decode(&text.as_bytes()[..whole])
            .ok()
            .and_then(|bytes| found(&bytes));
    }
    let text = text.trim_end_matches('=').as_bytes();
    [BASE64_NOPAD, BASE64URL_NOPAD]
        .iter()
        .filter_map(|encoding| encoding.decode(text).ok())
        .filter(|bytes| Algorithm::ALL.iter().any(|a| a.length() == bytes.len()))
        .find_map(|bytes| found(&bytes))
}

fn found(bytes: &[u8]) -> Option<Found> {
    let mut all = [0; MOST];
    all.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(Found {
        bytes: all,
        length: bytes.len(),
    })
}

/// The digests of a column's different cells, if it looks like a column of digests; `None` for cells of another length than
/// most.
pub(super) fn parse_column<'c>(cells: impl Iterator<Item = &'c str>) -> Option<Vec<Option<Found>>> {
    let mut with_letters = 0_usize;
    let mut lengths = [0_usize; MOST + 1];
    let mut digests: Vec<Option<Found>> = cells
        .map(|cell| {
            let digest = parse(cell)?;
            lengths[digest.length] += 1;
            with_letters += usize::from(cell.bytes().any(|byte| byte.is_ascii_alphabetic()));
            Some(digest)
        })
        .collect();
    let (length, count) = lengths
        .into_iter()
        .enumerate()
        .max_by_key(|&(_, count)| count)?;
    // Digits alone are numbers: of eight random hexadecimal digits one in forty has no letter.
    if count == 0 || count * 10 < digests.len() * 9 || with_letters * 10 < count * 9 {
        return None;
    }
    for digest in &mut digests {
        *digest = digest.filter(|digest| digest.length == length);
    }
    Some(digests)
}

/// Digests of one length, each with a number.
pub(super) struct Targets {
    pub(super) length: usize,
    /// One bit for each pair of first bytes.
    filter: Box<[u64; 1024]>,
    sorted: Vec<([u8; MOST], u32)>,
}

impl Targets {
    pub(super) fn new(length: usize, mut digests: Vec<([u8; MOST], u32)>) -> Self {
        digests.sort_unstable();
        let mut filter = Box::new([0; 1024]);
        for (digest, _) in &digests {
            let (word, bit) = place(digest);
            filter[word] |= bit;
        }
        Self {
            length,
            filter,
            sorted: digests,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Those that `digest` begins with.
    #[inline]
    pub(super) fn find(&self, digest: &[u8]) -> &[([u8; MOST], u32)] {
        let (word, bit) = place(digest);
        if self.filter[word] & bit == 0 {
            return &[];
        }
        self.search(digest)
    }

    #[cold]
    fn search(&self, digest: &[u8]) -> &[([u8; MOST], u32)] {
        let Some(cut) = digest.get(..self.length) else {
            return &[];
        };
        let start = self
            .sorted
            .partition_point(|(target, _)| &target[..self.length] < cut);
        let rest = &self.sorted[start..];
        let count = rest.partition_point(|(target, _)| &target[..self.length] == cut);
        &rest[..count]
    }
}

#[inline]
fn place(digest: &[u8]) -> (usize, u64) {
    let first = usize::from(digest[0]) << 8 | usize::from(digest[1]);
    (first / 64, 1 << (first % 64))
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

    use super::*;

    #[test]
    fn digests_are_known_in_every_usual_form() {
        for algorithm in Algorithm::ALL {
            let mut bytes = [0; MOST];
            let length = algorithm.digest(b"0639981234", &mut bytes);
            assert_eq!(length, algorithm.length());
            let digest = Some(Found { bytes, length });
            let hex = HEXLOWER.encode(&bytes[..length]);
            let base64 = BASE64.encode(&bytes[..length]);
            for text in [
                hex.clone(),
                HEXUPPER.encode(&bytes[..length]),
                format!("sha256:{hex}"),
                format!("0x{hex}"),
                format!("PAT-{hex}"),
                format!("{{SHA}}{base64}"),
                format!("tel/0_{hex}"),
                base64.trim_end_matches('=').to_owned(),
                base64,
                BASE64URL.encode(&bytes[..length]),
            ] {
                assert_eq!(parse(&text), digest, "{text}");
            }
            let cut = parse(&hex[..11]).unwrap();
            assert_eq!((cut.length, &cut.bytes[..5]), (5, &bytes[..5]));
        }
        for text in [
            "",
            "Martin",
            "a1b2c3d",
            "2020-07-21T09:30:00+02:00",
            "zoe@example.org",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_mixed_columns_are_no_digests() {
        let numbers = ["0639981234", "0639981235", "0639981236"];
        assert!(parse_column(numbers.into_iter()).is_none());
        let mixed = ["a1b2c3d4e5", "Martin", "Roux"];
        assert!(parse_column(mixed.into_iter()).is_none());
        assert!(parse_column([].into_iter()).is_none());
        let cut = ["a1b2c3d4e5", "0639981a34"];
        assert_eq!(
            parse_column(cut.into_iter())
                .unwrap()
                .iter()
                .flatten()
                .count(),
            2
        );
    }

    #[test]
    fn targets_are_found_whole_and_cut() {
        let digest = |text: &str| {
            let mut bytes = [0; MOST];
            Algorithm::Sha256.digest(text.as_bytes(), &mut bytes);
            bytes
        };
        let texts: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        for length in [4, 16, 32] {
            let cut = |text: &String| {
                let mut bytes = digest(text);
                bytes[length..].fill(0);
                bytes
            };
            let targets = Targets::new(length, texts.iter().map(cut).zip(0..).collect());
            for (text, number) in texts.iter().zip(0..) {
                let found = targets.find(&digest(text));
                assert!(found.iter().any(|found| found.1 == number), "{text}");
                assert!(targets.find(&digest(&format!("{text} "))).is_empty());
            }
        }
        let long = Targets::new(32, vec![(digest("1"), 0)]);
        assert!(long.find(&digest("1")[..16]).is_empty());
    }
}
