//! What people near to somebody came for: of the same tenant and of all, and how much the latter counts.

use std::collections::{BTreeMap, BTreeSet};

use super::Counts;
use crate::audit::{
    case::NULL,
    draw::{numbering::Numbering, truth::Truth},
};

/// So many people more who came for what people of the same text-like quasi-identifiers came for.
const BACKOFF: f32 = 4.0;

/// And so many who came for what everybody came for.
const FLOOR: f32 = 0.5;

/// Counts, and how near two strata are.
pub(super) struct Strata<'c> {
    counts: &'c Counts,
    /// The same over all tenants, with the tenant left out of the stratum.
    everywhere: BTreeMap<&'c [u32], Vec<f32>>,
    all: Vec<f32>,
    /// Of each quasi-identifier: its values as integers, where it is one.
    integers: Vec<Option<Vec<Option<i64>>>>,
    width: f32,
    /// So many people of all tenants count beside those of one; `None` with one tenant only.
    others: Option<f32>,
}

/// What people came for who are near to somebody, each as far as they are, and who are alike but for integers.
struct Around {
    near: Vec<f32>,
    alike: Vec<f32>,
}

impl<'c> Strata<'c> {
    pub(super) fn new(counts: &'c Counts, numbering: &Numbering<'_>, truth: &Truth) -> Self {
        let values = numbering.vocabularies[numbering.target].values.len();
        let mut everywhere: BTreeMap<&[u32], Vec<f32>> = BTreeMap::new();
        let mut all = vec![0.0; values];
        for (stratum, counts) in &counts.strata {
            let sum = everywhere
                .entry(&stratum[1..])
                .or_insert_with(|| vec![0.0; values]);
            add(sum, counts, 1.0);
            add(&mut all, counts, 1.0);
        }
        let quasi = numbering.quasi_identifiers(truth);
        let integers = quasi.into_iter().map(|field| numbering.integers(field));
        let mut strata = Self {
            counts,
            everywhere,
            all,
            integers: integers.collect(),
            // With many people each age speaks for itself; with few, those around it do, too.
            width: (40_000.0 / (counts.people as f32 + 1.0))
                .cbrt()
                .clamp(0.2, 4.0),
            others: None,
        };
        strata.others = strata.likeliest_others();
        strata
    }

    /// What is guessed of people of a stratum, whose first part is the tenant.
    pub(super) fn prior(&self, of: &[u32]) -> Vec<f32> {
        let everywhere = self.everywhere(&of[1..]);
        let mut prior: Vec<f32> = (0..self.all.len())
            .map(|value| self.anywhere(&everywhere, value, 0.0))
            .collect();
        if let Some(others) = self.others {
            let own = self.of_tenant(of);
            for (value, prior) in prior.iter_mut().enumerate() {
                *prior = own.share(value, 0.0, others * *prior, others);
            }
        }
        prior[NULL as usize] = 0.0;
        let sum: f32 = prior.iter().sum();
        if sum > 0.0 {
            prior.iter_mut().for_each(|prior| *prior /= sum);
        }
        prior
    }

    /// How much what people of all tenants came for should count beside what those of one did: as much as makes what each came for likeliest,
    /// guessed from all others. Where tenants differ little, a few people of one would say much that is chance.
    fn likeliest_others(&self) -> Option<f32> {
        const CHOICES: [f32; 5] = [1.0, 4.0, 16.0, 64.0, 256.0];
        let tenants = self.counts.strata.keys().map(|stratum| stratum[0]);
        if tenants.collect::<BTreeSet<_>>().len() < 2 {
            return None;
        }
        let mut known: BTreeMap<&[u32], Around> = BTreeMap::new();
        let mut likely = CHOICES.map(|others| (others, 0.0_f64));
        for (stratum, counts) in &self.counts.strata {
            let everywhere = known
                .entry(&stratum[1..])
                .or_insert_with(|| self.everywhere(&stratum[1..]));
            let own = self.of_tenant(stratum);
            for (value, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
                let anywhere = self.anywhere(everywhere, value, 1.0);
                for (others, likely) in &mut likely {
                    let share = own.share(value, 1.0, *others * anywhere, *others);
                    *likely += f64::from(count) * f64::from(share.max(1e-6)).ln();
                }
            }
        }
        let best = likely.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(others, _)| others)
    }

    /// The share of a value among people of all tenants, but for so many who have it.
    fn anywhere(&self, around: &Around, value: usize, but: f32) -> f32 {
        let all = self.all.iter().sum::<f32>().max(1.0);
        around.share(value, but, FLOOR * self.all[value] / all, FLOOR)
    }

    fn everywhere(&self, of: &[u32]) -> Around {
        self.around(of, self.everywhere.iter().map(|(&of, counts)| (of, counts)))
    }

    fn of_tenant(&self, of: &[u32]) -> Around {
        let from = self.counts.strata.range(vec![of[0]]..);
        let tenant = from.take_while(|(stratum, _)| stratum[0] == of[0]);
        let counted = tenant.map(|(stratum, counts)| (&stratum[1..], counts));
        self.around(&of[1..], counted)
    }

    fn around<'s>(
        &self,
        of: &[u32],
        strata: impl Iterator<Item = (&'s [u32], &'s Vec<f32>)>,
    ) -> Around {
        let mut around = Around {
            near: vec![0.0; self.all.len()],
            alike: vec![0.0; self.all.len()],
        };
        for (stratum, counts) in strata {
            if let Some(weight) = self.nearness(of, stratum) {
                add(&mut around.near, counts, weight);
                add(&mut around.alike, counts, 1.0);
            }
        }
        around
    }

    /// 1 for the same, less the farther integers are apart; `None` where anything else differs.
    fn nearness(&self, a: &[u32], b: &[u32]) -> Option<f32> {
        let mut weight = 1.0;
        for ((a, b), integers) in a.iter().zip(b).zip(&self.integers) {
            let apart = integers
                .as_ref()
                .and_then(|of| Some(of[*a as usize]?.abs_diff(of[*b as usize]?)));
            match apart {
                Some(apart) => weight *= (-(apart as f32) / self.width).exp(),
                None if a == b => {}
                None => return None,
            }
        }
        Some(weight)
    }
}

impl Around {
    /// The share of a value among those around, but for so many who have it, with `more` who have it of `weight` people from farther away.
    fn share(&self, value: usize, but: f32, more: f32, weight: f32) -> f32 {
        let sum = |counts: &[f32]| (counts.iter().sum::<f32>() - but).max(0.0);
        let alike = BACKOFF / sum(&self.alike).max(1.0);
        let of_value =
            (self.near[value] - but).max(0.0) + alike * (self.alike[value] - but).max(0.0) + more;
        let of_all = sum(&self.near) + alike * sum(&self.alike) + weight;
        of_value / of_all
    }
}

fn add(sum: &mut [f32], counts: &[f32], weight: f32) {
    for (sum, count) in sum.iter_mut().zip(counts) {
        *sum += weight * count;
    }
}
