//! How likely it is that a stand-in stands for a value, by how often both are seen.

use statrs::function::gamma::ln_gamma;

/// How often each thing is seen, in each of several contexts.
pub(super) struct Counts {
    contexts: usize,
    cells: Vec<f64>,
    /// Over all things, by context.
    totals: Vec<f64>,
}

impl Counts {
    pub(super) fn new(things: usize, contexts: usize) -> Self {
        Self {
            contexts,
            cells: vec![0.0; things * contexts],
            totals: vec![0.0; contexts],
        }
    }

    pub(super) fn add(&mut self, thing: usize, context: usize) {
        self.add_many(thing, context, 1.0);
    }

    pub(super) fn add_many(&mut self, thing: usize, context: usize, count: f64) {
        self.cells[thing * self.contexts + context] += count;
        self.totals[context] += count;
    }

    pub(super) fn of(&self, thing: usize) -> &[f64] {
        &self.cells[thing * self.contexts..][..self.contexts]
    }

    pub(super) fn sum(&self, thing: usize) -> f64 {
        self.of(thing).iter().sum()
    }

    pub(super) fn things(&self) -> usize {
        self.cells.len() / self.contexts
    }
}

/// For each stand-in and value the log of how likely the stand-in's counts are, were it the value's.
///
/// Rates are known from counts that are themselves chance: how many rows there are by Gamma-Poisson, how they fall into contexts by
/// Dirichlet-multinomial. A stand-in beyond all others, at the end, was never seen: what a value that no stand-in has is worth.
pub(super) fn log_likelihoods(
    seen: &Counts,
    stand_ins: &[usize],
    known: &Counts,
    values: &[usize],
) -> Vec<Vec<f64>> {
    let rates: Vec<Rate> = values
        .iter()
        .map(|&value| Rate::new(known.of(value), &known.totals, &seen.totals))
        .collect();
    let row = |counts: &[f64]| {
        let sum = counts.iter().sum();
        // Most stand-ins are seen in few contexts.
        let filled: Vec<(usize, f64)> = counts
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, count)| *count > 0.0)
            .collect();
        rates
            .iter()
            .map(|rate| rate.log_likelihood(sum, &filled))
            .collect()
    };
    let mut rows: Vec<Vec<f64>> = stand_ins
        .iter()
        .map(|&stand_in| row(seen.of(stand_in)))
        .collect();
    rows.push(row(&[]));
    rows
}

/// How often a value is seen, and where, as far as counts tell.
struct Rate {
    shape: f64,
    /// `ln Γ(shape)`.
    gamma: f64,
    /// The logs of the negative binomial's two chances, the second as often as the shape.
    more: f64,
    none: f64,
    /// What Dirichlet's distribution has of each context, its `ln Γ`, and the sum.
    parts: Vec<(f64, f64)>,
    sum: f64,
    sum_gamma: f64,
}

impl Rate {
    /// Of a value that was known `counts` times by context, among `known`; `seen` is what there is of all stand-ins.
    fn new(counts: &[f64], known: &[f64], seen: &[f64]) -> Self {
        let all_known: f64 = known.iter().sum();
        let all_seen: f64 = seen.iter().sum();
        let count: f64 = counts.iter().sum();
        let shape = count + 0.5;
        let odds = (all_seen / all_known.max(1.0)).max(1e-9);
        let prior = concentration(counts, known);
        let part = |((count, known), seen): ((&f64, &f64), &f64)| {
            let share = (known + 0.5) / (all_known + 0.5 * counts.len() as f64);
            // The leak has more or fewer rows of the context than were known.
            let more = (seen + 0.5) / (all_seen + 0.5 * counts.len() as f64) / share;
            (count + prior * share) * more
        };
        let mut parts: Vec<f64> = counts.iter().zip(known).zip(seen).map(part).collect();
        let scale = (count + prior) / parts.iter().sum::<f64>();
        parts.iter_mut().for_each(|part| *part *= scale);
        Self {
            shape,
            gamma: ln_gamma(shape),
            more: (odds / (1.0 + odds)).ln(),
            none: -odds.ln_1p() * shape,
            sum: count + prior,
            sum_gamma: ln_gamma(count + prior),
            parts: parts.iter().map(|&part| (part, ln_gamma(part))).collect(),
        }
    }

    /// Of so many rows, and those by context.
    fn log_likelihood(&self, count: f64, contexts: &[(usize, f64)]) -> f64 {
        if count == 0.0 {
            return self.none;
        }
        // What is the same for all values is left out.
        let often = ln_gamma(count + self.shape) - self.gamma + count * self.more + self.none;
        let where_to = contexts.iter().map(|&(context, count)| {
            let (part, gamma) = self.parts[context];
            ln_gamma(part + count) - gamma
        });
        often + where_to.sum::<f64>() + self.sum_gamma - ln_gamma(self.sum + count)
    }
}

/// How firmly a value is as independent of contexts as others, in rows: by how far its own counts are from that, beyond chance.
fn concentration(counts: &[f64], known: &[f64]) -> f64 {
    const FIRM: f64 = 10_000.0;
    let (count, all): (f64, f64) = (counts.iter().sum(), known.iter().sum());
    let filled = known.iter().filter(|known| **known > 0.0).count();
    if filled < 2 || count == 0.0 {
        return FIRM;
    }
    let freedom = (filled - 1) as f64;
    let terms = counts.iter().zip(known).filter(|(_, known)| **known > 0.0);
    let distance: f64 = terms
        .map(|(&seen, known)| {
            let expected = count * known / all;
            (seen - expected).powi(2) / expected
        })
        .sum();
    let beyond = distance / freedom - (2.0 / freedom).sqrt();
    if beyond <= 1.0 {
        return FIRM;
    }
    ((count - beyond) / (beyond - 1.0)).clamp(1.0, FIRM)
}
