//! Digests of telephone numbers, by counting through a country's mobile numbers.
//!
//! Two hundred million numbers are few: what is digested without a key is turned back in minutes, whatever the function.

use std::{
    cmp::Reverse,
    collections::HashSet,
    time::{Duration, Instant},
};

use md5::Md5;
use rayon::prelude::*;
use serde::Serialize;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::targets::{Algorithm, Targets, parse_column};
use crate::error::{Error, Result};

/// What became of digests that may be of French mobile numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PhoneDigests {
    /// How many different digests there were.
    pub digests: usize,
    /// How many of them are of a number of the plan, 06 and 07.
    pub reversed: usize,
    /// The function that most are by, where one was found: `SHA-256`.
    pub function: Option<&'static str>,
    /// As what most numbers are spelt, where one was found, `N` for each digit: `0NNNNNNNNN`.
    pub spelling: Option<&'static str>,
    /// How many digests were computed.
    pub tried: u64,
    /// Whether all were found, or every number was tried in every spelling; otherwise time was up before.
    pub is_complete: bool,
}

/// How many of these digests are of French mobile numbers, 06 and 07, in any usual spelling, under MD5, SHA-1, SHA-256 or
/// SHA-512: what a responder asks after digests leaked. Numbers are counted, and not kept.
///
/// Digests are hexadecimal digits, ten at least, or base64, behind a word such as `sha256:` or not. On all threads of the
/// current rayon pool, and for about as long as `limit`; as many numbers as there are take some 10 to 20 seconds of a core for
/// each spelling and function.
///
/// # Errors
///
/// [`Error::is_audit`] where these are no digests of one length.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// // The SHA-256 of 0639981234, a number that is nobody's.
/// let digests = ["a4b544b97bb0f2e07503b7da2893fb9caaa2deeefee89cc1f9106143f2ac8a8f"];
/// let phones = paravent::audit::invert_phone_digests(digests, Duration::from_secs(60))?;
/// assert_eq!((phones.reversed, phones.digests), (1, 1));
/// assert_eq!(phones.spelling, Some("0NNNNNNNNN"));
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn invert_phone_digests<'d>(
    digests: impl IntoIterator<Item = &'d str>,
    limit: Duration,
) -> Result<PhoneDigests> {
    let different: HashSet<&str> = digests.into_iter().collect();
    let advice = "give hexadecimal digits, at least ten, or base64";
    let parsed = parse_column(different.into_iter())
        .ok_or_else(|| Error::audit("these are no digests of one length", advice))?;
    let mut bytes: Vec<_> = parsed.iter().flatten().collect();
    bytes.sort_unstable_by_key(|digest| digest.bytes);
    bytes.dedup();
    let length = bytes.first().map_or(0, |digest| digest.length);
    if length < LEAST {
        return Err(Error::audit(
            "the digests are cut too short to tell numbers apart",
            advice,
        ));
    }
    let numbered = bytes.iter().map(|digest| digest.bytes).zip(0..);
    Ok(search(
        &Targets::new(length, numbered.collect()),
        limit,
        f64::INFINITY,
    ))
}

/// Digests of fewer bytes fit several numbers each.
pub(super) const LEAST: usize = 5;

/// Spellings, the likeliest first. Each has nine times `N`, of which the first is 6 or 7.
const SPELLINGS: [&str; 9] = [
    "0NNNNNNNNN",
    "+33NNNNNNNNN",
    "33NNNNNNNNN",
    "0033NNNNNNNNN",
    "0N NN NN NN NN",
    "0N.NN.NN.NN.NN",
    "NNNNNNNNN",
    "+33 N NN NN NN NN",
    "0N-NN-NN-NN-NN",
];

const DIGITS: usize = 9;

/// The last digits that one block of numbers counts through.
const COUNTED: usize = 5;
const BLOCK: u64 = 100_000;

/// 6 and 7, each with three more digits.
const BLOCKS: usize = 2_000;

/// Blocks between two looks at the clock: a quarter of a second of a core.
const AT_ONCE: usize = 16;

/// The order of blocks: first that of 06 39 98, which is kept for fiction and for tests; then far from each other, since
/// operators have numbers in blocks.
fn block(place: usize) -> usize {
    const FICTION: usize = 399;
    const STEP: usize = 1_237;
    (FICTION + place * STEP) % BLOCKS
}

/// One spelling under one function, and how far it was tried.
struct Run {
    algorithm: Algorithm,
    spelling: &'static str,
    next: usize,
    hits: usize,
}

/// Counts through the plan until all targets are found or time is up: a spelling that found something goes on before those that
/// did not. Where `hopeless` digests of numbers anywhere in the plan would have been met by now and none was, they are of
/// something else, or keyed, and the rest is not tried.
pub(super) fn search(targets: &Targets, limit: Duration, hopeless: f64) -> PhoneDigests {
    let start = Instant::now();
    let is_whole = Algorithm::ALL.iter().any(|a| a.length() == targets.length);
    let fits = |algorithm: &Algorithm| {
        algorithm.length() == targets.length || !is_whole && algorithm.length() > targets.length
    };
    let mut runs: Vec<Run> = SPELLINGS
        .iter()
        .flat_map(|&spelling| {
            Algorithm::ALL
                .into_iter()
                .filter(fits)
                .map(move |algorithm| Run {
                    algorithm,
                    spelling,
                    next: 0,
                    hits: 0,
                })
        })
        .collect();
    let mut found = HashSet::new();
    let mut tried = 0;
    let is_complete = loop {
        if found.len() == targets.len() {
            break true;
        }
        let open = runs
            .iter_mut()
            .enumerate()
            .filter(|(_, run)| run.next < BLOCKS);
        let next = open.max_by_key(|(at, run)| (run.hits, Reverse(run.next), Reverse(*at)));
        let Some((_, run)) = next else {
            break true;
        };
        // The least that any run has tried is what this one has, as long as none met anything.
        let expected = targets.len() as f64 * run.next as f64 / BLOCKS as f64;
        if start.elapsed() >= limit || run.hits == 0 && found.is_empty() && expected >= hopeless {
            break false;
        }
        let places = run.next..(run.next + AT_ONCE).min(BLOCKS);
        run.next = places.end;
        tried += BLOCK * places.len() as u64;
        let hits: Vec<u32> = places
            .into_par_iter()
            .flat_map_iter(|place| run.scan(block(place), targets))
            .collect();
        run.hits += hits.len();
        found.extend(hits);
    };
    let best = runs
        .iter()
        .filter(|run| run.hits > 0)
        .max_by_key(|run| run.hits);
    PhoneDigests {
        digests: targets.len(),
        reversed: found.len(),
        function: best.map(|run| run.algorithm.name()),
        spelling: best.map(|run| run.spelling),
        tried,
        is_complete,
    }
}

impl Run {
    /// The targets that are digests of numbers of a block.
    fn scan(&self, block: usize, targets: &Targets) -> Vec<u32> {
        match self.algorithm {
            Algorithm::Md5 => self.count::<Md5>(block, targets),
            Algorithm::Sha1 => self.count::<Sha1>(block, targets),
            Algorithm::Sha256 => self.count::<Sha256>(block, targets),
            Algorithm::Sha512 => self.count::<Sha512>(block, targets),
        }
    }

    fn count<D: Digest>(&self, block: usize, targets: &Targets) -> Vec<u32> {
        let mut text = [0; 24];
        let text = &mut text[..self.spelling.len()];
        text.copy_from_slice(self.spelling.as_bytes());
        let mut places = [0; DIGITS];
        let slots = (0..text.len()).filter(|&at| self.spelling.as_bytes()[at] == b'N');
        places
            .iter_mut()
            .zip(slots)
            .for_each(|(place, at)| *place = at);
        let head = format!("{}{:03}", 6 + block / 1_000, block % 1_000);
        for (&place, digit) in places.iter().zip(head.bytes().chain([b'0'; COUNTED])) {
            text[place] = digit;
        }
        let mut hits = Vec::new();
        for _ in 0..BLOCK {
            hits.extend(
                targets
                    .find(&D::digest(&*text))
                    .iter()
                    .map(|(_, number)| number),
            );
            for &place in places[DIGITS - COUNTED..].iter().rev() {
                if text[place] < b'9' {
                    text[place] += 1;
                    break;
                }
                text[place] = b'0';
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::{super::targets::MOST, *};

    fn digests(algorithm: Algorithm, numbers: &[&str]) -> Vec<String> {
        let digest = |number: &&str| {
            let mut bytes = [0; MOST];
            let length = algorithm.digest(number.as_bytes(), &mut bytes);
            HEXLOWER.encode(&bytes[..length])
        };
        numbers.iter().map(digest).collect()
    }

    fn invert(digests: &[String]) -> Result<PhoneDigests> {
        invert_phone_digests(digests.iter().map(String::as_str), Duration::from_secs(300))
    }

    #[test]
    fn every_block_comes_once() {
        let blocks: HashSet<usize> = (0..BLOCKS).map(block).collect();
        assert_eq!(blocks.len(), BLOCKS);
        assert!(blocks.iter().all(|&block| block < BLOCKS));
        assert!(
            SPELLINGS
                .iter()
                .all(|s| s.matches('N').count() == DIGITS && s.len() <= 24)
        );
    }

    #[test]
    fn a_block_counts_through_its_numbers_in_each_spelling() {
        let numbers = [
            "0639900000",
            "0639912345",
            "0639999999",
            "0640000000",
            "0739912345",
        ];
        let targets = |texts: &[&str]| {
            let digest = |text: &&str| {
                let mut bytes = [0; MOST];
                Algorithm::Sha256.digest(text.as_bytes(), &mut bytes);
                bytes
            };
            Targets::new(32, texts.iter().map(digest).zip(0..).collect())
        };
        let run = |spelling| Run {
            algorithm: Algorithm::Sha256,
            spelling,
            next: 0,
            hits: 0,
        };
        assert_eq!(run(SPELLINGS[0]).scan(399, &targets(&numbers)), [0, 1, 2]);
        assert_eq!(run(SPELLINGS[0]).scan(1_399, &targets(&numbers)), [4]);
        let spaced = ["+33 6 39 98 12 34"];
        assert_eq!(run(SPELLINGS[7]).scan(399, &targets(&spaced)), [0]);
        assert!(run(SPELLINGS[0]).scan(399, &targets(&spaced)).is_empty());
    }

    #[test]
    fn digests_of_numbers_are_found_with_their_spelling() {
        for (algorithm, numbers, spelling) in [
            (Algorithm::Md5, ["0639981234", "0639980000"], "0NNNNNNNNN"),
            (
                Algorithm::Sha1,
                ["33639981234", "33639980001"],
                "33NNNNNNNNN",
            ),
        ] {
            let found = invert(&digests(algorithm, &numbers)).unwrap();
            assert_eq!((found.digests, found.reversed), (2, 2));
            assert_eq!(found.function, Some(algorithm.name()));
            assert_eq!(found.spelling, Some(spelling));
            assert!(found.is_complete);
        }
    }

    #[test]
    fn time_that_is_up_says_so() {
        let digests = digests(Algorithm::Sha256, &["no number"]);
        let texts = || digests.iter().map(String::as_str);
        let found = invert_phone_digests(texts(), Duration::ZERO).unwrap();
        assert_eq!(
            (found.reversed, found.tried, found.is_complete),
            (0, 0, false)
        );
        assert_eq!((found.function, found.spelling), (None, None));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for bad in [&["0639981234"][..], &["Martin"], &[], &["a1b2c3d4"]] {
            let texts = bad.iter().copied();
            assert!(
                invert_phone_digests(texts, Duration::ZERO).is_err_and(|error| error.is_audit())
            );
        }
    }
}
