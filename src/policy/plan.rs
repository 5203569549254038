//! How many bits an index may have.

use std::ops::RangeInclusive;

use super::rules::K;
use crate::error::{Error, Result};

/// The numbers of bits that are useful for an index: enough to narrow a search, few enough to hide a person among others.
///
/// At most floor(log2(subjects / k)), so that k people share each value of the index on average, and no more than the
/// distinct values fill: floor(log2(distinct)). At least so many that a look-up returns a quarter of the people or fewer.
///
/// # Security
///
/// These are averages over values that are about as frequent: a value that many people share, such as a common surname,
/// fills a group of its own, and a rare one hides in another's.
///
/// # Examples
///
/// ```
/// use paravent::IndexPlan;
///
/// // 120,000 people, 110,000 telephone numbers.
/// let plan = IndexPlan::new(120_000, 110_000)?;
/// assert_eq!(plan.bits(), 2..=12);
/// assert_eq!(plan.people(9), 235);
/// plan.check(9)?;
/// assert!(plan.check(16).unwrap_err().is_definition());
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexPlan {
    subjects: u64,
    distinct: u64,
    k: u64,
    /// Not less than [`LEAST`].
    most: u8,
}

/// With this many bits there are 4 groups of people, as there have to be.
pub(super) const LEAST: u8 = 2;

/// How many groups there have to be, so that a look-up narrows a search.
const GROUPS: u64 = 1 << LEAST;

/// What the format has room for.
const MOST: u8 = 32;

impl IndexPlan {
    /// The plan of an index over so many people, of so many distinct values, where 20 people are to share each value of
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] with the figures where no number of bits is useful: where there are fewer than 80 people
    /// or 4 values.
    pub fn new(subjects: u64, distinct: u64) -> Result<Self> {
        Self::with_k(subjects, distinct, K)
    }

    /// The same where `k` people are to share each value of the index.
    ///
    /// # Errors
    ///
    /// As [`new`](IndexPlan::new), for 4 `k` people; also where `k` is less than 20.
    pub fn with_k(subjects: u64, distinct: u64, k: u64) -> Result<Self> {
        if k < K {
            return Err(Error::definition(
                format!("{k} people are too few to share each value of an index"),
                "let at least 20 people share it",
            ));
        }
        if distinct < GROUPS {
            return Err(Error::definition(
                format!("an index of {distinct} distinct values narrows no search"),
                "leave the index out, or make it of fields with more values",
            ));
        }
        // The logarithm of the quotient is that of its integer part, rounded down; `subjects` may be less than `k`.
        let most = (subjects / k)
            .checked_ilog2()
            .unwrap_or(0)
            .min(distinct.ilog2())
            .min(u32::from(MOST)) as u8;
        if most < LEAST {
            return Err(Error::definition(
                format!(
                    "no index over {subjects} people narrows a search and has {k} of them share each value"
                ),
                "leave the index out, or let a person have a pseudonym",
            ));
        }
        Ok(Self {
            subjects,
            distinct,
            k,
            most,
        })
    }

    /// The numbers of bits that are useful.
    pub fn bits(&self) -> RangeInclusive<u8> {
        LEAST..=self.most
    }

    /// About how many people a look-up returns under an index of so many bits, rounded up.
    pub fn people(&self, bits: u8) -> u64 {
        let groups = 1_u64.checked_shl(bits.into()).unwrap_or(u64::MAX);
        self.subjects.div_ceil(groups.min(self.distinct))
    }

    /// Whether so many bits are useful.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] with the figures where they are not.
    pub fn check(&self, bits: u8) -> Result<()> {
        if self.bits().contains(&bits) {
            return Ok(());
        }
        let Self {
            subjects,
            distinct,
            k,
            most,
        } = self;
        let people = self.people(bits);
        let why = if bits < LEAST {
            "narrows no search"
        } else {
            "tells people apart"
        };
        Err(Error::definition(
            format!(
                "`bits = {bits}` over {subjects} people and {distinct} distinct values {why}, with about {people} people \
                 a look-up: {LEAST} to {most} are useful where {k} people share each value"
            ),
            "give it a number of bits that is useful",
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plans_by_hand() {
        for (subjects, distinct, most) in [
            (80, 4, 2),
            (159, 1000, 2),
            (160, 1000, 3),
            (120_000, 110_000, 12),
            (120_000, 60, 5),
            (120_000, 64, 6),
            (1 << 40, 1 << 40, 32),
            (u64::MAX, u64::MAX, 32),
        ] {
            let plan = IndexPlan::new(subjects, distinct).unwrap();
            assert_eq!(plan.bits(), 2..=most, "{subjects}, {distinct}");
        }
        let plan = IndexPlan::with_k(120_000, 110_000, 1000).unwrap();
        assert_eq!(plan.bits(), 2..=6);
        assert_eq!(plan.people(2), 30_000);
        assert_eq!(plan.people(6), 1875);
        let few = IndexPlan::new(1000, 5).unwrap();
        assert_eq!(
            (few.people(2), few.people(3), few.people(200)),
            (250, 200, 200)
        );
        assert_eq!(few.people(0), 1000);
    }

    #[test]
    fn nothing_useful_is_an_error_with_its_figures() {
        for (subjects, distinct, k, figures) in [
            (79, 1000, 20, &["79", "20"][..]),
            (0, 1000, 20, &["0", "20"]),
            (399, 1000, 100, &["399", "100"]),
            (1000, 3, 20, &["3"]),
            (1000, 0, 20, &["0"]),
            (1000, 1000, 19, &["19", "20"]),
        ] {
            let error = IndexPlan::with_k(subjects, distinct, k).unwrap_err();
            assert!(error.is_definition());
            for figure in figures {
                assert!(error.to_string().contains(figure), "{error}");
            }
        }
        let plan = IndexPlan::new(120_000, 110_000).unwrap();
        for bits in [0, 1, 13, 32, 33, 255] {
            let error = plan.check(bits).unwrap_err();
            assert!(error.is_definition());
            let why = if bits < 2 {
                "narrows no search"
            } else {
                "tells people apart"
            };
            assert!(error.to_string().contains(why), "{error}");
            for figure in [
                "120000",
                "110000",
                "2 to 12",
                &plan.people(bits).to_string(),
            ] {
                assert!(error.to_string().contains(figure), "{error}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_useful_hides_and_narrows(
            subjects in 0..10_000_000_u64,
            distinct in 0..10_000_000_u64,
            k in 20..2000_u64,
        ) {
            let useful = |bits: u8| {
                let groups = 1_u64 << bits;
                groups * k <= subjects && groups <= distinct && groups.min(distinct) >= 4
            };
            match IndexPlan::with_k(subjects, distinct, k) {
                Ok(plan) => {
                    for bits in 0..=40 {
                        prop_assert_eq!(plan.check(bits).is_ok(), bits <= 32 && useful(bits), "{} bits", bits);
                        if plan.bits().contains(&bits) {
                            prop_assert!(plan.people(bits) >= k && plan.people(bits) <= subjects.div_ceil(4));
                        }
                    }
                }
                Err(_) => prop_assert!((1..=32).all(|bits| !useful(bits))),
            }
        }
    }
}
