//! Figures of the classes of rows whose quasi-identifiers are equal.
//!
//! k-anonymity (Sweeney 2002), distinct l-diversity (Machanavajjhala et al. 2007), t-closeness (Li, Li, Venkatasubramanian
//! 2007), delta-disclosure privacy (Brickell, Shmatikov 2008), enhanced beta-likeness (Cao, Karras 2012).

use crate::{
    audit::{
        draw::table::{Column, NONE, Table},
        report::ClassFigures,
    },
    error::{Error, Result},
};

/// Figures of the classes of rows whose columns `quasi` are equal, with `sensitive` as the attribute that is protected. Null is
/// a value like any other; without a column `quasi` all rows are one class.
///
/// The distance of t-closeness is the earth mover's: ordered where every sensitive cell is a number, so that equal numbers
/// are one value however they are written, and equal otherwise. A value that a class does not have at all counts for neither
/// delta-disclosure nor beta-likeness.
///
/// Memory grows linearly with the rows: some 100 bytes for each at most, beside the table.
///
/// # Errors
///
/// [`Error::is_audit`] where the table has no row, or no column of one of the names.
///
/// # Examples
///
/// ```
/// use paravent::audit::{self, Table};
///
/// let mut table = Table::new(["age", "sex", "specialty"])?;
/// for row in [
///     ["18-39", "female", "Dermatologie"],
///     ["18-39", "female", "Cardiologie"],
///     ["65+", "male", "Cardiologie"],
/// ] {
///     table.push(row.map(Some))?;
/// }
/// let figures = audit::classes(&table, &["age", "sex"], "specialty")?;
/// assert_eq!((figures.classes, figures.unique, figures.k, figures.l), (2, 1, 1, 1));
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn classes(table: &Table, quasi: &[&str], sensitive: &str) -> Result<ClassFigures> {
    let column = |name: &str| {
        table.column(name).ok_or_else(|| {
            let what = "the table has no column of a name that was given";
            Error::audit(what, "give names of its columns")
        })
    };
    let mut classes = Classes::new(table.rows());
    for name in quasi {
        classes.split(&column(name)?.codes().of);
    }
    let mut figures = classes.figures(&Sensitive::new(column(sensitive)?))?;
    figures.quasi_identifiers = quasi.iter().map(|&name| name.to_owned()).collect();
    figures.sensitive = sensitive.to_owned();
    Ok(figures)
}

/// Which rows are of one class.
pub(crate) struct Classes {
    /// Each row's, below the number of rows.
    of: Vec<u32>,
}

impl Classes {
    /// All rows in one class.
    pub(crate) fn new(rows: usize) -> Self {
        Self { of: vec![0; rows] }
    }

    /// Splits classes by the codes of one more column.
    pub(crate) fn split(&mut self, codes: &[u32]) {
        let order = self.sorted_by(codes);
        let mut next = 0;
        let mut before = None;
        for row in order {
            let at = row as usize;
            let this = (self.of[at], codes[at]);
            if before.is_some_and(|before| before != this) {
                next += 1;
            }
            before = Some(this);
            self.of[at] = next;
        }
    }

    /// Their figures, leak and columns not named.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where there is no row.
    pub(crate) fn figures(&self, sensitive: &Sensitive) -> Result<ClassFigures> {
        let rows = self.of.len();
        if rows == 0 {
            return Err(Error::audit(
                "a table has no row, so that there is no class",
                "give at least one row",
            ));
        }
        let overall = Overall::new(sensitive);
        let order = self.sorted_by(&sensitive.of);
        let mut figures = ClassFigures {
            leak: String::new(),
            quasi_identifiers: Vec::new(),
            sensitive: String::new(),
            classes: 0,
            unique: 0,
            k: u64::MAX,
            sizes: bins(rows as u64),
            l: u64::MAX,
            t: 0.0,
            delta: 0.0,
            beta: 0.0,
        };
        let mut counts = Vec::new();
        for class in order.chunk_by(|&a, &b| self.of[a as usize] == self.of[b as usize]) {
            let value = |row: u32| sensitive.of[row as usize];
            counts.clear();
            counts.extend(
                class
                    .chunk_by(|&a, &b| value(a) == value(b))
                    .map(|rows| (value(rows[0]), rows.len() as u64)),
            );
            let size = class.len() as u64;
            figures.classes += 1;
            figures.unique += u64::from(size == 1);
            figures.k = figures.k.min(size);
            figures.l = figures.l.min(counts.len() as u64);
            let bin = figures.sizes.partition_point(|&(most, _)| most < size);
            figures.sizes[bin].1 += 1;
            figures.t = figures.t.max(overall.distance(&counts, size));
            for &(value, count) in &counts {
                let (delta, beta) = overall.gains(value, count, size);
                figures.delta = figures.delta.max(delta);
                figures.beta = figures.beta.max(beta);
            }
        }
        while figures
            .sizes
            .last()
            .is_some_and(|&(_, classes)| classes == 0)
        {
            figures.sizes.pop();
        }
        Ok(figures)
    }

    /// The rows by class, those of one class by their code.
    fn sorted_by(&self, codes: &[u32]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..).take(self.of.len()).collect();
        order.sort_unstable_by_key(|&row| (self.of[row as usize], codes[row as usize]));
        order
    }
}

/// The values of the attribute that is protected.
pub(crate) struct Sensitive {
    /// Each row's number, below `values`.
    of: Vec<u32>,
    values: usize,
    /// Whether greater numbers stand for greater values, so that some are nearer than others.
    is_ordered: bool,
}

impl Sensitive {
    pub(crate) fn new(column: &Column) -> Self {
        let codes = column.codes();
        let mut of = codes.of;
        let mut values = codes.first.len();
        let has_null = of.contains(&NONE);
        let numbers: Option<Vec<f64>> = codes
            .first
            .iter()
            .map(|&row| column.get(row as usize).and_then(number))
            .collect();
        match numbers {
            Some(numbers) if !has_null => {
                let (ranks, different) = ranks(&numbers);
                of.iter_mut().for_each(|code| *code = ranks[*code as usize]);
                Self {
                    of,
                    values: different,
                    is_ordered: true,
                }
            }
            _ => {
                for code in of.iter_mut().filter(|code| **code == NONE) {
                    *code = codes.first.len() as u32;
                }
                values += usize::from(has_null);
                Self {
                    of,
                    values,
                    is_ordered: false,
                }
            }
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

/// The rank of each number among the different ones, and how many these are.
fn ranks(numbers: &[f64]) -> (Vec<u32>, usize) {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_unstable_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut ranks = vec![0; numbers.len()];
    let mut different = 0;
    for same in order.chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        same.iter().for_each(|&at| ranks[at] = different);
        different += 1;
    }
    (ranks, different as usize)
}

/// How often each sensitive value is there over all classes.
struct Overall {
    rows: u64,
    counts: Vec<u64>,
    /// Where values are ordered: for each value how many rows have it or a lesser one, and the sum of that over all values
    /// before it.
    below: Option<(Vec<u64>, Vec<u128>)>,
}

impl Overall {
    fn new(sensitive: &Sensitive) -> Self {
        let mut counts = vec![0; sensitive.values];
        for &value in &sensitive.of {
            counts[value as usize] += 1;
        }
        let below = sensitive.is_ordered.then(|| {
            let mut total = 0;
            let mut sum = 0;
            let up_to: Vec<u64> = counts
                .iter()
                .map(|count| {
                    total += count;
                    total
                })
                .collect();
            let sums = std::iter::once(0).chain(up_to.iter().map(|&total| {
                sum += u128::from(total);
                sum
            }));
            let sums = sums.collect();
            (up_to, sums)
        });
        Self {
            rows: sensitive.of.len() as u64,
            counts,
            below,
        }
    }

    /// The earth mover's distance of a class of `size` rows, of which `counts` has the sensitive values ascending.
    fn distance(&self, counts: &[(u32, u64)], size: u64) -> f64 {
        match &self.below {
            Some((up_to, sums)) => self.ordered_distance(counts, size, up_to, sums),
            None => {
                // What the class has more of is as much as what it has less of.
                let more = counts.iter().map(|&(value, count)| {
                    let here = count as f64 / size as f64;
                    (here - self.share(value)).max(0.0)
                });
                more.sum()
            }
        }
    }

    /// The sum over all values of |rows of the class up to it / size - rows up to it / all rows|, by the number of values less
    /// one. Between two values of the class its part stays the same, and that of all rows only grows, so that one search
    /// finds where the sign changes: a class costs by its own rows only.
    fn ordered_distance(
        &self,
        counts: &[(u32, u64)],
        size: u64,
        up_to: &[u64],
        sums: &[u128],
    ) -> f64 {
        if up_to.len() < 2 {
            return 0.0;
        }
        let size_wide = u128::from(size);
        let mut sum = 0;
        let mut here: u64 = 0;
        let mut start = 0;
        let last = (up_to.len(), 0);
        let counts = counts.iter().map(|&(value, count)| (value as usize, count));
        for (end, count) in counts.chain([last]) {
            let level = u128::from(here) * u128::from(self.rows);
            let lower = |&total: &u64| u128::from(total) * size_wide <= level;
            let turn = start + up_to[start..end].partition_point(lower);
            sum += level * (turn - start) as u128 - (sums[turn] - sums[start]) * size_wide;
            sum += (sums[end] - sums[turn]) * size_wide - level * (end - turn) as u128;
            here += count;
            start = end;
        }
        sum as f64 / (size as f64 * self.rows as f64 * (up_to.len() - 1) as f64)
    }

    /// |ln| of how much more or less frequent a value is in a class, and the gain of its frequency, at most its -ln.
    fn gains(&self, value: u32, count: u64, size: u64) -> (f64, f64) {
        let all = self.share(value);
        let times = count as f64 / size as f64 / all;
        (times.ln().abs(), (times - 1.0).min(-all.ln()))
    }

    fn share(&self, value: u32) -> f64 {
        self.counts[value as usize] as f64 / self.rows as f64
    }
}

/// Bins of sizes, none filled: 1, 2, 5, 10, 20, 50 and so on, until one has room for `most`.
fn bins(most: u64) -> Vec<(u64, u64)> {
    let mut bins = Vec::new();
    let mut ten: u64 = 1;
    loop {
        for times in [1, 2, 5] {
            let bin = ten.saturating_mul(times);
            bins.push((bin, 0));
            if bin >= most {
                return bins;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests;
