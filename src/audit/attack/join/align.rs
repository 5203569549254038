//! The longest way through two sequences that leaves little out: the shortest edit (Myers 1986), in a band.

/// The positions of equal elements, both ascending, where at most `most` elements of the shorter sequence are left out; `None`
/// where it takes more. As many as possible are kept.
///
/// Time and memory grow with `most`, times that and the difference of the lengths: see [`widest`].
pub(super) fn aligned(a: &[u32], b: &[u32], most: usize) -> Option<Vec<(usize, usize)>> {
    if a.len() < b.len() {
        let swapped = aligned(b, a, most)?;
        return Some(swapped.into_iter().map(|(b, a)| (a, b)).collect());
    }
    // A diagonal is how much further the path is in `a` than in `b`; each element left out leads to the next one.
    let end = (a.len() - b.len()) as i64;
    let steps = end + 2 * most as i64;
    let mut walked: Vec<Reached> = Vec::new();
    for step in 0..=steps {
        // Only diagonals from which the end can still be reached.
        let left = steps - step;
        let first = (-step).max(end - left);
        let first = first + (first + step).rem_euclid(2);
        let mut reached = Reached {
            first,
            places: Vec::new(),
        };
        for diagonal in (first..=step.min(end + left)).step_by(2) {
            let from = match walked.last() {
                None => Some(0),
                Some(before) => before.entry(diagonal).map(|(at, _)| at),
            };
            let place = from.map_or(-1, |from| run(a, b, from, diagonal));
            reached.places.push(place);
            if diagonal == end && place == a.len() as i64 {
                walked.push(reached);
                return Some(back(&walked, end));
            }
        }
        walked.push(reached);
    }
    None
}

/// The most that may be left out of sequences whose lengths differ by so much, for 128 MiB; `None` where that is nothing.
pub(super) fn widest(difference: usize) -> Option<usize> {
    const PLACES: usize = 16 << 20;
    // (difference + 2 most) · (most + 1) places.
    let root = ((difference * difference) as f64 + 8.0 * PLACES as f64).sqrt();
    let most = ((root - difference as f64) / 4.0) as usize;
    most.checked_sub(1).filter(|&most| most > 0)
}

/// How far in the longer sequence each diagonal leads after so many steps; -1 where none does.
struct Reached {
    first: i64,
    places: Vec<i64>,
}

impl Reached {
    fn at(&self, diagonal: i64) -> Option<i64> {
        let place = usize::try_from((diagonal - self.first).div_euclid(2)).ok()?;
        self.places.get(place).copied().filter(|&place| place >= 0)
    }

    /// Where a diagonal is entered from its neighbours, and from which.
    fn entry(&self, diagonal: i64) -> Option<(i64, i64)> {
        let right = self.at(diagonal - 1).map(|place| (place + 1, diagonal - 1));
        let down = self.at(diagonal + 1).map(|place| (place, diagonal + 1));
        right.max(down)
    }
}

/// As far along a diagonal as elements are equal; -1 outside of both sequences.
fn run(a: &[u32], b: &[u32], from: i64, diagonal: i64) -> i64 {
    let (Ok(start), Ok(other)) = (usize::try_from(from), usize::try_from(from - diagonal)) else {
        return -1;
    };
    let (Some(rest), Some(of_other)) = (a.get(start..), b.get(other..)) else {
        return -1;
    };
    let equal = rest.iter().zip(of_other).take_while(|(a, b)| a == b);
    from + equal.count() as i64
}

/// The pairs on the path that ends on this diagonal.
fn back(walked: &[Reached], end: i64) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut diagonal = end;
    for step in (0..walked.len()).rev() {
        let Some(to) = walked[step].at(diagonal) else {
            break;
        };
        let before = step.checked_sub(1).map(|before| &walked[before]);
        let (from, next) = match before {
            None => (0, diagonal),
            Some(before) => before.entry(diagonal).unwrap_or((to, diagonal)),
        };
        let run = (from..to).rev();
        pairs.extend(run.map(|place| (place as usize, (place - diagonal) as usize)));
        diagonal = next;
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

    use super::*;

    /// The longest common subsequence by the table of all prefixes.
    fn longest(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (at, y) in b.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if x == y {
                    corner + 1
                } else {
                    above.max(row[at])
                };
                corner = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn as_many_are_kept_as_can_be_and_no_more_are_left_out_than_allowed() {
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let (mut found, mut none) = (0, 0);
        for _ in 0..2_000 {
            let different = rng.random_range(1..6);
            let [a, b] = [(); 2].map(|()| -> Vec<u32> {
                let length = rng.random_range(0..16);
                (0..length)
                    .map(|_| rng.random_range(0..different))
                    .collect()
            });
            let most = rng.random_range(0..8);
            let left_out = a.len().min(b.len()) - longest(&a, &b);
            let pairs = aligned(&a, &b, most);
            assert_eq!(pairs.is_some(), left_out <= most, "{a:?} {b:?} {most}");
            let Some(pairs) = pairs else {
                none += 1;
                continue;
            };
            found += 1;
            assert_eq!(pairs.len(), longest(&a, &b), "{a:?} {b:?}");
            assert!(pairs.iter().all(|&(x, y)| a[x] == b[y]));
            assert!(pairs.is_sorted_by(|x, y| x.0 < y.0 && x.1 < y.1));
        }
        assert!(found > 500 && none > 100, "{found} {none}");
    }
}
