//! How much a claim is worth: its posterior, mapped to how often such claims are right.

use super::score::Claim;

/// What the claims of one way in are worth.
pub(crate) struct Calibrated {
    /// Mean log2 score of the calibrated posteriors, less that of what was guessed before; 0 where there is no claim.
    pub(crate) log_score: f64,
    /// log2(posterior / prior) of each claim, in their order.
    pub(crate) bits: Vec<f64>,
}

/// Calibrates the claims on one half of the people by those on the other half, by isotonic regression (Barlow and others 1972).
pub(crate) fn calibrate(claims: &[Claim]) -> Calibrated {
    let curves =
        [0, 1].map(|half| Curve::fitted(claims.iter().filter(|claim| claim.person % 2 != half)));
    let mut score = 0.0;
    let mut bits = Vec::with_capacity(claims.len());
    for claim in claims {
        let prior = f64::from(claim.prior).clamp(1e-6, 1.0 - 1e-6);
        let curve = &curves[(claim.person % 2) as usize];
        let posterior = curve
            .at(claim.posterior)
            .unwrap_or(prior)
            .clamp(1e-6, 1.0 - 1e-6);
        score += if claim.right {
            (posterior / prior).log2()
        } else {
            ((1.0 - posterior) / (1.0 - prior)).log2()
        };
        bits.push((posterior / prior).log2());
    }
    Calibrated {
        log_score: if claims.is_empty() {
            0.0
        } else {
            score / claims.len() as f64
        },
        bits,
    }
}

/// Steps that rise: from which posterior on how many claims are right.
struct Curve(Vec<(f32, f64)>);

struct Block {
    from: f32,
    right: f64,
    prior: f64,
    claims: f64,
}

impl Block {
    /// As if one claim more were as right as was guessed before: one claim is no certainty.
    fn share(&self) -> f64 {
        (self.right + self.prior / self.claims) / (self.claims + 1.0)
    }
}

impl Curve {
    fn fitted<'c>(claims: impl Iterator<Item = &'c Claim>) -> Self {
        let mut sorted: Vec<&Claim> = claims.collect();
        sorted.sort_by(|a, b| a.posterior.total_cmp(&b.posterior));
        let mut blocks: Vec<Block> = Vec::new();
        // Equal posteriors are one step before any is merged: else their order would matter.
        for equal in sorted.chunk_by(|a, b| a.posterior == b.posterior) {
            blocks.push(Block {
                from: equal[0].posterior,
                right: equal.iter().filter(|claim| claim.right).count() as f64,
                prior: equal.iter().map(|claim| f64::from(claim.prior)).sum(),
                claims: equal.len() as f64,
            });
            // Neighbours that fall are one step.
            while let [.., before, last] = blocks.as_mut_slice()
                && before.right / before.claims >= last.right / last.claims
            {
                before.right += last.right;
                before.prior += last.prior;
                before.claims += last.claims;
                blocks.pop();
            }
        }
        Self(
            blocks
                .iter()
                .map(|block| (block.from, block.share()))
                .collect(),
        )
    }

    fn at(&self, posterior: f32) -> Option<f64> {
        let above = self.0.partition_point(|(from, _)| *from <= posterior);
        self.0.get(above.saturating_sub(1)).map(|(_, share)| *share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(posterior: f32, right: bool) -> Claim {
        Claim {
            person: 0,
            row: 0,
            posterior,
            prior: 0.1,
            right,
        }
    }

    #[test]
    fn equal_posteriors_are_as_right_as_they_are_in_any_order() {
        let low = || (0..10).map(|at| claim(0.1, at < 5));
        let wrong_first: Vec<Claim> = low()
            .chain((0..40).map(|at| claim(0.9, at >= 30)))
            .collect();
        let right_first: Vec<Claim> = low().chain((0..40).map(|at| claim(0.9, at < 10))).collect();
        for claims in [wrong_first, right_first] {
            // 15 of 50 are right: the upper ones more seldom than the lower, so that all are one step.
            let share = Curve::fitted(claims.iter()).at(0.9).unwrap();
            assert!((share - 15.1 / 51.0).abs() < 1e-6, "{share}");
        }
    }
}
