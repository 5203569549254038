//! How large the gain of an attack may be.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::score::{Total, TotalBaseline, UNITS};

/// The gain of the best of several ways in, chosen on one half of the people and measured on the other, and how large it may be.
pub(crate) struct Bound {
    /// As measured on people who had no part in choosing.
    pub(crate) measured: f64,
    /// With 95 % confidence the gain is below.
    pub(crate) most: f64,
    /// With 99.9 % confidence the gain is above: what permutation cannot show is told only where it is sure.
    pub(crate) least: f64,
    /// As many times the people are needed for it to fall below the threshold; 1 where it is.
    pub(crate) times: f64,
}

/// What the gain is to stay under.
pub(crate) const THRESHOLD: f64 = 0.01;

impl Bound {
    /// Of the best of these ways; `None` where everybody of a unit is guessed without rows.
    pub(crate) fn of(totals: &[&Total], baseline: &TotalBaseline) -> Option<Self> {
        const HALF: usize = UNITS / 2;
        if baseline.units.iter().any(|(people, right)| people <= right) {
            return None;
        }
        let gains: Vec<[f64; UNITS]> = totals
            .iter()
            .map(|total| baseline.unit_gains(total))
            .collect();
        let (held, people) = match &gains[..] {
            [] => (&[0.0; HALF][..], &baseline.units[HALF..]),
            // A single one is not chosen.
            [only] => (&only[..], &baseline.units[..]),
            [first, others @ ..] => {
                let chosen = |gains: &[f64; UNITS]| gains[..HALF].iter().sum::<f64>();
                let better = |best, gains| match chosen(gains) > chosen(best) {
                    true => gains,
                    false => best,
                };
                let best = others.iter().fold(first, better);
                (&best[HALF..], &baseline.units[HALF..])
            }
        };
        let units = held.len() as f64;
        let measured = held.iter().sum::<f64>() / units;
        let squares = held.iter().map(|gain| (gain - measured).powi(2));
        let error = (squares.sum::<f64>() / (units - 1.0) / units).sqrt();
        let student = StudentsT::new(0.0, 1.0, units - 1.0).ok()?;
        let spread = student.inverse_cdf(0.95) * error;
        // What was never seen among so many people may still be there this often (Hanley and Lippman-Hand 1983).
        let held_out: u32 = people.iter().map(|(people, right)| people - right).sum();
        let unseen = 3.0 / f64::from(held_out);
        // No more than everybody.
        let most = (measured + spread).max(unseen).min(1.0);
        // As if the mean were half of the threshold: where it is above, more rows only make that surer.
        let by_spread = (2.0 * spread / THRESHOLD).powi(2);
        let times = match most < THRESHOLD {
            true => 1.0,
            false => by_spread.max(unseen / THRESHOLD).clamp(2.0, 1_000.0),
        };
        Some(Self {
            measured,
            most,
            least: measured - student.inverse_cdf(0.999) * error,
            times,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    use super::*;

    /// 2,000 people, of whom every other one is guessed without rows.
    fn baseline() -> TotalBaseline {
        let mut baseline = TotalBaseline {
            right: 1_000,
            people: 2_000,
            ..TotalBaseline::default()
        };
        baseline.units = [(100, 50); UNITS];
        baseline
    }

    /// A way that gains so many people in each unit, more or less.
    fn way(gained: i32, noise: i32, rng: &mut ChaCha8Rng) -> Total {
        let mut total = Total::new(0);
        total.units = std::array::from_fn(|_| gained + rng.random_range(-noise..=noise));
        total.gained = vec![total.units.iter().sum()];
        total
    }

    #[test]
    fn the_luckiest_of_many_ways_is_measured_where_it_was_not_chosen() {
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let ways: Vec<Total> = (0..400).map(|_| way(0, 2, rng)).collect();
        let ways: Vec<&Total> = ways.iter().collect();
        let greatest = ways.iter().map(|way| baseline().gain(way.gained[0]));
        let greatest = greatest.fold(0.0, f64::max);
        let bound = Bound::of(&ways, &baseline()).unwrap();
        assert!(greatest > 0.015, "{greatest}");
        assert!(bound.measured < greatest / 2.0, "{}", bound.measured);
        assert!(bound.least < 0.0 && bound.most > bound.measured);
    }

    #[test]
    fn what_is_there_is_chosen_and_measured() {
        let rng = &mut ChaCha8Rng::seed_from_u64(6);
        let mut ways: Vec<Total> = (0..50).map(|_| way(0, 2, rng)).collect();
        ways.push(way(10, 2, rng));
        let ways: Vec<&Total> = ways.iter().collect();
        let bound = Bound::of(&ways, &baseline()).unwrap();
        assert!((bound.measured - 0.2).abs() < 0.02, "{}", bound.measured);
        assert!(bound.least > THRESHOLD && bound.times > 1.0);
    }

    /// Nothing was claimed: what is never seen among n people may be there in 3 / n of them.
    #[test]
    fn nothing_is_bounded_by_how_many_were_looked_at() {
        let bound = Bound::of(&[], &baseline()).unwrap();
        assert_eq!((bound.measured, bound.most), (0.0, 3.0 / 500.0));
        let none = way(0, 0, &mut ChaCha8Rng::seed_from_u64(7));
        // A single way is not chosen, so that all people bound it.
        let bound = Bound::of(&[&none], &baseline()).unwrap();
        assert_eq!((bound.most, bound.times), (3.0 / 1_000.0, 1.0));
        let mut known = baseline();
        known.units[3] = (100, 100);
        assert!(Bound::of(&[], &known).is_none());
    }
}
